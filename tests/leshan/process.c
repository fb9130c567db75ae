/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* pipe2 */

#include "leshan/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 10, ARGUMENTS_MAX = 40 };

typedef struct ends {
    int input[2];
    int output[2];
} ends;

void pause_ms(int ms) {
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L};
    nanosleep(&pause, NULL);
}

static void close_pair(int pair[2]) {
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) {
            close(pair[i]);
            pair[i] = -1;
        }
    }
}

/* In the child: a process group of its own, so that nothing that is meant for the tests reaches it. */
static void become(const char *const *arguments, const ends *e) {
    char *list[ARGUMENTS_MAX + 1] = {0};
    for (int i = 0; i < ARGUMENTS_MAX && arguments[i] != NULL; i++) {
        list[i] = (char *)(uintptr_t)arguments[i]; /* execvp() changes none of them */
    }
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(e->input[0], STDIN_FILENO) >= 0 && dup2(e->output[1], STDOUT_FILENO) >= 0) {
        execvp(list[0], list);
    }
    _exit(127);
}

static bool open_ends(ends *e, const char *output) {
    if (output == NULL) {
        return pipe2(e->input, O_CLOEXEC) == 0 && pipe2(e->output, O_CLOEXEC) == 0;
    }
    e->input[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    e->output[1] = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return e->input[0] >= 0 && e->output[1] >= 0;
}

bool process_start(process *p, const char *const *arguments, const char *output) {
    ends e = {{-1, -1}, {-1, -1}};
    *p = (process){.input = -1, .output = -1};
    pid_t pid = open_ends(&e, output) ? fork() : -1;
    if (pid == 0) {
        become(arguments, &e);
    }
    if (pid > 0) {
        *p = (process){.pid = pid, .input = e.input[1], .output = e.output[0]};
        e.input[1] = -1;
        e.output[0] = -1;
    }
    close_pair(e.input);
    close_pair(e.output);
    return pid > 0;
}

static void close_own(process *p) {
    int own[2] = {p->input, p->output};
    close_pair(own);
    *p = (process){.input = -1, .output = -1};
}

int process_wait(process *p, int patience_ms) {
    int status = 0;
    pid_t gone = 0;
    for (int waited = 0; waited < patience_ms && gone == 0; waited += LOOK_MS) {
        gone = waitpid(p->pid, &status, WNOHANG);
        if (gone == 0) {
            pause_ms(LOOK_MS);
        }
    }
    if (gone == 0) {
        process_signal(p, SIGKILL);
        waitpid(p->pid, &status, 0);
    }
    close_own(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void process_signal(const process *p, int signal) {
    if (p->pid > 0) {
        kill(p->pid, signal);
    }
}

void process_end(process *p) {
    if (p->pid > 0) {
        process_signal(p, SIGKILL);
        (void)process_wait(p, 1);
    }
}

bool process_read_line(process *p, char *line, size_t capacity, int patience_ms) {
    struct pollfd ready = {.fd = p->output, .events = POLLIN};
    size_t filled = 0;
    while (filled + 1 < capacity && poll(&ready, 1, patience_ms) > 0 && read(p->output, line + filled, 1) == 1) {
        if (line[filled] == '\n') {
            line[filled] = '\0';
            return true;
        }
        filled++;
    }
    line[filled] = '\0';
    return false;
}
