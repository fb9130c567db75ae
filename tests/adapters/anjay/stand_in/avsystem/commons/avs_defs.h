/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in: declares what the adapter and its tests need of a header of that name, and nothing else. */
#ifndef AVS_COMMONS_DEFS_H
#define AVS_COMMONS_DEFS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <net/if.h>

typedef union {
    void *ptr;
    void (*fptr)(void);
    long double ld;
    intmax_t i;
} avs_max_align_t;

#endif
