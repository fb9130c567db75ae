/* SPDX-License-Identifier: Apache-2.0 */
/* A DTLS connection as Anjay Lite 3.0.0 has it: calls that are repeated for as long as they say EINPROGRESS. */
#ifndef LITE_H
#define LITE_H

#include <anj/compat/net/anj_dtls.h>
#include <anj/compat/net/anj_net_api.h>

#include "doze/anjay_lite.h"
#include "far_end.h"

typedef struct lite {
    far_end far;
    anj_net_ctx_t *ctx;
} lite;

anj_net_config_t lite_psk_config(void);

/* A far end, and a context that is not connected yet. */
void lite_start(lite *l, const far_end_order *order, const anj_net_config_t *config);
void lite_stop(lite *l); /* with a goodbye, unless the context was cleaned up before */

int lite_connect(lite *l);
int lite_send(lite *l, const char *text);
int lite_recv(lite *l, char *answer, size_t capacity, size_t *size); /* until there is something */
void lite_exchange(lite *l, const char *text);                       /* sends, and gets the same back */

anj_net_socket_state_t lite_state(lite *l);
uint16_t lite_port(const lite *l); /* the local one */
int64_t lite_option(lite *l, doze_option option);
unsigned lite_handshakes(const lite *l); /* that the server has seen */

/* ---- what most tests begin with ---- */

/* A CMocka test whose state is the memory of a lite. */
int lite_set_up(void **state);
int lite_tear_down(void **state);
lite *lite_begin(void **state, const far_end_order *order);     /* with a pre-shared key, not connected */
lite *lite_connected(void **state, const far_end_order *order); /* and a message each way */
void lite_fall_asleep(lite *l);                                 /* the receiver off, and nothing on the wire */
void lite_be_impatient(lite *l);                                /* handshakes fail within 100 ms */
void lite_register_again(lite *l); /* as Anjay Lite does at any error: close, connect, Register; without a handshake */

#endif
