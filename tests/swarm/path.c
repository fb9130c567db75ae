/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to datagrams on their way, and what else a passing datagram gives occasion for. */
#include <stdlib.h>
#include <string.h>

#include "swarm/swarm_internal.h"

enum { SEEN_MAX = 4096, DATAGRAM_MAX = 2048, LATER_MAX = 512 };

/* ---- spells ---- */

static void on_spell_over(swarm *s, const swarm_later *later) {
    (void)later;
    swarm_settle(s);
}

void swarm_cast(swarm *s, swarm_spell spell, uint64_t ms) {
    s->spell[spell] = s->w.now + ms;
    swarm_do_later(s, ms, on_spell_over, 0, NULL);
    swarm_settle(s);
}

bool swarm_under(const swarm *s, swarm_spell spell) {
    return s->w.now < s->spell[spell];
}

void swarm_lift_spells(swarm *s) {
    memset(s->spell, 0, sizeof(s->spell));
    memset(s->burst, 0, sizeof(s->burst));
    swarm_settle(s);
}

/* ---- later ---- */

static void on_later(void *context) {
    swarm_later *later = context;
    swarm *s = later->s;
    swarm_later **place = &s->later;
    while (*place != later) {
        place = &(*place)->next;
    }
    *place = later->next;
    s->later_count--;
    if (!s->broken) {
        later->call(s, later);
    }
    free(later);
}

swarm_later *swarm_do_later(swarm *s, uint64_t ms, void (*call)(swarm *s, const swarm_later *later), uint64_t chance,
                            const swarm_seen *datagram) {
    size_t size = datagram == NULL ? 0 : datagram->size;
    if (s->later_count == LATER_MAX) {
        return NULL;
    }
    swarm_later *later = calloc(1, sizeof(*later) + size);
    if (later == NULL) {
        abort();
    }
    *later = (swarm_later){.next = s->later, .s = s, .call = call, .chance = chance, .size = size};
    if (datagram != NULL) {
        later->from = datagram->from;
        later->to = datagram->to;
    }
    if (size > 0) {
        memcpy(later->data, datagram->data, size);
    }
    s->later = later;
    s->later_count++;
    world_after(&s->w, ms, on_later, later);
    return later;
}

void swarm_free_path(swarm *s) {
    while (s->later != NULL) {
        swarm_later *later = s->later;
        s->later = later->next;
        free(later);
    }
    for (size_t i = 0; i < s->seen_count; i++) {
        free(s->seen[i].data);
    }
    free(s->seen);
}

/* ---- what an eavesdropper keeps ---- */

static bool is_kept(const swarm *s) {
    return s->order->scripted || s->rate[SWARM_REPLAY_UP] != 0 || s->rate[SWARM_REPLAY_DOWN] != 0 ||
           s->rate[SWARM_REPLAY_ALL] != 0;
}

static void keep(swarm *s, const world_datagram *datagram) {
    if (!is_kept(s) || s->seen_count == SEEN_MAX || datagram->size > DATAGRAM_MAX) {
        return;
    }
    if (s->seen == NULL) {
        s->seen = malloc(SEEN_MAX * sizeof(*s->seen));
    }
    uint8_t *data = malloc(datagram->size + 1);
    if (s->seen == NULL || data == NULL) {
        abort();
    }
    memcpy(data, datagram->data, datagram->size);
    s->seen[s->seen_count++] = (swarm_seen){datagram->from, datagram->to, datagram->size, data};
}

/* ---- faults ---- */

static void arrive(swarm *s, const swarm_later *later) {
    (void)world_inject(&s->w, &later->from, &later->to, later->data, later->size);
}

static bool is_lost(swarm *s, const world_datagram *datagram) {
    unsigned direction = (unsigned)datagram->direction;
    uint64_t chance = 0;
    if (s->w.link.dead[direction]) {
        swarm_count(s, direction == WORLD_UP ? SWARM_DEAD_UP : SWARM_DEAD_DOWN);
    }
    if (s->w.link.black_hole != 0 && datagram->size + 28 > s->w.link.black_hole) {
        swarm_count(s, SWARM_BLACK_HOLE);
    }
    if (swarm_strikes(s, SWARM_BURST, &chance)) {
        s->burst[direction] = 2 + (unsigned)(chance % 12);
        swarm_count(s, SWARM_BURST);
    }
    if (s->burst[direction] > 0) {
        s->burst[direction]--;
        return true;
    }
    if (swarm_strikes(s, SWARM_LOSS, NULL)) {
        swarm_count(s, SWARM_LOSS);
        return true;
    }
    return false;
}

