/* SPDX-License-Identifier: Apache-2.0 */
/* A host as a doze_net. It answers as Linux does; what that is was measured in network namespaces. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define EPHEMERAL_FIRST 32768
#define EPHEMERAL_COUNT 28232
#define UDP_IPV4_MAX    65507
#define UDP_IPV6_MAX    65527

static const doze_net_ops net_ops;

/* ---- hosts and their addresses ---- */

world_host *world_add_host(world *w, const char *address) {
    world_host *host = world_allocate(sizeof(*host));
    host->ops = net_ops;
    host->net.ops = &host->ops;
    host->w = w;
    host->next = w->first_host;
    w->first_host = host;
    world_add_address(host, address);
    return host;
}

/* Its place, or WORLD_HOST_ADDRESSES when the host does not have it. */
static size_t find_address(const world_host *host, const doze_endpoint *wanted) {
    size_t place = 0;
    while (place < WORLD_HOST_ADDRESSES && !doze_same_address(&host->addresses[place], wanted)) {
        place++;
    }
    return place;
}

bool world_has_address(const world_host *host, const doze_endpoint *endpoint) {
    return find_address(host, endpoint) < WORLD_HOST_ADDRESSES;
}

void world_add_address(world_host *host, const char *address) {
    static const doze_endpoint nothing;
    size_t place = find_address(host, &nothing);
    if (place == WORLD_HOST_ADDRESSES) {
        world_fail(host->w, "world: a host has at most %d addresses", WORLD_HOST_ADDRESSES);
    }
    host->addresses[place] = world_endpoint(address, 0);
}

void world_remove_address(world_host *host, const char *address) {
    doze_endpoint gone = world_endpoint(address, 0);
    size_t place = find_address(host, &gone);
    if (place == WORLD_HOST_ADDRESSES) {
        world_fail(host->w, "world: the host does not have %s", address);
    }
    host->addresses[place] = (doze_endpoint){0};
}

doze_net *world_host_net(world_host *host) {
    return &host->net;
}

void world_set_can_deafen(world_host *host, bool can) {
    host->ops.can_deafen = can;
}

unsigned world_open_sockets(const world_host *host) {
    unsigned count = 0;
    for (const world_socket *socket = host->first_socket; socket != NULL; socket = socket->next) {
        count++;
    }
    return count;
}

const doze_net_request *world_last_request(const world_host *host) {
    return &host->last_request;
}

void world_fail_next(world_host *host, world_op op, doze_result result, int cause, uint32_t times) {
    host->failures[op] = (world_failure){result, cause, times};
}

uint64_t world_calls(const world_host *host, world_op op) {
    return host->calls[op];
}

/* ---- what every call begins with ---- */

static world_host *host_of(doze_net *net) {
    return (world_host *)net;
}

static doze_result fails(doze_net_socket *socket, doze_result result, int cause) {
    socket->cause = cause;
    return result;
}

/* Counts the call; true when it was ordered to fail. */
static bool ordered_to_fail(doze_net *net, world_op op, doze_net_socket *socket, doze_result *result) {
    world_host *host = host_of(net);
    world_failure *failure = &host->failures[op];
    host->calls[op]++;
    if (failure->times == 0) {
        return false;
    }
    failure->times--;
    host->w->activity++;
    *result = fails(socket, failure->result, failure->cause);
    return true;
}

static world_socket *socket_of(doze_net *net, const doze_net_socket *socket) {
    world_socket *found = host_of(net)->first_socket;
    while (found != NULL && found->fd != socket->fd) {
        found = found->next;
    }
    if (found == NULL) {
        world_fail(host_of(net)->w, "world: descriptor %d is not open on this host", socket->fd);
    }
    return found;
}

world_socket *world_find_socket(const world *w, int fd) {
    for (const world_host *host = w->first_host; host != NULL; host = host->next) {
        for (world_socket *socket = host->first_socket; socket != NULL; socket = socket->next) {
            if (socket->fd == fd) {
                return socket;
            }
        }
    }
    return NULL;
}

