/* SPDX-License-Identifier: Apache-2.0 */
/* The LwM2M client where two things meet at once, or where what is allowed ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lwm2m_rig.h"

enum { OBSERVE = 1 };

static void start_registered(lwm2m_rig *r) {
    lwm2m_rig_prepare(r, NULL);
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
}

static void observe(lwm2m_rig *r, const char *path, uint8_t token) {
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_GET, .path = path, .observe = OBSERVE, .token = token});
    assert_int_equal(r->server.code, CODE_CONTENT);
}

/* ---- a lifetime that is written ---- */

/* Said right before the server's next answer. */
static void write_lifetime_before_the_next_answer(lwm2m_rig *r) {
    static const uint8_t put[] = {0x41, CODE_PUT, 0x12, 0x67, 9,   0xb1, '1', 0x01,
                                  '0',  0x01,     '1',  0xff, '7', '2',  '0', '0'};
    r->server.first = put;
    r->server.first_size = sizeof(put);
}

static void a_lifetime_written_while_an_update_is_under_way_is_told(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    write_lifetime_before_the_next_answer(r);
    lwm2m_rig_run_until_updates(r, 2);
    assert_int_equal(r->client.values.lifetime, 7200);
    assert_string_equal(r->server.queries, "&lt=7200");
    lwm2m_rig_stop(r);
}

static void a_lifetime_written_while_a_register_is_under_way_is_told(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    write_lifetime_before_the_next_answer(r);
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    lwm2m_rig_run(r, 2 * SECOND);
    assert_int_equal(r->client.values.lifetime, 7200);
    assert_string_equal(r->server.queries, "&lt=7200");
    lwm2m_rig_stop(r);
}

static void a_lifetime_that_was_kept_but_not_told_is_told_after_a_reboot(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    r->server.update_code = CODE_SERVER_ERROR;
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_PUT, .path = "1/0/1", .payload = "7200"});
    lwm2m_server_ask(&r->server, &(lwm2m_order){.method = CODE_GET, .path = "3/0/9", .observe = OBSERVE, .token = 1});
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    assert_int_equal(r->kept.lifetime, 7200);
    r->server.update_code = 0;
    lwm2m_rig_reboot(r);
    lwm2m_rig_run_until_updates(r, r->server.updates + 1);
    assert_int_equal(r->client.values.lifetime, 7200);
    assert_string_equal(r->server.queries, "&lt=7200");
    lwm2m_rig_stop(r);
}

static void a_kept_registration_without_a_lifetime_floods_nobody(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    r->kept.lifetime = 0;
    lwm2m_rig_reboot(r);
    lwm2m_rig_run(r, 10 * SECOND);
    assert_in_range(r->server.updates, 1, 3);
    lwm2m_rig_stop(r);
}

/* ---- connecting ---- */

static void a_bound_client_whose_server_has_no_name_yet_connects_later(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->settings.host = "nobody.example";
    assert_int_equal(doze_bind(r->k->socket, NULL, 40000), DOZE_OK);
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    world_name(&r->k->w, "nobody.example", KIT_SERVER, NULL);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    lwm2m_rig_stop(r);
}

static void a_bound_plain_client_whose_server_has_no_name_yet_connects_later(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare_plain(r);
    r->settings.host = "nobody.example";
    assert_int_equal(doze_bind(r->settings.socket, NULL, 40000), DOZE_OK);
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    world_name(&r->k->w, "nobody.example", KIT_SERVER, NULL);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    lwm2m_rig_stop(r);
}

static void a_location_that_no_line_of_text_can_hold_is_refused(void **state) {
    static const char *const places[] = {"/rd/a b", "/rd/\n", "/rd/\x7f", "/rd/\x01"};
    lwm2m_rig *r = *state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        lwm2m_rig_prepare(r, NULL);
        r->server.place = places[i];
        lwm2m_rig_start(r);
        lwm2m_rig_run_until(r, LWM2M_WAITING);
        assert_non_null(strstr(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->why, "control characters"));
        assert_string_equal(r->client.registration.location, "");
        r->server.place = "/rd/\xc3\xa9";
        lwm2m_rig_run_until(r, LWM2M_AWAKE);
        assert_string_equal(r->kept.location, "/rd/\xc3\xa9");
        lwm2m_rig_stop(r);
    }
}

/* ---- observations ---- */

static void a_reset_of_an_old_notification_leaves_the_new_observation(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    observe(r, "3/0/9", 1);
    r->server.mute = true;
    lwm2m_client_set_battery(&r->client, 50);
    lwm2m_rig_run_until(r, LWM2M_NOTIFYING);
    /* The server observes it anew, with another token, and then knows nothing of the old one. */
    lwm2m_server_ask(&r->server, &(lwm2m_order){.method = CODE_GET, .path = "3/0/9", .observe = OBSERVE, .token = 2});
    lwm2m_rig_run(r, SECOND);
    uint16_t id = r->client.exchange.id;
    const uint8_t reset[] = {0x70, 0, (uint8_t)(id >> 8), (uint8_t)id};
    lwm2m_server_say(&r->server, reset, sizeof(reset));
    r->server.mute = false;
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->client.state, LWM2M_AWAKE);
    lwm2m_client_set_battery(&r->client, 49);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.notifications, 1);
    assert_int_equal(r->server.notified[0], 2);
    lwm2m_rig_stop(r);
}

