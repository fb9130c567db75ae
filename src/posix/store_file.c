/* SPDX-License-Identifier: Apache-2.0 */
/* A store in the files of a directory. Everything goes by the directory's descriptor, so that a change of the working
 * directory, or of a name above, does not move the store. */
#define _DEFAULT_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doze/posix.h"

#define LOCK_NAME  "lock"
#define NAME_SIZE  24 /* "slot-", any unsigned, ".new" */
#define OWNER_ONLY (S_IRUSR | S_IWUSR)

typedef struct names {
    char slot[NAME_SIZE];
    char aside[NAME_SIZE]; /* written here first; after a power cut a part of it may be left, which nobody reads */
} names;

static names names_of(unsigned slot) {
    names n;
    (void)snprintf(n.slot, sizeof(n.slot), "slot-%u", slot);
    (void)snprintf(n.aside, sizeof(n.aside), "slot-%u.new", slot);
    return n;
}

static doze_result fail(doze_store *store, int cause) {
    store->cause = cause;
    return DOZE_ERR_STORE;
}

/* ---- system calls that a signal may cut short ---- */

static int open_at(int directory, const char *name, int flags) {
    int fd = -1;
    do {
        fd = openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC, OWNER_ONLY);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

static int sync_fd(int fd) {
    int result = 0;
    do {
        result = fsync(fd);
    } while (result != 0 && errno == EINTR);
    return result;
}

/* Never repeated: after EINTR the descriptor is gone, and may be another thread's by then. */
static int close_fd(int fd) {
    return close(fd) != 0 && errno != EINTR ? -1 : 0;
}

static void close_after_failure(int fd) {
    int error = errno;
    (void)close(fd);
    errno = error;
}

static int remove_if_there(int directory, const char *name) {
    return unlinkat(directory, name, 0) != 0 && errno != ENOENT ? -1 : 0;
}

/* ---- reading ---- */

/* Up to `size` bytes, fewer where the file ends before. */
static ssize_t read_all(int fd, unsigned char *out, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, out + done, size - done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static int size_of_regular_file(int fd, size_t *size) {
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return -1;
    }
    if (!S_ISREG(info.st_mode)) {
        errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
        return -1;
    }
    *size = (size_t)info.st_size;
    return 0;
}

static doze_result read_file(doze_store *store, int fd, void *buffer, size_t capacity, size_t *size) {
    size_t there = 0;
    if (size_of_regular_file(fd, &there) != 0) {
        return fail(store, errno);
    }
    if (there > capacity) {
        return DOZE_ERR_TOO_LONG;
    }
    ssize_t got = read_all(fd, buffer, there);
    if (got < 0) {
        return fail(store, errno);
    }
    *size = (size_t)got;
    return DOZE_OK;
}

static doze_result store_read(doze_store *store, unsigned slot, void *buffer, size_t capacity, size_t *size) {
    if (store == NULL || size == NULL || (buffer == NULL && capacity > 0)) {
        return DOZE_ERR_ARGUMENT;
    }
    if (slot >= DOZE_STORE_SLOTS) {
        return fail(store, EINVAL);
    }
    const doze_file_store *self = (const doze_file_store *)store;
    names n = names_of(slot);
    int fd = open_at(self->directory, n.slot, O_RDONLY | O_NONBLOCK); /* a FIFO in its place would block */
    if (fd < 0 && errno == ENOENT) {
        *size = 0;
        return DOZE_OK;
    }
    if (fd < 0) {
        return fail(store, errno);
    }
    doze_result result = read_file(store, fd, buffer, capacity, size);
    (void)close(fd);
    return result;
}

/* ---- writing ---- */

static int write_all(int fd, const unsigned char *data, size_t size) {
    while (size > 0) {
        ssize_t wrote = write(fd, data, size);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote == 0) {
            errno = EIO; /* no file does that, and no errno says it */
        }
        if (wrote <= 0) {
            return -1;
        }
        data += wrote;
        size -= (size_t)wrote;
    }
    return 0;
}

/* What a cut write left goes first: the new file is our own, with our permissions, whatever was there. */
static int write_aside(int directory, const char *name, const void *data, size_t size) {
    if (remove_if_there(directory, name) != 0) {
        return -1;
    }
    int fd = open_at(directory, name, O_WRONLY | O_CREAT | O_EXCL);
    if (fd < 0) {
        return -1;
    }
    if (write_all(fd, data, size) != 0 || sync_fd(fd) != 0) {
        close_after_failure(fd);
        return -1;
    }
    return close_fd(fd);
}

/* The contents are on the medium before they get the name: a power cut shows the old file or the new one, whole. */
static int replace(int directory, const names *n, const void *data, size_t size) {
    if (write_aside(directory, n->aside, data, size) != 0 || renameat(directory, n->aside, directory, n->slot) != 0) {
        int error = errno;
        (void)unlinkat(directory, n->aside, 0);
        errno = error;
        return -1;
    }
    return sync_fd(directory);
}

/* What a cut write left goes too: who empties a slot wants nothing of it to stay. Synced even when nothing was there, as
 * an emptying before this one may have failed just there. */
static int empty(int directory, const names *n) {
    if (remove_if_there(directory, n->slot) != 0 || remove_if_there(directory, n->aside) != 0) {
        return -1;
    }
    return sync_fd(directory);
}

static doze_result store_write(doze_store *store, unsigned slot, const void *data, size_t size) {
    if (store == NULL || (data == NULL && size > 0)) {
        return DOZE_ERR_ARGUMENT;
    }
    if (slot >= DOZE_STORE_SLOTS) {
        return fail(store, EINVAL);
    }
    const doze_file_store *self = (const doze_file_store *)store;
    names n = names_of(slot);
    int result = size == 0 ? empty(self->directory, &n) : replace(self->directory, &n, data, size);
    return result == 0 ? DOZE_OK : fail(store, errno);
}

/* ---- opening and closing ---- */

static const doze_store_ops file_store_ops = {.read = store_read, .write = store_write};

static int open_directory(const char *path) {
    int fd = -1;
    do {
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

/* flock() and not fcntl(), whose locks do not keep a process from itself and end with any close of the file. */
static int lock_file(int fd) {
    int result = 0;
    do {
        result = flock(fd, LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    return result;
}

static int open_and_lock(doze_file_store *store, const char *directory) {
    store->directory = open_directory(directory);
    if (store->directory < 0) {
        return -1;
    }
    store->lock = open_at(store->directory, LOCK_NAME, O_RDWR | O_CREAT);
    if (store->lock < 0) {
        return -1;
    }
    return lock_file(store->lock);
}

doze_result doze_file_store_open(doze_file_store *store, const char *directory) {
    if (store == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    *store = (doze_file_store){.store = {.ops = &file_store_ops}, .directory = -1, .lock = -1};
    if (directory == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    if (open_and_lock(store, directory) != 0) {
        int error = errno;
        doze_file_store_close(store);
        return fail(&store->store, error);
    }
    return DOZE_OK;
}

void doze_file_store_close(doze_file_store *store) {
    if (store == NULL || store->store.ops == NULL) { /* all zero: never opened, and 0 is somebody's descriptor */
        return;
    }
    if (store->lock >= 0) {
        (void)close(store->lock);
    }
    if (store->directory >= 0) {
        (void)close(store->directory);
    }
    store->lock = store->directory = -1;
}
