/* SPDX-License-Identifier: Apache-2.0 */
/* The servers: real Mbed TLS, with answers that are each of their own. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "swarm/swarm_internal.h"

enum { PARKED = 9 }; /* the servers' addresses are 192.0.2.1, …, 192.0.2.8, then the first again */

const char *swarm_address(unsigned number, char text[32]) {
    (void)snprintf(text, 32, "192.0.2.%u", 1 + number % (PARKED - 1));
    return text;
}

/* ---- answers ---- */

static uint32_t new_answer(swarm *s, uint32_t question, size_t size) {
    if (s->answers_count + 1 >= s->answers_capacity) {
        s->answers_capacity = s->answers_capacity == 0 ? 512 : 2 * s->answers_capacity;
        s->answers = realloc(s->answers, s->answers_capacity * sizeof(*s->answers));
        if (s->answers == NULL) {
            abort();
        }
    }
    s->answers[++s->answers_count] = (swarm_answer){.question = question, .size = (uint32_t)size};
    return s->answers_count;
}

static void say(swarm *s, peer *p, peer_association *a, uint32_t question, size_t size) {
    char text[2048];
    uint32_t serial = new_answer(s, question, size);
    swarm_write_text(text, size, SWARM_SERVER_SAYS, serial, question);
    (void)peer_say(p, a, text, size);
}

static void answer(swarm *s, peer *p, peer_association *a, uint32_t question, size_t size) {
    uint64_t number = swarm_mix(question, s->order->seed);
    say(s, p, a, question, size);
    if (number % 16 == 0) {
        say(s, p, a, question, size);
    } else if (number % 16 == 1 &&
               size <= 400) { /* the second and third in one datagram, the same text: two serials cannot be */
        say(s, p, a, question, 40);
    }
}

static void on_message(void *context, peer *p, peer_association *a, const unsigned char *data, size_t size) {
    swarm *s = context;
    const char *text = (const char *)data;
    size_t prefix = strlen(SWARM_CLIENT_SAYS);
    swarm_check_asked(s, text, size);
    bool wants_answer = size > prefix + 8 && text[prefix + 8] == ' ' && !swarm_under(s, SWARM_SPELL_EATING);
    if (swarm_under(s, SWARM_SPELL_EATING)) {
        swarm_count(s, SWARM_SERVER_EATS);
    }
    if (wants_answer && !s->broken) {
        answer(s, p, a, (uint32_t)strtoul(text + prefix, NULL, 10), size < 2048 ? size : 2048);
    }
}

/* ---- start and stop ---- */

static bool open_server(swarm *s, unsigned index) {
    static char certificate[512];
    static char key[512];
    char address[32];
    peer_settings settings = s->plan.server;
    settings.on_message = on_message;
    settings.message_context = s;
    settings.cid_size = (uint8_t)(settings.cid_size + index);
    if (s->plan.certificates) {
        (void)snprintf(certificate, sizeof(certificate), "%s/server-chain.pem", swarm_credentials());
        (void)snprintf(key, sizeof(key), "%s/server.key.pem", swarm_credentials());
        settings.certificate_file = certificate;
        settings.key_file = key;
    }
    if (!peer_world_open(&s->servers[index], &s->w, &settings, swarm_address(index, address), SWARM_PORT)) {
        swarm_violate(s, "no server: %s", peer_why(&s->servers[index].peer));
        return false;
    }
    peer_refuse_extended_master_secret(&s->servers[index].peer);
    s->servers_count++;
    return true;
}

bool swarm_start_servers(swarm *s) {
    char first[32];
    char second[32];
    unsigned wanted = s->plan.two_servers ? 2 : 1;
    while (s->servers_count < wanted) {
        if (!open_server(s, s->servers_count)) {
            return false;
        }
    }
    swarm_address(0, first);
    swarm_address(1, second); /* nobody is there, unless there are two servers */
    bool two = wanted == 2 || s->plan.two_addresses;
    world_name(&s->w, SWARM_NAME, first, two ? second : NULL, NULL);
    return true;
}

void swarm_stop_servers(swarm *s) {
    for (unsigned i = 0; i < s->servers_count; i++) {
        s->report->handshakes += s->servers[i].peer.counters.handshakes_full;
        s->report->handshakes += s->servers[i].peer.counters.handshakes_resumed;
        peer_world_close(&s->servers[i]);
    }
    free(s->answers);
    free(s->asked);
}

void swarm_settle(swarm *s) {
    for (unsigned i = 0; i < s->servers_count; i++) {
        peer_behaviour *b = &s->servers[i].peer.behaviour;
        b->deaf = swarm_under(s, SWARM_SPELL_DEAF);
        b->hide_handshake_alerts = swarm_under(s, SWARM_SPELL_SILENT_WRONG_KEY);
        b->wrong_psk = b->hide_handshake_alerts || swarm_under(s, SWARM_SPELL_WRONG_KEY);
        b->refuse_cid = swarm_under(s, SWARM_SPELL_CID_REFUSED);
        b->known_address =
            swarm_under(s, SWARM_SPELL_HELLO_IGNORED) ? PEER_IGNORE_HELLO : s->plan.server.behaviour.known_address;
        world_set_plug(s->servers[i].server, swarm_under(s, SWARM_SPELL_REFUSING) ? WORLD_REFUSING : WORLD_SERVING);
    }
    s->w.link.dead[WORLD_UP] = swarm_under(s, SWARM_SPELL_DEAD_UP);
    s->w.link.dead[WORLD_DOWN] = swarm_under(s, SWARM_SPELL_DEAD_DOWN);
    s->w.link.black_hole = swarm_under(s, SWARM_SPELL_BLACK_HOLE) ? 160 : 0;
}
