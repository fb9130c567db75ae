/* SPDX-License-Identifier: Apache-2.0 */
/* Silence as a signal, and the way up from it: careful, bounded, and told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit.h"

static const kit_order with_cid = {0};
static const kit_order without_cid = {.dtls = {.cid = DOZE_CID_OFF}};
static const kit_order *const both[] = {&with_cid, &without_cid};

/* Says something, and waits for longer than any answer takes. */
static void say_in_vain(kit *k) {
    char buffer[64];
    size_t size;
    assert_int_equal(doze_send(k->socket, "is anybody there", 16), DOZE_OK);
    assert_int_equal(world_recv(&k->w, k->socket, buffer, sizeof(buffer), &size, 5000), DOZE_WOULD_BLOCK);
}

static doze_report report_of(const kit *k) {
    doze_report report;
    assert_int_equal(doze_dtls_get_report(&k->dtls, &report), DOZE_OK);
    return report;
}

/* ---- a server that lost the association ---- */

static void a_server_that_restarted_is_found_again_after_two_unanswered_sends_of_the_same_wake(void **state) {
    kit *k = *state;
    for (size_t i = 0; i < 2; i++) {
        kit_start(k, both[i]);
        kit_connect(k);
        kit_sleep(k);
        assert_true(peer_restart(k->peer, false));
        kit_resume(k);
        say_in_vain(k);
        say_in_vain(k);
        tap_clear(&k->tap);
        assert_int_equal(doze_send(k->socket, "is anybody there", 16), DOZE_IN_PROGRESS);
        assert_int_equal(k->tap.count[TAP_UP].datagrams, 0);
        assert_int_equal(doze_send(k->socket, "is anybody there", 16), DOZE_IN_PROGRESS);
        assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
        assert_int_equal(doze_send(k->socket, "an Update of old", 16), DOZE_NEW_CONTEXT);
        assert_int_equal(k->peer->counters.messages_received, 0);
        kit_exchange(k, "a new registration");
        assert_int_equal(report_of(k).reason, DOZE_REASON_SILENCE);
        assert_int_equal(report_of(k).rung, DOZE_RUNG_HANDSHAKE);
        assert_false(report_of(k).context_continued);
        assert_true(report_of(k).port_kept);
        kit_stop(k);
    }
}

static void a_server_that_kept_its_sessions_resumes_them(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    assert_true(peer_restart(k->peer, true));
    say_in_vain(k);
    say_in_vain(k);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(report_of(k).rung, DOZE_RUNG_RESUMED);
    kit_exchange(k, "shorter this way");
    kit_stop(k);
}

static void a_server_that_ignores_the_old_port_is_reached_from_a_fresh_one(void **state) {
    kit *k = *state;
    static const struct {
        bool no_sessions;
        doze_rung rung;
    } ways[] = {{false, DOZE_RUNG_RESUMED}, {true, DOZE_RUNG_FRESH_PORT}};
    for (size_t i = 0; i < 2; i++) {
        kit_start(k, &(kit_order){.dtls = {.cid = DOZE_CID_OFF},
                                  .no_sessions = ways[i].no_sessions,
                                  .peer = {.behaviour = {.known_address = PEER_IGNORE_HELLO}}});
        kit_connect(k);
        uint16_t port = doze_local_port(k->socket);
        assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
        assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
        uint64_t begun = world_now(&k->w);
        assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
        /* the first flight and its repetitions after 1 and 2 s stay unanswered for 4 s more */
        assert_in_range(world_now(&k->w) - begun, 7000, 7500);
        assert_int_not_equal(doze_local_port(k->socket), port);
        assert_int_equal(report_of(k).rung, ways[i].rung);
        assert_int_equal(report_of(k).reason, DOZE_REASON_CALLER);
        assert_false(report_of(k).port_kept);
        kit_exchange(k, "from somewhere else");
        kit_stop(k);
    }
}

