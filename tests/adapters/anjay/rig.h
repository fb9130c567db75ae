/* SPDX-License-Identifier: Apache-2.0 */
/* A server of real Mbed TLS and a client through the adapter, over the loopback. What the adapter waits for happens in
 * poll(), which is the rig's own, as is the clock: the server works there, and time passes there alone, and at once. */
#ifndef RIG_H
#define RIG_H

#include <avsystem/commons/avs_net.h>
#include <avsystem/commons/avs_socket_v_table.h>

#include "adapters/anjay/avs_private.h"
#include "doze/anjay.h"
#include "doze/doze.h"
#include "peer/peer_udp.h"

#define RIG_IDENTITY    "anjay-device"
#define RIG_BUFFER_SIZE 1024 /* what Anjay has for a session */

typedef struct rig {
    peer_udp server;
    bool server_open;
    int echo; /* a plain UDP server, -1: none */
    uint16_t echo_port;
    avs_net_resolved_endpoint_t endpoint;
    unsigned char session[RIG_BUFFER_SIZE];
    avs_net_ssl_configuration_t config; /* what rig_dtls() uses; PSK, Connection ID and session buffer from the start */
    avs_net_socket_t *socket;
} rig;

/* A CMocka test whose state is a rig. */
int rig_set_up(void **state);
int rig_tear_down(void **state);
#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

/* A server with PSK; with a certificate of that name (NULL: PSK). `settings` NULL: nothing different. */
void rig_serve(rig *r, const peer_settings *settings, const char *certificate);
void rig_serve_plain(rig *r); /* echoes what it gets */
void rig_dtls(rig *r);        /* makes `socket` */
void rig_udp(rig *r, const avs_net_socket_configuration_t *configuration);
void rig_drop(rig *r); /* cleans `socket` up */

/* The server's port, as text. */
const char *rig_port(const rig *r);
uint64_t rig_now(void);
void rig_pass(uint64_t ms);

/* ---- avs_net's functions, by way of the socket's table ---- */

avs_error_t rig_connect(rig *r);
avs_error_t rig_connect_to(rig *r, const char *host, const char *port);
avs_error_t rig_bind(rig *r, const char *address, const char *port);
avs_error_t rig_send(rig *r, const void *data, size_t size);
avs_error_t rig_receive(rig *r, void *buffer, size_t capacity, size_t *size);
avs_error_t rig_shutdown(rig *r);
avs_error_t rig_close(rig *r);
avs_net_socket_state_t rig_state(rig *r);
bool rig_flag(rig *r, avs_net_socket_opt_key_t key);
avs_error_t rig_get(rig *r, avs_net_socket_opt_key_t key, avs_net_socket_opt_value_t *value);
avs_error_t rig_set(rig *r, avs_net_socket_opt_key_t key, avs_net_socket_opt_value_t value);
void rig_exchange(rig *r, const char *message); /* a confirmable message of CoAP's goes there and comes back */
const avs_net_socket_v_table_t *rig_table(const rig *r);

#define assert_ok(error)          rig_assert_error(error, AVS_OK, #error, __FILE__, __LINE__)
#define assert_errno(error, code) rig_assert_error(error, avs_errno(code), #error, __FILE__, __LINE__)
void rig_assert_error(avs_error_t is, avs_error_t wanted, const char *what, const char *file, int line);

/* ---- of the stand-in SDK ---- */

avs_crypto_prng_ctx_t *rig_prng(bool fails);
unsigned rig_prng_draws(void);

/* The allocation of that number from now on fails, once; 0: none. */
void rig_fail_allocation(unsigned number);

/* A file of the test credentials, whole, for the length of the program; "root.pem". */
avs_crypto_security_info_union_t rig_file(const char *name);   /* its name */
avs_crypto_security_info_union_t rig_buffer(const char *name); /* its bytes */
avs_crypto_security_info_union_t rig_bytes(const void *data, size_t size);

#endif
