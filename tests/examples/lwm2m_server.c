/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

void lwm2m_server_say(lwm2m_server *s, const void *data, size_t size) {
    if (s->say != NULL) {
        s->say(s->say_context, data, size);
    } else {
        assert_int_equal(peer_say(s->at->owner, s->at, data, size), 0);
    }
}

static void send(lwm2m_server *s, const message *m) {
    uint8_t bytes[MESSAGE_MAX];
    size_t size = message_encode(m, bytes, sizeof(bytes));
    assert_int_not_equal(size, 0);
    lwm2m_server_say(s, bytes, size);
}

static void send_empty(lwm2m_server *s, message_type type, uint16_t id) {
    message m;
    message_begin(&m, type, CODE_EMPTY);
    m.id = id;
    send(s, &m);
}

void lwm2m_server_forget(lwm2m_server *s) {
    s->registered = false;
    s->location[0] = '\0';
}

/* ---- registration ---- */

static void keep_queries(lwm2m_server *s, const message *m) {
    const message_option *o = NULL;
    s->queries[0] = '\0';
    for (size_t i = 0; (o = message_find(m, OPTION_URI_QUERY, i)) != NULL; i++) {
        size_t used = strlen(s->queries);
        (void)snprintf(s->queries + used, sizeof(s->queries) - used, "&%.*s", (int)o->size,
                       (const char *)message_option_data(o));
    }
}

static void keep_text(char *text, size_t capacity, const message *m) {
    size_t size = m->payload_size < capacity - 1 ? m->payload_size : capacity - 1;
    if (size > 0) {
        memcpy(text, m->payload, size);
    }
    text[size] = '\0';
}

static uint8_t on_register(lwm2m_server *s, const message *m, message *answer) {
    s->registers++;
    keep_queries(s, m);
    keep_text(s->links, sizeof(s->links), m);
    if (s->register_code != 0) {
        return s->register_code;
    }
    s->registered = true;
    s->locations++;
    if (s->place != NULL) {
        (void)snprintf(s->location, sizeof(s->location), "%s", s->place);
    } else {
        (void)snprintf(s->location, sizeof(s->location), "/rd/%u", s->locations);
    }
    if (!s->no_location) {
        message_add_path(answer, OPTION_LOCATION_PATH, s->location);
    }
    return CODE_CREATED;
}

static uint8_t on_request(lwm2m_server *s, const message *m, message *answer) {
    char path[64];
    assert_true(message_get_path(m, OPTION_URI_PATH, path, sizeof(path)));
    if (m->code == CODE_POST && strcmp(path, "/rd") == 0) {
        return on_register(s, m, answer);
    }
    bool known = s->registered && strcmp(path, s->location) == 0;
    if (m->code == CODE_POST) {
        s->updates++;
        keep_queries(s, m);
        return s->update_code != 0 ? s->update_code : known ? CODE_CHANGED : CODE_NOT_FOUND;
    }
    assert_int_equal(m->code, CODE_DELETE);
    s->deregisters++;
    if (s->deregister_code != 0) {
        return s->deregister_code;
    }
    lwm2m_server_forget(s);
    return known ? CODE_DELETED : CODE_NOT_FOUND;
}

static void answer_request(lwm2m_server *s, const message *m) {
    message answer;
    assert_int_equal(m->type, MESSAGE_CON);
    if (s->mute) {
        s->unanswered++;
        return;
    }
    if (s->reset) {
        send_empty(s, MESSAGE_RST, m->id);
        return;
    }
    message_begin(&answer, s->separate ? MESSAGE_CON : MESSAGE_ACK, CODE_EMPTY);
    answer.code = on_request(s, m, &answer);
    answer.id = s->separate ? ++s->next_id : m->id;
    answer.token_size = m->token_size;
    memcpy(answer.token, m->token, sizeof(answer.token));
    if (s->separate) {
        send_empty(s, MESSAGE_ACK, m->id);
    }
    if (s->first != NULL) {
        lwm2m_server_say(s, s->first, s->first_size);
        s->first = NULL;
    }
    send(s, &answer);
}

/* ---- what the client answers ---- */

static void take_response(lwm2m_server *s, const message *m) {
    s->code = m->type == MESSAGE_CON ? s->code : m->code;
    s->format = UINT32_MAX;
    (void)message_get_uint(m, OPTION_CONTENT_FORMAT, &s->format);
    keep_text(s->content, sizeof(s->content), m);
    s->content_size = m->payload_size;
    if (m->type != MESSAGE_CON) {
        return;
    }
    if (s->mute) {
        s->unanswered++;
        return;
    }
    s->notifications++;
    s->notified_code = m->code;
    assert_int_equal(message_get_uint(m, OPTION_OBSERVE, &s->observe), m->code == CODE_CONTENT);
    memcpy(s->notified, m->token, sizeof(s->notified));
    send_empty(s, s->reset_notifications ? MESSAGE_RST : MESSAGE_ACK, m->id);
}

void lwm2m_server_receive(lwm2m_server *s, const uint8_t *data, size_t size) {
    message m;
    assert_int_equal(message_parse(&m, data, size), MESSAGE_OK);
    if (CODE_IS_REQUEST(m.code)) {
        answer_request(s, &m);
    } else if (CODE_IS_RESPONSE(m.code)) {
        take_response(s, &m);
    } else {
        s->resets += m.type == MESSAGE_RST;
    }
}

void lwm2m_server_on_message(void *context, peer *p, peer_association *a, const unsigned char *data, size_t size) {
    lwm2m_server *s = context;
    (void)p;
    s->at = a;
    lwm2m_server_receive(s, data, size);
}

/* ---- what it asks ---- */

void lwm2m_server_ask(lwm2m_server *s, const lwm2m_order *order) {
    message m;
    message_begin(&m, MESSAGE_CON, order->method);
    m.id = ++s->next_id;
    m.token_size = 1;
    m.token[0] = order->token;
    message_add_path(&m, OPTION_URI_PATH, order->path);
    if (order->accept != 0) {
        message_add_uint(&m, OPTION_ACCEPT, order->accept - 1u);
    }
    if (order->format != 0) {
        message_add_uint(&m, OPTION_CONTENT_FORMAT, order->format - 1u);
    }
    if (order->observe != 0) {
        message_add_uint(&m, OPTION_OBSERVE, order->observe - 1u);
    }
    if (order->query != NULL) {
        message_add_text(&m, OPTION_URI_QUERY, order->query);
    }
    if (order->option != 0) {
        message_add(&m, order->option, &order->value, 1);
    }
    if (order->payload != NULL) {
        m.payload = (const uint8_t *)order->payload;
        m.payload_size = order->payload_size != 0 ? order->payload_size : strlen(order->payload);
    }
    s->code = CODE_EMPTY;
    send(s, &m);
}
