/* SPDX-License-Identifier: Apache-2.0 */
/* What others put on the wire: forged, garbled, or heard before. They know addresses and ports, and no key. */
#include <string.h>

#include "swarm/swarm_internal.h"

enum { HEADER = 13, MESSAGE_HEADER = 12, BIGGEST = 60000, FLOOD_MAX = 100, SHOWER_MAX = 200 };

static uint8_t forged[BIGGEST];

static void fill_by(uint64_t chance, uint8_t *out, size_t size) {
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = swarm_mix(chance, i);
        memcpy(out + i, &word, size - i < 8 ? size - i : 8);
    }
}

static void inject(swarm *s, const swarm_later *later) {
    (void)world_inject(&s->w, &later->from, &later->to, later->data, later->size);
}

/* To the client, as if from its server, or the other way round; soon. */
static void throw_it(swarm *s, uint64_t chance, bool up, size_t size) {
    const swarm_seen datagram = {up ? s->client_end : s->server_end, up ? s->server_end : s->client_end, size, forged};
    swarm_do_later(s, chance % (2 * s->plan.latency + 2), inject, 0, &datagram);
}

static size_t put_header(uint64_t chance, uint8_t type, uint16_t epoch, size_t body) {
    forged[0] = type;
    forged[1] = 0xfe;
    forged[2] = 0xfd;
    forged[3] = (uint8_t)(epoch >> 8);
    forged[4] = (uint8_t)epoch;
    memset(forged + 5, 0, 6);
    forged[10] = (uint8_t)(chance >> 24);
    forged[11] = (uint8_t)(body >> 8);
    forged[12] = (uint8_t)body;
    return HEADER + body;
}

static size_t put_message(uint64_t chance, uint8_t type, uint8_t number, size_t body) {
    uint8_t *m = forged + HEADER;
    memset(m, 0, MESSAGE_HEADER);
    m[0] = type;
    m[2] = m[10] = (uint8_t)(body >> 8);
    m[3] = m[11] = (uint8_t)body;
    m[5] = number;
    return put_header(chance, 22, 0, MESSAGE_HEADER + body);
}

static void forge_garbage(swarm *s, uint64_t chance) {
    size_t size = 1 + (chance >> 16) % 200;
    fill_by(chance, forged, size);
    throw_it(s, chance, chance >> 8 & 1, size);
}

static void forge_empty(swarm *s, uint64_t chance) {
    throw_it(s, chance, chance >> 8 & 1, 0);
}

static void forge_oversized(swarm *s, uint64_t chance) {
    size_t size = 1500 + (chance >> 16) % (BIGGEST - 1500);
    fill_by(chance, forged, 64);
    if (chance >> 9 & 1) {
        put_header(chance, 23, 1, size - HEADER);
    }
    throw_it(s, chance, chance >> 8 & 1, size);
}

static void forge_alert(swarm *s, uint64_t chance) {
    static const uint8_t descriptions[] = {0,  10, 20, 21, 22, 40,  42,  46,  47, 50,
                                           51, 70, 71, 80, 90, 100, 111, 112, 115};
    forged[HEADER] = (uint8_t)(1 + (chance >> 9 & 1));
    forged[HEADER + 1] = descriptions[(chance >> 16) % sizeof(descriptions)];
    throw_it(s, chance, chance >> 8 & 1, put_header(chance, 21, chance >> 10 & 1, 2));
}

static void forge_hello_verify(swarm *s, uint64_t chance) {
    unsigned flood = 1 + (unsigned)((chance >> 8) % FLOOD_MAX);
    for (unsigned i = 0; i < flood; i++) {
        uint64_t now = swarm_mix(chance, i);
        size_t cookie = now % 33;
        fill_by(now, forged, 128);
        size_t size = put_message(now, 3, 0, 3 + cookie);
        forged[HEADER + MESSAGE_HEADER] = 0xfe;
        forged[HEADER + MESSAGE_HEADER + 1] = 0xfd;
        forged[HEADER + MESSAGE_HEADER + 2] = (uint8_t)(cookie + (now >> 40) % 8 / 7); /* some are malformed */
        throw_it(s, now, false, size);
    }
}

