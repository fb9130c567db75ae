/* SPDX-License-Identifier: Apache-2.0 */
/* UDP sockets through avs_net's operations, and what their configuration asks for. */
#define _GNU_SOURCE 1 /* SO_PRIORITY, syscall() */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/anjay/internal.h"
#include "rig.h"

static int priority_error; /* errno of every attempt to set a priority, 0: what the host says */

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int setsockopt(int fd, int level, int name, const void *value, socklen_t size) {
    if (level == SOL_SOCKET && name == SO_PRIORITY && priority_error != 0) {
        errno = priority_error;
        return -1;
    }
    return (int)syscall(SYS_setsockopt, fd, level, name, value, size);
}

static void connect_plain(rig *r, const avs_net_socket_configuration_t *configuration) {
    rig_serve_plain(r);
    rig_udp(r, configuration);
    assert_ok(rig_connect(r));
}

static void what_is_sent_comes_back(void **state) {
    rig *r = *state;
    avs_net_socket_opt_value_t value;
    connect_plain(r, NULL);
    rig_exchange(r, "over the loopback");
    assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_BYTES_SENT, &value));
    assert_int_equal(value.bytes_sent, strlen("@over the loopback"));
    assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_BYTES_RECEIVED, &value));
    assert_int_equal(value.bytes_received, strlen("@over the loopback"));
    assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_ADDR_FAMILY, &value));
    assert_int_equal(value.addr_family, AVS_NET_AF_INET4);
}

static void a_receive_waits_as_long_as_it_was_told(void **state) {
    rig *r = *state;
    char buffer[8];
    size_t size = 99;
    connect_plain(r, NULL);
    uint64_t before = rig_now();
    assert_errno(rig_receive(r, buffer, sizeof(buffer), &size), AVS_ETIMEDOUT);
    assert_int_equal(rig_now() - before, 30000);
    assert_int_equal(size, 0);
    assert_ok(rig_set(r, AVS_NET_SOCKET_OPT_RECV_TIMEOUT, (avs_net_socket_opt_value_t){.recv_timeout = {1, 1}}));
    before = rig_now();
    assert_errno(rig_receive(r, buffer, sizeof(buffer), &size), AVS_ETIMEDOUT);
    assert_int_equal(rig_now() - before, 1001); /* not a moment less */
}

static void timeouts_are_kept_in_milliseconds_and_may_be_endless(void **state) {
    rig *r = *state;
    static const struct {
        avs_time_duration_t set, got;
    } cases[] = {
        {{0, 0}, {0, 0}},   {{2, 500000000}, {2, 500000000}}, {{0, 1}, {0, 1000000}},    {{-3, 0}, {0, 0}},
        {{0, -1}, {0, -1}}, {{0, 1000000000}, {0, -1}},       {{INT64_MAX, 0}, {0, -1}},
    };
    rig_udp(r, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        avs_net_socket_opt_value_t value = {.recv_timeout = cases[i].set};
        assert_ok(rig_set(r, AVS_NET_SOCKET_OPT_RECV_TIMEOUT, value));
        assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_RECV_TIMEOUT, &value));
        assert_int_equal(value.recv_timeout.seconds, cases[i].got.seconds);
        assert_int_equal(value.recv_timeout.nanoseconds, cases[i].got.nanoseconds);
    }
}

static void a_datagram_longer_than_the_buffer_is_told_and_does_not_spoil_the_next(void **state) {
    rig *r = *state;
    char buffer[4];
    size_t size = 0;
    connect_plain(r, NULL);
    assert_ok(rig_send(r, "too long", 8));
    assert_ok(rig_send(r, "fits", 4));
    assert_errno(rig_receive(r, buffer, sizeof(buffer), &size), AVS_EMSGSIZE);
    assert_int_equal(size, sizeof(buffer));
    assert_memory_equal(buffer, "too ", 4);
    assert_ok(rig_receive(r, buffer, sizeof(buffer), &size));
    assert_int_equal(size, 4);
    assert_memory_equal(buffer, "fits", 4);
}

