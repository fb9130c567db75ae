/* SPDX-License-Identifier: Apache-2.0 */
/* A network in memory on a virtual clock: hosts, servers, NAT boxes, a resolver, and faults to order. Nothing in it
 * depends on anything but the seed and the calls made. Times are in milliseconds, rates per million.
 * Misuse (an unknown descriptor, a socket that spins, a leak) is told to `on_failure`, or else ends the program. */
#ifndef WORLD_H
#define WORLD_H

#include "doze/socket.h"

#define WORLD_ALWAYS 1000000u /* as a rate: each time */
#define WORLD_NEVER  0u

typedef struct world world;
typedef struct world_host world_host;
typedef struct world_server world_server;
typedef struct world_nat world_nat;

typedef enum world_direction {
    WORLD_UP, /* from a host to a server */
    WORLD_DOWN,
    WORLD_DIRECTIONS
} world_direction;

/* What can happen to a datagram on its way, in the order in which it happens. The first two have no rate. */
typedef enum world_fault {
    WORLD_OUTAGE,     /* the direction is dead */
    WORLD_BLACK_HOLE, /* longer than the path carries, and nobody says so */
    WORLD_LOSS,
    WORLD_TRUNCATION,  /* the tail is missing */
    WORLD_CORRUPTION,  /* one bit is flipped */
    WORLD_REORDERING,  /* it is late by up to `jitter` */
    WORLD_DUPLICATION, /* a copy follows, late by up to `jitter` */
    WORLD_FAULTS
} world_fault;

const char *world_fault_name(world_fault fault);

/* All may be written at any time; what is in flight is not touched. */
typedef struct world_link {
    uint32_t latency;                               /* one way; 20 */
    uint32_t jitter;                                /* 100 */
    uint32_t mtu;                                   /* what hosts are told, in bytes of an IP packet; 1,500 */
    uint32_t black_hole;                            /* longer IP packets vanish; 0 (default): none do */
    bool dead[WORLD_DIRECTIONS];                    /* false */
    bool icmp;                                      /* closed ports answer; true */
    uint32_t rate[WORLD_DIRECTIONS][WORLD_FAULTS];  /* WORLD_NEVER */
    uint64_t fired[WORLD_DIRECTIONS][WORLD_FAULTS]; /* counted here when it happens */
} world_link;

/* The state of the name service; the counters are for reading. */
typedef struct world_names {
    uint32_t delay;                /* until a lookup is answered; 0: at once */
    uint32_t start_failures;       /* so many of the next lookups do not begin … */
    uint32_t step_failures;        /* … or end, after `delay`, … */
    doze_result failure;           /* … with this; DOZE_ERR_RESOLVER */
    uint32_t lookups;              /* begun so far */
    uint32_t open;                 /* begun and not finished */
    struct world_name *first_name; /* private, like the next */
    struct world_lookup *first_lookup;
} world_names;

/* A datagram under way, as the open network sees it: behind a NAT, with the NAT's address. */
typedef struct world_datagram {
    world_direction direction;
    doze_endpoint from;
    doze_endpoint to;
    uint32_t delay; /* until it arrives */
    size_t size;
    size_t capacity; /* of `data`, never below 2,048 */
    uint8_t *data;
} world_datagram;

/* Sees each datagram as it leaves, before any fault. False: it is lost. All but `direction` and `capacity` may be
 * changed. Must not call what advances time. */
typedef bool (*world_hook)(void *context, world_datagram *datagram);

struct world {
    world_link link;
    world_names names;
    uint64_t now;
    uint64_t delivered;                      /* datagrams that reached a socket or server, each way */
    uint64_t refused;                        /* ICMP port unreachable sent, each way */
    void (*on_failure)(const char *message); /* NULL (default): print it and abort; must not return */
    /* Private from here on. */
    uint64_t activity; /* changes with whatever a waiting program could notice */
    uint64_t dice;     /* what the network draws from … */
    uint64_t secrets;  /* … and what world_random() does: neither disturbs the other */
    world_hook hook;
    void *hook_context;
    doze_resolver resolver;
    struct world_event *first_event;
    world_host *first_host;
    world_server *first_server;
    world_nat *first_nat;
    int next_fd;
};

void world_init(world *w, uint64_t seed);
void world_deinit(world *w);          /* that world_leaks() is not 0 is a misuse */
unsigned world_leaks(const world *w); /* sockets and lookups that are open */

/* ---- time ---- */

uint64_t world_now(const world *w);
/* ms until the network's next event, 0: due now, -1: none. An answered lookup is no event: its owner knows when. */
int64_t world_next(const world *w);
void world_advance(world *w, uint64_t ms); /* everything due meanwhile happens, in order */
void world_after(world *w, uint64_t ms, void (*call)(void *context), void *context);
doze_clock world_clock(world *w);
doze_random world_random(world *w);

