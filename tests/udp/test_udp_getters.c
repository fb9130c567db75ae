/* SPDX-License-Identifier: Apache-2.0 */
/* What a UDP socket knows, in each state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "udp/udp_kit.h"

static void before_the_first_connect_nothing_is_known(void **state) {
    udp_kit *k = *state;
    udp_kit_state_is(k, DOZE_STATE_CLOSED);
    udp_kit_remote_is(k, NULL, NULL, 0);
    udp_kit_local_is(k, NULL, 0);
    assert_int_equal(doze_fd(k->socket), -1);
    assert_int_equal(doze_next_timeout(k->socket), -1);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_FAMILY), DOZE_FAMILY_ANY);
}

static void bound_it_knows_its_own_side_alone(void **state) {
    udp_kit *k = *state;
    assert_int_equal(doze_bind(k->socket, UDP_KIT_HOST, 0), DOZE_OK);
    udp_kit_state_is(k, DOZE_STATE_BOUND);
    udp_kit_remote_is(k, NULL, NULL, 0);
    assert_int_not_equal(doze_local_port(k->socket), 0);
    udp_kit_local_is(k, UDP_KIT_HOST, doze_local_port(k->socket));
    assert_true(doze_fd(k->socket) >= 0);
    assert_int_equal(doze_next_timeout(k->socket), -1);
}

static void looking_up_it_knows_the_peer_of_before_and_nothing_of_the_next(void **state) {
    udp_kit *k = *state;
    k->w.names.delay = 100;
    assert_int_equal(doze_connect(k->socket, UDP_KIT_NAME, UDP_KIT_PORT), DOZE_IN_PROGRESS);
    udp_kit_state_is(k, DOZE_STATE_CONNECTING);
    udp_kit_remote_is(k, NULL, NULL, 0);
    assert_int_equal(doze_next_timeout(k->socket), 100);
    assert_int_equal(world_run(&k->w, k->socket, UDP_KIT_PATIENCE), DOZE_OK);
    uint16_t port = doze_local_port(k->socket);
    udp_kit_sleep(k);
    assert_int_equal(doze_connect(k->socket, UDP_KIT_BOTH, UDP_KIT_OTHER_PORT), DOZE_IN_PROGRESS);
    udp_kit_remote_is(k, UDP_KIT_NAME, UDP_KIT_SERVER, UDP_KIT_PORT);
    udp_kit_local_is(k, UDP_KIT_HOST, port);
}

static void a_name_is_answered_as_it_was_given_connected_asleep_and_closed(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    uint16_t port = doze_local_port(k->socket);
    assert_true(doze_fd(k->socket) >= 0);
    udp_kit_remote_is(k, UDP_KIT_NAME, UDP_KIT_SERVER, UDP_KIT_PORT);
    udp_kit_local_is(k, UDP_KIT_HOST, port);
    udp_kit_sleep(k);
    assert_int_equal(doze_fd(k->socket), -1);
    assert_int_equal(doze_next_timeout(k->socket), -1);
    udp_kit_remote_is(k, UDP_KIT_NAME, UDP_KIT_SERVER, UDP_KIT_PORT);
    udp_kit_local_is(k, UDP_KIT_HOST, port);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_FAMILY), DOZE_FAMILY_IPV4);
    assert_int_equal(doze_close(k->socket), DOZE_OK);
    assert_int_equal(doze_fd(k->socket), -1);
    udp_kit_remote_is(k, UDP_KIT_NAME, UDP_KIT_SERVER, UDP_KIT_PORT);
    udp_kit_local_is(k, UDP_KIT_HOST, port);
}

static void a_literal_is_answered_as_it_was_given_connected_and_asleep(void **state) {
    udp_kit *k = *state;
    static const struct {
        const char *given;
        const char *address;
        const char *own;
    } rows[] = {
        {UDP_KIT_SERVER, UDP_KIT_SERVER, UDP_KIT_HOST},
        {UDP_KIT_SERVER6, UDP_KIT_SERVER6, UDP_KIT_HOST6},
        {"2001:DB8:0:0::1", UDP_KIT_SERVER6, UDP_KIT_HOST6},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(doze_connect(k->socket, rows[i].given, UDP_KIT_PORT), DOZE_OK);
        udp_kit_remote_is(k, rows[i].given, rows[i].address, UDP_KIT_PORT);
        udp_kit_sleep(k);
        udp_kit_remote_is(k, rows[i].given, rows[i].address, UDP_KIT_PORT);
        udp_kit_resume(k);
        udp_kit_remote_is(k, rows[i].given, rows[i].address, UDP_KIT_PORT);
        udp_kit_local_is(k, rows[i].own, doze_local_port(k->socket));
        udp_kit_exchange(k);
        doze_close(k->socket);
    }
    assert_int_equal(k->w.names.lookups, 0);
}

static void the_name_it_answers_can_be_connected_to(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    udp_kit_sleep(k);
    assert_int_equal(doze_connect(k->socket, doze_remote_hostname(k->socket), UDP_KIT_OTHER_PORT), DOZE_OK);
    udp_kit_remote_is(k, UDP_KIT_NAME, UDP_KIT_SERVER, UDP_KIT_OTHER_PORT);
    udp_kit_sleep(k);
    assert_int_equal(doze_connect(k->socket, UDP_KIT_SERVER, UDP_KIT_PORT), DOZE_OK);
    udp_kit_sleep(k);
    assert_int_equal(doze_connect(k->socket, doze_remote_hostname(k->socket), UDP_KIT_PORT), DOZE_OK);
    udp_kit_remote_is(k, UDP_KIT_SERVER, UDP_KIT_SERVER, UDP_KIT_PORT);
}

static void a_shorter_name_leaves_nothing_of_a_longer_one(void **state) {
    udp_kit *k = *state;
    world_name(&k->w, "s", UDP_KIT_SERVER, NULL);
    udp_kit_connect(k);
    udp_kit_sleep(k);
    assert_int_equal(doze_connect(k->socket, "s", UDP_KIT_PORT), DOZE_OK);
    udp_kit_remote_is(k, "s", UDP_KIT_SERVER, UDP_KIT_PORT);
}

static void an_address_that_does_not_fit_the_buffer_is_too_long(void **state) {
    udp_kit *k = *state;
    char text[DOZE_ADDRESS_TEXT_SIZE];
    udp_kit_connect(k);
    assert_int_equal(doze_remote_host(k->socket, text, sizeof(UDP_KIT_SERVER) - 1), DOZE_ERR_TOO_LONG);
    assert_int_equal(doze_remote_host(k->socket, text, sizeof(UDP_KIT_SERVER)), DOZE_OK);
    assert_string_equal(text, UDP_KIT_SERVER);
    assert_int_equal(doze_local_host(k->socket, text, 1), DOZE_ERR_TOO_LONG);
    assert_int_equal(doze_local_host(k->socket, text, 0), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_local_host(k->socket, NULL, sizeof(text)), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_remote_host(k->socket, NULL, sizeof(text)), DOZE_ERR_ARGUMENT);
}

/* ---- memory for the name ---- */

