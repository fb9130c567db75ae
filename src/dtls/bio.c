/* SPDX-License-Identifier: Apache-2.0 */
/* Every datagram between Mbed TLS and the lower socket passes here: nothing goes out beyond the allowed sequence
 * numbers, and what is not authenticated is kept from doing harm. */
#include <string.h>

#include "dtls/compat.h"
#include "dtls/internal.h"
#include "socket/datagram.h"

/* RFC 6347 section 4.1 and 4.2.2; RFC 9146 section 4 */
enum {
    RECORD_HEADER = 13,
    HANDSHAKE_HEADER = 12,
    TYPE_CHANGE_CIPHER_SPEC = 20,
    TYPE_ALERT = 21,
    TYPE_HANDSHAKE = 22,
    TYPE_CID = 25,
    HELLO_VERIFY_REQUEST = 3,
    HELLO_VERIFY_REQUESTS_A_FLIGHT = 2,
    HINT_PATIENCE = 2, /* expiries of the flight's timer */
};

static uint16_t be16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}
static uint32_t be24(const uint8_t *p) {
    return (uint32_t)p[0] << 16 | be16(p + 1);
}
/* Epoch and sequence number together, as they are in the header. */
static inline uint64_t number_of(const uint8_t *record) {
    const uint8_t *p = record + 3;
    return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 | (uint64_t)p[3] << 32 |
           (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 | (uint64_t)p[6] << 8 | p[7];
}
static uint16_t epoch_of(const uint8_t *record) {
    return (uint16_t)(number_of(record) >> 48);
}
static uint64_t sequence_of(const uint8_t *record) {
    return number_of(record) & UINT64_C(0xffffffffffff);
}

static void drop(doze_dtls *dtls, doze_drop cause, size_t size) {
    doze_count(&dtls->dropped[cause], 1);
    doze_emit(&dtls->socket, DOZE_EVENT_DROP, (int)cause, (int)size);
}

void doze_dtls_note_hint(doze_dtls *dtls, doze_result hint, int detail) {
    if (dtls->live->hint == 0) { /* the first one counts: who repeats it must not gain time by that */
        dtls->live->hint_patience = HINT_PATIENCE;
    }
    dtls->live->hint = (int16_t)hint;
    dtls->live->hint_cause = hint == DOZE_ERR_ALERT ? 0 : detail;
    doze_emit(&dtls->socket, DOZE_EVENT_HINT, hint, detail);
}

static void note_alert_hint(doze_dtls *dtls, const uint8_t *record, size_t size) {
    enum { LEVEL_FATAL = 2 };
    bool fatal = size >= RECORD_HEADER + 2 && be16(record + 11) == 2 && record[RECORD_HEADER] == LEVEL_FATAL;
    if (fatal) {
        doze_dtls_note_alert(dtls, record[RECORD_HEADER + 1]);
        doze_dtls_note_hint(dtls, DOZE_ERR_ALERT, dtls->alert);
    }
}

/* ---- out ---- */

/* A handshake whose datagrams do not leave this host has a reason to tell, until one leaves. */
static void weigh_send(doze_dtls *dtls, doze_result result) {
    bool from_peer = dtls->live->hint == DOZE_ERR_ALERT || dtls->live->hint == DOZE_ERR_REFUSED;
    if (result < 0) {
        doze_dtls_note_hint(dtls, result, doze_cause(dtls->lower));
    } else if (!from_peer) {
        dtls->live->hint = 0;
    }
}

/* Mbed TLS repeats its flight as often as the peer's comes again (RFC 6347 section 4.2.4). So would a peer that does the
 * same, and anybody can who has seen that flight: two answers between two expiries of the timer are enough. */
static bool may_send_flight(doze_association *live) {
    enum { TIMES = 2 };
    if (live->new_flight) {
        live->flight_size = live->flight_size < UINT8_MAX ? live->flight_size + 1 : UINT8_MAX;
        return true;
    }
    if (live->repeated >= TIMES * live->flight_size) {
        return false;
    }
    live->repeated++;
    return true;
}

static doze_result send_of_handshake(doze_dtls *dtls, const unsigned char *data, size_t size) {
    bool spent = dtls->climbing && dtls->live->datagrams >= dtls->climb_datagrams;
    if (spent || !may_send_flight(dtls->live)) {
        return DOZE_OK; /* the end of the flight's timer will see it; of the last flight, the server that repeats its own */
    }
    doze_dtls_tell_radio(dtls, DOZE_RADIO_ANSWER_EXPECTED);
    doze_result result = doze_send(dtls->lower, data, size);
    if (dtls->live->datagrams < UINT8_MAX) {
        dtls->live->datagrams++;
    }
    dtls->live->spoke = true;
    weigh_send(dtls, result);
    return result;
}

/* The highest number of the association's in a datagram that is about to be sent: a final flight that is repeated
 * begins with a record of epoch 0, and has one of epoch 1 behind it. */
static uint64_t last_number(const doze_dtls *dtls, const unsigned char *data) {
    bool repeated_flight = epoch_of(data) == 0 && !dtls->handshaking;
    return repeated_flight ? doze_tls_next_sequence(&dtls->live->ssl) - 1 : sequence_of(data);
}

/* The gate: no record passes whose number is not allowed. */
static doze_result pass(doze_dtls *dtls, const unsigned char *data, size_t size) {
    uint64_t last = last_number(dtls, data);
    if (last >= DOZE_SEQUENCE_LIMIT) {
        return DOZE_ERR_EXHAUSTED;
    }
    if (dtls->handshaking) {
        return send_of_handshake(dtls, data, size);
    }
    if (!doze_keep_may_send(dtls, last)) {
        return DOZE_ERR_STORE;
    }
    return doze_datagram_send(dtls->lower, data, size);
}

/* UDP may lose any datagram, so Mbed TLS is never told of one that could not be sent: it would send the old record
 * in place of the next. What the lower socket said is kept for those who want to know. */
int doze_dtls_bio_send(void *context, const unsigned char *data, size_t size) {
    doze_dtls *dtls = context;
    dtls->live->sent = (int16_t)pass(dtls, data, size);
    return (int)size;
}

/* ---- in, with an association ---- */

static bool was_seen(const doze_dtls *dtls, uint64_t sequence) {
    if (sequence > dtls->live->window[0]) {
        return false;
    }
    uint64_t age = dtls->live->window[0] - sequence;
    return age >= 64 || (dtls->live->window[1] >> age & 1) != 0;
}

/* Why Mbed TLS dropped a record that is sound in its form. */
static doze_drop cause_of_drop(doze_dtls *dtls) {
    const uint8_t *record = dtls->live->arrived;
    unsigned char cid[MBEDTLS_SSL_CID_IN_LEN_MAX];
    size_t cid_size = 0;
    int enabled = 0;
    if (epoch_of(record) == 0) {
        return DOZE_DROP_UNAUTHENTICATED;
    }
    bool other_cid = record[0] == TYPE_CID &&
                     mbedtls_ssl_get_own_cid(&dtls->live->ssl, &enabled, cid, &cid_size) == 0 &&
                     memcmp(record + 11, cid, cid_size) != 0;
    if (other_cid || epoch_of(record) != 1 || record[2] != 0xfd) {
        return DOZE_DROP_FOREIGN;
    }
    return was_seen(dtls, sequence_of(record)) ? DOZE_DROP_REPLAYED : DOZE_DROP_CORRUPTED;
}

/* Mbed TLS drops without a word; a datagram that neither gave data nor moved the window was dropped. */
static void account_for_arrival(doze_dtls *dtls) {
    uint64_t window[2];
    if (!dtls->live->undelivered) {
        return;
    }
    dtls->live->undelivered = false;
    doze_tls_window(&dtls->live->ssl, window);
    if (memcmp(window, dtls->live->window, sizeof(window)) != 0) {
        return;
    }
    doze_drop cause = cause_of_drop(dtls);
    drop(dtls, cause, dtls->live->arrived_size);
    if (cause == DOZE_DROP_UNAUTHENTICATED && dtls->live->arrived[0] == TYPE_ALERT) {
        doze_emit(&dtls->socket, DOZE_EVENT_HINT, DOZE_ERR_ALERT, dtls->live->arrived[RECORD_HEADER + 1]);
    }
}

/* Mbed TLS's buffer is larger than a header, whatever came. */
static void note_arrival(doze_dtls *dtls, const uint8_t *datagram, size_t size) {
    memcpy(dtls->live->arrived, datagram, sizeof(dtls->live->arrived));
    dtls->live->arrived_size = (uint16_t)size;
    doze_tls_window(&dtls->live->ssl, dtls->live->window);
    dtls->live->undelivered = true;
}

/* ---- in, during a handshake ---- */

/* Something better than any hint came. */
static void forget_hints(doze_dtls *dtls) {
    dtls->live->hint = 0;
    dtls->live->refusals_before = doze_dtls_ask_lower(dtls, DOZE_OPT_REFUSALS);
    dtls->report.round_trips = (uint16_t)(dtls->report.round_trips + dtls->live->spoke);
    dtls->live->spoke = false;
}

static bool is_sound_hello_verify_request(const uint8_t *record, size_t size) {
    const uint8_t *message = record + RECORD_HEADER;
    const uint8_t *body = message + HANDSHAKE_HEADER;
    if (size < RECORD_HEADER + HANDSHAKE_HEADER + 3) {
        return false;
    }
    uint32_t length = be24(message + 1);
    bool whole = be24(message + 6) == 0 && be24(message + 9) == length;
    bool fits = be16(record + 11) == HANDSHAKE_HEADER + length && length == 3u + body[2];
    return whole && fits && body[0] == 0xfe;
}

/* Whether a record in epoch 0 may reach Mbed TLS, which would end the handshake for any alert, for a malformed
 * HelloVerifyRequest, and answer any number of sound ones. */
static bool admit_plaintext(doze_dtls *dtls, const uint8_t *record, size_t size) {
    if (record[0] == TYPE_ALERT) {
        note_alert_hint(dtls, record, size);
        return false;
    }
    if (record[0] != TYPE_HANDSHAKE || size <= RECORD_HEADER || record[RECORD_HEADER] != HELLO_VERIFY_REQUEST) {
        forget_hints(dtls);
        return true;
    }
    if (!is_sound_hello_verify_request(record, size) ||
        dtls->live->hello_verify_requests == HELLO_VERIFY_REQUESTS_A_FLIGHT) {
        return false;
    }
    dtls->live->hello_verify_requests++;
    forget_hints(dtls);
    return true;
}

/* ---- in, always ---- */

/* The size of the record at the head of what is left of a datagram; 0 when it is none, with the cause. */
static size_t record_size(const doze_dtls *dtls, const uint8_t *record, size_t left, doze_drop *cause) {
    size_t header = RECORD_HEADER + (record[0] == TYPE_CID ? dtls->config->cid_size : 0);
    bool ours = record[0] >= TYPE_CHANGE_CIPHER_SPEC && record[0] <= TYPE_CID && (left < 2 || record[1] == 0xfe);
    *cause = ours ? DOZE_DROP_TRUNCATED : DOZE_DROP_FOREIGN;
    if (!ours || left < header) {
        return 0;
    }
    size_t size = header + be16(record + header - 2);
    return size <= left ? size : 0;
}

/* How much of the datagram Mbed TLS may see: everything up to the first record that is not admitted. A rest that is
 * no whole record would be an internal error to it, and end the association. */
static size_t admissible(doze_dtls *dtls, const uint8_t *datagram, size_t size) {
    size_t at = 0;
    while (at < size) {
        const uint8_t *record = datagram + at;
        doze_drop cause;
        size_t next = record_size(dtls, record, size - at, &cause);
        if (next != 0 && dtls->handshaking && epoch_of(record) == 0 && !admit_plaintext(dtls, record, next)) {
            cause = DOZE_DROP_UNAUTHENTICATED;
            next = 0;
        }
        if (next == 0) {
            drop(dtls, cause, size - at);
            return at;
        }
        at += next;
    }
    return at;
}

/* What Mbed TLS is to see of a datagram: its size, 0 for nothing. */
static size_t sift(doze_dtls *dtls, const uint8_t *datagram, size_t size) {
    if (size == 0) {
        drop(dtls, DOZE_DROP_EMPTY, 0);
        return 0;
    }
    size_t passed = admissible(dtls, datagram, size);
    if (dtls->handshaking) {
        doze_tls_forget_window(&dtls->live->ssl);
    }
    if (passed != 0 && dtls->established) {
        note_arrival(dtls, datagram, passed);
    }
    return passed;
}

/* One datagram a call, so that nothing is read that Mbed TLS does not want yet; and no more than the budget in a verb,
 * as Mbed TLS would go on for as long as a flood lasts. */
int doze_dtls_bio_recv(void *context, unsigned char *buffer, size_t capacity) {
    doze_dtls *dtls = context;
    account_for_arrival(dtls);
    while (dtls->live->budget > 0) {
        size_t size = 0;
        doze_result result = doze_datagram_recv(dtls->lower, buffer, capacity, &size);
        if (result != DOZE_OK && result != DOZE_ERR_TRUNCATED) {
            break;
        }
        dtls->live->budget--;
        if (result == DOZE_ERR_TRUNCATED) {
            drop(dtls, DOZE_DROP_TRUNCATED, size);
            continue;
        }
        size_t passed = sift(dtls, buffer, size);
        if (passed != 0) {
            return (int)passed;
        }
    }
    dtls->live->lower_drained = true;
    return MBEDTLS_ERR_SSL_WANT_READ;
}

void doze_dtls_stop_reading(doze_dtls *dtls) {
    if (dtls->live != NULL) {
        dtls->live->lower_drained = false;
    }
}

bool doze_dtls_has_pending(const doze_dtls *dtls) {
    const doze_association *live = dtls->live;
    if (live == NULL) {
        return false;
    }
    bool flooded = live->lower_drained && live->budget == 0;
    return flooded || (dtls->established && mbedtls_ssl_check_pending(&live->ssl) != 0);
}
