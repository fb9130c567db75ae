/* SPDX-License-Identifier: Apache-2.0 */
/* What every kind of doze_socket does, whatever it is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "contract/rig.h"
#include "contract/view.h"

#define MESSAGE 60 /* bytes of an ordinary one */

/* Runs a test's body in each situation, from a new rig each time. */
static void in_each_situation(rig *r, void (*body)(rig *r)) {
    for (rig_situation s = RIG_NEW; s < RIG_SITUATIONS; s++) {
        rig_reach(r, s);
        body(r);
        rig_restart(r);
    }
}

/* ---- connect ---- */

static void a_new_socket_is_closed_and_knows_nothing(rig *r) {
    char text[DOZE_ADDRESS_TEXT_SIZE];
    rig_state_is(r, DOZE_STATE_CLOSED);
    assert_null(doze_remote_hostname(r->socket));
    assert_int_equal(doze_remote_host(r->socket, text, sizeof(text)), DOZE_ERR_NO_PEER);
    assert_int_equal(doze_local_host(r->socket, text, sizeof(text)), DOZE_ERR_NO_LAST_PORT);
    assert_int_equal(doze_remote_port(r->socket), 0);
    assert_int_equal(doze_local_port(r->socket), 0);
    assert_int_equal(doze_fd(r->socket), -1);
    assert_int_equal(doze_next_timeout(r->socket), -1);
    assert_int_equal(doze_step(r->socket), DOZE_OK);
}

static void check_getters(rig *r, const char *hostname) {
    char text[DOZE_ADDRESS_TEXT_SIZE];
    assert_string_equal(doze_remote_hostname(r->socket), hostname);
    assert_int_equal(doze_remote_host(r->socket, text, sizeof(text)), DOZE_OK);
    assert_string_equal(text, r->host);
    assert_int_equal(doze_remote_port(r->socket), r->port);
    assert_int_equal(doze_local_host(r->socket, text, sizeof(text)), DOZE_OK);
    assert_string_equal(text, r->kind->own);
    assert_int_not_equal(doze_local_port(r->socket), 0);
    assert_int_equal(rig_option(r, DOZE_OPT_FAMILY), r->family);
}

static void connect_leads_to_connected_and_the_getters_answer(rig *r) {
    rig_connect(r);
    assert_true(doze_fd(r->socket) >= 0);
    check_getters(r, RIG_NAME);
    rig_exchange(r, MESSAGE);
}

static void an_address_can_be_connected_to_without_any_lookup(rig *r) {
    assert_int_equal(rig_finish(r, doze_connect(r->socket, r->host, r->port)), DOZE_OK);
    check_getters(r, r->host);
    assert_int_equal(r->names.lookups, 0);
    rig_exchange(r, MESSAGE);
}

static void a_lookup_is_in_progress_until_it_is_answered(rig *r) {
    rig_reach(r, RIG_LOOKING_UP);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(doze_step(r->socket), DOZE_IN_PROGRESS);
        rig_state_is(r, DOZE_STATE_CONNECTING);
    }
    r->names.stuck = false;
    assert_int_equal(doze_next_timeout(r->socket), 0);
    assert_int_equal(rig_finish(r, doze_step(r->socket)), DOZE_OK);
    rig_state_is(r, DOZE_STATE_CONNECTED);
    rig_exchange(r, MESSAGE);
}

static void a_name_that_does_not_exist_is_told_and_changes_nothing(rig *r) {
    view before;
    view_take(&before, r->socket);
    assert_int_equal(doze_connect(r->socket, "unknown.example", r->port), DOZE_ERR_HOST_UNKNOWN);
    view_is_unchanged(&before, r->socket);
    rig_reach(r, RIG_ASLEEP);
    view_take(&before, r->socket);
    assert_int_equal(doze_connect(r->socket, "unknown.example", r->port), DOZE_ERR_HOST_UNKNOWN);
    view_is_unchanged(&before, r->socket);
    r->names.stuck = true;
    assert_int_equal(doze_connect(r->socket, "unknown.example", r->port), DOZE_IN_PROGRESS);
    r->names.stuck = false;
    assert_int_equal(rig_finish(r, doze_step(r->socket)), DOZE_ERR_HOST_UNKNOWN);
    view_is_unchanged(&before, r->socket);
    rig_resume(r);
    rig_exchange(r, MESSAGE);
}

