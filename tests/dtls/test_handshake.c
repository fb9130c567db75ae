/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes on good and bad networks, and what may not harm them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit.h"

/* ---- what is negotiated ---- */

static void the_mandatory_suite_is_what_is_preferred(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_SUITE), MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8);
    assert_string_equal(peer_newest(k->peer)->identity, KIT_IDENTITY);
    kit_exchange(k, "under the mandatory suite");
    kit_stop(k);
}

static void a_suite_that_the_caller_lists_is_the_one_in_use(void **state) {
    kit *k = *state;
    static const uint16_t gcm[] = {MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256};
    kit_start(k, &(kit_order){.dtls = {.suites = gcm, .suites_count = 1}});
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_SUITE), MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256);
    kit_exchange(k, "under the suite of choice");
    kit_stop(k);
}

/* The suites of a ClientHello: RFC 5246 section 7.4.1.2, with RFC 6347's cookie. */
static size_t offered_suites(const tap_datagram *hello, uint16_t suites[], size_t capacity) {
    const uint8_t *p = hello->data + 13 + 12 + 2 + 32;
    p += 1 + p[0]; /* session ID */
    p += 1 + p[0]; /* cookie */
    size_t count = (size_t)(p[0] << 8 | p[1]) / 2;
    assert_in_range(count, 1, capacity);
    for (size_t i = 0; i < count; i++) {
        suites[i] = (uint16_t)(p[2 + 2 * i] << 8 | p[3 + 2 * i]);
    }
    return count;
}

static void only_suites_of_the_configured_mode_are_offered(void **state) {
    kit *k = *state;
    uint16_t suites[16];
    kit_start(k, NULL);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    doze_step(k->socket);
    size_t count = offered_suites(tap_last(&k->tap, TAP_UP, 0), suites, 16);
    for (size_t i = 0; i < count; i++) {
        bool psk = suites[i] == MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8 ||
                   suites[i] == MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256 ||
                   suites[i] == MBEDTLS_TLS_PSK_WITH_AES_128_CCM;
        bool signalling = suites[i] == 0x00ff; /* RFC 5746 section 3.3 */
        assert_true(psk || signalling);
    }
    assert_in_range(count, 3, 4);
    doze_forget(k->socket);
    kit_stop(k);
}

static void a_server_of_another_mode_is_never_connected_to(void **state) {
    kit *k = *state;
    kit_start(k, &(kit_order){.certificate = "server"});
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_ERR_ALERT);
    assert_int_equal(kit_option(k, DOZE_OPT_ALERT), 40);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CLOSED);
    kit_stop(k);
}

static void without_a_cookie_the_handshake_is_a_round_trip_shorter(void **state) {
    kit *k = *state;
    kit_start(k, &(kit_order){.peer = {.no_cookie = true}});
    kit_connect(k);
    uint64_t without = kit_elapsed(k);
    kit_stop(k);
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(kit_elapsed(k), without + 2 * k->w.link.latency);
    kit_stop(k);
}

static void a_full_handshake_is_three_round_trips_and_a_resumed_one_two(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    uint64_t full = kit_elapsed(k);
    assert_int_equal(full, 3 * 2 * k->w.link.latency);
    doze_close(k->socket);
    kit_connect(k);
    assert_int_equal(kit_elapsed(k) - full, 2 * 2 * k->w.link.latency);
    kit_stop(k);
}

static void a_fragment_length_that_is_negotiated_bounds_what_is_sent(void **state) {
    kit *k = *state;
    kit_start(k, &(kit_order){.dtls = {.max_fragment_length = 512}});
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_PAYLOAD_MTU), 512);
    kit_stop(k);
}

/* ---- Connection ID ---- */

static void a_connection_id_is_negotiated_unless_it_is_off(void **state) {
    kit *k = *state;
    kit_start(k, &(kit_order){.dtls = {.cid = DOZE_CID_OFF}});
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_CONNECTION_ID), 0);
    kit_exchange(k, "no Connection ID here");
    assert_int_equal(k->tap.count[TAP_UP].with_cid, 0);
    kit_stop(k);
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_CONNECTION_ID), 1);
    kit_exchange(k, "a Connection ID up, none down");
    assert_int_equal(k->tap.count[TAP_UP].with_cid, 2); /* Finished and this */
    assert_int_equal(k->tap.count[TAP_DOWN].with_cid, 0);
    kit_stop(k);
}

