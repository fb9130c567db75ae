/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a registration when the server knows nothing of the association any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rig.h"

static lwm2m_server_t *server_of(rig *r, uint16_t instance) {
    return &r->wakaama.servers[instance];
}

/* A server that restarted: two confirmable messages are not answered, the next one, of that type, finds that out. */
static void lose_the_server(rig *r, doze_wakaama_connection *c, uint8_t type) {
    assert_true(peer_restart(&r->server.peer, false));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rig_send(r, c, RIG_CON), COAP_NO_ERROR);
        peer_udp_pump(&r->server);
        r->now += 10000;
    }
    assert_int_equal(rig_send(r, c, type), COAP_NO_ERROR); /* held back */
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CONNECTING);
}

static void close_it(void *context) {
    rig *r = context;
    rig_close(r, server_of(r, 0)->sessionH);
}

static void after_a_restart_of_the_server_wakaama_registers_again(void **state) {
    static const lwm2m_status_t registered[] = {STATE_REGISTERED, STATE_REG_UPDATE_PENDING, STATE_REG_UPDATE_NEEDED,
                                                STATE_REG_FULL_UPDATE_NEEDED};
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    for (unsigned i = 0; i < sizeof(registered) / sizeof(registered[0]); i++) {
        rig_exchange(r, c);
        unsigned said = r->wakaama.packets;
        server_of(r, 0)->status = registered[i];
        r->wakaama.context.state = i % 2 == 0 ? STATE_READY : STATE_REGISTERING;
        lose_the_server(r, c, RIG_CON);
        assert_int_equal(rig_settle(r), DOZE_OK);
        assert_int_equal(server_of(r, 0)->status, STATE_DEREGISTERED);
        assert_int_equal(r->wakaama.context.state, STATE_REGISTER_REQUIRED);
        assert_int_equal(server_of(r, 0)->sessionH == c, 1);
        assert_int_equal(rig_send(r, c, RIG_CON), COAP_NO_ERROR); /* the Register goes out at once */
        rig_until_handed(r, said + 2);
        assert_int_equal(peer_newest(&r->server.peer)->messages_received, 1); /* and what was held did not */
    }
}

static void what_was_held_for_the_old_registration_is_reset(void **state) {
    static const struct {
        uint8_t type;
        unsigned resets;
    } cases[] = {{RIG_CON, 1}, {RIG_ACK, 0}};
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        server_of(r, 0)->status = STATE_REGISTERED;
        unsigned before = r->wakaama.packets;
        lose_the_server(r, c, cases[i].type);
        assert_int_equal(rig_settle(r), DOZE_OK);
        assert_int_equal(r->wakaama.packets, before + cases[i].resets);
        rig_exchange(r, c);
    }
}

static void a_reset_has_the_message_id_of_what_was_held(void **state) {
    rig *r = *state;
    uint8_t held[] = {0x44, 0x02, 0x12, 0x34, 'T', 'O', 'K', 'N'};
    static const uint8_t reset[] = {0x70, 0x00, 0x12, 0x34}; /* RFC 7252 section 4.2 */
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    lose_the_server(r, c, RIG_CON);
    assert_int_equal(lwm2m_buffer_send(c, held, sizeof(held), &r->adapter), COAP_NO_ERROR);
    assert_int_equal(rig_settle(r), DOZE_OK);
    assert_int_equal(r->wakaama.packets, 1);
    assert_ptr_equal(r->wakaama.session, c);
    assert_int_equal(r->wakaama.packet_size, sizeof(reset));
    assert_memory_equal(r->wakaama.packet, reset, sizeof(reset));
}

static void a_reset_may_make_wakaama_close_the_session(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    lose_the_server(r, c, RIG_CON);
    r->wakaama.on_packet = close_it;
    r->wakaama.on_packet_context = r;
    assert_int_equal(rig_settle(r), DOZE_OK);
    assert_int_equal(r->wakaama.packets, 1);
    assert_int_equal(doze_wakaama_fds(&r->adapter, NULL, 0), 0);
}

static void a_register_that_met_the_restart_is_sent_after_it(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    server_of(r, 0)->status = STATE_REG_PENDING;
    r->wakaama.context.state = STATE_REGISTERING;
    lose_the_server(r, c, RIG_CON);
    assert_int_equal(rig_settle(r), DOZE_OK);
    rig_until_handed(r, 1);
    assert_int_equal(server_of(r, 0)->status, STATE_REG_PENDING);
    assert_int_equal(r->wakaama.context.state, STATE_REGISTERING);
}

static void a_bootstrap_server_has_no_registration_to_repeat(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    r->wakaama.context.bootstrapServerList = r->wakaama.context.serverList;
    r->wakaama.context.serverList = NULL;
    r->wakaama.context.state = STATE_BOOTSTRAPPING;
    lose_the_server(r, c, RIG_CON);
    assert_int_equal(rig_settle(r), DOZE_OK);
    rig_until_handed(r, 1);
    assert_int_equal(r->wakaama.context.state, STATE_BOOTSTRAPPING);
    assert_int_equal(server_of(r, 0)->status, STATE_REGISTERED);
    lwm2m_close_connection(c, &r->adapter);
}

