/* SPDX-License-Identifier: Apache-2.0 */
/* What a verb of Anjay Lite comes to when doze does not simply say DOZE_OK. */
#include <string.h>

#include "context.h"

/* A datagram that every host takes (RFC 791 section 3.1) less its IP and UDP headers, and the most that a record adds:
 * header, Connection ID, explicit nonce, tag, inner type. */
enum { DATAGRAM_SURE = 576 - 20 - 8, RECORD_EXPANSION_MAX = 13 + 32 + 8 + 16 + 1 };

/* Nothing was sent, and nothing is lost: Anjay Lite repeats the call until a time of its own is over. */
static bool is_passing(doze_result result) {
    return result == DOZE_WOULD_BLOCK || result == DOZE_ERR_NO_BUFFERS || result == DOZE_ERR_NO_MEMORY ||
           result == DOZE_ERR_NO_DESCRIPTORS || result == DOZE_ERR_REFUSED || result == DOZE_ERR_UNREACHABLE ||
           result == DOZE_ERR_BLOCKED;
}

static doze_result repeatable(doze_result result) {
    return is_passing(result) ? DOZE_IN_PROGRESS : result;
}

/* ---- connect ---- */

/* Whether the context has to do with another peer. While a name is looked up nobody can tell; that ends soon. */
static bool is_elsewhere(const anj_net_ctx_t *ctx, const char *hostname, uint16_t port) {
    doze_state state = doze_get_state(ctx->socket);
    doze_endpoints ends;
    if (state == DOZE_STATE_CLOSED || state == DOZE_STATE_BOUND ||
        doze_get_state(&ctx->udp.socket) == DOZE_STATE_CONNECTING) {
        return false;
    }
    doze_get_endpoints(ctx->socket, &ends);
    return ends.hostname == NULL || strcmp(ends.hostname, hostname) != 0 || ends.remote.port != port;
}

static doze_result advance(doze_socket *socket, const char *hostname, uint16_t port) {
    doze_state state = doze_get_state(socket);
    doze_result result = state == DOZE_STATE_CONNECTED    ? DOZE_OK
                         : state == DOZE_STATE_CONNECTING ? DOZE_IN_PROGRESS
                                                          : doze_connect(socket, hostname, port);
    return result == DOZE_IN_PROGRESS ? doze_step(socket) : result;
}

int doze_lite_connect(anj_net_ctx_t *ctx, const char *hostname, const char *port_text) {
    uint16_t port = 0;
    doze_result result = hostname == NULL ? DOZE_ERR_ARGUMENT : doze_parse_port(port_text, &port);
    if (result != DOZE_OK) {
        return doze_lite_code(result);
    }
    if (is_elsewhere(ctx, hostname, port)) {
        doze_shutdown(ctx->socket);
        doze_close(ctx->socket);
    }
    result = advance(ctx->socket, hostname, port);
    bool wrong_one = result == DOZE_OK && is_elsewhere(ctx, hostname, port); /* of a lookup that was given up */
    return doze_lite_code(wrong_one ? DOZE_IN_PROGRESS : result);
}

/* ---- send and recv ---- */

/* DOZE_OK: the socket is CONNECTED, maybe by the ladder. */
static doze_result wake(doze_socket *socket) {
    doze_state state = doze_get_state(socket);
    if (state == DOZE_STATE_SHUTDOWN && doze_lite_traffic_wakes) {
        doze_result result = repeatable(doze_resume(socket));
        state = doze_get_state(socket);
        if (state != DOZE_STATE_CONNECTING) {
            return result;
        }
    }
    return state == DOZE_STATE_CONNECTING  ? doze_step(socket)
           : state == DOZE_STATE_CONNECTED ? DOZE_OK
                                           : DOZE_ERR_STATE;
}

static bool is_not_connected(doze_result result) {
    return result == DOZE_IN_PROGRESS || result == DOZE_ERR_STATE;
}

/* A new context is told by the call that woke to it. A send that found the socket connected has it from connect. */
int doze_lite_send_otherwise(anj_net_ctx_t *ctx, size_t *sent, const uint8_t *data, size_t size, doze_result result) {
    if (is_not_connected(result)) {
        result = wake(ctx->socket);
        if (result == DOZE_OK) {
            result = doze_send(ctx->socket, data, size);
        }
    } else if (result == DOZE_NEW_CONTEXT && doze_lite_connect_registers) {
        result = doze_send(ctx->socket, data, size);
    }
    *sent = result == DOZE_OK ? size : 0;
    return doze_lite_code(doze_get_state(ctx->socket) == DOZE_STATE_CONNECTED ? repeatable(result) : result);
}

static bool is_new_context(doze_socket *socket) {
    int64_t continued = 1;
    doze_get_option(socket, DOZE_OPT_CONTEXT_CONTINUED, &continued); /* UDP has no such option, and nothing to lose */
    return continued == 0;
}

int doze_lite_recv_otherwise(anj_net_ctx_t *ctx, size_t *received, uint8_t *buffer, size_t capacity,
                             doze_result result) {
    *received = 0;
    if (is_not_connected(result)) {
        bool registered = doze_lite_state(ctx) == ANJ_NET_SOCKET_STATE_CONNECTED;
        result = wake(ctx->socket);
        if (result == DOZE_OK) {
            result = registered && is_new_context(ctx->socket) ? DOZE_NEW_CONTEXT
                                                               : doze_recv(ctx->socket, buffer, capacity, received);
        }
    }
    if (result == DOZE_ERR_TRUNCATED) {
        *received = capacity;
    }
    return doze_lite_code(result);
}

/* ---- questions ---- */

int doze_lite_inner_mtu(anj_net_ctx_t *ctx, int32_t *out) {
    int64_t mtu = 0;
    if (doze_get_option(ctx->socket, DOZE_OPT_PAYLOAD_MTU, &mtu) != DOZE_OK) {
        mtu = ctx->dtls != NULL ? DATAGRAM_SURE - RECORD_EXPANSION_MAX : DATAGRAM_SURE;
    }
    *out = (int32_t)(mtu < INT32_MAX ? mtu : INT32_MAX);
    return ANJ_NET_OK;
}
