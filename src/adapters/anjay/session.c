/* SPDX-License-Identifier: Apache-2.0 */
/* The session resumption buffer as a store of doze's: a mark, the size, and the sealed session. The socket is told to
 * store sessions alone (DOZE_STORE_SESSION), so that a copy of the buffer, of any age, can at most make a server say
 * no. */
#include <string.h>

#include <mbedtls/platform_util.h>

#include "internal.h"

enum { SLOT_SESSION = 1, MARK = 0xd0, HEAD = 3 };

static doze_anjay_session *of_store(doze_store *store) {
    return (doze_anjay_session *)store; /* its first member */
}

static size_t stored_size(const doze_anjay_session *session) {
    const unsigned char *b = session->buffer;
    size_t size = (size_t)b[1] << 8 | b[2];
    return b[0] == MARK && size <= DOZE_STORE_SLOT_SIZE ? size : 0;
}

static doze_result read_slot(doze_store *store, unsigned slot, void *buffer, size_t capacity, size_t *size) {
    const doze_anjay_session *session = of_store(store);
    *size = slot == SLOT_SESSION ? stored_size(session) : 0;
    if (*size > capacity) {
        return DOZE_ERR_TOO_LONG;
    }
    memcpy(buffer, session->buffer + HEAD, *size);
    return DOZE_OK;
}

static doze_result write_slot(doze_store *store, unsigned slot, const void *data, size_t size) {
    doze_anjay_session *session = of_store(store);
    if (slot != SLOT_SESSION) {
        return size == 0 ? DOZE_OK : DOZE_ERR_STORE; /* never an association */
    }
    mbedtls_platform_zeroize(session->buffer, session->size);
    if (size != 0) {
        session->buffer[0] = MARK;
        session->buffer[1] = (unsigned char)(size >> 8);
        session->buffer[2] = (unsigned char)size;
        memcpy(session->buffer + HEAD, data, size);
    }
    return DOZE_OK;
}

static const doze_store_ops ops = {.read = read_slot, .write = write_slot};

bool doze_anjay_session_init(doze_anjay_session *session, void *buffer, size_t size) {
    bool fits = size >= HEAD + DOZE_STORE_SLOT_SIZE;
    session->store.ops = &ops;
    session->buffer = fits ? buffer : NULL;
    session->size = size;
    return size != 0;
}

bool doze_anjay_session_is_empty(const doze_anjay_session *session) {
    return stored_size(session) == 0;
}
