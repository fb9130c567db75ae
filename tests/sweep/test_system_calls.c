/* SPDX-License-Identifier: Apache-2.0 */
/* Each system call behind doze/posix.h fails, one by one, once or from there on: nothing crashes, no descriptor leaks, the
 * error is one of docs/errors.md with the errno as its cause, and when the host works again, so does what was open. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doze/posix.h"
#include "doze/udp.h"
#include "sweep/life.h"
#include "sweep/system_calls.h"

#ifdef SWEEP_WRAPS

typedef struct echo {
    int fd;
    uint16_t port;
} echo;

typedef struct host {
    echo servers[2];
    const char *address;
    char directory[64];
    doze_udp udp;
    doze_file_store files;
    bool can_hold;
    bool files_open;
} host;

static struct {
    unsigned long points;
    unsigned long reached;
} figures;

/* ---- the other side ---- */

static echo open_echo(bool v6) {
    echo e = {.fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0)};
    const struct timeval patience = {.tv_sec = 5};
    struct sockaddr_storage address = {.ss_family = v6 ? AF_INET6 : AF_INET};
    socklen_t size = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    struct sockaddr_in6 v6_address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in v4_address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    memcpy(&address, v6 ? (const void *)&v6_address : (const void *)&v4_address, size);
    bool good = e.fd >= 0 && setsockopt(e.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
                bind(e.fd, (const struct sockaddr *)&address, size) == 0 &&
                getsockname(e.fd, (struct sockaddr *)&address, &size) == 0;
    memcpy(&v4_address, &address, sizeof(v4_address)); /* the port is at the same place in both */
    e.port = ntohs(v4_address.sin_port);
    if (!good && e.fd >= 0) {
        close(e.fd);
    }
    e.fd = good ? e.fd : -1;
    return e;
}

static void answer(const echo *e) {
    char text[64];
    struct sockaddr_storage from;
    socklen_t size = sizeof(from);
    ssize_t got = recvfrom(e->fd, text, sizeof(text), 0, (struct sockaddr *)&from, &size);
    assert_true(got > 0);
    assert_int_equal(sendto(e->fd, text, (size_t)got, 0, (const struct sockaddr *)&from, size), got);
}

/* ---- sockets ---- */

static doze_result exchange(host *h, const echo *e) {
    char text[64];
    size_t size = 0;
    doze_result result = CALL(doze_send(&h->udp.socket, "hello", 5));
    if (result != DOZE_OK) {
        return result;
    }
    answer(e);
    struct pollfd readable = {.fd = doze_fd(&h->udp.socket), .events = POLLIN};
    assert_int_equal(poll(&readable, 1, 5000), 1);
    result = CALL(doze_recv(&h->udp.socket, text, sizeof(text), &size));
    assert_true(result != DOZE_OK || (size == 5 && memcmp(text, "hello", 5) == 0));
    return result;
}

static doze_result set(host *h, doze_option option, int64_t value) {
    return CALL(doze_set_option(&h->udp.socket, option, value));
}

static doze_result connect_and_talk(host *h, const echo *e) {
    doze_result result = CALL(doze_connect(&h->udp.socket, h->address, e->port));
    return result == DOZE_OK ? exchange(h, e) : result;
}

static doze_result nap_and_talk(host *h, doze_sleep sleep) {
    doze_result result = set(h, DOZE_OPT_SLEEP, sleep);
    result = result == DOZE_OK ? CALL(doze_shutdown(&h->udp.socket)) : result;
    result = result == DOZE_OK ? CALL(doze_resume(&h->udp.socket)) : result;
    return result == DOZE_OK ? exchange(h, &h->servers[0]) : result;
}

static doze_result move_and_talk(host *h) {
    int64_t mtu = 0;
    doze_result result = CALL(doze_get_option(&h->udp.socket, DOZE_OPT_PATH_MTU, &mtu));
    result = result == DOZE_OK ? CALL(doze_shutdown(&h->udp.socket)) : result;
    return result == DOZE_OK ? connect_and_talk(h, &h->servers[1]) : result;
}

static doze_result come_back_and_talk(host *h) {
    doze_result result = CALL(doze_close(&h->udp.socket));
    result = result == DOZE_OK ? CALL(doze_reuse_last_port(&h->udp.socket)) : result;
    return result == DOZE_OK ? connect_and_talk(h, &h->servers[0]) : result;
}

