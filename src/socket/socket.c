/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs: arguments and state are checked here, once, for every kind of socket. */
#include <string.h>

#include "doze/socket.h"
#include "socket/datagram.h"
#include "socket/state.h"

/* A verb that takes nothing but the socket. */
static doze_result run(doze_socket *socket, doze_verb verb, doze_result (*op)(doze_socket *)) {
    doze_result admitted = doze_state_admit(socket, verb);
    return admitted == DOZE_OK ? doze_state_settle(socket, verb, op(socket)) : admitted;
}

doze_result doze_step(doze_socket *socket) {
    return socket == NULL ? DOZE_ERR_ARGUMENT : run(socket, DOZE_VERB_STEP, socket->ops->step);
}

doze_result doze_bind(doze_socket *socket, const char *address, uint16_t port) {
    doze_result admitted = socket == NULL ? DOZE_ERR_ARGUMENT : doze_state_admit(socket, DOZE_VERB_BIND);
    if (admitted != DOZE_OK) {
        return admitted;
    }
    return doze_state_settle(socket, DOZE_VERB_BIND, socket->ops->bind(socket, address, port));
}

doze_result doze_reuse_last_port(doze_socket *socket) {
    return socket == NULL ? DOZE_ERR_ARGUMENT : run(socket, DOZE_VERB_REUSE_LAST_PORT, socket->ops->reuse_last_port);
}

doze_result doze_check_peer(const char *host, uint16_t port) {
    if (host[0] == '\0' || strlen(host) > DOZE_HOSTNAME_MAX) {
        return DOZE_ERR_HOST;
    }
    return port == 0 ? DOZE_ERR_PORT : DOZE_OK;
}

doze_result doze_connect(doze_socket *socket, const char *host, uint16_t port) {
    if (socket == NULL || host == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    doze_result admitted = doze_check_peer(host, port);
    if (admitted == DOZE_OK) {
        admitted = doze_state_admit(socket, DOZE_VERB_CONNECT);
    }
    if (admitted != DOZE_OK) {
        return admitted;
    }
    return doze_state_settle(socket, DOZE_VERB_CONNECT, socket->ops->connect(socket, host, port));
}

doze_result doze_recall(doze_socket *socket, const doze_endpoints *past) {
    if (socket == NULL || past == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    if (past->hostname == NULL || past->hostname[0] == '\0') {
        return DOZE_ERR_HOST;
    }
    if (past->remote.family == DOZE_FAMILY_ANY || past->remote.port == 0) {
        return DOZE_ERR_NO_PEER;
    }
    if (socket->ops->recall == NULL) {
        return DOZE_ERR_UNSUPPORTED;
    }
    doze_result admitted = doze_state_admit(socket, DOZE_VERB_RECALL);
    if (admitted != DOZE_OK) {
        return admitted;
    }
    return doze_state_settle(socket, DOZE_VERB_RECALL, socket->ops->recall(socket, past));
}

doze_result doze_resume(doze_socket *socket) {
    return socket == NULL ? DOZE_ERR_ARGUMENT : run(socket, DOZE_VERB_RESUME, socket->ops->resume);
}

doze_result doze_send(doze_socket *socket, const void *data, size_t size) {
    if (socket == NULL || data == NULL || size == 0) {
        return DOZE_ERR_ARGUMENT;
    }
    return doze_datagram_send(socket, data, size);
}

doze_result doze_recv(doze_socket *socket, void *buffer, size_t capacity, size_t *size) {
    if (socket == NULL || buffer == NULL || capacity == 0 || size == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    return doze_datagram_recv(socket, buffer, capacity, size);
}

doze_result doze_shutdown(doze_socket *socket) {
    if (socket == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    return socket->state == DOZE_STATE_SHUTDOWN ? DOZE_OK : run(socket, DOZE_VERB_SHUTDOWN, socket->ops->shutdown);
}

doze_result doze_close(doze_socket *socket) {
    return socket == NULL ? DOZE_ERR_ARGUMENT : run(socket, DOZE_VERB_CLOSE, socket->ops->close);
}

/* Whatever could not be erased, the socket itself has forgotten. */
doze_result doze_forget(doze_socket *socket) {
    if (socket == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    doze_state_admit(socket, DOZE_VERB_FORGET);
    doze_result result = socket->ops->forget(socket);
    int cause = socket->cause;
    doze_state_settle(socket, DOZE_VERB_FORGET, DOZE_OK);
    return doze_fail(socket, result, cause);
}

void doze_deinit(doze_socket *socket) {
    if (socket != NULL && socket->ops != NULL) {
        socket->ops->deinit(socket);
    }
}

int32_t doze_next_timeout(const doze_socket *socket) {
    return socket == NULL ? -1 : socket->ops->next_timeout(socket);
}

int doze_fd(const doze_socket *socket) {
    return socket == NULL ? -1 : socket->ops->fd(socket);
}

doze_state doze_get_state(const doze_socket *socket) {
    return socket == NULL ? DOZE_STATE_CLOSED : (doze_state)socket->state;
}

doze_state doze_get_fallback(const doze_socket *socket) {
    doze_state state = doze_get_state(socket);
    return state == DOZE_STATE_CONNECTING ? (doze_state)socket->fallback : state;
}

int doze_cause(const doze_socket *socket) {
    return socket == NULL ? 0 : socket->cause;
}

const char *doze_state_name(doze_state state) {
    static const char *const names[] = {"CLOSED", "BOUND", "CONNECTING", "CONNECTED", "SHUTDOWN"};
    return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}
