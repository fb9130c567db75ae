/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets, and the pre-shared key. */
#include "rx_off/credentials.h"

#include <stdlib.h>
#include <string.h>

#include <mbedtls/platform_util.h>

enum { STORED_MAX = 4096 }; /* bytes of a secret that lies elsewhere: nobody tells how many it has */

static doze_result copy(const anj_crypto_security_info_buffer_t *from, char *to, size_t *size) {
    if (from->data == NULL || from->data_size > *size) {
        return DOZE_ERR_ARGUMENT;
    }
    memcpy(to, from->data, from->data_size);
    *size = from->data_size;
    return DOZE_OK;
}

doze_result doze_lite_load(const anj_net_ssl_configuration_t *ssl, const anj_crypto_security_info_t *info,
                           doze_bytes *out) {
    *out = (doze_bytes){NULL, 0};
    if (info->source == ANJ_CRYPTO_DATA_SOURCE_EMPTY) {
        return DOZE_OK;
    }
    bool here = info->source == ANJ_CRYPTO_DATA_SOURCE_BUFFER;
    size_t size = here ? info->info.buffer.data_size : STORED_MAX;
    char *buffer = malloc(size > 0 ? size : 1);
    if (buffer == NULL) {
        return DOZE_ERR_NO_MEMORY;
    }
    *out = (doze_bytes){buffer, size};
    doze_result result = here ? copy(&info->info.buffer, buffer, &size) : doze_lite_resolve(ssl, info, buffer, &size);
    if (result != DOZE_OK) {
        doze_lite_unload(out);
        return result;
    }
    out->size = size;
    return DOZE_OK;
}

void doze_lite_unload(doze_bytes *secret) {
    union {
        const void *kept;
        void *given;
    } memory = {secret->data}; /* what malloc() gave */
    if (memory.kept != NULL) {
        mbedtls_platform_zeroize(memory.given, secret->size);
        free(memory.given);
    }
    *secret = (doze_bytes){NULL, 0};
}

/* doze has no use for a name here: with a pre-shared key it sends none, and a server that wants one must be told so. */
static doze_result configure_psk(doze_lite_secure *secure, const anj_net_ssl_configuration_t *ssl,
                                 doze_dtls_settings *settings) {
    const anj_net_psk_info_t *psk = &ssl->security.data.psk;
    if (psk->sni != NULL && psk->sni[0] != '\0') {
        return DOZE_ERR_UNSUPPORTED;
    }
    doze_result result = doze_lite_load(ssl, &psk->identity, &settings->psk.identity);
    if (result == DOZE_OK) {
        result = doze_lite_load(ssl, &psk->key, &settings->psk.key);
    }
    if (result == DOZE_OK) {
        result = doze_dtls_config_init(&secure->config, settings);
    }
    doze_lite_unload(&settings->psk.identity);
    doze_lite_unload(&settings->psk.key);
    return result;
}

static doze_result configure_x509(doze_lite_secure *secure, const anj_net_ssl_configuration_t *ssl,
                                  doze_dtls_settings *settings) {
    doze_result result = doze_lite_use_certificates(secure, ssl);
    if (result == DOZE_OK) {
        settings->x509 = &secure->certificates->x509;
        result = doze_dtls_config_init(&secure->config, settings);
    }
    return result;
}

doze_result doze_lite_configure(doze_lite_secure *secure, const anj_net_ssl_configuration_t *ssl,
                                doze_dtls_settings *settings) {
    switch (ssl->security.mode) {
    case ANJ_NET_SECURITY_PSK:
        return configure_psk(secure, ssl, settings);
    case ANJ_NET_SECURITY_CERTIFICATE:
        return configure_x509(secure, ssl, settings);
    default:
        return DOZE_ERR_CONFIG;
    }
}
