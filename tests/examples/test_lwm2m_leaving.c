/* SPDX-License-Identifier: Apache-2.0 */
/* How an LwM2M client leaves when something is in its way, and the client without DTLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lwm2m_rig.h"

static void start_registered(lwm2m_rig *r) {
    lwm2m_rig_prepare(r, NULL);
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
}

static void expect_ended(lwm2m_rig *r, unsigned deregisters, const char *location) {
    lwm2m_rig_run_until(r, LWM2M_ENDED);
    assert_int_equal(r->client.ending, LWM2M_LEFT);
    assert_int_equal(r->server.deregisters, deregisters);
    assert_string_equal(r->kept.location, location);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_ENDED), 1);
    assert_int_equal(lwm2m_client_next_timeout(&r->client), -1);
    lwm2m_rig_stop(r);
}

/* ---- leaving ---- */

static void stopped_while_it_waits_for_a_server_it_ends_at_once(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    world_set_plug(r->k->server, WORLD_SILENT);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    uint64_t now = world_now(&r->k->w);
    lwm2m_client_stop(&r->client);
    lwm2m_rig_run_until(r, LWM2M_ENDED);
    assert_int_equal(world_now(&r->k->w), now);
    assert_non_null(strstr(lwm2m_rig_last(r, LWM2M_EVENT_ENDED)->why, "no way"));
    expect_ended(r, 0, "/rd/1");
}

static void stopped_asleep_while_the_server_is_away_it_tries_once(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    world_set_plug(r->k->server, WORLD_SILENT);
    lwm2m_client_stop(&r->client);
    lwm2m_rig_run_until(r, LWM2M_ENDED);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_ERROR), 1);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_BACKING_OFF), 0);
    expect_ended(r, 0, "/rd/1");
}

static void stopped_after_the_server_lost_everything_it_de_registers_in_the_new_context(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    assert_true(peer_restart(r->k->peer, false));
    lwm2m_server_forget(&r->server);
    lwm2m_client_stop(&r->client);
    lwm2m_rig_run_until(r, LWM2M_ENDED);
    assert_int_equal(r->server.registers, 1); /* 4.04 will do */
    expect_ended(r, 1, "");
}

static void a_de_register_that_fails_at_the_server_is_said(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    r->server.deregister_code = CODE_SERVER_ERROR;
    lwm2m_client_stop(&r->client);
    lwm2m_rig_run_until(r, LWM2M_ENDED);
    assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->code, CODE_SERVER_ERROR);
    expect_ended(r, 1, "/rd/1");
}

static void stopped_to_stay_it_sends_nothing_asleep_or_awake(void **state) {
    lwm2m_rig *r = *state;
    for (int awake = 0; awake < 2; awake++) {
        lwm2m_rig_prepare(r, NULL);
        r->settings.stay = true;
        lwm2m_rig_start(r);
        lwm2m_rig_run_until(r, awake != 0 ? LWM2M_AWAKE : LWM2M_ASLEEP);
        tap_clear(&r->k->tap);
        lwm2m_client_stop(&r->client);
        lwm2m_rig_run_until(r, LWM2M_ENDED);
        assert_int_equal(lwm2m_rig_datagrams(r, TAP_UP), 0);
        assert_int_equal(doze_get_state(r->k->socket), DOZE_STATE_SHUTDOWN);
        expect_ended(r, 0, "/rd/1");
    }
}

static void stopped_to_stay_after_a_reboot_it_is_still_registered(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->settings.stay = true;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    store_kit_reboot(&r->s);
    assert_int_equal(store_kit_load(&r->s), DOZE_OK);
    r->settings.past = &r->kept;
    assert_int_equal(lwm2m_client_init(&r->client, &r->settings), DOZE_OK);
    lwm2m_client_stop(&r->client);
    lwm2m_client_start(&r->client);
    assert_int_equal(r->client.state, LWM2M_ENDED);
    expect_ended(r, 0, "/rd/1");
}

/* ---- without DTLS ---- */

static void without_dtls_it_sleeps_and_wakes_on_one_port(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare_plain(r);
    lwm2m_rig_start(r);
    lwm2m_rig_run_until_updates(r, 1);
    uint16_t port = r->plain_client.port;
    lwm2m_rig_run_until_updates(r, 20);
    assert_int_equal(r->plain_client.port, port);
    assert_int_equal(r->server.registers, 1);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_ERROR), 0);
    lwm2m_rig_stop(r);
}

static void without_dtls_a_silent_server_is_waited_for(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare_plain(r);
    r->server.mute = true;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->result, DOZE_ERR_TIMEOUT);
    assert_int_equal(r->server.unanswered, 1 + EXCHANGE_MAX_RETRANSMIT);
    assert_true(lwm2m_rig_last(r, LWM2M_EVENT_BACKING_OFF)->seconds <= 30);
    assert_true(lwm2m_rig_last(r, LWM2M_EVENT_BACKING_OFF)->seconds >= 15);
    lwm2m_rig_run(r, 10 * DAY);
    assert_true(lwm2m_rig_last(r, LWM2M_EVENT_BACKING_OFF)->seconds >= 12 * 3600);
    assert_true(lwm2m_rig_last(r, LWM2M_EVENT_BACKING_OFF)->seconds <= 24 * 3600);
    r->server.mute = false;
    lwm2m_rig_run(r, 2 * DAY);
    assert_int_equal(r->server.registers, 1);
    lwm2m_rig_stop(r);
}

static void a_reset_is_an_error_that_is_waited_out(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare_plain(r);
    r->server.reset = true;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    assert_non_null(strstr(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->why, "Reset"));
    r->server.reset = false;
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    lwm2m_rig_stop(r);
}

static void a_name_that_does_not_exist_is_an_error_that_is_waited_out(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->settings.host = "nobody.example";
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->result, DOZE_ERR_HOST_UNKNOWN);
    world_name(&r->k->w, "nobody.example", KIT_SERVER, NULL);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    lwm2m_rig_stop(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LWM2M_TEST(stopped_while_it_waits_for_a_server_it_ends_at_once),
        LWM2M_TEST(stopped_asleep_while_the_server_is_away_it_tries_once),
        LWM2M_TEST(stopped_after_the_server_lost_everything_it_de_registers_in_the_new_context),
        LWM2M_TEST(a_de_register_that_fails_at_the_server_is_said),
        LWM2M_TEST(stopped_to_stay_it_sends_nothing_asleep_or_awake),
        LWM2M_TEST(stopped_to_stay_after_a_reboot_it_is_still_registered),
        LWM2M_TEST(without_dtls_it_sleeps_and_wakes_on_one_port),
        LWM2M_TEST(without_dtls_a_silent_server_is_waited_for),
        LWM2M_TEST(a_reset_is_an_error_that_is_waited_out),
        LWM2M_TEST(a_name_that_does_not_exist_is_an_error_that_is_waited_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