static void a_connection_id_of_our_own_is_in_what_we_receive(void **state) {
    kit *k = *state;
    static const uint8_t sizes[] = {1, 8, DOZE_CID_MAX};
    for (size_t i = 0; i < sizeof(sizes); i++) {
        kit_start(k, &(kit_order){.dtls = {.cid = DOZE_CID_OFFER_BYTES, .cid_size = sizes[i]}});
        kit_connect(k);
        kit_exchange(k, "a Connection ID both ways");
        assert_int_equal(k->tap.count[TAP_DOWN].with_cid, 2);
        kit_stop(k);
    }
}

static void a_server_without_connection_id_is_served_without(void **state) {
    kit *k = *state;
    kit_start(k, &(kit_order){.peer = {.cid = PEER_CID_REFUSE}});
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_CONNECTION_ID), 0);
    kit_exchange(k, "goes without as well");
    kit_stop(k);
}

static void a_server_that_needs_no_connection_id_gets_none(void **state) {
    kit *k = *state;
    kit_start(k, &(kit_order){.peer = {.cid = PEER_CID_EMPTY}});
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_CONNECTION_ID), 0);
    kit_exchange(k, "the port must stay, then");
    kit_stop(k);
}

/* ---- time ---- */

typedef struct schedule {
    const kit *k;
    uint64_t at[32];
    size_t count;
} schedule;

static bool note_time_and_lose(void *context, world_datagram *datagram) {
    schedule *s = context;
    if (datagram->direction == WORLD_UP && s->count < 32) {
        s->at[s->count++] = kit_elapsed(s->k);
    }
    return false;
}

static void an_unanswered_flight_is_repeated_by_the_standards_schedule_and_then_given_up(void **state) {
    kit *k = *state;
    static const uint64_t expected[] = {0, 1, 3, 7, 15, 31, 63, 123}; /* seconds; the last is the end */
    kit_start(k, NULL);
    schedule s = {.k = k};
    world_on_datagram(&k->w, note_time_and_lose, &s);
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_int_equal(s.count, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(s.at[i], expected[i] * 1000);
    }
    assert_int_equal(kit_elapsed(k), expected[7] * 1000);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CLOSED);
    kit_stop(k);
}

typedef struct storm {
    uint8_t flight[2048]; /* the server's, with its ServerHello */
    size_t size;
    unsigned finals; /* flights of the client's with a ChangeCipherSpec: all of them get lost */
} storm;

/* Whether there is such a record in a datagram of records in epoch 0; `message` -1: any. */
static bool has_record(const world_datagram *d, uint8_t type, int message) {
    bool found = false;
    for (size_t at = 0; at + 13 < d->size && !found; at += 13 + (size_t)(d->data[at + 11] << 8 | d->data[at + 12])) {
        found = d->data[at] == type && (message < 0 || d->data[at + 13] == message);
    }
    return found;
}

static bool keep_flight_and_lose_finals(void *context, world_datagram *d) {
    enum { CHANGE_CIPHER_SPEC = 20, HANDSHAKE = 22, SERVER_HELLO = 2 };
    storm *s = context;
    if (has_record(d, CHANGE_CIPHER_SPEC, -1)) {
        s->finals++;
        return false;
    }
    if (has_record(d, HANDSHAKE, SERVER_HELLO)) {
        memcpy(s->flight, d->data, d->size);
        s->size = d->size;
    }
    return true;
}

