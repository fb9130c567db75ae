/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in: declares what the adapter and its tests need of a header of that name, and nothing else. */
#ifndef AVS_COMMONS_UTILS_MEMORY_H
#define AVS_COMMONS_UTILS_MEMORY_H

#include <avsystem/commons/avs_defs.h>

void *avs_malloc(size_t size);
void *avs_calloc(size_t nmemb, size_t size);
void *avs_realloc(void *ptr, size_t size);
void avs_free(void *ptr);

#endif
