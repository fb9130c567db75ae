/* SPDX-License-Identifier: Apache-2.0 */
/* Every call that a POSIX socket of doze needs fails once, at each place where it is made: this program has these calls. */
#define _DEFAULT_SOURCE 1
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "doze/posix.h"

typedef enum call { CALL_SETSOCKOPT, CALL_GETSOCKOPT, CALL_GETSOCKNAME, CALL_CONNECT, CALL_RECV, CALLS } call;

static struct {
    call which;
    unsigned at; /* the one that fails, from 1; 0: none does */
    bool for_ever;
    int error;
    unsigned made;
} fault;

static bool fails(call which) {
    if (which != fault.which || fault.at == 0) {
        return false;
    }
    fault.made++;
    bool now = fault.made == fault.at || (fault.for_ever && fault.made > fault.at);
    errno = now ? fault.error : errno;
    return now;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size) {
    return fails(CALL_SETSOCKOPT) ? -1 : (int)syscall(SYS_setsockopt, fd, level, name, value, size);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *size) {
    return fails(CALL_GETSOCKOPT) ? -1 : (int)syscall(SYS_getsockopt, fd, level, name, value, size);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *size) {
    return fails(CALL_GETSOCKNAME) ? -1 : (int)syscall(SYS_getsockname, fd, address, size);
}

int connect(int fd, const struct sockaddr *address, socklen_t size) {
    return fails(CALL_CONNECT) ? -1 : (int)syscall(SYS_connect, fd, address, size);
}

ssize_t recv(int fd, void *out, size_t size, int flags) {
    return fails(CALL_RECV) ? -1 : syscall(SYS_recvfrom, fd, out, size, flags, NULL, NULL);
}

/* ---- one life of a socket, which uses all that there is ---- */

static doze_net *net;

static doze_result step_of_life(int step, doze_net_socket *sock, doze_endpoint *local) {
    const doze_endpoint first = {.family = DOZE_FAMILY_IPV4, .port = 9, .address = {127, 0, 0, 1}};
    const doze_endpoint second = {.family = DOZE_FAMILY_IPV4, .port = 10, .address = {127, 0, 0, 1}};
    doze_net_request request = {
        .local = {.family = DOZE_FAMILY_IPV4}, .dscp = 1, .reuse_addr = true, .interface_name = "lo"};
    uint32_t mtu = 0;
    switch (step) {
    case 0:
        return net->ops->open(net, sock, &request);
    case 1:
        return net->ops->connect(net, sock, &first, local);
    case 2:
        return net->ops->path_mtu(net, sock, &mtu);
    case 3:
        return net->ops->deafen(net, sock);
    case 4:
        return net->ops->undeafen(net, sock);
    default:
        return net->ops->connect(net, sock, &second, local);
    }
}

enum { STEPS = 6 };

/* The step that failed, STEPS: none. */
static int live(int *cause) {
    doze_net_socket sock = {.fd = -1};
    doze_endpoint local;
    int step = 0;
    *cause = 0;
    while (step < STEPS && step_of_life(step, &sock, &local) == DOZE_OK) {
        step++;
    }
    *cause = sock.cause;
    if (step == 0) {
        assert_int_equal(sock.fd, -1); /* closed already */
        return step;
    }
    net->ops->close(net, &sock);
    return step;
}

static unsigned count(call which) {
    int cause = 0;
    memset(&fault, 0, sizeof(fault));
    fault.which = which;
    fault.at = 1000;
    int end = live(&cause);
    if (end == 0 && cause == EPERM) {
        skip(); /* this kernel binds to interfaces for root alone */
    }
    assert_int_equal(end, STEPS);
    return fault.made;
}

static void what_fails_is_told_with_its_errno_and_the_next_socket_works(void **state) {
    static const int errors[CALLS] = {EPERM, ENOBUFS, ENOBUFS, ENETUNREACH, EIO};
    (void)state;
    net = doze_posix_net();
    for (call which = CALL_SETSOCKOPT; which <= CALL_CONNECT; which++) {
        unsigned points = count(which);
        assert_in_range(points, 2, 20);
        for (unsigned at = 1; at <= points; at++) {
            int cause = 0;
            fault.made = 0;
            fault.at = at;
            fault.error = errors[which];
            assert_in_range(live(&cause), 0, STEPS - 1);
            assert_int_equal(cause, errors[which]);
        }
    }
    int cause = 0;
    fault.at = 0;
    assert_int_equal(live(&cause), STEPS);
}

static void a_socket_that_cannot_be_drained_does_not_stay_deaf(void **state) {
    (void)state;
    doze_net_socket sock = {.fd = -1};
    doze_endpoint local;
    net = doze_posix_net();
    memset(&fault, 0, sizeof(fault));
    for (int step = 0; step < 3; step++) {
        assert_int_equal(step_of_life(step, &sock, &local), DOZE_OK);
    }
    fault.which = CALL_RECV;
    fault.at = 1;
    fault.for_ever = true;
    fault.error = EIO;
    assert_true(net->ops->deafen(net, &sock) < 0);
    assert_int_equal(sock.cause, EIO);
    fault.at = 0;
    int ignored = 0;
    assert_int_equal(setsockopt(sock.fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof(ignored)),
                     -1); /* there is none */
    assert_int_equal(errno, ENOENT);
    net->ops->close(net, &sock);
}

static void an_address_too_long_to_be_one_is_none(void **state) {
    char text[80];
    doze_endpoint out;
    (void)state;
    net = doze_posix_net();
    memset(text, ':', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_false(net->ops->parse(net, text, &out));
}

static void without_a_socket_nothing_is_received(void **state) {
    char buffer[8];
    size_t size = 0;
    (void)state;
    assert_int_equal(doze_recv_wait(NULL, buffer, sizeof(buffer), &size), DOZE_ERR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_is_told_with_its_errno_and_the_next_socket_works),
        cmocka_unit_test(a_socket_that_cannot_be_drained_does_not_stay_deaf),
        cmocka_unit_test(an_address_too_long_to_be_one_is_none),
        cmocka_unit_test(without_a_socket_nothing_is_received),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
