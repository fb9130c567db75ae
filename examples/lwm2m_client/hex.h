/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LWM2M_HEX_H
#define LWM2M_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two digits a byte, and nothing else; false: malformed, or more than `capacity` bytes. */
bool hex_parse(const char *text, uint8_t *out, size_t capacity, size_t *size);
void hex_print(const uint8_t *data, size_t size, char *text); /* 2 * size + 1 bytes */

#endif
