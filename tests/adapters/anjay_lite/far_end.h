/* SPDX-License-Identifier: Apache-2.0 */
/* What the adapter's connections lead to: a DTLS server and a plain UDP socket, both on this host's loopback. */
#ifndef FAR_END_H
#define FAR_END_H

#include "doze/doze.h"
#include "peer/peer_udp.h"

#define FAR_END_HOST     "127.0.0.1"
#define FAR_END_IDENTITY "device-1"
#define FAR_END_KEY      "0123456789abcdef"

typedef struct far_end {
    peer_udp dtls;
    char dtls_port[8];
    int udp_fd;
    char udp_port[8];
} far_end;

typedef struct far_end_order {
    bool no_cid;
    const char *certificate; /* the server's, by its name in the test credentials; NULL: a pre-shared key */
    bool client_certificate; /* is required */
} far_end_order;

void far_end_start(far_end *f, const far_end_order *order); /* NULL: nothing different */
void far_end_stop(far_end *f);
void far_end_serve(far_end *f); /* handles what has come to the DTLS server */

/* The UDP socket: waits for a datagram and answers it by itself. Returns the port that it came from. */
uint16_t far_end_echo(far_end *f);
void far_end_say(far_end *f, uint16_t port, const char *text);

/* Another socket has this port of the host, until it is deinited. */
void far_end_take_port(doze_udp *thief, uint16_t port);

/* A file of the test credentials, whole, with a zero behind it that `size` does not count; to be freed. */
doze_bytes far_end_file(const char *name);

#endif
