/* SPDX-License-Identifier: Apache-2.0 */
/* For a build of Anjay Lite without ANJ_WITH_CERTIFICATES. */
#include "rx_off/credentials.h"

doze_result doze_lite_use_certificates(doze_lite_secure *secure, const anj_net_ssl_configuration_t *ssl) {
    (void)secure;
    (void)ssl;
    return DOZE_ERR_UNSUPPORTED;
}
