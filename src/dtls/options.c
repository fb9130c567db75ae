/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "dtls/internal.h"

static doze_result payload_mtu(doze_dtls *dtls, int64_t *value) {
    if (!dtls->established) {
        return DOZE_ERR_OPTION;
    }
    doze_dtls_refresh_mtu(dtls);
    int payload = mbedtls_ssl_get_max_out_record_payload(&dtls->live->ssl);
    *value = payload;
    return payload < 0 ? doze_fail(&dtls->socket, DOZE_ERR_TOO_LONG, payload) : DOZE_OK;
}

/* Mbed TLS says 0 until a handshake is done. */
static uint32_t suite(const doze_dtls *dtls) {
    return dtls->live == NULL ? 0 : (uint32_t)mbedtls_ssl_get_ciphersuite_id_from_ssl(&dtls->live->ssl);
}

/* Options that are members, as they are: `count` of them in a row. */
typedef struct members {
    uint8_t option; /* the first one */
    uint8_t count;
    uint8_t size; /* of each, in bytes */
    uint8_t offset;
} members;
_Static_assert(sizeof(doze_dtls) <= UINT8_MAX, "an offset is a byte");
#define MEMBERS(option, count, name) {option, count, sizeof(((doze_dtls *)0)->name), offsetof(doze_dtls, name)}
static const members table[] = {
    MEMBERS(DOZE_OPT_RUNG, 1, report.rung),
    MEMBERS(DOZE_OPT_CONTEXT_CONTINUED, 1, report.context_continued),
    MEMBERS(DOZE_OPT_ALERT, 1, alert),
    MEMBERS(DOZE_OPT_VERIFY_FLAGS, 1, verify_flags),
    MEMBERS(DOZE_OPT_HANDSHAKE_TIMER_MIN, 1, handshake_timer_min),
    MEMBERS(DOZE_OPT_HANDSHAKE_TIMER_MAX, 1, handshake_timer_max),
    MEMBERS(DOZE_OPT_SILENCE_LIMIT, 1, silence_limit),
    MEMBERS(DOZE_OPT_CLIMB_TIME, 1, climb_time),
    MEMBERS(DOZE_OPT_CLIMB_DATAGRAMS, 1, climb_datagrams),
    MEMBERS(DOZE_OPT_HANDSHAKES_FULL, 1, handshakes_full),
    MEMBERS(DOZE_OPT_HANDSHAKES_RESUMED, 1, handshakes_resumed),
    MEMBERS(DOZE_OPT_HANDSHAKES_AVOIDED, 1, handshakes_avoided),
    MEMBERS(DOZE_OPT_RETRANSMISSIONS, 1, retransmissions),
    MEMBERS(DOZE_OPT_HANDSHAKE_DATAGRAMS_SENT, 2, handshake_datagrams[0]),
    MEMBERS(DOZE_OPT_HANDSHAKE_BYTES_SENT, 2, handshake_bytes[0]),
    MEMBERS(DOZE_OPT_FROZEN_SIZE, 1, frozen_size),
    MEMBERS(DOZE_OPT_IMAGES_REFUSED, 1, images_refused),
    MEMBERS((int)DOZE_OPT_CLIMBS + DOZE_REASON_ENDED, DOZE_REASONS - DOZE_REASON_ENDED, climbs[0]),
    MEMBERS(DOZE_OPT_DROPPED, DOZE_DROP_CAUSES, dropped[0]),
};

static uint32_t read_member(const unsigned char *at, size_t size) {
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

static bool read_members(const doze_dtls *dtls, unsigned option, uint32_t *value) {
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        unsigned index = option - table[i].option;
        if (index < table[i].count) {
            *value = read_member((const unsigned char *)dtls + table[i].offset + index * table[i].size, table[i].size);
            return true;
        }
    }
    return false;
}

