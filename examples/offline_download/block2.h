/* SPDX-License-Identifier: Apache-2.0 */
/* The Block2 option (RFC 7959 section 2.2). */
#ifndef EXAMPLE_BLOCK2_H
#define EXAMPLE_BLOCK2_H

#include "coap/coap.h"

#define BLOCK2_SZX_MAX    6 /* 7 is reserved */
#define BLOCK2_NUMBER_MAX 0xfffff

typedef struct block2 {
    uint32_t number;
    bool more;
    uint8_t szx;
} block2;

typedef enum block2_verdict {
    BLOCK2_READ,
    BLOCK2_NONE,
    BLOCK2_MALFORMED, /* too long, there twice, or of the reserved size */
} block2_verdict;

block2_verdict block2_read(const message *m, block2 *b);
void block2_add(message *m, const block2 *b);

uint32_t block2_size(uint8_t szx); /* 16 to 1,024 bytes */
/* The largest size that is no larger than `bytes`. */
uint8_t block2_szx(uint32_t bytes);

#endif
