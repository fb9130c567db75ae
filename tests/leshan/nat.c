/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE

#include "leshan/nat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

enum { LOOK_MS = 20 }; /* so soon it sees that its sockets are others, or that it is to end */

static void count(nat *n) {
    n->tally = n->relay.tally;
    if (n->tally.handshake == 0) {
        n->asked = n->tally.datagrams[UP];
    }
    if (n->tally.datagrams[UP] + n->tally.datagrams[DOWN] == n->tally.handshake) {
        n->handshake = n->tally.handshake;
    }
    if (n->relay.client_port != n->client_port) {
        n->client_port = n->relay.client_port;
        n->client_ports++;
    }
}

static void *run(void *context) {
    nat *n = context;
    pthread_mutex_lock(&n->lock);
    while (n->running) {
        struct pollfd ready[] = {{.fd = n->relay.inside, .events = POLLIN}, {.fd = n->relay.outside, .events = POLLIN}};
        pthread_mutex_unlock(&n->lock);
        (void)poll(ready, 2, LOOK_MS);
        pthread_mutex_lock(&n->lock);
        relay_pump(&n->relay);
        count(n);
    }
    pthread_mutex_unlock(&n->lock);
    return NULL;
}

bool nat_open(nat *n, uint16_t server_port) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(server_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address server = {.size = sizeof(to)};
    memset(n, 0, sizeof(*n));
    memcpy(&server.bytes, &to, sizeof(to));
    if (!relay_open(&n->relay, &server)) {
        return false;
    }
    pthread_mutex_init(&n->lock, NULL);
    n->running = true;
    int problem = pthread_create(&n->thread, NULL, run, n);
    if (problem != 0) {
        n->running = false;
        relay_close(&n->relay);
        errno = problem;
    }
    return problem == 0;
}

void nat_close(nat *n) {
    if (!n->running) {
        return;
    }
    pthread_mutex_lock(&n->lock);
    n->running = false;
    pthread_mutex_unlock(&n->lock);
    pthread_join(n->thread, NULL);
    pthread_mutex_destroy(&n->lock);
    relay_close(&n->relay);
}

bool nat_rebind(nat *n) {
    pthread_mutex_lock(&n->lock);
    bool done = relay_rebind(&n->relay);
    pthread_mutex_unlock(&n->lock);
    return done;
}

uint16_t nat_port(const nat *n) {
    return n->relay.inside_port;
}

nat_counts nat_count(nat *n) {
    pthread_mutex_lock(&n->lock);
    nat_counts counts = {.handshake = n->tally.handshake,
                         .up = n->tally.datagrams[UP],
                         .down = n->tally.datagrams[DOWN],
                         .asked = n->asked,
                         .handshake_after_data = n->tally.handshake - n->handshake,
                         .client_ports = n->client_ports};
    pthread_mutex_unlock(&n->lock);
    return counts;
}

void nat_forget_counts(nat *n) {
    pthread_mutex_lock(&n->lock);
    n->relay.tally = (tally){0};
    n->tally = n->relay.tally;
    n->asked = 0;
    n->handshake = 0;
    pthread_mutex_unlock(&n->lock);
}
