/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the UDP layer start from: a host with two addresses and one UDP socket, and servers that answer
 * each datagram by itself, on a simulated network. */
#ifndef UDP_KIT_H
#define UDP_KIT_H

#include "doze/udp.h"
#include "world/world.h"

#define UDP_KIT_HOST       "10.0.0.2"
#define UDP_KIT_HOST6      "2001:db8::2"
#define UDP_KIT_SERVER     "192.0.2.1"
#define UDP_KIT_SECOND     "192.0.2.2"
#define UDP_KIT_SERVER6    "2001:db8::1"
#define UDP_KIT_NAME       "server.example" /* UDP_KIT_SERVER */
#define UDP_KIT_BOTH       "both.example"   /* UDP_KIT_SERVER, UDP_KIT_SECOND, UDP_KIT_SERVER6 */
#define UDP_KIT_PORT       5683
#define UDP_KIT_OTHER_PORT 5685
#define UDP_KIT_PATIENCE   60000 /* ms of virtual time that nothing may outlast */
#define UDP_KIT_EVENTS     64

typedef struct udp_kit_event {
    doze_event event;
    int detail;
    int more;
} udp_kit_event;

typedef struct udp_kit {
    world w;
    world_host *host;
    world_server *server; /* at UDP_KIT_SERVER and UDP_KIT_PORT */
    uint64_t arrived;     /* datagrams that reached any server */
    doze_udp udp;
    doze_socket *socket; /* of `udp` */
    doze_trace trace;
    udp_kit_event events[UDP_KIT_EVENTS];
    unsigned events_count;
} udp_kit;

/* For CMocka: a test's state is a udp_kit *. The teardown checks that nothing is left open. */
int udp_kit_set_up(void **state);
int udp_kit_tear_down(void **state);

/* A further socket of the same host; the caller's to deinit. */
void udp_kit_another(udp_kit *k, doze_udp *udp);
/* One that has the port, for IPv4 or IPv6. */
void udp_kit_take_port(udp_kit *k, doze_udp *thief, doze_family family, uint16_t port);

/* ---- verbs that must succeed ---- */

void udp_kit_connect(udp_kit *k); /* to UDP_KIT_NAME and UDP_KIT_PORT */
void udp_kit_sleep(udp_kit *k);
void udp_kit_resume(udp_kit *k);
void udp_kit_exchange(udp_kit *k); /* sends, and gets the same back */

/* ---- questions ---- */

int64_t udp_kit_option(udp_kit *k, doze_option option);
void udp_kit_set(udp_kit *k, doze_option option, int64_t value);
unsigned udp_kit_count_events(const udp_kit *k, doze_event event, int detail, int more);

/* Fail the test unless the getter answers just that; NULL: that there is none. */
void udp_kit_remote_is(const udp_kit *k, const char *hostname, const char *address, uint16_t port);
void udp_kit_local_is(const udp_kit *k, const char *address, uint16_t port);
void udp_kit_state_is(const udp_kit *k, doze_state state);

#define UDP_KIT_TEST(name) cmocka_unit_test_setup_teardown(name, udp_kit_set_up, udp_kit_tear_down)

#endif
