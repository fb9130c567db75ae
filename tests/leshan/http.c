/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE

#include "leshan/http.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { REQUEST_MAX = 2048, PATIENCE_S = 120 };

static int open_connection(uint16_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
                    connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* HTTP/1.0, so that the end of the answer is the end of the connection. */
static bool send_request(int fd, const char *method, const char *target, const char *body) {
    char request[REQUEST_MAX];
    int size = snprintf(request, sizeof(request), "%s %s HTTP/1.0\r\nContent-Length: %zu\r\n\r\n%s", method, target,
                        strlen(body), body);
    return size > 0 && size < REQUEST_MAX && send(fd, request, (size_t)size, MSG_NOSIGNAL) == size;
}

static bool receive_all(int fd, char *answer, size_t capacity) {
    size_t filled = 0;
    ssize_t size = 0;
    while (filled + 1 < capacity && (size = recv(fd, answer + filled, capacity - 1 - filled, 0)) > 0) {
        filled += (size_t)size;
    }
    answer[filled] = '\0';
    return size == 0;
}

int http_ask(uint16_t port, const char *method, const char *target, const char *body, char *answer, size_t capacity) {
    int status = -1;
    int fd = open_connection(port);
    answer[0] = '\0';
    if (fd < 0) {
        return -1;
    }
    if (send_request(fd, method, target, body != NULL ? body : "") && receive_all(fd, answer, capacity)) {
        const char *content = strstr(answer, "\r\n\r\n");
        const char *space = strchr(answer, ' ');
        if (content != NULL && space != NULL) {
            status = atoi(space);
            memmove(answer, content + 4, strlen(content + 4) + 1);
        }
    }
    close(fd);
    return status;
}

void http_escape(const char *text, char *out, size_t capacity) {
    size_t filled = 0;
    for (; *text != '\0' && filled + 4 < capacity; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
        filled += (size_t)snprintf(out + filled, capacity - filled, plain ? "%c" : "%%%02X", c);
    }
    out[filled] = '\0';
}

bool json_get(const char *json, const char *name, char *value, size_t capacity) {
    char key[64];
    snprintf(key, sizeof(key), "\"%s\":", name);
    const char *at = strstr(json, key);
    if (at == NULL) {
        return false;
    }
    at += strlen(key);
    at += strspn(at, " ");
    bool quoted = *at == '"';
    at += quoted;
    size_t size = strcspn(at, quoted ? "\"" : ",}] ");
    if (size >= capacity) {
        return false;
    }
    memcpy(value, at, size);
    value[size] = '\0';
    return true;
}
