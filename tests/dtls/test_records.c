/* SPDX-License-Identifier: Apache-2.0 */
/* Application data: whole or not at all, and what must not pass for it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dtls/internal.h"
#include "kit/kit.h"

static const kit_order with_cid = {.dtls = {.cid = DOZE_CID_OFFER_BYTES, .cid_size = 8}};
static const kit_order without_cid = {.dtls = {.cid = DOZE_CID_OFF}};
static const kit_order *const both[] = {&with_cid, &without_cid};

/* Reads, within a second of virtual time. */
static doze_result receive(kit *k, char *buffer, size_t capacity, size_t *size) {
    return world_recv(&k->w, k->socket, buffer, capacity, size, 1000);
}

/* ---- one record, one datagram, one message ---- */

static void a_message_longer_than_the_buffer_is_told_and_not_mixed_into_the_next(void **state) {
    kit *k = *state;
    char buffer[16];
    size_t size = 0;
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(doze_send(k->socket, "0123456789abcdefghijklmnopqrstuvwxyz", 36), DOZE_OK);
    assert_int_equal(receive(k, buffer, 10, &size), DOZE_ERR_TRUNCATED);
    assert_int_equal(size, 36);
    assert_memory_equal(buffer, "0123456789", 10);
    kit_exchange(k, "the next one");
    kit_stop(k);
}

static void a_message_that_fits_exactly_is_whole(void **state) {
    kit *k = *state;
    char buffer[16];
    size_t size = 0;
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(doze_send(k->socket, "0123456789abcdef", 16), DOZE_OK);
    assert_int_equal(receive(k, buffer, 16, &size), DOZE_OK);
    assert_int_equal(size, 16);
    kit_stop(k);
}

static void two_records_in_one_datagram_are_two_messages_and_the_second_is_announced(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size = 0;
    for (size_t i = 0; i < 2; i++) {
        kit_start(k, both[i]);
        kit_connect(k);
        k->peer->behaviour.answer = PEER_ECHO_TWICE_AT_ONCE;
        assert_int_equal(doze_send(k->socket, "said twice", 10), DOZE_OK);
        assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_OK);
        assert_int_equal(size, 10);
        assert_int_equal(kit_option(k, DOZE_OPT_PENDING), 1);
        assert_int_equal(doze_next_timeout(k->socket), 0);
        assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_OK);
        assert_int_equal(size, 10);
        assert_int_equal(kit_option(k, DOZE_OPT_PENDING), 0);
        assert_int_equal(doze_next_timeout(k->socket), -1);
        kit_stop(k);
    }
}

static void the_payload_mtu_is_exact(void **state) {
    kit *k = *state;
    static char message[2000];
    char buffer[2000];
    size_t size = 0;
    memset(message, 'm', sizeof(message));
    for (size_t i = 0; i < 2; i++) {
        kit_start(k, both[i]);
        kit_connect(k);
        size_t mtu = (size_t)kit_option(k, DOZE_OPT_PAYLOAD_MTU);
        assert_int_equal(kit_option(k, DOZE_OPT_PATH_MTU), 1500);
        tap_clear(&k->tap);
        assert_int_equal(doze_send(k->socket, message, mtu + 1), DOZE_ERR_TOO_LONG);
        assert_int_equal(k->tap.count[TAP_UP].datagrams, 0);
        k->peer->behaviour.answer = PEER_EAT;
        assert_int_equal(doze_send(k->socket, message, mtu), DOZE_OK);
#if defined(MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY) && MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY == 1
        assert_int_equal(k->tap.count[TAP_UP].bytes, 1500 - 28);
#else
        assert_in_range(k->tap.count[TAP_UP].bytes, 1500 - 28 - 16, 1500 - 28);
#endif
        assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
        kit_stop(k);
    }
}

