/* SPDX-License-Identifier: Apache-2.0 */
/* Sleeping and waking of a UDP socket, with the kernel's socket dropped or held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "contract/view.h"
#include "udp/udp_kit.h"

/* ---- both ways ---- */

static void a_hundred_sleeps_keep_the_port(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    for (int i = 0; i < 200; i++) {
        udp_kit_set(k, DOZE_OPT_SLEEP, i < 100 ? DOZE_SLEEP_DROP : DOZE_SLEEP_HOLD);
        udp_kit_sleep(k);
        assert_int_equal(world_open_sockets(k->host), i < 100 ? 0 : 1);
        world_advance(&k->w, 3600 * 1000);
        udp_kit_resume(k);
        assert_int_equal(doze_local_port(k->socket), port);
        assert_int_equal(udp_kit_option(k, DOZE_OPT_PORT_KEPT), 1);
        udp_kit_exchange(k);
    }
}

static void falling_asleep_and_waking_send_nothing(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    udp_kit_exchange(k);
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        udp_kit_sleep(k);
        assert_int_equal(doze_step(k->socket), DOZE_OK);
        udp_kit_resume(k);
        udp_kit_sleep(k);
        doze_close(k->socket);
        world_advance(&k->w, 10000);
        assert_int_equal(k->arrived, 1);
        assert_int_equal(udp_kit_option(k, DOZE_OPT_DATAGRAMS_SENT), 1);
        udp_kit_connect(k);
    }
}

static void waking_asks_no_name_service(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    k->w.names.start_failures = UINT32_MAX;
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        udp_kit_sleep(k);
        udp_kit_resume(k);
        udp_kit_remote_is(k, UDP_KIT_NAME, UDP_KIT_SERVER, UDP_KIT_PORT);
        udp_kit_exchange(k);
    }
    assert_int_equal(k->w.names.lookups, 1);
}

static void waking_without_any_connection_is_no_peer(void **state) {
    udp_kit *k = *state;
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        view before;
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        assert_int_equal(doze_bind(k->socket, NULL, 0), DOZE_OK);
        udp_kit_sleep(k);
        view_take(&before, k->socket);
        assert_int_equal(doze_resume(k->socket), DOZE_ERR_NO_PEER);
        view_is_unchanged(&before, k->socket);
        doze_close(k->socket);
    }
}

static void sleeping_twice_is_sleeping_once(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        view before;
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        udp_kit_sleep(k);
        view_take(&before, k->socket);
        assert_int_equal(doze_shutdown(k->socket), DOZE_OK);
        view_is_unchanged(&before, k->socket);
        udp_kit_resume(k);
    }
}

static void sleep_during_a_lookup_cancels_it_and_keeps_the_peer_of_before(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    k->w.names.delay = 100;
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        udp_kit_sleep(k);
        assert_int_equal(doze_connect(k->socket, UDP_KIT_BOTH, UDP_KIT_OTHER_PORT), DOZE_IN_PROGRESS);
        udp_kit_sleep(k);
        assert_int_equal(k->w.names.open, 0);
        assert_int_equal(doze_next_timeout(k->socket), -1);
        assert_int_equal(doze_fd(k->socket), -1);
        udp_kit_resume(k);
        udp_kit_remote_is(k, UDP_KIT_NAME, UDP_KIT_SERVER, UDP_KIT_PORT);
        udp_kit_local_is(k, UDP_KIT_HOST, port);
        udp_kit_exchange(k);
    }
}

static void sleep_during_the_first_lookup_leaves_no_peer_to_wake_to(void **state) {
    udp_kit *k = *state;
    k->w.names.delay = 100;
    assert_int_equal(doze_connect(k->socket, UDP_KIT_NAME, UDP_KIT_PORT), DOZE_IN_PROGRESS);
    udp_kit_sleep(k);
    assert_int_equal(doze_resume(k->socket), DOZE_ERR_NO_PEER);
    udp_kit_connect(k);
}