static world_packet **last_packet(world_socket *socket) {
    world_packet **place = &socket->first_packet;
    while (*place != NULL) {
        place = &(*place)->next;
    }
    return place;
}

static void drop_first_packet(world_socket *socket) {
    world_packet *packet = socket->first_packet;
    socket->first_packet = packet->next;
    free(packet);
}

static void drop_all_packets(world_socket *socket) {
    while (socket->first_packet != NULL) {
        drop_first_packet(socket);
    }
}

/* ---- open and close ---- */

static bool overlap(const doze_endpoint *a, const doze_endpoint *b) {
    return a->family == b->family && a->port == b->port &&
           (world_is_any(a) || world_is_any(b) || doze_same_address(a, b));
}

static bool port_is_taken(const world_host *host, const doze_endpoint *wanted, bool reuse_addr) {
    for (const world_socket *socket = host->first_socket; socket != NULL; socket = socket->next) {
        if (overlap(&socket->bound, wanted) && !(reuse_addr && socket->reuse_addr)) {
            return true;
        }
    }
    return false;
}

static bool pick_port(world_host *host, doze_endpoint *local) {
    uint32_t first = world_dice(host->w, EPHEMERAL_COUNT);
    for (uint32_t i = 0; i < EPHEMERAL_COUNT; i++) {
        local->port = (uint16_t)(EPHEMERAL_FIRST + (first + i) % EPHEMERAL_COUNT);
        if (!port_is_taken(host, local, false)) {
            return true;
        }
    }
    return false;
}

static void remember_request(world_host *host, const doze_net_request *request) {
    const char *name = request->interface_name == NULL ? "" : request->interface_name;
    host->last_request = *request;
    (void)snprintf(host->last_interface, sizeof(host->last_interface), "%s", name);
    host->last_request.interface_name = host->last_interface;
}

static bool interface_exists(const char *name) {
    return name == NULL || name[0] == '\0' || strcmp(name, WORLD_INTERFACE) == 0;
}

static doze_result net_open(doze_net *net, doze_net_socket *socket, doze_net_request *request) {
    world_host *host = host_of(net);
    doze_result result;
    if (ordered_to_fail(net, WORLD_OP_OPEN, socket, &result)) {
        return result;
    }
    if (!interface_exists(request->interface_name)) {
        return fails(socket, DOZE_ERR_ADDRESS_GONE, ENODEV);
    }
    if (!world_is_any(&request->local) && !world_has_address(host, &request->local)) {
        return fails(socket, DOZE_ERR_ADDRESS_GONE, EADDRNOTAVAIL);
    }
    bool free_port = request->local.port == 0 ? pick_port(host, &request->local)
                                              : !port_is_taken(host, &request->local, request->reuse_addr);
    if (!free_port) {
        return fails(socket, DOZE_ERR_PORT_TAKEN, EADDRINUSE);
    }
    world_socket *opened = world_allocate(sizeof(*opened));
    opened->host = host;
    opened->fd = host->w->next_fd++; /* never used again: a stale one is found out */
    opened->bound = opened->local = request->local;
    opened->reuse_addr = request->reuse_addr;
    opened->next = host->first_socket;
    host->first_socket = opened;
    remember_request(host, request);
    *socket = (doze_net_socket){.fd = opened->fd};
    return DOZE_OK;
}

static void net_close(doze_net *net, doze_net_socket *socket) {
    world_socket *closed = socket_of(net, socket);
    world_socket **place = &host_of(net)->first_socket;
    while (*place != closed) {
        place = &(*place)->next;
    }
    *place = closed->next;
    drop_all_packets(closed);
    free(closed);
    socket->fd = -1;
}

/* ---- connect ---- */

static bool pick_source(const world_host *host, const world_socket *socket, uint8_t family, doze_endpoint *source) {
    *source = socket->bound;
    if (!world_is_any(source)) {
        return source->family == family && world_has_address(host, source);
    }
    for (size_t i = 0; i < WORLD_HOST_ADDRESSES; i++) {
        if (host->addresses[i].family == family && family == socket->bound.family) {
            *source = host->addresses[i];
            source->port = socket->bound.port;
            return true;
        }
    }
    return false;
}

