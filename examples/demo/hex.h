/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEMO_HEX_H
#define DEMO_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* Reads 1 to `capacity` bytes of two digits each; false for anything else. */
bool hex_read(const char *text, size_t text_size, unsigned char *out, size_t capacity, size_t *size);

#endif
