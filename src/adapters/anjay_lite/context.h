/* SPDX-License-Identifier: Apache-2.0 */
/* What is behind an anj_net_ctx_t, and what both contracts of Anjay Lite's network interface share. They are in the
 * folders rx_off (3.0.0) and reuse_port (1.0.0-beta.1); CMakeLists.txt chooses. */
#ifndef DOZE_ANJAY_LITE_CONTEXT_H
#define DOZE_ANJAY_LITE_CONTEXT_H

#include <anj/compat/net/anj_net_api.h>

#include "doze/anjay_lite.h"
#include "doze/posix.h"
#include "doze/udp.h"

/* The type that Anjay Lite leaves to us. */
struct anj_net_ctx_struct {
    doze_socket *socket; /* what the verbs are for: of `udp`, or of `dtls` */
    doze_dtls *dtls;     /* NULL: UDP alone */
    doze_udp udp;
    doze_resolver *resolver; /* c-ares's; NULL: this build has none, and the host's is used */
    int fd;                  /* where anj_*_get_system_socket() points */
    char hostname[DOZE_HOSTNAME_MAX + 1];
};

/* ---- what each contract says in its own way: contract.c ---- */

int doze_lite_code(doze_result result);
anj_net_socket_state_t doze_lite_state(const anj_net_ctx_t *ctx);
extern const bool doze_lite_traffic_wakes; /* a send or recv ends SHUTDOWN */
extern const bool
    doze_lite_connect_registers; /* whoever called connect registers next, whatever became of the association */

/* ---- contexts ---- */

doze_result doze_lite_open(anj_net_ctx_t *ctx, const anj_net_config_t *config);
void doze_lite_close_down(anj_net_ctx_t *ctx);
anj_net_ctx_t *doze_lite_create_udp(const anj_net_config_t *config, doze_result *result);
int doze_lite_cleanup_udp(anj_net_ctx_t **ctx);

/* ---- verbs ---- */

int doze_lite_connect(anj_net_ctx_t *ctx, const char *hostname, const char *port);
int doze_lite_send_otherwise(anj_net_ctx_t *ctx, size_t *sent, const uint8_t *data, size_t size, doze_result result);
int doze_lite_recv_otherwise(anj_net_ctx_t *ctx, size_t *received, uint8_t *buffer, size_t capacity,
                             doze_result result);
int doze_lite_inner_mtu(anj_net_ctx_t *ctx, int32_t *out);

static inline int doze_lite_send(anj_net_ctx_t *ctx, size_t *sent, const uint8_t *data, size_t size) {
    doze_result result = doze_send(ctx->socket, data, size);
    if (result != DOZE_OK) {
        return doze_lite_send_otherwise(ctx, sent, data, size, result);
    }
    *sent = size;
    return ANJ_NET_OK;
}

static inline int doze_lite_recv(anj_net_ctx_t *ctx, size_t *received, uint8_t *buffer, size_t capacity) {
    doze_result result = doze_recv(ctx->socket, buffer, capacity, received);
    return result == DOZE_OK ? ANJ_NET_OK : doze_lite_recv_otherwise(ctx, received, buffer, capacity, result);
}

#endif
