/* SPDX-License-Identifier: Apache-2.0 */
/* What happens: each chance of a fault is decided by its own number, made from seed, wake, fault and turn. So a fault
 * that is left out changes none of the others, and a list of faults can be tried without some of them. */
#include <stdlib.h>
#include <string.h>

#include "swarm/swarm_internal.h"

/* How often at its usual intensity, per million chances. */
static const struct {
    const char *name;
    uint32_t rate;
} faults[SWARM_FAULTS] = {
    [SWARM_LOSS] = {"loss", 80000},
    [SWARM_BURST] = {"burst-of-loss", 10000},
    [SWARM_DEAD_UP] = {"dead-up", 4000},
    [SWARM_DEAD_DOWN] = {"dead-down", 4000},
    [SWARM_DUPLICATION] = {"duplication", 60000},
    [SWARM_REORDERING] = {"reordering", 60000},
    [SWARM_LATE] = {"delay-past-sleep", 20000},
    [SWARM_CORRUPTION] = {"corruption", 50000},
    [SWARM_TRUNCATION] = {"truncation", 50000},
    [SWARM_BLACK_HOLE] = {"mtu-black-hole", 8000},
    [SWARM_GARBAGE] = {"garbage", 30000},
    [SWARM_EMPTY] = {"empty-datagram", 30000},
    [SWARM_OVERSIZED] = {"oversized-datagram", 20000},
    [SWARM_FORGED_ALERT] = {"forged-alert", 30000},
    [SWARM_FORGED_HELLO_VERIFY] = {"forged-hello-verify", 15000},
    [SWARM_FORGED_SERVER_HELLO] = {"forged-server-hello", 15000},
    [SWARM_FORGED_PLAINTEXT] = {"forged-plaintext", 30000},
    [SWARM_FORGED_RECORD] = {"forged-record", 30000},
    [SWARM_FORGED_ICMP] = {"forged-icmp", 30000},
    [SWARM_REPLAY_DOWN] = {"replay-to-client", 50000},
    [SWARM_REPLAY_UP] = {"replay-to-server", 50000},
    [SWARM_REPLAY_ALL] = {"replay-of-everything", 2000},
    [SWARM_NAT_REBINDING] = {"nat-rebinding", 15000},
    [SWARM_NAT_EXPIRY] = {"nat-expiry", 0}, /* by itself: a sleep is longer than the NAT waits */
    [SWARM_NAT_MOVE] = {"nat-move", 8000},
    [SWARM_ADDRESS_CHANGE] = {"address-change", 60000},
    [SWARM_PORT_TAKEN] = {"port-taken", 100000},
    [SWARM_MTU] = {"path-mtu-change", 8000},
    [SWARM_LOOKUP_START] = {"lookup-not-begun", 100000},
    [SWARM_LOOKUP_END] = {"lookup-failed", 100000},
    [SWARM_SERVER_RESTART] = {"server-restart", 6000},
    [SWARM_SERVER_RESTART_FORGETTING] = {"server-restart-forgetting", 4000},
    [SWARM_EVICTION] = {"server-eviction", 6000},
    [SWARM_CLOSE_NOTIFY] = {"close-notify", 6000},
    [SWARM_FATAL_ALERT] = {"fatal-alert", 5000},
    [SWARM_HELLO_REQUEST] = {"hello-request", 15000},
    [SWARM_WRONG_KEY] = {"wrong-key-with-alert", 4000},
    [SWARM_WRONG_KEY_SILENT] = {"wrong-key-silent", 4000},
    [SWARM_FINAL_FLIGHT_LOST] = {"final-flight-lost", 10000},
    [SWARM_CID_REFUSED] = {"cid-refused", 4000},
    [SWARM_CID_RESIZED] = {"cid-of-another-length", 3000},
    [SWARM_HELLO_IGNORED] = {"hello-ignored", 4000},
    [SWARM_SERVER_DEAF] = {"server-down", 4000},
    [SWARM_SERVER_REFUSING] = {"server-refusing", 4000},
    [SWARM_SERVER_MOVED] = {"server-moved", 2000},
    [SWARM_SERVER_EATS] = {"server-silent", 4000},
    [SWARM_ERRNO_OPEN] = {"errno-open", 60000},
    [SWARM_ERRNO_CONNECT] = {"errno-connect", 60000},
    [SWARM_ERRNO_SEND] = {"errno-send", 30000},
    [SWARM_ERRNO_RECV] = {"errno-recv", 20000},
    [SWARM_ERRNO_DEAFEN] = {"errno-deafen", 150000},
    [SWARM_ERRNO_UNDEAFEN] = {"errno-undeafen", 150000},
    [SWARM_ERRNO_PATH_MTU] = {"errno-path-mtu", 150000},
    [SWARM_ALLOCATION] = {"allocation-failure", 3000},
    [SWARM_RANDOM] = {"random-failure", 15000},
    [SWARM_CLOCK_FROZEN] = {"clock-frozen", 4000},
    [SWARM_CLOCK_JUMP] = {"clock-jump", 6000},
    [SWARM_RESTART] = {"process-restart", 100000},
    [SWARM_POWER_AT_DATAGRAM] = {"power-cut-at-datagram", 8000},
    [SWARM_POWER_AT_STORE] = {"power-cut-at-store", 20000},
    [SWARM_STORE_READ] = {"store-read-failure", 100000},
    [SWARM_STORE_WRITE] = {"store-write-failure", 60000},
    [SWARM_STORE_ERASURE] = {"store-erasure-failure", 60000},
    [SWARM_STORE_COUNTER] = {"store-counter-failure", 60000},
    [SWARM_STORE_TORN] = {"store-torn", 0}, /* a way for those before to fail */
    [SWARM_STORE_ALTERED] = {"store-altered", 100000},
    [SWARM_STORE_ROLLED_BACK] = {"store-rolled-back", 300000},
    [SWARM_IMAGE_ALTERED] = {"image-altered", 30000},
};

