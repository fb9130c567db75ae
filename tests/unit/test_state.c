/* SPDX-License-Identifier: Apache-2.0 */
/* The state table, through the public verbs, over a socket whose operations only do what they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "doze/socket.h"

enum { VERBS = 11, STATES = 5 };

typedef struct puppet {
    doze_socket socket;
    doze_result result; /* of every operation */
    int calls;
} puppet;

static doze_result play(doze_socket *socket) {
    puppet *p = (puppet *)socket;
    p->calls++;
    return p->result;
}
static doze_result play_bind(doze_socket *socket, const char *address, uint16_t port) {
    (void)address;
    (void)port;
    return play(socket);
}
static doze_result play_connect(doze_socket *socket, const char *host, uint16_t port) {
    (void)host;
    (void)port;
    return play(socket);
}
static doze_result play_recall(doze_socket *socket, const doze_endpoints *past) {
    (void)past;
    return play(socket);
}
static doze_result play_send(doze_socket *socket, const void *data, size_t size) {
    (void)data;
    (void)size;
    return play(socket);
}
static doze_result play_recv(doze_socket *socket, void *buffer, size_t capacity, size_t *size) {
    (void)buffer;
    (void)capacity;
    *size = 0;
    return play(socket);
}
static void no_deinit(doze_socket *socket) {
    (void)socket;
}
static int32_t no_timeout(const doze_socket *socket) {
    (void)socket;
    return -1;
}
static int no_fd(const doze_socket *socket) {
    (void)socket;
    return -1;
}
static void no_endpoints(const doze_socket *socket, doze_endpoints *out) {
    (void)socket;
    (void)out;
}
static bool no_format(const doze_socket *socket, const doze_endpoint *endpoint, char *text, size_t size) {
    (void)socket;
    (void)endpoint;
    (void)text;
    (void)size;
    return false;
}
static doze_result no_get(doze_socket *socket, doze_option option, int64_t *value) {
    (void)socket;
    (void)option;
    (void)value;
    return DOZE_ERR_OPTION;
}
static doze_result no_set(doze_socket *socket, doze_option option, int64_t value) {
    (void)socket;
    (void)option;
    (void)value;
    return DOZE_ERR_OPTION;
}

static const doze_socket_ops puppet_ops = {
    .step = play,
    .bind = play_bind,
    .reuse_last_port = play,
    .connect = play_connect,
    .recall = play_recall,
    .resume = play,
    .send = play_send,
    .recv = play_recv,
    .shutdown = play,
    .close = play,
    .forget = play,
    .deinit = no_deinit,
    .next_timeout = no_timeout,
    .fd = no_fd,
    .endpoints = no_endpoints,
    .format = no_format,
    .get_option = no_get,
    .set_option = no_set,
};

static doze_result do_step(doze_socket *s) {
    return doze_step(s);
}
static doze_result do_bind(doze_socket *s) {
    return doze_bind(s, NULL, 0);
}
static doze_result do_reuse(doze_socket *s) {
    return doze_reuse_last_port(s);
}
static doze_result do_connect(doze_socket *s) {
    return doze_connect(s, "host.example", 5684);
}
static doze_result do_recall(doze_socket *s) {
    const doze_endpoints past = {.hostname = "host.example",
                                 .remote = {.family = DOZE_FAMILY_IPV4, .port = 5684, .address = {192, 0, 2, 1}},
                                 .local = {.family = DOZE_FAMILY_IPV4, .port = 40000}};
    return doze_recall(s, &past);
}
static doze_result do_resume(doze_socket *s) {
    return doze_resume(s);
}
static doze_result do_send(doze_socket *s) {
    return doze_send(s, "x", 1);
}
static doze_result do_recv(doze_socket *s) {
    char buffer[1];
    size_t size;
    return doze_recv(s, buffer, sizeof(buffer), &size);
}
static doze_result do_shutdown(doze_socket *s) {
    return doze_shutdown(s);
}
static doze_result do_close(doze_socket *s) {
    return doze_close(s);
}
static doze_result do_forget(doze_socket *s) {
    return doze_forget(s);
}

static doze_result (*const verbs[VERBS])(doze_socket *) = {
    do_step, do_bind, do_reuse, do_connect, do_recall, do_resume, do_send, do_recv, do_shutdown, do_close, do_forget};
enum { STEP, BIND, REUSE, CONNECT, RECALL, RESUME, SEND, RECV, SHUTDOWN, CLOSE, FORGET };

