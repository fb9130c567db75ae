/* SPDX-License-Identifier: Apache-2.0 */
/* The last rung: the server's name leads to another address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit.h"

#define SECOND_SERVER "192.0.2.2"

static const kit_order with_cid = {0};
static const kit_order without_cid = {.dtls = {.cid = DOZE_CID_OFF}};
static const kit_order *const both[] = {&with_cid, &without_cid};

/* Asleep, after which its server will be silent, and another one answers to the name too. */
static void begin(kit *k, const kit_order *order, peer_world *second) {
    peer_settings settings = {.identity = KIT_IDENTITY, .key = kit_key, .key_size = sizeof(kit_key)};
    kit_start(k, order);
    kit_connect(k);
    kit_exchange(k, "at the first address");
    kit_sleep(k);
    assert_true(peer_world_open(second, &k->w, &settings, SECOND_SERVER, KIT_PORT));
    world_name(&k->w, KIT_NAME, KIT_SERVER, SECOND_SERVER, NULL);
    world_set_plug(k->server, WORLD_SILENT);
}

static doze_result climb(kit *k) {
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    return world_run(&k->w, k->socket, KIT_PATIENCE);
}

static void expect_remote(kit *k, const char *address) {
    char text[DOZE_ADDRESS_TEXT_SIZE];
    assert_int_equal(doze_remote_host(k->socket, text, sizeof(text)), DOZE_OK);
    assert_string_equal(text, address);
    assert_string_equal(doze_remote_hostname(k->socket), KIT_NAME);
}

static void a_server_that_is_silent_is_looked_for_at_its_other_address_within_the_wake(void **state) {
    kit *k = *state;
    for (size_t i = 0; i < 2; i++) {
        for (int delay = 0; delay <= 2000; delay += 2000) {
            peer_world second;
            begin(k, both[i], &second);
            k->w.names.delay = (uint32_t)delay;
            kit_resume(k);
            assert_int_equal(climb(k), DOZE_OK);
            expect_remote(k, SECOND_SERVER);
            assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_NEXT_ADDRESS);
            doze_report report;
            assert_int_equal(doze_dtls_get_report(&k->dtls, &report), DOZE_OK);
            assert_in_range(report.datagrams_sent, 6, 16);
            assert_in_range(report.milliseconds, 10000, 60000);
            kit_exchange(k, "at the second address");
            kit_sleep(k);
            kit_resume(k);
            assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
            kit_exchange(k, "and there it stays");
            assert_int_equal(second.peer.counters.messages_received, 2);
            peer_world_close(&second);
            kit_stop(k);
        }
    }
}

static void when_no_address_answers_the_association_waits_at_its_own(void **state) {
    kit *k = *state;
    for (size_t i = 0; i < 2; i++) {
        peer_world second;
        begin(k, both[i], &second);
        world_set_plug(second.server, WORLD_SILENT);
        kit_resume(k);
        uint16_t port = doze_local_port(k->socket);
        assert_int_equal(climb(k), DOZE_ERR_TIMEOUT);
        assert_int_equal(doze_get_state(k->socket), DOZE_STATE_SHUTDOWN);
        expect_remote(k, KIT_SERVER);
        world_set_plug(k->server, WORLD_SERVING);
        kit_resume(k);
        assert_int_equal(doze_local_port(k->socket), port);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
        kit_exchange(k, "nothing was lost");
        peer_world_close(&second);
        kit_stop(k);
    }
}

static void sleep_while_another_address_is_asked_goes_back_to_the_old_one(void **state) {
    kit *k = *state;
    peer_world second;
    begin(k, &with_cid, &second);
    world_set_plug(second.server, WORLD_SILENT);
    kit_resume(k);
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, 20000), DOZE_IN_PROGRESS);
    expect_remote(k, SECOND_SERVER);
    kit_sleep(k);
    expect_remote(k, KIT_SERVER);
    world_set_plug(k->server, WORLD_SERVING);
    kit_resume(k);
    kit_exchange(k, "at the first address");
    peer_world_close(&second);
    kit_stop(k);
}

static void a_name_with_one_address_or_a_resolver_that_fails_ends_no_climb(void **state) {
    kit *k = *state;
    for (int failing = 0; failing < 2; failing++) {
        peer_world second;
        begin(k, &without_cid, &second);
        world_name(&k->w, KIT_NAME, KIT_SERVER, NULL);
        k->w.names.start_failures = failing == 1 ? 1 : 0;
        kit_resume(k);
        assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
        assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
        assert_int_equal(world_run(&k->w, k->socket, 20000), DOZE_IN_PROGRESS);
        world_set_plug(k->server, WORLD_SERVING);
        assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
        expect_remote(k, KIT_SERVER);
        kit_exchange(k, "late, but in time");
        peer_world_close(&second);
        kit_stop(k);
    }
}

static void a_lookup_that_never_ends_is_within_the_bound_of_the_climb(void **state) {
    kit *k = *state;
    peer_world second;
    begin(k, &with_cid, &second);
    k->w.names.delay = 100000;
    kit_resume(k);
    uint64_t begun = world_now(&k->w);
    assert_int_equal(climb(k), DOZE_ERR_TIMEOUT);
    assert_int_equal(world_now(&k->w) - begun, 60000);
    assert_int_equal(k->w.names.open, 0);
    expect_remote(k, KIT_SERVER);
    peer_world_close(&second);
    kit_stop(k);
}

static void an_address_instead_of_a_name_has_no_other(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    assert_int_equal(world_connect(&k->w, k->socket, KIT_SERVER, KIT_PORT, KIT_PATIENCE), DOZE_OK);
    world_set_plug(k->server, WORLD_SILENT);
    assert_int_equal(climb(k), DOZE_ERR_TIMEOUT);
    assert_int_equal(k->w.names.lookups, 0);
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_server_that_is_silent_is_looked_for_at_its_other_address_within_the_wake),
        KIT_TEST(when_no_address_answers_the_association_waits_at_its_own),
        KIT_TEST(sleep_while_another_address_is_asked_goes_back_to_the_old_one),
        KIT_TEST(a_name_with_one_address_or_a_resolver_that_fails_ends_no_climb),
        KIT_TEST(a_lookup_that_never_ends_is_within_the_bound_of_the_climb),
        KIT_TEST(an_address_instead_of_a_name_has_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
