/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS sockets through avs_net's operations: configuration, messages, and what goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

enum { PADDED_TO = MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY }; /* as are records with a Connection ID, RFC 9146 */

static void start(rig *r) {
    rig_serve(r, NULL, NULL);
    rig_dtls(r);
    assert_ok(rig_connect(r));
}

static int64_t option_of(rig *r, doze_option option) {
    int64_t value = -1;
    assert_int_equal(doze_get_option(doze_anjay_socket(r->socket), option, &value), DOZE_OK);
    return value;
}

/* ---- messages ---- */

static void a_first_connection_is_a_full_handshake_and_says_so(void **state) {
    rig *r = *state;
    start(r);
    assert_false(rig_flag(r, AVS_NET_SOCKET_OPT_SESSION_RESUMED));
    assert_false(rig_flag(r, AVS_NET_SOCKET_OPT_CONNECTION_ID_RESUMED));
    rig_exchange(r, "in the dark");
    assert_string_equal(peer_newest(&r->server.peer)->identity, RIG_IDENTITY);
    assert_int_equal(option_of(r, DOZE_OPT_CONNECTION_ID), 1);
}

static void bytes_are_counted_as_they_are_on_the_wire(void **state) {
    rig *r = *state;
    avs_net_socket_opt_value_t sent, received;
    start(r);
    rig_exchange(r, "counted");
    assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_BYTES_SENT, &sent));
    assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_BYTES_RECEIVED, &received));
    assert_int_equal(sent.bytes_sent, r->server.peer.counters.bytes_in);
    assert_int_equal(received.bytes_received, r->server.peer.counters.bytes_out);
}

static void without_the_wish_there_is_no_connection_id(void **state) {
    rig *r = *state;
    r->config.use_connection_id = false;
    start(r);
    assert_int_equal(option_of(r, DOZE_OPT_CONNECTION_ID), 0);
    rig_exchange(r, "known by address");
}

static void two_messages_in_one_datagram_are_both_had_and_the_second_is_announced(void **state) {
    rig *r = *state;
    char buffer[64];
    size_t size = 0;
    rig_serve(r, &(peer_settings){.behaviour.answer = PEER_ECHO_TWICE_AT_ONCE}, NULL);
    rig_dtls(r);
    assert_ok(rig_connect(r));
    assert_ok(rig_send(r, "@twice", 6));
    assert_false(rig_flag(r, AVS_NET_SOCKET_HAS_BUFFERED_DATA));
    for (int i = 0; i < 2; i++) {
        assert_ok(rig_receive(r, buffer, sizeof(buffer), &size));
        assert_int_equal(size, 6);
        assert_int_equal(rig_flag(r, AVS_NET_SOCKET_HAS_BUFFERED_DATA), i == 0);
    }
}

static void a_message_longer_than_the_buffer_is_told_and_does_not_spoil_the_next(void **state) {
    rig *r = *state;
    char buffer[4];
    size_t size = 0;
    start(r);
    assert_ok(rig_send(r, "@too long", 9));
    assert_errno(rig_receive(r, buffer, sizeof(buffer), &size), AVS_EMSGSIZE);
    assert_int_equal(size, sizeof(buffer));
    rig_exchange(r, "next");
}

static void a_message_waits_for_a_connect_that_was_begun_on_dozes_own_socket(void **state) {
    rig *r = *state;
    rig_serve(r, NULL, NULL);
    rig_dtls(r);
    doze_socket *own = doze_anjay_socket(r->socket);
    assert_int_equal(doze_connect(own, "127.0.0.1", peer_udp_port(&r->server)), DOZE_IN_PROGRESS);
    rig_exchange(r, "at once");
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_CONNECTED);
}

static void a_forced_mtu_leaves_room_for_the_record(void **state) {
    rig *r = *state;
    avs_net_socket_opt_value_t value;
    char message[576] = "@";
    r->config.backend_configuration.forced_mtu = 576;
    start(r);
    assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_INNER_MTU, &value));
    assert_in_range(value.mtu, 480, 548 - 1);
    uint64_t before = r->server.peer.counters.bytes_in;
    assert_ok(rig_send(r, message, (size_t)value.mtu));
    rig_pass(0);
    assert_in_range(r->server.peer.counters.bytes_in - before, 548 - (PADDED_TO - 1), 548);
    assert_errno(rig_send(r, message, (size_t)value.mtu + 1), AVS_EMSGSIZE);
}

/* ---- configuration ---- */

static void ciphersuites_that_doze_does_not_know_are_passed_over(void **state) {
    rig *r = *state;
    uint32_t ids[] = {0x10000 + MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, 0xffff, MBEDTLS_TLS_PSK_WITH_AES_128_CBC_SHA256,
                      MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256};
    r->config.ciphersuites = (avs_net_socket_tls_ciphersuites_t){ids, sizeof(ids) / sizeof(ids[0])};
    start(r);
    assert_int_equal(option_of(r, DOZE_OPT_SUITE), MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256);
}

