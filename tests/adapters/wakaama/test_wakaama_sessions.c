/* SPDX-License-Identifier: Apache-2.0 */
/* What Wakaama sends and gets, awake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>

#include "rig.h"

static void pump_until(rig *r, const unsigned *counter, unsigned count) {
    struct pollfd polled = {.fd = peer_udp_fd(&r->server), .events = POLLIN};
    for (int i = 0; i < 3000 && *counter < count; i++) {
        poll(&polled, 1, 10);
        peer_udp_pump(&r->server);
    }
    assert_int_equal(*counter, count);
}

static void what_is_sent_during_the_handshake_arrives_after_it(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connect(r, 0);
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CONNECTING);
    assert_int_equal(rig_send(r, c, RIG_CON), COAP_NO_ERROR); /* its Register … */
    assert_int_equal(rig_send(r, c, RIG_CON), COAP_NO_ERROR); /* … and that again, two seconds later */
    assert_int_equal(rig_settle(r), DOZE_OK);
    rig_until_handed(r, 1);
    assert_ptr_equal(r->wakaama.session, c);
    assert_int_equal(r->wakaama.packet_size, RIG_MESSAGE);
    assert_int_equal(r->server.peer.counters.messages_received, 1);
}

static void what_cannot_be_held_is_an_error(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connect(r, 0);
    fake_fail_after = 0;
    assert_int_equal(rig_send(r, c, RIG_CON), COAP_503_SERVICE_UNAVAILABLE);
    fake_fail_after = -1;
    assert_int_equal(rig_settle(r), DOZE_OK);
    rig_exchange(r, c);
}

static void a_session_equals_itself_alone(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_serve_plain(r, 1);
    rig_start(r);
    doze_wakaama_connection *one = rig_connect(r, 0);
    doze_wakaama_connection *other = rig_connect(r, 1);
    assert_true(lwm2m_session_is_equal(one, one, &r->adapter));
    assert_false(lwm2m_session_is_equal(one, other, &r->adapter));
}

static void two_servers_are_served_at_once(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_serve_plain(r, 1);
    rig_start(r);
    doze_wakaama_connection *secure = rig_connected(r, 0);
    doze_wakaama_connection *plain = rig_connected(r, 1);
    assert_null(plain->dtls);
    for (int i = 0; i < 3; i++) {
        rig_exchange(r, secure);
        rig_exchange(r, plain);
    }
    rig_close(r, secure);
    rig_exchange(r, plain);
}

static void every_open_socket_can_be_polled(void **state) {
    rig *r = *state;
    int fds[FAKE_SERVERS] = {-1, -1};
    rig_serve(r, NULL);
    rig_serve_plain(r, 1);
    rig_start(r);
    assert_int_equal(doze_wakaama_fds(&r->adapter, fds, FAKE_SERVERS), 0);
    assert_int_equal(doze_wakaama_next_timeout(&r->adapter), -1);
    rig_connected(r, 1);
    rig_connected(r, 0);
    assert_int_equal(doze_wakaama_fds(&r->adapter, fds, 1), 2);
    assert_int_equal(fds[1], -1);
    assert_int_equal(doze_wakaama_fds(&r->adapter, fds, FAKE_SERVERS), 2);
    assert_true(fds[0] >= 0 && fds[1] >= 0 && fds[0] != fds[1]);
    assert_int_equal(doze_wakaama_next_timeout(&r->adapter), -1);
    doze_wakaama_sleep(&r->adapter);
    assert_int_equal(doze_wakaama_fds(&r->adapter, fds, FAKE_SERVERS), 0);
}

static void a_handshake_wants_to_be_called_when_its_timer_is_over(void **state) {
    rig *r = *state;
    r->settings.dtls.handshake_timer_min = 7000;
    rig_serve(r, NULL);
    rig_serve_plain(r, 1);
    rig_start(r);
    r->server.peer.behaviour.deaf = true;
    rig_connected(r, 1);
    rig_connect(r, 0);
    assert_int_equal(doze_wakaama_step(&r->adapter), DOZE_IN_PROGRESS);
    assert_int_equal(doze_wakaama_next_timeout(&r->adapter), 7000);
    r->now += 7000;
    assert_int_equal(doze_wakaama_next_timeout(&r->adapter), 0);
}

