/* SPDX-License-Identifier: Apache-2.0 */
/* A store in memory, with faults to order: what a flash does when it fails, and when the power does. */
#ifndef VAULT_H
#define VAULT_H

#include "doze/store.h"

#define VAULT_SLOTS     8
#define VAULT_SLOT_SIZE (DOZE_STORE_SLOT_SIZE + 64)

/* What a write that fails, or is cut, leaves in its slot. */
typedef enum vault_damage {
    VAULT_OLD,     /* what was there before */
    VAULT_NEW,     /* what should be there: only the word that it is got lost */
    VAULT_TORN,    /* the first half of the new, then the old */
    VAULT_NOTHING, /* it was erased for the new contents, which never came */
    VAULT_DAMAGES
} vault_damage;

typedef struct vault_slot {
    size_t size;
    uint8_t data[VAULT_SLOT_SIZE];
} vault_slot;

/* All zero is an empty one, once vault_init() was called. Members may be read and, but for `store`, written. */
typedef struct vault {
    doze_store store;
    vault_slot slots[VAULT_SLOTS];
    uint64_t counter; /* its own, where it has one */
    uint64_t reads;
    uint64_t writes; /* erasures included */
    uint64_t erasures;

    unsigned fail_reads; /* so many of the next ones; UINT_MAX: all */
    unsigned fail_writes;
    unsigned fail_erasures;
    unsigned fail_counter;
    vault_damage damage;       /* by those, or by the power; also to the counter */
    vault_damage erase_damage; /* to what was to be emptied */

    /* Called before anything is written: false when the power goes with it. NULL: never asked. */
    bool (*power)(void *context);
    void *power_context;
} vault;

void vault_init(vault *v, bool has_counter);

#endif
