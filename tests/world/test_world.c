/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated network itself: what tests build on must hold by itself. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "doze/udp.h"
#include "world.h"

#define SERVER      "192.0.2.1"
#define SERVER_V6   "2001:db8:1::1"
#define SERVER_PORT 5684
#define OUTSIDE     "198.51.100.7"

/* A server that remembers whom it heard from and, unless told not to, sends everything back. */
typedef struct echo {
    world_server *server;
    doze_endpoint from;
    unsigned received;
    uint64_t heard_at;
    world *w;
    bool mute;
    bool restless;  /* wants a tick at once, always */
    uint64_t alarm; /* wants a tick at that time; 0: never */
    uint64_t ticked_at;
    char log[4096];
} echo;

typedef struct fixture {
    world w;
    world_host *host;
    doze_net *net;
    echo echo;
    doze_udp udp;
} fixture;

static void echo_receive(void *context, const doze_endpoint *from, const void *data, size_t size) {
    echo *e = context;
    e->from = *from;
    e->received++;
    e->heard_at = world_now(e->w);
    size_t used = strlen(e->log);
    (void)snprintf(e->log + used, sizeof(e->log) - used, "%llu:%.*s ", (unsigned long long)e->heard_at, (int)size,
                   (const char *)data);
    if (!e->mute) {
        world_server_send(e->server, from, data, size);
    }
}

static int32_t echo_next_timeout(void *context) {
    const echo *e = context;
    if (e->restless) {
        return 0;
    }
    return e->alarm == 0 ? -1 : (int32_t)(e->alarm - world_now(e->w));
}

static void echo_tick(void *context) {
    echo *e = context;
    e->ticked_at = world_now(e->w);
    e->alarm = 0;
}

static char failure[200]; /* what CMocka prints after the jump out of where it was written */

static void fail_running_test(const char *message) {
    (void)snprintf(failure, sizeof(failure), "%s", message);
    mock_assert(0, failure, __FILE__, __LINE__);
}

static void begin(fixture *f, uint64_t seed) {
    memset(f, 0, sizeof(*f));
    world_init(&f->w, seed);
    f->w.on_failure = fail_running_test;
    f->host = world_add_host(&f->w, "10.0.0.2");
    f->net = world_host_net(f->host);
    const world_service service = {echo_receive, echo_next_timeout, echo_tick, &f->echo};
    f->echo.w = &f->w;
    f->echo.server = world_serve(&f->w, SERVER, SERVER_PORT, &service);
    world_name(&f->w, "server.example", SERVER, NULL);
    const doze_udp_settings settings = {.net = f->net, .resolver = world_resolver(&f->w)};
    assert_int_equal(doze_udp_init(&f->udp, &settings), DOZE_OK);
}

static void end(fixture *f) {
    doze_deinit(&f->udp.socket);
    world_deinit(&f->w);
}

static int setup(void **state) {
    static fixture f;
    begin(&f, 1);
    *state = &f;
    return 0;
}

static int teardown(void **state) {
    end(*state);
    return 0;
}

/* ---- the doze_net, without any doze_udp ---- */

static doze_result open_at(fixture *f, doze_net_socket *s, uint16_t port, bool reuse_addr) {
    doze_net_request request = {.local = {.family = DOZE_FAMILY_IPV4, .port = port}, .reuse_addr = reuse_addr};
    *s = (doze_net_socket){.fd = -1};
    return f->net->ops->open(f->net, s, &request);
}

static doze_endpoint connect_to(fixture *f, doze_net_socket *s, const char *address) {
    doze_endpoint peer = world_endpoint(address, SERVER_PORT);
    doze_endpoint local;
    assert_int_equal(f->net->ops->connect(f->net, s, &peer, &local), DOZE_OK);
    return local;
}

static doze_endpoint open_connected(fixture *f, doze_net_socket *s) {
    assert_int_equal(open_at(f, s, 0, false), DOZE_OK);
    return connect_to(f, s, SERVER);
}

static doze_result send_text(fixture *f, doze_net_socket *s, const char *text) {
    return f->net->ops->send(f->net, s, text, strlen(text));
}

static doze_result recv_text(fixture *f, doze_net_socket *s, char text[64]) {
    size_t size = 0;
    doze_result result = f->net->ops->recv(f->net, s, text, 63, &size);
    text[result == DOZE_OK ? size : 0] = '\0';
    return result;
}

static void shut(fixture *f, doze_net_socket *s) {
    f->net->ops->close(f->net, s);
    assert_int_equal(s->fd, -1);
}

/* ---- time and chance ---- */

