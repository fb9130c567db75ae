/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700

#include "leshan/device.h"

#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "interop/credentials.h"
#include "leshan/http.h"

enum { ARGUMENTS_MAX = 40, FINISH_MS = 120000, LINE_MAX_SIZE = 1024, LINES_SHOWN = 20 };

typedef struct arguments {
    const char *list[ARGUMENTS_MAX];
    size_t count;
    char server[64];
    char numbers[5][16];
    char store[96];
} arguments;

static void add(arguments *a, const char *name, const char *value) {
    assert_true(a->count + 3 <= ARGUMENTS_MAX);
    a->list[a->count++] = name;
    if (value != NULL) {
        a->list[a->count++] = value;
    }
    a->list[a->count] = NULL;
}

static void add_number(arguments *a, size_t place, const char *name, int value) {
    snprintf(a->numbers[place], sizeof(a->numbers[place]), "%d", value);
    add(a, name, a->numbers[place]);
}

static void add_credentials(arguments *a, const device_settings *s) {
    if (s->certificates) {
        add(a, "--cert", CREDENTIALS_FILE("client-chain.pem"));
        add(a, "--private-key", CREDENTIALS_FILE("client.key.pem"));
        add(a, "--ca", CREDENTIALS_FILE("root.pem"));
    } else {
        add(a, "--identity", s->identity);
        add(a, "--key", s->key);
    }
}

static void launch(device *d) {
    const device_settings *s = &d->settings;
    arguments a = {.count = 0};
    char said[96];
    snprintf(a.server, sizeof(a.server), "coaps://127.0.0.1:%u", s->server_port);
    snprintf(a.store, sizeof(a.store), "%s/store", d->directory);
    snprintf(said, sizeof(said), "%s/said", d->directory);
    add(&a, s->program, a.server);
    add(&a, "--json", NULL);
    add(&a, "--endpoint", s->endpoint);
    add_credentials(&a, s);
    add_number(&a, 0, "--lifetime", s->lifetime);
    add_number(&a, 1, "--sleep", s->sleep);
    add_number(&a, 2, "--awake", s->awake);
    if (s->cycles > 0) {
        add_number(&a, 3, "--cycles", s->cycles);
    }
    if (s->timer_max > 0) {
        add_number(&a, 4, "--handshake-timer-max", s->timer_max);
    }
    if (s->stay) {
        add(&a, "--stay", NULL);
    }
    if (s->no_connection_id) {
        add(&a, "--no-cid", NULL);
    }
    if (s->store) {
        assert_true(mkdir(a.store, 0700) == 0 || access(a.store, W_OK) == 0);
        add(&a, "--store", a.store);
    }
    assert_true(process_start(&d->process, a.list, said));
}

void device_start(device *d, const device_settings *settings) {
    *d = (device){.settings = *settings};
    strcpy(d->directory, "/tmp/doze-leshan-XXXXXX");
    assert_non_null(mkdtemp(d->directory));
    launch(d);
}

void device_lose_power(device *d) {
    process_end(&d->process);
}

void device_start_again(device *d) {
    launch(d);
}

int device_finish(device *d, bool ask) {
    if (ask) {
        process_signal(&d->process, SIGTERM);
    }
    return process_wait(&d->process, FINISH_MS);
}

/* ---- what it said ---- */

static FILE *open_said(const device *d) {
    char name[96];
    snprintf(name, sizeof(name), "%s/said", d->directory);
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    return file;
}

static bool is_event(const char *line, const char *event) {
    char value[64];
    return strchr(line, '\n') != NULL && json_get(line, "event", value, sizeof(value)) && strcmp(value, event) == 0;
}

unsigned device_count(const device *d, const char *event) {
    char line[LINE_MAX_SIZE];
    unsigned count = 0;
    FILE *file = open_said(d);
    while (fgets(line, sizeof(line), file) != NULL) {
        count += is_event(line, event);
    }
    fclose(file);
    return count;
}

bool device_last(const device *d, const char *event, const char *name, char *value, size_t capacity) {
    char line[LINE_MAX_SIZE];
    bool found = false;
    FILE *file = open_said(d);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (is_event(line, event)) {
            found = json_get(line, name, value, capacity);
        }
    }
    fclose(file);
    return found;
}

/* ---- the end ---- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static void show_said(const device *d) {
    char line[LINE_MAX_SIZE];
    unsigned left = 0;
    FILE *file = open_said(d);
    while (fgets(line, sizeof(line), file) != NULL) {
        left++;
    }
    rewind(file);
    for (; fgets(line, sizeof(line), file) != NULL; left--) {
        if (left <= LINES_SHOWN) {
            fprintf(stderr, "client: %s", line);
        }
    }
    fclose(file);
}

void device_remove(device *d) {
    process_end(&d->process);
    if (d->directory[0] != '\0') {
        show_said(d);
        (void)nftw(d->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
    memset(d, 0, sizeof(*d));
}