static void observations_of_an_earlier_life_are_told_by_the_clock_of_this_one(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    observe(r, "3/0/9", 7);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    r->kept.observations.all[0].told += 100ull * DAY; /* the clock of the life before had run that long */
    lwm2m_rig_reboot(r);
    lwm2m_rig_run_until_updates(r, 1);
    lwm2m_client_set_battery(&r->client, 10);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.notifications, 1);
    lwm2m_rig_stop(r);
}

static void periods_outlive_a_reboot_with_the_observations(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    observe(r, "3/0/9", 7);
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_PUT, .path = "1/0/2", .payload = "5"});
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_PUT, .path = "1/0/3", .payload = "60"});
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    lwm2m_rig_reboot(r);
    lwm2m_rig_run_until_updates(r, 1);
    unsigned before = r->server.notifications;
    lwm2m_rig_run(r, 200 * SECOND);
    assert_in_range(r->server.notifications, before + 2, before + 4);
    assert_int_equal(r->client.values.min_period, 5);
    lwm2m_rig_stop(r);
}

static void notifications_rise_across_reboots(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    observe(r, "3/0/9", 7);
    for (uint8_t i = 1; i <= 5; i++) {
        lwm2m_client_set_battery(&r->client, 50 + i);
        lwm2m_rig_run(r, SECOND);
        uint32_t before = r->server.observe;
        lwm2m_client_set_battery(&r->client, 70 + i);
        lwm2m_rig_run(r, SECOND);
        assert_int_equal(r->server.observe, before + 1);
        before = r->server.observe;
        lwm2m_rig_run_until(r, LWM2M_ASLEEP);
        lwm2m_rig_reboot(r);
        lwm2m_rig_run_until_updates(r, i);
        lwm2m_client_set_battery(&r->client, 10 + i);
        lwm2m_rig_run(r, SECOND);
        assert_in_range(r->server.observe, before + 1, before + (1u << 17));
    }
    lwm2m_rig_stop(r);
}

static void a_number_is_reserved_before_it_is_used_even_where_they_wrap(void **state) {
    (void)state;
    observations o = {.reserved = OBSERVE_SEQUENCE_MAX - 70000};
    observations_restart(&o, 0);
    for (uint32_t i = 0; i < 300000; i++) {
        uint32_t before = o.sequence;
        assert_int_equal(observations_next_sequence(&o), (before + 1) & OBSERVE_SEQUENCE_MAX);
        assert_true(((o.reserved - o.sequence) & OBSERVE_SEQUENCE_MAX) < 1u << 22);
    }
}

/* Of the Device, so that nothing can carry it. */
static void grow(lwm2m_rig *r, char filler) {
    memset(r->client.values.serial, filler, VALUE_TEXT_SIZE - 1);
    memset(r->client.values.model, filler, VALUE_TEXT_SIZE - 1);
    memset(r->client.values.manufacturer, filler, VALUE_TEXT_SIZE - 1);
    memset(r->client.values.firmware, filler, VALUE_TEXT_SIZE - 1);
}

static void start_with_small_datagrams(lwm2m_rig *r) {
    kit_order order = store_kit_with_cid;
    order.dtls.max_fragment_length = 512;
    lwm2m_rig_prepare(r, &order);
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
}

static void an_answer_beyond_the_mtu_is_a_server_error_and_ends_nothing(void **state) {
    lwm2m_rig *r = *state;
    start_with_small_datagrams(r);
    grow(r, '"');
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_GET, .path = "3", .accept = FORMAT_SENML_JSON + 1});
    assert_int_equal(r->client.state, LWM2M_AWAKE);
    assert_int_equal(r->server.code, CODE_SERVER_ERROR);
    lwm2m_rig_stop(r);
}

static void expect_the_end_of_an_observation(lwm2m_rig *r, char filler) {
    lwm2m_rig_ask(
        r, &(lwm2m_order){
               .method = CODE_GET, .path = "3", .observe = OBSERVE, .token = 7, .accept = FORMAT_SENML_JSON + 1});
    assert_int_equal(r->server.code, CODE_CONTENT);
    grow(r, filler);
    lwm2m_client_set_battery(&r->client, 50);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->client.state, LWM2M_AWAKE);
    assert_int_equal(r->server.notifications, 1);
    assert_int_equal(r->server.notified_code, CODE_SERVER_ERROR);
    assert_int_equal(r->server.notified[0], 7);
    assert_false(r->kept.observations.all[0].used);
    assert_non_null(strstr(lwm2m_rig_last(r, LWM2M_EVENT_NOTIFIED)->why, "does not fit"));
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_ERROR), 0);
    lwm2m_client_set_battery(&r->client, 49);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.notifications, 1);
    lwm2m_rig_stop(r);
}