/* What the echo server saw of 60 datagrams on a bad network. */
static void play(uint64_t seed, char log[4096]) {
    static fixture f;
    begin(&f, seed);
    for (world_direction direction = WORLD_UP; direction < WORLD_DIRECTIONS; direction++) {
        for (unsigned fault = WORLD_LOSS; fault < WORLD_FAULTS; fault++) {
            f.w.link.rate[direction][fault] = WORLD_ALWAYS / 5;
        }
    }
    doze_net_socket s;
    open_connected(&f, &s);
    for (int i = 0; i < 60; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "message-%d", i);
        assert_int_equal(send_text(&f, &s, text), DOZE_OK);
        world_advance(&f.w, 7);
    }
    world_advance(&f.w, 1000);
    memcpy(log, f.echo.log, sizeof(f.echo.log));
    shut(&f, &s);
    end(&f);
}

static void the_same_seed_gives_the_same_story_and_another_seed_another(void **state) {
    static char first[4096];
    static char again[4096];
    static char other[4096];
    (void)state;
    play(7, first);
    play(7, again);
    play(8, other);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
}

static void what_programs_draw_does_not_disturb_the_network(void **state) {
    fixture *f = *state;
    doze_net_socket a;
    doze_net_socket b;
    static fixture g;
    begin(&g, 1);
    unsigned char bytes[13] = {0};
    doze_random random = world_random(&g.w);
    assert_int_equal(random.fill(random.context, bytes, sizeof(bytes)), 0);
    assert_int_equal(open_connected(f, &a).port, open_connected(&g, &b).port);
    shut(f, &a);
    shut(&g, &b);
    end(&g);
}

static void datagrams_arrive_in_order_after_the_latency(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    char text[64];
    uint64_t start = world_now(&f->w);
    f->w.link.latency = 35;
    open_connected(f, &s);
    assert_int_equal(send_text(f, &s, "one"), DOZE_OK);
    assert_int_equal(send_text(f, &s, "two"), DOZE_OK);
    assert_int_equal(world_next(&f->w), 35);
    world_advance(&f->w, 34);
    assert_int_equal(f->echo.received, 0);
    world_advance(&f->w, 1);
    assert_int_equal(f->echo.received, 2);
    assert_int_equal(f->echo.heard_at, start + 35);
    assert_string_equal(f->echo.log, "1035:one 1035:two ");
    assert_int_equal(recv_text(f, &s, text), DOZE_WOULD_BLOCK);
    assert_false(world_readable(&f->w, s.fd));
    world_advance(&f->w, 35);
    assert_true(world_readable(&f->w, s.fd));
    assert_int_equal(recv_text(f, &s, text), DOZE_OK);
    assert_string_equal(text, "one");
    assert_int_equal(recv_text(f, &s, text), DOZE_OK);
    assert_string_equal(text, "two");
    assert_int_equal(world_next(&f->w), -1);
    shut(f, &s);
}

static void remember_now(void *context) {
    fixture *f = context;
    f->echo.alarm = world_now(&f->w) + 5;
}

static void calls_and_ticks_happen_at_their_time(void **state) {
    fixture *f = *state;
    uint64_t start = world_now(&f->w);
    doze_clock clock = world_clock(&f->w);
    world_after(&f->w, 100, remember_now, f);
    world_advance(&f->w, 1000);
    assert_int_equal(f->echo.ticked_at, start + 105);
    assert_int_equal(clock.now(clock.context), start + 1000);
}

static void a_server_that_never_rests_is_found_out(void **state) {
    fixture *f = *state;
    f->echo.restless = true;
    expect_assert_failure(world_advance(&f->w, 1));
    f->echo.restless = false;
}

/* ---- sockets ---- */

static void a_taken_port_is_taken_until_it_is_closed(void **state) {
    fixture *f = *state;
    doze_net_socket a;
    doze_net_socket b;
    assert_int_equal(open_at(f, &a, 40000, false), DOZE_OK);
    assert_int_equal(open_at(f, &b, 40000, true), DOZE_ERR_PORT_TAKEN);
    assert_int_equal(b.cause, EADDRINUSE);
    shut(f, &a);
    assert_int_equal(open_at(f, &a, 40000, true), DOZE_OK);
    assert_int_equal(open_at(f, &b, 40000, true), DOZE_OK);
    shut(f, &a);
    shut(f, &b);
}

static void a_local_address_that_the_host_does_not_have_is_gone(void **state) {
    fixture *f = *state;
    doze_net_socket s = {.fd = -1};
    doze_net_request request = {.local = world_endpoint("10.0.0.3", 0)};
    assert_int_equal(f->net->ops->open(f->net, &s, &request), DOZE_ERR_ADDRESS_GONE);
    assert_int_equal(s.cause, EADDRNOTAVAIL);
    world_add_address(f->host, "10.0.0.3");
    assert_int_equal(f->net->ops->open(f->net, &s, &request), DOZE_OK);
    assert_int_not_equal(request.local.port, 0);
    shut(f, &s);
    request.interface_name = "nowhere0";
    assert_int_equal(f->net->ops->open(f->net, &s, &request), DOZE_ERR_ADDRESS_GONE);
    assert_int_equal(s.cause, ENODEV);
}

