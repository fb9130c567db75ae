/* SPDX-License-Identifier: Apache-2.0 */
/* The LwM2M client's days and nights: it registers, sleeps, and stays registered. */
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

/* ---- registering ---- */

static void a_register_has_what_lwm2m_1_1_asks_for(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r, NULL);
    assert_int_equal(r->server.registers, 1);
    assert_string_equal(r->server.queries, "&lwm2m=1.1&ep=urn:dev:doze-1&lt=3600&b=U&Q");
    assert_string_equal(r->server.links, "</>;rt=\"oma.lwm2m\";ct=\"110 11542\",</1/0>,</3/0>");
    assert_string_equal(r->client.registration.location, "/rd/1");
    assert_string_equal(r->kept.location, "/rd/1");
    assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_REGISTERED)->seconds, 3600);
    assert_true(lwm2m_rig_last(r, LWM2M_EVENT_CONNECTED)->connection_id);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_ERROR), 0);
    lwm2m_rig_stop(r);
}

static void answers_may_come_separately(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->server.separate = true;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until_updates(r, 3);
    assert_int_equal(r->server.registers, 1);
    assert_int_equal(r->server.resets, 0);
    lwm2m_rig_stop(r);
}

static void it_registers_with_certificates_too(void **state) {
    lwm2m_rig *r = *state;
    doze_bytes ca = kit_file("root.pem");
    doze_bytes certificate = kit_file("client-chain.pem");
    doze_bytes key = kit_file("client.key.pem");
    const doze_x509_settings x509 = {.trust = ca, .certificate = certificate, .key = key, .server_name = "localhost"};
    const kit_order order = {.x509 = &x509, .certificate = "server", .client_ca = "root"};
    start_registered(r, &order);
    lwm2m_rig_run_until_updates(r, 2);
    assert_int_equal(r->server.registers, 1);
    lwm2m_rig_stop(r);
    kit_free(ca);
    kit_free(certificate);
    kit_free(key);
}

/* ---- sleeping ---- */

static void a_hundred_sleeps_cost_one_datagram_each_way_and_no_handshake(void **state) {
    lwm2m_rig *r = *state;
    enum { CYCLES = 100 };
    for (size_t i = 0; i < STORE_KIT_BOTH; i++) {
        start_registered(r, store_kit_both[i]);
        uint16_t port = doze_local_port(r->k->socket);
        tap_clear(&r->k->tap);
        lwm2m_rig_run_until_updates(r, CYCLES);
        assert_int_equal(r->server.registers, 1);
        assert_string_equal(r->client.registration.location, "/rd/1");
        assert_int_equal(lwm2m_rig_datagrams(r, TAP_UP), CYCLES);
        assert_int_equal(lwm2m_rig_datagrams(r, TAP_DOWN), CYCLES);
        assert_int_equal(kit_handshake_datagrams(r->k), 0);
        assert_int_equal(doze_local_port(r->k->socket), port);
        const lwm2m_said *awake = lwm2m_rig_last(r, LWM2M_EVENT_AWAKE);
        assert_int_equal(awake->report.rung, DOZE_RUNG_KEPT);
        assert_int_equal(awake->port, port);
        printf("figures: lwm2m_cycles_cid_%s=%d lwm2m_datagrams_a_cycle_cid_%s=%d lwm2m_handshakes_cid_%s=0\n",
               i == 0 ? "on" : "off", CYCLES, i == 0 ? "on" : "off", 2, i == 0 ? "on" : "off");
        lwm2m_rig_stop(r);
    }
}

static void a_registration_lasts_for_a_month_and_is_never_late(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r, NULL);
    uint64_t started = world_now(&r->k->w);
    for (unsigned i = 1; world_now(&r->k->w) - started < 30ull * DAY; i++) {
        uint64_t before = world_now(&r->k->w);
        lwm2m_rig_run_until_updates(r, i);
        assert_in_range(world_now(&r->k->w) - before, HOUR - 100 * SECOND, HOUR);
    }
    assert_int_equal(r->server.registers, 1);
    assert_in_range(r->steps, r->server.updates, 10ull * r->server.updates); /* it sleeps in between */
    lwm2m_rig_stop(r);
}

static void nothing_goes_on_the_wire_while_it_sleeps(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r, NULL);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    assert_int_equal(kit_elapsed(r->k) / SECOND, 10);
    assert_int_equal(doze_fd(r->k->socket), -1);
    tap_clear(&r->k->tap);
    lwm2m_rig_run(r, 50 * 60 * SECOND);
    assert_int_equal(r->client.state, LWM2M_ASLEEP);
    assert_int_equal(lwm2m_rig_datagrams(r, TAP_UP) + lwm2m_rig_datagrams(r, TAP_DOWN), 0);
    lwm2m_rig_stop(r);
}