static void damage(swarm *s, world_datagram *datagram) {
    uint64_t chance = 0;
    if (datagram->size > 0 && swarm_strikes(s, SWARM_CORRUPTION, &chance)) {
        datagram->data[(chance >> 8) % datagram->size] ^= (uint8_t)(1u << chance % 8);
        swarm_count(s, SWARM_CORRUPTION);
    }
    if (datagram->size > 0 && swarm_strikes(s, SWARM_TRUNCATION, &chance)) {
        datagram->size = chance % datagram->size;
        swarm_count(s, SWARM_TRUNCATION);
    }
}

static void delay(swarm *s, world_datagram *datagram) {
    uint64_t chance = 0;
    const swarm_seen copy = {datagram->from, datagram->to, datagram->size, datagram->data};
    if (swarm_strikes(s, SWARM_DUPLICATION, &chance)) {
        swarm_do_later(s, datagram->delay + chance % 3000, arrive, 0, &copy);
        swarm_count(s, SWARM_DUPLICATION);
    }
    if (swarm_strikes(s, SWARM_REORDERING, &chance)) {
        datagram->delay += 1 + (uint32_t)(chance % (10 * s->plan.latency + 200));
        swarm_count(s, SWARM_REORDERING);
    }
    if (swarm_strikes(s, SWARM_LATE, &chance)) {
        datagram->delay += 300000 + (uint32_t)(chance % (2 * s->plan.sleep_max));
        swarm_count(s, SWARM_LATE);
    }
}

/* ---- the hook ---- */

static bool note_sent(swarm *s, const world_datagram *datagram) {
    uint64_t chance = 0;
    s->sent++;
    s->client_end = datagram->from;
    s->server_end = datagram->to;
    swarm_check_sent(s, datagram);
    if (s->order->sabotage == SWARM_NUMBER_COMES_TWICE && s->wake == 3 && datagram->data[0] >= 23) {
        swarm_check_sent(s, datagram);
    }
    if (!swarm_strikes(s, SWARM_POWER_AT_DATAGRAM, &chance)) {
        return true;
    }
    s->off = true;
    swarm_count(s, SWARM_POWER_AT_DATAGRAM);
    return chance % 2 == 0;
}

static void sabotage(swarm *s, world_datagram *datagram) {
    if (s->order->sabotage == SWARM_PLAINTEXT_LEAKS && s->wake == 3 && datagram->size >= 40) {
        memcpy(datagram->data + 20, SWARM_CLIENT_SAYS, sizeof(SWARM_CLIENT_SAYS) - 1);
    }
}

static const char *kind_of(const world_datagram *datagram) {
    static const char *const kinds[] = {"change-cipher-spec", "alert", "handshake", "application", "heartbeat", "cid"};
    unsigned type = datagram->size == 0 ? 0 : datagram->data[0];
    return type >= 20 && type <= 25 ? kinds[type - 20] : "other";
}

static bool has_change_cipher_spec(const uint8_t *data, size_t size) {
    while (size >= 13 && data[0] != 20) {
        size_t whole = 13u + ((size_t)data[11] << 8 | data[12]);
        if (whole > size) {
            return false;
        }
        data += whole;
        size -= whole;
    }
    return size >= 13;
}

bool swarm_on_datagram(void *context, world_datagram *datagram) {
    swarm *s = context;
    bool up = datagram->direction == WORLD_UP;
    if (s->off && up) {
        return false; /* nothing leaves a device without power */
    }
    swarm_tell(s, "%s %zu bytes, %s, epoch %u, port %u, server %u", up ? "up  " : "down", datagram->size,
               kind_of(datagram), datagram->size > 4 ? datagram->data[4] : 0u,
               up ? datagram->from.port : datagram->to.port, up ? datagram->to.address[3] : datagram->from.address[3]);
    swarm_digest(s, (uint64_t)datagram->direction << 32 | datagram->size);
    swarm_digest(s, s->w.now);
    bool leaves = true;
    if (up) {
        sabotage(s, datagram);
        leaves = note_sent(s, datagram);
    } else {
        s->arrivals++;
        swarm_check_plaintext(s, datagram->data, datagram->size);
        if (has_change_cipher_spec(datagram->data, datagram->size)) {
            swarm_note_finished(s);
        }
    }
    keep(s, datagram);
    if (!leaves) {
        return false;
    }
    swarm_maybe_forge(s);
    swarm_maybe_disturb(s);
    if (is_lost(s, datagram)) {
        return false;
    }
    damage(s, datagram);
    delay(s, datagram);
    return true;
}
