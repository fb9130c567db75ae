/* SPDX-License-Identifier: Apache-2.0 */
/* The board played by a POSIX host, to try the port and the client without one: flash is memory, the modem a socket. */
#define _DEFAULT_SOURCE 1
#include "board_host.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "board.h"

static board_identity identity;
static int open_socket = -1;
static uint32_t passed;
static void (*meanwhile)(void *context);
static void *meanwhile_context;

void board_host_is(const board_identity *device) {
    identity = *device;
}

const board_identity *board_identity_of_device(void) {
    return &identity;
}

void board_host_pass_time(uint32_t milliseconds) {
    passed += milliseconds;
}

void board_host_meanwhile(void (*work)(void *context), void *context) {
    meanwhile = work;
    meanwhile_context = context;
}

uint32_t board_ticks(void) {
    struct timespec time = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return passed + (uint32_t)((uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000);
}

int board_random(void *out, size_t size) {
    return getrandom(out, size, 0) == (ssize_t)size ? 0 : -1;
}

void board_wait(int32_t milliseconds) {
    struct pollfd wanted = {.fd = open_socket, .events = POLLIN};
    if (meanwhile != NULL) {
        meanwhile(meanwhile_context);
    }
    (void)poll(&wanted, 1, milliseconds);
}

/* ---- the modem ---- */

static struct sockaddr_in sockaddr_of(const board_address *address) {
    struct sockaddr_in out = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    memcpy(&out.sin_addr, address->ip, sizeof(address->ip));
    return out;
}

static int code_of_errno(void) {
    return errno == EADDRINUSE                       ? BOARD_PORT_IN_USE
           : errno == EMFILE || errno == ENFILE      ? BOARD_NO_SOCKET
           : errno == ENETUNREACH                    ? BOARD_NO_NETWORK
           : errno == EMSGSIZE                       ? BOARD_TOO_LONG
           : errno == EAGAIN || errno == EWOULDBLOCK ? BOARD_NOTHING
                                                     : BOARD_FAILED;
}

int board_udp_open(uint16_t *port) {
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t size = sizeof(local);
    int handle = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (handle < 0) {
        return code_of_errno();
    }
    if (bind(handle, (const struct sockaddr *)&local, sizeof(local)) != 0 ||
        getsockname(handle, (struct sockaddr *)&local, &size) != 0) {
        int code = code_of_errno();
        (void)close(handle);
        return code;
    }
    *port = ntohs(local.sin_port);
    open_socket = handle;
    return handle;
}

int board_udp_send(int handle, const board_address *to, const void *data, size_t size) {
    struct sockaddr_in peer = sockaddr_of(to);
    return sendto(handle, data, size, 0, (const struct sockaddr *)&peer, sizeof(peer)) < 0 ? code_of_errno() : BOARD_OK;
}

int board_udp_receive(int handle, board_address *from, void *buffer, size_t capacity, size_t *size) {
    struct sockaddr_in peer = {0};
    socklen_t peer_size = sizeof(peer);
    ssize_t got = recvfrom(handle, buffer, capacity, MSG_TRUNC, (struct sockaddr *)&peer, &peer_size);
    if (got < 0) {
        return code_of_errno();
    }
    memcpy(from->ip, &peer.sin_addr, sizeof(from->ip));
    from->port = ntohs(peer.sin_port);
    *size = (size_t)got;
    return BOARD_OK;
}

void board_udp_close(int handle) {
    (void)close(handle);
    open_socket = -1;
}

int board_own_address(uint8_t ip[4]) {
    memcpy(ip, (const uint8_t[4]){127, 0, 0, 1}, 4);
    return BOARD_OK;
}

/* Knows one name, and says so at the second time of asking. */
int board_resolve(const char *name, uint8_t ip[4]) {
    static bool asked;
    asked = !asked;
    if (asked) {
        return BOARD_NOTHING;
    }
    (void)board_own_address(ip);
    return strcmp(name, "server.example") == 0 ? BOARD_OK : BOARD_NO_SUCH_NAME;
}

/* ---- flash ---- */

static uint8_t flash[BOARD_PAGES][BOARD_PAGE_SIZE];
static board_host_flash state;

board_host_flash *board_host_flash_state(void) {
    return &state;
}

void board_host_new_flash(void) {
    memset(flash, 0xff, sizeof(flash));
    state = (board_host_flash){0};
}

/* Whether the power goes during this operation; without power nothing happens any more. */
static bool is_cut(void) {
    state.operations++;
    return state.cut_at != 0 && state.operations >= state.cut_at;
}

/* Cut, the page is as it was up to where the test says. */
int board_flash_erase(unsigned page) {
    bool cut = is_cut();
    size_t from = cut ? state.erased_from : 0;
    if (cut && state.operations > state.cut_at) {
        return BOARD_FAILED;
    }
    state.erases++;
    memset(flash[page] + from, 0xff, BOARD_PAGE_SIZE - from);
    return cut ? BOARD_FAILED : BOARD_OK;
}

/* Cut, some bytes of the unit are as they are wanted, and others as they were. */
int board_flash_program(unsigned page, size_t offset, const void *data, size_t size) {
    static const uint8_t zeros[BOARD_UNIT];
    static const uint8_t erased[BOARD_UNIT] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    bool whole = size == BOARD_UNIT && offset % BOARD_UNIT == 0;
    bool allowed = whole && (memcmp(flash[page] + offset, erased, BOARD_UNIT) == 0 || memcmp(data, zeros, size) == 0);
    bool cut = is_cut();
    if (!allowed) {
        state.misuses++;
    }
    if (!allowed || (cut && state.operations > state.cut_at)) {
        return BOARD_FAILED;
    }
    memcpy(flash[page] + offset, data, cut ? state.torn_bytes : size);
    return cut ? BOARD_FAILED : BOARD_OK;
}

void board_flash_read(unsigned page, size_t offset, void *out, size_t size) {
    memcpy(out, flash[page] + offset, size);
}
