/* SPDX-License-Identifier: Apache-2.0 */
/* The helpers that block, over a socket that does as told. This program defines poll() and doze's clock itself, in
 * place of the C library's and doze's: time passes in poll() alone, and at once. */
#define _DEFAULT_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <cmocka.h>

#include "doze/posix.h"

#define MAX_STEPS 64
#define FD        1234 /* never used: poll() is ours */

static struct {
    uint64_t now;
    doze_result verb[MAX_STEPS]; /* what connect, send or recv say, call by call */
    doze_result step[MAX_STEPS];
    int verbs;
    int steps;
    int polls;
    int fd;
    int32_t next_timeout;
    uint64_t readable_at; /* poll() returns then … */
    uint64_t signal_at;   /* … and here it is interrupted; 0: never */
    short events;
    int longest;
} world;

/* ---- in place of the host ---- */

static uint64_t world_now(void *context) {
    (void)context;
    return world.now;
}

doze_clock doze_posix_clock(void) {
    return (doze_clock){.now = world_now};
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int poll(struct pollfd *items, nfds_t count, int timeout) {
    assert_int_equal(count, 1);
    assert_int_equal(items[0].fd, world.fd);
    assert_in_range(++world.polls, 1, MAX_STEPS); /* or it spins */
    uint64_t end = timeout < 0 ? UINT64_MAX : world.now + (uint64_t)timeout;
    world.events = items[0].events;
    world.longest = timeout > world.longest ? timeout : world.longest;
    if (world.signal_at > world.now && world.signal_at < end) {
        world.now = world.signal_at;
        errno = EINTR;
        return -1;
    }
    if (world.readable_at != 0 && world.readable_at < end) {
        world.now = world.readable_at > world.now ? world.readable_at : world.now;
        items[0].revents = items[0].events;
        return 1;
    }
    assert_true(timeout >= 0); /* or it hangs */
    world.now = end;
    return 0;
}

/* ---- a socket that does as told ---- */

static doze_result next_of(const doze_result *results, int *count) {
    assert_in_range(*count, 0, MAX_STEPS - 1);
    return results[(*count)++];
}

static doze_result told_step(doze_socket *socket) {
    (void)socket;
    return next_of(world.step, &world.steps);
}

static doze_result told_connect(doze_socket *socket, const char *host, uint16_t port) {
    (void)socket;
    assert_string_equal(host, "doze.test");
    assert_int_equal(port, 5684);
    return next_of(world.verb, &world.verbs);
}

static doze_result told_verb(doze_socket *socket) {
    (void)socket;
    return next_of(world.verb, &world.verbs);
}

static doze_result told_send(doze_socket *socket, const void *data, size_t size) {
    assert_memory_equal(data, "data", 4);
    assert_int_equal(size, 4);
    return told_verb(socket);
}

static doze_result told_recv(doze_socket *socket, void *buffer, size_t capacity, size_t *size) {
    (void)buffer;
    *size = capacity;
    return told_verb(socket);
}

static int32_t told_next_timeout(const doze_socket *socket) {
    (void)socket;
    return world.next_timeout;
}

static int told_fd(const doze_socket *socket) {
    (void)socket;
    return world.fd;
}

static doze_result told_shutdown(doze_socket *socket) {
    (void)socket;
    return DOZE_OK;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type of a member of doze_socket_ops */
static doze_result no_get_option(doze_socket *socket, doze_option option, int64_t *value) {
    (void)socket;
    (void)option;
    (void)value;
    return DOZE_ERR_OPTION;
}

static doze_result no_set_option(doze_socket *socket, doze_option option, int64_t value) {
    (void)socket;
    (void)option;
    (void)value;
    return DOZE_ERR_OPTION;
}

static const doze_socket_ops told = {
    .step = told_step,
    .connect = told_connect,
    .resume = told_verb,
    .send = told_send,
    .recv = told_recv,
    .shutdown = told_shutdown,
    .next_timeout = told_next_timeout,
    .fd = told_fd,
    .get_option = no_get_option,
    .set_option = no_set_option,
};

static doze_socket sock;

static int closed(void **state) {
    (void)state;
    memset(&world, 0, sizeof(world));
    world.now = 1000;
    world.fd = FD;
    world.next_timeout = -1;
    doze_socket_init(&sock, &told, NULL);
    return 0;
}

static int connected(void **state) {
    closed(state);
    assert_int_equal(doze_connect(&sock, "doze.test", 5684), DOZE_OK);
    world.verbs = 0;
    return doze_get_state(&sock) == DOZE_STATE_CONNECTED ? 0 : -1;
}

static int connecting(void **state) {
    closed(state);
    world.verb[0] = DOZE_IN_PROGRESS;
    assert_int_equal(doze_connect(&sock, "doze.test", 5684), DOZE_IN_PROGRESS);
    return 0;
}

static int asleep(void **state) {
    connected(state);
    return doze_shutdown(&sock) == DOZE_OK ? 0 : -1;
}

static void always(doze_result *results, doze_result result) {
    for (int i = 0; i < MAX_STEPS; i++) {
        results[i] = result;
    }
}

static doze_result connect_wait(int32_t timeout) {
    return doze_connect_wait(&sock, "doze.test", 5684, timeout);
}

static doze_result recv_wait(int32_t timeout) {
    char byte = 0;
    size_t size = 0;
    assert_int_equal(doze_set_option(&sock, DOZE_OPT_RECV_TIMEOUT, timeout), DOZE_OK);
    return doze_recv_wait(&sock, &byte, 1, &size);
}

/* ---- connecting ---- */

static void what_is_done_at_once_waits_for_nothing(void **state) {
    (void)state;
    assert_int_equal(connect_wait(0), DOZE_OK);
    assert_int_equal(world.polls, 0);
}

static void an_error_at_once_is_returned(void **state) {
    (void)state;
    world.verb[0] = DOZE_ERR_HOST_UNKNOWN;
    assert_int_equal(connect_wait(-1), DOZE_ERR_HOST_UNKNOWN);
    assert_int_equal(doze_connect_wait(NULL, "doze.test", 5684, -1), DOZE_ERR_ARGUMENT);
    assert_int_equal(world.polls, 0);
}

static void connecting_is_driven_until_it_is_done(void **state) {
    (void)state;
    world.verb[0] = DOZE_IN_PROGRESS;
    world.step[0] = world.step[1] = DOZE_IN_PROGRESS;
    world.readable_at = 1500;
    assert_int_equal(connect_wait(-1), DOZE_OK);
    assert_int_equal(doze_get_state(&sock), DOZE_STATE_CONNECTED);
    assert_int_equal(world.steps, 3);
    assert_int_equal(world.events, POLLIN);
}

static void connecting_that_fails_is_told(void **state) {
    (void)state;
    world.verb[0] = DOZE_IN_PROGRESS;
    world.step[0] = DOZE_ERR_HANDSHAKE;
    world.readable_at = 1500;
    assert_int_equal(connect_wait(-1), DOZE_ERR_HANDSHAKE);
}

static void the_deadline_is_one_for_the_whole_call(void **state) {
    (void)state;
    world.verb[0] = DOZE_IN_PROGRESS;
    always(world.step, DOZE_IN_PROGRESS);
    world.next_timeout = 300;
    assert_int_equal(connect_wait(1000), DOZE_ERR_TIMEOUT);
    assert_int_equal(world.now, 2000);
    assert_int_equal(world.polls, 4); /* 300, 300, 300 and the 100 left */
    assert_int_equal(world.steps, 4); /* one more chance at the end */
}

static void no_time_means_one_try(void **state) {
    (void)state;
    world.verb[0] = DOZE_IN_PROGRESS;
    assert_int_equal(connect_wait(0), DOZE_ERR_TIMEOUT);
    assert_int_equal(world.polls, 0);
}

static void a_signal_does_not_make_it_longer_or_shorter(void **state) {
    (void)state;
    world.verb[0] = DOZE_IN_PROGRESS;
    always(world.step, DOZE_IN_PROGRESS);
    world.signal_at = 1400;
    assert_int_equal(connect_wait(1000), DOZE_ERR_TIMEOUT);
    assert_int_equal(world.now, 2000);
    assert_int_equal(world.polls, 2);
}

static void without_a_descriptor_it_sleeps_until_the_socket_wants_a_call(void **state) {
    (void)state;
    world.verb[0] = DOZE_IN_PROGRESS;
    world.step[0] = DOZE_IN_PROGRESS;
    world.fd = -1;
    world.next_timeout = 250;
    assert_int_equal(connect_wait(-1), DOZE_OK);
    assert_int_equal(world.now, 1500);
}

static void after_a_time_out_it_can_be_waited_again(void **state) {
    (void)state;
    world.verb[0] = DOZE_IN_PROGRESS;
    world.step[0] = DOZE_IN_PROGRESS;
    assert_int_equal(connect_wait(100), DOZE_ERR_TIMEOUT);
    assert_int_equal(doze_get_state(&sock), DOZE_STATE_CONNECTING);
    assert_int_equal(doze_connected_wait(&sock, 100), DOZE_OK);
    assert_int_equal(doze_get_state(&sock), DOZE_STATE_CONNECTED);
}

static void connected_wait_drives_what_connect_began(void **state) {
    (void)state;
    world.step[0] = world.step[1] = DOZE_IN_PROGRESS;
    world.readable_at = 1001;
    assert_int_equal(doze_connected_wait(&sock, -1), DOZE_OK);
    assert_int_equal(world.steps, 3);
}

static void connected_wait_needs_something_to_wait_for(void **state) {
    (void)state;
    assert_int_equal(doze_connected_wait(&sock, -1), DOZE_ERR_STATE);
    assert_int_equal(doze_connected_wait(NULL, -1), DOZE_ERR_ARGUMENT);
}

static void resuming_is_driven_until_it_is_done(void **state) {
    (void)state;
    world.verb[0] = DOZE_IN_PROGRESS;
    world.step[0] = DOZE_IN_PROGRESS;
    world.readable_at = 1500;
    assert_int_equal(doze_resume_wait(&sock, 1000), DOZE_OK);
    assert_int_equal(world.steps, 2);
}

/* ---- sending ---- */

static void sending_waits_for_room_in_the_socket(void **state) {
    (void)state;
    world.verb[0] = DOZE_WOULD_BLOCK;
    world.readable_at = 1200;
    assert_int_equal(doze_send_wait(&sock, "data", 4, -1), DOZE_OK);
    assert_int_equal(world.events, POLLOUT);
    assert_int_equal(world.now, 1200);
}

static void sending_pauses_while_the_host_has_no_buffers(void **state) {
    (void)state;
    world.verb[0] = world.verb[1] = DOZE_ERR_NO_BUFFERS;
    assert_int_equal(doze_send_wait(&sock, "data", 4, -1), DOZE_OK);
    assert_int_equal(world.polls, 2);
    assert_true(world.now > 1000);
    assert_int_equal(world.events, 0); /* the socket has room all the time: asking would spin */
}

static void sending_gives_up_at_its_deadline(void **state) {
    (void)state;
    always(world.verb, DOZE_WOULD_BLOCK);
    assert_int_equal(doze_send_wait(&sock, "data", 4, 700), DOZE_ERR_TIMEOUT);
    assert_int_equal(world.now, 1700);
}

static void a_send_that_fails_is_not_repeated(void **state) {
    (void)state;
    world.verb[0] = DOZE_ERR_UNREACHABLE;
    assert_int_equal(doze_send_wait(&sock, "data", 4, -1), DOZE_ERR_UNREACHABLE);
    assert_int_equal(world.verbs, 1);
}

/* ---- receiving ---- */

static void receiving_waits_for_a_datagram(void **state) {
    (void)state;
    world.verb[0] = world.verb[1] = DOZE_WOULD_BLOCK;
    world.readable_at = 5000;
    assert_int_equal(recv_wait(-1), DOZE_OK);
    assert_int_equal(world.now, 5000);
    assert_int_equal(world.verbs, 3);
}

static void receiving_gives_up_when_the_option_says(void **state) {
    (void)state;
    always(world.verb, DOZE_WOULD_BLOCK);
    assert_int_equal(recv_wait(2500), DOZE_ERR_TIMEOUT);
    assert_int_equal(world.now, 3500);
}

static void without_a_receive_timeout_one_look_is_taken(void **state) {
    (void)state;
    world.verb[0] = DOZE_WOULD_BLOCK;
    assert_int_equal(recv_wait(0), DOZE_ERR_TIMEOUT);
    assert_int_equal(world.polls, 0);
}

static void timers_run_while_receiving(void **state) {
    (void)state;
    always(world.verb, DOZE_WOULD_BLOCK);
    world.next_timeout = 400;
    assert_int_equal(recv_wait(1000), DOZE_ERR_TIMEOUT);
    assert_int_equal(world.steps, 3);
    assert_int_equal(world.longest, 400);
}

static void what_ends_an_association_ends_receiving(void **state) {
    (void)state;
    world.verb[0] = DOZE_WOULD_BLOCK;
    world.step[0] = DOZE_ERR_CLOSED_BY_PEER;
    world.readable_at = 1100;
    assert_int_equal(recv_wait(-1), DOZE_ERR_CLOSED_BY_PEER);
}

static void a_datagram_that_was_too_long_is_told(void **state) {
    (void)state;
    world.verb[0] = DOZE_ERR_TRUNCATED;
    assert_int_equal(recv_wait(-1), DOZE_ERR_TRUNCATED);
}

#define test(name, given) cmocka_unit_test_setup(name, given)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(what_is_done_at_once_waits_for_nothing, closed),
        test(an_error_at_once_is_returned, closed),
        test(connecting_is_driven_until_it_is_done, closed),
        test(connecting_that_fails_is_told, closed),
        test(the_deadline_is_one_for_the_whole_call, closed),
        test(no_time_means_one_try, closed),
        test(a_signal_does_not_make_it_longer_or_shorter, closed),
        test(without_a_descriptor_it_sleeps_until_the_socket_wants_a_call, closed),
        test(after_a_time_out_it_can_be_waited_again, closed),
        test(connected_wait_drives_what_connect_began, connecting),
        test(connected_wait_needs_something_to_wait_for, closed),
        test(resuming_is_driven_until_it_is_done, asleep),
        test(sending_waits_for_room_in_the_socket, connected),
        test(sending_pauses_while_the_host_has_no_buffers, connected),
        test(sending_gives_up_at_its_deadline, connected),
        test(a_send_that_fails_is_not_repeated, connected),
        test(receiving_waits_for_a_datagram, connected),
        test(receiving_gives_up_when_the_option_says, connected),
        test(without_a_receive_timeout_one_look_is_taken, connected),
        test(timers_run_while_receiving, connected),
        test(what_ends_an_association_ends_receiving, connected),
        test(a_datagram_that_was_too_long_is_told, connected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
