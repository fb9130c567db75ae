/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <poll.h>

#include <cmocka.h>

enum { PATIENCE = 300000 }; /* ms of our time that nothing may outlast */

static const unsigned char key[16] = "0123456789abcde";

scene s;

/* ---- time and datagrams ---- */

static uint64_t now(void *context) {
    (void)context;
    return s.now;
}

static int32_t sooner(int32_t a, int32_t b) {
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

bool scene_traffic(int ms) {
    struct pollfd items[] = {
        {.fd = doze_fd(s.socket), .events = POLLIN},
        {.fd = s.server_stopped ? -1 : peer_udp_fd(&s.server), .events = POLLIN},
    };
    bool any = poll(items, 2, ms) > 0;
    if (!s.server_stopped) {
        peer_udp_pump(&s.server);
    }
    return any;
}

doze_result scene_drive(doze_result result) {
    uint64_t begun = s.now;
    while (result == DOZE_IN_PROGRESS && s.now - begun < PATIENCE) {
        lab_enter(&s.l, LAB_CLIENT); /* a fresh port is a new socket */
        if (!scene_traffic(SCENE_IDLE_MS)) {
            int32_t left =
                sooner(doze_next_timeout(s.socket), s.server_stopped ? -1 : peer_next_timeout(&s.server.peer));
            assert_in_range(left, 0, PATIENCE);
            s.now += (uint64_t)left;
        }
        result = doze_step(s.socket);
    }
    return result;
}

static void expect_exchange(const char *message) {
    char answer[64];
    size_t size = 0;
    tap_forbid(&s.tap, message, strlen(message));
    assert_int_equal(doze_send(s.socket, message, strlen(message)), DOZE_OK);
    doze_result result = DOZE_WOULD_BLOCK;
    for (int waited = 0; result == DOZE_WOULD_BLOCK && waited < SCENE_ANSWER_MS; waited += SCENE_IDLE_MS) {
        scene_traffic(SCENE_IDLE_MS);
        result = doze_recv(s.socket, answer, sizeof(answer), &size);
        if (result == DOZE_WOULD_BLOCK && scene_traffic(0)) {
            waited -= SCENE_IDLE_MS;
        }
    }
    assert_int_equal(result, DOZE_OK);
    assert_int_equal(size, strlen(message));
    assert_memory_equal(answer, message, size);
}

void scene_expect_no_answer(void) {
    char answer[64];
    size_t size = 0;
    assert_int_equal(doze_send(s.socket, "anybody?", 8), DOZE_OK);
    while (scene_traffic(SCENE_IDLE_MS) && doze_recv(s.socket, answer, sizeof(answer), &size) == DOZE_WOULD_BLOCK) {
    }
    assert_int_equal(doze_recv(s.socket, answer, sizeof(answer), &size), DOZE_WOULD_BLOCK);
    s.now += 5000;
}

int64_t scene_option(doze_option which) {
    int64_t value = -1;
    assert_int_equal(doze_get_option(s.socket, which, &value), DOZE_OK);
    return value;
}

/* ---- a scene ---- */

static void start_server(void) {
    const peer_settings settings = {
        .clock = {now, NULL},
        .random = doze_posix_random(),
        .identity = "lab",
        .key = key,
        .key_size = sizeof(key),
        .sessions = PEER_SESSION_CACHE,
        .cid = s.with_cid ? PEER_CID_BYTES : PEER_CID_REFUSE,
    };
    lab_enter(&s.l, LAB_SERVER);
    if (!peer_udp_open(&s.server, &settings, LAB_SERVER_ADDRESS, 0)) {
        fail_msg("server: %s", peer_why(&s.server.peer));
    }
}

static void start_client(void) {
    const doze_dtls_settings dtls = {
        .clock = {now, NULL},
        .random = doze_posix_random(),
        .psk = {.identity = {"lab", 3}, .key = {key, sizeof(key)}},
        .cid = s.with_cid ? DOZE_CID_OFFER_EMPTY : DOZE_CID_OFF,
    };
    lab_enter(&s.l, LAB_CLIENT);
    assert_int_equal(doze_dtls_config_init(&s.config, &dtls), DOZE_OK);
    assert_int_equal(doze_udp_init(&s.udp, &(doze_udp_settings){.net = doze_posix_net()}), DOZE_OK);
    tap_init(&s.tap, &s.udp.socket);
    assert_int_equal(doze_dtls_init(&s.dtls, &s.config, &s.tap.socket), DOZE_OK);
    s.socket = &s.dtls.socket;
    assert_int_equal(scene_drive(doze_connect(s.socket, LAB_SERVER_ADDRESS, peer_udp_port(&s.server))), DOZE_OK);
    assert_int_equal(scene_option(DOZE_OPT_CONNECTION_ID), s.with_cid);
    s.port = doze_local_port(s.socket);
}

void scene_begin_behind(unsigned nat_port, bool with_cid) {
    const lab l = s.l;
    s = (scene){.l = l, .with_cid = with_cid, .now = 1000000};
    assert_true(lab_set_nat_port(&s.l, nat_port));
    start_server();
    start_client();
    expect_exchange("before sleep");
}

void scene_begin(bool with_cid) {
    scene_begin_behind(SCENE_NAT_PORT, with_cid);
}

void scene_end(void) {
    tap_check(&s.tap);
    doze_deinit(s.socket);
    doze_deinit(&s.udp.socket);
    doze_dtls_config_deinit(&s.config);
    if (!s.server_stopped) {
        peer_udp_close(&s.server);
    }
}

void scene_sleep(doze_sleep sleep) {
    assert_int_equal(doze_set_option(s.socket, DOZE_OPT_SLEEP, sleep), DOZE_OK);
    assert_int_equal(tap_shutdown(&s.tap, s.socket), DOZE_OK);
    s.now += 3600 * 1000;
    tap_clear(&s.tap);
}

doze_result scene_wake(void) {
    lab_enter(&s.l, LAB_CLIENT);
    return scene_drive(doze_resume(s.socket));
}

void scene_expect_kept(bool port_kept) {
    assert_int_equal(scene_wake(), DOZE_OK);
    assert_int_equal(scene_option(DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    assert_int_equal(scene_option(DOZE_OPT_CONTEXT_CONTINUED), 1);
    assert_int_equal(scene_option(DOZE_OPT_PORT_KEPT), port_kept);
    assert_int_equal(doze_local_port(s.socket) == s.port, port_kept);
    assert_int_equal(s.tap.count[TAP_UP].datagrams, 0);
}

void scene_expect_answered(unsigned address_moves) {
    expect_exchange("after sleep");
    assert_int_equal(s.tap.count[TAP_UP].datagrams, 1);
    assert_int_equal(s.tap.count[TAP_DOWN].datagrams, 1);
    assert_int_equal(s.server.peer.counters.address_moves, address_moves);
    assert_int_equal(s.server.peer.counters.handshakes_full, 1);
}

void scene_expect_new_context(doze_reason reason) {
    doze_report report;
    assert_int_equal(doze_dtls_get_report(&s.dtls, &report), DOZE_OK);
    assert_int_equal(report.rung, DOZE_RUNG_RESUMED);
    assert_int_equal(report.reason, reason);
    assert_int_equal(doze_send(s.socket, "told first", 10), DOZE_NEW_CONTEXT);
    expect_exchange("in new keys");
    assert_int_equal(s.server.peer.counters.handshakes_resumed, 1);
}
