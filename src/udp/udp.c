/* SPDX-License-Identifier: Apache-2.0 */
/* UDP that can sleep: the port, the peer and its name outlive the kernel's socket. */
#include <string.h>

#include "udp/internal.h"

#define REFUSALS_A_CALL 8

static doze_result failed(doze_udp *udp, doze_result result) {
    return doze_fail(&udp->socket, result, udp->kernel.cause);
}

static doze_result udp_bind(doze_socket *socket, const char *address, uint16_t port) {
    doze_udp *udp = doze_udp_of(socket);
    doze_net_request request = {.local.family = DOZE_FAMILY_IPV4};
    if (udp->forced_family != DOZE_FAMILY_ANY) {
        request.local.family = udp->forced_family;
    } else if (udp->preferred_family != DOZE_FAMILY_ANY) {
        request.local.family = udp->preferred_family;
    }
    if (address != NULL && !udp->net->ops->parse(udp->net, address, &request.local)) {
        return DOZE_ERR_ADDRESS;
    }
    request.local.port = port;
    doze_result result = doze_udp_open(udp, &udp->kernel, &request);
    if (result == DOZE_OK) {
        udp->local = request.local;
        udp->bound_address = address != NULL;
    }
    return result;
}

static doze_result udp_reuse_last_port(doze_socket *socket) {
    doze_udp *udp = doze_udp_of(socket);
    if (udp->last_port == 0) {
        return DOZE_ERR_NO_LAST_PORT;
    }
    if (doze_udp_has_kernel_socket(udp) && udp->local.port == udp->last_port) { /* held: it is still ours */
        return failed(udp, udp->net->ops->undeafen(udp->net, &udp->kernel));
    }
    doze_net_socket opened;
    doze_net_request request;
    doze_udp_choose_local(udp, udp->last_family, udp->last_port, &request.local);
    doze_result result = doze_udp_open(udp, &opened, &request);
    if (result == DOZE_OK) {
        doze_udp_replace_kernel_socket(udp, &opened);
        udp->local = request.local;
    }
    return result;
}

static doze_result udp_connect(doze_socket *socket, const char *host, uint16_t port) {
    doze_udp *udp = doze_udp_of(socket);
    if (socket->state == DOZE_STATE_CLOSED) {
        udp->bound_address = false; /* what an earlier bind asked for ended with its close */
    }
    return doze_udp_find_peer(udp, host, port);
}

static doze_result udp_recall(doze_socket *socket, const doze_endpoints *past) {
    doze_udp *udp = doze_udp_of(socket);
    if (!doze_udp_hostname_fits(udp, past->hostname)) {
        return DOZE_ERR_HOST;
    }
    doze_udp_set_hostname(udp, past->hostname);
    udp->remote = past->remote;
    udp->bound_address = false;
    udp->last_port = past->local.port;
    udp->last_family = past->remote.family & 7u;
    doze_udp_choose_local(udp, udp->last_family, udp->last_port, &udp->local);
    return DOZE_OK;
}

static doze_result udp_resume(doze_socket *socket) {
    doze_udp *udp = doze_udp_of(socket);
    return udp->remote.family == DOZE_FAMILY_ANY ? DOZE_ERR_NO_PEER : doze_udp_attach(udp, &udp->remote);
}

static doze_result udp_step(doze_socket *socket) {
    doze_udp *udp = doze_udp_of(socket);
    if (socket->state != DOZE_STATE_CONNECTING) {
        return DOZE_OK;
    }
    doze_result result = doze_udp_continue_lookup(udp);
    if (result < 0 && socket->fallback == DOZE_STATE_CLOSED) {
        doze_udp_drop_kernel_socket(udp);
    }
    return result;
}

static void note_refusal(doze_udp *udp, doze_result result) {
    if (result == DOZE_ERR_REFUSED) {
        udp->refusals++;
        doze_emit(&udp->socket, DOZE_EVENT_HINT, DOZE_ERR_REFUSED, udp->kernel.cause);
    }
}

/* These may be the answer to an earlier datagram, told in the place of this one, which was then not sent. */
static bool may_be_old_news(doze_result result) {
    return result == DOZE_ERR_REFUSED || result == DOZE_ERR_UNREACHABLE || result == DOZE_ERR_NOT_PERMITTED ||
           result == DOZE_ERR_TOO_LONG;
}

static doze_result send_again(doze_udp *udp, doze_result first, const void *data, size_t size) {
    if (!may_be_old_news(first)) {
        return failed(udp, first);
    }
    note_refusal(udp, first);
    return failed(udp, udp->net->ops->send(udp->net, &udp->kernel, data, size));
}

static doze_result udp_send(doze_socket *socket, const void *data, size_t size) {
    doze_udp *udp = doze_udp_of(socket);
    doze_result result = udp->net->ops->send(udp->net, &udp->kernel, data, size);
    if (result != DOZE_OK) {
        result = send_again(udp, result, data, size);
    }
    if (result == DOZE_OK) {
        udp->datagrams_sent++;
        udp->bytes_sent += size;
    }
    return result;
}

