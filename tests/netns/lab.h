/* SPDX-License-Identifier: Apache-2.0 */
/* Three network namespaces of this process alone, a client behind a NAT and a server:
 *   10.0.0.2 client 10.0.0.1 | NAT | 198.51.100.1 - 198.51.100.10 server
 * They have no names, and are gone with the process, however it ends. */
#ifndef LAB_H
#define LAB_H

#include <stdbool.h>

#define LAB_CLIENT_ADDRESS "10.0.0.2"
#define LAB_NAT_ADDRESS    "198.51.100.1"
#define LAB_SERVER_ADDRESS "198.51.100.10"

typedef enum lab_place { LAB_CLIENT, LAB_NAT, LAB_SERVER, LAB_PLACES } lab_place;

typedef struct lab {
    int place[LAB_PLACES];
} lab;

/* NULL, or why this machine cannot have one; then there is nothing to close. The process does not come back from there:
 * nothing that it does later reaches the host's own network. */
const char *lab_open(lab *l);
void lab_close(lab *l);

/* Sockets opened from now on, and commands, are there. */
void lab_enter(const lab *l, lab_place place);
/* Runs a shell's command there: true when it ended with 0. */
bool lab_run(const lab *l, lab_place place, const char *command);
/* The NAT gives the client this port from now on, and has forgotten what it knew; 0: the client's own. */
bool lab_set_nat_port(const lab *l, unsigned port);
/* ICMP errors that the client's host has sent so far; -1: unknown. */
long lab_unreachables_sent(const lab *l);

#endif
