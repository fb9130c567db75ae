/* SPDX-License-Identifier: Apache-2.0 */
/* The program lwm2m_client as somebody runs it on this host, and a server for it, which is in the test itself. */
#ifndef LWM2M_HOST_H
#define LWM2M_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/socket.h>
#include <sys/types.h>

#include "lwm2m_server.h"
#include "peer/peer_udp.h"

#define LWM2M_HOST_KEY  "000102030405060708090a0b0c0d0e0f" /* of the identity "doze" */
#define LWM2M_HOST_SAID 65536

typedef struct lwm2m_host {
    peer_udp secure;
    int plain; /* a socket without DTLS, -1: none */
    struct sockaddr_storage plain_peer;
    socklen_t plain_peer_size;
    lwm2m_server server;
    char url[64];       /* of the server */
    char directory[64]; /* for a store */
    pid_t child;
    int output;
    char said[LWM2M_HOST_SAID]; /* by all clients together */
    size_t said_size;
} lwm2m_host;

int lwm2m_host_set_up(void **state);
int lwm2m_host_tear_down(void **state);
#define LWM2M_HOST_TEST(name) cmocka_unit_test_setup_teardown(name, lwm2m_host_set_up, lwm2m_host_tear_down)

void lwm2m_host_serve(lwm2m_host *s, bool certificates);
void lwm2m_host_serve_plainly(lwm2m_host *s);

/* Starts a client with these arguments, up to NULL; START with those that nearly all have. */
void lwm2m_host_start(lwm2m_host *s, ...);
#define START(s, ...) lwm2m_host_start(s, (s)->url, "--endpoint", "one", "--json", __VA_ARGS__, (const char *)NULL)
#define WITH_KEY      "--identity", "doze", "--key", LWM2M_HOST_KEY

/* Serves until `text` was said that often, which must come within a minute. */
void lwm2m_host_wait(lwm2m_host *s, const char *text, unsigned times);
int lwm2m_host_finish(lwm2m_host *s); /* serves until the client has ended; its exit code, or 128 and the signal */
void lwm2m_host_lose_power(lwm2m_host *s);
unsigned lwm2m_host_count(const lwm2m_host *s, const char *text); /* how often it was said */

#endif
