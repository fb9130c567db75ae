/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1 /* for the EAI_ codes beyond POSIX */
#include <stdlib.h>
#include <string.h>

#include <netdb.h>

#include "doze/posix.h"
#include "posix/answers.h"

typedef struct lookup {
    doze_lookup base; /* first, so that a pointer to it is one to the whole */
    doze_answers answers;
    doze_result result;
    char host[];
} lookup;

static doze_result result_of(int error) {
    switch (error) {
    case 0:
        return DOZE_OK;
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY:
#endif
        return DOZE_ERR_HOST_UNKNOWN;
    case EAI_MEMORY:
        return DOZE_ERR_NO_MEMORY;
    default:
        return DOZE_ERR_RESOLVER;
    }
}

static doze_result collect(doze_answers *answers, const struct addrinfo *list) {
    for (; list != NULL; list = list->ai_next) {
        if (!doze_answers_add(answers, list->ai_addr)) {
            return DOZE_ERR_NO_MEMORY;
        }
    }
    return answers->count > 0 ? DOZE_OK : DOZE_ERR_HOST_UNKNOWN;
}

/* No AI_ADDRCONFIG: a device that wakes may have no address yet. One socket type, or each address comes three times. */
static doze_result ask(lookup *found, doze_family family) {
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *list = NULL;
    hints.ai_family = family == DOZE_FAMILY_IPV4 ? AF_INET : family == DOZE_FAMILY_IPV6 ? AF_INET6 : AF_UNSPEC;
    doze_result result = result_of(getaddrinfo(found->host, NULL, &hints, &list));
    if (result == DOZE_OK) {
        result = collect(&found->answers, list);
        freeaddrinfo(list);
    }
    return result;
}

static doze_result start(doze_resolver *resolver, const char *host, doze_family family, doze_lookup **out) {
    (void)resolver;
    size_t size = strlen(host) + 1;
    lookup *made = calloc(1, sizeof(*made) + size);
    if (made == NULL) {
        return DOZE_ERR_NO_MEMORY;
    }
    memcpy(made->host, host, size);
    made->base.host = made->host;
    made->result = ask(made, family);
    *out = &made->base;
    return DOZE_OK;
}

static doze_result step(doze_resolver *resolver, doze_lookup *asked) {
    (void)resolver;
    return ((const lookup *)asked)->result;
}

static bool answer(doze_resolver *resolver, const doze_lookup *asked, size_t index, doze_endpoint *out) {
    (void)resolver;
    return doze_answers_get(&((const lookup *)asked)->answers, index, out);
}

static void finish(doze_resolver *resolver, doze_lookup *asked) {
    (void)resolver;
    lookup *done = (lookup *)asked;
    doze_answers_free(&done->answers);
    free(done);
}

static int fd(const doze_resolver *resolver, const doze_lookup *asked) {
    (void)resolver;
    (void)asked;
    return -1;
}

static int32_t next_timeout(const doze_resolver *resolver, const doze_lookup *asked) {
    (void)resolver;
    (void)asked;
    return 0; /* it was answered by `start` */
}

doze_resolver *doze_posix_resolver(void) {
    static const doze_resolver_ops ops = {
        .start = start,
        .step = step,
        .answer = answer,
        .finish = finish,
        .fd = fd,
        .next_timeout = next_timeout,
        .blocks = true,
    };
    static doze_resolver resolver = {.ops = &ops};
    return &resolver;
}