/* ---- an outage ---- */

static void an_outage_of_any_length_costs_no_association(void **state) {
    kit *k = *state;
    for (size_t i = 0; i < 2; i++) {
        kit_start(k, both[i]);
        kit_connect(k);
        uint16_t port = doze_local_port(k->socket);
        k->w.link.dead[WORLD_UP] = true;
        for (int wakes = 0; wakes < 5; wakes++) {
            say_in_vain(k);
            say_in_vain(k);
            tap_clear(&k->tap);
            uint64_t begun = world_now(&k->w);
            assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
            assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
            assert_in_range(world_now(&k->w) - begun, 1000, 60000);
            assert_in_range(k->tap.count[TAP_UP].datagrams, 1, 16);
            assert_int_equal(doze_get_state(k->socket), DOZE_STATE_SHUTDOWN);
            assert_int_equal(report_of(k).rung, DOZE_RUNG_NONE);
            world_advance(&k->w, 86400000);
            kit_resume(k);
        }
        k->w.link.dead[WORLD_UP] = false;
        assert_int_equal(doze_local_port(k->socket), port);
        tap_clear(&k->tap);
        kit_exchange(k, "as if nothing had been");
        assert_int_equal(k->tap.count[TAP_UP].datagrams, 1);
        assert_int_equal(kit_handshake_datagrams(k), 0);
        assert_int_equal(k->peer->counters.handshakes_full + k->peer->counters.handshakes_resumed, 1);
        kit_stop(k);
    }
}

static void a_climb_is_bounded_in_datagrams_and_in_time(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_CLIMB_DATAGRAMS, 2), DOZE_OK);
    k->w.link.dead[WORLD_UP] = true;
    doze_dtls_no_answer(&k->dtls);
    tap_clear(&k->tap);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 2);
    kit_resume(k);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_CLIMB_DATAGRAMS, 16), DOZE_OK);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_CLIMB_TIME, 2500), DOZE_OK);
    doze_dtls_no_answer(&k->dtls);
    uint64_t begun = world_now(&k->w);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_int_equal(world_now(&k->w) - begun, 2500);
    kit_stop(k);
}

static void bounds_out_of_range_are_refused(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    assert_int_equal(kit_option(k, DOZE_OPT_SILENCE_LIMIT), 2);
    assert_int_equal(kit_option(k, DOZE_OPT_CLIMB_TIME), 60000);
    assert_int_equal(kit_option(k, DOZE_OPT_CLIMB_DATAGRAMS), 16);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_SILENCE_LIMIT, -1), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_SILENCE_LIMIT, 256), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_CLIMB_TIME, 0), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_CLIMB_TIME, INT64_C(1) << 31), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_CLIMB_DATAGRAMS, 0), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKES_FULL, 0), DOZE_ERR_OPTION);
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_ERR_STATE);
    assert_int_equal(doze_dtls_no_answer(NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_get_report(&k->dtls, NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_send_one_way(&k->dtls, "x", 1), DOZE_ERR_STATE);
    assert_int_equal(doze_dtls_send_one_way(&k->dtls, "x", 0), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_send_one_way(&k->dtls, NULL, 1), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_send_one_way(NULL, "x", 1), DOZE_ERR_ARGUMENT);
    kit_stop(k);
}

/* ---- what counts as silence ---- */

static void a_burst_counts_as_one_question(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    k->peer->behaviour.answer = PEER_EAT;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(doze_send(k->socket, "one of many", 11), DOZE_OK);
        world_advance(&k->w, 19);
    }
    world_advance(&k->w, 1000);
    assert_int_equal(doze_send(k->socket, "the second burst", 16), DOZE_OK);
    kit_stop(k);
}

static void an_answer_ends_the_silence(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    for (int i = 0; i < 10; i++) {
        k->peer->behaviour.answer = PEER_EAT;
        say_in_vain(k);
        k->peer->behaviour.answer = PEER_ECHO;
        kit_exchange(k, "there you are again");
    }
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKES_FULL), 1);
    kit_stop(k);
}

