/* SPDX-License-Identifier: Apache-2.0 */
/* Anjay Lite 3.0.0 over DTLS: the receiver off, and what its core sees of the wake ladder. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lite.h"

enum { MTU_SURE = 478 };

/* The server has forgotten everybody, and the next send finds out. */
static void lose_association(lite *l) {
    assert_true(peer_restart(&l->far.dtls.peer, true));
    assert_int_equal(doze_dtls_no_answer(doze_anjay_lite_dtls(l->ctx)), DOZE_OK);
}

/* ---- the receiver off ---- */

static void sleep_is_silent_and_reads_connected(void **state) {
    lite *l = lite_connected(state, NULL);
    int32_t mtu = 0;
    lite_fall_asleep(l);
    lite_fall_asleep(l);
    assert_int_equal(doze_fd(doze_anjay_lite_socket(l->ctx)), -1);
    assert_int_equal(lite_state(l), ANJ_NET_SOCKET_STATE_CONNECTED);
    assert_int_equal(anj_dtls_get_inner_mtu(l->ctx, &mtu), ANJ_NET_OK);
    assert_int_equal(mtu, MTU_SURE);
}

static void fifty_wakes_cost_no_handshake_and_keep_the_port(void **state) {
    lite *l = lite_connected(state, &(far_end_order){.no_cid = true});
    uint16_t port = lite_port(l);
    for (int i = 0; i < 50; i++) {
        unsigned before = l->far.dtls.peer.counters.datagrams_in;
        lite_fall_asleep(l);
        lite_exchange(l, "Update");
        assert_int_equal(lite_port(l), port);
        assert_int_equal(l->far.dtls.peer.counters.datagrams_in, before + 1);
    }
    assert_int_equal(lite_handshakes(l), 1);
}

static void a_recv_wakes_too(void **state) {
    lite *l = lite_connected(state, NULL);
    uint8_t byte;
    size_t size = 0;
    uint16_t port = lite_port(l);
    lite_fall_asleep(l);
    assert_int_equal(anj_dtls_recv(l->ctx, &size, &byte, sizeof(byte)), ANJ_NET_EAGAIN);
    assert_int_equal(lite_port(l), port);
    assert_true(doze_fd(doze_anjay_lite_socket(l->ctx)) >= 0);
    assert_int_equal(lite_handshakes(l), 1);
}

static void with_a_connection_id_a_lost_port_costs_nothing(void **state) {
    lite *l = lite_connected(state, NULL);
    doze_udp thief;
    uint16_t port = lite_port(l);
    lite_fall_asleep(l);
    far_end_take_port(&thief, port);
    lite_exchange(l, "Update");
    assert_int_not_equal(lite_port(l), port);
    assert_int_equal(lite_handshakes(l), 1);
    doze_deinit(&thief.socket);
}

