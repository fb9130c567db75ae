/* SPDX-License-Identifier: Apache-2.0 */
/* Sleep without Mbed TLS's memory: an association as a small image, and back. */
#include <string.h>

#include <mbedtls/platform_util.h>

#include "dtls/image.h"
#include "dtls/internal.h"

#define CHECKSUM_SIZE 4

/* ---- the image ---- */

/* Of IEEE 802.3, by half bytes: quick enough for once a sleep, and a small table. */
static uint32_t crc32(uint32_t crc, const void *bytes, size_t size) {
    static const uint32_t halves[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    const uint8_t *at = bytes;
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        crc = crc >> 4 ^ halves[crc & 15];
        crc = crc >> 4 ^ halves[crc & 15];
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

#define IMAGE_SIZE(cids) (DOZE_STATE_SIZE(cids) + CHECKSUM_SIZE)
_Static_assert(DOZE_STATE_SIZE_MAX + CHECKSUM_SIZE <= DOZE_IMAGE_MAX, "any image fits");
_Static_assert(DOZE_IMAGE_MAX <= UINT8_MAX, "its size fits frozen_size");
_Static_assert(IMAGE_SIZE(8 + 8) == DOZE_IMAGE_TYPICAL, "what the header says");

/* The size written, 0 when it does not fit. */
static size_t write_image(const doze_dtls *dtls, doze_tls_state *state, uint8_t *out, size_t capacity) {
    doze_cursor c = {.at = out, .end = out + capacity, .good = true};
    doze_code_state(&c, state);
    uint64_t checksum = c.good ? checksum_of(dtls, out, (size_t)(c.at - out)) : 0;
    doze_code_number(&c, &checksum, CHECKSUM_SIZE);
    return c.good ? (size_t)(c.at - out) : 0;
}

static bool read_image(const doze_dtls *dtls, doze_tls_state *state, uint8_t *image, size_t size) {
    doze_cursor c = {.at = image, .end = image + size, .reading = true, .good = true};
    uint64_t checksum = 0;
    doze_code_state(&c, state);
    const uint8_t *end = c.at;
    doze_code_number(&c, &checksum, CHECKSUM_SIZE);
    return c.good && c.at == c.end && checksum == checksum_of(dtls, image, (size_t)(end - image));
}

/* ---- freezing and thawing ---- */

static size_t room(const doze_dtls *dtls) {
    return dtls->small_freezer ? DOZE_IMAGE_TYPICAL : DOZE_IMAGE_MAX;
}

void doze_dtls_wipe_image(doze_dtls *dtls) {
    if (dtls->frozen_size != 0) {
        mbedtls_platform_zeroize(dtls->freezer, room(dtls));
        dtls->frozen_size = 0;
    }
}

static bool freeze_state(doze_dtls *dtls, doze_tls_state *state) {
    size_t size = write_image(dtls, state, dtls->freezer, room(dtls));
    if (size == 0) { /* it stays as it is, and a part of it must not stay in the caller's memory */
        mbedtls_platform_zeroize(dtls->freezer, room(dtls));
    } else {
        doze_dtls_drop_session(dtls); /* the image has it */
        doze_dtls_drop_association(dtls);
        dtls->frozen_size = (uint8_t)size;
        dtls->established = true;
    }
    return size != 0;
}

void doze_dtls_freeze(doze_dtls *dtls) {
    doze_tls_state state = {0};
    if (dtls->freezer == NULL || !dtls->established || dtls->live == NULL) {
        return;
    }
    if (doze_tls_capture(&dtls->live->ssl, &state) == 0) {
        memcpy(state.randoms, dtls->live->randoms, sizeof(state.randoms));
        freeze_state(dtls, &state);
    }
    mbedtls_platform_zeroize(&state, sizeof(state));
}

static int restore(doze_dtls *dtls, const doze_tls_state *state) {
    int error = doze_dtls_make_live(dtls);
    if (error != 0) {
        return error;
    }
    memcpy(dtls->live->randoms, state->randoms, sizeof(dtls->live->randoms));
    return doze_tls_restore(&dtls->live->ssl, state);
}

doze_result doze_dtls_adopt(doze_dtls *dtls, doze_tls_state *state) {
    if (dtls->freezer != NULL && freeze_state(dtls, state)) {
        return DOZE_OK;
    }
    int error = restore(dtls, state);
    if (error != 0) {
        doze_dtls_release(&dtls->live);
        return doze_fail(&dtls->socket, doze_tls_result(error), error);
    }
    dtls->established = true;
    return DOZE_OK;
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
    doze_dtls_count_refused_image(dtls);
    doze_dtls_drop_association(dtls);
    dtls->lost_reason = DOZE_REASON_IMAGE;
    return DOZE_ERR_HANDSHAKE;
}

doze_result doze_dtls_set_freezer(doze_dtls *dtls, void *memory, size_t size) {
    if (dtls == NULL || (memory == NULL) != (size == 0)) {
        return DOZE_ERR_ARGUMENT;
    }
    if (dtls->frozen_size != 0 || dtls->socket.state == DOZE_STATE_CONNECTING) {
        return DOZE_ERR_STATE;
    }
    if (memory != NULL && size < DOZE_IMAGE_TYPICAL) {
        return DOZE_ERR_TOO_LONG;
    }
    dtls->freezer = memory;
    dtls->small_freezer = size < DOZE_IMAGE_MAX;
    if (dtls->socket.state == DOZE_STATE_SHUTDOWN || dtls->socket.state == DOZE_STATE_CLOSED) {
        doze_dtls_freeze(dtls);
    }
    return DOZE_OK;
}
