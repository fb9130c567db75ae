/* SPDX-License-Identifier: Apache-2.0 */
/* What a platform gives to doze: a clock, randomness, a resolver and datagrams. doze/posix.h has these for
 * POSIX; a port to another platform implements the structures of this file and nothing else. */
#ifndef DOZE_PLATFORM_H
#define DOZE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doze/result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum doze_family {
    DOZE_FAMILY_ANY = 0,
    DOZE_FAMILY_IPV4 = 4,
    DOZE_FAMILY_IPV6 = 6,
} doze_family;

/* An address and a port. IPv4 uses the first 4 bytes of `address`; the rest is zero. Everything zero: none. */
typedef struct doze_endpoint {
    uint8_t address[16]; /* network byte order */
    uint32_t scope;      /* IPv6 link-local: the interface's index */
    uint16_t port;       /* host byte order */
    uint8_t family;      /* a doze_family */
} doze_endpoint;

bool doze_endpoint_equal(const doze_endpoint *a, const doze_endpoint *b);
bool doze_same_address(const doze_endpoint *a, const doze_endpoint *b); /* ports are not compared */

/* Milliseconds since any fixed moment. Must never step back and should count time spent in suspend. */
typedef struct doze_clock {
    uint64_t (*now)(void *context);
    void *context;
} doze_clock;

/* Fills `out` with cryptographically strong random bytes; 0 on success, anything else fails the caller. */
typedef struct doze_random {
    int (*fill)(void *context, unsigned char *out, size_t size);
    void *context;
} doze_random;

/* ---- radio ---- */

/* What a modem would like to know (LwM2M queue mode; 3GPP release assistance indication). */
typedef enum doze_radio_hint {
    DOZE_RADIO_ANSWER_EXPECTED, /* the next datagram will be answered: keep the receiver on */
    DOZE_RADIO_LAST_DATAGRAM,   /* the next datagram is the last one for now, and nothing answers it */
    DOZE_RADIO_RECEIVER_OFF,    /* nothing more is expected: the receiver may go off now */
} doze_radio_hint;

/* Told before the datagram that it is about is sent. Must not call the socket. */
typedef struct doze_radio {
    void (*hint)(void *context, doze_radio_hint hint);
    void *context;
} doze_radio;

/* ---- names ---- */

/* One question to a resolver, made by `start` and owned by the socket that asked until `finish`. */
typedef struct doze_lookup {
    const char *host; /* a copy made by the resolver, valid until `finish` */
} doze_lookup;

typedef struct doze_resolver doze_resolver;
typedef struct doze_resolver_ops {
    /* Begins a lookup. `host` is never an address. On error there is no lookup to finish. */
    doze_result (*start)(doze_resolver *resolver, const char *host, doze_family family, doze_lookup **lookup);
    /* DOZE_OK: answers are ready. DOZE_IN_PROGRESS. DOZE_ERR_HOST_UNKNOWN: there is no such name.
     * DOZE_ERR_RESOLVER: no answer could be had now; worth trying later. */
    doze_result (*step)(doze_resolver *resolver, doze_lookup *lookup);
    /* The answer number `index` (from 0), port 0; false past the last one. Only after DOZE_OK. */
    bool (*answer)(doze_resolver *resolver, const doze_lookup *lookup, size_t index, doze_endpoint *out);
    /* Ends the lookup, answered or not, and frees it. */
    void (*finish)(doze_resolver *resolver, doze_lookup *lookup);
    /* What to wait for while in progress: a descriptor to poll for reading, or -1, … */
    int (*fd)(const doze_resolver *resolver, const doze_lookup *lookup);
    /* … and the time in ms after which `step` wants a call, or -1. */
    int32_t (*next_timeout)(const doze_resolver *resolver, const doze_lookup *lookup);
    bool blocks; /* `start` or `step` may take long */
} doze_resolver_ops;
struct doze_resolver {
    const doze_resolver_ops *ops;
};

/* ---- datagrams ---- */

/* A platform socket, embedded in a doze_udp. */
typedef struct doze_net_socket {
    int fd;             /* the platform's handle; -1: none */
    int cause;          /* errno, or what the platform has for it, of the last failure */
    bool on_interface;  /* it was opened for one network interface */
    bool peer_checked;  /* nothing that was queued before `connect`, and may be from anyone, is left */
    doze_endpoint peer; /* from `connect` on */
} doze_net_socket;

typedef struct doze_net_request {
    doze_endpoint local; /* where to bind; family is always set, address may be zero (any), port 0 picks a free one */
    bool reuse_addr;     /* see DOZE_OPT_REUSE_ADDR */
    uint8_t dscp;        /* see DOZE_OPT_DSCP */
    const char *interface_name; /* NULL or empty: any */
} doze_net_request;

typedef struct doze_net doze_net;
typedef struct doze_net_ops {
    /* Opens a non-blocking socket, bound as `request` says. Writes the port picked to `request->local.port`. */
    doze_result (*open)(doze_net *net, doze_net_socket *socket, doze_net_request *request);
    /* Fixes the peer; a call on a connected socket moves it to another peer and source address, and keeps the port.
     * Writes the address and port that datagrams will come from to `local`. */
    doze_result (*connect)(doze_net *net, doze_net_socket *socket, const doze_endpoint *peer, doze_endpoint *local);
    /* One datagram, whole or not at all. DOZE_ERR_REFUSED: an ICMP error for an earlier datagram was met and taken off. */
    doze_result (*send)(doze_net *net, doze_net_socket *socket, const void *data, size_t size);
    /* One datagram from the peer. *size is its true length; DOZE_ERR_TRUNCATED when that is more than `capacity`.
     * DOZE_ERR_REFUSED as above. DOZE_WOULD_BLOCK when there is none. */
    doze_result (*recv)(doze_net *net, doze_net_socket *socket, void *buffer, size_t capacity, size_t *size);
    /* Makes the bound socket deaf: what arrives is dropped unseen, what had arrived is dropped now, nobody else can
     * take the port. DOZE_ERR_UNSUPPORTED where a platform cannot. */
    doze_result (*deafen)(doze_net *net, doze_net_socket *socket);
    doze_result (*undeafen)(doze_net *net, doze_net_socket *socket);
    /* The largest IP packet that the path to the peer carries, in bytes, as far as known now. */
    doze_result (*path_mtu)(doze_net *net, doze_net_socket *socket, uint32_t *mtu);
    void (*close)(doze_net *net, doze_net_socket *socket);
    /* Text to address and back, without any lookup; the port is not touched. */
    bool (*parse)(doze_net *net, const char *text, doze_endpoint *out);
    bool (*format)(doze_net *net, const doze_endpoint *endpoint, char *text, size_t size);
    bool can_deafen;
} doze_net_ops;
struct doze_net {
    const doze_net_ops *ops;
};

#ifdef __cplusplus
}
#endif
#endif
