/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting, waking, sleeping, and what to do about failures. */
#include "steps.h"

enum { BACK_OFF_FIRST = 30000, BACK_OFF_LONGEST = 86400000 };

static bool is_registered(const lwm2m_client *c) {
    return c->registration.location[0] != '\0';
}

static int64_t option(const lwm2m_client *c, doze_option name) {
    int64_t value = 0;
    return doze_get_option(c->settings.socket, name, &value) == DOZE_OK ? value : 0;
}

/* Without DTLS there is no context that could be a new one. */
static bool context_goes_on(const lwm2m_client *c) {
    return c->settings.dtls == NULL || option(c, DOZE_OPT_CONTEXT_CONTINUED) != 0;
}

static void say_with_report(lwm2m_client *c, lwm2m_event_name name) {
    doze_report report;
    lwm2m_event event = EVENT(.name = name, .port = doze_local_port(c->settings.socket));
    if (c->settings.dtls != NULL && doze_dtls_get_report(c->settings.dtls, &report) == DOZE_OK) {
        event.report = &report;
        event.connection_id = option(c, DOZE_OPT_CONNECTION_ID) != 0;
    }
    client_say(c, event);
}

static void say_cid(lwm2m_client *c) {
    if (c->settings.expect_cid && c->settings.dtls != NULL && option(c, DOZE_OPT_CONNECTION_ID) == 0) {
        client_say(c, EVENT(.name = LWM2M_EVENT_NO_CONNECTION_ID,
                            .why = "the server has none: another address or port will cost a handshake"));
    }
}

bool session_leaves_registered(const lwm2m_client *c) {
    return c->leaving && c->settings.stay && c->leaving_for == LWM2M_LEFT;
}

void session_end_registered(lwm2m_client *c, lwm2m_ending ending) {
    (void)doze_shutdown(c->settings.socket);
    client_end(c, ending, "asleep, and still registered");
}

void session_new_context(lwm2m_client *c) {
    if (is_registered(c)) { /* a first Register has no context before it */
        say_with_report(c, LWM2M_EVENT_NEW_CONTEXT);
    }
    if (c->leaving && is_registered(c) && !session_leaves_registered(c)) {
        registration_deregister(c);
        return;
    }
    registration_register(c, is_registered(c) ? "the server knows nothing of us in the new context" : NULL);
}

static void on_connected(lwm2m_client *c) {
    bool continued = context_goes_on(c);
    say_with_report(c, c->is_waking ? LWM2M_EVENT_AWAKE : LWM2M_EVENT_CONNECTED);
    if (!continued) {
        say_cid(c);
    }
    if (c->leaving && !is_registered(c)) {
        (void)doze_close(c->settings.socket);
        client_end(c, c->leaving_for, "left, and was not registered");
    } else if (session_leaves_registered(c)) {
        session_end_registered(c, LWM2M_LEFT);
    } else if (!continued || !is_registered(c)) {
        session_new_context(c);
    } else if (c->leaving) {
        registration_deregister(c);
    } else if (client_now(c) >= c->expires) {
        registration_register(c, "the registration has expired");
    } else if (c->only_to_notify) {
        awake_resume(c);
    } else {
        registration_update(c);
    }
}

static void on_progress(lwm2m_client *c, doze_result result) {
    if (result == DOZE_IN_PROGRESS) {
        client_enter(c, LWM2M_CONNECTING);
    } else if (result < 0) {
        session_fail(c, result, NULL);
    } else {
        on_connected(c);
    }
}

void session_open(lwm2m_client *c) {
    doze_socket *s = c->settings.socket;
    c->is_waking = doze_get_state(s) == DOZE_STATE_SHUTDOWN;
    on_progress(c, c->is_waking ? doze_resume(s) : doze_connect(s, c->settings.host, c->settings.port));
}

void session_step(lwm2m_client *c) {
    if (c->leaving && !is_registered(c)) {
        (void)doze_close(c->settings.socket);
        client_end(c, c->leaving_for, "left, and was not registered");
        return;
    }
    on_progress(c, doze_step(c->settings.socket));
}

static void end_without_a_way(lwm2m_client *c) {
    client_end(c, c->leaving_for,
               is_registered(c) ? "left without De-register: there is no way to the server"
                                : "left, and was not registered");
}

/* ---- at rest ---- */

/* When it wakes for an Update; a notification may be due before. */
static uint64_t update_time(lwm2m_client *c) {
    uint64_t now = client_now(c);
    uint64_t due = c->update_due > now ? c->update_due : now;
    bool sooner = c->settings.sleep != LWM2M_UNTIL_UPDATE && now + c->settings.sleep < due;
    return sooner ? now + c->settings.sleep : due;
}