static void what_open_was_asked_for_can_be_seen(void **state) {
    fixture *f = *state;
    doze_net_socket s = {.fd = -1};
    doze_net_request request = {.local = {.family = DOZE_FAMILY_IPV4}, .dscp = 46, .interface_name = WORLD_INTERFACE};
    assert_int_equal(f->net->ops->open(f->net, &s, &request), DOZE_OK);
    assert_int_equal(world_last_request(f->host)->dscp, 46);
    assert_string_equal(world_last_request(f->host)->interface_name, WORLD_INTERFACE);
    shut(f, &s);
}

static void a_long_datagram_is_cut_and_tells_its_true_length(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    char text[64] = "";
    size_t size = 0;
    open_connected(f, &s);
    assert_int_equal(send_text(f, &s, "0123456789"), DOZE_OK);
    assert_int_equal(send_text(f, &s, "next"), DOZE_OK);
    world_advance(&f->w, 100);
    assert_int_equal(f->net->ops->recv(f->net, &s, text, 9, &size), DOZE_ERR_TRUNCATED);
    assert_int_equal(size, 10);
    assert_memory_equal(text, "012345678", 10);
    assert_int_equal(f->net->ops->recv(f->net, &s, text, 4, &size), DOZE_OK);
    assert_int_equal(size, 4);
    shut(f, &s);
}

static void empty_and_the_longest_datagrams_travel_and_longer_ones_do_not(void **state) {
    fixture *f = *state;
    static char data[65508];
    static char back[65508];
    doze_net_socket s;
    size_t size = 1;
    open_connected(f, &s);
    assert_int_equal(f->net->ops->send(f->net, &s, data, 0), DOZE_OK);
    assert_int_equal(f->net->ops->send(f->net, &s, data, 65507), DOZE_OK);
    assert_int_equal(f->net->ops->send(f->net, &s, data, 65508), DOZE_ERR_TOO_LONG);
    assert_int_equal(s.cause, EMSGSIZE);
    world_advance(&f->w, 100);
    assert_int_equal(f->net->ops->recv(f->net, &s, back, sizeof(back), &size), DOZE_OK);
    assert_int_equal(size, 0);
    assert_int_equal(f->net->ops->recv(f->net, &s, back, sizeof(back), &size), DOZE_OK);
    assert_int_equal(size, 65507);
    shut(f, &s);
}

static void only_the_peer_is_heard(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    char text[64];
    assert_int_equal(open_at(f, &s, 40000, false), DOZE_OK);
    doze_endpoint stranger = world_endpoint("203.0.113.9", SERVER_PORT);
    doze_endpoint server = world_server_endpoint(f->echo.server);
    doze_endpoint local = world_endpoint("10.0.0.2", 40000);
    assert_true(world_inject(&f->w, &stranger, &local, "early", 5)); /* bound and without a peer: anybody's is taken */
    connect_to(f, &s, SERVER);
    assert_int_equal(recv_text(f, &s, text), DOZE_WOULD_BLOCK);
    assert_false(world_inject(&f->w, &stranger, &local, "late", 4));
    assert_true(world_inject(&f->w, &server, &local, "spoofed", 7));
    assert_int_equal(recv_text(f, &s, text), DOZE_OK);
    assert_string_equal(text, "spoofed");
    shut(f, &s);
}

static void a_server_can_be_sent_what_nobody_sent(void **state) {
    fixture *f = *state;
    doze_endpoint stranger = world_endpoint("203.0.113.9", 1234);
    doze_endpoint server = world_server_endpoint(f->echo.server);
    f->echo.mute = true;
    assert_true(world_inject(&f->w, &stranger, &server, "hello", 5));
    assert_true(doze_endpoint_equal(&f->echo.from, &stranger));
}

static void a_deaf_socket_queues_nothing_and_keeps_its_port(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    doze_net_socket thief;
    char text[64];
    doze_endpoint local = open_connected(f, &s);
    assert_int_equal(send_text(f, &s, "before"), DOZE_OK);
    world_advance(&f->w, 100);
    assert_true(world_readable(&f->w, s.fd));
    assert_int_equal(send_text(f, &s, "under way"), DOZE_OK);
    assert_int_equal(f->net->ops->deafen(f->net, &s), DOZE_OK);
    world_advance(&f->w, 100);
    assert_false(world_readable(&f->w, s.fd));
    assert_int_equal(f->w.refused, 0);
    assert_int_equal(open_at(f, &thief, local.port, false), DOZE_ERR_PORT_TAKEN);
    assert_int_equal(f->net->ops->undeafen(f->net, &s), DOZE_OK);
    assert_int_equal(recv_text(f, &s, text), DOZE_WOULD_BLOCK);
    assert_int_equal(send_text(f, &s, "after"), DOZE_OK);
    world_advance(&f->w, 100);
    assert_int_equal(recv_text(f, &s, text), DOZE_OK);
    assert_string_equal(text, "after");
    shut(f, &s);
}

