/* SPDX-License-Identifier: Apache-2.0 */
/* One run, from an empty world to an empty world. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "swarm/swarm_internal.h"

static jmp_buf misuse;
static char misuse_words[200];

/* The world does not go on after that; what it had is lost. */
static void on_failure(const char *message) {
    (void)snprintf(misuse_words, sizeof(misuse_words), "%s", message);
    longjmp(misuse, 1);
}

/* Certificates are valid now; everything else is the same whenever it runs. */
static uint64_t time_of_world(const swarm *s) {
    struct timespec now;
    if (!s->plan.certificates || timespec_get(&now, TIME_UTC) != TIME_UTC) {
        return 1700000000;
    }
    return (uint64_t)now.tv_sec;
}

static void start(swarm *s) {
    swarm_begin_wake(s, 0);
    swarm_make_plan(s);
    swarm_choose_rates(s);
    world_init(&s->w, swarm_mix(s->order->seed, 3));
    s->w.on_failure = on_failure;
    s->w.link.latency = s->plan.latency;
    s->host = world_add_host(&s->w, SWARM_HOST);
    if (s->plan.nat) {
        s->nat = world_add_nat(&s->w, s->host, "198.51.100.7");
        world_nat_set_timeout(s->nat, s->plan.nat_timeout);
    }
    swarm_heap_set_time(time_of_world(s));
    swarm_wrap_net(s);
    swarm_wrap_store(s);
    swarm_heap_watch(s);
    if (swarm_start_servers(s)) {
        swarm_configure_client(s);
    }
    if (!s->broken) {
        swarm_start_client(s);
    }
    world_on_datagram(&s->w, swarm_on_datagram, s);
}

static void stop(swarm *s) {
    size_t lost = s->order->sabotage == SWARM_MEMORY_LEAKS ? 1 : 0;
    swarm_free_client(s);
    if (s->has_thief) {
        doze_deinit(&s->thief.socket);
    }
    swarm_stop_servers(s);
    if (!s->broken && world_leaks(&s->w) != 0) {
        swarm_violate(s, "%u sockets or lookups were left open", world_leaks(&s->w));
    }
    if (!s->broken && swarm_heap_of_clients() + lost != 0) {
        swarm_violate(s, "%zu bytes of memory were left", swarm_heap_of_clients());
    }
    if (world_leaks(&s->w) == 0) {
        world_deinit(&s->w);
    }
    swarm_heap_watch(NULL);
    swarm_free_path(s);
    swarm_free_checks(s);
}

void swarm_run(const swarm_order *order, swarm_report *report) {
    swarm *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        abort();
    }
    memset(report, 0, sizeof(*report));
    s->order = order;
    s->report = report;
    if (setjmp(misuse) != 0) { /* `s` and what it points to are lost with the world */
        swarm_violate(s, "%s", misuse_words);
        swarm_heap_watch(NULL);
        return;
    }
    start(s);
    if (!s->broken) {
        swarm_live(s);
    }
    stop(s);
    free(s);
}

void swarm_report_free(swarm_report *report) {
    free(report->events);
    report->events = NULL;
    report->events_count = 0;
}
