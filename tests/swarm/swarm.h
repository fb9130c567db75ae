/* SPDX-License-Identifier: Apache-2.0 */
/* A client that sleeps and wakes in a world where everything fails: one run is one life of 50 to 200 wakes, made from
 * one 64-bit seed. The seed chooses client, servers, network, and which faults there are and how often (most runs have
 * some of them, so that rare ones meet each other); the last wakes of each run are free of faults. What must always
 * hold is checked at every step. The same order gives the same run, byte for byte. */
#ifndef SWARM_H
#define SWARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "world/world.h"

#define SWARM_CALM_WAKES 4   /* the last ones of each run … */
#define SWARM_GRACE      2   /* … of which one of so many must be answered, and all that follow */
#define SWARM_WAKES_MAX  208 /* of a run */
#define SWARM_PATIENCE   300000

typedef enum swarm_fault {
    /* datagrams on their way */
    SWARM_LOSS,
    SWARM_BURST,
    SWARM_DEAD_UP,
    SWARM_DEAD_DOWN,
    SWARM_DUPLICATION,
    SWARM_REORDERING,
    SWARM_LATE, /* past a sleep */
    SWARM_CORRUPTION,
    SWARM_TRUNCATION,
    SWARM_BLACK_HOLE,
    /* datagrams of others */
    SWARM_GARBAGE,
    SWARM_EMPTY,
    SWARM_OVERSIZED,
    SWARM_FORGED_ALERT,
    SWARM_FORGED_HELLO_VERIFY,
    SWARM_FORGED_SERVER_HELLO,
    SWARM_FORGED_PLAINTEXT,
    SWARM_FORGED_RECORD,
    SWARM_FORGED_ICMP,
    SWARM_REPLAY_DOWN,
    SWARM_REPLAY_UP,
    SWARM_REPLAY_ALL,
    /* what is in between */
    SWARM_NAT_REBINDING,
    SWARM_NAT_EXPIRY,
    SWARM_NAT_MOVE,
    SWARM_ADDRESS_CHANGE,
    SWARM_PORT_TAKEN,
    SWARM_MTU,
    SWARM_LOOKUP_START,
    SWARM_LOOKUP_END,
    /* servers */
    SWARM_SERVER_RESTART,
    SWARM_SERVER_RESTART_FORGETTING,
    SWARM_EVICTION,
    SWARM_CLOSE_NOTIFY,
    SWARM_FATAL_ALERT,
    SWARM_HELLO_REQUEST,
    SWARM_WRONG_KEY,
    SWARM_WRONG_KEY_SILENT,
    SWARM_FINAL_FLIGHT_LOST,
    SWARM_CID_REFUSED,
    SWARM_CID_RESIZED,
    SWARM_HELLO_IGNORED,
    SWARM_SERVER_DEAF,
    SWARM_SERVER_REFUSING,
    SWARM_SERVER_MOVED,
    SWARM_SERVER_EATS,
    /* the host */
    SWARM_ERRNO_OPEN, /* in the order of world_op */
    SWARM_ERRNO_CONNECT,
    SWARM_ERRNO_SEND,
    SWARM_ERRNO_RECV,
    SWARM_ERRNO_DEAFEN,
    SWARM_ERRNO_UNDEAFEN,
    SWARM_ERRNO_PATH_MTU,
    SWARM_ALLOCATION,
    SWARM_RANDOM,
    SWARM_CLOCK_FROZEN,
    SWARM_CLOCK_JUMP,
    /* the device's memory */
    SWARM_RESTART,
    SWARM_POWER_AT_DATAGRAM,
    SWARM_POWER_AT_STORE,
    SWARM_STORE_READ,
    SWARM_STORE_WRITE,
    SWARM_STORE_ERASURE,
    SWARM_STORE_COUNTER,
    SWARM_STORE_TORN,
    SWARM_STORE_ALTERED,
    SWARM_STORE_ROLLED_BACK,
    SWARM_IMAGE_ALTERED,
    SWARM_FAULTS
} swarm_fault;

const char *swarm_fault_name(swarm_fault fault);
/* SWARM_FAULTS: there is none of that name. */
swarm_fault swarm_fault_named(const char *name, size_t size);

#define SWARM_ERRNOS 27
int swarm_errno(unsigned index);

/* One fault: the `turn`-th chance in its wake that this fault had to happen. */
typedef struct swarm_event {
    uint16_t wake;
    uint16_t fault;
    uint32_t turn;
} swarm_event;

/* What a test breaks on purpose, once, to see whether it is noticed. */
typedef enum swarm_sabotage {
    SWARM_HONEST = 0,
    SWARM_PLAINTEXT_LEAKS,
    SWARM_MESSAGE_COMES_TWICE,
    SWARM_MESSAGE_IS_FORGED,
    SWARM_NUMBER_COMES_TWICE,
    SWARM_SENT_IN_SLEEP,
    SWARM_MEMORY_LEAKS,
    SWARM_NEVER_RECOVERS,
    SWARM_SABOTAGES
} swarm_sabotage;

typedef struct swarm_order {
    uint64_t seed;
    unsigned loss;  /* percent each way: nothing but that, and a plain client and server; 0: a swarm of faults */
    unsigned wakes; /* 0: the seed chooses */
    bool scripted;  /* exactly these faults, whatever the seed would choose: */
    const swarm_event *events;
    size_t events_count;
    const bool *skipped; /* by wake: not lived at all; NULL: none */
    swarm_sabotage sabotage;
    FILE *trace; /* NULL: none */
} swarm_order;

typedef struct swarm_report {
    unsigned wakes; /* lived */
    unsigned answered;
    unsigned planned;    /* what `wakes` was meant to be */
    unsigned violations; /* the run ends with the first one … */
    char violation[200]; /* … which is this */
    unsigned wake;       /* when it happened */
    uint64_t digest;     /* of all that was on the wire, and when */
    uint64_t handshakes;
    uint64_t fired[SWARM_FAULTS];
    uint64_t errnos[WORLD_OPS][SWARM_ERRNOS];
    unsigned faults[SWARM_WAKES_MAX]; /* by wake */
    swarm_event *events;              /* to be freed by swarm_report_free() */
    size_t events_count;
} swarm_report;

void swarm_run(const swarm_order *order, swarm_report *report);
void swarm_report_free(swarm_report *report);

/* Makes the faults of a failing run fewer, and its wakes: what is left in `order` still fails. `order->events` and
 * `order->skipped` are then the caller's to free. False: it does not fail. */
bool swarm_shrink(swarm_order *order, FILE *progress);

/* Where the test credentials are; NULL (default): no run has certificates. */
void swarm_set_credentials(const char *directory);

#endif