static void a_host_without_filters_cannot_deafen(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    world_set_can_deafen(f->host, false);
    open_connected(f, &s);
    assert_false(f->net->ops->can_deafen);
    assert_int_equal(f->net->ops->deafen(f->net, &s), DOZE_ERR_UNSUPPORTED);
    shut(f, &s);
}

static void a_removed_address_makes_sends_unreachable_until_connect(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    doze_endpoint local = open_connected(f, &s);
    world_remove_address(f->host, "10.0.0.2");
    assert_int_equal(send_text(f, &s, "lost"), DOZE_ERR_UNREACHABLE);
    assert_int_equal(s.cause, ENETUNREACH);
    world_add_address(f->host, "10.0.0.9");
    assert_int_equal(send_text(f, &s, "lost"), DOZE_ERR_UNREACHABLE);
    doze_endpoint moved = connect_to(f, &s, SERVER);
    assert_int_equal(moved.port, local.port);
    assert_int_equal(send_text(f, &s, "found"), DOZE_OK);
    world_advance(&f->w, 20);
    assert_true(doze_endpoint_equal(&f->echo.from, &moved));
    shut(f, &s);
}

static void ordered_failures_happen_as_often_as_ordered(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    char text[64];
    uint32_t mtu = 0;
    world_fail_next(f->host, WORLD_OP_OPEN, DOZE_ERR_NO_DESCRIPTORS, EMFILE, 1);
    assert_int_equal(open_at(f, &s, 0, false), DOZE_ERR_NO_DESCRIPTORS);
    assert_int_equal(s.cause, EMFILE);
    open_connected(f, &s);
    world_fail_next(f->host, WORLD_OP_SEND, DOZE_ERR_NO_BUFFERS, ENOBUFS, 2);
    assert_int_equal(send_text(f, &s, "a"), DOZE_ERR_NO_BUFFERS);
    assert_int_equal(send_text(f, &s, "b"), DOZE_ERR_NO_BUFFERS);
    assert_int_equal(send_text(f, &s, "c"), DOZE_OK);
    assert_int_equal(world_calls(f->host, WORLD_OP_SEND), 3);
    world_advance(&f->w, 100);
    world_fail_next(f->host, WORLD_OP_RECV, DOZE_ERR_NO_BUFFERS, ENOMEM, 1);
    assert_int_equal(recv_text(f, &s, text), DOZE_ERR_NO_BUFFERS);
    assert_int_equal(recv_text(f, &s, text), DOZE_OK);
    assert_string_equal(text, "c");
    world_fail_next(f->host, WORLD_OP_PATH_MTU, DOZE_ERR_IO, EIO, 1);
    assert_int_equal(f->net->ops->path_mtu(f->net, &s, &mtu), DOZE_ERR_IO);
    assert_int_equal(f->net->ops->path_mtu(f->net, &s, &mtu), DOZE_OK);
    assert_int_equal(mtu, 1500);
    shut(f, &s);
}

static void a_descriptor_that_was_closed_is_found_out(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    open_connected(f, &s);
    doze_net_socket stale = s;
    shut(f, &s);
    expect_assert_failure(send_text(f, &stale, "x"));
    expect_assert_failure(world_readable(&f->w, stale.fd));
}

static void a_socket_left_open_is_a_leak(void **state) {
    static fixture f;
    (void)state;
    begin(&f, 1);
    doze_net_socket s;
    open_connected(&f, &s);
    assert_int_equal(world_leaks(&f.w), 1);
    doze_deinit(&f.udp.socket);
    expect_assert_failure(world_deinit(&f.w));
}

static void addresses_are_read_and_written(void **state) {
    fixture *f = *state;
    char text[DOZE_ADDRESS_TEXT_SIZE];
    doze_endpoint endpoint = {.port = 7};
    assert_true(f->net->ops->parse(f->net, "2001:DB8::1", &endpoint));
    assert_int_equal(endpoint.family, DOZE_FAMILY_IPV6);
    assert_int_equal(endpoint.port, 7);
    assert_true(f->net->ops->format(f->net, &endpoint, text, sizeof(text)));
    assert_string_equal(text, "2001:db8::1");
    assert_false(f->net->ops->format(f->net, &endpoint, text, 4));
    assert_false(f->net->ops->parse(f->net, "server.example", &endpoint));
}

/* ---- ICMP ---- */

