/* SPDX-License-Identifier: Apache-2.0 */
/* Memory at a constant price, for the programs that count instructions: what the C library's costs depends on all that
 * was asked for before, and Mbed TLS 4.x asks for some with each record. Linked with --wrap for malloc, calloc, realloc
 * and free. A block has room for a power of two, and what is freed waits for the next that fits it. */
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BINS = 32, SMALLEST = 64 };

typedef struct block {
    alignas(max_align_t) struct block *next; /* of those that are free */
    unsigned bin;
} block;

static block *unused[BINS];

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static size_t capacity(unsigned bin) {
    return (size_t)SMALLEST << bin;
}

void *__wrap_malloc(size_t size) {
    unsigned bin = 0;
    while (bin < BINS && capacity(bin) < size) {
        bin++;
    }
    if (bin == BINS) {
        return NULL;
    }
    block *b = unused[bin];
    if (b != NULL) {
        unused[bin] = b->next;
        return b + 1;
    }
    b = __real_malloc(sizeof(*b) + capacity(bin));
    if (b == NULL) {
        return NULL;
    }
    b->bin = bin;
    return b + 1;
}

void *__wrap_calloc(size_t count, size_t size) {
    void *memory = size != 0 && count > SIZE_MAX / size ? NULL : __wrap_malloc(count * size);
    if (memory != NULL) {
        memset(memory, 0, count * size);
    }
    return memory;
}

void __wrap_free(void *memory) {
    if (memory == NULL) {
        return;
    }
    block *b = (block *)memory - 1;
    b->next = unused[b->bin];
    unused[b->bin] = b;
}

void *__wrap_realloc(void *memory, size_t size) {
    if (memory == NULL) {
        return __wrap_malloc(size);
    }
    block *b = (block *)memory - 1;
    if (size <= capacity(b->bin)) {
        return memory;
    }
    void *larger = __wrap_malloc(size);
    if (larger != NULL) {
        memcpy(larger, memory, capacity(b->bin));
        __wrap_free(memory);
    }
    return larger;
}
