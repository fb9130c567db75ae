/* SPDX-License-Identifier: Apache-2.0 */
#include "observe.h"

#include <string.h>

enum { SEQUENCE_RESERVE = 0x10000 };

static bool same_path(const lwm2m_path *a, const lwm2m_path *b) {
    return a->depth == b->depth && memcmp(a->ids, b->ids, a->depth * sizeof(a->ids[0])) == 0;
}

observation *observations_add(observations *o, const message *request, const lwm2m_path *path, uint64_t now) {
    observations_cancel(o, path);
    for (size_t i = 0; i < OBSERVATIONS; i++) {
        observation *one = &o->all[i];
        if (!one->used) {
            *one = (observation){.used = true, .path = *path, .told = now, .token_size = request->token_size};
            memcpy(one->token, request->token, sizeof(one->token));
            return one;
        }
    }
    return NULL;
}

void observations_cancel(observations *o, const lwm2m_path *path) {
    for (size_t i = 0; i < OBSERVATIONS; i++) {
        o->all[i].used = o->all[i].used && !same_path(&o->all[i].path, path);
    }
}

void observations_clear(observations *o) {
    memset(o->all, 0, sizeof(o->all));
}

void observations_restart(observations *o, uint64_t now) {
    o->sequence = o->reserved;
    for (size_t i = 0; i < OBSERVATIONS; i++) {
        o->all[i].changed = false;
        o->all[i].told = now;
    }
}

void observations_cancel_token(observations *o, const uint8_t *token, size_t size) {
    for (size_t i = 0; i < OBSERVATIONS; i++) {
        observation *one = &o->all[i];
        one->used = one->used && !(one->token_size == size && memcmp(one->token, token, size) == 0);
    }
}

void observations_touch(observations *o, uint16_t object, uint16_t resource_id) {
    const resource r = {.object = object, .id = resource_id};
    for (size_t i = 0; i < OBSERVATIONS; i++) {
        o->all[i].changed = o->all[i].changed || (o->all[i].used && path_has(&o->all[i].path, &r));
    }
}

uint32_t observations_next_sequence(observations *o) {
    if (o->sequence == o->reserved) {
        o->reserved = (o->reserved + SEQUENCE_RESERVE) & OBSERVE_SEQUENCE_MAX;
    }
    o->sequence = (o->sequence + 1) & OBSERVE_SEQUENCE_MAX;
    return o->sequence;
}

static uint64_t due_of(const observation *one, const lwm2m_values *values) {
    if (one->changed) {
        return one->told + values->min_period * (uint64_t)1000;
    }
    return values->max_period == 0 ? UINT64_MAX : one->told + values->max_period * (uint64_t)1000;
}

uint64_t observations_due(const observations *o, const lwm2m_values *values) {
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < OBSERVATIONS; i++) {
        uint64_t due = o->all[i].used ? due_of(&o->all[i], values) : UINT64_MAX;
        first = due < first ? due : first;
    }
    return first;
}

observation *observations_first(observations *o, const lwm2m_values *values) {
    uint64_t first = observations_due(o, values);
    for (size_t i = 0; i < OBSERVATIONS; i++) {
        if (o->all[i].used && due_of(&o->all[i], values) == first) {
            return &o->all[i];
        }
    }
    return NULL;
}
