/* SPDX-License-Identifier: Apache-2.0 */
/* Calls, options and settings at the edges of what they take, and in states where nobody expects them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dtls/compat.h"
#include "kit/kit.h"

/* ---- settings ---- */

static doze_result try_settings(kit *k, doze_dtls_settings settings) {
    doze_dtls_config config;
    settings.clock = world_clock(&k->w);
    settings.random = world_random(&k->w);
    doze_result result = doze_dtls_config_init(&config, &settings);
    if (result == DOZE_OK) {
        doze_dtls_config_deinit(&config);
    }
    return result;
}

static void keys_are_as_long_as_doze_and_mbed_tls_take_them(void **state) {
    kit *k = *state;
    static const unsigned char key[DOZE_KEY_MAX] = {1};
    doze_dtls_settings settings = {.psk = {.identity = {"a", 1}, .key = {key, sizeof(key)}}};
    bool longest = doze_tls_psk_max() >= DOZE_KEY_MAX;
    kit_start(k, NULL);
    assert_int_equal(try_settings(k, settings), longest ? DOZE_OK : DOZE_ERR_UNSUPPORTED);
    settings.psk.key.size = doze_tls_psk_max() < DOZE_KEY_MAX ? doze_tls_psk_max() : DOZE_KEY_MAX;
    assert_int_equal(try_settings(k, settings), DOZE_OK);
    settings.store_key = (doze_bytes){key, DOZE_SEAL_KEY_SIZE - 1};
    assert_int_equal(try_settings(k, settings), DOZE_ERR_KEY);
    settings.store_key.size = DOZE_SEAL_KEY_SIZE;
    assert_int_equal(try_settings(k, settings), DOZE_OK);
    kit_stop(k);
}

static void parts_of_a_key_alone_are_told_by_what_is_missing(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    assert_int_equal(try_settings(k, (doze_dtls_settings){.psk = {.key = {kit_key, 16}}}), DOZE_ERR_IDENTITY);
    assert_int_equal(try_settings(k, (doze_dtls_settings){.psk = {.psa_key = 1}}), DOZE_ERR_IDENTITY);
    assert_int_equal(try_settings(k, (doze_dtls_settings){.psk = {.identity = {NULL, 1}}}), DOZE_ERR_IDENTITY);
    assert_int_equal(try_settings(k, (doze_dtls_settings){.psk = {.identity = {"a", 1}}}), DOZE_ERR_KEY);
    kit_stop(k);
}

static void a_psk_with_ephemeral_keys_is_a_suite_of_its_mode(void **state) {
    kit *k = *state;
    static const uint16_t chacha[] = {MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256};
    static const uint16_t no_suite[] = {0x1234};
    doze_dtls_settings settings = {
        .psk = {.identity = {"a", 1}, .key = {kit_key, 16}}, .suites = chacha, .suites_count = 1};
    kit_start(k, NULL);
    assert_int_equal(try_settings(k, settings), DOZE_OK);
    settings.suites = no_suite;
    assert_int_equal(try_settings(k, settings), DOZE_ERR_SUITE);
    settings.suites_count = 0;
    assert_int_equal(try_settings(k, settings), DOZE_ERR_SUITE);
    kit_stop(k);
}

static void a_name_to_check_is_no_longer_than_a_host_name(void **state) {
    kit *k = *state;
    char name[DOZE_HOSTNAME_MAX + 2];
    doze_x509 x509;
    memset(name, 'a', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    kit_start(k, NULL);
    const doze_bytes root = kit_file("root.pem");
    const doze_x509_settings settings = {.random = world_random(&k->w), .trust = root, .server_name = name};
    assert_int_equal(doze_x509_init(&x509, &settings), DOZE_ERR_NAME);
    name[DOZE_HOSTNAME_MAX] = '\0';
    assert_int_equal(doze_x509_init(&x509, &settings), DOZE_OK);
    doze_x509_deinit(&x509);
    kit_free(root);
    kit_stop(k);
}

static void a_host_that_is_nothing_but_a_dot_has_no_name_to_check(void **state) {
    kit *k = *state;
    const doze_bytes root = kit_file("root.pem");
    kit_start(k, &(kit_order){.x509 = &(doze_x509_settings){.trust = root}, .certificate = "server"});
    world_name(&k->w, ".", KIT_SERVER, NULL);
    assert_int_equal(world_connect(&k->w, k->socket, ".", KIT_PORT, KIT_PATIENCE), DOZE_ERR_NAME);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 0);
    kit_free(root);
    kit_stop(k);
}

