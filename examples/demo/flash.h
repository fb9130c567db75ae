/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of a device that lasts: a directory of its own, for as long as the device is there. */
#ifndef DEMO_FLASH_H
#define DEMO_FLASH_H

#include <stdbool.h>

#define FLASH_PATH_MAX 256

/* All zero: there is none. */
typedef struct flash {
    char path[FLASH_PATH_MAX];
} flash;

/* In $TMPDIR, or /tmp. False when that fails, after a line on standard error; there is none then. */
bool flash_make(flash *f);
/* With all that is in it; nothing to do when there is none. */
void flash_remove(flash *f);

#endif