/* What came from others before the socket had a peer is not for us. */
static void drop_packets_of_others(world_socket *socket) {
    for (world_packet **place = &socket->first_packet; *place != NULL;) {
        world_packet *packet = *place;
        if (doze_endpoint_equal(&packet->from, &socket->peer)) {
            place = &packet->next;
        } else {
            *place = packet->next;
            free(packet);
        }
    }
}

static doze_result net_connect(doze_net *net, doze_net_socket *socket, const doze_endpoint *peer,
                               doze_endpoint *local) {
    doze_result result;
    if (ordered_to_fail(net, WORLD_OP_CONNECT, socket, &result)) {
        return result;
    }
    world_socket *connected = socket_of(net, socket);
    doze_endpoint source;
    if (!pick_source(host_of(net), connected, peer->family, &source)) {
        return fails(socket, DOZE_ERR_UNREACHABLE, ENETUNREACH);
    }
    connected->peer = *peer;
    connected->local = source;
    connected->refused = false;
    drop_packets_of_others(connected);
    *local = source;
    return DOZE_OK;
}

/* ---- datagrams ---- */

static bool tell_refusal(world_socket *sender) {
    bool refused = sender->refused;
    sender->refused = false;
    return refused;
}

static doze_result net_send(doze_net *net, doze_net_socket *socket, const void *data, size_t size) {
    world_host *host = host_of(net);
    doze_result result;
    if (ordered_to_fail(net, WORLD_OP_SEND, socket, &result)) {
        return result;
    }
    world_socket *sender = socket_of(net, socket);
    if (sender->peer.family == DOZE_FAMILY_ANY) {
        world_fail(host->w, "world: a send on a socket without a peer");
    }
    if (tell_refusal(sender)) {
        return fails(socket, DOZE_ERR_REFUSED, ECONNREFUSED);
    }
    if (size > (sender->peer.family == DOZE_FAMILY_IPV6 ? UDP_IPV6_MAX : UDP_IPV4_MAX)) {
        return fails(socket, DOZE_ERR_TOO_LONG, EMSGSIZE);
    }
    if (!world_has_address(host, &sender->local)) {
        return fails(socket, DOZE_ERR_UNREACHABLE, ENETUNREACH);
    }
    bool translated = host->nat != NULL && host->nat->outside.family == sender->local.family;
    doze_endpoint from = translated ? world_nat_outward(host->nat, &sender->local, &sender->peer) : sender->local;
    world_transmit(host->w, WORLD_UP, &from, &sender->peer, data, size);
    return DOZE_OK;
}

static doze_result net_recv(doze_net *net, doze_net_socket *socket, void *buffer, size_t capacity, size_t *size) {
    doze_result result;
    if (ordered_to_fail(net, WORLD_OP_RECV, socket, &result)) {
        return result;
    }
    world_socket *receiver = socket_of(net, socket);
    if (tell_refusal(receiver)) {
        host_of(net)->w->activity++;
        return fails(socket, DOZE_ERR_REFUSED, ECONNREFUSED);
    }
    const world_packet *packet = receiver->first_packet;
    if (packet == NULL) {
        return DOZE_WOULD_BLOCK;
    }
    host_of(net)->w->activity++;
    *size = packet->size;
    memcpy(buffer, packet->data, packet->size < capacity ? packet->size : capacity);
    result = packet->size > capacity ? fails(socket, DOZE_ERR_TRUNCATED, EMSGSIZE) : DOZE_OK;
    drop_first_packet(receiver);
    return result;
}

static bool takes(const world_socket *socket, const doze_endpoint *from, const doze_endpoint *to) {
    if (socket->peer.family == DOZE_FAMILY_ANY) {
        return overlap(&socket->bound, to);
    }
    return doze_endpoint_equal(&socket->local, to) && doze_endpoint_equal(&socket->peer, from);
}

