/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXAMPLE_DOWNLOAD_ARGUMENTS_H
#define EXAMPLE_DOWNLOAD_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct arguments {
    const char *host;
    uint16_t port;
    const char *path;
    const char *file;
    const char *identity; /* NULL: UDP without DTLS */
    const char *key;
    const char *directory; /* NULL: nothing outlives the program */
    uint16_t block_size;
    uint32_t blocks;  /* until it suspends; 0: never */
    uint32_t seconds; /* for which it sleeps then */
    bool power_off;   /* … or ends */
} arguments;

/* False: standard error says why. */
bool arguments_read(arguments *a, int argc, char **argv);

#endif
