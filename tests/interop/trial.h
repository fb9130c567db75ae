/* SPDX-License-Identifier: Apache-2.0 */
/* One cell of the matrix being tried. */
#ifndef TRIAL_H
#define TRIAL_H

#include "peers.h"
#include "relay.h"

typedef struct trial_row {
    const peer_kind *kind;
    matrix_row *row;
} trial_row;

typedef struct trial {
    story story; /* first: what story_teardown() frees */
    relay relay; /* between client and server, after trial_start_behind_nat() */
    const peer_kind *kind;
    matrix_row *row;
} trial;

/* For CMocka; the test's initial state is a trial_row. */
int trial_setup(void **state);
int trial_teardown(void **state);

/* Each is there in a client_settings; the order of `order` is kept. A client of the matrix is quick to repeat itself. */
void trial_start(trial *t, peer_order order);
void trial_start_behind_nat(trial *t, peer_order order);
/* Ends server, client and relay, so that the trial can start others. */
void trial_stop(trial *t);

/* Whether the server has sent a NewSessionTicket (RFC 5077) in the datagrams that the tap remembers. */
bool trial_saw_ticket(const trial *t);

/* Drives the socket until it is no longer CONNECTING. Returns how many datagrams of handshakes had come when it left
 * its port, or -1 if it never did. */
int trial_climb(trial *t);

__attribute__((format(printf, 4, 5))) void trial_note(trial *t, matrix_column column, matrix_outcome outcome,
                                                      const char *format, ...);
/* Ends the test: as skipped, or as failed where the peer is known to offer this. */
_Noreturn void trial_not_offered(trial *t, matrix_column column, const char *evidence);

#endif
