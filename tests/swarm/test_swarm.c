/* SPDX-License-Identifier: Apache-2.0 */
/* A small swarm, and whether it would notice what it looks for: each thing that must not be is done once, on purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "swarm/swarm.h"

static swarm_report run(const swarm_order *order) {
    swarm_report report;
    swarm_run(order, &report);
    return report;
}

static void a_small_swarm_sees_nothing_that_must_not_be(void **state) {
    enum { WAKES = 10000 };
    unsigned wakes = 0;
    unsigned with_faults = 0;
    (void)state;
    for (swarm_order order = {.seed = 4000}; wakes < WAKES; order.seed++) {
        swarm_report report = run(&order);
        if (report.violations > 0) {
            fail_msg("seed %llu, wake %u: %s", (unsigned long long)order.seed, report.wake, report.violation);
        }
        assert_int_equal(report.wakes, report.planned);
        for (unsigned wake = 1; wake <= report.wakes; wake++) {
            with_faults += report.faults[wake] > 0;
        }
        wakes += report.wakes;
        swarm_report_free(&report);
    }
    assert_true(2 * with_faults > wakes);
}

static void a_seed_gives_the_same_run_again(void **state) {
    (void)state;
    for (swarm_order order = {.seed = 500}; order.seed < 505; order.seed++) {
        swarm_report first = run(&order);
        swarm_report second = run(&order);
        assert_true(first.digest == second.digest);
        assert_int_equal(first.events_count, second.events_count);
        swarm_report_free(&first);
        swarm_report_free(&second);
    }
}

static void another_seed_gives_another_run(void **state) {
    (void)state;
    swarm_report first = run(&(swarm_order){.seed = 1});
    swarm_report second = run(&(swarm_order){.seed = 2});
    assert_false(first.digest == second.digest);
    swarm_report_free(&first);
    swarm_report_free(&second);
}

static void the_faults_of_a_run_as_a_list_give_the_same_run(void **state) {
    (void)state;
    for (swarm_order order = {.seed = 600}; order.seed < 605; order.seed++) {
        swarm_order again = {.seed = order.seed, .scripted = true};
        swarm_report first = run(&order);
        again.events = first.events;
        again.events_count = first.events_count;
        swarm_report second = run(&again);
        assert_true(first.digest == second.digest);
        swarm_report_free(&first);
        swarm_report_free(&second);
    }
}

static void without_faults_every_wake_is_answered(void **state) {
    (void)state;
    for (swarm_order order = {.seed = 700, .scripted = true}; order.seed < 720; order.seed++) {
        swarm_report report = run(&order);
        assert_int_equal(report.violations, 0);
        assert_int_equal(report.answered, report.wakes);
        swarm_report_free(&report);
    }
}

static void what_is_done_on_purpose_is_noticed(void **state) {
    static const struct {
        swarm_sabotage sabotage;
        const char *violation;
    } rows[] = {
        {SWARM_PLAINTEXT_LEAKS, "plaintext is on the wire"},
        {SWARM_MESSAGE_COMES_TWICE, "was delivered twice"},
        {SWARM_MESSAGE_IS_FORGED, "a message came that no server sent"},
        {SWARM_NUMBER_COMES_TWICE, "was used twice under one key"},
        {SWARM_SENT_IN_SLEEP, "sent while asleep"},
        {SWARM_MEMORY_LEAKS, "bytes of memory were left"},
        {SWARM_NEVER_RECOVERS, "nobody answers"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        swarm_report report = run(&(swarm_order){.seed = 1, .scripted = true, .sabotage = rows[i].sabotage});
        assert_int_equal(report.violations, 1);
        if (strstr(report.violation, rows[i].violation) == NULL) {
            fail_msg("%s, not: %s", rows[i].violation, report.violation);
        }
        swarm_report_free(&report);
    }
}

static void a_failing_run_shrinks_to_what_it_needs(void **state) {
    (void)state;
    FILE *progress = tmpfile();
    assert_non_null(progress);
    swarm_order order = {.seed = 4, .sabotage = SWARM_MESSAGE_COMES_TWICE};
    assert_true(swarm_shrink(&order, progress));
    assert_true(order.scripted);
    assert_int_equal(order.events_count, 0); /* no fault is to blame */
    assert_false(order.skipped[3]);          /* this wake is */
    assert_true(order.skipped[1]);
    assert_true(order.skipped[2]);
    swarm_report report = run(&order);
    assert_int_equal(report.violations, 1);
    swarm_report_free(&report);
    free((void *)(uintptr_t)order.events);
    free((void *)(uintptr_t)order.skipped);
    (void)fclose(progress);
}

static void a_run_that_does_not_fail_does_not_shrink(void **state) {
    (void)state;
    swarm_order order = {.seed = 4, .scripted = true};
    assert_false(swarm_shrink(&order, stdout));
}

static void every_fault_has_a_name_of_its_own(void **state) {
    (void)state;
    for (unsigned fault = 0; fault < SWARM_FAULTS; fault++) {
        const char *name = swarm_fault_name((swarm_fault)fault);
        assert_int_equal(swarm_fault_named(name, strlen(name)), fault);
    }
    assert_int_equal(swarm_fault_named("no such fault", 13), SWARM_FAULTS);
}

static void nearly_all_wakes_are_answered_at_a_fifth_of_loss_each_way(void **state) {
    unsigned wakes = 0;
    unsigned answered = 0;
    (void)state;
    for (swarm_order order = {.seed = 1, .loss = 20}; wakes < 5000; order.seed++) {
        swarm_report report = run(&order);
        assert_int_equal(report.violations, 0);
        wakes += report.wakes;
        answered += report.answered;
        swarm_report_free(&report);
    }
    assert_in_range(wakes - answered, 0, wakes / 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_swarm_sees_nothing_that_must_not_be),
        cmocka_unit_test(a_seed_gives_the_same_run_again),
        cmocka_unit_test(another_seed_gives_another_run),
        cmocka_unit_test(the_faults_of_a_run_as_a_list_give_the_same_run),
        cmocka_unit_test(without_faults_every_wake_is_answered),
        cmocka_unit_test(what_is_done_on_purpose_is_noticed),
        cmocka_unit_test(a_failing_run_shrinks_to_what_it_needs),
        cmocka_unit_test(a_run_that_does_not_fail_does_not_shrink),
        cmocka_unit_test(every_fault_has_a_name_of_its_own),
        cmocka_unit_test(nearly_all_wakes_are_answered_at_a_fifth_of_loss_each_way),
    };
    swarm_set_credentials(DOZE_TEST_CERTS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
