/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys that sign where they are, a secure element for example. */
#include <anj/compat/crypto/storage.h>

#include "rx_off/credentials.h"

doze_result doze_lite_find_signer(const anj_net_ssl_configuration_t *ssl, const anj_crypto_security_info_t *info,
                                  mbedtls_pk_context *key, bool *found) {
    anj_crypto_security_info_external_t where = info->info.external;
    *found = info->source == ANJ_CRYPTO_DATA_SOURCE_EXTERNAL;
    if (*found && anj_crypto_storage_resolve_external_private_key_info(ssl->crypto_ctx, &where, key) != 0) {
        return DOZE_ERR_KEY;
    }
    return DOZE_OK;
}
