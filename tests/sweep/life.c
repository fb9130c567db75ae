/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep/life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND_SERVER "192.0.2.2"
#define X509_NAME     "localhost" /* what the test certificates are for */

static const char message[] = "is anything wrong";

bool life_in_doze;

doze_result life_end_call(doze_result result) {
    life_in_doze = false;
    return result;
}

/* ---- what an application does ---- */

static void wait_for_it(const rig *r, int64_t most) {
    const int64_t timer = doze_next_timeout(r->k->socket);
    const int64_t network = world_next(&r->k->w);
    int64_t pause = timer < 0 || (network >= 0 && network < timer) ? network : timer;
    pause = pause < 0 || pause > most ? most : pause;
    if (!world_readable(&r->k->w, doze_fd(r->k->socket))) {
        world_advance(&r->k->w, (uint64_t)pause);
    }
}

static doze_result drive(rig *r, doze_result result) {
    for (int i = 0; i < 1000 && result == DOZE_IN_PROGRESS; i++) {
        wait_for_it(r, 1000);
        result = CALL(doze_step(r->k->socket));
    }
    return result;
}

static doze_result wake(rig *r) {
    switch (doze_get_state(r->k->socket)) {
    case DOZE_STATE_CONNECTED:
        return DOZE_OK;
    case DOZE_STATE_SHUTDOWN:
        return drive(r, CALL(doze_resume(r->k->socket)));
    default:
        return drive(r, CALL(doze_connect(r->k->socket, r->host, KIT_PORT)));
    }
}

static doze_result say(rig *r) {
    doze_result result = DOZE_IN_PROGRESS;
    for (int i = 0; i < 4 && (result == DOZE_IN_PROGRESS || result == DOZE_NEW_CONTEXT); i++) {
        result = CALL(doze_send(r->k->socket, message, strlen(message)));
        doze_result driven = result == DOZE_IN_PROGRESS ? drive(r, result) : DOZE_OK;
        if (driven < 0) {
            return driven;
        }
    }
    return result;
}

static doze_result hear(rig *r) {
    char answer[64];
    size_t size = 0;
    doze_result result = DOZE_WOULD_BLOCK;
    uint64_t end = world_now(&r->k->w) + 3000;
    while (result == DOZE_WOULD_BLOCK && world_now(&r->k->w) < end) {
        wait_for_it(r, 100);
        result = CALL(doze_recv(r->k->socket, answer, sizeof(answer), &size));
    }
    if (result == DOZE_OK) {
        assert_int_equal(size, strlen(message));
        assert_memory_equal(answer, message, size);
    }
    return result;
}

/* Awake, says it until it is answered. */
doze_result life_talk(rig *r) {
    doze_result result = wake(r);
    for (int i = 0; i < 8 && result == DOZE_OK; i++) {
        result = say(r);
        if (result != DOZE_OK) {
            return result;
        }
        result = hear(r);
        if (result != DOZE_WOULD_BLOCK) {
            r->connected = r->connected || result == DOZE_OK;
            return result;
        }
        result = DOZE_OK;
    }
    return result == DOZE_OK ? DOZE_ERR_TIMEOUT : result;
}

/* The same, and the association goes on, unless it was lost with the power. */
doze_result life_talk_on(rig *r) {
    doze_result result = life_talk(r);
    if (result == DOZE_OK) {
        assert_int_equal(kit_option(r->k, DOZE_OPT_CONTEXT_CONTINUED) == 1 || r->power_lost_it, 1);
        r->power_lost_it = false;
    }
    return result;
}

doze_result life_climb(rig *r) {
    if (doze_get_state(r->k->socket) == DOZE_STATE_CONNECTED) {
        assert_int_equal(CALL(doze_dtls_no_answer(&r->k->dtls)), DOZE_OK);
    }
    return life_talk(r);
}

doze_result life_sleep_an_hour(rig *r) {
    doze_result result = CALL(doze_shutdown(r->k->socket));
    world_advance(&r->k->w, 3600 * 1000);
    return result;
}

/* From CONNECTED it says goodbye. */
doze_result life_close_it(rig *r) {
    r->connected = r->connected && doze_get_state(r->k->socket) != DOZE_STATE_CONNECTED;
    return CALL(doze_close(r->k->socket));
}

doze_result life_forget_it(rig *r) {
    r->connected = false;
    return CALL(doze_forget(r->k->socket));
}

doze_result life_freeze_from_now_on(rig *r) {
    return CALL(doze_dtls_set_freezer(&r->k->dtls, r->freezer, sizeof(r->freezer)));
}

doze_result life_attach_store(rig *r) {
    r->s.settings = (doze_keeper_settings){.store = &r->s.v.store, .range = 2};
    vault_init(&r->s.v, false);
    return CALL(doze_dtls_set_store(&r->k->dtls, &r->s.keeper, &r->s.settings));
}

