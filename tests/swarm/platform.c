/* SPDX-License-Identifier: Apache-2.0 */
/* What the client gets from its platform, which fails at times: sockets, names, clock, randomness, store. */
#include <errno.h>
#include <string.h>

#include "posix/net_errors.h"
#include "swarm/swarm_internal.h"

/* ---- sockets ---- */

static const int errnos[SWARM_ERRNOS] = {
    EINTR,  EAGAIN, ENOMEM,     ENOBUFS,       EMFILE, ENFILE,       EPERM,       EACCES,       EADDRINUSE,
    ENODEV, ENXIO,  EINVAL,     EADDRNOTAVAIL, EIO,    EAFNOSUPPORT, ENETUNREACH, EHOSTUNREACH, ENETDOWN,
    EPIPE,  EPROTO, EOPNOTSUPP, ENOPROTOOPT,   EBADF,  ENOTCONN,     EFAULT,      EMSGSIZE,     ECONNREFUSED,
};

int swarm_errno(unsigned index) {
    return errnos[index % SWARM_ERRNOS];
}

static const doze_net_call kinds[WORLD_OPS] = {
    [WORLD_OP_OPEN] = DOZE_NET_SETTING,     [WORLD_OP_CONNECT] = DOZE_NET_SENDING,
    [WORLD_OP_SEND] = DOZE_NET_SENDING,     [WORLD_OP_RECV] = DOZE_NET_RECEIVING,
    [WORLD_OP_DEAFEN] = DOZE_NET_SETTING,   [WORLD_OP_UNDEAFEN] = DOZE_NET_SETTING,
    [WORLD_OP_PATH_MTU] = DOZE_NET_SENDING,
};

static swarm_net *net_of(doze_net *net) {
    return (swarm_net *)net;
}

/* True when the call is to fail, with `*result`. From here on the world is at work, not the client. */
static bool is_struck(doze_net *net, world_op op, doze_net_socket *socket, doze_result *result) {
    swarm *s = net_of(net)->s;
    uint64_t chance = 0;
    s->in_client = false;
    if (s->off || !swarm_strikes(s, (swarm_fault)(SWARM_ERRNO_OPEN + (int)op), &chance)) {
        return false;
    }
    unsigned index = (unsigned)(chance % SWARM_ERRNOS);
    swarm_count(s, (swarm_fault)(SWARM_ERRNO_OPEN + (int)op));
    s->report->errnos[op][index]++;
    s->injected++;
    socket->cause = errnos[index];
    *result = doze_net_result(kinds[op], errnos[index]);
    return true;
}

static doze_result done(doze_net *net, doze_result result) {
    net_of(net)->s->in_client = true;
    return result;
}

static doze_result net_open(doze_net *net, doze_net_socket *socket, doze_net_request *request) {
    doze_result r;
    doze_net *inner = net_of(net)->inner;
    return done(net, is_struck(net, WORLD_OP_OPEN, socket, &r) ? r : inner->ops->open(inner, socket, request));
}

static doze_result net_connect(doze_net *net, doze_net_socket *socket, const doze_endpoint *to, doze_endpoint *local) {
    doze_result r;
    doze_net *inner = net_of(net)->inner;
    return done(net, is_struck(net, WORLD_OP_CONNECT, socket, &r) ? r : inner->ops->connect(inner, socket, to, local));
}

static doze_result net_send(doze_net *net, doze_net_socket *socket, const void *data, size_t size) {
    doze_result r;
    doze_net *inner = net_of(net)->inner;
    return done(net, is_struck(net, WORLD_OP_SEND, socket, &r) ? r : inner->ops->send(inner, socket, data, size));
}

static doze_result net_recv(doze_net *net, doze_net_socket *socket, void *buffer, size_t capacity, size_t *size) {
    doze_result r;
    doze_net *inner = net_of(net)->inner;
    return done(
        net, is_struck(net, WORLD_OP_RECV, socket, &r) ? r : inner->ops->recv(inner, socket, buffer, capacity, size));
}

