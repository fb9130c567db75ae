/* SPDX-License-Identifier: Apache-2.0 */
/* The host refuses, at every call that there is, with every errno that it knows, once or for long.
 * Whatever was asked for ends in what docs/errors.md says, nothing kept is lost, and when the host has come to its senses
 * the socket recovers within two wakes. test_system_calls.c does the same to the real host. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "posix/net_errors.h"
#include "sweep/life.h"

enum { STEPS = 12, FOR_LONG = 100 };

typedef struct story {
    const kit_order *order;
    life_step *steps[STEPS];
} story;

static struct {
    world_host *host;
    tap *tap;
    const doze_net_ops *below;
    doze_net_ops ops;
    uint64_t made[WORLD_OPS];
    world_op op; /* what fails, … */
    uint64_t at; /* … from which call on; 0: nothing … */
    uint32_t times;
    doze_result result;
    int cause;
    bool reached;
} net;

static struct {
    unsigned long points;
    unsigned long reached;
} figures;

static int set_up(void **state) {
    *state = test_calloc(1, sizeof(rig));
    return 0;
}

static int tear_down(void **state) {
    test_free(*state);
    return 0;
}

/* ---- the host, between doze and the world ---- */

static void count(world_op op) {
    bool counts = life_in_doze;
    net.made[op] += counts;
    if (counts && net.at != 0 && net.op == op && net.made[op] == net.at) {
        net.reached = true;
        world_fail_next(net.host, op, net.result, net.cause, net.times);
    }
}

static doze_result net_open(doze_net *n, doze_net_socket *socket, doze_net_request *request) {
    count(WORLD_OP_OPEN);
    return net.below->open(n, socket, request);
}

static doze_result net_connect(doze_net *n, doze_net_socket *socket, const doze_endpoint *to, doze_endpoint *local) {
    count(WORLD_OP_CONNECT);
    return net.below->connect(n, socket, to, local);
}

/* The tap sees what was sent, and by a ChangeCipherSpec that new keys are in use: also one that the host refused. */
static void tell_tap(const uint8_t *data, size_t size) {
    enum { HEADER = 13, CHANGE_CIPHER_SPEC = 20 };
    for (size_t at = 0; at + HEADER <= size; at += HEADER + (size_t)(data[at + 11] << 8 | data[at + 12])) {
        if (data[at] == CHANGE_CIPHER_SPEC) {
            memcpy(net.tap->in_use, net.tap->announced, sizeof(net.tap->in_use));
            memcpy(net.tap->confirmed, net.tap->heard ? net.tap->in_use : net.tap->confirmed, sizeof(net.tap->in_use));
        }
    }
}

static doze_result net_send(doze_net *n, doze_net_socket *socket, const void *data, size_t size) {
    count(WORLD_OP_SEND);
    doze_result result = net.below->send(n, socket, data, size);
    if (result != DOZE_OK) {
        tell_tap(data, size);
    }
    return result;
}

static doze_result net_recv(doze_net *n, doze_net_socket *socket, void *buffer, size_t capacity, size_t *size) {
    count(WORLD_OP_RECV);
    return net.below->recv(n, socket, buffer, capacity, size);
}

static doze_result net_deafen(doze_net *n, doze_net_socket *socket) {
    count(WORLD_OP_DEAFEN);
    return net.below->deafen(n, socket);
}

static doze_result net_undeafen(doze_net *n, doze_net_socket *socket) {
    count(WORLD_OP_UNDEAFEN);
    return net.below->undeafen(n, socket);
}

static doze_result net_path_mtu(doze_net *n, doze_net_socket *socket, uint32_t *mtu) {
    count(WORLD_OP_PATH_MTU);
    return net.below->path_mtu(n, socket, mtu);
}

static void come_between(rig *r) {
    memset(net.made, 0, sizeof(net.made));
    net.reached = false;
    net.host = r->k->host;
    net.tap = &r->k->tap;
    net.below = world_host_net(net.host)->ops;
    net.ops = *net.below;
    net.ops.open = net_open;
    net.ops.connect = net_connect;
    net.ops.send = net_send;
    net.ops.recv = net_recv;
    net.ops.deafen = net_deafen;
    net.ops.undeafen = net_undeafen;
    net.ops.path_mtu = net_path_mtu;
    world_host_net(net.host)->ops = &net.ops;
}

static void come_to_its_senses(void) {
    net.at = 0;
    for (int op = 0; op < WORLD_OPS; op++) {
        world_fail_next(net.host, (world_op)op, DOZE_OK, 0, 0);
    }
}

/* ---- stories ---- */

static doze_result hold_from_now_on(rig *r) {
    return CALL(doze_set_option(r->k->socket, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD));
}

static doze_result answer_lookups_late(rig *r) {
    r->k->w.names.delay = 50;
    return DOZE_OK;
}

static doze_result bind_first(rig *r) {
    bool closed = doze_get_state(r->k->socket) == DOZE_STATE_CLOSED;
    return closed ? CALL(doze_bind(r->k->socket, NULL, 0)) : DOZE_OK;
}