static void a_path_that_carries_more_than_before_is_used(void **state) {
    kit *k = *state;
    static char message[3000];
    kit_start(k, NULL);
    kit_connect(k);
    k->peer->behaviour.answer = PEER_EAT;
    assert_int_equal(doze_send(k->socket, message, 2000), DOZE_ERR_TOO_LONG);
    k->w.link.mtu = 4000;
    assert_int_equal(doze_send(k->socket, message, 2000), DOZE_OK);
    assert_int_equal(doze_send(k->socket, message, 70000), DOZE_ERR_TOO_LONG);
    kit_stop(k);
}

static void a_path_that_carries_no_record_at_all_ends_no_association(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    k->w.link.mtu = 60;
    int64_t mtu;
    assert_int_equal(doze_get_option(k->socket, DOZE_OPT_PAYLOAD_MTU, &mtu), DOZE_ERR_TOO_LONG);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_ERR_TOO_LONG);
    k->w.link.mtu = 1500;
    kit_exchange(k, "as soon as there is room");
    kit_stop(k);
}

static void nothing_to_read_is_no_error(void **state) {
    kit *k = *state;
    char buffer[8];
    size_t size;
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
    assert_int_equal(doze_step(k->socket), DOZE_OK);
    kit_stop(k);
}

/* ---- what is dropped, and counted ---- */

typedef struct snatcher {
    uint8_t data[2048];
    size_t size;
    doze_endpoint from;
    doze_endpoint to;
} snatcher;

/* Keeps the last datagram down, and lets it pass. */
static bool snatch(void *context, world_datagram *datagram) {
    snatcher *s = context;
    if (datagram->direction == WORLD_DOWN) {
        memcpy(s->data, datagram->data, datagram->size);
        s->size = datagram->size;
        s->from = datagram->from;
        s->to = datagram->to;
    }
    return true;
}

/* Injects `s` as it is now: it must be dropped for `cause`, and the next exchange must work. */
static void expect_drop(kit *k, const snatcher *s, doze_drop cause) {
    char buffer[64];
    size_t size;
    int64_t before = kit_dropped(k, cause);
    int64_t others = 0;
    for (int i = 0; i < DOZE_DROP_CAUSES; i++) {
        others += kit_dropped(k, (doze_drop)i);
    }
    assert_true(world_inject(&k->w, &s->from, &s->to, s->data, s->size));
    assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
    assert_int_equal(kit_dropped(k, cause), before + 1);
    for (int i = 0; i < DOZE_DROP_CAUSES; i++) {
        others -= kit_dropped(k, (doze_drop)i);
    }
    assert_int_equal(others, -1);
    kit_exchange(k, "none the worse for it");
}

static void begin_to_snatch(kit *k, const kit_order *order, snatcher *s) {
    kit_start(k, order);
    world_on_datagram(&k->w, snatch, s);
    kit_connect(k);
    kit_exchange(k, "what is kept for later");
}

static void a_replayed_datagram_is_dropped_as_replayed(void **state) {
    kit *k = *state;
    for (size_t i = 0; i < 2; i++) {
        snatcher s = {.size = 0};
        begin_to_snatch(k, both[i], &s);
        snatcher old = s;
        expect_drop(k, &old, DOZE_DROP_REPLAYED);
        for (int j = 0; j < 70; j++) {
            kit_exchange(k, "let the window move on");
        }
        expect_drop(k, &old, DOZE_DROP_REPLAYED);
        kit_stop(k);
    }
}

static void a_datagram_with_any_byte_changed_is_dropped(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size;
    for (size_t i = 0; i < 2; i++) {
        snatcher s = {.size = 0};
        begin_to_snatch(k, both[i], &s);
        k->peer->behaviour.answer = PEER_ECHO;
        for (size_t at = 0; at < s.size; at++) {
            snatcher bad = s;
            bad.data[at] ^= 0x01;
            world_inject(&k->w, &bad.from, &bad.to, bad.data, bad.size);
            assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
        }
        int64_t dropped = 0;
        for (int cause = 0; cause < DOZE_DROP_CAUSES; cause++) {
            dropped += kit_dropped(k, (doze_drop)cause);
        }
        /* A length made shorter leaves a rest, which is counted by itself. */
        assert_in_range(dropped, s.size, s.size + 2);
        kit_exchange(k, "the same after all that");
        kit_stop(k);
    }
}

