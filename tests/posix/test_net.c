/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams over real sockets, on loopback. */
#define _DEFAULT_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include <cmocka.h>

#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doze/posix.h"
#include "posix/net_errors.h"

#define PATIENCE 10000 /* ms until something that has to arrive counts as lost */
#define V4       "127.0.0.1"
#define V6       "::1"

static doze_net *net;
static const doze_net_ops *ops;
static const char loopback_interface[] = "lo";

/* ---- the sockets of a test; what it leaves open is closed by the teardown ---- */

static doze_net_socket client;
static doze_net_socket server;
static doze_net_socket other;
static doze_endpoint client_at;
static doze_endpoint server_at;
static doze_endpoint other_at;

static int no_sockets(void **state) {
    (void)state;
    net = doze_posix_net();
    ops = net->ops;
    client = server = other = (doze_net_socket){.fd = -1};
    return 0;
}

static int close_sockets(void **state) {
    (void)state;
    ops->close(net, &client);
    ops->close(net, &server);
    ops->close(net, &other);
    return 0;
}

static doze_net_request at(const char *address, uint16_t port) {
    doze_net_request request = {0};
    assert_true(ops->parse(net, address, &request.local));
    request.local.port = port;
    return request;
}

static doze_result open_as(doze_net_socket *sock, doze_net_request request, doze_endpoint *local) {
    doze_result result = ops->open(net, sock, &request);
    *local = request.local;
    return result;
}

static void open_at(doze_net_socket *sock, const char *address, uint16_t port, doze_endpoint *local) {
    assert_int_equal(open_as(sock, at(address, port), local), DOZE_OK);
}

static void connect_to(doze_net_socket *sock, doze_endpoint *local, const doze_endpoint *peer) {
    assert_int_equal(ops->connect(net, sock, peer, local), DOZE_OK);
}

/* `client` and `server` of one address, each the other's peer. */
static void open_pair(const char *address) {
    open_at(&server, address, 0, &server_at);
    open_at(&client, address, 0, &client_at);
    connect_to(&client, &client_at, &server_at);
    connect_to(&server, &server_at, &client_at);
}

static bool has_ipv6_loopback(void) {
    doze_net_socket probe;
    doze_net_request request = at(V6, 0);
    bool works = ops->open(net, &probe, &request) == DOZE_OK;
    ops->close(net, &probe);
    return works;
}

static void need_ipv6(void) {
    if (!has_ipv6_loopback()) {
        print_message("[  IPv6  ] this host has no ::1: skipped\n");
        skip();
    }
}

static void say(doze_net_socket *from, const char *text) {
    assert_int_equal(ops->send(net, from, text, strlen(text)), DOZE_OK);
}

/* Until there is a datagram, or an error that ICMP brought. */
static void wait_for_news(const doze_net_socket *sock) {
    struct pollfd item = {.fd = sock->fd, .events = POLLIN};
    assert_int_equal(poll(&item, 1, PATIENCE), 1);
}

