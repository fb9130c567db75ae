/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the store, in one place:
 *   - a number is sent only if a load would begin behind it: it is below `reserved`, or no record of the association is left;
 *   - a message is delivered only if no load could take it again: no record of the association is left;
 *   - what a failing call has left behind is taken for the worst. */
#include "dtls/keep.h"

#include <mbedtls/platform_util.h>

#include "dtls/internal.h"

/* ---- the store's calls ---- */

doze_result doze_keep_failed(doze_dtls *dtls, int cause) {
    doze_keeper *k = dtls->keeper;
    doze_count(&k->failures, 1);
    doze_emit(&dtls->socket, DOZE_EVENT_ERROR, DOZE_ERR_STORE, cause);
    return doze_fail(&dtls->socket, DOZE_ERR_STORE, cause);
}

static doze_result write_slot(doze_dtls *dtls, doze_slot slot, const uint8_t *data, size_t size) {
    doze_keeper *k = dtls->keeper;
    k->writes++;
    doze_result result = k->store->ops->write(k->store, k->first_slot + (unsigned)slot, data, size);
    return result == DOZE_OK ? DOZE_OK : doze_keep_failed(dtls, k->store->cause);
}

doze_result doze_keep_erase(doze_dtls *dtls, doze_slot slot) {
    return write_slot(dtls, slot, NULL, 0);
}

doze_result doze_keep_advance(doze_dtls *dtls, uint64_t *count) {
    doze_store *store = dtls->keeper->store;
    *count = 0;
    if (store->ops->advance == NULL) {
        return DOZE_OK;
    }
    return store->ops->advance(store, count) == DOZE_OK ? DOZE_OK : doze_keep_failed(dtls, store->cause);
}

/* ---- records ---- */

/* All but what is reserved. The size of what was captured; 0: there is nothing to store. */
static size_t capture(const doze_dtls *dtls, doze_record *record) {
    doze_endpoints ends;
    doze_get_endpoints(dtls->lower, &ends);
    if (dtls->live == NULL || ends.hostname == NULL) {
        return 0;
    }
    record->count = 0;
    record->remote = ends.remote;
    record->unanswered = dtls->unanswered; /* after what it lies in */
    record->local_address = dtls->path_local;
    record->local_port = dtls->path_port;
    record->round_trip = dtls->round_trip;
    return doze_tls_capture(&dtls->live->ssl, dtls->live->randoms, &record->state);
}

/* Afterwards nothing of it is left in memory. */
static doze_result write_record(doze_dtls *dtls, doze_slot slot, doze_record *record, size_t state_size) {
    uint8_t *data = (uint8_t *)record;
    size_t size = DOZE_RECORD_SIZE(state_size);
    doze_seal_purpose purpose =
        doze_keep_purpose(dtls->keeper, slot, doze_remote_hostname(dtls->lower), record->remote.port);
    bool sealed = doze_seal_close(dtls->config, &purpose, data, size) == 0;
    doze_result result = sealed ? write_slot(dtls, slot, data, size + DOZE_SEAL_OVERHEAD)
                                : doze_keep_failed(dtls, DOZE_TLS_RANDOM_FAILED);
    mbedtls_platform_zeroize(record, sizeof(*record));
    return result;
}

static doze_result store_session(doze_dtls *dtls) {
    doze_record record;
    size_t size = dtls->config->resumption == DOZE_RESUME_OFF ? 0 : capture(dtls, &record);
    if (size == 0) {
        return DOZE_OK;
    }
    doze_result result = write_record(dtls, DOZE_SLOT_SESSION, &record, size);
    dtls->keeper->session_stored = result == DOZE_OK;
    return result;
}

