/* SPDX-License-Identifier: Apache-2.0 */
#include "dtls/internal.h"

static doze_result payload_mtu(doze_dtls *dtls, int64_t *value) {
    if (dtls->socket.state != DOZE_STATE_CONNECTED || !dtls->established) {
        return DOZE_ERR_OPTION;
    }
    doze_dtls_refresh_mtu(dtls);
    int payload = mbedtls_ssl_get_max_out_record_payload(&dtls->live->ssl);
    *value = payload;
    return payload < 0 ? doze_fail(&dtls->socket, DOZE_ERR_TOO_LONG, payload) : DOZE_OK;
}

static doze_result suite(doze_dtls *dtls, int64_t *value) {
    *value = dtls->established && dtls->live != NULL ? mbedtls_ssl_get_ciphersuite_id_from_ssl(&dtls->live->ssl) : 0;
    return DOZE_OK;
}

static doze_result get_dropped(doze_dtls *dtls, int option, int64_t *value) {
    if (option < DOZE_OPT_DROPPED || option >= DOZE_OPT_LIMIT) {
        return doze_get_option(dtls->lower, (doze_option)option, value);
    }
    *value = dtls->dropped[option - DOZE_OPT_DROPPED];
    return DOZE_OK;
}

doze_result doze_dtls_get_option(doze_socket *socket, doze_option option, int64_t *value) {
    doze_dtls *dtls = doze_dtls_of(socket);
    switch ((int)option) {
    case DOZE_OPT_PAYLOAD_MTU:
        return payload_mtu(dtls, value);
    case DOZE_OPT_PENDING:
        *value = doze_dtls_has_pending(dtls);
        return DOZE_OK;
    case DOZE_OPT_RUNG:
        *value = dtls->rung;
        return DOZE_OK;
    case DOZE_OPT_CONTEXT_CONTINUED:
        *value = dtls->rung == DOZE_RUNG_KEPT || dtls->rung == DOZE_RUNG_THAWED;
        return DOZE_OK;
    case DOZE_OPT_SESSION_RESUMED:
        *value = dtls->rung == DOZE_RUNG_RESUMED;
        return DOZE_OK;
    case DOZE_OPT_CONNECTION_ID:
        *value = dtls->established && dtls->peer_cid_size != 0;
        return DOZE_OK;
    case DOZE_OPT_ALERT:
        *value = dtls->alert;
        return DOZE_OK;
    case DOZE_OPT_VERIFY_FLAGS:
        *value = dtls->verify_flags;
        return DOZE_OK;
    case DOZE_OPT_SUITE:
        return suite(dtls, value);
    case DOZE_OPT_FROZEN_SIZE:
        *value = dtls->frozen_size;
        return DOZE_OK;
    case DOZE_OPT_IMAGES_REFUSED:
        *value = dtls->images_refused;
        return DOZE_OK;
    case DOZE_OPT_HANDSHAKE_TIMER_MIN:
        *value = dtls->handshake_timer_min;
        return DOZE_OK;
    case DOZE_OPT_HANDSHAKE_TIMER_MAX:
        *value = dtls->handshake_timer_max;
        return DOZE_OK;
    default:
        return get_dropped(dtls, (int)option, value);
    }
}

static doze_result set_timers(doze_dtls *dtls, int64_t timer_min, int64_t timer_max) {
    bool in_range = timer_min >= 0 && timer_min <= INT32_MAX && timer_max >= 0 && timer_max <= INT32_MAX;
    if (!in_range || !doze_dtls_timers_fit((uint32_t)timer_min, (uint32_t)timer_max)) {
        return DOZE_ERR_OPTION;
    }
    dtls->handshake_timer_min = (uint32_t)timer_min;
    dtls->handshake_timer_max = (uint32_t)timer_max;
    return DOZE_OK;
}

doze_result doze_dtls_set_option(doze_socket *socket, doze_option option, int64_t value) {
    doze_dtls *dtls = doze_dtls_of(socket);
    switch ((int)option) {
    case DOZE_OPT_HANDSHAKE_TIMER_MIN:
        return set_timers(dtls, value, dtls->handshake_timer_max);
    case DOZE_OPT_HANDSHAKE_TIMER_MAX:
        return set_timers(dtls, dtls->handshake_timer_min, value);
    default:
        return doze_set_option(dtls->lower, option, value);
    }
}
