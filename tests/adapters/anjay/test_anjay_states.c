/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation and every option of avs_net's in every state, for UDP and DTLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

enum { IN_CLOSED, IN_BOUND, IN_CONNECTED, IN_SHUTDOWN, IN_CLOSED_AGAIN, STATES };
#define NOTHING AVS_NO_ERROR
static const char *const state_names[] = {"CLOSED", "BOUND", "CONNECTED", "SHUTDOWN", "CLOSED after a connection"};

typedef struct operation {
    const char *name;
    avs_error_t (*call)(rig *r);
    avs_errno_t wanted[STATES];
} operation;

/* ---- operations ---- */

static avs_error_t bind_any(rig *r) {
    return rig_bind(r, "127.0.0.1", "0");
}

static avs_error_t send_something(rig *r) {
    return rig_send(r, "@ping", 5);
}

static avs_error_t receive_at_once(rig *r) {
    char buffer[64];
    size_t size = 0;
    assert_ok(rig_set(r, AVS_NET_SOCKET_OPT_RECV_TIMEOUT, (avs_net_socket_opt_value_t){.recv_timeout = {0, 0}}));
    return rig_receive(r, buffer, sizeof(buffer), &size);
}

typedef avs_error_t getter(avs_net_socket_t *socket, char *out, size_t size);

static avs_error_t get(rig *r, getter *function) {
    char text[64];
    avs_error_t error = function(r->socket, text, sizeof(text));
    assert_true(avs_is_err(error) || text[0] != '\0');
    avs_error_t small = function(r->socket, text, 1);
    assert_true(avs_is_err(error) || small.code == AVS_ERANGE);
    return error;
}

static avs_error_t remote_host(rig *r) {
    return get(r, rig_table(r)->get_remote_host);
}

static avs_error_t remote_hostname(rig *r) {
    return get(r, rig_table(r)->get_remote_hostname);
}

static avs_error_t remote_port(rig *r) {
    return get(r, rig_table(r)->get_remote_port);
}

static avs_error_t local_host(rig *r) {
    return get(r, rig_table(r)->get_local_host);
}

static avs_error_t local_port(rig *r) {
    return get(r, rig_table(r)->get_local_port);
}

static avs_error_t interface_name(rig *r) {
    avs_net_socket_interface_name_t name = "";
    avs_error_t error = rig_table(r)->get_interface_name(r->socket, &name);
    assert_true(avs_is_err(error) || strcmp(name, "lo") == 0);
    return error;
}

static avs_error_t system_socket(rig *r) {
    const int *fd = rig_table(r)->get_system_socket(r->socket);
    assert_true(fd == NULL || *fd >= 0);
    return fd == NULL ? avs_errno(AVS_EBADF) : AVS_OK;
}

static const operation operations[] = {
    {"connect", rig_connect, {NOTHING, NOTHING, AVS_EISCONN, NOTHING, NOTHING}},
    {"bind", bind_any, {NOTHING, AVS_EISCONN, AVS_EISCONN, AVS_EISCONN, NOTHING}},
    {"send", send_something, {AVS_EBADF, AVS_ENOTCONN, NOTHING, AVS_ENOTCONN, AVS_EBADF}},
    {"receive", receive_at_once, {AVS_EBADF, AVS_ENOTCONN, AVS_ETIMEDOUT, AVS_ENOTCONN, AVS_EBADF}},
    {"shutdown", rig_shutdown, {AVS_EBADF, NOTHING, NOTHING, NOTHING, AVS_EBADF}},
    {"close", rig_close, {NOTHING, NOTHING, NOTHING, NOTHING, NOTHING}},
    {"get_remote_host", remote_host, {AVS_EBADF, AVS_EBADF, NOTHING, NOTHING, NOTHING}},
    {"get_remote_hostname", remote_hostname, {AVS_EBADF, AVS_EBADF, NOTHING, NOTHING, NOTHING}},
    {"get_remote_port", remote_port, {AVS_EBADF, AVS_EBADF, NOTHING, NOTHING, NOTHING}},
    {"get_local_host", local_host, {AVS_EBADF, NOTHING, NOTHING, NOTHING, NOTHING}},
    {"get_local_port", local_port, {AVS_EBADF, NOTHING, NOTHING, NOTHING, NOTHING}},
    {"get_interface_name", interface_name, {AVS_EBADF, NOTHING, NOTHING, NOTHING, NOTHING}},
    {"get_system_socket", system_socket, {AVS_EBADF, NOTHING, NOTHING, AVS_EBADF, AVS_EBADF}},
};