static void a_datagram_that_fails_authentication_is_dropped_as_corrupted(void **state) {
    kit *k = *state;
    for (size_t i = 0; i < 2; i++) {
        snatcher s = {.size = 0};
        begin_to_snatch(k, both[i], &s);
        s.data[10] = (uint8_t)(s.data[10] + 5); /* a sequence number to come */
        expect_drop(k, &s, DOZE_DROP_CORRUPTED);
        kit_stop(k);
    }
}

static void a_truncated_datagram_is_dropped_as_truncated_at_every_length(void **state) {
    kit *k = *state;
    for (size_t i = 0; i < 2; i++) {
        snatcher s = {.size = 0};
        begin_to_snatch(k, both[i], &s);
        const snatcher whole = s;
        for (size_t size = 3; size < whole.size; size++) {
            snatcher cut = whole;
            cut.size = size;
            expect_drop(k, &cut, DOZE_DROP_TRUNCATED);
        }
        kit_stop(k);
    }
}

/* Mbed TLS would take what is no whole record for an internal error of its own. */
static void a_rest_behind_a_record_is_cut_off_and_counted(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size;
    for (size_t i = 0; i < 2; i++) {
        snatcher s = {.size = 0};
        begin_to_snatch(k, both[i], &s);
        for (size_t rest = 1; rest < 30; rest++) {
            snatcher with_rest = s;
            memset(with_rest.data + with_rest.size, 23, rest);
            with_rest.size += rest;
            world_inject(&k->w, &with_rest.from, &with_rest.to, with_rest.data, with_rest.size);
            assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
        }
        assert_int_equal(kit_dropped(k, DOZE_DROP_REPLAYED), 29);
        assert_true(kit_dropped(k, DOZE_DROP_TRUNCATED) + kit_dropped(k, DOZE_DROP_FOREIGN) >= 29);
        kit_exchange(k, "after twenty-nine tails");
        kit_stop(k);
    }
}

static void an_empty_datagram_is_dropped_as_empty(void **state) {
    kit *k = *state;
    snatcher s = {.size = 0};
    begin_to_snatch(k, &with_cid, &s);
    s.size = 0;
    expect_drop(k, &s, DOZE_DROP_EMPTY);
    kit_stop(k);
}

static void what_is_no_record_of_ours_is_dropped_as_foreign(void **state) {
    kit *k = *state;
    for (size_t i = 0; i < 2; i++) {
        snatcher s = {.size = 0};
        begin_to_snatch(k, both[i], &s);
        snatcher bad = s;
        memcpy(bad.data, "GET / HTTP/1.1", 14);
        expect_drop(k, &bad, DOZE_DROP_FOREIGN);
        bad = s;
        bad.data[4] = 2; /* an epoch to come */
        expect_drop(k, &bad, DOZE_DROP_FOREIGN);
        bad = s;
        bad.data[2] = 0xff; /* DTLS 1.0 */
        expect_drop(k, &bad, DOZE_DROP_FOREIGN);
        if (both[i] == &with_cid) {
            bad = s;
            bad.data[11] ^= 0xff; /* another Connection ID */
            expect_drop(k, &bad, DOZE_DROP_FOREIGN);
        }
        kit_stop(k);
    }
}

static void plaintext_under_an_association_is_dropped_as_unauthenticated(void **state) {
    kit *k = *state;
    static const uint8_t alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};
    static const uint8_t closing[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0};
    static const uint8_t data[] = {23, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 5, 'h', 'e', 'l', 'l', 'o'};
    static const struct {
        const uint8_t *bytes;
        size_t size;
    } forged[] = {{alert, sizeof(alert)}, {closing, sizeof(closing)}, {data, sizeof(data)}};
    for (size_t i = 0; i < 2; i++) {
        snatcher s = {.size = 0};
        begin_to_snatch(k, both[i], &s);
        for (size_t j = 0; j < 3; j++) {
            memcpy(s.data, forged[j].bytes, forged[j].size);
            s.size = forged[j].size;
            snatcher copy = s;
            expect_drop(k, &copy, DOZE_DROP_UNAUTHENTICATED);
        }
        assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CONNECTED);
        assert_int_equal(kit_count_events(k, DOZE_EVENT_HINT, DOZE_ERR_ALERT), 2);
        kit_stop(k);
    }
}

