/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz targets: functions that take any bytes, and abort the program when something is not as it must be. What one
 * does depends on its input alone. libfuzzer.c makes a fuzzer of each, test_fuzz_regressions.c a test of all. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int fuzz_function(const uint8_t *data, size_t size);

fuzz_function fuzz_datagrams_connected;
fuzz_function fuzz_datagrams_handshake;
fuzz_function fuzz_store;
fuzz_function fuzz_thaw;
fuzz_function fuzz_credentials;
fuzz_function fuzz_verbs;
fuzz_function fuzz_text;

/* ---- an input, read from its beginning to its end; behind that everything is zero ---- */

typedef struct fuzz_input {
    const uint8_t *at;
    size_t left;
} fuzz_input;

uint8_t fuzz_u8(fuzz_input *in);
uint16_t fuzz_u16(fuzz_input *in); /* in network byte order, like the next */
uint64_t fuzz_u64(fuzz_input *in);

/* A field: two bytes of length, then so many bytes, or what is left. A copy of its own, so that a sanitizer sees who
 * reads behind it; never NULL. A text has a zero behind it. */
typedef struct fuzz_field {
    uint8_t *data;
    size_t size;
} fuzz_field;
fuzz_field fuzz_take(fuzz_input *in);
fuzz_field fuzz_take_text(fuzz_input *in);
void fuzz_give_back(fuzz_field *field);

/* Says what does not hold, and aborts. */
void fuzz_expect(bool holds, const char *what);

#endif
