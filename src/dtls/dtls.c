/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of DTLS: a socket whose association goes on when the socket below it does not. */
#include <string.h>

#include <mbedtls/platform_util.h>

#include "dtls/internal.h"

/* ---- waking up ---- */

/* The lower socket has come to rest, or is to be closed. What is left: the place where the association is known, and the
 * association as small as can be. */
static doze_result rest(doze_dtls *dtls, bool closed) {
    doze_dtls_abandon_handshake(dtls);
    doze_dtls_want_old_address(dtls);
    if (closed) {
        doze_close(dtls->lower);
    }
    doze_dtls_want_old_port(dtls);
    dtls->away = false;
    doze_dtls_stop_reading(dtls);
    doze_dtls_forgive_silence(dtls);
    doze_dtls_tell_radio(dtls, DOZE_RADIO_RECEIVER_OFF);
    doze_keep_for_sleep(dtls);
    doze_dtls_freeze(dtls);
    return DOZE_OK;
}

/* The association goes on as it was. */
static doze_result go_on(doze_dtls *dtls, doze_rung rung) {
    dtls->report.rung = (uint8_t)rung;
    dtls->report.context_continued = true;
    dtls->report.port_kept = doze_dtls_ask_lower(dtls, DOZE_OPT_PORT_KEPT) != 0;
    dtls->handshakes_avoided++;
    return DOZE_OK;
}

/* What was between this peer and us is over, but for the session. */
static void end_relation(doze_dtls *dtls) {
    doze_dtls_drop_association(dtls);
    doze_dtls_reset_silence(dtls);
    doze_dtls_unlearn_sleeps(dtls);
    dtls->announce = dtls->climbing = dtls->away = dtls->loaded = dtls->peer_has_cid = false;
    dtls->lost_reason = DOZE_REASON_NONE;
    dtls->ended = 0;
    dtls->round_trip = 0;
}

/* Nothing of the old peer may reach the new one. */
static void leave_peer(doze_dtls *dtls) {
    doze_dtls_drop_session(dtls);
    end_relation(dtls);
}

/* The lower socket is connected: DOZE_OK with the association kept, else DOZE_IN_PROGRESS for a handshake, which
 * doze_step() begins, so that its failures have a state to fall back to. */
static doze_result on_lower_connected(doze_dtls *dtls) {
    dtls->ended = 0;
    dtls->report = (doze_report){.rung = DOZE_RUNG_NONE};
    if (!dtls->same_peer) {
        leave_peer(dtls);
    }
    bool frozen = dtls->frozen_size != 0;
    bool loaded = dtls->loaded; /* after a sleep of which nobody knows how long it was */
    if (frozen && doze_dtls_thaw(dtls) == DOZE_ERR_NO_MEMORY) {
        return DOZE_ERR_NO_MEMORY;
    }
    dtls->loaded = false;
    if (!dtls->established) {
        return doze_dtls_begin_climb(dtls, dtls->lost_reason != 0 ? (doze_reason)dtls->lost_reason : DOZE_REASON_FIRST);
    }
    if (loaded) {
        doze_dtls_refresh_mtu(dtls); /* the store has not got it, and there was no path to ask when it was read */
    }
    if (!loaded && doze_dtls_slept_too_long(dtls)) {
        return doze_dtls_begin_climb(dtls, DOZE_REASON_ASLEEP);
    }
    doze_reason other_path = doze_dtls_check_path(dtls);
    if (other_path != DOZE_REASON_NONE) {
        doze_dtls_unlearn_sleeps(dtls); /* perhaps another network */
        return doze_dtls_begin_climb(dtls, other_path);
    }
    if (!loaded && doze_dtls_would_wake_in_vain(dtls)) {
        return doze_dtls_begin_climb(dtls, DOZE_REASON_ASLEEP);
    }
    return go_on(dtls, frozen || loaded ? DOZE_RUNG_THAWED : DOZE_RUNG_KEPT);
}

/* An attempt that failed leads back to where it began. */
static doze_result arrive(doze_dtls *dtls, doze_result result) {
    if (result == DOZE_OK) {
        doze_emit(&dtls->socket, DOZE_EVENT_RUNG, dtls->report.rung, dtls->report.port_kept);
    } else if (result < 0) {
        doze_dtls_put_lower_to_sleep(dtls);
        rest(dtls, doze_get_fallback(&dtls->socket) != DOZE_STATE_SHUTDOWN);
    }
    return result;
}