/* As by a server that repeats its flight for each of ours, or by anybody who has seen that flight. */
static void the_servers_flight_however_often_repeated_prolongs_no_handshake(void **state) {
    kit *k = *state;
    static storm s;
    kit_start(k, NULL);
    world_on_datagram(&k->w, keep_flight_and_lose_finals, &s);
    assert_int_equal(doze_connect(k->socket, KIT_SERVER, KIT_PORT), DOZE_IN_PROGRESS);
    while (doze_get_state(k->socket) == DOZE_STATE_CONNECTING && kit_elapsed(k) < KIT_PATIENCE) {
        world_run(&k->w, k->socket, 500); /* less than the first retransmission takes */
        for (size_t at = 0; at + 13 < s.size; at += 13 + (size_t)(s.flight[at + 11] << 8 | s.flight[at + 12])) {
            s.flight[at + 9]++; /* so that no record number was seen before */
        }
        if (s.size != 0 && doze_get_state(k->socket) == DOZE_STATE_CONNECTING) {
            kit_forge(k, s.flight, s.size);
            doze_step(k->socket);
        }
    }
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CLOSED);
    assert_in_range(kit_elapsed(k), 123000, 128000); /* each of the 7 waits began again once, after half a second */
    assert_in_range(s.finals, 8, 1 + 6 + 2 * 7);     /* as many as without, and two for each wait */
    kit_stop(k);
}

static void sockets_that_share_a_configuration_may_have_timers_of_their_own(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    schedule s = {.k = k};
    world_on_datagram(&k->w, note_time_and_lose, &s);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKE_TIMER_MIN), 1000);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKE_TIMER_MAX), 60000);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKE_TIMER_MAX, 20000), DOZE_OK);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKE_TIMER_MIN, 9000), DOZE_OK);
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.at[1], 9000);
    assert_int_equal(s.at[2], 27000);
    assert_int_equal(kit_elapsed(k), 47000);
    kit_stop(k);
}

static void timers_set_during_a_handshake_are_for_the_next_one(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    k->w.link.dead[WORLD_UP] = true;
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKE_TIMER_MAX, 1000), DOZE_OK);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_int_equal(kit_elapsed(k), 123000);
    kit_stop(k);
}

/* A caller that was busy elsewhere: the answer is there, and so is the end of the timer. */
static void an_answer_that_waits_is_read_before_a_timer_that_ran_out_counts(void **state) {
    kit *k = *state;
    kit_start(k, &(kit_order){.dtls = {.handshake_timer_min = 1000, .handshake_timer_max = 1000},
                              .peer = {.handshake_timer_min = 60000}});
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    for (int i = 0; i < 4; i++) {
        doze_step(k->socket);
        world_advance(&k->w, 5000);
    }
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CONNECTED);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 3); /* none was repeated */
    kit_exchange(k, "late but not too late");
    kit_stop(k);
}

static void timers_that_contradict_each_other_are_refused(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKE_TIMER_MIN, 60001), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKE_TIMER_MIN, 0), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKE_TIMER_MIN, -1), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKE_TIMER_MAX, 999), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKE_TIMER_MAX, INT64_C(1) << 40), DOZE_ERR_OPTION);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKE_TIMER_MIN), 1000);
    kit_stop(k);
}

static void a_slow_name_service_does_not_block_connect(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    k->w.names.delay = 5000;
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    assert_int_equal(kit_elapsed(k), 0);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(kit_elapsed(k), 5000 + 3 * 2 * k->w.link.latency);
    kit_exchange(k, "found it after all");
    kit_stop(k);
}

static void a_name_that_does_not_exist_is_told_also_when_it_takes_time(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    k->w.names.delay = 5000;
    assert_int_equal(world_connect(&k->w, k->socket, "unknown.example", KIT_PORT, KIT_PATIENCE), DOZE_ERR_HOST_UNKNOWN);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CLOSED);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 0);
    kit_stop(k);
}

/* ---- loss ---- */

typedef struct thinning {
    unsigned passed;
    unsigned lose; /* the number of the datagram that is lost, from 1 */
} thinning;

static bool lose_one(void *context, world_datagram *datagram) {
    thinning *t = context;
    (void)datagram;
    return ++t->passed != t->lose;
}

static void any_one_datagram_of_a_handshake_may_be_lost(void **state) {
    kit *k = *state;
    for (unsigned i = 1; i <= 6; i++) {
        thinning t = {.lose = i};
        kit_start(k, NULL);
        world_on_datagram(&k->w, lose_one, &t);
        kit_connect(k);
        kit_exchange(k, "despite what was lost");
        assert_int_equal(k->peer->counters.handshakes_full, 1);
        kit_stop(k);
    }
}

