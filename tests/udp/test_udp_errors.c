/* SPDX-License-Identifier: Apache-2.0 */
/* What the platform answers passes through with its cause, changes nothing and leaks nothing; the next call works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "contract/view.h"
#include "udp/udp_kit.h"

typedef struct failure {
    doze_result result;
    int cause;
} failure;

static const failure opening[] = {
    {DOZE_ERR_ADDRESS_GONE, EADDRNOTAVAIL}, {DOZE_ERR_NO_DESCRIPTORS, EMFILE},  {DOZE_ERR_NO_DESCRIPTORS, ENFILE},
    {DOZE_ERR_NO_MEMORY, ENOBUFS},          {DOZE_ERR_NO_MEMORY, ENOMEM},       {DOZE_ERR_NOT_PERMITTED, EACCES},
    {DOZE_ERR_NOT_PERMITTED, EPERM},        {DOZE_ERR_ADDRESS_GONE, ENODEV},    {DOZE_ERR_ADDRESS, EINVAL},
    {DOZE_ERR_UNREACHABLE, EAFNOSUPPORT},   {DOZE_ERR_UNSUPPORTED, EOPNOTSUPP}, {DOZE_ERR_IO, EIO},
};
static const failure taken[] = {{DOZE_ERR_PORT_TAKEN, EADDRINUSE}};
static const failure connecting[] = {
    {DOZE_ERR_UNREACHABLE, ENETUNREACH},
    {DOZE_ERR_UNREACHABLE, EHOSTUNREACH},
    {DOZE_ERR_UNREACHABLE, ENETDOWN},
    {DOZE_ERR_ADDRESS_GONE, EADDRNOTAVAIL},
    {DOZE_ERR_BLOCKED, EPERM},
    {DOZE_ERR_NOT_PERMITTED, EACCES},
    {DOZE_ERR_NO_BUFFERS, ENOBUFS},
    {DOZE_ERR_PORT_TAKEN, EADDRINUSE},
    {DOZE_ERR_IO, EIO},
};
static const failure sending[] = {
    {DOZE_ERR_BLOCKED, EPERM},
    {DOZE_ERR_NO_BUFFERS, ENOBUFS},
    {DOZE_ERR_NO_BUFFERS, ENOMEM},
    {DOZE_ERR_ADDRESS_GONE, EADDRNOTAVAIL},
    {DOZE_ERR_IO, EIO},
};
/* Also what ICMP may have brought about an earlier datagram: tried twice. */
static const failure sending_twice[] = {
    {DOZE_ERR_UNREACHABLE, ENETUNREACH}, {DOZE_ERR_UNREACHABLE, EHOSTUNREACH}, {DOZE_ERR_UNREACHABLE, ENETDOWN},
    {DOZE_ERR_NOT_PERMITTED, EACCES},    {DOZE_ERR_TOO_LONG, EMSGSIZE},
};
static const failure receiving[] = {
    {DOZE_ERR_NO_BUFFERS, ENOBUFS}, {DOZE_ERR_UNREACHABLE, ENETDOWN}, {DOZE_ERR_BLOCKED, EPERM}, {DOZE_ERR_IO, EIO}};
static const failure setting[] = {{DOZE_ERR_NO_MEMORY, ENOMEM},
                                  {DOZE_ERR_UNSUPPORTED, ENOPROTOOPT},
                                  {DOZE_ERR_NOT_PERMITTED, EPERM},
                                  {DOZE_ERR_IO, EIO}};

/* ---- where a socket may be when it meets them ---- */

static void closed(udp_kit *k) {
    (void)k;
}

static void closed_after_connection(udp_kit *k) {
    udp_kit_connect(k);
    doze_close(k->socket);
}

static void bound(udp_kit *k) {
    assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
}

static void connected(udp_kit *k) {
    udp_kit_connect(k);
}

static void connected_hold(udp_kit *k) {
    udp_kit_connect(k);
    udp_kit_set(k, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
}

static void answered(udp_kit *k) {
    udp_kit_connect(k);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_OK);
    world_advance(&k->w, 1000);
}

