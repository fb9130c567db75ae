/* SPDX-License-Identifier: Apache-2.0 */
#include "storage.h"

#include <string.h>

#include <anj/compat/crypto/storage.h>

#include <mbedtls/pk.h>

#include "doze/posix.h"
#include "kit/kit.h"

anj_crypto_security_info_t storage_info(const char *name) {
    return (anj_crypto_security_info_t){.source = ANJ_CRYPTO_DATA_SOURCE_EXTERNAL, .info.external.identity = name};
}

int anj_crypto_storage_resolve_security_info(void *crypto_ctx, const anj_crypto_security_info_external_t *info,
                                             char *out_buffer, size_t out_buffer_size, size_t *out_record_size) {
    const storage *s = crypto_ctx;
    if (info->identity[0] == '\0' || s->secret.size > out_buffer_size) {
        return -1;
    }
    memcpy(out_buffer, s->secret.data, s->secret.size);
    *out_record_size = s->secret.size;
    return 0;
}

int anj_crypto_storage_resolve_external_private_key_info(void *crypto_ctx, anj_crypto_security_info_external_t *info,
                                                         void *out_pk_ctx) {
    const storage *s = crypto_ctx;
    const doze_random random = doze_posix_random();
    return info->identity[0] == '\0' ? -1 : kit_parse_key(out_pk_ctx, s->secret, &random);
}
