/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong with an LwM2M client: it says what happened, and does what LwM2M asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lwm2m_rig.h"

static void start_registered(lwm2m_rig *r, const kit_order *order) {
    lwm2m_rig_prepare(r, order);
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
}

/* ---- credentials ---- */

static void a_wrong_key_is_said_and_tried_again_later_and_never_for_good(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->k->peer->behaviour.wrong_psk = true;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    const lwm2m_said *error = lwm2m_rig_last(r, LWM2M_EVENT_ERROR);
    assert_int_equal(error->result, DOZE_ERR_ALERT);
    assert_in_range(error->alert, 20, 51); /* bad_record_mac, or decrypt_error */
    assert_string_not_equal(error->why, "");
    lwm2m_rig_run(r, DAY);
    assert_int_equal(r->server.registers, 0);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_BOOTSTRAP_NEEDED), 0); /* anybody could have sent that alert */
    r->k->peer->behaviour.wrong_psk = false;
    lwm2m_rig_run(r, 2 * DAY);
    assert_int_equal(r->server.registers, 1);
    lwm2m_rig_stop(r);
}

static void a_server_that_ignores_a_wrong_key_is_said_to_be_silent(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->k->peer->behaviour.wrong_psk = true;
    r->k->peer->behaviour.hide_handshake_alerts = true;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->result, DOZE_ERR_TIMEOUT);
    assert_non_null(strstr(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->why, "identity or key"));
    lwm2m_rig_stop(r);
}

static void a_certificate_that_is_not_to_be_trusted_is_said(void **state) {
    lwm2m_rig *r = *state;
    doze_bytes ca = kit_file("other-ca.pem");
    const doze_x509_settings x509 = {.trust = ca};
    lwm2m_rig_prepare(
        r, &(kit_order){.x509 = &x509, .certificate = "server", .dtls = {.store_key = {"0123456789abcdef", 16}}});
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->result, DOZE_ERR_VERIFY);
    assert_int_equal(r->server.registers, 0);
    lwm2m_rig_stop(r);
    kit_free(ca);
}

static void a_server_without_connection_id_is_said_once_and_served(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, &(kit_order){.peer = {.cid = PEER_CID_REFUSE}});
    lwm2m_rig_start(r);
    lwm2m_rig_run_until_updates(r, 5);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_NO_CONNECTION_ID), 1);
    assert_false(lwm2m_rig_last(r, LWM2M_EVENT_AWAKE)->connection_id);
    assert_int_equal(r->server.registers, 1);
    lwm2m_rig_stop(r);
}

/* ---- answers to a Register ---- */

static void an_unknown_endpoint_is_tried_again_and_then_needs_bootstrap(void **state) {
    lwm2m_rig *r = *state;
    const uint8_t codes[] = {CODE_FORBIDDEN, CODE_BAD_REQUEST, CODE_PRECONDITION_FAILED, CODE_UNAUTHORIZED};
    for (size_t i = 0; i < sizeof(codes); i++) {
        lwm2m_rig_prepare(r, NULL);
        r->server.register_code = codes[i];
        lwm2m_rig_start(r);
        lwm2m_rig_run_until(r, LWM2M_ENDED);
        assert_int_equal(r->client.ending, LWM2M_BOOTSTRAP_NEEDED);
        assert_int_equal(r->server.registers, LWM2M_REFUSALS);
        assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_ERROR), LWM2M_REFUSALS);
        assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->code, codes[i]);
        assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_BACKING_OFF), LWM2M_REFUSALS - 1);
        assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_BOOTSTRAP_NEEDED), 1);
        lwm2m_rig_stop(r);
    }
}

static void refusals_are_counted_in_a_row(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->server.register_code = CODE_FORBIDDEN;
    lwm2m_rig_start(r);
    lwm2m_rig_run(r, 60 * SECOND);
    assert_in_range(r->server.registers, 1, LWM2M_REFUSALS - 1);
    r->server.register_code = 0;
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    assert_int_equal(r->client.refusals, 0);
    assert_int_equal(r->client.attempts, 0);
    lwm2m_rig_stop(r);
}

static void a_server_in_trouble_is_asked_for_as_long_as_it_takes(void **state) {
    lwm2m_rig *r = *state;
    const uint8_t codes[] = {CODE_SERVER_ERROR, CODE(5, 3)};
    for (size_t i = 0; i < sizeof(codes); i++) {
        lwm2m_rig_prepare(r, NULL);
        r->server.register_code = codes[i];
        lwm2m_rig_start(r);
        lwm2m_rig_run(r, DAY);
        assert_in_range(r->server.registers, LWM2M_REFUSALS + 1, 24);
        assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->code, codes[i]);
        r->server.register_code = 0;
        lwm2m_rig_run_until(r, LWM2M_AWAKE);
        lwm2m_rig_stop(r);
    }
}

static void a_register_that_leads_nowhere_is_an_error(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->server.no_location = true;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_REGISTERED), 0);
    assert_non_null(strstr(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->why, "location"));
    lwm2m_rig_stop(r);
}

/* ---- answers to an Update ---- */

