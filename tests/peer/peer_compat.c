/* SPDX-License-Identifier: Apache-2.0 */
/* The one file of the test server that asks how Mbed TLS was built, and that reads its private members. */
#include <string.h>

#include <psa/crypto.h>

#include "peer_internal.h"

int peer_compat_start(void) {
#if defined(MBEDTLS_USE_PSA_CRYPTO)
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
