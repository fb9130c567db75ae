/* SPDX-License-Identifier: Apache-2.0 */
/* From a name to the peer: lookups, and which of the answers is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "contract/view.h"
#include "udp/udp_kit.h"

static const char host[] = "peer.example";

static void connect_to_host(udp_kit *k) {
    assert_int_equal(doze_connect(k->socket, host, UDP_KIT_PORT), DOZE_OK);
}

static void reach(udp_kit *k, const char *address) {
    connect_to_host(k);
    udp_kit_remote_is(k, host, address, UDP_KIT_PORT);
    udp_kit_exchange(k);
}

/* ---- the address used before ---- */

static void the_address_used_before_is_kept_when_the_order_of_answers_changes(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, host, UDP_KIT_SERVER, UDP_KIT_SECOND, UDP_KIT_SERVER6, NULL);
    reach(k, UDP_KIT_SERVER);
    world_name(&k->w, host, UDP_KIT_SERVER6, UDP_KIT_SECOND, UDP_KIT_SERVER, NULL);
    udp_kit_sleep(k);
    reach(k, UDP_KIT_SERVER);
    doze_close(k->socket);
    reach(k, UDP_KIT_SERVER);
    assert_int_equal(k->w.names.lookups, 3);
}

static void an_address_gone_from_the_answers_gives_way_to_the_first_one(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, host, UDP_KIT_SERVER, UDP_KIT_SECOND, NULL);
    reach(k, UDP_KIT_SERVER);
    udp_kit_sleep(k);
    world_name(&k->w, host, UDP_KIT_SECOND, UDP_KIT_SERVER6, NULL);
    reach(k, UDP_KIT_SECOND);
    udp_kit_sleep(k);
    world_name(&k->w, host, UDP_KIT_SERVER, UDP_KIT_SECOND, NULL); /* the new one sticks now */
    reach(k, UDP_KIT_SECOND);
}

static void an_address_of_another_name_does_not_stick(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, host, UDP_KIT_SECOND, UDP_KIT_SERVER, NULL);
    udp_kit_connect(k);
    udp_kit_sleep(k);
    reach(k, UDP_KIT_SECOND);
}

static void an_address_used_before_wins_over_the_family_preferred(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, host, UDP_KIT_SERVER, UDP_KIT_SERVER6, NULL);
    reach(k, UDP_KIT_SERVER);
    udp_kit_sleep(k);
    udp_kit_set(k, DOZE_OPT_PREFERRED_FAMILY, DOZE_FAMILY_IPV6);
    reach(k, UDP_KIT_SERVER);
}

static void an_address_that_fails_gives_way_to_the_next(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, host, UDP_KIT_SERVER, UDP_KIT_SECOND, UDP_KIT_SERVER6, NULL);
    world_fail_next(k->host, WORLD_OP_CONNECT, DOZE_ERR_UNREACHABLE, ENETUNREACH, 1);
    reach(k, UDP_KIT_SECOND);
    doze_forget(k->socket);
    world_fail_next(k->host, WORLD_OP_CONNECT, DOZE_ERR_UNREACHABLE, ENETUNREACH, 2);
    reach(k, UDP_KIT_SERVER6);
    assert_int_equal(world_open_sockets(k->host), 1);
}

static void the_address_used_before_gives_way_too_when_it_fails(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, host, UDP_KIT_SERVER, UDP_KIT_SECOND, NULL);
    reach(k, UDP_KIT_SERVER);
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        uint16_t port = doze_local_port(k->socket);
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        udp_kit_sleep(k);
        world_fail_next(k->host, WORLD_OP_CONNECT, DOZE_ERR_UNREACHABLE, ENETUNREACH, 1);
        reach(k, sleep == DOZE_SLEEP_DROP ? UDP_KIT_SECOND : UDP_KIT_SERVER);
        assert_int_equal(doze_local_port(k->socket), port);
    }
}

static void a_family_that_the_host_does_not_have_gives_way_to_the_other(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, host, UDP_KIT_SERVER6, UDP_KIT_SERVER, NULL);
    world_remove_address(k->host, UDP_KIT_HOST6);
    reach(k, UDP_KIT_SERVER);
    udp_kit_sleep(k);
    world_remove_address(k->host, UDP_KIT_HOST);
    world_add_address(k->host, UDP_KIT_HOST6);
    uint16_t port = doze_local_port(k->socket);
    reach(k, UDP_KIT_SERVER6);
    assert_int_equal(doze_local_port(k->socket), port);
}

