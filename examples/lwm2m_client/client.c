/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <string.h>

#include "steps.h"

static void step_nothing(lwm2m_client *c);
static void step_exchange(lwm2m_client *c);

/* What there is to do in each state; an exchange that is answered has its `answered`. */
static const struct {
    const char *name;
    void (*step)(lwm2m_client *c);
    void (*answered)(lwm2m_client *c, const message *answer);
    bool has_exchange; /* time is the exchange's */
} states[LWM2M_STATES] = {
    [LWM2M_IDLE] = {"idle", step_nothing, NULL, false},
    [LWM2M_CONNECTING] = {"connecting", session_step, NULL, false},
    [LWM2M_REGISTERING] = {"registering", step_exchange, registration_on_registered, true},
    [LWM2M_AWAKE] = {"awake", awake_step, NULL, false},
    [LWM2M_UPDATING] = {"updating", step_exchange, registration_on_updated, true},
    [LWM2M_NOTIFYING] = {"notifying", step_exchange, awake_on_notified, true},
    [LWM2M_DEREGISTERING] = {"deregistering", step_exchange, registration_on_deregistered, true},
    [LWM2M_ASLEEP] = {"asleep", session_rest, NULL, false},
    [LWM2M_WAITING] = {"waiting", session_rest, NULL, false},
    [LWM2M_ENDED] = {"ended", step_nothing, NULL, false},
};

const char *lwm2m_state_name(lwm2m_state state) {
    return states[state].name;
}

uint64_t client_now(const lwm2m_client *c) {
    return c->settings.clock.now(c->settings.clock.context);
}

void client_enter(lwm2m_client *c, lwm2m_state state) {
    c->state = state;
}

void client_say(lwm2m_client *c, lwm2m_event event) {
    if (c->settings.on_event != NULL) {
        c->settings.on_event(c->settings.context, &event);
    }
}

void client_save(lwm2m_client *c) {
    c->registration.lifetime = c->values.lifetime;
    c->registration.min_period = c->values.min_period;
    c->registration.max_period = c->values.max_period;
    if (c->settings.save != NULL) {
        c->settings.save(c->settings.context, &c->registration);
    }
}

void client_end(lwm2m_client *c, lwm2m_ending ending, const char *why) {
    c->ending = ending;
    client_enter(c, LWM2M_ENDED);
    client_say(c, EVENT(.name = LWM2M_EVENT_ENDED, .why = why));
}

void client_leave(lwm2m_client *c, lwm2m_ending ending) {
    c->leaving = true;
    c->leaving_for = ending;
}

static bool periods_changed(const lwm2m_client *c) {
    return c->registration.min_period != c->values.min_period || c->registration.max_period != c->values.max_period;
}

static void on_request(void *context, const message *request, message *response) {
    lwm2m_client *c = context;
    requests_answer(&c->requests, request, response, client_now(c));
    if (c->requests.observations_changed || periods_changed(c)) {
        c->requests.observations_changed = false;
        client_save(c);
    }
    client_say(c, EVENT(.name = LWM2M_EVENT_REQUEST, .operation = c->requests.operation, .path = c->requests.path,
                        .code = c->requests.code));
}

static uint32_t period_of(uint32_t kept) {
    return kept <= LIFETIME_MAX ? kept : 0;
}

static void take_past(lwm2m_client *c, const lwm2m_registration *past) {
    c->registration = *past;
    observations_restart(&c->registration.observations, client_now(c));
    if (past->location[0] == '\0') {
        return;
    }
    if (past->lifetime >= 1 && past->lifetime <= LIFETIME_MAX) {
        c->values.lifetime = past->lifetime; /* it may be one that the server has written, and was not told yet */
        c->values.lifetime_changed = true;
    }
    c->values.min_period = period_of(past->min_period);
    c->values.max_period = period_of(past->max_period);
}

