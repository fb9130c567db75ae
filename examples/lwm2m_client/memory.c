/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include "hex.h"

#define NAME "registration"
enum { LINE_SIZE = 600, TOKEN_TEXT_SIZE = 2 * MESSAGE_TOKEN_MAX + 1 };

static bool path_of(const memory *m, const char *end, char *path, size_t size) {
    int written = snprintf(path, size, "%s/" NAME "%s", m->directory, end);
    errno = ENAMETOOLONG;
    return written > 0 && (size_t)written < size;
}

/* Whose it is: one line, which must be the same when it is read again. */
static void title_of(const memory *m, char line[LINE_SIZE]) {
    (void)snprintf(line, LINE_SIZE, "%s at %s %u\n", m->endpoint, m->host, m->port);
}

/* ---- writing ---- */

static void print_observations(FILE *file, const observations *o) {
    char path[PATH_TEXT_SIZE];
    char token[TOKEN_TEXT_SIZE];
    for (size_t i = 0; i < OBSERVATIONS; i++) {
        const observation *one = &o->all[i];
        if (one->used) {
            hex_print(one->token, one->token_size, token);
            (void)fprintf(file, "observe %s %u t%s\n", path_text(&one->path, path), one->format, token);
        }
    }
}

static bool print_all(int fd, const memory *m, const lwm2m_registration *r) {
    char title[LINE_SIZE];
    FILE *file = fdopen(fd, "w");
    if (file == NULL) {
        (void)close(fd);
        return false;
    }
    title_of(m, title);
    (void)fputs(title, file);
    (void)fprintf(file, "location %s\nlifetime %u\n", r->location, (unsigned)r->lifetime);
    (void)fprintf(file, "periods %u %u\nsequence %u\n", (unsigned)r->min_period, (unsigned)r->max_period,
                  (unsigned)r->observations.reserved);
    print_observations(file, &r->observations);
    bool good = fflush(file) == 0 && fsync(fd) == 0;
    return fclose(file) == 0 && good;
}

static bool sync_directory(const memory *m) {
    int fd = open(m->directory, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    return (fd < 0 || close(fd) == 0) && good;
}

bool memory_save(const memory *m, const lwm2m_registration *registration) {
    char path[LINE_SIZE];
    char aside[LINE_SIZE];
    if (m->directory == NULL) {
        return true;
    }
    if (!path_of(m, "", path, sizeof(path)) || !path_of(m, ".new", aside, sizeof(aside))) {
        return false;
    }
    if (registration->location[0] == '\0') {
        return (unlink(path) == 0 || errno == ENOENT) && sync_directory(m);
    }
    int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    return fd >= 0 && print_all(fd, m, registration) && rename(aside, path) == 0 && sync_directory(m);
}

/* ---- reading ---- */

static bool can_be_read(const lwm2m_path *path) {
    const resource *r = path_resource(path);
    return r == NULL || r->read != NULL;
}

static bool read_observation(const char *line, observations *o, size_t *count) {
    char path[PATH_TEXT_SIZE];
    char token[TOKEN_TEXT_SIZE];
    unsigned format = 0;
    size_t size = 0;
    memset(token, 0, sizeof(token));
    if (*count == OBSERVATIONS || sscanf(line, "observe %23s %u t%16s", path, &format, token) < 2) {
        return false;
    }
    observation one = {.used = true, .format = (uint16_t)format};
    if (!path_parse(&one.path, path) || !path_exists(&one.path) || !format_can_say(one.format, &one.path) ||
        !can_be_read(&one.path) || !hex_parse(token, one.token, sizeof(one.token), &size)) {
        return false;
    }
    one.token_size = (uint8_t)size;
    o->all[(*count)++] = one;
    return true;
}

/* Each of its lines must be there. */
static bool read_registration(FILE *file, lwm2m_registration *r) {
    char line[LINE_SIZE];
    unsigned lifetime = 0;
    unsigned least = 0;
    unsigned most = 0;
    unsigned sequence = 0;
    if (fgets(line, sizeof(line), file) == NULL || sscanf(line, "location %127s", r->location) != 1 ||
        fgets(line, sizeof(line), file) == NULL || sscanf(line, "lifetime %u", &lifetime) != 1 ||
        fgets(line, sizeof(line), file) == NULL || sscanf(line, "periods %u %u", &least, &most) != 2 ||
        fgets(line, sizeof(line), file) == NULL || sscanf(line, "sequence %u", &sequence) != 1) {
        return false;
    }
    r->lifetime = lifetime;
    r->min_period = least;
    r->max_period = most;
    r->observations.reserved = sequence;
    return r->location[0] == '/' && lifetime >= 1 && lifetime <= LIFETIME_MAX && least <= LIFETIME_MAX &&
           most <= LIFETIME_MAX && sequence <= OBSERVE_SEQUENCE_MAX;
}

static bool read_all(FILE *file, const memory *m, lwm2m_registration *r) {
    char title[LINE_SIZE];
    char line[LINE_SIZE];
    size_t count = 0;
    title_of(m, title);
    if (fgets(line, sizeof(line), file) == NULL || strcmp(line, title) != 0 || !read_registration(file, r)) {
        return false;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        if (!read_observation(line, &r->observations, &count)) {
            return false;
        }
    }
    return true;
}

bool memory_load(const memory *m, lwm2m_registration *registration) {
    char path[LINE_SIZE];
    memset(registration, 0, sizeof(*registration));
    if (m->directory == NULL || !path_of(m, "", path, sizeof(path))) {
        return false;
    }
    FILE *file = fopen(path, "r");
    bool good = file != NULL && read_all(file, m, registration);
    if (file != NULL) {
        (void)fclose(file);
    }
    if (!good) {
        memset(registration, 0, sizeof(*registration));
    }
    return good;
}
