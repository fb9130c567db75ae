/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the test server share. */
#ifndef PEER_INTERNAL_H
#define PEER_INTERNAL_H

#include "peer.h"

/* peer_config.c: settings to Mbed TLS configuration. 0 or a Mbed TLS code. */
int peer_config_init(peer *p);
void peer_config_free(peer *p);

/* peer_sessions.c: resumption. */
int peer_sessions_init(peer *p);
void peer_sessions_free(peer *p);
void peer_sessions_watch(peer_association *a);

/* peer_cookie.c (RFC 6347 section 4.2.1), over the clock given instead of Mbed TLS's wall clock. */
int peer_cookie_init(peer *p);
mbedtls_ssl_cookie_write_t peer_cookie_write;
mbedtls_ssl_cookie_check_t peer_cookie_check;

/* peer_association.c */
peer_association *peer_association_create(peer *p, const doze_endpoint *address, const unsigned char random[32]);
void peer_association_end(peer_association *a, int error);
void peer_association_forget(peer *p, peer_association *a); /* as if it had never been */
void peer_associations_free(peer *p);
bool peer_association_timer_due(const peer_association *a);
int32_t peer_association_timer_left(const peer_association *a);

/* peer_drive.c: Mbed TLS driven with the datagram at hand, or by a timer. What peer_handshake() returns is
 * MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED, another error that ended the association, or 0 while it lives. */
int peer_handshake(peer *p, peer_association *a);
void peer_read(peer *p, peer_association *a);

/* peer_send.c */
mbedtls_ssl_send_t peer_bio_send;
mbedtls_ssl_recv_t peer_bio_recv;
bool peer_join(peer *p);
void peer_unjoin(peer *p, const doze_endpoint *to);

/* peer_records.c: record headers (RFC 6347 section 4.1, RFC 9146 section 4). */
typedef struct peer_record {
    uint8_t type;
    uint64_t number;          /* epoch and sequence number, as in the header */
    const unsigned char *cid; /* with type PEER_RECORD_CID */
    const unsigned char *start;
    size_t size; /* header included */
} peer_record;

enum { PEER_RECORD_CCS = 20, PEER_RECORD_ALERT = 21, PEER_RECORD_HANDSHAKE = 22, PEER_RECORD_CID = 25 };

/* The record at `data`; false when there is no whole one. `cid_size` is that of the datagram's receiver. */
bool peer_record_parse(const unsigned char *data, size_t size, size_t cid_size, peer_record *record);
bool peer_record_is_protected(const peer_record *record);
/* The client's random when `data` begins with a ClientHello in epoch 0, else NULL. */
const unsigned char *peer_client_hello_random(const unsigned char *data, size_t size);

/* peer_compat.c: what depends on how Mbed TLS was built, and its private members. */
int peer_compat_start(void);
void peer_compat_configure(peer *p);
int peer_compat_alert(const mbedtls_ssl_context *ssl); /* the description of the fatal alert just received */
int peer_compat_hello_request(mbedtls_ssl_context *ssl);
typedef int peer_fill(void *context, unsigned char *out, size_t size);
/* From 4.x on Mbed TLS has a random source of its own, and `fill` is not asked. */
void peer_compat_conf_random(mbedtls_ssl_config *config, peer_fill *fill, void *context);
int peer_compat_parse_key(mbedtls_pk_context *pk, const unsigned char *data, size_t size, peer_fill *fill,
                          void *context);
int peer_compat_parse_key_file(mbedtls_pk_context *pk, const char *name, peer_fill *fill, void *context);
int peer_compat_set_up_tickets(peer *p, uint32_t lifetime);
int peer_compat_mac(const unsigned char key[32], const unsigned char *data, size_t size, unsigned char mac[32]);
const unsigned char *peer_compat_session_master(const mbedtls_ssl_session *session);

/* peer.c: others give up the address of `a`, as peer_known_address says. */
void peer_take_over_address(peer *p, peer_association *a);
bool peer_same_endpoint(const doze_endpoint *x, const doze_endpoint *y);

#endif
