/* SPDX-License-Identifier: Apache-2.0 */
/* What Wakaama sends. It repeats confirmable messages, first after two seconds, and no others: so the last message that
 * met a lookup or handshake is held until that is over. */
#include <string.h>

#include "internal.h"

/* RFC 7252 section 3 */
#define COAP_TYPE     0x30
#define COAP_TYPE_NON 0x10
#define COAP_ANSWERS  0x20 /* ACK and RST have this bit of the type */
#define COAP_RESET    0x70
#define COAP_HEADER   4

/* Nobody answers a non-confirmable message, so that it says nothing about a server that is silent. */
static doze_result send_once(doze_wakaama_connection *c, const uint8_t *data, size_t size) {
    if (c->dtls != NULL && (data[0] & COAP_TYPE) == COAP_TYPE_NON) {
        return doze_dtls_send_one_way(c->dtls, data, size);
    }
    return doze_send(c->socket, data, size);
}

/* DOZE_NEW_CONTEXT needs no answer here: doze_wakaama_step() has put the server down for a Register. */
static doze_result send_message(doze_wakaama_connection *c, const uint8_t *data, size_t size) {
    doze_result result = send_once(c, data, size);
    return result == DOZE_NEW_CONTEXT ? send_once(c, data, size) : result;
}

void doze_wakaama_drop_held(doze_wakaama_connection *c) {
    lwm2m_free(c->held);
    c->held = NULL;
    c->held_size = 0;
}

static doze_result hold(doze_wakaama_connection *c, const uint8_t *data, size_t size) {
    void *copy = lwm2m_malloc(size);
    if (copy == NULL) {
        return DOZE_ERR_NO_MEMORY;
    }
    memcpy(copy, data, size);
    doze_wakaama_drop_held(c);
    c->held = copy;
    c->held_size = size;
    return DOZE_OK;
}

doze_result doze_wakaama_send_held(doze_wakaama_connection *c) {
    doze_result result = c->held == NULL ? DOZE_OK : send_message(c, c->held, c->held_size);
    doze_wakaama_drop_held(c);
    return result;
}

void doze_wakaama_refuse_held(doze_wakaama *w, doze_wakaama_connection *c) {
    const uint8_t *held = c->held;
    bool resettable = held != NULL && c->held_size >= COAP_HEADER && (held[0] & COAP_ANSWERS) == 0;
    uint8_t reset[COAP_HEADER] = {COAP_RESET};
    if (resettable) {
        memcpy(reset + 2, held + 2, 2); /* the message ID */
    }
    doze_wakaama_drop_held(c);
    if (resettable) {
        lwm2m_handle_packet(w->context, reset, sizeof(reset), c);
    }
}

/* Asleep, never connected, or its association is over. */
static doze_result revive(doze_wakaama *w, doze_wakaama_connection *c) {
    if (doze_get_state(c->socket) == DOZE_STATE_CONNECTED) {
        doze_shutdown(c->socket);
    }
    return doze_get_state(c->socket) == DOZE_STATE_SHUTDOWN ? doze_resume(c->socket) : doze_wakaama_dial(w, c);
}

bool doze_wakaama_is_over(doze_result result) {
    return result == DOZE_ERR_CLOSED_BY_PEER || result == DOZE_ERR_ALERT || result == DOZE_ERR_EXHAUSTED;
}

/* What to do when a message was not sent. */
static doze_result send_otherwise(doze_wakaama *w, doze_wakaama_connection *c, const doze_bytes *message,
                                  doze_result why) {
    doze_result result = why;
    if (result == DOZE_ERR_STATE || doze_wakaama_is_over(result)) {
        result = revive(w, c);
        result = result == DOZE_OK ? send_message(c, message->data, message->size) : result;
    } else if (result == DOZE_NEW_CONTEXT) {
        result = send_message(c, message->data, message->size);
    }
    return result == DOZE_IN_PROGRESS ? hold(c, message->data, message->size) : result;
}

/* Wakaama may go on to send in a session that it has closed: what it repeats for a registration that failed. */
static bool is_open(const doze_wakaama *w, const void *session) {
    const doze_wakaama_connection *c = w->first;
    while (c != NULL && c != session) {
        c = c->next;
    }
    return c != NULL;
}

uint8_t lwm2m_buffer_send(void *session, uint8_t *data, size_t size, void *user) {
    if (!is_open(user, session) || size == 0) {
        return COAP_500_INTERNAL_SERVER_ERROR;
    }
    doze_result result = send_once(session, data, size);
    if (result != DOZE_OK) {
        result = send_otherwise(user, session, &(doze_bytes){data, size}, result);
    }
    return result == DOZE_OK ? COAP_NO_ERROR : COAP_503_SERVICE_UNAVAILABLE;
}
