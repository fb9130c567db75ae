/* SPDX-License-Identifier: Apache-2.0 */
/* What may happen while a device sleeps. */
#ifndef DEMO_EVENT_H
#define DEMO_EVENT_H

#include "session.h"

typedef struct event {
    const char *name;     /* the scenario's */
    const char *text;     /* for people: a sentence that begins with "While it sleeps," goes on with it */
    bool any_server;      /* it can happen with a server of the user's too */
    bool cid_helps;       /* with a Connection ID, the association goes on */
    bool takes_port;      /* the client cannot have its port back */
    session_verb *happen; /* NULL: the wake itself brings it */
    session_verb *wake;   /* what a client does that wakes up to it */
} event;

extern const event events[];
extern const size_t events_count;

#endif
