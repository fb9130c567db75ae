/* SPDX-License-Identifier: Apache-2.0 */
/* Time, chance and what will happen next. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define DATAGRAM_CAPACITY_MIN 2048
#define TICKS_AT_ONCE_MAX     1000 /* a server that wants more without time moving would hang the test */

void world_fail(const world *w, const char *format, ...) {
    char message[200];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(message, sizeof(message), format, values);
    va_end(values);
    if (w != NULL && w->on_failure != NULL) {
        w->on_failure(message);
    }
    (void)fprintf(stderr, "%s\n", message);
    abort();
}

void *world_allocate(size_t size) {
    void *memory = calloc(1, size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

/* SplitMix64 (Steele, Lea, Flood 2014): one word of state, any seed will do. */
uint64_t world_draw(uint64_t *state) {
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t world_dice(world *w, uint32_t sides) {
    return sides == 0 ? 0 : (uint32_t)(world_draw(&w->dice) % sides);
}

bool world_is_any(const doze_endpoint *endpoint) {
    static const uint8_t none[sizeof(endpoint->address)];
    return memcmp(endpoint->address, none, sizeof(none)) == 0;
}

doze_endpoint world_endpoint(const char *address, uint16_t port) {
    doze_endpoint endpoint = {.port = port, .family = DOZE_FAMILY_IPV4};
    if (inet_pton(AF_INET, address, endpoint.address) == 1) {
        return endpoint;
    }
    endpoint.family = DOZE_FAMILY_IPV6;
    if (inet_pton(AF_INET6, address, endpoint.address) != 1) {
        world_fail(NULL, "world: \"%s\" is no address", address);
    }
    return endpoint;
}

void world_init(world *w, uint64_t seed) {
    *w = (world){
        .link = {.latency = 20, .jitter = 100, .mtu = 1500, .icmp = true},
        .names = {.failure = DOZE_ERR_RESOLVER},
        .now = 1000, /* not 0: nobody may take 0 for "never" and get away with it */
        .dice = seed,
        .resolver = {&world_resolver_ops},
        .next_fd = 1000,
    };
    w->secrets = world_draw(&w->dice);
}

unsigned world_leaks(const world *w) {
    unsigned leaks = w->names.open;
    for (const world_host *host = w->first_host; host != NULL; host = host->next) {
        leaks += world_open_sockets(host);
    }
    return leaks;
}

static void free_events(world *w) {
    while (w->first_event != NULL) {
        world_event *event = w->first_event;
        w->first_event = event->next;
        free(event->datagram.data);
        free(event);
    }
}

void world_deinit(world *w) {
    unsigned leaks = world_leaks(w);
    free_events(w);
    world_names_free(w);
    world_hosts_free(w);
    world_servers_free(w);
    world_nats_free(w);
    if (leaks != 0) {
        world_fail(w, "world: %u sockets or lookups were left open", leaks);
    }
}

/* ---- what will happen ---- */

world_event *world_new_event(size_t capacity) {
    world_event *event = world_allocate(sizeof(*event));
    if (capacity > 0) {
        event->datagram.capacity = capacity < DATAGRAM_CAPACITY_MIN ? DATAGRAM_CAPACITY_MIN : capacity;
        event->datagram.data = world_allocate(event->datagram.capacity);
    }
    return event;
}

/* Behind all that is due at the same time: equal delays keep their order. */
void world_schedule(world *w, world_event *event, uint64_t delay) {
    event->due = w->now + delay;
    world_event **place = &w->first_event;
    while (*place != NULL && (*place)->due <= event->due) {
        place = &(*place)->next;
    }
    event->next = *place;
    *place = event;
}

void world_after(world *w, uint64_t ms, void (*call)(void *context), void *context) {
    world_event *event = world_new_event(0);
    event->call = call;
    event->context = context;
    world_schedule(w, event, ms);
}

int64_t world_next(const world *w) {
    int64_t servers = world_servers_next(w);
    if (w->first_event == NULL) {
        return servers;
    }
    int64_t event = w->first_event->due <= w->now ? 0 : (int64_t)(w->first_event->due - w->now);
    return servers >= 0 && servers < event ? servers : event;
}

static void run_events_due(world *w) {
    while (w->first_event != NULL && w->first_event->due <= w->now) {
        world_event *event = w->first_event;
        w->first_event = event->next;
        w->activity++;
        if (event->call != NULL) {
            event->call(event->context);
        } else {
            world_arrive(w, event);
        }
        free(event->datagram.data);
        free(event);
    }
}

static void run_everything_due(world *w) {
    for (int rounds = 0; world_next(w) == 0; rounds++) {
        if (rounds == TICKS_AT_ONCE_MAX) {
            world_fail(w, "world: a server wants ticks without end at %llu ms", (unsigned long long)w->now);
        }
        run_events_due(w);
        world_servers_tick(w);
    }
}

void world_advance(world *w, uint64_t ms) {
    uint64_t end = w->now + ms;
    run_everything_due(w);
    for (int64_t next = world_next(w); next > 0 && w->now + (uint64_t)next <= end; next = world_next(w)) {
        w->now += (uint64_t)next;
        w->activity++;
        run_everything_due(w);
    }
    if (w->now != end) {
        w->now = end;
        w->activity++;
    }
}

/* ---- what doze is given ---- */

uint64_t world_now(const world *w) {
    return w->now;
}

static uint64_t clock_now(void *context) {
    return ((const world *)context)->now;
}

doze_clock world_clock(world *w) {
    return (doze_clock){clock_now, w};
}

static int fill(void *context, unsigned char *out, size_t size) {
    world *w = context;
    for (size_t done = 0; done < size; done += sizeof(uint64_t)) {
        uint64_t word = world_draw(&w->secrets);
        memcpy(out + done, &word, size - done < sizeof(word) ? size - done : sizeof(word));
    }
    return 0;
}

doze_random world_random(world *w) {
    return (doze_random){fill, w};
}
