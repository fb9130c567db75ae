/* SPDX-License-Identifier: Apache-2.0 */
/* The table of docs/waking.md against a real kernel: its NAT, its ICMP, its interfaces. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "netns/scene.h"

enum { SKIPPED = 77 };

static bool with_cid(void **state) {
    return *(const bool *)*state;
}

/* ---- nothing changed ---- */

static void a_sleep_behind_a_nat_that_remembers_costs_nothing(void **state) {
    scene_begin(with_cid(state));
    for (int i = 0; i < 4; i++) {
        scene_sleep(i % 2 == 0 ? DOZE_SLEEP_DROP : DOZE_SLEEP_HOLD);
        scene_expect_kept(true);
        scene_expect_answered(0);
    }
    scene_end();
}

/* ---- the NAT ---- */

static void a_nat_that_forgot_and_gives_the_same_port_costs_nothing(void **state) {
    scene_begin(with_cid(state));
    scene_sleep(DOZE_SLEEP_DROP);
    assert_true(lab_set_nat_port(&s.l, SCENE_NAT_PORT));
    scene_expect_kept(true);
    scene_expect_answered(0);
    scene_end();
}

static void a_nat_that_gives_another_port_costs_nothing_with_connection_id_and_a_resumption_without(void **state) {
    scene_begin(with_cid(state));
    scene_sleep(DOZE_SLEEP_DROP);
    assert_true(lab_set_nat_port(&s.l, SCENE_OTHER_NAT_PORT));
    scene_expect_kept(true);
    if (s.with_cid) {
        scene_expect_answered(1);
    } else {
        scene_expect_no_answer();
        scene_expect_no_answer();
        assert_int_equal(doze_send(s.socket, "x", 1), DOZE_IN_PROGRESS);
        assert_int_equal(scene_drive(DOZE_IN_PROGRESS), DOZE_OK);
        scene_expect_new_context(DOZE_REASON_SILENCE);
    }
    scene_end();
}

/* ---- the client's host ---- */

static void expect_unreachable_until_it_is_up(doze_sleep sleep) {
    scene_sleep(sleep);
    assert_true(lab_run(&s.l, LAB_CLIENT, "ip link set c0 down"));
    assert_int_equal(scene_wake(), DOZE_ERR_UNREACHABLE);
    assert_int_equal(doze_get_state(s.socket), DOZE_STATE_SHUTDOWN);
    assert_true(lab_run(&s.l, LAB_CLIENT, "ip link set c0 up && ip route add default via 10.0.0.1"));
    scene_expect_kept(true);
    scene_expect_answered(0);
}

static void an_interface_that_is_down_fails_the_wake_and_costs_no_association(void **state) {
    scene_begin(with_cid(state));
    expect_unreachable_until_it_is_up(DOZE_SLEEP_DROP);
    expect_unreachable_until_it_is_up(DOZE_SLEEP_HOLD);
    scene_end();
}

static void change_address(const char *from, const char *to) {
    char command[160];
    (void)snprintf(command, sizeof(command),
                   "ip addr del %s/24 dev c0 && ip addr add %s/24 dev c0 && ip route replace default via 10.0.0.1",
                   from, to);
    assert_true(lab_run(&s.l, LAB_CLIENT, command));
}

static void expect_moved(doze_sleep sleep) {
    scene_sleep(sleep);
    change_address(LAB_CLIENT_ADDRESS, "10.0.0.3");
    assert_true(lab_set_nat_port(&s.l, SCENE_OTHER_NAT_PORT));
    if (s.with_cid) {
        scene_expect_kept(true);
        scene_expect_answered(1);
    } else {
        assert_int_equal(scene_wake(), DOZE_OK);
        scene_expect_new_context(DOZE_REASON_LOCAL_ADDRESS);
    }
    assert_int_equal(doze_local_port(s.socket), s.port);
    change_address("10.0.0.3", LAB_CLIENT_ADDRESS);
    scene_end();
}

static void a_new_local_address_costs_nothing_with_connection_id_and_a_resumption_without(void **state) {
    scene_begin(with_cid(state));
    expect_moved(DOZE_SLEEP_DROP);
    scene_begin(with_cid(state));
    expect_moved(DOZE_SLEEP_HOLD);
}

