/* SPDX-License-Identifier: Apache-2.0 */
/* What befalls servers, NAT boxes, names and devices: while datagrams pass, and while the client sleeps. */
#include <string.h>

#include "swarm/swarm_internal.h"

static peer *some_server(swarm *s, uint64_t chance) {
    return &s->servers[(chance >> 40) % s->servers_count].peer;
}

static void count_if(swarm *s, swarm_fault fault, bool happened) {
    if (happened) {
        swarm_count(s, fault);
    }
}

static uint64_t some_time(uint64_t chance) {
    static const uint32_t most[] = {3000, 20000, 120000, 600000};
    return 500 + (chance >> 20) % most[(chance >> 10) % 4];
}

/* ---- servers ---- */

static void restart(swarm *s, uint64_t chance) {
    (void)peer_restart(some_server(s, chance), true);
    swarm_count(s, SWARM_SERVER_RESTART);
}

static void restart_forgetting(swarm *s, uint64_t chance) {
    (void)peer_restart(some_server(s, chance), false);
    swarm_count(s, SWARM_SERVER_RESTART_FORGETTING);
}

static void resize_cid(swarm *s, uint64_t chance) {
    peer *p = some_server(s, chance);
    count_if(s, SWARM_CID_RESIZED, peer_restart_with_cid(p, (uint8_t)(4 + chance % 13)));
}

static void evict(swarm *s, uint64_t chance) {
    peer *p = some_server(s, chance);
    count_if(s, SWARM_EVICTION, peer_newest(p) != NULL);
    peer_evict(p, peer_newest(p));
}

static void say_goodbye(swarm *s, uint64_t chance) {
    peer *p = some_server(s, chance);
    count_if(s, SWARM_CLOSE_NOTIFY, peer_close(p, peer_newest(p)) == 0);
}

static void alert(swarm *s, uint64_t chance) {
    static const int descriptions[] = {20, 40, 49, 50, 80, 90, 115};
    peer *p = some_server(s, chance);
    count_if(s, SWARM_FATAL_ALERT, peer_alert(p, peer_newest(p), descriptions[chance % 7]) == 0);
}

static void request_hello(swarm *s, uint64_t chance) {
    peer *p = some_server(s, chance);
    count_if(s, SWARM_HELLO_REQUEST, peer_hello_request(p, peer_newest(p), 1 + (unsigned)(chance % 5)) == 0);
}

static void lose_final_flights(swarm *s, uint64_t chance) {
    some_server(s, chance)->behaviour.drop_final_flights = 1 + (unsigned)(chance % 2);
    swarm_count(s, SWARM_FINAL_FLIGHT_LOST);
}

static void move_server(swarm *s, uint64_t chance) {
    char address[32];
    (void)chance;
    if (s->servers_count > 1 || s->plan.two_addresses) {
        return; /* there, other addresses are taken */
    }
    swarm_address(++s->address, address);
    world_move_server(s->servers[0].server, address, SWARM_PORT);
    world_name(&s->w, SWARM_NAME, address, NULL);
    swarm_count(s, SWARM_SERVER_MOVED);
}

#define SPELL(name, spell)                                                                                             \
    static void name(swarm *s, uint64_t chance) {                                                                      \
        swarm_cast(s, spell, some_time(chance));                                                                       \
    }
SPELL(kill_up, SWARM_SPELL_DEAD_UP)
SPELL(kill_down, SWARM_SPELL_DEAD_DOWN)
SPELL(dig_black_hole, SWARM_SPELL_BLACK_HOLE)
SPELL(eat, SWARM_SPELL_EATING)

#define COUNTED_SPELL(name, spell, fault)                                                                              \
    static void name(swarm *s, uint64_t chance) {                                                                      \
        swarm_cast(s, spell, some_time(chance));                                                                       \
        swarm_count(s, fault);                                                                                         \
    }
