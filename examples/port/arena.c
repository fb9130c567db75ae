/* SPDX-License-Identifier: Apache-2.0 */
#include <mbedtls/memory_buffer_alloc.h>

#include "client.h"

void client_give_memory(void) {
    mbedtls_memory_buffer_alloc_init(client_arena, client_arena_size);
}
