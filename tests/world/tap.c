/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 6347 section 4.3.1, RFC 9146 section 4, RFC 5246 sections 6.2.1 and 7.4 */
#define TYPE_CHANGE_CIPHER_SPEC 20
#define TYPE_ALERT              21
#define TYPE_HANDSHAKE          22
#define TYPE_APPLICATION        23
#define TYPE_CID                25
#define RECORD_HEADER           13 /* without Connection ID */
#define MESSAGE_HEADER          12
#define CLIENT_HELLO            1
#define RANDOM_SIZE             32
#define CID_SIZE_MAX            255

typedef struct record {
    uint8_t type;
    uint16_t epoch;
    uint64_t number;
    const uint8_t *body;
    size_t body_size;
    size_t size; /* header and body */
} record;

static void violate(tap *t, const char *message) {
    if (t->violations++ == 0) {
        (void)snprintf(t->violation, sizeof(t->violation), "datagram %" PRIu64 ": %s", t->seen, message);
    }
}

/* ---- records ---- */

static uint64_t big_endian(const uint8_t *bytes, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* The size of the Connection ID with which the record ends where the datagram does; 0 when none fits. */
static size_t fitting_cid_size(const uint8_t *data, size_t size) {
    for (size_t cid = 0; cid <= CID_SIZE_MAX && RECORD_HEADER + cid <= size; cid++) {
        if (big_endian(data + 11 + cid, 2) == size - RECORD_HEADER - cid) {
            return cid;
        }
    }
    return 0;
}

/* False: no whole DTLS 1.0 or 1.2 record is there. */
static bool parse_record(const uint8_t *data, size_t size, int cid_size, record *out) {
    bool known = size >= RECORD_HEADER && data[0] >= TYPE_CHANGE_CIPHER_SPEC && data[0] <= TYPE_CID &&
                 data[1] == 0xfe && (data[2] == 0xfd || data[2] == 0xff);
    if (!known) {
        return false;
    }
    size_t header = RECORD_HEADER;
    if (data[0] == TYPE_CID) {
        header += cid_size == TAP_CID_UNKNOWN ? fitting_cid_size(data, size) : (size_t)cid_size;
    }
    if (header > size) {
        return false;
    }
    *out = (record){
        .type = data[0],
        .epoch = (uint16_t)big_endian(data + 3, 2),
        .number = big_endian(data + 5, 6),
        .body = data + header,
        .body_size = (size_t)big_endian(data + header - 2, 2),
    };
    out->size = header + out->body_size;
    return out->size <= size;
}

/* ---- keys ---- */

static tap_key *key_in_use(tap *t, uint16_t epoch) {
    size_t kept = t->keys_count < TAP_KEYS ? t->keys_count : TAP_KEYS;
    for (size_t i = 0; i < kept; i++) {
        if (t->keys[i].epoch == epoch && memcmp(t->keys[i].client_random, t->in_use, RANDOM_SIZE) == 0) {
            return &t->keys[i];
        }
    }
    tap_key *key = &t->keys[t->keys_count++ % TAP_KEYS];
    *key = (tap_key){.epoch = epoch};
    memcpy(key->client_random, t->in_use, RANDOM_SIZE);
    return key;
}

static void confirm(tap *t) {
    if (t->heard && memcmp(t->in_use, t->announced, RANDOM_SIZE) == 0) {
        memcpy(t->confirmed, t->in_use, RANDOM_SIZE);
    }
}

static void note_client_hello(tap *t, const record *r) {
    bool whole = r->type == TYPE_HANDSHAKE && r->body_size >= MESSAGE_HEADER + 2 + RANDOM_SIZE &&
                 r->body[0] == CLIENT_HELLO && big_endian(r->body + 6, 3) == 0;
    if (!whole) {
        return;
    }
    const uint8_t *client_random = r->body + MESSAGE_HEADER + 2;
    if (memcmp(t->announced, client_random, RANDOM_SIZE) != 0) {
        memcpy(t->announced, client_random, RANDOM_SIZE);
        t->heard = false;
    }
}

static void check_number(tap *t, const record *r) {
    tap_key *key = key_in_use(t, r->epoch);
    if (r->number < key->next) {
        char message[120];
        (void)snprintf(message, sizeof(message),
                       "sequence number %" PRIu64
                       " of epoch %u sent again or late, under client random %02x%02x%02x%02x…",
                       r->number, r->epoch, key->client_random[0], key->client_random[1], key->client_random[2],
                       key->client_random[3]);
        violate(t, message);
    } else {
        key->next = r->number + 1;
    }
}

static void note_sent(tap *t, const record *r) {
    if (r->epoch > 0) {
        check_number(t, r);
        return;
    }
    note_client_hello(t, r);
    if (r->type == TYPE_CHANGE_CIPHER_SPEC) {
        memcpy(t->in_use, t->announced, RANDOM_SIZE);
        confirm(t);
    }
}

static void note_received(tap *t, const record *r) {
    if (r->epoch > 0) {
        t->heard = true;
        confirm(t);
    }
}

/* ---- datagrams ---- */

static void check_plaintext(tap *t, const uint8_t *data, size_t size) {
    size_t kept = t->forbidden_count < TAP_FORBIDDEN ? t->forbidden_count : TAP_FORBIDDEN;
    for (size_t i = 0; i < kept; i++) {
        for (size_t at = 0; at + t->forbidden_size[i] <= size; at++) {
            if (memcmp(data + at, t->forbidden[i], t->forbidden_size[i]) == 0) {
                violate(t, "plaintext sent as it is");
                return;
            }
        }
    }
}

static bool shows_handshake(const record *r) {
    return r->epoch == 0 || (r->type != TYPE_APPLICATION && r->type != TYPE_CID);
}

static tap_kind note_records(tap *t, tap_direction direction, const uint8_t *data, size_t size) {
    tap_kind kind = TAP_OTHER;
    record r;
    for (size_t at = 0; at < size && parse_record(data + at, size - at, t->cid_size[direction], &r); at += r.size) {
        if (shows_handshake(&r)) {
            kind = TAP_HANDSHAKE;
        } else if (kind == TAP_OTHER) {
            kind = TAP_APPLICATION;
        }
        t->count[direction].alerts += r.type == TYPE_ALERT && r.epoch > 0;
        t->count[direction].with_cid += r.type == TYPE_CID;
        if (direction == TAP_UP) {
            note_sent(t, &r);
        } else {
            note_received(t, &r);
        }
    }
    return kind;
}

static void note_datagram(tap *t, tap_direction direction, const uint8_t *data, size_t stored, size_t size) {
    tap_datagram *kept = &t->datagrams[t->seen++ % TAP_DATAGRAMS];
    kept->direction = direction;
    kept->size = size;
    memcpy(kept->data, data, stored < TAP_DATAGRAM_MAX ? stored : TAP_DATAGRAM_MAX);
    kept->kind = note_records(t, direction, data, stored);
    tap_count *count = &t->count[direction];
    count->datagrams++;
    count->bytes += size;
    count->handshake += kept->kind == TAP_HANDSHAKE;
    count->handshake_bytes += kept->kind == TAP_HANDSHAKE ? size : 0;
    count->application += kept->kind == TAP_APPLICATION;
}

/* ---- silence ---- */

static int64_t sent_by(doze_socket *inner) {
    int64_t sent = -1;
    return doze_get_option(inner, DOZE_OPT_DATAGRAMS_SENT, &sent) == DOZE_OK ? sent : -1;
}

static void begin_quiet(tap *t) {
    if (!t->quiet) {
        t->quiet = true;
        t->sent_before = sent_by(t->inner);
    }
}

static void check_quiet(tap *t) {
    int64_t sent = sent_by(t->inner);
    if (t->quiet && sent != t->sent_before) {
        violate(t, "sent past the tap while asleep or falling asleep");
        t->sent_before = sent;
    }
}

static void end_quiet(tap *t) {
    check_quiet(t);
    t->quiet = false;
}

/* ---- the socket ---- */

static tap *tap_of(doze_socket *socket) {
    return (tap *)socket;
}

static doze_socket *inner_of(const doze_socket *socket) {
    return ((const tap *)socket)->inner;
}

static doze_result pass(tap *t, doze_result result) {
    return doze_fail(&t->socket, result, result == DOZE_OK ? 0 : doze_cause(t->inner));
}

static doze_result op_step(doze_socket *socket) {
    return pass(tap_of(socket), doze_step(inner_of(socket)));
}

static doze_result op_bind(doze_socket *socket, const char *address, uint16_t port) {
    return pass(tap_of(socket), doze_bind(inner_of(socket), address, port));
}

static doze_result op_reuse_last_port(doze_socket *socket) {
    return pass(tap_of(socket), doze_reuse_last_port(inner_of(socket)));
}

static doze_result op_connect(doze_socket *socket, const char *host, uint16_t port) {
    tap *t = tap_of(socket);
    end_quiet(t);
    return pass(t, doze_connect(t->inner, host, port));
}

static doze_result op_resume(doze_socket *socket) {
    tap *t = tap_of(socket);
    end_quiet(t);
    return pass(t, doze_resume(t->inner));
}

static doze_result op_send(doze_socket *socket, const void *data, size_t size) {
    tap *t = tap_of(socket);
    check_plaintext(t, data, size); /* sent or not: it was meant to be */
    doze_result result = doze_send(t->inner, data, size);
    if (result == DOZE_OK) {
        note_datagram(t, TAP_UP, data, size, size);
        if (t->quiet) {
            violate(t, "sent while asleep or falling asleep");
            t->sent_before = sent_by(t->inner);
        }
    }
    return pass(t, result);
}

static doze_result op_recv(doze_socket *socket, void *buffer, size_t capacity, size_t *size) {
    tap *t = tap_of(socket);
    doze_result result = doze_recv(t->inner, buffer, capacity, size);
    if (result == DOZE_OK || result == DOZE_ERR_TRUNCATED) {
        note_datagram(t, TAP_DOWN, buffer, *size < capacity ? *size : capacity, *size);
    }
    return pass(t, result);
}

/* The handshake that was under way is given up with the kernel's socket. */
static void rest(tap *t) {
    memcpy(t->in_use, t->confirmed, RANDOM_SIZE);
}

static doze_result op_shutdown(doze_socket *socket) {
    tap *t = tap_of(socket);
    bool quiet_before = t->quiet;
    begin_quiet(t);
    doze_result result = doze_shutdown(t->inner);
    check_quiet(t);
    if (result == DOZE_OK) {
        rest(t);
    } else {
        t->quiet = quiet_before;
    }
    return pass(t, result);
}

static doze_result op_close(doze_socket *socket) {
    tap *t = tap_of(socket);
    check_quiet(t);
    rest(t);
    return pass(t, doze_close(t->inner));
}

static doze_result op_forget(doze_socket *socket) {
    tap *t = tap_of(socket);
    check_quiet(t);
    rest(t);
    return pass(t, doze_forget(t->inner));
}

static void op_deinit(doze_socket *socket) {
    (void)socket;
}

static int32_t op_next_timeout(const doze_socket *socket) {
    return doze_next_timeout(inner_of(socket));
}

static int op_fd(const doze_socket *socket) {
    return doze_fd(inner_of(socket));
}

static void op_endpoints(const doze_socket *socket, doze_endpoints *out) {
    doze_get_endpoints(inner_of(socket), out);
}

static bool op_format(const doze_socket *socket, const doze_endpoint *endpoint, char *text, size_t size) {
    const doze_socket *inner = inner_of(socket);
    return inner->ops->format(inner, endpoint, text, size);
}

static doze_result op_get_option(doze_socket *socket, doze_option option, int64_t *value) {
    return pass(tap_of(socket), doze_get_option(inner_of(socket), option, value));
}

static doze_result op_set_option(doze_socket *socket, doze_option option, int64_t value) {
    return pass(tap_of(socket), doze_set_option(inner_of(socket), option, value));
}

static doze_result op_recall(doze_socket *socket, const doze_endpoints *past) {
    return pass(tap_of(socket), doze_recall(inner_of(socket), past));
}

static const doze_socket_ops ops = {
    .step = op_step,
    .bind = op_bind,
    .reuse_last_port = op_reuse_last_port,
    .connect = op_connect,
    .recall = op_recall,
    .resume = op_resume,
    .send = op_send,
    .recv = op_recv,
    .shutdown = op_shutdown,
    .close = op_close,
    .forget = op_forget,
    .deinit = op_deinit,
    .next_timeout = op_next_timeout,
    .fd = op_fd,
    .endpoints = op_endpoints,
    .format = op_format,
    .get_option = op_get_option,
    .set_option = op_set_option,
};

/* ---- what tests call ---- */

void tap_init(tap *t, doze_socket *inner) {
    memset(t, 0, sizeof(*t));
    doze_socket_init(&t->socket, &ops, NULL);
    t->inner = inner;
    t->cid_size[TAP_UP] = t->cid_size[TAP_DOWN] = TAP_CID_UNKNOWN;
}

void tap_forbid(tap *t, const void *data, size_t size) {
    if (size < TAP_PLAINTEXT_MIN) {
        abort(); /* a test that forbids what chance can bring is wrong */
    }
    size_t place = t->forbidden_count++ % TAP_FORBIDDEN;
    t->forbidden_size[place] = size < TAP_PLAINTEXT ? size : TAP_PLAINTEXT;
    memcpy(t->forbidden[place], data, t->forbidden_size[place]);
}

doze_result tap_shutdown(tap *t, doze_socket *upper) {
    bool quiet_before = t->quiet;
    begin_quiet(t);
    doze_result result = doze_shutdown(upper);
    check_quiet(t);
    if (result != DOZE_OK) {
        t->quiet = quiet_before;
    }
    return result;
}

void tap_clear(tap *t) {
    memset(t->count, 0, sizeof(t->count));
}

const tap_datagram *tap_last(const tap *t, tap_direction direction, size_t back) {
    size_t kept = t->seen < TAP_DATAGRAMS ? (size_t)t->seen : TAP_DATAGRAMS;
    for (size_t i = 1; i <= kept; i++) {
        const tap_datagram *datagram = &t->datagrams[(t->seen - i) % TAP_DATAGRAMS];
        if (datagram->direction == direction && back-- == 0) {
            return datagram;
        }
    }
    return NULL;
}

const char *tap_verdict(tap *t) {
    check_quiet(t);
    return t->violation;
}
