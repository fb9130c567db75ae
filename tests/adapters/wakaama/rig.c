/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rig.h"

enum { PATIENCE = 3000, WAIT = 10, FDS = FAKE_SERVERS + 2 }; /* rounds, ms a round */

const unsigned char rig_key[RIG_KEY_SIZE] = "fifteen and one";

static uint64_t clock_now(void *context) {
    return ((const rig *)context)->now;
}

int rig_set_up(void **state) {
    rig *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    fake_init(&r->wakaama);
    r->now = 1;
    r->plain_server = -1;
    r->settings = (doze_wakaama_settings){
        .udp = {.net = doze_posix_net(), .resolver = doze_posix_resolver()},
        .dtls = {.clock = {clock_now, r}, .random = doze_posix_random()},
        .buffer = r->buffer,
        .buffer_size = sizeof(r->buffer),
    };
    *state = r;
    return 0;
}

int rig_tear_down(void **state) {
    rig *r = *state;
    doze_wakaama_deinit(&r->adapter);
    if (r->server_open) {
        peer_udp_close(&r->server);
    }
    if (r->plain_server >= 0) {
        close(r->plain_server);
    }
    free(r);
    assert_int_equal(fake_allocations, 0);
    return 0;
}

void rig_serve(rig *r, const peer_settings *settings) {
    peer_settings own = settings != NULL ? *settings
                                         : (peer_settings){.identity = RIG_IDENTITY,
                                                           .key = rig_key,
                                                           .key_size = sizeof(rig_key),
                                                           .sessions = PEER_SESSION_CACHE};
    own.clock = (doze_clock){clock_now, r};
    own.random = doze_posix_random();
    r->server_open = peer_udp_open(&r->server, &own, "127.0.0.1", 0);
    assert_true(r->server_open);
    snprintf(r->uri[0], sizeof(r->uri[0]), "coaps://127.0.0.1:%u", peer_udp_port(&r->server));
    r->wakaama.security[0] = (fake_security){.uri = r->uri[0],
                                             .mode = LWM2M_SECURITY_MODE_PRE_SHARED_KEY,
                                             .identity = RIG_IDENTITY,
                                             .key = rig_key,
                                             .key_size = sizeof(rig_key)};
}

void rig_serve_plain(rig *r, uint16_t instance) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(here);
    r->plain_server = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(r->plain_server >= 0);
    assert_int_equal(fcntl(r->plain_server, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(bind(r->plain_server, (struct sockaddr *)&here, size), 0);
    assert_int_equal(getsockname(r->plain_server, (struct sockaddr *)&here, &size), 0);
    snprintf(r->uri[instance], sizeof(r->uri[instance]), "coap://127.0.0.1:%u", ntohs(here.sin_port));
    r->wakaama.security[instance] = (fake_security){.uri = r->uri[instance], .mode = LWM2M_SECURITY_MODE_NONE};
}

void rig_start(rig *r) {
    assert_int_equal(doze_wakaama_init(&r->adapter, &r->settings), DOZE_OK);
    r->adapter.context = &r->wakaama.context;
}

doze_wakaama_connection *rig_connect(rig *r, uint16_t instance) {
    lwm2m_server_t *server = &r->wakaama.servers[instance];
    server->sessionH = lwm2m_connect_server(instance, &r->adapter);
    if (server->sessionH != NULL) {
        server->status = STATE_REG_PENDING;
        server->next = r->wakaama.context.serverList;
        r->wakaama.context.serverList = server;
    }
    return server->sessionH;
}

void rig_close(rig *r, doze_wakaama_connection *c) {
    lwm2m_server_t **at = &r->wakaama.context.serverList;
    while (*at != NULL && (*at)->sessionH != c) {
        at = &(*at)->next;
    }
    assert_non_null(*at);
    *at = (*at)->next;
    lwm2m_close_connection(c, &r->adapter);
}

static void echo_plain(rig *r) {
    uint8_t data[FAKE_PACKET_MAX];
    struct sockaddr_in from;
    socklen_t from_size = sizeof(from);
    ssize_t size;
    while (r->plain_server >= 0 &&
           (size = recvfrom(r->plain_server, data, sizeof(data), 0, (struct sockaddr *)&from, &from_size)) >= 0) {
        assert_int_equal(sendto(r->plain_server, data, (size_t)size, 0, (struct sockaddr *)&from, from_size), size);
    }
}

void rig_wait(rig *r) {
    struct pollfd polled[FDS];
    int fds[FAKE_SERVERS];
    nfds_t count = 0;
    if (r->server_open) {
        peer_udp_pump(&r->server);
        polled[count++] = (struct pollfd){.fd = peer_udp_fd(&r->server), .events = POLLIN};
    }
    echo_plain(r);
    size_t ours = doze_wakaama_fds(&r->adapter, fds, FAKE_SERVERS);
    for (size_t i = 0; i < ours; i++) {
        polled[count++] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    }
    poll(polled, count, WAIT);
}

doze_result rig_settle(rig *r) {
    doze_result result = doze_wakaama_step(&r->adapter);
    for (int i = 0; i < PATIENCE && result == DOZE_IN_PROGRESS; i++) {
        rig_wait(r);
        result = doze_wakaama_step(&r->adapter);
    }
    return result;
}

void rig_until_handed(rig *r, unsigned packets) {
    for (int i = 0; i < PATIENCE && r->wakaama.packets < packets; i++) {
        rig_wait(r);
        doze_wakaama_step(&r->adapter);
    }
    assert_int_equal(r->wakaama.packets, packets);
}

doze_wakaama_connection *rig_connected(rig *r, uint16_t instance) {
    doze_wakaama_connection *c = rig_connect(r, instance);
    assert_non_null(c);
    assert_int_equal(rig_settle(r), DOZE_OK);
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CONNECTED);
    r->wakaama.servers[instance].status = STATE_REGISTERED;
    return c;
}

