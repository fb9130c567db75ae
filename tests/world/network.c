/* SPDX-License-Identifier: Apache-2.0 */
/* The path of a datagram: NAT, hook, faults, and who takes it in the end. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- faults ---- */

static size_t ip_size(const world_datagram *datagram) {
    return datagram->size + (datagram->to.family == DOZE_FAMILY_IPV6 ? 48 : 28);
}

static void truncate_it(world *w, world_datagram *datagram) {
    datagram->size = world_dice(w, (uint32_t)datagram->size);
}

static void corrupt_it(world *w, world_datagram *datagram) {
    if (datagram->size > 0) {
        datagram->data[world_dice(w, (uint32_t)datagram->size)] ^= (uint8_t)(1u << world_dice(w, 8));
    }
}

static void delay_it(world *w, world_datagram *datagram) {
    datagram->delay += 1 + world_dice(w, w->link.jitter);
}

static world_event *copy_of(const world_datagram *datagram) {
    world_event *event = world_new_event(datagram->capacity);
    uint8_t *data = event->datagram.data;
    event->datagram = *datagram;
    event->datagram.data = memcpy(data, datagram->data, datagram->size);
    return event;
}

static void duplicate_it(world *w, world_datagram *datagram) {
    world_event *copy = copy_of(datagram);
    delay_it(w, &copy->datagram);
    world_schedule(w, copy, copy->datagram.delay);
}

/* What has no function here loses the datagram. */
static const struct {
    const char *name;
    void (*apply)(world *w, world_datagram *datagram);
} faults[WORLD_FAULTS] = {
    [WORLD_OUTAGE] = {"outage", NULL},
    [WORLD_BLACK_HOLE] = {"black-hole", NULL},
    [WORLD_LOSS] = {"loss", NULL},
    [WORLD_TRUNCATION] = {"truncation", truncate_it},
    [WORLD_CORRUPTION] = {"corruption", corrupt_it},
    [WORLD_REORDERING] = {"reordering", delay_it},
    [WORLD_DUPLICATION] = {"duplication", duplicate_it},
};

const char *world_fault_name(world_fault fault) {
    return (unsigned)fault < WORLD_FAULTS ? faults[fault].name : "?";
}

static bool fires(world *w, const world_datagram *datagram, unsigned fault) {
    switch (fault) {
    case WORLD_OUTAGE:
        return w->link.dead[datagram->direction];
    case WORLD_BLACK_HOLE:
        return w->link.black_hole != 0 && ip_size(datagram) > w->link.black_hole;
    default:
        return world_dice(w, WORLD_ALWAYS) < w->link.rate[datagram->direction][fault];
    }
}

/* False: it is lost. */
static bool survives(world *w, world_datagram *datagram) {
    for (unsigned fault = 0; fault < WORLD_FAULTS; fault++) {
        if (fires(w, datagram, fault)) {
            w->link.fired[datagram->direction][fault]++;
            if (faults[fault].apply == NULL) {
                return false;
            }
            faults[fault].apply(w, datagram);
        }
    }
    return true;
}

/* ---- under way ---- */

void world_on_datagram(world *w, world_hook hook, void *context) {
    w->hook = hook;
    w->hook_context = context;
}

void world_transmit(world *w, world_direction direction, const doze_endpoint *from, const doze_endpoint *to,
                    const void *data, size_t size) {
    world_event *event = world_new_event(size + 1);
    world_datagram *datagram = &event->datagram;
    datagram->direction = direction;
    datagram->from = *from;
    datagram->to = *to;
    datagram->delay = w->link.latency;
    datagram->size = size;
    if (size > 0) {
        memcpy(datagram->data, data, size);
    }
    bool lives = w->hook == NULL || w->hook(w->hook_context, datagram);
    if (lives && survives(w, datagram)) {
        world_schedule(w, event, datagram->delay);
        return;
    }
    free(datagram->data);
    free(event);
}

/* ---- who takes it ---- */

static world_server *server_at(const world *w, const doze_endpoint *to) {
    world_server *server = w->first_server;
    while (server != NULL && !doze_endpoint_equal(&server->at, to)) {
        server = server->next;
    }
    return server;
}

static bool serve(world_server *server, const doze_endpoint *from, const void *data, size_t size) {
    if (server == NULL || server->plug != WORLD_SERVING) {
        return false;
    }
    server->service.receive(server->service.context, from, data, size);
    return true;
}

