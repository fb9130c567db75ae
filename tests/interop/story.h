/* SPDX-License-Identifier: Apache-2.0 */
/* A server, a client, and what is told of them with every kind of server. All of it fails the test that calls it. */
#ifndef STORY_H
#define STORY_H

#include "client.h"
#include "server.h"

typedef struct story story;

/* One message there and one back. */
typedef void story_exchange(story *s);

struct story {
    server server;
    client client;
    const char *host;         /* what the client connects to; default: the literal address */
    story_exchange *exchange; /* default: story_echo */
    unsigned exchanges;
};

/* For CMocka: a story for each test, and its end, whatever became of the test. */
int story_setup(void **state);
int story_teardown(void **state);

void story_start(story *s, const server_command *command, const client_settings *settings);
story_exchange story_echo;
story_exchange story_coap; /* CON GET of "/", answered by a piggybacked 2.05 (RFC 7252) */

void story_connect(story *s, doze_rung expected);
/* Connects, and expects a handshake that fails. */
doze_result story_connect_in_vain(story *s);

void story_full_handshake(story *s);
/* Three times asleep and awake again: on the same port, by one datagram up and one down. */
void story_sleeps(story *s, doze_sleep how);
/* Says goodbye and comes back, by an abbreviated handshake; then the association sleeps as any other. */
void story_resumption(story *s);

#endif
