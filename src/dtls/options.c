/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

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

/* Options that are a member, as it is. */
#define MEMBER(option, name) {option, sizeof(((doze_dtls *)0)->name), offsetof(doze_dtls, name)}
static const struct {
    doze_option option;
    size_t size;
    size_t offset;
} members[] = {
    MEMBER(DOZE_OPT_RUNG, report.rung),
    MEMBER(DOZE_OPT_VERIFY_FLAGS, verify_flags),
    MEMBER(DOZE_OPT_HANDSHAKE_TIMER_MIN, handshake_timer_min),
    MEMBER(DOZE_OPT_HANDSHAKE_TIMER_MAX, handshake_timer_max),
    MEMBER(DOZE_OPT_SILENCE_LIMIT, silence_limit),
    MEMBER(DOZE_OPT_CLIMB_TIME, climb_time),
    MEMBER(DOZE_OPT_CLIMB_DATAGRAMS, climb_datagrams),
    MEMBER(DOZE_OPT_HANDSHAKES_FULL, handshakes_full),
    MEMBER(DOZE_OPT_HANDSHAKES_RESUMED, handshakes_resumed),
    MEMBER(DOZE_OPT_HANDSHAKES_AVOIDED, handshakes_avoided),
    MEMBER(DOZE_OPT_RETRANSMISSIONS, retransmissions),
    MEMBER(DOZE_OPT_HANDSHAKE_DATAGRAMS_SENT, handshake_datagrams[0]),
    MEMBER(DOZE_OPT_HANDSHAKE_DATAGRAMS_RECEIVED, handshake_datagrams[1]),
    MEMBER(DOZE_OPT_HANDSHAKE_BYTES_SENT, handshake_bytes[0]),
    MEMBER(DOZE_OPT_HANDSHAKE_BYTES_RECEIVED, handshake_bytes[1]),
    MEMBER(DOZE_OPT_FROZEN_SIZE, frozen_size),
    MEMBER(DOZE_OPT_IMAGES_REFUSED, images_refused),
};

static uint32_t read_member(const doze_dtls *dtls, size_t offset, size_t size) {
    const unsigned char *at = (const unsigned char *)dtls + offset;
    uint32_t wide = 0;
    uint16_t half = 0;
    if (size == sizeof(wide)) {
        memcpy(&wide, at, sizeof(wide));
        return wide;
    }
    if (size == sizeof(half)) {
        memcpy(&half, at, sizeof(half));
        return half;
    }
    return *at;
}

static doze_result get_other(doze_dtls *dtls, int option, int64_t *value) {
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if ((int)members[i].option == option) {
            *value = read_member(dtls, members[i].offset, members[i].size);
            return DOZE_OK;
        }
    }
    if (option >= DOZE_OPT_DROPPED && option < DOZE_OPT_LIMIT) {
        *value = dtls->dropped[option - DOZE_OPT_DROPPED];
        return DOZE_OK;
    }
    if (option >= DOZE_OPT_CLIMBS && option < DOZE_OPT_CLIMBS + DOZE_REASONS) {
        int reason = option - DOZE_OPT_CLIMBS;
        *value = reason < DOZE_REASON_ENDED ? 0 : dtls->climbs[reason - DOZE_REASON_ENDED];
        return DOZE_OK;
    }
    return doze_get_option(dtls->lower, (doze_option)option, value);
}

doze_result doze_dtls_get_option(doze_socket *socket, doze_option option, int64_t *value) {
    doze_dtls *dtls = doze_dtls_of(socket);
    switch ((int)option) {
    case DOZE_OPT_PAYLOAD_MTU:
        return payload_mtu(dtls, value);
    case DOZE_OPT_PATH_MTU:
        return dtls->socket.state == DOZE_STATE_CONNECTED ? doze_get_option(dtls->lower, option, value)
                                                          : DOZE_ERR_OPTION;
    case DOZE_OPT_SUITE:
        return suite(dtls, value);
    case DOZE_OPT_PENDING:
        *value = doze_dtls_has_pending(dtls);
        return DOZE_OK;
    case DOZE_OPT_CONTEXT_CONTINUED:
        *value = dtls->report.rung == DOZE_RUNG_KEPT || dtls->report.rung == DOZE_RUNG_THAWED;
        return DOZE_OK;
    case DOZE_OPT_SESSION_RESUMED:
        *value = dtls->report.rung == DOZE_RUNG_RESUMED;
        return DOZE_OK;
    case DOZE_OPT_CONNECTION_ID:
        *value = dtls->established && dtls->peer_has_cid;
        return DOZE_OK;
    case DOZE_OPT_ALERT:
        *value = dtls->has_alert ? dtls->alert : -1;
        return DOZE_OK;
    case DOZE_OPT_STORE_WRITES:
        *value = dtls->keeper == NULL ? 0 : dtls->keeper->writes;
        return DOZE_OK;
    case DOZE_OPT_STORE_FAILURES:
        *value = dtls->keeper == NULL ? 0 : dtls->keeper->failures;
        return DOZE_OK;
    default:
        return get_other(dtls, (int)option, value);
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

static doze_result set_bounded(uint8_t *option, int64_t least, int64_t value) {
    if (value < least || value > UINT8_MAX) {
        return DOZE_ERR_OPTION;
    }
    *option = (uint8_t)value;
    return DOZE_OK;
}

static doze_result set_climb_time(doze_dtls *dtls, int64_t value) {
    if (value < 1 || value > INT32_MAX) {
        return DOZE_ERR_OPTION;
    }
    dtls->climb_time = (uint32_t)value;
    return DOZE_OK;
}

doze_result doze_dtls_set_option(doze_socket *socket, doze_option option, int64_t value) {
    doze_dtls *dtls = doze_dtls_of(socket);
    switch ((int)option) {
    case DOZE_OPT_HANDSHAKE_TIMER_MIN:
        return set_timers(dtls, value, dtls->handshake_timer_max);
    case DOZE_OPT_HANDSHAKE_TIMER_MAX:
        return set_timers(dtls, dtls->handshake_timer_min, value);
    case DOZE_OPT_SILENCE_LIMIT:
        return set_bounded(&dtls->silence_limit, 0, value);
    case DOZE_OPT_CLIMB_DATAGRAMS:
        return set_bounded(&dtls->climb_datagrams, 1, value);
    case DOZE_OPT_CLIMB_TIME:
        return set_climb_time(dtls, value);
    default:
        return doze_set_option(dtls->lower, option, value);
    }
}
