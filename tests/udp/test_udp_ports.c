/* SPDX-License-Identifier: Apache-2.0 */
/* Local ports and addresses: which one a socket gets, keeps and takes again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "contract/view.h"
#include "udp/udp_kit.h"

/* ---- bind ---- */

static void bind_takes_the_port_and_address_asked_for(void **state) {
    udp_kit *k = *state;
    static const char *const addresses[] = {UDP_KIT_HOST, UDP_KIT_HOST6, NULL};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(doze_bind(k->socket, addresses[i], 40000), DOZE_OK);
        udp_kit_state_is(k, DOZE_STATE_BOUND);
        udp_kit_local_is(k, addresses[i] == NULL ? "0.0.0.0" : addresses[i], 40000);
        assert_int_equal(world_open_sockets(k->host), 1);
        assert_int_equal(doze_close(k->socket), DOZE_OK);
        assert_int_equal(world_open_sockets(k->host), 0);
    }
}

static void bind_to_port_0_picks_a_free_one(void **state) {
    udp_kit *k = *state;
    doze_udp other;
    assert_int_equal(doze_bind(k->socket, NULL, 0), DOZE_OK);
    assert_int_not_equal(doze_local_port(k->socket), 0);
    udp_kit_another(k, &other);
    assert_int_equal(doze_bind(&other.socket, NULL, 0), DOZE_OK);
    assert_int_not_equal(doze_local_port(&other.socket), 0);
    assert_int_not_equal(doze_local_port(&other.socket), doze_local_port(k->socket));
    doze_deinit(&other.socket);
}

static void bind_without_an_address_follows_the_family_forced_or_else_preferred(void **state) {
    udp_kit *k = *state;
    udp_kit_set(k, DOZE_OPT_PREFERRED_FAMILY, DOZE_FAMILY_IPV6);
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    udp_kit_local_is(k, "::", 40000);
    doze_close(k->socket);
    udp_kit_set(k, DOZE_OPT_FORCED_FAMILY, DOZE_FAMILY_IPV4);
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    udp_kit_local_is(k, "0.0.0.0", 40000);
}

static void bind_to_what_is_no_address_changes_nothing(void **state) {
    udp_kit *k = *state;
    static const char *const bad[] = {"", "localhost", "10.0.0", "10.0.0.2:80", "10.0.0.256", "[::1]", "2001:db8::g"};
    view before;
    view_take(&before, k->socket);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(doze_bind(k->socket, bad[i], 40000), DOZE_ERR_ADDRESS);
        view_is_unchanged(&before, k->socket);
    }
    assert_int_equal(world_calls(k->host, WORLD_OP_OPEN), 0);
}

static void bind_to_a_taken_port_changes_nothing_and_works_once_it_is_free(void **state) {
    udp_kit *k = *state;
    doze_udp thief;
    view before;
    view_take(&before, k->socket);
    udp_kit_take_port(k, &thief, DOZE_FAMILY_IPV4, 40000);
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_ERR_PORT_TAKEN);
    assert_int_equal(doze_bind(k->socket, UDP_KIT_HOST, 40000), DOZE_ERR_PORT_TAKEN);
    view_is_unchanged(&before, k->socket);
    doze_deinit(&thief.socket);
    assert_int_equal(doze_bind(k->socket, UDP_KIT_HOST, 40000), DOZE_OK);
}

static void bind_to_an_address_that_the_host_does_not_have_changes_nothing(void **state) {
    udp_kit *k = *state;
    view before;
    view_take(&before, k->socket);
    assert_int_equal(doze_bind(k->socket, "10.9.9.9", 40000), DOZE_ERR_ADDRESS_GONE);
    assert_int_equal(doze_bind(k->socket, "2001:db8::9", 40000), DOZE_ERR_ADDRESS_GONE);
    view_is_unchanged(&before, k->socket);
}

static void bind_when_a_port_is_there_is_already_bound_and_changes_nothing(void **state) {
    udp_kit *k = *state;
    view before;
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    for (int i = 0; i < 3; i++) { /* BOUND, CONNECTED, SHUTDOWN */
        view_take(&before, k->socket);
        assert_int_equal(doze_bind(k->socket, NULL, 40001), DOZE_ERR_ALREADY_BOUND);
        assert_int_equal(doze_bind(k->socket, NULL, 0), DOZE_ERR_ALREADY_BOUND);
        view_is_unchanged(&before, k->socket);
        if (i == 0) {
            udp_kit_connect(k);
        } else {
            udp_kit_sleep(k);
        }
    }
}

