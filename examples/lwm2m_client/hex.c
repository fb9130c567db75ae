/* SPDX-License-Identifier: Apache-2.0 */
#include "hex.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";

static int digit_of(char c) {
    char lower = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    const char *at = lower == '\0' ? NULL : strchr(digits, lower);
    return at == NULL ? -1 : (int)(at - digits);
}

bool hex_parse(const char *text, uint8_t *out, size_t capacity, size_t *size) {
    for (*size = 0; *text != '\0'; text += 2, (*size)++) {
        int high = digit_of(text[0]);
        int low = high < 0 ? -1 : digit_of(text[1]);
        if (low < 0 || *size == capacity) {
            return false;
        }
        out[*size] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void hex_print(const uint8_t *data, size_t size, char *text) {
    for (size_t i = 0; i < size; i++) {
        *text++ = digits[data[i] >> 4];
        *text++ = digits[data[i] & 15];
    }
    *text = '\0';
}