static const char *name_of(char *name, size_t length) {
    memset(name, 'n', length);
    for (size_t i = 50; i + 1 < length; i += 51) {
        name[i] = '.';
    }
    name[length] = '\0';
    return name;
}

static void a_name_longer_than_the_memory_inside_is_refused(void **state) {
    udp_kit *k = *state;
    char name[DOZE_HOSTNAME_MAX + 2];
    world_name(&k->w, name_of(name, DOZE_HOSTNAME_INLINE), UDP_KIT_SERVER, NULL);
    world_name(&k->w, name_of(name, DOZE_HOSTNAME_INLINE - 1), UDP_KIT_SERVER, NULL);
    assert_int_equal(doze_connect(k->socket, name_of(name, DOZE_HOSTNAME_INLINE), UDP_KIT_PORT), DOZE_ERR_HOST);
    udp_kit_state_is(k, DOZE_STATE_CLOSED);
    assert_int_equal(k->w.names.lookups, 0);
    assert_int_equal(doze_connect(k->socket, name_of(name, DOZE_HOSTNAME_INLINE - 1), UDP_KIT_PORT), DOZE_OK);
    udp_kit_remote_is(k, name, UDP_KIT_SERVER, UDP_KIT_PORT);
    udp_kit_sleep(k);
    udp_kit_remote_is(k, name, UDP_KIT_SERVER, UDP_KIT_PORT);
}

static void with_memory_for_it_the_longest_name_is_kept(void **state) {
    udp_kit *k = *state;
    char memory[DOZE_HOSTNAME_MAX + 1];
    char name[DOZE_HOSTNAME_MAX + 2];
    doze_udp udp;
    const doze_udp_settings settings = {
        .net = world_host_net(k->host),
        .resolver = world_resolver(&k->w),
        .hostname_memory = memory,
        .hostname_memory_size = sizeof(memory),
    };
    memset(memory, 'x', sizeof(memory));
    assert_int_equal(doze_udp_init(&udp, &settings), DOZE_OK);
    assert_null(doze_remote_hostname(&udp.socket));
    world_name(&k->w, name_of(name, DOZE_HOSTNAME_MAX), UDP_KIT_SERVER, NULL);
    assert_int_equal(doze_connect(&udp.socket, name, UDP_KIT_PORT), DOZE_OK);
    assert_int_equal(doze_shutdown(&udp.socket), DOZE_OK);
    assert_string_equal(doze_remote_hostname(&udp.socket), name);
    assert_int_equal(doze_connect(&udp.socket, name_of(name, DOZE_HOSTNAME_MAX + 1), UDP_KIT_PORT), DOZE_ERR_HOST);
    doze_deinit(&udp.socket);
    for (size_t i = 0; i < sizeof(memory); i++) {
        assert_int_equal(memory[i], 0);
    }
}