static void a_bound_address_survives_sleep(void **state) {
    udp_kit *k = *state;
    world_add_address(k->host, "10.0.0.3");
    assert_int_equal(doze_bind(k->socket, "10.0.0.3", 40000), DOZE_OK);
    udp_kit_connect(k);
    udp_kit_local_is(k, "10.0.0.3", 40000);
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        udp_kit_sleep(k);
        udp_kit_local_is(k, "10.0.0.3", 40000);
        udp_kit_resume(k);
        udp_kit_local_is(k, "10.0.0.3", 40000);
        udp_kit_exchange(k);
    }
}

static void a_bound_address_that_is_gone_fails_the_wake_and_works_once_it_is_back(void **state) {
    udp_kit *k = *state;
    world_add_address(k->host, "10.0.0.3");
    assert_int_equal(doze_bind(k->socket, "10.0.0.3", 40000), DOZE_OK);
    udp_kit_connect(k);
    udp_kit_sleep(k);
    world_remove_address(k->host, "10.0.0.3");
    view before;
    view_take(&before, k->socket);
    assert_int_equal(doze_resume(k->socket), DOZE_ERR_ADDRESS_GONE);
    assert_int_equal(doze_reuse_last_port(k->socket), DOZE_ERR_ADDRESS_GONE);
    view_is_unchanged(&before, k->socket);
    world_add_address(k->host, "10.0.0.3");
    udp_kit_resume(k);
    udp_kit_local_is(k, "10.0.0.3", 40000);
}

static void an_address_that_was_not_bound_may_change_in_sleep(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        static const char *const moves[][2] = {{UDP_KIT_HOST, "10.0.0.3"}, {"10.0.0.3", "10.0.0.4"}};
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        udp_kit_sleep(k);
        world_remove_address(k->host, moves[sleep][0]);
        world_add_address(k->host, moves[sleep][1]);
        udp_kit_resume(k);
        udp_kit_local_is(k, moves[sleep][1], port);
        udp_kit_exchange(k);
    }
}

static void a_peer_of_another_family_than_the_bound_address_is_unreachable(void **state) {
    udp_kit *k = *state;
    assert_int_equal(doze_bind(k->socket, UDP_KIT_HOST, 40000), DOZE_OK);
    assert_int_equal(doze_connect(k->socket, UDP_KIT_SERVER6, UDP_KIT_PORT), DOZE_ERR_UNREACHABLE);
    udp_kit_state_is(k, DOZE_STATE_BOUND);
    world_name(&k->w, "six.example", UDP_KIT_SERVER6, NULL);
    assert_int_equal(doze_connect(k->socket, "six.example", UDP_KIT_PORT), DOZE_ERR_UNREACHABLE);
    udp_kit_state_is(k, DOZE_STATE_BOUND);
    udp_kit_local_is(k, UDP_KIT_HOST, 40000);
    udp_kit_connect(k);
}

/* ---- connect ---- */

static void connect_keeps_the_port_that_was_bound(void **state) {
    udp_kit *k = *state;
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    udp_kit_connect(k);
    udp_kit_local_is(k, UDP_KIT_HOST, 40000);
    assert_int_equal(world_calls(k->host, WORLD_OP_OPEN), 1);
    udp_kit_exchange(k);
}

static void connect_keeps_the_bound_port_in_the_other_family(void **state) {
    udp_kit *k = *state;
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    assert_int_equal(doze_connect(k->socket, UDP_KIT_SERVER6, UDP_KIT_PORT), DOZE_OK);
    udp_kit_local_is(k, UDP_KIT_HOST6, 40000);
    assert_int_equal(world_open_sockets(k->host), 1);
    udp_kit_exchange(k);
}

static void a_bound_port_that_is_taken_in_the_other_family_fails_the_connect(void **state) {
    udp_kit *k = *state;
    doze_udp thief;
    view before;
    udp_kit_take_port(k, &thief, DOZE_FAMILY_IPV6, 40000);
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    view_take(&before, k->socket);
    assert_int_equal(doze_connect(k->socket, UDP_KIT_SERVER6, UDP_KIT_PORT), DOZE_ERR_PORT_TAKEN);
    view_is_unchanged(&before, k->socket);
    assert_int_equal(world_open_sockets(k->host), 2);
    udp_kit_connect(k);
    udp_kit_local_is(k, UDP_KIT_HOST, 40000);
    doze_deinit(&thief.socket);
}

static void connect_picks_a_port_when_none_was_bound(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    assert_int_not_equal(doze_local_port(k->socket), 0);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_PORT_KEPT), 0);
    udp_kit_exchange(k);
}

static void connect_after_close_does_not_insist_on_the_last_port(void **state) {
    udp_kit *k = *state;
    doze_udp thief;
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    doze_close(k->socket);
    udp_kit_take_port(k, &thief, DOZE_FAMILY_IPV4, port);
    udp_kit_connect(k);
    assert_int_not_equal(doze_local_port(k->socket), port);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_PORT_KEPT), 0);
    doze_deinit(&thief.socket);
}

