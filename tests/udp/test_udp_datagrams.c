/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams of a UDP socket: sizes, counters, ICMP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "udp/udp_kit.h"

/* As if the peer had sent it; there is no wait. */
static void peer_sends(udp_kit *k, const void *data, size_t size) {
    doze_endpoints ends;
    doze_get_endpoints(k->socket, &ends);
    assert_true(world_inject(&k->w, &ends.remote, &ends.local, data, size));
}

static void icmp_refuses(udp_kit *k) {
    doze_endpoints ends;
    doze_get_endpoints(k->socket, &ends);
    assert_true(world_inject_refusal(&k->w, &ends.remote, &ends.local));
}

static doze_result receive(udp_kit *k, char *buffer, size_t capacity, size_t *size) {
    return doze_recv(k->socket, buffer, capacity, size);
}

static void one_send_is_one_datagram_and_is_received_whole(void **state) {
    udp_kit *k = *state;
    char buffer[16];
    size_t size = 0;
    udp_kit_connect(k);
    assert_int_equal(doze_send(k->socket, "one", 3), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "three", 5), DOZE_OK);
    world_advance(&k->w, 1000);
    assert_int_equal(k->arrived, 2);
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_int_equal(size, 3);
    assert_memory_equal(buffer, "one", 3);
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_int_equal(size, 5);
    assert_memory_equal(buffer, "three", 5);
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
}

static void a_datagram_longer_than_the_buffer_is_told_and_the_next_is_intact(void **state) {
    udp_kit *k = *state;
    char buffer[5] = "????";
    size_t size = 0;
    udp_kit_connect(k);
    peer_sends(k, "0123456789", 10);
    peer_sends(k, "next", 4);
    assert_int_equal(receive(k, buffer, 4, &size), DOZE_ERR_TRUNCATED);
    assert_int_equal(size, 10);
    assert_string_equal(buffer, "0123");
    assert_int_equal(receive(k, buffer, 4, &size), DOZE_OK);
    assert_int_equal(size, 4);
    assert_string_equal(buffer, "next");
    assert_int_equal(receive(k, buffer, 4, &size), DOZE_WOULD_BLOCK);
    udp_kit_state_is(k, DOZE_STATE_CONNECTED);
}

static void a_datagram_that_just_fits_the_buffer_is_not_truncated(void **state) {
    udp_kit *k = *state;
    char buffer[10];
    size_t size = 0;
    udp_kit_connect(k);
    peer_sends(k, "0123456789", 10);
    assert_int_equal(receive(k, buffer, 10, &size), DOZE_OK);
    assert_int_equal(size, 10);
    peer_sends(k, "0123456789", 10);
    assert_int_equal(receive(k, buffer, 9, &size), DOZE_ERR_TRUNCATED);
    assert_int_equal(size, 10);
}

static void an_empty_datagram_is_received_as_one(void **state) {
    udp_kit *k = *state;
    char buffer[8];
    size_t size = 99;
    udp_kit_connect(k);
    peer_sends(k, "", 0);
    peer_sends(k, "next", 4);
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_int_equal(size, 0);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_DATAGRAMS_RECEIVED), 1);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_BYTES_RECEIVED), 0);
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_int_equal(size, 4);
}