static void a_refusal_is_told_once_and_that_send_did_not_happen(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    char text[64];
    open_connected(f, &s);
    world_set_plug(f->echo.server, WORLD_REFUSING);
    assert_int_equal(send_text(f, &s, "one"), DOZE_OK);
    world_advance(&f->w, 39);
    assert_false(world_readable(&f->w, s.fd));
    world_advance(&f->w, 1);
    assert_true(world_readable(&f->w, s.fd));
    world_set_plug(f->echo.server, WORLD_SERVING);
    assert_int_equal(send_text(f, &s, "two"), DOZE_ERR_REFUSED);
    assert_int_equal(s.cause, ECONNREFUSED);
    assert_int_equal(send_text(f, &s, "three"), DOZE_OK);
    world_advance(&f->w, 100);
    assert_int_equal(f->echo.received, 1);
    assert_int_equal(recv_text(f, &s, text), DOZE_OK);
    assert_string_equal(text, "three");
    shut(f, &s);
}

static void a_silent_server_and_a_network_without_icmp_say_nothing(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    open_connected(f, &s);
    world_set_plug(f->echo.server, WORLD_SILENT);
    assert_int_equal(send_text(f, &s, "one"), DOZE_OK);
    world_advance(&f->w, 100);
    world_set_plug(f->echo.server, WORLD_REFUSING);
    f->w.link.icmp = false;
    assert_int_equal(send_text(f, &s, "two"), DOZE_OK);
    world_advance(&f->w, 100);
    assert_false(world_readable(&f->w, s.fd));
    assert_int_equal(f->w.refused, 0);
    assert_int_equal(f->echo.received, 0);
    shut(f, &s);
}

static void a_closed_port_of_the_host_refuses(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    open_connected(f, &s);
    assert_int_equal(send_text(f, &s, "one"), DOZE_OK);
    shut(f, &s);
    world_advance(&f->w, 100);
    assert_int_equal(f->echo.received, 1);
    assert_int_equal(f->w.refused, 1);
}

static void a_forged_refusal_arrives_like_a_true_one(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    doze_endpoint local = open_connected(f, &s);
    doze_endpoint server = world_server_endpoint(f->echo.server);
    doze_endpoint stranger = world_endpoint("203.0.113.9", SERVER_PORT);
    assert_false(world_inject_refusal(&f->w, &stranger, &local));
    assert_true(world_inject_refusal(&f->w, &server, &local));
    assert_int_equal(send_text(f, &s, "one"), DOZE_ERR_REFUSED);
    shut(f, &s);
}

static void a_server_that_moved_is_found_at_its_new_address_only(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    open_connected(f, &s);
    world_move_server(f->echo.server, "192.0.2.2", SERVER_PORT);
    assert_int_equal(send_text(f, &s, "old"), DOZE_OK);
    world_advance(&f->w, 100);
    assert_int_equal(f->echo.received, 0);
    connect_to(f, &s, "192.0.2.2");
    assert_int_equal(send_text(f, &s, "new"), DOZE_OK);
    world_advance(&f->w, 100);
    assert_int_equal(f->echo.received, 1);
    shut(f, &s);
}

/* ---- faults ---- */

static unsigned received_of_ten(fixture *f) {
    doze_net_socket s;
    open_connected(f, &s);
    f->echo.mute = true;
    f->echo.received = 0;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(send_text(f, &s, "0123456789"), DOZE_OK);
    }
    world_advance(&f->w, 10000);
    shut(f, &s);
    return f->echo.received;
}

