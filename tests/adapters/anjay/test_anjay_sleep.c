/* SPDX-License-Identifier: Apache-2.0 */
/* What Anjay does around a sleep, a suspended download, a restart: shutdown, close, bind, connect, in its order. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <avsystem/coap/ctx.h>

#include "adapters/anjay/internal.h"
#include "rig.h"

#define NON_CONFIRMABLE "\x50 nobody answers this"

static const avs_error_t no_answer = {AVS_COAP_ERR_CATEGORY, AVS_COAP_ERR_TIMEOUT};
#define assert_no_answer(error) rig_assert_error(error, no_answer, #error, __FILE__, __LINE__)

static void start(rig *r) {
    rig_serve(r, NULL, NULL);
    rig_dtls(r);
    assert_ok(rig_connect(r));
    rig_exchange(r, "Register");
}

static void sleep_as_anjay_does(rig *r, char port[8]) {
    assert_ok(rig_table(r)->get_local_port(r->socket, port, 8));
    assert_ok(rig_shutdown(r));
    assert_ok(rig_close(r));
}

static void wake_as_anjay_does(rig *r, const char *port) {
    assert_ok(rig_bind(r, "0.0.0.0", port));
    assert_ok(rig_connect(r));
}

static unsigned handshakes(const rig *r) {
    return r->server.peer.counters.handshakes_full + r->server.peer.counters.handshakes_resumed;
}

static const peer_counters *counters(const rig *r) {
    return &r->server.peer.counters;
}

/* ---- queue mode ---- */

static void queue_mode_goes_on_at_the_same_port_without_a_handshake(void **state) {
    rig *r = *state;
    char port[8];
    char again[8];
    start(r);
    unsigned before = counters(r)->datagrams_in;
    for (unsigned cycle = 1; cycle <= 50; cycle++) {
        sleep_as_anjay_does(r, port);
        rig_pass(3600 * 1000);
        assert_int_equal(counters(r)->datagrams_in, before);
        wake_as_anjay_does(r, port);
        assert_true(rig_flag(r, AVS_NET_SOCKET_OPT_SESSION_RESUMED));
        assert_true(rig_flag(r, AVS_NET_SOCKET_OPT_CONNECTION_ID_RESUMED));
        rig_exchange(r, "Update");
        assert_int_equal(counters(r)->datagrams_in, ++before);
        assert_ok(rig_table(r)->get_local_port(r->socket, again, sizeof(again)));
        assert_string_equal(again, port);
    }
    assert_int_equal(handshakes(r), 1);
    int64_t writes = -1;
    int64_t failures = -1;
    assert_int_equal(doze_get_option(doze_anjay_socket(r->socket), DOZE_OPT_STORE_WRITES, &writes), DOZE_OK);
    assert_int_equal(doze_get_option(doze_anjay_socket(r->socket), DOZE_OPT_STORE_FAILURES, &failures), DOZE_OK);
    assert_int_equal(writes,
                     2); /* at the handshake: one slot emptied, the session; an association was not even tried */
    assert_int_equal(failures, 0);
}

static void queue_mode_needs_no_connection_id_at_the_same_port(void **state) {
    rig *r = *state;
    char port[8];
    r->config.use_connection_id = false;
    start(r);
    sleep_as_anjay_does(r, port);
    wake_as_anjay_does(r, port);
    assert_true(rig_flag(r, AVS_NET_SOCKET_OPT_SESSION_RESUMED));
    rig_exchange(r, "Update");
    assert_int_equal(handshakes(r), 1);
}

static void another_port_without_connection_id_is_a_resumption(void **state) {
    rig *r = *state;
    char port[8];
    r->config.use_connection_id = false;
    start(r);
    sleep_as_anjay_does(r, port);
    assert_ok(rig_bind(r, "127.0.0.1", "0"));
    assert_ok(rig_connect(r));
    assert_true(rig_flag(r, AVS_NET_SOCKET_OPT_SESSION_RESUMED));
    assert_false(rig_flag(r, AVS_NET_SOCKET_OPT_CONNECTION_ID_RESUMED));
    rig_exchange(r, "Update"); /* at once: the options have told of the new keys */
    assert_int_equal(counters(r)->handshakes_resumed, 1);
}