static void answers_that_lie_unread_are_no_silence(void **state) {
    kit *k = *state;
    char answer[64];
    size_t size = 0;
    kit_start(k, NULL);
    kit_connect(k);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(doze_send(k->socket, "asked", 5), DOZE_OK);
        world_advance(&k->w, 10000);
    }
    assert_int_equal(doze_next_timeout(k->socket), 0); /* the first of them has been looked at */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(doze_recv(k->socket, answer, sizeof(answer), &size), DOZE_OK);
        assert_memory_equal(answer, "asked", 5);
    }
    assert_int_equal(doze_recv(k->socket, answer, sizeof(answer), &size), DOZE_WOULD_BLOCK);
    kit_stop(k);
}

static void a_goodbye_that_lies_unread_is_told_by_the_send_that_would_climb(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    k->peer->behaviour.answer = PEER_EAT;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(doze_send(k->socket, "asked", 5), DOZE_OK);
        world_advance(&k->w, 10000);
    }
    assert_int_equal(peer_close(k->peer, peer_newest(k->peer)), 0);
    world_advance(&k->w, 1000);
    assert_int_equal(doze_send(k->socket, "asked", 5), DOZE_ERR_CLOSED_BY_PEER);
    kit_stop(k);
}

static void one_way_messages_never_count(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    k->peer->behaviour.answer = PEER_EAT;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(doze_dtls_send_one_way(&k->dtls, "for your information", 20), DOZE_OK);
        world_advance(&k->w, 60000);
    }
    assert_int_equal(k->peer->counters.messages_received, 20);
    k->peer->behaviour.answer = PEER_ECHO;
    kit_exchange(k, "and now a question");
    kit_stop(k);
}

static void a_slow_network_is_given_twice_the_time_that_it_took_before(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    k->w.link.latency = 4000;
    kit_exchange(k, "it takes eight seconds");
    k->peer->behaviour.answer = PEER_EAT;
    for (int i = 0; i < 3; i++) { /* 15.9 s in all: all of the same question */
        assert_int_equal(doze_send(k->socket, "still patient", 13), DOZE_OK);
        world_advance(&k->w, 5300);
    }
    assert_int_equal(doze_send(k->socket, "still patient", 13), DOZE_OK);
    world_advance(&k->w, 200);
    assert_int_equal(doze_send(k->socket, "a second question", 17), DOZE_OK);
    world_advance(&k->w, 16000);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    kit_stop(k);
}

static void silence_adds_up_over_wakes_and_sleep_forgives_what_had_no_time(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    k->peer->behaviour.answer = PEER_EAT;
    for (int i = 0; i < 10; i++) { /* asleep before any answer could come: says nothing */
        assert_int_equal(doze_send(k->socket, "good night", 10), DOZE_OK);
        kit_sleep(k);
        world_advance(&k->w, 3600000);
        kit_resume(k);
    }
    for (int i = 0; i < 2; i++) {
        say_in_vain(k);
        kit_sleep(k);
        world_advance(&k->w, 3600000);
        kit_resume(k);
    }
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    kit_stop(k);
}

static void without_a_limit_silence_is_no_signal(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_SILENCE_LIMIT, 0), DOZE_OK);
    k->peer->behaviour.answer = PEER_EAT;
    for (int i = 0; i < 20; i++) {
        say_in_vain(k);
    }
    kit_stop(k);
}

/* ---- rungs ---- */

static const uint8_t fatal_alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};