static void of_two_handshakes_the_timer_that_is_over_first_counts(void **state) {
    rig *r = *state;
    r->settings.dtls.handshake_timer_min = 7000;
    rig_serve(r, NULL);
    r->wakaama.security[1] = r->wakaama.security[0];
    r->server.peer.behaviour.deaf = true;
    rig_start(r);
    for (uint16_t i = 0; i < 2; i++) {
        rig_connect(r, i);
        assert_int_equal(doze_wakaama_step(&r->adapter), DOZE_IN_PROGRESS);
        r->now += 1000;
    }
    assert_int_equal(doze_wakaama_next_timeout(&r->adapter), 5000);
}

static void an_error_is_told_even_while_another_server_connects(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_serve_plain(r, 1);
    rig_start(r);
    r->server.peer.behaviour.deaf = true;
    rig_connect(r, 0);
    doze_wakaama_connection *plain = rig_connect(r, 1);
    r->adapter.settings.buffer_size = RIG_MESSAGE - 1;
    rig_send(r, plain, RIG_CON);
    doze_result result = DOZE_IN_PROGRESS;
    for (int i = 0; i < 3000 && result == DOZE_IN_PROGRESS; i++) {
        rig_wait(r);
        result = doze_wakaama_step(&r->adapter);
    }
    assert_int_equal(result, DOZE_ERR_TRUNCATED);
    assert_int_equal(doze_wakaama_step(&r->adapter), DOZE_IN_PROGRESS);
}

static void what_was_held_ends_with_its_session(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connect(r, 0);
    rig_send(r, c, RIG_CON);
    assert_int_equal(fake_allocations, 2);
    rig_close(r, c);
    assert_int_equal(fake_allocations, 0);
}

static void two_records_in_one_datagram_are_handed_over_without_waiting(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    r->server.peer.behaviour.answer = PEER_ECHO_TWICE_AT_ONCE;
    rig_send(r, c, RIG_CON);
    rig_until_handed(r, 1);
    assert_int_equal(doze_wakaama_next_timeout(&r->adapter), 0); /* poll() alone would not see it */
    assert_int_equal(doze_wakaama_step(&r->adapter), DOZE_OK);
    assert_int_equal(r->wakaama.packets, 2);
}

static void a_message_longer_than_the_buffer_is_dropped(void **state) {
    rig *r = *state;
    r->settings.buffer_size = RIG_MESSAGE - 1;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    rig_send(r, c, RIG_CON);
    doze_result result = DOZE_OK;
    for (int i = 0; i < 3000 && result == DOZE_OK; i++) {
        rig_wait(r);
        result = doze_wakaama_step(&r->adapter);
    }
    assert_int_equal(result, DOZE_ERR_TRUNCATED);
    assert_int_equal(r->wakaama.packets, 0);
    r->adapter.settings.buffer_size = sizeof(r->buffer);
    rig_exchange(r, c);
}

static void closing_says_goodbye(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    rig_close(r, rig_connected(r, 0));
    pump_until(r, &r->server.peer.counters.close_notifies, 1);
}

static void what_is_sent_in_a_closed_session_is_an_error(void **state) {
    rig *r = *state;
    uint8_t message[1] = {0x40};
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    assert_int_equal(lwm2m_buffer_send(c, message, 0, &r->adapter), COAP_500_INTERNAL_SERVER_ERROR);
    assert_int_equal(lwm2m_buffer_send(NULL, message, 1, &r->adapter), COAP_500_INTERNAL_SERVER_ERROR);
    rig_close(r, c);
    assert_int_equal(lwm2m_buffer_send(c, message, 1, &r->adapter), COAP_500_INTERNAL_SERVER_ERROR);
}

