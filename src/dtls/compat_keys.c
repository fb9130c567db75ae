/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-shared keys and randomness. */
#include "dtls/compat.h"

#include <mbedtls/build_info.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>

#define IS_4X (MBEDTLS_VERSION_NUMBER >= 0x04000000)

#if IS_4X || defined(MBEDTLS_USE_PSA_CRYPTO)
#define HAS_PSA 1
#else
#define HAS_PSA 0
#endif

bool doze_tls_has_psa_keys(void) {
    return HAS_PSA;
}

int doze_tls_begin(void) {
#if HAS_PSA
    return (int)psa_crypto_init();
#else
    return 0;
#endif
}

#if IS_4X

void doze_tls_conf_random(mbedtls_ssl_config *tls, const doze_random *random) {
    (void)tls;
    (void)random;
}

#else

void doze_tls_conf_random(mbedtls_ssl_config *tls, const doze_random *random) {
    mbedtls_ssl_conf_rng(tls, doze_tls_fill, doze_tls_unconst(random));
}

#endif

size_t doze_tls_psk_max(void) {
    return MBEDTLS_PSK_MAX_LEN;
}

#if HAS_PSA
static bool psa_has_key(uint32_t key) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    bool has = psa_get_key_attributes((mbedtls_svc_key_id_t)key, &attributes) == PSA_SUCCESS;
    psa_reset_key_attributes(&attributes);
    return has;
}
#endif

int doze_tls_conf_psk(mbedtls_ssl_config *tls, const doze_psk *psk) {
#if HAS_PSA
    if (psk->psa_key != 0 && !psa_has_key(psk->psa_key)) {
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    }
    if (psk->psa_key != 0) {
        return mbedtls_ssl_conf_psk_opaque(tls, (mbedtls_svc_key_id_t)psk->psa_key, psk->identity.data,
                                           psk->identity.size);
    }
#endif
    return mbedtls_ssl_conf_psk(tls, psk->key.data, psk->key.size, psk->identity.data, psk->identity.size);
}
