/* SPDX-License-Identifier: Apache-2.0 */
/* What avs_net wants of any socket layer and doze has no need for, and the sockets that doze does not have. */
#include <mbedtls/platform_util.h>

#include "internal.h"

avs_error_t _avs_net_initialize_global_compat_state(void) {
    return AVS_OK;
}

void _avs_net_cleanup_global_compat_state(void) {}

avs_error_t _avs_net_initialize_global_ssl_state(void) {
    return AVS_OK;
}

void _avs_net_cleanup_global_ssl_state(void) {}

void _avs_crypto_cleanup_global_state(void) {}

avs_error_t _avs_net_create_tcp_socket(avs_net_socket_t **socket, const void *socket_configuration) {
    (void)socket;
    (void)socket_configuration;
    return avs_errno(AVS_ENOTSUP);
}

avs_error_t _avs_net_create_ssl_socket(avs_net_socket_t **socket, const void *socket_configuration) {
    (void)socket;
    (void)socket_configuration;
    return avs_errno(AVS_ENOTSUP);
}

void avs_crypto_clear_buffer(void *buf, size_t size) {
    mbedtls_platform_zeroize(buf, size);
}