static void nothing_to_send_and_nowhere_to_receive_to_are_refused(void **state) {
    udp_kit *k = *state;
    char buffer[8];
    size_t size = 0;
    udp_kit_connect(k);
    assert_int_equal(doze_send(k->socket, "x", 0), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_send(k->socket, NULL, 1), DOZE_ERR_ARGUMENT);
    peer_sends(k, "kept", 4);
    assert_int_equal(receive(k, NULL, 8, &size), DOZE_ERR_ARGUMENT);
    assert_int_equal(receive(k, buffer, 0, &size), DOZE_ERR_ARGUMENT);
    assert_int_equal(receive(k, buffer, 8, NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(receive(k, buffer, 8, &size), DOZE_OK);
    assert_int_equal(k->arrived, 0);
}

static void a_datagram_that_no_packet_can_carry_is_too_long(void **state) {
    udp_kit *k = *state;
    static const struct {
        const char *host;
        size_t most;
    } rows[] = {{UDP_KIT_SERVER, 65507}, {UDP_KIT_SERVER6, 65527}};
    char *data = test_calloc(1, 70000);
    char *answer = test_malloc(70000);
    for (size_t i = 0; i < 2; i++) {
        size_t size = 0;
        assert_int_equal(doze_connect(k->socket, rows[i].host, UDP_KIT_PORT), DOZE_OK);
        assert_int_equal(doze_send(k->socket, data, 70000), DOZE_ERR_TOO_LONG);
        assert_int_equal(doze_cause(k->socket), EMSGSIZE);
        assert_int_equal(doze_send(k->socket, data, rows[i].most + 1), DOZE_ERR_TOO_LONG);
        assert_int_equal(doze_send(k->socket, data, rows[i].most), DOZE_OK);
        assert_int_equal(world_recv(&k->w, k->socket, answer, 70000, &size, UDP_KIT_PATIENCE), DOZE_OK);
        assert_int_equal(size, rows[i].most);
        doze_close(k->socket);
    }
    test_free(data);
    test_free(answer);
}

static void what_others_send_is_not_read(void **state) {
    udp_kit *k = *state;
    char buffer[8];
    size_t size = 0;
    const doze_endpoint strangers[] = {world_endpoint(UDP_KIT_SECOND, UDP_KIT_PORT),
                                       world_endpoint(UDP_KIT_SERVER, UDP_KIT_OTHER_PORT)};
    const doze_endpoint local = world_endpoint(UDP_KIT_HOST, 40000);
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    assert_true(world_inject(&k->w, &strangers[0], &local, "early", 5));
    udp_kit_connect(k);
    assert_false(world_inject(&k->w, &strangers[0], &local, "late", 4));
    assert_false(world_inject(&k->w, &strangers[1], &local, "late", 4));
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
    udp_kit_exchange(k);
}

static void datagrams_and_bytes_are_counted_through_sleep_and_close(void **state) {
    udp_kit *k = *state;
    char buffer[4];
    size_t size = 0;
    int64_t bytes = 0;
    for (int64_t i = 1; i <= 3; i++) {
        udp_kit_connect(k);
        udp_kit_exchange(k);
        bytes += (int64_t)sizeof("what is asked is answered");
        assert_int_equal(udp_kit_option(k, DOZE_OPT_DATAGRAMS_SENT), i);
        assert_int_equal(udp_kit_option(k, DOZE_OPT_DATAGRAMS_RECEIVED), i);
        assert_int_equal(udp_kit_option(k, DOZE_OPT_BYTES_SENT), bytes);
        assert_int_equal(udp_kit_option(k, DOZE_OPT_BYTES_RECEIVED), bytes);
        assert_int_equal(i == 1 ? doze_shutdown(k->socket) : doze_close(k->socket), DOZE_OK);
    }
    udp_kit_connect(k);
    peer_sends(k, "truncated", 9); /* its true length counts */
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_ERR_TRUNCATED);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_BYTES_RECEIVED), bytes + 9);
    world_fail_next(k->host, WORLD_OP_SEND, DOZE_ERR_BLOCKED, EPERM, 1); /* what is not sent does not */
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_ERR_BLOCKED);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_DATAGRAMS_SENT), 3);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_BYTES_SENT), bytes);
}

/* ---- ICMP ---- */

static void a_refusal_met_by_send_is_counted_and_the_datagram_sent_after_all(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    icmp_refuses(k);
    udp_kit_exchange(k);
    assert_int_equal(k->arrived, 1);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_REFUSALS), 1);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_DATAGRAMS_SENT), 1);
    assert_int_equal(udp_kit_count_events(k, DOZE_EVENT_HINT, DOZE_ERR_REFUSED, ECONNREFUSED), 1);
}

static void a_refusal_that_lasts_is_told_by_send_after_one_retry_and_kills_nothing(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    world_fail_next(k->host, WORLD_OP_SEND, DOZE_ERR_REFUSED, ECONNREFUSED, 2);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_ERR_REFUSED);
    assert_int_equal(world_calls(k->host, WORLD_OP_SEND), 2);
    assert_int_equal(doze_cause(k->socket), ECONNREFUSED);
    udp_kit_state_is(k, DOZE_STATE_CONNECTED);
    udp_kit_exchange(k);
}

static void refusals_met_by_recv_are_hidden_and_counted(void **state) {
    udp_kit *k = *state;
    char buffer[8];
    size_t size = 0;
    udp_kit_connect(k);
    icmp_refuses(k);
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_REFUSALS), 1);
    icmp_refuses(k);
    peer_sends(k, "behind", 6);
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_memory_equal(buffer, "behind", 6);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_REFUSALS), 2);
    assert_int_equal(udp_kit_count_events(k, DOZE_EVENT_HINT, DOZE_ERR_REFUSED, ECONNREFUSED), 2);
    udp_kit_state_is(k, DOZE_STATE_CONNECTED);
}