static void a_registration_that_expired_asleep_is_made_anew_in_the_same_association(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r, NULL);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    lwm2m_server_forget(&r->server);
    tap_clear(&r->k->tap);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    assert_int_equal(r->server.updates, 1);
    assert_int_equal(r->server.registers, 2);
    assert_int_equal(lwm2m_rig_datagrams(r, TAP_UP), 2);
    assert_int_equal(kit_handshake_datagrams(r->k), 0);
    assert_non_null(strstr(lwm2m_rig_last(r, LWM2M_EVENT_REREGISTERING)->why, "4.04"));
    assert_string_equal(r->kept.location, "/rd/2");
    lwm2m_rig_stop(r);
}

static void any_4_xx_to_an_update_leads_to_a_register(void **state) {
    lwm2m_rig *r = *state;
    const uint8_t codes[] = {CODE_BAD_REQUEST, CODE_UNAUTHORIZED, CODE_FORBIDDEN, CODE_NOT_ALLOWED};
    for (size_t i = 0; i < sizeof(codes); i++) {
        start_registered(r, NULL);
        r->server.update_code = codes[i];
        lwm2m_rig_run_until(r, LWM2M_ASLEEP);
        lwm2m_rig_run_until(r, LWM2M_AWAKE);
        assert_int_equal(r->server.registers, 2);
        assert_int_equal(r->server.updates, 1);
        assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_BACKING_OFF), 0);
        lwm2m_rig_stop(r);
    }
}

static void a_5_xx_to_an_update_is_waited_out(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r, NULL);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    r->server.update_code = CODE(5, 3);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    r->server.update_code = 0;
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_BACKING_OFF)->seconds <= 30, 1);
    assert_int_equal(r->server.registers, 1);
    assert_int_equal(r->server.updates, 2);
    lwm2m_rig_stop(r);
}

static void a_server_that_answers_nothing_above_dtls_is_found_out_and_waited_for(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r, NULL);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    r->server.mute = true;
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->result, DOZE_ERR_TIMEOUT);
    unsigned before = r->k->peer->counters.handshakes_full + r->k->peer->counters.handshakes_resumed;
    lwm2m_rig_run(r, 7 * DAY);
    unsigned after = r->k->peer->counters.handshakes_full + r->k->peer->counters.handshakes_resumed;
    assert_in_range(after - before, 1, 40);
    r->server.mute = false;
    lwm2m_rig_run(r, 2 * DAY);
    assert_int_equal(r->server.registers, 2);
    assert_true(r->server.registered);
    lwm2m_rig_stop(r);
}

/* ---- a server that is away ---- */

static void a_server_that_is_away_for_a_week_finds_the_client_where_it_was(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->settings.lifetime = 30 * DAY / SECOND;
    r->settings.sleep = HOUR;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    world_set_plug(r->k->server, WORLD_SILENT);
    tap_clear(&r->k->tap);
    lwm2m_rig_run(r, 7 * DAY);
    uint64_t sent = lwm2m_rig_datagrams(r, TAP_UP);
    unsigned attempts = lwm2m_rig_count(r, LWM2M_EVENT_BACKING_OFF);
    assert_in_range(attempts, 8, 40); /* 30 s, doubled up to a day */
    assert_in_range(sent, attempts, 20ull * attempts);
    world_set_plug(r->k->server, WORLD_SERVING);
    lwm2m_rig_run(r, 2 * DAY);
    assert_int_equal(r->server.registers, 1);
    assert_in_range(r->server.updates, 1, 100);
    printf("figures: lwm2m_outage_days=7 lwm2m_outage_attempts=%u lwm2m_outage_datagrams=%u\n", attempts,
           (unsigned)sent);
    lwm2m_rig_stop(r);
}

static void an_outage_beyond_the_lifetime_ends_in_a_register_without_asking(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r, NULL);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    world_set_plug(r->k->server, WORLD_SILENT);
    lwm2m_rig_run(r, 3 * HOUR);
    world_set_plug(r->k->server, WORLD_SERVING);
    lwm2m_server_forget(&r->server);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    assert_int_equal(r->server.updates, 0);
    assert_int_equal(r->server.registers, 2);
    assert_non_null(strstr(lwm2m_rig_last(r, LWM2M_EVENT_REREGISTERING)->why, "expired"));
    lwm2m_rig_stop(r);
}

static void an_association_that_the_server_ends_is_made_anew(void **state) {
    lwm2m_rig *r = *state;
    for (int alert = 0; alert < 2; alert++) {
        start_registered(r, NULL);
        peer *p = r->k->peer;
        assert_int_equal(alert != 0 ? peer_alert(p, peer_newest(p), 80) : peer_close(p, peer_newest(p)), 0);
        lwm2m_rig_run_until(r, LWM2M_WAITING);
        assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_ERROR)->result,
                         alert != 0 ? DOZE_ERR_ALERT : DOZE_ERR_CLOSED_BY_PEER);
        lwm2m_rig_run_until(r, LWM2M_AWAKE);
        assert_int_equal(r->server.registers, 2);
        assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_NEW_CONTEXT)->report.reason, DOZE_REASON_ENDED);
        lwm2m_rig_stop(r);
    }
}