/* Some servers answer a session that they will not resume by an alert, and nothing else. */
static void an_alert_to_the_session_leads_to_a_full_handshake_in_the_same_wake(void **state) {
    kit *k = *state;
    kit_start(k, &without_cid);
    kit_connect(k);
    kit_sleep(k);
    world_add_address(k->host, "10.0.0.77");
    world_remove_address(k->host, KIT_HOST);
    k->w.link.dead[WORLD_UP] = true;
    assert_int_equal(doze_resume(k->socket), DOZE_IN_PROGRESS);
    doze_step(k->socket);
    const doze_endpoint server = world_server_endpoint(k->server);
    const doze_endpoint client = world_endpoint("10.0.0.77", doze_local_port(k->socket));
    assert_true(world_inject(&k->w, &server, &client, fatal_alert, sizeof(fatal_alert)));
    assert_int_equal(world_run(&k->w, k->socket, 3500), DOZE_IN_PROGRESS);
    k->w.link.dead[WORLD_UP] = false;
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(report_of(k).rung, DOZE_RUNG_HANDSHAKE);
    assert_int_equal(report_of(k).reason, DOZE_REASON_LOCAL_ADDRESS);
    assert_int_equal(k->peer->counters.handshakes_resumed, 0);
    kit_exchange(k, "in full, then");
    kit_stop(k);
}

static bool lose_our_finished(void *context, world_datagram *datagram) {
    unsigned *lost = context;
    if (datagram->direction == WORLD_UP && datagram->data[0] == 20) {
        (*lost)++;
        return false;
    }
    return true;
}

/* The last flight of an abbreviated handshake was lost, and an image cannot repeat it. */
static void a_frozen_association_that_the_server_never_had_is_given_up_after_its_silence(void **state) {
    kit *k = *state;
    uint8_t freezer[DOZE_IMAGE_MAX];
    unsigned lost = 0;
    kit_start(k, NULL);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, freezer, sizeof(freezer)), DOZE_OK);
    kit_connect(k);
    doze_close(k->socket);
    world_on_datagram(&k->w, lose_our_finished, &lost);
    kit_connect(k);
    assert_int_equal(lost, 1);
    kit_sleep(k);
    world_on_datagram(&k->w, NULL, NULL);
    world_advance(&k->w, 3600000);
    kit_resume(k);
    assert_int_equal(report_of(k).rung, DOZE_RUNG_THAWED);
    say_in_vain(k);
    say_in_vain(k);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    kit_exchange(k, "at the second attempt");
    kit_stop(k);
}

/* ---- what may go wrong on the way up ---- */

static const kit_order ignoring = {.dtls = {.cid = DOZE_CID_OFF},
                                   .peer = {.behaviour = {.known_address = PEER_IGNORE_HELLO}}};

static void begin_climb(kit *k, const kit_order *order) {
    kit_start(k, order);
    kit_connect(k);
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
}

static void one_forged_datagram_of_any_kind_ends_no_climb(void **state) {
    kit *k = *state;
    static const uint8_t change_cipher_spec[] = {20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 1};
    static const uint8_t hello_verify_request[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0,    9,    0, 19, 3, 0, 0,
                                                   7,  0,    0,    0, 0, 0, 0, 0, 7, 0xfe, 0xfd, 4, 1,  2, 3, 4};
    static const uint8_t server_hello[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 16, 2, 0,
                                           0,  4,    0,    0, 0, 0, 0, 0, 0, 4, 1, 2, 3,  4};
    static const struct {
        const void *data;
        size_t size;
    } forged[] = {
        {fatal_alert, sizeof(fatal_alert)},
        {change_cipher_spec, sizeof(change_cipher_spec)},
        {hello_verify_request, sizeof(hello_verify_request)},
        {server_hello, sizeof(server_hello)},
        {"garbage", 7},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
        for (int64_t after = 500; after < 9000; after += 2000) { /* on the old port and on the fresh one */
            begin_climb(k, &ignoring);
            if (world_run(&k->w, k->socket, after) == DOZE_IN_PROGRESS) {
                kit_forge(k, forged[i].data, forged[i].size);
            }
            assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
            kit_exchange(k, "come what may");
            kit_stop(k);
        }
    }
}