/* Says why the lower socket failed, if it did. */
static doze_result of_lower(doze_dtls *dtls, doze_result result) {
    return doze_fail(&dtls->socket, result, dtls->lower->cause);
}

static doze_result wake_up(doze_dtls *dtls, doze_result lower) {
    return lower == DOZE_OK ? arrive(dtls, on_lower_connected(dtls)) : of_lower(dtls, lower);
}

/* Whether the peer is the one of before; if so, the lower socket gets the port back at which the association is known.
 * After a reboot the store knows; one that fails, or has what is not for us, costs a handshake, which is announced. */
static doze_result look_back(doze_dtls *dtls, const char *host, uint16_t port) {
    bool same = doze_dtls_same_peer(dtls, host, port);
    bool nothing_known = !dtls->established && dtls->session == NULL;
    if (dtls->keeper != NULL && nothing_known && dtls->socket.state != DOZE_STATE_SHUTDOWN) {
        doze_result result = doze_dtls_take_up(dtls, host, port, false);
        if (result == DOZE_ERR_NO_MEMORY) {
            return result;
        }
        same = result == DOZE_OK || dtls->lost_reason != DOZE_REASON_NONE;
    } else if (same && dtls->established && dtls->socket.state == DOZE_STATE_CLOSED) {
        doze_reuse_last_port(dtls->lower); /* when it is taken, connect takes another, and the path tells */
    }
    dtls->same_peer = same;
    return DOZE_OK;
}

static doze_result dtls_connect(doze_socket *socket, const char *host, uint16_t port) {
    doze_dtls *dtls = doze_dtls_of(socket);
    doze_result result = look_back(dtls, host, port);
    if (result < 0) {
        return result;
    }
    result = of_lower(dtls, doze_connect(dtls->lower, host, port));
    if (result < 0) {
        if (socket->state == DOZE_STATE_CLOSED) {
            doze_close(dtls->lower);
        }
        return result;
    }
    dtls->peer_doubted = false; /* the lower socket has chosen an address anew */
    return wake_up(dtls, result);
}

static doze_result dtls_recall(doze_socket *socket, const doze_endpoints *past) {
    doze_dtls *dtls = doze_dtls_of(socket);
    bool same = doze_dtls_same_peer(dtls, past->hostname, past->remote.port);
    doze_result result = doze_recall(dtls->lower, past);
    if (result == DOZE_OK && !same) {
        leave_peer(dtls);
    }
    return of_lower(dtls, result);
}

static doze_result dtls_resume(doze_socket *socket) {
    doze_dtls *dtls = doze_dtls_of(socket);
    dtls->same_peer = true;
    return wake_up(dtls, doze_resume(dtls->lower));
}

static doze_result advance(doze_dtls *dtls) {
    doze_result result = DOZE_OK;
    if (!dtls->handshaking && dtls->lower->state == DOZE_STATE_CONNECTING) {
        result = doze_step(dtls->lower);
        if (result != DOZE_OK) {
            return of_lower(dtls, result);
        }
        result = on_lower_connected(dtls);
        if (result != DOZE_IN_PROGRESS) {
            return result;
        }
    }
    if (!dtls->handshaking) {
        result = doze_dtls_begin_handshake(dtls);
    }
    return result < 0 ? result : doze_dtls_continue_handshake(dtls);
}

static doze_result dtls_step(doze_socket *socket) {
    doze_dtls *dtls = doze_dtls_of(socket);
    return socket->state == DOZE_STATE_CONNECTING ? arrive(dtls, advance(dtls)) : doze_step(dtls->lower);
}

/* ---- going to rest ---- */

static doze_result dtls_shutdown(doze_socket *socket) {
    doze_dtls *dtls = doze_dtls_of(socket);
    doze_result result = doze_shutdown(dtls->lower);
    return result < 0 ? of_lower(dtls, result) : rest(dtls, false);
}

static doze_result dtls_close(doze_socket *socket) {
    doze_dtls *dtls = doze_dtls_of(socket);
    if (socket->state == DOZE_STATE_CONNECTED) {
        doze_keep_end_association(dtls);
        doze_dtls_say_goodbye(dtls);
        doze_dtls_keep_session(dtls);
        end_relation(dtls);
    }
    return rest(dtls, true);
}

