/* SPDX-License-Identifier: Apache-2.0 */
/* What certs/generate made: see certs/README.md for the names. */
#ifndef CREDENTIALS_H
#define CREDENTIALS_H

#include "doze/dtls.h"

#define CREDENTIALS_FILE(name) DOZE_TEST_CERTS "/" name
#define CREDENTIALS_MAX        8192

/* The whole of a file, with a terminating zero that `size` does not count. Its memory is `memory`. */
doze_bytes credentials_read(const char *name, char memory[CREDENTIALS_MAX]);

/* The bytes of a key that is written in hex; returns how many. */
size_t credentials_from_hex(doze_bytes hex, unsigned char *out, size_t capacity);

#endif