static doze_result net_deafen(doze_net *net, doze_net_socket *socket) {
    doze_result r;
    doze_net *inner = net_of(net)->inner;
    return done(net, is_struck(net, WORLD_OP_DEAFEN, socket, &r) ? r : inner->ops->deafen(inner, socket));
}

static doze_result net_undeafen(doze_net *net, doze_net_socket *socket) {
    doze_result r;
    doze_net *inner = net_of(net)->inner;
    return done(net, is_struck(net, WORLD_OP_UNDEAFEN, socket, &r) ? r : inner->ops->undeafen(inner, socket));
}

static doze_result net_path_mtu(doze_net *net, doze_net_socket *socket, uint32_t *mtu) {
    doze_result r;
    doze_net *inner = net_of(net)->inner;
    return done(net, is_struck(net, WORLD_OP_PATH_MTU, socket, &r) ? r : inner->ops->path_mtu(inner, socket, mtu));
}

static void net_close(doze_net *net, doze_net_socket *socket) {
    doze_net *inner = net_of(net)->inner;
    inner->ops->close(inner, socket);
}

static bool net_parse(doze_net *net, const char *text, doze_endpoint *out) {
    doze_net *inner = net_of(net)->inner;
    return inner->ops->parse(inner, text, out);
}

static bool net_format(doze_net *net, const doze_endpoint *endpoint, char *text, size_t size) {
    doze_net *inner = net_of(net)->inner;
    return inner->ops->format(inner, endpoint, text, size);
}

/* ---- names ---- */

static swarm *swarm_of(const doze_resolver *resolver) {
    return ((const swarm_resolver *)resolver)->s;
}

static doze_result name_start(doze_resolver *resolver, const char *host, doze_family family, doze_lookup **lookup) {
    swarm *s = swarm_of(resolver);
    s->in_client = false;
    doze_result result = DOZE_ERR_RESOLVER;
    if (swarm_strikes(s, SWARM_LOOKUP_START, NULL)) {
        swarm_count(s, SWARM_LOOKUP_START);
    } else {
        result = s->w.resolver.ops->start(&s->w.resolver, host, family, lookup);
    }
    s->in_client = true;
    return result;
}

static doze_result name_step(doze_resolver *resolver, doze_lookup *lookup) {
    swarm *s = swarm_of(resolver);
    uint64_t chance;
    doze_result result = s->w.resolver.ops->step(&s->w.resolver, lookup);
    if (result == DOZE_OK && swarm_strikes(s, SWARM_LOOKUP_END, &chance)) {
        swarm_count(s, SWARM_LOOKUP_END);
        result = chance % 2 == 0 ? DOZE_ERR_RESOLVER : DOZE_ERR_HOST_UNKNOWN;
    }
    return result;
}

static bool name_answer(doze_resolver *resolver, const doze_lookup *lookup, size_t index, doze_endpoint *out) {
    doze_resolver *inner = &swarm_of(resolver)->w.resolver;
    return inner->ops->answer(inner, lookup, index, out);
}

static void name_finish(doze_resolver *resolver, doze_lookup *lookup) {
    doze_resolver *inner = &swarm_of(resolver)->w.resolver;
    inner->ops->finish(inner, lookup);
}

static int name_fd(const doze_resolver *resolver, const doze_lookup *lookup) {
    const doze_resolver *inner = &swarm_of(resolver)->w.resolver;
    return inner->ops->fd(inner, lookup);
}

static int32_t name_next_timeout(const doze_resolver *resolver, const doze_lookup *lookup) {
    const doze_resolver *inner = &swarm_of(resolver)->w.resolver;
    return inner->ops->next_timeout(inner, lookup);
}

static const doze_resolver_ops names = {name_start, name_step,         name_answer,    name_finish,
                                        name_fd,    name_next_timeout, .blocks = false};

