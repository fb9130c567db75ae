/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that outlives a reboot, as a platform gives it to doze: a few slots, and a counter where there is one.
 * doze/posix.h has one in files; doze_dtls_set_store() says what is written, and docs/storing.md when. */
#ifndef DOZE_STORE_H
#define DOZE_STORE_H

#include "doze/platform.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DOZE_STORE_SLOTS     64  /* at most, numbered from 0 */
#define DOZE_STORE_SLOT_SIZE 288 /* bytes that a slot must be able to hold; none is written longer */

typedef struct doze_store doze_store;

/* Each call ends when its work is done, however slow the memory is. What fails is DOZE_ERR_STORE, with the platform's
 * code in `cause`. */
typedef struct doze_store_ops {
    /* All that the slot holds. *size is 0 when it is empty; DOZE_ERR_TOO_LONG when it holds more than `capacity`. */
    doze_result (*read)(doze_store *store, unsigned slot, void *buffer, size_t capacity, size_t *size);
    /* Replaces what the slot holds; `size` 0 empties it. After DOZE_OK no loss of power undoes it. A failure or a loss of
     * power leaves the old contents, the new ones, or anything else in this slot, and the others as they were; but never
     * contents that an earlier successful write had replaced, as flash does that shows an older copy again: doze would
     * take them for the newest, and use numbers twice. */
    doze_result (*write)(doze_store *store, unsigned slot, const void *data, size_t size);
    /* Both NULL: none. A counter that nobody can set back, not even who restores a copy of all slots (a secure element,
     * the write counter of an RPMB partition): tells it, and raises it for good before it returns the new value. */
    doze_result (*count)(doze_store *store, uint64_t *value);
    doze_result (*advance)(doze_store *store, uint64_t *value);
} doze_store_ops;

/* To be all zero but for `ops` at first; must outlive the sockets that use it. */
struct doze_store {
    const doze_store_ops *ops;
    int cause;       /* of the last failure: errno, or what the platform has for it */
    uint64_t in_use; /* doze's own: a bit for each slot that a socket has */
};

#ifdef __cplusplus
}
#endif
#endif