static void connect_after_close_does_not_insist_on_the_bound_address(void **state) {
    udp_kit *k = *state;
    world_add_address(k->host, "10.0.0.3");
    assert_int_equal(doze_bind(k->socket, "10.0.0.3", 0), DOZE_OK);
    udp_kit_connect(k);
    doze_close(k->socket);
    world_remove_address(k->host, "10.0.0.3");
    udp_kit_connect(k);
    udp_kit_local_is(k, UDP_KIT_HOST, doze_local_port(k->socket));
}

static void connect_from_sleep_keeps_the_port_whatever_the_peer(void **state) {
    udp_kit *k = *state;
    static const char *const hosts[] = {UDP_KIT_NAME, UDP_KIT_BOTH, UDP_KIT_SECOND, UDP_KIT_SERVER6, UDP_KIT_SERVER};
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
            udp_kit_sleep(k);
            assert_int_equal(doze_connect(k->socket, hosts[i], UDP_KIT_PORT), DOZE_OK);
            assert_int_equal(doze_local_port(k->socket), port);
            assert_int_equal(udp_kit_option(k, DOZE_OPT_PORT_KEPT), 1);
            assert_int_equal(world_open_sockets(k->host), 1);
            udp_kit_exchange(k);
        }
    }
}

static void connect_from_sleep_goes_on_from_a_new_port_when_the_last_one_is_taken(void **state) {
    udp_kit *k = *state;
    doze_udp thief;
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    udp_kit_sleep(k);
    udp_kit_take_port(k, &thief, DOZE_FAMILY_IPV4, port);
    udp_kit_connect(k);
    assert_int_not_equal(doze_local_port(k->socket), port);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_PORT_KEPT), 0);
    udp_kit_exchange(k);
    doze_deinit(&thief.socket);
}

static void a_port_bound_but_never_connected_survives_sleep(void **state) {
    udp_kit *k = *state;
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        uint16_t port = (uint16_t)(40000 + sleep);
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        assert_int_equal(doze_bind(k->socket, NULL, port), DOZE_OK);
        udp_kit_sleep(k);
        udp_kit_local_is(k, "0.0.0.0", port);
        udp_kit_connect(k);
        udp_kit_local_is(k, UDP_KIT_HOST, port);
        doze_close(k->socket);
    }
}

/* ---- reuse_last_port ---- */

static void reuse_last_port_without_any_connection_says_so(void **state) {
    udp_kit *k = *state;
    view before;
    view_take(&before, k->socket);
    assert_int_equal(doze_reuse_last_port(k->socket), DOZE_ERR_NO_LAST_PORT);
    view_is_unchanged(&before, k->socket);
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        udp_kit_sleep(k);
        view_take(&before, k->socket);
        assert_int_equal(doze_reuse_last_port(k->socket), DOZE_ERR_NO_LAST_PORT);
        view_is_unchanged(&before, k->socket);
        doze_close(k->socket);
        assert_int_equal(doze_reuse_last_port(k->socket), DOZE_ERR_NO_LAST_PORT);
        assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    }
}

static void reuse_last_port_after_close_and_after_sleep_binds_it_again(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    doze_result (*const rests[])(doze_socket *) = {doze_close, doze_shutdown};
    for (size_t i = 0; i < 4; i++) {
        udp_kit_set(k, DOZE_OPT_SLEEP, i < 2 ? DOZE_SLEEP_DROP : DOZE_SLEEP_HOLD);
        assert_int_equal(rests[i % 2](k->socket), DOZE_OK);
        assert_int_equal(doze_reuse_last_port(k->socket), DOZE_OK);
        udp_kit_state_is(k, DOZE_STATE_BOUND);
        assert_true(doze_fd(k->socket) >= 0);
        assert_int_equal(doze_local_port(k->socket), port);
        assert_int_equal(doze_reuse_last_port(k->socket), DOZE_ERR_ALREADY_BOUND);
        udp_kit_connect(k);
        assert_int_equal(doze_local_port(k->socket), port);
        assert_int_equal(udp_kit_option(k, DOZE_OPT_PORT_KEPT), 1);
        assert_int_equal(doze_reuse_last_port(k->socket), DOZE_ERR_ALREADY_BOUND);
        udp_kit_exchange(k);
    }
}

static void reuse_last_port_works_for_ipv6(void **state) {
    udp_kit *k = *state;
    assert_int_equal(doze_connect(k->socket, UDP_KIT_SERVER6, UDP_KIT_PORT), DOZE_OK);
    uint16_t port = doze_local_port(k->socket);
    doze_close(k->socket);
    assert_int_equal(doze_reuse_last_port(k->socket), DOZE_OK);
    assert_int_equal(world_last_request(k->host)->local.family, DOZE_FAMILY_IPV6);
    assert_int_equal(doze_connect(k->socket, UDP_KIT_SERVER6, UDP_KIT_PORT), DOZE_OK);
    udp_kit_local_is(k, UDP_KIT_HOST6, port);
}

