/* SPDX-License-Identifier: Apache-2.0 */
/* An event loop that polls nothing but the world, and notices when a socket would keep it busy for nothing. */
#include "internal.h"

#define CALLS_WITHOUT_ACTIVITY_MAX 32

typedef struct loop {
    world *w;
    doze_socket *socket;
    uint64_t end;
    uint64_t activity;
    int calls;
} loop;

static loop begin(world *w, doze_socket *socket, int64_t limit) {
    return (loop){.w = w, .socket = socket, .end = w->now + (uint64_t)limit, .activity = w->activity};
}

static void count_call(loop *l) {
    if (l->activity != l->w->activity) {
        l->activity = l->w->activity;
        l->calls = 0;
    }
    if (++l->calls > CALLS_WITHOUT_ACTIVITY_MAX) {
        world_fail(l->w, "world: the socket spins in %s at %llu ms", doze_state_name(doze_get_state(l->socket)),
                   (unsigned long long)l->w->now);
    }
}

bool world_readable(const world *w, int fd) {
    const world_socket *socket = world_find_socket(w, fd);
    if (socket == NULL) {
        if (fd >= 0) {
            world_fail(w, "world: descriptor %d is not open", fd);
        }
        return false;
    }
    bool told_to_fail = socket->host->failures[WORLD_OP_RECV].times > 0;
    return told_to_fail || socket->refused || socket->first_packet != NULL;
}

typedef enum wake_up { READABLE, TIMER, OVER } wake_up;

/* Sleeps as poll() would: until the socket wants a call, or the end. */
static wake_up wait(const loop *l) {
    for (;;) {
        if (world_readable(l->w, doze_fd(l->socket))) {
            return READABLE;
        }
        int64_t timer = doze_next_timeout(l->socket);
        if (timer == 0) {
            return TIMER;
        }
        int64_t network = world_next(l->w);
        int64_t pause = timer < 0 || (network >= 0 && network < timer) ? network : timer;
        int64_t left = (int64_t)(l->end - l->w->now);
        if (pause < 0 || pause > left) {
            world_advance(l->w, (uint64_t)left);
            return OVER;
        }
        world_advance(l->w, (uint64_t)pause);
    }
}

doze_result world_run(world *w, doze_socket *socket, int64_t limit) {
    loop l = begin(w, socket, limit);
    doze_result result = doze_get_state(socket) == DOZE_STATE_CONNECTED ? DOZE_OK : DOZE_ERR_STATE;
    while (doze_get_state(socket) == DOZE_STATE_CONNECTING) {
        if (wait(&l) == OVER) {
            return DOZE_IN_PROGRESS;
        }
        count_call(&l);
        result = doze_step(socket);
    }
    return result;
}

doze_result world_connect(world *w, doze_socket *socket, const char *host, uint16_t port, int64_t limit) {
    doze_result result = doze_connect(socket, host, port);
    return result == DOZE_IN_PROGRESS ? world_run(w, socket, limit) : result;
}

doze_result world_resume(world *w, doze_socket *socket, int64_t limit) {
    doze_result result = doze_resume(socket);
    return result == DOZE_IN_PROGRESS ? world_run(w, socket, limit) : result;
}

doze_result world_recv(world *w, doze_socket *socket, void *buffer, size_t capacity, size_t *size, int64_t limit) {
    loop l = begin(w, socket, limit);
    for (;;) {
        count_call(&l);
        doze_result result = doze_recv(socket, buffer, capacity, size);
        if (result != DOZE_WOULD_BLOCK) {
            return result;
        }
        switch (wait(&l)) {
        case READABLE:
            break;
        case TIMER:
            doze_step(socket);
            break;
        case OVER:
            return DOZE_WOULD_BLOCK;
        }
    }
}