static void a_suspended_download_answers_and_goes_on_with_the_same_node(void **state) {
    rig *r = *state;
    char host[64];
    char again[64];
    start(r);
    assert_ok(rig_table(r)->get_remote_host(r->socket, host, sizeof(host)));
    assert_ok(rig_shutdown(r));
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_SHUTDOWN);
    assert_ok(rig_table(r)->get_remote_hostname(r->socket, again, sizeof(again)));
    assert_string_equal(again, "127.0.0.1");
    assert_ok(rig_table(r)->get_remote_port(r->socket, again, sizeof(again)));
    assert_string_equal(again, rig_port(r));
    /* and this is how it goes on: */
    assert_ok(rig_shutdown(r));
    assert_ok(rig_close(r));
    assert_ok(rig_connect(r));
    assert_true(rig_flag(r, AVS_NET_SOCKET_OPT_SESSION_RESUMED));
    assert_ok(rig_table(r)->get_remote_host(r->socket, again, sizeof(again)));
    assert_string_equal(again, host);
    rig_exchange(r, "next block");
    assert_int_equal(handshakes(r), 1);
}

/* ---- the session buffer ---- */

static void a_new_socket_resumes_the_session_in_the_buffer(void **state) {
    rig *r = *state;
    start(r);
    assert_ok(rig_shutdown(r));
    rig_drop(r);
    rig_dtls(r);
    assert_ok(rig_connect(r));
    assert_true(rig_flag(r, AVS_NET_SOCKET_OPT_SESSION_RESUMED));
    assert_false(rig_flag(r, AVS_NET_SOCKET_OPT_CONNECTION_ID_RESUMED));
    rig_exchange(r, "Update");
    assert_int_equal(counters(r)->handshakes_resumed, 1);
    assert_int_equal(counters(r)->handshakes_full, 1);
}

/* Were an association in there, the second would use the numbers of the first. */
static void copies_of_the_buffer_give_two_sockets_keys_of_their_own(void **state) {
    rig *r = *state;
    unsigned char copy[RIG_BUFFER_SIZE];
    start(r);
    memcpy(copy, r->session, sizeof(copy));
    rig_drop(r);
    for (unsigned i = 1; i <= 2; i++) {
        memcpy(r->session, copy, sizeof(copy));
        rig_dtls(r);
        assert_ok(rig_connect(r));
        rig_exchange(r, "the same words");
        assert_int_equal(handshakes(r), 1 + i);
        assert_ok(rig_shutdown(r));
        rig_drop(r);
    }
    assert_int_equal(counters(r)->replayed, 0);
    assert_int_equal(counters(r)->forged, 0);
}

static void the_buffer_shows_no_key_and_zeros_where_it_is_unused(void **state) {
    rig *r = *state;
    memset(r->session, 0x77, sizeof(r->session)); /* nothing of ours */
    start(r);
    size_t used = 0;
    for (size_t i = 0; i < sizeof(r->session); i++) {
        used = r->session[i] != 0 ? i + 1 : used;
    }
    assert_in_range(used, 100, DOZE_STORE_SLOT_SIZE + 3);
    const unsigned char *master = peer_newest(&r->server.peer)->ssl.MBEDTLS_PRIVATE(session)->MBEDTLS_PRIVATE(master);
    for (size_t i = 0; i + 48 <= used; i++) {
        assert_memory_not_equal(r->session + i, master, 48);
    }
}

static void a_buffer_that_was_altered_leads_to_a_full_handshake(void **state) {
    rig *r = *state;
    start(r);
    assert_ok(rig_shutdown(r));
    rig_drop(r);
    r->session[40] ^= 1;
    rig_dtls(r);
    assert_ok(rig_connect(r));
    assert_false(rig_flag(r, AVS_NET_SOCKET_OPT_SESSION_RESUMED));
    rig_exchange(r, "Register");
}

