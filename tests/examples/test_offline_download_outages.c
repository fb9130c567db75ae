/* SPDX-License-Identifier: Apache-2.0 */
/* A download over a network that loses datagrams, and from servers that restart, go away or are silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "download_rig.h"

enum { ALL = 0, BLOCKS = 12, SOME = 5 };

static void start_and_take_some(rig *r) {
    rig_start(r, NULL);
    assert_int_equal(rig_run(r, SOME), DOWNLOAD_GOING);
}

static void a_lost_answer_is_asked_for_by_repetition(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    rig_order_fault(r, BLOCKS_SILENCE, 0, 1);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    assert_int_equal(r->server.requests, BLOCKS + 1);
    assert_int_equal(r->d.requests, BLOCKS);
    assert_int_equal(r->told_count, 0);
    rig_expect_content(r);
    rig_stop(r);
}

static void a_network_that_loses_a_tenth_of_all_costs_time_alone(void **state) {
    enum { SEEDS = 20 };
    rig *r = *state;
    uint64_t lost = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        kit_order order = store_kit_with_cid;
        memset(r, 0, sizeof(*r));
        order.seed = seed;
        rig_start(r, &order);
        world_link *link = &r->k->w.link;
        link->rate[WORLD_UP][WORLD_LOSS] = WORLD_ALWAYS / 10;
        link->rate[WORLD_DOWN][WORLD_LOSS] = WORLD_ALWAYS / 10;
        link->rate[WORLD_DOWN][WORLD_DUPLICATION] = WORLD_ALWAYS / 10;
        link->rate[WORLD_UP][WORLD_REORDERING] = WORLD_ALWAYS / 10;
        assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
        assert_int_equal(r->d.blocks, BLOCKS);
        rig_expect_content(r);
        lost += link->fired[WORLD_UP][WORLD_LOSS] + link->fired[WORLD_DOWN][WORLD_LOSS];
        rig_stop(r);
    }
    assert_in_range(lost, SEEDS, UINT64_MAX);
}

static void a_server_that_restarted_during_sleep_goes_on_with_the_same_content(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    rig_suspend(r);
    assert_true(peer_restart(r->k->peer, false));
    rig_resume(r);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    assert_int_equal(rig_count_told(r, DOWNLOAD_NEW_ASSOCIATION, DOWNLOAD_ASKS_AGAIN), 1);
    assert_int_equal(r->told_count, 1);
    assert_int_equal(r->server.bytes, RIG_BODY_SIZE);
    rig_expect_content(r);
    rig_stop(r);
}

static void a_server_that_restarted_with_other_content_starts_over(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    assert_true(peer_restart(r->k->peer, false));
    rig_change_content(r, RIG_BODY_SIZE - 500);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    assert_int_equal(rig_count_told(r, DOWNLOAD_NEW_ASSOCIATION, DOWNLOAD_ASKS_AGAIN), 1);
    assert_int_equal(rig_count_told(r, DOWNLOAD_ETAG_CHANGED, DOWNLOAD_STARTS_OVER), 1);
    rig_expect_content(r);
    rig_stop(r);
}

static void an_association_that_the_server_ends_is_made_anew_for_the_same_block(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    assert_int_equal(peer_close(r->k->peer, peer_newest(r->k->peer)), 0);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    assert_int_equal(rig_count_told(r, DOWNLOAD_ASSOCIATION_ENDED, DOWNLOAD_ASKS_AGAIN), 1);
    rig_expect_content(r);
    assert_int_equal(r->d.blocks, BLOCKS);
    rig_stop(r);
}

static void a_server_that_ends_every_association_is_given_up(void **state) {
    enum { INTERNAL_ERROR = 80 };
    rig *r = *state;
    unsigned ended = 0; /* the number of the last association */
    start_and_take_some(r);
    while (r->d.state == DOWNLOAD_GOING) {
        peer_association *newest = peer_newest(r->k->peer);
        if (newest != NULL && newest->number != ended) {
            ended = newest->number;
            assert_int_equal(peer_alert(r->k->peer, newest, INTERNAL_ERROR), 0);
        }
        rig_pass(r, 1);
    }
    assert_int_equal(r->d.reason, DOWNLOAD_SOCKET);
    assert_int_equal(r->d.result, DOZE_ERR_ALERT);
    assert_int_equal(rig_count_told(r, DOWNLOAD_ASSOCIATION_ENDED, DOWNLOAD_ASKS_AGAIN) +
                         rig_count_told(r, DOWNLOAD_NEW_ASSOCIATION, DOWNLOAD_ASKS_AGAIN),
                     DOWNLOAD_ASK_AGAIN);
    assert_int_equal(r->d.mark.offset, SOME * 256);
    rig_stop(r);
}

static void an_outage_fails_and_costs_no_block(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    rig_suspend(r);
    world_set_plug(r->k->server, WORLD_SILENT);
    rig_resume(r);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_FAILED);
    assert_int_equal(r->d.reason, DOWNLOAD_SOCKET);
    assert_int_equal(r->d.result, DOZE_ERR_TIMEOUT);
    assert_int_equal(r->d.mark.offset, SOME * 256);
    world_set_plug(r->k->server, WORLD_SERVING);
    rig_resume(r);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    assert_int_equal(r->server.bytes, RIG_BODY_SIZE);
    rig_expect_content(r);
    rig_stop(r);
}

static void a_server_that_is_silent_above_dtls_is_given_up(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    rig_order_fault(r, BLOCKS_SILENCE, 0, 1000);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_FAILED);
    assert_int_equal(r->d.mark.offset, SOME * 256);
    assert_in_range(r->server.requests, SOME + 1, SOME + 30);
    rig_stop(r);
}

static void a_message_that_the_store_made_doze_drop_is_asked_for_again(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    rig_suspend(r);
    r->s.v.fail_erasures = 1;
    r->s.v.erase_damage = VAULT_OLD;
    rig_resume(r);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    assert_int_equal(rig_count_told(r, DOWNLOAD_SOCKET, DOWNLOAD_ASKS_AGAIN), 1);
    rig_expect_content(r);
    rig_stop(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_lost_answer_is_asked_for_by_repetition),
        RIG_TEST(a_network_that_loses_a_tenth_of_all_costs_time_alone),
        RIG_TEST(a_server_that_restarted_during_sleep_goes_on_with_the_same_content),
        RIG_TEST(a_server_that_restarted_with_other_content_starts_over),
        RIG_TEST(an_association_that_the_server_ends_is_made_anew_for_the_same_block),
        RIG_TEST(a_server_that_ends_every_association_is_given_up),
        RIG_TEST(an_outage_fails_and_costs_no_block),
        RIG_TEST(a_server_that_is_silent_above_dtls_is_given_up),
        RIG_TEST(a_message_that_the_store_made_doze_drop_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