void swarm_wrap_net(swarm *s) {
    s->net.s = s;
    s->net.inner = world_host_net(s->host);
    s->net.net.ops = &s->net.ops;
    s->net.ops = (doze_net_ops){net_open,     net_connect, net_send,  net_recv,   net_deafen,        net_undeafen,
                                net_path_mtu, net_close,   net_parse, net_format, .can_deafen = true};
    s->resolver = (swarm_resolver){{&names}, s};
}

/* ---- clock and randomness ---- */

static uint64_t clock_now(void *context) {
    const swarm *s = context;
    return s->w.now < s->frozen_until ? s->frozen_at : s->w.now + (uint64_t)s->clock_offset;
}

doze_clock swarm_clock(swarm *s) {
    return (doze_clock){clock_now, s};
}

/* It stands still, and then goes on from there, or from where it should be. */
void swarm_freeze_clock(swarm *s, uint64_t chance) {
    if (s->w.now < s->frozen_until) {
        return;
    }
    s->frozen_at = clock_now(s);
    s->frozen_until = s->w.now + 1000 + chance % 60000;
    if (chance >> 32 & 1) {
        s->clock_offset = (int64_t)(s->frozen_at - s->frozen_until);
    }
    s->clock_odd = true;
    swarm_count(s, SWARM_CLOCK_FROZEN);
}

void swarm_jump_clock(swarm *s, uint64_t chance) {
    static const uint32_t jumps[] = {1000, 60000, 3600000, 86400000, 2592000000};
    if (s->w.now < s->frozen_until) {
        return;
    }
    s->clock_offset += (int64_t)(1 + (chance >> 8) % jumps[chance % 5]);
    s->clock_odd = true;
    swarm_count(s, SWARM_CLOCK_JUMP);
}

static int fill(void *context, unsigned char *out, size_t size) {
    swarm *s = context;
    bool in_client = s->in_client;
    s->in_client = false;
    bool fails = in_client && swarm_strikes(s, SWARM_RANDOM, NULL);
    s->in_client = in_client;
    if (fails) {
        swarm_count(s, SWARM_RANDOM);
        return -1;
    }
    doze_random random = world_random(&s->w);
    return random.fill(random.context, out, size);
}

doze_random swarm_random(swarm *s) {
    return (doze_random){fill, s};
}

/* ---- store ---- */

static bool store_call_fails(swarm *s, swarm_fault fault, uint64_t chance) {
    static const vault_damage damages[] = {VAULT_OLD, VAULT_NEW, VAULT_TORN, VAULT_NOTHING};
    s->vault.damage = s->vault.erase_damage = damages[chance % 4];
    swarm_count(s, fault);
    if (chance % 4 >= 2 && fault != SWARM_STORE_COUNTER) {
        swarm_count(s, SWARM_STORE_TORN);
    }
    return false;
}

/* Before each write, erasure and advance of the counter; false: it fails, or the power goes within it. */
static bool store_goes_well(void *context) {
    swarm *s = context;
    uint64_t chance = 0;
    bool erases = s->vault.erasures != s->erasures;
    bool writes = s->vault.writes != s->writes && !erases;
    s->erasures = s->vault.erasures;
    s->writes = s->vault.writes;
    if (s->off) {
        s->vault.damage = s->vault.erase_damage = VAULT_OLD;
        return false;
    }
    if (s->in_client && swarm_strikes(s, SWARM_POWER_AT_STORE, &chance)) {
        s->off = true;
        return store_call_fails(s, SWARM_POWER_AT_STORE, chance);
    }
    swarm_fault fault = erases ? SWARM_STORE_ERASURE : writes ? SWARM_STORE_WRITE : SWARM_STORE_COUNTER;
    return swarm_strikes(s, fault, &chance) ? store_call_fails(s, fault, chance) : true;
}

void swarm_wrap_store(swarm *s) {
    vault_init(&s->vault, s->plan.counting);
    s->vault.power = store_goes_well;
    s->vault.power_context = s;
}
