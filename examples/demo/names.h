/* SPDX-License-Identifier: Apache-2.0 */
/* A name service that knows one name, and whose answer can change. */
#ifndef DEMO_NAMES_H
#define DEMO_NAMES_H

#include "doze/platform.h"

#define NAMES_HOST "server.test" /* RFC 6761 section 6.2: nobody has it */

typedef struct names {
    doze_resolver resolver; /* first: a pointer to it is one to the whole */
    doze_lookup lookup;     /* of the one socket that asks */
    doze_endpoint answer;
} names;

/* `host` is an IPv4 address in host byte order. */
void names_init(names *n, uint32_t host);
void names_change(names *n, uint32_t host);

#endif