static void close_from_sleep_frees_the_port_and_keeps_the_getters(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    udp_kit_set(k, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    udp_kit_sleep(k);
    assert_int_equal(doze_close(k->socket), DOZE_OK);
    assert_int_equal(world_open_sockets(k->host), 0);
    udp_kit_remote_is(k, UDP_KIT_NAME, UDP_KIT_SERVER, UDP_KIT_PORT);
    udp_kit_local_is(k, UDP_KIT_HOST, port);
    assert_int_equal(doze_resume(k->socket), DOZE_ERR_STATE);
}

/* ---- drop ---- */

static void a_port_taken_in_sleep_makes_the_wake_go_on_from_a_new_one_and_say_so(void **state) {
    udp_kit *k = *state;
    doze_udp thief;
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    udp_kit_sleep(k);
    udp_kit_take_port(k, &thief, DOZE_FAMILY_IPV4, port);
    udp_kit_resume(k);
    uint16_t new_port = doze_local_port(k->socket);
    assert_int_not_equal(new_port, port);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_PORT_KEPT), 0);
    udp_kit_exchange(k);
    doze_deinit(&thief.socket);
    udp_kit_sleep(k); /* from now on, that is the port */
    udp_kit_resume(k);
    assert_int_equal(doze_local_port(k->socket), new_port);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_PORT_KEPT), 1);
}

static void what_arrives_for_a_dropped_socket_is_refused_by_the_host_and_never_read(void **state) {
    udp_kit *k = *state;
    char buffer[16];
    size_t size = 0;
    udp_kit_connect(k);
    assert_int_equal(doze_send(k->socket, "late", 4), DOZE_OK);
    udp_kit_sleep(k);
    world_advance(&k->w, 1000);
    assert_int_equal(k->w.refused, 1);
    udp_kit_resume(k);
    assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
    udp_kit_exchange(k);
}

/* ---- hold ---- */

static void hold(udp_kit *k) {
    udp_kit_set(k, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    udp_kit_sleep(k);
}

static void on_hold_the_same_kernel_socket_is_deaf_and_wakes_without_any_bind(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    int fd = doze_fd(k->socket);
    hold(k);
    assert_int_equal(world_calls(k->host, WORLD_OP_DEAFEN), 1);
    assert_int_equal(doze_fd(k->socket), -1);
    udp_kit_resume(k);
    assert_int_equal(doze_fd(k->socket), fd);
    assert_int_equal(world_calls(k->host, WORLD_OP_UNDEAFEN), 1);
    assert_int_equal(world_calls(k->host, WORLD_OP_OPEN), 1);
}

static void on_hold_nothing_is_queued_and_nobody_is_refused(void **state) {
    udp_kit *k = *state;
    char buffer[16];
    size_t size = 0;
    udp_kit_connect(k);
    assert_int_equal(doze_send(k->socket, "early", 5), DOZE_OK);
    world_advance(&k->w, 1000); /* its answer waits to be read, that of the next comes in sleep */
    assert_int_equal(doze_send(k->socket, "late", 4), DOZE_OK);
    hold(k);
    world_advance(&k->w, 1000);
    assert_int_equal(k->w.refused, 0);
    udp_kit_resume(k);
    assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
    udp_kit_exchange(k);
}

static void on_hold_nobody_can_take_the_port(void **state) {
    udp_kit *k = *state;
    doze_udp thief;
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    hold(k);
    udp_kit_another(k, &thief);
    assert_int_equal(doze_bind(&thief.socket, NULL, port), DOZE_ERR_PORT_TAKEN);
    assert_int_equal(doze_bind(&thief.socket, UDP_KIT_HOST, port), DOZE_ERR_PORT_TAKEN);
    doze_deinit(&thief.socket);
    udp_kit_resume(k);
    assert_int_equal(doze_local_port(k->socket), port);
}

static void hold_is_refused_where_the_platform_cannot(void **state) {
    udp_kit *k = *state;
    world_set_can_deafen(k->host, false);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD), DOZE_ERR_UNSUPPORTED);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_SLEEP), DOZE_SLEEP_DROP);
    udp_kit_set(k, DOZE_OPT_SLEEP, DOZE_SLEEP_DROP);
    udp_kit_connect(k);
    udp_kit_sleep(k);
    assert_int_equal(world_open_sockets(k->host), 0);
    udp_kit_resume(k);
}