doze_result life_load_it(rig *r) {
    bool is_empty = store_kit_is_empty(&r->s, STORE_KIT_ASSOCIATION) && store_kit_is_empty(&r->s, STORE_KIT_SESSION);
    if (doze_get_state(r->k->socket) == DOZE_STATE_SHUTDOWN) {
        return DOZE_OK;
    }
    doze_result result = CALL(doze_dtls_load(&r->k->dtls, r->host, KIT_PORT));
    return result == DOZE_ERR_NO_PEER && is_empty ? DOZE_OK : result;
}

doze_result life_say_a_lot(rig *r) {
    doze_result result = wake(r);
    for (int i = 0; i < 6 && (result == DOZE_OK || result == DOZE_NEW_CONTEXT); i++) {
        result = CALL(doze_dtls_send_one_way(&r->k->dtls, "a lot", 5));
    }
    world_advance(&r->k->w, 1000);
    return result == DOZE_NEW_CONTEXT ? DOZE_OK : result;
}

/* ---- what happens to it ---- */

doze_result life_somebody_takes_the_port(rig *r) {
    kit_take_port(r->k, &r->thief, doze_local_port(r->k->socket));
    return DOZE_OK;
}

doze_result life_the_server_restarts(rig *r) {
    r->server_has_it = false;
    assert_true(peer_restart(r->k->peer, true));
    return DOZE_OK;
}

doze_result life_the_server_moves(rig *r) {
    const peer_settings settings = {.identity = KIT_IDENTITY, .key = kit_key, .key_size = sizeof(kit_key)};
    r->server_has_it = false;
    assert_true(peer_world_open(&r->second, &r->k->w, &settings, SECOND_SERVER, KIT_PORT));
    peer_refuse_extended_master_secret(&r->second.peer);
    r->second_open = true;
    world_name(&r->k->w, KIT_NAME, KIT_SERVER, SECOND_SERVER, NULL);
    world_set_plug(r->k->server, WORLD_SILENT);
    return DOZE_OK;
}

doze_result life_the_device_boots(rig *r) {
    r->connected = false;
    r->power_lost_it = store_kit_is_empty(&r->s, STORE_KIT_ASSOCIATION);
    kit_reboot(r->k);
    return CALL(doze_dtls_set_store(&r->k->dtls, &r->s.keeper, &r->s.settings));
}

static void give_port_back(rig *r) {
    doze_deinit(&r->thief.socket);
    memset(&r->thief, 0, sizeof(r->thief));
}

/* ---- after a failure ---- */

void life_expect_rest(const rig *r) {
    doze_state state = doze_get_state(r->k->socket);
    bool rests = state == DOZE_STATE_CLOSED || state == DOZE_STATE_SHUTDOWN;
    assert_int_not_equal(state, DOZE_STATE_CONNECTING);
    assert_int_equal(doze_fd(r->k->socket) == -1, rests);
    if (state != DOZE_STATE_CONNECTED) {
        assert_int_equal(doze_next_timeout(r->k->socket), -1);
    }
    if (state == DOZE_STATE_CLOSED) {
        assert_int_equal(world_open_sockets(r->k->host), r->thief.socket.ops != NULL);
    }
    if (r->connected) {
        assert_string_equal(doze_remote_hostname(r->k->socket), r->host);
        assert_int_equal(doze_remote_port(r->k->socket), KIT_PORT);
        assert_int_not_equal(doze_local_port(r->k->socket), 0);
    }
}

void life_recover(rig *r, life_step *failed) {
    doze_result result = DOZE_ERR_TIMEOUT;
    if (r->thief.socket.ops != NULL) {
        give_port_back(r);
    }
    if (doze_get_state(r->k->socket) == DOZE_STATE_CONNECTED) {
        assert_int_equal(doze_shutdown(r->k->socket), DOZE_OK);
    }
    if (r->connected && r->server_has_it && doze_get_state(r->k->socket) == DOZE_STATE_SHUTDOWN) {
        assert_int_equal(life_talk_on(r), DOZE_OK); /* nothing was lost */
    }
    for (int wakes = 0; wakes < 2 && result != DOZE_OK; wakes++) {
        result = failed(r);
    }
    assert_int_equal(result, DOZE_OK);
}

/* ---- beginning and end ---- */

void life_begin(rig *r, const kit_order *order) {
    memset(r, 0, sizeof(*r));
    r->k = &r->s.k;
    r->host = order != NULL && order->x509 != NULL ? X509_NAME : KIT_NAME;
    r->server_has_it = true;
    kit_start(r->k, order);
    peer_refuse_extended_master_secret(r->k->peer);
    world_name(&r->k->w, X509_NAME, KIT_SERVER, NULL);
}

void life_end(rig *r) {
    if (r->thief.socket.ops != NULL) {
        give_port_back(r);
    }
    if (r->second_open) {
        peer_world_close(&r->second);
    }
    kit_stop(r->k);
}
