/* SPDX-License-Identifier: Apache-2.0 */
/* What an event loop calls. */
#include <string.h>

#include "internal.h"

doze_result doze_wakaama_init(doze_wakaama *w, const doze_wakaama_settings *settings) {
    if (w == NULL || settings == NULL || settings->udp.net == NULL || settings->buffer == NULL ||
        settings->buffer_size == 0) {
        return DOZE_ERR_ARGUMENT;
    }
    memset(w, 0, sizeof(*w));
    w->settings = *settings;
    return DOZE_OK;
}

/* The first error is told, else that something goes on. */
static doze_result sum_up(doze_result before, doze_result result) {
    bool worth_telling = result < 0 || result == DOZE_IN_PROGRESS;
    return before < 0 || !worth_telling ? before : result;
}

static bool is_registered(lwm2m_status_t status) {
    return status == STATE_REGISTERED || status == STATE_REG_UPDATE_PENDING || status == STATE_REG_UPDATE_NEEDED ||
           status == STATE_REG_FULL_UPDATE_NEEDED;
}

/* What Wakaama does at its own start it does again: it registers where it is not registered. False: it was not. */
static bool register_again(doze_wakaama *w, const doze_wakaama_connection *c) {
    lwm2m_server_t *server = w->context->serverList;
    while (server != NULL && server->sessionH != c) {
        server = server->next;
    }
    if (server == NULL || !is_registered(server->status)) {
        return false;
    }
    server->status = STATE_DEREGISTERED;
    if (w->context->state == STATE_READY || w->context->state == STATE_REGISTERING) {
        w->context->state = STATE_REGISTER_REQUIRED;
    }
    return true;
}

/* In a new association, what was meant for the registration of before must not go out, nor be repeated. */
static doze_result go_on(doze_wakaama *w, doze_wakaama_connection *c) {
    int64_t continued = 1; /* UDP does not know */
    doze_get_option(c->socket, DOZE_OPT_CONTEXT_CONTINUED, &continued);
    if (continued == 0 && register_again(w, c)) {
        doze_wakaama_refuse_held(w, c);
        return DOZE_OK;
    }
    return doze_wakaama_send_held(c);
}

static doze_result receive(doze_wakaama *w, doze_wakaama_connection *c) {
    size_t size;
    doze_result result = doze_recv(c->socket, w->settings.buffer, w->settings.buffer_size, &size);
    if (result == DOZE_OK) {
        lwm2m_handle_packet(w->context, w->settings.buffer, size, c); /* may close any connection */
    } else if (doze_wakaama_is_over(result)) {
        doze_shutdown(c->socket); /* what arrives now is nothing to anybody, and would only wake poll() */
    }
    return result;
}

static doze_result attend(doze_wakaama *w, doze_wakaama_connection *c) {
    doze_state state = doze_get_state(c->socket);
    if (state == DOZE_STATE_CONNECTED) {
        return receive(w, c);
    }
    if (state != DOZE_STATE_CONNECTING) {
        return DOZE_OK;
    }
    doze_result result = doze_step(c->socket);
    if (result < 0) {
        doze_wakaama_drop_held(c);
    }
    return result == DOZE_OK ? go_on(w, c) : result;
}

doze_result doze_wakaama_step(doze_wakaama *w) {
    doze_result result = DOZE_OK;
    for (doze_wakaama_connection *c = w->first; c != NULL; c = w->next_in_turn) {
        w->next_in_turn = c->next;
        result = sum_up(result, attend(w, c));
    }
    return result;
}

size_t doze_wakaama_fds(const doze_wakaama *w, int *fds, size_t capacity) {
    size_t count = 0;
    for (const doze_wakaama_connection *c = w->first; c != NULL; c = c->next) {
        int fd = doze_fd(c->socket);
        if (fd >= 0 && count < capacity) {
            fds[count] = fd;
        }
        count += fd >= 0;
    }
    return count;
}

int32_t doze_wakaama_next_timeout(const doze_wakaama *w) {
    int32_t least = -1;
    for (const doze_wakaama_connection *c = w->first; c != NULL; c = c->next) {
        int32_t timeout = doze_next_timeout(c->socket);
        if (timeout >= 0 && (least < 0 || timeout < least)) {
            least = timeout;
        }
    }
    return least;
}

doze_result doze_wakaama_sleep(doze_wakaama *w) {
    doze_result result = DOZE_OK;
    for (doze_wakaama_connection *c = w->first; c != NULL; c = c->next) {
        doze_wakaama_drop_held(c);
        if (doze_get_state(c->socket) != DOZE_STATE_CLOSED) {
            result = sum_up(result, doze_shutdown(c->socket));
        }
    }
    return result;
}

doze_result doze_wakaama_wake(doze_wakaama *w) {
    doze_result result = DOZE_OK;
    for (doze_wakaama_connection *c = w->first; c != NULL; c = c->next) {
        if (doze_get_state(c->socket) == DOZE_STATE_SHUTDOWN) {
            result = sum_up(result, doze_resume(c->socket));
        }
    }
    return result;
}
