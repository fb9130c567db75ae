/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between client and server: a NAT box with a wire tap, made of two UDP sockets. */
#ifndef DEMO_RELAY_H
#define DEMO_RELAY_H

#include <stdint.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include "wire.h"

typedef struct address {
    struct sockaddr_storage bytes;
    socklen_t size;
} address;

typedef struct relay {
    int inside;            /* the client sends to this one */
    int outside;           /* connected to the server, which takes it for the client */
    uint16_t inside_port;  /* on 127.0.0.1: where the client connects to */
    uint16_t outside_port; /* changes with a rebinding */
    uint16_t client_port;  /* the source port of the client's last datagram, 0: none yet */
    bool refused;          /* the host of the server said that nothing listens there */
    address server;
    struct sockaddr_in client;
    tally tally; /* of what passed since the user zeroed it */
} relay;

/* False, with errno, when the host has no socket for us; nothing is open then. */
bool relay_open(relay *r, const address *server);
/* What a NAT box does after a pause, or when it restarts: the client gets another port on its outside. False, with
 * errno, when the host has no socket for us; everything is as it was then. */
bool relay_rebind(relay *r);
/* Forwards what has arrived; never blocks. */
void relay_pump(relay *r);
void relay_close(relay *r);

#endif
