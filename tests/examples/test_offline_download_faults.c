/* SPDX-License-Identifier: Apache-2.0 */
/* Every answer that a download cannot take, and what is done about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "download_rig.h"

enum { ALL = 0, BLOCKS = 12, SOME = 5 };

static void start_and_take_some(rig *r) {
    rig_start(r, NULL);
    assert_int_equal(rig_run(r, SOME), DOWNLOAD_GOING);
}

static void ends_well(rig *r) {
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    rig_expect_content(r);
    rig_stop(r);
}

static void fails(rig *r, download_reason reason) {
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_FAILED);
    assert_int_equal(r->d.reason, reason);
    assert_int_equal(rig_count_told(r, reason, DOWNLOAD_FAILS), 1);
    assert_int_equal(download_next_timeout(&r->d), -1);
}

/* ---- malformed answers ---- */

static const struct {
    blocks_fault fault;
    download_reason reason;
} malformed[] = {
    {BLOCKS_NEXT_BLOCK, DOWNLOAD_OTHER_BLOCK},     {BLOCKS_SMALLER, DOWNLOAD_OTHER_SIZE},
    {BLOCKS_LARGER, DOWNLOAD_OTHER_SIZE},          {BLOCKS_SHORT, DOWNLOAD_PAYLOAD_SIZE},
    {BLOCKS_LONG, DOWNLOAD_PAYLOAD_SIZE},          {BLOCKS_RESERVED_SIZE, DOWNLOAD_BAD_OPTION},
    {BLOCKS_NO_OPTION, DOWNLOAD_BAD_OPTION},       {BLOCKS_TWO_OPTIONS, DOWNLOAD_BAD_OPTION},
    {BLOCKS_OVERLONG_OPTION, DOWNLOAD_BAD_OPTION},
};
enum { MALFORMED = sizeof(malformed) / sizeof(malformed[0]) };

static void a_malformed_answer_is_dropped_and_the_block_asked_for_again(void **state) {
    rig *r = *state;
    for (size_t i = 0; i < MALFORMED; i++) {
        memset(r, 0, sizeof(*r));
        start_and_take_some(r);
        rig_order_fault(r, malformed[i].fault, 0, DOWNLOAD_ASK_AGAIN);
        assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
        assert_int_equal(rig_count_told(r, malformed[i].reason, DOWNLOAD_ASKS_AGAIN), DOWNLOAD_ASK_AGAIN);
        assert_int_equal(r->told_count, DOWNLOAD_ASK_AGAIN);
        assert_int_equal(r->server.requests, BLOCKS + DOWNLOAD_ASK_AGAIN);
        rig_expect_content(r);
        rig_stop(r);
    }
}

static void a_block_that_stays_malformed_starts_the_download_over(void **state) {
    rig *r = *state;
    for (size_t i = 0; i < MALFORMED; i++) {
        memset(r, 0, sizeof(*r));
        start_and_take_some(r);
        rig_order_fault(r, malformed[i].fault, 0, DOWNLOAD_ASK_AGAIN + 1);
        assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
        assert_int_equal(rig_count_told(r, malformed[i].reason, DOWNLOAD_STARTS_OVER), 1);
        assert_int_equal(r->server.requests, SOME + DOWNLOAD_ASK_AGAIN + 1 + BLOCKS);
        rig_expect_content(r);
        rig_stop(r);
    }
}

static void a_server_that_knows_nothing_else_is_given_up(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    rig_order_fault(r, BLOCKS_LONG, 0, 1000);
    fails(r, DOWNLOAD_PAYLOAD_SIZE);
    assert_int_equal(rig_count_told(r, DOWNLOAD_PAYLOAD_SIZE, DOWNLOAD_STARTS_OVER), 1);
    assert_int_equal(r->d.mark.offset, 0);
    rig_stop(r);
}

static void a_first_block_that_is_larger_than_asked_for_is_malformed(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    rig_order_fault(r, BLOCKS_LARGER, 0, 1);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    assert_int_equal(rig_count_told(r, DOWNLOAD_OTHER_SIZE, DOWNLOAD_ASKS_AGAIN), 1);
    rig_expect_content(r);
    rig_stop(r);
}

