/* SPDX-License-Identifier: Apache-2.0 */
/* Back from the store: what an earlier life of this device has left for a peer. */
#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>

#include "dtls/internal.h"
#include "dtls/keep.h"

#define RANGE_DEFAULT 1024

/* ---- reading ---- */

typedef struct request {
    const char *host;
    uint16_t port;
    bool erase; /* at once what is not for them */
    doze_slot slot;
    size_t state_size;
    doze_record record;
} request;

static doze_result refuse(doze_dtls *dtls, const request *r) {
    doze_dtls_count_refused_image(dtls);
    dtls->lost_reason = DOZE_REASON_IMAGE;
    doze_emit(&dtls->socket, DOZE_EVENT_ERROR, DOZE_ERR_STORE, 0);
    return !r->erase || doze_keep_erase(dtls, r->slot) == DOZE_OK ? DOZE_ERR_NO_PEER : DOZE_ERR_STORE;
}

static doze_result read_failed(doze_dtls *dtls) {
    dtls->lost_reason = DOZE_REASON_STORE;
    return doze_keep_failed(dtls, dtls->keeper->store->cause);
}

/* A session harms nobody when it is old, so that its count says nothing. */
static doze_result check_count(doze_dtls *dtls, const request *r) {
    doze_store *store = dtls->keeper->store;
    uint64_t count = 0;
    if (r->slot == DOZE_SLOT_SESSION) {
        return DOZE_OK;
    }
    if (store->ops->count != NULL && store->ops->count(store, &count) != DOZE_OK) {
        return read_failed(dtls);
    }
    return r->record.count == count ? DOZE_OK : refuse(dtls, r);
}

static bool is_sound(const request *r) {
    uint8_t family = r->record.remote.family;
    return (family == DOZE_FAMILY_IPV4 || family == DOZE_FAMILY_IPV6) &&
           doze_tls_state_is_sound(&r->record.state, r->state_size);
}

/* DOZE_ERR_NO_PEER: there is none, now. DOZE_ERR_STORE: nobody knows. */
static doze_result read_record(doze_dtls *dtls, request *r, doze_slot slot) {
    doze_keeper *k = dtls->keeper;
    uint8_t *data = (uint8_t *)&r->record;
    size_t size = 0;
    doze_seal_purpose purpose = doze_keep_purpose(k, slot, r->host, r->port);
    doze_result result = k->store->ops->read(k->store, k->first_slot + (unsigned)slot, data, DOZE_RECORD_MAX, &size);
    if (result == DOZE_OK && size == 0) {
        return DOZE_ERR_NO_PEER;
    }
    if (result != DOZE_OK && result != DOZE_ERR_TOO_LONG) {
        return read_failed(dtls);
    }
    bool fits = result == DOZE_OK && size <= DOZE_RECORD_MAX;
    int error = fits ? doze_seal_open(dtls->config, &purpose, data, size) : MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    if (doze_tls_result(error) == DOZE_ERR_NO_MEMORY) {
        return doze_fail(&dtls->socket, DOZE_ERR_NO_MEMORY, error);
    }
    r->slot = slot;
    r->state_size = size - DOZE_RECORD_SIZE(DOZE_SEAL_OVERHEAD);
    return error == 0 && is_sound(r) ? check_count(dtls, r) : refuse(dtls, r);
}

/* The better one of what there is. That the association could not be read is told if there is no session either. */
static doze_result find(doze_dtls *dtls, request *r) {
    doze_keeper *k = dtls->keeper;
    doze_result first = DOZE_ERR_NO_PEER;
    if (k->mode == DOZE_STORE_ASSOCIATION) {
        first = read_record(dtls, r, DOZE_SLOT_ASSOCIATION);
        bool refused = dtls->lost_reason == DOZE_REASON_IMAGE;
        bool empty = first == DOZE_ERR_NO_PEER && (r->erase || !refused);
        k->reserved = empty ? DOZE_STORE_NOTHING : k->reserved;
    }
    if (first == DOZE_OK || first == DOZE_ERR_NO_MEMORY) {
        return first;
    }
    doze_result second = read_record(dtls, r, DOZE_SLOT_SESSION);
    return second == DOZE_ERR_NO_PEER ? first : second;
}

/* ---- taking it up ---- */

/* The lower socket is to know again what it knew, unless it was bound to a port meanwhile. */
static doze_result recall(doze_dtls *dtls, const request *r) {
    const doze_record *record = &r->record;
    const doze_endpoints past = {
        .hostname = r->host,
        .remote = record->remote,
        .local = {.family = record->remote.family, .port = record->local_port},
    };
    doze_dtls_set_path(dtls, &record->remote, record->local_address, record->local_port);
    if (doze_get_state(dtls->lower) != DOZE_STATE_CLOSED) {
        return DOZE_OK;
    }
    doze_result result = doze_recall(dtls->lower, &past);
    return doze_fail(&dtls->socket, result, doze_cause(dtls->lower));
}

static doze_result take_up_session(doze_dtls *dtls, const doze_tls_state *state) {
    if (dtls->lost_reason == DOZE_REASON_NONE) {
        dtls->lost_reason = DOZE_REASON_STOPPED;
    }
    if (dtls->config->resumption == DOZE_RESUME_OFF) {
        return DOZE_OK;
    }
    doze_dtls_drop_session(dtls);
    dtls->session = mbedtls_calloc(1, sizeof(*dtls->session));
    if (dtls->session == NULL) {
        return doze_fail(&dtls->socket, DOZE_ERR_NO_MEMORY, MBEDTLS_ERR_SSL_ALLOC_FAILED);
    }
    mbedtls_ssl_session_init(dtls->session);
    doze_tls_make_session(state, dtls->session);
    return DOZE_OK;
}

