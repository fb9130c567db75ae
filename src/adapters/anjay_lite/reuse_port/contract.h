/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of 1.0.0-beta.1 that are the same for UDP and DTLS. */
#ifndef DOZE_ANJAY_LITE_REUSE_PORT_H
#define DOZE_ANJAY_LITE_REUSE_PORT_H

#include "context.h"

/* Silent, whatever protocol is above: queue mode ends a connection by it, and wants to go on later. */
static inline int doze_lite_shutdown(anj_net_ctx_t *ctx) {
    return doze_lite_code(doze_shutdown(ctx->socket));
}

static inline int doze_lite_close(anj_net_ctx_t *ctx) {
    doze_shutdown(ctx->socket); /* refused in CLOSED, where there is nothing to keep */
    return doze_lite_code(doze_close(ctx->socket));
}

/* Anjay Lite gives its registration up at any error but one, and a wake must not fail for a port that somebody has:
 * told that reuse is not supported, it connects from another port. */
static inline int doze_lite_reuse_last_port(anj_net_ctx_t *ctx) {
    doze_result result = doze_reuse_last_port(ctx->socket);
    return doze_lite_code(result == DOZE_ERR_PORT_TAKEN ? DOZE_ERR_UNSUPPORTED : result);
}

static inline const void *doze_lite_system_socket(anj_net_ctx_t *ctx) {
    ctx->fd = doze_fd(ctx->socket);
    return ctx->fd < 0 ? NULL : &ctx->fd;
}

/* Of the UDP payload, as these are what the host sends and receives. */
static inline int doze_lite_bytes(anj_net_ctx_t *ctx, doze_option option, uint64_t *out) {
    int64_t bytes = 0;
    doze_result result = doze_get_option(ctx->socket, option, &bytes);
    *out = (uint64_t)bytes;
    return doze_lite_code(result);
}

#endif
