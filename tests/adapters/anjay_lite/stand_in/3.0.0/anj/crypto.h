/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for Anjay Lite 3.0.0: what the adapter sees of credentials. */
#include <anj/init.h>

#ifndef ANJ_CRYPTO_H
#define ANJ_CRYPTO_H

#include <stddef.h>

#ifdef ANJ_WITH_SECURITY

typedef enum {
    ANJ_CRYPTO_DATA_SOURCE_EMPTY = 0,
    ANJ_CRYPTO_DATA_SOURCE_BUFFER,
#ifdef ANJ_WITH_EXTERNAL_CRYPTO_STORAGE
    ANJ_CRYPTO_DATA_SOURCE_EXTERNAL
#endif
} anj_crypto_data_source_t;

typedef enum {
    ANJ_CRYPTO_SECURITY_TAG_CERTIFICATE_CHAIN,
    ANJ_CRYPTO_SECURITY_TAG_PRIVATE_KEY,
    ANJ_CRYPTO_SECURITY_TAG_CERT_REVOCATION_LIST,
    ANJ_CRYPTO_SECURITY_TAG_PSK_IDENTITY,
    ANJ_CRYPTO_SECURITY_TAG_PSK_KEY,
} anj_crypto_security_tag_t;

typedef struct {
    const void *data;
    size_t data_size;
} anj_crypto_security_info_buffer_t;

#ifdef ANJ_WITH_EXTERNAL_CRYPTO_STORAGE
typedef struct {
    const char *identity;
} anj_crypto_security_info_external_t;
#endif

typedef struct {
    anj_crypto_security_tag_t tag;
    anj_crypto_data_source_t source;
    union {
        anj_crypto_security_info_buffer_t buffer;
#ifdef ANJ_WITH_EXTERNAL_CRYPTO_STORAGE
        anj_crypto_security_info_external_t external;
#endif
    } info;
} anj_crypto_security_info_t;

#endif

#endif
