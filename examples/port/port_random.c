/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"
#include "port.h"

static int fill(void *context, unsigned char *out, size_t size) {
    (void)context;
    return board_random(out, size);
}

/* A source with little entropy a second seeds a generator (MBEDTLS_CTR_DRBG_C) instead, which stands here then. */
doze_random port_random(void) {
    return (doze_random){.fill = fill};
}
