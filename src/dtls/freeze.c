/* SPDX-License-Identifier: Apache-2.0 */
/* Sleep without Mbed TLS's memory: an association as a small image, and back. */
#include <string.h>

#include <mbedtls/platform_util.h>

#include "dtls/compat.h"
#include "dtls/internal.h"

#define IMAGE_VERSION 1
#define CHECKSUM_SIZE 4

/* ---- the image: numbers in network byte order, nothing that is the same for all ---- */

/* Of IEEE 802.3, bit by bit: it is needed once a sleep. */
static uint32_t crc32(uint32_t crc, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
        }
    }
    return ~crc;
}

/* Over the image and over whose it is, so that one of another socket is noticed. */
static uint32_t checksum_of(const doze_dtls *dtls, const uint8_t *image, size_t size) {
    uint32_t crc = crc32(0, image, size);
    crc = crc32(crc, &dtls->path_local, sizeof(dtls->path_local));
    crc = crc32(crc, &dtls->path_remote, sizeof(dtls->path_remote));
    return crc32(crc, &dtls->path_port, sizeof(dtls->path_port));
}

/* Writes or reads field by field, so that both ways are one list. */
typedef struct cursor {
    uint8_t *at;
    const uint8_t *end;
    bool reading;
    bool good;
} cursor;

static void number(cursor *c, uint64_t *value, size_t size) {
    if (!c->good || (size_t)(c->end - c->at) < size) {
        c->good = false;
        return;
    }
    uint64_t got = 0;
    for (size_t i = 0; i < size; i++) {
        if (!c->reading) {
            c->at[i] = (uint8_t)(*value >> 8 * (size - 1 - i));
        }
        got = got << 8 | c->at[i];
    }
    *value = got;
    c->at += size;
}

static void number8(cursor *c, uint8_t *value, uint8_t most) {
    uint64_t wide = *value;
    number(c, &wide, 1);
    *value = (uint8_t)wide;
    c->good = c->good && *value <= most;
}

static void number16(cursor *c, uint16_t *value) {
    uint64_t wide = *value;
    number(c, &wide, 2);
    *value = (uint16_t)wide;
}

static void bytes(cursor *c, uint8_t *value, size_t size) {
    if (!c->good || (size_t)(c->end - c->at) < size) {
        c->good = false;
        return;
    }
    memcpy(c->reading ? value : c->at, c->reading ? c->at : value, size);
    c->at += size;
}

static void all_fields(cursor *c, doze_tls_state *state) {
    uint8_t head = (uint8_t)(IMAGE_VERSION << 4 | state->fragment_length << 1 | state->has_cid);
    number8(c, &head, UINT8_MAX);
    state->fragment_length = head >> 1 & 7;
    state->has_cid = (head & 1) != 0;
    c->good = c->good && head >> 4 == IMAGE_VERSION && state->fragment_length <= 4;
    number16(c, &state->suite);
    number16(c, &state->mtu);
    number(c, &state->window[0], 6);
    number(c, &state->window[1], 8);
    number(c, &state->next_sequence, 6);
    bytes(c, state->master, sizeof(state->master));
    bytes(c, state->randoms, sizeof(state->randoms));
    number8(c, &state->session_id_size, sizeof(state->session_id));
    bytes(c, state->session_id, state->session_id_size);
    number8(c, &state->own_cid_size, sizeof(state->own_cid));
    bytes(c, state->own_cid, state->own_cid_size);
    number8(c, &state->peer_cid_size, sizeof(state->peer_cid));
    bytes(c, state->peer_cid, state->peer_cid_size);
}

/* Version with flags, suite, MTU, window, sequence number, secret, randoms, session ID, Connection IDs, checksum. */
#define IMAGE_SIZE(cids) (1 + 2 + 2 + 14 + 6 + 48 + 64 + 33 + 2 + (cids) + CHECKSUM_SIZE)
_Static_assert(IMAGE_SIZE(DOZE_CID_MAX + MBEDTLS_SSL_CID_OUT_LEN_MAX) <= DOZE_IMAGE_MAX, "any image fits");
_Static_assert(IMAGE_SIZE(8 + 8) == DOZE_IMAGE_TYPICAL, "what the header says");

