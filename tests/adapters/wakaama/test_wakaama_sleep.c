/* SPDX-License-Identifier: Apache-2.0 */
/* Queue mode: sleep, wake, and what a lookup or a reboot leaves as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "rig.h"
#include "world/vault.h"

static lwm2m_server_t *server_of(rig *r, uint16_t instance) {
    return &r->wakaama.servers[instance];
}

static void fifty_sleeps_keep_port_and_association_and_send_nothing(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    const uint16_t port = doze_local_port(c->socket);
    for (unsigned i = 0; i < 50; i++) {
        rig_exchange(r, c);
        unsigned before = r->server.peer.counters.datagrams_in;
        assert_int_equal(doze_wakaama_sleep(&r->adapter), DOZE_OK);
        assert_int_equal(doze_get_state(c->socket), DOZE_STATE_SHUTDOWN);
        assert_int_equal(doze_wakaama_step(&r->adapter), DOZE_OK);
        r->now += RIG_HOUR;
        assert_int_equal(doze_wakaama_wake(&r->adapter), DOZE_OK);
        peer_udp_pump(&r->server);
        assert_int_equal(r->server.peer.counters.datagrams_in, before);
        assert_int_equal(doze_local_port(c->socket), port);
    }
    rig_exchange(r, c);
    assert_int_equal(r->server.peer.counters.handshakes_full, 1);
    assert_int_equal(r->server.peer.counters.handshakes_resumed, 0);
    assert_int_equal(rig_option(c, DOZE_OPT_HANDSHAKES_AVOIDED), 50);
    assert_int_equal(server_of(r, 0)->status, STATE_REGISTERED);
    assert_int_equal(r->wakaama.context.state, STATE_READY);
}

static void a_message_sent_in_sleep_wakes_its_connection_alone(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_serve_plain(r, 1);
    rig_start(r);
    doze_wakaama_connection *secure = rig_connected(r, 0);
    doze_wakaama_connection *plain = rig_connected(r, 1);
    const uint16_t port = doze_local_port(secure->socket);
    doze_wakaama_sleep(&r->adapter);
    rig_exchange(r, secure);
    assert_int_equal(doze_local_port(secure->socket), port);
    assert_int_equal(doze_get_state(plain->socket), DOZE_STATE_SHUTDOWN);
    assert_int_equal(r->server.peer.counters.handshakes_full, 1);
}

static void plain_coap_sleeps_and_wakes_on_its_port(void **state) {
    rig *r = *state;
    rig_serve_plain(r, 1);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 1);
    const uint16_t port = doze_local_port(c->socket);
    for (int i = 0; i < 3; i++) {
        rig_exchange(r, c);
        assert_int_equal(doze_wakaama_sleep(&r->adapter), DOZE_OK);
        assert_int_equal(doze_fd(c->socket), -1);
        assert_int_equal(doze_wakaama_wake(&r->adapter), DOZE_OK);
        assert_int_equal(doze_local_port(c->socket), port);
    }
    rig_exchange(r, c);
    assert_int_equal(server_of(r, 1)->status, STATE_REGISTERED);
}

typedef struct memory {
    vault v;
    doze_keeper keeper;
} memory;

static doze_result give_store(void *user, doze_wakaama_connection *c) {
    memory *m = user;
    return doze_dtls_set_store(c->dtls, &m->keeper, &(doze_keeper_settings){.store = &m->v.store});
}

static void after_a_reboot_the_association_goes_on_from_the_store(void **state) {
    rig *r = *state;
    memory m = {0};
    vault_init(&m.v, false);
    r->settings.prepare = give_store;
    r->settings.user = &m;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    const uint16_t port = doze_local_port(c->socket);
    rig_exchange(r, c);
    doze_wakaama_sleep(&r->adapter);
    doze_wakaama_deinit(&r->adapter); /* the reboot */
    r->wakaama.context.serverList = NULL;
    rig_start(r);
    c = rig_connected(r, 0);
    assert_int_equal(rig_option(c, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    assert_int_equal(doze_local_port(c->socket), port);
    rig_exchange(r, c);
    assert_int_equal(r->server.peer.counters.handshakes_full, 1);
    rig_close(r, c);
}

static void what_goes_on_after_a_lookup_is_registered_still(void **state) {
    rig *r = *state;
    memory m = {0};
    vault_init(&m.v, false);
    r->settings.prepare = give_store;
    r->settings.user = &m;
    r->settings.udp.resolver = rig_slow_resolver();
    rig_serve(r, NULL);
    snprintf(r->uri[0], sizeof(r->uri[0]), "coaps://server.invalid:%u", peer_udp_port(&r->server));
    rig_start(r);
    rig_exchange(r, rig_connected(r, 0));
    doze_wakaama_sleep(&r->adapter);
    doze_wakaama_deinit(&r->adapter);
    r->wakaama.context.serverList = NULL;
    rig_start(r);
    doze_wakaama_connection *c = rig_connect(r, 0);
    server_of(r, 0)->status = STATE_REGISTERED; /* as an application may have kept it */
    rig_send(r, c, RIG_CON);
    assert_int_equal(rig_settle(r), DOZE_OK);
    assert_int_equal(rig_option(c, DOZE_OPT_CONTEXT_CONTINUED), 1);
    rig_until_handed(r, 2);
    assert_int_equal(server_of(r, 0)->status, STATE_REGISTERED);
    rig_close(r, c);
}

static void plain_coap_knows_of_no_context(void **state) {
    rig *r = *state;
    r->settings.udp.resolver = rig_slow_resolver();
    rig_serve_plain(r, 1);
    unsigned port;
    assert_int_equal(sscanf(r->uri[1], "coap://127.0.0.1:%u", &port), 1);
    snprintf(r->uri[1], sizeof(r->uri[1]), "coap://server.invalid:%u", port);
    rig_start(r);
    doze_wakaama_connection *c = rig_connect(r, 1);
    server_of(r, 1)->status = STATE_REGISTERED;
    assert_int_equal(rig_send(r, c, RIG_CON), COAP_NO_ERROR);
    assert_int_equal(rig_settle(r), DOZE_OK);
    rig_until_handed(r, 1);
    assert_int_equal(r->wakaama.packet_size, RIG_MESSAGE);
    assert_int_equal(server_of(r, 1)->status, STATE_REGISTERED);
}

static void sleeping_in_a_handshake_drops_what_was_held(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connect(r, 0);
    rig_send(r, c, RIG_CON);
    assert_int_equal(doze_wakaama_sleep(&r->adapter), DOZE_OK);
    assert_int_equal(doze_wakaama_wake(&r->adapter), DOZE_IN_PROGRESS);
    assert_int_equal(rig_settle(r), DOZE_OK);
    rig_exchange(r, c);
    assert_int_equal(r->server.peer.counters.messages_received, 1);
}

static void sleep_and_wake_leave_a_closed_connection_alone(void **state) {
    rig *r = *state;
    r->settings.udp.resolver = NULL;
    rig_serve(r, NULL);
    rig_start(r);
    r->wakaama.security[0].uri = "coaps://server.invalid";
    doze_wakaama_connection *c = rig_connect(r, 0);
    assert_int_equal(doze_wakaama_sleep(&r->adapter), DOZE_OK);
    assert_int_equal(doze_wakaama_wake(&r->adapter), DOZE_OK);
    assert_int_equal(doze_wakaama_step(&r->adapter), DOZE_OK);
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CLOSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(fifty_sleeps_keep_port_and_association_and_send_nothing),
        RIG_TEST(a_message_sent_in_sleep_wakes_its_connection_alone),
        RIG_TEST(plain_coap_sleeps_and_wakes_on_its_port),
        RIG_TEST(after_a_reboot_the_association_goes_on_from_the_store),
        RIG_TEST(what_goes_on_after_a_lookup_is_registered_still),
        RIG_TEST(plain_coap_knows_of_no_context),
        RIG_TEST(sleeping_in_a_handshake_drops_what_was_held),
        RIG_TEST(sleep_and_wake_leave_a_closed_connection_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
