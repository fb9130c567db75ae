/* SPDX-License-Identifier: Apache-2.0 */
/* The sessions of Wakaama: made, compared, ended. */
#include <string.h>

#include "internal.h"

/* A name longer than a doze_udp has room for lies behind the connection. */
static doze_wakaama_connection *make(doze_wakaama *w, const doze_wakaama_uri *uri) {
    size_t name = strlen(uri->host) < DOZE_HOSTNAME_INLINE ? 0 : sizeof(uri->host);
    doze_wakaama_connection *c = lwm2m_malloc(sizeof(*c) + name);
    if (c == NULL) {
        w->last_error = DOZE_ERR_NO_MEMORY;
        return NULL;
    }
    memset(c, 0, sizeof(*c) + name);
    doze_udp_settings udp = w->settings.udp;
    udp.hostname_memory = name == 0 ? NULL : (char *)(c + 1);
    udp.hostname_memory_size = name;
    w->last_error = doze_udp_init(&c->udp, &udp);
    c->socket = &c->udp.socket;
    return c;
}

static doze_result make_secure(doze_wakaama *w, doze_wakaama_connection *c) {
    doze_result result = doze_wakaama_init_config(w, c->security_instance, &c->config);
    if (result != DOZE_OK) {
        return result;
    }
    result = doze_dtls_init(&c->secure, &c->config, &c->udp.socket);
    c->dtls = &c->secure;
    c->socket = &c->secure.socket;
    return result;
}

static void free_connection(doze_wakaama_connection *c) {
    doze_wakaama_drop_held(c);
    doze_deinit(c->socket);
    if (c->dtls != NULL) {
        doze_deinit(&c->udp.socket);
        doze_dtls_config_deinit(&c->config);
    }
    lwm2m_free(c);
}

doze_result doze_wakaama_dial(doze_wakaama *w, doze_wakaama_connection *c) {
    doze_wakaama_uri uri;
    doze_result result = doze_wakaama_read_uri(w, c->security_instance, &uri);
    if (result == DOZE_OK && uri.secure != (c->dtls != NULL)) {
        result = DOZE_ERR_CONFIG;
    }
    return result == DOZE_OK ? doze_connect(c->socket, uri.host, uri.port) : result;
}

static doze_result set_up(doze_wakaama *w, doze_wakaama_connection *c, bool secure) {
    doze_result result = secure ? make_secure(w, c) : DOZE_OK;
    if (result == DOZE_OK && w->settings.prepare != NULL) {
        result = w->settings.prepare(w->settings.user, c);
    }
    return result;
}

/* A server that cannot be reached now has a session all the same: what Wakaama sends, and repeats, tries again. */
void *lwm2m_connect_server(uint16_t instance, void *user) {
    doze_wakaama *w = user;
    doze_wakaama_uri uri;
    w->last_error = doze_wakaama_read_uri(w, instance, &uri);
    doze_wakaama_connection *c = w->last_error == DOZE_OK ? make(w, &uri) : NULL;
    if (c == NULL) {
        return NULL;
    }
    c->security_instance = instance;
    w->last_error = w->last_error == DOZE_OK ? set_up(w, c, uri.secure) : w->last_error;
    if (w->last_error != DOZE_OK) {
        free_connection(c);
        return NULL;
    }
    c->next = w->first;
    w->first = c;
    doze_result result = doze_wakaama_dial(w, c);
    w->last_error = result < 0 ? result : DOZE_OK;
    return c;
}

static void unlink_connection(doze_wakaama *w, doze_wakaama_connection *c) {
    for (doze_wakaama_connection **at = &w->first; *at != NULL; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    if (w->next_in_turn == c) { /* Wakaama may close any session while it handles a packet */
        w->next_in_turn = c->next;
    }
}

void lwm2m_close_connection(void *session, void *user) {
    doze_wakaama_connection *c = session;
    unlink_connection(user, c);
    doze_close(c->socket);
    free_connection(c);
}

bool lwm2m_session_is_equal(void *one, void *other, void *user) {
    (void)user;
    return one == other;
}

void doze_wakaama_deinit(doze_wakaama *w) {
    while (w->first != NULL) {
        doze_wakaama_connection *c = w->first;
        w->first = c->next;
        free_connection(c);
    }
}
