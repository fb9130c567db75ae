/* SPDX-License-Identifier: Apache-2.0 */
/* What the adapter costs over doze: the same datagram over the same sockets, sent and received once through avs_net's
 * table and once by doze's own verbs. Functions whose names begin with measure_ are what callgrind is asked about. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <avsystem/commons/avs_socket_v_table.h>

#include "doze/anjay.h"
#include "doze/doze.h"
#include "peer/peer_udp.h"
#include "rig.h"

#define NOINLINE __attribute__((noinline))
enum { TIMES = 1000, SIZE = 60 };

static const unsigned char key[16] = "fifteen letters";
static unsigned char message[SIZE] = {0x40}; /* a confirmable message of CoAP's */
static unsigned char buffer[256];
static peer_udp server;

static void die(const char *what) {
    fprintf(stderr, "anjay bench: %s\n", what);
    exit(1);
}

/* Each looks at what it got, or the compiler leaves it by a jump, which the tool does not count as within. */

NOINLINE static void measure_send_doze(doze_socket *socket) {
    if (doze_send(socket, message, SIZE) != DOZE_OK) {
        die("doze_send()");
    }
}

NOINLINE static void measure_recv_doze(doze_socket *socket, size_t *size) {
    if (doze_recv(socket, buffer, sizeof(buffer), size) != DOZE_OK) {
        die("doze_recv()");
    }
}

NOINLINE static void measure_send_anjay(const avs_net_socket_v_table_t *table, avs_net_socket_t *socket) {
    if (avs_is_err(table->send(socket, message, SIZE))) {
        die("send");
    }
}

NOINLINE static void measure_recv_anjay(const avs_net_socket_v_table_t *table, avs_net_socket_t *socket, size_t *size) {
    if (avs_is_err(table->receive(socket, size, buffer, sizeof(buffer)))) {
        die("receive");
    }
}

/* avs_net's connect would wait for a server that nobody works in this program. */
static doze_socket *connect_to_server(avs_net_socket_t *socket) {
    doze_socket *s = doze_anjay_socket(socket);
    doze_result result = doze_connect(s, "127.0.0.1", peer_udp_port(&server));
    while (result == DOZE_IN_PROGRESS) {
        peer_udp_pump(&server);
        result = doze_step(s);
    }
    if (result != DOZE_OK) {
        die(doze_strerror(result));
    }
    return s;
}

static void round_trip(const avs_net_socket_v_table_t *table, avs_net_socket_t *socket, doze_socket *s) {
    size_t size = 0;
    measure_send_doze(s);
    peer_udp_pump(&server);
    measure_recv_doze(s, &size);
    if (size != SIZE) {
        die("doze's echo is missing");
    }
    size = 0;
    measure_send_anjay(table, socket);
    peer_udp_pump(&server);
    measure_recv_anjay(table, socket, &size);
    if (size != SIZE) {
        die("the adapter's echo is missing");
    }
}

static avs_crypto_security_info_union_t bytes(const void *data, size_t size) {
    return (avs_crypto_security_info_union_t){.source = AVS_CRYPTO_DATA_SOURCE_BUFFER,
                                              .info.buffer = {.buffer = data, .buffer_size = size}};
}

int main(void) {
    static const avs_net_dtls_handshake_timeouts_t slow = {{60, 0},
                                                           {60, 0}}; /* so that a slow tool's run is no silence */
    const peer_settings settings = {.clock = doze_posix_clock(),
                                    .random = doze_posix_random(),
                                    .identity = "bench",
                                    .key = key,
                                    .key_size = sizeof(key)};
    const avs_net_ssl_configuration_t config = {
        .security = {.mode = AVS_NET_SECURITY_PSK,
                     .data.psk = {.key.desc = bytes(key, sizeof(key)), .identity.desc = bytes("bench", 5)}},
        .dtls_handshake_timeouts = &slow,
        .use_connection_id = true,
        .prng_ctx = rig_prng(false),
    };
    avs_net_socket_t *socket = NULL;
    if (!peer_udp_open(&server, &settings, "127.0.0.1", 0)) {
        die("no server");
    }
    if (avs_is_err(_avs_net_create_dtls_socket(&socket, &config))) {
        die("no client");
    }
    const avs_net_socket_v_table_t *table = *(const avs_net_socket_v_table_t *const *)socket;
    doze_socket *s = connect_to_server(socket);
    for (int i = 0; i < TIMES; i++) {
        round_trip(table, socket, s);
    }
    table->cleanup(&socket);
    peer_udp_close(&server);
    return 0;
}
