/* SPDX-License-Identifier: Apache-2.0 */
/* Anjay Lite 3.0.0 over UDP: every function in every state. */
#define _DEFAULT_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

#include <anj/compat/net/anj_net_api.h>
#include <anj/compat/net/anj_udp.h>

#include <cmocka.h>

#include "doze/anjay_lite.h"
#include "far_end.h"

enum { MTU_SURE = 548 };

typedef struct udp_test {
    far_end far;
    anj_net_ctx_t *ctx;
} udp_test;

static int set_up(void **state) {
    udp_test *t = calloc(1, sizeof(*t));
    assert_non_null(t);
    far_end_start(&t->far, NULL);
    assert_int_equal(anj_udp_create_ctx(&t->ctx, NULL), ANJ_NET_OK);
    *state = t;
    return 0;
}

static int tear_down(void **state) {
    udp_test *t = *state;
    if (t->ctx != NULL) {
        assert_int_equal(anj_udp_cleanup_ctx(&t->ctx), ANJ_NET_OK);
        assert_null(t->ctx);
    }
    far_end_stop(&t->far);
    free(t);
    return 0;
}

static anj_net_socket_state_t state_of(anj_net_ctx_t *ctx) {
    anj_net_socket_state_t state;
    assert_int_equal(anj_udp_get_state(ctx, &state), ANJ_NET_OK);
    return state;
}

static int fd_of(anj_net_ctx_t *ctx) {
    return doze_fd(doze_anjay_lite_socket(ctx));
}

static int connect_to(udp_test *t, const char *host, const char *port) {
    int result;
    do {
        result = anj_udp_connect(t->ctx, host, port);
    } while (result == ANJ_NET_EINPROGRESS);
    return result;
}

static void connect_well(udp_test *t) {
    assert_int_equal(connect_to(t, FAR_END_HOST, t->far.udp_port), ANJ_NET_OK);
    assert_int_equal(state_of(t->ctx), ANJ_NET_SOCKET_STATE_CONNECTED);
}

static int send_text(udp_test *t, const char *text) {
    size_t sent = 0;
    int result = anj_udp_send(t->ctx, &sent, (const uint8_t *)text, strlen(text));
    assert_int_equal(sent, result == ANJ_NET_OK ? strlen(text) : 0);
    return result;
}

static int receive(udp_test *t, char *buffer, size_t capacity, size_t *size) {
    int result;
    do {
        result = anj_udp_recv(t->ctx, size, (uint8_t *)buffer, capacity);
    } while (result == ANJ_NET_EAGAIN);
    return result;
}

static uint16_t exchange(udp_test *t, const char *text) {
    char answer[64];
    size_t size = 0;
    assert_int_equal(send_text(t, text), ANJ_NET_OK);
    uint16_t port = far_end_echo(&t->far);
    assert_int_equal(receive(t, answer, sizeof(answer), &size), ANJ_NET_OK);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(answer, text, size);
    return port;
}

static int32_t mtu_of(udp_test *t) {
    int32_t mtu = 0;
    assert_int_equal(anj_udp_get_inner_mtu(t->ctx, &mtu), ANJ_NET_OK);
    return mtu;
}

/* ---- CLOSED ---- */

static void a_new_context_is_closed_and_carries_no_traffic(void **state) {
    udp_test *t = *state;
    uint8_t byte = 0;
    size_t size = 1;
    assert_int_equal(state_of(t->ctx), ANJ_NET_SOCKET_STATE_CLOSED);
    assert_int_equal(send_text(t, "too early"), DOZE_ERR_STATE);
    assert_int_equal(anj_udp_recv(t->ctx, &size, &byte, sizeof(byte)), DOZE_ERR_STATE);
    assert_int_equal(size, 0);
    assert_int_equal(mtu_of(t), MTU_SURE);
    assert_int_equal(anj_udp_queue_mode_rx_off(t->ctx), ANJ_NET_OK);
    assert_int_equal(anj_udp_close(t->ctx), ANJ_NET_OK);
    assert_int_equal(state_of(t->ctx), ANJ_NET_SOCKET_STATE_CLOSED);
    assert_null(doze_anjay_lite_dtls(t->ctx));
}