doze_result lwm2m_client_init(lwm2m_client *c, const lwm2m_settings *settings) {
    if (settings->socket == NULL || settings->clock.now == NULL || settings->random.fill == NULL ||
        settings->host == NULL || settings->endpoint == NULL || settings->endpoint[0] == '\0' ||
        settings->lifetime > LIFETIME_MAX) {
        return DOZE_ERR_ARGUMENT;
    }
    memset(c, 0, sizeof(*c));
    c->settings = *settings;
    values_init(&c->values);
    if (settings->lifetime != 0) {
        c->values.lifetime = settings->lifetime;
    }
    if (settings->past != NULL) {
        take_past(c, settings->past);
    }
    c->told_lifetime = c->values.lifetime;
    c->requests.values = &c->values;
    c->requests.observations = &c->registration.observations;
    const exchange_settings ours = {settings->socket, settings->clock, settings->random, on_request, c};
    exchange_init(&c->exchange, &ours);
    return DOZE_OK;
}

void lwm2m_client_start(lwm2m_client *c) {
    if (c->state == LWM2M_IDLE) {
        c->expires = UINT64_MAX; /* what an earlier life has left of it is not known: the server is */
        session_open(c);
    }
}

void lwm2m_client_stop(lwm2m_client *c) {
    client_leave(c, LWM2M_LEFT);
}

void lwm2m_client_set_battery(lwm2m_client *c, uint8_t percent) {
    if (c->values.battery != percent) {
        c->values.battery = percent;
        observations_touch(&c->registration.observations, OBJECT_DEVICE, DEVICE_BATTERY_LEVEL);
    }
}

/* ---- driving ---- */

static void step_nothing(lwm2m_client *c) {
    (void)c;
}

/* A Register that went unanswered until doze had looked for a new context would go unanswered there too. */
static void on_new_context(lwm2m_client *c) {
    if (c->state == LWM2M_REGISTERING && c->exchange.tries > 0) {
        session_fail(c, DOZE_ERR_TIMEOUT, "the server takes handshakes, but does not answer the Register");
    } else {
        session_new_context(c);
    }
}

static void step_exchange(lwm2m_client *c) {
    switch (exchange_step(&c->exchange)) {
    case EXCHANGE_ANSWERED:
        states[c->state].answered(c, exchange_answer(&c->exchange));
        break;
    case EXCHANGE_NEW_CONTEXT:
        on_new_context(c);
        break;
    case EXCHANGE_RESET:
        if (c->state == LWM2M_NOTIFYING) {
            awake_on_reset(c);
        } else {
            session_fail(c, DOZE_ERR_REFUSED, "the server answered by a Reset");
        }
        break;
    case EXCHANGE_TIMED_OUT:
        session_fail(c, DOZE_ERR_TIMEOUT, "the server does not answer");
        break;
    case EXCHANGE_FAILED:
        if (c->state == LWM2M_NOTIFYING && c->exchange.result == DOZE_ERR_TOO_LONG && !c->ending_observation) {
            awake_on_too_long(c);
        } else {
            session_fail(c, c->exchange.result, NULL);
        }
        break;
    default:
        break;
    }
}

static void tell_malformed(lwm2m_client *c) {
    for (; c->malformed_told != c->exchange.malformed; c->malformed_told++) {
        client_say(c, EVENT(.name = LWM2M_EVENT_MALFORMED, .why = "a message that is no CoAP was dropped"));
    }
}

/* Goes on for as long as one state leads to the next. */
void lwm2m_client_step(lwm2m_client *c) {
    lwm2m_state before;
    do {
        before = c->state;
        states[before].step(c);
        tell_malformed(c);
    } while (c->state != before);
}

int32_t lwm2m_client_next_timeout(const lwm2m_client *c) {
    if (c->state == LWM2M_IDLE || c->state == LWM2M_ENDED) {
        return -1;
    }
    if (c->state == LWM2M_CONNECTING) {
        return doze_next_timeout(c->settings.socket);
    }
    return states[c->state].has_exchange ? exchange_next_timeout(&c->exchange) : awake_next_timeout(c);
}