static void what_is_no_host_or_no_port_is_refused(rig *r) {
    char name[DOZE_HOSTNAME_MAX + 2];
    view before;
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    view_take(&before, r->socket);
    assert_int_equal(doze_connect(r->socket, "", r->port), DOZE_ERR_HOST);
    assert_int_equal(doze_connect(r->socket, name, r->port), DOZE_ERR_HOST);
    assert_int_equal(doze_connect(r->socket, "1.2.3", r->port), DOZE_ERR_HOST);
    assert_int_equal(doze_connect(r->socket, RIG_NAME, 0), DOZE_ERR_PORT);
    view_is_unchanged(&before, r->socket);
    assert_int_equal(r->names.lookups, 0);
}

static void a_bound_port_is_the_one_that_connects(rig *r) {
    rig_reach(r, RIG_BOUND);
    uint16_t port = doze_local_port(r->socket);
    assert_int_not_equal(port, 0);
    rig_connect(r);
    assert_int_equal(doze_local_port(r->socket), port);
    check_getters(r, RIG_NAME);
    rig_exchange(r, MESSAGE);
}

static void bind_refuses_what_is_no_address_and_what_is_taken(rig *r) {
    doze_udp thief;
    view before;
    rig_take_port(r, &thief, 0);
    view_take(&before, r->socket);
    assert_int_equal(doze_bind(r->socket, RIG_NAME, 0), DOZE_ERR_ADDRESS);
    assert_int_equal(doze_bind(r->socket, "", 0), DOZE_ERR_ADDRESS);
    assert_int_equal(doze_bind(r->socket, r->kind->own, doze_local_port(&thief.socket)), DOZE_ERR_PORT_TAKEN);
    view_is_unchanged(&before, r->socket);
    doze_deinit(&thief.socket);
}

/* ---- messages ---- */

static void messages_of_all_sizes_come_back_as_they_were_sent(rig *r) {
    rig_connect(r);
    int64_t most = rig_option(r, DOZE_OPT_PAYLOAD_MTU);
    assert_in_range(most, 1000, rig_option(r, DOZE_OPT_PATH_MTU));
    for (size_t size = 1; size <= (size_t)most; size *= 3) {
        rig_exchange(r, size);
    }
    rig_exchange(r, (size_t)most);
}

static void each_message_is_one_datagram_each_way(rig *r) {
    rig_connect(r);
    int64_t sent = rig_option(r, DOZE_OPT_DATAGRAMS_SENT);
    int64_t received = rig_option(r, DOZE_OPT_DATAGRAMS_RECEIVED);
    int64_t bytes_sent = rig_option(r, DOZE_OPT_BYTES_SENT);
    int64_t bytes_received = rig_option(r, DOZE_OPT_BYTES_RECEIVED);
    for (int64_t i = 1; i <= 10; i++) {
        rig_exchange(r, MESSAGE);
        assert_int_equal(rig_option(r, DOZE_OPT_DATAGRAMS_SENT) - sent, i);
        assert_int_equal(rig_option(r, DOZE_OPT_DATAGRAMS_RECEIVED) - received, i);
        assert_true(rig_option(r, DOZE_OPT_BYTES_SENT) - bytes_sent >= i * MESSAGE);
        assert_true(rig_option(r, DOZE_OPT_BYTES_RECEIVED) - bytes_received >= i * MESSAGE);
    }
}

static void a_message_longer_than_the_buffer_is_told_and_the_next_is_intact(rig *r) {
    char buffer[5] = "????";
    size_t size = 0;
    rig_connect(r);
    assert_int_equal(doze_send(r->socket, "0123456789", 10), DOZE_OK);
    assert_int_equal(doze_send(r->socket, "next", 4), DOZE_OK);
    assert_int_equal(rig_recv(r, buffer, 4, &size), DOZE_ERR_TRUNCATED);
    assert_int_equal(size, 10);
    assert_string_equal(buffer, "0123");
    assert_int_equal(rig_recv(r, buffer, 4, &size), DOZE_OK);
    assert_int_equal(size, 4);
    assert_string_equal(buffer, "next");
    assert_int_equal(doze_recv(r->socket, buffer, 4, &size), DOZE_WOULD_BLOCK);
    rig_exchange(r, MESSAGE);
}

