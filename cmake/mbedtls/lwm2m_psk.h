/* SPDX-License-Identifier: Apache-2.0 */
/* Mbed TLS 3.6 for a small LwM2M client with a pre-shared key: TLS_PSK_WITH_AES_128_CCM_8 over DTLS 1.2 and nothing
 * else. To be named in MBEDTLS_CONFIG_FILE, both where Mbed TLS and where doze and the program are compiled. */
#ifndef DOZE_LWM2M_PSK_H
#define DOZE_LWM2M_PSK_H

/* The client. */
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_PROTO_DTLS
#define MBEDTLS_SSL_DTLS_ANTI_REPLAY
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_KEY_EXCHANGE_PSK_ENABLED
#define MBEDTLS_SSL_CIPHERSUITES MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8

/* What doze needs: an association that goes on behind another address, and one that goes on after sleep. */
#define MBEDTLS_SSL_DTLS_CONNECTION_ID
#define MBEDTLS_SSL_CONTEXT_SERIALIZATION

/* Primitives: AES-128 without tables in RAM, and SHA-256 for the PRF. */
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
#define MBEDTLS_CCM_C
#define MBEDTLS_CIPHER_C
#define MBEDTLS_MD_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER

/* Sizes: a record fits a datagram of 1,280 bytes, what arrives out of order in a handshake fits two. */
#define MBEDTLS_SSL_IN_CONTENT_LEN                 1280
#define MBEDTLS_SSL_OUT_CONTENT_LEN                1280
#define MBEDTLS_SSL_DTLS_MAX_BUFFERING             2560
#define MBEDTLS_SSL_CID_IN_LEN_MAX                 16
#define MBEDTLS_SSL_CID_OUT_LEN_MAX                32
#define MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY 1
#define MBEDTLS_PSK_MAX_LEN                        64 /* RFC 7925 section 4.2 */

/* Memory: from an arena of the program's, by mbedtls_memory_buffer_alloc_init(). Time and randomness: from doze. */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
#define MBEDTLS_NO_PLATFORM_ENTROPY

#endif