static void a_buffer_that_was_emptied_ends_the_association_and_keeps_the_port(void **state) {
    rig *r = *state;
    char port[8];
    char again[8];
    start(r);
    sleep_as_anjay_does(r, port);
    memset(r->session, 0, sizeof(r->session));
    wake_as_anjay_does(r, port);
    assert_false(rig_flag(r, AVS_NET_SOCKET_OPT_SESSION_RESUMED));
    assert_int_equal(counters(r)->handshakes_full, 2);
    assert_ok(rig_table(r)->get_local_port(r->socket, again, sizeof(again)));
    assert_string_equal(again, port);
    rig_exchange(r, "Register");
}

static void without_a_buffer_nothing_is_resumed_but_sleep_goes_on(void **state) {
    rig *r = *state;
    char port[8];
    r->config.session_resumption_buffer_size = 0;
    start(r);
    sleep_as_anjay_does(r, port);
    wake_as_anjay_does(r, port);
    assert_true(rig_flag(r, AVS_NET_SOCKET_OPT_CONNECTION_ID_RESUMED));
    assert_ok(rig_close(r)); /* from CONNECTED: goodbye */
    assert_ok(rig_connect(r));
    assert_false(rig_flag(r, AVS_NET_SOCKET_OPT_SESSION_RESUMED));
    assert_int_equal(counters(r)->handshakes_full, 2);
}

static void a_buffer_too_small_for_a_session_is_left_alone(void **state) {
    rig *r = *state;
    r->config.session_resumption_buffer_size = 100;
    memset(r->session, 0x77, sizeof(r->session));
    start(r);
    for (size_t i = 0; i < sizeof(r->session); i++) {
        assert_int_equal(r->session[i], 0x77);
    }
}

static void a_session_is_not_read_into_less_room_than_it_needs(void **state) {
    rig *r = *state;
    doze_anjay_session session;
    doze_store *store = &session.store;
    unsigned char copy[4] = {0};
    size_t size = 0;
    assert_true(doze_anjay_session_init(&session, r->session, sizeof(r->session)));
    assert_int_equal(store->ops->write(store, 1, "12345", 5), DOZE_OK);
    assert_int_equal(store->ops->read(store, 1, copy, sizeof(copy), &size), DOZE_ERR_TOO_LONG);
    assert_memory_equal(copy, "\0\0\0\0", sizeof(copy));
}

/* ---- a server that has lost the association, and one that is away ---- */

static void send_into_silence(rig *r, unsigned times) {
    for (unsigned i = 0; i < times; i++) {
        assert_ok(rig_send(r, "@Update of old", 14));
        rig_pass(3000);
    }
}

static void a_server_that_restarted_gets_a_new_association_and_nothing_of_the_old_one(void **state) {
    rig *r = *state;
    start(r);
    assert_true(peer_restart(&r->server.peer, false));
    unsigned before = counters(r)->messages_received;
    send_into_silence(r, 2);
    assert_no_answer(rig_send(r, "@Update of old", 14)); /* Anjay registers when an Update has had no answer */
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_CONNECTED);
    rig_pass(0);
    assert_int_equal(counters(r)->messages_received, before);
    rig_exchange(r, "Register");
    assert_int_equal(counters(r)->handshakes_full, 2);
}

static void an_outage_costs_no_association(void **state) {
    rig *r = *state;
    start(r);
    r->server.peer.behaviour.deaf = true;
    send_into_silence(r, 2);
    uint64_t before = rig_now();
    assert_no_answer(rig_send(r, "@Update", 7));
    assert_in_range(rig_now() - before, 1000, 61000); /* a climb's time */
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_CONNECTED);
    r->server.peer.behaviour.deaf = false;
    rig_exchange(r, "Register");
    assert_int_equal(handshakes(r), 1);
}

