/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L

#include "peer_udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DATAGRAM_MAX = 65535 };

typedef union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} any_address;

static socklen_t to_system(const doze_endpoint *from, any_address *to) {
    memset(to, 0, sizeof(*to));
    if (from->family == DOZE_FAMILY_IPV4) {
        to->v4.sin_family = AF_INET;
        to->v4.sin_port = htons(from->port);
        memcpy(&to->v4.sin_addr, from->address, sizeof(to->v4.sin_addr));
        return sizeof(to->v4);
    }
    to->v6.sin6_family = AF_INET6;
    to->v6.sin6_port = htons(from->port);
    to->v6.sin6_scope_id = from->scope;
    memcpy(&to->v6.sin6_addr, from->address, sizeof(to->v6.sin6_addr));
    return sizeof(to->v6);
}

static void from_system(const any_address *from, doze_endpoint *to) {
    memset(to, 0, sizeof(*to));
    if (from->any.sa_family == AF_INET) {
        to->family = DOZE_FAMILY_IPV4;
        to->port = ntohs(from->v4.sin_port);
        memcpy(to->address, &from->v4.sin_addr, sizeof(from->v4.sin_addr));
    } else {
        to->family = DOZE_FAMILY_IPV6;
        to->port = ntohs(from->v6.sin6_port);
        to->scope = from->v6.sin6_scope_id;
        memcpy(to->address, &from->v6.sin6_addr, sizeof(from->v6.sin6_addr));
    }
}

/* What the host does not take is a datagram lost, as on any network. */
static void send_datagram(void *context, const doze_endpoint *to, const void *data, size_t size) {
    const peer_udp *u = context;
    any_address address;
    socklen_t address_size = to_system(to, &address);
    (void)sendto(u->fd, data, size, 0, &address.any, address_size);
}

static bool read_address(const char *text, doze_endpoint *to) {
    memset(to, 0, sizeof(*to));
    if (inet_pton(AF_INET, text, to->address) == 1) {
        to->family = DOZE_FAMILY_IPV4;
    } else if (inet_pton(AF_INET6, text, to->address) == 1) {
        to->family = DOZE_FAMILY_IPV6;
    } else {
        errno = EINVAL;
        return false;
    }
    return true;
}

static bool open_socket(peer_udp *u, const char *text, uint16_t port) {
    any_address address;
    socklen_t size;
    if (!read_address(text, &u->local)) {
        return false;
    }
    u->local.port = port;
    size = to_system(&u->local, &address);
    u->fd = socket(address.any.sa_family, SOCK_DGRAM, 0);
    if (u->fd < 0 || fcntl(u->fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(u->fd, F_SETFD, FD_CLOEXEC) != 0 ||
        bind(u->fd, &address.any, size) != 0) {
        return false;
    }
    size = sizeof(address);
    if (getsockname(u->fd, &address.any, &size) != 0) {
        return false;
    }
    from_system(&address, &u->local);
    return true;
}

static void close_socket(peer_udp *u) {
    if (u->fd >= 0) {
        (void)close(u->fd);
    }
    u->fd = -1;
}

bool peer_udp_open(peer_udp *u, const peer_settings *settings, const char *address, uint16_t port) {
    peer_settings own = *settings;
    own.send = send_datagram;
    own.send_context = u;
    memset(u, 0, sizeof(*u));
    u->fd = -1;
    if (!open_socket(u, address, port)) {
        u->cause = errno;
        close_socket(u);
        return false;
    }
    if (!peer_init(&u->peer, &own)) {
        close_socket(u);
        return false;
    }
    return true;
}

int peer_udp_fd(const peer_udp *u) {
    return u->fd;
}

uint16_t peer_udp_port(const peer_udp *u) {
    return u->local.port;
}

void peer_udp_pump(peer_udp *u) {
    unsigned char datagram[DATAGRAM_MAX];
    for (;;) {
        any_address address;
        socklen_t address_size = sizeof(address);
        ssize_t size = recvfrom(u->fd, datagram, sizeof(datagram), 0, &address.any, &address_size);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            break;
        }
        doze_endpoint from;
        from_system(&address, &from);
        peer_receive(&u->peer, &from, datagram, (size_t)size);
    }
    peer_tick(&u->peer);
}

void peer_udp_close(peer_udp *u) {
    peer_deinit(&u->peer);
    close_socket(u);
}
