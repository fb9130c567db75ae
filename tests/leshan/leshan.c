/* SPDX-License-Identifier: Apache-2.0 */
#include "leshan/leshan.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "interop/credentials.h"
#include "leshan/http.h"

enum {
    START_MS = 60000, /* a machine with other work */
    STOP_MS = 20000,
    ASK_MS = 60000,
    TARGET_MAX = 256,
    ANSWER_MAX = 128 * 1024,
    ARGUMENTS_MAX = 32,
};

static void list_arguments(const leshan_settings *s, const char *coaps, const char *awake, const char **list) {
    const char *always[] = {
        "java",
        "-XX:TieredStopAtLevel=1", /* starts sooner with these, and does not take all cores */
        "-XX:+UseSerialGC",
        "-cp",
        s->class_path,
        "doze.leshan.Server",
        "--coaps",
        coaps,
        "--cid",
        s->connection_id ? "6" : "off",
        "--awake",
        awake,
        "--cert",
        CREDENTIALS_FILE("server-chain.pem"),
        "--private-key",
        CREDENTIALS_FILE("server.key.pem"),
        "--ca",
        CREDENTIALS_FILE("root.pem"),
    };
    size_t count = sizeof(always) / sizeof(always[0]);
    memcpy(list, always, sizeof(always));
    if (s->psk != NULL) {
        list[count++] = "--psk";
        list[count++] = s->psk;
    }
    if (s->certificate != NULL) {
        list[count++] = "--x509";
        list[count++] = s->certificate;
    }
    list[count] = NULL;
}

bool leshan_start(leshan *l, const leshan_settings *settings) {
    char coaps[16];
    char awake[16];
    char line[256];
    const char *arguments[ARGUMENTS_MAX];
    snprintf(coaps, sizeof(coaps), "%u", settings->coaps);
    snprintf(awake, sizeof(awake), "%d", settings->awake_ms);
    list_arguments(settings, coaps, awake, arguments);
    *l = (leshan){0};
    if (process_start(&l->process, arguments, NULL) && process_read_line(&l->process, line, sizeof(line), START_MS) &&
        sscanf(line, "ready coap=%*u coaps=%hu rest=%hu", &l->coaps, &l->rest) == 2) {
        return true;
    }
    fprintf(stderr, "the Leshan server does not start\n");
    process_end(&l->process);
    return false;
}

void leshan_stop(leshan *l) {
    if (l->process.pid > 0) {
        process_signal(&l->process, SIGTERM);
        (void)process_wait(&l->process, STOP_MS);
    }
}

bool leshan_restart(leshan *l, const leshan_settings *settings) {
    leshan_settings again = *settings;
    again.coaps = l->coaps;
    leshan_stop(l);
    return leshan_start(l, &again);
}

/* ---- what it admits ---- */

static void set_security(const leshan *l, const char *method, const char *target, const char *body) {
    char answer[4096];
    assert_int_equal(http_ask(l->rest, method, target, body, answer, sizeof(answer)), 200);
}

void leshan_admit_psk(const leshan *l, const char *endpoint, const char *identity, const char *key) {
    char body[512];
    snprintf(body, sizeof(body),
             "{\"endpoint\":\"%s\",\"tls\":{\"mode\":\"psk\",\"details\":{\"identity\":\"%s\",\"key\":\"%s\"}}}",
             endpoint, identity, key);
    set_security(l, "PUT", "/api/security/clients", body);
}

void leshan_admit_certificate(const leshan *l, const char *endpoint) {
    char body[512];
    snprintf(body, sizeof(body), "{\"endpoint\":\"%s\",\"tls\":{\"mode\":\"x509\"}}", endpoint);
    set_security(l, "PUT", "/api/security/clients", body);
}

void leshan_dismiss(const leshan *l, const char *endpoint) {
    char name[TARGET_MAX];
    char target[TARGET_MAX + 32];
    http_escape(endpoint, name, sizeof(name));
    snprintf(target, sizeof(target), "/api/security/clients/%s", name);
    set_security(l, "DELETE", target, NULL);
}

/* ---- what it says ---- */

/* To be freed. */
static char *get(const leshan *l, const char *what, const char *endpoint, unsigned since) {
    char name[TARGET_MAX];
    char target[TARGET_MAX + 64];
    char *answer = malloc(ANSWER_MAX);
    assert_non_null(answer);
    http_escape(endpoint, name, sizeof(name));
    snprintf(target, sizeof(target), "/api/%s?ep=%s&since=%u", what, name, since);
    assert_int_equal(http_ask(l->rest, "GET", target, NULL, answer, ANSWER_MAX), 200);
    return answer;
}

unsigned leshan_count(const leshan *l, const char *endpoint, unsigned since, const char *event) {
    char number[LESHAN_TEXT_MAX] = "";
    char *counts = get(l, "counts", endpoint, since);
    assert_true(json_get(counts, event, number, sizeof(number)));
    free(counts);
    return (unsigned)strtoul(number, NULL, 10);
}

void leshan_client(const leshan *l, const char *endpoint, const char *name, char value[LESHAN_TEXT_MAX]) {
    char escaped[TARGET_MAX];
    char target[TARGET_MAX + 32];
    char answer[8192];
    http_escape(endpoint, escaped, sizeof(escaped));
    snprintf(target, sizeof(target), "/api/clients/%s", escaped);
    int status = http_ask(l->rest, "GET", target, NULL, answer, sizeof(answer));
    assert_true(status == 200 || status == 404);
    value[0] = '\0';
    assert_true(status == 404 || json_get(answer, name, value, LESHAN_TEXT_MAX));
}

/* Not those of a registration that this one took the place of. */
static bool is_of_the_registration(const char *event) {
    return strcmp(event, "registered") == 0 || strcmp(event, "updated") == 0 || strcmp(event, "deregistered") == 0;
}

bool leshan_all_the_same(const leshan *l, const char *endpoint, unsigned since, const char *name) {
    char first[LESHAN_TEXT_MAX] = "";
    char event[LESHAN_TEXT_MAX];
    char value[LESHAN_TEXT_MAX];
    char *events = get(l, "events", endpoint, since);
    bool same = true;
    for (const char *at = events; same && (at = strstr(at, "{\"time\"")) != NULL; at++) {
        assert_true(json_get(at, "event", event, sizeof(event)) && json_get(at, name, value, sizeof(value)));
        if (is_of_the_registration(event)) {
            same = first[0] == '\0' || strcmp(value, first) == 0;
            strcpy(first, value);
        }
    }
    free(events);
    return same && first[0] != '\0';
}

bool leshan_ask(const leshan *l, const char *endpoint, const char *method, const char *path, const char *body,
                char *answer, size_t capacity) {
    char name[TARGET_MAX];
    char target[2 * TARGET_MAX];
    char unused[4096];
    char success[LESHAN_TEXT_MAX] = "";
    http_escape(endpoint, name, sizeof(name));
    snprintf(target, sizeof(target), "/api/clients/%s%s?timeout=%d", name, path, ASK_MS);
    answer = answer != NULL ? answer : unused;
    int status = http_ask(l->rest, method, target, body, answer, answer == unused ? sizeof(unused) : capacity);
    return status == 200 && json_get(answer, "success", success, sizeof(success)) && strcmp(success, "true") == 0;
}
