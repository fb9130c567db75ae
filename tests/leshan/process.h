/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that a test starts; they die with it. */
#ifndef LESHAN_PROCESS_H
#define LESHAN_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct process {
    pid_t pid;  /* 0: none */
    int input;  /* what we write is what it reads; -1: it has none */
    int output; /* what we read is what it writes; -1: it goes elsewhere */
} process;

/* `arguments`: the program first, which is looked for in PATH, up to a NULL. Its standard output goes to the file
 * `output` (at its end, made if need be), or, with NULL, to us; with that it has an input from us too. Its standard
 * error is ours. */
bool process_start(process *p, const char *const *arguments, const char *output);

/* Its exit code, or minus the signal that ended it. It is killed when it takes longer than that, which is -SIGKILL. */
int process_wait(process *p, int patience_ms);
void process_signal(const process *p, int signal);
/* Kills it, and waits for it to be gone. Nothing to do without one. */
void process_end(process *p);

/* A line of its output without its end; false: there is none within this time. */
bool process_read_line(process *p, char *line, size_t capacity, int patience_ms);

void pause_ms(int ms);

#endif
