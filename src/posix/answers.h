/* SPDX-License-Identifier: Apache-2.0 */
/* What a resolver found: addresses in the order given, each once. */
#ifndef DOZE_POSIX_ANSWERS_H
#define DOZE_POSIX_ANSWERS_H

#include <sys/socket.h>

#include "doze/platform.h"

typedef struct doze_answers {
    doze_endpoint *items;
    size_t count;
} doze_answers;

/* False without memory. What is neither IPv4 nor IPv6, or is there already, is passed over. */
bool doze_answers_add(doze_answers *answers, const struct sockaddr *address);
bool doze_answers_get(const doze_answers *answers, size_t index, doze_endpoint *out);
void doze_answers_free(doze_answers *answers);

#endif
