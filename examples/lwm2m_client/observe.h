/* SPDX-License-Identifier: Apache-2.0 */
/* Who wants to be told of what (RFC 7641, LwM2M 1.1 section 6.4). */
#ifndef LWM2M_OBSERVE_H
#define LWM2M_OBSERVE_H

#include "coap/coap.h"
#include "formats.h"

#define OBSERVATIONS         4
#define OBSERVE_SEQUENCE_MAX 0xffffff

typedef struct observation {
    bool used;
    lwm2m_path path;
    uint16_t format;
    uint8_t token[MESSAGE_TOKEN_MAX];
    uint8_t token_size;
    /* What follows need not outlive a reboot. */
    bool changed;  /* since it was told last */
    uint64_t told; /* when that was, by the client's clock */
} observation;

typedef struct observations {
    observation all[OBSERVATIONS];
    uint32_t sequence; /* of the last notification: 24 bits, like the next one */
    uint32_t reserved; /* no notification has had a higher one; to be kept, where `sequence` need not be */
} observations;

/* NULL: there is no room for another one. A request for the same path replaces the one before. */
observation *observations_add(observations *o, const message *request, const lwm2m_path *path, uint64_t now);
void observations_cancel(observations *o, const lwm2m_path *path);
void observations_clear(observations *o);
/* In another life, whose clock may have begun anew, and in which only what is reserved is known of the sequence. */
void observations_restart(observations *o, uint64_t now);
void observations_cancel_token(observations *o, const uint8_t *token, size_t size);
void observations_touch(observations *o, uint16_t object, uint16_t resource);
/* Rises (RFC 7641 section 3.4), across a restart too: when `reserved` changes, keep it before the number is sent. */
uint32_t observations_next_sequence(observations *o);

/* When the next notification is due, UINT64_MAX: never; and whose that is. */
uint64_t observations_due(const observations *o, const lwm2m_values *values);
observation *observations_first(observations *o, const lwm2m_values *values);

#endif
