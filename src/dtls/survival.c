/* SPDX-License-Identifier: Apache-2.0 */
/* Which sleeps an association survives that has no Connection ID. Behind a NAT that forgets, each wake would begin with
 * silence, which takes longer than the handshake that follows it. So that is learnt, and tried again now and then. */
#include "dtls/internal.h"

enum {
    LESSON = 3, /* so often in a row: a server that restarts, or a radio that loses much, is no NAT that forgets */
    HANDSHAKES_A_TRIAL = 16,
};

static unsigned seconds_of_sleep(const doze_dtls *dtls) {
    uint32_t seconds = doze_dtls_since(dtls, dtls->since) / 1000;
    return seconds < UINT16_MAX ? seconds + 1 : UINT16_MAX; /* 0: nothing is to be learnt */
}

bool doze_dtls_would_wake_in_vain(doze_dtls *dtls) {
    unsigned slept = seconds_of_sleep(dtls);
    if (dtls->peer_has_cid) {
        dtls->slept = 0;
        return false;
    }
    dtls->slept = slept > dtls->slept ? (uint16_t)slept : dtls->slept; /* the longest since it was heard */
    if (dtls->lost_sleeps < LESSON || dtls->slept < dtls->lost_sleep) {
        return false;
    }
    if (dtls->lost_sleeps == LESSON + HANDSHAKES_A_TRIAL) {
        dtls->lost_sleeps = LESSON;
        return false;
    }
    dtls->lost_sleeps++;
    return true;
}

void doze_dtls_note_survived(doze_dtls *dtls) {
    if (dtls->slept >= dtls->lost_sleep) {
        dtls->lost_sleeps = 0;
    }
    dtls->slept = 0;
    dtls->shorter_lost = 0;
}

static void learn_shorter(doze_dtls *dtls, uint16_t slept) {
    if (++dtls->shorter_lost == LESSON) {
        dtls->lost_sleep = slept;
        dtls->shorter_lost = 0;
    }
}

void doze_dtls_note_lost(doze_dtls *dtls) {
    bool by_silence = dtls->report.reason == DOZE_REASON_SILENCE || dtls->report.reason == DOZE_REASON_CALLER;
    uint16_t slept = dtls->slept;
    dtls->slept = 0; /* of the association of before */
    if (slept == 0 || !by_silence) {
        return;
    }
    if (dtls->lost_sleeps >= LESSON && slept < dtls->lost_sleep) {
        learn_shorter(dtls, slept);
        return;
    }
    if (dtls->lost_sleeps == 0 || slept > dtls->lost_sleep) {
        dtls->lost_sleep = slept;
    }
    if (dtls->lost_sleeps < LESSON) {
        dtls->lost_sleeps++;
    }
}

void doze_dtls_unlearn_sleeps(doze_dtls *dtls) {
    dtls->slept = dtls->lost_sleep = 0;
    dtls->lost_sleeps = dtls->shorter_lost = 0;
}
