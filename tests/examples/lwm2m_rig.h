/* SPDX-License-Identifier: Apache-2.0 */
/* What every test of the LwM2M client starts from: the client over doze on a simulated network with a virtual clock,
 * the scripted LwM2M server behind a real DTLS server, and a store in memory. */
#ifndef LWM2M_RIG_H
#define LWM2M_RIG_H

#include "kit/store_kit.h"
#include "lwm2m_client/client.h"
#include "lwm2m_server.h"

#define LWM2M_EVENTS_KEPT 64
#define SECOND            1000u
#define HOUR              (3600 * SECOND)
#define DAY               (24 * HOUR)

typedef struct lwm2m_said {
    lwm2m_event_name name;
    uint8_t code;
    doze_result result;
    int alert;
    uint16_t port;
    double seconds;
    doze_report report;
    bool connection_id;
    uint64_t at; /* ms since the start */
    char why[128];
    char path[PATH_TEXT_SIZE];
} lwm2m_said;

typedef struct lwm2m_rig {
    store_kit s;
    kit *k; /* of `s` */
    lwm2m_server server;
    doze_udp plain; /* with lwm2m_rig_prepare_plain(): what the client has instead of DTLS, … */
    world_server *plain_server;
    doze_endpoint plain_client; /* … and where the server knows it to be */
    lwm2m_client client;
    lwm2m_settings settings; /* as the client got them; writable before a reboot */
    lwm2m_registration kept; /* what was saved last */
    unsigned saves;
    lwm2m_said said[LWM2M_EVENTS_KEPT]; /* the last ones … */
    unsigned said_count[LWM2M_EVENTS];  /* … and how many there were of each */
    unsigned said_all;
    unsigned steps; /* of the event loop, by lwm2m_rig_run() */
} lwm2m_rig;

int lwm2m_rig_set_up(void **state);
int lwm2m_rig_tear_down(void **state);
#define LWM2M_TEST(name) cmocka_unit_test_setup_teardown(name, lwm2m_rig_set_up, lwm2m_rig_tear_down)

/* Sockets and server; `order` NULL: Connection IDs of 8 bytes both ways. Settings as below, to be changed before … */
void lwm2m_rig_prepare(lwm2m_rig *r, const kit_order *order);
void lwm2m_rig_prepare_plain(lwm2m_rig *r); /* the same without DTLS */
/* … the client starts: a lifetime of an hour, asleep until its Update, awake for 10 s. */
void lwm2m_rig_start(lwm2m_rig *r);
void lwm2m_rig_stop(lwm2m_rig *r);
/* The client loses its memory, and has what was kept. */
void lwm2m_rig_reboot(lwm2m_rig *r);

/* An event loop, for so much time or until the client has ended. */
void lwm2m_rig_run(lwm2m_rig *r, uint64_t ms);
/* Until the client is in `state`, which must come within a day. */
void lwm2m_rig_run_until(lwm2m_rig *r, lwm2m_state state);
void lwm2m_rig_run_until_updates(lwm2m_rig *r, unsigned updates); /* that the server has seen */
/* Asks the client, which is awake, and waits for its answer. */
void lwm2m_rig_ask(lwm2m_rig *r, const lwm2m_order *order);

/* The last one of this name; it must be there. */
const lwm2m_said *lwm2m_rig_last(const lwm2m_rig *r, lwm2m_event_name name);
/* How often it was said. */
unsigned lwm2m_rig_count(const lwm2m_rig *r, lwm2m_event_name name);
uint64_t lwm2m_rig_datagrams(const lwm2m_rig *r, tap_direction direction);

#endif
