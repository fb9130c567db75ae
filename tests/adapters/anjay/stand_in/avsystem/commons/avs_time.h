/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in: declares what the adapter and its tests need of a header of that name, and nothing else. */
#ifndef AVS_COMMONS_UTILS_TIME_H
#define AVS_COMMONS_UTILS_TIME_H

#include <avsystem/commons/avs_defs.h>

typedef struct {
    int64_t seconds;
    int32_t nanoseconds;
} avs_time_duration_t;

extern const avs_time_duration_t AVS_TIME_DURATION_INVALID;

#endif
