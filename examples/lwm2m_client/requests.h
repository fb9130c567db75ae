/* SPDX-License-Identifier: Apache-2.0 */
/* What a server asks of the client (LwM2M 1.1 sections 6.3 and 6.4). */
#ifndef LWM2M_REQUESTS_H
#define LWM2M_REQUESTS_H

#include "observe.h"

#define PAYLOAD_MAX 1024

typedef struct requests {
    lwm2m_values *values;
    observations *observations;
    /* What was asked and answered last. */
    const char *operation; /* "read", "write", … */
    char path[PATH_TEXT_SIZE];
    uint8_t code;
    bool observations_changed; /* since somebody set it to false */
    /* Private. */
    uint8_t payload[PAYLOAD_MAX]; /* of the response */
} requests;

void requests_answer(requests *r, const message *request, message *response, uint64_t now);

#endif
