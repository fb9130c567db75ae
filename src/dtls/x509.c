/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys: parsed and checked against each other before any socket uses them. */
#include <string.h>

#include <mbedtls/md.h>
#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>

#include "dtls/compat.h"
#include "dtls/internal.h"
#include "dtls/seal.h"
#include "dtls/x509.h"

/* ---- parsing ---- */

typedef int (*parser)(void *into, const unsigned char *data, size_t size, const doze_random *random);

static int parse_certificate(void *into, const unsigned char *data, size_t size, const doze_random *random) {
    (void)random;
    return mbedtls_x509_crt_parse(into, data, size);
}

static int parse_crl(void *into, const unsigned char *data, size_t size, const doze_random *random) {
    (void)random;
    return mbedtls_x509_crl_parse(into, data, size);
}

static int parse_key(void *into, const unsigned char *data, size_t size, const doze_random *random) {
    return doze_tls_pk_parse(into, data, size, random);
}

static doze_result parsed(int error, doze_result bad) {
    return error == 0 ? DOZE_OK : doze_tls_result(error) == DOZE_ERR_NO_MEMORY ? DOZE_ERR_NO_MEMORY : bad;
}

/* Mbed TLS wants PEM to end in a zero, which files do not. DER begins with a SEQUENCE. */
static doze_result parse(doze_bytes in, parser parse_into, void *into, const doze_random *random, doze_result bad) {
    enum { DER_SEQUENCE = 0x30 };
    const unsigned char *data = in.data;
    if (in.size == 0) {
        return bad;
    }
    if (data[0] == DER_SEQUENCE || data[in.size - 1] == '\0') {
        return parsed(parse_into(into, data, in.size, random), bad);
    }
    unsigned char *terminated = mbedtls_calloc(1, in.size + 1);
    if (terminated == NULL) {
        return DOZE_ERR_NO_MEMORY;
    }
    memcpy(terminated, data, in.size);
    int error = parse_into(into, terminated, in.size + 1, random);
    mbedtls_platform_zeroize(terminated, in.size);
    mbedtls_free(terminated);
    return parsed(error, bad);
}

/* ---- what is pinned ---- */

size_t doze_x509_hash(const mbedtls_x509_crt *certificate, uint8_t matching, uint8_t out[64]) {
    static const mbedtls_md_type_t types[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384,
                                              MBEDTLS_MD_SHA512};
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(types[matching]);
    if (md == NULL || mbedtls_md(md, certificate->raw.p, certificate->raw.len, out) != 0) {
        return 0;
    }
    return mbedtls_md_get_size(md);
}

static doze_result pin_exact(doze_x509 *x509, const doze_x509_settings *settings) {
    mbedtls_x509_crt pinned;
    mbedtls_x509_crt_init(&pinned);
    doze_result result = parse(settings->pinned, parse_certificate, &pinned, &settings->random, DOZE_ERR_CERTIFICATE);
    if (result == DOZE_OK) {
        x509->pinned_size = (uint8_t)doze_x509_hash(&pinned, DOZE_MATCH_EXACT, x509->pinned);
        result = x509->pinned_size == 0 ? DOZE_ERR_UNSUPPORTED : DOZE_OK;
    }
    mbedtls_x509_crt_free(&pinned);
    return result;
}

static doze_result pin(doze_x509 *x509, const doze_x509_settings *settings) {
    static const uint8_t sizes[] = {0, 32, 48, 64};
    if (settings->pinned.data == NULL) {
        return DOZE_OK;
    }
    x509->usage = (uint8_t)settings->usage;
    x509->matching = (uint8_t)settings->matching;
    if (settings->matching == DOZE_MATCH_EXACT) {
        return pin_exact(x509, settings);
    }
    if (settings->pinned.size != sizes[settings->matching]) {
        return DOZE_ERR_CONFIG;
    }
    x509->pinned_size = sizes[settings->matching];
    memcpy(x509->pinned, settings->pinned.data, settings->pinned.size);
    return DOZE_OK;
}

