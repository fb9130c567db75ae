/* SPDX-License-Identifier: Apache-2.0 */
/* The wire tap: each of its alarms goes off when it should, and not when it should not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tap.h"

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION = 23, WITH_CID = 25 };

/* The socket below: sends into nothing, receives what the test puts there. */
typedef struct below {
    doze_socket socket;
    int64_t sent;
    doze_result send_result;
    const void *arrived;
    size_t arrived_size;
    bool chatty; /* sends something of its own when it is put to sleep */
    bool tells;  /* how many it sent */
} below;

typedef struct fixture {
    below below;
    tap tap;
    uint8_t datagram[512];
    size_t size;
} fixture;

static below *below_of(doze_socket *socket) {
    return (below *)socket;
}

static doze_result below_ok(doze_socket *socket) {
    (void)socket;
    return DOZE_OK;
}

static doze_result below_bind(doze_socket *socket, const char *address, uint16_t port) {
    (void)address;
    return port == 1 ? doze_fail(socket, DOZE_ERR_PORT_TAKEN, 98) : DOZE_OK;
}

static doze_result below_connect(doze_socket *socket, const char *host, uint16_t port) {
    (void)socket;
    (void)host;
    return port == 2 ? DOZE_IN_PROGRESS : DOZE_OK;
}

static doze_result below_send(doze_socket *socket, const void *data, size_t size) {
    (void)data;
    (void)size;
    below_of(socket)->sent += below_of(socket)->send_result == DOZE_OK;
    return below_of(socket)->send_result;
}

static doze_result below_recv(doze_socket *socket, void *buffer, size_t capacity, size_t *size) {
    below *b = below_of(socket);
    if (b->arrived == NULL) {
        return DOZE_WOULD_BLOCK;
    }
    *size = b->arrived_size;
    memcpy(buffer, b->arrived, *size < capacity ? *size : capacity);
    b->arrived = NULL;
    return *size > capacity ? DOZE_ERR_TRUNCATED : DOZE_OK;
}

static doze_result below_shutdown(doze_socket *socket) {
    below_of(socket)->sent += below_of(socket)->chatty;
    return DOZE_OK;
}

static void below_deinit(doze_socket *socket) {
    (void)socket;
}

static int32_t below_next_timeout(const doze_socket *socket) {
    (void)socket;
    return 77;
}

static int below_fd(const doze_socket *socket) {
    (void)socket;
    return 12;
}

static void below_endpoints(const doze_socket *socket, doze_endpoints *out) {
    (void)socket;
    *out = (doze_endpoints){.hostname = "server.example", .local = {.family = DOZE_FAMILY_IPV4, .port = 4242}};
}

static bool below_format(const doze_socket *socket, const doze_endpoint *endpoint, char *text, size_t size) {
    (void)socket;
    (void)endpoint;
    return snprintf(text, size, "somewhere") < (int)size;
}

static doze_result below_get_option(doze_socket *socket, doze_option option, int64_t *value) {
    *value = below_of(socket)->sent;
    return option == DOZE_OPT_DATAGRAMS_SENT && below_of(socket)->tells ? DOZE_OK : DOZE_ERR_OPTION;
}

static doze_result below_set_option(doze_socket *socket, doze_option option, int64_t value) {
    (void)socket;
    return option == DOZE_OPT_DSCP && value == 5 ? DOZE_OK : DOZE_ERR_OPTION;
}

static const doze_socket_ops below_ops = {
    .step = below_ok,
    .bind = below_bind,
    .reuse_last_port = below_ok,
    .connect = below_connect,
    .resume = below_ok,
    .send = below_send,
    .recv = below_recv,
    .shutdown = below_shutdown,
    .close = below_ok,
    .forget = below_ok,
    .deinit = below_deinit,
    .next_timeout = below_next_timeout,
    .fd = below_fd,
    .endpoints = below_endpoints,
    .format = below_format,
    .get_option = below_get_option,
    .set_option = below_set_option,
};

static int setup(void **state) {
    static fixture f;
    memset(&f, 0, sizeof(f));
    doze_socket_init(&f.below.socket, &below_ops, NULL);
    f.below.tells = true;
    tap_init(&f.tap, &f.below.socket);
    *state = &f;
    return 0;
}

/* ---- datagrams, record by record ---- */

static void add(fixture *f, const void *data, size_t size) {
    assert_true(f->size + size <= sizeof(f->datagram));
    memcpy(f->datagram + f->size, data, size);
    f->size += size;
}

