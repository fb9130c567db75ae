/* SPDX-License-Identifier: Apache-2.0 */
/* The main job: an association that goes on, on the same port, after sleep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit.h"

/* Settings with and without Connection ID, for what must hold with both. */
static const kit_order with_cid = {0};
static const kit_order without_cid = {.dtls = {.cid = DOZE_CID_OFF}};
static const kit_order *const both[] = {&with_cid, &without_cid};
#define BOTH(order)                                                                                                    \
    for (size_t order##_i = 0; order##_i < 2; order##_i++)                                                             \
        for (const kit_order *order = both[order##_i]; order != NULL; order = NULL)

/* One more exchange, which must cost a datagram each way and no handshake. */
static void exchange_in_two_datagrams(kit *k) {
    tap_clear(&k->tap);
    kit_exchange(k, "what is asked is answered");
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 1);
    assert_int_equal(k->tap.count[TAP_DOWN].datagrams, 1);
    assert_int_equal(kit_handshake_datagrams(k), 0);
}

static void a_hundred_sleeps_in_a_row_keep_the_port_and_cost_no_handshake(void **state) {
    kit *k = *state;
    BOTH(order) {
        kit_start(k, order);
        kit_connect(k);
        uint16_t port = doze_local_port(k->socket);
        assert_int_equal(kit_option(k, DOZE_OPT_CONNECTION_ID), order == &with_cid);
        for (int i = 0; i < 100; i++) {
            kit_sleep(k);
            world_advance(&k->w, 3600 * 1000);
            assert_int_equal(doze_resume(k->socket), DOZE_OK);
            exchange_in_two_datagrams(k);
            assert_int_equal(doze_local_port(k->socket), port);
            assert_int_equal(kit_option(k, DOZE_OPT_PORT_KEPT), 1);
            assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
            assert_int_equal(kit_option(k, DOZE_OPT_CONTEXT_CONTINUED), 1);
            assert_int_equal(kit_option(k, DOZE_OPT_SESSION_RESUMED), 0);
        }
        assert_int_equal(k->peer->counters.handshakes_full, 1);
        kit_stop(k);
    }
}

static void a_hundred_sleeps_on_hold_keep_the_port_and_cost_no_handshake(void **state) {
    kit *k = *state;
    BOTH(order) {
        kit_start(k, order);
        assert_int_equal(doze_set_option(k->socket, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD), DOZE_OK);
        kit_connect(k);
        uint16_t port = doze_local_port(k->socket);
        uint64_t opened = world_calls(k->host, WORLD_OP_OPEN);
        for (int i = 0; i < 100; i++) {
            kit_sleep(k);
            assert_int_equal(doze_fd(k->socket), -1);
            kit_resume(k);
            exchange_in_two_datagrams(k);
            assert_int_equal(doze_local_port(k->socket), port);
        }
        assert_int_equal(world_calls(k->host, WORLD_OP_OPEN), opened);
        kit_stop(k);
    }
}

static void a_record_has_no_byte_more_than_it_must(void **state) {
    kit *k = *state;
    char sixty[61];
    memset(sixty, 'r', 60);
    sixty[60] = '\0';
    BOTH(order) {
        kit_start(k, order);
        kit_connect(k);
        tap_clear(&k->tap);
        kit_exchange(k, sixty);
        /* 13 + Connection ID + explicit nonce 8 + tag 8, and the inner content type with a Connection ID */
        size_t up = order == &with_cid ? 13 + PEER_CID_SIZE_DEFAULT + 8 + 8 + 1 : 13 + 8 + 8;
#if defined(MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY) && MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY == 1
        assert_int_equal(k->tap.count[TAP_UP].bytes, 60 + up);
#else
        assert_in_range(k->tap.count[TAP_UP].bytes, 60 + up, 60 + up + (order == &with_cid ? 15 : 0));
#endif
        assert_int_equal(k->tap.count[TAP_DOWN].bytes, 60 + 13 + 8 + 8);
        kit_stop(k);
    }
}

static void asleep_every_getter_still_answers(void **state) {
    kit *k = *state;
    char text[DOZE_ADDRESS_TEXT_SIZE];
    kit_start(k, NULL);
    kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    kit_sleep(k);
    assert_int_equal(doze_fd(k->socket), -1);
    assert_int_equal(doze_next_timeout(k->socket), -1);
    assert_string_equal(doze_remote_hostname(k->socket), KIT_NAME);
    assert_int_equal(doze_remote_port(k->socket), KIT_PORT);
    assert_int_equal(doze_local_port(k->socket), port);
    assert_int_equal(doze_remote_host(k->socket, text, sizeof(text)), DOZE_OK);
    assert_string_equal(text, KIT_SERVER);
    assert_int_equal(doze_local_host(k->socket, text, sizeof(text)), DOZE_OK);
    assert_string_equal(text, KIT_HOST);
    assert_int_equal(kit_option(k, DOZE_OPT_STATE), DOZE_STATE_SHUTDOWN);
    assert_int_equal(kit_option(k, DOZE_OPT_CONNECTION_ID), 1);
    assert_int_equal(kit_option(k, DOZE_OPT_FAMILY), DOZE_FAMILY_IPV4);
    assert_int_equal(world_open_sockets(k->host), 0);
    kit_stop(k);
}

static void waking_asks_no_name_service(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    uint32_t lookups = k->w.names.lookups;
    kit_sleep(k);
    kit_resume(k);
    kit_sleep(k);
    assert_int_equal(k->w.names.lookups, lookups);
    kit_stop(k);
}

static void connection_id_survives_a_nat_rebinding_during_sleep(void **state) {
    kit *k = *state;
    kit_start(k, &with_cid);
    world_nat *nat = world_add_nat(&k->w, k->host, "198.51.100.7");
    kit_connect(k);
    kit_sleep(k);
    world_nat_rebind(nat);
    kit_resume(k);
    exchange_in_two_datagrams(k);
    assert_int_equal(k->peer->counters.address_moves, 1);
    kit_stop(k);
}

static void a_port_lost_in_sleep_costs_nothing_with_connection_id(void **state) {
    kit *k = *state;
    doze_udp thief;
    kit_start(k, &with_cid);
    kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    kit_sleep(k);
    kit_take_port(k, &thief, port);
    assert_int_equal(doze_resume(k->socket), DOZE_OK);
    assert_int_not_equal(doze_local_port(k->socket), port);
    assert_int_equal(kit_option(k, DOZE_OPT_PORT_KEPT), 0);
    exchange_in_two_datagrams(k);
    doze_deinit(&thief.socket);
    kit_stop(k);
}

static void a_port_lost_in_sleep_costs_a_resumption_without_connection_id(void **state) {
    kit *k = *state;
    doze_udp thief;
    kit_start(k, &without_cid);
    kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    kit_sleep(k);
    kit_take_port(k, &thief, port);
    assert_int_equal(doze_resume(k->socket), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    assert_int_equal(kit_option(k, DOZE_OPT_CONTEXT_CONTINUED), 0);
    assert_int_equal(kit_option(k, DOZE_OPT_PORT_KEPT), 0);
    kit_exchange(k, "over the new association");
    assert_int_equal(k->peer->counters.handshakes_resumed, 1);
    doze_deinit(&thief.socket);
    kit_stop(k);
}

/* The handshake that a lost port asks for meets a dead network: the association of before must outlive it. */
static void an_outage_during_the_handshake_of_a_wake_costs_no_association(void **state) {
    kit *k = *state;
    doze_udp thief;
    kit_start(k, &without_cid);
    kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    kit_sleep(k);
    kit_take_port(k, &thief, port);
    k->w.link.dead[WORLD_UP] = true;
    assert_int_equal(world_resume(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_SHUTDOWN);
    k->w.link.dead[WORLD_UP] = false;
    doze_deinit(&thief.socket);
    assert_int_equal(doze_local_port(k->socket), port);
    assert_int_equal(doze_resume(k->socket), DOZE_OK);
    assert_int_equal(doze_local_port(k->socket), port);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    exchange_in_two_datagrams(k);
    kit_stop(k);
}

/* Hold cannot be had any more just as a handshake of a wake failed: asleep it must be all the same. */
static void a_wake_that_fails_sleeps_again_even_where_the_port_cannot_be_held_any_more(void **state) {
    kit *k = *state;
    kit_start(k, &without_cid);
    doze_set_option(k->socket, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    kit_connect(k);
    kit_sleep(k);
    world_add_address(k->host, "10.0.0.77");
    world_remove_address(k->host, KIT_HOST);
    k->w.link.dead[WORLD_UP] = true;
    world_fail_next(k->host, WORLD_OP_DEAFEN, DOZE_ERR_NO_MEMORY, 12, 1);
    assert_int_equal(world_resume(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_SHUTDOWN);
    assert_int_equal(world_open_sockets(k->host), 0);
    assert_int_equal(kit_option(k, DOZE_OPT_SLEEP), DOZE_SLEEP_HOLD);
    k->w.link.dead[WORLD_UP] = false;
    kit_resume(k);
    kit_exchange(k, "after a bad night");
    kit_stop(k);
}

static void an_address_that_answers_again_is_the_first_choice_again(void **state) {
    kit *k = *state;
    char text[DOZE_ADDRESS_TEXT_SIZE];
    kit_start(k, &without_cid);
    kit_connect(k);
    kit_sleep(k);
    world_add_address(k->host, "10.0.0.77");
    world_remove_address(k->host, KIT_HOST);
    k->w.link.dead[WORLD_UP] = true;
    assert_int_equal(world_resume(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_int_equal(kit_option(k, DOZE_OPT_PEER_FAILED), 1);
    k->w.link.dead[WORLD_UP] = false;
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_PEER_FAILED), 0);
    kit_sleep(k);
    world_name(&k->w, KIT_NAME, "192.0.2.99", KIT_SERVER, NULL);
    kit_connect(k);
    doze_remote_host(k->socket, text, sizeof(text));
    assert_string_equal(text, KIT_SERVER);
    kit_stop(k);
}

static void a_new_local_address_costs_nothing_with_connection_id_and_a_resumption_without(void **state) {
    kit *k = *state;
    BOTH(order) {
        kit_start(k, order);
        kit_connect(k);
        uint16_t port = doze_local_port(k->socket);
        kit_sleep(k);
        world_add_address(k->host, "10.0.0.77");
        world_remove_address(k->host, KIT_HOST);
        kit_resume(k);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), order == &with_cid ? DOZE_RUNG_KEPT : DOZE_RUNG_RESUMED);
        assert_int_equal(doze_local_port(k->socket), port);
        kit_exchange(k, "from the new address");
        kit_stop(k);
    }
}

static void on_hold_a_new_local_address_keeps_the_port(void **state) {
    kit *k = *state;
    kit_start(k, &with_cid);
    doze_set_option(k->socket, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    kit_sleep(k);
    world_add_address(k->host, "10.0.0.77");
    world_remove_address(k->host, KIT_HOST);
    kit_resume(k);
    assert_int_equal(doze_local_port(k->socket), port);
    exchange_in_two_datagrams(k);
    kit_stop(k);
}

static void close_from_sleep_keeps_the_association_for_the_next_connect_to_the_same_peer(void **state) {
    kit *k = *state;
    BOTH(order) {
        kit_start(k, order);
        kit_connect(k);
        uint16_t port = doze_local_port(k->socket);
        kit_sleep(k);
        tap_clear(&k->tap);
        assert_int_equal(doze_close(k->socket), DOZE_OK);
        assert_int_equal(k->tap.count[TAP_UP].datagrams, 0);
        assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_OK);
        assert_int_equal(doze_local_port(k->socket), port);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
        exchange_in_two_datagrams(k);
        kit_stop(k);
    }
}

static void reuse_last_port_and_connect_continue_as_resume_does(void **state) {
    kit *k = *state;
    BOTH(order) {
        kit_start(k, order);
        kit_connect(k);
        uint16_t port = doze_local_port(k->socket);
        kit_sleep(k);
        assert_int_equal(doze_reuse_last_port(k->socket), DOZE_OK);
        assert_int_equal(doze_get_state(k->socket), DOZE_STATE_BOUND);
        assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_OK);
        assert_int_equal(doze_local_port(k->socket), port);
        exchange_in_two_datagrams(k);
        kit_stop(k);
    }
}

static void a_port_that_the_caller_bound_is_not_changed_behind_its_back(void **state) {
    kit *k = *state;
    kit_start(k, &with_cid);
    kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    kit_sleep(k);
    doze_close(k->socket);
    assert_int_equal(doze_bind(k->socket, NULL, (uint16_t)(port ^ 1)), DOZE_OK);
    kit_sleep(k);
    assert_int_equal(doze_local_port(k->socket), port ^ 1);
    kit_resume(k);
    assert_int_equal(doze_local_port(k->socket), port ^ 1);
    exchange_in_two_datagrams(k);
    kit_stop(k);
}

static void close_says_goodbye_and_the_session_shortens_the_next_handshake(void **state) {
    kit *k = *state;
    BOTH(order) {
        kit_start(k, order);
        kit_connect(k);
        peer_association *a = peer_newest(k->peer);
        assert_int_equal(doze_close(k->socket), DOZE_OK);
        world_advance(&k->w, 1000);
        assert_true(a->close_notify_received);
        assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CLOSED);
        kit_connect(k);
        assert_int_equal(kit_option(k, DOZE_OPT_SESSION_RESUMED), 1);
        assert_int_equal(kit_option(k, DOZE_OPT_CONTEXT_CONTINUED), 0);
        kit_exchange(k, "in the resumed session");
        kit_stop(k);
    }
}

static void a_resumed_session_can_be_resumed_again(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    for (unsigned i = 1; i <= 5; i++) {
        doze_close(k->socket);
        kit_connect(k);
        kit_exchange(k, "in the session of before");
        assert_int_equal(k->peer->counters.handshakes_resumed, i);
    }
    assert_int_equal(k->peer->counters.handshakes_full, 1);
    kit_stop(k);
}

static void a_ticket_resumes_where_the_server_keeps_no_sessions(void **state) {
    kit *k = *state;
    const kit_order order = {.dtls = {.resumption = DOZE_RESUME_TICKET}, .peer = {.sessions = PEER_SESSION_TICKETS}};
    kit_start(k, &order);
    kit_connect(k);
    doze_close(k->socket);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_SESSION_RESUMED), 1);
    kit_stop(k);
}

