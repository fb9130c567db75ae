/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE 1
#include <time.h>

#include "doze/posix.h"

#ifdef CLOCK_BOOTTIME
#define COUNTS_SUSPEND CLOCK_BOOTTIME
#else
#define COUNTS_SUSPEND CLOCK_MONOTONIC
#endif

static uint64_t now(void *context) {
    (void)context;
    struct timespec time;
    if (clock_gettime(COUNTS_SUSPEND, &time) != 0) { /* known to the headers, not to the kernel */
        (void)clock_gettime(CLOCK_MONOTONIC, &time);
    }
    return (uint64_t)time.tv_sec * 1000 + (uint32_t)time.tv_nsec / 1000000;
}

doze_clock doze_posix_clock(void) {
    return (doze_clock){.now = now};
}