static void a_short_lifetime_is_updated_while_it_is_awake(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->settings.lifetime = 4;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    lwm2m_rig_run(r, 9 * SECOND);
    assert_int_equal(r->server.updates, 4);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_ASLEEP), 0);
    lwm2m_rig_stop(r);
}

static void it_leaves_after_its_cycles_with_a_de_register_and_a_goodbye(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->settings.cycles = 50;
    r->settings.sleep = 0;
    r->settings.awake = 0;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_ENDED);
    assert_int_equal(r->client.ending, LWM2M_LEFT);
    assert_int_equal(r->server.updates, 50);
    assert_int_equal(r->server.deregisters, 1);
    lwm2m_rig_run(r, SECOND);
    world_advance(&r->k->w, SECOND);
    assert_int_equal(r->k->peer->counters.close_notifies, 1);
    assert_string_equal(r->kept.location, "");
    lwm2m_rig_stop(r);
}

static void it_may_end_registered_and_silently(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->settings.cycles = 1;
    r->settings.stay = true;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_ENDED);
    assert_int_equal(r->client.ending, LWM2M_LEFT);
    assert_int_equal(kit_elapsed(r->k) - lwm2m_rig_last(r, LWM2M_EVENT_UPDATED)->at, r->settings.awake);
    assert_int_equal(r->server.updates, 1);
    assert_int_equal(r->server.deregisters, 0);
    assert_int_equal(r->k->peer->counters.close_notifies, 0);
    assert_string_equal(r->kept.location, "/rd/1");
    lwm2m_rig_stop(r);
}

static void stopped_asleep_it_wakes_to_de_register(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r, NULL);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    lwm2m_client_stop(&r->client);
    assert_int_equal(lwm2m_client_next_timeout(&r->client), 0);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->client.state, LWM2M_ENDED);
    assert_int_equal(r->server.deregisters, 1);
    assert_int_equal(r->server.updates, 0);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_DEREGISTERED), 1);
    lwm2m_rig_stop(r);
}

static void stopped_before_it_is_registered_it_just_ends(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    world_set_plug(r->k->server, WORLD_SILENT);
    lwm2m_rig_start(r);
    lwm2m_rig_run(r, SECOND);
    lwm2m_client_stop(&r->client);
    lwm2m_rig_run(r, 0);
    assert_int_equal(r->client.state, LWM2M_ENDED);
    assert_int_equal(r->client.ending, LWM2M_LEFT);
    lwm2m_rig_stop(r);
}

/* ---- what happens meanwhile ---- */

static void behind_another_nat_binding_it_stays_registered_with_a_connection_id(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    world_nat *nat = world_add_nat(&r->k->w, r->k->host, "198.51.100.1");
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    world_nat_rebind(nat);
    tap_clear(&r->k->tap);
    lwm2m_rig_run_until_updates(r, 1);
    assert_int_equal(r->server.registers, 1);
    assert_int_equal(lwm2m_rig_datagrams(r, TAP_UP), 1);
    assert_int_equal(r->k->peer->counters.address_moves, 1);
    lwm2m_rig_stop(r);
}

/* An Update is sent twice without an answer; then come a handshake and a Register, which is counted too. */
static void expect_reregistered_within_one_update(lwm2m_rig *r, const char *name) {
    tap_clear(&r->k->tap);
    uint64_t asleep_until = r->client.at;
    lwm2m_rig_run_until(r, LWM2M_REGISTERING);
    uint64_t unanswered = r->k->tap.count[TAP_UP].application - 1;
    assert_int_equal(unanswered, 2);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    assert_int_equal(r->server.registers, 2);
    assert_string_equal(r->client.registration.location, "/rd/2");
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_NEW_CONTEXT), 1);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_REREGISTERING), 1);
    assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_NEW_CONTEXT)->report.reason, DOZE_REASON_SILENCE);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_ERROR), 0);
    printf("figures: lwm2m_unanswered_%s=%u lwm2m_reregistered_ms_%s=%u\n", name, (unsigned)unanswered, name,
           (unsigned)(world_now(&r->k->w) - asleep_until));
}

static void behind_another_nat_binding_without_a_connection_id_it_registers_anew(void **state) {
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, &store_kit_without_cid);
    world_nat *nat = world_add_nat(&r->k->w, r->k->host, "198.51.100.1");
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    world_nat_rebind(nat);
    expect_reregistered_within_one_update(r, "nat_without_cid");
    lwm2m_rig_stop(r);
}