static void one_forged_refusal_ends_no_climb(void **state) {
    kit *k = *state;
    begin_climb(k, &ignoring);
    kit_forge_refusal(k);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    kit_stop(k);
}

static void a_slow_link_has_time_for_a_fresh_port_too(void **state) {
    kit *k = *state;
    kit_start(k, &(kit_order){.dtls = {.cid = DOZE_CID_OFF, .handshake_timer_min = 9000},
                              .peer = {.behaviour = {.known_address = PEER_IGNORE_HELLO}}});
    kit_connect(k);
    k->w.link.latency = 1500;
    doze_dtls_no_answer(&k->dtls);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_true(kit_option(k, DOZE_OPT_RUNG) == DOZE_RUNG_RESUMED ||
                kit_option(k, DOZE_OPT_RUNG) == DOZE_RUNG_FRESH_PORT);
    kit_stop(k);
}

static void a_port_where_the_server_may_know_us_is_left_whatever_address_it_was_last(void **state) {
    kit *k = *state;
    kit_start(k, &ignoring);
    kit_connect(k); /* at KIT_HOST */
    kit_sleep(k);
    world_add_address(k->host, "10.0.0.77");
    world_remove_address(k->host, KIT_HOST);
    kit_resume(k); /* known at the other address as well, and at the same port */
    kit_sleep(k);
    world_add_address(k->host, KIT_HOST);
    world_remove_address(k->host, "10.0.0.77");
    kit_resume(k);
    kit_exchange(k, "back where it was");
    kit_stop(k);
}

static void a_first_handshake_that_was_broken_off_is_not_ignored_for_ever(void **state) {
    kit *k = *state;
    kit_start(k, &ignoring);
    k->peer->behaviour.drop_final_flights = 1;
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, 200), DOZE_IN_PROGRESS);
    kit_sleep(k); /* the server takes it for connected */
    uint16_t port = doze_local_port(k->socket);
    kit_resume(k);
    assert_int_not_equal(doze_local_port(k->socket), port);
    kit_exchange(k, "from a fresh port");
    kit_stop(k);
}

static void timers_with_few_steps_reach_every_rung(void **state) {
    kit *k = *state;
    kit_order order = ignoring;
    order.dtls.handshake_timer_min = 9000;
    order.dtls.handshake_timer_max = 16000;
    kit_start(k, &order);
    kit_connect(k);
    doze_dtls_no_answer(&k->dtls);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    kit_exchange(k, "from a fresh port");
    kit_stop(k);
}

static void a_hint_of_the_old_port_names_the_error_of_the_climb(void **state) {
    kit *k = *state;
    kit_start(k, &without_cid);
    kit_connect(k);
    doze_dtls_no_answer(&k->dtls);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    world_set_plug(k->server, WORLD_REFUSING);
    assert_int_equal(world_run(&k->w, k->socket, 3500), DOZE_IN_PROGRESS);
    world_set_plug(k->server, WORLD_SILENT);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_REFUSED);
    kit_stop(k);
}

static void an_altered_image_is_overcome_even_where_the_old_port_is_ignored(void **state) {
    kit *k = *state;
    uint8_t freezer[DOZE_IMAGE_MAX];
    kit_start(k, &ignoring);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, freezer, sizeof(freezer)), DOZE_OK);
    kit_connect(k);
    kit_sleep(k);
    freezer[20] ^= 1;
    kit_resume(k);
    assert_int_equal(report_of(k).reason, DOZE_REASON_IMAGE);
    assert_int_equal(report_of(k).rung, DOZE_RUNG_FRESH_PORT);
    assert_int_equal(doze_send(k->socket, "an Update", 9), DOZE_NEW_CONTEXT);
    kit_exchange(k, "a new registration");
    kit_stop(k);
}

