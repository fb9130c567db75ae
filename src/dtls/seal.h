/* SPDX-License-Identifier: Apache-2.0 */
/* What goes into the store: bytes that only this device can make and read, for one peer, with one configuration. */
#ifndef DOZE_DTLS_SEAL_H
#define DOZE_DTLS_SEAL_H

#include "dtls/compat.h"

/* Adds a value to what a chain of values has come to; their number and order must always be the same. */
static inline int doze_seal_absorb(uint8_t chain[DOZE_MAC_SIZE], const void *data, size_t size) {
    return doze_tls_mac(chain, data, size);
}

/* Sets `config->seal_key`, where there is a secret to make it from. */
int doze_seal_make_key(doze_dtls_config *config, const doze_dtls_settings *settings);

/* What a record is for: it is good for nothing else. */
typedef struct doze_seal_purpose {
    const char *host;
    uint16_t port;
    uint8_t slot;
    uint8_t kind;
} doze_seal_purpose;

/* Behind the contents: tag and nonce. */
#define DOZE_SEAL_OVERHEAD (DOZE_TAG_SIZE + DOZE_NONCE_SIZE)

/* In place: behind the `size` bytes of contents is room for DOZE_SEAL_OVERHEAD more. */
int doze_seal_close(const doze_dtls_config *config, const doze_seal_purpose *purpose, uint8_t *record, size_t size);
/* 0: these `size` bytes were sealed for this. Of errors, a lack of memory says nothing about them. */
int doze_seal_open(const doze_dtls_config *config, const doze_seal_purpose *purpose, uint8_t *record, size_t size);

#endif
