/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests have for Wakaama: its functions that the adapter calls, and a Security object. */
#ifndef ADAPTERS_WAKAAMA_FAKE_H
#define ADAPTERS_WAKAAMA_FAKE_H

#include <liblwm2m.h>

#define FAKE_SERVERS    2
#define FAKE_PACKET_MAX 2048

typedef struct fake_security {
    const char *uri; /* NULL: there is no such instance */
    int64_t mode;    /* below 0: the object has none */
    bool no_number;  /* the mode is of another type */
    const char *identity;
    const void *key;
    size_t key_size;
} fake_security;

typedef struct fake {
    lwm2m_context_t context; /* first: lwm2m_handle_packet() gets this alone */
    lwm2m_object_t others;   /* in the list of objects before the Security object, as its order is not promised */
    lwm2m_object_t object;
    fake_security security[FAKE_SERVERS]; /* by instance */
    lwm2m_server_t servers[FAKE_SERVERS]; /* the same */

    /* The last packet that was handed over, and how many there were. */
    void *session;
    uint8_t packet[FAKE_PACKET_MAX];
    size_t packet_size;
    unsigned packets;
    /* Called for each; NULL: nothing more happens. */
    void (*on_packet)(void *context);
    void *on_packet_context;
} fake;

void fake_init(fake *f);

/* How many bytes of strings and keys were not wiped when they were given back. */
extern size_t fake_unwiped;

/* Of lwm2m_malloc(): how many are not freed yet; the allocation after so many more fails, below 0 (default): none. */
extern int fake_allocations;
extern int fake_fail_after;

#endif