static void remember(rig *r, char text[5][64]) {
    const avs_net_socket_v_table_t *t = rig_table(r);
    assert_ok(t->get_remote_host(r->socket, text[0], sizeof(text[0])));
    assert_ok(t->get_remote_hostname(r->socket, text[1], sizeof(text[1])));
    assert_ok(t->get_remote_port(r->socket, text[2], sizeof(text[2])));
    assert_ok(t->get_local_host(r->socket, text[3], sizeof(text[3])));
    assert_ok(t->get_local_port(r->socket, text[4], sizeof(text[4])));
}

static void after_shutdown_and_close_every_getter_answers_as_before(void **state) {
    rig *r = *state;
    char awake[5][64] = {{0}};
    char asleep[5][64] = {{0}};
    connect_plain(r, NULL);
    remember(r, awake);
    assert_string_equal(awake[0], "127.0.0.1");
    assert_string_equal(awake[2], rig_port(r));
    assert_ok(rig_shutdown(r));
    remember(r, asleep);
    assert_memory_equal(asleep, awake, sizeof(awake));
    assert_ok(rig_close(r));
    remember(r, asleep);
    assert_memory_equal(asleep, awake, sizeof(awake));
}

static void the_port_of_last_time_can_be_bound_after_a_close(void **state) {
    rig *r = *state;
    char port[8];
    char again[8];
    connect_plain(r, NULL);
    assert_ok(rig_table(r)->get_local_port(r->socket, port, sizeof(port)));
    assert_ok(rig_shutdown(r));
    assert_ok(rig_close(r));
    assert_ok(rig_bind(r, "0.0.0.0", port));
    assert_ok(rig_connect(r));
    assert_ok(rig_table(r)->get_local_port(r->socket, again, sizeof(again)));
    assert_string_equal(again, port);
    rig_exchange(r, "from the same port");
}

static void a_port_that_is_taken_is_told(void **state) {
    rig *r = *state;
    rig_serve_plain(r);
    rig_udp(r, NULL);
    assert_errno(rig_bind(r, "127.0.0.1", rig_port(r)), AVS_EADDRINUSE);
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_CLOSED);
    assert_ok(rig_bind(r, NULL, NULL));
}

static void arguments_that_make_no_sense_are_refused(void **state) {
    rig *r = *state;
    rig_udp(r, NULL);
    assert_errno(rig_connect_to(r, "127.0.0.1", "coap"), AVS_EINVAL);
    assert_errno(rig_connect_to(r, "127.0.0.1", "0"), AVS_EINVAL);
    assert_errno(rig_connect_to(r, "127.0.0.1", "65536"), AVS_EINVAL);
    assert_errno(rig_connect_to(r, NULL, "5683"), AVS_EINVAL);
    assert_errno(rig_connect_to(r, "", "5683"), AVS_EADDRNOTAVAIL);
    assert_errno(rig_bind(r, "not an address", "0"), AVS_EINVAL);
    assert_errno(rig_bind(r, NULL, "-1"), AVS_EINVAL);
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_CLOSED);
    assert_errno(
        rig_set(r, AVS_NET_SOCKET_OPT_FORCED_ADDR_FAMILY, (avs_net_socket_opt_value_t){.addr_family = (avs_net_af_t)7}),
        AVS_EINVAL);
}

static int system_option(rig *r, int level, int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    const int *fd = rig_table(r)->get_system_socket(r->socket);
    assert_int_equal(getsockopt(*fd, level, name, &value, &size), 0);
    return value;
}

