/* SPDX-License-Identifier: Apache-2.0 */
/* Which client, which servers and which network a seed has. */
#include <string.h>

#include "swarm/swarm_internal.h"

static const uint8_t psk[SWARM_KEY_SIZE] = {0x5a, 0x77, 0x61, 0x72, 0x6d, 0x2d, 0x70, 0x73,
                                            0x6b, 0x2d, 0x74, 0x65, 0x73, 0x74, 0x2d, 0x31};
static const char identity[] = "swarm-device";
static const char *credentials;

void swarm_set_credentials(const char *directory) {
    credentials = directory;
}

const char *swarm_credentials(void) {
    return credentials;
}

static uint32_t pick(swarm *s, const uint32_t *from, uint32_t count) {
    return from[swarm_dice(s, count)];
}
#define PICK(s, ...)                                                                                                   \
    pick(s, (const uint32_t[]){__VA_ARGS__}, (uint32_t)(sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)))

static void choose_client(swarm *s, doze_dtls_settings *client) {
    static const uint16_t suites[][1] = {{0xc0a8}, {0x00a8}, {0xc0a4}}; /* PSK with AES-128: CCM-8, GCM, CCM */
    client->cid = (doze_cid)PICK(s, DOZE_CID_OFFER_EMPTY, DOZE_CID_OFFER_EMPTY, DOZE_CID_OFF, DOZE_CID_OFFER_BYTES);
    client->cid_size = client->cid == DOZE_CID_OFFER_BYTES ? (uint8_t)(1 + swarm_dice(s, DOZE_CID_MAX)) : 0;
    client->resumption = (doze_resumption)PICK(s, DOZE_RESUME_SESSION_ID, DOZE_RESUME_SESSION_ID,
                                               DOZE_RESUME_SESSION_ID, DOZE_RESUME_TICKET, DOZE_RESUME_OFF);
    client->max_fragment_length = (uint16_t)PICK(s, 0, 0, 0, 512, 1024);
    client->handshake_timer_min = PICK(s, 1000, 1000, 2000, 4000, 9000);
    client->handshake_timer_max = PICK(s, 60000, 60000, 16000, 30000);
    client->association_lifetime = PICK(s, 0, 0, 0, 3600000);
    if (swarm_one_in(s, 3) && !s->plan.certificates) {
        client->suites = suites[swarm_dice(s, 3)];
        client->suites_count = 1;
    }
    if (!s->plan.certificates) {
        client->psk = (doze_psk){.identity = {identity, strlen(identity)}, .key = {psk, sizeof(psk)}};
    }
}

static void choose_server(swarm *s, peer_settings *server) {
    server->cid = (peer_cid)PICK(s, PEER_CID_BYTES, PEER_CID_BYTES, PEER_CID_BYTES, PEER_CID_EMPTY, PEER_CID_REFUSE);
    server->cid_size = (uint8_t)PICK(s, 8, 8, 6, 16);
    server->sessions = PICK(s, PEER_SESSION_CACHE, PEER_SESSION_CACHE, PEER_SESSION_CACHE | PEER_SESSION_TICKETS, 0);
    server->no_cookie = swarm_one_in(s, 5);
    server->allow_renegotiation = swarm_one_in(s, 2);
    server->handshake_timer_min = PICK(s, 1000, 2000);
    server->associations_max = PICK(s, 12, 4);
    server->behaviour.known_address =
        (peer_known_address)PICK(s, PEER_REPLACE_AT_COOKIE, PEER_REPLACE_WHEN_DONE, PEER_IGNORE_HELLO);
    if (!s->plan.certificates) {
        server->identity = identity;
        server->key = psk;
        server->key_size = sizeof(psk);
    }
}

