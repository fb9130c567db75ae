/* SPDX-License-Identifier: Apache-2.0 */
#include "hex.h"

static int digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_read(const char *text, size_t text_size, unsigned char *out, size_t capacity, size_t *size) {
    *size = text_size / 2;
    if (text_size == 0 || text_size % 2 != 0 || *size > capacity) {
        return false;
    }
    for (size_t i = 0; i < *size; i++) {
        int high = digit(text[2 * i]);
        int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}
