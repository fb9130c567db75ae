/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the client speaks to: the test server, which lives in this process, or a server of the user's. */
#ifndef DEMO_SERVER_H
#define DEMO_SERVER_H

#include "arguments.h"
#include "peer/peer_udp.h"
#include "relay.h"

#define ADDRESSES_MAX 8

typedef struct server {
    bool ours; /* `udp` is it, and open */
    peer_udp udp;
    address addresses[ADDRESSES_MAX]; /* of the user's server, in the resolver's order */
    size_t addresses_count;
    size_t chosen;
    char text[DOZE_ADDRESS_TEXT_SIZE + 16]; /* the chosen address, as people write it */
    char identity[DOZE_IDENTITY_MAX + 1];
    unsigned char key[DOZE_KEY_MAX];
    size_t key_size;
} server;

/* Starts the test server, or finds the user's; that blocks for as long as the host's resolver does. False when that
 * fails: standard error says why, and there is nothing to stop. Must not be moved after it. */
bool server_start(server *s, const arguments *a);
void server_stop(server *s);

const address *server_address(const server *s);
/* Goes on to the next address of the name; false when there is none. */
bool server_try_next_address(server *s);

/* The test server forgets everything but its key. False when it cannot. */
bool server_restart(server *s);

int server_fd(const server *s); /* to be polled for reading; -1: none */
int32_t server_next_timeout(const server *s);
void server_pump(server *s);

/* The test server's newest association; NULL with a server of the user's. */
const peer_association *server_association(const server *s);

#endif
