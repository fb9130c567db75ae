/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define IDENTITY  "device-1"
#define WAITS_MAX 1000 /* of one verb: more of them go round in circles */

static const unsigned char key[] = {0x10, 0x21, 0x32, 0x43, 0x54, 0x65, 0x76, 0x87,
                                    0x98, 0xa9, 0xba, 0xcb, 0xdc, 0xed, 0xfe, 0x0f};

/* ---- putting together ---- */

peer_settings rig_peer_settings(rig *r) {
    return (peer_settings){
        .clock = r->kind->network->clock(r),
        .random = r->kind->network->random(r),
        .identity = IDENTITY,
        .key = key,
        .key_size = sizeof(key),
        .sessions = PEER_SESSION_CACHE,
        .mtu = PEER_MTU_NONE,
    };
}

static void start_dtls(rig *r) {
    const doze_dtls_settings settings = {
        .clock = r->kind->network->clock(r),
        .random = r->kind->network->random(r),
        .psk = {.identity = {IDENTITY, strlen(IDENTITY)}, .key = {key, sizeof(key)}},
    };
    assert_int_equal(doze_dtls_config_init(&r->config, &settings), DOZE_OK);
    assert_int_equal(doze_dtls_init(&r->dtls, &r->config, &r->tap.socket), DOZE_OK);
}

static bool start(rig *r, const rig_kind *kind) {
    memset(r, 0, sizeof(*r));
    r->kind = kind;
    r->host = kind->host;
    if (!kind->network->open(r)) {
        return false;
    }
    doze_endpoint address = {0};
    assert_true(r->net->ops->parse(r->net, r->host, &address));
    r->family = (doze_family)address.family;
    rig_names_init(&r->names, &address);
    const doze_udp_settings settings = {.net = r->net, .resolver = &r->names.resolver};
    assert_int_equal(doze_udp_init(&r->udp, &settings), DOZE_OK);
    tap_init(&r->tap, &r->udp.socket);
    if (kind->layer == RIG_DTLS) {
        start_dtls(r);
    }
    r->socket = kind->layer == RIG_UDP ? &r->udp.socket : kind->layer == RIG_TAP ? &r->tap.socket : &r->dtls.socket;
    return true;
}

static void stop(rig *r) {
    bool dtls = r->kind->layer == RIG_DTLS;
    char verdict[sizeof(r->tap.violation)];
    memcpy(verdict, dtls ? tap_verdict(&r->tap) : r->tap.violation, sizeof(verdict));
    doze_deinit(r->socket);
    doze_deinit(&r->udp.socket);
    unsigned leaks = r->names.open;
    if (dtls) {
        doze_dtls_config_deinit(&r->config);
    }
    r->kind->network->close(r);
    leaks += r->kind->network->leaks(r);
    assert_string_equal(verdict, "");
    assert_int_equal(leaks, 0);
}

rig *rig_start(const rig_kind *kind) {
    rig *r = test_calloc(1, sizeof(*r));
    if (!start(r, kind)) {
        test_free(r);
        return NULL;
    }
    return r;
}

void rig_stop(rig *r) {
    stop(r);
    test_free(r);
}

void rig_restart(rig *r) {
    const rig_kind *kind = r->kind;
    stop(r);
    assert_true(start(r, kind));
}

void rig_take_port(rig *r, doze_udp *thief, uint16_t port) {
    assert_int_equal(doze_udp_init(thief, &(doze_udp_settings){.net = r->net}), DOZE_OK);
    assert_int_equal(doze_set_option(&thief->socket, DOZE_OPT_FORCED_FAMILY, r->family), DOZE_OK);
    assert_int_equal(doze_bind(&thief->socket, NULL, port), DOZE_OK);
}

/* ---- verbs ---- */

doze_result rig_finish(rig *r, doze_result result) {
    for (int waits = 0; result == DOZE_IN_PROGRESS; waits++) {
        assert_in_range(waits, 0, WAITS_MAX);
        r->kind->network->wait(r);
        result = doze_step(r->socket);
    }
    return result;
}

void rig_connect(rig *r) {
    assert_int_equal(rig_finish(r, doze_connect(r->socket, RIG_NAME, r->port)), DOZE_OK);
    rig_state_is(r, DOZE_STATE_CONNECTED);
}

void rig_resume(rig *r) {
    assert_int_equal(rig_finish(r, doze_resume(r->socket)), DOZE_OK);
    rig_state_is(r, DOZE_STATE_CONNECTED);
}

void rig_sleep(rig *r) {
    assert_int_equal(doze_shutdown(r->socket), DOZE_OK);
    rig_state_is(r, DOZE_STATE_SHUTDOWN);
}

doze_result rig_recv(rig *r, void *buffer, size_t capacity, size_t *size) {
    doze_result result = doze_recv(r->socket, buffer, capacity, size);
    for (int waits = 0; result == DOZE_WOULD_BLOCK; waits++) {
        assert_in_range(waits, 0, WAITS_MAX);
        r->kind->network->wait(r);
        result = doze_recv(r->socket, buffer, capacity, size);
    }
    return result;
}

void rig_exchange(rig *r, size_t size) {
    static unsigned char mark;
    unsigned char *message = test_malloc(size);
    unsigned char *answer = test_malloc(size);
    size_t answer_size = 0;
    memset(message, ++mark, size);
    doze_result sent = doze_send(r->socket, message, size);
    sent = sent == DOZE_NEW_CONTEXT ? doze_send(r->socket, message, size) : sent;
    assert_int_equal(sent, DOZE_OK);
    assert_int_equal(rig_recv(r, answer, size, &answer_size), DOZE_OK);
    assert_int_equal(answer_size, size);
    assert_memory_equal(answer, message, size);
    test_free(message);
    test_free(answer);
}

void rig_let_arrive(rig *r, uint64_t arrived) {
    for (int waits = 0; r->kind->network->arrived(r) < arrived; waits++) {
        assert_in_range(waits, 0, WAITS_MAX);
        r->kind->network->wait(r);
    }
}

int64_t rig_option(rig *r, doze_option option) {
    int64_t value = -1;
    assert_int_equal(doze_get_option(r->socket, option, &value), DOZE_OK);
    return value;
}

void rig_state_is(const rig *r, doze_state state) {
    assert_string_equal(doze_state_name(doze_get_state(r->socket)), doze_state_name(state));
}

/* ---- situations ---- */

static void reach_bound(rig *r) {
    assert_int_equal(doze_bind(r->socket, r->kind->own, 0), DOZE_OK);
    rig_state_is(r, DOZE_STATE_BOUND);
}

void rig_reach(rig *r, rig_situation situation) {
    switch (situation) {
    case RIG_BOUND:
        reach_bound(r);
        break;
    case RIG_LOOKING_UP:
        r->names.stuck = true;
        assert_int_equal(doze_connect(r->socket, RIG_NAME, r->port), DOZE_IN_PROGRESS);
        rig_state_is(r, DOZE_STATE_CONNECTING);
        break;
    case RIG_UNDER_WAY:
        assert_true(doze_connect(r->socket, r->host, r->port) >= 0);
        break;
    case RIG_CONNECTED:
        rig_connect(r);
        break;
    case RIG_ASLEEP:
        rig_connect(r);
        rig_sleep(r);
        break;
    case RIG_ASLEEP_UNCONNECTED:
        reach_bound(r);
        rig_sleep(r);
        break;
    case RIG_CLOSED:
        rig_connect(r);
        assert_int_equal(doze_close(r->socket), DOZE_OK);
        break;
    default:
        rig_state_is(r, DOZE_STATE_CLOSED);
    }
}