static void reuse_last_port_of_a_taken_port_changes_nothing_and_works_once_it_is_free(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    doze_result (*const rests[])(doze_socket *) = {doze_close, doze_shutdown};
    for (size_t i = 0; i < 2; i++) {
        doze_udp thief;
        view before;
        assert_int_equal(rests[i](k->socket), DOZE_OK);
        udp_kit_take_port(k, &thief, DOZE_FAMILY_IPV4, port);
        view_take(&before, k->socket);
        assert_int_equal(doze_reuse_last_port(k->socket), DOZE_ERR_PORT_TAKEN);
        assert_int_not_equal(doze_cause(k->socket), 0);
        view_is_unchanged(&before, k->socket);
        doze_deinit(&thief.socket);
        assert_int_equal(doze_reuse_last_port(k->socket), DOZE_OK);
        udp_kit_connect(k);
        assert_int_equal(doze_local_port(k->socket), port);
    }
}

/* "The local port of the last connection", although another one was bound since. */
static void reuse_last_port_means_the_last_connection_and_no_later_bind(void **state) {
    udp_kit *k = *state;
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        udp_kit_connect(k);
        uint16_t port = doze_local_port(k->socket);
        doze_close(k->socket);
        assert_int_equal(doze_bind(k->socket, NULL, (uint16_t)(port ^ 1)), DOZE_OK);
        udp_kit_sleep(k);
        assert_int_equal(doze_reuse_last_port(k->socket), DOZE_OK);
        assert_int_equal(doze_local_port(k->socket), port);
        doze_close(k->socket);
    }
}

static void with_reuse_addr_on_both_a_port_is_shared(void **state) {
    udp_kit *k = *state;
    doze_udp other;
    udp_kit_set(k, DOZE_OPT_REUSE_ADDR, 1);
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    udp_kit_another(k, &other);
    assert_int_equal(doze_bind(&other.socket, NULL, 40000), DOZE_ERR_PORT_TAKEN);
    assert_int_equal(doze_set_option(&other.socket, DOZE_OPT_REUSE_ADDR, 1), DOZE_OK);
    assert_int_equal(doze_bind(&other.socket, NULL, 40000), DOZE_OK);
    doze_deinit(&other.socket);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UDP_KIT_TEST(bind_takes_the_port_and_address_asked_for),
        UDP_KIT_TEST(bind_to_port_0_picks_a_free_one),
        UDP_KIT_TEST(bind_without_an_address_follows_the_family_forced_or_else_preferred),
        UDP_KIT_TEST(bind_to_what_is_no_address_changes_nothing),
        UDP_KIT_TEST(bind_to_a_taken_port_changes_nothing_and_works_once_it_is_free),
        UDP_KIT_TEST(bind_to_an_address_that_the_host_does_not_have_changes_nothing),
        UDP_KIT_TEST(bind_when_a_port_is_there_is_already_bound_and_changes_nothing),
        UDP_KIT_TEST(a_bound_address_survives_sleep),
        UDP_KIT_TEST(a_bound_address_that_is_gone_fails_the_wake_and_works_once_it_is_back),
        UDP_KIT_TEST(an_address_that_was_not_bound_may_change_in_sleep),
        UDP_KIT_TEST(a_peer_of_another_family_than_the_bound_address_is_unreachable),
        UDP_KIT_TEST(connect_keeps_the_port_that_was_bound),
        UDP_KIT_TEST(connect_keeps_the_bound_port_in_the_other_family),
        UDP_KIT_TEST(a_bound_port_that_is_taken_in_the_other_family_fails_the_connect),
        UDP_KIT_TEST(connect_picks_a_port_when_none_was_bound),
        UDP_KIT_TEST(connect_after_close_does_not_insist_on_the_last_port),
        UDP_KIT_TEST(connect_after_close_does_not_insist_on_the_bound_address),
        UDP_KIT_TEST(connect_from_sleep_keeps_the_port_whatever_the_peer),
        UDP_KIT_TEST(connect_from_sleep_goes_on_from_a_new_port_when_the_last_one_is_taken),
        UDP_KIT_TEST(a_port_bound_but_never_connected_survives_sleep),
        UDP_KIT_TEST(reuse_last_port_without_any_connection_says_so),
        UDP_KIT_TEST(reuse_last_port_after_close_and_after_sleep_binds_it_again),
        UDP_KIT_TEST(reuse_last_port_works_for_ipv6),
        UDP_KIT_TEST(reuse_last_port_of_a_taken_port_changes_nothing_and_works_once_it_is_free),
        UDP_KIT_TEST(reuse_last_port_means_the_last_connection_and_no_later_bind),
        UDP_KIT_TEST(with_reuse_addr_on_both_a_port_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
