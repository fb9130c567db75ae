/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <arpa/inet.h>
#include <unistd.h>

enum { DATAGRAM_MAX = 65535, BURST = 64 };

/* ---- sockets ---- */

static void close_socket(int fd) {
    int cause = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    errno = cause;
}

static int open_socket(int family) {
    int fd = socket(family, SOCK_DGRAM, 0);
    if (fd >= 0 && (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)) {
        close_socket(fd);
        return -1;
    }
    return fd;
}

/* 0 when the host does not tell. */
static uint16_t port_of(int fd) {
    struct sockaddr_storage local = {0};
    socklen_t size = sizeof(local);
    if (getsockname(fd, (struct sockaddr *)&local, &size) != 0) {
        return 0;
    }
    return ntohs(local.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&local)->sin6_port
                                             : ((const struct sockaddr_in *)&local)->sin_port);
}

int relay_open_socket(uint32_t host, uint16_t port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(host), .sin_port = htons(port)};
    int fd = open_socket(AF_INET);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0) {
        close_socket(fd);
        return -1;
    }
    return fd;
}

static int open_outside(const address *server) {
    int fd = open_socket(server->bytes.ss_family);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&server->bytes, server->size) != 0) {
        close_socket(fd);
        return -1;
    }
    return fd;
}

bool relay_open(relay *r, const address *server) {
    *r = (relay){.left = -1, .outside = -1, .inside_host = INADDR_LOOPBACK, .server = *server};
    r->inside = relay_open_socket(r->inside_host, 0);
    if (r->inside < 0) {
        return false;
    }
    r->inside_port = port_of(r->inside);
    if (!relay_rebind(r)) {
        close_socket(r->inside);
        r->inside = -1;
        return false;
    }
    return true;
}

bool relay_rebind(relay *r) {
    int fd = open_outside(&r->server);
    if (fd < 0) {
        return false;
    }
    close_socket(r->outside); /* only now, so that the new one cannot get the same port */
    r->outside = fd;
    return true;
}

bool relay_move(relay *r) {
    int fd = relay_open_socket(r->inside_host + 1, r->inside_port);
    if (fd < 0 || !relay_rebind(r)) {
        close_socket(fd);
        return false;
    }
    r->left = r->inside; /* open for as long as the relay, so that nobody else answers there */
    r->inside = fd;
    r->inside_host++;
    return true;
}

void relay_close(relay *r) {
    close_socket(r->inside);
    close_socket(r->left);
    close_socket(r->outside);
    r->inside = r->left = r->outside = -1;
}

/* ---- datagrams ---- */

/* A refusal speaks of an earlier datagram, but this one was not sent then: once more. */
static void send_up(relay *r, const void *data, size_t size) {
    if (send(r->outside, data, size, 0) < 0 && errno == ECONNREFUSED) {
        r->refused = true;
        (void)send(r->outside, data, size, 0);
    }
}

static bool is_another(const relay *r, const struct sockaddr_in *from) {
    return r->client_port != 0 &&
           (from->sin_port != r->client.sin_port || from->sin_addr.s_addr != r->client.sin_addr.s_addr);
}

static bool forward_up(relay *r) {
    unsigned char data[DATAGRAM_MAX];
    struct sockaddr_in from;
    socklen_t from_size = sizeof(from);
    ssize_t size = recvfrom(r->inside, data, sizeof(data), 0, (struct sockaddr *)&from, &from_size);
    if (size < 0) {
        return errno == EINTR;
    }
    tally_count(&r->tally, UP, data, (size_t)size);
    if (is_another(r, &from) && !relay_rebind(r)) {
        return true; /* a NAT box without a free port drops it */
    }
    r->client = from;
    r->client_port = ntohs(from.sin_port);
    send_up(r, data, (size_t)size);
    return true;
}

static bool forward_down(relay *r) {
    unsigned char data[DATAGRAM_MAX];
    ssize_t size = recv(r->outside, data, sizeof(data), 0);
    if (size < 0) {
        r->refused = r->refused || errno == ECONNREFUSED;
        return errno == EINTR || errno == ECONNREFUSED;
    }
    tally_count(&r->tally, DOWN, data, (size_t)size);
    (void)sendto(r->inside, data, (size_t)size, 0, (const struct sockaddr *)&r->client, sizeof(r->client));
    return true;
}

void relay_pump(relay *r) {
    for (int i = 0; i < BURST && forward_up(r); i++) {
    }
    for (int i = 0; i < BURST && forward_down(r); i++) {
    }
}
