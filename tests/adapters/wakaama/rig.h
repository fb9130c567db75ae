/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the adapter start from: real sockets of this host, real Mbed TLS on both ends, a clock that stands
 * still until it is told to go on, so that no timer fires while a slow machine works. */
#ifndef ADAPTERS_WAKAAMA_RIG_H
#define ADAPTERS_WAKAAMA_RIG_H

#include "doze/posix.h"
#include "doze/wakaama.h"
#include "fake.h"
#include "peer/peer_udp.h"

#define RIG_IDENTITY "device-1"
#define RIG_KEY_SIZE 16
#define RIG_HOUR     3600000

typedef struct rig {
    uint64_t now; /* ms */
    fake wakaama;
    doze_wakaama adapter;
    doze_wakaama_settings settings; /* to be changed before rig_start() */
    peer_udp server;
    bool server_open;
    int plain_server; /* echoes over UDP; -1: not open */
    char uri[FAKE_SERVERS][64];
    uint8_t buffer[FAKE_PACKET_MAX];
} rig;

extern const unsigned char rig_key[RIG_KEY_SIZE];

/* A CMocka test whose state is the memory of a rig. The teardown wants everything closed and freed. */
int rig_set_up(void **state);
int rig_tear_down(void **state);
#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

/* What may be called, in this order. */
void rig_serve(rig *r, const peer_settings *settings); /* a DTLS server; NULL: with the PSK of the rig */
void rig_start(rig *r); /* the adapter; the Security object's instance 0 is for that server */
doze_wakaama_connection *
rig_connect(rig *r, uint16_t instance); /* the session, of a server that Wakaama registers with; NULL: none */

void rig_serve_plain(rig *r, uint16_t instance); /* a UDP server, with the URI to it in that instance */

/* The servers do what they have to do, and then somebody has something to read, or 10 ms are over. */
void rig_wait(rig *r);
/* Until doze_wakaama_step() has nothing in progress: what it said then. */
doze_result rig_settle(rig *r);
/* Waits until so many packets were handed to Wakaama in all. */
void rig_until_handed(rig *r, unsigned packets);
/* The same, connected and registered. */
doze_wakaama_connection *rig_connected(rig *r, uint16_t instance);

/* Sends a confirmable message as Wakaama does, and gets the echo handed over. */
void rig_exchange(rig *r, doze_wakaama_connection *c);
uint8_t rig_send(rig *r, doze_wakaama_connection *c,
                 uint8_t type); /* a message of that CoAP type, of RIG_MESSAGE bytes */
enum { RIG_CON = 0, RIG_NON = 1, RIG_ACK = 2, RIG_MESSAGE = 24 };

/* A resolver that knows 127.0.0.1 by every name, and says so at the second question. */
doze_resolver *rig_slow_resolver(void);

int64_t rig_option(doze_wakaama_connection *c, doze_option option);
void rig_close(rig *r, doze_wakaama_connection *c); /* as Wakaama does */

#endif
