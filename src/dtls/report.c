/* SPDX-License-Identifier: Apache-2.0 */
/* What a connect, a wake or a silence came to, and what it cost on the wire. */
#include "dtls/internal.h"

void doze_count(uint16_t *counter, uint32_t more) {
    uint32_t room = UINT16_MAX - (uint32_t)*counter;
    *counter = more < room ? (uint16_t)(*counter + more) : UINT16_MAX;
}

uint32_t doze_dtls_ask_lower(const doze_dtls *dtls, doze_option option) {
    int64_t value = 0;
    return doze_get_option(dtls->lower, option, &value) == DOZE_OK ? (uint32_t)value : 0;
}

/* The difference to the lower socket's counters is the same at the beginning and at the end, but for the sign. */
static void count(const doze_dtls *dtls, doze_report *r) {
    r->datagrams_sent = (uint16_t)(doze_dtls_ask_lower(dtls, DOZE_OPT_DATAGRAMS_SENT) - r->datagrams_sent);
    r->datagrams_received = (uint16_t)(doze_dtls_ask_lower(dtls, DOZE_OPT_DATAGRAMS_RECEIVED) - r->datagrams_received);
    r->bytes_sent = doze_dtls_ask_lower(dtls, DOZE_OPT_BYTES_SENT) - r->bytes_sent;
    r->bytes_received = doze_dtls_ask_lower(dtls, DOZE_OPT_BYTES_RECEIVED) - r->bytes_received;
    r->milliseconds = doze_dtls_since(dtls, dtls->since);
}

void doze_dtls_begin_report(doze_dtls *dtls) {
    dtls->since = (uint32_t)doze_dtls_now(dtls);
    dtls->report = (doze_report){.reason = dtls->report.reason};
    count(dtls, &dtls->report);
}

void doze_dtls_end_report(doze_dtls *dtls, doze_rung rung) {
    count(dtls, &dtls->report);
    doze_count(&dtls->handshake_datagrams[0], dtls->report.datagrams_sent);
    doze_count(&dtls->handshake_datagrams[1], dtls->report.datagrams_received);
    dtls->handshake_bytes[0] += dtls->report.bytes_sent;
    dtls->handshake_bytes[1] += dtls->report.bytes_received;
    dtls->report.rung = (uint8_t)rung;
    dtls->report.port_kept =
        rung != DOZE_RUNG_NONE && !dtls->fresh_port && doze_dtls_ask_lower(dtls, DOZE_OPT_PORT_KEPT) != 0;
}

doze_result doze_dtls_get_report(const doze_dtls *dtls, doze_report *report) {
    if (dtls == NULL || report == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    *report = dtls->report;
    if (dtls->handshaking) { /* so far */
        count(dtls, report);
    }
    return DOZE_OK;
}
