/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, with the usage that the Security Object asks for (/0/x/15). */
#include "rx_off/credentials.h"

#include <stdlib.h>
#include <string.h>

#include <mbedtls/base64.h>

/* ---- the trust store: one certificate as it is, several as PEM, which can be strung together ---- */

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----\n"
#define PEM_END   "\n-----END CERTIFICATE-----\n"

static bool is_der(const doze_bytes *certificate) {
    enum { DER_SEQUENCE = 0x30 };
    const unsigned char *first = certificate->data;
    return certificate->size > 0 && *first == DER_SEQUENCE;
}

static size_t pem_size(const doze_bytes *certificate) {
    return is_der(certificate) ? sizeof(PEM_BEGIN) + (certificate->size + 2) / 3 * 4 + sizeof(PEM_END)
                               : certificate->size + 1;
}

/* Returns how many bytes it has written, always fewer than pem_size(). */
static size_t write_pem(const doze_bytes *certificate, unsigned char *out) {
    size_t written = sizeof(PEM_BEGIN) - 1;
    size_t encoded = 0;
    const char *text = certificate->data;
    if (!is_der(certificate)) {
        size_t size = text != NULL && text[certificate->size - 1] == '\0' ? certificate->size - 1 : certificate->size;
        memcpy(out, text != NULL ? text : "", size);
        return size;
    }
    memcpy(out, PEM_BEGIN, sizeof(PEM_BEGIN) - 1);
    (void)mbedtls_base64_encode(out + written, pem_size(certificate) - written, &encoded, certificate->data,
                                certificate->size); /* fails for want of room alone */
    written += encoded;
    memcpy(out + written, PEM_END, sizeof(PEM_END) - 1);
    return written + sizeof(PEM_END) - 1;
}

static doze_result append(doze_bytes *all, const doze_bytes *certificate) {
    unsigned char *longer = malloc(all->size + pem_size(certificate));
    if (longer == NULL) {
        return DOZE_ERR_NO_MEMORY;
    }
    memcpy(longer, all->data != NULL ? all->data : "", all->size);
    size_t size = all->size + write_pem(certificate, longer + all->size);
    doze_lite_unload(all);
    *all = (doze_bytes){longer, size};
    return DOZE_OK;
}

static doze_result load_trust_store(const anj_net_ssl_configuration_t *ssl, doze_bytes *all) {
    const anj_net_trust_store_t *store = &ssl->security.data.cert.trust_store;
    doze_result result = DOZE_OK;
    if (store->ca_certs_count == 1) {
        return doze_lite_load(ssl, store->ca_certs, all);
    }
    for (size_t i = 0; i < store->ca_certs_count && result == DOZE_OK; i++) {
        doze_bytes one;
        result = doze_lite_load(ssl, &store->ca_certs[i], &one);
        if (result == DOZE_OK) {
            result = append(all, &one);
        }
        doze_lite_unload(&one);
    }
    return result;
}

/* ---- all of it ---- */

static doze_result load_key(doze_lite_secure *secure, const anj_net_ssl_configuration_t *ssl,
                            doze_x509_settings *settings) {
    const anj_crypto_security_info_t *info = &ssl->security.data.cert.private_key;
    bool signs = false;
    doze_result result = doze_lite_find_signer(ssl, info, &secure->certificates->key, &signs);
    if (result != DOZE_OK) {
        return result;
    }
    if (signs) {
        settings->pk = &secure->certificates->key;
        return DOZE_OK;
    }
    return doze_lite_load(ssl, info, &settings->key);
}

static doze_result load_all(doze_lite_secure *secure, const anj_net_ssl_configuration_t *ssl,
                            doze_x509_settings *settings) {
    const anj_net_certificate_info_t *info = &ssl->security.data.cert;
    bool ca_counts = info->certificate_usage == ANJ_NET_CERTIFICATE_CA_CONSTRAINT ||
                     info->certificate_usage == ANJ_NET_CERTIFICATE_SERVICE_CERTIFICATE_CONSTRAINT;
    doze_result result = doze_lite_load(ssl, &info->client_cert, &settings->certificate);
    if (result == DOZE_OK) {
        result = load_key(secure, ssl, settings);
    }
    if (result == DOZE_OK) {
        result = doze_lite_load(ssl, &info->server_cert, &settings->pinned);
    }
    if (result == DOZE_OK && settings->pinned.data == NULL) {
        result = DOZE_ERR_CERTIFICATE; /* every usage speaks of it */
    }
    if (result == DOZE_OK && ca_counts) {
        result = load_trust_store(ssl, &settings->trust);
    }
    return result;
}

doze_result doze_lite_use_certificates(doze_lite_secure *secure, const anj_net_ssl_configuration_t *ssl) {
    const anj_net_certificate_info_t *info = &ssl->security.data.cert;
    doze_x509_settings settings = {.usage = (doze_usage)info->certificate_usage};
    doze_result result = doze_lite_make_certificates(secure);
    if (result == DOZE_OK) {
        result = load_all(secure, ssl, &settings);
    }
    if (result == DOZE_OK) {
        result = doze_lite_trust(secure, &settings, info->sni);
    }
    doze_lite_unload(&settings.certificate);
    doze_lite_unload(&settings.key);
    doze_lite_unload(&settings.pinned);
    doze_lite_unload(&settings.trust);
    return result;
}
