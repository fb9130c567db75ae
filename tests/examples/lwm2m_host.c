/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "doze/posix.h"
#include "lwm2m_host.h"

#define CERT(name) DOZE_TEST_CERTS "/" name
enum { ARGUMENTS = 32, PATIENCE_MS = 60000, KEY_SIZE = 16 };

/* ---- the server ---- */

void lwm2m_host_serve(lwm2m_host *s, bool certificates) {
    unsigned char key[KEY_SIZE];
    for (unsigned char i = 0; i < KEY_SIZE; i++) {
        key[i] = i;
    }
    peer_settings settings = {.clock = doze_posix_clock(),
                              .random = doze_posix_random(),
                              .on_message = lwm2m_server_on_message,
                              .message_context = &s->server,
                              .sessions = PEER_SESSION_CACHE};
    if (certificates) {
        settings.certificate_file = CERT("server-chain.pem");
        settings.key_file = CERT("server.key.pem");
        settings.ca_file = CERT("root.pem");
    } else {
        settings.identity = "doze";
        settings.key = key;
        settings.key_size = sizeof(key);
    }
    assert_true(peer_udp_open(&s->secure, &settings, "127.0.0.1", 0));
    (void)snprintf(s->url, sizeof(s->url), "coaps://127.0.0.1:%u", peer_udp_port(&s->secure));
}

static void say_plainly(void *context, const uint8_t *data, size_t size) {
    lwm2m_host *s = context;
    (void)sendto(s->plain, data, size, 0, (struct sockaddr *)&s->plain_peer, s->plain_peer_size);
}

void lwm2m_host_serve_plainly(lwm2m_host *s) {
    struct sockaddr_storage local = {.ss_family = AF_INET};
    socklen_t size = sizeof(local);
    unsigned char port[2];
    s->plain = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(s->plain, (struct sockaddr *)&local, sizeof(local)), 0);
    assert_int_equal(getsockname(s->plain, (struct sockaddr *)&local, &size), 0);
    memcpy(port, (unsigned char *)&local + 2, sizeof(port)); /* in network order, behind the family */
    (void)snprintf(s->url, sizeof(s->url), "coap://127.0.0.1:%u", port[0] << 8 | port[1]);
    s->server.say = say_plainly;
    s->server.say_context = s;
}

static void pump(lwm2m_host *s) {
    uint8_t data[2048];
    if (s->secure.fd > 0) {
        peer_udp_pump(&s->secure);
    }
    while (s->plain >= 0) {
        s->plain_peer_size = sizeof(s->plain_peer);
        ssize_t size = recvfrom(s->plain, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&s->plain_peer,
                                &s->plain_peer_size);
        if (size < 0) {
            return;
        }
        lwm2m_server_receive(&s->server, data, (size_t)size);
    }
}

/* ---- the client ---- */

void lwm2m_host_start(lwm2m_host *s, ...) {
    const char *given[ARGUMENTS] = {LWM2M_CLIENT};
    char *arguments[ARGUMENTS + 1] = {NULL};
    size_t count = 1;
    int ends[2];
    va_list list;
    va_start(list, s);
    while (count < ARGUMENTS && (given[count] = va_arg(list, const char *)) != NULL) {
        count++;
    }
    va_end(list);
    for (size_t i = 0; i < count; i++) {
        arguments[i] = strdup(given[i]);
    }
    assert_int_equal(pipe(ends), 0);
    s->child = fork();
    assert_true(s->child >= 0);
    if (s->child == 0) {
        (void)dup2(ends[1], 1);
        (void)dup2(ends[1], 2);
        (void)execv(arguments[0], arguments);
        _exit(126);
    }
    (void)close(ends[1]);
    s->output = ends[0];
    for (size_t i = 0; i < count; i++) {
        free(arguments[i]);
    }
}

/* Serves until the client has said `text` that often, or has ended: false. */
static bool serve_until(lwm2m_host *s, const char *text, unsigned times) {
    const doze_clock clock = doze_posix_clock();
    uint64_t end = clock.now(clock.context) + PATIENCE_MS;
    while (clock.now(clock.context) < end) {
        struct pollfd watched[] = {{.fd = s->output, .events = POLLIN},
                                   {.fd = s->secure.fd > 0 ? s->secure.fd : -1, .events = POLLIN},
                                   {.fd = s->plain, .events = POLLIN}};
        (void)poll(watched, 3, 100);
        pump(s);
        if (watched[0].revents == 0) {
            continue;
        }
        ssize_t size = read(s->output, s->said + s->said_size, sizeof(s->said) - 1 - s->said_size);
        if (size <= 0) {
            return false;
        }
        s->said_size += (size_t)size;
        unsigned found = 0;
        for (const char *at = s->said; text != NULL && (at = strstr(at, text)) != NULL; at++) {
            found++;
        }
        if (text != NULL && found >= times) {
            return true;
        }
    }
    fail_msg("the client said in a minute: %s", s->said);
    return false;
}

void lwm2m_host_wait(lwm2m_host *s, const char *text, unsigned times) {
    assert_true(serve_until(s, text, times));
}

int lwm2m_host_finish(lwm2m_host *s) {
    int status = 0;
    (void)serve_until(s, NULL, 0);
    assert_int_equal(waitpid(s->child, &status, 0), s->child);
    s->child = 0;
    (void)close(s->output);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void lwm2m_host_lose_power(lwm2m_host *s) {
    assert_int_equal(kill(s->child, SIGKILL), 0);
    assert_int_equal(lwm2m_host_finish(s), 128 + SIGKILL);
}

unsigned lwm2m_host_count(const lwm2m_host *s, const char *text) {
    unsigned found = 0;
    for (const char *at = s->said; (at = strstr(at, text)) != NULL; at++) {
        found++;
    }
    return found;
}

int lwm2m_host_set_up(void **state) {
    lwm2m_host *s = test_calloc(1, sizeof(*s));
    s->plain = -1;
    (void)snprintf(s->directory, sizeof(s->directory), "lwm2m-store-XXXXXX");
    assert_non_null(mkdtemp(s->directory));
    *state = s;
    return 0;
}

int lwm2m_host_tear_down(void **state) {
    static const char *const names[] = {"lock", "slot-0", "slot-1", "registration", "registration.new"};
    lwm2m_host *s = *state;
    char path[128];
    if (s->child > 0) {
        (void)kill(s->child, SIGKILL);
        (void)waitpid(s->child, NULL, 0);
        (void)close(s->output);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", s->directory, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(s->directory);
    if (s->secure.fd > 0) {
        peer_udp_close(&s->secure);
    }
    if (s->plain >= 0) {
        (void)close(s->plain);
    }
    test_free(s);
    return 0;
}
