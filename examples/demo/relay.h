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
    int inside;           /* the client sends to this one */
    int left;             /* where `inside` was before it moved, and nobody listens any more; -1: it did not */
    int outside;          /* connected to the server, which takes it for the client */
    uint32_t inside_host; /* where the client connects to; host byte order */
    uint16_t inside_port;
    uint16_t client_port; /* the source port of the client's last datagram, 0: none yet */
    bool refused;         /* the host of the server said that nothing listens there */
    address server;
    struct sockaddr_in client;
    tally tally; /* of what passed since the user zeroed it */
} relay;

/* False, with errno, when the host has no socket for us; nothing is open then. */
bool relay_open(relay *r, const address *server);
/* What a NAT box does after a pause, or when it restarts: the client gets another port on its outside. False, with
 * errno, when the host has no socket for us; everything is as it was then. */
bool relay_rebind(relay *r);
/* The server is to be found at another address and the same port, 127.0.0.2 instead of 127.0.0.1, by another way
 * through the NAT box. False, with errno, when the host has no socket for us; everything is as it was then. */
bool relay_move(relay *r);
/* Forwards what has arrived; never blocks. A client that comes from another address or port than before is another one
 * to a NAT box, and gets another port outside. */
void relay_pump(relay *r);
void relay_close(relay *r);

/* A UDP socket at this address and port of the host, both in host byte order; -1, with errno, when there is none. */
int relay_open_socket(uint32_t host, uint16_t port);

#endif
