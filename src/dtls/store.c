/* SPDX-License-Identifier: Apache-2.0 */
/* Back from the store: what an earlier life of this device has left for a peer. */
#include <string.h>

#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>

#include "dtls/internal.h"
#include "dtls/keep.h"

#define RANGE_DEFAULT 1024

/* ---- reading ---- */

/* It is of no use to anybody any more. */
static doze_result refuse(doze_dtls *dtls, doze_slot slot) {
    doze_dtls_count_refused_image(dtls);
    dtls->lost_reason = DOZE_REASON_IMAGE;
    doze_emit(&dtls->socket, DOZE_EVENT_ERROR, DOZE_ERR_STORE, 0);
    return doze_keep_erase(dtls, slot) == DOZE_OK ? DOZE_ERR_NO_PEER : DOZE_ERR_STORE;
}

static bool is_current(doze_dtls *dtls, doze_slot slot, const doze_record *record, doze_result *result) {
    doze_store *store = dtls->keeper->store;
    uint64_t count = 0;
    if (store->ops->count != NULL && store->ops->count(store, &count) != DOZE_OK) {
        *result = doze_keep_failed(dtls);
        return false;
    }
    *result = DOZE_OK;
    return slot == DOZE_SLOT_SESSION || record->count == count;
}

static bool decode(uint8_t *sealed, size_t size, doze_record *record) {
    doze_cursor c = {.at = sealed + DOZE_SEAL_AT, .end = sealed + size - DOZE_TAG_SIZE, .reading = true, .good = true};
    doze_code_record(&c, record);
    return c.good && c.at == c.end;
}

/* DOZE_ERR_NO_PEER: there is none, now. DOZE_ERR_STORE: nobody knows. */
static doze_result read_record(doze_dtls *dtls, doze_slot slot, const char *host, uint16_t port, doze_record *record) {
    uint8_t sealed[DOZE_RECORD_MAX];
    size_t size = 0;
    doze_keeper *k = dtls->keeper;
    doze_seal_purpose purpose = doze_keep_purpose(k, slot, host, port);
    doze_result result = k->store->ops->read(k->store, k->first_slot + (unsigned)slot, sealed, sizeof(sealed), &size);
    if (result == DOZE_OK && size == 0) {
        return DOZE_ERR_NO_PEER;
    }
    if (result != DOZE_OK && result != DOZE_ERR_TOO_LONG) {
        return doze_keep_failed(dtls);
    }
    bool sound = result == DOZE_OK && size <= sizeof(sealed) && doze_seal_open(dtls->config, &purpose, sealed, size) &&
                 decode(sealed, size, record);
    mbedtls_platform_zeroize(sealed, sizeof(sealed));
    if (!sound) {
        return refuse(dtls, slot);
    }
    bool current = is_current(dtls, slot, record, &result);
    return result != DOZE_OK ? result : current ? DOZE_OK : refuse(dtls, slot);
}

/* ---- taking it up ---- */

static doze_result take_up_session(doze_dtls *dtls, const doze_record *record) {
    if (dtls->lost_reason == DOZE_REASON_NONE) {
        dtls->lost_reason = DOZE_REASON_STOPPED;
    }
    dtls->keeper->session_stored = true;
    if (dtls->config->resumption == DOZE_RESUME_OFF) {
        return DOZE_OK;
    }
    dtls->session = mbedtls_calloc(1, sizeof(*dtls->session));
    if (dtls->session == NULL) {
        return doze_fail(&dtls->socket, DOZE_ERR_NO_MEMORY, MBEDTLS_ERR_SSL_ALLOC_FAILED);
    }
    mbedtls_ssl_session_init(dtls->session);
    doze_tls_make_session(&record->state, dtls->session);
    return DOZE_OK;
}

static doze_result take_up_association(doze_dtls *dtls, doze_record *record) {
    doze_result result = doze_dtls_adopt(dtls, &record->state);
    if (result == DOZE_OK) {
        dtls->peer_has_cid = record->state.peer_cid_size != 0;
        dtls->keeper->reserved = record->state.next_sequence;
        dtls->keeper->session_stored = true; /* the order in which they are written */
        dtls->loaded = true;
    }
    return result;
}

static doze_result take_up(doze_dtls *dtls, doze_slot slot, doze_record *record) {
    doze_dtls_set_path(dtls, &record->remote, record->local_address, record->local_port);
    dtls->round_trip = record->round_trip;
    return slot == DOZE_SLOT_ASSOCIATION ? take_up_association(dtls, record) : take_up_session(dtls, record);
}