COUNTED_SPELL(take_wrong_key, SWARM_SPELL_WRONG_KEY, SWARM_WRONG_KEY)
COUNTED_SPELL(take_wrong_key_silently, SWARM_SPELL_SILENT_WRONG_KEY, SWARM_WRONG_KEY_SILENT)
COUNTED_SPELL(refuse_cid, SWARM_SPELL_CID_REFUSED, SWARM_CID_REFUSED)
COUNTED_SPELL(ignore_hello, SWARM_SPELL_HELLO_IGNORED, SWARM_HELLO_IGNORED)
COUNTED_SPELL(go_deaf, SWARM_SPELL_DEAF, SWARM_SERVER_DEAF)
COUNTED_SPELL(refuse, SWARM_SPELL_REFUSING, SWARM_SERVER_REFUSING)

/* ---- what is in between ---- */

static void rebind(swarm *s, uint64_t chance) {
    (void)chance;
    if (s->nat != NULL) {
        count_if(s, SWARM_NAT_REBINDING, world_nat_mappings(s->nat) > 0);
        world_nat_rebind(s->nat);
    }
}

static void move_nat(swarm *s, uint64_t chance) {
    char outside[32];
    if (s->nat != NULL) {
        (void)snprintf(outside, sizeof(outside), "198.51.100.%u", (unsigned)(1 + chance % 200));
        world_nat_move(s->nat, outside);
        swarm_count(s, SWARM_NAT_MOVE);
    }
}

static void change_mtu(swarm *s, uint64_t chance) {
    static const uint32_t mtus[] = {1500, 1280, 576, 65535};
    s->w.link.mtu = mtus[chance % 4];
    swarm_count(s, SWARM_MTU);
}

/* ---- tables ---- */

typedef struct incident {
    swarm_fault fault;
    void (*happen)(swarm *s, uint64_t chance);
} incident;

static const incident incidents[] = {
    {SWARM_SERVER_RESTART, restart},
    {SWARM_SERVER_RESTART_FORGETTING, restart_forgetting},
    {SWARM_EVICTION, evict},
    {SWARM_CLOSE_NOTIFY, say_goodbye},
    {SWARM_FATAL_ALERT, alert},
    {SWARM_HELLO_REQUEST, request_hello},
    {SWARM_WRONG_KEY, take_wrong_key},
    {SWARM_WRONG_KEY_SILENT, take_wrong_key_silently},
    {SWARM_FINAL_FLIGHT_LOST, lose_final_flights},
    {SWARM_CID_REFUSED, refuse_cid},
    {SWARM_CID_RESIZED, resize_cid},
    {SWARM_HELLO_IGNORED, ignore_hello},
    {SWARM_SERVER_DEAF, go_deaf},
    {SWARM_SERVER_REFUSING, refuse},
    {SWARM_SERVER_MOVED, move_server},
    {SWARM_SERVER_EATS, eat},
    {SWARM_DEAD_UP, kill_up},
    {SWARM_DEAD_DOWN, kill_down},
    {SWARM_BLACK_HOLE, dig_black_hole},
    {SWARM_NAT_REBINDING, rebind},
    {SWARM_NAT_MOVE, move_nat},
    {SWARM_MTU, change_mtu},
    {SWARM_CLOCK_FROZEN, swarm_freeze_clock},
    {SWARM_CLOCK_JUMP, swarm_jump_clock},
};
enum { INCIDENTS = sizeof(incidents) / sizeof(incidents[0]) };

static void happen(swarm *s, const swarm_later *later) {
    if (s->calm) {
        return;
    }
    for (size_t i = 0; i < INCIDENTS; i++) {
        if (incidents[i].fault == later->what) {
            swarm_tell(s, "%s", swarm_fault_name(incidents[i].fault));
            incidents[i].happen(s, later->chance);
        }
    }
}

static void happen_later(swarm *s, const incident *what, uint64_t chance, uint64_t ms) {
    swarm_later *later = swarm_do_later(s, ms, happen, chance, NULL);
    if (later != NULL) {
        later->what = what->fault;
    }
}

/* Not at once: a server must not be changed while it handles what it received. */
void swarm_maybe_disturb(swarm *s) {
    for (size_t i = 0; i < INCIDENTS; i++) {
        uint64_t chance = 0;
        if (swarm_strikes(s, incidents[i].fault, &chance)) {
            happen_later(s, &incidents[i], chance, chance % (4 * s->plan.latency + 2));
        }
    }
}

