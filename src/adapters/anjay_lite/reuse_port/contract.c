/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of 1.0.0-beta.1: shutdown, close, reuse_last_port, connect; one code for "again", errors below zero. */
#include "context.h"

const bool doze_lite_traffic_wakes = false;
const bool doze_lite_connect_registers = false; /* after reuse_last_port, an Update follows */

int doze_lite_code(doze_result result) {
    switch (result) {
    case DOZE_IN_PROGRESS:
    case DOZE_WOULD_BLOCK:
        return ANJ_NET_EAGAIN;
    case DOZE_NEW_CONTEXT:
        return DOZE_ANJAY_LITE_NEW_CONTEXT;
    case DOZE_ERR_TRUNCATED:
    case DOZE_ERR_TOO_LONG:
        return ANJ_NET_EMSGSIZE;
    case DOZE_ERR_UNSUPPORTED:
        return ANJ_NET_ENOTSUP;
    case DOZE_ERR_ARGUMENT: /* these two are the numbers of ANJ_NET_EMSGSIZE and ANJ_NET_ENOTSUP */
    case DOZE_ERR_STATE:
        return (int)result - 100;
    default:
        return result;
    }
}

/* A connect under way reads BOUND: at CLOSED, Anjay Lite would ask for the port once more. */
anj_net_socket_state_t doze_lite_state(const anj_net_ctx_t *ctx) {
    switch (doze_get_state(ctx->socket)) {
    case DOZE_STATE_BOUND:
    case DOZE_STATE_CONNECTING:
        return ANJ_NET_SOCKET_STATE_BOUND;
    case DOZE_STATE_CONNECTED:
        return ANJ_NET_SOCKET_STATE_CONNECTED;
    case DOZE_STATE_SHUTDOWN:
        return ANJ_NET_SOCKET_STATE_SHUTDOWN;
    default:
        return ANJ_NET_SOCKET_STATE_CLOSED;
    }
}
