/* SPDX-License-Identifier: Apache-2.0 */
/* A download by blocks, suspended and resumed: nothing is asked for twice, and the node stays the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "download_rig.h"

enum { ALL = 0, BLOCKS = 12, AN_HOUR = 3600000 };

/* ---- blocks ---- */

static void a_download_arrives_whole_block_by_block(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(r->d.blocks, BLOCKS);
    assert_int_equal(r->server.requests, BLOCKS);
    assert_int_equal(r->told_count, 0);
    assert_int_equal(download_next_timeout(&r->d), -1);
    rig_stop(r);
}

static void blocks_are_of_a_kibibyte_unless_told_otherwise(void **state) {
    rig *r = *state;
    rig_connect(r, NULL);
    rig_begin(r, 0, NULL);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(r->server.requests, 3);
    rig_stop(r);
}

static void a_body_that_ends_with_a_block_ends_there(void **state) {
    rig *r = *state;
    rig_connect(r, NULL);
    rig_change_content(r, 512);
    rig_begin(r, 256, NULL);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(r->server.requests, 2);
    rig_stop(r);
}

static void a_body_of_one_answer_comes_without_block_option(void **state) {
    rig *r = *state;
    rig_connect(r, NULL);
    rig_change_content(r, 200);
    r->server.whole = true;
    rig_begin(r, 256, NULL);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    rig_stop(r);
}

static void an_empty_body_voids_what_was_there_before(void **state) {
    rig *r = *state;
    rig_connect(r, NULL);
    rig_change_content(r, 0);
    r->taken_size = 5;
    rig_begin(r, 256, NULL);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    rig_stop(r);
}

static void the_server_may_choose_smaller_blocks_at_first(void **state) {
    rig *r = *state;
    rig_connect(r, NULL);
    r->server.szx_max = block2_szx(64);
    rig_begin(r, 1024, NULL);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(r->d.blocks, (RIG_BODY_SIZE + 63) / 64);
    assert_int_equal(r->told_count, 0);
    rig_stop(r);
}

static void the_server_may_choose_smaller_blocks_after_a_pause(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    assert_int_equal(rig_run(r, 4), DOWNLOAD_GOING);
    rig_suspend(r);
    r->server.szx_max = block2_szx(128);
    rig_resume(r);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(r->server.bytes, RIG_BODY_SIZE);
    assert_int_equal(r->told_count, 0);
    rig_stop(r);
}

/* ---- sleep ---- */

static void suspend_and_resume_after_each_block(rig *r) {
    uint16_t port = doze_local_port(r->k->socket);
    tap_clear(&r->k->tap);
    while (rig_run(r, r->d.blocks + 1) == DOWNLOAD_GOING) {
        rig_suspend(r);
        assert_int_equal(doze_local_port(r->k->socket), port);
        assert_string_equal(doze_remote_hostname(r->k->socket), KIT_NAME);
        rig_resume(r);
        assert_int_equal(doze_local_port(r->k->socket), port);
    }
    rig_expect_content(r);
    assert_int_equal(kit_handshake_datagrams(r->k), 0);
    assert_int_equal(peer_count(r->k->peer), 1);
    assert_int_equal(kit_option(r->k, DOZE_OPT_HANDSHAKES_AVOIDED), BLOCKS - 1);
}

static void suspended_it_goes_on_with_the_next_block_from_the_same_port_without_handshake(void **state) {
    rig *r = *state;
    unsigned handshake = 0;
    unsigned twice = 0;
    for (int i = 0; i < STORE_KIT_BOTH; i++) {
        memset(r, 0, sizeof(*r));
        rig_start(r, store_kit_both[i]);
        suspend_and_resume_after_each_block(r);
        assert_int_equal(r->server.requests, BLOCKS);
        assert_int_equal(r->server.bytes, RIG_BODY_SIZE);
        assert_int_equal(r->k->tap.count[TAP_UP].datagrams, BLOCKS);
        assert_int_equal(r->k->tap.count[TAP_DOWN].datagrams, BLOCKS);
        assert_int_equal(r->told_count, 0);
        handshake += (unsigned)kit_handshake_datagrams(r->k);
        twice += r->server.requests - r->d.blocks;
        rig_stop(r);
    }
    printf("figures: download_pauses=%d download_handshake_datagrams=%u download_blocks_asked_twice=%u\n",
           STORE_KIT_BOTH * (BLOCKS - 1), handshake, twice);
}

static void suspended_before_the_answer_it_asks_for_that_block_again(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    assert_int_equal(rig_run(r, 2), DOWNLOAD_GOING);
    (void)download_step(&r->d);
    assert_true(exchange_is_under_way(&r->d.exchange));
    rig_suspend(r);
    rig_resume(r);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(r->server.requests, BLOCKS + 1);
    rig_stop(r);
}