/* The host that `to` leads to, and where in there. */
static world_host *host_at(const world *w, const doze_endpoint *from, const doze_endpoint *to, doze_endpoint *inside) {
    for (world_host *host = w->first_host; host != NULL; host = host->next) {
        bool translated = host->nat != NULL && host->nat->outside.family == to->family;
        *inside = *to;
        if (translated && !world_nat_inward(host->nat, from, to, inside)) {
            continue;
        }
        if (world_has_address(host, inside)) {
            return host;
        }
    }
    return NULL;
}

/* Whether a machine with that address is up and would say that the port is closed. */
static bool refuses(const world *w, const doze_endpoint *to) {
    const world_server *there = server_at(w, to);
    if (there != NULL) {
        return there->plug == WORLD_REFUSING;
    }
    for (const world_server *server = w->first_server; server != NULL; server = server->next) {
        if (doze_same_address(&server->at, to) && server->plug != WORLD_SILENT) {
            return true;
        }
    }
    return false;
}

static void refuse(world *w, const world_datagram *datagram) {
    w->refused++;
    if (w->link.dead[WORLD_DOWN]) {
        return;
    }
    world_event *event = world_new_event(0);
    event->refusal = true;
    event->datagram = (world_datagram){.direction = WORLD_DOWN, .from = datagram->to, .to = datagram->from};
    world_schedule(w, event, w->link.latency);
}

static bool deliver(world *w, const doze_endpoint *from, const doze_endpoint *to, const void *data, size_t size) {
    doze_endpoint inside;
    world_host *host = host_at(w, from, to, &inside);
    bool taken =
        host != NULL ? world_host_receive(host, from, &inside, data, size) : serve(server_at(w, to), from, data, size);
    w->delivered += taken;
    return taken;
}

void world_arrive(world *w, world_event *event) {
    const world_datagram *datagram = &event->datagram;
    if (event->refusal) {
        world_inject_refusal(w, &datagram->from, &datagram->to);
        return;
    }
    if (deliver(w, &datagram->from, &datagram->to, datagram->data, datagram->size) || !w->link.icmp) {
        return;
    }
    doze_endpoint inside;
    if (datagram->direction == WORLD_UP && refuses(w, &datagram->to)) {
        refuse(w, datagram);
    } else if (datagram->direction == WORLD_DOWN && host_at(w, &datagram->from, &datagram->to, &inside) != NULL) {
        w->refused++; /* servers are not told: none of ours would do anything about it */
    }
}

bool world_inject(world *w, const doze_endpoint *from, const doze_endpoint *to, const void *data, size_t size) {
    w->activity++;
    return deliver(w, from, to, data, size);
}

bool world_inject_refusal(world *w, const doze_endpoint *about, const doze_endpoint *to) {
    doze_endpoint inside;
    world_host *host = host_at(w, about, to, &inside);
    w->activity++;
    return host != NULL && world_host_refused(host, about, &inside);
}

/* ---- servers ---- */

world_server *world_serve(world *w, const char *address, uint16_t port, const world_service *service) {
    world_server *server = world_allocate(sizeof(*server));
    server->w = w;
    server->at = world_endpoint(address, port);
    server->service = *service;
    server->next = w->first_server;
    w->first_server = server;
    return server;
}

void world_set_plug(world_server *server, world_plug plug) {
    server->plug = plug;
}

void world_move_server(world_server *server, const char *address, uint16_t port) {
    server->at = world_endpoint(address, port);
}

doze_endpoint world_server_endpoint(const world_server *server) {
    return server->at;
}

void world_server_send(void *server, const doze_endpoint *to, const void *data, size_t size) {
    world_server *sender = server;
    if (sender->plug == WORLD_SERVING) {
        world_transmit(sender->w, WORLD_DOWN, &sender->at, to, data, size);
    }
}

static int64_t server_next(const world_server *server) {
    bool runs = server->plug == WORLD_SERVING && server->service.next_timeout != NULL;
    return runs ? server->service.next_timeout(server->service.context) : -1;
}

int64_t world_servers_next(const world *w) {
    int64_t soonest = -1;
    for (const world_server *server = w->first_server; server != NULL; server = server->next) {
        int64_t next = server_next(server);
        if (next >= 0 && (soonest < 0 || next < soonest)) {
            soonest = next;
        }
    }
    return soonest;
}

void world_servers_tick(world *w) {
    for (world_server *server = w->first_server; server != NULL; server = server->next) {
        if (server_next(server) == 0) {
            server->service.tick(server->service.context);
        }
    }
}

void world_servers_free(world *w) {
    while (w->first_server != NULL) {
        world_server *server = w->first_server;
        w->first_server = server->next;
        free(server);
    }
}