static void init_refuses_what_cannot_work(void **state) {
    udp_kit *k = *state;
    char memory[8];
    doze_udp udp;
    doze_udp_settings settings = {.net = world_host_net(k->host)};
    assert_int_equal(doze_udp_init(NULL, &settings), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_udp_init(&udp, NULL), DOZE_ERR_ARGUMENT);
    settings.hostname_memory = memory;
    assert_int_equal(doze_udp_init(&udp, &settings), DOZE_ERR_ARGUMENT);
    settings = (doze_udp_settings){.resolver = world_resolver(&k->w)};
    assert_int_equal(doze_udp_init(&udp, &settings), DOZE_ERR_ARGUMENT);
}

static void what_is_no_host_or_no_port_is_refused_before_any_lookup(void **state) {
    udp_kit *k = *state;
    assert_int_equal(doze_connect(k->socket, "", UDP_KIT_PORT), DOZE_ERR_HOST);
    assert_int_equal(doze_connect(k->socket, "1.2.3", UDP_KIT_PORT), DOZE_ERR_HOST);
    assert_int_equal(doze_connect(k->socket, "256.1.1.1", UDP_KIT_PORT), DOZE_ERR_HOST);
    assert_int_equal(doze_connect(k->socket, "2001:db8::g", UDP_KIT_PORT), DOZE_ERR_HOST);
    assert_int_equal(doze_connect(k->socket, UDP_KIT_NAME, 0), DOZE_ERR_PORT);
    assert_int_equal(doze_connect(k->socket, NULL, UDP_KIT_PORT), DOZE_ERR_ARGUMENT);
    udp_kit_state_is(k, DOZE_STATE_CLOSED);
    udp_kit_remote_is(k, NULL, NULL, 0);
    assert_int_equal(k->w.names.lookups, 0);
    assert_int_equal(world_calls(k->host, WORLD_OP_OPEN), 0);
}

static void forget_leaves_nothing_to_know(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    udp_kit_exchange(k);
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        udp_kit_sleep(k);
        assert_int_equal(doze_forget(k->socket), DOZE_OK);
        udp_kit_state_is(k, DOZE_STATE_CLOSED);
        udp_kit_remote_is(k, NULL, NULL, 0);
        udp_kit_local_is(k, NULL, 0);
        assert_int_equal(udp_kit_option(k, DOZE_OPT_FAMILY), DOZE_FAMILY_ANY);
        assert_int_equal(udp_kit_option(k, DOZE_OPT_PORT_KEPT), 0);
        assert_int_equal(doze_reuse_last_port(k->socket), DOZE_ERR_NO_LAST_PORT);
        assert_int_equal(world_leaks(&k->w), 0);
        udp_kit_connect(k);
    }
}

static void deinit_zeroizes_and_closes(void **state) {
    udp_kit *k = *state;
    static const doze_udp zero;
    udp_kit_connect(k);
    uint64_t arrived = k->arrived;
    doze_deinit(k->socket);
    assert_memory_equal(&k->udp, &zero, sizeof(zero));
    assert_int_equal(world_leaks(&k->w), 0);
    world_advance(&k->w, 1000);
    assert_int_equal(k->arrived, arrived);
    doze_deinit(k->socket); /* a second time is harmless */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UDP_KIT_TEST(before_the_first_connect_nothing_is_known),
        UDP_KIT_TEST(bound_it_knows_its_own_side_alone),
        UDP_KIT_TEST(looking_up_it_knows_the_peer_of_before_and_nothing_of_the_next),
        UDP_KIT_TEST(a_name_is_answered_as_it_was_given_connected_asleep_and_closed),
        UDP_KIT_TEST(a_literal_is_answered_as_it_was_given_connected_and_asleep),
        UDP_KIT_TEST(the_name_it_answers_can_be_connected_to),
        UDP_KIT_TEST(a_shorter_name_leaves_nothing_of_a_longer_one),
        UDP_KIT_TEST(an_address_that_does_not_fit_the_buffer_is_too_long),
        UDP_KIT_TEST(a_name_longer_than_the_memory_inside_is_refused),
        UDP_KIT_TEST(with_memory_for_it_the_longest_name_is_kept),
        UDP_KIT_TEST(init_refuses_what_cannot_work),
        UDP_KIT_TEST(what_is_no_host_or_no_port_is_refused_before_any_lookup),
        UDP_KIT_TEST(forget_leaves_nothing_to_know),
        UDP_KIT_TEST(deinit_zeroizes_and_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