static void a_socket_that_will_not_go_deaf_stays_as_it_was(void **state) {
    udp_kit *k = *state;
    view before;
    udp_kit_connect(k);
    udp_kit_set(k, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    view_take(&before, k->socket);
    world_fail_next(k->host, WORLD_OP_DEAFEN, DOZE_ERR_NO_MEMORY, 12, 1);
    assert_int_equal(doze_shutdown(k->socket), DOZE_ERR_NO_MEMORY);
    assert_int_equal(doze_cause(k->socket), 12);
    view_is_unchanged(&before, k->socket);
    udp_kit_exchange(k);
    udp_kit_sleep(k);
    udp_kit_resume(k);
}

static void a_socket_that_will_not_hear_again_stays_asleep(void **state) {
    udp_kit *k = *state;
    view before;
    udp_kit_connect(k);
    hold(k);
    view_take(&before, k->socket);
    world_fail_next(k->host, WORLD_OP_UNDEAFEN, DOZE_ERR_NO_MEMORY, 12, 2);
    assert_int_equal(doze_resume(k->socket), DOZE_ERR_NO_MEMORY);
    assert_int_equal(doze_cause(k->socket), 12);
    view_is_unchanged(&before, k->socket);
    assert_int_equal(doze_reuse_last_port(k->socket), DOZE_ERR_NO_MEMORY);
    view_is_unchanged(&before, k->socket);
    udp_kit_resume(k);
    udp_kit_exchange(k);
}

static void a_lookup_that_fails_leaves_a_held_socket_held(void **state) {
    udp_kit *k = *state;
    view before;
    udp_kit_connect(k);
    hold(k);
    view_take(&before, k->socket);
    k->w.names.delay = 100;
    assert_int_equal(world_connect(&k->w, k->socket, "unknown.example", UDP_KIT_PORT, UDP_KIT_PATIENCE),
                     DOZE_ERR_HOST_UNKNOWN);
    view_is_unchanged(&before, k->socket);
    assert_int_equal(world_open_sockets(k->host), 1);
    udp_kit_resume(k);
    udp_kit_exchange(k);
}

static void a_bound_socket_can_be_held_and_goes_on_to_connect(void **state) {
    udp_kit *k = *state;
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
    hold(k);
    assert_int_equal(world_open_sockets(k->host), 1);
    udp_kit_connect(k);
    udp_kit_local_is(k, UDP_KIT_HOST, 40000);
    assert_int_equal(world_calls(k->host, WORLD_OP_OPEN), 1);
    udp_kit_exchange(k);
}

static void how_it_fell_asleep_counts_and_no_option_set_since(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    hold(k);
    udp_kit_set(k, DOZE_OPT_SLEEP, DOZE_SLEEP_DROP);
    udp_kit_resume(k);
    udp_kit_exchange(k);
    udp_kit_sleep(k);
    assert_int_equal(world_open_sockets(k->host), 0);
    udp_kit_set(k, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    udp_kit_resume(k);
    assert_int_equal(doze_local_port(k->socket), port);
    udp_kit_exchange(k);
}

/* ---- a new life ---- */

static void a_rebooted_device_recalls_peer_and_port_and_wakes_without_a_lookup(void **state) {
    udp_kit *k = *state;
    char name[DOZE_HOSTNAME_INLINE];
    doze_endpoints past;
    udp_kit_connect(k);
    udp_kit_sleep(k);
    doze_get_endpoints(k->socket, &past);
    strcpy(name, past.hostname);
    past.hostname = name;
    doze_udp reborn;
    udp_kit_another(k, &reborn);
    doze_udp before = k->udp;
    doze_deinit(k->socket);
    k->socket = &reborn.socket;
    assert_int_equal(doze_recall(k->socket, &past), DOZE_OK);
    udp_kit_state_is(k, DOZE_STATE_SHUTDOWN);
    udp_kit_remote_is(k, UDP_KIT_NAME, UDP_KIT_SERVER, UDP_KIT_PORT);
    assert_int_equal(doze_local_port(k->socket), past.local.port);
    udp_kit_resume(k);
    assert_int_equal(doze_local_port(k->socket), past.local.port);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_PORT_KEPT), 1);
    udp_kit_exchange(k);
    assert_int_equal(k->w.names.lookups, 1);
    doze_deinit(&reborn.socket);
    k->udp = before;
    k->udp.kernel.fd = -1;
    k->socket = &k->udp.socket;
}