static doze_result udp_recv(doze_socket *socket, void *buffer, size_t capacity, size_t *size) {
    doze_udp *udp = doze_udp_of(socket);
    doze_result result = DOZE_ERR_REFUSED;
    for (int i = 0; i < REFUSALS_A_CALL && result == DOZE_ERR_REFUSED; i++) {
        result = udp->net->ops->recv(udp->net, &udp->kernel, buffer, capacity, size);
        note_refusal(udp, result); /* a hint in front of what we came for */
    }
    if (result == DOZE_OK || result == DOZE_ERR_TRUNCATED) {
        udp->datagrams_received++;
        udp->bytes_received += *size;
    }
    return result == DOZE_OK ? DOZE_OK : failed(udp, result == DOZE_ERR_REFUSED ? DOZE_WOULD_BLOCK : result);
}

static doze_result udp_shutdown(doze_socket *socket) {
    doze_udp *udp = doze_udp_of(socket);
    if (udp->sleep == DOZE_SLEEP_HOLD && doze_udp_has_kernel_socket(udp)) {
        doze_result result = udp->net->ops->deafen(udp->net, &udp->kernel);
        if (result != DOZE_OK) {
            return failed(udp, result);
        }
    } else {
        doze_udp_drop_kernel_socket(udp);
    }
    doze_udp_cancel_lookup(udp);
    return DOZE_OK;
}

static doze_result udp_close(doze_socket *socket) {
    doze_udp *udp = doze_udp_of(socket);
    doze_udp_cancel_lookup(udp);
    doze_udp_drop_kernel_socket(udp);
    return DOZE_OK;
}

static doze_result udp_forget(doze_socket *socket) {
    doze_udp *udp = doze_udp_of(socket);
    udp_close(socket);
    memset(doze_udp_hostname_memory(udp), 0, doze_udp_hostname_room(udp));
    udp->remote = (doze_endpoint){0};
    udp->local = (doze_endpoint){0};
    udp->last_port = 0;
    udp->port_kept = udp->peer_failed = udp->bound_address = false;
    return DOZE_OK;
}

static void udp_deinit(doze_socket *socket) {
    doze_udp *udp = doze_udp_of(socket);
    udp_forget(socket);
    memset(udp, 0, sizeof(*udp));
}

static int32_t udp_next_timeout(const doze_socket *socket) {
    const doze_udp *udp = doze_udp_of_const(socket);
    return udp->lookup == NULL ? -1 : udp->resolver->ops->next_timeout(udp->resolver, udp->lookup);
}

static int udp_fd(const doze_socket *socket) {
    const doze_udp *udp = doze_udp_of_const(socket);
    if (udp->lookup != NULL) {
        return udp->resolver->ops->fd(udp->resolver, udp->lookup);
    }
    return socket->state == DOZE_STATE_SHUTDOWN ? -1 : udp->kernel.fd;
}

static void udp_endpoints(const doze_socket *socket, doze_endpoints *out) {
    const doze_udp *udp = doze_udp_of_const(socket);
    const char *hostname = doze_udp_hostname(udp);
    out->hostname = hostname[0] == '\0' ? NULL : hostname;
    out->remote = udp->remote;
    out->local = udp->local;
}

static bool udp_format(const doze_socket *socket, const doze_endpoint *endpoint, char *text, size_t size) {
    const doze_udp *udp = doze_udp_of_const(socket);
    return udp->net->ops->format(udp->net, endpoint, text, size);
}

static const doze_socket_ops ops = {
    .step = udp_step,
    .bind = udp_bind,
    .reuse_last_port = udp_reuse_last_port,
    .connect = udp_connect,
    .recall = udp_recall,
    .resume = udp_resume,
    .send = udp_send,
    .recv = udp_recv,
    .shutdown = udp_shutdown,
    .close = udp_close,
    .forget = udp_forget,
    .deinit = udp_deinit,
    .next_timeout = udp_next_timeout,
    .fd = udp_fd,
    .endpoints = udp_endpoints,
    .format = udp_format,
    .get_option = doze_udp_get_option,
    .set_option = doze_udp_set_option,
};

doze_result doze_udp_init(doze_udp *udp, const doze_udp_settings *settings) {
    if (udp == NULL || settings == NULL || settings->net == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    if (settings->hostname_memory != NULL && settings->hostname_memory_size == 0) {
        return DOZE_ERR_ARGUMENT;
    }
    memset(udp, 0, sizeof(*udp));
    doze_socket_init(&udp->socket, &ops, settings->trace);
    udp->net = settings->net;
    udp->resolver = settings->resolver;
    udp->kernel.fd = -1;
    if (settings->hostname_memory != NULL) {
        udp->hostname_outside = true;
        udp->hostname.outside.text = settings->hostname_memory;
        udp->hostname.outside.size = settings->hostname_memory_size;
        udp->hostname.outside.text[0] = '\0';
    }
    return DOZE_OK;
}
