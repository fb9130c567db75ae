/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE

#include "server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    ARGUMENTS_MAX = 32,
    ARGUMENT_SIZE = 512,
    ATTEMPTS = 5,       /* each with another port */
    LOOKS = 1000,       /* at whether the port is bound, … */
    LOOK_PAUSE_MS = 10, /* … with this between them */
};

typedef struct arguments {
    char text[ARGUMENTS_MAX][ARGUMENT_SIZE];
    char *list[ARGUMENTS_MAX + 1];
} arguments;

bool server_is_installed(const char *program) {
    const char *at = getenv("PATH");
    while (at != NULL && *at != '\0') {
        char name[ARGUMENT_SIZE];
        int size = (int)strcspn(at, ":");
        snprintf(name, sizeof(name), "%.*s/%s", size, at, program);
        if (access(name, X_OK) == 0) {
            return true;
        }
        at += size;
        at += *at == ':';
    }
    return false;
}

/* ---- ports ---- */

/* One that nobody has at this moment. */
static uint16_t pick_port(bool ipv6) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *address = ipv6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t size = ipv6 ? sizeof(v6) : sizeof(v4);
    int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) {
        return 0;
    }
    bool bound = bind(fd, address, size) == 0 && getsockname(fd, address, &size) == 0;
    close(fd);
    return bound ? ntohs(ipv6 ? v6.sin6_port : v4.sin_port) : 0;
}

bool server_host_has_ipv6(void) {
    return pick_port(true) != 0;
}

static bool process_has_socket(pid_t pid, unsigned long inode) {
    char path[64];
    char wanted[64];
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
    DIR *directory = opendir(path);
    bool found = false;
    struct dirent *entry;
    while (directory != NULL && !found && (entry = readdir(directory)) != NULL) {
        char target[64] = "";
        ssize_t size = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
        found = size > 0 && strcmp(target, wanted) == 0;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return found;
}

/* Looks, and sends nothing: some of these servers take whoever sends first for their one and only peer. */
static bool has_bound(const server *s, const char *table) {
    char line[256];
    FILE *file = fopen(table, "r");
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
        unsigned port = 0;
        unsigned long inode = 0;
        int fields = sscanf(line, " %*u: %*[0-9A-F]:%x %*s %*s %*s %*s %*s %*s %*s %lu", &port, &inode);
        found = fields == 2 && port == s->port && process_has_socket(s->pid, inode);
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

/* ---- the process ---- */

static bool expand(const char *from, uint16_t port, char to[ARGUMENT_SIZE]) {
    const char *mark = strstr(from, SERVER_PORT);
    size_t mark_size = strlen(SERVER_PORT);
    if (mark == NULL) {
        mark = strstr(from, SERVER_PORT_BEFORE);
        mark_size = strlen(SERVER_PORT_BEFORE);
        port = (uint16_t)(port - 1);
    }
    int size = mark == NULL ? snprintf(to, ARGUMENT_SIZE, "%s", from)
                            : snprintf(to, ARGUMENT_SIZE, "%.*s%u%s", (int)(mark - from), from, port, mark + mark_size);
    return size >= 0 && size < ARGUMENT_SIZE;
}

static bool expand_all(arguments *a, const server_command *command, uint16_t port) {
    size_t count = 0;
    for (; command->arguments[count] != NULL; count++) {
        if (count == ARGUMENTS_MAX || !expand(command->arguments[count], port, a->text[count])) {
            return false;
        }
        a->list[count] = a->text[count];
    }
    a->list[count] = NULL;
    return true;
}

/* In the child: a process group of its own, so that nothing that is meant for the tests reaches it; it dies with them. */
static void become(const arguments *a, int input, int output, int log) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0) {
        execvp(a->list[0], a->list);
    }
    _exit(127);
}

/* The pipe of an echo is never at its end: the server itself holds the other one. That of a server that says its port
 * ends with this process. */
static bool open_input(const server_command *command, int ends[2]) {
    if (command->echo || command->says_port) {
        return pipe2(ends, O_CLOEXEC) == 0;
    }
    ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return ends[0] >= 0;
}

static bool spawn(server *s, const arguments *a, const server_command *command) {
    int ends[2] = {-1, -1};
    strcpy(s->log, "/tmp/doze-interop-XXXXXX");
    int log = mkstemp(s->log);
    bool ready = log >= 0 && open_input(command, ends);
    s->pid = ready ? fork() : -1;
    if (s->pid == 0) {
        become(a, ends[0], command->echo ? ends[1] : log, log);
    }
    if (command->says_port && s->pid > 0) {
        s->input = ends[1];
        ends[1] = -1;
    }
    int mine[] = {ends[0], ends[1], log};
    for (size_t i = 0; i < sizeof(mine) / sizeof(mine[0]); i++) {
        if (mine[i] >= 0) {
            close(mine[i]);
        }
    }
    return s->pid > 0;
}

bool server_is_alive(const server *s) {
    siginfo_t info = {0};
    return s->pid > 0 && waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

static bool has_said_port(server *s) {
    char line[256];
    unsigned port = 0;
    FILE *file = fopen(s->log, "r");
    while (file != NULL && port == 0 && fgets(line, sizeof(line), file) != NULL) {
        port = strchr(line, '\n') != NULL && sscanf(line, "ready %u", &port) == 1 ? port : 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    s->port = (uint16_t)port;
    return port != 0;
}

static bool wait_until_ready(server *s, const server_command *command) {
    const struct timespec pause = {.tv_nsec = LOOK_PAUSE_MS * 1000000L};
    for (int i = 0; i < LOOKS && server_is_alive(s); i++) {
        if (command->says_port ? has_said_port(s) : has_bound(s, command->ipv6 ? "/proc/net/udp6" : "/proc/net/udp")) {
            return true;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}

static void show_log(const server *s) {
    char line[256];
    FILE *file = fopen(s->log, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        fprintf(stderr, "server: %s", line);
    }
    if (file != NULL) {
        fclose(file);
    }
}

bool server_start(server *s, const server_command *command) {
    arguments a;
    memset(s, 0, sizeof(*s));
    for (int i = 0; i < ATTEMPTS; i++) {
        s->port = pick_port(command->ipv6);
        if (s->port <= 1 || !expand_all(&a, command, s->port)) {
            return false;
        }
        if (spawn(s, &a, command) && wait_until_ready(s, command)) {
            return true;
        }
        show_log(s);
        server_stop(s);
    }
    return false;
}

void server_stop(server *s) {
    if (s->pid > 0) {
        kill(s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
    }
    if (s->input > 0) {
        close(s->input);
    }
    if (s->log[0] != '\0') {
        unlink(s->log);
    }
    memset(s, 0, sizeof(*s));
}