static void drop_everything(doze_dtls *dtls) {
    leave_peer(dtls);
    doze_dtls_release(&dtls->aside);
    dtls->report = (doze_report){.rung = DOZE_RUNG_NONE};
    dtls->peer_doubted = false;
    dtls->path_local = dtls->path_remote = 0;
    dtls->path_port = 0;
}

static doze_result dtls_forget(doze_socket *socket) {
    doze_dtls *dtls = doze_dtls_of(socket);
    doze_result result = doze_dtls_erase_store(dtls);
    drop_everything(dtls);
    doze_forget(dtls->lower);
    return result;
}

static void dtls_deinit(doze_socket *socket) {
    doze_dtls *dtls = doze_dtls_of(socket);
    drop_everything(dtls);
    doze_dtls_leave_store(dtls);
    doze_close(dtls->lower);
    mbedtls_platform_zeroize(dtls, sizeof(*dtls));
}

/* ---- what is the lower socket's own ---- */

static doze_result dtls_bind(doze_socket *socket, const char *address, uint16_t port) {
    doze_dtls *dtls = doze_dtls_of(socket);
    return of_lower(dtls, doze_bind(dtls->lower, address, port));
}

static doze_result dtls_reuse_last_port(doze_socket *socket) {
    doze_dtls *dtls = doze_dtls_of(socket);
    return of_lower(dtls, doze_reuse_last_port(dtls->lower));
}

static int32_t dtls_next_timeout(const doze_socket *socket) {
    const doze_dtls *dtls = doze_dtls_of_const(socket);
    if (socket->state == DOZE_STATE_CONNECTED || dtls->handshaking) {
        if (doze_dtls_has_pending(dtls)) {
            return 0;
        }
        return dtls->handshaking ? doze_dtls_handshake_left(dtls) : -1;
    }
    bool waiting = socket->state != DOZE_STATE_CONNECTING || dtls->lower->state == DOZE_STATE_CONNECTING;
    return waiting ? doze_next_timeout(dtls->lower) : 0;
}

static int dtls_fd(const doze_socket *socket) {
    return doze_fd(doze_dtls_of_const(socket)->lower);
}

static void dtls_endpoints(const doze_socket *socket, doze_endpoints *out) {
    doze_get_endpoints(doze_dtls_of_const(socket)->lower, out);
}

static bool dtls_format(const doze_socket *socket, const doze_endpoint *endpoint, char *text, size_t size) {
    const doze_socket *lower = doze_dtls_of_const(socket)->lower;
    return lower->ops->format(lower, endpoint, text, size);
}

static const doze_socket_ops ops = {
    .step = dtls_step,
    .bind = dtls_bind,
    .reuse_last_port = dtls_reuse_last_port,
    .connect = dtls_connect,
    .recall = dtls_recall,
    .resume = dtls_resume,
    .send = doze_dtls_send,
    .recv = doze_dtls_recv,
    .shutdown = dtls_shutdown,
    .close = dtls_close,
    .forget = dtls_forget,
    .deinit = dtls_deinit,
    .next_timeout = dtls_next_timeout,
    .fd = dtls_fd,
    .endpoints = dtls_endpoints,
    .format = dtls_format,
    .get_option = doze_dtls_get_option,
    .set_option = doze_dtls_set_option,
};

doze_result doze_dtls_init(doze_dtls *dtls, const doze_dtls_config *config, doze_socket *lower) {
    if (dtls == NULL || config == NULL || lower == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    if (config->clock.now == NULL) {
        return DOZE_ERR_CONFIG;
    }
    if (doze_get_state(lower) != DOZE_STATE_CLOSED) {
        return DOZE_ERR_STATE;
    }
    memset(dtls, 0, sizeof(*dtls));
    doze_socket_init(&dtls->socket, &ops, config->trace);
    dtls->lower = lower;
    dtls->config = config;
    dtls->silence_limit = DOZE_SILENCE_LIMIT_DEFAULT;
    dtls->climb_time = DOZE_CLIMB_TIME_DEFAULT;
    dtls->climb_datagrams = DOZE_CLIMB_DATAGRAMS_DEFAULT;
    dtls->handshake_timer_min = config->handshake_timer_min;
    dtls->handshake_timer_max = config->handshake_timer_max;
    return DOZE_OK;
}
