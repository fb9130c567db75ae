/* SPDX-License-Identifier: Apache-2.0 */
/* For a build of Anjay Lite without ANJ_WITH_EXTERNAL_SIGNING: a stored private key is loaded like any secret. */
#include "rx_off/credentials.h"

doze_result doze_lite_find_signer(const anj_net_ssl_configuration_t *ssl, const anj_crypto_security_info_t *info,
                                  mbedtls_pk_context *key, bool *found) {
    (void)ssl;
    (void)info;
    (void)key;
    *found = false;
    return DOZE_OK;
}
