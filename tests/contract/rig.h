/* SPDX-License-Identifier: Apache-2.0 */
/* Rigs: each puts a kind of doze_socket into a place where its peer answers each message by itself, so that one suite
 * of tests can ask the same of all kinds. What is over the network (a layer) and the network are combined freely. */
#ifndef RIG_H
#define RIG_H

#include "doze/dtls.h"
#include "doze/udp.h"
#include "peer/peer_udp.h"
#include "peer/peer_world.h"
#include "world/tap.h"
#include "world/world.h"

#define RIG_NAME  "peer.example" /* where the rig's peer is */
#define RIG_PEERS 2              /* ports of one address: `port` and `other_port` */

typedef struct rig rig;

typedef enum rig_layer { RIG_UDP, RIG_TAP, RIG_DTLS } rig_layer;

typedef struct rig_network {
    bool (*open)(rig *r); /* host, peers and `net`; false: this machine does not have such a network */
    void (*close)(rig *r);
    void (*wait)(rig *r);        /* until the socket wants a call; fails the test when it never would */
    uint64_t (*arrived)(rig *r); /* datagrams that reached the peers, those under way included */
    unsigned (*leaks)(rig *r);   /* of sockets, before or after close */
    doze_clock (*clock)(rig *r);
    doze_random (*random)(rig *r);
} rig_network;

typedef struct rig_kind {
    const char *name;
    const rig_network *network;
    rig_layer layer;
    const char *own;  /* address of the socket's host */
    const char *host; /* address of the peer */
} rig_kind;

/* A resolver that knows one name. */
typedef struct rig_names {
    doze_resolver resolver;
    doze_lookup lookup;
    char host[DOZE_HOSTNAME_MAX + 1];
    doze_endpoint answer;
    bool stuck;       /* writable: lookups stay in progress */
    unsigned lookups; /* begun so far */
    unsigned open;
} rig_names;

typedef struct rig_echo {
    rig *owner;
    world_server *server; /* on a simulated network */
    int fd;               /* on this machine's */
    uint64_t arrived;
} rig_echo;

struct rig {
    const rig_kind *kind;
    doze_socket *socket; /* what is tested */
    doze_net *net;
    const char *host;
    uint16_t port;
    uint16_t other_port;
    doze_family family;
    rig_names names;

    /* Private from here on. */
    doze_udp udp;
    tap tap;
    doze_dtls dtls;
    doze_dtls_config config;
    world w;
    world_host *home;
    rig_echo echoes[RIG_PEERS];
    peer_world world_peers[RIG_PEERS];
    peer_udp udp_peers[RIG_PEERS];
    unsigned descriptors;
};

extern const rig_network rig_in_world;
extern const rig_network rig_on_posix;

void rig_names_init(rig_names *names, const doze_endpoint *known);
peer_settings rig_peer_settings(rig *r);

rig *rig_start(const rig_kind *kind); /* NULL: this machine does not have such a network */
void rig_stop(rig *r);                /* checks that nothing is left open */
void rig_restart(rig *r);

/* A further UDP socket of the same host that has the port; the caller's to deinit. */
void rig_take_port(rig *r, doze_udp *thief, uint16_t port);

/* ---- verbs; those without a result must succeed ---- */

doze_result rig_finish(rig *r, doze_result result); /* drives what is in progress to its end */
void rig_connect(rig *r);                           /* to RIG_NAME and `port` */
void rig_resume(rig *r);
void rig_sleep(rig *r);
doze_result rig_recv(rig *r, void *buffer, size_t capacity, size_t *size); /* waits for it */
void rig_exchange(rig *r, size_t size); /* sends so many bytes, and gets the same back */

void rig_let_arrive(rig *r, uint64_t arrived); /* until so many datagrams have reached the peers, and were answered */

int64_t rig_option(rig *r, doze_option option);
void rig_state_is(const rig *r, doze_state state);

/* Where a socket may be. */
typedef enum rig_situation {
    RIG_NEW,
    RIG_BOUND,
    RIG_LOOKING_UP,
    RIG_UNDER_WAY, /* connect was called, with an address; nothing was waited for */
    RIG_CONNECTED,
    RIG_ASLEEP,
    RIG_ASLEEP_UNCONNECTED,
    RIG_CLOSED,
    RIG_SITUATIONS
} rig_situation;
void rig_reach(rig *r, rig_situation situation); /* from RIG_NEW */

#endif