/* The client is done when it has sent its last flight, and learns from the server's repetition that it was lost. */
static void any_one_datagram_of_an_abbreviated_handshake_may_be_lost(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size;
    for (unsigned i = 1; i <= 8; i++) {
        kit_start(k, NULL);
        kit_connect(k);
        doze_close(k->socket);
        world_advance(&k->w, 1000);
        thinning t = {.lose = i};
        world_on_datagram(&k->w, lose_one, &t);
        kit_connect(k);
        world_recv(&k->w, k->socket, buffer, sizeof(buffer), &size, 10000);
        world_on_datagram(&k->w, NULL, NULL);
        kit_exchange(k, "in spite of all losses");
        assert_int_equal(k->peer->counters.handshakes_resumed, 1);
        kit_stop(k);
    }
}

static void a_very_lossy_network_delays_a_handshake_and_no_more(void **state) {
    kit *k = *state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        kit_start(k, &(kit_order){.seed = seed});
        for (int way = 0; way < WORLD_DIRECTIONS; way++) {
            k->w.link.rate[way][WORLD_LOSS] = 200000;
            k->w.link.rate[way][WORLD_REORDERING] = 200000;
            k->w.link.rate[way][WORLD_DUPLICATION] = 200000;
        }
        kit_connect(k);
        kit_stop(k);
    }
}

/* ---- the unauthenticated ---- */

typedef struct forger {
    kit *k;
    const void *data;
    size_t size;
    unsigned times;
} forger;

/* Puts the forged datagrams in front of the server's first answer. */
static bool forge_ahead(void *context, world_datagram *datagram) {
    forger *f = context;
    for (; datagram->direction == WORLD_DOWN && f->times > 0; f->times--) {
        world_inject(&f->k->w, &datagram->from, &datagram->to, f->data, f->size);
    }
    return true;
}

static const uint8_t fatal_alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};

/* Mbed TLS notes the numbers of plaintext records in the window that keeps out replays. */
static void a_forged_plaintext_record_of_a_high_number_shuts_nobody_out(void **state) {
    kit *k = *state;
    static const unsigned char hello_request[] = {22, 0xfe, 0xfd, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 12,
                                                  0,  0,    0,    0, 0, 9,    0,    0,    0,    0,    0,    0};
    static const unsigned char change[] = {20, 0xfe, 0xfd, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0, 1, 1};
    static const struct {
        const unsigned char *data;
        size_t size;
    } forged[] = {{hello_request, sizeof(hello_request)}, {change, sizeof(change)}};
    for (size_t i = 0; i < 2; i++) {
        for (uint32_t when = 0; when <= 120; when += 10) {
            kit_start(k, NULL);
            assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
            (void)world_run(&k->w, k->socket, when);
            if (doze_get_state(k->socket) == DOZE_STATE_CONNECTING) {
                kit_forge(k, forged[i].data, forged[i].size);
                assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
            }
            assert_in_range(kit_elapsed(k), 120, 3500); /* a flight or two are repeated, at most */
            kit_exchange(k, "connected all the same");
            kit_stop(k);
        }
    }
}

static void one_forged_alert_ends_no_handshake(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    forger f = {.k = k, .data = fatal_alert, .size = sizeof(fatal_alert), .times = 1};
    world_on_datagram(&k->w, forge_ahead, &f);
    kit_connect(k);
    assert_int_equal(kit_dropped(k, DOZE_DROP_UNAUTHENTICATED), 1);
    assert_int_equal(kit_count_events(k, DOZE_EVENT_HINT, DOZE_ERR_ALERT), 1);
    kit_exchange(k, "nobody was impressed by it");
    kit_stop(k);
}

