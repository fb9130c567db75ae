/* SPDX-License-Identifier: Apache-2.0 */
/* Rigs on loopback: they wait with poll(), never for a time, but for a deadline that a good run never meets. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "contract/rig.h"
#include "doze/posix.h"
#include "posix/sockaddr.h"

#define DEADLINE     5000
#define DESCRIPTORS  1024 /* looked at for leaks */
#define DATAGRAM_MAX 65535

static unsigned count_descriptors(void) {
    unsigned count = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        count += fcntl(fd, F_GETFD) != -1;
    }
    return count;
}

/* ---- peers ---- */

/* Its port, or 0. */
static uint16_t open_echo(rig_echo *echo, const doze_endpoint *at) {
    struct sockaddr_storage address;
    socklen_t size = doze_to_sockaddr(at, &address);
    doze_endpoint local = {0};
    echo->fd = socket(address.ss_family, SOCK_DGRAM, 0);
    if (echo->fd < 0 || fcntl(echo->fd, F_SETFL, O_NONBLOCK) != 0 ||
        bind(echo->fd, (const struct sockaddr *)&address, size) != 0) {
        return 0;
    }
    size = sizeof(address);
    return getsockname(echo->fd, (struct sockaddr *)&address, &size) == 0 &&
                   doze_from_sockaddr((const struct sockaddr *)&address, &local)
               ? local.port
               : 0;
}

static void pump_echo(rig_echo *echo) {
    static unsigned char datagram[DATAGRAM_MAX];
    for (;;) {
        struct sockaddr_storage from;
        socklen_t from_size = sizeof(from);
        ssize_t size = recvfrom(echo->fd, datagram, sizeof(datagram), 0, (struct sockaddr *)&from, &from_size);
        if (size < 0) {
            return;
        }
        echo->arrived++;
        (void)sendto(echo->fd, datagram, (size_t)size, 0, (const struct sockaddr *)&from, from_size);
    }
}

static uint16_t open_peer(rig *r, size_t i) {
    r->echoes[i].fd = r->udp_peers[i].fd = -1;
    if (r->kind->layer != RIG_DTLS) {
        doze_endpoint at = {0};
        assert_true(r->net->ops->parse(r->net, r->host, &at));
        return open_echo(&r->echoes[i], &at);
    }
    peer_settings settings = rig_peer_settings(r);
    return peer_udp_open(&r->udp_peers[i], &settings, r->host, 0) ? peer_udp_port(&r->udp_peers[i]) : 0;
}

static void pump(rig *r) {
    for (size_t i = 0; i < RIG_PEERS; i++) {
        if (r->kind->layer == RIG_DTLS) {
            peer_udp_pump(&r->udp_peers[i]);
        } else {
            pump_echo(&r->echoes[i]);
        }
    }
}

/* ---- the network ---- */

static void on_posix_close(rig *r) {
    for (size_t i = 0; i < RIG_PEERS; i++) {
        if (r->udp_peers[i].fd >= 0) {
            peer_udp_close(&r->udp_peers[i]);
        }
        if (r->echoes[i].fd >= 0) {
            close(r->echoes[i].fd);
        }
    }
}

static bool on_posix_open(rig *r) {
    r->descriptors = count_descriptors();
    r->net = doze_posix_net();
    r->port = open_peer(r, 0);
    r->other_port = open_peer(r, 1);
    if (r->port != 0 && r->other_port != 0) {
        return true;
    }
    on_posix_close(r);
    return false;
}

static int sooner(int a, int b) {
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int next_timeout(const rig *r) {
    int timeout = doze_next_timeout(r->socket);
    for (size_t i = 0; i < RIG_PEERS && r->kind->layer == RIG_DTLS; i++) {
        timeout = sooner(timeout, peer_next_timeout(&r->udp_peers[i].peer));
    }
    return timeout;
}

static void on_posix_wait(rig *r) {
    struct pollfd items[1 + RIG_PEERS] = {{.fd = doze_fd(r->socket), .events = POLLIN}};
    for (size_t i = 0; i < RIG_PEERS; i++) {
        bool dtls = r->kind->layer == RIG_DTLS;
        items[1 + i] = (struct pollfd){.fd = dtls ? r->udp_peers[i].fd : r->echoes[i].fd, .events = POLLIN};
    }
    int timeout = next_timeout(r);
    int most = sooner(timeout, DEADLINE);
    if (poll(items, 1 + RIG_PEERS, most) == 0 && most != timeout) {
        fail_msg("nothing happened for %d ms", DEADLINE);
    }
    pump(r);
}

static uint64_t on_posix_arrived(rig *r) {
    uint64_t arrived = 0;
    pump(r);
    for (size_t i = 0; i < RIG_PEERS; i++) {
        arrived += r->echoes[i].arrived + r->udp_peers[i].peer.counters.datagrams_in;
    }
    return arrived;
}

static unsigned on_posix_leaks(rig *r) {
    return count_descriptors() - r->descriptors;
}

static doze_clock on_posix_clock(rig *r) {
    (void)r;
    return doze_posix_clock();
}

static doze_random on_posix_random(rig *r) {
    (void)r;
    return doze_posix_random();
}

const rig_network rig_on_posix = {
    .open = on_posix_open,
    .close = on_posix_close,
    .wait = on_posix_wait,
    .arrived = on_posix_arrived,
    .leaks = on_posix_leaks,
    .clock = on_posix_clock,
    .random = on_posix_random,
};
