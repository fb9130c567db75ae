/* SPDX-License-Identifier: Apache-2.0 */
#ifdef NO_PACKAGE
#error "no package of this version"
#endif

#include <mbedtls/build_info.h>
#include <mbedtls/ssl.h>

#if MBEDTLS_VERSION_NUMBER < 0x03060000
#error "older than 3.6"
#endif
#if !defined(MBEDTLS_SSL_CLI_C) || !defined(MBEDTLS_SSL_PROTO_DTLS)
#error "no DTLS client"
#endif
#if !defined(MBEDTLS_SSL_DTLS_CONNECTION_ID) || MBEDTLS_SSL_DTLS_CONNECTION_ID_COMPAT != 0
#error "no Connection ID as in RFC 9146"
#endif
#if !defined(MBEDTLS_SSL_CONTEXT_SERIALIZATION)
#error "no serialization of contexts"
#endif

int main(void) {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_init(&ssl);
    mbedtls_ssl_free(&ssl);
    return 0;
}
