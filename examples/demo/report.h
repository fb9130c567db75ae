/* SPDX-License-Identifier: Apache-2.0 */
/* What the user gets to see: a table, or JSON. */
#ifndef DEMO_REPORT_H
#define DEMO_REPORT_H

#include <stdint.h>

#include "wire.h"

typedef struct wake {
    const char *scenario;
    bool connection_id;
    unsigned number; /* 1, 2, … within its scenario */
    const char *via;
    tally wire; /* from shutdown, or the power cut, to the answer */
    uint16_t port_before;
    uint16_t port_after;
    bool close_notify_seen;
    bool event; /* something happened to it */
} wake;

/* All zero but `json` is where it starts. */
typedef struct report {
    bool json;
    unsigned wakes[2]; /* without and with an event */
    unsigned ports_kept;
    unsigned goodbyes;
    tally sum[2];    /* of these wakes */
    tally handshake; /* the first one */
} report;

void report_begin(const report *r, const char *server, bool ours);
/* Something that the reader should know about what follows; not on standard output with JSON. */
void report_note(const report *r, const char *note);
/* For the table only: what happens in the wakes that follow. */
void report_event(const report *r, const char *text);
/* What is being waited for, on standard error. */
void report_waiting(const char *what);
void report_wake(report *r, const wake *w);
/* False when standard output does not take it all. */
bool report_end(const report *r);

#endif
