/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1
#include "sweep/system_calls.h"

#ifdef SWEEP_WRAPS /* part of one program, not of what tests share */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sweep/life.h"

system_call_order system_calls;

static bool fails(const char *name) {
    system_call_order *s = &system_calls;
    if (!life_in_doze) {
        return false;
    }
    s->made++;
    bool first = s->at != 0 && s->made == s->at;
    bool later = s->at != 0 && s->made > s->at && s->from_there_on && strcmp(name, s->name) == 0;
    if (first) {
        s->name = name;
    }
    if (first || later) {
        s->failed++;
        errno = s->error;
    }
    return first || later;
}

#define WRAP(type, name, parameters, arguments)                                                                        \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters {                                                                                    \
        return fails(#name) ? (type) - 1 : __real_##name arguments;                                                    \
    }

WRAP(int, socket, (int domain, int kind, int protocol), (domain, kind, protocol))
WRAP(int, bind, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size))
WRAP(int, connect, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size))
WRAP(ssize_t, send, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags))
WRAP(ssize_t, recv, (int fd, void *data, size_t size, int flags), (fd, data, size, flags))
WRAP(ssize_t, recvfrom, (int fd, void *data, size_t size, int flags, struct sockaddr *source, socklen_t *source_size),
     (fd, data, size, flags, source, source_size))
WRAP(int, getsockname, (int fd, struct sockaddr *address, socklen_t *size), (fd, address, size))
WRAP(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t size), (fd, level, name, value, size))
WRAP(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *size), (fd, level, name, value, size))
WRAP(ssize_t, read, (int fd, void *data, size_t size), (fd, data, size))
WRAP(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
WRAP(int, flock, (int fd, int operation), (fd, operation))
WRAP(int, fstat, (int fd, struct stat *info), (fd, info))
WRAP(int, unlinkat, (int at, const char *name, int flags), (at, name, flags))
WRAP(int, renameat, (int from, const char *old, int to, const char *name), (from, old, to, name))
WRAP(ssize_t, getrandom, (void *data, size_t size, unsigned flags), (data, size, flags))
WRAP(int, clock_gettime, (clockid_t clock, struct timespec *time), (clock, time))

/* Whether a file is on the medium is no matter here, and costs time. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) {
    (void)fd;
    return fails("fsync") ? -1 : 0;
}

/* The descriptor is gone all the same. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd) {
    int result = __real_close(fd);
    return fails("close") ? -1 : result;
}

static int mode_of(int flags, va_list rest) {
    return (flags & O_CREAT) != 0 ? va_arg(rest, int) : 0;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = mode_of(flags, rest);
    va_end(rest);
    return fails("open") ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = mode_of(flags, rest);
    va_end(rest);
    return fails("openat") ? -1 : __real_openat(at, path, flags, mode);
}

#endif
