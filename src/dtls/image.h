/* SPDX-License-Identifier: Apache-2.0 */
/* An association as bytes: numbers in network byte order, nothing that is the same for all. */
#ifndef DOZE_DTLS_IMAGE_H
#define DOZE_DTLS_IMAGE_H

#include "dtls/compat.h"

/* Writes or reads field by field, so that both ways are one list. */
typedef struct doze_cursor {
    uint8_t *at;
    const uint8_t *end;
    bool reading;
    bool good; /* everything fitted, and what was read makes sense */
} doze_cursor;

void doze_code_number(doze_cursor *c, uint64_t *value, size_t size);
void doze_code_u8(doze_cursor *c, uint8_t *value, uint8_t most);
void doze_code_u16(doze_cursor *c, uint16_t *value);
void doze_code_u32(doze_cursor *c, uint32_t *value);
void doze_code_bytes(doze_cursor *c, uint8_t *value, size_t size);

void doze_code_state(doze_cursor *c, doze_tls_state *state);
/* Version with flags, suite, MTU, window, sequence number, secret, randoms, session ID, Connection IDs of `cids` bytes. */
#define DOZE_STATE_SIZE(cids) (1 + 2 + 2 + 14 + 6 + 48 + 64 + 33 + 2 + (cids))
#define DOZE_STATE_SIZE_MAX   DOZE_STATE_SIZE(DOZE_CID_MAX + MBEDTLS_SSL_CID_OUT_LEN_MAX)

#endif