static void forge_server_hello(swarm *s, uint64_t chance) {
    static const uint8_t suite[] = {0xc0, 0xa8, 0};
    fill_by(chance, forged, 128);
    size_t size = put_message(chance, 2, (uint8_t)(chance >> 8 & 1), 38);
    uint8_t *body = forged + HEADER + MESSAGE_HEADER;
    body[0] = 0xfe;
    body[1] = 0xfd;
    body[34] = 0; /* no session */
    memcpy(body + 35, suite, sizeof(suite));
    throw_it(s, chance, false, size);
}

static void forge_plaintext(swarm *s, uint64_t chance) {
    const char *who = chance >> 8 & 1 ? SWARM_CLIENT_SAYS : SWARM_SERVER_SAYS;
    swarm_write_text((char *)forged + HEADER, 48, who, 1 + (uint32_t)(chance >> 16) % 100, 1);
    throw_it(s, chance, chance >> 8 & 1, put_header(chance, 23, 0, 48));
}

/* A record of the right form, by somebody who has no key. */
static void forge_record(swarm *s, uint64_t chance) {
    static const uint8_t types[] = {23, 23, 25, 22, 20, 21};
    fill_by(chance, forged, 128);
    size_t size = put_header(chance, types[(chance >> 16) % sizeof(types)], 1 + (chance >> 12 & 1), 40);
    throw_it(s, chance, chance >> 8 & 1, size);
}

static void refuse(swarm *s, const swarm_later *later) {
    (void)world_inject_refusal(&s->w, &later->from, &later->to);
}

static void forge_icmp(swarm *s, uint64_t chance) {
    const swarm_seen about = {s->server_end, s->client_end, 0, forged};
    swarm_do_later(s, chance % (2 * s->plan.latency), refuse, 0, &about);
}

/* ---- heard before ---- */

static void replay_one(swarm *s, uint64_t chance, size_t which, bool up) {
    swarm_seen datagram = s->seen[which];
    if (!up) {
        datagram.from = s->server_end;
        datagram.to = s->client_end;
    }
    swarm_do_later(s, chance % (2 * s->plan.latency), inject, 0, &datagram);
}

static void replay(swarm *s, uint64_t chance, bool up) {
    if (s->seen_count > 0) {
        size_t newest = chance >> 8 & 1 ? s->seen_count : s->seen_count < 8 ? s->seen_count : 8;
        replay_one(s, chance, s->seen_count - 1 - (chance >> 16) % newest, up);
    }
}

static void replay_down(swarm *s, uint64_t chance) {
    replay(s, chance, false);
}

static void replay_up(swarm *s, uint64_t chance) {
    replay(s, chance, true);
}

static void replay_all(swarm *s, uint64_t chance) {
    size_t count = s->seen_count < SHOWER_MAX ? s->seen_count : SHOWER_MAX;
    for (size_t i = 0; i < count; i++) {
        replay_one(s, 0, s->seen_count - count + i, chance % 4 == 0);
    }
}

/* ---- */

void swarm_maybe_forge(swarm *s) {
    static const struct {
        swarm_fault fault;
        void (*forge)(swarm *s, uint64_t chance);
    } forgers[] = {
        {SWARM_GARBAGE, forge_garbage},
        {SWARM_EMPTY, forge_empty},
        {SWARM_OVERSIZED, forge_oversized},
        {SWARM_FORGED_ALERT, forge_alert},
        {SWARM_FORGED_HELLO_VERIFY, forge_hello_verify},
        {SWARM_FORGED_SERVER_HELLO, forge_server_hello},
        {SWARM_FORGED_PLAINTEXT, forge_plaintext},
        {SWARM_FORGED_RECORD, forge_record},
        {SWARM_FORGED_ICMP, forge_icmp},
        {SWARM_REPLAY_DOWN, replay_down},
        {SWARM_REPLAY_UP, replay_up},
        {SWARM_REPLAY_ALL, replay_all},
    };
    for (size_t i = 0; i < sizeof(forgers) / sizeof(forgers[0]); i++) {
        uint64_t chance;
        if (swarm_strikes(s, forgers[i].fault, &chance)) {
            forgers[i].forge(s, chance);
            swarm_count(s, forgers[i].fault);
        }
    }
}
