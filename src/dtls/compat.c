/* SPDX-License-Identifier: Apache-2.0 */
/* Mbed TLS's associations and sessions, inside. */
#include "dtls/compat.h"

#include <string.h>

#include <mbedtls/build_info.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509.h>

#if MBEDTLS_VERSION_NUMBER < 0x03060000
#error "doze needs Mbed TLS 3.6 or newer"
#endif
#if !defined(MBEDTLS_SSL_DTLS_CONNECTION_ID) || !defined(MBEDTLS_SSL_CONTEXT_SERIALIZATION)
#error "doze needs a Mbed TLS with MBEDTLS_SSL_DTLS_CONNECTION_ID and MBEDTLS_SSL_CONTEXT_SERIALIZATION"
#endif
#if defined(MBEDTLS_SSL_DTLS_CONNECTION_ID_COMPAT) && MBEDTLS_SSL_DTLS_CONNECTION_ID_COMPAT != 0
#error "doze needs the Connection ID of RFC 9146: leave MBEDTLS_SSL_DTLS_CONNECTION_ID_COMPAT at 0"
#endif
#if !defined(MBEDTLS_SSL_DTLS_ANTI_REPLAY)
#error "doze needs a Mbed TLS with MBEDTLS_SSL_DTLS_ANTI_REPLAY"
#endif

#define IS_4X (MBEDTLS_VERSION_NUMBER >= 0x04000000)

/* What the private members below are taken to be; a Mbed TLS that differs does not build. */
#define SIZE_OF(type, member) sizeof(((type *)0)->MBEDTLS_PRIVATE(member))
_Static_assert(SIZE_OF(mbedtls_ssl_session, master) == DOZE_MASTER_SECRET_SIZE, "the TLS 1.2 master secret");
_Static_assert(SIZE_OF(mbedtls_ssl_context, in_window_top) == 8, "the anti-replay window's top is 64 bits");
_Static_assert(SIZE_OF(mbedtls_ssl_context, in_window) == 8, "the anti-replay window is 64 bits");
_Static_assert(SIZE_OF(mbedtls_ssl_context, in_msg) == sizeof(unsigned char *), "in_msg points to the message");

void doze_tls_conf_tickets(mbedtls_ssl_config *tls, bool use) {
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    mbedtls_ssl_conf_session_tickets(tls,
                                     use ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#else
    (void)tls;
    (void)use;
#endif
}

int doze_tls_conf_fragment_length(mbedtls_ssl_config *tls, unsigned char code) {
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
    return mbedtls_ssl_conf_max_frag_len(tls, code);
#else
    (void)tls;
    return code == 0 ? 0 : MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
#endif
}

bool doze_tls_session_has_master(const mbedtls_ssl_session *session, const unsigned char *master) {
    return memcmp(session->MBEDTLS_PRIVATE(master), master, DOZE_MASTER_SECRET_SIZE) == 0;
}

int doze_tls_alert(const mbedtls_ssl_context *ssl) {
    return ssl->MBEDTLS_PRIVATE(in_msg)[1]; /* RFC 5246 section 7.2: level, description */
}

void doze_tls_window(const mbedtls_ssl_context *ssl, uint64_t window[2]) {
    window[0] = ssl->MBEDTLS_PRIVATE(in_window_top);
    window[1] = ssl->MBEDTLS_PRIVATE(in_window);
}

void doze_tls_forget_window(mbedtls_ssl_context *ssl) {
    ssl->MBEDTLS_PRIVATE(in_window_top) = 0;
    ssl->MBEDTLS_PRIVATE(in_window) = 0;
}

/* ---- an association's image: mbedtls_ssl_context_load() reads what mbedtls_ssl_context_save() would have written ---- */

_Static_assert(SIZE_OF(mbedtls_ssl_session, id) == 32, "a session ID has up to 32 bytes");
_Static_assert(SIZE_OF(mbedtls_ssl_context, cur_out_ctr) == 8, "epoch and sequence number of the next record");
_Static_assert(DOZE_CID_MAX <= MBEDTLS_SSL_CID_IN_LEN_MAX, "our Connection IDs fit");

enum { CONTEXT_HEADER = 8, VERSION_AND_SESSION_FLAGS = 5, IMAGE_MAX = 512 };

/* What mbedtls_ssl_context_save() says of the build: Connection ID, bad-MAC counter, anti-replay, ALPN. */
static uint8_t context_flags(void) {
    uint8_t flags = 1u << 0 | 1u << 1 | 1u << 2;
#if defined(MBEDTLS_SSL_ALPN)
    flags |= 1u << 3;
#endif
    return flags;
}

static uint64_t read_be(const unsigned char *in, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | in[i];
    }
    return value;
}