static void add_record(fixture *f, uint8_t type, uint16_t epoch, uint8_t number, size_t cid_size, const void *body,
                       size_t body_size) {
    const uint8_t header[11] = {type, 0xfe, 0xfd, (uint8_t)(epoch >> 8), (uint8_t)epoch, 0, 0, 0, 0, 0, number};
    const uint8_t length[2] = {(uint8_t)(body_size >> 8), (uint8_t)body_size};
    static const uint8_t cid[32] = {0xc1, 0xd0};
    add(f, header, sizeof(header));
    add(f, cid, cid_size);
    add(f, length, sizeof(length));
    add(f, body, body_size);
}

static void add_encrypted(fixture *f, uint8_t type, uint16_t epoch, uint8_t number, size_t cid_size) {
    static const uint8_t body[24] = {0xab, 0xcd};
    add_record(f, type, epoch, number, cid_size, body, sizeof(body));
}

static void add_client_hello(fixture *f, uint8_t number, uint8_t client_random) {
    uint8_t body[12 + 2 + 32 + 8] = {1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42, 0xfe, 0xfd};
    memset(body + 14, client_random, 32);
    add_record(f, HANDSHAKE, 0, number, 0, body, sizeof(body));
}

static void add_change_cipher_spec(fixture *f, uint8_t number) {
    add_record(f, CHANGE_CIPHER_SPEC, 0, number, 0, "\x01", 1);
}

static void send_it(fixture *f) {
    assert_int_equal(doze_send(&f->tap.socket, f->datagram, f->size), f->below.send_result);
    f->size = 0;
}

