/* SPDX-License-Identifier: Apache-2.0 */
/* Sleep without Mbed TLS's memory: an association as a small image, and back. */
#include <string.h>

#include <mbedtls/platform_util.h>

#include "dtls/internal.h"

#define CHECKSUM_SIZE 4

/* Over the image and over whose it is, so that one of another socket is noticed. */
static uint32_t checksum_of(const doze_dtls *dtls, const uint8_t *image, size_t size) {
    uint32_t sum = dtls->path_local ^ dtls->path_remote ^ dtls->path_port;
    return doze_dtls_hash(sum, image, size);
}

_Static_assert(DOZE_STATE_SIZE_MAX + CHECKSUM_SIZE <= DOZE_IMAGE_MAX, "any image fits");
_Static_assert(DOZE_IMAGE_MAX <= UINT8_MAX, "its size fits frozen_size");
_Static_assert(DOZE_STATE_SIZE(8 + 8) + CHECKSUM_SIZE == DOZE_IMAGE_TYPICAL, "what the header says");

/* ---- freezing and thawing ---- */

void doze_dtls_wipe_image(doze_dtls *dtls) {
    mbedtls_platform_zeroize(dtls->freezer, dtls->frozen_size);
    dtls->frozen_size = 0;
}

static bool freeze_state(doze_dtls *dtls, const doze_tls_state *state, size_t size) {
    size_t room = dtls->small_freezer ? DOZE_IMAGE_TYPICAL : DOZE_IMAGE_MAX;
    if (dtls->freezer == NULL || size + CHECKSUM_SIZE > room) {
        return false;
    }
    memcpy(dtls->freezer, state, size);
    uint32_t checksum = checksum_of(dtls, dtls->freezer, size);
    memcpy(dtls->freezer + size, &checksum, CHECKSUM_SIZE);
    doze_dtls_drop_session(dtls); /* the image has it */
    doze_dtls_drop_association(dtls);
    dtls->frozen_size = (uint8_t)(size + CHECKSUM_SIZE);
    dtls->established = true;
    return true;
}

void doze_dtls_freeze(doze_dtls *dtls) {
    doze_tls_state state;
    if (dtls->freezer == NULL || !dtls->established || dtls->live == NULL) {
        return;
    }
    size_t size = doze_tls_capture(&dtls->live->ssl, dtls->live->randoms, &state);
    if (size != 0) {
        freeze_state(dtls, &state, size);
    }
    mbedtls_platform_zeroize(&state, sizeof(state));
}

static doze_result restore(doze_dtls *dtls, const doze_tls_state *state, size_t size) {
    int error = doze_dtls_make_live(dtls);
    if (error == 0) {
        memcpy(dtls->live->randoms, state->randoms, sizeof(state->randoms));
        error = doze_tls_restore(&dtls->live->ssl, state, size);
        doze_dtls_refresh_mtu(dtls);
    }
    if (error != 0) {
        doze_dtls_release(&dtls->live);
        return doze_fail(&dtls->socket, doze_tls_result(error), error);
    }
    dtls->established = true;
    return DOZE_OK;
}

doze_result doze_dtls_adopt(doze_dtls *dtls, const doze_tls_state *state, size_t size) {
    return freeze_state(dtls, state, size) ? DOZE_OK : restore(dtls, state, size);
}

/* What lies in the freezer, if it is as it was put there. */
static bool read_image(const doze_dtls *dtls, doze_tls_state *state, size_t size) {
    uint32_t checksum;
    memcpy(state, dtls->freezer, size);
    memcpy(&checksum, dtls->freezer + size, CHECKSUM_SIZE);
    return checksum == checksum_of(dtls, dtls->freezer, size) && doze_tls_state_is_sound(state, size);
}

doze_result doze_dtls_thaw(doze_dtls *dtls) {
    doze_tls_state state;
    size_t size = dtls->frozen_size - (size_t)CHECKSUM_SIZE;
    doze_result result = DOZE_ERR_HANDSHAKE;
    if (read_image(dtls, &state, size)) {
        result = restore(dtls, &state, size);
    }
    mbedtls_platform_zeroize(&state, sizeof(state));
    if (result == DOZE_ERR_NO_MEMORY) {
        return result;
    }
    doze_dtls_wipe_image(dtls);
    if (result != DOZE_OK) {
        doze_dtls_count_refused_image(dtls);
        dtls->established = false;
        dtls->lost_reason = DOZE_REASON_IMAGE;
    }
    return result;
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
