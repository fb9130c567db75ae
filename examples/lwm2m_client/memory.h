/* SPDX-License-Identifier: Apache-2.0 */
/* The registration in a small file beside doze's store, so that a client that was rebooted goes on with it. */
#ifndef LWM2M_MEMORY_H
#define LWM2M_MEMORY_H

#include "client.h"

typedef struct memory {
    const char *directory; /* NULL: nothing is kept */
    const char *endpoint;  /* whose registration it is, … */
    const char *host;      /* … and where */
    uint16_t port;
} memory;

/* What was kept of this endpoint at this server; false: nothing, and `registration` is all zero. */
bool memory_load(const memory *m, lwm2m_registration *registration);
/* Replaced as a whole, or removed when there is no location. False: it could not be, with errno. */
bool memory_save(const memory *m, const lwm2m_registration *registration);

#endif
