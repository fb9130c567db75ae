/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of certificates; a build without X.509 leaves this out. */
#include "dtls/compat.h"

#include <mbedtls/build_info.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>

#define IS_4X (MBEDTLS_VERSION_NUMBER >= 0x04000000)

#if IS_4X || defined(MBEDTLS_USE_PSA_CRYPTO)
#define HAS_PSA 1
#else
#define HAS_PSA 0
#endif

#if IS_4X

int doze_tls_pk_parse(mbedtls_pk_context *pk, const unsigned char *data, size_t size, const doze_random *random) {
    (void)random;
    return mbedtls_pk_parse_key(pk, data, size, NULL, 0);
}

int doze_tls_pk_check_pair(const mbedtls_pk_context *public_key, const mbedtls_pk_context *private_key,
                           const doze_random *random) {
    (void)random;
    return mbedtls_pk_check_pair(public_key, private_key);
}

int doze_tls_pk_from_psa(mbedtls_pk_context *pk, uint32_t key) {
    return mbedtls_pk_wrap_psa(pk, (mbedtls_svc_key_id_t)key);
}

#else

int doze_tls_pk_parse(mbedtls_pk_context *pk, const unsigned char *data, size_t size, const doze_random *random) {
    return mbedtls_pk_parse_key(pk, data, size, NULL, 0, doze_tls_fill, doze_tls_unconst(random));
}

int doze_tls_pk_check_pair(const mbedtls_pk_context *public_key, const mbedtls_pk_context *private_key,
                           const doze_random *random) {
    return mbedtls_pk_check_pair(public_key, private_key, doze_tls_fill, doze_tls_unconst(random));
}

int doze_tls_pk_from_psa(mbedtls_pk_context *pk, uint32_t key) {
#if HAS_PSA
    return mbedtls_pk_setup_opaque(pk, (mbedtls_svc_key_id_t)key);
#else
    (void)pk;
    (void)key;
    return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
#endif
}

#endif

#if defined(MBEDTLS_PSA_CRYPTO_CLIENT)

static bool is_p256(const mbedtls_pk_context *pk, psa_key_usage_t usage) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    bool known = mbedtls_pk_get_psa_attributes(pk, usage, &attributes) == 0;
    psa_key_type_t type = psa_get_key_type(&attributes);
    bool fits = known && psa_get_key_bits(&attributes) == 256 && PSA_KEY_TYPE_IS_ECC(type) &&
                PSA_KEY_TYPE_ECC_GET_FAMILY(type) == PSA_ECC_FAMILY_SECP_R1;
    psa_reset_key_attributes(&attributes);
    return fits;
}

bool doze_tls_pk_signs(const mbedtls_pk_context *pk) {
    return is_p256(pk, PSA_KEY_USAGE_SIGN_HASH);
}

bool doze_tls_pk_verifies(const mbedtls_pk_context *pk) {
    return is_p256(pk, PSA_KEY_USAGE_VERIFY_HASH);
}

#else

bool doze_tls_pk_verifies(const mbedtls_pk_context *pk) {
    return mbedtls_pk_can_do(pk, MBEDTLS_PK_ECDSA) &&
           mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(*pk)) == MBEDTLS_ECP_DP_SECP256R1;
}

/* That it has a private part shows when it is compared with the certificate's. */
bool doze_tls_pk_signs(const mbedtls_pk_context *pk) {
    return doze_tls_pk_verifies(pk);
}

#endif