const char *swarm_fault_name(swarm_fault fault) {
    return (unsigned)fault < SWARM_FAULTS ? faults[fault].name : "?";
}

swarm_fault swarm_fault_named(const char *name, size_t size) {
    unsigned fault = 0;
    while (fault < SWARM_FAULTS &&
           (strlen(faults[fault].name) != size || strncmp(faults[fault].name, name, size) != 0)) {
        fault++;
    }
    return (swarm_fault)fault;
}

/* The finalizer of SplitMix64 over both. */
uint64_t swarm_mix(uint64_t a, uint64_t b) {
    uint64_t z = (a ^ (b * 0x9e3779b97f4a7c15u)) + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t swarm_dice(swarm *s, uint32_t sides) {
    s->life = swarm_mix(s->life, 1);
    return sides == 0 ? 0 : (uint32_t)(s->life >> 8) % sides;
}

bool swarm_one_in(swarm *s, uint32_t sides) {
    return swarm_dice(s, sides) == 0;
}

void swarm_begin_wake(swarm *s, unsigned wake) {
    s->wake = wake;
    s->life = swarm_mix(s->order->seed, 1000 + wake);
    memset(s->turn, 0, sizeof(s->turn));
    const swarm_order *order = s->order;
    s->script_at = s->script_end; /* events are in the order of wakes */
    while (s->script_at < order->events_count && order->events[s->script_at].wake < wake) {
        s->script_at++;
    }
    s->script_end = s->script_at;
    while (s->script_end < order->events_count && order->events[s->script_end].wake == wake) {
        s->script_end++;
    }
}

/* Between a run that is nearly calm and one that is wild. */
void swarm_choose_rates(swarm *s) {
    static const uint32_t shares[] = {10, 25, 45, 70};        /* percent of the faults … */
    static const uint32_t intensities[] = {15, 50, 100, 300}; /* … at so many percent of their usual rate */
    uint32_t share = shares[swarm_dice(s, 4)];
    for (unsigned fault = 0; fault < SWARM_FAULTS; fault++) {
        bool enabled = swarm_dice(s, 100) < share;
        uint64_t rate = (uint64_t)faults[fault].rate * intensities[swarm_dice(s, 4)] / 100;
        s->rate[fault] = enabled ? (uint32_t)rate : 0;
    }
    for (unsigned fault = 0; s->order->loss != 0 && fault < SWARM_FAULTS; fault++) {
        s->rate[fault] = fault == SWARM_LOSS ? s->order->loss * 10000 : 0;
    }
}

static bool is_scripted(const swarm *s, swarm_fault fault, uint32_t turn) {
    for (size_t i = s->script_at; i < s->script_end; i++) {
        const swarm_event *e = &s->order->events[i];
        if (e->fault == fault && e->turn == turn) {
            return true;
        }
    }
    return false;
}

static void note_event(swarm *s, swarm_fault fault, uint32_t turn) {
    swarm_report *report = s->report;
    if (report->events_count == s->events_capacity) {
        s->events_capacity = s->events_capacity == 0 ? 256 : 2 * s->events_capacity;
        report->events = realloc(report->events, s->events_capacity * sizeof(*report->events));
        if (report->events == NULL) {
            abort();
        }
    }
    report->events[report->events_count++] = (swarm_event){(uint16_t)s->wake, (uint16_t)fault, turn};
}

bool swarm_strikes(swarm *s, swarm_fault fault, uint64_t *chance) {
    uint32_t turn = s->turn[fault]++;
    if (s->broken || (s->order->scripted ? s->script_at == s->script_end : s->calm || s->rate[fault] == 0)) {
        return false;
    }
    uint64_t number = swarm_mix(swarm_mix(s->order->seed, (uint64_t)s->wake << 16 | fault), turn);
    bool strikes = s->order->scripted ? is_scripted(s, fault, turn) : number % 1000000 < s->rate[fault];
    if (!strikes) {
        return false;
    }
    note_event(s, fault, turn);
    if (chance != NULL) {
        *chance = swarm_mix(number, 2);
    }
    swarm_tell(s, "chance of %s, number %u", faults[fault].name, turn);
    return true;
}

void swarm_count(swarm *s, swarm_fault fault) {
    s->report->fired[fault]++;
    s->report->faults[s->wake]++;
}
