/* SPDX-License-Identifier: Apache-2.0 */
/* A crypto storage as an integrator of Anjay Lite has one: secrets by name. */
#ifndef STORAGE_H
#define STORAGE_H

#include <anj/crypto.h>

#include "doze/dtls.h"

/* What it has under any name but ""; the context that it is called with. */
typedef struct storage {
    doze_bytes secret;
} storage;

/* How Anjay Lite speaks of something in it. */
anj_crypto_security_info_t storage_info(const char *name);

#endif