static void a_lost_association_is_announced_although_the_first_wake_after_it_failed(void **state) {
    kit *k = *state;
    uint8_t freezer[DOZE_IMAGE_MAX];
    kit_start(k, NULL);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, freezer, sizeof(freezer)), DOZE_OK);
    kit_connect(k);
    kit_sleep(k);
    freezer[20] ^= 1;
    k->w.link.dead[WORLD_UP] = true;
    assert_int_equal(world_resume(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    k->w.link.dead[WORLD_UP] = false;
    kit_resume(k);
    assert_int_equal(report_of(k).reason, DOZE_REASON_IMAGE);
    assert_int_equal(doze_send(k->socket, "an Update", 9), DOZE_NEW_CONTEXT);
    kit_stop(k);
}

static void a_failed_climb_leaves_nothing_of_mbed_tls_in_a_frozen_sleep(void **state) {
    kit *k = *state;
    uint8_t freezer[DOZE_IMAGE_MAX];
    kit_start(k, NULL);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, freezer, sizeof(freezer)), DOZE_OK);
    kit_connect(k);
    k->w.link.dead[WORLD_UP] = true;
    doze_dtls_no_answer(&k->dtls);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_true(kit_option(k, DOZE_OPT_FROZEN_SIZE) > 0);
    assert_null(k->dtls.session);
    assert_null(k->dtls.live);
    assert_null(k->dtls.aside);
    kit_stop(k);
}

static void sleep_in_the_middle_of_a_climb_asks_the_old_association_again(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    k->w.link.dead[WORLD_UP] = true;
    say_in_vain(k);
    say_in_vain(k);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    doze_step(k->socket);
    kit_sleep(k);
    k->w.link.dead[WORLD_UP] = false;
    kit_resume(k);
    assert_int_equal(report_of(k).rung, DOZE_RUNG_KEPT);
    kit_exchange(k, "still the same");
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKES_FULL), 1);
    kit_stop(k);
}

static void what_the_caller_missed_is_of_that_association_alone(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    doze_dtls_no_answer(&k->dtls);
    doze_close(k->socket);
    kit_connect(k);
    kit_exchange(k, "a new beginning");
    assert_int_equal(report_of(k).reason, DOZE_REASON_FIRST);
    kit_stop(k);
}

static void a_message_hours_later_teaches_no_patience(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    char buffer[64];
    size_t size;
    k->peer->behaviour.answer = PEER_EAT;
    assert_int_equal(doze_send(k->socket, "never answered", 14), DOZE_OK);
    world_advance(&k->w, 3600000);
    assert_int_equal(peer_say(k->peer, peer_newest(k->peer), "something else", 14), 0);
    assert_int_equal(world_recv(&k->w, k->socket, buffer, sizeof(buffer), &size, 1000), DOZE_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(doze_send(k->socket, "never answered", 14), DOZE_OK);
        world_advance(&k->w, 60000);
    }
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    kit_stop(k);
}

/* ---- what is told ---- */

static void the_report_during_a_climb_is_of_that_climb(void **state) {
    kit *k = *state;
    begin_climb(k, NULL);
    doze_report r = report_of(k);
    assert_int_equal(r.datagrams_sent, 1);
    assert_int_equal(r.datagrams_received, 0);
    kit_sleep(k);
    r = report_of(k);
    assert_int_equal(r.datagrams_sent, 1);
    assert_int_equal(r.rung, DOZE_RUNG_NONE);
    kit_stop(k);
}

static void a_socket_tells_where_a_failure_would_lead(void **state) {
    kit *k = *state;
    assert_int_equal(doze_get_fallback(NULL), DOZE_STATE_CLOSED);
    kit_start(k, NULL);
    assert_int_equal(doze_get_fallback(k->socket), DOZE_STATE_CLOSED);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    assert_int_equal(doze_get_fallback(k->socket), DOZE_STATE_CLOSED);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(doze_get_fallback(k->socket), DOZE_STATE_CONNECTED);
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CONNECTING);
    assert_int_equal(doze_get_fallback(k->socket), DOZE_STATE_SHUTDOWN);
    kit_stop(k);
}