static void a_message_that_just_fits_the_buffer_is_not_truncated(rig *r) {
    char buffer[16];
    size_t size = 0;
    rig_connect(r);
    assert_int_equal(doze_send(r->socket, "0123456789", 10), DOZE_OK);
    assert_int_equal(rig_recv(r, buffer, 10, &size), DOZE_OK);
    assert_int_equal(size, 10);
    assert_int_equal(doze_send(r->socket, "0123456789", 10), DOZE_OK);
    assert_int_equal(rig_recv(r, buffer, 9, &size), DOZE_ERR_TRUNCATED);
    assert_int_equal(size, 10);
}

static void nothing_to_read_would_block(rig *r) {
    char buffer[8];
    size_t size = 77;
    view before;
    rig_connect(r);
    view_take(&before, r->socket);
    assert_int_equal(doze_recv(r->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
    assert_int_equal(rig_option(r, DOZE_OPT_PENDING), 0);
    view_is_unchanged(&before, r->socket);
    rig_exchange(r, MESSAGE);
    assert_int_equal(doze_recv(r->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
}

static void a_message_far_too_long_is_refused_and_the_socket_lives(rig *r) {
    enum { FAR_TOO_LONG = 70000 };
    char *message = test_calloc(1, FAR_TOO_LONG);
    rig_connect(r);
    int64_t sent = rig_option(r, DOZE_OPT_DATAGRAMS_SENT);
    assert_true(rig_option(r, DOZE_OPT_PAYLOAD_MTU) < FAR_TOO_LONG);
    assert_int_equal(doze_send(r->socket, message, FAR_TOO_LONG), DOZE_ERR_TOO_LONG);
    assert_int_equal(rig_option(r, DOZE_OPT_DATAGRAMS_SENT), sent);
    test_free(message);
    rig_state_is(r, DOZE_STATE_CONNECTED);
    rig_exchange(r, MESSAGE);
}

/* ---- arguments and states ---- */

static void refuse_arguments(rig *r) {
    char buffer[8];
    size_t size = 0;
    int64_t value = 0;
    view before;
    view_take(&before, r->socket);
    assert_int_equal(doze_send(r->socket, NULL, 1), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_send(r->socket, "x", 0), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_recv(r->socket, NULL, 8, &size), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_recv(r->socket, buffer, 0, &size), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_recv(r->socket, buffer, 8, NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_connect(r->socket, NULL, 1), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_get_option(r->socket, DOZE_OPT_STATE, NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_local_host(r->socket, NULL, 8), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_remote_host(r->socket, buffer, 0), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_get_option(r->socket, DOZE_OPT_LIMIT, &value), DOZE_ERR_OPTION);
    view_is_unchanged(&before, r->socket);
}

static void null_and_zero_length_are_refused_in_each_situation(rig *r) {
    in_each_situation(r, refuse_arguments);
}

static doze_result call_bind(doze_socket *socket) {
    return doze_bind(socket, NULL, 0);
}

static doze_result call_connect(doze_socket *socket) {
    return doze_connect(socket, RIG_NAME, 1);
}

static doze_result call_send(doze_socket *socket) {
    return doze_send(socket, "x", 1);
}

static doze_result call_recv(doze_socket *socket) {
    char buffer[8];
    size_t size;
    return doze_recv(socket, buffer, sizeof(buffer), &size);
}

#define IN(state) (1u << (DOZE_STATE_##state))

static void refuse_wrong_verbs(rig *r) {
    static const struct {
        doze_result (*call)(doze_socket *socket);
        unsigned right;
        doze_result refusal;
    } verbs[] = {
        {call_bind, IN(CLOSED), DOZE_ERR_ALREADY_BOUND},
        {doze_reuse_last_port, IN(CLOSED) | IN(SHUTDOWN), DOZE_ERR_ALREADY_BOUND},
        {call_connect, IN(CLOSED) | IN(BOUND) | IN(SHUTDOWN), DOZE_ERR_STATE},
        {doze_resume, IN(SHUTDOWN), DOZE_ERR_STATE},
        {call_send, IN(CONNECTED) | IN(CONNECTING), DOZE_ERR_STATE},
        {call_recv, IN(CONNECTED), DOZE_ERR_STATE},
        {doze_shutdown, IN(BOUND) | IN(CONNECTING) | IN(CONNECTED) | IN(SHUTDOWN), DOZE_ERR_STATE},
    };
    view before;
    view_take(&before, r->socket);
    if (doze_get_state(r->socket) == DOZE_STATE_CONNECTING) {
        assert_int_equal(call_send(r->socket), DOZE_IN_PROGRESS);
        view_is_unchanged(&before, r->socket);
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if ((verbs[i].right & (1u << doze_get_state(r->socket))) == 0) {
            assert_int_equal(verbs[i].call(r->socket), verbs[i].refusal);
            view_is_unchanged(&before, r->socket);
        }
    }
}

static void a_verb_in_a_wrong_state_is_refused_and_changes_nothing(rig *r) {
    in_each_situation(r, refuse_wrong_verbs);
}

/* ---- sleep ---- */

static void shutdown_keeps_every_getter(rig *r) {
    view before;
    rig_connect(r);
    rig_exchange(r, MESSAGE);
    view_take(&before, r->socket);
    rig_sleep(r);
    assert_int_equal(doze_fd(r->socket), -1);
    assert_int_equal(doze_next_timeout(r->socket), -1);
    view_has_same_ends(&before, r->socket);
    check_getters(r, RIG_NAME);
    assert_int_equal(doze_step(r->socket), DOZE_OK);
    assert_int_equal(doze_shutdown(r->socket), DOZE_OK);
    view_has_same_ends(&before, r->socket);
}

static void shutdown_sends_nothing(rig *r) {
    rig_connect(r);
    rig_exchange(r, MESSAGE);
    int64_t sent = rig_option(r, DOZE_OPT_DATAGRAMS_SENT);
    uint64_t arrived = r->kind->network->arrived(r);
    rig_sleep(r);
    assert_int_equal(rig_option(r, DOZE_OPT_DATAGRAMS_SENT), sent);
    assert_int_equal(r->kind->network->arrived(r), arrived);
    rig_resume(r);
    assert_int_equal(rig_option(r, DOZE_OPT_DATAGRAMS_SENT), sent);
    rig_sleep(r);
    assert_int_equal(doze_close(r->socket), DOZE_OK);
    assert_int_equal(rig_option(r, DOZE_OPT_DATAGRAMS_SENT), sent);
    assert_int_equal(r->kind->network->arrived(r), arrived);
}

static void sleep_a_hundred_times(rig *r) {
    view before;
    rig_connect(r);
    rig_exchange(r, MESSAGE);
    view_take(&before, r->socket);
    int64_t sent = rig_option(r, DOZE_OPT_DATAGRAMS_SENT);
    unsigned lookups = r->names.lookups;
    for (int i = 1; i <= 100; i++) {
        rig_sleep(r);
        assert_int_equal(doze_resume(r->socket), DOZE_OK);
        view_has_same_ends(&before, r->socket);
        assert_int_equal(rig_option(r, DOZE_OPT_PORT_KEPT), 1);
        rig_exchange(r, MESSAGE);
        assert_int_equal(rig_option(r, DOZE_OPT_DATAGRAMS_SENT) - sent, i);
    }
    assert_int_equal(r->names.lookups, lookups);
}

static void resume_keeps_the_port_a_hundred_times(rig *r) {
    sleep_a_hundred_times(r);
}

/* False: this platform has no such thing. */
static bool choose_hold(rig *r) {
    doze_result result = doze_set_option(r->socket, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    if (result == DOZE_ERR_UNSUPPORTED) {
        assert_int_equal(rig_option(r, DOZE_OPT_SLEEP), DOZE_SLEEP_DROP);
        return false;
    }
    assert_int_equal(result, DOZE_OK);
    return true;
}

static void resume_from_hold_keeps_the_port_a_hundred_times(rig *r) {
    if (choose_hold(r)) {
        sleep_a_hundred_times(r);
    }
}

static void on_hold_nobody_takes_the_port(rig *r) {
    doze_udp thief;
    if (!choose_hold(r)) {
        return;
    }
    rig_connect(r);
    uint16_t port = doze_local_port(r->socket);
    rig_sleep(r);
    assert_int_equal(doze_fd(r->socket), -1);
    assert_int_equal(doze_udp_init(&thief, &(doze_udp_settings){.net = r->net}), DOZE_OK);
    assert_int_equal(doze_bind(&thief.socket, r->kind->own, port), DOZE_ERR_PORT_TAKEN);
    doze_deinit(&thief.socket);
    rig_resume(r);
    assert_int_equal(doze_local_port(r->socket), port);
    rig_exchange(r, MESSAGE);
}

static void what_came_before_and_in_sleep_is_never_read_after_it(rig *r) {
    char buffer[16];
    size_t size = 0;
    rig_connect(r);
    for (int i = 0; i < 2; i++) {
        uint64_t arrived = r->kind->network->arrived(r);
        assert_int_equal(doze_send(r->socket, "early", 5), DOZE_OK);
        rig_let_arrive(r, arrived + 1);
        assert_int_equal(doze_send(r->socket, "late", 4), DOZE_OK);
        rig_sleep(r);
        rig_let_arrive(r, arrived + 2);
        rig_resume(r);
        assert_int_equal(doze_recv(r->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
        rig_exchange(r, MESSAGE);
        if (!choose_hold(r)) {
            return;
        }
    }
}

static void sleep_while_connecting_is_silent_and_a_later_connect_works(rig *r) {
    static const rig_situation situations[] = {RIG_LOOKING_UP, RIG_UNDER_WAY};
    for (size_t i = 0; i < 2; i++) {
        rig_reach(r, situations[i]);
        int64_t sent = rig_option(r, DOZE_OPT_DATAGRAMS_SENT);
        rig_sleep(r);
        assert_int_equal(doze_fd(r->socket), -1);
        assert_int_equal(doze_next_timeout(r->socket), -1);
        assert_int_equal(rig_option(r, DOZE_OPT_DATAGRAMS_SENT), sent);
        assert_int_equal(r->names.open, 0);
        r->names.stuck = false;
        rig_connect(r);
        rig_exchange(r, MESSAGE);
        rig_restart(r);
    }
}

static void another_port_of_the_same_host_can_be_connected_to_after_sleep(rig *r) {
    rig_reach(r, RIG_ASLEEP);
    uint16_t port = doze_local_port(r->socket);
    assert_int_equal(rig_finish(r, doze_connect(r->socket, RIG_NAME, r->other_port)), DOZE_OK);
    assert_int_equal(doze_remote_port(r->socket), r->other_port);
    assert_string_equal(doze_remote_hostname(r->socket), RIG_NAME);
    assert_int_equal(doze_local_port(r->socket), port);
    rig_exchange(r, MESSAGE);
}

/* ---- ports ---- */

static void reuse_and_connect(rig *r, uint16_t port) {
    assert_int_equal(doze_reuse_last_port(r->socket), DOZE_OK);
    rig_state_is(r, DOZE_STATE_BOUND);
    assert_int_equal(doze_local_port(r->socket), port);
    assert_true(doze_fd(r->socket) >= 0);
    rig_connect(r);
    assert_int_equal(doze_local_port(r->socket), port);
    assert_int_equal(rig_option(r, DOZE_OPT_PORT_KEPT), 1);
    rig_exchange(r, MESSAGE);
}

static void shutdown_reuse_last_port_and_connect_keep_the_port(rig *r) {
    rig_connect(r);
    uint16_t port = doze_local_port(r->socket);
    for (int i = 0; i < 2; i++) {
        rig_sleep(r);
        reuse_and_connect(r, port);
        if (!choose_hold(r)) {
            return;
        }
    }
}

static void close_reuse_last_port_and_connect_keep_the_port(rig *r) {
    rig_connect(r);
    uint16_t port = doze_local_port(r->socket);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(doze_close(r->socket), DOZE_OK);
        reuse_and_connect(r, port);
    }
    rig_sleep(r);
    assert_int_equal(doze_close(r->socket), DOZE_OK);
    reuse_and_connect(r, port);
}

static void a_taken_port_is_told_by_reuse_last_port_and_changes_nothing(rig *r) {
    doze_result (*const rests[])(doze_socket *) = {doze_close, doze_shutdown};
    rig_connect(r);
    uint16_t port = doze_local_port(r->socket);
    for (size_t i = 0; i < 2; i++) {
        doze_udp thief;
        view before;
        assert_int_equal(rests[i](r->socket), DOZE_OK);
        rig_take_port(r, &thief, port);
        view_take(&before, r->socket);
        assert_int_equal(doze_reuse_last_port(r->socket), DOZE_ERR_PORT_TAKEN);
        assert_int_not_equal(doze_cause(r->socket), 0);
        view_is_unchanged(&before, r->socket);
        doze_deinit(&thief.socket);
        reuse_and_connect(r, port);
    }
}

static void resume_goes_on_from_another_port_when_the_last_one_is_taken_and_says_so(rig *r) {
    doze_udp thief;
    rig_reach(r, RIG_ASLEEP);
    uint16_t port = doze_local_port(r->socket);
    rig_take_port(r, &thief, port);
    rig_resume(r);
    assert_int_not_equal(doze_local_port(r->socket), port);
    assert_int_equal(rig_option(r, DOZE_OPT_PORT_KEPT), 0);
    rig_exchange(r, MESSAGE);
    port = doze_local_port(r->socket);
    doze_deinit(&thief.socket);
    rig_sleep(r);
    rig_resume(r);
    assert_int_equal(doze_local_port(r->socket), port);
    assert_int_equal(rig_option(r, DOZE_OPT_PORT_KEPT), 1);
    rig_exchange(r, MESSAGE);
}

static void without_any_connection_there_is_no_port_to_reuse_and_no_peer_to_wake_to(rig *r) {
    view before;
    view_take(&before, r->socket);
    assert_int_equal(doze_reuse_last_port(r->socket), DOZE_ERR_NO_LAST_PORT);
    view_is_unchanged(&before, r->socket);
    rig_reach(r, RIG_ASLEEP_UNCONNECTED);
    view_take(&before, r->socket);
    assert_int_equal(doze_reuse_last_port(r->socket), DOZE_ERR_NO_LAST_PORT);
    assert_int_equal(doze_resume(r->socket), DOZE_ERR_NO_PEER);
    view_is_unchanged(&before, r->socket);
    rig_connect(r);
    rig_exchange(r, MESSAGE);
}

/* ---- endings ---- */

static void close_it(rig *r) {
    view before;
    view_take(&before, r->socket);
    assert_int_equal(doze_close(r->socket), DOZE_OK);
    rig_state_is(r, DOZE_STATE_CLOSED);
    assert_int_equal(doze_fd(r->socket), -1);
    assert_int_equal(doze_next_timeout(r->socket), -1);
    assert_int_equal(r->names.open, 0);
    view_has_same_ends(&before, r->socket);
    assert_int_equal(doze_close(r->socket), DOZE_OK);
    r->names.stuck = false;
    rig_connect(r);
    rig_exchange(r, MESSAGE);
}

static void close_in_each_situation_leads_to_closed_and_a_later_connect_works(rig *r) {
    in_each_situation(r, close_it);
}

static void forget_it(rig *r) {
    int64_t sent = rig_option(r, DOZE_OPT_DATAGRAMS_SENT);
    assert_int_equal(doze_forget(r->socket), DOZE_OK);
    assert_int_equal(rig_option(r, DOZE_OPT_DATAGRAMS_SENT), sent);
    assert_int_equal(r->names.open, 0);
    a_new_socket_is_closed_and_knows_nothing(r);
    assert_int_equal(doze_reuse_last_port(r->socket), DOZE_ERR_NO_LAST_PORT);
    r->names.stuck = false;
    rig_connect(r);
    rig_exchange(r, MESSAGE);
}

static void forget_in_each_situation_leaves_nothing_and_sends_nothing(rig *r) {
    in_each_situation(r, forget_it);
}

/* The restart after each looks for what is left open. */
static void deinit_it(rig *r) {
    uint64_t arrived = r->kind->network->arrived(r);
    doze_deinit(r->socket);
    assert_int_equal(r->kind->network->arrived(r), arrived);
}

static void deinit_in_each_situation_leaves_nothing_and_sends_nothing(rig *r) {
    in_each_situation(r, deinit_it);
}

/* ---- options ---- */

static void every_socket_has_the_common_options_with_their_defaults(rig *r) {
    static const struct {
        doze_option option;
        int64_t initial;
    } rows[] = {
        {DOZE_OPT_STATE, DOZE_STATE_CLOSED},
        {DOZE_OPT_RECV_TIMEOUT, -1},
        {DOZE_OPT_FAMILY, DOZE_FAMILY_ANY},
        {DOZE_OPT_FORCED_FAMILY, DOZE_FAMILY_ANY},
        {DOZE_OPT_PREFERRED_FAMILY, DOZE_FAMILY_ANY},
        {DOZE_OPT_DATAGRAMS_SENT, 0},
        {DOZE_OPT_DATAGRAMS_RECEIVED, 0},
        {DOZE_OPT_BYTES_SENT, 0},
        {DOZE_OPT_BYTES_RECEIVED, 0},
        {DOZE_OPT_REFUSALS, 0},
        {DOZE_OPT_REUSE_ADDR, 0},
        {DOZE_OPT_DSCP, 0},
        {DOZE_OPT_SLEEP, DOZE_SLEEP_DROP},
        {DOZE_OPT_PENDING, 0},
        {DOZE_OPT_PORT_KEPT, 0},
        {DOZE_OPT_PEER_FAILED, 0},
    };
    int64_t value = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(rig_option(r, rows[i].option), rows[i].initial);
    }
    assert_int_equal(doze_get_option(r->socket, DOZE_OPT_PATH_MTU, &value), DOZE_ERR_OPTION);
    assert_int_equal(doze_get_option(r->socket, DOZE_OPT_PAYLOAD_MTU, &value), DOZE_ERR_OPTION);
}

static void every_socket_takes_the_common_settings_and_refuses_what_is_out_of_range(rig *r) {
    static const struct {
        doze_option option;
        int64_t good;
        int64_t bad;
    } rows[] = {
        {DOZE_OPT_RECV_TIMEOUT, 100, -2},
        {DOZE_OPT_PREFERRED_FAMILY, DOZE_FAMILY_IPV6, 5},
        {DOZE_OPT_FORCED_FAMILY, DOZE_FAMILY_IPV4, -1},
        {DOZE_OPT_REUSE_ADDR, 1, 2},
        {DOZE_OPT_DSCP, 63, 64},
        {DOZE_OPT_PEER_FAILED, 1, -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(doze_set_option(r->socket, rows[i].option, rows[i].good), DOZE_OK);
        assert_int_equal(doze_set_option(r->socket, rows[i].option, rows[i].bad), DOZE_ERR_OPTION);
        assert_int_equal(rig_option(r, rows[i].option), rows[i].good);
    }
    assert_int_equal(doze_set_option(r->socket, DOZE_OPT_SLEEP, 2), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(r->socket, DOZE_OPT_LIMIT, 0), DOZE_ERR_OPTION);
}

static void what_is_for_reading_cannot_be_written(rig *r) {
    static const doze_option options[] = {
        DOZE_OPT_STATE,      DOZE_OPT_PATH_MTU,       DOZE_OPT_PAYLOAD_MTU,
        DOZE_OPT_FAMILY,     DOZE_OPT_DATAGRAMS_SENT, DOZE_OPT_DATAGRAMS_RECEIVED,
        DOZE_OPT_BYTES_SENT, DOZE_OPT_BYTES_RECEIVED, DOZE_OPT_REFUSALS,
        DOZE_OPT_PENDING,    DOZE_OPT_PORT_KEPT,      DOZE_OPT_RUNG,
        DOZE_OPT_ALERT,      DOZE_OPT_SUITE,          DOZE_OPT_DROPPED,
    };
    view before;
    rig_connect(r);
    view_take(&before, r->socket);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        assert_int_equal(doze_set_option(r->socket, options[i], 1), DOZE_ERR_OPTION);
    }
    view_is_unchanged(&before, r->socket);
}

/* ---- each test with each rig ---- */

typedef struct contract {
    const char *name;
    void (*test)(rig *r);
} contract;

#define CONTRACT(name) {#name, name}

static const contract contracts[] = {
    CONTRACT(a_new_socket_is_closed_and_knows_nothing),
    CONTRACT(connect_leads_to_connected_and_the_getters_answer),
    CONTRACT(an_address_can_be_connected_to_without_any_lookup),
    CONTRACT(a_lookup_is_in_progress_until_it_is_answered),
    CONTRACT(a_name_that_does_not_exist_is_told_and_changes_nothing),
    CONTRACT(what_is_no_host_or_no_port_is_refused),
    CONTRACT(a_bound_port_is_the_one_that_connects),
    CONTRACT(bind_refuses_what_is_no_address_and_what_is_taken),
    CONTRACT(messages_of_all_sizes_come_back_as_they_were_sent),
    CONTRACT(each_message_is_one_datagram_each_way),
    CONTRACT(a_message_longer_than_the_buffer_is_told_and_the_next_is_intact),
    CONTRACT(a_message_that_just_fits_the_buffer_is_not_truncated),
    CONTRACT(nothing_to_read_would_block),
    CONTRACT(a_message_far_too_long_is_refused_and_the_socket_lives),
    CONTRACT(null_and_zero_length_are_refused_in_each_situation),
    CONTRACT(a_verb_in_a_wrong_state_is_refused_and_changes_nothing),
    CONTRACT(shutdown_keeps_every_getter),
    CONTRACT(shutdown_sends_nothing),
    CONTRACT(resume_keeps_the_port_a_hundred_times),
    CONTRACT(resume_from_hold_keeps_the_port_a_hundred_times),
    CONTRACT(on_hold_nobody_takes_the_port),
    CONTRACT(what_came_before_and_in_sleep_is_never_read_after_it),
    CONTRACT(sleep_while_connecting_is_silent_and_a_later_connect_works),
    CONTRACT(another_port_of_the_same_host_can_be_connected_to_after_sleep),
    CONTRACT(shutdown_reuse_last_port_and_connect_keep_the_port),
    CONTRACT(close_reuse_last_port_and_connect_keep_the_port),
    CONTRACT(a_taken_port_is_told_by_reuse_last_port_and_changes_nothing),
    CONTRACT(resume_goes_on_from_another_port_when_the_last_one_is_taken_and_says_so),
    CONTRACT(without_any_connection_there_is_no_port_to_reuse_and_no_peer_to_wake_to),
    CONTRACT(close_in_each_situation_leads_to_closed_and_a_later_connect_works),
    CONTRACT(forget_in_each_situation_leaves_nothing_and_sends_nothing),
    CONTRACT(deinit_in_each_situation_leaves_nothing_and_sends_nothing),
    CONTRACT(every_socket_has_the_common_options_with_their_defaults),
    CONTRACT(every_socket_takes_the_common_settings_and_refuses_what_is_out_of_range),
    CONTRACT(what_is_for_reading_cannot_be_written),
};

static const rig_kind kinds[] = {
    {"udp_posix_ipv4", &rig_on_posix, RIG_UDP, "127.0.0.1", "127.0.0.1"},
    {"udp_posix_ipv6", &rig_on_posix, RIG_UDP, "::1", "::1"},
    {"udp_world_ipv4", &rig_in_world, RIG_UDP, "10.0.0.2", "192.0.2.1"},
    {"udp_world_ipv6", &rig_in_world, RIG_UDP, "2001:db8::2", "2001:db8::1"},
    {"tap_world", &rig_in_world, RIG_TAP, "10.0.0.2", "192.0.2.1"},
    {"dtls_posix_ipv4", &rig_on_posix, RIG_DTLS, "127.0.0.1", "127.0.0.1"},
    {"dtls_posix_ipv6", &rig_on_posix, RIG_DTLS, "::1", "::1"},
    {"dtls_world_ipv4", &rig_in_world, RIG_DTLS, "10.0.0.2", "192.0.2.1"},
    {"dtls_world_ipv6", &rig_in_world, RIG_DTLS, "2001:db8::2", "2001:db8::1"},
};

#define CONTRACTS (sizeof(contracts) / sizeof(contracts[0]))
#define KINDS     (sizeof(kinds) / sizeof(kinds[0]))
#define NAME_SIZE 160

/* What a test of CMocka's starts with. */
typedef struct pairing {
    const rig_kind *kind;
    const contract *contract;
    rig *rig;
} pairing;

static int set_up(void **state) {
    pairing *p = *state;
    p->rig = rig_start(p->kind);
    return 0;
}

static int tear_down(void **state) {
    pairing *p = *state;
    if (p->rig != NULL) {
        rig_stop(p->rig);
    }
    return 0;
}

static void run(void **state) {
    const pairing *p = *state;
    if (p->rig == NULL) {
        print_message("this machine has no %s\n", p->kind->host);
        skip();
    }
    p->contract->test(p->rig);
}

int main(void) {
    static pairing pairings[KINDS * CONTRACTS];
    static char names[KINDS * CONTRACTS][NAME_SIZE];
    static struct CMUnitTest tests[KINDS * CONTRACTS];
    for (size_t i = 0; i < KINDS * CONTRACTS; i++) {
        pairings[i] = (pairing){.kind = &kinds[i / CONTRACTS], .contract = &contracts[i % CONTRACTS]};
        (void)snprintf(names[i], NAME_SIZE, "%s: %s", pairings[i].kind->name, pairings[i].contract->name);
        tests[i] = (struct CMUnitTest){names[i], run, set_up, tear_down, &pairings[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
