/* SPDX-License-Identifier: Apache-2.0 */
#include "offline_download/block2.h"

enum { MORE = 8, SZX = 7, NUMBER_SHIFT = 4, OPTION_SIZE_MAX = 3 };

uint32_t block2_size(uint8_t szx) {
    return 16u << szx;
}

uint8_t block2_szx(uint32_t bytes) {
    uint8_t szx = BLOCK2_SZX_MAX;
    while (szx > 0 && block2_size(szx) > bytes) {
        szx--;
    }
    return szx;
}

block2_verdict block2_read(const message *m, block2 *b) {
    uint32_t value = 0;
    const message_option *option = message_find(m, OPTION_BLOCK2, 0);
    if (option == NULL) {
        return BLOCK2_NONE;
    }
    if (option->size > OPTION_SIZE_MAX || message_find(m, OPTION_BLOCK2, 1) != NULL ||
        !message_get_uint(m, OPTION_BLOCK2, &value)) {
        return BLOCK2_MALFORMED;
    }
    *b = (block2){.number = value >> NUMBER_SHIFT, .more = (value & MORE) != 0, .szx = (uint8_t)(value & SZX)};
    return b->szx <= BLOCK2_SZX_MAX ? BLOCK2_READ : BLOCK2_MALFORMED;
}

void block2_add(message *m, const block2 *b) {
    message_add_uint(m, OPTION_BLOCK2, b->number << NUMBER_SHIFT | (b->more ? MORE : 0u) | b->szx);
}
