/* SPDX-License-Identifier: Apache-2.0 */
/* What a socket counts over its life. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit.h"

static const kit_order without_cid = {.dtls = {.cid = DOZE_CID_OFF}};

static int64_t climbs(kit *k, doze_reason reason) {
    return kit_option(k, (doze_option)((int)DOZE_OPT_CLIMBS + (int)reason));
}

static int64_t all_climbs(kit *k) {
    int64_t sum = 0;
    for (int reason = 0; reason < DOZE_REASONS; reason++) {
        sum += climbs(k, (doze_reason)reason);
    }
    return sum;
}

static void handshakes_and_the_application_are_counted_apart(void **state) {
    kit *k = *state;
    kit_start(k, &without_cid);
    kit_connect(k);
    const tap_count *up = &k->tap.count[TAP_UP];
    const tap_count *down = &k->tap.count[TAP_DOWN];
    for (int i = 0; i < 3; i++) {
        kit_exchange(k, "a message of the application's");
        kit_sleep(k);
        kit_resume(k);
    }
    doze_udp thief;
    kit_sleep(k);
    kit_take_port(k, &thief, doze_local_port(k->socket));
    kit_resume(k); /* another handshake */
    kit_exchange(k, "a message of the application's");
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKE_DATAGRAMS_SENT), up->handshake);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKE_DATAGRAMS_RECEIVED), down->handshake);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKE_BYTES_SENT), up->handshake_bytes);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKE_BYTES_RECEIVED), down->handshake_bytes);
    assert_int_equal(kit_option(k, DOZE_OPT_DATAGRAMS_SENT) - kit_option(k, DOZE_OPT_HANDSHAKE_DATAGRAMS_SENT), 4);
    assert_int_equal(kit_option(k, DOZE_OPT_BYTES_SENT), up->bytes);
    assert_int_equal(kit_option(k, DOZE_OPT_BYTES_RECEIVED), down->bytes);
    doze_deinit(&thief.socket);
    kit_stop(k);
}

static void climbs_are_counted_by_their_reason(void **state) {
    kit *k = *state;
    doze_udp thief;
    kit_start(k, &without_cid);
    kit_connect(k);
    kit_sleep(k);
    kit_resume(k);
    assert_int_equal(all_climbs(k), 0);
    kit_sleep(k);
    kit_take_port(k, &thief, doze_local_port(k->socket));
    kit_resume(k);
    assert_int_equal(climbs(k, DOZE_REASON_PORT), 1);
    kit_sleep(k);
    world_add_address(k->host, "10.0.0.77");
    world_remove_address(k->host, KIT_HOST);
    kit_resume(k);
    assert_int_equal(climbs(k, DOZE_REASON_LOCAL_ADDRESS), 1);
    (void)doze_send(k->socket, "x", 1); /* DOZE_NEW_CONTEXT */
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(climbs(k, DOZE_REASON_CALLER), 1);
    assert_int_equal(all_climbs(k), 3);
    int64_t value;
    assert_int_equal(doze_get_option(k->socket, (doze_option)((int)DOZE_OPT_CLIMBS + DOZE_REASONS), &value),
                     DOZE_ERR_OPTION);
    doze_deinit(&thief.socket);
    kit_stop(k);
}

static void counters_of_16_bits_stay_at_their_most(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    k->dtls.climbs[DOZE_REASON_CALLER - DOZE_REASON_ENDED] = UINT16_MAX;
    k->dtls.handshake_datagrams[0] = UINT16_MAX - 1;
    k->dtls.handshakes_resumed = UINT16_MAX;
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(climbs(k, DOZE_REASON_CALLER), UINT16_MAX);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKE_DATAGRAMS_SENT), UINT16_MAX);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKES_RESUMED), UINT16_MAX);
    kit_stop(k);
}

/* ---- a sleep that was too long ---- */

static void a_sleep_longer_than_the_server_keeps_associations_begins_with_a_resumption(void **state) {
    kit *k = *state;
    const kit_order order = {.dtls = {.association_lifetime = 1800 * 1000}};
    kit_start(k, &order);
    kit_connect(k);
    kit_exchange(k, "first");
    kit_sleep(k);
    world_advance(&k->w, 1800 * 1000);
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    kit_exchange(k, "in time");
    kit_sleep(k);
    world_advance(&k->w, 1700 * 1000);
    doze_close(k->socket); /* is no end of sleep */
    world_advance(&k->w, 101 * 1000);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    assert_int_equal(climbs(k, DOZE_REASON_ASLEEP), 1);
    kit_exchange(k, "too late");
    kit_stop(k);
}

/* ---- how long to wait ---- */

static void the_wait_doubles_from_half_a_minute_to_a_day_and_half_of_it_is_chance(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    assert_int_equal(doze_dtls_back_off(&k->dtls, 0), 0);
    uint32_t most = 30000;
    for (unsigned attempts = 1; attempts < 40; attempts++) {
        uint32_t least_seen = UINT32_MAX;
        uint32_t most_seen = 0;
        for (int i = 0; i < 200; i++) {
            uint32_t wait = doze_dtls_back_off(&k->dtls, attempts);
            assert_in_range(wait, most / 2, most);
            least_seen = wait < least_seen ? wait : least_seen;
            most_seen = wait > most_seen ? wait : most_seen;
        }
        assert_true(most_seen - least_seen > most / 3);
        most = most < 86400000 / 2 ? most * 2 : 86400000;
    }
    assert_in_range(doze_dtls_back_off(&k->dtls, UINT32_MAX), 43200000, 86400000);
    assert_int_equal(doze_dtls_back_off(NULL, 1), 0);
    kit_stop(k);
}

static void after_an_alert_that_asks_to_give_up_the_wait_is_the_longest(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    kit_be_alerted(k, 115); /* unknown_psk_identity */
    assert_in_range(doze_dtls_back_off(&k->dtls, 1), 43200000, 86400000);
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(handshakes_and_the_application_are_counted_apart),
        KIT_TEST(climbs_are_counted_by_their_reason),
        KIT_TEST(counters_of_16_bits_stay_at_their_most),
        KIT_TEST(the_wait_doubles_from_half_a_minute_to_a_day_and_half_of_it_is_chance),
        KIT_TEST(after_an_alert_that_asks_to_give_up_the_wait_is_the_longest),
        KIT_TEST(a_sleep_longer_than_the_server_keeps_associations_begins_with_a_resumption),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
