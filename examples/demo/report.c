/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdio.h>

#include "complain.h"

/* Eighty columns. */
#define HEADING "%-20s %-3s %4s %-10s %5s %5s %8s %5s %s\n"
#define ROW     "%-20s %-3s %4u %-10s %5u %5s %8s %5u %u->%u\n"

void report_begin(const report *r, const char *server, bool ours) {
    if (r->json) {
        return;
    }
    (void)printf(
        "A device registers with a server over DTLS, and then sleeps and wakes. To sleep,\n"
        "it drops its UDP socket without a word; hours later (none pass here) it says in\n"
        "one message that it is still there, and waits for the answer.%s\n\n",
        ours ? " Where none comes,\nit asks again, and then looks for a better way. A server to which it is new it\n"
               "tells all about itself."
             : "");
    (void)printf("Server: %s%s. A relay between the two plays a NAT\n"
                 "box, and counts what passes on the wire from falling asleep to the answer.\n\n",
                 ours ? "the test server at " : "", server);
    (void)printf(HEADING, "", "", "", "Way", "Hand-", "Data-", "Bytes", "Round", "Port");
    (void)printf(HEADING, "Scenario", "CID", "Wake", "back", "shake", "grams", "up/down", "trips", "then->now");
}

void report_note(const report *r, const char *note) {
    (void)fprintf(r->json ? stderr : stdout, "%s\n", note);
}

void report_event(const report *r, const char *text) {
    if (!r->json) {
        (void)printf("%s:\n", text);
        (void)fflush(stdout);
    }
}

void report_waiting(const char *what) {
    (void)fprintf(stderr, "%s: no answer yet, asking again\n", what);
}

static void print_json(const wake *w) {
    (void)printf("{\"scenario\":\"%s\",\"connection_id\":%s,\"wake\":%u,\"via\":\"%s\",\"handshake_datagrams\":%u,",
                 w->scenario, w->connection_id ? "true" : "false", w->number, w->via, w->wire.handshake);
    (void)printf("\"datagrams_up\":%u,\"datagrams_down\":%u,\"bytes_up\":%zu,\"bytes_down\":%zu,",
                 w->wire.datagrams[UP], w->wire.datagrams[DOWN], w->wire.bytes[UP], w->wire.bytes[DOWN]);
    (void)printf("\"port_before\":%u,\"port_after\":%u,\"close_notify_seen\":%s%s}\n", w->port_before, w->port_after,
                 w->close_notify_seen ? "true" : "false", w->event ? ",\"event\":true" : "");
}

static void print_row(const wake *w) {
    char datagrams[32];
    char bytes[48];
    (void)snprintf(datagrams, sizeof(datagrams), "%u/%u", w->wire.datagrams[UP], w->wire.datagrams[DOWN]);
    (void)snprintf(bytes, sizeof(bytes), "%zu/%zu", w->wire.bytes[UP], w->wire.bytes[DOWN]);
    (void)printf(ROW, w->scenario, w->connection_id ? "yes" : "no", w->number, w->via, w->wire.handshake, datagrams,
                 bytes, w->wire.round_trips, w->port_before, w->port_after);
}

void report_wake(report *r, const wake *w) {
    tally *sum = &r->sum[w->event];
    r->wakes[w->event]++;
    r->ports_kept += w->port_before == w->port_after;
    r->goodbyes += w->close_notify_seen;
    sum->handshake += w->wire.handshake;
    sum->round_trips += w->wire.round_trips;
    for (direction way = UP; way <= DOWN; way++) {
        sum->datagrams[way] += w->wire.datagrams[way];
        sum->bytes[way] += w->wire.bytes[way];
    }
    (r->json ? print_json : print_row)(w);
    (void)fflush(stdout);
}

static void print_sum(const report *r, bool event) {
    const tally *sum = &r->sum[event];
    if (r->wakes[event] > 0) {
        (void)printf("%-9s %u wake%s, %u handshake datagrams, %u up, %u down, %u round trips.\n",
                     event ? "Events:" : "No event:", r->wakes[event], r->wakes[event] == 1 ? "" : "s", sum->handshake,
                     sum->datagrams[UP], sum->datagrams[DOWN], sum->round_trips);
    }
}

static void print_summary(const report *r) {
    (void)printf("\nDatagrams and bytes are up/down; the datagrams of handshakes are among them.\n\n");
    print_sum(r, false);
    print_sum(r, true);
    (void)printf("The device kept its port %u times, and said goodbye before it slept %u times.\n", r->ports_kept,
                 r->goodbyes);
    (void)printf("For comparison, the first handshake: %u datagrams, %zu bytes, %u round trips.\n",
                 r->handshake.datagrams[UP] + r->handshake.datagrams[DOWN],
                 r->handshake.bytes[UP] + r->handshake.bytes[DOWN], r->handshake.round_trips);
}

bool report_end(const report *r) {
    if (!r->json) {
        print_summary(r);
    }
    return (fflush(stdout) == 0 && !ferror(stdout)) || complain("standard output: cannot be written");
}
