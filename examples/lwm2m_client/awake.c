/* SPDX-License-Identifier: Apache-2.0 */
/* Registered and awake: answering, notifying, and deciding what comes next. */
#include <string.h>

#include "steps.h"

void awake_enter(lwm2m_client *c) {
    exchange_abandon(&c->exchange);
    c->at = client_now(c);
    c->attempts = 0;
    c->cycles_done += c->has_slept;
    c->has_slept = false;
    client_enter(c, LWM2M_AWAKE);
}

void awake_resume(lwm2m_client *c) {
    c->at = client_now(c);
    client_enter(c, LWM2M_AWAKE);
}

/* ---- notifications (section 6.4.2) ---- */

static observation *due_observation(lwm2m_client *c) {
    observations *o = &c->registration.observations;
    return observations_due(o, &c->values) <= client_now(c) ? observations_first(o, &c->values) : NULL;
}

/* What the numbers have come to must be known in the next life before the server is. */
static uint32_t next_sequence(lwm2m_client *c) {
    observations *o = &c->registration.observations;
    uint32_t reserved = o->reserved;
    uint32_t sequence = observations_next_sequence(o);
    if (o->reserved != reserved) {
        client_save(c);
    }
    return sequence;
}

static void send_notification(lwm2m_client *c, message *m) {
    doze_result result = exchange_start(&c->exchange, m);
    if (result != DOZE_OK) {
        client_end(c, LWM2M_BROKEN, doze_strerror(result));
        return;
    }
    client_enter(c, LWM2M_NOTIFYING);
}

/* An error code as a notification is the last one: RFC 7641 section 4.2. */
static void end_observation(lwm2m_client *c, const uint8_t *token, size_t size) {
    message m;
    message_begin(&m, MESSAGE_CON, CODE_SERVER_ERROR);
    m.token_size = (uint8_t)size;
    memcpy(m.token, token, size);
    observations_cancel_token(&c->registration.observations, m.token, m.token_size);
    client_save(c);
    c->ending_observation = true;
    send_notification(c, &m);
}

static void notify(lwm2m_client *c, observation *o) {
    sink s = {.data = c->requests.payload, .capacity = sizeof(c->requests.payload)};
    message m;
    message_begin(&m, MESSAGE_CON, CODE_CONTENT);
    m.token_size = o->token_size;
    memcpy(m.token, o->token, sizeof(m.token));
    format_values(o->format, &c->values, &o->path, &s);
    message_add_uint(&m, OPTION_OBSERVE, next_sequence(c));
    message_add_uint(&m, OPTION_CONTENT_FORMAT, o->format);
    m.payload = s.data;
    m.payload_size = s.size;
    c->notified = o;
    if (s.full) {
        end_observation(c, m.token, m.token_size);
        return;
    }
    o->changed = false; /* what changes while it is under way is a change again */
    o->told = client_now(c);
    c->ending_observation = false;
    send_notification(c, &m);
}

void awake_on_too_long(lwm2m_client *c) {
    uint8_t token[MESSAGE_TOKEN_MAX];
    memcpy(token, c->exchange.token, sizeof(token));
    end_observation(c, token, c->exchange.token_size);
}

static void say_notified(lwm2m_client *c, const char *why) {
    char path[PATH_TEXT_SIZE];
    client_say(c, EVENT(.name = LWM2M_EVENT_NOTIFIED, .path = path_text(&c->notified->path, path), .why = why));
}

void awake_on_notified(lwm2m_client *c, const message *answer) {
    (void)answer;
    say_notified(c, c->ending_observation ? "the value does not fit into a message: the observation is ended" : NULL);
    awake_enter(c);
}

/* RFC 7641 section 3.6 */
void awake_on_reset(lwm2m_client *c) {
    observations_cancel_token(&c->registration.observations, c->exchange.token, c->exchange.token_size);
    say_notified(c, "the server knows nothing of this observation: it is cancelled");
    client_save(c);
    awake_enter(c);
}

/* ---- what comes next ---- */

static uint64_t awake_until(const lwm2m_client *c) {
    uint64_t since = c->exchange.heard > c->at ? c->exchange.heard : c->at;
    return since + c->settings.awake;
}

static void need_bootstrap(lwm2m_client *c) {
    c->values.bootstrap_wanted = false;
    client_say(c, EVENT(.name = LWM2M_EVENT_BOOTSTRAP_NEEDED,
                        .why = "the server asks for Bootstrap, which this client does not have: configure it anew"));
    client_leave(c, LWM2M_BOOTSTRAP_NEEDED);
}

static void follow_orders(lwm2m_client *c) {
    if (c->values.bootstrap_wanted) {
        need_bootstrap(c);
    }
    if (c->values.reboot_wanted) {
        session_end_registered(c, LWM2M_REBOOT);
    } else if (session_leaves_registered(c)) {
        session_end_registered(c, LWM2M_LEFT);
    } else if (c->leaving || c->values.disable_wanted) {
        registration_deregister(c);
    }
}

static void go_on(lwm2m_client *c) {
    uint64_t now = client_now(c);
    observation *due = due_observation(c);
    bool done = c->settings.cycles != 0 && c->cycles_done >= c->settings.cycles;
    if (c->values.update_wanted || now >= c->update_due) {
        registration_update(c);
    } else if (due != NULL) {
        notify(c, due);
    } else if (now >= awake_until(c) && done) {
        client_leave(c, LWM2M_LEFT);
        follow_orders(c);
    } else if (now >= awake_until(c)) {
        session_sleep(c);
    }
}

void awake_step(lwm2m_client *c) {
    exchange_state state = exchange_step(&c->exchange);
    if (state == EXCHANGE_FAILED) {
        session_fail(c, c->exchange.result, NULL);
        return;
    }
    if (state == EXCHANGE_NEW_CONTEXT) {
        session_new_context(c);
        return;
    }
    follow_orders(c);
    if (c->state == LWM2M_AWAKE) {
        go_on(c);
    }
}

/* ---- time: AWAKE, ASLEEP and WAITING ---- */

static uint64_t sooner(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

int32_t awake_next_timeout(const lwm2m_client *c) {
    uint64_t now = client_now(c);
    uint64_t at = c->at;
    uint64_t notification = observations_due(&c->registration.observations, &c->values);
    if (c->state == LWM2M_AWAKE) {
        at = sooner(awake_until(c), c->update_due);
        int32_t socket = exchange_next_timeout(&c->exchange);
        at = socket < 0 ? at : sooner(at, now + (uint64_t)socket);
    }
    at = c->state == LWM2M_WAITING ? at : sooner(at, notification);
    if (c->leaving || at <= now) {
        return 0;
    }
    return at - now < INT32_MAX ? (int32_t)(at - now) : INT32_MAX;
}
