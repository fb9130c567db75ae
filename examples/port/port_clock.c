/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"
#include "port.h"

/* Counts on where the board's 32 bits begin again; so it must be asked once in 49 days. */
static uint64_t now(void *context) {
    static uint32_t last;
    static uint32_t turns;
    uint32_t ticks = board_ticks();
    (void)context;
    turns += ticks < last;
    last = ticks;
    return (uint64_t)turns << 32 | ticks;
}

doze_clock port_clock(void) {
    return (doze_clock){.now = now};
}
