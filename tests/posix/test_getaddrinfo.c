/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver over getaddrinfo(), which this program defines itself in place of the C library's. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include "doze/posix.h"
#include "posix/sockaddr.h"

#define MAX_ANSWERS 4

/* ---- the C library's part ---- */

static struct {
    int error;
    const char *texts[MAX_ANSWERS];
    struct addrinfo list[MAX_ANSWERS];
    struct sockaddr_storage addresses[MAX_ANSWERS];
    struct addrinfo hints;
    int calls;
    int freed;
} host;

static struct addrinfo *make_list(void) {
    for (int i = 0; i < MAX_ANSWERS && host.texts[i] != NULL; i++) {
        doze_endpoint endpoint = {.port = 0};
        assert_true(doze_posix_net()->ops->parse(doze_posix_net(), host.texts[i], &endpoint));
        host.list[i].ai_addrlen = doze_to_sockaddr(&endpoint, &host.addresses[i]);
        host.list[i].ai_addr = (struct sockaddr *)&host.addresses[i];
        host.list[i].ai_next = i + 1 < MAX_ANSWERS && host.texts[i + 1] != NULL ? &host.list[i + 1] : NULL;
    }
    return host.texts[0] == NULL ? NULL : &host.list[0];
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list) {
    assert_string_equal(name, "name.doze.test");
    assert_null(service);
    host.calls++;
    host.hints = *hints;
    if (host.error == 0) {
        *list = make_list();
    }
    return host.error;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
void freeaddrinfo(struct addrinfo *list) {
    assert_ptr_equal(list, host.texts[0] == NULL ? NULL : &host.list[0]);
    host.freed++;
}

/* ---- tests ---- */

static int nothing_asked(void **state) {
    (void)state;
    memset(&host, 0, sizeof(host));
    return 0;
}

static doze_resolver *resolver;

static doze_lookup *ask(doze_family family) {
    doze_lookup *lookup = NULL;
    resolver = doze_posix_resolver();
    assert_int_equal(resolver->ops->start(resolver, "name.doze.test", family, &lookup), DOZE_OK);
    return lookup;
}

static void ends_with(int error, doze_result expected) {
    host.error = error;
    doze_lookup *lookup = ask(DOZE_FAMILY_ANY);
    assert_int_equal(resolver->ops->step(resolver, lookup), expected);
    resolver->ops->finish(resolver, lookup);
}

static void answers_keep_their_order_and_come_once(void **state) {
    (void)state;
    static const char *const expected[] = {"::1", "127.0.0.9", "127.0.0.2"};
    doze_endpoint endpoint;
    host.texts[0] = "::1";
    host.texts[1] = "127.0.0.9";
    host.texts[2] = "::1";
    host.texts[3] = "127.0.0.2";
    doze_lookup *lookup = ask(DOZE_FAMILY_ANY);
    assert_int_equal(resolver->ops->step(resolver, lookup), DOZE_OK);
    for (size_t i = 0; i < 3; i++) {
        char text[DOZE_ADDRESS_TEXT_SIZE];
        assert_true(resolver->ops->answer(resolver, lookup, i, &endpoint));
        assert_true(doze_posix_net()->ops->format(doze_posix_net(), &endpoint, text, sizeof(text)));
        assert_string_equal(text, expected[i]);
    }
    assert_false(resolver->ops->answer(resolver, lookup, 3, &endpoint));
    assert_int_equal(host.freed, 1);
    resolver->ops->finish(resolver, lookup);
}

static void the_family_is_asked_for_and_nothing_is_filtered_by_the_addresses_of_this_host(void **state) {
    (void)state;
    static const int expected[][2] = {
        {DOZE_FAMILY_ANY, AF_UNSPEC}, {DOZE_FAMILY_IPV4, AF_INET}, {DOZE_FAMILY_IPV6, AF_INET6}};
    for (size_t i = 0; i < 3; i++) {
        host.texts[0] = "127.0.0.1";
        doze_lookup *lookup = ask((doze_family)expected[i][0]);
        assert_int_equal(host.hints.ai_family, expected[i][1]);
        assert_int_equal(host.hints.ai_socktype, SOCK_DGRAM);
        assert_int_equal(host.hints.ai_flags, 0);
        resolver->ops->finish(resolver, lookup);
    }
}

static void a_name_that_does_not_exist_is_unknown(void **state) {
    (void)state;
    ends_with(EAI_NONAME, DOZE_ERR_HOST_UNKNOWN);
    ends_with(0, DOZE_ERR_HOST_UNKNOWN); /* no addresses at all */
#ifdef EAI_NODATA
    ends_with(EAI_NODATA, DOZE_ERR_HOST_UNKNOWN);
#endif
}

static void a_resolver_without_an_answer_is_worth_another_try(void **state) {
    (void)state;
    ends_with(EAI_AGAIN, DOZE_ERR_RESOLVER);
    ends_with(EAI_FAIL, DOZE_ERR_RESOLVER);
    ends_with(EAI_SYSTEM, DOZE_ERR_RESOLVER);
    ends_with(EAI_MEMORY, DOZE_ERR_NO_MEMORY);
}

static void a_lookup_is_answered_when_it_starts(void **state) {
    (void)state;
    host.texts[0] = "127.0.0.1";
    doze_lookup *lookup = ask(DOZE_FAMILY_ANY);
    assert_int_equal(host.calls, 1);
    assert_string_equal(lookup->host, "name.doze.test");
    assert_int_equal(resolver->ops->fd(resolver, lookup), -1);
    assert_int_equal(resolver->ops->next_timeout(resolver, lookup), 0);
    resolver->ops->finish(resolver, lookup);
}

#define test(name) cmocka_unit_test_setup(name, nothing_asked)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(answers_keep_their_order_and_come_once),
        test(the_family_is_asked_for_and_nothing_is_filtered_by_the_addresses_of_this_host),
        test(a_name_that_does_not_exist_is_unknown),
        test(a_resolver_without_an_answer_is_worth_another_try),
        test(a_lookup_is_answered_when_it_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
