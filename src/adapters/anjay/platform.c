/* SPDX-License-Identifier: Apache-2.0 */
/* What a socket's configuration asks of the host: a packet size that is taken for the path's, a priority, and the
 * server's node of last time as the first answer to its name. */
#define _GNU_SOURCE 1 /* SO_PRIORITY */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <sys/socket.h>

#include "internal.h"

/* ---- datagrams ---- */

static doze_anjay_platform *of_net(doze_net *net) {
    return (doze_anjay_platform *)((char *)net - offsetof(doze_anjay_platform, net));
}

static doze_result open_with_priority(doze_net *net, doze_net_socket *socket, doze_net_request *request) {
    const doze_anjay_platform *platform = of_net(net);
    doze_net *host = doze_posix_net();
    doze_result result = host->ops->open(host, socket, request);
    if (result != DOZE_OK || platform->priority == 0) {
        return result;
    }
    if (setsockopt(socket->fd, SOL_SOCKET, SO_PRIORITY, &platform->priority, sizeof(platform->priority)) == 0) {
        return DOZE_OK;
    }
    int cause = errno;
    host->ops->close(host, socket);
    socket->cause = cause;
    return cause == EPERM ? DOZE_ERR_NOT_PERMITTED : DOZE_ERR_IO;
}

static doze_result forced_mtu(doze_net *net, doze_net_socket *socket, uint32_t *mtu) {
    (void)socket;
    *mtu = of_net(net)->forced_mtu;
    return DOZE_OK;
}

/* ---- names ---- */

static doze_anjay_platform *of_resolver(doze_resolver *resolver) {
    return (doze_anjay_platform *)((char *)resolver - offsetof(doze_anjay_platform, resolver));
}

static doze_result start(doze_resolver *resolver, const char *host, doze_family family, doze_lookup **lookup) {
    (void)resolver;
    return doze_posix_resolver()->ops->start(doze_posix_resolver(), host, family, lookup);
}

static doze_result step(doze_resolver *resolver, doze_lookup *lookup) {
    (void)resolver;
    return doze_posix_resolver()->ops->step(doze_posix_resolver(), lookup);
}

static bool host_answer(const doze_lookup *lookup, size_t index, doze_endpoint *out) {
    return doze_posix_resolver()->ops->answer(doze_posix_resolver(), lookup, index, out);
}

/* The preferred one, if it is among them, comes first, and the others keep their order. */
static bool answer(doze_resolver *resolver, const doze_lookup *lookup, size_t index, doze_endpoint *out) {
    const avs_net_resolved_endpoint_t *preferred = of_resolver(resolver)->preferred;
    doze_endpoint wanted;
    if (preferred == NULL || !doze_anjay_unpack(preferred, &wanted)) {
        return host_answer(lookup, index, out);
    }
    for (size_t at = 0; host_answer(lookup, at, out); at++) {
        if (doze_same_address(out, &wanted)) {
            size_t moved = index == 0 ? at : index <= at ? index - 1 : index;
            return host_answer(lookup, moved, out);
        }
    }
    return host_answer(lookup, index, out);
}

static void finish(doze_resolver *resolver, doze_lookup *lookup) {
    (void)resolver;
    doze_posix_resolver()->ops->finish(doze_posix_resolver(), lookup);
}

static int fd(const doze_resolver *resolver, const doze_lookup *lookup) {
    (void)resolver;
    return doze_posix_resolver()->ops->fd(doze_posix_resolver(), lookup);
}

static int32_t next_timeout(const doze_resolver *resolver, const doze_lookup *lookup) {
    (void)resolver;
    return doze_posix_resolver()->ops->next_timeout(doze_posix_resolver(), lookup);
}

static const doze_resolver_ops resolver_ops = {
    .start = start,
    .step = step,
    .answer = answer,
    .finish = finish,
    .fd = fd,
    .next_timeout = next_timeout,
    .blocks = true,
};

_Static_assert(sizeof(doze_endpoint) <= AVS_NET_SOCKET_RAW_RESOLVED_ENDPOINT_MAX_SIZE, "an address fits");

void doze_anjay_pack(const doze_endpoint *from, avs_net_resolved_endpoint_t *to) {
    memset(to, 0, sizeof(*to));
    memcpy(to->data.buf, from, sizeof(*from));
    to->size = sizeof(*from);
}

bool doze_anjay_unpack(const avs_net_resolved_endpoint_t *from, doze_endpoint *to) {
    if (from->size != sizeof(*to)) {
        return false;
    }
    memcpy(to, from->data.buf, sizeof(*to));
    return to->family == DOZE_FAMILY_IPV4 || to->family == DOZE_FAMILY_IPV6;
}

void doze_anjay_platform_init(doze_anjay_platform *platform, const avs_net_socket_configuration_t *configuration) {
    platform->net_ops = *doze_posix_net()->ops;
    platform->net_ops.open = open_with_priority;
    platform->net.ops = &platform->net_ops;
    platform->resolver.ops = &resolver_ops;
    platform->priority = configuration->priority;
    platform->preferred = configuration->preferred_endpoint;
    if (configuration->forced_mtu > 0) {
        platform->forced_mtu = (uint32_t)configuration->forced_mtu;
        platform->net_ops.path_mtu = forced_mtu;
    }
}
