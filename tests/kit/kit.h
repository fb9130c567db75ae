/* SPDX-License-Identifier: Apache-2.0 */
/* What nearly every DTLS test starts from: a host, a server that speaks real Mbed TLS, a tap between them, all on a
 * simulated network with a virtual clock. */
#ifndef KIT_H
#define KIT_H

#include "doze/dtls.h"
#include "doze/udp.h"
#include "doze/x509.h"
#include "peer/peer_world.h"
#include "world/tap.h"
#include "world/world.h"

#define KIT_HOST       "10.0.0.2"
#define KIT_SERVER     "192.0.2.1"
#define KIT_NAME       "server.example"
#define KIT_PORT       5684
#define KIT_PATIENCE   300000 /* ms of virtual time that nothing may outlast */
#define KIT_IDENTITY   "device-1"
#define KIT_KEY_SIZE   16
#define KIT_EVENTS_MAX 64

typedef struct kit_event {
    doze_event event;
    int detail;
    int more;
} kit_event;

typedef struct kit {
    world w;
    world_host *host;
    peer_world home;
    peer *peer; /* of `home`, like the next */
    world_server *server;
    doze_udp udp;
    tap tap;
    doze_x509 x509;
    doze_dtls_config config;
    doze_dtls dtls;
    doze_socket *socket; /* of `dtls` */
    doze_trace trace;
    uint64_t started;
    kit_event events[KIT_EVENTS_MAX];
    unsigned events_count;
} kit;

/* What a test wants to be different; everything zero is PSK, Connection ID as by default, session cache. */
typedef struct kit_order {
    doze_dtls_settings dtls;
    peer_settings peer;
    const doze_x509_settings *x509; /* instead of the PSK */
    const char *certificate;        /* the server's: a name in the directory of test credentials, as "server" */
    const char *client_ca;          /* the server wants a client certificate by this one */
    bool no_sessions;               /* the server keeps none */
    uint64_t seed;
} kit_order;

extern const unsigned char kit_key[KIT_KEY_SIZE];

/* A CMocka test whose state is the memory of a kit. */
int kit_set_up(void **state);
int kit_tear_down(void **state);
#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)

void kit_start(kit *k, const kit_order *order); /* NULL: nothing different */
void kit_stop(kit *k);                          /* checks the tap, and that nothing is left open */
/* The client loses its memory, all but its configuration, and has sockets anew; the tap forgets what it has seen. */
void kit_reboot(kit *k);

/* ---- verbs that must succeed ---- */

void kit_connect(kit *k);
void kit_sleep(kit *k); /* and nothing goes on the wire */
void kit_resume(kit *k);
void kit_exchange(kit *k, const char *message); /* sends, and gets the same back; what is sent is not seen in plain */

/* ---- what others do ---- */

/* Another socket of the host, to be deinited, has the port. */
void kit_take_port(kit *k, doze_udp *thief, uint16_t port);
/* Arrives at the client now, as if from the server: a datagram, or an ICMP port unreachable. */
void kit_forge(kit *k, const void *data, size_t size);
void kit_forge_refusal(kit *k);

/* A fatal alert inside the association, which is told as such. */
void kit_be_alerted(kit *k, int description);

/* A random source that fails when told to: `fill` of a doze_random is kit_draw, its context a kit_source. */
typedef struct kit_source {
    doze_random true_one;
    bool fails;
} kit_source;
int kit_draw(void *context, unsigned char *out, size_t size);

/* ---- questions ---- */

int64_t kit_option(kit *k, doze_option option);
int64_t kit_dropped(kit *k, doze_drop cause);
uint64_t kit_elapsed(const kit *k);             /* ms since kit_start() */
uint64_t kit_handshake_datagrams(const kit *k); /* both ways, since the tap was cleared */
unsigned kit_count_events(const kit *k, doze_event event, int detail);

/* A file of the test credentials, whole; the memory is the caller's to free. */
doze_bytes kit_file(const char *name);
void kit_free(doze_bytes file);
/* A private key in DER: 0 or a Mbed TLS error. */
int kit_parse_key(mbedtls_pk_context *pk, doze_bytes der, const doze_random *random);

#endif
