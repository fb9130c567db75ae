/* SPDX-License-Identifier: Apache-2.0 */
/* Anjay Lite 3.0.0 over DTLS: how connections begin, what they carry, how they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lite.h"

enum { MTU_SURE = 478 };

/* ---- CLOSED and the first connect ---- */

static void a_new_context_is_closed_and_carries_no_traffic(void **state) {
    lite *l = lite_begin(state, NULL);
    uint8_t byte = 0;
    size_t size = 1;
    int32_t mtu = 0;
    assert_int_equal(lite_state(l), ANJ_NET_SOCKET_STATE_CLOSED);
    assert_int_equal(lite_send(l, "too early"), DOZE_ERR_STATE);
    assert_int_equal(anj_dtls_recv(l->ctx, &size, &byte, sizeof(byte)), DOZE_ERR_STATE);
    assert_int_equal(size, 0);
    assert_int_equal(anj_dtls_get_inner_mtu(l->ctx, &mtu), ANJ_NET_OK);
    assert_int_equal(mtu, MTU_SURE);
    assert_int_equal(anj_dtls_queue_mode_rx_off(l->ctx), ANJ_NET_OK);
    assert_int_equal(anj_dtls_close(l->ctx), ANJ_NET_OK);
    assert_int_equal(lite_state(l), ANJ_NET_SOCKET_STATE_CLOSED);
}

static void a_handshake_is_repeated_until_it_is_done(void **state) {
    lite *l = lite_begin(state, NULL);
    uint8_t byte = 0;
    size_t size = 1;
    assert_int_equal(anj_dtls_connect(l->ctx, FAR_END_HOST, l->far.dtls_port), ANJ_NET_EINPROGRESS);
    assert_int_equal(lite_state(l), ANJ_NET_SOCKET_STATE_CLOSED);
    assert_int_equal(anj_dtls_send(l->ctx, &size, &byte, sizeof(byte)), ANJ_NET_EINPROGRESS);
    assert_int_equal(size, 0);
    assert_int_equal(anj_dtls_recv(l->ctx, &size, &byte, sizeof(byte)), ANJ_NET_EINPROGRESS);
    assert_int_equal(anj_dtls_queue_mode_rx_off(l->ctx), ANJ_NET_OK);
    assert_int_equal(lite_connect(l), ANJ_NET_OK);
    assert_int_equal(lite_state(l), ANJ_NET_SOCKET_STATE_CONNECTED);
    assert_int_equal(anj_dtls_connect(l->ctx, FAR_END_HOST, l->far.dtls_port), ANJ_NET_OK);
    assert_int_equal(lite_handshakes(l), 1);
    lite_exchange(l, "hello");
}

static void a_handshake_that_is_given_up_leads_to_closed(void **state) {
    lite *l = lite_begin(state, NULL);
    assert_int_equal(anj_dtls_connect(l->ctx, FAR_END_HOST, l->far.dtls_port), ANJ_NET_EINPROGRESS);
    assert_int_equal(anj_dtls_close(l->ctx), ANJ_NET_OK);
    assert_int_equal(lite_state(l), ANJ_NET_SOCKET_STATE_CLOSED);
    assert_int_equal(lite_connect(l), ANJ_NET_OK);
}

static void another_server_asked_for_amid_a_handshake_is_the_one_connected_to(void **state) {
    lite *l = lite_begin(state, NULL);
    far_end first;
    far_end_start(&first, NULL);
    assert_int_equal(anj_dtls_connect(l->ctx, FAR_END_HOST, first.dtls_port), ANJ_NET_EINPROGRESS);
    assert_int_equal(lite_connect(l), ANJ_NET_OK);
    lite_exchange(l, "hello");
    far_end_stop(&first);
}

static void a_server_that_does_not_answer_is_an_error(void **state) {
    lite *l = lite_begin(state, NULL);
    lite_be_impatient(l);
    l->far.dtls.peer.behaviour.deaf = true;
    assert_int_equal(lite_connect(l), DOZE_ERR_TIMEOUT);
    assert_int_equal(lite_state(l), ANJ_NET_SOCKET_STATE_CLOSED);
}

static void a_wrong_key_is_an_error(void **state) {
    lite *l = lite_begin(state, NULL);
    lite_be_impatient(l);
    l->far.dtls.peer.behaviour.wrong_psk = true;
    assert_true(lite_connect(l) < 0);
    assert_int_equal(lite_state(l), ANJ_NET_SOCKET_STATE_CLOSED);
}

/* ---- CONNECTED ---- */

static void a_message_longer_than_the_buffer_is_told_and_gone(void **state) {
    lite *l = lite_connected(state, NULL);
    char buffer[4];
    size_t size = 0;
    assert_int_equal(lite_send(l, "longer"), ANJ_NET_OK);
    assert_int_equal(lite_recv(l, buffer, sizeof(buffer), &size), ANJ_NET_EMSGSIZE);
    assert_int_equal(size, sizeof(buffer));
    lite_exchange(l, "next");
}

