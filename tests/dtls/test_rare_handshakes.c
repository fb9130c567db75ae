/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes and climbs that meet what hardly ever happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit.h"

#define SECOND_SERVER "192.0.2.2"

static void begin_connecting(kit *k) {
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
}

static void begin_climb(kit *k) {
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
}

/* ---- records without authentication ---- */

static void a_warning_and_a_malformed_alert_are_not_even_hints(void **state) {
    kit *k = *state;
    static const uint8_t alerts[][16] = {
        {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 90},    /* a warning */
        {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 2},        /* cut */
        {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 3, 2, 40, 0}, /* too long */
    };
    static const size_t sizes[] = {15, 14, 16};
    kit_start(k, NULL);
    begin_connecting(k);
    for (size_t i = 0; i < 3; i++) {
        kit_forge(k, alerts[i], sizes[i]);
        assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
    }
    assert_int_equal(kit_dropped(k, DOZE_DROP_UNAUTHENTICATED), 3);
    assert_int_equal(kit_count_events(k, DOZE_EVENT_HINT, DOZE_ERR_ALERT), 0);
    assert_int_equal(kit_option(k, DOZE_OPT_ALERT), -1);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    kit_stop(k);
}

static void a_hello_verify_request_without_a_body_is_dropped(void **state) {
    kit *k = *state;
    static const uint8_t cut[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 0};
    kit_start(k, NULL);
    begin_connecting(k);
    kit_forge(k, cut, sizeof(cut));
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(kit_dropped(k, DOZE_DROP_UNAUTHENTICATED), 1);
    kit_stop(k);
}

static bool is_server_hello(const world_datagram *datagram) {
    enum { SERVER_HELLO = 2 };
    return datagram->direction == WORLD_DOWN && datagram->size > 30 && datagram->data[13] == SERVER_HELLO;
}

/* Spoils so many ServerHellos: the version that the server has chosen. */
static bool spoil(void *context, world_datagram *datagram) {
    unsigned *times = context;
    if (is_server_hello(datagram) && *times > 0) {
        (*times)--;
        datagram->data[25] ^= 0xff;
    }
    return true;
}

static void a_handshake_begins_again_after_one_forgery_and_ends_after_two(void **state) {
    kit *k = *state;
    for (unsigned forgeries = 1; forgeries <= 2; forgeries++) {
        unsigned left = forgeries;
        kit_start(k, NULL);
        world_on_datagram(&k->w, spoil, &left);
        doze_result result = world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE);
        assert_int_equal(left, 0);
        assert_int_equal(result, forgeries == 1 ? DOZE_OK : DOZE_ERR_HANDSHAKE);
        kit_stop(k);
    }
}

/* ---- an alert with authentication ---- */

enum { CHANGE_CIPHER_SPEC = 20, CHANGE_CIPHER_SPEC_SIZE = 14 };

/* Of the server's final flight no more arrives than the record after which everything is encrypted. */
static bool cut_after_change_cipher_spec(void *context, world_datagram *datagram) {
    (void)context;
    size_t at = 0;
    while (datagram->direction == WORLD_DOWN && at + 13 <= datagram->size) {
        if (datagram->data[at] == CHANGE_CIPHER_SPEC) {
            datagram->size = at + CHANGE_CIPHER_SPEC_SIZE;
        }
        at += 13 + (size_t)(datagram->data[at + 11] << 8 | datagram->data[at + 12]);
    }
    return true;
}