/* Numbers below `ceiling` may be used once this has succeeded. */
static doze_result store_association(doze_dtls *dtls, doze_record *record, size_t size, uint64_t ceiling) {
    doze_keeper *k = dtls->keeper;
    record->state.next_sequence = ceiling;
    doze_result result = doze_keep_advance(dtls, &record->count);
    if (result != DOZE_OK) {
        return result;
    }
    if (k->reserved > ceiling) {
        k->reserved = ceiling; /* from here on a load may find it */
    }
    result = write_record(dtls, DOZE_SLOT_ASSOCIATION, record, size);
    if (result == DOZE_OK) {
        k->reserved = ceiling;
        k->outdated = false;
        k->unanswered = dtls->unanswered;
    }
    return result;
}

/* ---- what sleep, send and receive ask for ---- */

static bool withdraw(doze_dtls *dtls) {
    doze_keeper *k = dtls->keeper;
    uint64_t count;
    if (k->reserved == DOZE_STORE_NOTHING) {
        return true;
    }
    bool outdated = doze_keep_advance(dtls, &count) == DOZE_OK;
    bool erased = doze_keep_erase(dtls, DOZE_SLOT_ASSOCIATION) == DOZE_OK;
    bool gone = k->store->ops->advance != NULL ? outdated : erased;
    k->broken = !gone; /* then nothing is written that may have to go again */
    if (gone) {
        k->reserved = DOZE_STORE_NOTHING;
    }
    return gone;
}

static void keep(doze_dtls *dtls, uint64_t next) {
    doze_record record;
    uint64_t ceiling = next + dtls->keeper->range;
    size_t size = capture(dtls, &record);
    if (size == 0) {
        return;
    }
    ceiling = ceiling < DOZE_SEQUENCE_LIMIT ? ceiling : DOZE_SEQUENCE_LIMIT;
    if (store_association(dtls, &record, size, ceiling) != DOZE_OK) {
        withdraw(dtls);
    }
    mbedtls_platform_zeroize(&record, sizeof(record));
}

static void for_sleep(doze_dtls *dtls) {
    doze_keeper *k = dtls->keeper;
    if (k->mode != DOZE_STORE_ASSOCIATION || k->broken || !dtls->established || dtls->live == NULL) {
        return;
    }
    if (dtls->announce) {
        return; /* whoever loads must be told that the association is new */
    }
    if (k->reserved != DOZE_STORE_NOTHING && !k->outdated && k->unanswered == dtls->unanswered) {
        return; /* nothing was delivered, and what was sent was reserved: the record is as good as a new one */
    }
    if (!k->session_stored && store_session(dtls) != DOZE_OK) {
        return; /* a store that fails is not tried with what does harm when nobody knows whether it is there */
    }
    keep(dtls, doze_tls_next_sequence(&dtls->live->ssl));
}

static bool reserve(doze_dtls *dtls, uint64_t sequence) {
    doze_keeper *k = dtls->keeper;
    if (!k->broken) {
        keep(dtls, sequence);
    }
    return sequence < k->reserved;
}

static void new_association(doze_dtls *dtls) {
    bool gone = withdraw(dtls); /* the one of before: harmless if not, as nobody goes on with it */
    bool replaced = store_session(dtls) == DOZE_OK;
    dtls->keeper->reserved = DOZE_STORE_NOTHING;
    if (gone && replaced) {
        dtls->keeper->locked = false;
    }
}

static void end_association(doze_dtls *dtls) {
    if (!withdraw(dtls)) {
        dtls->keeper->locked = true;
    }
}

static void end_session(doze_dtls *dtls) {
    dtls->keeper->session_stored = false;
    if (doze_keep_erase(dtls, DOZE_SLOT_SESSION) != DOZE_OK) {
        dtls->keeper->locked = true;
    }
}

const struct doze_keep_hooks doze_keep_hooks = {
    .take_up = doze_keep_take_up,
    .erase = doze_keep_erase_all,
    .leave = doze_keep_leave,
    .for_sleep = for_sleep,
    .new_association = new_association,
    .withdraw = withdraw,
    .end_association = end_association,
    .end_session = end_session,
    .reserve = reserve,
};