bool world_host_receive(world_host *host, const doze_endpoint *from, const doze_endpoint *to, const void *data,
                        size_t size) {
    world_socket *socket = host->first_socket;
    while (socket != NULL && !takes(socket, from, to)) {
        socket = socket->next;
    }
    if (socket == NULL) {
        return false;
    }
    if (!socket->deaf) {
        world_packet *packet = world_allocate(sizeof(*packet) + size);
        packet->from = *from;
        packet->size = size;
        if (size > 0) {
            memcpy(packet->data, data, size);
        }
        *last_packet(socket) = packet;
    }
    return true;
}

bool world_host_refused(world_host *host, const doze_endpoint *about, const doze_endpoint *to) {
    for (world_socket *socket = host->first_socket; socket != NULL; socket = socket->next) {
        if (socket->peer.family != DOZE_FAMILY_ANY && takes(socket, about, to)) {
            socket->refused = true; /* a filter does not stop ICMP */
            return true;
        }
    }
    return false;
}

/* ---- the rest ---- */

static doze_result net_deafen(doze_net *net, doze_net_socket *socket) {
    doze_result result;
    if (ordered_to_fail(net, WORLD_OP_DEAFEN, socket, &result)) {
        return result;
    }
    if (!net->ops->can_deafen) {
        return fails(socket, DOZE_ERR_UNSUPPORTED, ENOPROTOOPT);
    }
    world_socket *deafened = socket_of(net, socket);
    deafened->deaf = true;
    drop_all_packets(deafened);
    return DOZE_OK;
}

static doze_result net_undeafen(doze_net *net, doze_net_socket *socket) {
    doze_result result;
    if (ordered_to_fail(net, WORLD_OP_UNDEAFEN, socket, &result)) {
        return result;
    }
    socket_of(net, socket)->deaf = false;
    return DOZE_OK;
}

static doze_result net_path_mtu(doze_net *net, doze_net_socket *socket, uint32_t *mtu) {
    doze_result result;
    if (ordered_to_fail(net, WORLD_OP_PATH_MTU, socket, &result)) {
        return result;
    }
    if (socket_of(net, socket)->peer.family == DOZE_FAMILY_ANY) {
        return fails(socket, DOZE_ERR_IO, ENOTCONN);
    }
    *mtu = host_of(net)->w->link.mtu;
    return DOZE_OK;
}

static bool net_parse(doze_net *net, const char *text, doze_endpoint *out) {
    (void)net;
    doze_endpoint parsed = {.port = out->port, .family = DOZE_FAMILY_IPV4};
    if (inet_pton(AF_INET, text, parsed.address) != 1) {
        parsed.family = DOZE_FAMILY_IPV6;
        if (inet_pton(AF_INET6, text, parsed.address) != 1) {
            return false;
        }
    }
    *out = parsed;
    return true;
}

static bool net_format(doze_net *net, const doze_endpoint *endpoint, char *text, size_t size) {
    (void)net;
    if (endpoint->family == DOZE_FAMILY_ANY) {
        return false;
    }
    int family = endpoint->family == DOZE_FAMILY_IPV6 ? AF_INET6 : AF_INET;
    return inet_ntop(family, endpoint->address, text, (socklen_t)size) != NULL;
}

static const doze_net_ops net_ops = {
    .open = net_open,
    .connect = net_connect,
    .send = net_send,
    .recv = net_recv,
    .deafen = net_deafen,
    .undeafen = net_undeafen,
    .path_mtu = net_path_mtu,
    .close = net_close,
    .parse = net_parse,
    .format = net_format,
    .can_deafen = true,
};

void world_hosts_free(world *w) {
    while (w->first_host != NULL) {
        world_host *host = w->first_host;
        w->first_host = host->next;
        while (host->first_socket != NULL) {
            doze_net_socket socket = {.fd = host->first_socket->fd};
            net_close(&host->net, &socket);
        }
        free(host);
    }
}
