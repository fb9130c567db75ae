/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that differs between versions and builds of Mbed TLS, and every private member of its public structures
 * that doze relies on, is behind these functions and nowhere else. They return 0 or a Mbed TLS error. */
#ifndef DOZE_DTLS_COMPAT_H
#define DOZE_DTLS_COMPAT_H

#include <stddef.h>

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>

#include "doze/dtls.h"

#define DOZE_MASTER_SECRET_SIZE 48
#define DOZE_TLS_NO_NAME        (-0x5D80) /* what 3.6.3 calls …_CERTIFICATE_VERIFICATION_WITHOUT_HOSTNAME */
#define DOZE_TLS_RANDOM_FAILED  (-0x003C) /* what 3.x calls MBEDTLS_ERR_ENTROPY_SOURCE_FAILED */

/* Whether keys may be held by a PSA provider. */
bool doze_tls_has_psa_keys(void);
int doze_tls_begin(void);

/* `random` must outlive `tls`. From 4.x on Mbed TLS has a random source of its own, and this one is not asked. */
void doze_tls_conf_random(mbedtls_ssl_config *tls, const doze_random *random);
/* The longest pre-shared key that this Mbed TLS takes, in bytes. */
size_t doze_tls_psk_max(void);
int doze_tls_conf_psk(mbedtls_ssl_config *tls, const doze_psk *psk);
int doze_tls_conf_fragment_length(mbedtls_ssl_config *tls, unsigned char code);
void doze_tls_conf_tickets(mbedtls_ssl_config *tls, bool use);

/* What Mbed TLS calls for random bytes: it takes the context without const, and `doze_tls_fill` gives that back. */
static inline int doze_tls_fill(void *context, unsigned char *out, size_t size) {
    const doze_random *random = context;
    return random->fill(random->context, out, size) == 0 ? 0 : DOZE_TLS_RANDOM_FAILED;
}
static inline void *doze_tls_unconst(const doze_random *random) {
    union {
        const doze_random *in;
        void *out;
    } cast = {.in = random};
    return cast.out;
}

/* compat_pk.c */
int doze_tls_pk_parse(mbedtls_pk_context *pk, const unsigned char *data, size_t size, const doze_random *random);
int doze_tls_pk_from_psa(mbedtls_pk_context *pk, uint32_t key);
/* Whether `pk` is a P-256 key that can sign, or, of a certificate, verify. */
bool doze_tls_pk_signs(const mbedtls_pk_context *pk);
bool doze_tls_pk_verifies(const mbedtls_pk_context *pk);
int doze_tls_pk_check_pair(const mbedtls_pk_context *public_key, const mbedtls_pk_context *private_key,
                           const doze_random *random);

/* Whether the session has this master secret: there is no public way to ask if a handshake was abbreviated. */
bool doze_tls_session_has_master(const mbedtls_ssl_session *session, const unsigned char *master);

/* The description of the fatal alert that was just read. */
int doze_tls_alert(const mbedtls_ssl_context *ssl);

/* The anti-replay window: the highest sequence number and a bit for each of the 64 up to it. */
void doze_tls_window(const mbedtls_ssl_context *ssl, uint64_t window[2]);

/* Lets in whatever comes next: in epoch 0, where anybody can send any number, the window keeps out only the server. */
void doze_tls_forget_window(mbedtls_ssl_context *ssl);

/* Of the next record that is sent; the epoch is left out. */
uint64_t doze_tls_next_sequence(const mbedtls_ssl_context *ssl);

/* What an association is made of, apart from constants, as it lies in an image and in the store: numbers as this
 * processor has them, no gaps, and of `cids` only as much as its size says. */
typedef struct doze_tls_state {
    uint64_t window[2];
    uint64_t next_sequence; /* of what we send next; the epoch is always 1 */
    uint16_t suite;
    uint8_t session_id_size;
    uint8_t own_cid_size;
    uint8_t session_id[32];
    uint8_t master[DOZE_MASTER_SECRET_SIZE];
    uint8_t randoms[64];
    uint8_t cids[MBEDTLS_SSL_CID_OUT_LEN_MAX + DOZE_CID_MAX]; /* the peer's, and behind it ours */
} doze_tls_state;
#define DOZE_STATE_SIZE(of_cids) (offsetof(doze_tls_state, cids) + (of_cids))
#define DOZE_STATE_SIZE_MAX      DOZE_STATE_SIZE(MBEDTLS_SSL_CID_OUT_LEN_MAX + DOZE_CID_MAX)
_Static_assert(DOZE_STATE_SIZE(0) == 2 * 8 + 8 + 2 + 1 + 1 + 32 + DOZE_MASTER_SECRET_SIZE + 64, "there are no gaps");

/* Reads it off an association, which goes on, also where mbedtls_ssl_context_save() refuses: right after an
 * abbreviated handshake. Its size; 0: this is none. */
size_t doze_tls_capture(mbedtls_ssl_context *ssl, const uint8_t randoms[64], doze_tls_state *state);
/* Whether it can be one of that size: to be asked of what comes from outside. */
bool doze_tls_state_is_sound(const doze_tls_state *state, size_t size);
/* Makes `ssl`, fresh from mbedtls_ssl_setup(), that association, but for its MTU. */
int doze_tls_restore(mbedtls_ssl_context *ssl, const doze_tls_state *state, size_t size);

/* Makes `session`, initialized, the one of that association, without its ticket and the peer's certificate. */
void doze_tls_make_session(const doze_tls_state *state, mbedtls_ssl_session *session);

/* ---- sealing ---- */

#define DOZE_MAC_SIZE   32
#define DOZE_NONCE_SIZE 12
#define DOZE_TAG_SIZE   16

/* Makes `mac`, which is the key, the HMAC-SHA-256 (RFC 2104) of `data`. */
int doze_tls_mac(uint8_t mac[DOZE_MAC_SIZE], const void *data, size_t size);

/* AES-128-CCM (RFC 3610): `about` is authenticated and not encrypted. */
typedef struct doze_seal {
    const uint8_t *key;   /* DOZE_SEAL_KEY_SIZE bytes */
    const uint8_t *nonce; /* DOZE_NONCE_SIZE bytes */
    const uint8_t *about;
    size_t about_size;
} doze_seal;

/* Seals `data` in place or opens it: `size` bytes and, behind them, DOZE_TAG_SIZE for the tag. Any error of opening: it is
 * not what was sealed. */
int doze_tls_seal(const doze_seal *seal, bool open, uint8_t *data, size_t size);

/* The one table of Mbed TLS's errors. */
doze_result doze_tls_result(int error);

#endif