/* The size written, 0 when it does not fit. */
static size_t write_image(const doze_dtls *dtls, doze_tls_state *state, uint8_t *out, size_t capacity) {
    cursor c = {.at = out, .end = out + capacity, .good = true};
    all_fields(&c, state);
    uint64_t checksum = c.good ? checksum_of(dtls, out, (size_t)(c.at - out)) : 0;
    number(&c, &checksum, CHECKSUM_SIZE);
    return c.good ? (size_t)(c.at - out) : 0;
}

static bool read_image(const doze_dtls *dtls, doze_tls_state *state, uint8_t *image, size_t size) {
    cursor c = {.at = image, .end = image + size, .reading = true, .good = true};
    uint64_t checksum = 0;
    all_fields(&c, state);
    const uint8_t *end = c.at;
    number(&c, &checksum, CHECKSUM_SIZE);
    return c.good && c.at == c.end && checksum == checksum_of(dtls, image, (size_t)(end - image));
}

/* ---- freezing and thawing ---- */

void doze_dtls_wipe_image(doze_dtls *dtls) {
    if (dtls->frozen_size != 0) {
        mbedtls_platform_zeroize(dtls->freezer, DOZE_IMAGE_MAX);
        dtls->frozen_size = 0;
    }
}

void doze_dtls_freeze(doze_dtls *dtls) {
    doze_tls_state state = {0};
    if (dtls->freezer == NULL || !dtls->established || dtls->live == NULL) {
        return;
    }
    size_t size = 0;
    if (doze_tls_capture(&dtls->live->ssl, &state) == 0) {
        memcpy(state.randoms, dtls->live->randoms, sizeof(state.randoms));
        size = write_image(dtls, &state, dtls->freezer, DOZE_IMAGE_MAX);
    }
    mbedtls_platform_zeroize(&state, sizeof(state));
    if (size != 0) {
        doze_dtls_drop_session(dtls); /* the image has it */
        doze_dtls_drop_association(dtls);
        dtls->frozen_size = (uint16_t)size;
        dtls->established = true;
    }
}

static int restore(doze_dtls *dtls, const doze_tls_state *state) {
    if (doze_dtls_make_live(dtls) != DOZE_OK) {
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    int error = mbedtls_ssl_setup(&dtls->live->ssl, &dtls->config->tls);
    if (error != 0) {
        return error;
    }
    doze_dtls_wire_up(dtls);
    memcpy(dtls->live->randoms, state->randoms, sizeof(dtls->live->randoms));
    return doze_tls_restore(&dtls->live->ssl, state);
}

doze_result doze_dtls_thaw(doze_dtls *dtls) {
    doze_tls_state state = {0};
    bool sound = read_image(dtls, &state, dtls->freezer, dtls->frozen_size);
    int error = sound ? restore(dtls, &state) : MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    mbedtls_platform_zeroize(&state, sizeof(state));
    if (error == 0) {
        doze_dtls_wipe_image(dtls);
        return DOZE_OK;
    }
    if (doze_tls_result(error) == DOZE_ERR_NO_MEMORY) {
        doze_dtls_release(&dtls->live);
        return doze_fail(&dtls->socket, DOZE_ERR_NO_MEMORY, error);
    }
    dtls->images_refused++;
    doze_dtls_drop_association(dtls);
    return DOZE_ERR_HANDSHAKE;
}

doze_result doze_dtls_set_freezer(doze_dtls *dtls, void *memory, size_t size) {
    if (dtls == NULL || (memory == NULL) != (size == 0)) {
        return DOZE_ERR_ARGUMENT;
    }
    if (dtls->frozen_size != 0 || dtls->socket.state == DOZE_STATE_CONNECTING) {
        return DOZE_ERR_STATE;
    }
    if (memory != NULL && size < DOZE_IMAGE_MAX) {
        return DOZE_ERR_TOO_LONG;
    }
    dtls->freezer = memory;
    if (dtls->socket.state == DOZE_STATE_SHUTDOWN || dtls->socket.state == DOZE_STATE_CLOSED) {
        doze_dtls_freeze(dtls);
    }
    return DOZE_OK;
}