static void frozen_sleep_can_be_asked_for(void **state) {
    lite *l = lite_connected(state, NULL);
    uint8_t memory[DOZE_IMAGE_MAX];
    doze_dtls *dtls = doze_anjay_lite_dtls(l->ctx);
    assert_int_equal(doze_dtls_set_freezer(dtls, memory, sizeof(memory)), DOZE_OK);
    lite_fall_asleep(l);
    assert_true(lite_option(l, DOZE_OPT_FROZEN_SIZE) > 0);
    lite_exchange(l, "Update");
    assert_int_equal(lite_option(l, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    doze_dtls_set_freezer(dtls, NULL, 0);
}

/* ---- new contexts ---- */

static void a_send_that_climbs_to_a_new_context_makes_the_client_register(void **state) {
    lite *l = lite_connected(state, NULL);
    size_t sent = 1;
    lose_association(l);
    assert_int_equal(anj_dtls_send(l->ctx, &sent, (const uint8_t *)"Update", 6), ANJ_NET_EINPROGRESS);
    assert_int_equal(sent, 0);
    assert_int_equal(lite_state(l), ANJ_NET_SOCKET_STATE_CONNECTED);
    assert_int_equal(lite_send(l, "Update"), DOZE_ANJAY_LITE_NEW_CONTEXT);
    assert_int_equal(peer_newest(&l->far.dtls.peer)->messages_received, 0);
    lite_register_again(l);
}

static void a_send_that_wakes_to_a_new_context_makes_the_client_register(void **state) {
    lite *l = lite_connected(state, &(far_end_order){.no_cid = true});
    doze_udp thief;
    uint16_t port = lite_port(l);
    lite_fall_asleep(l);
    far_end_take_port(&thief, port);
    assert_int_equal(lite_send(l, "Update"), DOZE_ANJAY_LITE_NEW_CONTEXT);
    assert_int_equal(lite_handshakes(l), 2);
    doze_deinit(&thief.socket);
    lite_register_again(l);
}

static void a_recv_that_wakes_to_a_new_context_makes_the_client_register(void **state) {
    lite *l = lite_connected(state, &(far_end_order){.no_cid = true});
    doze_udp thief;
    char buffer[16];
    size_t size = 1;
    uint16_t port = lite_port(l);
    lite_fall_asleep(l);
    far_end_take_port(&thief, port);
    assert_int_equal(lite_recv(l, buffer, sizeof(buffer), &size), DOZE_ANJAY_LITE_NEW_CONTEXT);
    assert_int_equal(size, 0);
    doze_deinit(&thief.socket);
    lite_register_again(l);
}

static void after_a_connect_a_new_context_is_no_news(void **state) {
    lite *l = lite_connected(state, &(far_end_order){.no_cid = true});
    doze_udp thief;
    uint16_t port = lite_port(l);
    assert_int_equal(anj_dtls_close(l->ctx), ANJ_NET_OK);
    far_end_take_port(&thief, port);
    assert_int_equal(lite_connect(l), ANJ_NET_OK);
    assert_int_equal(lite_handshakes(l), 2);
    lite_exchange(l, "Register");
    doze_deinit(&thief.socket);
}

static void the_servers_goodbye_is_an_error_and_the_next_connect_resumes(void **state) {
    lite *l = lite_connected(state, NULL);
    char buffer[16];
    size_t size = 1;
    assert_int_equal(peer_close(&l->far.dtls.peer, peer_newest(&l->far.dtls.peer)), 0);
    assert_int_equal(lite_recv(l, buffer, sizeof(buffer), &size), DOZE_ERR_CLOSED_BY_PEER);
    assert_int_equal(lite_send(l, "Update"), DOZE_ERR_CLOSED_BY_PEER);
    assert_int_equal(anj_dtls_close(l->ctx), ANJ_NET_OK);
    assert_int_equal(lite_connect(l), ANJ_NET_OK);
    assert_int_equal(lite_option(l, DOZE_OPT_SESSION_RESUMED), 1);
    lite_exchange(l, "Register");
}

/* ---- climbs that fail ---- */

static void a_climb_that_fails_is_an_error_and_costs_no_association(void **state) {
    lite *l = lite_connected(state, NULL);
    lite_be_impatient(l);
    assert_int_equal(doze_dtls_no_answer(doze_anjay_lite_dtls(l->ctx)), DOZE_OK);
    l->far.dtls.peer.behaviour.deaf = true;
    assert_int_equal(lite_send(l, "Update"), DOZE_ERR_TIMEOUT);
    l->far.dtls.peer.behaviour.deaf = false;
    lite_register_again(l);
    assert_int_equal(lite_handshakes(l), 1);
}

static void a_climb_can_be_cut_short(void **state) {
    lite *l = lite_connected(state, NULL);
    size_t sent = 1;
    for (int with_sleep = 0; with_sleep < 2; with_sleep++) {
        assert_int_equal(doze_dtls_no_answer(doze_anjay_lite_dtls(l->ctx)), DOZE_OK);
        assert_int_equal(anj_dtls_send(l->ctx, &sent, (const uint8_t *)"Update", 6), ANJ_NET_EINPROGRESS);
        if (with_sleep) {
            assert_int_equal(anj_dtls_queue_mode_rx_off(l->ctx), ANJ_NET_OK);
            assert_int_equal(lite_state(l), ANJ_NET_SOCKET_STATE_CONNECTED);
            lite_exchange(l, "Update");
        } else {
            lite_register_again(l);
        }
    }
    assert_int_equal(lite_handshakes(l), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lite_set_up, lite_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(sleep_is_silent_and_reads_connected),
        TEST(fifty_wakes_cost_no_handshake_and_keep_the_port),
        TEST(a_recv_wakes_too),
        TEST(with_a_connection_id_a_lost_port_costs_nothing),
        TEST(frozen_sleep_can_be_asked_for),
        TEST(a_send_that_climbs_to_a_new_context_makes_the_client_register),
        TEST(a_send_that_wakes_to_a_new_context_makes_the_client_register),
        TEST(a_recv_that_wakes_to_a_new_context_makes_the_client_register),
        TEST(after_a_connect_a_new_context_is_no_news),
        TEST(the_servers_goodbye_is_an_error_and_the_next_connect_resumes),
        TEST(a_climb_that_fails_is_an_error_and_costs_no_association),
        TEST(a_climb_can_be_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
