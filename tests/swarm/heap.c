/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that fails, and that knows whose it is; and the wall clock that Mbed TLS puts into hellos. A program has them
 * when it is linked with --wrap for malloc, calloc, realloc, free and time; otherwise nothing here is ever called. */
#include <stdalign.h>
#include <string.h>
#include <time.h>

#include "dtls/compat.h"
#include "swarm/swarm_internal.h"

void *__real_malloc(size_t size) __attribute__((weak));
void *__real_realloc(void *memory, size_t size) __attribute__((weak));
void __real_free(void *memory) __attribute__((weak));
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
time_t __wrap_time(time_t *out);

typedef struct block {
    alignas(max_align_t) size_t size;
    bool of_client;
} block;

static swarm *watched;
static size_t of_clients;
static uint64_t seconds;

void swarm_heap_watch(swarm *s) {
    watched = s;
}

size_t swarm_heap_of_clients(void) {
    return of_clients;
}

void swarm_heap_set_time(uint64_t now) {
    seconds = now;
}

static bool fails(swarm *s) {
    enum { IN_A_ROW_MAX = 6 };
    uint64_t chance = 0;
    s->in_client = false;
    if (s->failing_allocations == 0 && !s->off && swarm_strikes(s, SWARM_ALLOCATION, &chance)) {
        s->failing_allocations = chance % 2 == 0 ? 1 : 1 + (unsigned)(chance >> 8) % IN_A_ROW_MAX;
    }
    s->in_client = true;
    if (s->failing_allocations == 0) {
        return false;
    }
    s->failing_allocations--;
    s->injected++;
    swarm_count(s, SWARM_ALLOCATION);
    return true;
}

void *__wrap_malloc(size_t size) {
    block *b = size > SIZE_MAX - sizeof(block) ? NULL : __real_malloc(sizeof(*b) + size);
    if (b == NULL) {
        return NULL;
    }
    *b = (block){.size = size};
    return b + 1;
}

/* Mbed TLS calls nothing else. */
void *__wrap_calloc(size_t count, size_t size) {
    bool for_client = watched != NULL && watched->in_client && !doze_tls_has_psa_keys(); /* which keeps some for good */
    if (for_client && fails(watched)) {
        return NULL;
    }
    void *memory = size != 0 && count > SIZE_MAX / size ? NULL : __wrap_malloc(count * size);
    if (memory != NULL) {
        memset(memory, 0, count * size);
        ((block *)memory - 1)->of_client = for_client;
        of_clients += for_client ? count * size : 0;
    }
    return memory;
}

void *__wrap_realloc(void *memory, size_t size) {
    if (memory == NULL) {
        return __wrap_malloc(size);
    }
    block *b = size > SIZE_MAX - sizeof(block) ? NULL : __real_realloc((block *)memory - 1, sizeof(*b) + size);
    if (b == NULL) {
        return NULL;
    }
    b->size = size;
    return b + 1;
}

void __wrap_free(void *memory) {
    if (memory == NULL) {
        return;
    }
    block *b = (block *)memory - 1;
    of_clients -= b->of_client ? b->size : 0;
    __real_free(b);
}

time_t __wrap_time(time_t *out) {
    time_t now = (time_t)(seconds + (watched != NULL ? watched->w.now / 1000 : 0));
    if (out != NULL) {
        *out = now;
    }
    return now;
}
