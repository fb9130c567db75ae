/* SPDX-License-Identifier: Apache-2.0 */
/* The modem's name service, which does one question at a time: so there is one lookup. */
#include <string.h>

#include "board.h"
#include "port.h"

#define POLL_EVERY 100 /* ms: this modem does not tell when the answer is there */

typedef struct question {
    doze_lookup lookup; /* first: what doze has of it */
    bool in_use;
    uint8_t ip[4];
    char host[DOZE_HOSTNAME_MAX + 1];
} question;
static question only;

static doze_result start(doze_resolver *resolver, const char *host, doze_family family, doze_lookup **lookup) {
    (void)resolver;
    if (only.in_use) {
        return DOZE_ERR_RESOLVER;
    }
    if (family == DOZE_FAMILY_IPV6) {
        return DOZE_ERR_HOST_UNKNOWN;
    }
    only.in_use = true;
    memcpy(only.host, host, strlen(host) + 1); /* at most DOZE_HOSTNAME_MAX: doze has looked */
    only.lookup.host = only.host;
    *lookup = &only.lookup;
    return DOZE_OK;
}

static doze_result step(doze_resolver *resolver, doze_lookup *lookup) {
    (void)resolver;
    int result = board_resolve(lookup->host, only.ip);
    return result == BOARD_OK             ? DOZE_OK
           : result == BOARD_NOTHING      ? DOZE_IN_PROGRESS
           : result == BOARD_NO_SUCH_NAME ? DOZE_ERR_HOST_UNKNOWN
                                          : DOZE_ERR_RESOLVER;
}

static bool answer(doze_resolver *resolver, const doze_lookup *lookup, size_t index, doze_endpoint *out) {
    (void)resolver;
    (void)lookup;
    *out = (doze_endpoint){.family = DOZE_FAMILY_IPV4};
    memcpy(out->address, only.ip, sizeof(only.ip));
    return index == 0;
}

static void finish(doze_resolver *resolver, doze_lookup *lookup) {
    (void)resolver;
    (void)lookup;
    only.in_use = false;
}

static int fd(const doze_resolver *resolver, const doze_lookup *lookup) {
    (void)resolver;
    (void)lookup;
    return -1;
}

static int32_t next_timeout(const doze_resolver *resolver, const doze_lookup *lookup) {
    (void)resolver;
    (void)lookup;
    return POLL_EVERY;
}

doze_resolver *port_resolver(void) {
    static const doze_resolver_ops ops = {
        .start = start, .step = step, .answer = answer, .finish = finish, .fd = fd, .next_timeout = next_timeout};
    static doze_resolver resolver = {.ops = &ops};
    return &resolver;
}