uint8_t rig_send(rig *r, doze_wakaama_connection *c, uint8_t type) {
    uint8_t message[RIG_MESSAGE] = "? a message of Wakaama's";
    message[0] = (uint8_t)(0x40 | type << 4); /* RFC 7252 section 3: version 1 */
    return lwm2m_buffer_send(c, message, sizeof(message), &r->adapter);
}

void rig_exchange(rig *r, doze_wakaama_connection *c) {
    unsigned before = r->wakaama.packets;
    assert_int_equal(rig_send(r, c, RIG_CON), COAP_NO_ERROR);
    rig_until_handed(r, before + 1);
    assert_ptr_equal(r->wakaama.session, c);
    assert_int_equal(r->wakaama.packet_size, RIG_MESSAGE);
}

int64_t rig_option(doze_wakaama_connection *c, doze_option option) {
    int64_t value = -1;
    assert_int_equal(doze_get_option(c->socket, option, &value), DOZE_OK);
    return value;
}

/* ---- a resolver ---- */

static char name[DOZE_HOSTNAME_MAX + 1];
static doze_lookup lookup = {.host = name};
static unsigned questions;

static doze_result start_lookup(doze_resolver *resolver, const char *host, doze_family family, doze_lookup **out) {
    (void)resolver;
    (void)family;
    questions = 0;
    snprintf(name, sizeof(name), "%s", host);
    *out = &lookup;
    return DOZE_OK;
}

static doze_result step_lookup(doze_resolver *resolver, doze_lookup *l) {
    (void)resolver;
    (void)l;
    return questions++ == 0 ? DOZE_IN_PROGRESS : DOZE_OK;
}

static bool answer_lookup(doze_resolver *resolver, const doze_lookup *l, size_t index, doze_endpoint *out) {
    (void)resolver;
    (void)l;
    *out = (doze_endpoint){.address = {127, 0, 0, 1}, .family = DOZE_FAMILY_IPV4};
    return index == 0;
}

static void finish_lookup(doze_resolver *resolver, doze_lookup *l) {
    (void)resolver;
    (void)l;
}

static int fd_of_lookup(const doze_resolver *resolver, const doze_lookup *l) {
    (void)resolver;
    (void)l;
    return -1;
}

static int32_t timeout_of_lookup(const doze_resolver *resolver, const doze_lookup *l) {
    (void)resolver;
    (void)l;
    return 0;
}

doze_resolver *rig_slow_resolver(void) {
    static const doze_resolver_ops ops = {
        .start = start_lookup,
        .step = step_lookup,
        .answer = answer_lookup,
        .finish = finish_lookup,
        .fd = fd_of_lookup,
        .next_timeout = timeout_of_lookup,
    };
    static doze_resolver resolver = {.ops = &ops};
    return &resolver;
}