/* ---- options ---- */

typedef struct option {
    const char *name;
    avs_net_socket_opt_key_t key;
    bool dtls_only;      /* EINVAL otherwise */
    bool connected_only; /* EBADF otherwise */
    bool readable;
    bool writable;
    avs_net_socket_opt_value_t value; /* to be written */
} option;

static const option options[] = {
    {.name = "recv_timeout",
     .key = AVS_NET_SOCKET_OPT_RECV_TIMEOUT,
     .readable = true,
     .writable = true,
     .value.recv_timeout = {1, 0}},
    {.name = "state", .key = AVS_NET_SOCKET_OPT_STATE, .readable = true},
    {.name = "addr_family", .key = AVS_NET_SOCKET_OPT_ADDR_FAMILY, .readable = true},
    {.name = "mtu", .key = AVS_NET_SOCKET_OPT_MTU, .readable = true, .connected_only = true},
    {.name = "inner_mtu", .key = AVS_NET_SOCKET_OPT_INNER_MTU, .readable = true, .connected_only = true},
    {.name = "session_resumed", .key = AVS_NET_SOCKET_OPT_SESSION_RESUMED, .readable = true, .dtls_only = true},
    {.name = "bytes_sent", .key = AVS_NET_SOCKET_OPT_BYTES_SENT, .readable = true},
    {.name = "bytes_received", .key = AVS_NET_SOCKET_OPT_BYTES_RECEIVED, .readable = true},
    {.name = "dane_tlsa_array without DANE", .key = AVS_NET_SOCKET_OPT_DANE_TLSA_ARRAY},
    {.name = "has_buffered_data", .key = AVS_NET_SOCKET_HAS_BUFFERED_DATA, .readable = true},
    {.name = "dtls_handshake_timeouts",
     .key = AVS_NET_SOCKET_OPT_DTLS_HANDSHAKE_TIMEOUTS,
     .readable = true,
     .writable = true,
     .dtls_only = true,
     .value.dtls_handshake_timeouts = {{2, 0}, {8, 0}}},
    {.name = "connection_id_resumed",
     .key = AVS_NET_SOCKET_OPT_CONNECTION_ID_RESUMED,
     .readable = true,
     .dtls_only = true},
    {.name = "preferred_addr_family",
     .key = AVS_NET_SOCKET_OPT_PREFERRED_ADDR_FAMILY,
     .readable = true,
     .writable = true,
     .value.addr_family = AVS_NET_AF_INET6},
    {.name = "forced_addr_family",
     .key = AVS_NET_SOCKET_OPT_FORCED_ADDR_FAMILY,
     .readable = true,
     .writable = true,
     .value.addr_family = AVS_NET_AF_INET4},
    {.name = "an unknown one", .key = (avs_net_socket_opt_key_t)99},
};

/* ---- every one in every state ---- */

static void bring_to(rig *r, bool dtls, int state) {
    if (dtls) {
        rig_dtls(r);
    } else {
        rig_udp(r, NULL);
    }
    if (state == IN_BOUND) {
        assert_ok(rig_bind(r, "127.0.0.1", "0"));
    } else if (state != IN_CLOSED) {
        assert_ok(rig_connect(r));
    }
    if (state == IN_SHUTDOWN || state == IN_CLOSED_AGAIN) {
        assert_ok(rig_shutdown(r));
    }
    if (state == IN_CLOSED_AGAIN) {
        assert_ok(rig_close(r));
    }
}