static void a_port_that_was_taken_costs_nothing_with_connection_id_and_a_resumption_without(void **state) {
    doze_udp thief;
    scene_begin(with_cid(state));
    scene_sleep(DOZE_SLEEP_DROP);
    lab_enter(&s.l, LAB_CLIENT);
    assert_int_equal(doze_udp_init(&thief, &(doze_udp_settings){.net = doze_posix_net()}), DOZE_OK);
    assert_int_equal(doze_bind(&thief.socket, NULL, s.port), DOZE_OK);
    assert_true(lab_set_nat_port(&s.l, SCENE_OTHER_NAT_PORT));
    if (s.with_cid) {
        scene_expect_kept(false);
        scene_expect_answered(1);
    } else {
        assert_int_equal(scene_wake(), DOZE_OK);
        assert_int_equal(scene_option(DOZE_OPT_PORT_KEPT), 0);
        scene_expect_new_context(DOZE_REASON_PORT);
    }
    doze_deinit(&thief.socket);
    scene_end();
}

/* ---- ICMP ---- */

/* Its port is closed, and what it knows stays. */
static void stop_server(void) {
    assert_int_equal(close(s.server.fd), 0);
    s.server_stopped = true;
}

static void go_on_with_server(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(peer_udp_port(&s.server))};
    lab_enter(&s.l, LAB_SERVER);
    assert_int_equal(inet_pton(AF_INET, LAB_SERVER_ADDRESS, &at.sin_addr), 1);
    s.server.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s.server.fd, (const struct sockaddr *)&at, sizeof(at)), 0);
    s.server_stopped = false;
}

static void a_server_that_refuses_costs_no_association_and_is_asked_again(void **state) {
    scene_begin_behind(0, with_cid(state)); /* which lets a fresh port through as well */
    stop_server();
    scene_sleep(DOZE_SLEEP_DROP);
    scene_expect_kept(true);
    scene_expect_no_answer();
    scene_expect_no_answer();
    assert_int_equal(doze_send(s.socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(scene_drive(DOZE_IN_PROGRESS), DOZE_ERR_REFUSED);
    assert_int_equal(doze_get_state(s.socket), DOZE_STATE_SHUTDOWN);
    assert_in_range(scene_option(DOZE_OPT_REFUSALS), 1, 100);
    go_on_with_server();
    tap_clear(&s.tap);
    scene_expect_kept(true);
    scene_expect_answered(0);
    scene_end();
}

static void say_to_the_sleeper(void) {
    peer_association *a = peer_newest(&s.server.peer);
    assert_non_null(a);
    assert_int_equal(peer_say(&s.server.peer, a, "hello?", 6), 0);
}

static void what_comes_in_sleep_is_refused_by_the_host_on_drop_and_lost_on_hold(void **state) {
    scene_begin(with_cid(state));
    long before = lab_unreachables_sent(&s.l);
    scene_sleep(DOZE_SLEEP_DROP);
    say_to_the_sleeper();
    for (int waited = 0; lab_unreachables_sent(&s.l) == before && waited < SCENE_ANSWER_MS; waited += SCENE_IDLE_MS) {
        scene_traffic(SCENE_IDLE_MS);
    }
    assert_int_equal(lab_unreachables_sent(&s.l), before + 1);
    scene_expect_kept(true);
    scene_expect_answered(0);
    scene_sleep(DOZE_SLEEP_HOLD);
    say_to_the_sleeper();
    scene_traffic(SCENE_IDLE_MS);
    scene_expect_kept(true);
    scene_expect_answered(0);
    assert_int_equal(lab_unreachables_sent(&s.l), before + 1);
    scene_end();
}

/* clang-format off */
#define BOTH(name) {#name ", with Connection ID", name, NULL, NULL, &with}, {#name ", without", name, NULL, NULL, &without}
/* clang-format on */

int main(void) {
    static bool with = true;
    static bool without = false;
    const struct CMUnitTest tests[] = {
        BOTH(a_sleep_behind_a_nat_that_remembers_costs_nothing),
        BOTH(a_nat_that_forgot_and_gives_the_same_port_costs_nothing),
        BOTH(a_nat_that_gives_another_port_costs_nothing_with_connection_id_and_a_resumption_without),
        BOTH(an_interface_that_is_down_fails_the_wake_and_costs_no_association),
        BOTH(a_new_local_address_costs_nothing_with_connection_id_and_a_resumption_without),
        BOTH(a_port_that_was_taken_costs_nothing_with_connection_id_and_a_resumption_without),
        BOTH(a_server_that_refuses_costs_no_association_and_is_asked_again),
        BOTH(what_comes_in_sleep_is_refused_by_the_host_on_drop_and_lost_on_hold),
    };
    const char *why = lab_open(&s.l);
    if (why != NULL) {
        printf("skipped: %s\n", why);
        printf("figures: netns_scenarios=0 netns_skipped=%zu\n", sizeof(tests) / sizeof(tests[0]));
        return SKIPPED;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("figures: netns_scenarios=%d netns_skipped=0\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed);
    lab_close(&s.l);
    return failed;
}