/* A trust anchor given as a whole is the only one; given as a hash, it is looked for in what the server sends. */
static doze_result load_trust(doze_x509 *x509, const doze_x509_settings *settings) {
    bool anchor = settings->pinned.data != NULL && settings->usage == DOZE_USAGE_TRUST_ANCHOR;
    bool whole = anchor && settings->matching == DOZE_MATCH_EXACT;
    doze_bytes trust = whole ? settings->pinned : anchor ? (doze_bytes){0} : settings->trust;
    if (trust.data == NULL) {
        return DOZE_OK;
    }
    return parse(trust, parse_certificate, &x509->trust, &settings->random, DOZE_ERR_CERTIFICATE);
}

/* ---- ours ---- */

static doze_result load_key(doze_x509 *x509, const doze_x509_settings *settings) {
    if (settings->pk != NULL) {
        x509->key_in_use = settings->pk;
        return DOZE_OK;
    }
    x509->key_in_use = &x509->key;
    if (settings->psa_key == 0) {
        return parse(settings->key, parse_key, &x509->key, &settings->random, DOZE_ERR_KEY);
    }
    if (!doze_tls_has_psa_keys() || doze_tls_begin() != 0) {
        return DOZE_ERR_UNSUPPORTED;
    }
    return doze_tls_pk_from_psa(&x509->key, settings->psa_key) == 0 ? DOZE_OK : DOZE_ERR_KEY;
}

static doze_result load_identity(doze_x509 *x509, const doze_x509_settings *settings) {
    if (settings->certificate.data == NULL) {
        return DOZE_OK;
    }
    doze_result result =
        parse(settings->certificate, parse_certificate, &x509->certificate, &settings->random, DOZE_ERR_CERTIFICATE);
    if (result == DOZE_OK && !doze_tls_pk_verifies(&x509->certificate.pk)) {
        result = DOZE_ERR_CERTIFICATE;
    }
    if (result == DOZE_OK) {
        result = load_key(x509, settings);
    }
    if (result == DOZE_OK && !doze_tls_pk_signs(x509->key_in_use)) {
        result = DOZE_ERR_KEY;
    }
    if (result == DOZE_OK) {
        result = parsed(doze_tls_pk_check_pair(&x509->certificate.pk, x509->key_in_use, &settings->random),
                        DOZE_ERR_KEY_MISMATCH);
    }
    return result;
}

/* ---- the whole ---- */

static doze_result check(const doze_x509_settings *s) {
    int keys = (s->key.data != NULL) + (s->psa_key != 0) + (s->pk != NULL);
    bool identity_fits = s->certificate.data == NULL ? keys == 0 : keys == 1;
    bool pinned = s->pinned.data != NULL;
    if (!pinned && (s->usage != DOZE_USAGE_CA_CONSTRAINT || s->matching != DOZE_MATCH_EXACT)) {
        return DOZE_ERR_CONFIG; /* a pin that got lost must not weaken what is checked */
    }
    bool self_sufficient = pinned && s->usage >= DOZE_USAGE_TRUST_ANCHOR;
    if (s->random.fill == NULL || !identity_fits || (s->trust.data == NULL && !self_sufficient)) {
        return DOZE_ERR_CONFIG;
    }
    if ((unsigned)s->usage > DOZE_USAGE_DOMAIN_ISSUED || (unsigned)s->matching > DOZE_MATCH_SHA512) {
        return DOZE_ERR_CONFIG;
    }
    if (s->server_name == NULL) {
        return DOZE_OK;
    }
    if (s->any_server_name) {
        return DOZE_ERR_CONFIG;
    }
    bool is_name = s->server_name[0] != '\0' && strlen(s->server_name) <= DOZE_HOSTNAME_MAX;
    return is_name && !doze_host_is_address(s->server_name) ? DOZE_OK : DOZE_ERR_NAME;
}