static void an_alert_behind_another_record_of_a_datagram_is_only_a_hint_as_well(void **state) {
    kit *k = *state;
    uint8_t two[13 + 1 + sizeof(fatal_alert)] = {20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 1};
    memcpy(two + 14, fatal_alert, sizeof(fatal_alert));
    kit_start(k, NULL);
    /* in front of the first record stands one of an epoch that is dropped by itself */
    two[4] = 7;
    forger f = {.k = k, .data = two, .size = sizeof(two), .times = 1};
    world_on_datagram(&k->w, forge_ahead, &f);
    kit_connect(k);
    assert_int_equal(kit_count_events(k, DOZE_EVENT_HINT, DOZE_ERR_ALERT), 1);
    kit_stop(k);
}

/* message_seq and record number of the server's own first HelloVerifyRequest; a cookie of four bytes */
static uint8_t forged_hello_verify_request[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0,    0,    0, 19, 3, 0, 0,
                                                7,  0,    0,    0, 0, 0, 0, 0, 7, 0xfe, 0xfd, 4, 1,  2, 3, 4};

static void forged_hello_verify_requests_are_answered_at_most_twice(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
    const doze_endpoint server = world_server_endpoint(k->server);
    const doze_endpoint client = world_endpoint(KIT_HOST, doze_local_port(k->socket));
    world_set_plug(k->server, WORLD_SILENT);
    for (uint8_t i = 0; i < 20; i++) {
        forged_hello_verify_request[10] = i; /* record and message numbers as a server that goes on would have them */
        forged_hello_verify_request[18] = i;
        world_inject(&k->w, &server, &client, forged_hello_verify_request, sizeof(forged_hello_verify_request));
        doze_step(k->socket);
    }
    assert_in_range(k->tap.count[TAP_UP].datagrams, 1, 3);
    world_set_plug(k->server, WORLD_SERVING);
    doze_forget(k->socket);
    kit_stop(k);
}

static void a_malformed_hello_verify_request_ends_no_handshake(void **state) {
    kit *k = *state;
    for (size_t i = 11; i < sizeof(forged_hello_verify_request); i++) {
        uint8_t bad[sizeof(forged_hello_verify_request)];
        memcpy(bad, forged_hello_verify_request, sizeof(bad));
        bad[i] ^= 0x55;
        if (i >= 28) {
            continue; /* the cookie's own bytes: sound, and answered */
        }
        kit_start(k, NULL);
        forger f = {.k = k, .data = bad, .size = sizeof(bad), .times = 1};
        world_on_datagram(&k->w, forge_ahead, &f);
        kit_connect(k);
        kit_stop(k);
    }
}

static void empty_oversized_and_foreign_datagrams_disturb_no_handshake(void **state) {
    kit *k = *state;
    static uint8_t big[40000];
    static const uint8_t garbage[] = "GET / HTTP/1.1\r\n\r\n";
    static const uint8_t cut[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0};
    static const struct {
        const void *data;
        size_t size;
        doze_drop cause;
    } bad[] = {
        {"", 0, DOZE_DROP_EMPTY},
        {big, sizeof(big), DOZE_DROP_TRUNCATED},
        {garbage, sizeof(garbage), DOZE_DROP_FOREIGN},
        {cut, sizeof(cut), DOZE_DROP_TRUNCATED},
        {cut, 1, DOZE_DROP_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        kit_start(k, NULL);
        forger f = {.k = k, .data = bad[i].data, .size = bad[i].size, .times = 3};
        world_on_datagram(&k->w, forge_ahead, &f);
        kit_connect(k);
        assert_int_equal(kit_dropped(k, bad[i].cause), 3);
        kit_exchange(k, "undisturbed by the noise");
        kit_stop(k);
    }
}

static void a_flood_gives_the_caller_its_turn(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    doze_step(k->socket);
    const doze_endpoint server = world_server_endpoint(k->server);
    const doze_endpoint client = world_endpoint(KIT_HOST, doze_local_port(k->socket));
    for (int i = 0; i < 1000; i++) {
        world_inject(&k->w, &server, &client, "x", 1);
    }
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
    assert_in_range(kit_dropped(k, DOZE_DROP_FOREIGN), 1, 100);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    kit_stop(k);
}

/* ---- failures ---- */

static void a_wrong_key_ends_in_the_servers_alert(void **state) {
    kit *k = *state;
    kit_start(k, &(kit_order){.peer = {.behaviour = {.wrong_psk = true}}});
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_ERR_ALERT);
    assert_in_range(kit_option(k, DOZE_OPT_ALERT), 20, 51);
    assert_in_range(kit_elapsed(k), 1000, 10000);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CLOSED);
    kit_stop(k);
}

