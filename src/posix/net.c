/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams over POSIX sockets. A wake is socket, bind, connect, getsockname, send, recv (a thawed one asks for the path's
 * MTU besides): every further system call here is there because something was asked for. */
#define _DEFAULT_SOURCE 1
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doze/posix.h"
#include "posix/host.h"
#include "posix/net_errors.h"
#include "posix/sockaddr.h"

#define PICK_TRIES   16 /* a picked port is free for an instant until it is bound by its number */
#define DRAIN_ERRORS 64 /* pending errors are few: more of them are not pending but lasting */

static doze_result fail(doze_net_socket *sock, doze_net_call call) {
    doze_result result = doze_net_result(call, errno);
    if (result < 0) {
        sock->cause = errno;
    }
    return result;
}

static int bind_to(int fd, const doze_endpoint *local) {
    struct sockaddr_storage address;
    socklen_t size = doze_to_sockaddr(local, &address);
    return bind(fd, (const struct sockaddr *)&address, size);
}

static int get_local(int fd, doze_endpoint *local) {
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        return -1;
    }
    return doze_from_sockaddr((const struct sockaddr *)&address, local) ? 0 : -1;
}

static int set_int(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof(value));
}

static int set_options(int fd, const doze_net_request *request) {
    bool v6 = request->local.family == DOZE_FAMILY_IPV6;
    int traffic_class = request->dscp << 2; /* RFC 2474: the upper six bits */
    if (v6 && set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) {
        return -1;
    }
    if (request->reuse_addr && set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0) {
        return -1;
    }
    if (traffic_class != 0) {
        return v6 ? set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, traffic_class)
                  : set_int(fd, IPPROTO_IP, IP_TOS, traffic_class);
    }
    return 0;
}

static bool wants_interface(const doze_net_request *request) {
    return request->interface_name != NULL && request->interface_name[0] != '\0';
}

/* The interface comes after each dissolving, which forgets it, and before the port, which is free or taken for it. */
static int bind_port(int fd, const doze_net_request *request) {
    if (wants_interface(request) && doze_host_bind_to_interface(fd, request->interface_name) != 0) {
        return -1;
    }
    return bind_to(fd, &request->local);
}

/* Binds a port of the host's choice, by its number, so that it stays when the socket moves to another peer. */
static int bind_picked_port(int fd, doze_net_request *request) {
    const doze_endpoint any_port = request->local;
    for (int i = 0; i < PICK_TRIES; i++) {
        if (bind_to(fd, &any_port) != 0 || get_local(fd, &request->local) != 0 || doze_host_dissolve(fd, false) != 0) {
            return -1;
        }
        if (bind_port(fd, request) == 0) {
            return 0;
        }
        if (errno != EADDRINUSE) {
            return -1;
        }
    }
    return -1;
}

static int bind_any_port(int fd, doze_net_request *request) {
    if (DOZE_HOST_FORGETS_PICKED_PORTS) {
        return bind_picked_port(fd, request);
    }
    return bind_port(fd, request) != 0 ? -1 : get_local(fd, &request->local);
}

static void net_close(doze_net *net, doze_net_socket *sock) {
    (void)net;
    if (sock->fd >= 0) {
        close(sock->fd);
    }
    sock->fd = -1;
    sock->peer = (doze_endpoint){0};
}

static doze_result net_open(doze_net *net, doze_net_socket *sock, doze_net_request *request) {
    bool v6 = request->local.family == DOZE_FAMILY_IPV6;
    *sock = (doze_net_socket){.on_interface = wants_interface(request)};
    sock->fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (sock->fd < 0) {
        return fail(sock, DOZE_NET_SETTING);
    }
    int result = set_options(sock->fd, request);
    if (result == 0) {
        result = request->local.port == 0 ? bind_any_port(sock->fd, request) : bind_port(sock->fd, request);
    }
    if (result != 0) {
        doze_result error = fail(sock, DOZE_NET_SETTING);
        net_close(net, sock);
        return error;
    }
    return DOZE_OK;
}

