/* SPDX-License-Identifier: Apache-2.0 */
/* What LwM2M's certificate usages (RFC 6698 section 2.1.1) add to Mbed TLS's own verification. */
#include <string.h>

#include "dtls/internal.h"
#include "dtls/x509.h"

#define REJECTED MBEDTLS_X509_BADCERT_OTHER

static bool is_pinned(const doze_x509 *x509, const mbedtls_x509_crt *certificate) {
    uint8_t hash[64];
    size_t size = x509->pinned_size == 0 ? 0 : doze_x509_hash(certificate, x509->matching, hash);
    return size != 0 && size == x509->pinned_size && memcmp(hash, x509->pinned, size) == 0;
}

static bool has_address(const mbedtls_x509_crt *certificate, const doze_endpoint *peer) {
    size_t size = peer->family == DOZE_FAMILY_IPV4 ? 4 : 16;
    const mbedtls_x509_sequence *name = &certificate->subject_alt_names;
    for (; name != NULL; name = name->next) {
        bool is_address = (name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == MBEDTLS_X509_SAN_IP_ADDRESS;
        if (is_address && name->buf.len == size && memcmp(name->buf.p, peer->address, size) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t check_name(const doze_dtls *dtls, const doze_x509 *x509, const mbedtls_x509_crt *leaf, uint32_t flags) {
    doze_endpoints ends;
    if (x509->any_server_name) {
        return flags & ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    doze_get_endpoints(dtls->lower, &ends);
    bool by_address = x509->server_name == NULL && doze_host_is_address(ends.hostname);
    return by_address && !has_address(leaf, &ends.remote) ? flags | MBEDTLS_X509_BADCERT_CN_MISMATCH : flags;
}

/* The end of the chain that the server sent. That it leads nowhere is no fault while its trust anchor, known by hash,
 * may still be found in it; a bad signature is never told on this certificate, but on the one that it signed. */
static uint32_t begin_chain(doze_dtls *dtls, const doze_x509 *x509, uint32_t flags) {
    bool by_hash = x509->usage == DOZE_USAGE_TRUST_ANCHOR && x509->matching != DOZE_MATCH_EXACT;
    dtls->live->chain_begun = true;
    dtls->live->pin_matched = false;
    dtls->live->chain_untrusted = by_hash && x509->pinned_size != 0 && (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0;
    return dtls->live->chain_untrusted ? flags & ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED : flags;
}

static uint32_t decide(const doze_dtls *dtls, const doze_x509 *x509, const mbedtls_x509_crt *leaf, uint32_t flags) {
    bool pinned = x509->pinned_size != 0;
    if (pinned && !dtls->live->pin_matched) {
        flags |= REJECTED | (dtls->live->chain_untrusted ? MBEDTLS_X509_BADCERT_NOT_TRUSTED : 0);
    }
    if (pinned && x509->usage == DOZE_USAGE_DOMAIN_ISSUED) {
        return dtls->live->pin_matched ? 0 : flags;
    }
    return check_name(dtls, x509, leaf, flags);
}

/* Called from the end of the chain down to the server's certificate, which is depth 0. */
int doze_x509_verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
    doze_dtls *dtls = context;
    const doze_x509 *x509 = dtls->config->x509;
    bool by_leaf = x509->usage == DOZE_USAGE_SERVICE_CONSTRAINT || x509->usage == DOZE_USAGE_DOMAIN_ISSUED;
    if (!dtls->live->chain_begun) {
        *flags = begin_chain(dtls, x509, *flags);
    }
    if (by_leaf == (depth == 0) && is_pinned(x509, certificate)) {
        dtls->live->pin_matched = true;
    }
    if (depth == 0) {
        *flags = decide(dtls, x509, certificate, *flags);
        dtls->live->chain_begun = false;
    } else if (x509->pinned_size != 0 && x509->usage == DOZE_USAGE_DOMAIN_ISSUED) {
        *flags = 0; /* only the server's certificate counts */
    }
    return 0;
}