static void a_wrong_key_that_a_server_is_silent_about_ends_in_a_timeout(void **state) {
    kit *k = *state;
    kit_start(k, &(kit_order){.peer = {.behaviour = {.wrong_psk = true, .hide_handshake_alerts = true}}});
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_int_equal(kit_option(k, DOZE_OPT_ALERT), -1);
    kit_stop(k);
}

static void a_server_that_is_not_there_is_told_as_refused(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    world_set_plug(k->server, WORLD_REFUSING);
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_ERR_REFUSED);
    assert_in_range(kit_elapsed(k), 1000, 10000);
    assert_true(kit_option(k, DOZE_OPT_REFUSALS) >= 1);
    kit_stop(k);
}

static void one_forged_refusal_ends_no_handshake(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    doze_step(k->socket);
    kit_forge_refusal(k);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    kit_stop(k);
}

/* What was refused once and answered then is not there to shorten the patience with a later silence. */
static void a_refusal_before_an_answer_shortens_no_handshake(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    doze_step(k->socket);
    kit_forge_refusal(k);
    world_advance(&k->w, 2 * k->w.link.latency); /* the HelloVerifyRequest */
    k->w.link.dead[WORLD_UP] = true;
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_in_range(kit_elapsed(k), 123000, 124000);
    kit_stop(k);
}

static void a_forged_alert_in_an_outage_costs_no_session(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    doze_close(k->socket);
    world_advance(&k->w, 1000);
    k->w.link.dead[WORLD_UP] = true;
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    doze_step(k->socket);
    kit_forge(k, fatal_alert, sizeof(fatal_alert));
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_ALERT);
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    k->w.link.dead[WORLD_UP] = false;
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_SESSION_RESUMED), 1);
    kit_stop(k);
}

static bool before_the_servers_finished(void *context, world_datagram *datagram) {
    static const uint8_t forged[] = {20, 0xfe, 0xfd, 0,  0,  0,  0,  0,  0,  0,  90, 0,  1,  1,  22, 0xfe, 0xfd,
                                     0,  1,    0,    0,  0,  0,  0,  9,  0,  24, 1,  2,  3,  4,  5,  6,    7,
                                     8,  9,    10,   11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,   24};
    forger *f = context;
    if (datagram->direction == WORLD_DOWN && datagram->data[0] == 20 && f->times > 0) {
        f->times--;
        world_inject(&f->k->w, &datagram->from, &datagram->to, forged, sizeof(forged));
    }
    return true;
}

static void one_forged_record_in_place_of_the_servers_finished_ends_no_handshake(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    forger f = {.k = k, .times = 1};
    world_on_datagram(&k->w, before_the_servers_finished, &f);
    kit_connect(k);
    assert_int_equal(f.times, 0);
    kit_exchange(k, "from the beginning, then");
    kit_stop(k);
}

static void a_network_that_comes_up_during_the_handshake_is_used(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    world_fail_next(k->host, WORLD_OP_SEND, DOZE_ERR_UNREACHABLE, 101, 2);
    kit_connect(k);
    kit_stop(k);
}

static void a_network_that_stays_down_is_told_as_unreachable(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    world_fail_next(k->host, WORLD_OP_SEND, DOZE_ERR_UNREACHABLE, 101, 1000);
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_ERR_UNREACHABLE);
    assert_int_equal(doze_cause(k->socket), 101);
    world_fail_next(k->host, WORLD_OP_SEND, DOZE_OK, 0, 0);
    kit_stop(k);
}