static void messages_that_nobody_answers_are_no_reason_for_a_handshake(void **state) {
    rig *r = *state;
    char buffer[64];
    size_t size;
    rig_serve(r, &(peer_settings){.behaviour.answer = PEER_EAT}, NULL);
    rig_dtls(r);
    assert_ok(rig_connect(r));
    for (int i = 0; i < 10; i++) {
        assert_ok(rig_send(r, NON_CONFIRMABLE, sizeof(NON_CONFIRMABLE) - 1));
        assert_ok(rig_send(r, "\x60\x00\x12\x34", 4)); /* an acknowledgement */
        rig_pass(60000);
    }
    assert_int_equal(counters(r)->messages_received, 20);
    assert_int_equal(handshakes(r), 1);
    assert_ok(rig_set(r, AVS_NET_SOCKET_OPT_RECV_TIMEOUT, (avs_net_socket_opt_value_t){.recv_timeout = {0, 0}}));
    assert_errno(rig_receive(r, buffer, sizeof(buffer), &size), AVS_ETIMEDOUT);
}

static void after_the_servers_goodbye_a_send_makes_a_new_association(void **state) {
    rig *r = *state;
    char buffer[64];
    size_t size = 99;
    start(r);
    assert_int_equal(peer_close(&r->server.peer, peer_newest(&r->server.peer)), 0);
    assert_ok(rig_receive(r, buffer, sizeof(buffer), &size));
    assert_int_equal(size, 0);
    assert_false(rig_flag(r, AVS_NET_SOCKET_HAS_BUFFERED_DATA));
    assert_no_answer(rig_send(r, "@Update of old", 14));
    rig_exchange(r, "Register");
    assert_int_equal(handshakes(r), 2);
}

static void after_a_goodbye_an_absent_server_leaves_the_socket_shut_down(void **state) {
    rig *r = *state;
    char buffer[64];
    size_t size;
    start(r);
    assert_int_equal(peer_close(&r->server.peer, peer_newest(&r->server.peer)), 0);
    assert_ok(rig_receive(r, buffer, sizeof(buffer), &size));
    r->server.peer.behaviour.deaf = true;
    assert_no_answer(rig_send(r, "@Update", 7));
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_SHUTDOWN);
    r->server.peer.behaviour.deaf = false;
    assert_ok(rig_close(r));
    assert_ok(rig_connect(r));
    rig_exchange(r, "Register");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(queue_mode_goes_on_at_the_same_port_without_a_handshake),
        RIG_TEST(queue_mode_needs_no_connection_id_at_the_same_port),
        RIG_TEST(another_port_without_connection_id_is_a_resumption),
        RIG_TEST(a_suspended_download_answers_and_goes_on_with_the_same_node),
        RIG_TEST(a_new_socket_resumes_the_session_in_the_buffer),
        RIG_TEST(copies_of_the_buffer_give_two_sockets_keys_of_their_own),
        RIG_TEST(the_buffer_shows_no_key_and_zeros_where_it_is_unused),
        RIG_TEST(a_buffer_that_was_altered_leads_to_a_full_handshake),
        RIG_TEST(a_buffer_that_was_emptied_ends_the_association_and_keeps_the_port),
        RIG_TEST(without_a_buffer_nothing_is_resumed_but_sleep_goes_on),
        RIG_TEST(a_buffer_too_small_for_a_session_is_left_alone),
        RIG_TEST(a_session_is_not_read_into_less_room_than_it_needs),
        RIG_TEST(a_server_that_restarted_gets_a_new_association_and_nothing_of_the_old_one),
        RIG_TEST(an_outage_costs_no_association),
        RIG_TEST(messages_that_nobody_answers_are_no_reason_for_a_handshake),
        RIG_TEST(after_the_servers_goodbye_a_send_makes_a_new_association),
        RIG_TEST(after_a_goodbye_an_absent_server_leaves_the_socket_shut_down),
    };
    return cmocka_run_group_tests_name("anjay_sleep", tests, NULL, NULL);
}