static void each_fault_fires_and_is_counted(void **state) {
    fixture *f = *state;
    static const struct {
        world_fault fault;
        unsigned received;
        const char *name;
    } table[] = {
        {WORLD_LOSS, 0, "loss"},
        {WORLD_TRUNCATION, 10, "truncation"},
        {WORLD_CORRUPTION, 10, "corruption"},
        {WORLD_REORDERING, 10, "reordering"},
        {WORLD_DUPLICATION, 20, "duplication"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        f->w.link.rate[WORLD_UP][table[i].fault] = WORLD_ALWAYS;
        f->echo.log[0] = '\0';
        assert_int_equal(received_of_ten(f), table[i].received);
        assert_int_equal(f->w.link.fired[WORLD_UP][table[i].fault], 10);
        assert_int_equal(f->w.link.fired[WORLD_DOWN][table[i].fault], 0);
        assert_string_equal(world_fault_name(table[i].fault), table[i].name);
        bool whole = strstr(f->echo.log, "0123456789") != NULL;
        assert_int_equal(whole, table[i].fault == WORLD_REORDERING || table[i].fault == WORLD_DUPLICATION);
        f->w.link.rate[WORLD_UP][table[i].fault] = WORLD_NEVER;
    }
}

static void a_dead_direction_and_a_black_hole_lose_what_they_should(void **state) {
    fixture *f = *state;
    f->w.link.dead[WORLD_DOWN] = true;
    assert_int_equal(received_of_ten(f), 10);
    f->w.link.dead[WORLD_UP] = true;
    assert_int_equal(received_of_ten(f), 0);
    assert_int_equal(f->w.link.fired[WORLD_UP][WORLD_OUTAGE], 10);
    f->w.link.dead[WORLD_UP] = false;
    f->w.link.black_hole = 28 + 10;
    assert_int_equal(received_of_ten(f), 10);
    f->w.link.black_hole = 28 + 9;
    assert_int_equal(received_of_ten(f), 0);
    assert_int_equal(f->w.link.fired[WORLD_UP][WORLD_BLACK_HOLE], 10);
}

static bool meddle(void *context, world_datagram *datagram) {
    fixture *f = context;
    assert_int_equal(datagram->direction, WORLD_UP);
    doze_endpoint server = world_server_endpoint(f->echo.server);
    assert_true(doze_endpoint_equal(&datagram->to, &server));
    if (datagram->data[0] == 'd') {
        return false;
    }
    if (datagram->data[0] == 'l') {
        datagram->delay += 500;
    }
    datagram->data[datagram->size++] = '!';
    return true;
}

static void a_hook_drops_alters_and_delays(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    open_connected(f, &s);
    f->echo.mute = true;
    world_on_datagram(&f->w, meddle, f);
    assert_int_equal(send_text(f, &s, "drop"), DOZE_OK);
    assert_int_equal(send_text(f, &s, "late"), DOZE_OK);
    assert_int_equal(send_text(f, &s, "now"), DOZE_OK);
    world_advance(&f->w, 1000);
    assert_string_equal(f->echo.log, "1020:now! 1520:late! ");
    shut(f, &s);
}

/* ---- NAT ---- */

static void behind_a_nat_the_server_sees_the_outside_and_answers_come_in(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    char text[64];
    world_nat *nat = world_add_nat(&f->w, f->host, OUTSIDE);
    doze_endpoint outside = world_endpoint(OUTSIDE, 0);
    doze_endpoint local = open_connected(f, &s);
    assert_int_equal(send_text(f, &s, "hello"), DOZE_OK);
    world_advance(&f->w, 100);
    assert_true(doze_same_address(&f->echo.from, &outside));
    assert_int_equal(world_nat_mappings(nat), 1);
    assert_int_equal(recv_text(f, &s, text), DOZE_OK);
    doze_endpoint stranger = world_endpoint("203.0.113.9", SERVER_PORT);
    doze_endpoint server = world_server_endpoint(f->echo.server);
    assert_false(world_inject(&f->w, &stranger, &f->echo.from, "x", 1));
    world_move_server(f->echo.server, "203.0.113.9", SERVER_PORT);
    world_server_send(f->echo.server, &f->echo.from, "x", 1);
    world_advance(&f->w, 100);
    assert_int_equal(f->w.refused, 0);                          /* the box drops it, the host never knows */
    assert_false(world_inject(&f->w, &server, &local, "x", 1)); /* the inside address means nothing out there */
    assert_true(world_inject(&f->w, &server, &f->echo.from, "x", 1));
    shut(f, &s);
}

static void a_rebound_nat_gives_another_port_and_drops_what_comes_to_the_old_one(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    char text[64];
    world_nat *nat = world_add_nat(&f->w, f->host, OUTSIDE);
    open_connected(f, &s);
    assert_int_equal(send_text(f, &s, "one"), DOZE_OK);
    world_advance(&f->w, 20);
    doze_endpoint before = f->echo.from;
    world_nat_rebind(nat);
    world_advance(&f->w, 20);
    assert_int_equal(recv_text(f, &s, text), DOZE_WOULD_BLOCK);
    assert_int_equal(send_text(f, &s, "two"), DOZE_OK);
    world_advance(&f->w, 40);
    assert_int_not_equal(f->echo.from.port, before.port);
    assert_int_equal(recv_text(f, &s, text), DOZE_OK);
    assert_string_equal(text, "two");
    world_nat_move(nat, "198.51.100.8");
    assert_int_equal(send_text(f, &s, "three"), DOZE_OK);
    world_advance(&f->w, 40);
    assert_false(doze_same_address(&f->echo.from, &before));
    assert_int_equal(recv_text(f, &s, text), DOZE_OK);
    shut(f, &s);
}

static void a_nat_forgets_after_its_timeout_and_only_what_goes_up_counts(void **state) {
    fixture *f = *state;
    doze_net_socket s;
    world_nat *nat = world_add_nat(&f->w, f->host, OUTSIDE);
    doze_endpoint server = world_server_endpoint(f->echo.server);
    world_nat_set_timeout(nat, 30000);
    open_connected(f, &s);
    assert_int_equal(send_text(f, &s, "one"), DOZE_OK);
    world_advance(&f->w, 29999);
    assert_true(world_inject(&f->w, &server, &f->echo.from, "x", 1));
    doze_endpoint before = f->echo.from;
    world_advance(&f->w, 1);
    assert_int_equal(world_nat_mappings(nat), 0);
    assert_false(world_inject(&f->w, &server, &before, "x", 1));
    assert_int_equal(send_text(f, &s, "two"), DOZE_OK);
    world_advance(&f->w, 20);
    assert_int_not_equal(f->echo.from.port, before.port);
    shut(f, &s);
}

/* ---- a doze_udp in the world ---- */

static doze_result connect_udp(fixture *f, const char *host) {
    return world_connect(&f->w, &f->udp.socket, host, SERVER_PORT, 60000);
}

static void exchange(fixture *f) {
    char text[64];
    size_t size = 0;
    assert_int_equal(doze_send(&f->udp.socket, "hello", 5), DOZE_OK);
    assert_int_equal(world_recv(&f->w, &f->udp.socket, text, sizeof(text), &size, 1000), DOZE_OK);
    assert_int_equal(size, 5);
    assert_memory_equal(text, "hello", 5);
}

static void udp_connects_by_name_exchanges_sleeps_and_wakes_on_its_port(void **state) {
    fixture *f = *state;
    f->w.names.delay = 300;
    uint64_t start = world_now(&f->w);
    assert_int_equal(connect_udp(f, "server.example"), DOZE_OK);
    assert_int_equal(world_now(&f->w), start + 300);
    exchange(f);
    assert_int_equal(world_now(&f->w), start + 340);
    uint16_t port = f->echo.from.port;
    assert_int_equal(doze_shutdown(&f->udp.socket), DOZE_OK);
    assert_int_equal(world_open_sockets(f->host), 0);
    world_advance(&f->w, 3600000);
    assert_int_equal(world_resume(&f->w, &f->udp.socket, 1000), DOZE_OK);
    exchange(f);
    assert_int_equal(f->echo.from.port, port);
    assert_int_equal(f->w.names.lookups, 1);
    assert_int_equal(f->w.names.open, 0);
}

static void udp_held_asleep_keeps_a_deaf_socket(void **state) {
    fixture *f = *state;
    assert_int_equal(doze_set_option(&f->udp.socket, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD), DOZE_OK);
    assert_int_equal(connect_udp(f, SERVER), DOZE_OK);
    assert_int_equal(doze_send(&f->udp.socket, "hello", 5), DOZE_OK);
    assert_int_equal(doze_shutdown(&f->udp.socket), DOZE_OK);
    world_advance(&f->w, 1000);
    assert_int_equal(f->echo.received, 1);
    assert_int_equal(f->w.refused, 0);
    assert_int_equal(world_resume(&f->w, &f->udp.socket, 1000), DOZE_OK);
    exchange(f);
}

static void udp_takes_both_families(void **state) {
    fixture *f = *state;
    world_add_address(f->host, "2001:db8::2");
    world_move_server(f->echo.server, SERVER_V6, SERVER_PORT);
    world_name(&f->w, "server.example", SERVER_V6, SERVER, NULL);
    assert_int_equal(connect_udp(f, "server.example"), DOZE_OK);
    exchange(f);
    assert_int_equal(f->echo.from.family, DOZE_FAMILY_IPV6);
}

static void waiting_ends_at_its_limit(void **state) {
    fixture *f = *state;
    char text[64];
    size_t size = 0;
    f->w.names.delay = 5000;
    uint64_t start = world_now(&f->w);
    assert_int_equal(world_connect(&f->w, &f->udp.socket, "server.example", SERVER_PORT, 4999), DOZE_IN_PROGRESS);
    assert_int_equal(world_now(&f->w), start + 4999);
    assert_int_equal(world_run(&f->w, &f->udp.socket, 1), DOZE_OK);
    start = world_now(&f->w);
    assert_int_equal(world_recv(&f->w, &f->udp.socket, text, sizeof(text), &size, 700), DOZE_WOULD_BLOCK);
    assert_int_equal(world_now(&f->w), start + 700);
}

static void unknown_names_and_failing_lookups_say_so(void **state) {
    fixture *f = *state;
    assert_int_equal(connect_udp(f, "nowhere.example"), DOZE_ERR_HOST_UNKNOWN);
    f->w.names.start_failures = 1;
    assert_int_equal(connect_udp(f, "server.example"), DOZE_ERR_RESOLVER);
    f->w.names.step_failures = 1;
    f->w.names.delay = 100;
    assert_int_equal(connect_udp(f, "server.example"), DOZE_ERR_RESOLVER);
    assert_int_equal(connect_udp(f, "server.example"), DOZE_OK);
    world_name(&f->w, "server.example", NULL);
    assert_int_equal(doze_close(&f->udp.socket), DOZE_OK);
    assert_int_equal(connect_udp(f, "server.example"), DOZE_ERR_HOST_UNKNOWN);
    assert_int_equal(f->w.names.lookups, 5);
}

static void a_name_has_answers_of_the_family_asked_for_only(void **state) {
    fixture *f = *state;
    doze_resolver *resolver = world_resolver(&f->w);
    doze_lookup *lookup = NULL;
    doze_endpoint answer;
    world_name(&f->w, "both.example", SERVER, SERVER_V6, NULL);
    assert_int_equal(resolver->ops->start(resolver, "both.example", DOZE_FAMILY_IPV6, &lookup), DOZE_OK);
    assert_int_equal(world_leaks(&f->w), 1);
    assert_int_equal(resolver->ops->step(resolver, lookup), DOZE_OK);
    assert_true(resolver->ops->answer(resolver, lookup, 0, &answer));
    assert_int_equal(answer.family, DOZE_FAMILY_IPV6);
    assert_false(resolver->ops->answer(resolver, lookup, 1, &answer));
    resolver->ops->finish(resolver, lookup);
    assert_int_equal(world_leaks(&f->w), 0);
}

/* ---- a socket that keeps an event loop busy for nothing ---- */

static doze_result spinning_connect(doze_socket *socket, const char *host, uint16_t port) {
    (void)socket;
    (void)host;
    (void)port;
    return DOZE_IN_PROGRESS;
}

static doze_result spinning_step(doze_socket *socket) {
    (void)socket;
    return DOZE_IN_PROGRESS;
}

static int32_t spinning_next_timeout(const doze_socket *socket) {
    (void)socket;
    return 0;
}

static int spinning_fd(const doze_socket *socket) {
    (void)socket;
    return -1;
}

static void a_socket_that_spins_is_found_out(void **state) {
    fixture *f = *state;
    static const doze_socket_ops ops = {
        .connect = spinning_connect,
        .step = spinning_step,
        .next_timeout = spinning_next_timeout,
        .fd = spinning_fd,
    };
    doze_socket socket;
    doze_socket_init(&socket, &ops, NULL);
    expect_assert_failure(world_connect(&f->w, &socket, SERVER, SERVER_PORT, 1000));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_story_and_another_seed_another),
        TEST(what_programs_draw_does_not_disturb_the_network),
        TEST(datagrams_arrive_in_order_after_the_latency),
        TEST(calls_and_ticks_happen_at_their_time),
        TEST(a_server_that_never_rests_is_found_out),
        TEST(a_taken_port_is_taken_until_it_is_closed),
        TEST(a_local_address_that_the_host_does_not_have_is_gone),
        TEST(what_open_was_asked_for_can_be_seen),
        TEST(a_long_datagram_is_cut_and_tells_its_true_length),
        TEST(empty_and_the_longest_datagrams_travel_and_longer_ones_do_not),
        TEST(only_the_peer_is_heard),
        TEST(a_server_can_be_sent_what_nobody_sent),
        TEST(a_deaf_socket_queues_nothing_and_keeps_its_port),
        TEST(a_host_without_filters_cannot_deafen),
        TEST(a_removed_address_makes_sends_unreachable_until_connect),
        TEST(ordered_failures_happen_as_often_as_ordered),
        TEST(a_descriptor_that_was_closed_is_found_out),
        cmocka_unit_test(a_socket_left_open_is_a_leak),
        TEST(addresses_are_read_and_written),
        TEST(a_refusal_is_told_once_and_that_send_did_not_happen),
        TEST(a_silent_server_and_a_network_without_icmp_say_nothing),
        TEST(a_closed_port_of_the_host_refuses),
        TEST(a_forged_refusal_arrives_like_a_true_one),
        TEST(a_server_that_moved_is_found_at_its_new_address_only),
        TEST(each_fault_fires_and_is_counted),
        TEST(a_dead_direction_and_a_black_hole_lose_what_they_should),
        TEST(a_hook_drops_alters_and_delays),
        TEST(behind_a_nat_the_server_sees_the_outside_and_answers_come_in),
        TEST(a_rebound_nat_gives_another_port_and_drops_what_comes_to_the_old_one),
        TEST(a_nat_forgets_after_its_timeout_and_only_what_goes_up_counts),
        TEST(udp_connects_by_name_exchanges_sleeps_and_wakes_on_its_port),
        TEST(udp_held_asleep_keeps_a_deaf_socket),
        TEST(udp_takes_both_families),
        TEST(waiting_ends_at_its_limit),
        TEST(unknown_names_and_failing_lookups_say_so),
        TEST(a_name_has_answers_of_the_family_asked_for_only),
        TEST(a_socket_that_spins_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
