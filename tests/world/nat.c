/* SPDX-License-Identifier: Apache-2.0 */
/* A NAT box of the strict kind (RFC 4787: address and port dependent mapping and filtering). */
#include <stdlib.h>

#include "internal.h"

#define FIRST_PORT 20000
#define LAST_PORT  60000

static void free_mappings(world_nat *nat) {
    while (nat->first_mapping != NULL) {
        world_mapping *mapping = nat->first_mapping;
        nat->first_mapping = mapping->next;
        free(mapping);
    }
}

world_nat *world_add_nat(world *w, world_host *host, const char *outside) {
    world_nat *nat = world_allocate(sizeof(*nat));
    nat->w = w;
    nat->outside = world_endpoint(outside, 0);
    nat->next_port = (uint16_t)(FIRST_PORT + world_dice(w, LAST_PORT - FIRST_PORT));
    nat->timeout = -1;
    nat->next = w->first_nat;
    w->first_nat = nat;
    host->nat = nat;
    return nat;
}

void world_nat_set_timeout(world_nat *nat, int64_t ms) {
    nat->timeout = ms;
}

void world_nat_rebind(world_nat *nat) {
    free_mappings(nat);
}

void world_nat_move(world_nat *nat, const char *outside) {
    free_mappings(nat);
    nat->outside = world_endpoint(outside, 0);
}

static bool lives(const world_nat *nat, const world_mapping *mapping) {
    return nat->timeout < 0 || nat->w->now - mapping->used < (uint64_t)nat->timeout;
}

unsigned world_nat_mappings(const world_nat *nat) {
    unsigned count = 0;
    for (const world_mapping *mapping = nat->first_mapping; mapping != NULL; mapping = mapping->next) {
        count += lives(nat, mapping);
    }
    return count;
}

static void drop_expired(world_nat *nat) {
    for (world_mapping **place = &nat->first_mapping; *place != NULL;) {
        world_mapping *mapping = *place;
        if (lives(nat, mapping)) {
            place = &mapping->next;
        } else {
            *place = mapping->next;
            free(mapping);
        }
    }
}

/* Ports are handed out in turn, so that a new mapping never has the port of the one it replaces. */
static uint16_t take_port(world_nat *nat) {
    uint16_t port = nat->next_port;
    nat->next_port = port == LAST_PORT ? FIRST_PORT : (uint16_t)(port + 1);
    return port;
}

static world_mapping *map(world_nat *nat, const doze_endpoint *inside, const doze_endpoint *peer) {
    for (world_mapping *mapping = nat->first_mapping; mapping != NULL; mapping = mapping->next) {
        if (doze_endpoint_equal(&mapping->inside, inside) && doze_endpoint_equal(&mapping->peer, peer)) {
            return mapping;
        }
    }
    world_mapping *mapping = world_allocate(sizeof(*mapping));
    mapping->inside = *inside;
    mapping->peer = *peer;
    mapping->port = take_port(nat);
    mapping->next = nat->first_mapping;
    nat->first_mapping = mapping;
    return mapping;
}

doze_endpoint world_nat_outward(world_nat *nat, const doze_endpoint *inside, const doze_endpoint *peer) {
    drop_expired(nat);
    world_mapping *mapping = map(nat, inside, peer);
    mapping->used = nat->w->now;
    doze_endpoint outside = nat->outside;
    outside.port = mapping->port;
    return outside;
}

bool world_nat_inward(const world_nat *nat, const doze_endpoint *from, const doze_endpoint *to, doze_endpoint *inside) {
    if (!doze_same_address(&nat->outside, to)) {
        return false;
    }
    for (const world_mapping *mapping = nat->first_mapping; mapping != NULL; mapping = mapping->next) {
        if (mapping->port == to->port && doze_endpoint_equal(&mapping->peer, from) && lives(nat, mapping)) {
            *inside = mapping->inside;
            return true;
        }
    }
    return false;
}

void world_nats_free(world *w) {
    while (w->first_nat != NULL) {
        world_nat *nat = w->first_nat;
        w->first_nat = nat->next;
        free_mappings(nat);
        free(nat);
    }
}
