/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "udp/internal.h"

#define UDP_HEADER  8
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define IPV4_MAX    65535
#define IPV6_MAX    (IPV6_HEADER + 65535) /* RFC 8200 section 3: its length field leaves out the header */

static doze_result mtu(doze_udp *udp, bool payload, int64_t *value) {
    if (udp->socket.state != DOZE_STATE_CONNECTED) {
        return DOZE_ERR_OPTION;
    }
    uint32_t path = 0;
    doze_result result = udp->net->ops->path_mtu(udp->net, &udp->kernel, &path);
    if (result != DOZE_OK) {
        return doze_fail(&udp->socket, result, udp->kernel.cause);
    }
    *value = path;
    if (payload) {
        bool v6 = udp->remote.family == DOZE_FAMILY_IPV6;
        uint32_t most = v6 ? IPV6_MAX : IPV4_MAX;
        uint32_t headers = UDP_HEADER + (v6 ? IPV6_HEADER : IPV4_HEADER);
        *value = (int32_t)((path < most ? path : most) - headers);
    }
    return DOZE_OK;
}

static bool can_look_up(const doze_udp *udp) {
    const char *hostname = doze_udp_hostname(udp);
    return hostname[0] != '\0' && !doze_host_is_address(hostname) && udp->resolver != NULL &&
           !udp->resolver->ops->blocks;
}

doze_result doze_udp_get_option(doze_socket *socket, doze_option option, int64_t *value) {
    doze_udp *udp = doze_udp_of(socket);
    switch ((int)option) {
    case DOZE_OPT_PATH_MTU:
        return mtu(udp, false, value);
    case DOZE_OPT_PAYLOAD_MTU:
        return mtu(udp, true, value);
    case DOZE_OPT_FAMILY:
        *value = udp->remote.family;
        return DOZE_OK;
    case DOZE_OPT_FORCED_FAMILY:
        *value = udp->forced_family;
        return DOZE_OK;
    case DOZE_OPT_PREFERRED_FAMILY:
        *value = udp->preferred_family;
        return DOZE_OK;
    case DOZE_OPT_DATAGRAMS_SENT:
        *value = udp->datagrams_sent;
        return DOZE_OK;
    case DOZE_OPT_DATAGRAMS_RECEIVED:
        *value = udp->datagrams_received;
        return DOZE_OK;
    case DOZE_OPT_BYTES_SENT:
        *value = (int64_t)udp->bytes_sent;
        return DOZE_OK;
    case DOZE_OPT_BYTES_RECEIVED:
        *value = (int64_t)udp->bytes_received;
        return DOZE_OK;
    case DOZE_OPT_REFUSALS:
        *value = udp->refusals;
        return DOZE_OK;
    case DOZE_OPT_REUSE_ADDR:
        *value = udp->reuse_addr;
        return DOZE_OK;
    case DOZE_OPT_DSCP:
        *value = udp->dscp;
        return DOZE_OK;
    case DOZE_OPT_SLEEP:
        *value = udp->sleep;
        return DOZE_OK;
    case DOZE_OPT_PENDING:
        *value = 0;
        return DOZE_OK;
    case DOZE_OPT_PORT_KEPT:
        *value = udp->port_kept;
        return DOZE_OK;
    case DOZE_OPT_WAKE_PORT:
        *value = udp->last_port;
        return DOZE_OK;
    case DOZE_OPT_CAN_LOOK_UP:
        *value = can_look_up(udp);
        return DOZE_OK;
    case DOZE_OPT_PEER_FAILED:
        *value = udp->peer_failed;
        return DOZE_OK;
    default:
        return DOZE_ERR_OPTION;
    }
}

static doze_result set_family(uint8_t *family, unsigned value) {
    if (value != DOZE_FAMILY_ANY && value != DOZE_FAMILY_IPV4 && value != DOZE_FAMILY_IPV6) {
        return DOZE_ERR_OPTION;
    }
    *family = (uint8_t)value;
    return DOZE_OK;
}

static doze_result set_wake_port(doze_udp *udp, uint16_t port) {
    if (udp->socket.state != DOZE_STATE_CLOSED && udp->socket.state != DOZE_STATE_SHUTDOWN) {
        return DOZE_ERR_OPTION;
    }
    if (udp->local.port != port) {
        doze_udp_drop_kernel_socket(udp); /* held at another port */
    }
    udp->local.port = port;
    if (port != 0) {
        udp->last_port = port;
    }
    return DOZE_OK;
}

static doze_result set_flag(doze_udp *udp, doze_option option, bool on) {
    switch ((int)option) {
    case DOZE_OPT_REUSE_ADDR:
        udp->reuse_addr = on;
        return DOZE_OK;
    case DOZE_OPT_SLEEP:
        if (on && !udp->net->ops->can_deafen) {
            return DOZE_ERR_UNSUPPORTED;
        }
        udp->sleep = on;
        return DOZE_OK;
    case DOZE_OPT_PEER_FAILED:
        udp->peer_failed = on;
        return DOZE_OK;
    default:
        return DOZE_ERR_OPTION;
    }
}

doze_result doze_udp_set_option(doze_socket *socket, doze_option option, int64_t value) {
    doze_udp *udp = doze_udp_of(socket);
    if (value < 0 || value > UINT16_MAX) { /* none takes more than a port has */
        return DOZE_ERR_OPTION;
    }
    unsigned given = (unsigned)value;
    switch ((int)option) {
    case DOZE_OPT_FORCED_FAMILY:
        return set_family(&udp->forced_family, given);
    case DOZE_OPT_PREFERRED_FAMILY:
        return set_family(&udp->preferred_family, given);
    case DOZE_OPT_DSCP:
        if (given > 63) {
            return DOZE_ERR_OPTION;
        }
        udp->dscp = given & 63u;
        return DOZE_OK;
    case DOZE_OPT_WAKE_PORT:
        return set_wake_port(udp, (uint16_t)given);
    default:
        return given > 1 ? DOZE_ERR_OPTION : set_flag(udp, option, given == 1);
    }
}

doze_result doze_udp_set_interface(doze_udp *udp, const char *name) {
    const char *chosen = name == NULL ? "" : name;
    if (udp == NULL || strlen(chosen) >= sizeof(udp->interface_name)) {
        return DOZE_ERR_ARGUMENT;
    }
    memset(udp->interface_name, 0, sizeof(udp->interface_name));
    memcpy(udp->interface_name, chosen, strlen(chosen));
    return DOZE_OK;
}

const char *doze_udp_interface(const doze_udp *udp) {
    return udp == NULL ? "" : udp->interface_name;
}