static void when_every_address_fails_the_first_failure_is_told_and_nothing_changes(void **state) {
    udp_kit *k = *state;
    view before;
    world_name(&k->w, host, UDP_KIT_SERVER, UDP_KIT_SERVER6, NULL);
    world_remove_address(k->host, UDP_KIT_HOST6);
    udp_kit_connect(k);
    udp_kit_sleep(k);
    view_take(&before, k->socket);
    world_fail_next(k->host, WORLD_OP_CONNECT, DOZE_ERR_BLOCKED, EPERM, 1);
    assert_int_equal(doze_connect(k->socket, host, UDP_KIT_PORT), DOZE_ERR_BLOCKED);
    assert_int_equal(doze_cause(k->socket), EPERM);
    view_is_unchanged(&before, k->socket);
    assert_int_equal(world_leaks(&k->w), 0);
    udp_kit_resume(k);
}

/* ---- DOZE_OPT_PEER_FAILED ---- */

static void an_address_said_to_have_failed_gives_way_once_to_the_next(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, host, UDP_KIT_SERVER, UDP_KIT_SECOND, NULL);
    reach(k, UDP_KIT_SERVER);
    udp_kit_set(k, DOZE_OPT_PEER_FAILED, 1);
    udp_kit_sleep(k);
    reach(k, UDP_KIT_SECOND);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_PEER_FAILED), 0);
    udp_kit_sleep(k);
    reach(k, UDP_KIT_SECOND);
}

static void an_address_said_to_have_failed_is_tried_again_when_there_is_no_other(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, host, UDP_KIT_SERVER, NULL);
    reach(k, UDP_KIT_SERVER);
    udp_kit_set(k, DOZE_OPT_PEER_FAILED, 1);
    udp_kit_sleep(k);
    reach(k, UDP_KIT_SERVER);
}

static void a_connect_that_fails_does_not_forget_that_the_peer_failed(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, host, UDP_KIT_SERVER, UDP_KIT_SECOND, NULL);
    reach(k, UDP_KIT_SERVER);
    udp_kit_set(k, DOZE_OPT_PEER_FAILED, 1);
    udp_kit_sleep(k);
    k->w.names.start_failures = 1;
    assert_int_equal(doze_connect(k->socket, host, UDP_KIT_PORT), DOZE_ERR_RESOLVER);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_PEER_FAILED), 1);
    reach(k, UDP_KIT_SECOND);
}

/* ---- families ---- */

static void a_forced_family_is_the_only_one_used(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, host, UDP_KIT_SERVER, UDP_KIT_SERVER6, NULL);
    udp_kit_set(k, DOZE_OPT_FORCED_FAMILY, DOZE_FAMILY_IPV6);
    reach(k, UDP_KIT_SERVER6);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_FAMILY), DOZE_FAMILY_IPV6);
    udp_kit_sleep(k);
    udp_kit_set(k, DOZE_OPT_FORCED_FAMILY, DOZE_FAMILY_IPV4);
    reach(k, UDP_KIT_SERVER);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_FAMILY), DOZE_FAMILY_IPV4);
    doze_close(k->socket);
    world_name(&k->w, host, UDP_KIT_SERVER6, NULL);
    assert_true(doze_connect(k->socket, host, UDP_KIT_PORT) < 0);
    udp_kit_state_is(k, DOZE_STATE_CLOSED);
    assert_int_equal(doze_connect(k->socket, UDP_KIT_SERVER6, UDP_KIT_PORT), DOZE_ERR_UNREACHABLE);
    udp_kit_state_is(k, DOZE_STATE_CLOSED);
}

static void a_preferred_family_is_tried_first(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, host, UDP_KIT_SERVER, UDP_KIT_SECOND, UDP_KIT_SERVER6, NULL);
    udp_kit_set(k, DOZE_OPT_PREFERRED_FAMILY, DOZE_FAMILY_IPV6);
    reach(k, UDP_KIT_SERVER6);
    doze_forget(k->socket);
    world_remove_address(k->host, UDP_KIT_HOST6);
    reach(k, UDP_KIT_SERVER);
    doze_forget(k->socket);
    world_name(&k->w, host, UDP_KIT_SERVER6, UDP_KIT_SECOND, UDP_KIT_SERVER, NULL);
    udp_kit_set(k, DOZE_OPT_PREFERRED_FAMILY, DOZE_FAMILY_IPV4);
    reach(k, UDP_KIT_SECOND);
}

/* ---- lookups ---- */

