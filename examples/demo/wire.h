/* SPDX-License-Identifier: Apache-2.0 */
/* What the tap makes of the datagrams that pass it: counts, and what can be told of DTLS without any key. */
#ifndef DEMO_WIRE_H
#define DEMO_WIRE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum direction { UP, DOWN } direction; /* from and to the client */

/* All zero is an empty one. */
typedef struct tally {
    unsigned datagrams[2]; /* by direction */
    size_t bytes[2];       /* of UDP payload */
    unsigned handshake;    /* datagrams, both ways, that have a record of epoch 0, or of a type that no data has */
    unsigned alerts_up;    /* records of type alert inside an association; a Connection ID hides the type */
    unsigned round_trips;  /* how often the direction changed from up to down */
    bool asked;            /* the last datagram went up */
} tally;

void tally_count(tally *t, direction way, const unsigned char *data, size_t size);

#endif