/* ---- addresses ---- */

doze_endpoint world_endpoint(const char *address, uint16_t port); /* a literal */

/* ---- hosts: each is a doze_net ---- */

world_host *world_add_host(world *w, const char *address);
void world_add_address(world_host *host, const char *address); /* the first one of a family is what connect picks */
void world_remove_address(world_host *host, const char *address);
doze_net *world_host_net(world_host *host);
void world_set_can_deafen(world_host *host, bool can); /* default: true */
unsigned world_open_sockets(const world_host *host);
/* What the last successful open asked for; its interface's name is valid until the next one. */
const doze_net_request *world_last_request(const world_host *host);
#define WORLD_INTERFACE "world0" /* the one interface that every host has */

typedef enum world_op {
    WORLD_OP_OPEN,
    WORLD_OP_CONNECT,
    WORLD_OP_SEND,
    WORLD_OP_RECV, /* makes the socket readable, so that an event loop meets it */
    WORLD_OP_DEAFEN,
    WORLD_OP_UNDEAFEN,
    WORLD_OP_PATH_MTU,
    WORLD_OPS
} world_op;

/* The next `times` calls of `op` on this host do nothing and return `result` with `cause` (an errno). */
void world_fail_next(world_host *host, world_op op, doze_result result, int cause, uint32_t times);
uint64_t world_calls(const world_host *host, world_op op); /* so far, failed ones included */

/* ---- servers ---- */

typedef struct world_service {
    void (*receive)(void *context, const doze_endpoint *from, const void *data, size_t size);
    int32_t (*next_timeout)(void *context); /* ms until it wants a tick, -1: never; NULL: never */
    void (*tick)(void *context);
    void *context;
} world_service;

typedef enum world_plug {
    WORLD_SERVING,
    WORLD_SILENT,   /* what is sent there is lost; what it sends too; its timers stand still */
    WORLD_REFUSING, /* the same, but the address answers ICMP port unreachable */
} world_plug;

world_server *world_serve(world *w, const char *address, uint16_t port, const world_service *service);
void world_set_plug(world_server *server, world_plug plug);
void world_move_server(world_server *server, const char *address, uint16_t port);
doze_endpoint world_server_endpoint(const world_server *server);
/* `server` is a world_server *; untyped so that this can be a server's send callback. */
void world_server_send(void *server, const doze_endpoint *to, const void *data, size_t size);

/* ---- the path ---- */

void world_on_datagram(world *w, world_hook hook, void *context); /* NULL: none */

/* Arrives now, at a server or through any NAT at a host, as if `from` had sent it; no hook, no fault. False: nobody
 * took it. */
bool world_inject(world *w, const doze_endpoint *from, const doze_endpoint *to, const void *data, size_t size);
/* An ICMP port unreachable that claims to answer what `to` had sent to `about`. */
bool world_inject_refusal(world *w, const doze_endpoint *about, const doze_endpoint *to);

/* ---- NAT ---- */

/* Puts `host` behind a box that gives each (local, peer) pair a port of its own and lets in that peer only. Addresses of
 * the other family pass unchanged. */
world_nat *world_add_nat(world *w, world_host *host, const char *outside);
void world_nat_set_timeout(world_nat *nat, int64_t ms);   /* since the last datagram up; -1: never (default) */
void world_nat_rebind(world_nat *nat);                    /* forgets all mappings; new ones get other ports */
void world_nat_move(world_nat *nat, const char *outside); /* rebinds too */
unsigned world_nat_mappings(const world_nat *nat);

/* ---- names ---- */

doze_resolver *world_resolver(world *w);
/* Sets the answers, literals up to a NULL, in order; none: the name does not exist. */
void world_name(world *w, const char *host, ...);

/* ---- driving a socket as an event loop does ---- */

/* Until it is not CONNECTING any more: what the last doze_step() said. DOZE_IN_PROGRESS when `limit` was over first. */
doze_result world_run(world *w, doze_socket *socket, int64_t limit);
/* The verb, and world_run() when that is in progress. */
doze_result world_connect(world *w, doze_socket *socket, const char *host, uint16_t port, int64_t limit);
doze_result world_resume(world *w, doze_socket *socket, int64_t limit);
/* Until a datagram or an error comes; DOZE_WOULD_BLOCK when `limit` was over first. */
doze_result world_recv(world *w, doze_socket *socket, void *buffer, size_t capacity, size_t *size, int64_t limit);
bool world_readable(const world *w, int fd); /* what poll() would say */

#endif