static void the_configuration_reaches_the_hosts_socket(void **state) {
    rig *r = *state;
    connect_plain(r, &(avs_net_socket_configuration_t){.dscp = 46, .priority = 5, .reuse_addr = 1});
    assert_int_equal(system_option(r, IPPROTO_IP, IP_TOS), 46 << 2);
    assert_int_equal(system_option(r, SOL_SOCKET, SO_PRIORITY), 5);
    assert_int_equal(system_option(r, SOL_SOCKET, SO_REUSEADDR), 1);
}

static void a_priority_that_the_host_refuses_leaves_nothing_open(void **state) {
    static const struct {
        int cause;
        avs_errno_t told;
    } cases[] = {{EPERM, AVS_EACCES}, {ENOBUFS, AVS_EIO}};
    rig *r = *state;
    rig_udp(r, &(avs_net_socket_configuration_t){.priority = 7});
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        priority_error = cases[i].cause;
        avs_error_t error = rig_bind(r, "127.0.0.1", NULL);
        priority_error = 0;
        assert_errno(error, cases[i].told);
        assert_int_equal(doze_cause(doze_anjay_socket(r->socket)), cases[i].cause);
        assert_null(rig_table(r)->get_system_socket(r->socket));
        assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_CLOSED);
    }
}

static void a_forced_mtu_is_the_paths(void **state) {
    rig *r = *state;
    avs_net_socket_opt_value_t value;
    connect_plain(r, &(avs_net_socket_configuration_t){.forced_mtu = 576});
    assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_MTU, &value));
    assert_int_equal(value.mtu, 576);
    assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_INNER_MTU, &value));
    assert_int_equal(value.mtu, 548);
}

static void a_forced_family_excludes_the_other(void **state) {
    rig *r = *state;
    rig_serve_plain(r);
    rig_udp(r, &(avs_net_socket_configuration_t){.address_family = AVS_NET_AF_INET6});
    assert_errno(rig_connect(r), AVS_ENETUNREACH);
    assert_ok(rig_set(r, AVS_NET_SOCKET_OPT_FORCED_ADDR_FAMILY,
                      (avs_net_socket_opt_value_t){.addr_family = AVS_NET_AF_UNSPEC}));
    assert_ok(rig_connect(r));
}

