/* SPDX-License-Identifier: Apache-2.0 */
/* Observations of the LwM2M client: who is told of what, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lwm2m_rig.h"

enum { OBSERVE = 1, CANCEL = 2 };

static void start_registered(lwm2m_rig *r) {
    lwm2m_rig_prepare(r, NULL);
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
}

static void write_text(lwm2m_rig *r, const char *path, const char *payload) {
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_PUT, .path = path, .payload = payload});
    assert_int_equal(r->server.code, CODE_CHANGED);
}

static void observe(lwm2m_rig *r, const char *path, uint8_t token) {
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_GET, .path = path, .observe = OBSERVE, .token = token});
    assert_int_equal(r->server.code, CODE_CONTENT);
}

static void a_change_is_notified_awake_and_asleep(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    observe(r, "3/0/9", 0x5a);
    lwm2m_client_set_battery(&r->client, 99);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.notifications, 1);
    assert_string_equal(r->server.content, "99");
    assert_int_equal(r->server.notified[0], 0x5a);
    uint32_t before = 0;
    for (uint8_t percent = 98; percent >= 96; percent--) { /* at least two of them within one second */
        before = r->server.observe;
        lwm2m_client_set_battery(&r->client, percent);
        lwm2m_rig_run(r, SECOND / 10);
        assert_in_range(r->server.observe, before + 1, before + 2);
    }
    before = r->server.observe;
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    lwm2m_client_set_battery(&r->client, 95);
    assert_int_equal(lwm2m_client_next_timeout(&r->client), 0);
    tap_clear(&r->k->tap);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.notifications, 5);
    assert_int_equal(r->server.updates, 0); /* it need not tell twice that it is awake */
    assert_int_equal(lwm2m_rig_datagrams(r, TAP_UP) + lwm2m_rig_datagrams(r, TAP_DOWN), 2);
    assert_in_range(r->server.observe, before + 1, before + 1000);
    lwm2m_client_set_battery(&r->client, 95); /* no change */
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.notifications, 5);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_NOTIFIED), 5);
    lwm2m_rig_stop(r);
}

static void an_observation_ends_when_it_is_cancelled_or_reset(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    observe(r, "3/0/9", 1);
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_GET, .path = "3/0/9", .observe = CANCEL, .token = 1});
    lwm2m_client_set_battery(&r->client, 50);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.notifications, 0);
    observe(r, "3/0", 2);
    r->server.reset_notifications = true;
    lwm2m_client_set_battery(&r->client, 49);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.notifications, 1);
    lwm2m_client_set_battery(&r->client, 48);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.notifications, 1);
    lwm2m_rig_stop(r);
}

static void periods_of_the_server_object_hold_back_and_repeat_notifications(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    write_text(r, "1/0/2", "5");
    write_text(r, "1/0/3", "600");
    observe(r, "3/0/9", 1);
    lwm2m_client_set_battery(&r->client, 50);
    lwm2m_rig_run(r, 4 * SECOND);
    assert_int_equal(r->server.notifications, 0);
    lwm2m_rig_run(r, 2 * SECOND);
    assert_int_equal(r->server.notifications, 1);
    lwm2m_rig_run(r, HOUR - 100 * SECOND); /* it wakes for each */
    assert_int_equal(r->server.notifications, 6);
    lwm2m_rig_stop(r);
}

static void observations_outlive_a_reboot_and_end_with_the_registration(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    observe(r, "3/0/9", 7);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    lwm2m_rig_reboot(r);
    lwm2m_rig_run_until_updates(r, 1);
    lwm2m_client_set_battery(&r->client, 10);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.notifications, 1);
    assert_int_equal(r->server.notified[0], 7);
    lwm2m_server_forget(&r->server);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    assert_int_equal(r->server.registers, 2);
    lwm2m_client_set_battery(&r->client, 9);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.notifications, 1);
    lwm2m_rig_stop(r);
}

static void a_notification_that_was_lost_comes_when_the_server_is_back(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    observe(r, "3/0/9", 1);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    world_set_plug(r->k->server, WORLD_SILENT);
    lwm2m_client_set_battery(&r->client, 33);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    assert_int_equal(r->server.notifications, 0);
    world_set_plug(r->k->server, WORLD_SERVING);
    lwm2m_rig_run(r, 60 * SECOND);
    assert_int_equal(r->server.notifications, 1);
    assert_string_equal(r->server.content, "33");
    assert_int_equal(r->server.registers, 1);
    lwm2m_rig_stop(r);
}

static void a_fifth_observation_is_a_read(void **state) {
    static const char *const paths[] = {"3/0/9", "3/0", "3", "1/0/1", "1/0"};
    lwm2m_rig *r = *state;
    start_registered(r);
    for (uint8_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        observe(r, paths[i], i);
    }
    lwm2m_client_set_battery(&r->client, 1);
    write_text(r, "1/0/1", "1234");
    lwm2m_rig_run(r, 5 * SECOND);
    assert_int_equal(r->server.notifications, 4);
    lwm2m_rig_stop(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LWM2M_TEST(a_change_is_notified_awake_and_asleep),
        LWM2M_TEST(an_observation_ends_when_it_is_cancelled_or_reset),
        LWM2M_TEST(periods_of_the_server_object_hold_back_and_repeat_notifications),
        LWM2M_TEST(observations_outlive_a_reboot_and_end_with_the_registration),
        LWM2M_TEST(a_notification_that_was_lost_comes_when_the_server_is_back),
        LWM2M_TEST(a_fifth_observation_is_a_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
