/* SPDX-License-Identifier: Apache-2.0 */
/* A wire tap: a doze_socket put between DTLS and the socket below it. It counts and keeps what passes, and notes what
 * must never be seen there:
 *   - a datagram sent that has a forbidden plaintext in it;
 *   - a (key, epoch, sequence number) used again: numbers must rise for as long as a key is in use;
 *   - a datagram sent by tap_shutdown() or asleep, be it past the tap.
 * It knows keys by the client random of the handshake that made them: a ClientHello announces one, our ChangeCipherSpec
 * puts it in use, an encrypted record from the peer confirms it. Going to sleep with an unconfirmed key means that the
 * handshake failed and that the confirmed key before it counts again.
 * Needs no test framework; members are for reading unless their comment says otherwise. */
#ifndef TAP_H
#define TAP_H

#include "doze/socket.h"

#define TAP_DATAGRAMS     32   /* remembered, both ways together */
#define TAP_DATAGRAM_MAX  1500 /* bytes remembered of each */
#define TAP_FORBIDDEN     32   /* plaintexts looked for: the latest ones … */
#define TAP_PLAINTEXT     64   /* … by their first bytes, of which there must be … */
#define TAP_PLAINTEXT_MIN 8    /* … enough not to turn up in a ciphertext by chance */
#define TAP_KEYS          64
#define TAP_CID_UNKNOWN   (-1)

typedef enum tap_direction { TAP_UP, TAP_DOWN, TAP_DIRECTIONS } tap_direction;

typedef enum tap_kind {
    TAP_OTHER,     /* not DTLS */
    TAP_HANDSHAKE, /* has a record of epoch 0, or one that shows to be a handshake's, a ChangeCipherSpec or an alert */
    TAP_APPLICATION, /* encrypted; with a Connection ID whatever is inside */
} tap_kind;

typedef struct tap_datagram {
    tap_direction direction;
    tap_kind kind;
    size_t size; /* `data` may have less of it */
    uint8_t data[TAP_DATAGRAM_MAX];
} tap_datagram;

typedef struct tap_count {
    uint64_t datagrams;
    uint64_t bytes;
    uint64_t handshake; /* datagrams of TAP_HANDSHAKE … */
    uint64_t handshake_bytes;
    uint64_t application; /* … and of TAP_APPLICATION */
    uint64_t alerts;      /* records of content type 21 and epoch 1 or more: close_notify, without Connection ID */
    uint64_t with_cid;    /* records of content type 25 (RFC 9146) */
} tap_count;

typedef struct tap_key {
    uint8_t client_random[32];
    uint16_t epoch;
    uint64_t next; /* the least sequence number that is new */
} tap_key;

typedef struct tap {
    doze_socket socket; /* to be given to whatever the tap is put under */
    doze_socket *inner;
    tap_count count[TAP_DIRECTIONS]; /* since tap_clear() */
    uint64_t seen;                   /* datagrams since tap_init() */
    int cid_size[TAP_DIRECTIONS];    /* writable: of the records each way; unknown (default): what fits the datagram */
    unsigned violations;
    char violation[160]; /* the first one; empty: none */

    /* Private from here on. */
    tap_datagram datagrams[TAP_DATAGRAMS];
    uint8_t forbidden[TAP_FORBIDDEN][TAP_PLAINTEXT];
    size_t forbidden_size[TAP_FORBIDDEN];
    size_t forbidden_count;
    tap_key keys[TAP_KEYS];
    size_t keys_count;
    uint8_t announced[32]; /* client randoms: of the last ClientHello, … */
    uint8_t in_use[32];    /* … of the key that we encrypt with, … */
    uint8_t confirmed[32]; /* … of the last one that the peer has too */
    bool heard;            /* an encrypted record came since that ClientHello */
    bool quiet;            /* nothing may be sent */
    int64_t sent_before;   /* what `inner` counts as sent, when quiet began; -1: it does not tell */
} tap;

/* `inner` is driven through the tap alone from now on; it must outlive the tap and is not deinited with it. */
void tap_init(tap *t, doze_socket *inner);

/* From now on these bytes must not be sent as they are. At least TAP_PLAINTEXT_MIN. */
void tap_forbid(tap *t, const void *data, size_t size);

/* doze_shutdown(), of the socket over the tap or of the tap's own, during which and until the next resume or connect
 * nothing may be sent. The tap's own doze_shutdown() alone can't see what was sent just before. */
doze_result tap_shutdown(tap *t, doze_socket *upper);

void tap_clear(tap *t); /* the counters; not what is remembered or forbidden */

/* The last datagram of that direction (`back` 0), the one before (1), …; NULL: not remembered. */
const tap_datagram *tap_last(const tap *t, tap_direction direction, size_t back);

/* What the tap has to say: "" or the first violation. Looks for datagrams sent past it, too. */
const char *tap_verdict(tap *t);

/* For CMocka tests, which include its header. */
#define tap_check(t) assert_string_equal(tap_verdict(t), "")

#endif