static void a_configuration_that_cannot_be_had_makes_no_socket(void **state) {
    rig *r = *state;
    avs_net_socket_configuration_t unended = {.dscp = 0};
    memset(unended.interface_name, 'x', sizeof(unended.interface_name));
    const struct {
        avs_net_socket_configuration_t configuration;
        avs_errno_t wanted;
    } cases[] = {
        {{.dscp = 64}, AVS_EINVAL},       {{.priority = 8}, AVS_EINVAL}, {{.transparent = 1}, AVS_ENOTSUP},
        {{.forced_mtu = -1}, AVS_EINVAL}, {unended, AVS_EINVAL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_errno(_avs_net_create_udp_socket(&r->socket, &cases[i].configuration), cases[i].wanted);
        assert_null(r->socket);
    }
}

static void an_interface_that_was_chosen_is_told(void **state) {
    rig *r = *state;
    avs_net_socket_interface_name_t name = "";
    rig_udp(r, &(avs_net_socket_configuration_t){.interface_name = "lo"});
    assert_ok(rig_table(r)->get_interface_name(r->socket, &name));
    assert_string_equal(name, "lo");
}

static void an_address_that_is_of_no_interface_is_told(void **state) {
    rig *r = *state;
    avs_net_socket_interface_name_t name = "";
    rig_udp(r, NULL);
    assert_ok(rig_bind(r, "127.0.0.2", NULL)); /* the loopback has it, and does not list it */
    assert_errno(rig_table(r)->get_interface_name(r->socket, &name), AVS_ENODEV);
    assert_string_equal(name, "");
}

static void without_memory_there_is_no_socket(void **state) {
    rig *r = *state;
    rig_fail_allocation(1);
    assert_errno(_avs_net_create_udp_socket(&r->socket, NULL), AVS_ENOMEM);
    assert_null(r->socket);
}

static void what_has_no_word_in_avs_net_is_an_error_of_the_protocol(void **state) {
    rig *r = *state;
    rig_udp(r, NULL);
    assert_errno(doze_anjay_error(doze_anjay_socket(r->socket), DOZE_ERR_HANDSHAKE), AVS_EPROTO);
}

static void the_socket_layer_needs_no_beginning_and_no_end(void **state) {
    rig *r = *state;
    assert_ok(_avs_net_initialize_global_compat_state());
    assert_ok(_avs_net_initialize_global_ssl_state());
    connect_plain(r, NULL);
    _avs_net_cleanup_global_ssl_state();
    _avs_net_cleanup_global_compat_state();
    _avs_crypto_cleanup_global_state();
    rig_exchange(r, "all the same");
}

static void a_buffer_that_is_cleared_has_nothing_left_in_it(void **state) {
    char secret[] = "secret";
    (void)state;
    avs_crypto_clear_buffer(secret, 4);
    assert_memory_equal(secret, "\0\0\0\0et", sizeof(secret));
}

static void there_are_no_streams(void **state) {
    rig *r = *state;
    assert_errno(_avs_net_create_tcp_socket(&r->socket, NULL), AVS_ENOTSUP);
    assert_errno(_avs_net_create_ssl_socket(&r->socket, &r->config), AVS_ENOTSUP);
    assert_null(r->socket);
}

static void dozes_own_socket_can_be_had(void **state) {
    rig *r = *state;
    static const avs_net_socket_v_table_t of_somebody_else;
    const avs_net_socket_v_table_t *other = &of_somebody_else;
    int64_t value = -1;
    connect_plain(r, NULL);
    assert_int_equal(doze_set_option(doze_anjay_socket(r->socket), DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD), DOZE_OK);
    assert_ok(rig_shutdown(r));
    assert_ok(rig_connect(r));
    assert_int_equal(doze_get_option(doze_anjay_socket(r->socket), DOZE_OPT_PORT_KEPT, &value), DOZE_OK);
    assert_int_equal(value, 1);
    assert_null(doze_anjay_socket((avs_net_socket_t *)&other));
    assert_null(doze_anjay_socket(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(what_is_sent_comes_back),
        RIG_TEST(a_receive_waits_as_long_as_it_was_told),
        RIG_TEST(timeouts_are_kept_in_milliseconds_and_may_be_endless),
        RIG_TEST(a_datagram_longer_than_the_buffer_is_told_and_does_not_spoil_the_next),
        RIG_TEST(after_shutdown_and_close_every_getter_answers_as_before),
        RIG_TEST(the_port_of_last_time_can_be_bound_after_a_close),
        RIG_TEST(a_port_that_is_taken_is_told),
        RIG_TEST(arguments_that_make_no_sense_are_refused),
        RIG_TEST(the_configuration_reaches_the_hosts_socket),
        RIG_TEST(a_priority_that_the_host_refuses_leaves_nothing_open),
        RIG_TEST(a_forced_mtu_is_the_paths),
        RIG_TEST(a_forced_family_excludes_the_other),
        RIG_TEST(a_configuration_that_cannot_be_had_makes_no_socket),
        RIG_TEST(an_interface_that_was_chosen_is_told),
        RIG_TEST(an_address_that_is_of_no_interface_is_told),
        RIG_TEST(without_memory_there_is_no_socket),
        RIG_TEST(what_has_no_word_in_avs_net_is_an_error_of_the_protocol),
        RIG_TEST(the_socket_layer_needs_no_beginning_and_no_end),
        RIG_TEST(a_buffer_that_is_cleared_has_nothing_left_in_it),
        RIG_TEST(there_are_no_streams),
        RIG_TEST(dozes_own_socket_can_be_had),
    };
    return cmocka_run_group_tests_name("anjay_udp", tests, NULL, NULL);
}
