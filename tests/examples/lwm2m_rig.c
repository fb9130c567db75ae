/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SPINS_MAX = 1000 };

int lwm2m_rig_set_up(void **state) {
    *state = test_calloc(1, sizeof(lwm2m_rig));
    return 0;
}

int lwm2m_rig_tear_down(void **state) {
    test_free(*state);
    return 0;
}

/* ---- the client's surroundings ---- */

static void on_event(void *context, const lwm2m_event *event) {
    lwm2m_rig *r = context;
    lwm2m_said *said = &r->said[r->said_all++ % LWM2M_EVENTS_KEPT];
    *said = (lwm2m_said){.name = event->name,
                         .code = event->code,
                         .result = event->result,
                         .alert = event->alert,
                         .port = event->port,
                         .seconds = event->seconds,
                         .connection_id = event->connection_id,
                         .at = kit_elapsed(r->k)};
    if (event->report != NULL) {
        said->report = *event->report;
    }
    (void)snprintf(said->why, sizeof(said->why), "%s", event->why != NULL ? event->why : "");
    (void)snprintf(said->path, sizeof(said->path), "%s", event->path != NULL ? event->path : "");
    r->said_count[event->name]++;
}

static void on_save(void *context, const lwm2m_registration *registration) {
    lwm2m_rig *r = context;
    r->kept = *registration;
    r->saves++;
}

void lwm2m_rig_prepare(lwm2m_rig *r, const kit_order *order) {
    kit_order own = order != NULL ? *order : store_kit_with_cid;
    memset(r, 0, sizeof(*r));
    own.peer.on_message = lwm2m_server_on_message;
    own.peer.message_context = &r->server;
    r->k = store_kit_start(&r->s, &own);
    r->settings = (lwm2m_settings){
        .dtls = &r->k->dtls,
        .clock = world_clock(&r->k->w),
        .random = world_random(&r->k->w),
        .host = KIT_NAME,
        .port = KIT_PORT,
        .endpoint = "urn:dev:doze-1",
        .lifetime = HOUR / SECOND,
        .sleep = LWM2M_UNTIL_UPDATE,
        .awake = 10 * SECOND,
        .expect_cid = own.dtls.cid != DOZE_CID_OFF,
        .save = on_save,
        .on_event = on_event,
        .context = r,
    };
}

static void receive_plainly(void *context, const doze_endpoint *from, const void *data, size_t size) {
    lwm2m_rig *r = context;
    r->plain_client = *from;
    lwm2m_server_receive(&r->server, data, size);
}

static void say_plainly(void *context, const uint8_t *data, size_t size) {
    lwm2m_rig *r = context;
    world_server_send(r->plain_server, &r->plain_client, data, size);
}

void lwm2m_rig_prepare_plain(lwm2m_rig *r) {
    lwm2m_rig_prepare(r, NULL);
    const world_service service = {.receive = receive_plainly, .context = r};
    const doze_udp_settings udp = {.net = world_host_net(r->k->host), .resolver = world_resolver(&r->k->w)};
    r->plain_server = world_serve(&r->k->w, KIT_SERVER, 5683, &service);
    assert_int_equal(doze_udp_init(&r->plain, &udp), DOZE_OK);
    r->server.say = say_plainly;
    r->server.say_context = r;
    r->settings.socket = &r->plain.socket;
    r->settings.dtls = NULL;
    r->settings.port = 5683;
}

void lwm2m_rig_start(lwm2m_rig *r) {
    if (r->settings.dtls != NULL) {
        r->settings.socket = r->k->socket;
    }
    r->settings.past = &r->kept;
    assert_int_equal(lwm2m_client_init(&r->client, &r->settings), DOZE_OK);
    lwm2m_client_start(&r->client);
}

void lwm2m_rig_stop(lwm2m_rig *r) {
    doze_deinit(&r->plain.socket);
    kit_stop(r->k);
}

void lwm2m_rig_reboot(lwm2m_rig *r) {
    store_kit_reboot(&r->s);
    (void)doze_dtls_load(&r->k->dtls, KIT_NAME, KIT_PORT);
    lwm2m_rig_start(r);
}

/* ---- time ---- */

/* Nothing may want to be called again and again at one instant. */
static void pass_time(lwm2m_rig *r, uint64_t most, unsigned *spins) {
    int64_t network = world_next(&r->k->w);
    int32_t client = lwm2m_client_next_timeout(&r->client);
    uint64_t pass = most;
    pass = network >= 0 && (uint64_t)network < pass ? (uint64_t)network : pass;
    pass = client >= 0 && (uint64_t)client < pass ? (uint64_t)client : pass;
    *spins = pass == 0 ? *spins + 1 : 0;
    if (*spins == SPINS_MAX) {
        fail_msg("the client spins in state %s", lwm2m_state_name(r->client.state));
    }
    world_advance(&r->k->w, pass);
}

typedef bool condition(const lwm2m_rig *r, unsigned wanted);

static bool run(lwm2m_rig *r, uint64_t ms, condition *until, unsigned wanted) {
    uint64_t end = world_now(&r->k->w) + ms;
    unsigned spins = 0;
    for (;;) {
        lwm2m_client_step(&r->client);
        r->steps++;
        if (until(r, wanted)) {
            return true;
        }
        if (world_now(&r->k->w) >= end) {
            return false;
        }
        pass_time(r, end - world_now(&r->k->w), &spins);
    }
}

static bool in_state(const lwm2m_rig *r, unsigned wanted) {
    return r->client.state == (lwm2m_state)wanted;
}

static bool updates_seen(const lwm2m_rig *r, unsigned wanted) {
    return r->server.updates >= wanted && r->client.state == LWM2M_AWAKE;
}

static bool answered(const lwm2m_rig *r, unsigned wanted) {
    (void)wanted;
    return r->server.code != CODE_EMPTY;
}

void lwm2m_rig_run(lwm2m_rig *r, uint64_t ms) {
    (void)run(r, ms, in_state, LWM2M_ENDED);
}

void lwm2m_rig_run_until(lwm2m_rig *r, lwm2m_state state) {
    if (!run(r, DAY, in_state, state)) {
        fail_msg("the client is %s after a day; said last: %s", lwm2m_state_name(r->client.state),
                 r->said[(r->said_all - 1) % LWM2M_EVENTS_KEPT].why);
    }
}

void lwm2m_rig_run_until_updates(lwm2m_rig *r, unsigned updates) {
    assert_true(run(r, 1000ull * DAY, updates_seen, updates));
}

void lwm2m_rig_ask(lwm2m_rig *r, const lwm2m_order *order) {
    assert_int_equal(r->client.state, LWM2M_AWAKE);
    lwm2m_server_ask(&r->server, order);
    assert_true(run(r, 10 * SECOND, answered, 0));
}

/* ---- what was said ---- */

const lwm2m_said *lwm2m_rig_last(const lwm2m_rig *r, lwm2m_event_name name) {
    for (unsigned i = r->said_all; i > 0 && r->said_all - i < LWM2M_EVENTS_KEPT; i--) {
        if (r->said[(i - 1) % LWM2M_EVENTS_KEPT].name == name) {
            return &r->said[(i - 1) % LWM2M_EVENTS_KEPT];
        }
    }
    fail_msg("%s was not said", lwm2m_event_text(name));
    return NULL;
}

unsigned lwm2m_rig_count(const lwm2m_rig *r, lwm2m_event_name name) {
    return r->said_count[name];
}

uint64_t lwm2m_rig_datagrams(const lwm2m_rig *r, tap_direction direction) {
    return r->k->tap.count[direction].datagrams;
}
