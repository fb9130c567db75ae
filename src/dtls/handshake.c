/* SPDX-License-Identifier: Apache-2.0 */
/* From the first flight to an association (RFC 6347 section 4.2), without ever waiting. */
#include <string.h>

#include <mbedtls/platform.h>

#include "dtls/compat.h"
#include "dtls/internal.h"

#define MTU_FALLBACK 1232 /* what IPv6 guarantees (RFC 8200 section 5), less its headers */

/* ---- time ---- */

bool doze_dtls_timers_fit(uint32_t timer_min, uint32_t timer_max) {
    return timer_min >= 1 && timer_min <= timer_max && timer_max <= INT32_MAX;
}

int32_t doze_dtls_timer_left(const doze_dtls *dtls) {
    if (dtls->live == NULL || dtls->live->timer_delay == 0) {
        return -1;
    }
    uint64_t passed = doze_dtls_now(dtls) - dtls->live->timer_started;
    return passed >= dtls->live->timer_delay ? 0 : (int32_t)(dtls->live->timer_delay - passed);
}

/* What is sent until the timer is started is a whole flight: a repeated one may be in smaller datagrams. The peer may want
 * it again from then on. */
static void measure_flight(doze_association *live) {
    live->new_flight = true;
    live->flight_size = live->repeated = 0;
    live->restarted = false;
}

static void begin_flight(doze_association *live) {
    measure_flight(live);
    live->flights = live->flights < UINT8_MAX ? live->flights + 1 : UINT8_MAX;
}

static void stop_timer(doze_dtls *dtls) {
    doze_association *live = dtls->live;
    live->new_flight = false;
    if (!live->catching_up && doze_dtls_timer_left(dtls) == 0) {
        measure_flight(live); /* it ran out */
    }
    live->timer_delay = 0;
}

/* The peer's repetition may have crossed ours, which is as good as one; but who asks for many must not gain time by that. */
static bool may_restart_timer(doze_association *live) {
    bool first = !live->restarted;
    live->restarted = true;
    return first;
}

/* `units` doubles with each retransmission, from 1: the schedule is doze's, so that it can differ between sockets
 * that share a configuration. 0 turns the timer off: the peer has answered, or it ran out. Mbed TLS starts it before a
 * new flight, and after any. */
static void set_timer(void *context, uint32_t intermediate, uint32_t units) {
    doze_dtls *dtls = context;
    (void)intermediate;
    doze_association *live = dtls->live;
    if (units == 0) {
        stop_timer(dtls);
        return;
    }
    bool running = live->timer_delay != 0;
    bool after_flight = live->new_flight;
    live->new_flight = false;
    if (running && !after_flight && !may_restart_timer(live)) {
        return;
    }
    if (units == 1 && !running) {
        begin_flight(live);
    }
    uint64_t delay = (uint64_t)live->timer_min * units;
    live->timer_started = doze_dtls_now(dtls);
    live->timer_delay = delay < live->timer_max ? (uint32_t)delay : live->timer_max;
}

/* Mbed TLS repeats a flight without a look at what has arrived, were it told at once that the timer ran out. */
static int get_timer(void *context) {
    enum { CANCELLED = -1, RUNNING = 0, EXPIRED = 2 };
    const doze_dtls *dtls = context;
    int32_t left = doze_dtls_timer_left(dtls);
    return left < 0 ? CANCELLED : left == 0 && !dtls->live->catching_up ? EXPIRED : RUNNING;
}

/* ---- what came of it ---- */

static void on_secret(void *context, mbedtls_ssl_key_export_type type, const unsigned char *secret, size_t size,
                      const unsigned char client_random[32], const unsigned char server_random[32],
                      mbedtls_tls_prf_types prf) {
    doze_dtls *dtls = context;
    (void)prf;
    if (type != MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET || size != DOZE_MASTER_SECRET_SIZE) {
        return;
    }
    memcpy(dtls->live->randoms, server_random, 32);
    memcpy(dtls->live->randoms + 32, client_random, 32);
    dtls->live->abbreviated = dtls->session != NULL && doze_tls_session_has_master(dtls->session, secret);
    if (dtls->config->key_log.line != NULL) {
        doze_key_log_write(&dtls->config->key_log, client_random, secret);
    }
}

/* Whether there is a Connection ID in what we send from now on. */
static bool peer_has_cid(doze_dtls *dtls) {
    size_t size = 0;
    int enabled;
    mbedtls_ssl_get_peer_cid(&dtls->live->ssl, &enabled, NULL, &size);
    return size != 0;
}

