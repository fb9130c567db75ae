/* SPDX-License-Identifier: Apache-2.0 */
/* The command line, checked. */
#ifndef DEMO_ARGUMENTS_H
#define DEMO_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "doze/dtls.h"

#define MESSAGE_MAX 1024

typedef struct arguments {
    bool help;
    bool json;
    const char *server; /* as given; NULL: the test server */
    char host[DOZE_HOSTNAME_MAX + 1];
    uint16_t port;
    const char *identity;
    unsigned char key[DOZE_KEY_MAX];
    size_t key_size;
    unsigned char message[MESSAGE_MAX];
    size_t message_size; /* 0: the messages of our own */
} arguments;

/* False when something is wrong with them; standard error has it. */
bool arguments_read(arguments *a, int argc, char **argv);

extern const char arguments_help[];

#endif