/* ---- options ---- */

static void timers_are_numbers_that_fit(void **state) {
    kit *k = *state;
    static const int64_t wrong[] = {-1, 0, INT64_C(1) << 31, INT64_MAX, INT64_MIN};
    kit_start(k, NULL);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKE_TIMER_MIN, wrong[i]), DOZE_ERR_OPTION);
        assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKE_TIMER_MAX, wrong[i]), DOZE_ERR_OPTION);
    }
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKE_TIMER_MAX, INT32_MAX), DOZE_OK);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_HANDSHAKE_TIMER_MIN, INT32_MAX), DOZE_OK);
    kit_stop(k);
}

static void what_an_ended_association_had_is_not_there_to_be_read(void **state) {
    kit *k = *state;
    int64_t value = 0;
    kit_start(k, NULL);
    kit_connect(k);
    kit_be_alerted(k, 80);
    assert_int_equal(doze_get_option(k->socket, DOZE_OPT_PAYLOAD_MTU, &value), DOZE_ERR_OPTION);
    assert_int_equal(kit_option(k, DOZE_OPT_SUITE), 0);
    assert_int_equal(doze_dtls_send_one_way(&k->dtls, "x", 1), DOZE_ERR_ALERT);
    assert_int_equal(doze_close(k->socket), DOZE_OK); /* with nobody to say goodbye to */
    kit_stop(k);
}

static void a_frozen_association_tells_no_suite(void **state) {
    kit *k = *state;
    static uint8_t freezer[DOZE_IMAGE_MAX];
    kit_start(k, NULL);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, freezer, sizeof(freezer)), DOZE_OK);
    kit_connect(k);
    int64_t suite = kit_option(k, DOZE_OPT_SUITE);
    assert_int_not_equal(suite, 0);
    kit_sleep(k);
    assert_int_equal(kit_option(k, DOZE_OPT_SUITE), 0);
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_SUITE), suite);
    kit_stop(k);
}

/* ---- calls while something is under way ---- */

static void while_connecting_nothing_is_frozen_or_sent(void **state) {
    kit *k = *state;
    static uint8_t freezer[DOZE_IMAGE_MAX];
    kit_start(k, NULL);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, freezer, sizeof(freezer)), DOZE_ERR_STATE);
    assert_int_equal(doze_dtls_send_one_way(&k->dtls, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_ERR_STATE);
    assert_int_equal(doze_dtls_get_report(NULL, NULL), DOZE_ERR_ARGUMENT);
    kit_stop(k);
}

static void a_flood_during_a_handshake_asks_for_another_call_at_once(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
    for (int i = 0; i < 100; i++) {
        kit_forge(k, "garbage", 7);
    }
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
    assert_int_equal(doze_next_timeout(k->socket), 0);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(kit_dropped(k, DOZE_DROP_FOREIGN), 100);
    kit_stop(k);
}

static void a_kept_association_waits_for_a_slow_name_service_and_needs_no_handshake(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    kit_sleep(k);
    k->w.names.delay = 2000;
    tap_clear(&k->tap);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 0);
    kit_exchange(k, "the name was asked, the server was not");
    kit_stop(k);
}

static void another_peer_from_closed_gets_nothing_of_the_old_one(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    kit_sleep(k);
    assert_int_equal(doze_close(k->socket), DOZE_OK);
    assert_int_equal(world_connect(&k->w, k->socket, KIT_SERVER, KIT_PORT, KIT_PATIENCE),
                     DOZE_OK); /* by another name */
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKES_FULL), 2);
    kit_exchange(k, "as if for the first time");
    kit_stop(k);
}

