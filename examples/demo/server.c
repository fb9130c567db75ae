/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <netdb.h>

#include <mbedtls/platform_util.h>

#include "complain.h"
#include "doze/posix.h"
#include "hex.h"

/* ---- credentials of the test server, made by certs/generate ---- */

#define IDENTITY_FILE DOZE_TEST_CERTS "/psk.identity"
#define KEY_FILE      DOZE_TEST_CERTS "/psk.key"

static bool read_line(const char *path, char *out, size_t size) {
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return complain("%s: %s; certs/generate makes it", path, strerror(errno));
    }
    bool ok = fgets(out, (int)size, file) != NULL;
    (void)fclose(file);
    if (!ok) {
        return complain("%s: is empty", path);
    }
    out[strcspn(out, "\n")] = '\0';
    return true;
}

static bool read_credentials(server *s) {
    char hex[2 * DOZE_KEY_MAX + 2]; /* and the newline */
    bool ok = read_line(IDENTITY_FILE, s->identity, sizeof(s->identity)) && read_line(KEY_FILE, hex, sizeof(hex));
    if (ok && !hex_read(hex, strlen(hex), s->key, sizeof(s->key), &s->key_size)) {
        ok = complain(KEY_FILE ": is no key in hex");
    }
    mbedtls_platform_zeroize(hex, sizeof(hex));
    return ok;
}

/* ---- addresses ---- */

static void name_address(server *s) {
    char host[DOZE_ADDRESS_TEXT_SIZE];
    char port[8];
    const address *a = &s->addresses[s->chosen];
    if (getnameinfo((const struct sockaddr *)&a->bytes, a->size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        (void)snprintf(s->text, sizeof(s->text), "the server");
        return;
    }
    bool v6 = a->bytes.ss_family == AF_INET6;
    (void)snprintf(s->text, sizeof(s->text), "%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

static bool find_addresses(server *s, const char *given, const char *host, uint16_t port) {
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *answers = NULL;
    char service[8];
    (void)snprintf(service, sizeof(service), "%u", (unsigned)port);
    int error = getaddrinfo(host, service, &hints, &answers);
    if (error != 0) {
        return complain("--server %s: %s", given, error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    }
    for (const struct addrinfo *a = answers; a != NULL && s->addresses_count < ADDRESSES_MAX; a = a->ai_next) {
        address *to = &s->addresses[s->addresses_count++];
        memcpy(&to->bytes, a->ai_addr, a->ai_addrlen);
        to->size = a->ai_addrlen;
    }
    freeaddrinfo(answers);
    name_address(s);
    return true;
}

const address *server_address(const server *s) {
    return &s->addresses[s->chosen];
}

bool server_try_next_address(server *s) {
    if (s->chosen + 1 >= s->addresses_count) {
        return false;
    }
    s->chosen++;
    name_address(s);
    return true;
}

/* ---- start and stop ---- */

static bool start_ours(server *s) {
    if (!read_credentials(s)) {
        return false;
    }
    const peer_settings settings = {
        .clock = doze_posix_clock(),
        .random = doze_posix_random(),
        .identity = s->identity,
        .key = s->key,
        .key_size = s->key_size,
        .sessions = PEER_SESSION_CACHE,
    };
    if (!peer_udp_open(&s->udp, &settings, "127.0.0.1", 0)) {
        return complain("the test server does not start: %s",
                        s->udp.cause != 0 ? strerror(s->udp.cause) : peer_why(&s->udp.peer));
    }
    s->ours = true;
    if (!find_addresses(s, "test server", "127.0.0.1", peer_udp_port(&s->udp))) {
        server_stop(s);
        return false;
    }
    return true;
}

bool server_start(server *s, const arguments *a) {
    memset(s, 0, sizeof(*s));
    if (a->server == NULL) {
        return start_ours(s);
    }
    (void)snprintf(s->identity, sizeof(s->identity), "%s", a->identity);
    memcpy(s->key, a->key, a->key_size);
    s->key_size = a->key_size;
    return find_addresses(s, a->server, a->host, a->port);
}

void server_stop(server *s) {
    if (s->ours) {
        peer_udp_close(&s->udp);
    }
    mbedtls_platform_zeroize(s, sizeof(*s));
}

bool server_restart(server *s) {
    return s->ours && peer_restart(&s->udp.peer, false);
}

/* ---- the event loop ---- */

int server_fd(const server *s) {
    return s->ours ? peer_udp_fd(&s->udp) : -1;
}

int32_t server_next_timeout(const server *s) {
    return s->ours ? peer_next_timeout(&s->udp.peer) : -1;
}

void server_pump(server *s) {
    if (s->ours) {
        peer_udp_pump(&s->udp);
    }
}

const peer_association *server_association(const server *s) {
    return s->ours ? peer_newest(&s->udp.peer) : NULL;
}
