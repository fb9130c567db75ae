/* SPDX-License-Identifier: Apache-2.0 */
/* A connection as Anjay Lite 1.0.0-beta.1 has it, over UDP or DTLS: calls are repeated as long as they say EAGAIN. */
#ifndef BETA_H
#define BETA_H

#include <anj/compat/net/anj_net_api.h>

#include <anj/compat/net/anj_dtls.h>
#include <anj/compat/net/anj_udp.h>

#include "doze/anjay_lite.h"
#include "far_end.h"

/* The functions that both have. */
typedef struct beta_functions {
    anj_net_get_system_socket_t *system_socket;
    anj_net_cleanup_ctx_t *cleanup;
    anj_net_connect_t *connect;
    anj_net_send_t *send;
    anj_net_recv_t *recv;
    anj_net_shutdown_t *shutdown;
    anj_net_close_t *close;
    anj_net_reuse_last_port_t *reuse_last_port;
    anj_net_get_bytes_received_t *bytes_received;
    anj_net_get_bytes_sent_t *bytes_sent;
    anj_net_get_inner_mtu_t *mtu;
    anj_net_get_state_t *state;
    bool secure;
} beta_functions;

extern const beta_functions beta_udp;
extern const beta_functions beta_dtls;

typedef struct beta {
    const beta_functions *f;
    far_end far;
    anj_net_ctx_t *ctx;
} beta;

avs_crypto_security_info_union_t beta_in_buffer(const void *data, size_t size);
anj_net_config_t beta_psk_config(void);
void beta_start(beta *b, const beta_functions *f, const anj_net_config_t *config,
                const far_end_order *order); /* NULL: psk, nothing different */
void beta_stop(beta *b);
anj_net_socket_state_t beta_state(const beta *b);
int beta_connect(beta *b);
int beta_send(beta *b, const char *text);
void beta_exchange(beta *b, const char *text);
void beta_connect_well(beta *b);     /* and a message each way */
void beta_begin_queue_mode(beta *b); /* as Anjay Lite does: shutdown, close */
uint16_t beta_port(const beta *b);
unsigned beta_handshakes(const beta *b);

#endif