/* ---- sleep ---- */

static void take_port(swarm *s) {
    uint16_t port = doze_local_port(&s->dtls.socket);
    if (s->has_thief || port == 0 || !swarm_strikes(s, SWARM_PORT_TAKEN, NULL)) {
        return;
    }
    const doze_udp_settings settings = {.net = world_host_net(s->host)};
    s->has_thief = doze_udp_init(&s->thief, &settings) == DOZE_OK;
    count_if(s, SWARM_PORT_TAKEN, s->has_thief && doze_bind(&s->thief.socket, NULL, port) == DOZE_OK);
}

static void give_port_back(swarm *s) {
    if (s->has_thief) {
        doze_deinit(&s->thief.socket);
        s->has_thief = false;
    }
}

static void change_address(swarm *s) {
    static const char *const addresses[] = {SWARM_HOST, SWARM_OTHER_HOST};
    world_add_address(s->host, addresses[!s->host_moved]);
    world_remove_address(s->host, addresses[s->host_moved]);
    s->host_moved = !s->host_moved;
}

static void alter_image(swarm *s) {
    uint64_t chance;
    if (s->dtls.frozen_size != 0 && swarm_strikes(s, SWARM_IMAGE_ALTERED, &chance)) {
        s->freezer[(chance >> 8) % s->dtls.frozen_size] ^= (uint8_t)(1u << chance % 8);
        swarm_count(s, SWARM_IMAGE_ALTERED);
    }
}

void swarm_maybe_disturb_sleep(swarm *s, uint64_t ms) {
    if (s->has_thief && swarm_one_in(s, 3)) {
        give_port_back(s);
    }
    take_port(s);
    alter_image(s);
    for (size_t i = 0; i < INCIDENTS; i++) {
        uint64_t chance = 0;
        if (swarm_strikes(s, incidents[i].fault, &chance)) {
            happen_later(s, &incidents[i], chance, chance % (ms + 1));
        }
    }
    if (swarm_strikes(s, SWARM_ADDRESS_CHANGE, NULL)) {
        change_address(s);
        swarm_count(s, SWARM_ADDRESS_CHANGE);
    }
}

void swarm_calm_down(swarm *s) {
    s->calm = true;
    swarm_lift_spells(s);
    give_port_back(s);
    s->w.link.mtu = 1500;
    s->failing_allocations = 0;
    s->vault.fail_reads = s->vault.fail_counter = 0;
    for (unsigned i = 0; i < s->servers_count; i++) {
        s->servers[i].peer.behaviour.drop_final_flights = 0;
    }
    if (s->nat != NULL) {
        world_nat_set_timeout(s->nat, -1);
    }
    swarm_tell(s, "from here on all is well");
}

/* ---- the device's store, while nobody uses it ---- */

static void copy_slots(swarm *s) {
    memcpy(s->copies, s->vault.slots, sizeof(s->copies));
    s->has_copies = true;
}

/* Somebody puts an old copy back: only a counter finds that out. */
static void roll_back(swarm *s) {
    if (!s->plan.counting || !s->has_copies || !swarm_strikes(s, SWARM_STORE_ROLLED_BACK, NULL)) {
        return;
    }
    count_if(s, SWARM_STORE_ROLLED_BACK, memcmp(s->copies, s->vault.slots, sizeof(s->copies)) != 0);
    memcpy(s->vault.slots, s->copies, sizeof(s->copies));
}

void swarm_disturb_store(swarm *s) {
    uint64_t chance;
    if (!s->plan.store) {
        return;
    }
    roll_back(s);
    if (swarm_one_in(s, 3)) {
        copy_slots(s);
    }
    vault_slot *slot = &s->vault.slots[swarm_dice(s, 2)];
    if (slot->size != 0 && swarm_strikes(s, SWARM_STORE_ALTERED, &chance)) {
        slot->data[(chance >> 8) % slot->size] ^= (uint8_t)(1u << chance % 8);
        swarm_count(s, SWARM_STORE_ALTERED);
    }
}
