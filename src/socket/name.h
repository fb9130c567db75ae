/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOZE_SOCKET_NAME_H
#define DOZE_SOCKET_NAME_H

#include <stdbool.h>
#include <string.h>

/* Not strcmp(): the library has these two anyway, and on a microcontroller that one is 700 bytes more. */
static inline bool doze_same_name(const char *a, const char *b) {
    size_t size = strlen(a);
    return strlen(b) == size && memcmp(a, b, size) == 0;
}

#endif
