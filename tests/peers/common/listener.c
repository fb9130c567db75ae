/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L

#include "listener.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the socket ---- */

bool listener_open(listener *l, listener_receive *receive, void *context) {
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *l = (listener){socket(AF_INET, SOCK_DGRAM, 0), receive, context};
    if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&local, sizeof(local)) != 0) {
        perror("a socket on 127.0.0.1");
        return false;
    }
    return true;
}

/* A datagram that the kernel does not take is lost, as others are. */
void listener_send(listener *l, const listener_address *to, const void *data, size_t size) {
    (void)!sendto(l->fd, data, size, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void receive_one(listener *l) {
    unsigned char data[LISTENER_DATAGRAM_MAX];
    struct sockaddr_in from;
    socklen_t from_size = sizeof(from);
    memset(&from, 0, sizeof(from));
    ssize_t size = recvfrom(l->fd, data, sizeof(data), 0, (struct sockaddr *)&from, &from_size);
    if (size > 0) {
        l->receive(l->context, &from, data, (size_t)size);
    }
}

static bool input_has_ended(void) {
    char ignored[64];
    return read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0;
}

void listener_run(listener *l) {
    struct sockaddr_in local = {0};
    socklen_t size = sizeof(local);
    struct pollfd watched[] = {{.fd = l->fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    if (getsockname(l->fd, (struct sockaddr *)&local, &size) != 0) {
        return;
    }
    printf("ready %u\n", (unsigned)ntohs(local.sin_port));
    fflush(stdout);
    while (poll(watched, 2, -1) > 0 && (watched[1].revents == 0 || !input_has_ended())) {
        if (watched[0].revents != 0) {
            receive_one(l);
        }
    }
    close(l->fd);
}

/* ---- credentials ---- */

bool credentials_name(char out[LISTENER_NAME_MAX], const char *certs, const char *file) {
    int size = snprintf(out, LISTENER_NAME_MAX, "%s/%s", certs, file);
    return size > 0 && size < LISTENER_NAME_MAX;
}

static bool read_line(const char *certs, const char *file, char *out, size_t capacity) {
    char name[LISTENER_NAME_MAX];
    FILE *from = credentials_name(name, certs, file) ? fopen(name, "r") : NULL;
    bool read = from != NULL && fgets(out, (int)capacity, from) != NULL;
    if (from != NULL) {
        fclose(from);
    }
    if (!read) {
        fprintf(stderr, "cannot read %s/%s: certs/generate makes it\n", certs, file);
        return false;
    }
    out[strcspn(out, "\n")] = '\0';
    return true;
}

bool credentials_read(credentials *c, const char *certs) {
    char hex[2 * sizeof(c->key) + 2];
    memset(c, 0, sizeof(*c));
    if (!read_line(certs, "psk.identity", c->identity, sizeof(c->identity)) ||
        !read_line(certs, "psk.key", hex, sizeof(hex))) {
        return false;
    }
    unsigned byte = 0;
    while (c->key_size < sizeof(c->key) && sscanf(hex + 2 * c->key_size, "%2x", &byte) == 1) {
        c->key[c->key_size++] = (unsigned char)byte;
    }
    return c->key_size > 0;
}
