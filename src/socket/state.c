/* SPDX-License-Identifier: Apache-2.0 */
#include "socket/state.h"

#define IN(state)  (1u << (state))
#define CLOSED     DOZE_STATE_CLOSED
#define BOUND      DOZE_STATE_BOUND
#define CONNECTING DOZE_STATE_CONNECTING
#define CONNECTED  DOZE_STATE_CONNECTED
#define SHUTDOWN   DOZE_STATE_SHUTDOWN
#define ANY        (IN(CLOSED) | IN(BOUND) | IN(CONNECTING) | IN(CONNECTED) | IN(SHUTDOWN))
#define SAME       0xff

typedef struct transition {
    uint8_t from;        /* the states that the verb may be called in */
    uint8_t done;        /* where DOZE_OK leads */
    uint8_t in_progress; /* where DOZE_IN_PROGRESS leads */
    int8_t refusal;      /* the error of a call in any other state */
} transition;

static const transition table[DOZE_VERBS] = {
    [DOZE_VERB_STEP] = {ANY, SAME, SAME, DOZE_ERR_STATE},
    [DOZE_VERB_BIND] = {IN(CLOSED), BOUND, SAME, DOZE_ERR_ALREADY_BOUND},
    [DOZE_VERB_REUSE_LAST_PORT] = {IN(CLOSED) | IN(SHUTDOWN), BOUND, SAME, DOZE_ERR_ALREADY_BOUND},
    [DOZE_VERB_CONNECT] = {IN(CLOSED) | IN(BOUND) | IN(SHUTDOWN), CONNECTED, CONNECTING, DOZE_ERR_STATE},
    [DOZE_VERB_RECALL] = {IN(CLOSED), SHUTDOWN, SAME, DOZE_ERR_STATE},
    [DOZE_VERB_RESUME] = {IN(SHUTDOWN), CONNECTED, CONNECTING, DOZE_ERR_STATE},
    [DOZE_VERB_SEND] = {IN(CONNECTED), SAME, CONNECTING, DOZE_ERR_STATE},
    [DOZE_VERB_RECV] = {IN(CONNECTED), SAME, SAME, DOZE_ERR_STATE},
    [DOZE_VERB_SHUTDOWN] = {ANY & ~IN(CLOSED), SHUTDOWN, SAME, DOZE_ERR_STATE},
    [DOZE_VERB_CLOSE] = {ANY, CLOSED, SAME, DOZE_ERR_STATE},
    [DOZE_VERB_FORGET] = {ANY, CLOSED, SAME, DOZE_ERR_STATE},
};

static void enter(doze_socket *socket, uint8_t state) {
    uint8_t before = socket->state;
    if (state == SAME || state == before) {
        return;
    }
    if (state == CONNECTING) {
        socket->fallback = before == SHUTDOWN || before == CONNECTED ? SHUTDOWN : CLOSED;
    }
    socket->state = state;
    doze_emit(socket, DOZE_EVENT_STATE, state, before);
}

doze_result doze_state_admit(doze_socket *socket, doze_verb verb) {
    if ((table[verb].from & IN(socket->state)) == 0) {
        return (doze_result)table[verb].refusal;
    }
    socket->cause = 0;
    return DOZE_OK;
}

doze_result doze_state_settle(doze_socket *socket, doze_verb verb, doze_result result) {
    if (result == DOZE_OK) {
        socket->cause = 0; /* of something that was overcome */
        bool connected = verb == DOZE_VERB_STEP && socket->state == CONNECTING;
        enter(socket, connected ? (uint8_t)CONNECTED : table[verb].done);
    } else if (result == DOZE_IN_PROGRESS) {
        enter(socket, table[verb].in_progress);
    } else if (result < 0) {
        doze_emit(socket, DOZE_EVENT_ERROR, result, socket->cause);
        if (verb == DOZE_VERB_STEP && socket->state == CONNECTING) {
            enter(socket, socket->fallback);
        }
    }
    return result;
}