static void check(const char *what, bool dtls, int state, avs_error_t is, avs_errno_t wanted) {
    char text[128];
    snprintf(text, sizeof(text), "%s of %s in %s", what, dtls ? "DTLS" : "UDP", state_names[state]);
    rig_assert_error(is, wanted == AVS_NO_ERROR ? AVS_OK : avs_errno(wanted), text, __FILE__, __LINE__);
}

static void try_operations(rig *r, bool dtls) {
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        for (int state = 0; state < STATES; state++) {
            bring_to(r, dtls, state);
            check(operations[i].name, dtls, state, operations[i].call(r), operations[i].wanted[state]);
            rig_drop(r);
        }
    }
}

static void try_option(rig *r, bool dtls, int state, const option *o) {
    avs_net_socket_opt_value_t value = {0};
    bool known = dtls || !o->dtls_only;
    bool now = !o->connected_only || state == IN_CONNECTED;
    avs_errno_t reading = !known || !o->readable ? AVS_EINVAL : now ? AVS_NO_ERROR : AVS_EBADF;
    check(o->name, dtls, state, rig_get(r, o->key, &value), reading);
    check(o->name, dtls, state, rig_set(r, o->key, o->value), known && o->writable ? AVS_NO_ERROR : AVS_EINVAL);
    if (known && o->writable) {
        assert_ok(rig_get(r, o->key, &value));
        assert_int_equal(value.recv_timeout.seconds, o->value.recv_timeout.seconds);
    }
}

static void try_options(rig *r, bool dtls) {
    for (int state = 0; state < STATES; state++) {
        bring_to(r, dtls, state);
        for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
            try_option(r, dtls, state, &options[i]);
        }
        rig_drop(r);
    }
}

static void every_operation_has_its_answer_in_every_state_with_udp(void **state) {
    rig_serve_plain(*state);
    try_operations(*state, false);
}

static void every_operation_has_its_answer_in_every_state_with_dtls(void **state) {
    rig_serve(*state, NULL, NULL);
    try_operations(*state, true);
}

static void every_option_has_its_answer_in_every_state_with_udp(void **state) {
    rig_serve_plain(*state);
    try_options(*state, false);
}

static void every_option_has_its_answer_in_every_state_with_dtls(void **state) {
    rig_serve(*state, NULL, NULL);
    try_options(*state, true);
}

static void the_state_is_told_in_avs_nets_words(void **state) {
    static const avs_net_socket_state_t told[] = {AVS_NET_SOCKET_STATE_CLOSED, AVS_NET_SOCKET_STATE_BOUND,
                                                  AVS_NET_SOCKET_STATE_CONNECTED, AVS_NET_SOCKET_STATE_SHUTDOWN,
                                                  AVS_NET_SOCKET_STATE_CLOSED};
    rig *r = *state;
    rig_serve(r, NULL, NULL);
    for (int in = 0; in < STATES; in++) {
        bring_to(r, true, in);
        assert_int_equal(rig_state(r), told[in]);
        rig_drop(r);
    }
}

static void what_no_datagram_socket_can_do_is_not_offered(void **state) {
    rig *r = *state;
    rig_udp(r, NULL);
    assert_null(rig_table(r)->decorate);
    assert_null(rig_table(r)->accept);
    assert_null(rig_table(r)->send_to);
    assert_null(rig_table(r)->receive_from);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(every_operation_has_its_answer_in_every_state_with_udp),
        RIG_TEST(every_operation_has_its_answer_in_every_state_with_dtls),
        RIG_TEST(every_option_has_its_answer_in_every_state_with_udp),
        RIG_TEST(every_option_has_its_answer_in_every_state_with_dtls),
        RIG_TEST(the_state_is_told_in_avs_nets_words),
        RIG_TEST(what_no_datagram_socket_can_do_is_not_offered),
    };
    return cmocka_run_group_tests_name("anjay_states", tests, NULL, NULL);
}
