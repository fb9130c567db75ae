/* SPDX-License-Identifier: Apache-2.0 */
/* Downloads a file by CoAP, and sleeps on the way: see the usage in arguments.c. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "offline_download/download.h"
#include "offline_download/files.h"
#include "offline_download/node.h"

enum { WENT_WELL = 0, FAILED = 1, MISUSED = 2, ASLEEP = 3 };
enum { STILL_GOING = -1, REFUSALS_MAX = 2 };

typedef struct job {
    arguments a;
    node n;
    files f;
    download d;
    char source[FILES_PATH_MAX];
    uint32_t suspended_at; /* blocks taken by then */
    bool told;             /* how it is connected now */
} job;

static bool take(void *context, uint32_t offset, const uint8_t *data, size_t size) {
    job *j = context;
    return files_write(&j->f, offset, data, size);
}

static void tell(void *context, download_reason reason, download_deed deed) {
    job *j = context;
    char code[MESSAGE_CODE_TEXT_SIZE];
    bool by_code = reason == DOWNLOAD_REFUSED || reason == DOWNLOAD_BUSY || reason == DOWNLOAD_NO_CONTENT ||
                   reason == DOWNLOAD_FORGOTTEN;
    (void)printf("byte %u: %s%s%s: %s", (unsigned)j->d.mark.offset, by_code ? message_code_text(j->d.code, code) : "",
                 by_code ? ", " : "", download_reason_text(reason), download_deed_text(deed));
    if (deed == DOWNLOAD_WAITS) {
        (void)printf(" %u s", (unsigned)(j->d.wait / 1000));
    } else if (deed == DOWNLOAD_STARTS_OVER && !files_keep(&j->f, NULL)) {
        (void)printf(", but the mark of before is still there");
    }
    (void)puts("");
    if (reason == DOWNLOAD_SOCKET) {
        node_complain(&j->n, "download", j->d.result);
    }
    j->told = j->told && reason != DOWNLOAD_NEW_ASSOCIATION && reason != DOWNLOAD_ASSOCIATION_ENDED;
}

static int finish(job *j) {
    (void)printf("done: %u bytes in %s\n", (unsigned)j->d.mark.offset, j->a.file);
    return files_keep(&j->f, NULL) ? WENT_WELL : FAILED;
}

/* What is there stays, for another try. */
static int give_up(job *j) {
    bool kept = j->f.has_mark && j->d.mark.offset > 0 && files_keep(&j->f, &j->d.mark);
    (void)fprintf(stderr, "offline_download: %s: %s%s\n", j->source, download_reason_text(j->d.reason),
                  kept ? "; run it again to go on from where it is" : "");
    return FAILED;
}

/* A host that says that nobody listens there may be wrong in the middle of a download; at the start it rarely is. */
static bool nobody_listens(const job *j) {
    int64_t refusals = 0;
    return j->d.blocks == 0 && doze_get_option(j->n.socket, DOZE_OPT_REFUSALS, &refusals) == DOZE_OK &&
           refusals >= REFUSALS_MAX;
}

static int suspend(job *j) {
    doze_result result = download_suspend(&j->d);
    if (result != DOZE_OK) {
        node_complain(&j->n, "suspend", result);
        return FAILED;
    }
    if (!files_keep(&j->f, &j->d.mark)) {
        return FAILED;
    }
    (void)printf("suspended at byte %u\n", (unsigned)j->d.mark.offset);
    if (j->a.power_off) {
        return ASLEEP;
    }
    (void)nanosleep(&(struct timespec){.tv_sec = (time_t)j->a.seconds}, NULL);
    result = download_resume(&j->d);
    if (result < 0) {
        node_complain(&j->n, "resume", result);
        return FAILED;
    }
    j->suspended_at = j->d.blocks;
    j->told = false;
    return STILL_GOING;
}

static int turn(job *j) {
    download_state state = download_step(&j->d);
    if (!j->told && doze_get_state(j->n.socket) == DOZE_STATE_CONNECTED) {
        node_tell(&j->n);
        j->told = true;
    }
    if (state == DOWNLOAD_DONE) {
        return finish(j);
    }
    if (state == DOWNLOAD_FAILED) {
        return give_up(j);
    }
    if (nobody_listens(j)) {
        node_complain(&j->n, "download", DOZE_ERR_REFUSED);
        return FAILED;
    }
    if (j->a.blocks > 0 && j->d.blocks - j->suspended_at >= j->a.blocks) {
        return suspend(j);
    }
    struct pollfd item = {.fd = doze_fd(j->n.socket), .events = POLLIN}; /* poll() passes over -1 */
    (void)poll(&item, 1, download_next_timeout(&j->d));
    return STILL_GOING;
}

static int run(job *j) {
    const download_settings settings = {.socket = j->n.socket,
                                        .clock = doze_posix_clock(),
                                        .random = doze_posix_random(),
                                        .path = j->a.path,
                                        .block_size = j->a.block_size,
                                        .take = take,
                                        .tell = tell,
                                        .context = j};
    int code = STILL_GOING;
    download_mark mark = files_recall(&j->f);
    doze_result result = download_init(&j->d, &settings);
    if (!node_connect(&j->n)) {
        return FAILED;
    }
    if (mark.offset > 0) {
        (void)printf("going on at byte %u\n", (unsigned)mark.offset);
    }
    result = result == DOZE_OK ? download_start(&j->d, &mark) : result;
    if (result != DOZE_OK) {
        node_complain(&j->n, "start", result);
        return FAILED;
    }
    while (code == STILL_GOING) {
        code = turn(j);
    }
    return code;
}

int main(int argc, char **argv) {
    static job j;
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* so that it is in order with what standard error has */
    if (!arguments_read(&j.a, argc, argv)) {
        return MISUSED;
    }
    int size = snprintf(j.source, sizeof(j.source), "coap%s://%s:%u/%s", j.a.identity != NULL ? "s" : "", j.a.host,
                        j.a.port, j.a.path);
    if (size >= (int)sizeof(j.source)) {
        (void)fputs("offline_download: HOST and PATH are too long\n", stderr);
        return MISUSED;
    }
    if (!files_open(&j.f, j.a.file, j.a.directory, j.source)) {
        return FAILED;
    }
    int code = FAILED;
    if (node_open(&j.n, &j.a)) {
        code = run(&j);
        node_close(&j.n);
    }
    return files_close(&j.f) ? code : FAILED;
}
