/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LWM2M_ARGUMENTS_H
#define LWM2M_ARGUMENTS_H

#include "client.h"

typedef struct arguments {
    bool help;
    bool json;
    bool secure; /* coaps: */
    char host[DOZE_HOSTNAME_MAX + 1];
    uint16_t port;
    uint16_t bind_port;
    const char *endpoint;
    const char *identity; /* NULL: certificates */
    uint8_t key[DOZE_KEY_MAX];
    size_t key_size;
    const char *certificate; /* names of files, like the next three */
    const char *private_key;
    const char *ca;
    const char *server_certificate;
    const char *store; /* a directory, NULL: none */
    bool no_cid;
    bool stay;
    uint32_t lifetime;            /* s */
    uint32_t sleep;               /* ms */
    uint32_t awake;               /* ms */
    uint32_t handshake_timer_max; /* ms; 0: doze's default */
    unsigned cycles;
    unsigned refusals;
} arguments;

extern const char arguments_help[];

/* What is pointed to stays in `argv`. False: what is wrong was said on standard error. */
bool arguments_read(arguments *a, int argc, char **argv);

#endif