static void hears(doze_net_socket *sock, const char *text) {
    char buffer[64];
    size_t size = 0;
    wait_for_news(sock);
    assert_int_equal(ops->recv(net, sock, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(buffer, text, size);
}

static void hears_nothing(doze_net_socket *sock) {
    char byte = 0;
    size_t size = 0;
    assert_int_equal(ops->recv(net, sock, &byte, 1, &size), DOZE_WOULD_BLOCK);
}

/* ---- sending and receiving ---- */

static void echo(const char *address) {
    open_pair(address);
    say(&client, "ping");
    hears(&server, "ping");
    say(&server, "pong");
    hears(&client, "pong");
    hears_nothing(&client);
}

static void an_echo_goes_both_ways_over_ipv4(void **state) {
    (void)state;
    echo(V4);
}

static void an_echo_goes_both_ways_over_ipv6(void **state) {
    (void)state;
    need_ipv6();
    echo(V6);
}

static void connect_tells_the_address_that_datagrams_will_come_from(void **state) {
    (void)state;
    doze_endpoint expected = at(V4, 0).local;
    open_at(&server, V4, 0, &server_at);
    open_at(&client, "0.0.0.0", 0, &client_at);
    expected.port = client_at.port;
    connect_to(&client, &client_at, &server_at);
    assert_true(doze_endpoint_equal(&client_at, &expected));
}

static void sockets_do_not_block_and_are_not_inherited(void **state) {
    (void)state;
    open_at(&client, V4, 0, &client_at);
    assert_true(fcntl(client.fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(client.fd, F_GETFD) & FD_CLOEXEC);
}

static void only_the_peer_is_heard(void **state) {
    (void)state;
    open_pair(V4);
    open_at(&other, V4, 0, &other_at);
    connect_to(&other, &other_at, &server_at);
    (void)ops->send(net, &other, "stranger", 8);
    say(&client, "peer");
    hears(&server, "peer");
    hears_nothing(&server);
}

static void what_strangers_sent_before_the_peer_was_fixed_is_not_heard(void **state) {
    (void)state;
    open_at(&server, V4, 0, &server_at);
    open_at(&other, V4, 0, &other_at);
    open_at(&client, V4, 0, &client_at);
    connect_to(&other, &other_at, &server_at);
    connect_to(&client, &client_at, &server_at);
    say(&other, "stranger");
    say(&client, "early");
    wait_for_news(&server);
    connect_to(&server, &server_at, &client_at);
    hears(&server, "early");
    hears_nothing(&server);
}

static void the_unspecified_address_means_this_host(void **state) {
    (void)state;
    doze_endpoint peer = at("0.0.0.0", 0).local;
    open_at(&server, V4, 0, &server_at);
    open_at(&client, V4, 0, &client_at);
    peer.port = server_at.port;
    connect_to(&client, &client_at, &peer);
    connect_to(&server, &server_at, &client_at);
    say(&server, "heard");
    hears(&client, "heard");
}

static void a_datagram_that_is_too_long_is_reported_with_its_length_and_the_next_one_is_whole(void **state) {
    (void)state;
    char buffer[4];
    size_t size = 0;
    open_pair(V4);
    say(&client, "123456789");
    say(&client, "next");
    wait_for_news(&server);
    assert_int_equal(ops->recv(net, &server, buffer, sizeof(buffer), &size), DOZE_ERR_TRUNCATED);
    assert_int_equal(size, 9);
    assert_memory_equal(buffer, "1234", 4);
    hears(&server, "next");
}

static void a_datagram_that_fits_exactly_is_whole(void **state) {
    (void)state;
    char buffer[4];
    size_t size = 0;
    open_pair(V4);
    say(&client, "1234");
    wait_for_news(&server);
    assert_int_equal(ops->recv(net, &server, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_int_equal(size, 4);
}

static void an_empty_datagram_arrives(void **state) {
    (void)state;
    char byte = 0;
    size_t size = 99;
    open_pair(V4);
    assert_int_equal(ops->send(net, &client, "", 0), DOZE_OK);
    wait_for_news(&server);
    assert_int_equal(ops->recv(net, &server, &byte, 1, &size), DOZE_OK);
    assert_int_equal(size, 0);
    hears_nothing(&server);
}

static void what_no_packet_can_carry_is_too_long_and_the_socket_lives(void **state) {
    (void)state;
    static const char zeroes[UINT16_MAX];
    open_pair(V4);
    assert_int_equal(ops->send(net, &client, zeroes, sizeof(zeroes)), DOZE_ERR_TOO_LONG);
    assert_int_equal(client.cause, EMSGSIZE);
    say(&client, "short");
    hears(&server, "short");
}

/* ---- refusals ---- */

static void connect_to_a_port_where_nobody_listens(void) {
    open_pair(V4);
    ops->close(net, &server);
}

static void a_refusal_is_received_once(void **state) {
    (void)state;
    char byte = 0;
    size_t size = 0;
    connect_to_a_port_where_nobody_listens();
    say(&client, "anybody?");
    wait_for_news(&client);
    assert_int_equal(ops->recv(net, &client, &byte, 1, &size), DOZE_ERR_REFUSED);
    assert_int_equal(client.cause, ECONNREFUSED);
    hears_nothing(&client);
}

static void a_refusal_takes_the_place_of_one_datagram_sent(void **state) {
    (void)state;
    connect_to_a_port_where_nobody_listens();
    say(&client, "anybody?");
    wait_for_news(&client);
    assert_int_equal(ops->send(net, &client, "lost", 4), DOZE_ERR_REFUSED);
    open_at(&server, V4, server_at.port, &server_at);
    connect_to(&server, &server_at, &client_at);
    say(&client, "again");
    hears(&server, "again");
}

/* ---- ports ---- */

static void a_taken_port_is_told(void **state) {
    (void)state;
    open_at(&server, V4, 0, &server_at);
    assert_int_equal(open_as(&other, at(V4, server_at.port), &other_at), DOZE_ERR_PORT_TAKEN);
    assert_int_equal(other.cause, EADDRINUSE);
    assert_int_equal(other.fd, -1);
}

static void a_port_is_shared_only_if_both_ask_for_it(void **state) {
    (void)state;
    doze_net_request request = at(V4, 0);
    request.reuse_addr = true;
    assert_int_equal(open_as(&server, request, &server_at), DOZE_OK);
    request.local.port = server_at.port;
    assert_int_equal(open_as(&client, at(V4, server_at.port), &client_at), DOZE_ERR_PORT_TAKEN);
    assert_int_equal(open_as(&other, request, &other_at), DOZE_OK);
}

static void a_port_can_be_bound_again_right_after_its_socket_was_closed(void **state) {
    (void)state;
    open_pair(V4);
    uint16_t port = client_at.port;
    for (int wakes = 0; wakes < 100; wakes++) {
        say(&client, "up");
        hears(&server, "up");
        ops->close(net, &client);
        open_at(&client, V4, port, &client_at);
        connect_to(&client, &client_at, &server_at);
        assert_int_equal(client_at.port, port);
    }
}

static void both_families_can_have_the_same_port(void **state) {
    (void)state;
    need_ipv6();
    open_at(&server, "::", 0, &server_at);
    doze_result result = open_as(&client, at("0.0.0.0", server_at.port), &client_at);
    /* Another program may happen to have that port for IPv4. */
    assert_true(result == DOZE_OK || result == DOZE_ERR_PORT_TAKEN);
}

/* ---- moving to another peer ---- */

static void move(const char *bound, uint16_t port, const char *peer) {
    open_at(&server, peer, 0, &server_at);
    open_at(&other, peer, 0, &other_at);
    open_at(&client, bound, port, &client_at);
    connect_to(&client, &client_at, &server_at);
    connect_to(&server, &server_at, &client_at);
    connect_to(&other, &other_at, &client_at);
    uint16_t before = client_at.port;
    for (int moves = 0; moves < 2; moves++) {
        connect_to(&client, &client_at, &other_at);
        assert_int_equal(client_at.port, before);
        say(&client, "to the other");
        hears(&other, "to the other");
        connect_to(&client, &client_at, &server_at);
        assert_int_equal(client_at.port, before);
        say(&client, "to the server");
        hears(&server, "to the server");
    }
}

static void a_port_that_the_host_picked_stays_when_the_socket_moves_to_another_peer(void **state) {
    (void)state;
    move("0.0.0.0", 0, V4);
}

static void a_port_that_the_host_picked_stays_over_ipv6_too(void **state) {
    (void)state;
    need_ipv6();
    move("::", 0, V6);
}

static void a_port_that_was_chosen_stays_when_the_socket_moves_to_another_peer(void **state) {
    (void)state;
    open_at(&client, V4, 0, &client_at);
    ops->close(net, &client);
    move(V4, client_at.port, V4);
}

static void the_peer_of_before_comes_back_when_a_move_fails(void **state) {
    (void)state;
    open_pair(V4);
    doze_endpoint broadcast = at("255.255.255.255", 1).local; /* needs an option that we do not set */
    doze_endpoint local = client_at;
    assert_true(ops->connect(net, &client, &broadcast, &local) < 0);
    assert_true(doze_endpoint_equal(&local, &client_at));
    say(&client, "still here");
    hears(&server, "still here");
}

static void a_link_local_peer_without_its_interface_is_unreachable(void **state) {
    (void)state;
    need_ipv6();
    doze_endpoint peer = at("fe80::1", 1).local;
    open_at(&client, "::", 0, &client_at);
    assert_int_equal(ops->connect(net, &client, &peer, &client_at), DOZE_ERR_UNREACHABLE);
}

/* ---- deaf sockets ---- */

static void need_deafness(void) {
    if (!ops->can_deafen) {
        print_message("[  hold  ] this host cannot make a socket deaf: skipped\n");
        skip();
    }
}

static void deafen(doze_net_socket *sock) {
    need_deafness();
    assert_int_equal(ops->deafen(net, sock), DOZE_OK);
}

static void undeafen(doze_net_socket *sock) {
    assert_int_equal(ops->undeafen(net, sock), DOZE_OK);
}

static void a_deaf_socket_queues_nothing(void **state) {
    (void)state;
    open_pair(V4);
    deafen(&client);
    say(&server, "unheard");
    undeafen(&client);
    say(&server, "heard");
    hears(&client, "heard");
    hears_nothing(&client);
}

static void what_arrived_before_a_socket_went_deaf_is_drained(void **state) {
    (void)state;
    open_pair(V4);
    for (int i = 0; i < 50; i++) {
        say(&server, "queued");
    }
    wait_for_news(&client);
    deafen(&client);
    undeafen(&client);
    say(&server, "new");
    hears(&client, "new");
}

static void a_pending_refusal_does_not_keep_a_socket_from_going_deaf(void **state) {
    (void)state;
    connect_to_a_port_where_nobody_listens();
    say(&client, "anybody?");
    wait_for_news(&client);
    deafen(&client);
    undeafen(&client);
    hears_nothing(&client);
}

static void nobody_can_take_the_port_of_a_deaf_socket(void **state) {
    (void)state;
    open_pair(V4);
    deafen(&client);
    assert_int_equal(open_as(&other, at(V4, client_at.port), &other_at), DOZE_ERR_PORT_TAKEN);
}

static void a_deaf_socket_refuses_nobody(void **state) {
    (void)state;
    open_pair(V4);
    deafen(&client);
    say(&server, "unheard");
    say(&server, "would be told of a refusal");
    undeafen(&client);
    say(&client, "awake");
    hears(&server, "awake");
}

static void a_deaf_socket_wakes_on_its_port_after_connecting_again(void **state) {
    (void)state;
    open_pair(V4);
    uint16_t port = client_at.port;
    deafen(&client);
    connect_to(&client, &client_at, &server_at);
    undeafen(&client);
    assert_int_equal(client_at.port, port);
    say(&client, "awake");
    hears(&server, "awake");
    say(&server, "good morning");
    hears(&client, "good morning");
}

static void a_socket_that_hears_can_be_undeafened(void **state) {
    (void)state;
    open_pair(V4);
    undeafen(&client);
    say(&server, "heard");
    hears(&client, "heard");
}

/* ---- what was asked for when opening ---- */

static void dscp_is_the_upper_six_bits_of_the_traffic_class(void **state) {
    (void)state;
    int value = 0;
    socklen_t size = sizeof(value);
    doze_net_request request = at(V4, 0);
    request.dscp = 46;
    assert_int_equal(open_as(&client, request, &client_at), DOZE_OK);
    assert_int_equal(getsockopt(client.fd, IPPROTO_IP, IP_TOS, &value, &size), 0);
    assert_int_equal(value, 46 << 2);
}

static void dscp_is_set_for_ipv6_too(void **state) {
    (void)state;
    need_ipv6();
    int value = 0;
    socklen_t size = sizeof(value);
    doze_net_request request = at(V6, 0);
    request.dscp = 46;
    assert_int_equal(open_as(&client, request, &client_at), DOZE_OK);
    assert_int_equal(getsockopt(client.fd, IPPROTO_IPV6, IPV6_TCLASS, &value, &size), 0);
    assert_int_equal(value, 46 << 2);
}

static void an_interface_that_does_not_exist_is_told(void **state) {
    (void)state;
    doze_net_request request = at(V4, 0);
    request.interface_name = "doze-none";
    assert_int_equal(open_as(&client, request, &client_at), DOZE_ERR_ADDRESS_GONE);
    assert_int_equal(client.cause, ENODEV);
    assert_int_equal(client.fd, -1);
}

static void the_interface_stays_when_the_socket_moves_to_another_peer(void **state) {
    (void)state;
    char name[IF_NAMESIZE] = "";
    socklen_t size = sizeof(name);
    doze_net_request request = at(V4, 0);
    request.interface_name = loopback_interface;
    if (open_as(&client, request, &client_at) == DOZE_ERR_NOT_PERMITTED) {
        print_message("[  lo    ] binding to an interface is not permitted here: skipped\n");
        skip();
    }
    open_at(&server, V4, 0, &server_at);
    open_at(&other, V4, 0, &other_at);
    connect_to(&client, &client_at, &server_at);
    connect_to(&client, &client_at, &other_at);
    connect_to(&other, &other_at, &client_at);
    say(&client, "moved");
    hears(&other, "moved");
    assert_int_equal(getsockopt(client.fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size), 0);
    assert_string_equal(name, loopback_interface);
}

static void an_address_that_this_host_does_not_have_is_told(void **state) {
    (void)state;
    assert_int_equal(open_as(&client, at("203.0.113.77", 0), &client_at), DOZE_ERR_ADDRESS_GONE);
    assert_int_equal(client.cause, EADDRNOTAVAIL);
}

static void running_out_of_descriptors_is_told(void **state) {
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    doze_result result = open_as(&client, at(V4, 0), &client_at);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(result, DOZE_ERR_NO_DESCRIPTORS);
    assert_int_equal(client.cause, EMFILE);
}

/* ---- path MTU ---- */

static uint32_t loopback_mtu(void) {
    struct ifreq request = {0};
    memcpy(request.ifr_name, loopback_interface, sizeof(loopback_interface));
    open_at(&other, V4, 0, &other_at);
    assert_int_equal(ioctl(other.fd, SIOCGIFMTU, &request), 0);
    return (uint32_t)request.ifr_mtu;
}

static void the_path_mtu_is_the_interface_s_but_no_more_than_an_ipv4_packet_can_have(void **state) {
    (void)state;
    uint32_t mtu = 0;
    uint32_t interface_s = loopback_mtu();
    open_pair(V4);
    assert_int_equal(ops->path_mtu(net, &client, &mtu), DOZE_OK);
    assert_int_equal(mtu, interface_s < UINT16_MAX ? interface_s : UINT16_MAX);
}

static void the_path_mtu_of_ipv6_is_the_interface_s(void **state) {
    (void)state;
    need_ipv6();
    uint32_t mtu = 0;
    uint32_t interface_s = loopback_mtu();
    open_pair(V6);
    assert_int_equal(ops->path_mtu(net, &client, &mtu), DOZE_OK);
    assert_int_equal(mtu, interface_s);
}

static void without_a_peer_there_is_no_path_mtu(void **state) {
    (void)state;
    uint32_t mtu = 0;
    open_at(&client, V4, 0, &client_at);
    assert_int_equal(ops->path_mtu(net, &client, &mtu), DOZE_ERR_IO);
    assert_int_equal(client.cause, ENOTCONN);
}

/* ---- addresses as text ---- */

static void an_address_is_written_as_it_was_read(void **state) {
    (void)state;
    static const char *const texts[] = {"0.0.0.0", V4, "255.255.255.255", "::", V6, "2001:db8::1", "fe80::1"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char text[DOZE_ADDRESS_TEXT_SIZE];
        doze_endpoint endpoint = {.port = 5684};
        assert_true(ops->parse(net, texts[i], &endpoint));
        assert_int_equal(endpoint.port, 5684);
        assert_true(ops->format(net, &endpoint, text, sizeof(text)));
        assert_string_equal(text, texts[i]);
    }
}

static void a_link_local_address_has_the_name_of_its_interface(void **state) {
    (void)state;
    char text[DOZE_ADDRESS_TEXT_SIZE];
    doze_endpoint endpoint = {0};
    assert_true(ops->parse(net, "fe80::1%lo", &endpoint));
    assert_int_equal(endpoint.scope, if_nametoindex(loopback_interface));
    assert_true(ops->format(net, &endpoint, text, sizeof(text)));
    assert_string_equal(text, "fe80::1%lo");
}

static void an_interface_without_a_name_is_a_number(void **state) {
    (void)state;
    char text[DOZE_ADDRESS_TEXT_SIZE];
    doze_endpoint endpoint = {0};
    assert_true(ops->parse(net, "fe80::1%2147483647", &endpoint));
    assert_int_equal(endpoint.scope, 2147483647);
    assert_true(ops->format(net, &endpoint, text, sizeof(text)));
    assert_string_equal(text, "fe80::1%2147483647");
}

static void nothing_but_a_literal_is_an_address(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "localhost",
                                        "127.1",
                                        "0x7f.0.0.1",
                                        "1.2.3.4 ",
                                        "1.2.3.256",
                                        "1.2.3.4:5684",
                                        "[::1]",
                                        "::1%lo",
                                        "1.2.3.4%lo",
                                        "fe80::1%",
                                        "fe80::1%0",
                                        "fe80::1%1x",
                                        "fe80::1%-1",
                                        "fe80::1%4294967296",
                                        "fe80::%nope",
                                        "1:2:3:4:5:6:7"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        doze_endpoint endpoint = {.port = 1, .scope = 7};
        doze_endpoint before = endpoint;
        assert_false(ops->parse(net, texts[i], &endpoint));
        assert_true(doze_endpoint_equal(&endpoint, &before));
    }
}

static void text_that_does_not_fit_is_not_written(void **state) {
    (void)state;
    static const char *const texts[] = {V4, V6, "fe80::1%lo"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char text[DOZE_ADDRESS_TEXT_SIZE];
        doze_endpoint endpoint = {0};
        assert_true(ops->parse(net, texts[i], &endpoint));
        for (size_t size = 0; size <= strlen(texts[i]); size++) {
            assert_false(ops->format(net, &endpoint, text, size));
        }
        assert_true(ops->format(net, &endpoint, text, strlen(texts[i]) + 1));
    }
}

static void no_address_has_no_text(void **state) {
    (void)state;
    char text[DOZE_ADDRESS_TEXT_SIZE];
    doze_endpoint none = {0};
    assert_false(ops->format(net, &none, text, sizeof(text)));
}

/* ---- errno ---- */

static void each_errno_has_its_own_answer(void **state) {
    (void)state;
    static const struct {
        int error;
        doze_result setting;
        doze_result sending;
        doze_result receiving;
    } rows[] = {
        {EAGAIN, DOZE_ERR_IO, DOZE_WOULD_BLOCK, DOZE_WOULD_BLOCK},
        {EWOULDBLOCK, DOZE_ERR_IO, DOZE_WOULD_BLOCK, DOZE_WOULD_BLOCK},
        {ENOMEM, DOZE_ERR_NO_MEMORY, DOZE_ERR_NO_BUFFERS, DOZE_ERR_NO_BUFFERS},
        {ENOBUFS, DOZE_ERR_NO_MEMORY, DOZE_ERR_NO_BUFFERS, DOZE_ERR_NO_BUFFERS},
        {EMFILE, DOZE_ERR_NO_DESCRIPTORS, DOZE_ERR_NO_DESCRIPTORS, DOZE_ERR_NO_DESCRIPTORS},
        {ENFILE, DOZE_ERR_NO_DESCRIPTORS, DOZE_ERR_NO_DESCRIPTORS, DOZE_ERR_NO_DESCRIPTORS},
        {EPERM, DOZE_ERR_NOT_PERMITTED, DOZE_ERR_BLOCKED, DOZE_ERR_BLOCKED},
        {EACCES, DOZE_ERR_NOT_PERMITTED, DOZE_ERR_NOT_PERMITTED, DOZE_ERR_REFUSED},
        {EADDRINUSE, DOZE_ERR_PORT_TAKEN, DOZE_ERR_PORT_TAKEN, DOZE_ERR_IO},
        {EADDRNOTAVAIL, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_IO},
        {ENODEV, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_IO},
        {ENXIO, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_IO},
        {EINVAL, DOZE_ERR_ADDRESS, DOZE_ERR_UNREACHABLE, DOZE_ERR_IO},
        {EAFNOSUPPORT, DOZE_ERR_UNREACHABLE, DOZE_ERR_UNREACHABLE, DOZE_ERR_IO},
        {ENETUNREACH, DOZE_ERR_UNREACHABLE, DOZE_ERR_UNREACHABLE, DOZE_ERR_REFUSED},
        {EHOSTUNREACH, DOZE_ERR_UNREACHABLE, DOZE_ERR_UNREACHABLE, DOZE_ERR_REFUSED},
        {ENETDOWN, DOZE_ERR_UNREACHABLE, DOZE_ERR_UNREACHABLE, DOZE_ERR_UNREACHABLE},
        {EMSGSIZE, DOZE_ERR_IO, DOZE_ERR_TOO_LONG, DOZE_ERR_REFUSED},
        {ECONNREFUSED, DOZE_ERR_IO, DOZE_ERR_REFUSED, DOZE_ERR_REFUSED},
        {ENOPROTOOPT, DOZE_ERR_UNSUPPORTED, DOZE_ERR_REFUSED, DOZE_ERR_REFUSED},
        {EOPNOTSUPP, DOZE_ERR_UNSUPPORTED, DOZE_ERR_REFUSED, DOZE_ERR_REFUSED},
        {EPROTO, DOZE_ERR_IO, DOZE_ERR_REFUSED, DOZE_ERR_REFUSED},
        {EHOSTDOWN, DOZE_ERR_IO, DOZE_ERR_REFUSED, DOZE_ERR_REFUSED},
        {ENONET, DOZE_ERR_IO, DOZE_ERR_REFUSED, DOZE_ERR_REFUSED},
        {EIO, DOZE_ERR_IO, DOZE_ERR_IO, DOZE_ERR_IO},
        {EPIPE, DOZE_ERR_IO, DOZE_ERR_IO, DOZE_ERR_IO},
        {EBADF, DOZE_ERR_IO, DOZE_ERR_IO, DOZE_ERR_IO},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(doze_net_result(DOZE_NET_SETTING, rows[i].error), rows[i].setting);
        assert_int_equal(doze_net_result(DOZE_NET_SENDING, rows[i].error), rows[i].sending);
        assert_int_equal(doze_net_result(DOZE_NET_RECEIVING, rows[i].error), rows[i].receiving);
    }
}

static void no_errno_is_a_success(void **state) {
    (void)state;
    for (int error = 0; error < 200; error++) {
        assert_true(doze_net_result(DOZE_NET_SETTING, error) < 0);
        assert_true(doze_net_result(DOZE_NET_SENDING, error) != DOZE_OK);
        assert_true(doze_net_result(DOZE_NET_RECEIVING, error) != DOZE_OK);
    }
}

#define test(name) cmocka_unit_test_setup_teardown(name, no_sockets, close_sockets)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(an_echo_goes_both_ways_over_ipv4),
        test(an_echo_goes_both_ways_over_ipv6),
        test(connect_tells_the_address_that_datagrams_will_come_from),
        test(sockets_do_not_block_and_are_not_inherited),
        test(only_the_peer_is_heard),
        test(what_strangers_sent_before_the_peer_was_fixed_is_not_heard),
        test(the_unspecified_address_means_this_host),
        test(a_datagram_that_is_too_long_is_reported_with_its_length_and_the_next_one_is_whole),
        test(a_datagram_that_fits_exactly_is_whole),
        test(an_empty_datagram_arrives),
        test(what_no_packet_can_carry_is_too_long_and_the_socket_lives),
        test(a_refusal_is_received_once),
        test(a_refusal_takes_the_place_of_one_datagram_sent),
        test(a_taken_port_is_told),
        test(a_port_is_shared_only_if_both_ask_for_it),
        test(a_port_can_be_bound_again_right_after_its_socket_was_closed),
        test(both_families_can_have_the_same_port),
        test(a_port_that_the_host_picked_stays_when_the_socket_moves_to_another_peer),
        test(a_port_that_the_host_picked_stays_over_ipv6_too),
        test(a_port_that_was_chosen_stays_when_the_socket_moves_to_another_peer),
        test(the_peer_of_before_comes_back_when_a_move_fails),
        test(a_link_local_peer_without_its_interface_is_unreachable),
        test(a_deaf_socket_queues_nothing),
        test(what_arrived_before_a_socket_went_deaf_is_drained),
        test(a_pending_refusal_does_not_keep_a_socket_from_going_deaf),
        test(nobody_can_take_the_port_of_a_deaf_socket),
        test(a_deaf_socket_refuses_nobody),
        test(a_deaf_socket_wakes_on_its_port_after_connecting_again),
        test(a_socket_that_hears_can_be_undeafened),
        test(dscp_is_the_upper_six_bits_of_the_traffic_class),
        test(dscp_is_set_for_ipv6_too),
        test(an_interface_that_does_not_exist_is_told),
        test(the_interface_stays_when_the_socket_moves_to_another_peer),
        test(an_address_that_this_host_does_not_have_is_told),
        test(running_out_of_descriptors_is_told),
        test(the_path_mtu_is_the_interface_s_but_no_more_than_an_ipv4_packet_can_have),
        test(the_path_mtu_of_ipv6_is_the_interface_s),
        test(without_a_peer_there_is_no_path_mtu),
        test(an_address_is_written_as_it_was_read),
        test(a_link_local_address_has_the_name_of_its_interface),
        test(an_interface_without_a_name_is_a_number),
        test(nothing_but_a_literal_is_an_address),
        test(text_that_does_not_fit_is_not_written),
        test(no_address_has_no_text),
        test(each_errno_has_its_own_answer),
        test(no_errno_is_a_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
