/* SPDX-License-Identifier: Apache-2.0 */
/* What must always hold, and the words for what does not. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dtls/internal.h"
#include "swarm/swarm_internal.h"

/* ---- words ---- */

void swarm_tell(const swarm *s, const char *format, ...) {
    va_list values;
    if (s->order->trace == NULL) {
        return;
    }
    (void)fprintf(s->order->trace, "%3u %12.3f  ", s->wake, (double)s->w.now / 1000);
    va_start(values, format);
    (void)vfprintf(s->order->trace, format, values);
    va_end(values);
    (void)fputc('\n', s->order->trace);
}

void swarm_violate(swarm *s, const char *format, ...) {
    va_list values;
    s->broken = true;
    if (s->report->violations != 0) {
        return; /* what follows from it */
    }
    s->report->violations = 1;
    va_start(values, format);
    (void)vsnprintf(s->report->violation, sizeof(s->report->violation), format, values);
    va_end(values);
    s->report->wake = s->wake;
    swarm_tell(s, "VIOLATION: %s", s->report->violation);
}

void swarm_digest(swarm *s, uint64_t value) {
    s->report->digest = swarm_mix(s->report->digest, value);
}

/* ---- numbers: none is used twice under a key ---- */

static size_t place_of(const swarm *s, uint64_t fingerprint) {
    size_t at = (size_t)fingerprint & (s->numbers_capacity - 1);
    while (s->numbers[at] != 0 && s->numbers[at] != fingerprint) {
        at = (at + 1) & (s->numbers_capacity - 1);
    }
    return at;
}

static void make_room(swarm *s) {
    size_t before = s->numbers_capacity;
    uint64_t *old = s->numbers;
    s->numbers_capacity = before == 0 ? 4096 : 2 * before;
    s->numbers = calloc(s->numbers_capacity, sizeof(*s->numbers));
    if (s->numbers == NULL) {
        abort();
    }
    for (size_t i = 0; i < before; i++) {
        if (old[i] != 0) {
            s->numbers[place_of(s, old[i])] = old[i];
        }
    }
    free(old);
}

static bool is_new(swarm *s, uint64_t fingerprint) {
    if (2 * s->numbers_count >= s->numbers_capacity) {
        make_room(s);
    }
    size_t at = place_of(s, fingerprint);
    bool is = s->numbers[at] == 0;
    s->numbers[at] = fingerprint;
    s->numbers_count += is;
    return is;
}

static uint64_t fingerprint_of(const uint8_t *bytes, size_t size, uint64_t number) {
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof(word));
        number = swarm_mix(number, word);
    }
    return number == 0 ? 1 : number;
}

/* Keys are known by the randoms of the handshake that made them; and, independent of what the client knows, by the
 * Connection ID that the server gave, once that is proven, where it is long enough to be the only one. */
static void check_number(swarm *s, const uint8_t *record) {
    uint64_t number;
    memcpy(&number, record + 3, sizeof(number));
    if (s->dtls.live == NULL) {
        swarm_violate(s, "a protected record was sent without an association");
        return;
    }
    if (!is_new(s, fingerprint_of(s->dtls.live->randoms, sizeof(s->dtls.live->randoms), number))) {
        swarm_violate(s, "number %u of epoch %u was used twice under one key", record[10] | record[9] << 8u, record[4]);
    }
    bool long_enough = !s->dtls.handshaking && s->plan.server.cid_size == 8 && s->plan.server.cid == PEER_CID_BYTES &&
                       s->report->fired[SWARM_CID_RESIZED] == 0;
    if (record[0] == 25 && long_enough && !is_new(s, fingerprint_of(record + 11, 8, number))) {
        swarm_violate(s, "number %u of epoch %u was used twice under one Connection ID", record[10] | record[9] << 8u,
                      record[4]);
    }
}

static void check_numbers(swarm *s, const uint8_t *data, size_t size) {
    while (size >= 13 && !s->broken) {
        size_t whole = 13u + ((size_t)data[11] << 8 | data[12]);
        bool protected = data[3] != 0 || data[4] != 0;
        if (data[0] == 25) {
            whole = size; /* it is always the last one */
        }
        if (data[0] < 20 || data[0] > 25 || whole > size) {
            swarm_violate(s, "what was sent is no DTLS");
            return;
        }
        if (protected && size >= 19) {
            check_number(s, data);
        }
        data += whole;
        size -= whole;
    }
}

/* ---- datagrams ---- */

static bool contains(const uint8_t *data, size_t size, const char *text) {
    size_t length = strlen(text);
    const uint8_t *end = data + size;
    while ((size_t)(end - data) >= length) {
        const uint8_t *at = memchr(data, text[0], (size_t)(end - data) - length + 1);
        if (at == NULL) {
            return false;
        }
        if (memcmp(at, text, length) == 0) {
            return true;
        }
        data = at + 1;
    }
    return false;
}

void swarm_check_plaintext(swarm *s, const uint8_t *data, size_t size) {
    if (contains(data, size, SWARM_CLIENT_SAYS) || contains(data, size, SWARM_SERVER_SAYS)) {
        swarm_violate(s, "plaintext is on the wire");
    }
}

void swarm_check_sent(swarm *s, const world_datagram *datagram) {
    swarm_check_plaintext(s, datagram->data, datagram->size);
    if (s->asleep) {
        swarm_violate(s, "sent while asleep");
    }
    if (!s->broken) {
        check_numbers(s, datagram->data, datagram->size);
    }
}

/* ---- messages: what a server said, once ---- */