static void after_a_reboot_mark_and_store_go_on_where_it_was(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    uint16_t port = doze_local_port(r->k->socket);
    assert_int_equal(rig_run(r, 5), DOWNLOAD_GOING);
    rig_suspend(r);
    const download_mark mark = r->d.mark;
    assert_int_equal(mark.offset, 5 * 256);
    tap_clear(&r->k->tap);
    rig_reboot(r, &mark);
    assert_int_equal(kit_option(r->k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    assert_int_equal(doze_local_port(r->k->socket), port);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(r->server.requests, BLOCKS);
    assert_int_equal(kit_handshake_datagrams(r->k), 0);
    rig_stop(r);
}

static void after_a_reboot_blocks_may_be_smaller_than_before(void **state) {
    rig *r = *state;
    rig_connect(r, NULL);
    rig_begin(r, 1024, NULL);
    assert_int_equal(rig_run(r, 1), DOWNLOAD_GOING);
    rig_suspend(r);
    const download_mark mark = r->d.mark;
    rig_reboot(r, &mark); /* with blocks of 256 bytes */
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(r->server.requests, 1 + (RIG_BODY_SIZE - 1024 + 255) / 256);
    rig_stop(r);
}

/* ---- the same content? ---- */

static void an_etag_that_changed_during_sleep_starts_over(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    assert_int_equal(rig_run(r, 5), DOWNLOAD_GOING);
    rig_suspend(r);
    rig_change_content(r, RIG_BODY_SIZE - 100);
    rig_resume(r);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(rig_count_told(r, DOWNLOAD_ETAG_CHANGED, DOWNLOAD_STARTS_OVER), 1);
    assert_int_equal(r->told_count, 1);
    rig_stop(r);
}

static void an_etag_that_changes_between_two_blocks_starts_over(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    assert_int_equal(rig_run(r, 5), DOWNLOAD_GOING);
    rig_change_content(r, RIG_BODY_SIZE);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(rig_count_told(r, DOWNLOAD_ETAG_CHANGED, DOWNLOAD_STARTS_OVER), 1);
    rig_stop(r);
}

static void an_etag_that_is_gone_is_a_changed_one(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    assert_int_equal(rig_run(r, 5), DOWNLOAD_GOING);
    rig_order_fault(r, BLOCKS_NO_ETAG, 0, 1);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(rig_count_told(r, DOWNLOAD_ETAG_CHANGED, DOWNLOAD_STARTS_OVER), 1);
    rig_stop(r);
}

static void content_that_changes_all_the_time_fails_in_the_end(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    while (rig_run(r, r->d.blocks + 1) == DOWNLOAD_GOING) {
        rig_change_content(r, RIG_BODY_SIZE);
    }
    assert_int_equal(r->d.state, DOWNLOAD_FAILED);
    assert_int_equal(r->d.reason, DOWNLOAD_ETAG_CHANGED);
    assert_int_equal(rig_count_told(r, DOWNLOAD_ETAG_CHANGED, DOWNLOAD_STARTS_OVER), DOWNLOAD_START_OVER);
    rig_stop(r);
}

static void without_an_etag_only_a_download_without_pause_can_be_trusted(void **state) {
    rig *r = *state;
    rig_connect(r, NULL);
    r->server.etag_size = 0;
    rig_begin(r, 256, NULL);
    assert_int_equal(rig_run(r, 5), DOWNLOAD_GOING);
    rig_suspend(r);
    rig_resume(r);
    assert_int_equal(rig_count_told(r, DOWNLOAD_NO_ETAG, DOWNLOAD_STARTS_OVER), 1);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(r->server.requests, 5 + BLOCKS);
    assert_int_equal(r->told_count, 1);
    rig_stop(r);
}

static void an_etag_of_nine_bytes_is_none(void **state) {
    rig *r = *state;
    rig_connect(r, NULL);
    r->server.etag_size = DOWNLOAD_ETAG_MAX + 1;
    rig_begin(r, 256, NULL);
    assert_int_equal(rig_run(r, 5), DOWNLOAD_GOING);
    assert_int_equal(r->d.mark.etag_size, 0);
    rig_suspend(r);
    rig_resume(r);
    assert_int_equal(rig_count_told(r, DOWNLOAD_NO_ETAG, DOWNLOAD_STARTS_OVER), 1);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    rig_stop(r);
}

static void after_a_pause_it_may_start_over_as_often_as_before(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    for (unsigned i = 0; i < 2 * DOWNLOAD_START_OVER; i++) {
        assert_int_equal(rig_run(r, r->d.blocks + 1), DOWNLOAD_GOING);
        rig_change_content(r, RIG_BODY_SIZE);
        if (i == DOWNLOAD_START_OVER - 1) {
            assert_int_equal(rig_run(r, r->d.blocks + 1), DOWNLOAD_GOING);
            rig_suspend(r);
            rig_resume(r);
        }
    }
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(rig_count_told(r, DOWNLOAD_ETAG_CHANGED, DOWNLOAD_STARTS_OVER), 2 * DOWNLOAD_START_OVER);
    rig_stop(r);
}

/* ---- verbs ---- */

static void beginning_anew_forgets_what_was_under_way(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    assert_int_equal(rig_run(r, 5), DOWNLOAD_GOING);
    (void)download_step(&r->d);
    assert_true(exchange_is_under_way(&r->d.exchange));
    assert_int_equal(download_start(&r->d, NULL), DOZE_OK);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    assert_int_equal(r->told_count, 0);
    rig_stop(r);
}

static void marks_that_no_download_has_are_refused(void **state) {
    rig *r = *state;
    static const download_mark marks[] = {
        {.offset = 100, .szx = 4, .etag_size = 1},
        {.offset = 0, .szx = 7},
        {.offset = 256, .szx = 4, .etag_size = 9},
        {.offset = 0x100000u * 16, .szx = 0, .etag_size = 1},
    };
    rig_start(r, NULL);
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        assert_int_equal(download_start(&r->d, &marks[i]), DOZE_ERR_ARGUMENT);
    }
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    rig_stop(r);
}

static void settings_that_lack_something_are_refused(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    const download_settings good = r->d.settings;
    download_settings bad[6];
    for (size_t i = 0; i < 6; i++) {
        bad[i] = good;
    }
    bad[0].socket = NULL;
    bad[1].path = NULL;
    bad[2].take = NULL;
    bad[3].block_size = 100;
    bad[4].block_size = 2048;
    bad[5].clock.now = NULL;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(download_init(&r->d, &bad[i]), DOZE_ERR_ARGUMENT);
    }
    rig_stop(r);
}