static void choose_network(swarm *s, swarm_plan *plan) {
    plan->nat = swarm_one_in(s, 2);
    plan->nat_timeout = (int64_t)PICK(s, 12, 30, 60, 120, 180, 300, UINT32_MAX) * 1000;
    plan->latency = PICK(s, 5, 20, 20, 50, 150, 300);
    if (plan->client.handshake_timer_min == 9000) {
        plan->latency = PICK(s, 20, 500, 1500);
    }
    plan->sleep_max = PICK(s, 20, 300, 3600, 86400) * 1000;
    plan->two_servers = swarm_one_in(s, 4);
    plan->two_addresses = swarm_one_in(s, 8);
}

static void choose_device(swarm *s, swarm_plan *plan) {
    plan->freezer = swarm_one_in(s, 4);
    plan->store = swarm_one_in(s, 2);
    plan->counting = swarm_one_in(s, 3);
    plan->hold = swarm_one_in(s, 3);
    plan->range = PICK(s, 1, 4, 16, 1024);
    plan->store_mode = swarm_one_in(s, 5) ? DOZE_STORE_SESSION : DOZE_STORE_ASSOCIATION;
    plan->silence_limit = PICK(s, 2, 2, 2, 1, 3, 0);
}

/* For measurements: what an ordinary program has, Connection ID or not. */
static void choose_plainly(swarm *s, swarm_plan *plan) {
    *plan = (swarm_plan){.wakes = plan->wakes, .latency = 50, .sleep_max = 3600000, .silence_limit = 2, .range = 1024};
    plan->client.cid = swarm_one_in(s, 2) ? DOZE_CID_OFFER_EMPTY : DOZE_CID_OFF;
    plan->client.psk = (doze_psk){.identity = {identity, strlen(identity)}, .key = {psk, sizeof(psk)}};
    plan->server = (peer_settings){.identity = identity,
                                   .key = psk,
                                   .key_size = sizeof(psk),
                                   .sessions = PEER_SESSION_CACHE,
                                   .associations_max = 4};
}

static void tell_plan(const swarm *s) {
    const swarm_plan *plan = &s->plan;
    const doze_dtls_settings *client = &plan->client;
    const peer_settings *server = &plan->server;
    swarm_tell(s, "client: cid %d size %u, resumption %d, fragments %u, timers %u to %u, lifetime %u, %s",
               (int)client->cid, client->cid_size, (int)client->resumption, client->max_fragment_length,
               client->handshake_timer_min, client->handshake_timer_max, client->association_lifetime,
               plan->certificates ? "certificates" : "psk");
    swarm_tell(s, "device: silence limit %u%s%s%s, store mode %d, range %u", plan->silence_limit,
               plan->freezer ? ", freezer" : "", plan->store ? ", store" : "",
               plan->store && plan->counting ? " with counter" : "", (int)plan->store_mode, plan->range);
    swarm_tell(s, "server: cid %d size %u, sessions %u, cookie %d, known address %d, associations %zu",
               (int)server->cid, server->cid_size, server->sessions, !server->no_cookie,
               (int)server->behaviour.known_address, server->associations_max);
    swarm_tell(s, "path: %s, latency %u, sleep up to %u s, %s%s", plan->nat ? "nat" : "no nat", plan->latency,
               plan->sleep_max / 1000, plan->two_servers ? "two servers" : "one server",
               plan->two_addresses ? ", two addresses" : "");
}

void swarm_make_plan(swarm *s) {
    enum { CERTIFICATES_ONE_IN = 400, WITH_CERTIFICATES = 16, FEWEST = 50, SPAN = 151 };
    swarm_plan *plan = &s->plan;
    plan->certificates = credentials != NULL && swarm_one_in(s, CERTIFICATES_ONE_IN);
    plan->wakes = plan->certificates ? WITH_CERTIFICATES : FEWEST + swarm_dice(s, SPAN);
    if (s->order->wakes != 0) {
        plan->wakes = s->order->wakes < SWARM_WAKES_MAX ? s->order->wakes : SWARM_WAKES_MAX - 1;
    }
    choose_client(s, &plan->client);
    choose_server(s, &plan->server);
    choose_network(s, plan);
    choose_device(s, plan);
    if (s->order->loss != 0) {
        choose_plainly(s, plan);
    }
    s->report->planned = plan->wakes;
    tell_plan(s);
}
