/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "offline_download/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool complain(const char *file) {
    (void)fprintf(stderr, "offline_download: %s: %s\n", file, strerror(errno));
    return false;
}

static bool make_name(char *out, const char *directory, const char *name) {
    int size = snprintf(out, FILES_PATH_MAX, "%s/%s", directory, name);
    errno = ENAMETOOLONG;
    return (size > 0 && size < FILES_PATH_MAX) || complain(directory);
}

bool files_open(files *f, const char *content, const char *directory, const char *source) {
    memset(f, 0, sizeof(*f));
    f->content = content;
    f->source = source;
    f->has_mark = directory != NULL;
    if (f->has_mark && (!make_name(f->mark, directory, "mark") || !make_name(f->mark_aside, directory, "mark.new"))) {
        return false;
    }
    f->fd = open(content, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    return f->fd >= 0 || complain(content);
}

bool files_close(files *f) {
    return close(f->fd) == 0 || complain(f->content);
}

bool files_write(files *f, uint32_t offset, const uint8_t *data, size_t size) {
    if (offset == 0 && ftruncate(f->fd, 0) != 0) {
        return complain(f->content);
    }
    while (size > 0) {
        ssize_t written = pwrite(f->fd, data, size, (off_t)offset);
        if (written < 0 && errno != EINTR) {
            return complain(f->content);
        }
        size_t done = written < 0 ? 0 : (size_t)written;
        data += done;
        offset += (uint32_t)done;
        size -= done;
    }
    return true;
}

/* ---- the mark: two lines of text, so that it can be looked at ---- */

#define MARK_FORMAT "offset=%" PRIu32 " szx=%u etag="

static bool read_etag(const char *hex, download_mark *mark) {
    while (hex[0] != '\n' && hex[0] != '\0') {
        unsigned byte = 0;
        if (mark->etag_size == DOWNLOAD_ETAG_MAX || strspn(hex, "0123456789abcdef") < 2 ||
            sscanf(hex, "%2x", &byte) != 1) {
            return false;
        }
        mark->etag[mark->etag_size++] = (uint8_t)byte;
        hex += 2;
    }
    return true;
}

static bool read_mark(const char *line, download_mark *mark) {
    unsigned szx = 0;
    int end = 0;
    *mark = (download_mark){0};
    if (sscanf(line, "offset=%" SCNu32 " szx=%u etag=%n", &mark->offset, &szx, &end) != 2 || end == 0 ||
        szx > BLOCK2_SZX_MAX) {
        return false;
    }
    mark->szx = (uint8_t)szx;
    return mark->offset % block2_size(mark->szx) == 0 && read_etag(line + end, mark);
}

download_mark files_recall(const files *f) {
    download_mark mark = {0};
    char line[80] = "";
    char source[FILES_PATH_MAX] = "";
    char name[FILES_PATH_MAX] = "";
    struct stat content;
    FILE *file = f->has_mark ? fopen(f->mark, "re") : NULL;
    if (file == NULL) {
        return mark;
    }
    bool ok = fgets(line, sizeof(line), file) != NULL && read_mark(line, &mark) &&
              fgets(source, sizeof(source), file) != NULL && fgets(name, sizeof(name), file) != NULL;
    (void)fclose(file);
    source[strcspn(source, "\n")] = '\0';
    name[strcspn(name, "\n")] = '\0';
    if (!ok || strcmp(source, f->source) != 0 || strcmp(name, f->content) != 0 || fstat(f->fd, &content) != 0 ||
        content.st_size < (off_t)mark.offset) {
        (void)fprintf(stderr, "offline_download: %s: not about %s in %s: starting from the first block\n", f->mark,
                      f->source, f->content);
        mark = (download_mark){0};
    }
    return mark;
}

static bool write_mark(const files *f, const download_mark *mark) {
    FILE *file = fopen(f->mark_aside, "we");
    if (file == NULL) {
        return false;
    }
    bool ok = fprintf(file, MARK_FORMAT, mark->offset, (unsigned)mark->szx) > 0;
    for (size_t i = 0; i < mark->etag_size; i++) {
        ok = ok && fprintf(file, "%02x", (unsigned)mark->etag[i]) == 2;
    }
    ok = ok && fprintf(file, "\n%s\n%s\n", f->source, f->content) > 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;
    return fclose(file) == 0 && ok && rename(f->mark_aside, f->mark) == 0;
}

bool files_keep(files *f, const download_mark *mark) {
    if (!f->has_mark) {
        return true;
    }
    if (mark == NULL && fsync(f->fd) != 0 && errno != EINVAL) { /* it may be whole: then nothing else knows of it */
        return complain(f->content);
    }
    if (mark == NULL) {
        return unlink(f->mark) == 0 || errno == ENOENT || complain(f->mark);
    }
    if (fsync(f->fd) != 0 && errno != EINVAL) { /* what can't be synced, as a pipe, isn't */
        return complain(f->content);
    }
    return write_mark(f, mark) || complain(f->mark_aside);
}
