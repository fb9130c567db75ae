/* SPDX-License-Identifier: Apache-2.0 */
/* The program's memory, with failures to order. Only for programs that are linked with --wrap for calloc, malloc,
 * realloc and free. What is asked for while doze is at work (life.h) counts, and may fail. */
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include "world/world.h"

typedef struct allocations {
    bool counting;         /* doze is at work: what is asked for now counts, and may fail */
    bool from_there_on;    /* not one fails but all that follow too */
    unsigned long fail_at; /* the number of the one that fails, from 1; 0: none */
    unsigned long made;    /* that counted */
    unsigned long failed;  /* of these */
    long live;             /* blocks that nobody has freed, whoever asked for them */
    unsigned long
        stride; /* not 0: at each of so many, children of this process live on without it, once in each way … */
    unsigned long children; /* … so many so far, … */
    unsigned long unhappy;  /* … of which so many did not return 0 */
    bool is_child;
} allocations;

extern allocations memory;

/* No failures, and nothing has counted. */
void allocations_reset(void);
/* PSA takes memory for keys as they come, and keeps it for as long as the program runs: it shall have taken it by now. */
void allocations_settle(void);
/* What the simulated network and its name service ask for never counts. One world at a time. */
void allocations_spare_world(world *w, world_host *host);

#endif