static unsigned char *write_be(unsigned char *out, uint64_t value, size_t size) {
    for (size_t i = size; i-- > 0; value >>= 8) {
        out[i] = (unsigned char)value;
    }
    return out + size;
}

static unsigned char *write_bytes(unsigned char *out, const uint8_t *bytes, size_t size) {
    memcpy(out, bytes, size);
    return out + size;
}

uint64_t doze_tls_next_sequence(const mbedtls_ssl_context *ssl) {
    return read_be(ssl->MBEDTLS_PRIVATE(cur_out_ctr) + 2, 6);
}

int doze_tls_capture(mbedtls_ssl_context *ssl, doze_tls_state *state) {
    const mbedtls_ssl_session *session = ssl->MBEDTLS_PRIVATE(session);
    unsigned char own[MBEDTLS_SSL_CID_IN_LEN_MAX];
    size_t own_size = 0;
    size_t peer_size = 0;
    int enabled = 0;
    if (session == NULL || mbedtls_ssl_get_peer_cid(ssl, &enabled, state->peer_cid, &peer_size) != 0) {
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    }
    state->has_cid = enabled == MBEDTLS_SSL_CID_ENABLED;
    if (state->has_cid && (mbedtls_ssl_get_own_cid(ssl, &enabled, own, &own_size) != 0 || own_size > DOZE_CID_MAX)) {
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    }
    memcpy(state->own_cid, own, own_size);
    state->own_cid_size = (uint8_t)own_size;
    state->peer_cid_size = (uint8_t)(state->has_cid ? peer_size : 0);
    doze_tls_window(ssl, state->window);
    state->next_sequence = doze_tls_next_sequence(ssl);
    state->suite = (uint16_t)mbedtls_ssl_get_ciphersuite_id_from_ssl(ssl);
    state->mtu = ssl->MBEDTLS_PRIVATE(mtu);
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
    state->fragment_length = session->MBEDTLS_PRIVATE(mfl_code);
#endif
    state->session_id_size = (uint8_t)session->MBEDTLS_PRIVATE(id_len);
    memcpy(state->session_id, session->MBEDTLS_PRIVATE(id), sizeof(state->session_id));
    memcpy(state->master, session->MBEDTLS_PRIVATE(master), sizeof(state->master));
    return 0;
}

void doze_tls_make_session(const doze_tls_state *state, mbedtls_ssl_session *session) {
    session->MBEDTLS_PRIVATE(tls_version) = MBEDTLS_SSL_VERSION_TLS1_2;
    session->MBEDTLS_PRIVATE(endpoint) = MBEDTLS_SSL_IS_CLIENT;
    session->MBEDTLS_PRIVATE(ciphersuite) = state->suite;
    session->MBEDTLS_PRIVATE(id_len) = state->session_id_size;
    memcpy(session->MBEDTLS_PRIVATE(id), state->session_id, sizeof(state->session_id));
    memcpy(session->MBEDTLS_PRIVATE(master), state->master, sizeof(state->master));
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
    session->MBEDTLS_PRIVATE(mfl_code) = state->fragment_length;
#endif
}

static int save_session(const doze_tls_state *state, unsigned char *out, size_t capacity, size_t *size) {
    mbedtls_ssl_session session;
    mbedtls_ssl_session_init(&session);
    doze_tls_make_session(state, &session);
    int error = mbedtls_ssl_session_save(&session, out, capacity, size);
    mbedtls_ssl_session_free(&session); /* zeroizes */
    return error;
}