static doze_result succeed(doze_dtls *dtls) {
    bool abbreviated = dtls->live->abbreviated;
    mbedtls_ssl_set_timer_cb(&dtls->live->ssl, NULL, NULL, NULL); /* else it is asked for at every read */
    dtls->live->timer_delay = 0;
    dtls->verify_flags = 0;
    dtls->established = true;
    dtls->handshaking = dtls->session_doubted = false;
    dtls->announce = dtls->climbing;
    dtls->climbing = dtls->away = false;
    dtls->peer_has_cid = peer_has_cid(dtls);
    dtls->lost_reason = DOZE_REASON_NONE;
    doze_dtls_note_lost(dtls);
    doze_dtls_reset_silence(dtls);
    doze_count(abbreviated ? &dtls->handshakes_resumed : &dtls->handshakes_full, 1);
    doze_dtls_doubt_peer(dtls, false);
    doze_dtls_end_report(dtls, abbreviated          ? DOZE_RUNG_RESUMED
                               : dtls->next_address ? DOZE_RUNG_NEXT_ADDRESS
                               : dtls->fresh_port   ? DOZE_RUNG_FRESH_PORT
                                                    : DOZE_RUNG_HANDSHAKE);
    doze_dtls_drop_session(dtls); /* the association has the new one */
    doze_dtls_release(&dtls->aside);
    doze_dtls_note_path(dtls);
    doze_keep_new_association(dtls);
    return DOZE_OK;
}

void doze_dtls_abandon_handshake(doze_dtls *dtls) {
    if (dtls->handshaking) {
        doze_dtls_end_report(dtls, DOZE_RUNG_NONE);
        doze_dtls_reset_silence(dtls); /* the next wake asks the association of before again */
        doze_dtls_take_back(dtls);
        dtls->climbing = false;
    }
}

doze_result doze_dtls_fail_handshake(doze_dtls *dtls, doze_result result, int cause) {
    if (result == DOZE_ERR_VERIFY) {
        dtls->verify_flags = mbedtls_ssl_get_verify_result(&dtls->live->ssl);
    }
    /* A server may refuse a resumption by an alert, so the next handshake is a full one. */
    dtls->session_doubted = result == DOZE_ERR_ALERT && !dtls->session_doubted;
    if (result == DOZE_ERR_TIMEOUT || result == DOZE_ERR_REFUSED || result == DOZE_ERR_UNREACHABLE) {
        doze_dtls_doubt_peer(dtls, true);
    }
    doze_dtls_abandon_handshake(dtls);
    return doze_fail(&dtls->socket, result, cause);
}

doze_result doze_dtls_fail_with(doze_dtls *dtls, int error) {
    doze_result result = doze_tls_result(error);
    if (result == DOZE_ERR_ALERT) { /* an authenticated one: any other is a hint */
        doze_dtls_note_alert(dtls, doze_tls_alert(&dtls->live->ssl));
        doze_dtls_drop_session(dtls);
        doze_keep_end_session(dtls);
    }
    return doze_dtls_fail_handshake(dtls, result, error);
}

/* ---- begin ---- */

void doze_dtls_refresh_mtu(doze_dtls *dtls) {
    int32_t mtu = (int32_t)doze_dtls_ask_lower(dtls, DOZE_OPT_PAYLOAD_MTU);
    if (mtu < 1) {
        mtu = MTU_FALLBACK;
    }
    mbedtls_ssl_set_mtu(&dtls->live->ssl, mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)mtu);
}

static int offer_cid(doze_dtls *dtls) {
    const doze_dtls_config *config = dtls->config;
    unsigned char cid[DOZE_CID_MAX]; /* never NULL, whatever its size: Mbed TLS copies from it */
    if (config->cid == DOZE_CID_OFF) {
        return 0;
    }
    if (config->cid_size != 0 && config->random.fill(config->random.context, cid, config->cid_size) != 0) {
        return DOZE_TLS_RANDOM_FAILED;
    }
    return mbedtls_ssl_set_cid(&dtls->live->ssl, MBEDTLS_SSL_CID_ENABLED, cid, config->cid_size);
}

/* Lets Mbed TLS reach this socket: datagrams, secrets. */
static void wire_up(doze_dtls *dtls) {
    mbedtls_ssl_set_bio(&dtls->live->ssl, dtls, doze_dtls_bio_send, doze_dtls_bio_recv, NULL);
    mbedtls_ssl_set_export_keys_cb(&dtls->live->ssl, on_secret, dtls);
}

