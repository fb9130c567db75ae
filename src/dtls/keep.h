/* SPDX-License-Identifier: Apache-2.0 */
/* What is written into the store, and what may be done on the strength of it. */
#ifndef DOZE_DTLS_KEEP_H
#define DOZE_DTLS_KEEP_H

#include <stddef.h>

#include "dtls/compat.h"
#include "dtls/seal.h"

/* A socket's slots, from its first one on. They never say the same: the association goes on from a record that must be
 * gone before it is untrue; a session is only offered to a server, which has a word in it, and harms nobody when it is old. */
typedef enum doze_slot { DOZE_SLOT_ASSOCIATION, DOZE_SLOT_SESSION } doze_slot;

/* As it is stored, but for the seal: numbers as this processor has them, no gaps, and no more of the Connection IDs than
 * there is. */
typedef struct doze_record {
    uint64_t count;         /* the store's counter, 0 where it has none */
    uint32_t local_address; /* its hash */
    uint16_t local_port;
    uint16_t round_trip;
    union {
        doze_endpoint remote;
        struct {
            uint8_t remote_bytes[offsetof(doze_endpoint, family) + 1];
            uint8_t unanswered; /* in the gap at its end: silence outlives a reboot as it outlives sleep */
        };
    };
    doze_tls_state state; /* its sequence number is the first that was not reserved */
    uint8_t seal[DOZE_SEAL_OVERHEAD];
} doze_record;
#define DOZE_RECORD_SIZE(of_state) (offsetof(doze_record, state) + (of_state))
#define DOZE_RECORD_MAX            (DOZE_RECORD_SIZE(DOZE_STATE_SIZE_MAX) + DOZE_SEAL_OVERHEAD)
_Static_assert(DOZE_RECORD_SIZE(0) == 8 + 4 + 2 + 2 + sizeof(doze_endpoint), "there are no other gaps");
_Static_assert(offsetof(doze_endpoint, family) + 1 < sizeof(doze_endpoint), "an endpoint has a gap at its end");
_Static_assert(DOZE_RECORD_MAX <= DOZE_STORE_SLOT_SIZE, "any record fits a slot");

static inline doze_seal_purpose doze_keep_purpose(const doze_keeper *keeper, doze_slot slot, const char *host,
                                                  uint16_t port) {
    return (doze_seal_purpose){
        .host = host, .port = port, .slot = (uint8_t)(keeper->first_slot + slot), .kind = (uint8_t)slot};
}

/* DOZE_OK or DOZE_ERR_STORE, counted. */
doze_result doze_keep_erase(doze_dtls *dtls, doze_slot slot);
/* Makes every record of before out of date, where the store has a counter, and tells what the next one must have. */
doze_result doze_keep_advance(doze_dtls *dtls, uint64_t *count);
/* Counts a failure, and tells of it. */
doze_result doze_keep_failed(doze_dtls *dtls, int cause);

/* store.c */
doze_result doze_keep_take_up(doze_dtls *dtls, const char *host, uint16_t port, bool erase);
doze_result doze_keep_erase_all(doze_dtls *dtls);
void doze_keep_leave(doze_dtls *dtls);

extern const struct doze_keep_hooks doze_keep_hooks;

#endif