static void a_new_context_is_announced_once_and_only_where_there_was_one_before(void **state) {
    kit *k = *state;
    kit_start(k, &without_cid);
    kit_connect(k);
    assert_int_equal(doze_send(k->socket, "first", 5), DOZE_OK); /* nobody registered in any context before */
    doze_close(k->socket);
    kit_connect(k);
    assert_int_equal(doze_send(k->socket, "after goodbye", 13), DOZE_OK);
    world_advance(&k->w, 1000);
    assert_int_equal(peer_close(k->peer, peer_newest(k->peer)), 0);
    world_advance(&k->w, 1000);
    char buffer[64];
    size_t size;
    while (doze_recv(k->socket, buffer, sizeof(buffer), &size) == DOZE_OK) {
    }
    kit_sleep(k);
    kit_resume(k);
    assert_int_equal(report_of(k).reason, DOZE_REASON_ENDED);
    assert_int_equal(doze_send(k->socket, "an Update", 9), DOZE_NEW_CONTEXT);
    assert_int_equal(doze_send(k->socket, "a Register", 10), DOZE_OK);
    kit_stop(k);
}

static void the_report_is_what_the_wire_saw(void **state) {
    kit *k = *state;
    kit_start(k, &without_cid);
    kit_connect(k);
    doze_report r = report_of(k);
    assert_int_equal(r.reason, DOZE_REASON_FIRST);
    assert_int_equal(r.rung, DOZE_RUNG_HANDSHAKE);
    assert_int_equal(r.datagrams_sent, k->tap.count[TAP_UP].datagrams);
    assert_int_equal(r.datagrams_received, k->tap.count[TAP_DOWN].datagrams);
    assert_int_equal(r.bytes_sent, k->tap.count[TAP_UP].bytes);
    assert_int_equal(r.bytes_received, k->tap.count[TAP_DOWN].bytes);
    assert_int_equal(r.round_trips, 3);
    assert_int_equal(r.milliseconds, 3 * 2 * k->w.link.latency);
    kit_sleep(k);
    kit_resume(k);
    r = report_of(k);
    assert_int_equal(r.rung, DOZE_RUNG_KEPT);
    assert_int_equal(r.reason, DOZE_REASON_NONE);
    assert_true(r.context_continued && r.port_kept);
    assert_int_equal(r.datagrams_sent + r.datagrams_received + r.bytes_sent + r.bytes_received, 0);
    assert_int_equal(r.round_trips + r.milliseconds, 0);
    kit_stop(k);
}

static void handshakes_are_counted_by_their_kind(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    for (int i = 0; i < 5; i++) {
        kit_sleep(k);
        kit_resume(k);
    }
    doze_close(k->socket);
    k->w.link.dead[WORLD_UP] = true;
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, 1500), DOZE_IN_PROGRESS);
    k->w.link.dead[WORLD_UP] = false;
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKES_FULL), 1);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKES_RESUMED), 1);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKES_AVOIDED), 5);
    assert_int_equal(kit_option(k, DOZE_OPT_RETRANSMISSIONS), 2);
    kit_stop(k);
}

/* ---- radio ---- */

typedef struct radio_log {
    char hints[64];
    size_t count;
} radio_log;

static void note_hint(void *context, doze_radio_hint hint) {
    radio_log *log = context;
    assert_in_range(log->count, 0, sizeof(log->hints) - 2);
    log->hints[log->count++] = hint == DOZE_RADIO_ANSWER_EXPECTED ? 'a' : hint == DOZE_RADIO_LAST_DATAGRAM ? 'l' : 'o';
}

static void expect_hints(radio_log *log, const char *hints) {
    assert_string_equal(log->hints, hints);
    memset(log, 0, sizeof(*log));
}

