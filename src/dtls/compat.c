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

/* A version, flags, and the session's size without the version that it has too, over which all that is written. */
enum { VERSION = 5, SESSION_AT = 3 + 4, SESSION_MAX = 255, IMAGE_MAX = 512 };

/* Behind the Connection IDs: bad MACs, window, packing, sequence number, MTU, ALPN. */
#if defined(MBEDTLS_SSL_ALPN)
enum { CONTEXT_END = 4 + 16 + 1 + 8 + 2 + 1, CONTEXT_FLAGS = 15 };
#else
enum { CONTEXT_END = 4 + 16 + 1 + 8 + 2, CONTEXT_FLAGS = 7 };
#endif

static unsigned char *write_bytes(unsigned char *out, const uint8_t *bytes, size_t size) {
    memcpy(out, bytes, size);
    return out + size;
}

uint64_t doze_tls_next_sequence(const mbedtls_ssl_context *ssl) {
    uint64_t value = 0;
    for (size_t i = 2; i < 8; i++) {
        value = value << 8 | ssl->MBEDTLS_PRIVATE(cur_out_ctr)[i];
    }
    return value;
}

static void set_next_sequence(mbedtls_ssl_context *ssl, uint64_t value) {
    ssl->MBEDTLS_PRIVATE(cur_out_ctr)[1] = 1; /* epoch */
    for (size_t i = 8; i-- > 2; value >>= 8) {
        ssl->MBEDTLS_PRIVATE(cur_out_ctr)[i] = (unsigned char)value;
    }
}

size_t doze_tls_capture(mbedtls_ssl_context *ssl, const uint8_t randoms[64], doze_tls_state *state) {
    size_t peer_size = 0;
    int has_cid = 0;
    if (mbedtls_ssl_get_peer_cid(ssl, &has_cid, state->cids, &peer_size) != 0) {
        return 0;
    }
    const mbedtls_ssl_session *session = ssl->MBEDTLS_PRIVATE(session);
    state->own_cid_size = has_cid == MBEDTLS_SSL_CID_ENABLED ? ssl->MBEDTLS_PRIVATE(own_cid_len) : 0;
    memcpy(state->cids + peer_size, ssl->MBEDTLS_PRIVATE(own_cid), state->own_cid_size);
    doze_tls_window(ssl, state->window);
    state->next_sequence = doze_tls_next_sequence(ssl);
    state->suite = (uint16_t)session->MBEDTLS_PRIVATE(ciphersuite);
    state->session_id_size = (uint8_t)session->MBEDTLS_PRIVATE(id_len);
    memcpy(state->session_id, session->MBEDTLS_PRIVATE(id), sizeof(state->session_id));
    memcpy(state->master, session->MBEDTLS_PRIVATE(master), sizeof(state->master));
    memcpy(state->randoms, randoms, sizeof(state->randoms));
    return DOZE_STATE_SIZE(peer_size + state->own_cid_size);
}

bool doze_tls_state_is_sound(const doze_tls_state *state, size_t size) {
    size_t peer_size = size - DOZE_STATE_SIZE(state->own_cid_size); /* huge where it would be negative */
    return state->session_id_size <= sizeof(state->session_id) && state->own_cid_size <= DOZE_CID_MAX &&
           peer_size <= MBEDTLS_SSL_CID_OUT_LEN_MAX;
}

void doze_tls_make_session(const doze_tls_state *state, mbedtls_ssl_session *session) {
    session->MBEDTLS_PRIVATE(tls_version) = MBEDTLS_SSL_VERSION_TLS1_2;
    session->MBEDTLS_PRIVATE(endpoint) = MBEDTLS_SSL_IS_CLIENT;
    session->MBEDTLS_PRIVATE(ciphersuite) = state->suite;
    session->MBEDTLS_PRIVATE(id_len) = state->session_id_size;
    memcpy(session->MBEDTLS_PRIVATE(id), state->session_id, sizeof(state->session_id));
    memcpy(session->MBEDTLS_PRIVATE(master), state->master, sizeof(state->master));
}

/* Around a session that is there already; what has a member of its own is left at 0. */
static const unsigned char *write_context(unsigned char *image, size_t session_size, const doze_tls_state *state,
                                          size_t peer_size) {
    unsigned char *p = image + SESSION_AT + session_size;
    memcpy(image, image + SESSION_AT, VERSION);
    memset(image + VERSION, 0, 3 + 4);
    image[VERSION + 2] = CONTEXT_FLAGS;
    image[VERSION + 3 + 3] = (unsigned char)(session_size - VERSION);
    p = write_bytes(p, state->randoms, sizeof(state->randoms));
    *p++ = state->own_cid_size;
    p = write_bytes(p, state->cids + peer_size, state->own_cid_size);
    *p++ = (unsigned char)peer_size;
    p = write_bytes(p, state->cids, peer_size);
    return p + CONTEXT_END;
}

int doze_tls_restore(mbedtls_ssl_context *ssl, const doze_tls_state *state, size_t size) {
    unsigned char image[IMAGE_MAX] = {0};
    size_t peer_size = size - DOZE_STATE_SIZE(state->own_cid_size);
    size_t session_size = 0;
    mbedtls_ssl_session *session = ssl->MBEDTLS_PRIVATE(session_negotiate);
    doze_tls_make_session(state, session);
    int error = mbedtls_ssl_session_save(session, image + SESSION_AT, SESSION_MAX, &session_size);
    if (error == 0 && size != DOZE_STATE_SIZE(0)) { /* not in the image, and needed when it is captured again */
        error = mbedtls_ssl_set_cid(ssl, MBEDTLS_SSL_CID_ENABLED, state->cids + peer_size, state->own_cid_size);
    }
    if (error == 0) {
        const unsigned char *end = write_context(image, session_size, state, peer_size);
        error = mbedtls_ssl_context_load(ssl, image, (size_t)(end - image));
    }
    ssl->MBEDTLS_PRIVATE(in_window_top) = state->window[0];
    ssl->MBEDTLS_PRIVATE(in_window) = state->window[1];
    set_next_sequence(ssl, state->next_sequence);
    mbedtls_platform_zeroize(image, sizeof(image));
    /* What PSA cannot do, Mbed TLS tells without the reason; here that can only be for want of memory. */
    return error == MBEDTLS_ERR_SSL_HW_ACCEL_FAILED ? MBEDTLS_ERR_SSL_ALLOC_FAILED : error;
}

doze_result doze_tls_result(int error) {
    static const struct {
        int16_t error;
        int16_t result;
    } table[] = {
        {DOZE_TLS_NO_NAME, DOZE_ERR_NAME},
        {DOZE_TLS_RANDOM_FAILED, DOZE_ERR_RANDOM},
        {MBEDTLS_ERR_SSL_TIMEOUT, DOZE_ERR_TIMEOUT},
        {MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, DOZE_ERR_ALERT},
        {MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, DOZE_ERR_CLOSED_BY_PEER},
        {MBEDTLS_ERR_SSL_COUNTER_WRAPPING, DOZE_ERR_EXHAUSTED},
        {MBEDTLS_ERR_SSL_ALLOC_FAILED, DOZE_ERR_NO_MEMORY},
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
            return (doze_result)table[i].result;
        }
    }
    return DOZE_ERR_HANDSHAKE;
}