static void without_resumption_every_handshake_is_full(void **state) {
    kit *k = *state;
    const kit_order order = {.dtls = {.resumption = DOZE_RESUME_OFF}};
    kit_start(k, &order);
    kit_connect(k);
    doze_close(k->socket);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_HANDSHAKE);
    assert_int_equal(k->peer->counters.handshakes_full, 2);
    kit_stop(k);
}

static void a_server_that_refuses_the_session_gets_a_full_handshake_in_the_same_exchange(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    doze_close(k->socket);
    world_advance(&k->w, 1000);
    assert_true(peer_restart(k->peer, false));
    unsigned hellos = k->peer->counters.client_hellos;
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_HANDSHAKE);
    assert_int_equal(k->peer->counters.client_hellos, hellos + 2); /* without and with the cookie */
    kit_stop(k);
}

static void another_peer_ends_the_association_silently_and_never_sees_its_session(void **state) {
    kit *k = *state;
    BOTH(order) {
        kit_start(k, order);
        world_name(&k->w, "other.example", KIT_SERVER, NULL);
        kit_connect(k);
        peer_association *first = peer_newest(k->peer);
        kit_sleep(k);
        assert_int_equal(world_connect(&k->w, k->socket, "other.example", KIT_PORT, KIT_PATIENCE), DOZE_OK);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_HANDSHAKE);
        assert_int_equal(k->peer->counters.handshakes_resumed, 0);
        assert_false(first->close_notify_received);
        kit_exchange(k, "said to the other name");
        kit_stop(k);
    }
}

