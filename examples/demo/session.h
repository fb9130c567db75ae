/* SPDX-License-Identifier: Apache-2.0 */
/* A client behind a relay, and the event loop that drives both, and the test server too. */
#ifndef DEMO_SESSION_H
#define DEMO_SESSION_H

#include "device.h"
#include "names.h"
#include "relay.h"
#include "server.h"

#define ANSWER_MAX 2048

typedef struct session {
    server *server;
    relay relay;
    names names;
    int intruder; /* a socket of somebody else at the client's port, -1: none */
    device device;
    doze_socket *socket; /* the DTLS socket of `device` */
    unsigned char answer[ANSWER_MAX];
    size_t answer_size;
    uint64_t round_trip; /* of the last message that was answered, in ms */
} session;

typedef enum outcome {
    ANSWERED,
    UNANSWERED,
    NEW_CONTEXT, /* nothing was sent: the server does not know the client any more */
    FAILED,
} outcome;

/* How long an answer takes at most. */
typedef enum patience {
    PATIENT, /* with any server on any network */
    HASTY,   /* with a test server that is to be found silent while somebody watches */
} patience;

/* All of these return false, or FAILED, when something fails, after a line on standard error that says what, beginning
 * with the argument `what` if there is one. None waits for longer than some seconds. */
typedef bool session_verb(session *s, const char *what);

/* After false there is nothing to close. Must not be moved after it. `store`: the client's device has one. */
bool session_open(session *s, server *with, doze_cid cid, patience p, bool store);
void session_close(session *s);

/* Does the handshake with the first address of the server that does not refuse datagrams. */
bool session_connect(session *s);
/* Sends a message and waits for one. */
outcome session_ask(session *s, const char *what, const void *message, size_t size, patience p);
session_verb session_sleep;
session_verb session_wake;           /* to where it was */
session_verb session_wake_elsewhere; /* with 127.0.0.2 as its own address, and the old port */
session_verb session_wake_by_name;   /* with a new look at where the server is */
session_verb session_lose_power;     /* asleep or awake, and with it all that is not in the store */
session_verb session_power_up;       /* to where the store says that it was */
/* Ends the association with a close_notify. */
bool session_goodbye(session *s);

int64_t session_option(session *s, doze_option option);

#endif
