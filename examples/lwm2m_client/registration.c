/* SPDX-License-Identifier: Apache-2.0 */
/* Register, Update, De-register: LwM2M 1.1 section 6.2. */
#include <stdio.h>
#include <string.h>

#include "steps.h"

enum { QUERY_SIZE = 16, ENDPOINT_QUERY_SIZE = 300, LINKS_SIZE = 128 };

static void start(lwm2m_client *c, message *m, lwm2m_state state) {
    doze_result result = exchange_start(&c->exchange, m);
    if (result != DOZE_OK) {
        client_end(c, LWM2M_BROKEN, doze_strerror(result));
        return;
    }
    client_enter(c, state);
}

static const char *lifetime_query(const lwm2m_client *c, char text[QUERY_SIZE]) {
    (void)snprintf(text, QUERY_SIZE, "lt=%u", (unsigned)c->values.lifetime);
    return text;
}

static void give_up_location(lwm2m_client *c, const char *why) {
    if (why != NULL) {
        client_say(c, EVENT(.name = LWM2M_EVENT_REREGISTERING, .why = why, .location = c->registration.location));
    }
    c->registration.location[0] = '\0';
    observations_clear(&c->registration.observations);
    client_save(c);
}

void registration_register(lwm2m_client *c, const char *why) {
    char endpoint[ENDPOINT_QUERY_SIZE];
    char lifetime[QUERY_SIZE];
    uint8_t links[LINKS_SIZE];
    sink s = {.data = links, .capacity = sizeof(links)};
    message m;
    give_up_location(c, why);
    c->told_lifetime = c->values.lifetime;
    c->values.update_wanted = false;
    links_registration(&s);
    (void)snprintf(endpoint, sizeof(endpoint), "ep=%s", c->settings.endpoint);
    message_begin(&m, MESSAGE_CON, CODE_POST);
    message_add_text(&m, OPTION_URI_PATH, "rd");
    message_add_uint(&m, OPTION_CONTENT_FORMAT, FORMAT_LINK);
    message_add_text(&m, OPTION_URI_QUERY, "lwm2m=1.1");
    message_add_text(&m, OPTION_URI_QUERY, endpoint);
    message_add_text(&m, OPTION_URI_QUERY, lifetime_query(c, lifetime));
    message_add_text(&m, OPTION_URI_QUERY, "b=U");
    message_add_text(&m, OPTION_URI_QUERY, "Q"); /* queue mode */
    m.payload = s.data;
    m.payload_size = s.size;
    start(c, &m, LWM2M_REGISTERING);
}

void registration_update(lwm2m_client *c) {
    char lifetime[QUERY_SIZE];
    message m;
    message_begin(&m, MESSAGE_CON, CODE_POST);
    message_add_path(&m, OPTION_URI_PATH, c->registration.location);
    if (c->values.lifetime_changed) {
        message_add_text(&m, OPTION_URI_QUERY, lifetime_query(c, lifetime));
        c->told_lifetime = c->values.lifetime;
    }
    c->values.update_wanted = false;
    start(c, &m, LWM2M_UPDATING);
}

void registration_deregister(lwm2m_client *c) {
    message m;
    message_begin(&m, MESSAGE_CON, CODE_DELETE);
    message_add_path(&m, OPTION_URI_PATH, c->registration.location);
    start(c, &m, LWM2M_DEREGISTERING);
}

/* ---- answers ---- */

static void begin_lifetime(lwm2m_client *c, lwm2m_event_name name) {
    uint64_t now = client_now(c);
    uint64_t lifetime = c->told_lifetime * (uint64_t)1000;
    uint64_t margin = lifetime / 2 < LWM2M_UPDATE_MARGIN ? lifetime / 2 : LWM2M_UPDATE_MARGIN;
    c->expires = now + lifetime;
    c->update_due = c->expires - margin;
    c->values.lifetime_changed = c->values.lifetime != c->told_lifetime; /* written meanwhile */
    c->values.update_wanted = c->values.update_wanted || c->values.lifetime_changed;
    c->refusals = 0;
    client_say(c, EVENT(.name = name, .location = c->registration.location, .seconds = (double)c->told_lifetime));
    awake_enter(c);
}

/* It is one word of a line of text, in a file and in what is said. */
static bool can_be_kept(const char *location) {
    enum { DELETE = 0x7f };
    const char *at = location;
    while (*at != '\0' && (unsigned char)*at > ' ' && *at != DELETE) {
        at++;
    }
    return *at == '\0';
}

void registration_on_registered(lwm2m_client *c, const message *answer) {
    if (answer->code != CODE_CREATED) {
        session_refused(c, answer->code, "the server refused the Register");
        return;
    }
    char *location = c->registration.location;
    if (!message_get_path(answer, OPTION_LOCATION_PATH, location, LWM2M_LOCATION_MAX) || location[0] == '\0') {
        location[0] = '\0';
        session_refused(c, answer->code, "the server registered us at no location, or at one too long to keep");
        return;
    }
    if (!can_be_kept(location)) {
        location[0] = '\0';
        session_refused(c, answer->code, "the server registered us at a location with spaces or control characters");
        return;
    }
    client_save(c);
    begin_lifetime(c, LWM2M_EVENT_REGISTERED);
}

/* There is nothing left to de-register. */
static void leave_unregistered(lwm2m_client *c) {
    give_up_location(c, NULL);
    (void)doze_close(c->settings.socket);
    exchange_abandon(&c->exchange);
    client_end(c, c->leaving_for, "left, and was not registered");
}

/* 4.xx, most often 4.04: the server has no such registration any more. */
void registration_on_updated(lwm2m_client *c, const message *answer) {
    char code[MESSAGE_CODE_TEXT_SIZE];
    char why[64];
    if (answer->code == CODE_CHANGED) {
        if (c->registration.lifetime != c->values.lifetime) {
            client_save(c);
        }
        begin_lifetime(c, LWM2M_EVENT_UPDATED);
    } else if (CODE_CLASS(answer->code) == 4 && c->leaving && !session_leaves_registered(c)) {
        leave_unregistered(c);
    } else if (CODE_CLASS(answer->code) == 4) {
        (void)snprintf(why, sizeof(why), "the server answered the Update by %s", message_code_text(answer->code, code));
        registration_register(c, why);
    } else {
        session_refused(c, answer->code, "the server refused the Update");
    }
}

/* 4.04 will do as well. */
void registration_on_deregistered(lwm2m_client *c, const message *answer) {
    bool disabled = c->values.disable_wanted && !c->leaving;
    if (CODE_CLASS(answer->code) == 5) {
        session_refused(c, answer->code, "the server refused the De-register");
        return;
    }
    client_say(c, EVENT(.name = LWM2M_EVENT_DEREGISTERED, .location = c->registration.location));
    give_up_location(c, NULL);
    (void)doze_close(c->settings.socket);
    exchange_abandon(&c->exchange);
    if (disabled) {
        c->values.disable_wanted = false;
        session_wait(c, c->values.disable_timeout * (uint64_t)1000);
    } else {
        client_end(c, c->leaving_for, "de-registered");
    }
}