static doze_result reuse_port(rig *r) {
    return doze_get_state(r->k->socket) == DOZE_STATE_SHUTDOWN ? CALL(doze_reuse_last_port(r->k->socket)) : DOZE_OK;
}

static doze_result ask_mtu(rig *r) {
    int64_t mtu = 0;
    doze_result result = life_talk(r);
    return result == DOZE_OK ? CALL(doze_get_option(r->k->socket, DOZE_OPT_PAYLOAD_MTU, &mtu)) : result;
}

static const kit_order ignoring = {.dtls = {.cid = DOZE_CID_OFF},
                                   .peer = {.behaviour = {.known_address = PEER_IGNORE_HELLO}}};
static const kit_order with_cid = {.dtls = {.cid = DOZE_CID_OFFER_BYTES, .cid_size = 8}};
static const kit_order without_cid = {.dtls = {.cid = DOZE_CID_OFF}};

static const story stories[] = {
    {&with_cid,
     {life_talk, life_sleep_an_hour, life_talk_on, life_climb, life_sleep_an_hour, life_close_it, life_talk_on}},
    {&without_cid,
     {bind_first, life_talk, life_sleep_an_hour, reuse_port, life_talk_on, ask_mtu, life_close_it, life_talk}},
    {&with_cid,
     {hold_from_now_on, life_talk, life_sleep_an_hour, life_talk_on, life_sleep_an_hour, reuse_port, life_talk_on}},
    {&without_cid,
     {hold_from_now_on, life_talk, life_sleep_an_hour, life_talk_on, life_climb, life_sleep_an_hour, life_talk_on}},
    {&without_cid,
     {life_talk, life_sleep_an_hour, life_somebody_takes_the_port, life_talk, life_sleep_an_hour, life_talk}},
    {&ignoring, {hold_from_now_on, life_talk, life_climb, life_sleep_an_hour, life_talk_on}},
    {&with_cid,
     {answer_lookups_late, life_talk, life_sleep_an_hour, life_the_server_moves, life_climb, life_sleep_an_hour,
      life_talk_on}},
};

/* ---- the sweep ---- */

static const int errors[] = {EAGAIN,       ENOMEM,      ENOBUFS,       EMFILE,   ENFILE,   EPERM,
                             EACCES,       EADDRINUSE,  EADDRNOTAVAIL, ENODEV,   ENXIO,    EINVAL,
                             EAFNOSUPPORT, ENETUNREACH, EHOSTUNREACH,  ENETDOWN, EMSGSIZE, EPROTO,
                             ENOPROTOOPT,  EOPNOTSUPP,  ECONNREFUSED,  EIO,      EPIPE};

static doze_net_call kind_of(world_op op) {
    return op == WORLD_OP_RECV                             ? DOZE_NET_RECEIVING
           : op == WORLD_OP_SEND || op == WORLD_OP_CONNECT ? DOZE_NET_SENDING
                                                           : DOZE_NET_SETTING;
}

/* What the host said, or that nobody answered. Nobody can wait for a connect that would block. */
static void expect_refusal(const rig *r, doze_result result) {
    bool would_block = net.result == DOZE_WOULD_BLOCK && net.op == WORLD_OP_CONNECT;
    assert_true(net.reached);
    assert_true(result == net.result || result == DOZE_ERR_TIMEOUT || (would_block && result == DOZE_ERR_NO_BUFFERS));
    life_expect_rest(r);
}

static void live(rig *r, const story *told) {
    life_begin(r, told->order);
    come_between(r);
    for (size_t i = 0; told->steps[i] != NULL; i++) {
        doze_result result = told->steps[i](r);
        if (result != DOZE_OK) {
            expect_refusal(r, result);
            come_to_its_senses();
            life_recover(r, told->steps[i]);
        }
    }
    come_to_its_senses();
    life_end(r);
}

static void fail_with(rig *r, const story *told, int error, uint32_t times) {
    net.result = doze_net_result(kind_of(net.op), error);
    net.cause = error;
    net.times = times;
    live(r, told);
    figures.points++;
    figures.reached += net.reached;
}

static void sweep_op(rig *r, const story *told, world_op op, uint64_t calls) {
    for (uint64_t at = 1; at <= calls; at++) {
        for (size_t i = 0; i < 2 * sizeof(errors) / sizeof(errors[0]); i++) {
            net.op = op;
            net.at = at;
            fail_with(r, told, errors[i / 2], i % 2 == 0 ? 1 : FOR_LONG);
        }
    }
}

static void sweep(rig *r, const story *told) {
    uint64_t calls[WORLD_OPS];
    net.at = 0;
    live(r, told);
    memcpy(calls, net.made, sizeof(calls));
    for (int op = 0; op < WORLD_OPS; op++) {
        sweep_op(r, told, (world_op)op, calls[op]);
    }
}

static void whatever_the_host_refuses_a_socket_outlives_it(void **state) {
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        sweep(*state, &stories[i]);
    }
    assert_int_equal(figures.reached, figures.points);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_the_host_refuses_a_socket_outlives_it, set_up, tear_down),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("figures: io_points=%lu io_reached=%lu\n", figures.points, figures.reached);
    return failed;
}