static void after_a_restart_of_the_server_it_registers_within_one_update_and_two_unanswered_datagrams(void **state) {
    lwm2m_rig *r = *state;
    const kit_order deaf_without_cid = {.dtls = {.cid = DOZE_CID_OFF}, .peer = {.cid = PEER_CID_REFUSE}};
    const kit_order *const orders[] = {&store_kit_with_cid, &store_kit_without_cid, &deaf_without_cid};
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        start_registered(r, orders[i]);
        lwm2m_rig_run_until(r, LWM2M_ASLEEP);
        assert_true(peer_restart(r->k->peer, false));
        lwm2m_server_forget(&r->server);
        expect_reregistered_within_one_update(r, i == 0 ? "restart_cid" : i == 1 ? "restart" : "restart_no_cid");
        assert_int_equal(r->server.updates, 0);
        lwm2m_rig_stop(r);
    }
}

static void after_a_reboot_asleep_it_sends_an_update_from_the_same_port(void **state) {
    lwm2m_rig *r = *state;
    for (size_t i = 0; i < STORE_KIT_BOTH; i++) {
        start_registered(r, store_kit_both[i]);
        uint16_t port = doze_local_port(r->k->socket);
        lwm2m_rig_run_until(r, LWM2M_ASLEEP);
        lwm2m_rig_reboot(r);
        lwm2m_rig_run_until(r, LWM2M_AWAKE);
        assert_int_equal(r->server.registers, 1);
        assert_int_equal(r->server.updates, 1);
        assert_int_equal(doze_local_port(r->k->socket), port);
        assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_AWAKE)->report.rung, DOZE_RUNG_THAWED);
        assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_AWAKE)->report.datagrams_sent, 0);
        assert_int_equal(r->k->peer->counters.handshakes_full, 1);
        lwm2m_rig_run_until_updates(r, 2);
        lwm2m_rig_stop(r);
    }
}

static void after_a_power_cut_awake_it_registers_in_the_new_context(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r, NULL);
    lwm2m_rig_reboot(r);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    assert_int_equal(r->server.registers, 2);
    assert_int_equal(r->server.updates, 0);
    assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_NEW_CONTEXT)->report.reason, DOZE_REASON_STOPPED);
    assert_int_equal(r->k->peer->counters.handshakes_resumed, 1);
    lwm2m_rig_stop(r);
}

static void a_lifetime_that_the_server_wrote_outlives_a_reboot(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r, NULL);
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_PUT, .path = "1/0/1", .payload = "7200"});
    assert_int_equal(r->server.code, CODE_CHANGED);
    lwm2m_rig_run_until_updates(r, 1);
    assert_string_equal(r->server.queries, "&lt=7200");
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    lwm2m_rig_reboot(r);
    lwm2m_rig_run_until_updates(r, 2);
    assert_string_equal(r->server.queries, "&lt=7200"); /* nobody knows whether it was told before */
    assert_int_equal(lwm2m_rig_last(r, LWM2M_EVENT_UPDATED)->seconds, 7200);
    lwm2m_rig_stop(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LWM2M_TEST(a_register_has_what_lwm2m_1_1_asks_for),
        LWM2M_TEST(answers_may_come_separately),
        LWM2M_TEST(it_registers_with_certificates_too),
        LWM2M_TEST(a_hundred_sleeps_cost_one_datagram_each_way_and_no_handshake),
        LWM2M_TEST(a_registration_lasts_for_a_month_and_is_never_late),
        LWM2M_TEST(nothing_goes_on_the_wire_while_it_sleeps),
        LWM2M_TEST(a_short_lifetime_is_updated_while_it_is_awake),
        LWM2M_TEST(it_leaves_after_its_cycles_with_a_de_register_and_a_goodbye),
        LWM2M_TEST(it_may_end_registered_and_silently),
        LWM2M_TEST(stopped_asleep_it_wakes_to_de_register),
        LWM2M_TEST(stopped_before_it_is_registered_it_just_ends),
        LWM2M_TEST(behind_another_nat_binding_it_stays_registered_with_a_connection_id),
        LWM2M_TEST(behind_another_nat_binding_without_a_connection_id_it_registers_anew),
        LWM2M_TEST(after_a_restart_of_the_server_it_registers_within_one_update_and_two_unanswered_datagrams),
        LWM2M_TEST(after_a_reboot_asleep_it_sends_an_update_from_the_same_port),
        LWM2M_TEST(after_a_power_cut_awake_it_registers_in_the_new_context),
        LWM2M_TEST(a_lifetime_that_the_server_wrote_outlives_a_reboot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
