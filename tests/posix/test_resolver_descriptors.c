/* SPDX-License-Identifier: Apache-2.0 */
/* A process that has no descriptors left, and the resolver that does not block. */
#define _DEFAULT_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <sys/resource.h>

#include <cmocka.h>

#include "doze/posix.h"

static struct rlimit before;

static void allow_descriptors(bool any) {
    struct rlimit limit = before;
    limit.rlim_cur = any ? before.rlim_cur : 0; /* what is open stays open */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void no_descriptor_for_a_resolver_or_a_lookup_is_told_and_harms_nothing(void **state) {
    doze_lookup *first = NULL;
    doze_lookup *second = NULL;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    doze_resolver *resolver = doze_ares_create();
    if (resolver == NULL) {
        skip(); /* built without c-ares */
    }
    const doze_resolver_ops *ops = resolver->ops;
    assert_true(ops->start(resolver, "localhost", DOZE_FAMILY_IPV4, &first) >= 0);
    allow_descriptors(false);
    doze_resolver *another = doze_ares_create();
    doze_result result = ops->start(resolver, "localhost", DOZE_FAMILY_IPV4, &second);
    allow_descriptors(true);
    assert_null(another);
    assert_int_equal(result, DOZE_ERR_NO_DESCRIPTORS);
    assert_true(ops->start(resolver, "localhost", DOZE_FAMILY_IPV4, &second) >= 0);
    ops->finish(resolver, second);
    ops->finish(resolver, first);
    doze_ares_destroy(resolver);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_descriptor_for_a_resolver_or_a_lookup_is_told_and_harms_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