static int connect_to(int fd, const doze_endpoint *peer) {
    struct sockaddr_storage address;
    socklen_t size = doze_to_sockaddr(peer, &address);
    int result = 0;
    do {
        result = connect(fd, (const struct sockaddr *)&address, size);
    } while (result != 0 && errno == EINTR);
    return result;
}

/* Another peer may need another source address, which a connected socket would not choose anew: the old peer goes
 * first, and comes back when the new one cannot be had. */
static int move_to(const doze_net_socket *sock, const doze_endpoint *peer) {
    if (doze_host_dissolve(sock->fd, sock->on_interface) != 0) {
        return -1;
    }
    int result = connect_to(sock->fd, peer);
    if (result != 0) {
        int error = errno;
        (void)connect_to(sock->fd, &sock->peer);
        errno = error;
    }
    return result;
}

static doze_result net_connect(doze_net *net, doze_net_socket *sock, const doze_endpoint *peer, doze_endpoint *local) {
    (void)net;
    bool connected = sock->peer.family != DOZE_FAMILY_ANY;
    int result = connected ? move_to(sock, peer) : connect_to(sock->fd, peer);
    if (result != 0 || get_local(sock->fd, local) != 0) {
        return fail(sock, DOZE_NET_SENDING);
    }
    sock->peer = *peer;
    sock->peer_checked = false;
    return DOZE_OK;
}