/* The specification: where DOZE_OK leads, one column a state that the verb is called in; '-' is an error. */
static const char *const leads_to[VERBS] = {
    /* CLOSED BOUND CONNECTING CONNECTED SHUTDOWN */
    "01334", /* step */
    "1----", /* bind */
    "1---1", /* reuse_last_port */
    "33--3", /* connect */
    "4----", /* recall */
    "----3", /* resume */
    "--23-", /* send: told to wait in CONNECTING */
    "---3-", /* recv */
    "-4444", /* shutdown */
    "00000", /* close */
    "00000", /* forget */
};

static puppet in_state(int state) {
    puppet p = {.result = DOZE_OK};
    doze_socket_init(&p.socket, &puppet_ops, NULL);
    p.socket.state = (uint8_t)state;
    return p;
}

static void every_verb_in_every_state_leads_where_the_table_says(void **unused) {
    (void)unused;
    for (int verb = 0; verb < VERBS; verb++) {
        for (int state = 0; state < STATES; state++) {
            puppet p = in_state(state);
            doze_result result = verbs[verb](&p.socket);
            if (leads_to[verb][state] == '-') {
                bool binds = verb == BIND || verb == REUSE;
                assert_int_equal(result, binds ? DOZE_ERR_ALREADY_BOUND : DOZE_ERR_STATE);
                assert_int_equal(doze_get_state(&p.socket), state);
                assert_int_equal(p.calls, 0);
            } else if (verb == SEND && state == DOZE_STATE_CONNECTING) {
                assert_int_equal(result, DOZE_IN_PROGRESS);
                assert_int_equal(doze_get_state(&p.socket), state);
                assert_int_equal(p.calls, 0);
            } else {
                assert_int_equal(result, DOZE_OK);
                assert_int_equal(doze_get_state(&p.socket), leads_to[verb][state] - '0');
            }
        }
    }
}

static void an_error_of_any_verb_but_forget_changes_no_state_but_connecting(void **unused) {
    (void)unused;
    for (int verb = 0; verb < VERBS; verb++) {
        for (int state = 0; state < STATES; state++) {
            puppet p = in_state(state);
            p.result = DOZE_ERR_IO;
            verbs[verb](&p.socket);
            bool falls_back = (verb == STEP && state == DOZE_STATE_CONNECTING) || verb == FORGET;
            assert_int_equal(doze_get_state(&p.socket), falls_back ? DOZE_STATE_CLOSED : state);
        }
    }
}

static void a_failing_wake_falls_back_to_sleep_and_a_failing_connect_to_closed(void **unused) {
    (void)unused;
    static const doze_state from[] = {DOZE_STATE_CLOSED, DOZE_STATE_BOUND, DOZE_STATE_SHUTDOWN};
    for (size_t i = 0; i < 3; i++) {
        puppet p = in_state((int)from[i]);
        p.result = DOZE_IN_PROGRESS;
        assert_int_equal(doze_connect(&p.socket, "host.example", 5684), DOZE_IN_PROGRESS);
        assert_int_equal(doze_get_state(&p.socket), DOZE_STATE_CONNECTING);
        assert_int_equal(doze_step(&p.socket), DOZE_IN_PROGRESS);
        assert_int_equal(doze_get_state(&p.socket), DOZE_STATE_CONNECTING);
        p.result = DOZE_ERR_TIMEOUT;
        assert_int_equal(doze_step(&p.socket), DOZE_ERR_TIMEOUT);
        assert_int_equal(doze_get_state(&p.socket),
                         from[i] == DOZE_STATE_SHUTDOWN ? DOZE_STATE_SHUTDOWN : DOZE_STATE_CLOSED);
    }
}

static void shutdown_in_shutdown_does_nothing(void **unused) {
    (void)unused;
    puppet p = in_state(DOZE_STATE_SHUTDOWN);
    assert_int_equal(doze_shutdown(&p.socket), DOZE_OK);
    assert_int_equal(p.calls, 0);
}