static void a_connect_that_cannot_begin_costs_no_association(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    kit_sleep(k);
    assert_int_equal(doze_connect(k->socket, "unknown.example", KIT_PORT), DOZE_ERR_HOST_UNKNOWN);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_SHUTDOWN);
    assert_string_equal(doze_remote_hostname(k->socket), KIT_NAME);
    assert_int_equal(doze_resume(k->socket), DOZE_OK);
    exchange_in_two_datagrams(k);
    kit_stop(k);
}

static void a_server_that_moved_to_another_address_is_found_and_the_session_resumed(void **state) {
    kit *k = *state;
    BOTH(order) {
        kit_start(k, order);
        kit_connect(k);
        kit_sleep(k);
        world_move_server(k->server, "192.0.2.99", KIT_PORT);
        world_name(&k->w, KIT_NAME, "192.0.2.99", NULL);
        kit_connect(k);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
        kit_exchange(k, "at the new address");
        kit_stop(k);
    }
}

static void shutdown_during_a_handshake_is_silent_and_the_wake_begins_again(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 1);
    kit_sleep(k);
    kit_resume(k);
    kit_exchange(k, "after the second try");
    kit_stop(k);
}

static void close_during_a_handshake_keeps_what_was_kept_before(void **state) {
    kit *k = *state;
    doze_udp thief;
    kit_start(k, &without_cid);
    kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    kit_sleep(k);
    kit_take_port(k, &thief, port);
    assert_int_equal(doze_resume(k->socket), DOZE_IN_PROGRESS);
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
    tap_clear(&k->tap);
    assert_int_equal(doze_close(k->socket), DOZE_OK);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 0);
    doze_deinit(&thief.socket);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_OK);
    assert_int_equal(doze_local_port(k->socket), port);
    exchange_in_two_datagrams(k);
    kit_stop(k);
}

