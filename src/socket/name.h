/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOZE_SOCKET_NAME_H
#define DOZE_SOCKET_NAME_H

#include <stdbool.h>

/* Not strcmp(): on a microcontroller that is 700 bytes. */
static inline bool doze_same_name(const char *a, const char *b) {
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return *a == *b;
}

#endif