static void a_bootstrap_under_way_is_not_interrupted_by_a_registration(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    r->wakaama.context.state = STATE_BOOTSTRAPPING;
    lose_the_server(r, c, RIG_CON);
    assert_int_equal(rig_settle(r), DOZE_OK);
    assert_int_equal(r->wakaama.context.state, STATE_BOOTSTRAPPING);
    assert_int_equal(server_of(r, 0)->status, STATE_DEREGISTERED);
}

static void only_the_server_that_restarted_is_registered_again(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_serve_plain(r, 1);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    rig_connected(r, 1);
    lose_the_server(r, c, RIG_CON);
    assert_int_equal(rig_settle(r), DOZE_OK);
    assert_int_equal(server_of(r, 0)->status, STATE_DEREGISTERED);
    assert_int_equal(server_of(r, 1)->status, STATE_REGISTERED);
}

static void after_the_goodbye_of_a_server_the_next_message_makes_a_new_association(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    r->server.peer.behaviour.answer = PEER_ECHO_AND_CLOSE;
    rig_exchange(r, c);
    r->server.peer.behaviour.answer = PEER_ECHO;
    assert_int_equal(doze_wakaama_step(&r->adapter), DOZE_ERR_CLOSED_BY_PEER);
    assert_int_equal(doze_wakaama_fds(&r->adapter, NULL, 0), 0); /* what else it sends does not keep the loop busy */
    assert_int_equal(doze_wakaama_step(&r->adapter), DOZE_OK);
    assert_int_equal(rig_send(r, c, RIG_CON), COAP_NO_ERROR);
    assert_int_equal(rig_settle(r), DOZE_OK);
    assert_int_equal(server_of(r, 0)->status, STATE_DEREGISTERED);
    rig_exchange(r, c);
}

static void a_goodbye_that_a_message_meets_does_not_cost_the_message(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    server_of(r, 0)->status = STATE_REG_PENDING;
    r->server.peer.behaviour.answer = PEER_ECHO_AND_CLOSE;
    rig_exchange(r, c); /* in the same datagram is the close_notify, which is read here and not by the adapter */
    r->server.peer.behaviour.answer = PEER_ECHO;
    uint8_t none[1];
    size_t size;
    assert_int_equal(doze_recv(c->socket, none, 1, &size), DOZE_ERR_CLOSED_BY_PEER);
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CONNECTED);
    assert_int_equal(rig_send(r, c, RIG_CON), COAP_NO_ERROR);
    assert_int_equal(rig_settle(r), DOZE_OK);
    rig_until_handed(r, 2);
}

static void a_wake_that_fails_is_told_and_tried_again_by_the_next_message(void **state) {
    rig *r = *state;
    r->settings.dtls.association_lifetime = RIG_HOUR;
    r->settings.dtls.handshake_timer_max = 2000;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    rig_exchange(r, c);
    doze_wakaama_sleep(&r->adapter);
    r->now += 2 * RIG_HOUR; /* longer than the server keeps associations */
    r->server.peer.behaviour.deaf = true;
    assert_int_equal(rig_send(r, c, RIG_CON), COAP_NO_ERROR);
    doze_result result = DOZE_IN_PROGRESS;
    for (int i = 0; i < 200 && result == DOZE_IN_PROGRESS; i++) {
        peer_udp_pump(&r->server);
        r->now += 1000;
        result = doze_wakaama_step(&r->adapter);
    }
    assert_int_equal(result, DOZE_ERR_TIMEOUT);
    assert_int_equal(fake_allocations, 1); /* nothing is held any more */
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_SHUTDOWN);
    assert_int_equal(server_of(r, 0)->status, STATE_REGISTERED);
    r->server.peer.behaviour.deaf = false;
    unsigned before = r->wakaama.packets;
    assert_int_equal(rig_send(r, c, RIG_CON), COAP_NO_ERROR);
    assert_int_equal(rig_settle(r), DOZE_OK);
    rig_until_handed(r, before + 1); /* the association of before is good again */
    assert_int_equal(server_of(r, 0)->status, STATE_REGISTERED);
    rig_exchange(r, c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(after_a_restart_of_the_server_wakaama_registers_again),
        RIG_TEST(what_was_held_for_the_old_registration_is_reset),
        RIG_TEST(a_reset_has_the_message_id_of_what_was_held),
        RIG_TEST(a_reset_may_make_wakaama_close_the_session),
        RIG_TEST(a_register_that_met_the_restart_is_sent_after_it),
        RIG_TEST(a_bootstrap_server_has_no_registration_to_repeat),
        RIG_TEST(a_bootstrap_under_way_is_not_interrupted_by_a_registration),
        RIG_TEST(only_the_server_that_restarted_is_registered_again),
        RIG_TEST(after_the_goodbye_of_a_server_the_next_message_makes_a_new_association),
        RIG_TEST(a_goodbye_that_a_message_meets_does_not_cost_the_message),
        RIG_TEST(a_wake_that_fails_is_told_and_tried_again_by_the_next_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