static void forget_is_silent_and_leaves_nothing(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    peer_association *a = peer_newest(k->peer);
    tap_clear(&k->tap);
    assert_int_equal(doze_forget(k->socket), DOZE_OK);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 0);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CLOSED);
    assert_null(doze_remote_hostname(k->socket));
    assert_int_equal(doze_local_port(k->socket), 0);
    assert_int_equal(doze_reuse_last_port(k->socket), DOZE_ERR_NO_LAST_PORT);
    assert_int_equal(kit_option(k, DOZE_OPT_CONNECTION_ID), 0);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_HANDSHAKE);
    assert_false(a->close_notify_received);
    kit_stop(k);
}

static void deinit_is_silent_and_zeroizes(void **state) {
    kit *k = *state;
    static const doze_dtls zero;
    kit_start(k, NULL);
    kit_connect(k);
    tap_clear(&k->tap);
    doze_deinit(k->socket);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 0);
    assert_memory_equal(&k->dtls, &zero, sizeof(zero));
    doze_dtls_init(&k->dtls, &k->config, &k->tap.socket);
    kit_stop(k);
}

static void what_arrives_in_sleep_is_not_read_after_waking_from_hold(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size;
    kit_start(k, NULL);
    doze_set_option(k->socket, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    kit_connect(k);
    kit_sleep(k);
    assert_int_equal(peer_say(k->peer, peer_newest(k->peer), "too late for this one", 21), 0);
    world_advance(&k->w, 1000);
    assert_int_equal(k->w.refused, 0);
    kit_resume(k);
    assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
    exchange_in_two_datagrams(k);
    kit_stop(k);
}

static void each_way_of_waking_is_traced(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    kit_sleep(k);
    kit_resume(k);
    doze_close(k->socket);
    kit_connect(k);
    assert_int_equal(kit_count_events(k, DOZE_EVENT_RUNG, DOZE_RUNG_HANDSHAKE), 1);
    assert_int_equal(kit_count_events(k, DOZE_EVENT_RUNG, DOZE_RUNG_KEPT), 1);
    assert_int_equal(kit_count_events(k, DOZE_EVENT_RUNG, DOZE_RUNG_RESUMED), 1);
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_hundred_sleeps_in_a_row_keep_the_port_and_cost_no_handshake),
        KIT_TEST(a_hundred_sleeps_on_hold_keep_the_port_and_cost_no_handshake),
        KIT_TEST(a_record_has_no_byte_more_than_it_must),
        KIT_TEST(asleep_every_getter_still_answers),
        KIT_TEST(waking_asks_no_name_service),
        KIT_TEST(connection_id_survives_a_nat_rebinding_during_sleep),
        KIT_TEST(a_port_lost_in_sleep_costs_nothing_with_connection_id),
        KIT_TEST(a_port_lost_in_sleep_costs_a_resumption_without_connection_id),
        KIT_TEST(an_outage_during_the_handshake_of_a_wake_costs_no_association),
        KIT_TEST(a_wake_that_fails_sleeps_again_even_where_the_port_cannot_be_held_any_more),
        KIT_TEST(an_address_that_answers_again_is_the_first_choice_again),
        KIT_TEST(a_new_local_address_costs_nothing_with_connection_id_and_a_resumption_without),
        KIT_TEST(on_hold_a_new_local_address_keeps_the_port),
        KIT_TEST(close_from_sleep_keeps_the_association_for_the_next_connect_to_the_same_peer),
        KIT_TEST(reuse_last_port_and_connect_continue_as_resume_does),
        KIT_TEST(a_port_that_the_caller_bound_is_not_changed_behind_its_back),
        KIT_TEST(close_says_goodbye_and_the_session_shortens_the_next_handshake),
        KIT_TEST(a_resumed_session_can_be_resumed_again),
        KIT_TEST(a_ticket_resumes_where_the_server_keeps_no_sessions),
        KIT_TEST(without_resumption_every_handshake_is_full),
        KIT_TEST(a_server_that_refuses_the_session_gets_a_full_handshake_in_the_same_exchange),
        KIT_TEST(another_peer_ends_the_association_silently_and_never_sees_its_session),
        KIT_TEST(a_connect_that_cannot_begin_costs_no_association),
        KIT_TEST(a_server_that_moved_to_another_address_is_found_and_the_session_resumed),
        KIT_TEST(shutdown_during_a_handshake_is_silent_and_the_wake_begins_again),
        KIT_TEST(close_during_a_handshake_keeps_what_was_kept_before),
        KIT_TEST(forget_is_silent_and_leaves_nothing),
        KIT_TEST(deinit_is_silent_and_zeroizes),
        KIT_TEST(what_arrives_in_sleep_is_not_read_after_waking_from_hold),
        KIT_TEST(each_way_of_waking_is_traced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