static void null_is_refused_by_every_function(void **unused) {
    (void)unused;
    char text[8];
    size_t size;
    int64_t value;
    uint16_t port;
    for (int verb = 0; verb < VERBS; verb++) {
        assert_int_equal(verbs[verb](NULL), DOZE_ERR_ARGUMENT);
    }
    puppet p = in_state(DOZE_STATE_CONNECTED);
    assert_int_equal(doze_send(&p.socket, NULL, 1), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_recv(&p.socket, NULL, 1, &size), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_recv(&p.socket, text, sizeof(text), NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_get_option(&p.socket, DOZE_OPT_STATE, NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_get_option(NULL, DOZE_OPT_STATE, &value), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_set_option(NULL, DOZE_OPT_DSCP, 0), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_remote_host(NULL, text, sizeof(text)), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_remote_host(&p.socket, NULL, 8), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_local_host(&p.socket, text, 0), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_parse_port(NULL, &port), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_parse_port("1", NULL), DOZE_ERR_ARGUMENT);
    assert_null(doze_remote_hostname(NULL));
    assert_int_equal(doze_remote_port(NULL), 0);
    assert_int_equal(doze_local_port(NULL), 0);
    assert_int_equal(doze_fd(NULL), -1);
    assert_int_equal(doze_next_timeout(NULL), -1);
    assert_int_equal(doze_cause(NULL), 0);
    assert_int_equal(doze_get_state(NULL), DOZE_STATE_CLOSED);
    doze_deinit(NULL);
    assert_int_equal(p.calls, 0);
}

static void bad_arguments_of_connect_are_told_apart_before_anything_happens(void **unused) {
    (void)unused;
    char long_name[DOZE_HOSTNAME_MAX + 2];
    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    puppet p = in_state(DOZE_STATE_CLOSED);
    assert_int_equal(doze_connect(&p.socket, NULL, 5684), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_connect(&p.socket, "", 5684), DOZE_ERR_HOST);
    assert_int_equal(doze_connect(&p.socket, long_name, 5684), DOZE_ERR_HOST);
    assert_int_equal(doze_connect(&p.socket, "host.example", 0), DOZE_ERR_PORT);
    assert_int_equal(p.calls, 0);
    assert_int_equal(doze_connect(&p.socket, long_name + 1, 5684), DOZE_OK);
}

static void bad_arguments_of_recall_are_told_apart_before_anything_happens(void **unused) {
    (void)unused;
    puppet p = in_state(DOZE_STATE_CLOSED);
    const doze_endpoint peer = {.family = DOZE_FAMILY_IPV4, .port = 5684};
    doze_endpoints past = {.remote = peer};
    assert_int_equal(doze_recall(&p.socket, NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_recall(&p.socket, &past), DOZE_ERR_HOST);
    past.hostname = "";
    assert_int_equal(doze_recall(&p.socket, &past), DOZE_ERR_HOST);
    past = (doze_endpoints){.hostname = "host.example"};
    assert_int_equal(doze_recall(&p.socket, &past), DOZE_ERR_NO_PEER);
    past.remote.family = DOZE_FAMILY_IPV4;
    assert_int_equal(doze_recall(&p.socket, &past), DOZE_ERR_NO_PEER);
    doze_socket_ops deaf_to_the_past = puppet_ops;
    deaf_to_the_past.recall = NULL;
    p.socket.ops = &deaf_to_the_past;
    past.remote.port = 5684;
    assert_int_equal(doze_recall(&p.socket, &past), DOZE_ERR_UNSUPPORTED);
    assert_int_equal(p.calls, 0);
}

static void an_empty_message_is_refused(void **unused) {
    (void)unused;
    puppet p = in_state(DOZE_STATE_CONNECTED);
    char buffer[1];
    size_t size;
    assert_int_equal(doze_send(&p.socket, "", 0), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_recv(&p.socket, buffer, 0, &size), DOZE_ERR_ARGUMENT);
    assert_int_equal(p.calls, 0);
}

static void only_plain_decimal_ports_are_ports(void **unused) {
    (void)unused;
    static const char *const bad[] = {"",   "0",  "65536", "99999", "100000", "-1",  "+1",
                                      " 1", "1 ", "0x10",  "5684a", "a",      "1.5", "18446744073709551617"};
    uint16_t port = 7;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(doze_parse_port(bad[i], &port), DOZE_ERR_PORT);
        assert_int_equal(port, 7);
    }
    assert_int_equal(doze_parse_port("5684", &port), DOZE_OK);
    assert_int_equal(port, 5684);
    assert_int_equal(doze_parse_port("65535", &port), DOZE_OK);
    assert_int_equal(port, 65535);
    assert_int_equal(doze_parse_port("00001", &port), DOZE_OK);
    assert_int_equal(port, 1);
}

static void addresses_are_told_from_names(void **unused) {
    (void)unused;
    assert_true(doze_host_is_address("192.0.2.1"));
    assert_true(doze_host_is_address("::1"));
    assert_true(doze_host_is_address("fe80::1%eth0"));
    assert_true(doze_host_is_address("1"));
    assert_true(doze_host_is_address("1.2.3.4.5"));
    assert_false(doze_host_is_address("lwm2m.example"));
    assert_false(doze_host_is_address("1.example"));
    assert_false(doze_host_is_address("3com"));
    assert_false(doze_host_is_address("host."));
    assert_false(doze_host_is_address(""));
    assert_false(doze_host_is_address(NULL));
}

static void the_first_cause_within_a_call_wins_and_the_next_call_clears_it(void **unused) {
    (void)unused;
    puppet p = in_state(DOZE_STATE_CONNECTED);
    assert_int_equal(doze_fail(&p.socket, DOZE_ERR_IO, 5), DOZE_ERR_IO);
    assert_int_equal(doze_fail(&p.socket, DOZE_ERR_TIMEOUT, 6), DOZE_ERR_TIMEOUT);
    assert_int_equal(doze_cause(&p.socket), 5);
    doze_send(&p.socket, "x", 1);
    assert_int_equal(doze_cause(&p.socket), 0);
}

static void the_receive_timeout_is_every_sockets_option(void **unused) {
    (void)unused;
    puppet p = in_state(DOZE_STATE_CLOSED);
    int64_t value = 0;
    assert_int_equal(doze_get_option(&p.socket, DOZE_OPT_RECV_TIMEOUT, &value), DOZE_OK);
    assert_int_equal(value, -1);
    assert_int_equal(doze_set_option(&p.socket, DOZE_OPT_RECV_TIMEOUT, 250), DOZE_OK);
    assert_int_equal(doze_get_option(&p.socket, DOZE_OPT_RECV_TIMEOUT, &value), DOZE_OK);
    assert_int_equal(value, 250);
    assert_int_equal(doze_set_option(&p.socket, DOZE_OPT_RECV_TIMEOUT, -2), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(&p.socket, DOZE_OPT_RECV_TIMEOUT, INT64_C(1) << 31), DOZE_ERR_OPTION);
    assert_int_equal(doze_set_option(&p.socket, DOZE_OPT_STATE, 0), DOZE_ERR_OPTION);
    assert_int_equal(doze_get_option(&p.socket, DOZE_OPT_STATE, &value), DOZE_OK);
    assert_int_equal(value, DOZE_STATE_CLOSED);
}

typedef struct diary {
    int count;
    int detail[8];
    int more[8];
} diary;

static void write_down(void *context, const doze_socket *socket, doze_event event, int detail, int more) {
    diary *d = context;
    (void)socket;
    if (event == DOZE_EVENT_STATE) {
        d->detail[d->count] = detail;
        d->more[d->count++] = more;
    }
}

static void every_change_of_state_is_traced_once(void **unused) {
    (void)unused;
    diary d = {0};
    doze_trace trace = {write_down, &d};
    puppet p = in_state(DOZE_STATE_CLOSED);
    p.socket.trace = &trace;
    doze_bind(&p.socket, NULL, 0);
    doze_connect(&p.socket, "host.example", 1);
    doze_send(&p.socket, "x", 1);
    doze_shutdown(&p.socket);
    doze_shutdown(&p.socket);
    doze_close(&p.socket);
    doze_close(&p.socket);
    assert_int_equal(d.count, 4);
    static const int now[] = {DOZE_STATE_BOUND, DOZE_STATE_CONNECTED, DOZE_STATE_SHUTDOWN, DOZE_STATE_CLOSED};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(d.detail[i], now[i]);
        assert_int_equal(d.more[i], i == 0 ? DOZE_STATE_CLOSED : now[i - 1]);
    }
}

static void every_result_has_a_text_of_its_own(void **unused) {
    (void)unused;
    const char *unknown = doze_strerror((doze_result)-999);
    int known = 0;
    for (int i = -80; i <= 3; i++) {
        const char *text = doze_strerror((doze_result)i);
        assert_non_null(text);
        for (int j = -80; j < i && text != unknown; j++) {
            assert_string_not_equal(text, doze_strerror((doze_result)j));
        }
        known += text != unknown;
    }
    assert_int_equal(known, 44);
    assert_string_equal(doze_state_name(DOZE_STATE_SHUTDOWN), "SHUTDOWN");
    assert_string_equal(doze_state_name((doze_state)9), "?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_in_every_state_leads_where_the_table_says),
        cmocka_unit_test(an_error_of_any_verb_but_forget_changes_no_state_but_connecting),
        cmocka_unit_test(a_failing_wake_falls_back_to_sleep_and_a_failing_connect_to_closed),
        cmocka_unit_test(shutdown_in_shutdown_does_nothing),
        cmocka_unit_test(null_is_refused_by_every_function),
        cmocka_unit_test(bad_arguments_of_connect_are_told_apart_before_anything_happens),
        cmocka_unit_test(bad_arguments_of_recall_are_told_apart_before_anything_happens),
        cmocka_unit_test(an_empty_message_is_refused),
        cmocka_unit_test(only_plain_decimal_ports_are_ports),
        cmocka_unit_test(addresses_are_told_from_names),
        cmocka_unit_test(the_first_cause_within_a_call_wins_and_the_next_call_clears_it),
        cmocka_unit_test(the_receive_timeout_is_every_sockets_option),
        cmocka_unit_test(every_change_of_state_is_traced_once),
        cmocka_unit_test(every_result_has_a_text_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
