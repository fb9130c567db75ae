/* SPDX-License-Identifier: Apache-2.0 */
/* From rung to rung while nobody answers, within bounds of time and datagrams. */
#include "dtls/internal.h"

/* ---- bounds ---- */

/* Of the time for a whole climb; -1: it has no bound. */
static int32_t climb_left(const doze_dtls *dtls) {
    if (!dtls->climbing) {
        return -1;
    }
    uint32_t passed = doze_dtls_since(dtls, dtls->since);
    return passed >= dtls->climb_time ? 0 : (int32_t)(dtls->climb_time - passed);
}

static bool is_looking_up(const doze_dtls *dtls) {
    return dtls->lower->state == DOZE_STATE_CONNECTING;
}

int32_t doze_dtls_handshake_left(const doze_dtls *dtls) {
    int32_t next = is_looking_up(dtls) ? doze_next_timeout(dtls->lower) : doze_dtls_timer_left(dtls);
    int32_t bound = climb_left(dtls);
    return (uint32_t)next < (uint32_t)bound ? next : bound; /* so that -1, for never, is later than anything */
}

doze_result doze_dtls_begin_climb(doze_dtls *dtls, doze_reason reason) {
    dtls->report.reason = (uint8_t)reason;
    dtls->climbing = reason != DOZE_REASON_FIRST;
    dtls->wanted_climb = DOZE_REASON_NONE;
    if (reason >= DOZE_REASON_ENDED) {
        doze_count(&dtls->climbs[reason - DOZE_REASON_ENDED], 1);
    }
    return DOZE_IN_PROGRESS;
}

static doze_result end(doze_dtls *dtls) {
    if (dtls->live->hint == 0) {
        return doze_dtls_fail_with(dtls, MBEDTLS_ERR_SSL_TIMEOUT);
    }
    return doze_dtls_fail_handshake(dtls, (doze_result)dtls->live->hint, dtls->live->hint_cause);
}

static doze_result fail_by_lower(doze_dtls *dtls, doze_result result) {
    return doze_dtls_fail_handshake(dtls, result, dtls->lower->cause);
}

/* ---- rungs: DOZE_OK, to shake hands anew, DOZE_IN_PROGRESS or the end ---- */

/* Rung 4: the server answered the offer of a session by an alert. */
static doze_result climb_to_full_handshake(doze_dtls *dtls) {
    dtls->session_doubted = true;
    return doze_dtls_start_over(dtls);
}

/* Rung 5: many servers ignore a ClientHello from an address and port that they know (RFC 6347 section 4.2.8). */
static doze_result climb_to_fresh_port(doze_dtls *dtls) {
    doze_dtls_put_lower_to_sleep(dtls);
    doze_set_option(dtls->lower, DOZE_OPT_WAKE_PORT, 0);
    doze_result result = doze_resume(dtls->lower);
    dtls->fresh_port = true;
    return result == DOZE_OK ? doze_dtls_start_over(dtls)
                             : fail_by_lower(dtls, result < 0 ? result : DOZE_ERR_UNSUPPORTED);
}

/* What the lower socket has found for the name: with no other address, the flight goes on at the one before. */
static doze_result go_on_with(doze_dtls *dtls, doze_result result) {
    if (result == DOZE_IN_PROGRESS) {
        return result;
    }
    if (result < 0) {
        result = doze_resume(dtls->lower);
    }
    if (result < 0) {
        return fail_by_lower(dtls, result);
    }
    doze_endpoints ends;
    doze_get_endpoints(dtls->lower, &ends);
    bool another = !doze_endpoint_equal(&ends.remote, &dtls->live->tried);
    return another ? doze_dtls_start_over(dtls) : DOZE_IN_PROGRESS;
}

/* Rung 6: the name may have other addresses, or another one by now. */
static doze_result climb_to_next_address(doze_dtls *dtls) {
    doze_endpoints ends;
    doze_dtls_stop_reading(dtls);
    doze_dtls_put_lower_to_sleep(dtls);
    doze_dtls_doubt_peer(dtls, true);
    doze_get_endpoints(dtls->lower, &ends);
    if (dtls->aside != NULL) {
        dtls->aside->home = ends.remote;
    }
    dtls->live->tried = ends.remote;
    dtls->next_address = true;
    return go_on_with(dtls, doze_connect(dtls->lower, ends.hostname, ends.remote.port));
}

static bool is_last_time(const doze_association *live) {
    return live->timer_delay >= live->timer_max;
}