static void a_recalled_name_that_does_not_fit_is_refused_and_changes_nothing(void **state) {
    udp_kit *k = *state;
    char name[DOZE_HOSTNAME_INLINE + 1];
    memset(name, 'n', sizeof(name));
    name[DOZE_HOSTNAME_INLINE] = '\0';
    const doze_endpoints past = {.hostname = name, .remote = world_endpoint(UDP_KIT_SERVER, UDP_KIT_PORT)};
    assert_int_equal(doze_recall(k->socket, &past), DOZE_ERR_HOST);
    udp_kit_state_is(k, DOZE_STATE_CLOSED);
    udp_kit_remote_is(k, NULL, NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UDP_KIT_TEST(a_rebooted_device_recalls_peer_and_port_and_wakes_without_a_lookup),
        UDP_KIT_TEST(a_recalled_name_that_does_not_fit_is_refused_and_changes_nothing),
        UDP_KIT_TEST(a_hundred_sleeps_keep_the_port),
        UDP_KIT_TEST(falling_asleep_and_waking_send_nothing),
        UDP_KIT_TEST(waking_asks_no_name_service),
        UDP_KIT_TEST(waking_without_any_connection_is_no_peer),
        UDP_KIT_TEST(sleeping_twice_is_sleeping_once),
        UDP_KIT_TEST(sleep_during_a_lookup_cancels_it_and_keeps_the_peer_of_before),
        UDP_KIT_TEST(sleep_during_the_first_lookup_leaves_no_peer_to_wake_to),
        UDP_KIT_TEST(close_from_sleep_frees_the_port_and_keeps_the_getters),
        UDP_KIT_TEST(a_port_taken_in_sleep_makes_the_wake_go_on_from_a_new_one_and_say_so),
        UDP_KIT_TEST(what_arrives_for_a_dropped_socket_is_refused_by_the_host_and_never_read),
        UDP_KIT_TEST(on_hold_the_same_kernel_socket_is_deaf_and_wakes_without_any_bind),
        UDP_KIT_TEST(on_hold_nothing_is_queued_and_nobody_is_refused),
        UDP_KIT_TEST(on_hold_nobody_can_take_the_port),
        UDP_KIT_TEST(hold_is_refused_where_the_platform_cannot),
        UDP_KIT_TEST(a_socket_that_will_not_go_deaf_stays_as_it_was),
        UDP_KIT_TEST(a_socket_that_will_not_hear_again_stays_asleep),
        UDP_KIT_TEST(a_lookup_that_fails_leaves_a_held_socket_held),
        UDP_KIT_TEST(a_bound_socket_can_be_held_and_goes_on_to_connect),
        UDP_KIT_TEST(how_it_fell_asleep_counts_and_no_option_set_since),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
