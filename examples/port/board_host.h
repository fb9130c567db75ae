/* SPDX-License-Identifier: Apache-2.0 */
/* What only a board that is played has: who it is, and a flash that can be cut from its power. */
#ifndef BOARD_HOST_H
#define BOARD_HOST_H

#include "board.h"

void board_host_is(const board_identity *device);
void board_host_pass_time(uint32_t milliseconds); /* at once */
/* Called whenever the device waits; NULL: nothing. */
void board_host_meanwhile(void (*work)(void *context), void *context);

typedef struct board_host_flash {
    unsigned operations; /* programmed units, and erases */
    unsigned erases;
    unsigned misuses;   /* programmed twice, or in parts */
    unsigned cut_at;    /* the operation in which the power goes, from 1 on; 0: never */
    size_t torn_bytes;  /* of the unit that is then programmed in part */
    size_t erased_from; /* of the page that is then erased in part: to its end */
} board_host_flash;
board_host_flash *board_host_flash_state(void);
void board_host_new_flash(void); /* erased, all counters at 0 */

#endif
