/* SPDX-License-Identifier: Apache-2.0 */
/* In place of with_psk.c. */
#include <doze/x509.h>

#include "board.h"
#include "client.h"

#define ARENA_SIZE 20480 /* 6.4 kB, 10.3 kB, and 102 blocks, with a server's chain of two */
unsigned char client_arena[ARENA_SIZE];
const size_t client_arena_size = ARENA_SIZE;

doze_result client_set_credentials(doze_dtls_settings *settings) {
    static doze_x509 x509;
    const board_identity *device = board_identity_of_device();
    const doze_x509_settings given = {
        .random = port_random(),
        .trust = {device->ca, device->ca_size},
        .certificate = {device->certificate, device->certificate_size},
        .key = {device->key, device->key_size},
    };
    settings->x509 = &x509;
    return doze_x509_init(&x509, &given);
}
