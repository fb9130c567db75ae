/* SPDX-License-Identifier: Apache-2.0 */
/* The name service. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define NAME_SIZE   256
#define ANSWERS_MAX 8

typedef struct world_name {
    struct world_name *next;
    char host[NAME_SIZE];
    doze_endpoint answers[ANSWERS_MAX];
    size_t count;
} world_name_entry;

typedef struct world_lookup {
    doze_lookup base; /* first: a doze_lookup of ours is cast back */
    struct world_lookup *next;
    char host[NAME_SIZE];
    doze_endpoint answers[ANSWERS_MAX];
    size_t count;
    uint64_t due;
    bool fails;
} world_lookup;

/* The resolver is a member of the world. */
static world *world_of(doze_resolver *resolver) {
    return (world *)(void *)((char *)resolver - offsetof(world, resolver));
}

static const world *world_of_const(const doze_resolver *resolver) {
    return (const world *)(const void *)((const char *)resolver - offsetof(world, resolver));
}

static world_name_entry *find(const world *w, const char *host) {
    world_name_entry *name = w->names.first_name;
    while (name != NULL && strcmp(name->host, host) != 0) {
        name = name->next;
    }
    return name;
}

static void copy_host(const world *w, char out[NAME_SIZE], const char *host) {
    if (strlen(host) >= NAME_SIZE) {
        world_fail(w, "world: a name of %zu bytes is none", strlen(host));
    }
    memcpy(out, host, strlen(host) + 1);
}

void world_name(world *w, const char *host, ...) {
    world_name_entry *name = find(w, host);
    if (name == NULL) {
        name = world_allocate(sizeof(*name));
        copy_host(w, name->host, host);
        name->next = w->names.first_name;
        w->names.first_name = name;
    }
    name->count = 0;
    va_list answers;
    va_start(answers, host);
    for (const char *text = va_arg(answers, const char *); text != NULL; text = va_arg(answers, const char *)) {
        if (name->count == ANSWERS_MAX) {
            world_fail(w, "world: more than %d answers for %s", ANSWERS_MAX, host);
        }
        name->answers[name->count++] = world_endpoint(text, 0);
    }
    va_end(answers);
}

doze_resolver *world_resolver(world *w) {
    return &w->resolver;
}

static bool use_up(uint32_t *failures) {
    if (*failures == 0) {
        return false;
    }
    --*failures;
    return true;
}

static void look_up(world_lookup *lookup, const world_name_entry *name, doze_family family) {
    for (size_t i = 0; name != NULL && i < name->count; i++) {
        if (family == DOZE_FAMILY_ANY || name->answers[i].family == family) {
            lookup->answers[lookup->count++] = name->answers[i];
        }
    }
}

static doze_result start(doze_resolver *resolver, const char *host, doze_family family, doze_lookup **out) {
    world *w = world_of(resolver);
    w->names.lookups++;
    if (use_up(&w->names.start_failures)) {
        return w->names.failure;
    }
    world_lookup *lookup = world_allocate(sizeof(*lookup));
    copy_host(w, lookup->host, host);
    lookup->base.host = lookup->host;
    lookup->due = w->now + w->names.delay;
    lookup->fails = use_up(&w->names.step_failures);
    look_up(lookup, find(w, host), family);
    lookup->next = w->names.first_lookup;
    w->names.first_lookup = lookup;
    w->names.open++;
    *out = &lookup->base;
    return DOZE_OK;
}

static doze_result step(doze_resolver *resolver, doze_lookup *base) {
    const world *w = world_of(resolver);
    const world_lookup *lookup = (const world_lookup *)base;
    if (w->now < lookup->due) {
        return DOZE_IN_PROGRESS;
    }
    if (lookup->fails) {
        return w->names.failure;
    }
    return lookup->count == 0 ? DOZE_ERR_HOST_UNKNOWN : DOZE_OK;
}

static bool answer(doze_resolver *resolver, const doze_lookup *base, size_t index, doze_endpoint *out) {
    const world_lookup *lookup = (const world_lookup *)base;
    (void)resolver;
    if (index >= lookup->count) {
        return false;
    }
    *out = lookup->answers[index];
    return true;
}

static void finish(doze_resolver *resolver, doze_lookup *base) {
    world *w = world_of(resolver);
    world_lookup **place = &w->names.first_lookup;
    while (*place != NULL && &(*place)->base != base) {
        place = &(*place)->next;
    }
    if (*place == NULL) {
        world_fail(w, "world: a lookup was finished twice, or is not ours");
    }
    world_lookup *lookup = *place;
    *place = lookup->next;
    w->names.open--;
    free(lookup);
}

static int fd(const doze_resolver *resolver, const doze_lookup *base) {
    (void)resolver;
    (void)base;
    return -1;
}

static int32_t next_timeout(const doze_resolver *resolver, const doze_lookup *base) {
    const world *w = world_of_const(resolver);
    const world_lookup *lookup = (const world_lookup *)base;
    return w->now < lookup->due ? (int32_t)(lookup->due - w->now) : 0;
}

const doze_resolver_ops world_resolver_ops = {start, step, answer, finish, fd, next_timeout, .blocks = false};

void world_names_free(world *w) {
    while (w->names.first_name != NULL) {
        world_name_entry *name = w->names.first_name;
        w->names.first_name = name->next;
        free(name);
    }
    while (w->names.first_lookup != NULL) {
        world_lookup *lookup = w->names.first_lookup;
        w->names.first_lookup = lookup->next;
        free(lookup);
    }
}