static void an_authenticated_alert_ends_a_handshake_at_once_and_the_session_with_it(void **state) {
    kit *k = *state;
    enum { INTERNAL_ERROR = 80 };
    kit_start(k, &(kit_order){.dtls = {.cid = DOZE_CID_OFF}});
    kit_connect(k);
    assert_int_equal(doze_close(k->socket), DOZE_OK);
    world_advance(&k->w, 1000);
    peer_restart(k->peer, false); /* the session that is offered is not known: a full handshake */
    world_on_datagram(&k->w, cut_after_change_cipher_spec, NULL);
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, 800), DOZE_IN_PROGRESS);
    world_on_datagram(&k->w, NULL, NULL);
    uint64_t begun = world_now(&k->w);
    assert_int_equal(peer_alert(k->peer, peer_newest(k->peer), INTERNAL_ERROR), 0);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_ALERT);
    assert_in_range(world_now(&k->w) - begun, 0, 200);
    assert_int_equal(kit_option(k, DOZE_OPT_ALERT), INTERNAL_ERROR);
    assert_null(k->dtls.session);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKES_RESUMED), 0);
    kit_stop(k);
}

/* ---- the path ---- */

static void a_path_mtu_that_nobody_knows_or_that_is_absurd_ends_no_handshake(void **state) {
    kit *k = *state;
    for (int absurd = 0; absurd < 2; absurd++) {
        kit_start(k, NULL);
        k->w.link.mtu = absurd ? 20 : 1500;
        if (!absurd) {
            world_fail_next(k->host, WORLD_OP_PATH_MTU, DOZE_ERR_NO_BUFFERS, 105, 1);
        }
        kit_connect(k);
        kit_exchange(k, "as IPv6 guarantees it");
        kit_stop(k);
    }
}

static void a_fresh_port_that_cannot_be_had_ends_the_climb_and_costs_no_association(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    world_set_plug(k->server, WORLD_SILENT);
    begin_climb(k);
    world_fail_next(k->host, WORLD_OP_OPEN, DOZE_ERR_NO_DESCRIPTORS, 24, 1);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_NO_DESCRIPTORS);
    assert_int_equal(doze_cause(k->socket), 24);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_SHUTDOWN);
    world_set_plug(k->server, WORLD_SERVING);
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    kit_exchange(k, "nothing was lost");
    kit_stop(k);
}

/* A lower socket that gives what it waits for, as a modem does, from when the climb is at its fresh port. */
typedef struct modem {
    doze_socket_ops ops;
    const doze_socket_ops *before;
    kit *k;
} modem;
static modem patient;

static doze_result recv_patiently(doze_socket *socket, void *buffer, size_t capacity, size_t *size) {
    if (patient.k->dtls.fresh_port) {
        world_set_plug(patient.k->server, WORLD_SERVING);
        world_advance(&patient.k->w, 500);
    }
    return patient.before->recv(socket, buffer, capacity, size);
}

static void a_fresh_port_where_all_answers_come_at_once_ends_the_climb_in_an_association(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    doze_socket *lower = &k->tap.socket;
    patient = (modem){.ops = *lower->ops, .before = lower->ops, .k = k};
    patient.ops.recv = recv_patiently;
    lower->ops = &patient.ops;
    world_set_plug(k->server, WORLD_SILENT);
    begin_climb(k);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    lower->ops = patient.before;
    assert_true(k->dtls.fresh_port);
    assert_int_equal(kit_option(k, DOZE_OPT_RETRANSMISSIONS), 2);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_NEW_CONTEXT);
    kit_exchange(k, "the first of the new one");
    kit_stop(k);
}

static void a_way_back_that_cannot_be_had_ends_the_climb_and_costs_no_association(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    world_set_plug(k->server, WORLD_SILENT);
    k->w.names.delay = 1000;
    k->w.names.step_failures = 1;
    begin_climb(k);
    uint32_t lookups = k->w.names.lookups;
    while (k->w.names.lookups == lookups) { /* until another address is asked for */
        assert_int_equal(world_run(&k->w, k->socket, 100), DOZE_IN_PROGRESS);
    }
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS); /* called for nothing, it waits on */
    world_fail_next(k->host, WORLD_OP_OPEN, DOZE_ERR_NO_DESCRIPTORS, 24, 1);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_NO_DESCRIPTORS);
    world_set_plug(k->server, WORLD_SERVING);
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    kit_exchange(k, "nothing was lost");
    kit_stop(k);
}

