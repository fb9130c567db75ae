/* SPDX-License-Identifier: Apache-2.0 */
/* The one file of the test server that asks how Mbed TLS was built, and that reads its private members. */
#include <string.h>

#include <mbedtls/md.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>

#include "peer_internal.h"

#define IS_4X (MBEDTLS_VERSION_NUMBER >= 0x04000000)

int peer_compat_start(void) {
#if IS_4X || defined(MBEDTLS_USE_PSA_CRYPTO)
    return psa_crypto_init() == PSA_SUCCESS ? 0 : MBEDTLS_ERR_SSL_HW_ACCEL_FAILED;
#else
    return 0;
#endif
}

#if defined(MBEDTLS_SSL_SERVER_NAME_INDICATION)
static int note_server_name(void *context, mbedtls_ssl_context *ssl, const unsigned char *name, size_t size) {
    const peer *p = context;
    (void)ssl;
    if (p->current != NULL && size <= PEER_SERVER_NAME_MAX) {
        memcpy(p->current->server_name, name, size);
        p->current->server_name[size] = '\0';
    }
    return 0;
}
#endif

bool peer_tls_asks_for_randomness(void) {
    return !IS_4X;
}

void peer_compat_configure(peer *p) {
#if defined(MBEDTLS_SSL_SERVER_NAME_INDICATION)
    mbedtls_ssl_conf_sni(&p->config, note_server_name, p);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    if (p->settings.allow_renegotiation) {
        mbedtls_ssl_conf_renegotiation(&p->config, MBEDTLS_SSL_RENEGOTIATION_ENABLED);
        mbedtls_ssl_conf_renegotiation_enforced(&p->config, MBEDTLS_SSL_RENEGOTIATION_NOT_ENFORCED);
    }
#endif
}

int peer_compat_hello_request(mbedtls_ssl_context *ssl) {
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    return mbedtls_ssl_renegotiate(ssl);
#else
    (void)ssl;
    return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
#endif
}

int peer_compat_alert(const mbedtls_ssl_context *ssl) {
    return ssl->MBEDTLS_PRIVATE(in_msg)[1];
}

const unsigned char *peer_compat_session_master(const mbedtls_ssl_session *session) {
    return session->MBEDTLS_PRIVATE(master);
}

void peer_refuse_extended_master_secret(peer *p) {
#if defined(MBEDTLS_SSL_EXTENDED_MASTER_SECRET)
    mbedtls_ssl_conf_extended_master_secret(&p->config, MBEDTLS_SSL_EXTENDED_MS_DISABLED);
#else
    (void)p;
#endif
}

#if IS_4X

void peer_compat_conf_random(mbedtls_ssl_config *config, peer_fill *fill, void *context) {
    (void)config;
    (void)fill;
    (void)context;
}

int peer_compat_parse_key(mbedtls_pk_context *pk, const unsigned char *data, size_t size, peer_fill *fill,
                          void *context) {
    (void)fill;
    (void)context;
    return mbedtls_pk_parse_key(pk, data, size, NULL, 0);
}

int peer_compat_parse_key_file(mbedtls_pk_context *pk, const char *name, peer_fill *fill, void *context) {
    (void)fill;
    (void)context;
    return mbedtls_pk_parse_keyfile(pk, name, NULL);
}

int peer_compat_set_up_tickets(peer *p, uint32_t lifetime) {
    return mbedtls_ssl_ticket_setup(&p->tickets, PSA_ALG_GCM, PSA_KEY_TYPE_AES, 128, lifetime);
}

int peer_compat_mac(const unsigned char key[32], const unsigned char *data, size_t size, unsigned char mac[32]) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = 0;
    size_t written = 0;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
    psa_set_key_algorithm(&attributes, PSA_ALG_HMAC(PSA_ALG_SHA_256));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
    psa_status_t status = psa_import_key(&attributes, key, 32, &id);
    if (status == PSA_SUCCESS) {
        status = psa_mac_compute(id, PSA_ALG_HMAC(PSA_ALG_SHA_256), data, size, mac, 32, &written);
        psa_destroy_key(id);
    }
    return (int)status;
}

#else

void peer_compat_conf_random(mbedtls_ssl_config *config, peer_fill *fill, void *context) {
    mbedtls_ssl_conf_rng(config, fill, context);
}

int peer_compat_parse_key(mbedtls_pk_context *pk, const unsigned char *data, size_t size, peer_fill *fill,
                          void *context) {
    return mbedtls_pk_parse_key(pk, data, size, NULL, 0, fill, context);
}

int peer_compat_parse_key_file(mbedtls_pk_context *pk, const char *name, peer_fill *fill, void *context) {
    return mbedtls_pk_parse_keyfile(pk, name, NULL, fill, context);
}

int peer_compat_set_up_tickets(peer *p, uint32_t lifetime) {
    return mbedtls_ssl_ticket_setup(&p->tickets, p->settings.random.fill, p->settings.random.context,
                                    MBEDTLS_CIPHER_AES_128_GCM, lifetime);
}

int peer_compat_mac(const unsigned char key[32], const unsigned char *data, size_t size, unsigned char mac[32]) {
    return mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), key, 32, data, size, mac);
}

#endif
