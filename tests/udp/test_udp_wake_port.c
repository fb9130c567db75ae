/* SPDX-License-Identifier: Apache-2.0 */
/* The options by which a layer above steers where a wake goes, and what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "udp/udp_kit.h"

static void a_wake_port_is_set_at_rest_alone_and_must_be_a_port(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_WAKE_PORT, 4000), DOZE_ERR_OPTION);
    udp_kit_sleep(k);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_WAKE_PORT, -1), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_WAKE_PORT, 65536), DOZE_ERR_OPTION);
    udp_kit_set(k, DOZE_OPT_WAKE_PORT, 4000);
    assert_int_equal(doze_resume(k->socket), DOZE_OK);
    assert_int_equal(doze_local_port(k->socket), 4000);
    udp_kit_exchange(k);
}

static void a_wake_port_of_0_is_any(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    int64_t before = udp_kit_option(k, DOZE_OPT_WAKE_PORT);
    assert_int_equal(before, doze_local_port(k->socket));
    udp_kit_sleep(k);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_WAKE_PORT, 0), DOZE_OK);
    assert_int_equal(doze_resume(k->socket), DOZE_OK);
    assert_int_not_equal(doze_local_port(k->socket), 0);
    assert_int_not_equal(doze_local_port(k->socket), before);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_PORT_KEPT), 0);
    udp_kit_exchange(k);
}

static void only_a_name_with_a_resolver_that_does_not_block_can_be_looked_up_again(void **state) {
    udp_kit *k = *state;
    doze_udp bare;
    assert_int_equal(udp_kit_option(k, DOZE_OPT_CAN_LOOK_UP), 0); /* no name yet */
    udp_kit_connect(k);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_CAN_LOOK_UP), 1);
    doze_resolver_ops blocking = *world_resolver(&k->w)->ops;
    blocking.blocks = true;
    k->w.resolver.ops = &blocking;
    assert_int_equal(udp_kit_option(k, DOZE_OPT_CAN_LOOK_UP), 0);
    assert_int_equal(doze_close(k->socket), DOZE_OK);
    assert_int_equal(doze_connect(k->socket, UDP_KIT_SERVER, UDP_KIT_PORT), DOZE_OK);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_CAN_LOOK_UP), 0);
    const doze_endpoints past = {.hostname = UDP_KIT_NAME, .remote = world_endpoint(UDP_KIT_SERVER, UDP_KIT_PORT)};
    int64_t can = -1;
    assert_int_equal(doze_udp_init(&bare, &(doze_udp_settings){.net = world_host_net(k->host)}), DOZE_OK);
    assert_int_equal(doze_recall(&bare.socket, &past), DOZE_OK);
    assert_int_equal(doze_get_option(&bare.socket, DOZE_OPT_CAN_LOOK_UP, &can), DOZE_OK);
    assert_int_equal(can, 0); /* a name, and nobody to ask */
    doze_deinit(&bare.socket);
}

static void holding_what_has_no_kernel_socket_yet_is_sleep_as_well(void **state) {
    udp_kit *k = *state;
    udp_kit_set(k, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    k->w.names.delay = 1000;
    assert_int_equal(doze_connect(k->socket, UDP_KIT_NAME, UDP_KIT_PORT), DOZE_IN_PROGRESS);
    udp_kit_sleep(k);
    assert_int_equal(world_open_sockets(k->host), 0);
    assert_int_equal(world_calls(k->host, WORLD_OP_DEAFEN), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UDP_KIT_TEST(a_wake_port_is_set_at_rest_alone_and_must_be_a_port),
        UDP_KIT_TEST(a_wake_port_of_0_is_any),
        UDP_KIT_TEST(only_a_name_with_a_resolver_that_does_not_block_can_be_looked_up_again),
        UDP_KIT_TEST(holding_what_has_no_kernel_socket_yet_is_sleep_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