static void timers_of_the_configuration_and_of_the_option_hold(void **state) {
    rig *r = *state;
    static const avs_net_dtls_handshake_timeouts_t slow = {{9, 0}, {36, 0}};
    static const avs_net_dtls_handshake_timeouts_t wrong = {{9, 0}, {8, 0}};
    avs_net_socket_opt_value_t value;
    r->config.dtls_handshake_timeouts = &slow;
    start(r);
    assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_DTLS_HANDSHAKE_TIMEOUTS, &value));
    assert_int_equal(value.dtls_handshake_timeouts.min.seconds, 9);
    assert_int_equal(option_of(r, DOZE_OPT_HANDSHAKE_TIMER_MAX), 36000);
    value.dtls_handshake_timeouts = (avs_net_dtls_handshake_timeouts_t){{60, 0}, {90, 0}};
    assert_ok(rig_set(r, AVS_NET_SOCKET_OPT_DTLS_HANDSHAKE_TIMEOUTS, value));
    assert_int_equal(option_of(r, DOZE_OPT_HANDSHAKE_TIMER_MIN), 60000);
    assert_int_equal(option_of(r, DOZE_OPT_HANDSHAKE_TIMER_MAX), 90000);
    value.dtls_handshake_timeouts = wrong;
    assert_errno(rig_set(r, AVS_NET_SOCKET_OPT_DTLS_HANDSHAKE_TIMEOUTS, value), AVS_EINVAL);
    assert_int_equal(option_of(r, DOZE_OPT_HANDSHAKE_TIMER_MIN), 60000);
}

static int configure_tls(void *library_ssl_context) {
    (void)library_ssl_context;
    return 0;
}

/* Each spoils what the one before left as it was. */
static void a_configuration_that_cannot_be_had_makes_no_socket(void **state) {
    rig *r = *state;
    static const avs_net_dtls_handshake_timeouts_t wrong = {{0, 0}, {60, 0}};
    uint32_t unknown = 0xffff;
    uint32_t too_large = 0x10000;
    char long_name[300];
    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    uint32_t known = MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8;
    avs_net_ssl_configuration_t c[12];
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        c[i] = r->config;
    }
    c[0].prng_ctx = NULL;
    c[1].version = AVS_NET_SSL_VERSION_TLSv1_3;
    c[2].additional_configuration_clb = configure_tls;
    c[3].dtls_handshake_timeouts = &wrong;
    c[4].ciphersuites = (avs_net_socket_tls_ciphersuites_t){&unknown, 1};
    c[5].ciphersuites = (avs_net_socket_tls_ciphersuites_t){&too_large, 1};
    c[6].server_name_indication = long_name;
    c[7].session_resumption_buffer = NULL;
    c[8].security.data.psk.key.desc.source = AVS_CRYPTO_DATA_SOURCE_EMPTY;
    c[9].security.data.psk.identity.desc.source = AVS_CRYPTO_DATA_SOURCE_LIST;
    c[10].backend_configuration.dscp = 64;
    c[11].security.data.psk.key.desc.source = AVS_CRYPTO_DATA_SOURCE_EMPTY;
    c[11].ciphersuites = (avs_net_socket_tls_ciphersuites_t){&known, 1};
    static const avs_errno_t wanted[] = {AVS_EINVAL, AVS_ENOTSUP, AVS_ENOTSUP, AVS_EINVAL,  AVS_ENOTSUP, AVS_ENOTSUP,
                                         AVS_ERANGE, AVS_EINVAL,  AVS_EINVAL,  AVS_ENOTSUP, AVS_EINVAL,  AVS_EINVAL};
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        assert_errno(_avs_net_create_dtls_socket(&r->socket, &c[i]), wanted[i]);
        assert_null(r->socket);
    }
    assert_errno(_avs_net_create_dtls_socket(&r->socket, NULL), AVS_EINVAL);
}

/* The random context of this test returns the same bytes for ever: were they all, two hellos would be equal. */
static void the_given_randomness_is_used_but_not_relied_on(void **state) {
    rig *r = *state;
    unsigned char first[32];
    start(r);
    assert_in_range(rig_prng_draws(), 1, 1000);
    memcpy(first, peer_newest(&r->server.peer)->client_random, sizeof(first));
    rig_drop(r);
    memset(r->session, 0, sizeof(r->session));
    rig_dtls(r);
    assert_ok(rig_connect(r));
    assert_memory_not_equal(first, peer_newest(&r->server.peer)->client_random, sizeof(first));
}

static void randomness_that_fails_ends_the_handshake_that_asks_for_it(void **state) {
    rig *r = *state;
    bool asks = peer_tls_asks_for_randomness();
    rig_serve(r, NULL, NULL);
    r->config.prng_ctx = rig_prng(true);
    rig_dtls(r);
    assert_int_equal(avs_is_err(rig_connect(r)), asks);
    assert_int_equal(rig_state(r), asks ? AVS_NET_SOCKET_STATE_CLOSED : AVS_NET_SOCKET_STATE_CONNECTED);
}

/* ---- what goes wrong ---- */