static void what_keeps_the_lower_socket_from_connecting_is_told_with_its_cause(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    world_fail_next(k->host, WORLD_OP_CONNECT, DOZE_ERR_UNREACHABLE, 101, 1);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_ERR_UNREACHABLE);
    assert_int_equal(doze_cause(k->socket), 101);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CLOSED);
    kit_connect(k);
    kit_stop(k);
}

static uint64_t no_time(void *context) {
    (void)context;
    return 0;
}

static int no_randomness(void *context, unsigned char *out, size_t size) {
    (void)context;
    memset(out, 0, size);
    return -1;
}

static void a_random_source_that_fails_is_told_and_nothing_is_sent(void **state) {
    kit *k = *state;
    static const doze_cid ways[] = {DOZE_CID_OFFER_EMPTY, DOZE_CID_OFFER_BYTES};
    for (size_t i = 0; i < 2; i++) {
        bool needed = ways[i] == DOZE_CID_OFFER_BYTES || peer_tls_asks_for_randomness();
        kit_start(k, &(kit_order){.dtls = {.random = {.fill = no_randomness},
                                           .cid = ways[i],
                                           .cid_size = ways[i] == DOZE_CID_OFFER_BYTES ? 8 : 0}});
        doze_result result = world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE);
        assert_int_equal(result, needed ? DOZE_ERR_RANDOM : DOZE_OK);
        assert_int_equal(k->tap.count[TAP_UP].datagrams == 0, needed);
        kit_stop(k);
    }
}

static void an_address_that_does_not_answer_is_not_the_first_choice_next_time(void **state) {
    kit *k = *state;
    char text[DOZE_ADDRESS_TEXT_SIZE];
    kit_start(k, NULL);
    world_name(&k->w, KIT_NAME, "192.0.2.50", KIT_SERVER, NULL);
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    kit_connect(k);
    assert_int_equal(doze_remote_host(k->socket, text, sizeof(text)), DOZE_OK);
    assert_string_equal(text, KIT_SERVER);
    kit_stop(k);
}

static void alerts_are_classified_as_retry_or_give_up(void **state) {
    (void)state;
    static const uint8_t give_up[] = {42, 43, 44, 45, 46, 48, 49, 112, 113, 114, 115};
    static const uint8_t retry[] = {0, 10, 20, 21, 22, 40, 47, 50, 51, 70, 71, 80, 90, 100, 111, 255};
    for (size_t i = 0; i < sizeof(give_up); i++) {
        assert_int_equal(doze_alert_classify(give_up[i]), DOZE_ALERT_GIVE_UP);
    }
    for (size_t i = 0; i < sizeof(retry); i++) {
        assert_int_equal(doze_alert_classify(retry[i]), DOZE_ALERT_RETRY);
    }
}

/* ---- key log ---- */

typedef struct line_log {
    unsigned count;
    char line[256];
} line_log;

static void note_line(void *context, const char *line) {
    line_log *log = context;
    log->count++;
    assert_in_range(strlen(line), 1, sizeof(log->line) - 1);
    strcpy(log->line, line);
}

/* A build with DOZE_KEYLOG=OFF refuses a configuration that has one. */
static bool key_log_is_compiled_out(void) {
    doze_dtls_config config;
    doze_dtls_settings settings = {
        .clock = {.now = no_time},
        .random = {.fill = no_randomness},
        .psk = {.identity = {"i", 1}, .key = {"k", 1}},
        .key_log = {.line = note_line},
    };
    doze_result result = doze_dtls_config_init(&config, &settings);
    if (result == DOZE_OK) {
        doze_dtls_config_deinit(&config);
        return false;
    }
    assert_int_equal(result, DOZE_ERR_UNSUPPORTED);
    settings.key_log.line = NULL;
    assert_int_equal(doze_dtls_config_init(&config, &settings), DOZE_OK);
    doze_dtls_config_deinit(&config);
    return true;
}