static void a_flood_of_forgeries_gives_the_caller_its_turn(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size;
    for (size_t i = 0; i < 2; i++) {
        snatcher s = {.size = 0};
        begin_to_snatch(k, both[i], &s);
        for (int j = 0; j < 1000; j++) {
            world_inject(&k->w, &s.from, &s.to, s.data, s.size);
        }
        assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
        assert_in_range(kit_dropped(k, DOZE_DROP_REPLAYED), 1, 100);
        assert_int_equal(doze_next_timeout(k->socket), 0);
        kit_exchange(k, "heard among a thousand");
        assert_int_equal(kit_dropped(k, DOZE_DROP_REPLAYED), 1000);
        assert_int_equal(doze_next_timeout(k->socket), -1);
        for (int j = 0; j < 1000; j++) {
            world_inject(&k->w, &s.from, &s.to, s.data, s.size);
        }
        assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
        kit_sleep(k);
        assert_int_equal(kit_option(k, DOZE_OPT_PENDING), 0);
        assert_int_equal(doze_next_timeout(k->socket), -1);
        kit_stop(k);
    }
}

/* Records with every kind of header, whole, cut and glued together, from one seed. */
static size_t forge(doze_random dice, const snatcher *real, uint8_t *out) {
    uint8_t random[64];
    size_t size = 0;
    dice.fill(dice.context, random, sizeof(random));
    for (size_t i = 0; i < 1u + random[0] % 3; i++) {
        const uint8_t *r = random + 1 + 16 * i;
        uint8_t *record = out + size;
        memcpy(record, real->data, real->size);
        record[0] = r[0] % 4 == 0 ? (uint8_t)(19 + r[1] % 8) : record[0];
        record[4] = r[2] % 4 == 0 ? r[3] % 3 : record[4];
        record[10] = r[4] % 2 == 0 ? r[5] : record[10];
        record[12] = r[6] % 4 == 0 ? r[7] : record[12];
        record[20] = r[8] % 4 == 0 ? r[9] : record[20];
        record[r[10] % real->size] ^= r[11] % 2 == 0 ? r[12] : 0;
        size += r[13] % 3 == 0 ? r[14] % real->size : real->size;
    }
    return size;
}

static void no_forged_datagram_of_any_kind_ends_an_association(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size;
    for (size_t i = 0; i < 2; i++) {
        snatcher s = {.size = 0};
        begin_to_snatch(k, both[i], &s);
        world_on_datagram(&k->w, NULL, NULL);
        const snatcher real = s;
        for (int j = 0; j < 20000; j++) {
            s.size = forge(world_random(&k->w), &real, s.data);
            assert_true(world_inject(&k->w, &s.from, &s.to, s.data, s.size));
            doze_result result = doze_recv(k->socket, buffer, sizeof(buffer), &size);
            assert_int_equal(result, DOZE_WOULD_BLOCK);
        }
        for (int cause = DOZE_DROP_FOREIGN; cause < DOZE_DROP_CAUSES; cause++) {
            assert_true(kit_dropped(k, (doze_drop)cause) > 100);
        }
        kit_exchange(k, "after twenty thousand lies");
        kit_stop(k);
    }
}

/* ---- how the peer ends an association ---- */