static void a_wrong_key_is_told_as_the_servers_alert(void **state) {
    rig *r = *state;
    rig_serve(r, &(peer_settings){.behaviour.wrong_psk = true}, NULL);
    rig_dtls(r);
    avs_error_t error = rig_connect(r);
    assert_int_equal(error.category, AVS_NET_SSL_ALERT_CATEGORY);
    assert_int_equal(error.code >> 8, 2);
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_CLOSED);
}

static void a_server_that_is_not_there_is_a_timeout(void **state) {
    rig *r = *state;
    static const avs_net_dtls_handshake_timeouts_t quick = {{1, 0}, {4, 0}};
    rig_serve(r, &(peer_settings){.behaviour.deaf = true}, NULL);
    r->config.dtls_handshake_timeouts = &quick;
    rig_dtls(r);
    assert_errno(rig_connect(r), AVS_ETIMEDOUT);
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_CLOSED);
    r->server.peer.behaviour.deaf = false;
    assert_ok(rig_connect(r));
    rig_exchange(r, "there now");
}

static void a_connect_that_failed_leaves_the_socket_closed_from_everywhere(void **state) {
    rig *r = *state;
    rig_serve(r, &(peer_settings){.behaviour.deaf = true}, NULL);
    rig_dtls(r);
    assert_ok(rig_bind(r, "127.0.0.1", "0"));
    assert_errno(rig_connect(r), AVS_ETIMEDOUT);
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_CLOSED);
    r->server.peer.behaviour.deaf = false;
    assert_ok(rig_connect(r));
    assert_ok(rig_shutdown(r));
    assert_errno(rig_connect_to(r, "127.0.0.1", "0"), AVS_EINVAL); /* changes nothing */
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_SHUTDOWN);
    char port[8];
    rig_serve_plain(r); /* somebody else, who speaks no DTLS */
    snprintf(port, sizeof(port), "%u", r->echo_port);
    assert_true(avs_is_err(rig_connect_to(r, "127.0.0.1", port)));
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_CLOSED);
}

static void an_alert_inside_the_association_is_told_by_receive(void **state) {
    rig *r = *state;
    char buffer[64];
    size_t size = 99;
    start(r);
    assert_int_equal(peer_alert(&r->server.peer, peer_newest(&r->server.peer), 80), 0);
    rig_assert_error(rig_receive(r, buffer, sizeof(buffer), &size), avs_net_ssl_alert(2, 80), "receive", __FILE__,
                     __LINE__);
    assert_int_equal(size, 0);
    rig_assert_error(rig_send(r, "@on", 3), avs_net_ssl_alert(2, 80), "send", __FILE__, __LINE__);
    assert_ok(rig_shutdown(r));
    assert_ok(rig_close(r));
    assert_ok(rig_connect(r));
    rig_exchange(r, "anew");
}

static void cleaning_up_says_goodbye_where_somebody_listens(void **state) {
    rig *r = *state;
    start(r);
    rig_drop(r);
    rig_pass(0);
    assert_int_equal(r->server.peer.counters.close_notifies, 1);
}

static void cleaning_up_what_sleeps_says_nothing(void **state) {
    rig *r = *state;
    start(r);
    assert_ok(rig_shutdown(r));
    unsigned before = r->server.peer.counters.datagrams_in;
    rig_drop(r);
    rig_pass(0);
    assert_int_equal(r->server.peer.counters.datagrams_in, before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_first_connection_is_a_full_handshake_and_says_so),
        RIG_TEST(bytes_are_counted_as_they_are_on_the_wire),
        RIG_TEST(without_the_wish_there_is_no_connection_id),
        RIG_TEST(two_messages_in_one_datagram_are_both_had_and_the_second_is_announced),
        RIG_TEST(a_message_longer_than_the_buffer_is_told_and_does_not_spoil_the_next),
        RIG_TEST(a_message_waits_for_a_connect_that_was_begun_on_dozes_own_socket),
        RIG_TEST(a_forced_mtu_leaves_room_for_the_record),
        RIG_TEST(ciphersuites_that_doze_does_not_know_are_passed_over),
        RIG_TEST(timers_of_the_configuration_and_of_the_option_hold),
        RIG_TEST(a_configuration_that_cannot_be_had_makes_no_socket),
        RIG_TEST(the_given_randomness_is_used_but_not_relied_on),
        RIG_TEST(randomness_that_fails_ends_the_handshake_that_asks_for_it),
        RIG_TEST(a_wrong_key_is_told_as_the_servers_alert),
        RIG_TEST(a_server_that_is_not_there_is_a_timeout),
        RIG_TEST(a_connect_that_failed_leaves_the_socket_closed_from_everywhere),
        RIG_TEST(an_alert_inside_the_association_is_told_by_receive),
        RIG_TEST(cleaning_up_says_goodbye_where_somebody_listens),
        RIG_TEST(cleaning_up_what_sleeps_says_nothing),
    };
    return cmocka_run_group_tests_name("anjay_dtls", tests, NULL, NULL);
}