static void a_radio_is_told_what_to_expect_of_each_datagram_and_when_it_may_go_off(void **state) {
    kit *k = *state;
    radio_log log = {.count = 0};
    kit_start(k, &(kit_order){.dtls = {.radio = {note_hint, &log}}});
    kit_connect(k);
    expect_hints(&log, "aaa"); /* two ClientHellos and our last flight */
    kit_exchange(k, "what do you say");
    expect_hints(&log, "a");
    assert_int_equal(doze_dtls_send_one_way(&k->dtls, "for your information", 20), DOZE_OK);
    expect_hints(&log, "l");
    kit_sleep(k);
    expect_hints(&log, "o");
    kit_resume(k);
    expect_hints(&log, "");
    doze_close(k->socket);
    expect_hints(&log, "lo"); /* goodbye */
    k->w.link.dead[WORLD_UP] = true;
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    doze_step(k->socket);
    kit_sleep(k);
    expect_hints(&log, "ao");
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_server_that_restarted_is_found_again_after_two_unanswered_sends_of_the_same_wake),
        KIT_TEST(a_server_that_kept_its_sessions_resumes_them),
        KIT_TEST(a_server_that_ignores_the_old_port_is_reached_from_a_fresh_one),
        KIT_TEST(an_outage_of_any_length_costs_no_association),
        KIT_TEST(a_climb_is_bounded_in_datagrams_and_in_time),
        KIT_TEST(bounds_out_of_range_are_refused),
        KIT_TEST(a_burst_counts_as_one_question),
        KIT_TEST(an_answer_ends_the_silence),
        KIT_TEST(answers_that_lie_unread_are_no_silence),
        KIT_TEST(a_goodbye_that_lies_unread_is_told_by_the_send_that_would_climb),
        KIT_TEST(one_way_messages_never_count),
        KIT_TEST(a_slow_network_is_given_twice_the_time_that_it_took_before),
        KIT_TEST(silence_adds_up_over_wakes_and_sleep_forgives_what_had_no_time),
        KIT_TEST(without_a_limit_silence_is_no_signal),
        KIT_TEST(an_alert_to_the_session_leads_to_a_full_handshake_in_the_same_wake),
        KIT_TEST(a_frozen_association_that_the_server_never_had_is_given_up_after_its_silence),
        KIT_TEST(one_forged_datagram_of_any_kind_ends_no_climb),
        KIT_TEST(one_forged_refusal_ends_no_climb),
        KIT_TEST(a_slow_link_has_time_for_a_fresh_port_too),
        KIT_TEST(a_port_where_the_server_may_know_us_is_left_whatever_address_it_was_last),
        KIT_TEST(a_first_handshake_that_was_broken_off_is_not_ignored_for_ever),
        KIT_TEST(timers_with_few_steps_reach_every_rung),
        KIT_TEST(a_hint_of_the_old_port_names_the_error_of_the_climb),
        KIT_TEST(an_altered_image_is_overcome_even_where_the_old_port_is_ignored),
        KIT_TEST(a_lost_association_is_announced_although_the_first_wake_after_it_failed),
        KIT_TEST(a_failed_climb_leaves_nothing_of_mbed_tls_in_a_frozen_sleep),
        KIT_TEST(sleep_in_the_middle_of_a_climb_asks_the_old_association_again),
        KIT_TEST(what_the_caller_missed_is_of_that_association_alone),
        KIT_TEST(a_message_hours_later_teaches_no_patience),
        KIT_TEST(the_report_during_a_climb_is_of_that_climb),
        KIT_TEST(a_socket_tells_where_a_failure_would_lead),
        KIT_TEST(a_new_context_is_announced_once_and_only_where_there_was_one_before),
        KIT_TEST(the_report_is_what_the_wire_saw),
        KIT_TEST(handshakes_are_counted_by_their_kind),
        KIT_TEST(a_radio_is_told_what_to_expect_of_each_datagram_and_when_it_may_go_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
