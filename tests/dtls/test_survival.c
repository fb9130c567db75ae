/* SPDX-License-Identifier: Apache-2.0 */
/* What is learnt where sleep costs the association: without a Connection ID, behind a NAT that forgets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kit/kit.h"

enum { LONG_SLEEP = 900 * 1000, SHORT_SLEEP = 30 * 1000, NAT_TIMEOUT = 60 * 1000 };

static const kit_order without_cid = {.dtls = {.cid = DOZE_CID_OFF}};
static const kit_order with_cid = {.dtls = {.cid = DOZE_CID_OFFER_BYTES, .cid_size = 8}};

static world_nat *begin(kit *k, const kit_order *order) {
    kit_start(k, order);
    world_nat *nat = world_add_nat(&k->w, k->host, "198.51.100.1");
    world_nat_set_timeout(nat, NAT_TIMEOUT);
    kit_connect(k);
    kit_exchange(k, "first");
    return nat;
}

/* Says something until it is answered, as a client does: how many times. */
static unsigned be_heard(kit *k) {
    unsigned times = 0;
    doze_result result = DOZE_WOULD_BLOCK;
    while (result != DOZE_OK) {
        char answer[16];
        size_t size = 0;
        assert_in_range(++times, 1, 10);
        result = doze_send(k->socket, "report", 6);
        if (result == DOZE_IN_PROGRESS) {
            assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
        } else if (result == DOZE_OK) {
            result = world_recv(&k->w, k->socket, answer, sizeof(answer), &size, 5000);
        }
    }
    return times;
}

static doze_rung sleep_and_wake(kit *k, uint64_t sleep) {
    kit_sleep(k);
    world_advance(&k->w, sleep);
    kit_resume(k);
    return (doze_rung)kit_option(k, DOZE_OPT_RUNG);
}

static unsigned reason(kit *k) {
    doze_report r;
    assert_int_equal(doze_dtls_get_report(&k->dtls, &r), DOZE_OK);
    return r.reason;
}

/* Two sends stay unanswered, the third climbs, the fourth tells of the new association, the fifth is heard. */
static void wake_to_silence(kit *k) {
    assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_KEPT);
    assert_int_equal(be_heard(k), 5);
    assert_int_equal(reason(k), DOZE_REASON_SILENCE);
}

static void learn(kit *k) {
    for (int i = 0; i < 3; i++) {
        wake_to_silence(k);
    }
}

static void a_nat_that_forgets_costs_silence_three_times_and_then_a_handshake_at_once(void **state) {
    kit *k = *state;
    begin(k, &without_cid);
    learn(k);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_RESUMED);
        assert_int_equal(reason(k), DOZE_REASON_ASLEEP);
        assert_int_equal(be_heard(k), 2); /* the first one tells of the new association */
    }
    kit_stop(k);
}

static void one_wake_in_seventeen_tries_the_association_again(void **state) {
    kit *k = *state;
    begin(k, &without_cid);
    learn(k);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 16; i++) {
            assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_RESUMED);
            be_heard(k);
        }
        wake_to_silence(k);
    }
    kit_stop(k);
}

static void an_association_that_is_answered_again_is_kept_from_then_on(void **state) {
    kit *k = *state;
    world_nat *nat = begin(k, &without_cid);
    learn(k);
    world_nat_set_timeout(nat, -1);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_RESUMED);
        be_heard(k);
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_KEPT);
        assert_int_equal(be_heard(k), 1);
    }
    kit_stop(k);
}

static void shorter_sleeps_go_on_as_before(void **state) {
    kit *k = *state;
    begin(k, &without_cid);
    learn(k);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sleep_and_wake(k, SHORT_SLEEP), DOZE_RUNG_KEPT);
        assert_int_equal(be_heard(k), 1);
    }
    assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_RESUMED);
    kit_stop(k);
}

static void servers_that_restart_now_and_then_teach_nothing(void **state) {
    kit *k = *state;
    world_nat_set_timeout(begin(k, &without_cid), -1);
    for (int i = 0; i < 6; i++) {
        assert_true(peer_restart(k->peer, true));
        wake_to_silence(k);
        assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_KEPT);
        assert_int_equal(be_heard(k), 1);
    }
    kit_stop(k);
}

