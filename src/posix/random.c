/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "doze/posix.h"

#ifdef __linux__
#include <sys/random.h>

/* Waits until the kernel has been seeded, which matters right after boot and which /dev/urandom does not do. */
static ssize_t ask_kernel(unsigned char *out, size_t size) {
    return getrandom(out, size, 0);
}
#else
static ssize_t ask_kernel(unsigned char *out, size_t size) {
    (void)out;
    (void)size;
    errno = ENOSYS;
    return -1;
}
#endif

/* Repeats a source that may give less than asked for, as signals make it do. */
static int fill_from(ssize_t (*source)(int, unsigned char *, size_t), int fd, unsigned char *out, size_t size) {
    while (size > 0) {
        ssize_t got = source(fd, out, size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return -1;
        }
        out += got;
        size -= (size_t)got;
    }
    return 0;
}

static ssize_t from_kernel(int fd, unsigned char *out, size_t size) {
    (void)fd;
    return ask_kernel(out, size);
}

static ssize_t from_file(int fd, unsigned char *out, size_t size) {
    return read(fd, out, size);
}

static int fill(void *context, unsigned char *out, size_t size) {
    (void)context;
    if (fill_from(from_kernel, -1, out, size) == 0) {
        return 0;
    }
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    int result = fill_from(from_file, fd, out, size);
    close(fd);
    return result;
}

doze_random doze_posix_random(void) {
    return (doze_random){.fill = fill};
}
