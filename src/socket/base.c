/* SPDX-License-Identifier: Apache-2.0 */
/* What every kind of socket is made from. */
#include "doze/socket.h"

void doze_socket_init(doze_socket *socket, const doze_socket_ops *ops, const doze_trace *trace) {
    *socket = (doze_socket){.ops = ops, .trace = trace, .recv_timeout = -1};
}

void doze_emit(const doze_socket *socket, doze_event event, int detail, int more) {
    if (socket->trace != NULL) {
        socket->trace->event(socket->trace->context, socket, event, detail, more);
    }
}

doze_result doze_fail(doze_socket *socket, doze_result result, int cause) {
    if (result < 0 && socket->cause == 0) {
        socket->cause = cause;
    }
    return result;
}