static void what_is_no_port_or_no_host_is_refused_and_changes_nothing(void **state) {
    udp_test *t = *state;
    assert_int_equal(connect_to(t, FAR_END_HOST, "0"), DOZE_ERR_PORT);
    assert_int_equal(connect_to(t, FAR_END_HOST, "70000"), DOZE_ERR_PORT);
    assert_int_equal(connect_to(t, FAR_END_HOST, "coap"), DOZE_ERR_PORT);
    assert_int_equal(connect_to(t, FAR_END_HOST, NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(connect_to(t, NULL, "5683"), DOZE_ERR_ARGUMENT);
    assert_int_equal(connect_to(t, "", "5683"), DOZE_ERR_HOST);
    assert_int_equal(state_of(t->ctx), ANJ_NET_SOCKET_STATE_CLOSED);
    connect_well(t);
}

static void a_family_that_is_forced_is_the_only_one(void **state) {
    udp_test *t = *state;
    const anj_net_config_t ipv6 = {.raw_socket_config.af_setting = ANJ_NET_AF_SETTING_FORCE_INET6};
    const anj_net_config_t ipv4 = {.raw_socket_config.af_setting = ANJ_NET_AF_SETTING_FORCE_INET4};
    anj_udp_cleanup_ctx(&t->ctx);
    assert_int_equal(anj_udp_create_ctx(&t->ctx, &ipv6), ANJ_NET_OK);
    assert_int_equal(connect_to(t, FAR_END_HOST, t->far.udp_port), DOZE_ERR_UNREACHABLE);
    anj_udp_cleanup_ctx(&t->ctx);
    assert_int_equal(anj_udp_create_ctx(&t->ctx, &ipv4), ANJ_NET_OK);
    connect_well(t);
}

static void a_family_that_is_preferred_is_not_the_only_one(void **state) {
    udp_test *t = *state;
    const anj_net_address_family_setting_t settings[] = {ANJ_NET_AF_SETTING_PREFERRED_INET4,
                                                         ANJ_NET_AF_SETTING_PREFERRED_INET6};
    for (size_t i = 0; i < 2; i++) {
        const anj_net_config_t config = {.raw_socket_config.af_setting = settings[i]};
        anj_udp_cleanup_ctx(&t->ctx);
        assert_int_equal(anj_udp_create_ctx(&t->ctx, &config), ANJ_NET_OK);
        connect_well(t);
    }
}

static void a_family_that_nobody_knows_makes_no_context(void **state) {
    udp_test *t = *state;
    const anj_net_config_t config = {.raw_socket_config.af_setting = (anj_net_address_family_setting_t)77};
    anj_udp_cleanup_ctx(&t->ctx);
    assert_int_equal(anj_udp_create_ctx(&t->ctx, &config), DOZE_ERR_CONFIG);
    assert_null(t->ctx);
    assert_int_equal(anj_udp_cleanup_ctx(&t->ctx), DOZE_ERR_ARGUMENT);
}

/* ---- CONNECTED ---- */

static void datagrams_go_both_ways(void **state) {
    udp_test *t = *state;
    connect_well(t);
    exchange(t, "hello");
    assert_true(mtu_of(t) > MTU_SURE);
}

static void nothing_to_receive_is_again(void **state) {
    udp_test *t = *state;
    uint8_t byte = 0;
    size_t size = 1;
    connect_well(t);
    assert_int_equal(anj_udp_recv(t->ctx, &size, &byte, sizeof(byte)), ANJ_NET_EAGAIN);
    assert_int_equal(size, 0);
}

static void a_datagram_longer_than_the_buffer_is_told_and_gone(void **state) {
    udp_test *t = *state;
    char buffer[5];
    size_t size = 0;
    connect_well(t);
    uint16_t port = exchange(t, "x");
    far_end_say(&t->far, port, "longer");
    far_end_say(&t->far, port, "exact");
    assert_int_equal(receive(t, buffer, sizeof(buffer), &size), ANJ_NET_EMSGSIZE);
    assert_int_equal(size, sizeof(buffer));
    assert_int_equal(receive(t, buffer, sizeof(buffer), &size), ANJ_NET_OK);
    assert_int_equal(size, sizeof(buffer));
    assert_memory_equal(buffer, "exact", size);
}

static void a_message_that_no_datagram_can_carry_is_told(void **state) {
    static uint8_t large[70000];
    udp_test *t = *state;
    size_t sent = 1;
    connect_well(t);
    assert_int_equal(anj_udp_send(t->ctx, &sent, large, sizeof(large)), ANJ_NET_EMSGSIZE);
    assert_int_equal(sent, 0);
    exchange(t, "the socket lives");
}

static void connecting_again_to_the_same_peer_changes_nothing(void **state) {
    udp_test *t = *state;
    connect_well(t);
    uint16_t port = exchange(t, "one");
    connect_well(t);
    assert_int_equal(exchange(t, "two"), port);
}

static void connecting_to_another_peer_leaves_the_first(void **state) {
    udp_test *t = *state;
    far_end other;
    far_end_start(&other, NULL);
    connect_well(t);
    assert_int_equal(connect_to(t, FAR_END_HOST, other.udp_port), ANJ_NET_OK);
    assert_int_equal(send_text(t, "to the other"), ANJ_NET_OK);
    far_end_echo(&other);
    far_end_stop(&other);
}

static void a_name_is_looked_up(void **state) {
    udp_test *t = *state;
    const anj_net_config_t config = {.raw_socket_config.af_setting =
                                         ANJ_NET_AF_SETTING_FORCE_INET4}; /* as the far end */
    anj_udp_cleanup_ctx(&t->ctx);
    assert_int_equal(anj_udp_create_ctx(&t->ctx, &config), ANJ_NET_OK);
    assert_int_equal(connect_to(t, "localhost", t->far.udp_port), ANJ_NET_OK);
    exchange(t, "by name");
}

static void nobody_listening_is_no_error(void **state) {
    udp_test *t = *state;
    connect_well(t);
    far_end_stop(&t->far);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(send_text(t, "to nobody"), ANJ_NET_OK);
    }
    far_end_start(&t->far, NULL); /* for the end of the test */
}

/* ---- the receiver off ---- */

static void the_receiver_off_drops_the_socket_and_still_reads_connected(void **state) {
    udp_test *t = *state;
    connect_well(t);
    assert_true(fd_of(t->ctx) >= 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(anj_udp_queue_mode_rx_off(t->ctx), ANJ_NET_OK);
        assert_int_equal(fd_of(t->ctx), -1);
        assert_int_equal(state_of(t->ctx), ANJ_NET_SOCKET_STATE_CONNECTED);
        assert_int_equal(mtu_of(t), MTU_SURE);
    }
}

static void a_send_wakes_at_the_same_port(void **state) {
    udp_test *t = *state;
    connect_well(t);
    uint16_t port = exchange(t, "before");
    for (int i = 0; i < 50; i++) {
        assert_int_equal(anj_udp_queue_mode_rx_off(t->ctx), ANJ_NET_OK);
        assert_int_equal(exchange(t, "after"), port);
    }
}

static void a_recv_wakes_at_the_same_port(void **state) {
    udp_test *t = *state;
    char buffer[16];
    size_t size = 0;
    connect_well(t);
    uint16_t port = exchange(t, "before");
    assert_int_equal(anj_udp_queue_mode_rx_off(t->ctx), ANJ_NET_OK);
    assert_int_equal(anj_udp_recv(t->ctx, &size, (uint8_t *)buffer, sizeof(buffer)), ANJ_NET_EAGAIN);
    far_end_say(&t->far, port, "awake");
    assert_int_equal(receive(t, buffer, sizeof(buffer), &size), ANJ_NET_OK);
    assert_int_equal(size, 5);
}

static void a_connect_wakes_at_the_same_port(void **state) {
    udp_test *t = *state;
    connect_well(t);
    uint16_t port = exchange(t, "before");
    assert_int_equal(anj_udp_queue_mode_rx_off(t->ctx), ANJ_NET_OK);
    connect_well(t);
    assert_int_equal(exchange(t, "after"), port);
}

static void a_wake_goes_on_from_another_port_when_somebody_has_it(void **state) {
    udp_test *t = *state;
    doze_udp thief;
    connect_well(t);
    uint16_t port = exchange(t, "before");
    assert_int_equal(anj_udp_queue_mode_rx_off(t->ctx), ANJ_NET_OK);
    far_end_take_port(&thief, port);
    assert_int_not_equal(exchange(t, "after"), port);
    doze_deinit(&thief.socket);
}

static void a_wake_that_the_host_cannot_serve_now_is_repeated(void **state) {
    udp_test *t = *state;
    struct rlimit before;
    connect_well(t);
    uint16_t port = exchange(t, "before");
    assert_int_equal(anj_udp_queue_mode_rx_off(t->ctx), ANJ_NET_OK);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_cur = 1, .rlim_max = before.rlim_max}), 0);
    int result = send_text(t, "no descriptor is left");
    anj_net_socket_state_t state_then = state_of(t->ctx);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(result, ANJ_NET_EINPROGRESS);
    assert_int_equal(state_then, ANJ_NET_SOCKET_STATE_CONNECTED);
    assert_int_equal(exchange(t, "after"), port);
}

