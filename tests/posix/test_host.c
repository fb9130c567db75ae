/* SPDX-License-Identifier: Apache-2.0 */
/* Clock and randomness of the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <string.h>

#include <cmocka.h>

#include "doze/posix.h"

static void the_clock_never_steps_back(void **state) {
    (void)state;
    doze_clock clock = doze_posix_clock();
    uint64_t before = clock.now(clock.context);
    assert_true(before > 0);
    for (int i = 0; i < 10000; i++) {
        uint64_t now = clock.now(clock.context);
        assert_true(now >= before);
        before = now;
    }
}

static void randomness_fills_all_that_was_asked_for_and_nothing_else(void **state) {
    (void)state;
    unsigned char bytes[1026];
    doze_random random = doze_posix_random();
    for (size_t size = 32; size <= 1024; size *= 2) {
        memset(bytes, 0, sizeof(bytes));
        assert_int_equal(random.fill(random.context, bytes + 1, size), 0);
        assert_int_equal(bytes[0], 0);
        assert_int_equal(bytes[size + 1], 0);
        unsigned tail = 0;
        for (size_t i = size - 15; i <= size; i++) {
            tail |= bytes[i];
        }
        assert_int_not_equal(tail, 0);
    }
}

static void randomness_does_not_repeat(void **state) {
    (void)state;
    unsigned char once[32];
    unsigned char again[32];
    doze_random random = doze_posix_random();
    assert_int_equal(random.fill(random.context, once, sizeof(once)), 0);
    assert_int_equal(random.fill(random.context, again, sizeof(again)), 0);
    assert_memory_not_equal(once, again, sizeof(once));
}

static void no_bytes_are_no_failure(void **state) {
    (void)state;
    unsigned char byte = 7;
    doze_random random = doze_posix_random();
    assert_int_equal(random.fill(random.context, &byte, 0), 0);
    assert_int_equal(byte, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_never_steps_back),
        cmocka_unit_test(randomness_fills_all_that_was_asked_for_and_nothing_else),
        cmocka_unit_test(randomness_does_not_repeat),
        cmocka_unit_test(no_bytes_are_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