static void each_handshake_logs_its_secret_once_and_only_when_asked(void **state) {
    kit *k = *state;
    line_log log = {0};
    if (key_log_is_compiled_out()) {
        return;
    }
    kit_start(k, &(kit_order){.dtls = {.key_log = {note_line, &log}}});
    kit_connect(k);
    assert_int_equal(log.count, 1);
    assert_int_equal(strlen(log.line), strlen("CLIENT_RANDOM ") + 64 + 1 + 96);
    assert_memory_equal(log.line, "CLIENT_RANDOM ", 14);
    kit_sleep(k);
    kit_resume(k);
    assert_int_equal(log.count, 1);
    doze_close(k->socket);
    kit_connect(k);
    assert_int_equal(log.count, 2);
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(the_mandatory_suite_is_what_is_preferred),
        KIT_TEST(a_suite_that_the_caller_lists_is_the_one_in_use),
        KIT_TEST(only_suites_of_the_configured_mode_are_offered),
        KIT_TEST(a_server_of_another_mode_is_never_connected_to),
        KIT_TEST(without_a_cookie_the_handshake_is_a_round_trip_shorter),
        KIT_TEST(a_full_handshake_is_three_round_trips_and_a_resumed_one_two),
        KIT_TEST(a_fragment_length_that_is_negotiated_bounds_what_is_sent),
        KIT_TEST(a_connection_id_is_negotiated_unless_it_is_off),
        KIT_TEST(a_connection_id_of_our_own_is_in_what_we_receive),
        KIT_TEST(a_server_without_connection_id_is_served_without),
        KIT_TEST(a_server_that_needs_no_connection_id_gets_none),
        KIT_TEST(an_unanswered_flight_is_repeated_by_the_standards_schedule_and_then_given_up),
        KIT_TEST(the_servers_flight_however_often_repeated_prolongs_no_handshake),
        KIT_TEST(sockets_that_share_a_configuration_may_have_timers_of_their_own),
        KIT_TEST(timers_set_during_a_handshake_are_for_the_next_one),
        KIT_TEST(an_answer_that_waits_is_read_before_a_timer_that_ran_out_counts),
        KIT_TEST(timers_that_contradict_each_other_are_refused),
        KIT_TEST(a_slow_name_service_does_not_block_connect),
        KIT_TEST(a_name_that_does_not_exist_is_told_also_when_it_takes_time),
        KIT_TEST(any_one_datagram_of_a_handshake_may_be_lost),
        KIT_TEST(any_one_datagram_of_an_abbreviated_handshake_may_be_lost),
        KIT_TEST(a_very_lossy_network_delays_a_handshake_and_no_more),
        KIT_TEST(a_forged_plaintext_record_of_a_high_number_shuts_nobody_out),
        KIT_TEST(one_forged_alert_ends_no_handshake),
        KIT_TEST(an_alert_behind_another_record_of_a_datagram_is_only_a_hint_as_well),
        KIT_TEST(forged_hello_verify_requests_are_answered_at_most_twice),
        KIT_TEST(a_malformed_hello_verify_request_ends_no_handshake),
        KIT_TEST(empty_oversized_and_foreign_datagrams_disturb_no_handshake),
        KIT_TEST(a_flood_gives_the_caller_its_turn),
        KIT_TEST(a_wrong_key_ends_in_the_servers_alert),
        KIT_TEST(a_wrong_key_that_a_server_is_silent_about_ends_in_a_timeout),
        KIT_TEST(a_server_that_is_not_there_is_told_as_refused),
        KIT_TEST(one_forged_refusal_ends_no_handshake),
        KIT_TEST(a_refusal_before_an_answer_shortens_no_handshake),
        KIT_TEST(a_forged_alert_in_an_outage_costs_no_session),
        KIT_TEST(one_forged_record_in_place_of_the_servers_finished_ends_no_handshake),
        KIT_TEST(a_network_that_comes_up_during_the_handshake_is_used),
        KIT_TEST(a_network_that_stays_down_is_told_as_unreachable),
        KIT_TEST(what_keeps_the_lower_socket_from_connecting_is_told_with_its_cause),
        KIT_TEST(a_random_source_that_fails_is_told_and_nothing_is_sent),
        KIT_TEST(an_address_that_does_not_answer_is_not_the_first_choice_next_time),
        KIT_TEST(alerts_are_classified_as_retry_or_give_up),
        KIT_TEST(each_handshake_logs_its_secret_once_and_only_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
