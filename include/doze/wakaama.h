/* SPDX-License-Identifier: Apache-2.0 */
/* Wakaama's connection functions over doze: coap:// is UDP, coaps:// DTLS, both with queue mode; docs/wakaama.md has a
 * whole loop. lwm2m_connect_server(), lwm2m_close_connection(), lwm2m_buffer_send() and lwm2m_session_is_equal() are
 * in this library, and take a doze_wakaama as their userData. One context of Wakaama, one doze_wakaama, one thread. */
#ifndef DOZE_WAKAAMA_H
#define DOZE_WAKAAMA_H

#include "doze/dtls.h"
#include "doze/udp.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _lwm2m_context_ lwm2m_context_t; /* as in liblwm2m.h, which this header does not need */
typedef struct doze_wakaama doze_wakaama;
typedef struct doze_wakaama_connection doze_wakaama_connection;

typedef struct doze_wakaama_settings {
    doze_udp_settings udp;   /* `net` is required; memory for names is the adapter's own */
    doze_dtls_settings dtls; /* for coaps://; its PSK comes from the Security object */
    void *buffer;            /* required: where each datagram is received … */
    size_t buffer_size;      /* … LWM2M_COAP_MAX_MESSAGE_SIZE bytes are enough; what is longer is dropped */

    /* Both may be NULL, and get `user`. An error of theirs ends the attempt to connect. */

    /* Security mode PSK, after the identity and key of the Security object's instance were put into `settings`, and the
     * only way to have mode Certificate: may change all of it. What it points to must stay until the connection ends. */
    doze_result (*credentials)(void *user, uint16_t security_instance, doze_dtls_settings *settings);
    /* The sockets are there, CLOSED: the place for doze_dtls_set_store(), doze_dtls_set_freezer(), options, binding. */
    doze_result (*prepare)(void *user, doze_wakaama_connection *connection);
    void *user;
} doze_wakaama_settings;

/* What lwm2m_connect_server() returns: the session of a server. Made with lwm2m_malloc(). */
struct doze_wakaama_connection {
    doze_socket *socket; /* for getters, options and doze_shutdown() */
    doze_dtls *dtls;     /* NULL: coap:// */
    uint16_t security_instance;
    /* Private from here on. */
    doze_wakaama_connection *next;
    void *held; /* the last message that a lookup or handshake held back; NULL: none */
    size_t held_size;
    doze_udp udp;
    doze_dtls_config config;
    doze_dtls secure;
};

struct doze_wakaama {
    lwm2m_context_t *context; /* to be set to what lwm2m_init() returned */
    doze_result last_error;   /* why lwm2m_connect_server() gave no session, or one whose connect must be repeated */
    /* Private from here on. */
    doze_wakaama_settings settings;
    doze_wakaama_connection *first;
    doze_wakaama_connection *next_in_turn;
};

/* DOZE_ERR_ARGUMENT: no net or no buffer. Then: w->context = lwm2m_init(w). What `settings` points to must outlive `w`. */
doze_result doze_wakaama_init(doze_wakaama *w, const doze_wakaama_settings *settings);

/* After lwm2m_close(), which says goodbye to the servers. Frees what is left of connections, and sends nothing. */
void doze_wakaama_deinit(doze_wakaama *w);

/* To be called when a descriptor is readable or doze_wakaama_next_timeout() is over, before lwm2m_step(). Drives what
 * connects, and hands one datagram of each connection to lwm2m_handle_packet(). After a new association the server is
 * put down for a Register, which the next lwm2m_step() sends.
 * DOZE_IN_PROGRESS while something connects: better wait with lwm2m_step(). An error is the first one met: of a connect or
 * a wake that failed, of an association that ended, of a datagram that was dropped. Nothing has to be done about it: the
 * next message that Wakaama sends, or repeats, tries again. */
doze_result doze_wakaama_step(doze_wakaama *w);

/* The descriptors to be polled for reading: how many there are, of which at most `capacity` are written. They change
 * with every wake. */
size_t doze_wakaama_fds(const doze_wakaama *w, int *fds, size_t capacity);

/* Milliseconds until doze_wakaama_step() wants a call; -1: only the descriptors matter. */
int32_t doze_wakaama_next_timeout(const doze_wakaama *w);

/* All connections fall asleep, as doze_shutdown(): nothing goes on the wire, and nobody can be heard. Do it when
 * `context->transactionList` is NULL. A message that Wakaama sends meanwhile wakes its connection. */
doze_result doze_wakaama_sleep(doze_wakaama *w);

/* Wakes all that sleep. DOZE_IN_PROGRESS where that needs a handshake: see doze_wakaama_step(). */
doze_result doze_wakaama_wake(doze_wakaama *w);

#ifdef __cplusplus
}
#endif
#endif
