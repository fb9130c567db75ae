/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdio.h>

enum { TESTS_MAX = 32 };

static void skip_it(void **state) {
    (void)state;
    skip();
}

static void skip_all(const char *group, const char *missing, const struct CMUnitTest *tests, size_t count) {
    struct CMUnitTest skipped[TESTS_MAX] = {{0}};
    for (size_t i = 0; i < count; i++) {
        skipped[i].name = tests[i].name;
        skipped[i].test_func = skip_it;
    }
    printf("skipped: %s: %s\n", group, missing);
    fflush(stdout);
    _cmocka_run_group_tests(group, skipped, count, NULL, NULL);
}

void report_run(report *r, const char *group, const char *missing, const struct CMUnitTest *tests, size_t count) {
    if (count > TESTS_MAX) {
        r->failed += (unsigned)count;
    } else if (missing != NULL) {
        skip_all(group, missing, tests, count);
        r->skipped += (unsigned)count;
    } else {
        unsigned failed = (unsigned)_cmocka_run_group_tests(group, tests, count, NULL, NULL);
        r->failed += failed;
        r->passed += (unsigned)count - failed;
    }
}

int report_finish(const report *r) {
    fflush(stdout); /* so that no other stream of CMocka's gets into the line */
    printf("figures: interop=%u skipped=%u\n", r->passed, r->skipped);
    fflush(stdout);
    if (r->failed != 0) {
        return 1;
    }
    return r->passed == 0 ? REPORT_SKIPPED : 0;
}
