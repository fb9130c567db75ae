/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of 3.0.0: two states, codes above zero, and a receiver that is off while everybody thinks CONNECTED. */
#include "context.h"

const bool doze_lite_traffic_wakes = true;
const bool doze_lite_connect_registers = true;

int doze_lite_code(doze_result result) {
    switch (result) {
    case DOZE_IN_PROGRESS:
        return ANJ_NET_EINPROGRESS;
    case DOZE_WOULD_BLOCK:
        return ANJ_NET_EAGAIN;
    case DOZE_NEW_CONTEXT:
        return DOZE_ANJAY_LITE_NEW_CONTEXT;
    case DOZE_ERR_TRUNCATED:
    case DOZE_ERR_TOO_LONG:
        return ANJ_NET_EMSGSIZE;
    case DOZE_ERR_UNSUPPORTED:
        return ANJ_NET_ENOTSUP;
    default:
        return result;
    }
}

/* A wake, too, is part of a connection: only one that falls back to CLOSED has never been. */
anj_net_socket_state_t doze_lite_state(const anj_net_ctx_t *ctx) {
    doze_state state = doze_get_fallback(ctx->socket);
    bool connected = state == DOZE_STATE_CONNECTED || state == DOZE_STATE_SHUTDOWN;
    return connected ? ANJ_NET_SOCKET_STATE_CONNECTED : ANJ_NET_SOCKET_STATE_CLOSED;
}
