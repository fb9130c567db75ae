/* SPDX-License-Identifier: Apache-2.0 */
/* The platform's socket, which comes and goes while the doze_udp stays. */
#include "udp/internal.h"

doze_result doze_udp_open(doze_udp *udp, doze_net_socket *kernel, doze_net_request *request) {
    request->reuse_addr = udp->reuse_addr;
    request->dscp = udp->dscp;
    request->interface_name = udp->interface_name;
    *kernel = (doze_net_socket){.fd = -1};
    doze_result result = udp->net->ops->open(udp->net, kernel, request);
    return doze_fail(&udp->socket, result, kernel->cause);
}

void doze_udp_choose_local(const doze_udp *udp, uint8_t family, uint16_t port, doze_endpoint *local) {
    *local = udp->bound_address ? udp->local : (doze_endpoint){.family = family};
    local->port = port;
}

void doze_udp_drop_kernel_socket(doze_udp *udp) {
    if (doze_udp_has_kernel_socket(udp)) {
        udp->net->ops->close(udp->net, &udp->kernel);
        udp->kernel.fd = -1;
    }
}

void doze_udp_replace_kernel_socket(doze_udp *udp, const doze_net_socket *opened) {
    doze_udp_drop_kernel_socket(udp);
    udp->kernel = *opened;
}

/* Asleep it opens at the port from before, or, when that was taken, anywhere: a wake must not fail for a port. */
static doze_result open_for_peer(doze_udp *udp, doze_net_socket *kernel, uint8_t family, doze_net_request *request) {
    bool asleep = doze_get_fallback(&udp->socket) == DOZE_STATE_SHUTDOWN;
    uint16_t port = asleep || doze_udp_has_kernel_socket(udp) ? udp->local.port : 0;
    doze_udp_choose_local(udp, family, port, &request->local);
    doze_result result = doze_udp_open(udp, kernel, request);
    if (result == DOZE_ERR_PORT_TAKEN && asleep) {
        request->local.port = 0;
        result = doze_udp_open(udp, kernel, request);
    }
    return result;
}

doze_result doze_udp_attach(doze_udp *udp, const doze_endpoint *peer) {
    const doze_net_ops *net = udp->net->ops;
    doze_net_socket opened;
    doze_net_socket *kernel = &udp->kernel;
    doze_net_request request;
    request.local = udp->local;
    if (!doze_udp_has_kernel_socket(udp) || udp->local.family != peer->family) {
        kernel = &opened;
        doze_result result = open_for_peer(udp, kernel, peer->family, &request);
        if (result != DOZE_OK) {
            return result;
        }
    }
    doze_result result = net->connect(udp->net, kernel, peer, &request.local);
    if (result == DOZE_OK && kernel == &udp->kernel) {
        result = net->undeafen(udp->net, kernel);
    }
    if (result != DOZE_OK) {
        result = result == DOZE_WOULD_BLOCK ? DOZE_ERR_NO_BUFFERS : result; /* nobody can wait for that */
        doze_fail(&udp->socket, result, kernel->cause);
        if (kernel == &opened) {
            net->close(udp->net, kernel);
        }
        return result;
    }
    if (kernel == &opened) {
        doze_udp_replace_kernel_socket(udp, kernel);
    }
    udp->remote = *peer;
    udp->local = request.local;
    udp->port_kept = udp->local.port == udp->last_port;
    udp->last_port = udp->local.port;
    udp->last_family = udp->local.family & 7u;
    return DOZE_OK;
}
