/* SPDX-License-Identifier: Apache-2.0 */
/* A test server on a real UDP socket of this host. */
#ifndef PEER_UDP_H
#define PEER_UDP_H

#include "peer.h"

typedef struct peer_udp {
    peer peer;
    int fd;
    doze_endpoint local; /* where it listens; its port is the one that was picked */
    int cause;           /* errno of a failed peer_udp_open(), 0: the settings were refused, see peer_why() */
} peer_udp;

/* `address` is "127.0.0.1" or "::1"; port 0 picks one. `send` and `send_context` of the settings are not used. After
 * false there is nothing to close. The structure must not be moved or copied while open. */
bool peer_udp_open(peer_udp *u, const peer_settings *settings, const char *address, uint16_t port);
int peer_udp_fd(const peer_udp *u); /* to be polled for reading, for peer_next_timeout() */
uint16_t peer_udp_port(const peer_udp *u);
/* Handles everything that has arrived and whatever is due; never blocks. */
void peer_udp_pump(peer_udp *u);
void peer_udp_close(peer_udp *u);

#endif
