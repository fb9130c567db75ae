/* SPDX-License-Identifier: Apache-2.0 */
/* What may happen to a device that sleeps. */
#ifndef DEMO_EVENT_H
#define DEMO_EVENT_H

#include "session.h"

/* Whether the association outlives it. */
typedef enum continuity { ENDS, NEEDS_CID, GOES_ON } continuity;

typedef struct event {
    const char *name; /* the scenario's */
    const char *text; /* for people: a sentence without its end */
    continuity association;
    bool any_server;      /* it can happen with a server of the user's too */
    bool takes_port;      /* the client cannot have its port back */
    bool needs_store;     /* the device has to have one */
    bool awake;           /* it happens after a wake, before the device sleeps again */
    session_verb *happen; /* NULL: the wake itself brings it */
    session_verb *wake;   /* what a client does that wakes up to it */
} event;

extern const event no_event;
extern const event events[];
extern const size_t events_count;

#endif