static void receive_it(fixture *f) {
    uint8_t buffer[sizeof(f->datagram)];
    size_t size = 0;
    f->below.arrived = f->datagram;
    f->below.arrived_size = f->size;
    assert_int_equal(doze_recv(&f->tap.socket, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_int_equal(size, f->size);
    f->size = 0;
}

static void send_encrypted(fixture *f, uint8_t number) {
    add_encrypted(f, APPLICATION, 1, number, 0);
    send_it(f);
}

static void receive_encrypted(fixture *f, uint8_t type) {
    add_encrypted(f, type, 1, 0, 0);
    receive_it(f);
}

static void connect_it(fixture *f) {
    assert_int_equal(doze_connect(&f->tap.socket, "server.example", 5684), DOZE_OK);
}

/* The client's side of a handshake, its Finished with number 0. */
static void send_handshake(fixture *f, uint8_t client_random) {
    add_client_hello(f, 0, client_random);
    send_it(f);
    add_change_cipher_spec(f, 1);
    add_encrypted(f, HANDSHAKE, 1, 0, 0);
    send_it(f);
}

static void sleep_and_wake(fixture *f) {
    assert_int_equal(tap_shutdown(&f->tap, &f->tap.socket), DOZE_OK);
    assert_int_equal(doze_resume(&f->tap.socket), DOZE_OK);
}

static void assert_violation(fixture *f, const char *part) {
    assert_non_null(strstr(tap_verdict(&f->tap), part));
    assert_int_equal(f->tap.violations, 1);
}

/* ---- transparency ---- */

static void it_passes_every_verb_and_agrees_on_the_state(void **state) {
    fixture *f = *state;
    doze_socket *s = &f->tap.socket;
    char text[DOZE_ADDRESS_TEXT_SIZE];
    int64_t value = 0;
    assert_int_equal(doze_bind(s, NULL, 1), DOZE_ERR_PORT_TAKEN);
    assert_int_equal(doze_cause(s), 98);
    assert_int_equal(doze_bind(s, NULL, 0), DOZE_OK);
    assert_int_equal(doze_get_state(s), DOZE_STATE_BOUND);
    assert_int_equal(doze_connect(s, "server.example", 2), DOZE_IN_PROGRESS);
    assert_int_equal(doze_get_state(s), DOZE_STATE_CONNECTING);
    assert_int_equal(doze_step(s), DOZE_OK);
    assert_int_equal(doze_get_state(s), DOZE_STATE_CONNECTED);
    assert_int_equal(doze_get_state(&f->below.socket), DOZE_STATE_CONNECTED);
    assert_int_equal(doze_next_timeout(s), 77);
    assert_int_equal(doze_fd(s), 12);
    assert_int_equal(doze_local_port(s), 4242);
    assert_string_equal(doze_remote_hostname(s), "server.example");
    assert_int_equal(doze_local_host(s, text, sizeof(text)), DOZE_OK);
    assert_string_equal(text, "somewhere");
    assert_int_equal(doze_set_option(s, DOZE_OPT_DSCP, 5), DOZE_OK);
    assert_int_equal(doze_get_option(s, DOZE_OPT_DATAGRAMS_SENT, &value), DOZE_OK);
    assert_int_equal(doze_shutdown(s), DOZE_OK);
    assert_int_equal(doze_get_state(&f->below.socket), DOZE_STATE_SHUTDOWN);
    assert_int_equal(doze_reuse_last_port(s), DOZE_OK);
    assert_int_equal(doze_forget(s), DOZE_OK);
    assert_int_equal(doze_get_state(s), DOZE_STATE_CLOSED);
    assert_int_equal(doze_get_state(&f->below.socket), DOZE_STATE_CLOSED);
    doze_deinit(s);
    tap_check(&f->tap);
}

/* ---- counting ---- */

static void it_tells_handshake_from_application_and_other_datagrams(void **state) {
    fixture *f = *state;
    connect_it(f);
    send_handshake(f, 7);
    receive_encrypted(f, HANDSHAKE);
    send_encrypted(f, 1);
    receive_encrypted(f, APPLICATION);
    add(f, "no record", 9);
    send_it(f);
    const tap_count *up = &f->tap.count[TAP_UP];
    const tap_count *down = &f->tap.count[TAP_DOWN];
    assert_int_equal(up->datagrams, 4);
    assert_int_equal(up->handshake, 2);
    assert_int_equal(up->application, 1);
    assert_int_equal(up->bytes, up->handshake_bytes + 13 + 24 + 9);
    assert_int_equal(down->datagrams, 2);
    assert_int_equal(down->handshake, 1);
    assert_int_equal(down->application, 1);
    tap_clear(&f->tap);
    assert_int_equal(up->datagrams, 0);
    tap_check(&f->tap);
}

static void it_sees_close_notify_without_connection_id(void **state) {
    fixture *f = *state;
    connect_it(f);
    add_encrypted(f, ALERT, 1, 1, 0);
    send_it(f);
    add_record(f, ALERT, 0, 2, 0, "\x02\x28", 2); /* plaintext is no close_notify of an association */
    send_it(f);
    assert_int_equal(f->tap.count[TAP_UP].alerts, 1);
    assert_int_equal(f->tap.count[TAP_UP].handshake, 2);
}

static void it_reads_records_with_a_connection_id_told_or_not(void **state) {
    fixture *f = *state;
    connect_it(f);
    add_encrypted(f, WITH_CID, 1, 1, 6);
    send_it(f);
    assert_int_equal(f->tap.count[TAP_UP].application, 1);
    f->tap.cid_size[TAP_UP] = 6;
    add_encrypted(f, WITH_CID, 1, 2, 6);
    add_encrypted(f, WITH_CID, 1, 3, 6);
    send_it(f);
    assert_int_equal(f->tap.count[TAP_UP].with_cid, 3);
    assert_int_equal(f->tap.count[TAP_UP].application, 2);
    tap_check(&f->tap);
    add_encrypted(f, WITH_CID, 1, 3, 6);
    send_it(f);
    assert_violation(f, "sequence number 3 of epoch 1");
}

static void it_remembers_the_latest_datagrams(void **state) {
    fixture *f = *state;
    connect_it(f);
    assert_null(tap_last(&f->tap, TAP_UP, 0));
    for (uint8_t i = 0; i < TAP_DATAGRAMS + 5; i++) {
        send_encrypted(f, i);
    }
    add(f, "answer", 6);
    receive_it(f);
    assert_int_equal(tap_last(&f->tap, TAP_UP, 0)->data[10], TAP_DATAGRAMS + 4);
    assert_int_equal(tap_last(&f->tap, TAP_UP, 1)->data[10], TAP_DATAGRAMS + 3);
    assert_int_equal(tap_last(&f->tap, TAP_UP, 0)->kind, TAP_APPLICATION);
    assert_null(tap_last(&f->tap, TAP_UP, TAP_DATAGRAMS - 1));
    assert_int_equal(tap_last(&f->tap, TAP_DOWN, 0)->size, 6);
    assert_memory_equal(tap_last(&f->tap, TAP_DOWN, 0)->data, "answer", 6);
}

static void it_counts_the_true_length_of_what_was_cut(void **state) {
    fixture *f = *state;
    uint8_t small[4];
    size_t size = 0;
    connect_it(f);
    f->below.arrived = "too long";
    f->below.arrived_size = 8;
    assert_int_equal(doze_recv(&f->tap.socket, small, sizeof(small), &size), DOZE_ERR_TRUNCATED);
    assert_int_equal(f->tap.count[TAP_DOWN].bytes, 8);
}

static void what_could_not_be_sent_does_not_count(void **state) {
    fixture *f = *state;
    connect_it(f);
    f->below.send_result = DOZE_WOULD_BLOCK;
    send_encrypted(f, 1);
    f->below.send_result = DOZE_OK;
    assert_int_equal(f->tap.count[TAP_UP].datagrams, 0);
    send_encrypted(f, 1);
    tap_check(&f->tap);
}

/* ---- plaintext ---- */

static void plaintext_on_the_wire_is_a_violation(void **state) {
    fixture *f = *state;
    connect_it(f);
    tap_forbid(&f->tap, "temperature=21", 14);
    add_record(f, APPLICATION, 1, 0, 0, "xxtemperature=2xxxx", 19);
    send_it(f);
    tap_check(&f->tap);
    add_record(f, APPLICATION, 1, 1, 0, "xxtemperature=21", 16);
    send_it(f);
    assert_violation(f, "plaintext");
}

static void plaintext_counts_even_if_the_send_failed_or_it_is_long(void **state) {
    fixture *f = *state;
    uint8_t long_one[200];
    connect_it(f);
    memset(long_one, 'z', sizeof(long_one));
    tap_forbid(&f->tap, long_one, sizeof(long_one));
    add(f, long_one, sizeof(long_one));
    f->below.send_result = DOZE_ERR_NO_BUFFERS;
    send_it(f);
    assert_violation(f, "plaintext");
}

/* ---- sequence numbers ---- */

static void a_repeated_sequence_number_is_a_violation(void **state) {
    fixture *f = *state;
    connect_it(f);
    send_handshake(f, 7);
    receive_encrypted(f, HANDSHAKE);
    send_encrypted(f, 1);
    send_encrypted(f, 3);
    tap_check(&f->tap);
    send_encrypted(f, 3);
    assert_violation(f, "sequence number 3 of epoch 1 sent again or late, under client random 07070707");
}

static void a_sequence_number_repeated_after_a_sleep_is_a_violation(void **state) {
    fixture *f = *state;
    connect_it(f);
    send_handshake(f, 7);
    receive_encrypted(f, HANDSHAKE);
    send_encrypted(f, 1);
    sleep_and_wake(f);
    tap_check(&f->tap);
    send_encrypted(f, 1);
    assert_violation(f, "sequence number 1");
}

static void a_new_handshake_starts_new_numbers(void **state) {
    fixture *f = *state;
    connect_it(f);
    send_handshake(f, 7);
    receive_encrypted(f, HANDSHAKE);
    send_encrypted(f, 1);
    sleep_and_wake(f);
    send_handshake(f, 8);
    receive_encrypted(f, HANDSHAKE);
    send_encrypted(f, 1);
    sleep_and_wake(f);
    tap_check(&f->tap);
    send_encrypted(f, 1);
    assert_violation(f, "under client random 08080808");
}

static void an_abbreviated_handshake_is_confirmed_by_what_came_before_our_last_flight(void **state) {
    fixture *f = *state;
    connect_it(f);
    send_handshake(f, 7);
    receive_encrypted(f, HANDSHAKE);
    add_client_hello(f, 0, 8);
    send_it(f);
    receive_encrypted(f, HANDSHAKE);
    add_change_cipher_spec(f, 1);
    add_encrypted(f, HANDSHAKE, 1, 0, 0);
    send_it(f);
    sleep_and_wake(f);
    tap_check(&f->tap);
    send_encrypted(f, 0);
    assert_violation(f, "under client random 08080808");
}

static void a_failed_handshake_brings_the_numbers_of_the_key_before_back(void **state) {
    fixture *f = *state;
    connect_it(f);
    send_handshake(f, 7);
    receive_encrypted(f, HANDSHAKE);
    send_encrypted(f, 5);
    sleep_and_wake(f);
    send_handshake(f, 8); /* never answered */
    sleep_and_wake(f);
    tap_check(&f->tap);
    send_encrypted(f, 5);
    assert_violation(f, "under client random 07070707");
}

static void plaintext_flights_may_repeat_their_numbers(void **state) {
    fixture *f = *state;
    connect_it(f);
    add_client_hello(f, 0, 7);
    send_it(f);
    add_client_hello(f, 0, 7);
    send_it(f);
    tap_check(&f->tap);
}

/* ---- silence ---- */

/* A socket over the tap that says goodbye when it should just go to sleep. */
static tap *under_chatty_upper;

static doze_result chatty_shutdown(doze_socket *socket) {
    (void)socket;
    (void)doze_send(&under_chatty_upper->socket, "goodbye", 7);
    return doze_shutdown(&under_chatty_upper->socket);
}

static void a_datagram_sent_by_the_shutdown_above_is_a_violation(void **state) {
    fixture *f = *state;
    doze_socket_ops ops = below_ops;
    ops.shutdown = chatty_shutdown;
    doze_socket upper;
    doze_socket_init(&upper, &ops, NULL);
    under_chatty_upper = &f->tap;
    connect_it(f);
    assert_int_equal(doze_connect(&upper, "server.example", 5684), DOZE_OK);
    assert_int_equal(tap_shutdown(&f->tap, &upper), DOZE_OK);
    assert_violation(f, "sent while asleep or falling asleep");
}

static void a_datagram_sent_past_the_tap_by_the_shutdown_below_is_a_violation(void **state) {
    fixture *f = *state;
    connect_it(f);
    f->below.chatty = true;
    assert_int_equal(doze_shutdown(&f->tap.socket), DOZE_OK);
    assert_violation(f, "past the tap");
}

static void a_datagram_sent_past_the_tap_while_asleep_is_a_violation(void **state) {
    fixture *f = *state;
    connect_it(f);
    assert_int_equal(doze_shutdown(&f->tap.socket), DOZE_OK);
    f->below.sent++;
    assert_int_equal(doze_resume(&f->tap.socket), DOZE_OK);
    assert_violation(f, "past the tap");
}

static void after_waking_everything_may_be_sent_again(void **state) {
    fixture *f = *state;
    connect_it(f);
    sleep_and_wake(f);
    send_encrypted(f, 1);
    assert_int_equal(tap_shutdown(&f->tap, &f->tap.socket), DOZE_OK);
    connect_it(f);
    send_encrypted(f, 2);
    tap_check(&f->tap);
}

static void a_shutdown_that_was_refused_begins_no_silence(void **state) {
    fixture *f = *state;
    assert_int_equal(tap_shutdown(&f->tap, &f->tap.socket), DOZE_ERR_STATE);
    connect_it(f);
    assert_int_equal(tap_shutdown(&f->tap, NULL), DOZE_ERR_ARGUMENT);
    send_encrypted(f, 1);
    tap_check(&f->tap);
}

static void a_socket_that_does_not_count_is_taken_at_its_word(void **state) {
    fixture *f = *state;
    f->below.tells = false;
    connect_it(f);
    sleep_and_wake(f);
    tap_check(&f->tap);
}

static void only_the_first_violation_is_told_and_all_are_counted(void **state) {
    fixture *f = *state;
    connect_it(f);
    send_encrypted(f, 1);
    send_encrypted(f, 1);
    tap_forbid(&f->tap, "temperature=21", 14);
    add(f, "temperature=21", 14);
    send_it(f);
    assert_non_null(strstr(tap_verdict(&f->tap), "sequence number 1"));
    assert_int_equal(f->tap.violations, 2);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(it_passes_every_verb_and_agrees_on_the_state),
        TEST(it_tells_handshake_from_application_and_other_datagrams),
        TEST(it_sees_close_notify_without_connection_id),
        TEST(it_reads_records_with_a_connection_id_told_or_not),
        TEST(it_remembers_the_latest_datagrams),
        TEST(it_counts_the_true_length_of_what_was_cut),
        TEST(what_could_not_be_sent_does_not_count),
        TEST(plaintext_on_the_wire_is_a_violation),
        TEST(plaintext_counts_even_if_the_send_failed_or_it_is_long),
        TEST(a_repeated_sequence_number_is_a_violation),
        TEST(a_sequence_number_repeated_after_a_sleep_is_a_violation),
        TEST(a_new_handshake_starts_new_numbers),
        TEST(an_abbreviated_handshake_is_confirmed_by_what_came_before_our_last_flight),
        TEST(a_failed_handshake_brings_the_numbers_of_the_key_before_back),
        TEST(plaintext_flights_may_repeat_their_numbers),
        TEST(a_datagram_sent_by_the_shutdown_above_is_a_violation),
        TEST(a_datagram_sent_past_the_tap_by_the_shutdown_below_is_a_violation),
        TEST(a_datagram_sent_past_the_tap_while_asleep_is_a_violation),
        TEST(after_waking_everything_may_be_sent_again),
        TEST(a_shutdown_that_was_refused_begins_no_silence),
        TEST(a_socket_that_does_not_count_is_taken_at_its_word),
        TEST(only_the_first_violation_is_told_and_all_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