static void dropped(udp_kit *k) {
    udp_kit_connect(k);
    udp_kit_sleep(k);
}

static void held(udp_kit *k) {
    connected_hold(k);
    udp_kit_sleep(k);
}

/* ---- the calls ---- */

static doze_result call_bind(doze_socket *socket) {
    return doze_bind(socket, NULL, 40000);
}

static doze_result call_connect_name(doze_socket *socket) {
    return doze_connect(socket, UDP_KIT_NAME, UDP_KIT_PORT);
}

static doze_result call_connect_literal(doze_socket *socket) {
    return doze_connect(socket, UDP_KIT_SECOND, UDP_KIT_OTHER_PORT);
}

static doze_result call_connect_other_family(doze_socket *socket) {
    return doze_connect(socket, UDP_KIT_SERVER6, UDP_KIT_PORT);
}

static doze_result call_send(doze_socket *socket) {
    return doze_send(socket, "x", 1);
}

static doze_result call_recv(doze_socket *socket) {
    char buffer[8];
    size_t size;
    return doze_recv(socket, buffer, sizeof(buffer), &size);
}

static doze_result call_path_mtu(doze_socket *socket) {
    int64_t value;
    return doze_get_option(socket, DOZE_OPT_PATH_MTU, &value);
}

static doze_result call_payload_mtu(doze_socket *socket) {
    int64_t value;
    return doze_get_option(socket, DOZE_OPT_PAYLOAD_MTU, &value);
}

typedef struct row {
    const char *name;
    world_op op;
    uint32_t times;
    const failure *failures;
    size_t count;
    void (*prepare)(udp_kit *k);
    doze_result (*call)(doze_socket *socket);
} row;

#define WITH(table) (table), sizeof(table) / sizeof((table)[0])

static const row rows[] = {
    {"bind", WORLD_OP_OPEN, 1, WITH(opening), closed, call_bind},
    {"bind, taken", WORLD_OP_OPEN, 1, WITH(taken), closed, call_bind},
    {"reuse_last_port", WORLD_OP_OPEN, 1, WITH(opening), closed_after_connection, doze_reuse_last_port},
    {"reuse_last_port, taken", WORLD_OP_OPEN, 1, WITH(taken), closed_after_connection, doze_reuse_last_port},
    {"reuse_last_port asleep", WORLD_OP_OPEN, 1, WITH(opening), dropped, doze_reuse_last_port},
    {"reuse_last_port asleep, taken", WORLD_OP_OPEN, 1, WITH(taken), dropped, doze_reuse_last_port},
    {"reuse_last_port held", WORLD_OP_UNDEAFEN, 1, WITH(setting), held, doze_reuse_last_port},
    {"connect, open", WORLD_OP_OPEN, 1, WITH(opening), closed, call_connect_name},
    {"connect, open, taken", WORLD_OP_OPEN, 1, WITH(taken), closed, call_connect_name},
    {"connect", WORLD_OP_CONNECT, 1, WITH(connecting), closed, call_connect_name},
    {"connect to a literal", WORLD_OP_CONNECT, 1, WITH(connecting), closed, call_connect_literal},
    {"connect bound", WORLD_OP_CONNECT, 1, WITH(connecting), bound, call_connect_name},
    {"connect bound in the other family, open", WORLD_OP_OPEN, 1, WITH(opening), bound, call_connect_other_family},
    {"connect bound in the other family", WORLD_OP_CONNECT, 1, WITH(connecting), bound, call_connect_other_family},
    {"connect asleep, open", WORLD_OP_OPEN, 1, WITH(opening), dropped, call_connect_literal},
    {"connect asleep, open, taken twice", WORLD_OP_OPEN, 2, WITH(taken), dropped, call_connect_literal},
    {"connect asleep", WORLD_OP_CONNECT, 1, WITH(connecting), dropped, call_connect_literal},
    {"connect held", WORLD_OP_CONNECT, 1, WITH(connecting), held, call_connect_literal},
    {"connect held, undeafen", WORLD_OP_UNDEAFEN, 1, WITH(setting), held, call_connect_literal},
    {"connect held in the other family, open", WORLD_OP_OPEN, 1, WITH(opening), held, call_connect_other_family},
    {"connect held in the other family", WORLD_OP_CONNECT, 1, WITH(connecting), held, call_connect_other_family},
    {"resume, open", WORLD_OP_OPEN, 1, WITH(opening), dropped, doze_resume},
    {"resume, open, taken twice", WORLD_OP_OPEN, 2, WITH(taken), dropped, doze_resume},
    {"resume", WORLD_OP_CONNECT, 1, WITH(connecting), dropped, doze_resume},
    {"resume held", WORLD_OP_CONNECT, 1, WITH(connecting), held, doze_resume},
    {"resume held, undeafen", WORLD_OP_UNDEAFEN, 1, WITH(setting), held, doze_resume},
    {"send", WORLD_OP_SEND, 1, WITH(sending), connected, call_send},
    {"send, twice", WORLD_OP_SEND, 2, WITH(sending_twice), connected, call_send},
    {"recv", WORLD_OP_RECV, 1, WITH(receiving), answered, call_recv},
    {"shutdown", WORLD_OP_DEAFEN, 1, WITH(setting), connected_hold, doze_shutdown},
    {"path MTU", WORLD_OP_PATH_MTU, 1, WITH(setting), connected, call_path_mtu},
    {"payload MTU", WORLD_OP_PATH_MTU, 1, WITH(setting), connected, call_payload_mtu},
};