/* ---- the end ---- */

static void what_is_closed_can_be_connected_again(void **state) {
    udp_test *t = *state;
    connect_well(t);
    assert_int_equal(anj_udp_close(t->ctx), ANJ_NET_OK);
    assert_int_equal(state_of(t->ctx), ANJ_NET_SOCKET_STATE_CLOSED);
    assert_int_equal(fd_of(t->ctx), -1);
    assert_int_equal(send_text(t, "closed"), DOZE_ERR_STATE);
    connect_well(t);
    exchange(t, "again");
}

static void what_sleeps_can_be_closed_and_cleaned_up(void **state) {
    udp_test *t = *state;
    connect_well(t);
    assert_int_equal(anj_udp_queue_mode_rx_off(t->ctx), ANJ_NET_OK);
    assert_int_equal(anj_udp_close(t->ctx), ANJ_NET_OK);
    assert_int_equal(state_of(t->ctx), ANJ_NET_SOCKET_STATE_CLOSED);
    connect_well(t);
    assert_int_equal(anj_udp_queue_mode_rx_off(t->ctx), ANJ_NET_OK);
    assert_int_equal(anj_udp_cleanup_ctx(&t->ctx), ANJ_NET_OK);
    assert_null(t->ctx);
    assert_int_equal(anj_udp_cleanup_ctx(NULL), DOZE_ERR_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_new_context_is_closed_and_carries_no_traffic),
        TEST(what_is_no_port_or_no_host_is_refused_and_changes_nothing),
        TEST(a_family_that_is_forced_is_the_only_one),
        TEST(a_family_that_is_preferred_is_not_the_only_one),
        TEST(a_family_that_nobody_knows_makes_no_context),
        TEST(datagrams_go_both_ways),
        TEST(nothing_to_receive_is_again),
        TEST(a_datagram_longer_than_the_buffer_is_told_and_gone),
        TEST(a_message_that_no_datagram_can_carry_is_told),
        TEST(connecting_again_to_the_same_peer_changes_nothing),
        TEST(connecting_to_another_peer_leaves_the_first),
        TEST(a_name_is_looked_up),
        TEST(nobody_listening_is_no_error),
        TEST(the_receiver_off_drops_the_socket_and_still_reads_connected),
        TEST(a_send_wakes_at_the_same_port),
        TEST(a_recv_wakes_at_the_same_port),
        TEST(a_connect_wakes_at_the_same_port),
        TEST(a_wake_goes_on_from_another_port_when_somebody_has_it),
        TEST(a_wake_that_the_host_cannot_serve_now_is_repeated),
        TEST(what_is_closed_can_be_connected_again),
        TEST(what_sleeps_can_be_closed_and_cleaned_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
