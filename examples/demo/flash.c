/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "flash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <unistd.h>

#include "complain.h"

bool flash_make(flash *f) {
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] == '\0') {
        parent = "/tmp";
    }
    int size = snprintf(f->path, sizeof(f->path), "%s/doze-demo-XXXXXX", parent);
    if (size < 0 || (size_t)size >= sizeof(f->path)) {
        errno = ENAMETOOLONG;
    } else if (mkdtemp(f->path) != NULL) {
        return true;
    }
    f->path[0] = '\0';
    return complain("no directory for the client's store in %s: %s", parent, strerror(errno));
}

static void remove_files(const char *path) {
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return;
    }
    int fd = dirfd(directory);
    for (const struct dirent *entry; fd >= 0 && (entry = readdir(directory)) != NULL;) {
        (void)unlinkat(fd, entry->d_name, 0); /* "." and ".." refuse */
    }
    (void)closedir(directory);
}

void flash_remove(flash *f) {
    if (f->path[0] == '\0') {
        return;
    }
    remove_files(f->path);
    if (rmdir(f->path) != 0) {
        (void)complain("%s stays: %s", f->path, strerror(errno));
    }
    f->path[0] = '\0';
}
