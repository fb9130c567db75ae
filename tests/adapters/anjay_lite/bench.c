/* SPDX-License-Identifier: Apache-2.0 */
/* The same messages through the adapter and through doze alone. The names of the functions that begin with measure_ are
 * what tests/adapters/count asks callgrind about; the server is in the same process and does not count. */
#include <stdio.h>
#include <string.h>

#include <anj/compat/net/anj_dtls.h>

#include "doze/anjay_lite.h"
#include "doze/posix.h"
#include "peer/peer_udp.h"

#define NOINLINE __attribute__((noinline))
enum { TIMES = 1000, SMALL = 60 };

static const char key[] = "0123456789abcdef";
static uint8_t message[SMALL];
static uint8_t buffer[2048];

NOINLINE static int measure_send_anjay_lite(anj_net_ctx_t *ctx) {
    size_t sent;
    return anj_dtls_send(ctx, &sent, message, SMALL);
}

NOINLINE static int measure_send_doze(doze_socket *socket) {
    return doze_send(socket, message, SMALL);
}

NOINLINE static int measure_recv_anjay_lite(anj_net_ctx_t *ctx) {
    size_t size;
    return anj_dtls_recv(ctx, &size, buffer, sizeof(buffer));
}

NOINLINE static int measure_recv_doze(doze_socket *socket) {
    size_t size;
    return doze_recv(socket, buffer, sizeof(buffer), &size);
}

static anj_crypto_security_info_t in_buffer(const char *text) {
    return (anj_crypto_security_info_t){.source = ANJ_CRYPTO_DATA_SOURCE_BUFFER,
                                        .info.buffer = {.data = text, .data_size = strlen(text)}};
}

static anj_net_ctx_t *connect_to(peer_udp *server) {
    anj_net_config_t config = {.secure_socket_config.security.mode = ANJ_NET_SECURITY_PSK};
    anj_net_ctx_t *ctx = NULL;
    char port[8];
    int result = ANJ_NET_EINPROGRESS;
    config.secure_socket_config.security.data.psk =
        (anj_net_psk_info_t){.identity = in_buffer("bench"), .key = in_buffer(key)};
    if (anj_dtls_create_ctx(&ctx, &config) != ANJ_NET_OK) {
        return NULL;
    }
    snprintf(port, sizeof(port), "%u", (unsigned)peer_udp_port(server));
    /* so that a slow tool's run is neither a loss nor a silence */
    doze_set_option(doze_anjay_lite_socket(ctx), DOZE_OPT_HANDSHAKE_TIMER_MIN, 60000);
    while (result == ANJ_NET_EINPROGRESS) {
        result = anj_dtls_connect(ctx, "127.0.0.1", port);
        peer_udp_pump(server);
    }
    return result == ANJ_NET_OK ? ctx : NULL;
}

static int exchange_all(anj_net_ctx_t *ctx, peer_udp *server) {
    doze_socket *socket = doze_anjay_lite_socket(ctx);
    int failures = 0;
    for (int i = 0; i < TIMES; i++) {
        failures += measure_send_anjay_lite(ctx) != ANJ_NET_OK;
        peer_udp_pump(server);
        failures += measure_recv_anjay_lite(ctx) != ANJ_NET_OK;
        failures += measure_send_doze(socket) != DOZE_OK;
        peer_udp_pump(server);
        failures += measure_recv_doze(socket) != DOZE_OK;
    }
    return failures;
}

int main(void) {
    const peer_settings settings = {.clock = doze_posix_clock(),
                                    .random = doze_posix_random(),
                                    .identity = "bench",
                                    .key = (const unsigned char *)key,
                                    .key_size = strlen(key)};
    peer_udp server;
    if (!peer_udp_open(&server, &settings, "127.0.0.1", 0)) {
        fputs("bench: cannot open a server on 127.0.0.1\n", stderr);
        return 1;
    }
    anj_net_ctx_t *ctx = connect_to(&server);
    int failures = ctx == NULL ? 1 : exchange_all(ctx, &server);
    if (failures != 0) {
        fprintf(stderr, "bench: %d of %d calls failed\n", failures, 4 * TIMES);
    }
    anj_dtls_cleanup_ctx(&ctx);
    peer_udp_close(&server);
    return failures != 0;
}