/* ---- randomness ---- */

static void start_with(kit *k, kit_source *s) {
    *s = (kit_source){.true_one = world_random(&k->w)};
    kit_start(k, &(kit_order){.dtls = {.random = {kit_draw, s}, .cid = DOZE_CID_OFFER_BYTES, .cid_size = 8}});
}

static void without_randomness_a_fresh_port_is_no_help_and_the_association_stays(void **state) {
    kit *k = *state;
    kit_source s;
    start_with(k, &s);
    kit_connect(k);
    world_set_plug(k->server, WORLD_SILENT);
    begin_climb(k);
    assert_int_equal(world_run(&k->w, k->socket, 100), DOZE_IN_PROGRESS);
    s.fails = true;
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_RANDOM);
    world_set_plug(k->server, WORLD_SERVING);
    kit_resume(k); /* needs none */
    kit_exchange(k, "nothing was lost");
    kit_stop(k);
}

static bool spoil_and_fail(void *context, world_datagram *datagram) {
    kit_source *s = context;
    unsigned once = 1;
    s->fails = s->fails || is_server_hello(datagram);
    return spoil(&once, datagram);
}

static void without_randomness_a_handshake_does_not_begin_again(void **state) {
    kit *k = *state;
    kit_source s;
    start_with(k, &s);
    world_on_datagram(&k->w, spoil_and_fail, &s);
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_ERR_RANDOM);
    s.fails = false;
    world_on_datagram(&k->w, NULL, NULL);
    kit_connect(k);
    kit_stop(k);
}

static void without_randomness_the_wait_after_a_failure_is_the_longest_of_its_step(void **state) {
    kit *k = *state;
    kit_source s;
    start_with(k, &s);
    s.fails = true;
    assert_int_equal(doze_dtls_back_off(&k->dtls, 1), 30000);
    assert_int_equal(doze_dtls_back_off(&k->dtls, 2), 60000);
    s.fails = false;
    kit_stop(k);
}

/* What is beyond the bound is as lost: the server repeats its flight, and the last one of ours answers that. */
static void a_last_flight_beyond_the_bound_of_a_climb_is_sent_when_the_server_asks_for_it(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_CLIMB_DATAGRAMS, 2), DOZE_OK);
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    tap_clear(&k->tap);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 2);
    char buffer[16];
    size_t size = 0;
    assert_int_equal(world_recv(&k->w, k->socket, buffer, sizeof(buffer), &size, 5000), DOZE_WOULD_BLOCK);
    assert_int_equal(peer_newest(k->peer)->resumed, 1);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_NEW_CONTEXT);
    kit_exchange(k, "in the new one");
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_warning_and_a_malformed_alert_are_not_even_hints),
        KIT_TEST(a_hello_verify_request_without_a_body_is_dropped),
        KIT_TEST(a_handshake_begins_again_after_one_forgery_and_ends_after_two),
        KIT_TEST(an_authenticated_alert_ends_a_handshake_at_once_and_the_session_with_it),
        KIT_TEST(a_path_mtu_that_nobody_knows_or_that_is_absurd_ends_no_handshake),
        KIT_TEST(a_fresh_port_that_cannot_be_had_ends_the_climb_and_costs_no_association),
        KIT_TEST(a_fresh_port_where_all_answers_come_at_once_ends_the_climb_in_an_association),
        KIT_TEST(a_way_back_that_cannot_be_had_ends_the_climb_and_costs_no_association),
        KIT_TEST(without_randomness_a_fresh_port_is_no_help_and_the_association_stays),
        KIT_TEST(without_randomness_a_handshake_does_not_begin_again),
        KIT_TEST(without_randomness_the_wait_after_a_failure_is_the_longest_of_its_step),
        KIT_TEST(a_last_flight_beyond_the_bound_of_a_climb_is_sent_when_the_server_asks_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
