/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for Anjay Lite 3.0.0: what the adapter calls of the crypto storage. */
#include <anj/init.h>

#ifndef ANJ_CRYPTO_STORAGE_H
#define ANJ_CRYPTO_STORAGE_H

#include <anj/crypto.h>

#ifdef ANJ_WITH_EXTERNAL_CRYPTO_STORAGE

int anj_crypto_storage_resolve_security_info(void *crypto_ctx, const anj_crypto_security_info_external_t *info,
                                             char *out_buffer, size_t out_buffer_size, size_t *out_record_size);

#ifdef ANJ_WITH_EXTERNAL_SIGNING
int anj_crypto_storage_resolve_external_private_key_info(void *crypto_ctx, anj_crypto_security_info_external_t *info,
                                                         void *out_pk_ctx);
#endif

#endif

#endif
