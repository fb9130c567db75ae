/* SPDX-License-Identifier: Apache-2.0 */
/* From a run that fails to a short one that fails in the same way: wakes and faults are left out, halves first, then
 * quarters, down to single ones, for as long as something can go (after Zeller's delta debugging). */
#include <stdlib.h>
#include <string.h>

#include "swarm/swarm_internal.h"

typedef struct search {
    swarm_order order;
    swarm_event *events;
    bool skipped[SWARM_WAKES_MAX];
    char violation[200];
    unsigned runs;
} search;

/* The same words, whatever the numbers in them. */
static bool is_same_failure(const char *a, const char *b) {
    size_t length = strcspn(a, "0123456789");
    return length == strcspn(b, "0123456789") && strncmp(a, b, length) == 0;
}

static bool still_fails(search *f, const swarm_event *events, size_t count, const bool *skipped) {
    swarm_report report;
    swarm_order order = f->order;
    order.events = events;
    order.events_count = count;
    order.skipped = skipped;
    swarm_run(&order, &report);
    f->runs++;
    bool fails = report.violations > 0 && is_same_failure(report.violation, f->violation);
    swarm_report_free(&report);
    return fails;
}

static void try_without_wakes(search *f, unsigned first, unsigned count) {
    bool skipped[SWARM_WAKES_MAX];
    bool changes = false;
    memcpy(skipped, f->skipped, sizeof(skipped));
    for (unsigned wake = first; wake < first + count && wake < SWARM_WAKES_MAX; wake++) {
        changes = changes || !skipped[wake];
        skipped[wake] = true;
    }
    if (changes && still_fails(f, f->events, f->order.events_count, skipped)) {
        memcpy(f->skipped, skipped, sizeof(skipped));
    }
}

static bool try_without_events(search *f, size_t first, size_t count) {
    size_t all = f->order.events_count;
    size_t end = first + count < all ? first + count : all;
    swarm_event *fewer = calloc(all + 1, sizeof(*fewer));
    if (fewer == NULL) {
        abort();
    }
    memcpy(fewer, f->events, first * sizeof(*fewer));
    memcpy(fewer + first, f->events + end, (all - end) * sizeof(*fewer));
    bool fails = still_fails(f, fewer, all - (end - first), f->skipped);
    if (fails) {
        memcpy(f->events, fewer, all * sizeof(*fewer));
        f->order.events_count = all - (end - first);
    }
    free(fewer);
    return fails;
}

static void leave_wakes_out(search *f, unsigned last) {
    for (unsigned size = last / 2 + 1; size >= 1; size /= 2) {
        for (unsigned first = 1; first < last; first += size) {
            try_without_wakes(f, first, size);
        }
    }
}

static void leave_events_out(search *f) {
    for (size_t size = f->order.events_count / 2 + 1; size >= 1; size /= 2) {
        for (size_t first = 0; first < f->order.events_count;) {
            first += try_without_events(f, first, size) ? 0 : size;
        }
    }
}

/* Faults of wakes that are not lived never happen. */
static void drop_events_of_skipped_wakes(search *f) {
    size_t kept = 0;
    for (size_t i = 0; i < f->order.events_count; i++) {
        if (!f->skipped[f->events[i].wake]) {
            f->events[kept++] = f->events[i];
        }
    }
    f->order.events_count = kept;
}

static bool find_failure(search *f, swarm_report *report) {
    f->order.trace = NULL;
    swarm_run(&f->order, report);
    if (report->violations == 0) {
        return false;
    }
    memcpy(f->violation, report->violation, sizeof(f->violation));
    f->events = report->events;
    f->order.events_count = report->events_count;
    f->order.scripted = true;
    return still_fails(f, f->events, f->order.events_count, f->skipped);
}

bool swarm_shrink(swarm_order *order, FILE *progress) {
    search *f = calloc(1, sizeof(*f));
    bool *skipped = calloc(SWARM_WAKES_MAX, sizeof(*skipped));
    if (f == NULL || skipped == NULL) {
        abort();
    }
    f->order = *order;
    swarm_report report;
    bool fails = find_failure(f, &report);
    if (fails) {
        size_t before = f->order.events_count;
        for (unsigned wake = report.wake + 1; wake < SWARM_WAKES_MAX; wake++) {
            f->skipped[wake] = true; /* the run never gets there */
        }
        leave_events_out(f);
        leave_wakes_out(f, report.wake);
        drop_events_of_skipped_wakes(f);
        leave_events_out(f);
        (void)fprintf(progress, "of %zu faults %zu are enough, after %u runs\n", before, f->order.events_count,
                      f->runs);
        memcpy(skipped, f->skipped, SWARM_WAKES_MAX * sizeof(*skipped));
        *order = f->order;
        order->events = f->events;
        order->skipped = skipped;
    } else {
        swarm_report_free(&report);
        free(skipped);
    }
    free(f);
    return fails;
}
