/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a UDP socket, and what it traces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "udp/udp_kit.h"

typedef struct row {
    doze_option option;
    bool writable;
    int64_t initial;
    int64_t good[4]; /* ended by its first repetition */
    int64_t bad[5];  /* likewise */
} row;

#define ANY  DOZE_FAMILY_ANY
#define IPV4 DOZE_FAMILY_IPV4
#define IPV6 DOZE_FAMILY_IPV6
#define HUGE INT64_MAX
#define TINY INT64_MIN

static const row rows[] = {
    {DOZE_OPT_STATE, false, DOZE_STATE_CLOSED, {0}, {0, 1, -1}},
    {DOZE_OPT_RECV_TIMEOUT, true, -1, {0, 1, INT32_MAX, -1}, {-2, -1000, (int64_t)INT32_MAX + 1, HUGE, TINY}},
    {DOZE_OPT_FAMILY, false, ANY, {0}, {0, IPV4, IPV6}},
    {DOZE_OPT_FORCED_FAMILY, true, ANY, {IPV4, IPV6, ANY}, {-1, 1, 5, 7, HUGE}},
    {DOZE_OPT_PREFERRED_FAMILY, true, ANY, {IPV4, IPV6, ANY}, {-1, 1, 5, 260, TINY}},
    {DOZE_OPT_DATAGRAMS_SENT, false, 0, {0}, {0, 1, -1}},
    {DOZE_OPT_DATAGRAMS_RECEIVED, false, 0, {0}, {0, 1, -1}},
    {DOZE_OPT_BYTES_SENT, false, 0, {0}, {0, 1, -1}},
    {DOZE_OPT_BYTES_RECEIVED, false, 0, {0}, {0, 1, -1}},
    {DOZE_OPT_REFUSALS, false, 0, {0}, {0, 1, -1}},
    {DOZE_OPT_REUSE_ADDR, true, 0, {1, 0}, {-1, 2, 256, HUGE, TINY}},
    {DOZE_OPT_DSCP, true, 0, {46, 63, 0}, {-1, 64, 256, HUGE, TINY}},
    {DOZE_OPT_SLEEP, true, DOZE_SLEEP_DROP, {DOZE_SLEEP_HOLD, DOZE_SLEEP_DROP}, {-1, 2, 256, HUGE, TINY}},
    {DOZE_OPT_PENDING, false, 0, {0}, {0, 1}},
    {DOZE_OPT_PORT_KEPT, false, 0, {0}, {0, 1}},
    {DOZE_OPT_PEER_FAILED, true, 0, {1, 0}, {-1, 2, 256, HUGE, TINY}},
};

static bool repeats(const int64_t *values, size_t i) {
    for (size_t j = 0; j < i; j++) {
        if (values[j] == values[i]) {
            return true;
        }
    }
    return false;
}

static void each_option_has_its_default_its_values_and_no_others(void **state) {
    udp_kit *k = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const row *r = &rows[i];
        assert_int_equal(udp_kit_option(k, r->option), r->initial);
        for (size_t j = 0; r->writable && j < 4 && !repeats(r->good, j); j++) {
            udp_kit_set(k, r->option, r->good[j]);
        }
        int64_t last = udp_kit_option(k, r->option);
        assert_int_equal(last, r->initial);
        for (size_t j = 0; j < 5 && !repeats(r->bad, j); j++) {
            assert_int_equal(doze_set_option(k->socket, r->option, r->bad[j]), DOZE_ERR_OPTION);
            assert_int_equal(udp_kit_option(k, r->option), last);
        }
    }
}

static void options_of_dtls_and_unknown_ones_are_refused(void **state) {
    udp_kit *k = *state;
    static const int options[] = {
        DOZE_OPT_RUNG,
        DOZE_OPT_CONTEXT_CONTINUED,
        DOZE_OPT_SESSION_RESUMED,
        DOZE_OPT_CONNECTION_ID,
        DOZE_OPT_ALERT,
        DOZE_OPT_VERIFY_FLAGS,
        DOZE_OPT_SUITE,
        DOZE_OPT_HANDSHAKE_TIMER_MIN,
        DOZE_OPT_DROPPED,
        DOZE_OPT_HANDSHAKE_TIMER_MAX,
        DOZE_OPT_LIMIT - 1,
        DOZE_OPT_LIMIT,
        DOZE_OPT_LIMIT + 1,
        1 << 20,
    };
    udp_kit_connect(k);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        int64_t value = 77;
        assert_int_equal(doze_get_option(k->socket, (doze_option)options[i], &value), DOZE_ERR_OPTION);
        assert_int_equal(value, 77);
        assert_int_equal(doze_set_option(k->socket, (doze_option)options[i], 1), DOZE_ERR_OPTION);
    }
}