/* Of 16 bytes, the last one that has a number. */
static void more_blocks_than_can_be_numbered_are_said_to_be_too_many(void **state) {
    rig *r = *state;
    const size_t end = (size_t)(BLOCK2_NUMBER_MAX + 1) * 16;
    const download_mark mark = {.offset = BLOCK2_NUMBER_MAX * 16, .szx = 0, .etag_size = 4, .etag = {1}};
    uint8_t *body = calloc(1, end + 1);
    assert_non_null(body);
    rig_connect(r, NULL);
    r->server.body = body;
    r->server.size = end + 1;
    r->discards = true;
    rig_begin(r, 16, &mark);
    fails(r, DOWNLOAD_TOO_LONG);
    r->server.size = end;
    assert_int_equal(download_start(&r->d, &mark), DOZE_OK);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    assert_int_equal(r->d.mark.offset, end);
    free(body);
    rig_stop(r);
}

/* ---- error codes ---- */

static void order_code(rig *r, uint8_t code, uint32_t max_age, unsigned times) {
    rig_order_fault(r, BLOCKS_CODE, 0, times);
    r->server.code = code;
    r->server.max_age = max_age;
}

static void a_refusal_ends_it_at_once_with_its_code(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    order_code(r, CODE_NOT_FOUND, 0, 1);
    fails(r, DOWNLOAD_REFUSED);
    assert_int_equal(r->d.code, CODE_NOT_FOUND);
    assert_int_equal(r->server.requests, 1);
    rig_stop(r);
}

static void a_refusal_in_the_middle_keeps_what_is_there(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    order_code(r, CODE(4, 1), 0, 1);
    fails(r, DOWNLOAD_REFUSED);
    assert_int_equal(r->d.mark.offset, SOME * 256);
    rig_suspend(r);
    rig_resume(r);
    ends_well(r);
}

static void a_server_that_cannot_go_on_from_there_is_asked_from_the_start(void **state) {
    static const uint8_t codes[] = {CODE(4, 8), CODE_BAD_REQUEST};
    rig *r = *state;
    for (size_t i = 0; i < sizeof(codes); i++) {
        memset(r, 0, sizeof(*r));
        start_and_take_some(r);
        order_code(r, codes[i], 0, 1);
        assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
        assert_int_equal(rig_count_told(r, DOWNLOAD_FORGOTTEN, DOWNLOAD_STARTS_OVER), 1);
        assert_int_equal(r->server.requests, SOME + 1 + BLOCKS);
        rig_expect_content(r);
        rig_stop(r);
    }
}

static void the_same_codes_for_the_first_block_are_refusals(void **state) {
    rig *r = *state;
    rig_start(r, NULL);
    order_code(r, CODE(4, 8), 0, 1);
    fails(r, DOWNLOAD_REFUSED);
    rig_stop(r);
}

static void content_that_shrank_during_sleep_starts_over(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    rig_suspend(r);
    rig_change_content(r, 300);
    rig_resume(r);
    assert_int_equal(rig_run(r, ALL), DOWNLOAD_DONE);
    assert_int_equal(rig_count_told(r, DOWNLOAD_FORGOTTEN, DOWNLOAD_STARTS_OVER), 1);
    rig_expect_content(r);
    rig_stop(r);
}

static void a_busy_server_is_asked_again_when_it_says(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    order_code(r, CODE(5, 3), 300, 1);
    uint64_t begun = world_now(&r->k->w);
    assert_int_equal(rig_run(r, SOME + 1), DOWNLOAD_GOING);
    assert_in_range(world_now(&r->k->w) - begun, 300000, 301000);
    assert_int_equal(rig_count_told(r, DOWNLOAD_BUSY, DOWNLOAD_WAITS), 1);
    ends_well(r);
}

static void too_many_requests_wait_a_minute_where_nothing_else_is_said(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    order_code(r, CODE(4, 29), 0, 1);
    uint64_t begun = world_now(&r->k->w);
    assert_int_equal(rig_run(r, SOME + 1), DOWNLOAD_GOING);
    assert_in_range(world_now(&r->k->w) - begun, DOWNLOAD_WAIT, DOWNLOAD_WAIT + 1000);
    ends_well(r);
}

static void what_waits_for_a_busy_server_can_sleep_meanwhile(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    order_code(r, CODE_SERVER_ERROR, UINT32_MAX, 1);
    rig_pass(r, 1000);
    rig_pass(r, 1000);
    assert_int_equal(r->d.wait, DOWNLOAD_WAIT_LONGEST);
    assert_int_equal(r->server.requests, SOME + 1);
    rig_suspend(r);
    rig_resume(r);
    ends_well(r);
}