static void a_message_that_no_record_can_carry_is_told(void **state) {
    static uint8_t large[70000];
    lite *l = lite_connected(state, NULL);
    size_t sent = 1;
    assert_int_equal(anj_dtls_send(l->ctx, &sent, large, sizeof(large)), ANJ_NET_EMSGSIZE);
    assert_int_equal(anj_dtls_send(l->ctx, &sent, large, 60000), ANJ_NET_EMSGSIZE);
    assert_int_equal(sent, 0);
    lite_exchange(l, "the socket lives");
}

static void the_mtu_is_what_a_record_carries(void **state) {
    lite *l = lite_connected(state, NULL);
    int32_t mtu = 0;
    assert_int_equal(anj_dtls_get_inner_mtu(l->ctx, &mtu), ANJ_NET_OK);
    assert_int_equal(mtu, lite_option(l, DOZE_OPT_PAYLOAD_MTU));
    assert_true(mtu > MTU_SURE);
}

/* ---- the end ---- */

static void close_is_silent_and_the_next_connect_goes_on(void **state) {
    lite *l = lite_connected(state, &(far_end_order){.no_cid = true});
    uint16_t port = lite_port(l);
    unsigned before = l->far.dtls.peer.counters.datagrams_in;
    assert_int_equal(anj_dtls_close(l->ctx), ANJ_NET_OK);
    assert_int_equal(lite_state(l), ANJ_NET_SOCKET_STATE_CLOSED);
    assert_int_equal(lite_send(l, "closed"), DOZE_ERR_STATE);
    assert_int_equal(lite_connect(l), ANJ_NET_OK);
    far_end_serve(&l->far);
    assert_int_equal(l->far.dtls.peer.counters.datagrams_in, before);
    assert_int_equal(lite_port(l), port);
    lite_exchange(l, "Register");
    assert_int_equal(lite_handshakes(l), 1);
}

static unsigned goodbyes_after_cleanup(lite *l) {
    assert_int_equal(anj_dtls_cleanup_ctx(&l->ctx), ANJ_NET_OK);
    assert_null(l->ctx);
    far_end_serve(&l->far);
    return l->far.dtls.peer.counters.close_notifies;
}

static void cleanup_says_goodbye(void **state) {
    lite *l = lite_connected(state, NULL);
    assert_int_equal(goodbyes_after_cleanup(l), 1);
    assert_int_equal(anj_dtls_cleanup_ctx(&l->ctx), DOZE_ERR_ARGUMENT);
}

static void cleanup_wakes_to_say_goodbye(void **state) {
    lite *l = lite_connected(state, &(far_end_order){.no_cid = true});
    lite_fall_asleep(l);
    assert_int_equal(goodbyes_after_cleanup(l), 1);
}

static void cleanup_makes_no_handshake_to_say_goodbye(void **state) {
    lite *l = lite_connected(state, &(far_end_order){.no_cid = true});
    doze_udp thief;
    uint16_t port = lite_port(l);
    unsigned before = l->far.dtls.peer.counters.datagrams_in;
    lite_fall_asleep(l);
    far_end_take_port(&thief, port);
    assert_int_equal(goodbyes_after_cleanup(l), 0);
    assert_int_equal(l->far.dtls.peer.counters.datagrams_in, before);
    doze_deinit(&thief.socket);
}

static void cleanup_of_what_was_closed_is_silent(void **state) {
    lite *l = lite_connected(state, NULL);
    assert_int_equal(anj_dtls_close(l->ctx), ANJ_NET_OK);
    assert_int_equal(goodbyes_after_cleanup(l), 0);
}

static void cleanup_amid_a_handshake_leaves_nothing(void **state) {
    lite *l = lite_begin(state, NULL);
    assert_int_equal(anj_dtls_connect(l->ctx, FAR_END_HOST, l->far.dtls_port), ANJ_NET_EINPROGRESS);
    assert_int_equal(goodbyes_after_cleanup(l), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lite_set_up, lite_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_new_context_is_closed_and_carries_no_traffic),
        TEST(a_handshake_is_repeated_until_it_is_done),
        TEST(a_handshake_that_is_given_up_leads_to_closed),
        TEST(another_server_asked_for_amid_a_handshake_is_the_one_connected_to),
        TEST(a_server_that_does_not_answer_is_an_error),
        TEST(a_wrong_key_is_an_error),
        TEST(a_message_longer_than_the_buffer_is_told_and_gone),
        TEST(a_message_that_no_record_can_carry_is_told),
        TEST(the_mtu_is_what_a_record_carries),
        TEST(close_is_silent_and_the_next_connect_goes_on),
        TEST(cleanup_says_goodbye),
        TEST(cleanup_wakes_to_say_goodbye),
        TEST(cleanup_makes_no_handshake_to_say_goodbye),
        TEST(cleanup_of_what_was_closed_is_silent),
        TEST(cleanup_amid_a_handshake_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
