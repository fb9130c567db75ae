/* SPDX-License-Identifier: Apache-2.0 */
/* UDP for Anjay Lite 1.0.0-beta.1. */
#include "reuse_port/contract.h"

#include <anj/compat/net/anj_udp.h>

int anj_udp_create_ctx(anj_net_ctx_t **ctx, const anj_net_config_t *config) {
    doze_result result = DOZE_OK;
    *ctx = doze_lite_create_udp(config, &result);
    return doze_lite_code(result);
}

int anj_udp_cleanup_ctx(anj_net_ctx_t **ctx) {
    return doze_lite_cleanup_udp(ctx);
}

int anj_udp_connect(anj_net_ctx_t *ctx, const char *hostname, const char *port) {
    return doze_lite_connect(ctx, hostname, port);
}

int anj_udp_send(anj_net_ctx_t *ctx, size_t *bytes_sent, const uint8_t *buf, size_t length) {
    return doze_lite_send(ctx, bytes_sent, buf, length);
}

int anj_udp_recv(anj_net_ctx_t *ctx, size_t *bytes_received, uint8_t *buf, size_t length) {
    return doze_lite_recv(ctx, bytes_received, buf, length);
}

int anj_udp_close(anj_net_ctx_t *ctx) {
    return doze_lite_close(ctx);
}

int anj_udp_get_state(anj_net_ctx_t *ctx, anj_net_socket_state_t *out_value) {
    *out_value = doze_lite_state(ctx);
    return ANJ_NET_OK;
}

int anj_udp_get_inner_mtu(anj_net_ctx_t *ctx, int32_t *out_value) {
    return doze_lite_inner_mtu(ctx, out_value);
}

int anj_udp_shutdown(anj_net_ctx_t *ctx) {
    return doze_lite_shutdown(ctx);
}

int anj_udp_reuse_last_port(anj_net_ctx_t *ctx) {
    return doze_lite_reuse_last_port(ctx);
}

const void *anj_udp_get_system_socket(anj_net_ctx_t *ctx) {
    return doze_lite_system_socket(ctx);
}

int anj_udp_get_bytes_received(anj_net_ctx_t *ctx, uint64_t *out_value) {
    return doze_lite_bytes(ctx, DOZE_OPT_BYTES_RECEIVED, out_value);
}

int anj_udp_get_bytes_sent(anj_net_ctx_t *ctx, uint64_t *out_value) {
    return doze_lite_bytes(ctx, DOZE_OPT_BYTES_SENT, out_value);
}