void swarm_write_text(char *out, size_t size, const char *who, uint32_t number, uint32_t about) {
    char begin[64];
    int length = snprintf(begin, sizeof(begin), "%s%08" PRIu32 " %08" PRIu32 " ", who, number, about);
    size_t head = (size_t)length < size ? (size_t)length : size;
    memset(out, '.', size);
    memcpy(out, begin, head);
}

void swarm_check_delivery(swarm *s, const char *data, size_t size, size_t whole) {
    char expected[2048];
    size_t prefix = strlen(SWARM_SERVER_SAYS);
    char number[9] = "";
    if (size >= prefix + 8) {
        memcpy(number, data + prefix, 8);
    }
    uint32_t serial = (uint32_t)strtoul(number, NULL, 10);
    if (serial == 0 || serial > s->answers_count || s->answers[serial].size != whole) {
        swarm_violate(s, "a message came that no server sent");
        return;
    }
    swarm_answer *answer = &s->answers[serial];
    swarm_write_text(expected, whole, SWARM_SERVER_SAYS, serial, answer->question);
    if (memcmp(expected, data, size) != 0) {
        swarm_violate(s, "message %u came changed", serial);
    }
    if (answer->heard) {
        swarm_violate(s, "message %u was delivered twice", serial);
    }
    answer->heard = true;
    s->answered = s->answered || answer->question == s->waiting_for;
}

void swarm_check_asked(swarm *s, const char *data, size_t size) {
    size_t prefix = strlen(SWARM_CLIENT_SAYS);
    char number[9] = "";
    if (size >= prefix + 8) {
        memcpy(number, data + prefix, 8);
    }
    uint32_t asked = (uint32_t)strtoul(number, NULL, 10);
    if (asked == 0 || asked > s->said || memcmp(data, SWARM_CLIENT_SAYS, prefix) != 0) {
        swarm_violate(s, "a server got what the client never said");
        return;
    }
    if (asked / 8 >= s->asked_capacity) {
        size_t capacity = 2 * (asked / 8 + 64u);
        s->asked = realloc(s->asked, capacity);
        if (s->asked == NULL) {
            abort();
        }
        memset(s->asked + s->asked_capacity, 0, capacity - s->asked_capacity);
        s->asked_capacity = capacity;
    }
    uint8_t bit = (uint8_t)(1u << asked % 8);
    if ((s->asked[asked / 8] & bit) != 0) {
        swarm_violate(s, "a server got message %u twice", asked);
    }
    s->asked[asked / 8] |= bit;
}

/* ---- connecting ---- */

enum { KNOWN = 7 }; /* apart from numbers */

/* A server says that it has the keys of this handshake. */
void swarm_note_finished(swarm *s) {
    for (unsigned i = 0; i < s->servers_count; i++) {
        const peer *p = &s->servers[i].peer;
        for (const peer_association *a = p->associations; a != NULL; a = a->next) {
            if (a == p->current || a->established) {
                (void)is_new(s, fingerprint_of(a->client_random, 32, KNOWN));
            }
        }
    }
}

static bool is_known_to_a_server(const swarm *s) {
    uint64_t fingerprint = fingerprint_of(s->dtls.live->randoms + 32, 32, KNOWN);
    return s->numbers_capacity != 0 && s->numbers[place_of(s, fingerprint)] == fingerprint;
}

static void check_suite(swarm *s, bool by_handshake) {
    const doze_dtls_settings *settings = &s->plan.client;
    int64_t suite = 0;
    int64_t flags = -1;
    (void)doze_get_option(&s->dtls.socket, DOZE_OPT_SUITE, &suite);
    (void)doze_get_option(&s->dtls.socket, DOZE_OPT_VERIFY_FLAGS, &flags);
    bool wanted = suite == 0xc0a8 || suite == 0x00a8 || suite == 0xc0a4;
    if (s->plan.certificates) {
        wanted = suite == 0xc0ae || suite == 0xc02b || suite == 0xc0ac;
    } else if (settings->suites_count != 0) {
        wanted = suite == settings->suites[0];
    }
    if (!wanted || (by_handshake && flags != 0)) { /* flags speak of the last handshake, and that may have failed */
        swarm_violate(s, "connected with suite %04x and flags %d", (unsigned)suite, (int)flags);
    }
}

void swarm_check_connected(swarm *s) {
    const doze_report *report = &s->dtls.report;
    if (s->off) {
        return;
    }
    if (s->dtls.live == NULL || !s->dtls.established) {
        swarm_violate(s, "connected without an association");
        return;
    }
    swarm_tell(s, "connected: rung %u, reason %u", report->rung, report->reason);
    swarm_digest(s, (uint64_t)report->rung << 8 | report->reason);
    bool by_handshake = !report->context_continued;
    if (by_handshake && !is_known_to_a_server(s)) {
        swarm_violate(s, "connected, and no server knows of it");
    }
    check_suite(s, by_handshake);
}

/* A connecting phase has ended, or the application gave up on it. */
void swarm_check_phase(swarm *s) {
    enum { FIRST_DATAGRAMS_MAX = 200, SLACK = 1 };
    uint64_t sent = s->sent - s->connecting_sent;
    uint64_t passed = s->w.now - s->connecting_since;
    bool climbed = s->dtls.report.reason != DOZE_REASON_FIRST && s->dtls.report.reason != DOZE_REASON_NONE;
    if (sent > (climbed ? 16 : FIRST_DATAGRAMS_MAX)) {
        swarm_violate(s, "%u datagrams for one climb", (unsigned)sent);
    }
    if (climbed && !s->clock_odd && passed > 60000 + SLACK) {
        swarm_violate(s, "a climb took %u ms", (unsigned)passed);
    }
}

void swarm_free_checks(swarm *s) {
    free(s->numbers);
}