static void a_lookup_that_takes_time_is_driven_by_step(void **state) {
    udp_kit *k = *state;
    k->w.names.delay = 100;
    assert_int_equal(doze_connect(k->socket, UDP_KIT_NAME, UDP_KIT_PORT), DOZE_IN_PROGRESS);
    udp_kit_state_is(k, DOZE_STATE_CONNECTING);
    assert_int_equal(doze_next_timeout(k->socket), 100);
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
    world_advance(&k->w, 60);
    assert_int_equal(doze_next_timeout(k->socket), 40);
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
    udp_kit_state_is(k, DOZE_STATE_CONNECTING);
    world_advance(&k->w, 40);
    assert_int_equal(doze_next_timeout(k->socket), 0);
    assert_int_equal(doze_step(k->socket), DOZE_OK);
    udp_kit_state_is(k, DOZE_STATE_CONNECTED);
    assert_int_equal(doze_next_timeout(k->socket), -1);
    assert_int_equal(k->w.names.open, 0);
    assert_int_equal(doze_step(k->socket), DOZE_OK);
    udp_kit_exchange(k);
}

/* What connect says at once, or step after a while; the states are those that it was called in and falls back to. */
static void check_failing_lookup(udp_kit *k, const char *name, doze_result expected, uint32_t start, uint32_t step) {
    static const uint32_t delays[] = {0, 100};
    for (size_t i = 0; i < 2; i++) {
        doze_state before = doze_get_state(k->socket);
        k->w.names.delay = delays[i];
        k->w.names.start_failures = start;
        k->w.names.step_failures = step;
        assert_int_equal(world_connect(&k->w, k->socket, name, UDP_KIT_PORT, UDP_KIT_PATIENCE), expected);
        udp_kit_state_is(k, before);
        assert_int_equal(k->w.names.open, 0);
        assert_int_equal(doze_next_timeout(k->socket), -1);
    }
    k->w.names.delay = 0;
}

static void a_lookup_that_fails_is_told_and_changes_nothing(void **state) {
    udp_kit *k = *state;
    for (int i = 0; i < 2; i++) { /* from CLOSED, from SHUTDOWN */
        check_failing_lookup(k, "unknown.example", DOZE_ERR_HOST_UNKNOWN, 0, 0);
        check_failing_lookup(k, UDP_KIT_NAME, DOZE_ERR_RESOLVER, 1, 0);
        check_failing_lookup(k, UDP_KIT_NAME, DOZE_ERR_RESOLVER, 0, 1);
        k->w.names.failure = DOZE_ERR_NO_MEMORY;
        check_failing_lookup(k, UDP_KIT_NAME, DOZE_ERR_NO_MEMORY, 1, 0);
        k->w.names.failure = DOZE_ERR_RESOLVER;
        assert_int_equal(world_leaks(&k->w), 0);
        if (i == 0) {
            udp_kit_connect(k);
            udp_kit_sleep(k);
        }
    }
    udp_kit_remote_is(k, UDP_KIT_NAME, UDP_KIT_SERVER, UDP_KIT_PORT);
    udp_kit_resume(k);
    udp_kit_exchange(k);
}

static void a_lookup_that_fails_at_once_leaves_a_bound_socket_bound(void **state) {
    udp_kit *k = *state;
    view before;
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    view_take(&before, k->socket);
    assert_int_equal(doze_connect(k->socket, "unknown.example", UDP_KIT_PORT), DOZE_ERR_HOST_UNKNOWN);
    k->w.names.start_failures = 1;
    assert_int_equal(doze_connect(k->socket, UDP_KIT_NAME, UDP_KIT_PORT), DOZE_ERR_RESOLVER);
    view_is_unchanged(&before, k->socket);
}

static void a_lookup_that_fails_later_closes_a_bound_socket(void **state) {
    udp_kit *k = *state;
    k->w.names.delay = 100;
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    assert_int_equal(world_connect(&k->w, k->socket, "unknown.example", UDP_KIT_PORT, UDP_KIT_PATIENCE),
                     DOZE_ERR_HOST_UNKNOWN);
    udp_kit_state_is(k, DOZE_STATE_CLOSED);
    assert_int_equal(doze_fd(k->socket), -1);
    assert_int_equal(world_leaks(&k->w), 0);
}

static void an_address_that_fails_after_a_lookup_falls_back_to_where_connect_began(void **state) {
    udp_kit *k = *state;
    k->w.names.delay = 100;
    world_fail_next(k->host, WORLD_OP_CONNECT, DOZE_ERR_UNREACHABLE, ENETUNREACH, 1);
    assert_int_equal(world_connect(&k->w, k->socket, UDP_KIT_NAME, UDP_KIT_PORT, UDP_KIT_PATIENCE),
                     DOZE_ERR_UNREACHABLE);
    assert_int_equal(doze_cause(k->socket), ENETUNREACH);
    udp_kit_state_is(k, DOZE_STATE_CLOSED);
    assert_int_equal(world_leaks(&k->w), 0);
    udp_kit_connect(k);
    udp_kit_sleep(k);
    world_fail_next(k->host, WORLD_OP_OPEN, DOZE_ERR_NO_DESCRIPTORS, EMFILE, 1);
    assert_int_equal(world_connect(&k->w, k->socket, UDP_KIT_NAME, UDP_KIT_PORT, UDP_KIT_PATIENCE),
                     DOZE_ERR_NO_DESCRIPTORS);
    assert_int_equal(doze_cause(k->socket), EMFILE);
    udp_kit_state_is(k, DOZE_STATE_SHUTDOWN);
    assert_int_equal(world_leaks(&k->w), 0);
    udp_kit_resume(k);
}

