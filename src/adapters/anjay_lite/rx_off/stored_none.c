/* SPDX-License-Identifier: Apache-2.0 */
/* For a build of Anjay Lite without ANJ_WITH_EXTERNAL_CRYPTO_STORAGE. */
#include "rx_off/credentials.h"

doze_result doze_lite_resolve(const anj_net_ssl_configuration_t *ssl, const anj_crypto_security_info_t *info,
                              char *buffer, size_t *size) {
    (void)ssl;
    (void)info;
    if (*size > 0) {
        buffer[0] = '\0';
    }
    *size = 0;
    return DOZE_ERR_UNSUPPORTED;
}