static void the_peers_goodbye_is_latched_and_the_session_is_resumed(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size;
    for (size_t i = 0; i < 2; i++) {
        kit_start(k, both[i]);
        kit_connect(k);
        peer_association *a = peer_newest(k->peer);
        assert_int_equal(peer_close(k->peer, a), 0);
        assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_ERR_CLOSED_BY_PEER);
        assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_ERR_CLOSED_BY_PEER);
        assert_int_equal(doze_send(k->socket, "too late", 8), DOZE_ERR_CLOSED_BY_PEER);
        assert_int_equal(kit_option(k, DOZE_OPT_CONNECTION_ID), 0);
        kit_sleep(k);
        kit_resume(k);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
        kit_exchange(k, "back again, as before");
        kit_stop(k);
    }
}

static void a_message_and_a_goodbye_in_one_datagram_are_both_told(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size;
    kit_start(k, NULL);
    kit_connect(k);
    k->peer->behaviour.answer = PEER_ECHO_AND_CLOSE;
    assert_int_equal(doze_send(k->socket, "the last one", 12), DOZE_OK);
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_int_equal(doze_next_timeout(k->socket), 0);
    assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_ERR_CLOSED_BY_PEER);
    kit_stop(k);
}

/* Or an event loop would spin for as long as the socket stays open. */
static void what_comes_after_the_goodbye_is_read_and_dropped(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size;
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(peer_close(k->peer, peer_newest(k->peer)), 0);
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_ERR_CLOSED_BY_PEER);
    for (int i = 0; i < 3; i++) {
        kit_forge(k, "junk", 4);
    }
    assert_true(world_readable(&k->w, doze_fd(k->socket)));
    assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_ERR_CLOSED_BY_PEER);
    assert_false(world_readable(&k->w, doze_fd(k->socket)));
    kit_stop(k);
}

static void a_fatal_alert_is_latched_with_its_number_and_its_session_is_not_resumed(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size;
    for (size_t i = 0; i < 2; i++) {
        kit_start(k, both[i]);
        kit_connect(k);
        assert_int_equal(peer_alert(k->peer, peer_newest(k->peer), 49), 0);
        assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_ERR_ALERT);
        assert_int_equal(doze_send(k->socket, "too late", 8), DOZE_ERR_ALERT);
        assert_int_equal(kit_option(k, DOZE_OPT_ALERT), 49);
        assert_int_equal(doze_alert_classify((int)kit_option(k, DOZE_OPT_ALERT)), DOZE_ALERT_GIVE_UP);
        kit_sleep(k);
        kit_resume(k);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_HANDSHAKE);
        kit_exchange(k, "on quite new terms");
        kit_stop(k);
    }
}

static void requests_to_renegotiate_are_declined_and_harm_nothing(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size;
    kit_start(k, &(kit_order){.peer = {.allow_renegotiation = true}});
    kit_connect(k);
    int error = peer_hello_request(k->peer, peer_newest(k->peer), 5);
    if (error == MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE) {
        kit_stop(k);
        print_message("this Mbed TLS cannot ask for a renegotiation\n");
        skip();
    }
    assert_int_equal(error, 0);
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CONNECTED);
    kit_exchange(k, "no, thank you, go on");
    kit_stop(k);
}

/* ---- sends that fail ---- */

static void a_send_that_fails_is_told_sends_nothing_and_the_next_one_is_not_the_old_one(void **state) {
    kit *k = *state;
    static const struct {
        doze_result result;
        int cause;
    } failures[] = {
        {DOZE_WOULD_BLOCK, EAGAIN},          {DOZE_ERR_NO_BUFFERS, ENOBUFS},
        {DOZE_ERR_BLOCKED, EPERM},           {DOZE_ERR_IO, EIO},
        {DOZE_ERR_UNREACHABLE, ENETUNREACH}, {DOZE_ERR_TOO_LONG, EMSGSIZE},
        {DOZE_ERR_REFUSED, ECONNREFUSED},
    };
    kit_start(k, NULL);
    kit_connect(k);
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        tap_clear(&k->tap);
        world_fail_next(k->host, WORLD_OP_SEND, failures[i].result, failures[i].cause, 2);
        assert_int_equal(doze_send(k->socket, "this one is not sent", 20), failures[i].result);
        assert_int_equal(doze_cause(k->socket), failures[i].result < 0 ? failures[i].cause : 0);
        world_fail_next(k->host, WORLD_OP_SEND, DOZE_OK, 0, 0);
        kit_exchange(k, "but this one is");
        assert_int_equal(k->peer->counters.messages_received, i + 1);
    }
    kit_stop(k);
}

