/* SPDX-License-Identifier: Apache-2.0 */
/* Rigs on the simulated network: time passes when they wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "contract/rig.h"

#define PORT       5684
#define OTHER_PORT 5685
#define SOON       1000 /* ms, longer than anything is under way */

static void on_failure(const char *message) {
    fail_msg("%s", message);
}

static void receive(void *context, const doze_endpoint *from, const void *data, size_t size) {
    rig_echo *echo = context;
    echo->arrived++;
    world_server_send(echo->server, from, data, size);
}

static void open_peer(rig *r, size_t i, uint16_t port) {
    rig_echo *echo = &r->echoes[i];
    if (r->kind->layer == RIG_DTLS) {
        peer_settings settings = rig_peer_settings(r);
        assert_true(peer_world_open(&r->world_peers[i], &r->w, &settings, r->host, port));
    } else {
        const world_service service = {.receive = receive, .context = echo};
        echo->server = world_serve(&r->w, r->host, port, &service);
    }
}

static bool in_world_open(rig *r) {
    world_init(&r->w, 0);
    r->w.on_failure = on_failure;
    r->home = world_add_host(&r->w, r->kind->own);
    r->net = world_host_net(r->home);
    r->port = PORT;
    r->other_port = OTHER_PORT;
    open_peer(r, 0, r->port);
    open_peer(r, 1, r->other_port);
    return true;
}

static void in_world_close(rig *r) {
    for (size_t i = 0; i < RIG_PEERS && r->kind->layer == RIG_DTLS; i++) {
        peer_world_close(&r->world_peers[i]);
    }
    r->w.on_failure = NULL;
    if (world_leaks(&r->w) == 0) {
        world_deinit(&r->w);
    }
}

static void in_world_wait(rig *r) {
    int32_t timer = doze_next_timeout(r->socket);
    if (timer == 0 || world_readable(&r->w, doze_fd(r->socket))) {
        return;
    }
    int64_t network = world_next(&r->w);
    int64_t pause = timer < 0 || (network >= 0 && network < timer) ? network : timer;
    if (pause < 0) {
        fail_msg("nothing will ever happen");
    }
    world_advance(&r->w, (uint64_t)pause);
}

static uint64_t in_world_arrived(rig *r) {
    uint64_t arrived = 0;
    world_advance(&r->w, SOON);
    for (size_t i = 0; i < RIG_PEERS; i++) {
        arrived += r->echoes[i].arrived + r->world_peers[i].peer.counters.datagrams_in;
    }
    return arrived;
}

static unsigned in_world_leaks(rig *r) {
    return world_leaks(&r->w);
}

static doze_clock in_world_clock(rig *r) {
    return world_clock(&r->w);
}

static doze_random in_world_random(rig *r) {
    return world_random(&r->w);
}

const rig_network rig_in_world = {
    .open = in_world_open,
    .close = in_world_close,
    .wait = in_world_wait,
    .arrived = in_world_arrived,
    .leaks = in_world_leaks,
    .clock = in_world_clock,
    .random = in_world_random,
};