static doze_result take_up_association(doze_dtls *dtls, const request *r) {
    const doze_tls_state *state = &r->record.state;
    doze_result result = doze_dtls_adopt(dtls, state, r->state_size);
    if (result == DOZE_OK) {
        dtls->peer_has_cid = r->state_size != DOZE_STATE_SIZE(state->own_cid_size);
        dtls->keeper->reserved = state->next_sequence;
        dtls->keeper->unanswered = dtls->unanswered;
        dtls->loaded = true;
    }
    return result;
}

static doze_result load(doze_dtls *dtls, request *r) {
    if (dtls->keeper->locked && doze_keep_erase_all(dtls) != DOZE_OK) {
        dtls->lost_reason = DOZE_REASON_STORE;
        return DOZE_ERR_STORE;
    }
    doze_result result = find(dtls, r);
    if (result == DOZE_OK) {
        result = recall(dtls, r);
    }
    if (result != DOZE_OK) {
        return result;
    }
    dtls->round_trip = r->record.round_trip;
    dtls->unanswered = r->record.unanswered;
    dtls->keeper->session_stored = true; /* if the association is, by the order in which they are written */
    return r->slot == DOZE_SLOT_ASSOCIATION ? take_up_association(dtls, r) : take_up_session(dtls, &r->record.state);
}

doze_result doze_keep_take_up(doze_dtls *dtls, const char *host, uint16_t port, bool erase) {
    request r = {.host = host, .port = port, .erase = erase};
    bool was_closed = doze_get_state(dtls->lower) == DOZE_STATE_CLOSED;
    dtls->ended = 0;
    dtls->lost_reason = DOZE_REASON_NONE;
    doze_result result = load(dtls, &r);
    if (result != DOZE_OK && was_closed) {
        doze_close(dtls->lower);
    }
    mbedtls_platform_zeroize(&r, sizeof(r));
    return result;
}

doze_result doze_dtls_load(doze_dtls *dtls, const char *host, uint16_t port) {
    if (dtls == NULL || host == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    doze_result result = doze_check_peer(host, port);
    if (result != DOZE_OK) {
        return result;
    }
    if (dtls->keeper == NULL || dtls->socket.state != DOZE_STATE_CLOSED || dtls->established) {
        return DOZE_ERR_STATE;
    }
    dtls->socket.cause = 0;
    result = doze_keep_take_up(dtls, host, port, true);
    if (result != DOZE_OK) {
        return result;
    }
    doze_endpoints past;
    doze_close(dtls->lower); /* from where the verb takes both to sleep */
    doze_get_endpoints(dtls->lower, &past);
    return doze_recall(&dtls->socket, &past);
}

/* ---- its beginning and end ---- */

doze_result doze_keep_erase_all(doze_dtls *dtls) {
    doze_keeper *k = dtls->keeper;
    uint64_t count;
    bool outdated = doze_keep_advance(dtls, &count) == DOZE_OK;
    bool association = doze_keep_erase(dtls, DOZE_SLOT_ASSOCIATION) == DOZE_OK;
    bool session = doze_keep_erase(dtls, DOZE_SLOT_SESSION) == DOZE_OK;
    k->session_stored = false;
    k->locked = true;
    k->reserved = 0;
    if (!outdated || !association || !session) {
        return DOZE_ERR_STORE;
    }
    k->locked = false;
    k->reserved = DOZE_STORE_NOTHING;
    return DOZE_OK;
}

static bool is_whole(const doze_store *store) {
    const doze_store_ops *ops = store->ops;
    return ops != NULL && ops->read != NULL && ops->write != NULL && (ops->count == NULL) == (ops->advance == NULL);
}

/* A bit for each slot that a socket takes: all of a store that counts, as a write of one makes void what others have. */
static uint64_t slots_of(const doze_store *store, unsigned first_slot) {
    return store->ops->count != NULL ? UINT64_MAX : (uint64_t)3 << first_slot;
}

void doze_keep_leave(doze_dtls *dtls) {
    doze_store *store = dtls->keeper->store;
    store->in_use &= ~slots_of(store, dtls->keeper->first_slot);
    dtls->keeper = NULL;
}

doze_result doze_dtls_set_store(doze_dtls *dtls, doze_keeper *keeper, const doze_keeper_settings *settings) {
    if (dtls == NULL || keeper == NULL || settings == NULL || settings->store == NULL || !is_whole(settings->store) ||
        settings->first_slot > DOZE_STORE_SLOTS - 2 || (unsigned)settings->mode > DOZE_STORE_SESSION) {
        return DOZE_ERR_ARGUMENT;
    }
    doze_store *store = settings->store;
    uint64_t slots = slots_of(store, settings->first_slot);
    if (dtls->socket.state != DOZE_STATE_CLOSED || dtls->keeper != NULL || dtls->established || dtls->session != NULL ||
        doze_remote_port(dtls->lower) != 0 || (store->in_use & slots) != 0) {
        return DOZE_ERR_STATE;
    }
    if (!dtls->config->can_seal) {
        return DOZE_ERR_KEY;
    }
    *keeper = (doze_keeper){
        .store = store,
        .hooks = &doze_keep_hooks,
        .range = settings->range == 0 ? RANGE_DEFAULT : settings->range,
        .first_slot = (uint8_t)settings->first_slot,
        .mode = (uint8_t)settings->mode,
    };
    store->in_use |= slots;
    dtls->keeper = keeper;
    return DOZE_OK;
}
