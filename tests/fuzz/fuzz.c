/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t number(fuzz_input *in, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value <<= 8;
        if (in->left > 0) {
            value |= *in->at++;
            in->left--;
        }
    }
    return value;
}

uint8_t fuzz_u8(fuzz_input *in) {
    return (uint8_t)number(in, 1);
}

uint16_t fuzz_u16(fuzz_input *in) {
    return (uint16_t)number(in, 2);
}

uint64_t fuzz_u64(fuzz_input *in) {
    return number(in, 8);
}

static fuzz_field take(fuzz_input *in, size_t behind) {
    size_t size = fuzz_u16(in);
    size = size < in->left ? size : in->left;
    fuzz_field field = {.data = malloc(size + behind > 0 ? size + behind : 1), .size = size};
    fuzz_expect(field.data != NULL, "there is memory");
    if (size > 0) {
        memcpy(field.data, in->at, size);
    }
    memset(field.data + size, 0, behind);
    in->at += size;
    in->left -= size;
    return field;
}

fuzz_field fuzz_take(fuzz_input *in) {
    return take(in, 0);
}

fuzz_field fuzz_take_text(fuzz_input *in) {
    return take(in, 1);
}

void fuzz_give_back(fuzz_field *field) {
    free(field->data);
    *field = (fuzz_field){0};
}

void fuzz_expect(bool holds, const char *what) {
    if (!holds) {
        (void)fprintf(stderr, "fuzz: it does not hold that %s\n", what);
        abort();
    }
}