static void check_failure(udp_kit *k, const row *r, const failure *f) {
    view before;
    unsigned open = world_open_sockets(k->host);
    view_take(&before, k->socket);
    world_fail_next(k->host, r->op, f->result, f->cause, r->times);
    doze_result result = r->call(k->socket);
    if (result != f->result || doze_cause(k->socket) != f->cause) {
        fail_msg("%s: %s, cause %d instead of %s, cause %d", r->name, doze_strerror(result), doze_cause(k->socket),
                 doze_strerror(f->result), f->cause);
    }
    view_is_unchanged(&before, k->socket);
    assert_int_equal(world_open_sockets(k->host), open);
    assert_int_equal(k->w.names.open, 0);
}

/* All its failures one after the other, which a cause left from before would spoil, and then the call that works. */
static void check_row(const row *r) {
    void *state = NULL;
    assert_int_equal(udp_kit_set_up(&state), 0);
    udp_kit *k = state;
    r->prepare(k);
    for (size_t i = 0; i < r->count; i++) {
        check_failure(k, r, &r->failures[i]);
    }
    doze_result result = r->call(k->socket);
    if (result != DOZE_OK) {
        fail_msg("%s: afterwards %s", r->name, doze_strerror(result));
    }
    assert_int_equal(udp_kit_tear_down(&state), 0);
}

static void a_failure_passes_through_changes_nothing_and_the_next_call_works(void **state) {
    check_row(*state);
}

static void no_room_to_send_and_nothing_to_read_are_no_errors(void **state) {
    udp_kit *k = *state;
    view before;
    udp_kit_connect(k);
    view_take(&before, k->socket);
    world_fail_next(k->host, WORLD_OP_SEND, DOZE_WOULD_BLOCK, EAGAIN, 1);
    assert_int_equal(call_send(k->socket), DOZE_WOULD_BLOCK);
    world_fail_next(k->host, WORLD_OP_RECV, DOZE_WOULD_BLOCK, EAGAIN, 1);
    assert_int_equal(call_recv(k->socket), DOZE_WOULD_BLOCK);
    view_is_unchanged(&before, k->socket);
    udp_kit_exchange(k);
}

static void old_news_of_the_network_are_passed_over_once_by_send(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    for (size_t i = 0; i < sizeof(sending_twice) / sizeof(sending_twice[0]); i++) {
        world_fail_next(k->host, WORLD_OP_SEND, sending_twice[i].result, sending_twice[i].cause, 1);
        udp_kit_exchange(k);
    }
}

