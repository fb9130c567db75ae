/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "board.h"
#include "client.h"

#define ARENA_SIZE 12288 /* 4.2 kB, 5.3 kB, and 35 blocks */
unsigned char client_arena[ARENA_SIZE];
const size_t client_arena_size = ARENA_SIZE;

doze_result client_set_credentials(doze_dtls_settings *settings) {
    const board_identity *device = board_identity_of_device();
    settings->psk = (doze_psk){
        .identity = {device->psk_identity, strlen(device->psk_identity)},
        .key = {device->psk, device->psk_size},
    };
    return DOZE_OK;
}
