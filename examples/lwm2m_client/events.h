/* SPDX-License-Identifier: Apache-2.0 */
/* What the client says of itself. */
#ifndef LWM2M_EVENTS_H
#define LWM2M_EVENTS_H

#include "doze/dtls.h"

typedef enum lwm2m_event_name {
    LWM2M_EVENT_CONNECTED,        /* for the first time, or after a goodbye: port, report */
    LWM2M_EVENT_AWAKE,            /* port, report */
    LWM2M_EVENT_NO_CONNECTION_ID, /* why */
    LWM2M_EVENT_NEW_CONTEXT,      /* the server does not know us in it: port, report */
    LWM2M_EVENT_REREGISTERING,    /* why, location given up */
    LWM2M_EVENT_REGISTERED,       /* location, seconds it lasts */
    LWM2M_EVENT_UPDATED,          /* location, seconds it lasts */
    LWM2M_EVENT_DEREGISTERED,     /* location */
    LWM2M_EVENT_ASLEEP,           /* seconds, at most */
    LWM2M_EVENT_REQUEST,          /* of the server: operation, path, code of our answer */
    LWM2M_EVENT_NOTIFIED,         /* path; why, if the observation ended with it */
    LWM2M_EVENT_MALFORMED,        /* what came was no CoAP */
    LWM2M_EVENT_ERROR,            /* why, code of the server's answer if that was it, result, alert */
    LWM2M_EVENT_BACKING_OFF,      /* seconds, attempt */
    LWM2M_EVENT_BOOTSTRAP_NEEDED, /* why */
    LWM2M_EVENT_ENDED,            /* why */
    LWM2M_EVENTS
} lwm2m_event_name;
const char *lwm2m_event_text(lwm2m_event_name name); /* "registered" */

/* What is not said is 0 or NULL; valid until the callback returns. */
typedef struct lwm2m_event {
    lwm2m_event_name name;
    const char *why;
    const char *location;
    const char *operation;
    const char *path;
    const doze_report *report; /* NULL without DTLS */
    double seconds;
    bool connection_id; /* what is sent carries one; goes with `report` */
    uint16_t port;      /* the local one */
    uint8_t code;
    doze_result result;
    int alert; /* 0: none */
    unsigned attempt;
} lwm2m_event;

#endif
