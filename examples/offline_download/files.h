/* SPDX-License-Identifier: Apache-2.0 */
/* What a download leaves on the disk: the content, and beside doze's store the mark, from where to go on. */
#ifndef EXAMPLE_DOWNLOAD_FILES_H
#define EXAMPLE_DOWNLOAD_FILES_H

#include "offline_download/download.h"

#define FILES_PATH_MAX 1024

typedef struct files {
    const char *content; /* its name */
    const char *source;  /* where it comes from */
    int fd;              /* of the content */
    bool has_mark;       /* a directory was given */
    char mark[FILES_PATH_MAX];
    char mark_aside[FILES_PATH_MAX];
} files;

/* `directory` NULL: no mark is kept. `source` is not copied; a mark about another one is none. False, as with all of
 * these: standard error says why; there is nothing to close. */
bool files_open(files *f, const char *content, const char *directory, const char *source);
bool files_close(files *f);

/* At offset 0, whatever there was is void. */
bool files_write(files *f, uint32_t offset, const uint8_t *data, size_t size);

/* What was kept, if it fits the content; all zero: there is nothing to go on from. */
download_mark files_recall(const files *f);
/* After the content itself is safe. NULL: forgets what was kept. */
bool files_keep(files *f, const download_mark *mark);

#endif
