/* SPDX-License-Identifier: Apache-2.0 */
/* A NAT between a client and a server of this host, as a process of its own: each address of the client's has a port of
 * the relay's towards the server, until the relay is told to forget them all. */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct relay {
    pid_t pid; /* 0: none */
    uint16_t port;
    int control;
} relay;

/* From 127.0.0.1:`relay.port` to 127.0.0.1:`server_port`. */
bool relay_start(relay *r, uint16_t server_port);
/* When it returns, what the client sends next comes from a port that the server has not seen. */
bool relay_rebind(relay *r);
/* Nothing to do without one. */
void relay_stop(relay *r);

#endif