static void every_refusal_that_recv_meets_is_counted_however_many_there_are(void **state) {
    udp_kit *k = *state;
    char buffer[8];
    size_t size = 0;
    udp_kit_connect(k);
    uint64_t before = world_calls(k->host, WORLD_OP_RECV);
    world_fail_next(k->host, WORLD_OP_RECV, DOZE_ERR_REFUSED, ECONNREFUSED, 100);
    peer_sends(k, "behind", 6);
    doze_result result = DOZE_WOULD_BLOCK;
    for (int calls = 0; result == DOZE_WOULD_BLOCK && calls < 100; calls++) {
        result = receive(k, buffer, sizeof(buffer), &size);
    }
    assert_int_equal(result, DOZE_OK);
    assert_int_equal(world_calls(k->host, WORLD_OP_RECV) - before, 101);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_REFUSALS), 100);
}

static void a_server_that_refuses_and_comes_back_is_talked_to_by_the_same_socket(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    world_set_plug(k->server, WORLD_REFUSING);
    for (int i = 1; i <= 20; i++) {
        assert_int_equal(doze_send(k->socket, "x", 1), DOZE_OK);
        world_advance(&k->w, 1000);
        udp_kit_state_is(k, DOZE_STATE_CONNECTED);
    }
    assert_int_equal(udp_kit_option(k, DOZE_OPT_REFUSALS), 19); /* the last one is not met yet */
    udp_kit_sleep(k);
    udp_kit_resume(k);
    world_set_plug(k->server, WORLD_SERVING);
    udp_kit_exchange(k);
}

static void a_refusal_in_sleep_on_hold_costs_the_next_send_nothing(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    udp_kit_set(k, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    udp_kit_sleep(k);
    icmp_refuses(k);
    udp_kit_resume(k);
    udp_kit_exchange(k);
}

/* ---- two sockets ---- */

static void two_sockets_of_one_host_do_not_mix(void **state) {
    udp_kit *k = *state;
    char buffer[8];
    size_t size = 0;
    doze_udp other;
    udp_kit_another(k, &other);
    udp_kit_connect(k);
    assert_int_equal(doze_connect(&other.socket, UDP_KIT_NAME, UDP_KIT_PORT), DOZE_OK);
    assert_int_not_equal(doze_local_port(&other.socket), doze_local_port(k->socket));
    assert_int_equal(doze_send(&other.socket, "other", 5), DOZE_OK);
    udp_kit_exchange(k);
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
    assert_int_equal(doze_recv(&other.socket, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_memory_equal(buffer, "other", 5);
    udp_kit_sleep(k);
    assert_int_equal(doze_get_state(&other.socket), DOZE_STATE_CONNECTED);
    assert_int_equal(doze_send(&other.socket, "awake", 5), DOZE_OK);
    assert_int_equal(world_recv(&k->w, &other.socket, buffer, sizeof(buffer), &size, UDP_KIT_PATIENCE), DOZE_OK);
    doze_deinit(&other.socket);
    udp_kit_resume(k);
    udp_kit_exchange(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UDP_KIT_TEST(one_send_is_one_datagram_and_is_received_whole),
        UDP_KIT_TEST(a_datagram_longer_than_the_buffer_is_told_and_the_next_is_intact),
        UDP_KIT_TEST(a_datagram_that_just_fits_the_buffer_is_not_truncated),
        UDP_KIT_TEST(an_empty_datagram_is_received_as_one),
        UDP_KIT_TEST(nothing_to_send_and_nowhere_to_receive_to_are_refused),
        UDP_KIT_TEST(a_datagram_that_no_packet_can_carry_is_too_long),
        UDP_KIT_TEST(what_others_send_is_not_read),
        UDP_KIT_TEST(datagrams_and_bytes_are_counted_through_sleep_and_close),
        UDP_KIT_TEST(a_refusal_met_by_send_is_counted_and_the_datagram_sent_after_all),
        UDP_KIT_TEST(a_refusal_that_lasts_is_told_by_send_after_one_retry_and_kills_nothing),
        UDP_KIT_TEST(refusals_met_by_recv_are_hidden_and_counted),
        UDP_KIT_TEST(every_refusal_that_recv_meets_is_counted_however_many_there_are),
        UDP_KIT_TEST(a_server_that_refuses_and_comes_back_is_talked_to_by_the_same_socket),
        UDP_KIT_TEST(a_refusal_in_sleep_on_hold_costs_the_next_send_nothing),
        UDP_KIT_TEST(two_sockets_of_one_host_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
