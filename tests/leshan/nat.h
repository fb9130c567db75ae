/* SPDX-License-Identifier: Apache-2.0 */
/* The relay of ./demo, a NAT box with a wire tap, in a thread of its own. */
#ifndef LESHAN_NAT_H
#define LESHAN_NAT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "demo/relay.h"

typedef struct nat {
    relay relay;
    pthread_t thread;
    pthread_mutex_t lock;
    bool running;
    uint16_t client_port;  /* the one that the client sends from */
    unsigned client_ports; /* how often that changed, the first one included */
    unsigned asked;        /* datagrams from the client before the first one of a handshake since nat_forget_counts() */
    unsigned handshake;    /* datagrams of handshakes before the first one of anything else since then */
    tally tally;
} nat;

typedef struct nat_counts {
    unsigned handshake;            /* datagrams, both ways */
    unsigned up;                   /* all datagrams from the client */
    unsigned down;                 /* … and to it */
    unsigned asked;                /* those from the client before any of a handshake */
    unsigned handshake_after_data; /* those that came when there had been something else already */
    unsigned client_ports;         /* that the client had since the beginning */
} nat_counts;

/* False, with errno: there is no socket or no thread for it. Must not be moved while it is open. */
bool nat_open(nat *n, uint16_t server_port);
void nat_close(nat *n); /* nothing to do when it is not open */
/* The client gets another port outside, as from a NAT box after a pause. */
bool nat_rebind(nat *n);
/* Where the client finds the server. */
uint16_t nat_port(const nat *n);
nat_counts nat_count(nat *n);
void nat_forget_counts(nat *n);

#endif