static bool work_out(doze_dtls *dtls, int option, uint32_t *value) {
    switch (option) {
    case DOZE_OPT_SUITE:
        *value = suite(dtls);
        return true;
    case DOZE_OPT_PENDING:
        *value = doze_dtls_has_pending(dtls);
        return true;
    case DOZE_OPT_SESSION_RESUMED:
        *value = dtls->report.rung == DOZE_RUNG_RESUMED;
        return true;
    case DOZE_OPT_CONNECTION_ID:
        *value = dtls->established && dtls->peer_has_cid;
        return true;
    case DOZE_OPT_STORE_WRITES:
        *value = dtls->keeper == NULL ? 0 : dtls->keeper->writes;
        return true;
    case DOZE_OPT_STORE_FAILURES:
        *value = dtls->keeper == NULL ? 0 : dtls->keeper->failures;
        return true;
    case (int)DOZE_OPT_CLIMBS + DOZE_REASON_NONE:
    case (int)DOZE_OPT_CLIMBS + DOZE_REASON_FIRST:
        *value = 0; /* they need no climb */
        return true;
    default:
        return false;
    }
}

doze_result doze_dtls_get_option(doze_socket *socket, doze_option option, int64_t *value) {
    doze_dtls *dtls = doze_dtls_of(socket);
    uint32_t number;
    if ((option == DOZE_OPT_PATH_MTU || option == DOZE_OPT_PAYLOAD_MTU) && socket->state != DOZE_STATE_CONNECTED) {
        return DOZE_ERR_OPTION;
    }
    if (option == DOZE_OPT_PAYLOAD_MTU) {
        return payload_mtu(dtls, value);
    }
    if (option == DOZE_OPT_ALERT && !dtls->has_alert) {
        *value = -1;
        return DOZE_OK;
    }
    if (!read_members(dtls, option, &number) && !work_out(dtls, (int)option, &number)) {
        return doze_get_option(dtls->lower, option, value);
    }
    *value = number;
    return DOZE_OK;
}

static bool set_timer(doze_dtls *dtls, int option, uint32_t value) {
    uint32_t timer_min = option == DOZE_OPT_HANDSHAKE_TIMER_MIN ? value : dtls->handshake_timer_min;
    uint32_t timer_max = option == DOZE_OPT_HANDSHAKE_TIMER_MAX ? value : dtls->handshake_timer_max;
    if (!doze_dtls_timers_fit(timer_min, timer_max)) {
        return false;
    }
    dtls->handshake_timer_min = timer_min;
    dtls->handshake_timer_max = timer_max;
    return true;
}

static bool set_byte(uint8_t *option, uint32_t least, uint32_t value) {
    if (value < least || value > UINT8_MAX) {
        return false;
    }
    *option = (uint8_t)value;
    return true;
}

static bool set_climb_time(doze_dtls *dtls, uint32_t value) {
    if (value < 1) {
        return false;
    }
    dtls->climb_time = value;
    return true;
}

/* `value` is at most INT32_MAX. */
static bool set(doze_dtls *dtls, int option, uint32_t value) {
    switch (option) {
    case DOZE_OPT_HANDSHAKE_TIMER_MIN:
    case DOZE_OPT_HANDSHAKE_TIMER_MAX:
        return set_timer(dtls, option, value);
    case DOZE_OPT_SILENCE_LIMIT:
        return set_byte(&dtls->silence_limit, 0, value);
    case DOZE_OPT_CLIMB_DATAGRAMS:
        return set_byte(&dtls->climb_datagrams, 1, value);
    default:
        return set_climb_time(dtls, value);
    }
}

doze_result doze_dtls_set_option(doze_socket *socket, doze_option option, int64_t value) {
    doze_dtls *dtls = doze_dtls_of(socket);
    if (option < DOZE_OPT_HANDSHAKE_TIMER_MIN || option > DOZE_OPT_CLIMB_DATAGRAMS) {
        return doze_set_option(dtls->lower, option, value);
    }
    return value >= 0 && value <= INT32_MAX && set(dtls, (int)option, (uint32_t)value) ? DOZE_OK : DOZE_ERR_OPTION;
}
