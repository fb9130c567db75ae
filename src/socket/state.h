/* SPDX-License-Identifier: Apache-2.0 */
/* The one state machine: which verb is allowed where, and where it leads. */
#ifndef DOZE_SOCKET_STATE_H
#define DOZE_SOCKET_STATE_H

#include "doze/socket.h"

typedef enum doze_verb {
    DOZE_VERB_STEP,
    DOZE_VERB_BIND,
    DOZE_VERB_REUSE_LAST_PORT,
    DOZE_VERB_CONNECT,
    DOZE_VERB_RECALL,
    DOZE_VERB_RESUME,
    DOZE_VERB_SEND,
    DOZE_VERB_RECV,
    DOZE_VERB_SHUTDOWN,
    DOZE_VERB_CLOSE,
    DOZE_VERB_FORGET,
} doze_verb;
#define DOZE_VERBS 11

/* DOZE_OK, or the error of calling `verb` in the socket's state. Clears the cause of the call before. */
doze_result doze_state_admit(doze_socket *socket, doze_verb verb);

/* Moves to the state that `verb`, having ended with `result`, leads to; returns `result`. */
doze_result doze_state_settle(doze_socket *socket, doze_verb verb, doze_result result);

#endif
