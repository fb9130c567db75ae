/* SPDX-License-Identifier: Apache-2.0 */
#include "vault.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static vault *vault_of(doze_store *store) {
    return (vault *)store; /* its first member */
}

static doze_result fail(vault *v) {
    v->store.cause = EIO;
    return DOZE_ERR_STORE;
}

static bool is_due(unsigned *failures) {
    bool due = *failures != 0;
    if (due && *failures != UINT_MAX) {
        --*failures;
    }
    return due;
}

static doze_result vault_read(doze_store *store, unsigned slot, void *buffer, size_t capacity, size_t *size) {
    vault *v = vault_of(store);
    v->reads++;
    if (is_due(&v->fail_reads) || slot >= VAULT_SLOTS) {
        return fail(v);
    }
    *size = v->slots[slot].size;
    if (*size > capacity) {
        return DOZE_ERR_TOO_LONG;
    }
    memcpy(buffer, v->slots[slot].data, *size);
    return DOZE_OK;
}

static void damage(const vault *v, vault_slot *slot, const void *data, size_t size) {
    switch (size == 0 ? v->erase_damage : v->damage) {
    case VAULT_NEW:
        slot->size = size;
        memcpy(slot->data, data, size);
        break;
    case VAULT_TORN:
        memcpy(slot->data, data, size / 2);
        slot->size = size > slot->size ? size : slot->size;
        break;
    case VAULT_NOTHING:
        slot->size = 0;
        break;
    default:
        break;
    }
}

static doze_result vault_write(doze_store *store, unsigned slot, const void *data, size_t size) {
    vault *v = vault_of(store);
    const void *contents = size == 0 ? "" : data;
    if (slot >= VAULT_SLOTS || size > VAULT_SLOT_SIZE) {
        return fail(v);
    }
    v->writes++;
    v->erasures += size == 0;
    bool powered = v->power == NULL || v->power(v->power_context);
    if (!powered || is_due(size == 0 ? &v->fail_erasures : &v->fail_writes)) {
        damage(v, &v->slots[slot], contents, size);
        return fail(v);
    }
    v->slots[slot].size = size;
    memcpy(v->slots[slot].data, contents, size);
    return DOZE_OK;
}

static doze_result vault_count(doze_store *store, uint64_t *value) {
    vault *v = vault_of(store);
    *value = v->counter;
    return is_due(&v->fail_counter) ? fail(v) : DOZE_OK;
}

static doze_result vault_advance(doze_store *store, uint64_t *value) {
    vault *v = vault_of(store);
    bool powered = v->power == NULL || v->power(v->power_context);
    bool failing = !powered || is_due(&v->fail_counter);
    if (failing && v->damage == VAULT_OLD) {
        return fail(v);
    }
    *value = ++v->counter;
    return failing ? fail(v) : DOZE_OK;
}

static const doze_store_ops without_counter = {.read = vault_read, .write = vault_write};
static const doze_store_ops with_counter = {
    .read = vault_read, .write = vault_write, .count = vault_count, .advance = vault_advance};

void vault_init(vault *v, bool has_counter) {
    memset(v, 0, sizeof(*v));
    v->store.ops = has_counter ? &with_counter : &without_counter;
}
