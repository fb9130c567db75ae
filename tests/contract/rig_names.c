/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "contract/rig.h"

/* The resolver is the first member. */
static rig_names *names_of(doze_resolver *resolver) {
    return (rig_names *)resolver;
}

static doze_result start(doze_resolver *resolver, const char *host, doze_family family, doze_lookup **lookup) {
    rig_names *names = names_of(resolver);
    (void)family;
    names->lookups++;
    if (names->open != 0 || strlen(host) >= sizeof(names->host)) {
        return DOZE_ERR_NO_MEMORY; /* each rig has one socket that asks */
    }
    names->open++;
    memcpy(names->host, host, strlen(host) + 1);
    names->lookup.host = names->host;
    *lookup = &names->lookup;
    return DOZE_OK;
}

static doze_result step(doze_resolver *resolver, doze_lookup *lookup) {
    if (names_of(resolver)->stuck) {
        return DOZE_IN_PROGRESS;
    }
    return strcmp(lookup->host, RIG_NAME) == 0 ? DOZE_OK : DOZE_ERR_HOST_UNKNOWN;
}

static bool answer(doze_resolver *resolver, const doze_lookup *lookup, size_t index, doze_endpoint *out) {
    (void)lookup;
    if (index > 0) {
        return false;
    }
    *out = names_of(resolver)->answer;
    return true;
}

static void finish(doze_resolver *resolver, doze_lookup *lookup) {
    (void)lookup;
    names_of(resolver)->open--;
}

static int fd(const doze_resolver *resolver, const doze_lookup *lookup) {
    (void)resolver;
    (void)lookup;
    return -1;
}

static int32_t next_timeout(const doze_resolver *resolver, const doze_lookup *lookup) {
    (void)lookup;
    return ((const rig_names *)resolver)->stuck ? -1 : 0;
}

static const doze_resolver_ops ops = {start, step, answer, finish, fd, next_timeout, .blocks = false};

void rig_names_init(rig_names *names, const doze_endpoint *known) {
    *names = (rig_names){.resolver = {&ops}, .answer = *known};
}