static void an_option_needs_a_socket_and_a_place(void **state) {
    udp_kit *k = *state;
    int64_t value = 0;
    assert_int_equal(doze_get_option(NULL, DOZE_OPT_STATE, &value), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_get_option(k->socket, DOZE_OPT_STATE, NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_set_option(NULL, DOZE_OPT_DSCP, 0), DOZE_ERR_ARGUMENT);
}

static void settings_outlive_sleep_close_and_forget(void **state) {
    udp_kit *k = *state;
    udp_kit_set(k, DOZE_OPT_DSCP, 46);
    udp_kit_set(k, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    udp_kit_set(k, DOZE_OPT_RECV_TIMEOUT, 5);
    udp_kit_connect(k);
    udp_kit_sleep(k);
    doze_close(k->socket);
    doze_forget(k->socket);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_DSCP), 46);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_SLEEP), DOZE_SLEEP_HOLD);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_RECV_TIMEOUT), 5);
}

/* ---- what the platform is asked for ---- */

static void requested(const udp_kit *k, int64_t dscp, bool reuse_addr, const char *interface_name) {
    const doze_net_request *request = world_last_request(k->host);
    assert_int_equal(request->dscp, dscp);
    assert_int_equal(request->reuse_addr, reuse_addr);
    assert_string_equal(request->interface_name, interface_name);
}

static void dscp_reuse_addr_and_interface_are_used_from_the_next_bind_on(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    requested(k, 0, false, "");
    udp_kit_set(k, DOZE_OPT_DSCP, 46);
    udp_kit_set(k, DOZE_OPT_REUSE_ADDR, 1);
    assert_int_equal(doze_udp_set_interface(&k->udp, WORLD_INTERFACE), DOZE_OK);
    assert_string_equal(doze_udp_interface(&k->udp), WORLD_INTERFACE);
    requested(k, 0, false, "");
    udp_kit_sleep(k);
    udp_kit_resume(k);
    requested(k, 46, true, WORLD_INTERFACE);
    doze_close(k->socket);
    assert_int_equal(doze_udp_set_interface(&k->udp, NULL), DOZE_OK);
    assert_string_equal(doze_udp_interface(&k->udp), "");
    assert_int_equal(doze_reuse_last_port(k->socket), DOZE_OK);
    requested(k, 46, true, "");
    doze_close(k->socket);
    udp_kit_set(k, DOZE_OPT_DSCP, 0);
    assert_int_equal(doze_bind(k->socket, NULL, 0), DOZE_OK);
    requested(k, 0, true, "");
}

static void an_interface_that_does_not_exist_shows_at_the_next_bind(void **state) {
    udp_kit *k = *state;
    assert_int_equal(doze_udp_set_interface(&k->udp, "nowhere0"), DOZE_OK);
    assert_int_equal(doze_bind(k->socket, NULL, 0), DOZE_ERR_ADDRESS_GONE);
    assert_int_equal(doze_connect(k->socket, UDP_KIT_NAME, UDP_KIT_PORT), DOZE_ERR_ADDRESS_GONE);
    udp_kit_state_is(k, DOZE_STATE_CLOSED);
    assert_int_equal(doze_udp_set_interface(&k->udp, ""), DOZE_OK);
    udp_kit_connect(k);
}

static void an_interface_name_that_is_too_long_changes_nothing(void **state) {
    udp_kit *k = *state;
    assert_int_equal(doze_udp_set_interface(&k->udp, WORLD_INTERFACE), DOZE_OK);
    assert_int_equal(doze_udp_set_interface(&k->udp, "sixteen-letters!"), DOZE_ERR_ARGUMENT);
    assert_string_equal(doze_udp_interface(&k->udp), WORLD_INTERFACE);
    assert_int_equal(doze_udp_set_interface(&k->udp, "fifteen-letters"), DOZE_OK);
    assert_string_equal(doze_udp_interface(&k->udp), "fifteen-letters");
    assert_int_equal(doze_udp_set_interface(NULL, ""), DOZE_ERR_ARGUMENT);
    assert_string_equal(doze_udp_interface(NULL), "");
}

/* ---- MTU ---- */

static void the_payload_mtu_is_the_path_mtu_less_the_headers(void **state) {
    udp_kit *k = *state;
    static const struct {
        uint32_t path;
        int64_t v4;
        int64_t v6;
    } mtus[] = {{1500, 1472, 1452}, {1280, 1252, 1232}, {576, 548, 528}, {65536, 65507, 65488}, {70000, 65507, 65527}};
    for (size_t i = 0; i < 2 * sizeof(mtus) / sizeof(mtus[0]); i++) {
        bool v6 = i % 2 != 0;
        k->w.link.mtu = mtus[i / 2].path;
        assert_int_equal(doze_connect(k->socket, v6 ? UDP_KIT_SERVER6 : UDP_KIT_SERVER, UDP_KIT_PORT), DOZE_OK);
        assert_int_equal(udp_kit_option(k, DOZE_OPT_PATH_MTU), mtus[i / 2].path);
        assert_int_equal(udp_kit_option(k, DOZE_OPT_PAYLOAD_MTU), v6 ? mtus[i / 2].v6 : mtus[i / 2].v4);
        udp_kit_sleep(k);
    }
}

