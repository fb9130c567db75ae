/* SPDX-License-Identifier: Apache-2.0 */
/* Against accidents, never against adversaries: the CRC of IEEE 802.3, bit by bit, as it is rarely used. */
#include "dtls/internal.h"

uint32_t doze_crc32(uint32_t crc, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
        }
    }
    return ~crc;
}