void session_sleep(lwm2m_client *c) {
    uint64_t now = client_now(c);
    uint64_t update = update_time(c);
    uint64_t wake = observations_due(&c->registration.observations, &c->values);
    wake = wake < now ? now : wake < update ? wake : update;
    doze_result result = doze_shutdown(c->settings.socket);
    if (result < 0) {
        session_fail(c, result, NULL);
        return;
    }
    c->at = update;
    c->has_slept = true;
    client_enter(c, LWM2M_ASLEEP);
    client_say(c, EVENT(.name = LWM2M_EVENT_ASLEEP, .seconds = (double)(wake - now) / 1000));
}

static bool notification_is_due(const lwm2m_client *c) {
    return observations_due(&c->registration.observations, &c->values) <= client_now(c);
}

/* What a server observes may have changed since it fell asleep: the earlier of both times holds. */
void session_rest(lwm2m_client *c) {
    bool asleep = c->state == LWM2M_ASLEEP;
    bool is_time = client_now(c) >= c->at;
    if (session_leaves_registered(c) && asleep) {
        session_end_registered(c, LWM2M_LEFT);
    } else if (c->leaving && !asleep) {
        end_without_a_way(c);
    } else if (c->leaving || is_time || (asleep && notification_is_due(c))) {
        c->only_to_notify = asleep && !is_time;
        session_open(c);
    }
}

/* ---- failures ---- */

void session_wait(lwm2m_client *c, uint64_t ms) {
    c->at = client_now(c) + ms;
    c->only_to_notify = false;
    client_enter(c, LWM2M_WAITING);
    client_say(c, EVENT(.name = LWM2M_EVENT_BACKING_OFF, .seconds = (double)ms / 1000, .attempt = c->attempts));
}

/* Without DTLS, as doze_dtls_back_off(). */
static uint64_t back_off(const lwm2m_client *c) {
    if (c->settings.dtls != NULL) {
        return doze_dtls_back_off(c->settings.dtls, c->attempts);
    }
    uint32_t chance = 0;
    uint32_t most = BACK_OFF_FIRST;
    for (unsigned i = 1; i < c->attempts && most < BACK_OFF_LONGEST; i++) {
        most = most < BACK_OFF_LONGEST / 2 ? most * 2 : BACK_OFF_LONGEST;
    }
    (void)c->settings.random.fill(c->settings.random.context, (unsigned char *)&chance, sizeof(chance));
    return most / 2 + chance % (most / 2 + 1);
}

static void try_later(lwm2m_client *c) {
    doze_state state = doze_get_state(c->settings.socket);
    if (state == DOZE_STATE_CONNECTED || state == DOZE_STATE_CONNECTING) { /* BOUND has nobody to go back to */
        (void)doze_shutdown(c->settings.socket);
    }
    if (c->leaving) {
        end_without_a_way(c);
        return;
    }
    c->attempts++;
    session_wait(c, back_off(c));
}

/* A first handshake that nobody answers has one more reason than others. */
static const char *cause_of(const lwm2m_client *c, doze_result result) {
    bool first = c->settings.dtls != NULL && c->state == LWM2M_CONNECTING && !is_registered(c);
    return first && result == DOZE_ERR_TIMEOUT
               ? "no answer: the server is away, or it does not like our identity or key and does not say so"
               : doze_strerror(result);
}

void session_fail(lwm2m_client *c, doze_result result, const char *why) {
    int alert = c->settings.dtls != NULL && result == DOZE_ERR_ALERT ? (int)option(c, DOZE_OPT_ALERT) : 0;
    if (c->state == LWM2M_NOTIFYING) {
        c->notified->changed = c->notified->used;
    }
    exchange_abandon(&c->exchange);
    client_say(c, EVENT(.name = LWM2M_EVENT_ERROR, .why = why != NULL ? why : cause_of(c, result), .result = result,
                        .alert = alert));
    try_later(c);
}

/* A 5.xx is the server's own trouble. A 4.xx to a Register is ours: section 6.2.1.2 has it tried some times more, and
 * then asks for Bootstrap. */
void session_refused(lwm2m_client *c, uint8_t code, const char *what) {
    exchange_abandon(&c->exchange);
    client_say(c, EVENT(.name = LWM2M_EVENT_ERROR, .why = what, .code = code));
    c->refusals += CODE_CLASS(code) == 4;
    unsigned most = c->settings.refusals == 0 ? LWM2M_REFUSALS : c->settings.refusals;
    if (c->refusals >= most && !c->leaving) {
        client_say(c, EVENT(.name = LWM2M_EVENT_BOOTSTRAP_NEEDED, .code = code,
                            .why = "the server refuses to register this client, which has no Bootstrap: give it "
                                   "another endpoint name or other credentials"));
        (void)doze_close(c->settings.socket);
        client_end(c, LWM2M_BOOTSTRAP_NEEDED, "Bootstrap is needed");
        return;
    }
    try_later(c);
}
