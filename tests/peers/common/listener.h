/* SPDX-License-Identifier: Apache-2.0 */
/* What the echo servers in C share: a socket on a port of loopback that the kernel picked, a loop that ends with the
 * standard input, and the credentials of certs/generate. */
#ifndef LISTENER_H
#define LISTENER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define LISTENER_DATAGRAM_MAX 2048
#define LISTENER_NAME_MAX     512

typedef struct sockaddr_in listener_address; /* all of it zero but for family, address and port: may be compared */

typedef void listener_receive(void *context, const listener_address *from, const unsigned char *data, size_t size);

typedef struct listener {
    int fd;
    listener_receive *receive;
    void *context;
} listener;

/* False, and why is on stderr, when there is no socket to be had. */
bool listener_open(listener *l, listener_receive *receive, void *context);
void listener_send(listener *l, const listener_address *to, const void *data, size_t size);
/* Says "ready PORT" and returns when the standard input has ended. */
void listener_run(listener *l);

typedef struct credentials {
    char identity[129];
    unsigned char key[64];
    size_t key_size;
} credentials;

/* False, and why is on stderr. */
bool credentials_read(credentials *c, const char *certs);
bool credentials_name(char out[LISTENER_NAME_MAX], const char *certs, const char *file);

#endif
