/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses between doze's form and the host's, and lists of them. */
#define _DEFAULT_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "doze/socket.h"
#include "posix/answers.h"
#include "posix/sockaddr.h"

static const doze_endpoint v4 = {.family = DOZE_FAMILY_IPV4, .port = 5684, .address = {192, 0, 2, 1}};
static const doze_endpoint v6 = {
    .family = DOZE_FAMILY_IPV6, .port = 5684, .scope = 3, .address = {0xfe, 0x80, [15] = 1}};

static void what_has_no_family_has_no_size(void **state) {
    struct sockaddr_storage out;
    (void)state;
    assert_int_equal(doze_to_sockaddr(&(doze_endpoint){.port = 1}, &out), 0);
    assert_int_equal(out.ss_family, AF_UNSPEC);
}

static void an_address_there_and_back_is_the_same(void **state) {
    const doze_endpoint *const ends[] = {&v4, &v6};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct sockaddr_storage out;
        doze_endpoint back;
        size_t size = i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
        assert_int_equal(doze_to_sockaddr(ends[i], &out), size);
        assert_true(doze_from_sockaddr((const struct sockaddr *)&out, &back));
        assert_true(doze_endpoint_equal(&back, ends[i]));
    }
}

static void an_address_of_another_kind_is_none_and_changes_nothing(void **state) {
    struct sockaddr_storage local = {.ss_family = AF_UNIX};
    doze_endpoint out = v4;
    (void)state;
    assert_false(doze_from_sockaddr((const struct sockaddr *)&local, &out));
    assert_true(doze_endpoint_equal(&out, &v4));
}

static void endpoints_differ_in_family_scope_address_and_port(void **state) {
    (void)state;
    doze_endpoint other = v6;
    assert_true(doze_endpoint_equal(&other, &v6));
    other.scope = 4;
    assert_false(doze_endpoint_equal(&other, &v6));
    other = v6;
    other.family = DOZE_FAMILY_IPV4;
    assert_false(doze_endpoint_equal(&other, &v6));
    other = v6;
    other.address[7] = 1;
    assert_false(doze_endpoint_equal(&other, &v6));
    other = v6;
    other.port++;
    assert_false(doze_endpoint_equal(&other, &v6));
    assert_true(doze_same_address(&other, &v6));
}

static void answers_are_kept_once_and_in_order_without_a_port(void **state) {
    doze_answers answers = {0};
    struct sockaddr_storage out;
    doze_endpoint got;
    (void)state;
    (void)doze_to_sockaddr(&v4, &out);
    for (int i = 0; i < 2; i++) {
        assert_true(doze_answers_add(&answers, (const struct sockaddr *)&out));
    }
    struct sockaddr_storage local = {.ss_family = AF_UNIX};
    assert_true(doze_answers_add(&answers, (const struct sockaddr *)&local)); /* passed over */
    (void)doze_to_sockaddr(&v6, &out);
    assert_true(doze_answers_add(&answers, (const struct sockaddr *)&out));
    assert_int_equal(answers.count, 2);
    assert_true(doze_answers_get(&answers, 0, &got));
    assert_true(doze_same_address(&got, &v4));
    assert_int_equal(got.port, 0);
    assert_true(doze_answers_get(&answers, 1, &got));
    assert_true(doze_same_address(&got, &v6));
    assert_false(doze_answers_get(&answers, 2, &got));
    doze_answers_free(&answers);
    assert_int_equal(answers.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_no_family_has_no_size),
        cmocka_unit_test(an_address_there_and_back_is_the_same),
        cmocka_unit_test(an_address_of_another_kind_is_none_and_changes_nothing),
        cmocka_unit_test(endpoints_differ_in_family_scope_address_and_port),
        cmocka_unit_test(answers_are_kept_once_and_in_order_without_a_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
