/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets of the device: UDP, and DTLS over it, with a store where there is a directory for it. */
#ifndef EXAMPLE_DOWNLOAD_NODE_H
#define EXAMPLE_DOWNLOAD_NODE_H

#include <doze/doze.h>

#include "offline_download/arguments.h"

typedef struct node {
    const arguments *a;
    doze_socket *socket; /* of `dtls`, or of `udp` */
    char name[DOZE_HOSTNAME_MAX + 1];
    doze_udp udp;
    doze_dtls_config config;
    doze_dtls dtls;
    doze_file_store store;
    doze_keeper keeper;
    bool secure;
    bool has_store;
} node;

/* False: standard error says why, and there is nothing to close. Must not be moved after it. */
bool node_open(node *n, const arguments *a);
/* With a store it falls asleep there and says nothing; without one it says goodbye. */
void node_close(node *n);

/* Goes on from the store, or connects; neither waits for the end of it. */
bool node_connect(node *n);

/* How it came back, in one line on standard output. */
void node_tell(node *n);
void node_complain(node *n, const char *what, doze_result result);

#endif
