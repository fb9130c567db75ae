/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the world know of each other. */
#ifndef WORLD_INTERNAL_H
#define WORLD_INTERNAL_H

#include "world.h"

#define WORLD_HOST_ADDRESSES 8

/* Something that will happen. `refusal`: the datagram stands for an ICMP error about `from`. */
typedef struct world_event {
    struct world_event *next;
    uint64_t due;
    void (*call)(void *context); /* NULL: a datagram arrives */
    void *context;
    bool refusal;
    world_datagram datagram;
} world_event;

typedef struct world_packet {
    struct world_packet *next;
    doze_endpoint from;
    size_t size;
    uint8_t data[];
} world_packet;

typedef struct world_socket {
    struct world_socket *next;
    const world_host *host;
    int fd;
    doze_endpoint local;
    doze_endpoint bound; /* as asked for at open: the address may be zero */
    doze_endpoint peer;  /* family 0: none */
    bool reuse_addr;
    bool deaf;
    bool refused; /* an ICMP error waits to be told */
    world_packet *first_packet;
} world_socket;

typedef struct world_failure {
    doze_result result;
    int cause;
    uint32_t times;
} world_failure;

struct world_host {
    doze_net net; /* first: a doze_net of ours is cast back */
    doze_net_ops ops;
    world *w;
    world_host *next;
    world_nat *nat;
    doze_endpoint addresses[WORLD_HOST_ADDRESSES]; /* family 0: a free place */
    world_socket *first_socket;
    doze_net_request last_request;
    char last_interface[32];
    world_failure failures[WORLD_OPS];
    uint64_t calls[WORLD_OPS];
};

struct world_server {
    world *w;
    world_server *next;
    doze_endpoint at;
    world_service service;
    world_plug plug;
};

typedef struct world_mapping {
    struct world_mapping *next;
    doze_endpoint inside;
    doze_endpoint peer;
    uint16_t port;
    uint64_t used;
} world_mapping;

struct world_nat {
    world *w;
    world_nat *next;
    doze_endpoint outside;
    uint16_t next_port;
    int64_t timeout;
    world_mapping *first_mapping;
};

/* world.c */
/* Does not return. `w` may be NULL. */
_Noreturn void world_fail(const world *w, const char *format, ...);
void *world_allocate(size_t size);             /* zeroed; never NULL */
uint64_t world_draw(uint64_t *state);          /* the next number of a sequence */
uint32_t world_dice(world *w, uint32_t sides); /* 0 to sides - 1 */
world_event *world_new_event(size_t capacity);
void world_schedule(world *w, world_event *event, uint64_t delay);
bool world_is_any(const doze_endpoint *endpoint); /* no address, whatever the port */

/* network.c */
void world_transmit(world *w, world_direction direction, const doze_endpoint *from, const doze_endpoint *to,
                    const void *data, size_t size);
void world_arrive(world *w, world_event *event);
int64_t world_servers_next(const world *w);
void world_servers_tick(world *w);
void world_servers_free(world *w);

/* host.c */
world_socket *world_find_socket(const world *w, int fd);
/* Whether a socket of `host` took it. */
bool world_host_receive(world_host *host, const doze_endpoint *from, const doze_endpoint *to, const void *data,
                        size_t size);
bool world_host_refused(world_host *host, const doze_endpoint *about, const doze_endpoint *to);
bool world_has_address(const world_host *host, const doze_endpoint *endpoint);
void world_hosts_free(world *w);

/* nat.c */
doze_endpoint world_nat_outward(world_nat *nat, const doze_endpoint *inside, const doze_endpoint *peer);
/* False: no such mapping, the datagram is dropped. */
bool world_nat_inward(const world_nat *nat, const doze_endpoint *from, const doze_endpoint *to, doze_endpoint *inside);
void world_nats_free(world *w);

/* names.c */
extern const doze_resolver_ops world_resolver_ops;
void world_names_free(world *w);

#endif
