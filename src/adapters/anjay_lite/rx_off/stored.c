/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in Anjay Lite's crypto storage. */
#include <anj/compat/crypto/storage.h>

#include "rx_off/credentials.h"

doze_result doze_lite_resolve(const anj_net_ssl_configuration_t *ssl, const anj_crypto_security_info_t *info,
                              char *buffer, size_t *size) {
    size_t room = *size;
    if (info->source != ANJ_CRYPTO_DATA_SOURCE_EXTERNAL) {
        return DOZE_ERR_UNSUPPORTED;
    }
    int error = anj_crypto_storage_resolve_security_info(ssl->crypto_ctx, &info->info.external, buffer, room, size);
    return error == 0 && *size <= room ? DOZE_OK : DOZE_ERR_KEY;
}
