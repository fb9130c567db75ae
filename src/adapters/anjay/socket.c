/* SPDX-License-Identifier: Apache-2.0 */
/* Connect, send, receive and the rest: avs_net's operations, which block where it says so, in doze's verbs. */
#include <string.h>

#include <avsystem/coap/ctx.h>

#include "internal.h"

#define SEND_TIMEOUT 30000 /* ms, for a host that has no room */

/* ---- connecting ---- */

/* Ports come as text, and none at all is 0. */
static bool parse_port(const char *text, uint16_t *port) {
    *port = 0;
    bool none = text == NULL || text[0] == '\0' || strcmp(text, "0") == 0;
    return none || doze_parse_port(text, port) == DOZE_OK;
}

static void keep_preferred_endpoint(const doze_anjay_udp *s) {
    doze_endpoints ends;
    if (s->platform.preferred != NULL) {
        doze_get_endpoints(s->socket, &ends);
        doze_anjay_pack(&ends.remote, s->platform.preferred);
    }
}

/* Whoever empties the session buffer wants a full handshake: the association in memory must go as well, and the port
 * that was bound for this connection must stay. */
static avs_error_t honour_emptied_buffer(doze_anjay_udp *s) {
    doze_anjay_dtls *dtls = doze_anjay_dtls_of(s);
    bool buffered = doze_anjay_is_dtls(s) && dtls->session.buffer != NULL;
    if (!buffered || !doze_anjay_session_is_empty(&dtls->session) || doze_remote_hostname(s->socket) == NULL) {
        return AVS_OK;
    }
    char address[DOZE_ADDRESS_TEXT_SIZE];
    doze_endpoints ends;
    doze_get_endpoints(s->socket, &ends);
    uint16_t port = ends.local.port;
    bool bound = doze_get_state(s->socket) == DOZE_STATE_BOUND;
    bool any = doze_same_address(&ends.local, &(doze_endpoint){.family = ends.local.family});
    doze_result result = doze_local_host(s->socket, address, sizeof(address));
    doze_forget(s->socket);
    if (result == DOZE_OK && bound) {
        result = doze_bind(s->socket, any ? NULL : address, port);
    }
    return bound ? doze_anjay_error(s->socket, result) : AVS_OK;
}

avs_error_t doze_anjay_connect(avs_net_socket_t *socket, const char *host, const char *port) {
    doze_anjay_udp *s = doze_anjay_of(socket);
    uint16_t number;
    if (host == NULL || !parse_port(port, &number) || number == 0) {
        return avs_errno(AVS_EINVAL);
    }
    if (doze_get_state(s->socket) == DOZE_STATE_CONNECTED) {
        return avs_errno(AVS_EISCONN);
    }
    avs_error_t error = doze_anjay_make_ready(s);
    if (avs_is_ok(error)) {
        error = honour_emptied_buffer(s);
    }
    if (avs_is_err(error)) {
        return error;
    }
    doze_result result = doze_connect_wait(s->socket, host, number, -1);
    if (result != DOZE_OK) {
        error = doze_anjay_error(s->socket, result);
        doze_close(s->socket);
        return error;
    }
    keep_preferred_endpoint(s);
    return AVS_OK;
}

avs_error_t doze_anjay_bind(avs_net_socket_t *socket, const char *address, const char *port) {
    doze_anjay_udp *s = doze_anjay_of(socket);
    uint16_t number;
    if (!parse_port(port, &number)) {
        return avs_errno(AVS_EINVAL);
    }
    if (doze_get_state(s->socket) != DOZE_STATE_CLOSED) {
        return avs_errno(AVS_EISCONN);
    }
    avs_error_t error = doze_anjay_make_ready(s);
    return avs_is_ok(error) ? doze_anjay_error(s->socket, doze_bind(s->socket, address, number)) : error;
}

/* ---- datagrams ---- */

/* What avs_coap says when an exchange has had no answer. It is the one error at which Anjay registers anew over the
 * connection at hand, instead of giving the server up. */
static avs_error_t no_answer(void) {
    return (avs_error_t){AVS_COAP_ERR_CATEGORY, (uint16_t)AVS_COAP_ERR_TIMEOUT};
}

static avs_error_t wrong_state(const doze_anjay_udp *s) {
    return avs_errno(doze_get_state(s->socket) == DOZE_STATE_CLOSED ? AVS_EBADF : AVS_ENOTCONN);
}

/* The peer has been silent, or has ended the association, and doze has looked for another one. The datagram is of
 * before: it must not get into a new association, where nobody is registered yet. An outage ends in the old one. */