static void a_truncated_datagram_has_its_cause(void **state) {
    udp_kit *k = *state;
    char buffer[1];
    size_t size;
    udp_kit_connect(k);
    assert_int_equal(doze_send(k->socket, "two", 3), DOZE_OK);
    world_advance(&k->w, 1000);
    assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_ERR_TRUNCATED);
    assert_int_equal(doze_cause(k->socket), EMSGSIZE);
}

static void a_call_that_works_leaves_no_cause_of_one_before(void **state) {
    udp_kit *k = *state;
    udp_kit_connect(k);
    world_fail_next(k->host, WORLD_OP_SEND, DOZE_ERR_BLOCKED, EPERM, 1);
    assert_int_equal(call_send(k->socket), DOZE_ERR_BLOCKED);
    assert_int_equal(doze_cause(k->socket), EPERM);
    assert_int_equal(call_send(k->socket), DOZE_OK);
    assert_int_equal(doze_cause(k->socket), 0);
    world_advance(&k->w, 1000);
    assert_int_equal(call_recv(k->socket), DOZE_OK);
    assert_int_equal(call_recv(k->socket), DOZE_WOULD_BLOCK);
    assert_int_equal(doze_cause(k->socket), 0);
}

static void failures_are_traced_with_their_cause(void **state) {
    udp_kit *k = *state;
    world_fail_next(k->host, WORLD_OP_OPEN, DOZE_ERR_NO_DESCRIPTORS, EMFILE, 1);
    assert_int_equal(call_bind(k->socket), DOZE_ERR_NO_DESCRIPTORS);
    assert_int_equal(udp_kit_count_events(k, DOZE_EVENT_ERROR, DOZE_ERR_NO_DESCRIPTORS, EMFILE), 1);
    assert_int_equal(doze_connect(k->socket, "unknown.example", UDP_KIT_PORT), DOZE_ERR_HOST_UNKNOWN);
    assert_int_equal(udp_kit_count_events(k, DOZE_EVENT_ERROR, DOZE_ERR_HOST_UNKNOWN, 0), 1);
    udp_kit_connect(k);
    udp_kit_sleep(k);
    world_fail_next(k->host, WORLD_OP_CONNECT, DOZE_ERR_UNREACHABLE, ENETUNREACH, 1);
    assert_int_equal(doze_resume(k->socket), DOZE_ERR_UNREACHABLE);
    assert_int_equal(udp_kit_count_events(k, DOZE_EVENT_ERROR, DOZE_ERR_UNREACHABLE, ENETUNREACH), 1);
}

#define ROWS  (sizeof(rows) / sizeof(rows[0]))
#define OTHER (sizeof(others) / sizeof(others[0]))

int main(void) {
    static const struct CMUnitTest others[] = {
        UDP_KIT_TEST(no_room_to_send_and_nothing_to_read_are_no_errors),
        UDP_KIT_TEST(old_news_of_the_network_are_passed_over_once_by_send),
        UDP_KIT_TEST(a_truncated_datagram_has_its_cause),
        UDP_KIT_TEST(a_call_that_works_leaves_no_cause_of_one_before),
        UDP_KIT_TEST(failures_are_traced_with_their_cause),
    };
    static struct CMUnitTest tests[ROWS + OTHER];
    static char names[ROWS][160];
    static row copies[ROWS]; /* CMocka's states are not const */
    memcpy(tests, others, sizeof(others));
    memcpy(copies, rows, sizeof(rows));
    for (size_t i = 0; i < ROWS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%s: %s", rows[i].name,
                       "a_failure_passes_through_changes_nothing_and_the_next_call_works");
        tests[OTHER + i] = (struct CMUnitTest){
            .name = names[i],
            .test_func = a_failure_passes_through_changes_nothing_and_the_next_call_works,
            .initial_state = &copies[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