int doze_dtls_make_live(doze_dtls *dtls) {
    dtls->live = mbedtls_calloc(1, sizeof(*dtls->live));
    if (dtls->live == NULL) {
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    mbedtls_ssl_init(&dtls->live->ssl);
    int error = mbedtls_ssl_setup(&dtls->live->ssl, &dtls->config->tls);
    wire_up(dtls);
    return error;
}

static int set_up(doze_dtls *dtls) {
    const doze_dtls_config *config = dtls->config;
    int error = doze_dtls_make_live(dtls);
    if (error != 0) {
        return error;
    }
    dtls->live->timer_min = dtls->handshake_timer_min;
    dtls->live->timer_max = dtls->handshake_timer_max;
    dtls->live->refusals_before = doze_dtls_ask_lower(dtls, DOZE_OPT_REFUSALS);
    mbedtls_ssl_set_timer_cb(&dtls->live->ssl, dtls, set_timer, get_timer);
    doze_dtls_refresh_mtu(dtls);
    if (config->x509 != NULL) {
        error = doze_x509_hooks_of(config->x509)->prepare(config->x509, dtls, doze_remote_hostname(dtls->lower));
    }
    if (error == 0) {
        error = offer_cid(dtls);
    }
    if (error == 0 && dtls->session != NULL && !dtls->session_doubted) {
        dtls->live->offered = true;
        error = mbedtls_ssl_set_session(&dtls->live->ssl, dtls->session);
    }
    return error;
}

doze_result doze_dtls_begin_handshake(doze_dtls *dtls) {
    doze_dtls_begin_report(dtls);
    doze_dtls_keep_session(dtls);
    doze_dtls_put_aside(dtls);
    dtls->fresh_port = dtls->next_address = dtls->has_alert = false;
    dtls->away = dtls->handshaking = true;
    int error = set_up(dtls);
    return error == 0 ? DOZE_OK : doze_dtls_fail_with(dtls, error);
}

/* Another try within the same attempt: its bounds go on. */
doze_result doze_dtls_start_over(doze_dtls *dtls) {
    uint8_t datagrams = dtls->live->datagrams;
    bool began_again = dtls->live->began_again;
    int16_t hint = dtls->live->hint;
    int hint_cause = dtls->live->hint_cause;
    doze_dtls_release(&dtls->live);
    int error = set_up(dtls);
    if (error != 0) {
        return doze_dtls_fail_with(dtls, error);
    }
    dtls->live->began_again = began_again;
    dtls->live->datagrams = datagrams;
    if (dtls->climbing) { /* it has led here, and only names the error now, should this end in one */
        dtls->live->hint = hint;
        dtls->live->hint_cause = hint_cause;
        dtls->live->hint_patience = UINT8_MAX;
    }
    return DOZE_OK;
}

/* ---- continue ---- */

static int shake_hands(doze_dtls *dtls, bool catching_up) {
    int error = MBEDTLS_ERR_SSL_WANT_READ;
    doze_dtls_begin_reading(dtls);
    dtls->live->catching_up = catching_up;
    while (error == MBEDTLS_ERR_SSL_WANT_READ && !dtls->live->lower_drained) { /* it returns after a repetition, too */
        error = mbedtls_ssl_handshake(&dtls->live->ssl);
    }
    dtls->live->catching_up = false;
    return error;
}

/* A handshake that goes wrong before anything was authenticated may be a forger's work: it begins anew, once. */
static bool may_begin_again(const doze_dtls *dtls, doze_result result) {
    return (result == DOZE_ERR_HANDSHAKE || result == DOZE_ERR_VERIFY) && !dtls->live->began_again;
}

static doze_result conclude(doze_dtls *dtls, int error) {
    if (error == MBEDTLS_ERR_SSL_WANT_READ) {
        return DOZE_IN_PROGRESS;
    }
    return error == 0 ? succeed(dtls) : doze_dtls_fail_with(dtls, error);
}

doze_result doze_dtls_shake_hands(doze_dtls *dtls, bool catching_up) {
    int error = shake_hands(dtls, catching_up);
    if (error == 0 || error == MBEDTLS_ERR_SSL_WANT_READ || !may_begin_again(dtls, doze_tls_result(error))) {
        return conclude(dtls, error);
    }
    dtls->live->began_again = true;
    doze_result result = doze_dtls_start_over(dtls);
    if (result != DOZE_OK) {
        return result;
    }
    int second = shake_hands(dtls, false);
    doze_dtls_note_hint(dtls, doze_tls_result(error), error);
    return conclude(dtls, second);
}
