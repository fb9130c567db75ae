/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE

#include "relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BINDINGS_MAX = 8, DATAGRAM_MAX = 2048, INSIDE = 0, CONTROL = 1, OUTSIDE = 2 };

typedef struct binding {
    struct sockaddr_in client;
    int fd; /* connected to the server; -1: none */
} binding;

typedef struct nat {
    int inside;
    int control;
    struct sockaddr_in server;
    binding bindings[BINDINGS_MAX];
    size_t next; /* whose place the next binding takes */
} nat;

static struct sockaddr_in loopback(uint16_t port) {
    struct sockaddr_in address;
    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* ---- in the process of its own ---- */

static binding *find(nat *n, const struct sockaddr_in *client) {
    for (size_t i = 0; i < BINDINGS_MAX; i++) {
        binding *b = &n->bindings[i];
        if (b->fd >= 0 && b->client.sin_port == client->sin_port) {
            return b;
        }
    }
    return NULL;
}

static binding *bind_anew(nat *n, const struct sockaddr_in *client) {
    binding *b = &n->bindings[n->next];
    n->next = (n->next + 1) % BINDINGS_MAX;
    if (b->fd >= 0) {
        close(b->fd);
    }
    b->client = *client;
    b->fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (b->fd >= 0 && connect(b->fd, (const struct sockaddr *)&n->server, sizeof(n->server)) != 0) {
        close(b->fd);
        b->fd = -1;
    }
    return b;
}

/* A datagram that the kernel does not take is lost, as on any network. */
static void pass_up(nat *n) {
    unsigned char data[DATAGRAM_MAX];
    struct sockaddr_in client;
    socklen_t size = sizeof(client);
    ssize_t got = recvfrom(n->inside, data, sizeof(data), 0, (struct sockaddr *)&client, &size);
    if (got > 0) {
        binding *b = find(n, &client);
        b = b != NULL ? b : bind_anew(n, &client);
        (void)!send(b->fd, data, (size_t)got, 0);
    }
}

static void pass_down(const nat *n, const binding *b) {
    unsigned char data[DATAGRAM_MAX];
    ssize_t got = recv(b->fd, data, sizeof(data), 0);
    if (got > 0) {
        (void)!sendto(n->inside, data, (size_t)got, 0, (const struct sockaddr *)&b->client, sizeof(b->client));
    }
}

/* The new ports are taken while the old ones are still in use, so that none comes again. */
static void rebind(nat *n) {
    for (size_t i = 0; i < BINDINGS_MAX; i++) {
        binding *b = &n->bindings[i];
        struct sockaddr_in client = b->client;
        int old = b->fd;
        if (old >= 0) {
            n->next = i;
            b->fd = -1;
            bind_anew(n, &client);
            close(old);
        }
    }
}

static bool obey(nat *n) {
    char order = 0;
    if (read(n->control, &order, 1) != 1) {
        return false;
    }
    rebind(n);
    return write(n->control, &order, 1) == 1;
}

static void run(nat *n) {
    struct pollfd watched[OUTSIDE + BINDINGS_MAX];
    bool alive = true;
    while (alive) {
        watched[INSIDE] = (struct pollfd){.fd = n->inside, .events = POLLIN};
        watched[CONTROL] = (struct pollfd){.fd = n->control, .events = POLLIN};
        for (size_t i = 0; i < BINDINGS_MAX; i++) {
            watched[OUTSIDE + i] = (struct pollfd){.fd = n->bindings[i].fd, .events = POLLIN};
        }
        alive = poll(watched, OUTSIDE + BINDINGS_MAX, -1) > 0;
        for (size_t i = 0; alive && i < BINDINGS_MAX; i++) {
            if (watched[OUTSIDE + i].revents != 0) {
                pass_down(n, &n->bindings[i]);
            }
        }
        if (alive && watched[INSIDE].revents != 0) {
            pass_up(n);
        }
        alive = alive && (watched[CONTROL].revents == 0 || obey(n));
    }
}

static void become(int inside, int control, uint16_t server_port) {
    nat n = {.inside = inside, .control = control, .server = loopback(server_port)};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < BINDINGS_MAX; i++) {
        n.bindings[i].fd = -1;
    }
    run(&n);
    _exit(0);
}

/* ---- in the test's ---- */

bool relay_start(relay *r, uint16_t server_port) {
    struct sockaddr_in local = loopback(0);
    socklen_t size = sizeof(local);
    int ends[2] = {-1, -1};
    int inside = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ready = inside >= 0 && bind(inside, (struct sockaddr *)&local, sizeof(local)) == 0 &&
                 getsockname(inside, (struct sockaddr *)&local, &size) == 0 &&
                 socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
    r->pid = ready ? fork() : -1;
    if (r->pid == 0) {
        close(ends[0]);
        become(inside, ends[1], server_port);
    }
    r->port = ntohs(local.sin_port);
    r->control = ends[0];
    close(inside);
    close(ends[1]);
    return r->pid > 0;
}

bool relay_rebind(relay *r) {
    char order = 'r';
    return write(r->control, &order, 1) == 1 && read(r->control, &order, 1) == 1;
}

void relay_stop(relay *r) {
    if (r->pid > 0) {
        close(r->control);
        kill(r->pid, SIGKILL);
        waitpid(r->pid, NULL, 0);
    }
    memset(r, 0, sizeof(*r));
}
