/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"

const char *lwm2m_event_text(lwm2m_event_name name) {
    static const char *const texts[LWM2M_EVENTS] = {
        [LWM2M_EVENT_CONNECTED] = "connected",
        [LWM2M_EVENT_AWAKE] = "awake",
        [LWM2M_EVENT_NO_CONNECTION_ID] = "no_connection_id",
        [LWM2M_EVENT_NEW_CONTEXT] = "new_context",
        [LWM2M_EVENT_REREGISTERING] = "reregistering",
        [LWM2M_EVENT_REGISTERED] = "registered",
        [LWM2M_EVENT_UPDATED] = "updated",
        [LWM2M_EVENT_DEREGISTERED] = "deregistered",
        [LWM2M_EVENT_ASLEEP] = "asleep",
        [LWM2M_EVENT_REQUEST] = "request",
        [LWM2M_EVENT_NOTIFIED] = "notified",
        [LWM2M_EVENT_MALFORMED] = "malformed",
        [LWM2M_EVENT_ERROR] = "error",
        [LWM2M_EVENT_BACKING_OFF] = "backing_off",
        [LWM2M_EVENT_BOOTSTRAP_NEEDED] = "bootstrap_needed",
        [LWM2M_EVENT_ENDED] = "ended",
    };
    return texts[name];
}