/* The better one of what there is. */
static doze_result find(doze_dtls *dtls, const char *host, uint16_t port, doze_slot *slot, doze_record *record) {
    doze_keeper *k = dtls->keeper;
    *slot = DOZE_SLOT_ASSOCIATION;
    doze_result result = DOZE_ERR_NO_PEER;
    if (k->mode == DOZE_STORE_ASSOCIATION) {
        result = read_record(dtls, DOZE_SLOT_ASSOCIATION, host, port, record);
        if (result == DOZE_ERR_NO_PEER) {
            k->reserved = DOZE_STORE_NOTHING;
        }
    }
    if (result == DOZE_OK) {
        return result;
    }
    *slot = DOZE_SLOT_SESSION;
    return read_record(dtls, DOZE_SLOT_SESSION, host, port, record);
}

static doze_result recall(doze_dtls *dtls, doze_socket *socket, const char *host, const doze_record *record) {
    const doze_endpoints past = {
        .hostname = host,
        .remote = record->remote,
        .local = {.family = record->remote.family, .port = record->local_port},
    };
    doze_result result = doze_recall(socket, &past);
    return socket == &dtls->socket ? result : doze_fail(&dtls->socket, result, doze_cause(socket));
}

doze_result doze_dtls_load_into(doze_dtls *dtls, doze_socket *socket, const char *host, uint16_t port) {
    doze_record record = {0};
    doze_slot slot;
    if (dtls->keeper->locked && doze_dtls_erase_store(dtls) != DOZE_OK) {
        return DOZE_ERR_STORE;
    }
    doze_result result = find(dtls, host, port, &slot, &record);
    if (result == DOZE_OK) {
        result = recall(dtls, socket, host, &record);
    }
    if (result == DOZE_OK) {
        result = take_up(dtls, slot, &record);
        if (result != DOZE_OK) {
            doze_close(socket);
        }
    }
    mbedtls_platform_zeroize(&record, sizeof(record));
    return result;
}

doze_result doze_dtls_load(doze_dtls *dtls, const char *host, uint16_t port) {
    if (dtls == NULL || host == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    if (host[0] == '\0' || memchr(host, '\0', DOZE_HOSTNAME_MAX + 1) == NULL) {
        return DOZE_ERR_HOST;
    }
    if (port == 0) {
        return DOZE_ERR_PORT;
    }
    if (dtls->keeper == NULL || dtls->socket.state != DOZE_STATE_CLOSED || dtls->established) {
        return DOZE_ERR_STATE;
    }
    dtls->socket.cause = 0;
    return doze_dtls_load_into(dtls, &dtls->socket, host, port);
}

/* ---- its beginning and end ---- */

doze_result doze_dtls_erase_store(doze_dtls *dtls) {
    doze_keeper *k = dtls->keeper;
    if (k == NULL) {
        return DOZE_OK;
    }
    k->reserved = 0; /* whatever it was: it has to go */
    bool association = doze_keep_drop_association(dtls);
    bool session = doze_keep_erase(dtls, DOZE_SLOT_SESSION) == DOZE_OK;
    k->session_stored = false;
    k->locked = !association || !session;
    return k->locked ? DOZE_ERR_STORE : DOZE_OK;
}

static uint64_t bits_of(unsigned first_slot) {
    return (uint64_t)3 << first_slot;
}

void doze_dtls_leave_store(doze_dtls *dtls) {
    if (dtls->keeper != NULL) {
        dtls->keeper->store->in_use &= ~bits_of(dtls->keeper->first_slot);
        dtls->keeper = NULL;
    }
}

doze_result doze_dtls_set_store(doze_dtls *dtls, doze_keeper *keeper, const doze_keeper_settings *settings) {
    if (dtls == NULL || keeper == NULL || settings == NULL || settings->store == NULL || settings->store->ops == NULL ||
        settings->first_slot > DOZE_STORE_SLOTS - 2 || (unsigned)settings->mode > DOZE_STORE_SESSION) {
        return DOZE_ERR_ARGUMENT;
    }
    bool connected_before = dtls->established || dtls->session != NULL || doze_remote_port(dtls->lower) != 0;
    bool in_use = (settings->store->in_use & bits_of(settings->first_slot)) != 0;
    if (dtls->socket.state != DOZE_STATE_CLOSED || dtls->keeper != NULL || connected_before || in_use) {
        return DOZE_ERR_STATE;
    }
    if (!dtls->config->can_seal) {
        return DOZE_ERR_KEY;
    }
    *keeper = (doze_keeper){
        .store = settings->store,
        .reserved = settings->mode == DOZE_STORE_ASSOCIATION ? 0 : DOZE_STORE_NOTHING,
        .range = settings->range == 0 ? RANGE_DEFAULT : settings->range,
        .first_slot = (uint8_t)settings->first_slot,
        .mode = (uint8_t)settings->mode,
    };
    keeper->store->in_use |= bits_of(settings->first_slot);
    dtls->keeper = keeper;
    return DOZE_OK;
}
