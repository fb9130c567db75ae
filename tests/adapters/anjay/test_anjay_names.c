/* SPDX-License-Identifier: Apache-2.0 */
/* Names: the node of last time, and lookups without a socket. getaddrinfo() is this program's own. */
#define _DEFAULT_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "adapters/anjay/internal.h"
#include "rig.h"

#define NAME "server.example"

static const char *addresses[4]; /* what NAME leads to */

/* ---- in place of the host's resolver ---- */

static struct addrinfo *make_answer(const char *address) {
    struct answer {
        struct addrinfo info;
        struct sockaddr_in6 six;
        struct sockaddr_in four;
    } *a = calloc(1, sizeof(*a));
    assert_non_null(a);
    if (inet_pton(AF_INET, address, &a->four.sin_addr) == 1) {
        a->four.sin_family = AF_INET;
        a->info = (struct addrinfo){.ai_family = AF_INET, .ai_addr = (struct sockaddr *)&a->four};
    } else {
        assert_int_equal(inet_pton(AF_INET6, address, &a->six.sin6_addr), 1);
        a->six.sin6_family = AF_INET6;
        a->info = (struct addrinfo){.ai_family = AF_INET6, .ai_addr = (struct sockaddr *)&a->six};
    }
    return &a->info;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
    assert_null(service);
    struct addrinfo **next = out;
    *out = NULL;
    for (size_t i = 0; strcmp(name, NAME) == 0 && i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct addrinfo *answer = addresses[i] == NULL ? NULL : make_answer(addresses[i]);
        bool fits = answer != NULL && (hints->ai_family == AF_UNSPEC || hints->ai_family == answer->ai_family);
        if (fits) {
            *next = answer;
            next = &answer->ai_next;
        } else {
            free(answer);
        }
    }
    return *out == NULL ? EAI_NONAME : 0;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
void freeaddrinfo(struct addrinfo *list) {
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

static void name_leads_to(const char *first, const char *second, const char *third) {
    addresses[0] = first;
    addresses[1] = second;
    addresses[2] = third;
}

/* ---- sockets ---- */

static void peer_is(rig *r, const char *address) {
    char text[64];
    assert_ok(rig_connect_to(r, NAME, "5683"));
    assert_ok(rig_table(r)->get_remote_host(r->socket, text, sizeof(text)));
    assert_string_equal(text, address);
    assert_ok(rig_table(r)->get_remote_hostname(r->socket, text, sizeof(text)));
    assert_string_equal(text, NAME);
}

static void the_node_of_last_time_is_taken_again_by_another_socket(void **state) {
    rig *r = *state;
    const avs_net_socket_configuration_t sticky = {.preferred_endpoint = &r->endpoint};
    name_leads_to("127.0.0.3", NULL, NULL);
    rig_udp(r, &sticky);
    peer_is(r, "127.0.0.3");
    rig_drop(r);
    name_leads_to("127.0.0.2", "127.0.0.4", "127.0.0.3");
    rig_udp(r, &sticky);
    peer_is(r, "127.0.0.3");
    rig_drop(r);
    rig_udp(r, NULL); /* without it: the first */
    peer_is(r, "127.0.0.2");
}

static void a_node_that_the_name_has_no_more_is_left(void **state) {
    rig *r = *state;
    const avs_net_socket_configuration_t sticky = {.preferred_endpoint = &r->endpoint};
    name_leads_to("127.0.0.3", NULL, NULL);
    rig_udp(r, &sticky);
    peer_is(r, "127.0.0.3");
    rig_drop(r);
    name_leads_to("127.0.0.2", "127.0.0.4", NULL);
    rig_udp(r, &sticky);
    peer_is(r, "127.0.0.2");
}

static void a_resumed_download_asks_the_node_it_was_suspended_at(void **state) {
    rig *r = *state;
    name_leads_to("127.0.0.2", "127.0.0.3", NULL);
    rig_udp(r, NULL);
    peer_is(r, "127.0.0.2");
    name_leads_to("127.0.0.3", "127.0.0.2", NULL); /* as load balancers do */
    assert_ok(rig_shutdown(r));
    assert_ok(rig_close(r));
    peer_is(r, "127.0.0.2");
}

static void a_preferred_family_is_tried_first(void **state) {
    rig *r = *state;
    name_leads_to("::1", "127.0.0.2", NULL);
    rig_udp(r, &(avs_net_socket_configuration_t){.preferred_family = AVS_NET_AF_INET4});
    peer_is(r, "127.0.0.2");
}

static void a_name_that_nobody_has_is_told(void **state) {
    rig *r = *state;
    rig_udp(r, NULL);
    assert_errno(rig_connect_to(r, "nobody.example", "5683"), AVS_EADDRNOTAVAIL);
    assert_int_equal(rig_state(r), AVS_NET_SOCKET_STATE_CLOSED);
}

static void a_lookup_is_over_when_it_has_begun_and_has_no_descriptor(void **state) {
    const avs_net_socket_configuration_t configuration = {0};
    doze_anjay_platform platform = {.priority = 0};
    doze_resolver *resolver = &platform.resolver;
    doze_lookup *lookup = NULL;
    (void)state;
    name_leads_to("127.0.0.2", NULL, NULL);
    doze_anjay_platform_init(&platform, &configuration);
    assert_int_equal(resolver->ops->start(resolver, NAME, DOZE_FAMILY_ANY, &lookup), DOZE_OK);
    assert_int_equal(resolver->ops->fd(resolver, lookup), -1);
    assert_int_equal(resolver->ops->next_timeout(resolver, lookup), 0);
    resolver->ops->finish(resolver, lookup);
}

/* ---- without a socket ---- */

static void next_is(avs_net_addrinfo_t *info, const char *host, const char *port) {
    avs_net_resolved_endpoint_t endpoint;
    char text[2][64];
    assert_int_equal(avs_net_addrinfo_next(info, &endpoint), 0);
    assert_ok(avs_net_resolved_endpoint_get_host_port(&endpoint, text[0], 64, text[1], 64));
    assert_string_equal(text[0], host);
    assert_string_equal(text[1], port);
}

static void end_of(avs_net_addrinfo_t *info) {
    avs_net_resolved_endpoint_t endpoint;
    assert_int_equal(avs_net_addrinfo_next(info, &endpoint), AVS_NET_ADDRINFO_END);
    avs_net_addrinfo_delete(&info);
    assert_null(info);
}

static avs_net_addrinfo_t *ask(avs_net_af_t family, const char *host, int flags,
                               const avs_net_resolved_endpoint_t *preferred) {
    return avs_net_addrinfo_resolve_ex(AVS_NET_UDP_SOCKET, family, host, "5684", flags, preferred);
}

static void a_lookup_has_all_addresses_the_preferred_one_first(void **state) {
    avs_net_resolved_endpoint_t preferred = {0};
    (void)state;
    name_leads_to("127.0.0.2", "::1", "127.0.0.3");
    avs_net_addrinfo_t *info = ask(AVS_NET_AF_UNSPEC, NAME, 0, &preferred);
    next_is(info, "127.0.0.2", "5684");
    next_is(info, "::1", "5684");
    assert_int_equal(avs_net_addrinfo_next(info, &preferred), 0);
    avs_net_addrinfo_rewind(info);
    next_is(info, "127.0.0.2", "5684");
    avs_net_addrinfo_delete(&info);
    info = ask(AVS_NET_AF_INET4, NAME, 0, &preferred);
    next_is(info, "127.0.0.3", "5684");
    next_is(info, "127.0.0.2", "5684");
    end_of(info);
}

static void addresses_are_not_looked_up(void **state) {
    (void)state;
    avs_net_addrinfo_t *info = ask(AVS_NET_AF_UNSPEC, "192.0.2.7", 0, NULL);
    next_is(info, "192.0.2.7", "5684");
    end_of(info);
    assert_null(ask(AVS_NET_AF_INET6, "192.0.2.7", 0, NULL));
    assert_null(ask(AVS_NET_AF_UNSPEC, "nobody.example", 0, NULL));
    assert_null(avs_net_addrinfo_resolve_ex(AVS_NET_UDP_SOCKET, AVS_NET_AF_UNSPEC, NAME, "coap", 0, NULL));
}

static void no_host_is_any_address_to_bind(void **state) {
    (void)state;
    avs_net_addrinfo_t *info = ask(AVS_NET_AF_UNSPEC, NULL, AVS_NET_ADDRINFO_RESOLVE_F_PASSIVE, NULL);
    next_is(info, "::", "5684");
    next_is(info, "0.0.0.0", "5684");
    end_of(info);
    assert_null(ask(AVS_NET_AF_UNSPEC, NULL, 0, NULL));
}

static void an_endpoint_that_is_none_and_a_text_too_small_are_told(void **state) {
    avs_net_resolved_endpoint_t endpoint = {.size = 0};
    char text[64];
    (void)state;
    assert_errno(avs_net_resolved_endpoint_get_host_port(&endpoint, text, sizeof(text), NULL, 0), AVS_EINVAL);
    avs_net_addrinfo_t *info = ask(AVS_NET_AF_UNSPEC, "192.0.2.7", 0, NULL);
    assert_int_equal(avs_net_addrinfo_next(info, &endpoint), 0);
    assert_errno(avs_net_resolved_endpoint_get_host_port(&endpoint, text, 4, NULL, 0), AVS_ERANGE);
    assert_errno(avs_net_resolved_endpoint_get_host_port(&endpoint, NULL, 0, text, 2), AVS_ERANGE);
    avs_net_addrinfo_delete(&info);
}

static doze_result begin_nothing(doze_resolver *resolver, const char *host, doze_family family, doze_lookup **lookup) {
    (void)resolver;
    (void)host;
    (void)family;
    (void)lookup;
    return DOZE_ERR_NO_MEMORY;
}

static void a_lookup_that_cannot_begin_finds_nothing(void **state) {
    doze_resolver *host = doze_posix_resolver();
    const doze_resolver_ops *own = host->ops;
    const doze_resolver_ops without_memory = {.start = begin_nothing};
    (void)state;
    name_leads_to("127.0.0.2", NULL, NULL);
    host->ops = &without_memory;
    avs_net_addrinfo_t *info = ask(AVS_NET_AF_UNSPEC, NAME, 0, NULL);
    host->ops = own;
    assert_null(info);
}

static void a_lookup_without_memory_finds_nothing(void **state) {
    (void)state;
    name_leads_to("127.0.0.2", "127.0.0.3", NULL);
    for (unsigned number = 1; number <= 2; number++) {
        rig_fail_allocation(number);
        assert_null(ask(AVS_NET_AF_UNSPEC, NAME, 0, NULL));
    }
    rig_fail_allocation(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(the_node_of_last_time_is_taken_again_by_another_socket),
        RIG_TEST(a_node_that_the_name_has_no_more_is_left),
        RIG_TEST(a_resumed_download_asks_the_node_it_was_suspended_at),
        RIG_TEST(a_preferred_family_is_tried_first),
        RIG_TEST(a_name_that_nobody_has_is_told),
        RIG_TEST(a_lookup_is_over_when_it_has_begun_and_has_no_descriptor),
        RIG_TEST(a_lookup_has_all_addresses_the_preferred_one_first),
        RIG_TEST(addresses_are_not_looked_up),
        RIG_TEST(no_host_is_any_address_to_bind),
        RIG_TEST(a_lookup_that_cannot_begin_finds_nothing),
        RIG_TEST(a_lookup_without_memory_finds_nothing),
        RIG_TEST(an_endpoint_that_is_none_and_a_text_too_small_are_told),
    };
    return cmocka_run_group_tests_name("anjay_names", tests, NULL, NULL);
}
