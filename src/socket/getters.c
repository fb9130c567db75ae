/* SPDX-License-Identifier: Apache-2.0 */
/* What a socket knows, and its options. */
#include "doze/socket.h"

void doze_get_endpoints(const doze_socket *socket, doze_endpoints *out) {
    *out = (doze_endpoints){0};
    if (socket != NULL) {
        socket->ops->endpoints(socket, out);
    }
}

const char *doze_remote_hostname(const doze_socket *socket) {
    doze_endpoints ends;
    doze_get_endpoints(socket, &ends);
    return ends.hostname;
}

uint16_t doze_remote_port(const doze_socket *socket) {
    doze_endpoints ends;
    doze_get_endpoints(socket, &ends);
    return ends.remote.port;
}

uint16_t doze_local_port(const doze_socket *socket) {
    doze_endpoints ends;
    doze_get_endpoints(socket, &ends);
    return ends.local.port;
}

static doze_result text_of(const doze_socket *socket, const doze_endpoint *end, doze_result none, char *text,
                           size_t size) {
    if (socket == NULL || text == NULL || size == 0) {
        return DOZE_ERR_ARGUMENT;
    }
    if (end->family == DOZE_FAMILY_ANY) {
        return none;
    }
    return socket->ops->format(socket, end, text, size) ? DOZE_OK : DOZE_ERR_TOO_LONG;
}

doze_result doze_remote_host(const doze_socket *socket, char *text, size_t size) {
    doze_endpoints ends;
    doze_get_endpoints(socket, &ends);
    return text_of(socket, &ends.remote, DOZE_ERR_NO_PEER, text, size);
}

doze_result doze_local_host(const doze_socket *socket, char *text, size_t size) {
    doze_endpoints ends;
    doze_get_endpoints(socket, &ends);
    return text_of(socket, &ends.local, DOZE_ERR_NO_LAST_PORT, text, size);
}

doze_result doze_get_option(doze_socket *socket, doze_option option, int64_t *value) {
    if (socket == NULL || value == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    switch (option) {
    case DOZE_OPT_STATE:
        *value = socket->state;
        return DOZE_OK;
    case DOZE_OPT_RECV_TIMEOUT:
        *value = socket->recv_timeout;
        return DOZE_OK;
    default:
        socket->cause = 0;
        return socket->ops->get_option(socket, option, value);
    }
}

doze_result doze_set_option(doze_socket *socket, doze_option option, int64_t value) {
    if (socket == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    if (option == DOZE_OPT_RECV_TIMEOUT) {
        if (value < -1 || value > INT32_MAX) {
            return DOZE_ERR_OPTION;
        }
        socket->recv_timeout = (int32_t)value;
        return DOZE_OK;
    }
    socket->cause = 0;
    return socket->ops->set_option(socket, option, value);
}
