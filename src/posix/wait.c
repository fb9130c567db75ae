/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE 1
#include <limits.h>
#include <poll.h>

#include "doze/posix.h"

#define PAUSE 10 /* ms until a full transmit queue is tried again: poll() does not see it */

typedef struct deadline {
    uint64_t at;
    bool never;
} deadline;

static uint64_t now(void) {
    doze_clock clock = doze_posix_clock();
    return clock.now(clock.context);
}

static deadline in(int32_t timeout) {
    return timeout < 0 ? (deadline){.never = true} : (deadline){.at = now() + (uint64_t)timeout};
}

/* What poll() takes: -1 for ever. */
static int left(const deadline *end) {
    if (end->never) {
        return -1;
    }
    uint64_t time = now();
    uint64_t ms = time >= end->at ? 0 : end->at - time;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static int sooner(int a, int b) {
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* Waits for the socket, for at most `most` ms (-1: for ever); false when the deadline had passed before. A signal ends
 * it early, which costs the caller one more try. */
static bool wait_for(const doze_socket *socket, short events, int most, const deadline *end) {
    int remaining = left(end);
    if (remaining == 0) {
        return false;
    }
    struct pollfd item = {.fd = doze_fd(socket), .events = events}; /* poll() passes over -1 */
    (void)poll(&item, 1, sooner(most, remaining));
    return true;
}

static doze_result drive(doze_socket *socket, doze_result result, const deadline *end) {
    while (result == DOZE_IN_PROGRESS) {
        if (!wait_for(socket, POLLIN, doze_next_timeout(socket), end)) {
            return DOZE_ERR_TIMEOUT;
        }
        result = doze_step(socket);
    }
    return result;
}

doze_result doze_connect_wait(doze_socket *socket, const char *host, uint16_t port, int32_t timeout) {
    deadline end = in(timeout);
    return drive(socket, doze_connect(socket, host, port), &end);
}

doze_result doze_resume_wait(doze_socket *socket, int32_t timeout) {
    deadline end = in(timeout);
    return drive(socket, doze_resume(socket), &end);
}

doze_result doze_connected_wait(doze_socket *socket, int32_t timeout) {
    if (socket == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    doze_state state = doze_get_state(socket);
    if (state != DOZE_STATE_CONNECTING && state != DOZE_STATE_CONNECTED) {
        return DOZE_ERR_STATE;
    }
    deadline end = in(timeout);
    return drive(socket, doze_step(socket), &end);
}

doze_result doze_send_wait(doze_socket *socket, const void *data, size_t size, int32_t timeout) {
    deadline end = in(timeout);
    for (;;) {
        doze_result result = doze_send(socket, data, size);
        bool full = result == DOZE_ERR_NO_BUFFERS;
        if (result != DOZE_WOULD_BLOCK && !full) {
            return result;
        }
        if (!wait_for(socket, full ? 0 : POLLOUT, full ? PAUSE : -1, &end)) {
            return DOZE_ERR_TIMEOUT;
        }
    }
}

doze_result doze_recv_wait(doze_socket *socket, void *buffer, size_t capacity, size_t *size) {
    int64_t timeout = -1;
    doze_result result = doze_get_option(socket, DOZE_OPT_RECV_TIMEOUT, &timeout);
    if (result != DOZE_OK) {
        return result;
    }
    deadline end = in((int32_t)timeout);
    while ((result = doze_recv(socket, buffer, capacity, size)) == DOZE_WOULD_BLOCK) {
        if (!wait_for(socket, POLLIN, doze_next_timeout(socket), &end)) {
            return DOZE_ERR_TIMEOUT;
        }
        doze_result stepped = doze_step(socket);
        if (stepped < 0) {
            return stepped;
        }
    }
    return result;
}