static void another_network_is_tried_anew(void **state) {
    kit *k = *state;
    world_nat *nat = begin(k, &without_cid);
    learn(k);
    world_nat_set_timeout(nat, -1);
    world_remove_address(k->host, KIT_HOST);
    world_add_address(k->host, "10.0.0.99");
    assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_RESUMED);
    assert_int_equal(reason(k), DOZE_REASON_LOCAL_ADDRESS);
    be_heard(k);
    assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_KEPT);
    assert_int_equal(be_heard(k), 1);
    kit_stop(k);
}

static void with_a_connection_id_there_is_nothing_to_learn(void **state) {
    kit *k = *state;
    begin(k, &with_cid);
    for (int i = 0; i < 4; i++) {
        assert_true(peer_restart(k->peer, true));
        wake_to_silence(k);
    }
    assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_KEPT);
    assert_int_equal(be_heard(k), 1);
    kit_stop(k);
}

static void a_frozen_association_learns_the_same(void **state) {
    kit *k = *state;
    uint8_t freezer[DOZE_IMAGE_MAX];
    begin(k, &without_cid);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, freezer, sizeof(freezer)), DOZE_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_THAWED);
        assert_int_equal(be_heard(k), 5);
    }
    assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_RESUMED);
    assert_int_equal(be_heard(k), 2);
    kit_stop(k);
}

/* ---- only sleeps are to blame that lost it ---- */

/* Twenty short sleeps, which any association survives. */
static void expect_short_sleeps_kept(kit *k) {
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sleep_and_wake(k, SHORT_SLEEP), DOZE_RUNG_KEPT);
        assert_int_equal(be_heard(k), 1);
    }
}

static void one_restart_in_a_short_sleep_is_no_lesson(void **state) {
    kit *k = *state;
    begin(k, &without_cid);
    learn(k);
    assert_int_equal(sleep_and_wake(k, 100), DOZE_RUNG_KEPT);
    assert_true(peer_restart(k->peer, true));
    assert_int_equal(be_heard(k), 5);
    expect_short_sleeps_kept(k);
    kit_stop(k);
}

static void of_sleeps_that_differ_the_longest_is_the_lesson(void **state) {
    kit *k = *state;
    begin(k, &without_cid);
    assert_int_equal(sleep_and_wake(k, 100), DOZE_RUNG_KEPT);
    assert_true(peer_restart(k->peer, true));
    assert_int_equal(be_heard(k), 5);
    wake_to_silence(k);
    wake_to_silence(k);
    expect_short_sleeps_kept(k);
    assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_RESUMED);
    kit_stop(k);
}

static void shorter_sleeps_that_are_lost_too_are_learnt_in_their_turn(void **state) {
    kit *k = *state;
    begin(k, &without_cid);
    learn(k);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sleep_and_wake(k, LONG_SLEEP / 2), DOZE_RUNG_KEPT);
        assert_int_equal(be_heard(k), 5);
    }
    assert_int_equal(sleep_and_wake(k, LONG_SLEEP / 2), DOZE_RUNG_RESUMED);
    be_heard(k);
    expect_short_sleeps_kept(k);
    kit_stop(k);
}

/* As a report is repeated by who sleeps between the tries. */
static void naps_between_tries_are_not_to_blame(void **state) {
    kit *k = *state;
    begin(k, &without_cid);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_KEPT);
        for (int j = 0; j < 2; j++) {
            char answer[16];
            size_t size = 0;
            assert_int_equal(doze_send(k->socket, "report", 6), DOZE_OK);
            assert_int_equal(world_recv(&k->w, k->socket, answer, sizeof(answer), &size, 5000), DOZE_WOULD_BLOCK);
            assert_int_equal(sleep_and_wake(k, 5000), DOZE_RUNG_KEPT);
        }
        be_heard(k);
    }
    expect_short_sleeps_kept(k);
    kit_stop(k);
}

static void wakes_in_which_nothing_is_asked_are_not_to_blame(void **state) {
    kit *k = *state;
    begin(k, &without_cid);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_KEPT);
        assert_int_equal(doze_dtls_send_one_way(&k->dtls, "x", 1), DOZE_OK);
        world_advance(&k->w, 100);
        assert_int_equal(sleep_and_wake(k, 1000), DOZE_RUNG_KEPT);
        be_heard(k);
    }
    expect_short_sleeps_kept(k);
    kit_stop(k);
}

