/* SPDX-License-Identifier: Apache-2.0 */
/* A CoAP server's answers: one resource, served by blocks (RFC 7959), with faults to order. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "coap/coap.h"

#define BLOCKS_PATH "/fw/image"

typedef enum blocks_fault {
    BLOCKS_NO_FAULT,
    BLOCKS_NEXT_BLOCK,      /* the one after the one asked for */
    BLOCKS_SMALLER,         /* half the block size */
    BLOCKS_LARGER,          /* twice the block size */
    BLOCKS_SHORT,           /* a byte is missing, though more are to follow */
    BLOCKS_LONG,            /* a byte too many */
    BLOCKS_RESERVED_SIZE,   /* 7 */
    BLOCKS_NO_OPTION,       /* Block2 is missing */
    BLOCKS_TWO_OPTIONS,     /* … is there twice */
    BLOCKS_OVERLONG_OPTION, /* … has four bytes */
    BLOCKS_NO_ETAG,
    BLOCKS_CODE, /* `code`, with `max_age` if that is not 0, and nothing else */
    BLOCKS_RESET,
    BLOCKS_SILENCE,
} blocks_fault;

typedef struct blocks {
    const uint8_t *body;
    size_t size;
    uint8_t etag[9];
    uint8_t etag_size; /* 9 is one too many */
    uint8_t szx_max;   /* 6 unless a test wants smaller blocks */
    bool whole;        /* a body that fits is sent without Block2 */

    blocks_fault fault; /* of the requests from number `fault_from` on, `fault_times` of them */
    unsigned fault_from;
    unsigned fault_times;
    uint8_t code;
    uint32_t max_age;

    unsigned requests; /* so far, repeated ones included; the first one is number 1 */
    uint64_t bytes;    /* of the body, sent so far */
} blocks;

/* The answer to a datagram; 0: none. */
size_t blocks_answer(blocks *b, const uint8_t *request, size_t size, uint8_t *out, size_t capacity);

#endif
