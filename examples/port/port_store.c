/* SPDX-License-Identifier: Apache-2.0 */
/* A page of flash for each slot, written cell by cell, so that a page is erased once in many writes. What counts is the
 * last cell that was begun. Its head is programmed after its contents: a power cut leaves what was there before, or a
 * head that nothing fits to, which the seal of what doze writes finds out. */
#include <string.h>

#include "board.h"
#include "port.h"

typedef struct head {
    uint32_t size; /* of the contents; FREE, or EMPTIED */
    uint32_t again;
} head;
#define FREE    UINT32_MAX
#define EMPTIED 0u

_Static_assert(sizeof(head) == BOARD_UNIT, "a head is programmed at once");
_Static_assert(DOZE_STORE_SLOT_SIZE % BOARD_UNIT == 0, "the cells are whole units");
#define CELL_SIZE (sizeof(head) + DOZE_STORE_SLOT_SIZE)
#define CELLS     (BOARD_PAGE_SIZE / CELL_SIZE)

static size_t offset_of(size_t cell) {
    return cell * CELL_SIZE;
}

static head head_of(unsigned slot, size_t cell) {
    head h;
    board_flash_read(slot, offset_of(cell), &h, sizeof(h));
    return h;
}

/* How many cells were begun. */
static size_t used(unsigned slot) {
    size_t cell = CELLS;
    while (cell > 0 && head_of(slot, cell - 1).size == FREE && head_of(slot, cell - 1).again == FREE) {
        cell--;
    }
    return cell;
}

static doze_result fail(doze_store *store, int code) {
    store->cause = code;
    return DOZE_ERR_STORE;
}

static doze_result store_read(doze_store *store, unsigned slot, void *buffer, size_t capacity, size_t *size) {
    if (slot >= BOARD_PAGES) {
        return fail(store, BOARD_FAILED);
    }
    size_t cells = used(slot);
    *size = 0;
    if (cells == 0) {
        return DOZE_OK;
    }
    head h = head_of(slot, cells - 1);
    *size = h.size;
    if (h.size != h.again || h.size > DOZE_STORE_SLOT_SIZE || h.size > capacity) {
        return DOZE_ERR_TOO_LONG; /* a cut head, or no room: no record either way */
    }
    board_flash_read(slot, offset_of(cells - 1) + sizeof(head), buffer, h.size);
    return DOZE_OK;
}

/* A cell whose head is free may have contents that a power cut left without one. */
static bool is_blank(unsigned slot, size_t cell) {
    for (size_t at = 0; at < CELL_SIZE; at += BOARD_UNIT) {
        uint8_t unit[BOARD_UNIT];
        board_flash_read(slot, offset_of(cell) + at, unit, sizeof(unit));
        for (size_t i = 0; i < sizeof(unit); i++) {
            if (unit[i] != 0xff) {
                return false;
            }
        }
    }
    return true;
}

static int program_contents(unsigned slot, size_t cell, const uint8_t *data, size_t size) {
    int code = BOARD_OK;
    for (size_t at = 0; at < size && code == BOARD_OK; at += BOARD_UNIT) {
        uint8_t unit[BOARD_UNIT] = {0};
        memcpy(unit, data + at, size - at < sizeof(unit) ? size - at : sizeof(unit));
        code = board_flash_program(slot, offset_of(cell) + sizeof(head) + at, unit, sizeof(unit));
    }
    return code;
}

static int program_head(unsigned slot, size_t cell, uint32_t size) {
    head h = {size, size};
    return board_flash_program(slot, offset_of(cell), &h, sizeof(h));
}

/* Zeros may be programmed over anything, so that this needs no erase. */
static int empty(unsigned slot) {
    size_t cells = used(slot);
    return cells == 0 ? BOARD_OK : program_head(slot, cells - 1, EMPTIED);
}

/* An erase that is cut must not bring back what was written before the last write: numbers would be used again. So the
 * heads go first, and the one that counts at last. */
static int erase(unsigned slot) {
    int code = BOARD_OK;
    for (size_t cell = 0; cell < used(slot) && code == BOARD_OK; cell++) {
        code = head_of(slot, cell).size == EMPTIED ? BOARD_OK : program_head(slot, cell, EMPTIED);
    }
    return code == BOARD_OK ? board_flash_erase(slot) : code;
}

static int replace(unsigned slot, const uint8_t *data, size_t size) {
    size_t cell = used(slot);
    int code = BOARD_OK;
    if (cell == CELLS || !is_blank(slot, cell)) {
        code = erase(slot);
        cell = 0;
    }
    if (code == BOARD_OK) {
        code = program_contents(slot, cell, data, size);
    }
    return code == BOARD_OK ? program_head(slot, cell, (uint32_t)size) : code;
}

static doze_result store_write(doze_store *store, unsigned slot, const void *data, size_t size) {
    if (slot >= BOARD_PAGES || size > DOZE_STORE_SLOT_SIZE) {
        return fail(store, BOARD_FAILED);
    }
    int code = size == 0 ? empty(slot) : replace(slot, data, size);
    return code == BOARD_OK ? DOZE_OK : fail(store, code);
}

doze_store *port_store(void) {
    static const doze_store_ops ops = {.read = store_read, .write = store_write};
    static doze_store store = {.ops = &ops};
    return &store;
}