/* Whether nobody is there, as far as one can tell: after three times, or as many as the timers allow, or `share` thirds of
 * all the time, nothing has come but a HelloVerifyRequest, which anybody could have sent. */
static bool is_unanswered(const doze_dtls *dtls, uint32_t share) {
    enum { UNANSWERED = 3, FLIGHTS_OF_HELLOS = 2 };
    const doze_association *live = dtls->live;
    uint32_t passed = doze_dtls_since(dtls, dtls->since);
    bool long_enough = live->expiries >= UNANSWERED || is_last_time(live) || passed >= dtls->climb_time / 3 * share;
    return long_enough && passed >= 2 * (uint32_t)dtls->round_trip && live->flights <= FLIGHTS_OF_HELLOS;
}

/* A port that was used before may be known to the server, be it from a handshake that was broken off. */
static bool can_leave_port(const doze_dtls *dtls) {
    return !dtls->fresh_port && !dtls->next_address &&
           (dtls->climbing || doze_dtls_ask_lower(dtls, DOZE_OPT_PORT_KEPT) != 0);
}

static bool can_leave_address(const doze_dtls *dtls) {
    return dtls->climbing && !dtls->next_address && doze_dtls_ask_lower(dtls, DOZE_OPT_CAN_LOOK_UP) != 0;
}

/* ---- one step ---- */

/* The flight is to be sent once more, unless that was often enough. */
static doze_result repeat(doze_dtls *dtls) {
    if (is_last_time(dtls->live)) {
        return end(dtls);
    }
    doze_count(&dtls->retransmissions, 1);
    return DOZE_OK;
}

/* To another port or another address, where there is a reason and a way. */
static doze_result leave_or_repeat(doze_dtls *dtls) {
    bool port = can_leave_port(dtls);
    if (!is_unanswered(dtls, port ? 1 : 2)) {
        return repeat(dtls);
    }
    if (port) {
        return climb_to_fresh_port(dtls);
    }
    return can_leave_address(dtls) ? climb_to_next_address(dtls) : repeat(dtls);
}

/* A hint holds when the flight was sent once more and nothing better came: one forged datagram is not enough. In a climb
 * it leads to the next rung; where there is none, it just names the error, should the climb end in one. */
static bool hint_holds(doze_dtls *dtls) {
    doze_association *live = dtls->live;
    if (live->hint == 0 && doze_dtls_ask_lower(dtls, DOZE_OPT_REFUSALS) != live->refusals_before) {
        doze_dtls_note_hint(dtls, DOZE_ERR_REFUSED, dtls->lower->cause);
    }
    if (live->hint == 0 || --live->hint_patience != 0) {
        return false;
    }
    live->hint_patience = UINT8_MAX;
    return true;
}

/* A flight's timer has run out: DOZE_OK to send one, again or anew. */
static doze_result on_expiry(doze_dtls *dtls) {
    doze_association *live = dtls->live;
    live->hello_verify_requests = 0;
    live->expiries++;
    if (hint_holds(dtls)) {
        if (!dtls->climbing) {
            return end(dtls);
        }
        if (live->hint == DOZE_ERR_ALERT && live->offered) {
            return climb_to_full_handshake(dtls);
        }
    }
    bool spent = dtls->climbing && live->datagrams >= dtls->climb_datagrams;
    return spent ? end(dtls) : leave_or_repeat(dtls);
}

/* DOZE_OK when a flight is to be sent. */
static doze_result wait_for_flight(doze_dtls *dtls) {
    if (climb_left(dtls) == 0) {
        return end(dtls);
    }
    return doze_dtls_timer_left(dtls) == 0 ? on_expiry(dtls) : DOZE_IN_PROGRESS;
}

static doze_result continue_lookup(doze_dtls *dtls) {
    doze_result result = doze_step(dtls->lower);
    return result == DOZE_IN_PROGRESS && climb_left(dtls) == 0 ? end(dtls) : go_on_with(dtls, result);
}

doze_result doze_dtls_continue_handshake(doze_dtls *dtls) {
    doze_result result;
    if (is_looking_up(dtls)) {
        result = continue_lookup(dtls);
    } else {
        result = doze_dtls_shake_hands(dtls, true);
        if (result != DOZE_IN_PROGRESS) {
            return result;
        }
        result = wait_for_flight(dtls);
    }
    return result == DOZE_OK ? doze_dtls_shake_hands(dtls, false) : result;
}