static int configure(const doze_x509 *x509, mbedtls_ssl_config *tls) {
    static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
    static const uint16_t signatures[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
                                          MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384, MBEDTLS_TLS1_3_SIG_NONE};
    doze_x509 *mutable_x509 = x509->self; /* Mbed TLS takes these without const and does not change them */
    mbedtls_ssl_conf_groups(tls, groups);
    mbedtls_ssl_conf_sig_algs(tls, signatures);
    mbedtls_ssl_conf_authmode(tls, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(tls, &mutable_x509->trust, x509->crl.raw.p == NULL ? NULL : &mutable_x509->crl);
    if (x509->certificate.raw.p == NULL) {
        return 0;
    }
    return mbedtls_ssl_conf_own_cert(tls, &mutable_x509->certificate, x509->key_in_use);
}

/* Sent and compared without the dot that ends a fully qualified name. */
static int set_name(mbedtls_ssl_context *ssl, const char *name) {
    char plain[DOZE_HOSTNAME_MAX + 1];
    size_t length = strlen(name);
    length -= length > 0 && name[length - 1] == '.';
    if (length == 0 || length >= sizeof(plain)) {
        return DOZE_TLS_NO_NAME;
    }
    memcpy(plain, name, length);
    plain[length] = '\0';
    return mbedtls_ssl_set_hostname(ssl, plain);
}

/* A name is sent and checked by Mbed TLS; an address must not be sent (RFC 6066 section 3) and is checked by verify.c. */
static int prepare(const doze_x509 *x509, doze_dtls *dtls, const char *host) {
    const char *name = x509->server_name != NULL ? x509->server_name : host;
    bool unchecked = x509->any_server_name || (x509->pinned_size != 0 && x509->usage == DOZE_USAGE_DOMAIN_ISSUED);
    dtls->live->chain_begun = false;
    mbedtls_ssl_set_verify(&dtls->live->ssl, doze_x509_verify, dtls);
    if (doze_host_is_address(name) || (unchecked && (name == NULL || name[0] == '\0'))) {
        return mbedtls_ssl_set_hostname(&dtls->live->ssl, NULL);
    }
    return name == NULL ? DOZE_TLS_NO_NAME : set_name(&dtls->live->ssl, name);
}

/* What an association rests on, so that nothing stored under other credentials or another trust is gone on with. */
static int absorb(const doze_x509_settings *s, uint8_t chain[DOZE_MAC_SIZE]) {
    const uint8_t choices[] = {(uint8_t)s->usage, (uint8_t)s->matching, s->any_server_name};
    const doze_bytes all[] = {
        s->trust,
        s->crl,
        s->certificate,
        s->key,
        s->pinned,
        {s->server_name, s->server_name == NULL ? 0 : strlen(s->server_name)},
        {&s->psa_key, sizeof(s->psa_key)},
        {choices, sizeof(choices)},
    };
    int error = 0;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && error == 0; i++) {
        error = doze_seal_absorb(chain, all[i].data, all[i].size);
    }
    return error;
}

static bool digest(const doze_x509 *x509, uint8_t out[DOZE_MAC_SIZE]) {
    memcpy(out, x509->digest, DOZE_MAC_SIZE);
    return x509->has_secret;
}

static const struct doze_x509_hooks hooks = {.configure = configure, .prepare = prepare, .digest = digest};

doze_result doze_x509_init(doze_x509 *x509, const doze_x509_settings *settings) {
    if (x509 == NULL || settings == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    memset(x509, 0, sizeof(*x509));
    doze_result result = check(settings);
    if (result != DOZE_OK) {
        return result;
    }
    x509->hooks = &hooks;
    x509->self = x509;
    x509->server_name = settings->server_name;
    x509->any_server_name = settings->any_server_name;
    mbedtls_x509_crt_init(&x509->trust);
    mbedtls_x509_crl_init(&x509->crl);
    mbedtls_x509_crt_init(&x509->certificate);
    mbedtls_pk_init(&x509->key);
    result = doze_tls_begin() == 0 ? pin(x509, settings) : DOZE_ERR_RANDOM;
    if (result == DOZE_OK) {
        result = load_trust(x509, settings);
    }
    if (result == DOZE_OK && settings->crl.data != NULL) {
        result = parse(settings->crl, parse_crl, &x509->crl, &settings->random, DOZE_ERR_CRL);
    }
    if (result == DOZE_OK) {
        result = load_identity(x509, settings);
    }
    x509->has_secret = settings->key.data != NULL;
    if (result == DOZE_OK && absorb(settings, x509->digest) != 0) {
        result = DOZE_ERR_NO_MEMORY;
    }
    if (result != DOZE_OK) {
        doze_x509_deinit(x509);
    }
    return result;
}

void doze_x509_deinit(doze_x509 *x509) {
    if (x509 == NULL || x509->hooks == NULL) {
        return;
    }
    mbedtls_x509_crt_free(&x509->trust);
    mbedtls_x509_crl_free(&x509->crl);
    mbedtls_x509_crt_free(&x509->certificate);
    mbedtls_pk_free(&x509->key);
    mbedtls_platform_zeroize(x509, sizeof(*x509));
}