static void recall_of_another_peer_drops_what_was_kept_and_of_the_same_one_does_not(void **state) {
    kit *k = *state;
    for (int same = 0; same < 2; same++) {
        kit_start(k, NULL);
        kit_connect(k);
        doze_endpoints past;
        doze_get_endpoints(k->socket, &past);
        past.hostname = same ? KIT_NAME : "other.example";
        assert_int_equal(doze_shutdown(k->socket), DOZE_OK);
        assert_int_equal(doze_close(k->socket), DOZE_OK);
        assert_int_equal(doze_recall(k->socket, &past), DOZE_OK);
        kit_resume(k);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), same ? DOZE_RUNG_KEPT : DOZE_RUNG_HANDSHAKE);
        kit_stop(k);
    }
}

static void a_recall_that_fails_drops_nothing(void **state) {
    kit *k = *state;
    char long_name[DOZE_HOSTNAME_MAX + 1];
    kit_start(k, NULL);
    kit_connect(k);
    doze_endpoints past;
    doze_get_endpoints(k->socket, &past);
    memset(long_name, 'a', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '\0';
    past.hostname = long_name; /* longer than what the lower socket has room for */
    assert_int_equal(doze_shutdown(k->socket), DOZE_OK);
    assert_int_equal(doze_close(k->socket), DOZE_OK);
    assert_int_equal(doze_recall(k->socket, &past), DOZE_ERR_HOST);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    kit_stop(k);
}

static void a_socket_that_will_not_go_deaf_keeps_its_association_awake(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD), DOZE_OK);
    world_fail_next(k->host, WORLD_OP_DEAFEN, DOZE_ERR_NOT_PERMITTED, 1, 1);
    assert_int_equal(doze_shutdown(k->socket), DOZE_ERR_NOT_PERMITTED);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CONNECTED);
    kit_exchange(k, "still awake");
    kit_stop(k);
}

/* ---- silence ---- */

static void an_answer_that_took_more_than_a_minute_is_remembered_as_a_minute(void **state) {
    kit *k = *state;
    char answer[16];
    size_t size = 0;
    kit_start(k, &(kit_order){.dtls = {.handshake_timer_max = 1000000}});
    kit_connect(k);
    k->w.link.latency = 50000;
    assert_int_equal(doze_send(k->socket, "slow", 4), DOZE_OK);
    assert_int_equal(world_recv(&k->w, k->socket, answer, sizeof(answer), &size, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(k->dtls.round_trip, UINT16_MAX);
    kit_stop(k);
}

static void sleep_without_a_silence_limit_counts_nothing(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    k->peer->behaviour.answer = PEER_EAT;
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_OK);
    world_advance(&k->w, 10000);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_SILENCE_LIMIT, 0), DOZE_OK);
    kit_sleep(k);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_SILENCE_LIMIT, 1), DOZE_OK);
    kit_resume(k);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_OK); /* no silence is known */
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(keys_are_as_long_as_doze_and_mbed_tls_take_them),
        KIT_TEST(parts_of_a_key_alone_are_told_by_what_is_missing),
        KIT_TEST(a_psk_with_ephemeral_keys_is_a_suite_of_its_mode),
        KIT_TEST(a_name_to_check_is_no_longer_than_a_host_name),
        KIT_TEST(a_host_that_is_nothing_but_a_dot_has_no_name_to_check),
        KIT_TEST(timers_are_numbers_that_fit),
        KIT_TEST(what_an_ended_association_had_is_not_there_to_be_read),
        KIT_TEST(a_frozen_association_tells_no_suite),
        KIT_TEST(while_connecting_nothing_is_frozen_or_sent),
        KIT_TEST(a_flood_during_a_handshake_asks_for_another_call_at_once),
        KIT_TEST(a_kept_association_waits_for_a_slow_name_service_and_needs_no_handshake),
        KIT_TEST(another_peer_from_closed_gets_nothing_of_the_old_one),
        KIT_TEST(recall_of_another_peer_drops_what_was_kept_and_of_the_same_one_does_not),
        KIT_TEST(a_recall_that_fails_drops_nothing),
        KIT_TEST(a_socket_that_will_not_go_deaf_keeps_its_association_awake),
        KIT_TEST(an_answer_that_took_more_than_a_minute_is_remembered_as_a_minute),
        KIT_TEST(sleep_without_a_silence_limit_counts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