static void a_server_that_stays_busy_is_left_and_tried_later(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    order_code(r, CODE_SERVER_ERROR, 0, DOWNLOAD_ASK_AGAIN + 1);
    fails(r, DOWNLOAD_BUSY);
    assert_int_equal(rig_count_told(r, DOWNLOAD_BUSY, DOWNLOAD_WAITS), DOWNLOAD_ASK_AGAIN);
    assert_int_equal(r->d.code, CODE_SERVER_ERROR);
    rig_suspend(r);
    rig_resume(r);
    order_code(r, CODE_SERVER_ERROR, 0, DOWNLOAD_ASK_AGAIN);
    ends_well(r);
}

static void an_answer_that_is_no_content_is_asked_for_again(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    order_code(r, CODE_CHANGED, 0, DOWNLOAD_ASK_AGAIN);
    assert_int_equal(rig_run(r, SOME + 1), DOWNLOAD_GOING);
    assert_int_equal(rig_count_told(r, DOWNLOAD_NO_CONTENT, DOWNLOAD_ASKS_AGAIN), DOWNLOAD_ASK_AGAIN);
    order_code(r, CODE_CHANGED, 0, DOWNLOAD_ASK_AGAIN + 1);
    fails(r, DOWNLOAD_NO_CONTENT);
    assert_int_equal(rig_count_told(r, DOWNLOAD_NO_CONTENT, DOWNLOAD_ASKS_AGAIN), 2 * DOWNLOAD_ASK_AGAIN);
    rig_stop(r);
}

static void a_server_that_rejects_the_message_is_asked_again_and_then_left(void **state) {
    rig *r = *state;
    start_and_take_some(r);
    rig_order_fault(r, BLOCKS_RESET, 0, DOWNLOAD_ASK_AGAIN);
    assert_int_equal(rig_run(r, SOME + 1), DOWNLOAD_GOING);
    rig_order_fault(r, BLOCKS_RESET, 0, DOWNLOAD_ASK_AGAIN + 1);
    fails(r, DOWNLOAD_RESET);
    rig_stop(r);
}

static void every_reason_and_deed_has_a_text_of_its_own(void **state) {
    (void)state;
    for (int a = DOWNLOAD_ALL_WELL; a <= DOWNLOAD_TOO_LONG; a++) {
        for (int b = DOWNLOAD_ALL_WELL; b < a; b++) {
            assert_string_not_equal(download_reason_text((download_reason)a), download_reason_text((download_reason)b));
        }
    }
    assert_string_equal(download_reason_text((download_reason)(DOWNLOAD_TOO_LONG + 1)), "no such reason");
    assert_string_equal(download_deed_text((download_deed)(DOWNLOAD_FAILS + 1)), "no such deed");
    assert_string_not_equal(download_deed_text(DOWNLOAD_ASKS_AGAIN), download_deed_text(DOWNLOAD_STARTS_OVER));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_malformed_answer_is_dropped_and_the_block_asked_for_again),
        RIG_TEST(a_block_that_stays_malformed_starts_the_download_over),
        RIG_TEST(a_server_that_knows_nothing_else_is_given_up),
        RIG_TEST(a_first_block_that_is_larger_than_asked_for_is_malformed),
        RIG_TEST(more_blocks_than_can_be_numbered_are_said_to_be_too_many),
        RIG_TEST(a_refusal_ends_it_at_once_with_its_code),
        RIG_TEST(a_refusal_in_the_middle_keeps_what_is_there),
        RIG_TEST(a_server_that_cannot_go_on_from_there_is_asked_from_the_start),
        RIG_TEST(the_same_codes_for_the_first_block_are_refusals),
        RIG_TEST(content_that_shrank_during_sleep_starts_over),
        RIG_TEST(a_busy_server_is_asked_again_when_it_says),
        RIG_TEST(too_many_requests_wait_a_minute_where_nothing_else_is_said),
        RIG_TEST(what_waits_for_a_busy_server_can_sleep_meanwhile),
        RIG_TEST(a_server_that_stays_busy_is_left_and_tried_later),
        RIG_TEST(an_answer_that_is_no_content_is_asked_for_again),
        RIG_TEST(a_server_that_rejects_the_message_is_asked_again_and_then_left),
        cmocka_unit_test(every_reason_and_deed_has_a_text_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
