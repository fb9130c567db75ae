/* SPDX-License-Identifier: Apache-2.0 */
/* Runs groups of interop tests and counts them; a group whose server is not there is skipped, never passed. */
#ifndef REPORT_H
#define REPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define REPORT_SKIPPED 77 /* what a program returns when it passed nothing: ctest's SKIP_RETURN_CODE */

typedef struct report {
    unsigned passed;
    unsigned failed;
    unsigned skipped;
} report;

/* `missing`: why the group cannot be run, in a few words; NULL: it can. */
void report_run(report *r, const char *group, const char *missing, const struct CMUnitTest *tests, size_t count);
/* Prints the line with the figures; what main() returns. */
int report_finish(const report *r);

#endif
