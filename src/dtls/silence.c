/* SPDX-License-Identifier: Apache-2.0 */
/* Silence as a signal, and a careful one: an answer must have had time to come, and one burst is one question. */
#include "dtls/internal.h"

void doze_dtls_begin_waiting(doze_dtls *dtls, bool overdue) {
    if (dtls->silence_limit == 0) {
        return;
    }
    dtls->unanswered = (uint8_t)(dtls->unanswered + overdue);
    dtls->awaiting = true;
    dtls->since = (uint32_t)doze_dtls_now(dtls);
}

/* What comes late may not be an answer at all, so what is learnt from it is bounded. */
void doze_dtls_note_heard(doze_dtls *dtls) {
    if (dtls->awaiting) {
        uint32_t passed = doze_dtls_since(dtls, dtls->since);
        uint32_t most = dtls->handshake_timer_max / 2;
        passed = passed < most ? passed : most;
        dtls->round_trip = passed < UINT16_MAX ? (uint16_t)passed : UINT16_MAX;
    }
    if (dtls->slept != 0) {
        doze_dtls_note_survived(dtls);
    }
    doze_dtls_reset_silence(dtls);
}

void doze_dtls_forgive_silence(doze_dtls *dtls) {
    bool overdue = doze_dtls_answer_is_overdue(dtls);
    dtls->unanswered = (uint8_t)(dtls->unanswered + overdue);
    dtls->awaiting = false; /* who sleeps cannot tell whether an answer came */
    bool was_awake = dtls->socket.state == DOZE_STATE_CONNECTED || dtls->socket.state == DOZE_STATE_CONNECTING;
    if (was_awake) {
        dtls->since = (uint32_t)doze_dtls_now(dtls);
    }
}

bool doze_dtls_slept_too_long(const doze_dtls *dtls) {
    uint32_t lifetime = dtls->config->association_lifetime;
    return lifetime != 0 && doze_dtls_since(dtls, dtls->since) > lifetime;
}

void doze_dtls_reset_silence(doze_dtls *dtls) {
    dtls->awaiting = false;
    dtls->wanted_climb = DOZE_REASON_NONE;
    dtls->unanswered = 0;
}

doze_result doze_dtls_no_answer(doze_dtls *dtls) {
    if (dtls == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    if (dtls->socket.state != DOZE_STATE_CONNECTED) {
        return DOZE_ERR_STATE;
    }
    dtls->wanted_climb = DOZE_REASON_CALLER;
    return DOZE_OK;
}