/* The server went away and back: what ICMP says must not end anything. */
static void a_refused_datagram_ends_no_association(void **state) {
    kit *k = *state;
    char buffer[64];
    size_t size;
    kit_start(k, NULL);
    kit_connect(k);
    world_set_plug(k->server, WORLD_REFUSING);
    assert_int_equal(doze_send(k->socket, "into the void", 13), DOZE_OK);
    assert_int_equal(receive(k, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
    world_set_plug(k->server, WORLD_SERVING);
    kit_exchange(k, "as if nothing had been");
    assert_true(kit_option(k, DOZE_OPT_REFUSALS) >= 1);
    kit_stop(k);
}

static void sequence_numbers_never_come_near_their_end(void **state) {
    kit *k = *state;
    static const unsigned char near_the_end[8] = {0, 1, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff};
    kit_start(k, &without_cid);
    kit_connect(k);
    memcpy(k->dtls.live->ssl.MBEDTLS_PRIVATE(cur_out_ctr), near_the_end, sizeof(near_the_end));
    kit_exchange(k, "the last one allowed");
    tap_clear(&k->tap);
    assert_int_equal(doze_send(k->socket, "one too many", 12), DOZE_ERR_EXHAUSTED);
    assert_int_equal(doze_send(k->socket, "one too many", 12), DOZE_ERR_EXHAUSTED);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 0);
    kit_sleep(k);
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_CONTEXT_CONTINUED), 0);
    kit_exchange(k, "under fresh keys");
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_message_longer_than_the_buffer_is_told_and_not_mixed_into_the_next),
        KIT_TEST(a_message_that_fits_exactly_is_whole),
        KIT_TEST(two_records_in_one_datagram_are_two_messages_and_the_second_is_announced),
        KIT_TEST(the_payload_mtu_is_exact),
        KIT_TEST(a_path_that_carries_more_than_before_is_used),
        KIT_TEST(a_path_that_carries_no_record_at_all_ends_no_association),
        KIT_TEST(nothing_to_read_is_no_error),
        KIT_TEST(a_replayed_datagram_is_dropped_as_replayed),
        KIT_TEST(a_datagram_with_any_byte_changed_is_dropped),
        KIT_TEST(a_datagram_that_fails_authentication_is_dropped_as_corrupted),
        KIT_TEST(a_truncated_datagram_is_dropped_as_truncated_at_every_length),
        KIT_TEST(a_rest_behind_a_record_is_cut_off_and_counted),
        KIT_TEST(an_empty_datagram_is_dropped_as_empty),
        KIT_TEST(what_is_no_record_of_ours_is_dropped_as_foreign),
        KIT_TEST(plaintext_under_an_association_is_dropped_as_unauthenticated),
        KIT_TEST(a_flood_of_forgeries_gives_the_caller_its_turn),
        KIT_TEST(no_forged_datagram_of_any_kind_ends_an_association),
        KIT_TEST(the_peers_goodbye_is_latched_and_the_session_is_resumed),
        KIT_TEST(a_message_and_a_goodbye_in_one_datagram_are_both_told),
        KIT_TEST(what_comes_after_the_goodbye_is_read_and_dropped),
        KIT_TEST(a_fatal_alert_is_latched_with_its_number_and_its_session_is_not_resumed),
        KIT_TEST(requests_to_renegotiate_are_declined_and_harm_nothing),
        KIT_TEST(a_send_that_fails_is_told_sends_nothing_and_the_next_one_is_not_the_old_one),
        KIT_TEST(a_refused_datagram_ends_no_association),
        KIT_TEST(sequence_numbers_never_come_near_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