static void after_a_climb_that_failed_the_long_sleep_is_still_the_one_that_counts(void **state) {
    kit *k = *state;
    begin(k, &without_cid);
    learn(k);
    kit_sleep(k);
    world_advance(&k->w, LONG_SLEEP);
    k->w.link.dead[WORLD_UP] = true;
    assert_int_equal(world_resume(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    k->w.link.dead[WORLD_UP] = false;
    world_advance(&k->w, 10000);
    assert_int_equal(world_resume(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    assert_int_equal(be_heard(k), 2);
    expect_short_sleeps_kept(k);
    kit_stop(k);
}

static void an_association_that_is_lost_awake_teaches_nothing(void **state) {
    kit *k = *state;
    world_nat_set_timeout(begin(k, &without_cid), -1);
    for (int i = 0; i < 3; i++) {
        char buffer[16];
        size_t size = 0;
        assert_int_equal(sleep_and_wake(k, SHORT_SLEEP), DOZE_RUNG_KEPT);
        assert_int_equal(peer_close(k->peer, peer_newest(k->peer)), 0);
        assert_int_equal(world_recv(&k->w, k->socket, buffer, sizeof(buffer), &size, 5000), DOZE_ERR_CLOSED_BY_PEER);
        kit_sleep(k);
        kit_resume(k);
        assert_int_equal(reason(k), DOZE_REASON_ENDED);
        assert_true(peer_restart(k->peer, true)); /* before the new one has slept */
        be_heard(k);
        assert_int_equal(reason(k), DOZE_REASON_SILENCE);
    }
    expect_short_sleeps_kept(k);
    kit_stop(k);
}

static void another_server_is_tried_anew(void **state) {
    kit *k = *state;
    world_nat *nat = begin(k, &without_cid);
    learn(k);
    assert_int_equal(doze_forget(k->socket), DOZE_OK);
    world_nat_set_timeout(nat, -1);
    kit_connect(k);
    kit_exchange(k, "first");
    assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_KEPT);
    assert_int_equal(be_heard(k), 1);
    kit_stop(k);
}

static void the_callers_word_counts_as_silence(void **state) {
    kit *k = *state;
    begin(k, &without_cid);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_KEPT);
        assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
        be_heard(k);
    }
    assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_RESUMED);
    kit_stop(k);
}

static void a_sleep_of_a_day_is_as_long_as_the_longest_that_is_known(void **state) {
    enum { DAY = 24 * 3600 * 1000 };
    kit *k = *state;
    begin(k, &without_cid);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sleep_and_wake(k, DAY), DOZE_RUNG_KEPT);
        assert_int_equal(be_heard(k), 5);
    }
    assert_int_equal(sleep_and_wake(k, LONG_SLEEP), DOZE_RUNG_KEPT);
    assert_int_equal(be_heard(k), 5);
    assert_int_equal(sleep_and_wake(k, DAY), DOZE_RUNG_RESUMED);
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_nat_that_forgets_costs_silence_three_times_and_then_a_handshake_at_once),
        KIT_TEST(one_wake_in_seventeen_tries_the_association_again),
        KIT_TEST(an_association_that_is_answered_again_is_kept_from_then_on),
        KIT_TEST(shorter_sleeps_go_on_as_before),
        KIT_TEST(servers_that_restart_now_and_then_teach_nothing),
        KIT_TEST(another_network_is_tried_anew),
        KIT_TEST(with_a_connection_id_there_is_nothing_to_learn),
        KIT_TEST(a_frozen_association_learns_the_same),
        KIT_TEST(one_restart_in_a_short_sleep_is_no_lesson),
        KIT_TEST(of_sleeps_that_differ_the_longest_is_the_lesson),
        KIT_TEST(shorter_sleeps_that_are_lost_too_are_learnt_in_their_turn),
        KIT_TEST(naps_between_tries_are_not_to_blame),
        KIT_TEST(wakes_in_which_nothing_is_asked_are_not_to_blame),
        KIT_TEST(after_a_climb_that_failed_the_long_sleep_is_still_the_one_that_counts),
        KIT_TEST(an_association_that_is_lost_awake_teaches_nothing),
        KIT_TEST(another_server_is_tried_anew),
        KIT_TEST(the_callers_word_counts_as_silence),
        KIT_TEST(a_sleep_of_a_day_is_as_long_as_the_longest_that_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
