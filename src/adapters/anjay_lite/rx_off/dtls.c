/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS for Anjay Lite 3.0.0. */
#include "rx_off/contract.h"

#include <anj/compat/net/anj_dtls.h>

#include "secure/secure.h"

int anj_dtls_create_ctx(anj_net_ctx_t **ctx, const anj_net_config_t *config) {
    doze_result result = DOZE_OK;
    *ctx = doze_lite_create_dtls(config, &result);
    return doze_lite_code(result);
}

int anj_dtls_cleanup_ctx(anj_net_ctx_t **ctx) {
    return doze_lite_cleanup_dtls(ctx);
}

int anj_dtls_connect(anj_net_ctx_t *ctx, const char *hostname, const char *port) {
    return doze_lite_connect(ctx, hostname, port);
}

int anj_dtls_send(anj_net_ctx_t *ctx, size_t *bytes_sent, const uint8_t *buf, size_t length) {
    return doze_lite_send(ctx, bytes_sent, buf, length);
}

int anj_dtls_recv(anj_net_ctx_t *ctx, size_t *bytes_received, uint8_t *buf, size_t length) {
    return doze_lite_recv(ctx, bytes_received, buf, length);
}

int anj_dtls_close(anj_net_ctx_t *ctx) {
    return doze_lite_close(ctx);
}

int anj_dtls_get_state(anj_net_ctx_t *ctx, anj_net_socket_state_t *out_value) {
    *out_value = doze_lite_state(ctx);
    return ANJ_NET_OK;
}

int anj_dtls_get_inner_mtu(anj_net_ctx_t *ctx, int32_t *out_value) {
    return doze_lite_inner_mtu(ctx, out_value);
}

int anj_dtls_queue_mode_rx_off(anj_net_ctx_t *ctx) {
    return doze_lite_rx_off(ctx);
}