static void a_notification_that_does_not_fit_ends_its_observation(void **state) {
    lwm2m_rig *r = *state;
    start_with_small_datagrams(r);
    expect_the_end_of_an_observation(r, '"');
    start_registered(r);
    expect_the_end_of_an_observation(r, '\x01');
}

/* ---- leaving ---- */

static void stopped_to_stay_during_an_update_it_never_de_registers(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->settings.stay = true;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    assert_true(peer_restart(r->k->peer, false)); /* DTLS is lost, the registration is not */
    lwm2m_rig_run_until(r, LWM2M_UPDATING);
    lwm2m_client_stop(&r->client);
    lwm2m_rig_run_until(r, LWM2M_ENDED);
    assert_int_equal(r->server.deregisters, 0);
    lwm2m_rig_stop(r);
}

static void stopped_during_an_update_that_is_refused_it_does_not_register_again(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    lwm2m_server_forget(&r->server);
    lwm2m_rig_run_until(r, LWM2M_UPDATING);
    lwm2m_client_stop(&r->client);
    lwm2m_rig_run_until(r, LWM2M_ENDED);
    assert_int_equal(r->client.ending, LWM2M_LEFT);
    assert_int_equal(r->server.registers, 1);
    assert_int_equal(r->server.deregisters, 0);
    assert_string_equal(r->kept.location, "");
    lwm2m_rig_stop(r);
}

/* ---- what comes ---- */

static void a_reset_with_a_code_is_no_answer(void **state) {
    lwm2m_rig *r = *state;
    uint8_t bytes[32];
    message m;
    start_registered(r);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    r->server.mute = true;
    lwm2m_rig_run_until(r, LWM2M_UPDATING);
    lwm2m_rig_run(r, SECOND / 10);
    message_begin(&m, MESSAGE_RST, CODE_CHANGED);
    m.id = 77;
    m.token_size = r->client.exchange.token_size;
    memcpy(m.token, r->client.exchange.token, sizeof(m.token));
    lwm2m_server_say(&r->server, bytes, message_encode(&m, bytes, sizeof(bytes)));
    lwm2m_rig_run(r, SECOND / 10);
    assert_int_equal(r->client.state, LWM2M_UPDATING);
    lwm2m_rig_stop(r);
}

static void tlv_that_nests_and_nests_is_refused(void **state) {
    static uint8_t payload[1000];
    enum { HEADER = 4 }; /* of an object instance 0 with two bytes of length */
    lwm2m_rig *r = *state;
    start_registered(r);
    for (size_t at = 0; at + HEADER <= sizeof(payload); at += HEADER) {
        size_t rest = sizeof(payload) - at - HEADER;
        const uint8_t header[HEADER] = {0x10, 0, (uint8_t)(rest >> 8), (uint8_t)rest};
        memcpy(payload + at, header, HEADER);
    }
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_PUT,
                                    .path = "1/0",
                                    .payload = (const char *)payload,
                                    .payload_size = sizeof(payload),
                                    .format = FORMAT_TLV + 1});
    assert_int_equal(r->server.code, CODE_BAD_REQUEST);
    lwm2m_rig_stop(r);
}

static void a_resource_instance_has_no_path_of_its_own(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_GET, .path = "3/0/11/0"});
    assert_int_equal(r->server.code, CODE_NOT_FOUND);
    lwm2m_rig_stop(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LWM2M_TEST(a_lifetime_written_while_an_update_is_under_way_is_told),
        LWM2M_TEST(a_lifetime_written_while_a_register_is_under_way_is_told),
        LWM2M_TEST(a_lifetime_that_was_kept_but_not_told_is_told_after_a_reboot),
        LWM2M_TEST(a_kept_registration_without_a_lifetime_floods_nobody),
        LWM2M_TEST(a_bound_client_whose_server_has_no_name_yet_connects_later),
        LWM2M_TEST(a_bound_plain_client_whose_server_has_no_name_yet_connects_later),
        LWM2M_TEST(a_location_that_no_line_of_text_can_hold_is_refused),
        LWM2M_TEST(a_reset_of_an_old_notification_leaves_the_new_observation),
        LWM2M_TEST(observations_of_an_earlier_life_are_told_by_the_clock_of_this_one),
        LWM2M_TEST(periods_outlive_a_reboot_with_the_observations),
        LWM2M_TEST(notifications_rise_across_reboots),
        LWM2M_TEST(a_number_is_reserved_before_it_is_used_even_where_they_wrap),
        LWM2M_TEST(an_answer_beyond_the_mtu_is_a_server_error_and_ends_nothing),
        LWM2M_TEST(a_notification_that_does_not_fit_ends_its_observation),
        LWM2M_TEST(stopped_to_stay_during_an_update_it_never_de_registers),
        LWM2M_TEST(stopped_during_an_update_that_is_refused_it_does_not_register_again),
        LWM2M_TEST(a_reset_with_a_code_is_no_answer),
        LWM2M_TEST(tlv_that_nests_and_nests_is_refused),
        LWM2M_TEST(a_resource_instance_has_no_path_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