static void the_mtu_is_asked_anew_each_time(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    assert_int_equal(udp_kit_option(k, DOZE_OPT_PATH_MTU), 1500);
    k->w.link.mtu = 1400;
    assert_int_equal(udp_kit_option(k, DOZE_OPT_PATH_MTU), 1400);
}

static void no_mtu(udp_kit *k) {
    int64_t value = 77;
    assert_int_equal(doze_get_option(k->socket, DOZE_OPT_PATH_MTU, &value), DOZE_ERR_OPTION);
    assert_int_equal(doze_get_option(k->socket, DOZE_OPT_PAYLOAD_MTU, &value), DOZE_ERR_OPTION);
    assert_int_equal(value, 77);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_PATH_MTU, 1500), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_PAYLOAD_MTU, 1500), DOZE_ERR_OPTION);
}

static void unless_connected_there_is_no_mtu_to_read(void **state) {
    udp_kit *k = *state;
    no_mtu(k);
    assert_int_equal(doze_bind(k->socket, NULL, 0), DOZE_OK);
    no_mtu(k);
    k->w.names.delay = 100;
    assert_int_equal(doze_connect(k->socket, UDP_KIT_NAME, UDP_KIT_PORT), DOZE_IN_PROGRESS);
    no_mtu(k);
    assert_int_equal(world_run(&k->w, k->socket, UDP_KIT_PATIENCE), DOZE_OK);
    for (int sleep = DOZE_SLEEP_DROP; sleep <= DOZE_SLEEP_HOLD; sleep++) {
        udp_kit_set(k, DOZE_OPT_SLEEP, sleep);
        udp_kit_sleep(k);
        no_mtu(k);
        udp_kit_resume(k);
    }
    doze_close(k->socket);
    no_mtu(k);
}

/* ---- trace ---- */

static void each_change_of_state_is_traced_once_and_in_order(void **state) {
    udp_kit *k = *state;
    static const int expected[] = {DOZE_STATE_CLOSED,    DOZE_STATE_BOUND,    DOZE_STATE_CONNECTING,
                                   DOZE_STATE_CONNECTED, DOZE_STATE_SHUTDOWN, DOZE_STATE_CONNECTED,
                                   DOZE_STATE_SHUTDOWN,  DOZE_STATE_BOUND,    DOZE_STATE_CLOSED};
    const unsigned count = sizeof(expected) / sizeof(expected[0]) - 1;
    k->w.names.delay = 100;
    assert_int_equal(doze_bind(k->socket, NULL, 0), DOZE_OK);
    udp_kit_connect(k);
    udp_kit_exchange(k);
    udp_kit_sleep(k);
    udp_kit_resume(k);
    udp_kit_sleep(k);
    udp_kit_sleep(k);
    assert_int_equal(doze_reuse_last_port(k->socket), DOZE_OK);
    assert_int_equal(doze_forget(k->socket), DOZE_OK);
    assert_int_equal(doze_forget(k->socket), DOZE_OK);
    assert_int_equal(k->events_count, count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(k->events[i].event, DOZE_EVENT_STATE);
        assert_int_equal(k->events[i].detail, expected[i + 1]);
        assert_int_equal(k->events[i].more, expected[i]);
    }
}

static void a_lookup_that_fails_is_traced_as_error_and_then_as_change_of_state(void **state) {
    udp_kit *k = *state;
    k->w.names.delay = 100;
    assert_int_equal(world_connect(&k->w, k->socket, "unknown.example", UDP_KIT_PORT, UDP_KIT_PATIENCE),
                     DOZE_ERR_HOST_UNKNOWN);
    assert_int_equal(k->events_count, 3);
    assert_int_equal(k->events[0].detail, DOZE_STATE_CONNECTING);
    assert_int_equal(k->events[1].event, DOZE_EVENT_ERROR);
    assert_int_equal(k->events[1].detail, DOZE_ERR_HOST_UNKNOWN);
    assert_int_equal(k->events[2].detail, DOZE_STATE_CLOSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UDP_KIT_TEST(each_option_has_its_default_its_values_and_no_others),
        UDP_KIT_TEST(options_of_dtls_and_unknown_ones_are_refused),
        UDP_KIT_TEST(an_option_needs_a_socket_and_a_place),
        UDP_KIT_TEST(settings_outlive_sleep_close_and_forget),
        UDP_KIT_TEST(dscp_reuse_addr_and_interface_are_used_from_the_next_bind_on),
        UDP_KIT_TEST(an_interface_that_does_not_exist_shows_at_the_next_bind),
        UDP_KIT_TEST(an_interface_name_that_is_too_long_changes_nothing),
        UDP_KIT_TEST(the_payload_mtu_is_the_path_mtu_less_the_headers),
        UDP_KIT_TEST(the_mtu_is_asked_anew_each_time),
        UDP_KIT_TEST(unless_connected_there_is_no_mtu_to_read),
        UDP_KIT_TEST(each_change_of_state_is_traced_once_and_in_order),
        UDP_KIT_TEST(a_lookup_that_fails_is_traced_as_error_and_then_as_change_of_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