static void verbs_in_a_wrong_state_are_refused(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    assert_int_equal(download_resume(&r->d), DOZE_ERR_STATE);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    assert_int_equal(download_suspend(&r->d), DOZE_ERR_STATE);
    assert_int_equal(download_resume(&r->d), DOZE_ERR_STATE);
    assert_int_equal(doze_shutdown(r->k->socket), DOZE_OK);
    assert_int_equal(download_start(&r->d, NULL), DOZE_ERR_STATE);
    rig_stop(r);
}

static void a_block_that_cannot_be_kept_ends_it_and_is_asked_for_again_later(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    assert_int_equal(rig_run(r, 5), DOWNLOAD_GOING);
    r->full = true;
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_FAILED);
    assert_int_equal(r->d.reason, DOWNLOAD_NOT_TAKEN);
    assert_int_equal(r->d.mark.offset, 5 * 256);
    r->full = false;
    rig_resume(r);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    rig_stop(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_download_arrives_whole_block_by_block),
        RIG_TEST(blocks_are_of_a_kibibyte_unless_told_otherwise),
        RIG_TEST(a_body_that_ends_with_a_block_ends_there),
        RIG_TEST(a_body_of_one_answer_comes_without_block_option),
        RIG_TEST(an_empty_body_voids_what_was_there_before),
        RIG_TEST(the_server_may_choose_smaller_blocks_at_first),
        RIG_TEST(the_server_may_choose_smaller_blocks_after_a_pause),
        RIG_TEST(suspended_it_goes_on_with_the_next_block_from_the_same_port_without_handshake),
        RIG_TEST(suspended_before_the_answer_it_asks_for_that_block_again),
        RIG_TEST(after_a_reboot_mark_and_store_go_on_where_it_was),
        RIG_TEST(after_a_reboot_blocks_may_be_smaller_than_before),
        RIG_TEST(an_etag_that_changed_during_sleep_starts_over),
        RIG_TEST(an_etag_that_changes_between_two_blocks_starts_over),
        RIG_TEST(an_etag_that_is_gone_is_a_changed_one),
        RIG_TEST(content_that_changes_all_the_time_fails_in_the_end),
        RIG_TEST(without_an_etag_only_a_download_without_pause_can_be_trusted),
        RIG_TEST(an_etag_of_nine_bytes_is_none),
        RIG_TEST(after_a_pause_it_may_start_over_as_often_as_before),
        RIG_TEST(beginning_anew_forgets_what_was_under_way),
        RIG_TEST(marks_that_no_download_has_are_refused),
        RIG_TEST(settings_that_lack_something_are_refused),
        RIG_TEST(verbs_in_a_wrong_state_are_refused),
        RIG_TEST(a_block_that_cannot_be_kept_ends_it_and_is_asked_for_again_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