static void close_both(void *context) {
    rig *r = context;
    rig_close(r, r->wakaama.servers[0].sessionH);
    rig_close(r, r->wakaama.servers[1].sessionH);
}

static void a_packet_may_make_wakaama_close_every_session(void **state) {
    rig *r = *state;
    for (uint16_t last = 0; last < 2; last++) { /* the one that gets the packet is first or last in turn */
        if (!r->server_open) {
            rig_serve(r, NULL);
            rig_serve_plain(r, 1);
            rig_start(r);
        }
        rig_connected(r, last);
        rig_connected(r, !last);
        r->wakaama.on_packet = close_both;
        r->wakaama.on_packet_context = r;
        rig_send(r, r->wakaama.servers[0].sessionH, RIG_CON);
        rig_until_handed(r, last + 1u);
        assert_int_equal(doze_wakaama_fds(&r->adapter, NULL, 0), 0);
    }
}

static void a_server_that_cannot_be_reached_yet_has_a_session(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    char uri[64];
    memcpy(uri, r->uri[0], sizeof(uri));
    strcpy(r->uri[0], "coaps://server.invalid");
    r->adapter.settings.udp.resolver = NULL; /* no name is known */
    doze_wakaama_connection *c = rig_connect(r, 0);
    assert_non_null(c);
    assert_int_equal(r->adapter.last_error, DOZE_ERR_HOST_UNKNOWN);
    assert_int_equal(rig_send(r, c, RIG_CON), COAP_503_SERVICE_UNAVAILABLE);
    memcpy(r->uri[0], uri, sizeof(uri));
    assert_int_equal(rig_send(r, c, RIG_CON), COAP_NO_ERROR); /* as Wakaama repeats it */
    assert_int_equal(rig_settle(r), DOZE_OK);
    rig_until_handed(r, 1);
}

static void a_session_does_not_turn_from_secure_to_plain(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    r->adapter.settings.udp.resolver = NULL;
    strcpy(r->uri[0], "coaps://server.invalid");
    doze_wakaama_connection *c = rig_connect(r, 0);
    strcpy(r->uri[0], "coap://127.0.0.1");
    r->wakaama.security[0].mode = LWM2M_SECURITY_MODE_NONE;
    assert_int_equal(rig_send(r, c, RIG_CON), COAP_503_SERVICE_UNAVAILABLE);
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CLOSED);
}

/* A Non-confirmable message is not answered, so that its silence is no reason to doubt the server. */
static void notifications_that_nobody_answers_cause_no_handshake(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    r->server.peer.behaviour.answer = PEER_EAT;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(rig_send(r, c, RIG_NON), COAP_NO_ERROR);
        assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CONNECTED);
        r->now += 60000;
    }
    pump_until(r, &r->server.peer.counters.messages_received, 20);
    assert_int_equal(r->server.peer.counters.handshakes_full, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(what_is_sent_during_the_handshake_arrives_after_it),
        RIG_TEST(what_cannot_be_held_is_an_error),
        RIG_TEST(a_session_equals_itself_alone),
        RIG_TEST(two_servers_are_served_at_once),
        RIG_TEST(every_open_socket_can_be_polled),
        RIG_TEST(a_handshake_wants_to_be_called_when_its_timer_is_over),
        RIG_TEST(of_two_handshakes_the_timer_that_is_over_first_counts),
        RIG_TEST(an_error_is_told_even_while_another_server_connects),
        RIG_TEST(what_was_held_ends_with_its_session),
        RIG_TEST(two_records_in_one_datagram_are_handed_over_without_waiting),
        RIG_TEST(a_message_longer_than_the_buffer_is_dropped),
        RIG_TEST(closing_says_goodbye),
        RIG_TEST(what_is_sent_in_a_closed_session_is_an_error),
        RIG_TEST(a_packet_may_make_wakaama_close_every_session),
        RIG_TEST(a_server_that_cannot_be_reached_yet_has_a_session),
        RIG_TEST(a_session_does_not_turn_from_secure_to_plain),
        RIG_TEST(notifications_that_nobody_answers_cause_no_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
