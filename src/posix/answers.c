/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "posix/answers.h"
#include "posix/sockaddr.h"

static bool has(const doze_answers *answers, const doze_endpoint *endpoint) {
    for (size_t i = 0; i < answers->count; i++) {
        if (doze_same_address(&answers->items[i], endpoint)) {
            return true;
        }
    }
    return false;
}

bool doze_answers_add(doze_answers *answers, const struct sockaddr *address) {
    doze_endpoint endpoint;
    if (!doze_from_sockaddr(address, &endpoint) || has(answers, &endpoint)) {
        return true;
    }
    doze_endpoint *items = realloc(answers->items, (answers->count + 1) * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    endpoint.port = 0;
    answers->items = items;
    answers->items[answers->count++] = endpoint;
    return true;
}

bool doze_answers_get(const doze_answers *answers, size_t index, doze_endpoint *out) {
    if (index >= answers->count) {
        return false;
    }
    *out = answers->items[index];
    return true;
}

void doze_answers_free(doze_answers *answers) {
    free(answers->items);
    *answers = (doze_answers){0};
}
