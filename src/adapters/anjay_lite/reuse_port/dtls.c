/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS for Anjay Lite 1.0.0-beta.1. */
#include "reuse_port/contract.h"

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

int anj_dtls_shutdown(anj_net_ctx_t *ctx) {
    return doze_lite_shutdown(ctx);
}

int anj_dtls_reuse_last_port(anj_net_ctx_t *ctx) {
    return doze_lite_reuse_last_port(ctx);
}

const void *anj_dtls_get_system_socket(anj_net_ctx_t *ctx) {
    return doze_lite_system_socket(ctx);
}

int anj_dtls_get_bytes_received(anj_net_ctx_t *ctx, uint64_t *out_value) {
    return doze_lite_bytes(ctx, DOZE_OPT_BYTES_RECEIVED, out_value);
}

int anj_dtls_bytes_sent(anj_net_ctx_t *ctx, uint64_t *out_value) {
    return doze_lite_bytes(ctx, DOZE_OPT_BYTES_SENT, out_value);
}

/* An option that asks yes or no of the last connect. */
static int answer(anj_net_ctx_t *ctx, doze_option option, bool *out) {
    int64_t value = 0;
    doze_result result = doze_get_option(ctx->socket, option, &value);
    *out = value != 0;
    return doze_lite_code(result);
}

int anj_dtls_get_session_resumed(anj_net_ctx_t *ctx, bool *out_value) {
    return answer(ctx, DOZE_OPT_SESSION_RESUMED, out_value);
}

int anj_dtls_get_connection_id_resumed(anj_net_ctx_t *ctx, bool *out_value) {
    bool continued = false;
    int result = answer(ctx, DOZE_OPT_CONTEXT_CONTINUED, &continued);
    if (result == ANJ_NET_OK) {
        result = answer(ctx, DOZE_OPT_CONNECTION_ID, out_value);
    }
    *out_value = *out_value && continued;
    return result;
}

/* What is to be trusted is part of the configuration, which is fixed when the context is made. */
int anj_dtls_set_dane_tls_array(anj_net_ctx_t *ctx, anj_net_socket_dane_tlsa_array_t *value) {
    (void)ctx;
    (void)value;
    return ANJ_NET_ENOTSUP;
}

int anj_dtls_set_handshake_timeout(anj_net_ctx_t *ctx, anj_net_dtls_handshake_timeouts_t *value) {
    const doze_option min = DOZE_OPT_HANDSHAKE_TIMER_MIN;
    const doze_option max = DOZE_OPT_HANDSHAKE_TIMER_MAX;
    if (value == NULL || value->min == 0 || value->min > value->max || value->max > UINT32_MAX) {
        return doze_lite_code(DOZE_ERR_ARGUMENT);
    }
    doze_result result = doze_set_option(ctx->socket, min, (int64_t)value->min);
    bool above = result != DOZE_OK; /* the longest timer that there is now */
    result = doze_set_option(ctx->socket, max, (int64_t)value->max);
    if (above && result == DOZE_OK) {
        result = doze_set_option(ctx->socket, min, (int64_t)value->min);
    }
    return doze_lite_code(result);
}