static doze_result tell_of_sockets(host *h) {
    doze_result result = CALL(doze_bind(&h->udp.socket, h->address, 0));
    result = result == DOZE_OK ? connect_and_talk(h, &h->servers[0]) : result;
    result = result == DOZE_OK ? nap_and_talk(h, DOZE_SLEEP_DROP) : result;
    result = result == DOZE_OK ? move_and_talk(h) : result;
    result = result == DOZE_OK ? come_back_and_talk(h) : result;
    if (result == DOZE_OK && h->can_hold) {
        result = nap_and_talk(h, DOZE_SLEEP_HOLD);
        result = result == DOZE_OK ? move_and_talk(h) : result;
    }
    return result == DOZE_OK ? CALL(doze_close(&h->udp.socket)) : result;
}

static void open_socket(host *h) {
    const doze_udp_settings settings = {.net = doze_posix_net()};
    assert_int_equal(doze_udp_init(&h->udp, &settings), DOZE_OK);
    assert_int_equal(set(h, DOZE_OPT_DSCP, 10), DOZE_OK);
    assert_int_equal(set(h, DOZE_OPT_REUSE_ADDR, 1), DOZE_OK);
}

static int cause_of_sockets(const host *h) {
    return doze_cause(&h->udp.socket);
}

static void rest_sockets(host *h) {
    assert_int_not_equal(doze_get_state(&h->udp.socket), DOZE_STATE_CONNECTING);
    assert_int_equal(doze_close(&h->udp.socket), DOZE_OK);
}

static void close_socket(host *h) {
    doze_deinit(&h->udp.socket);
}

/* ---- files, randomness, time ---- */

static doze_result tell_of_files(host *h) {
    static const char contents[] = "a record";
    char read[64];
    size_t size = 0;
    doze_store *store = &h->files.store;
    doze_result result = CALL(doze_file_store_open(&h->files, h->directory));
    h->files_open = result == DOZE_OK;
    result = result == DOZE_OK ? CALL(store->ops->write(store, 3, contents, sizeof(contents))) : result;
    result = result == DOZE_OK ? CALL(store->ops->write(store, 3, contents, sizeof(contents))) : result;
    result = result == DOZE_OK ? CALL(store->ops->read(store, 3, read, sizeof(read), &size)) : result;
    assert_true(result != DOZE_OK || (size == sizeof(contents) && memcmp(read, contents, size) == 0));
    result = result == DOZE_OK ? CALL(store->ops->write(store, 3, NULL, 0)) : result;
    result = result == DOZE_OK ? CALL(store->ops->read(store, 3, read, sizeof(read), &size)) : result;
    assert_true(result != DOZE_OK || size == 0);
    if (result == DOZE_OK) {
        life_in_doze = true;
        doze_file_store_close(&h->files);
        h->files_open = life_in_doze = false;
    }
    return result;
}

static int cause_of_files(const host *h) {
    return h->files.store.cause;
}

static void rest_files(host *h) {
    if (h->files_open) {
        doze_file_store_close(&h->files);
    }
    h->files_open = false;
}

static doze_result tell_of_the_rest(host *h) {
    unsigned char bytes[16] = {0};
    const unsigned char nothing[16] = {0};
    (void)h;
    life_in_doze = true;
    int filled = doze_posix_random().fill(NULL, bytes, sizeof(bytes));
    (void)doze_posix_clock().now(NULL);
    life_in_doze = false;
    assert_true(filled != 0 || memcmp(bytes, nothing, sizeof(bytes)) != 0);
    return filled == 0 ? DOZE_OK : DOZE_ERR_RANDOM;
}

static void nothing_to_do(host *h) {
    (void)h;
}

/* ---- the sweep ---- */

typedef struct story {
    doze_result (*tell)(host *h);
    int (*cause)(const host *h); /* NULL: it tells none */
    void (*begin)(host *h);
    void (*rest)(host *h);
    void (*end)(host *h);
} story;

static const story sockets = {tell_of_sockets, cause_of_sockets, open_socket, rest_sockets, close_socket};
static const story files = {tell_of_files, cause_of_files, nothing_to_do, rest_files, nothing_to_do};
static const story others = {tell_of_the_rest, NULL, nothing_to_do, nothing_to_do, nothing_to_do};

