/* SPDX-License-Identifier: Apache-2.0 */
/* A device that reports and sleeps. */
#ifndef CLIENT_H
#define CLIENT_H

#include "port.h"

typedef struct client {
    doze_udp udp;
    doze_dtls_config config;
    doze_dtls dtls;
    uint8_t freezer[DOZE_IMAGE_MAX]; /* the association while the device sleeps */
} client;

/* Memory for Mbed TLS, which then takes none from anywhere else; before anything else, once. */
void client_give_memory(void);

doze_result client_begin(client *c);
/* Connects for the first time, wakes up later. */
doze_result client_wake(client *c);
/* Sends, and waits for the answer. DOZE_NEW_CONTEXT: register before anything else. */
doze_result client_ask(client *c, const void *question, size_t size, void *answer, size_t capacity, size_t *got);
doze_result client_sleep(client *c);
void client_end(client *c);

/* with_psk.c or with_certificate.c: who we are. */
doze_result client_set_credentials(doze_dtls_settings *settings);
/* What Mbed TLS needs for them: an association and a handshake at its most, as a climb has both, and 32 bytes a block. */
extern unsigned char client_arena[];
extern const size_t client_arena_size;

/* keep_in_flash.c or keep_nothing.c: what a loss of power leaves. */
doze_result client_keep(doze_dtls *dtls);
doze_result client_load(doze_dtls *dtls, const char *host, uint16_t port);

#endif
