/* SPDX-License-Identifier: Apache-2.0 */
/* A client behind a relay, and the event loop that drives both, and the test server too. */
#ifndef DEMO_SESSION_H
#define DEMO_SESSION_H

#include "doze/doze.h"
#include "relay.h"
#include "server.h"

#define ANSWER_MAX 2048

typedef struct session {
    server *server;
    relay relay;
    doze_dtls_config config;
    doze_udp udp;
    doze_dtls dtls;
    doze_socket *socket; /* of `dtls` */
    unsigned char answer[ANSWER_MAX];
    size_t answer_size;
} session;

/* All of these return false when something fails, after a line on standard error that says what, beginning with the
 * argument `what` if there is one. None waits for longer than some seconds. */

/* After false there is nothing to close. Must not be moved after it. */
bool session_open(session *s, server *with, doze_cid cid);
void session_close(session *s);

/* Does the handshake with the first address of the server that does not refuse datagrams. */
bool session_connect(session *s);
/* Sends a message and waits for one. */
bool session_exchange(session *s, const char *what, const void *message, size_t size);
bool session_sleep(session *s, const char *what);
bool session_wake(session *s, const char *what);
/* Ends the association with a close_notify. */
bool session_goodbye(session *s);

int64_t session_option(session *s, doze_option option);

#endif
