/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of 3.0.0 that are the same for UDP and DTLS. */
#ifndef DOZE_ANJAY_LITE_RX_OFF_H
#define DOZE_ANJAY_LITE_RX_OFF_H

#include "context.h"

/* The peer hears nothing of it, and the next connect goes on where this ends. */
static inline int doze_lite_close(anj_net_ctx_t *ctx) {
    doze_shutdown(ctx->socket); /* refused in CLOSED, where there is nothing to keep */
    return doze_lite_code(doze_close(ctx->socket));
}

static inline int doze_lite_rx_off(anj_net_ctx_t *ctx) {
    bool on = doze_lite_state(ctx) == ANJ_NET_SOCKET_STATE_CONNECTED;
    return on ? doze_lite_code(doze_shutdown(ctx->socket)) : ANJ_NET_OK;
}

#endif
