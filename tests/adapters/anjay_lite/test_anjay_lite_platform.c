/* SPDX-License-Identifier: Apache-2.0 */
/* Anjay Lite 3.0.0 on a platform whose resolver takes its time and whose network fails when told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <anj/compat/net/anj_udp.h>

#include <cmocka.h>

#include "adapters/anjay_lite/context.h"
#include "far_end.h"

/* ---- a resolver that has not answered yet; then every name is this host ---- */

typedef struct slow_resolver {
    doze_resolver base;
    doze_lookup lookup;
    char host[32];
    bool answered;
} slow_resolver;

static doze_result start(doze_resolver *resolver, const char *host, doze_family family, doze_lookup **lookup) {
    slow_resolver *r = (slow_resolver *)resolver;
    (void)family;
    memcpy(r->host, host, strlen(host) + 1);
    r->lookup.host = r->host;
    *lookup = &r->lookup;
    return DOZE_OK;
}

static doze_result step(doze_resolver *resolver, doze_lookup *lookup) {
    (void)lookup;
    return ((slow_resolver *)resolver)->answered ? DOZE_OK : DOZE_IN_PROGRESS;
}

static bool answer(doze_resolver *resolver, const doze_lookup *lookup, size_t index, doze_endpoint *out) {
    (void)resolver;
    (void)lookup;
    *out = (doze_endpoint){.address = {127, 0, 0, 1}, .family = DOZE_FAMILY_IPV4};
    return index == 0;
}

static void finish(doze_resolver *resolver, doze_lookup *lookup) {
    (void)resolver;
    (void)lookup;
}

static const doze_resolver_ops slow_ops = {.start = start, .step = step, .answer = answer, .finish = finish};

static void a_lookup_that_was_given_up_leads_nowhere(void **state) {
    (void)state;
    far_end wanted;
    far_end given_up;
    anj_net_ctx_t *ctx = NULL;
    slow_resolver resolver = {.base.ops = &slow_ops};
    far_end_start(&wanted, NULL);
    far_end_start(&given_up, NULL);
    assert_int_equal(anj_udp_create_ctx(&ctx, NULL), ANJ_NET_OK);
    ctx->udp.resolver = &resolver.base;
    assert_int_equal(anj_udp_connect(ctx, "first.example", given_up.udp_port), ANJ_NET_EINPROGRESS);
    assert_int_equal(anj_udp_connect(ctx, "second.example", wanted.udp_port), ANJ_NET_EINPROGRESS);
    resolver.answered = true;
    assert_int_equal(anj_udp_connect(ctx, "second.example", wanted.udp_port), ANJ_NET_EINPROGRESS);
    assert_int_equal(anj_udp_connect(ctx, "second.example", wanted.udp_port), ANJ_NET_OK);
    assert_string_equal(doze_remote_hostname(ctx->socket), "second.example");
    assert_int_equal(doze_remote_port(ctx->socket), atoi(wanted.udp_port));
    assert_int_equal(anj_udp_cleanup_ctx(&ctx), ANJ_NET_OK);
    far_end_stop(&wanted);
    far_end_stop(&given_up);
}

/* ---- a network that sends nothing, and says why ---- */

static doze_result why;

static doze_result fail_to_send(doze_net *net, doze_net_socket *socket, const void *data, size_t size) {
    (void)net;
    (void)socket;
    (void)data;
    (void)size;
    return why;
}

static void what_passes_by_itself_is_repeated_and_the_rest_is_an_error(void **state) {
    (void)state;
    static const struct {
        doze_result why;
        int code;
    } table[] = {
        {DOZE_WOULD_BLOCK, ANJ_NET_EINPROGRESS},
        {DOZE_ERR_NO_BUFFERS, ANJ_NET_EINPROGRESS},
        {DOZE_ERR_UNREACHABLE, ANJ_NET_EINPROGRESS},
        {DOZE_ERR_REFUSED, ANJ_NET_EINPROGRESS},
        {DOZE_ERR_BLOCKED, ANJ_NET_EINPROGRESS},
        {DOZE_ERR_NO_MEMORY, ANJ_NET_EINPROGRESS},
        {DOZE_ERR_TOO_LONG, ANJ_NET_EMSGSIZE},
        {DOZE_ERR_NOT_PERMITTED, DOZE_ERR_NOT_PERMITTED},
        {DOZE_ERR_IO, DOZE_ERR_IO},
    };
    doze_net_ops ops = *doze_posix_net()->ops;
    doze_net net = {.ops = &ops};
    far_end far;
    anj_net_ctx_t *ctx = NULL;
    ops.send = fail_to_send;
    far_end_start(&far, NULL);
    assert_int_equal(anj_udp_create_ctx(&ctx, NULL), ANJ_NET_OK);
    ctx->udp.net = &net;
    assert_int_equal(anj_udp_connect(ctx, FAR_END_HOST, far.udp_port), ANJ_NET_OK);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        size_t sent = 1;
        why = table[i].why;
        assert_int_equal(anj_udp_send(ctx, &sent, (const uint8_t *)"x", 1), table[i].code);
        assert_int_equal(sent, 0);
    }
    assert_int_equal(anj_udp_cleanup_ctx(&ctx), ANJ_NET_OK);
    far_end_stop(&far);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lookup_that_was_given_up_leads_nowhere),
        cmocka_unit_test(what_passes_by_itself_is_repeated_and_the_rest_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