/* Everything behind the session. */
static unsigned char *write_context(unsigned char *p, const doze_tls_state *state) {
    p = write_bytes(p, state->randoms, sizeof(state->randoms));
    *p++ = state->own_cid_size;
    p = write_bytes(p, state->own_cid, state->own_cid_size);
    *p++ = state->peer_cid_size;
    p = write_bytes(p, state->peer_cid, state->peer_cid_size);
    p = write_be(p, 0, 4); /* records with a bad MAC */
    p = write_be(p, state->window[0], 8);
    p = write_be(p, state->window[1], 8);
    *p++ = 0; /* datagram packing is not disabled */
    p = write_be(p, (uint64_t)1 << 48 | state->next_sequence, 8);
    p = write_be(p, state->mtu, 2);
#if defined(MBEDTLS_SSL_ALPN)
    *p++ = 0;
#endif
    return p;
}

int doze_tls_restore(mbedtls_ssl_context *ssl, const doze_tls_state *state) {
    unsigned char image[IMAGE_MAX];
    unsigned char *session = image + CONTEXT_HEADER + 4 - VERSION_AND_SESSION_FLAGS;
    size_t size = 0;
    int error = save_session(state, session, 256, &size);
    if (error == 0 && state->has_cid) { /* not in the image, and asked for when it is captured again */
        error = mbedtls_ssl_set_cid(ssl, MBEDTLS_SSL_CID_ENABLED, state->own_cid, state->own_cid_size);
    }
    if (error == 0) {
        unsigned char flags[VERSION_AND_SESSION_FLAGS];
        memcpy(flags, session, sizeof(flags)); /* both begin with these */
        unsigned char *p = write_bytes(image, flags, sizeof(flags));
        p = write_be(p, context_flags(), 3);
        (void)write_be(p, size - VERSION_AND_SESSION_FLAGS, 4); /* and there the session begins */
        const unsigned char *end = write_context(session + size, state);
        error = mbedtls_ssl_context_load(ssl, image, (size_t)(end - image));
    }
    mbedtls_platform_zeroize(image, sizeof(image));
    return error;
}

doze_result doze_tls_result(int error) {
    static const struct {
        int error;
        doze_result result;
    } table[] = {
        {DOZE_TLS_NO_NAME, DOZE_ERR_NAME},
        {DOZE_TLS_RANDOM_FAILED, DOZE_ERR_RANDOM},
        {MBEDTLS_ERR_SSL_TIMEOUT, DOZE_ERR_TIMEOUT},
        {MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, DOZE_ERR_ALERT},
        {MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, DOZE_ERR_CLOSED_BY_PEER},
        {MBEDTLS_ERR_SSL_COUNTER_WRAPPING, DOZE_ERR_EXHAUSTED},
        {MBEDTLS_ERR_SSL_ALLOC_FAILED, DOZE_ERR_NO_MEMORY},
        {MBEDTLS_ERR_SSL_HW_ACCEL_FAILED, DOZE_ERR_NO_MEMORY}, /* PSA could not: it says no more */
        {MBEDTLS_ERR_X509_ALLOC_FAILED, DOZE_ERR_NO_MEMORY},
        {MBEDTLS_ERR_PK_ALLOC_FAILED, DOZE_ERR_NO_MEMORY},
        {MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, DOZE_ERR_VERIFY},
        {MBEDTLS_ERR_SSL_BAD_CERTIFICATE, DOZE_ERR_VERIFY}, /* its key usage, for one */
        {MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED, DOZE_ERR_VERIFY},
#if !IS_4X
        {MBEDTLS_ERR_MPI_ALLOC_FAILED, DOZE_ERR_NO_MEMORY},
        {MBEDTLS_ERR_ECP_ALLOC_FAILED, DOZE_ERR_NO_MEMORY},
        {MBEDTLS_ERR_MD_ALLOC_FAILED, DOZE_ERR_NO_MEMORY},
        {MBEDTLS_ERR_CIPHER_ALLOC_FAILED, DOZE_ERR_NO_MEMORY},
#endif
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].error == error) {
            return table[i].result;
        }
    }
    return DOZE_ERR_HANDSHAKE;
}
