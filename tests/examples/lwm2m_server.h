/* SPDX-License-Identifier: Apache-2.0 */
/* A scripted LwM2M server for the tests: registers one client, answers as it is told to, and asks what it is told to.
 * It speaks through whatever it is given, the test server's associations or a plain address. */
#ifndef LWM2M_SERVER_H
#define LWM2M_SERVER_H

#include "coap/coap.h"
#include "peer/peer.h"

#define LWM2M_SERVER_TEXT 320

typedef struct lwm2m_server {
    /* What it does; zero is a well-behaved server. */
    uint8_t register_code;   /* instead of 2.01 */
    uint8_t deregister_code; /* instead of 2.02 */
    bool reset;              /* answers all requests by a Reset */
    uint8_t update_code;     /* instead of 2.04, or of 4.04 where there is no registration */
    bool no_location;        /* a Register is answered without one, … */
    const char *place;       /* … or with this one; NULL: one of its own */
    bool separate;           /* each answer comes separately, with a message of its own */
    bool mute;               /* hears everything, and answers nothing */
    bool reset_notifications;
    const uint8_t *first; /* said once, right before the next answer; NULL: nothing */
    size_t first_size;

    /* What it has seen. */
    unsigned registers;
    unsigned updates;
    unsigned deregisters;
    unsigned notifications;
    unsigned resets;     /* that it got */
    unsigned unanswered; /* requests while it was mute */
    bool registered;
    char location[16];                   /* of the registration, as "/rd/1" */
    char queries[LWM2M_SERVER_TEXT];     /* of the last Register or Update, each behind a '&' */
    char links[LWM2M_SERVER_TEXT];       /* of the last Register */
    uint8_t notified_code;               /* of the last notification, … */
    uint32_t observe;                    /* … and what only one that is not the last of its observation has */
    uint8_t notified[MESSAGE_TOKEN_MAX]; /* its token */
    char content[LWM2M_SERVER_TEXT];     /* of the last notification or response */
    size_t content_size;
    uint8_t code; /* of the last response that was no notification */
    uint32_t format;

    /* Private. */
    void (*say)(void *context, const uint8_t *data, size_t size);
    void *say_context;
    peer_association *at; /* who spoke last */
    uint16_t next_id;
    unsigned locations;
} lwm2m_server;

void lwm2m_server_receive(lwm2m_server *s, const uint8_t *data, size_t size);
/* For peer_settings.on_message, whose context is the lwm2m_server. */
void lwm2m_server_on_message(void *context, peer *p, peer_association *a, const unsigned char *data, size_t size);

/* Asks the client; its answer is in `code` and `content`. `accept` and `format` UINT16_MAX: not said. */
typedef struct lwm2m_order {
    uint8_t method;
    const char *path;
    const char *payload; /* NULL: none */
    size_t payload_size; /* 0: a text's */
    uint16_t accept;     /* + 1; 0: not said */
    uint16_t format;     /* + 1; the same */
    uint8_t observe;     /* + 1; the same */
    uint8_t token;       /* one byte of it */
    const char *query;   /* NULL: none */
    uint16_t option;     /* another one, of one byte; 0: none */
    uint8_t value;
} lwm2m_order;
void lwm2m_server_ask(lwm2m_server *s, const lwm2m_order *order);

/* As is, to the client that spoke last. */
void lwm2m_server_say(lwm2m_server *s, const void *data, size_t size);
void lwm2m_server_forget(lwm2m_server *s); /* the registration */

#endif
