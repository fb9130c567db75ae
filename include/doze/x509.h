/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for DTLS: P-256 ECDSA, a chain of trust, LwM2M certificate usages. How long they are valid is checked by
 * Mbed TLS against the host's own wall clock (MBEDTLS_HAVE_TIME_DATE); a build without it lets expired ones pass. */
#ifndef DOZE_X509_H
#define DOZE_X509_H

#include <mbedtls/pk.h>
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>

#include "doze/dtls.h"

#ifdef __cplusplus
extern "C" {
#endif

/* LwM2M Security Object /0/x/15, as RFC 6698 section 2.1.1. */
typedef enum doze_usage {
    DOZE_USAGE_CA_CONSTRAINT = 0,      /* the chain validates, and contains this CA */
    DOZE_USAGE_SERVICE_CONSTRAINT = 1, /* the chain validates, and ends in this server certificate */
    DOZE_USAGE_TRUST_ANCHOR = 2,       /* the chain validates up to this CA, whatever `trust` has; known by its hash,
                                          it must be in what the server sends, which roots often are not */
    DOZE_USAGE_DOMAIN_ISSUED = 3,      /* it is this server certificate; nothing else is checked */
} doze_usage;

/* How `pinned` names a certificate: RFC 6698 section 2.1.3, and LwM2M for SHA-384. */
typedef enum doze_matching {
    DOZE_MATCH_EXACT = 0, /* the certificate itself, PEM or DER */
    DOZE_MATCH_SHA256 = 1,
    DOZE_MATCH_SHA384 = 2,
    DOZE_MATCH_SHA512 = 3,
} doze_matching;

/* Certificates and keys are PEM (with or without a terminating zero) or DER; zero everywhere means "none". */
typedef struct doze_x509_settings {
    doze_random random; /* required: to check that the key belongs to the certificate */

    doze_bytes trust; /* CA certificates; needed unless `usage` is 2 or 3 with `pinned` */
    doze_bytes crl;   /* certificate revocation lists */

    doze_bytes certificate; /* ours, followed by its intermediates; none: the server gets none */
    /* Our private key, one of three. */
    doze_bytes key;
    uint32_t psa_key;       /* a psa_key_id_t; as in doze_psk */
    mbedtls_pk_context *pk; /* the caller's, for example in a secure element; must outlive this */

    doze_bytes pinned; /* the certificate, or its hash, that `usage` and `matching` speak of */
    doze_usage usage;
    doze_matching matching;

    const char *
        server_name; /* checked and sent as SNI (RFC 6066 section 3) instead of the host given to connect; not copied */
    bool any_server_name; /* yes, really: accept a trusted certificate whatever name it has */
} doze_x509_settings;

/* Members are private. */
typedef struct doze_x509 {
    const struct doze_x509_hooks *hooks; /* first: see src/dtls/internal.h */
    struct doze_x509 *self;
    mbedtls_x509_crt trust;
    mbedtls_x509_crl crl;
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
    mbedtls_pk_context *key_in_use;
    uint8_t pinned[64]; /* hash; for an exact match, the SHA-256 of the certificate */
    uint8_t pinned_size;
    uint8_t usage;
    uint8_t matching;
    bool any_server_name;
    bool has_secret;    /* the digest has, as the private key is in it */
    uint8_t digest[32]; /* of all that was given */
    const char *server_name;
} doze_x509;

/* Must outlive every configuration that has it. DOZE_ERR_CERTIFICATE, DOZE_ERR_CRL, DOZE_ERR_KEY: malformed, or not P-256 ECDSA;
 * DOZE_ERR_KEY_MISMATCH; DOZE_ERR_CONFIG: nothing to trust, contradictory values; DOZE_ERR_NAME: an empty name without
 * `any_server_name`; DOZE_ERR_RANDOM: PSA cannot begin. After an error there is nothing to deinit. */
doze_result doze_x509_init(doze_x509 *x509, const doze_x509_settings *settings);
void doze_x509_deinit(doze_x509 *x509);

#ifdef __cplusplus
}
#endif
#endif