static const int errors[] = {EINTR,      EAGAIN,        ENOMEM,      ENOBUFS,      EMFILE,   EPERM,  EACCES, EINVAL,
                             EADDRINUSE, EADDRNOTAVAIL, ENETUNREACH, ECONNREFUSED, EMSGSIZE, ENODEV, EIO,    ENOSPC};

static unsigned count_descriptors(void) {
    unsigned count = 0;
    for (int fd = 0; fd < 256; fd++) {
        count += fcntl(fd, F_GETFD) != -1;
    }
    return count;
}

static bool is_documented(doze_result result) {
    return result == DOZE_WOULD_BLOCK || result == DOZE_ERR_STORE || result == DOZE_ERR_RANDOM ||
           result == DOZE_ERR_UNSUPPORTED || result == DOZE_ERR_ADDRESS || result == DOZE_ERR_TOO_LONG ||
           (result <= DOZE_ERR_PORT_TAKEN && result >= DOZE_ERR_IO);
}

static void fail_at(host *h, const story *told, unsigned long which, int error, bool from_there_on) {
    system_calls = (system_call_order){.at = which, .error = error, .from_there_on = from_there_on};
    told->begin(h);
    doze_result result = told->tell(h);
    figures.points++;
    figures.reached += system_calls.failed > 0;
    assert_true(result == DOZE_OK || is_documented(result));
    if (result < 0 && told->cause != NULL && error != EAGAIN) { /* that is no cause where it can be waited for */
        assert_int_equal(told->cause(h), error);
    }
    system_calls.at = 0;
    told->rest(h);
    assert_int_equal(told->tell(h), DOZE_OK);
    told->rest(h);
    told->end(h);
}

static void sweep(host *h, const story *told) {
    const unsigned before = count_descriptors();
    system_calls = (system_call_order){0};
    told->begin(h);
    assert_int_equal(told->tell(h), DOZE_OK);
    told->end(h);
    const unsigned long calls = system_calls.made;
    assert_true(calls > 0);
    for (unsigned long which = 1; which <= calls; which++) {
        for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
            fail_at(h, told, which, errors[i], false);
            if (errors[i] != EINTR) { /* who repeats a call at once would do so for ever */
                fail_at(h, told, which, errors[i], true);
            }
            assert_int_equal(count_descriptors(), before);
        }
    }
    assert_int_equal(figures.reached, figures.points);
}

/* ---- tests ---- */

static bool host_can_hold(host *h) {
    open_socket(h);
    bool can = doze_connect(&h->udp.socket, h->address, h->servers[0].port) == DOZE_OK &&
               set(h, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD) == DOZE_OK && doze_shutdown(&h->udp.socket) == DOZE_OK;
    close_socket(h);
    return can;
}

static void sweep_sockets(bool v6) {
    host h = {.address = v6 ? "::1" : "127.0.0.1", .servers = {open_echo(v6), open_echo(v6)}};
    if (h.servers[0].fd >= 0 && h.servers[1].fd >= 0) {
        h.can_hold = host_can_hold(&h);
        sweep(&h, &sockets);
        close(h.servers[0].fd);
        close(h.servers[1].fd);
    }
}

static void sockets_outlive_whatever_the_host_says_over_ipv4(void **state) {
    (void)state;
    sweep_sockets(false);
}

static void sockets_outlive_whatever_the_host_says_over_ipv6(void **state) {
    (void)state;
    sweep_sockets(true);
}

static void so_do_files(void **state) {
    host h = {.directory = "/tmp/doze-sweep-XXXXXX"};
    char lock[80];
    (void)state;
    assert_non_null(mkdtemp(h.directory));
    sweep(&h, &files);
    (void)snprintf(lock, sizeof(lock), "%s/lock", h.directory);
    assert_int_equal(unlink(lock), 0);
    assert_int_equal(rmdir(h.directory), 0); /* and nothing else is left in it */
}

static void so_do_randomness_and_clock(void **state) {
    host h = {0};
    (void)state;
    sweep(&h, &others);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_outlive_whatever_the_host_says_over_ipv4),
        cmocka_unit_test(sockets_outlive_whatever_the_host_says_over_ipv6),
        cmocka_unit_test(so_do_files),
        cmocka_unit_test(so_do_randomness_and_clock),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("figures: syscall_points=%lu syscall_reached=%lu\n", figures.points, figures.reached);
    return failed;
}

#else
int main(void) {
    puts("skipped: doze is a shared library, in which no system call can be made to fail");
    return 77;
}
#endif