static avs_error_t after_climb(doze_anjay_udp *s, doze_result result, const void *buffer, size_t size) {
    if (result == DOZE_OK) {
        result = doze_send_wait(s->socket, buffer, size, SEND_TIMEOUT);
    }
    if (result == DOZE_OK) {
        return AVS_OK;
    }
    if (doze_get_state(s->socket) == DOZE_STATE_SHUTDOWN && doze_resume_wait(s->socket, 0) != DOZE_OK) {
        doze_shutdown(s->socket); /* there is none to go on with: connect decides */
    }
    return no_answer();
}

static avs_error_t renew(doze_anjay_udp *s, const void *buffer, size_t size) {
    doze_shutdown(s->socket);
    return after_climb(s, doze_resume_wait(s->socket, -1), buffer, size);
}

/* All that is not the ordinary: `result` is what the first try came to. */
static avs_error_t send_on(doze_anjay_udp *s, doze_result result, const void *buffer, size_t size) {
    if (result == DOZE_NEW_CONTEXT || result == DOZE_WOULD_BLOCK || result == DOZE_ERR_NO_BUFFERS) {
        /* a new context that a connect came to, and its options have told */
        result = doze_send_wait(s->socket, buffer, size, SEND_TIMEOUT);
    }
    switch ((int)result) {
    case DOZE_ERR_STATE:
        return wrong_state(s);
    case DOZE_IN_PROGRESS:
        return after_climb(s, doze_connected_wait(s->socket, -1), buffer, size);
    case DOZE_ERR_CLOSED_BY_PEER:
    case DOZE_ERR_EXHAUSTED:
        return renew(s, buffer, size);
    default:
        return doze_anjay_error(s->socket, result);
    }
}

avs_error_t doze_anjay_send_udp(avs_net_socket_t *socket, const void *buffer, size_t buffer_length) {
    doze_anjay_udp *s = doze_anjay_of(socket);
    doze_result result = doze_send(s->socket, buffer, buffer_length);
    return result == DOZE_OK ? AVS_OK : send_on(s, result, buffer, buffer_length);
}

/* Only a confirmable message of CoAP (RFC 7252 section 3) is answered by all means: that nothing comes after another
 * one says nothing about the peer. */
static bool is_one_way(const void *buffer, size_t size) {
    enum { VERSION_AND_TYPE = 0xf0, CONFIRMABLE = 0x40, ACKNOWLEDGEMENT = 0x60, RESET = 0x70, NON_CONFIRMABLE = 0x50 };
    int kind = size == 0 ? 0 : *(const unsigned char *)buffer & VERSION_AND_TYPE;
    return kind == NON_CONFIRMABLE || kind == ACKNOWLEDGEMENT || kind == RESET;
}

avs_error_t doze_anjay_send_dtls(avs_net_socket_t *socket, const void *buffer, size_t buffer_length) {
    doze_anjay_udp *s = doze_anjay_of(socket);
    doze_anjay_dtls *dtls = doze_anjay_dtls_of(s);
    bool one_way = buffer != NULL && dtls->ready && is_one_way(buffer, buffer_length);
    doze_result result = one_way ? doze_dtls_send_one_way(&dtls->dtls, buffer, buffer_length)
                                 : doze_send(s->socket, buffer, buffer_length);
    return result == DOZE_OK ? AVS_OK : send_on(s, result, buffer, buffer_length);
}

static avs_error_t receive_on(doze_anjay_udp *s, doze_result result, size_t *out, void *buffer, size_t capacity) {
    if (result == DOZE_WOULD_BLOCK) {
        result = doze_recv_wait(s->socket, buffer, capacity, out);
    }
    switch ((int)result) {
    case DOZE_OK:
        return AVS_OK;
    case DOZE_ERR_TRUNCATED:
        *out = capacity;
        return avs_errno(AVS_EMSGSIZE);
    case DOZE_ERR_CLOSED_BY_PEER: /* the end, as of a stream; the next send makes a new association */
        *out = 0;
        return AVS_OK;
    case DOZE_ERR_STATE:
        *out = 0;
        return wrong_state(s);
    default:
        *out = 0;
        return doze_anjay_error(s->socket, result);
    }
}

avs_error_t doze_anjay_receive(avs_net_socket_t *socket, size_t *out_bytes_received, void *buffer,
                               size_t buffer_length) {
    doze_anjay_udp *s = doze_anjay_of(socket);
    doze_result result = doze_recv(s->socket, buffer, buffer_length, out_bytes_received);
    return result == DOZE_OK ? AVS_OK : receive_on(s, result, out_bytes_received, buffer, buffer_length);
}

/* ---- resting ---- */

avs_error_t doze_anjay_shutdown(avs_net_socket_t *socket) {
    doze_socket *s = doze_anjay_of(socket)->socket;
    return doze_anjay_error(s, doze_shutdown(s));
}

avs_error_t doze_anjay_close(avs_net_socket_t *socket) {
    doze_socket *s = doze_anjay_of(socket)->socket;
    return doze_anjay_error(s, doze_close(s));
}