static doze_result net_send(doze_net *net, doze_net_socket *sock, const void *data, size_t size) {
    (void)net;
    ssize_t sent = 0;
    do {
        sent = send(sock->fd, data, size, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? fail(sock, DOZE_NET_SENDING) : DOZE_OK;
}

/* The host completes what the caller left open: the unspecified address means this host, and a link-local one without
 * an interface means the one that the socket was opened for. */
static bool is_from_peer(const doze_endpoint *peer, const struct sockaddr_storage *source) {
    static const uint8_t unspecified[sizeof(peer->address)];
    doze_endpoint from;
    if (!doze_from_sockaddr((const struct sockaddr *)source, &from)) {
        return false;
    }
    if (doze_endpoint_equal(&from, peer)) {
        return true;
    }
    if (peer->scope == 0) {
        from.scope = 0;
    }
    if (memcmp(peer->address, unspecified, sizeof(unspecified)) == 0) {
        memset(from.address, 0, sizeof(from.address));
    }
    return doze_endpoint_equal(&from, peer);
}

/* What strangers sent before the peer was fixed may still be queued; since then the kernel keeps them away. */
static ssize_t recv_of_peer(doze_net_socket *sock, void *buffer, size_t capacity) {
    struct sockaddr_storage source;
    ssize_t got = 0;
    source.ss_family = AF_UNSPEC;
    do {
        got = doze_host_recv_from(sock->fd, buffer, capacity, &source);
    } while (got >= 0 && !is_from_peer(&sock->peer, &source));
    sock->peer_checked = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK); /* all of that was read */
    return got;
}

static doze_result net_recv(doze_net *net, doze_net_socket *sock, void *buffer, size_t capacity, size_t *size) {
    (void)net;
    ssize_t got = 0;
    do {
        got = sock->peer_checked ? doze_host_recv(sock->fd, buffer, capacity) : recv_of_peer(sock, buffer, capacity);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return fail(sock, DOZE_NET_RECEIVING);
    }
    *size = (size_t)got;
    if (*size <= capacity) {
        return DOZE_OK;
    }
    sock->cause = EMSGSIZE;
    return DOZE_ERR_TRUNCATED;
}

/* Nothing more can arrive, so this ends: after as many datagrams and pending errors as there are. */
static int drain(int fd) {
    char byte = 0;
    int errors = 0;
    while (errors < DRAIN_ERRORS) {
        if (recv(fd, &byte, sizeof(byte), 0) >= 0) {
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return 0;
        }
        errors++;
    }
    return -1;
}

static doze_result net_deafen(doze_net *net, doze_net_socket *sock) {
    (void)net;
    if (doze_host_deafen(sock->fd) != 0) {
        return fail(sock, DOZE_NET_SETTING);
    }
    if (drain(sock->fd) != 0) {
        doze_result error = fail(sock, DOZE_NET_SETTING);
        (void)doze_host_undeafen(sock->fd);
        return error;
    }
    return DOZE_OK;
}

static doze_result net_undeafen(doze_net *net, doze_net_socket *sock) {
    (void)net;
    return doze_host_undeafen(sock->fd) != 0 ? fail(sock, DOZE_NET_SETTING) : DOZE_OK;
}

static doze_result net_path_mtu(doze_net *net, doze_net_socket *sock, uint32_t *mtu) {
    (void)net;
    return doze_host_path_mtu(sock->fd, mtu) != 0 ? fail(sock, DOZE_NET_SETTING) : DOZE_OK;
}

/* An interface's name or its number (RFC 4007 section 11.2); 0: there is no such interface. */
static uint32_t parse_scope(const char *text) {
    uint32_t scope = if_nametoindex(text);
    if (scope != 0 || text[0] < '0' || text[0] > '9') {
        return scope;
    }
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    return *end == '\0' && errno == 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

static bool parse_v6(const char *text, doze_endpoint *out) {
    char bare[INET6_ADDRSTRLEN];
    struct in6_addr address;
    size_t length = strcspn(text, "%");
    if (length >= sizeof(bare)) {
        return false;
    }
    memcpy(bare, text, length);
    bare[length] = '\0';
    if (inet_pton(AF_INET6, bare, &address) != 1) {
        return false;
    }
    uint32_t scope = 0;
    if (text[length] == '%') {
        scope = IN6_IS_ADDR_LINKLOCAL(&address) ? parse_scope(text + length + 1) : 0;
        if (scope == 0) {
            return false;
        }
    }
    out->family = DOZE_FAMILY_IPV6;
    out->scope = scope;
    memcpy(out->address, &address, sizeof(out->address));
    return true;
}

static bool net_parse(doze_net *net, const char *text, doze_endpoint *out) {
    (void)net;
    struct in_addr v4;
    if (inet_pton(AF_INET, text, &v4) != 1) {
        return parse_v6(text, out);
    }
    out->family = DOZE_FAMILY_IPV4;
    out->scope = 0;
    memset(out->address, 0, sizeof(out->address));
    memcpy(out->address, &v4, sizeof(v4));
    return true;
}

/* An interface that is gone is written by its number. */
static bool append_scope(char *text, size_t size, uint32_t scope) {
    char name[IF_NAMESIZE];
    size_t length = strlen(text);
    int added = if_indextoname(scope, name) != NULL ? snprintf(text + length, size - length, "%%%s", name)
                                                    : snprintf(text + length, size - length, "%%%u", (unsigned)scope);
    return added > 0 && (size_t)added < size - length;
}

static bool net_format(doze_net *net, const doze_endpoint *endpoint, char *text, size_t size) {
    (void)net;
    if (endpoint->family != DOZE_FAMILY_IPV4 && endpoint->family != DOZE_FAMILY_IPV6) {
        return false;
    }
    int family = endpoint->family == DOZE_FAMILY_IPV4 ? AF_INET : AF_INET6;
    if (inet_ntop(family, endpoint->address, text, (socklen_t)size) == NULL) {
        return false;
    }
    return endpoint->scope == 0 || append_scope(text, size, endpoint->scope);
}

doze_net *doze_posix_net(void) {
    static const doze_net_ops ops = {
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
        .can_deafen = DOZE_HOST_HOLDS,
    };
    static doze_net net = {.ops = &ops};
    return &net;
}
