/* SPDX-License-Identifier: Apache-2.0 */
/* send and recv for those who have checked their arguments: the path of every datagram, of which no step is to be called
 * twice over. */
#ifndef DOZE_SOCKET_DATAGRAM_H
#define DOZE_SOCKET_DATAGRAM_H

#include "socket/state.h"

static inline doze_result doze_datagram_send(doze_socket *socket, const void *data, size_t size) {
    if (socket->state != DOZE_STATE_CONNECTED) {
        return socket->state == DOZE_STATE_CONNECTING ? DOZE_IN_PROGRESS : doze_state_admit(socket, DOZE_VERB_SEND);
    }
    socket->cause = 0;
    doze_result result = socket->ops->send(socket, data, size);
    return result == DOZE_IN_PROGRESS ? doze_state_settle(socket, DOZE_VERB_SEND, result) : result;
}

static inline doze_result doze_datagram_recv(doze_socket *socket, void *buffer, size_t capacity, size_t *size) {
    if (socket->state != DOZE_STATE_CONNECTED) {
        return doze_state_admit(socket, DOZE_VERB_RECV);
    }
    socket->cause = 0;
    return socket->ops->recv(socket, buffer, capacity, size);
}

#endif