static void shutdown_close_and_forget_cancel_a_lookup(void **state) {
    udp_kit *k = *state;
    doze_result (*const verbs[])(doze_socket *) = {doze_shutdown, doze_close, doze_forget};
    static const doze_state states[] = {DOZE_STATE_SHUTDOWN, DOZE_STATE_CLOSED, DOZE_STATE_CLOSED};
    k->w.names.delay = 100;
    for (size_t i = 0; i < 6; i++) {
        if (i >= 3) {
            doze_forget(k->socket);
            assert_int_equal(doze_bind(k->socket, NULL, 0), DOZE_OK);
        }
        assert_int_equal(doze_connect(k->socket, UDP_KIT_NAME, UDP_KIT_PORT), DOZE_IN_PROGRESS);
        assert_int_equal(k->w.names.open, 1);
        assert_int_equal(verbs[i % 3](k->socket), DOZE_OK);
        udp_kit_state_is(k, states[i % 3]);
        assert_int_equal(world_leaks(&k->w), 0);
        assert_int_equal(doze_step(k->socket), DOZE_OK);
    }
    udp_kit_connect(k);
}

static void deinit_cancels_a_lookup(void **state) {
    udp_kit *k = *state;
    k->w.names.delay = 100;
    assert_int_equal(doze_bind(k->socket, NULL, 0), DOZE_OK);
    assert_int_equal(doze_connect(k->socket, UDP_KIT_NAME, UDP_KIT_PORT), DOZE_IN_PROGRESS);
    doze_deinit(k->socket);
    assert_int_equal(world_leaks(&k->w), 0);
}

static void without_a_resolver_addresses_alone_can_be_connected_to(void **state) {
    udp_kit *k = *state;
    doze_udp udp;
    assert_int_equal(doze_udp_init(&udp, &(doze_udp_settings){.net = world_host_net(k->host)}), DOZE_OK);
    assert_int_equal(doze_connect(&udp.socket, UDP_KIT_NAME, UDP_KIT_PORT), DOZE_ERR_HOST_UNKNOWN);
    assert_int_equal(doze_get_state(&udp.socket), DOZE_STATE_CLOSED);
    assert_int_equal(doze_connect(&udp.socket, UDP_KIT_SERVER, UDP_KIT_PORT), DOZE_OK);
    doze_deinit(&udp.socket);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UDP_KIT_TEST(the_address_used_before_is_kept_when_the_order_of_answers_changes),
        UDP_KIT_TEST(an_address_gone_from_the_answers_gives_way_to_the_first_one),
        UDP_KIT_TEST(an_address_of_another_name_does_not_stick),
        UDP_KIT_TEST(an_address_used_before_wins_over_the_family_preferred),
        UDP_KIT_TEST(an_address_that_fails_gives_way_to_the_next),
        UDP_KIT_TEST(the_address_used_before_gives_way_too_when_it_fails),
        UDP_KIT_TEST(a_family_that_the_host_does_not_have_gives_way_to_the_other),
        UDP_KIT_TEST(when_every_address_fails_the_first_failure_is_told_and_nothing_changes),
        UDP_KIT_TEST(an_address_said_to_have_failed_gives_way_once_to_the_next),
        UDP_KIT_TEST(an_address_said_to_have_failed_is_tried_again_when_there_is_no_other),
        UDP_KIT_TEST(a_connect_that_fails_does_not_forget_that_the_peer_failed),
        UDP_KIT_TEST(a_forced_family_is_the_only_one_used),
        UDP_KIT_TEST(a_preferred_family_is_tried_first),
        UDP_KIT_TEST(a_lookup_that_takes_time_is_driven_by_step),
        UDP_KIT_TEST(a_lookup_that_fails_is_told_and_changes_nothing),
        UDP_KIT_TEST(a_lookup_that_fails_at_once_leaves_a_bound_socket_bound),
        UDP_KIT_TEST(a_lookup_that_fails_later_closes_a_bound_socket),
        UDP_KIT_TEST(an_address_that_fails_after_a_lookup_falls_back_to_where_connect_began),
        UDP_KIT_TEST(shutdown_close_and_forget_cancel_a_lookup),
        UDP_KIT_TEST(deinit_cancels_a_lookup),
        UDP_KIT_TEST(without_a_resolver_addresses_alone_can_be_connected_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
