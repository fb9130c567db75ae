/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

doze_bytes credentials_read(const char *name, char memory[CREDENTIALS_MAX]) {
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        fail_msg("cannot read %s", name);
    }
    size_t size = fread(memory, 1, CREDENTIALS_MAX, file);
    fclose(file);
    assert_in_range(size, 1, CREDENTIALS_MAX - 1);
    memory[size] = '\0';
    return (doze_bytes){memory, size};
}

static unsigned digit(char c) {
    assert_true((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

size_t credentials_from_hex(doze_bytes hex, unsigned char *out, size_t capacity) {
    const char *text = hex.data;
    assert_true(hex.size % 2 == 0 && hex.size / 2 <= capacity);
    for (size_t i = 0; i < hex.size / 2; i++) {
        out[i] = (unsigned char)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    }
    return hex.size / 2;
}
