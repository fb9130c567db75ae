/* SPDX-License-Identifier: Apache-2.0 */
/* The platform's socket, which comes and goes while the doze_udp stays. */
#include "udp/internal.h"

doze_result doze_udp_open(doze_udp *udp, doze_net_socket *kernel, uint8_t family, uint16_t port, doze_endpoint *local) {
    doze_net_request request = {
        .local = {.family = family},
        .reuse_addr = udp->reuse_addr,
        .dscp = udp->dscp,
        .interface_name = udp->interface_name,
    };
    if (udp->bound_address) {
        request.local = udp->local;
    }
    request.local.port = port;
    doze_result result = udp->net->ops->open(udp->net, kernel, &request);
    if (result == DOZE_OK) {
        *local = request.local;
    } else {
        doze_fail(&udp->socket, result, kernel->cause);
    }
    return result;
}

bool doze_udp_has_kernel_socket(const doze_udp *udp) {
    return udp->kernel.fd >= 0;
}

void doze_udp_drop_kernel_socket(doze_udp *udp) {
    if (doze_udp_has_kernel_socket(udp)) {
        udp->net->ops->close(udp->net, &udp->kernel);
        udp->kernel.fd = -1;
    }
}

/* Opens at the port from before sleep, or, when that was taken, anywhere: a wake must not fail for a port. */
static doze_result open_for_wake(doze_udp *udp, doze_net_socket *kernel, uint8_t family, doze_endpoint *local) {
    doze_result result = doze_udp_open(udp, kernel, family, udp->local.port, local);
    if (result == DOZE_ERR_PORT_TAKEN) {
        result = doze_udp_open(udp, kernel, family, 0, local);
    }
    return result;
}

static doze_result open_for_peer(doze_udp *udp, doze_net_socket *kernel, uint8_t family, doze_endpoint *local) {
    bool asleep = udp->socket.state == DOZE_STATE_SHUTDOWN ||
                  (udp->socket.state == DOZE_STATE_CONNECTING && udp->socket.fallback == DOZE_STATE_SHUTDOWN);
    if (asleep) {
        return open_for_wake(udp, kernel, family, local);
    }
    return doze_udp_open(udp, kernel, family, doze_udp_has_kernel_socket(udp) ? udp->local.port : 0, local);
}

doze_result doze_udp_attach(doze_udp *udp, const doze_endpoint *peer) {
    const doze_net_ops *net = udp->net->ops;
    doze_net_socket kernel = udp->kernel;
    doze_endpoint local = udp->local;
    bool fresh = !doze_udp_has_kernel_socket(udp) || udp->local.family != peer->family;
    doze_result result = fresh ? open_for_peer(udp, &kernel, peer->family, &local) : DOZE_OK;
    if (result != DOZE_OK) {
        return result;
    }
    result = net->connect(udp->net, &kernel, peer, &local);
    if (result == DOZE_WOULD_BLOCK) { /* nobody can wait for that */
        result = DOZE_ERR_NO_BUFFERS;
    }
    if (result == DOZE_OK && !fresh) {
        result = net->undeafen(udp->net, &kernel);
    }
    if (result != DOZE_OK) {
        doze_fail(&udp->socket, result, kernel.cause);
        if (fresh) {
            net->close(udp->net, &kernel);
        }
        return result;
    }
    if (fresh) {
        doze_udp_drop_kernel_socket(udp);
    }
    udp->kernel = kernel;
    udp->remote = *peer;
    udp->local = local;
    udp->port_kept = local.port == udp->last_port;
    udp->last_port = local.port;
    udp->last_family = local.family & 7u;
    return DOZE_OK;
}
