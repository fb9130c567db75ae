/* SPDX-License-Identifier: Apache-2.0 */
/* How the files of the DTLS wrapper know each other. Arrows point down this list:
 * dtls.c (verbs), options.c > handshake.c, records.c > association.c > bio.c (datagrams) > compat.c (Mbed TLS);
 * config.c, x509.c and key_log.c stand beside. */
#ifndef DOZE_DTLS_INTERNAL_H
#define DOZE_DTLS_INTERNAL_H

#include "doze/dtls.h"

/* `socket` is the first member of a doze_dtls. */
static inline doze_dtls *doze_dtls_of(doze_socket *socket) {
    return (doze_dtls *)socket;
}
static inline const doze_dtls *doze_dtls_of_const(const doze_socket *socket) {
    return (const doze_dtls *)socket;
}

/* ---- association.c: what is kept ---- */

bool doze_dtls_same_peer(const doze_dtls *dtls, const char *host, uint16_t port);
/* Whether the association works over the lower socket as it is now. */
/* Tells the lower socket, asleep, that the association is known at the port from before. */
void doze_dtls_want_old_port(doze_dtls *dtls);
/* What the peer's silence or answer says of its address. */
void doze_dtls_doubt_peer(doze_dtls *dtls, bool doubt);
bool doze_dtls_path_fits(const doze_dtls *dtls);
void doze_dtls_note_path(doze_dtls *dtls);
/* Takes the session out of the association, to offer it later; without memory there is none to offer. */
void doze_dtls_keep_session(doze_dtls *dtls);
void doze_dtls_drop_session(doze_dtls *dtls);
void doze_dtls_drop_association(doze_dtls *dtls);
doze_result doze_dtls_put_aside(doze_dtls *dtls);
void doze_dtls_take_back(doze_dtls *dtls);
void doze_dtls_drop_aside(doze_dtls *dtls);
/* The association is over, for the reason `result`, which every send and recv will tell. */
doze_result doze_dtls_end(doze_dtls *dtls, doze_result result, int cause);

/* ---- handshake.c ---- */

doze_result doze_dtls_begin_handshake(doze_dtls *dtls);
doze_result doze_dtls_continue_handshake(doze_dtls *dtls);
void doze_dtls_abandon_handshake(doze_dtls *dtls);
int32_t doze_dtls_timer_left(const doze_dtls *dtls);
bool doze_dtls_timers_fit(uint32_t timer_min, uint32_t timer_max);
void doze_dtls_refresh_mtu(doze_dtls *dtls);
/* Mbed TLS counts its timer in units of the first retransmission, as doubled by it; doze makes time of it. */
#define DOZE_TIMER_UNITS_MAX 0x40000000u

/* ---- records.c ---- */

doze_result doze_dtls_send(doze_socket *socket, const void *data, size_t size);
doze_result doze_dtls_recv(doze_socket *socket, void *buffer, size_t capacity, size_t *size);
void doze_dtls_say_goodbye(doze_dtls *dtls);

/* ---- bio.c: what Mbed TLS sends and receives through; `context` is the doze_dtls ---- */

int doze_dtls_bio_send(void *context, const unsigned char *data, size_t size);
int doze_dtls_bio_recv(void *context, unsigned char *buffer, size_t capacity);
/* To be called before anything that reads: reading ends when there is no more, or at the budget of one verb. */
void doze_dtls_begin_reading(doze_dtls *dtls);
/* Whether reading would go on although the lower socket says nothing new. */
bool doze_dtls_has_pending(const doze_dtls *dtls);
uint32_t doze_dtls_refusals(doze_dtls *dtls); /* that the lower socket has met */
void doze_dtls_note_hint(doze_dtls *dtls, doze_result hint, int detail);

/* No record is sent with a sequence number from here on (RFC 6347 section 4.1 forbids to wrap). */
#define DOZE_SEQUENCE_LIMIT ((UINT64_C(1) << 48) - (UINT64_C(1) << 16))

/* ---- options.c ---- */

doze_result doze_dtls_get_option(doze_socket *socket, doze_option option, int64_t *value);
doze_result doze_dtls_set_option(doze_socket *socket, doze_option option, int64_t value);

/* ---- key_log.c or key_log_off.c ---- */

bool doze_key_log_supported(void);
void doze_key_log_write(const doze_key_log *log, const unsigned char client_random[32], const unsigned char *master);

/* ---- x509.c: reached through these, so that a client without certificates links none of it ---- */

struct doze_x509_hooks {
    int (*configure)(const struct doze_x509 *x509, mbedtls_ssl_config *tls);
    /* Sets what is to be checked of a handshake with `host`. */
    int (*prepare)(const struct doze_x509 *x509, doze_dtls *dtls, const char *host);
};
/* The hooks are the first member, and the rest of the structure needs a Mbed TLS with X.509. */
static inline const struct doze_x509_hooks *doze_x509_hooks_of(const struct doze_x509 *x509) {
    return *(const struct doze_x509_hooks *const *)(const void *)x509;
}

#endif
