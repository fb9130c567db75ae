/* SPDX-License-Identifier: Apache-2.0 */
/* System calls, with failures to order. Only for programs that are linked with --wrap for each of them. What doze calls
 * while it is at work (life.h) counts, and may fail. */
#ifndef SYSTEM_CALLS_H
#define SYSTEM_CALLS_H

#include <stdbool.h>

typedef struct system_call_order {
    unsigned long at;   /* the number of the one that fails, from 1; 0: none … */
    int error;          /* … with this errno */
    bool from_there_on; /* so do all later ones of the same name */
    unsigned long made; /* that counted */
    unsigned long failed;
    const char *name; /* of the one that failed first */
} system_call_order;

extern system_call_order system_calls;

#endif