/* ---- Bootstrap, and nonsense ---- */

static void a_server_that_asks_for_bootstrap_is_told_that_there_is_none(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r, NULL);
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_POST, .path = "1/0/9"});
    assert_int_equal(r->server.code, CODE_NOT_ALLOWED);
    lwm2m_rig_run_until(r, LWM2M_ENDED);
    assert_int_equal(r->client.ending, LWM2M_BOOTSTRAP_NEEDED);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_BOOTSTRAP_NEEDED), 1);
    assert_int_equal(r->server.deregisters, 1);
    lwm2m_rig_stop(r);
}

static void malformed_messages_are_said_and_do_no_harm(void **state) {
    static const struct {
        const char *data;
        size_t size;
        bool reset; /* it is confirmable and has an ID: RFC 7252 section 4.2 */
    } cases[] = {
        {"\x40", 1, false},                    /* too short for a header */
        {"\x80\x01\x00\x01", 4, false},        /* version 2 */
        {"\x49\x01\x00\x02", 4, true},         /* a token of 9 bytes */
        {"\x44\x01\x00\x03\x01", 5, true},     /* a token that is not there */
        {"\x40\x01\x00\x04\xff", 5, true},     /* a payload marker and no payload */
        {"\x40\x01\x00\x05\xb5\x31", 6, true}, /* an option that ends behind the message */
        {"\x40\x01\x00\x06\xf0\x31", 6, true}, /* a delta of 15 */
        {"\x40\x01\x00\x07\x0f\x31", 6, true}, /* a length of 15 */
        {"\x40\x00\x00\x08\x00", 5, true},     /* an empty message with something in it */
        {"\x60\x44\x00\x09\xd0", 5, false},    /* an acknowledgement with half an option */
        {"\x40\xe1\x00\x0a", 4, true},         /* code 7.01, of another protocol */
        {"\x40\x00\x00\x0b", 4, true},         /* a ping, which is no mistake */
    };
    enum { CASES = sizeof(cases) / sizeof(cases[0]), WELL_FORMED = 2 };
    lwm2m_rig *r = *state;
    start_registered(r, NULL);
    for (size_t i = 0; i < CASES; i++) {
        unsigned before = r->server.resets;
        lwm2m_server_say(&r->server, cases[i].data, cases[i].size);
        lwm2m_rig_run(r, SECOND / 2);
        assert_int_equal(r->server.resets - before, cases[i].reset);
    }
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_MALFORMED), CASES - WELL_FORMED);
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_GET, .path = "3/0/0"});
    assert_int_equal(r->server.code, CODE_CONTENT);
    lwm2m_rig_run_until_updates(r, 1);
    assert_int_equal(r->server.registers, 1);
    lwm2m_rig_stop(r);
}

static void what_a_client_needs_is_asked_for_at_once(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    lwm2m_settings good = r->settings;
    good.socket = r->k->socket;
    lwm2m_settings bad[] = {good, good, good, good, good};
    bad[0].socket = NULL;
    bad[1].endpoint = "";
    bad[2].host = NULL;
    bad[3].lifetime = LIFETIME_MAX + 1;
    bad[4].random.fill = NULL;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(lwm2m_client_init(&r->client, &bad[i]), DOZE_ERR_ARGUMENT);
    }
    assert_int_equal(lwm2m_client_init(&r->client, &good), DOZE_OK);
    lwm2m_rig_stop(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LWM2M_TEST(a_wrong_key_is_said_and_tried_again_later_and_never_for_good),
        LWM2M_TEST(a_server_that_ignores_a_wrong_key_is_said_to_be_silent),
        LWM2M_TEST(a_certificate_that_is_not_to_be_trusted_is_said),
        LWM2M_TEST(a_server_without_connection_id_is_said_once_and_served),
        LWM2M_TEST(an_unknown_endpoint_is_tried_again_and_then_needs_bootstrap),
        LWM2M_TEST(refusals_are_counted_in_a_row),
        LWM2M_TEST(a_server_in_trouble_is_asked_for_as_long_as_it_takes),
        LWM2M_TEST(a_register_that_leads_nowhere_is_an_error),
        LWM2M_TEST(a_registration_that_expired_asleep_is_made_anew_in_the_same_association),
        LWM2M_TEST(any_4_xx_to_an_update_leads_to_a_register),
        LWM2M_TEST(a_5_xx_to_an_update_is_waited_out),
        LWM2M_TEST(a_server_that_answers_nothing_above_dtls_is_found_out_and_waited_for),
        LWM2M_TEST(a_server_that_is_away_for_a_week_finds_the_client_where_it_was),
        LWM2M_TEST(an_outage_beyond_the_lifetime_ends_in_a_register_without_asking),
        LWM2M_TEST(an_association_that_the_server_ends_is_made_anew),
        LWM2M_TEST(a_server_that_asks_for_bootstrap_is_told_that_there_is_none),
        LWM2M_TEST(malformed_messages_are_said_and_do_no_harm),
        LWM2M_TEST(what_a_client_needs_is_asked_for_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
