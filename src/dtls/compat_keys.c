/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and what is made with them. */
#include "dtls/compat.h"

#include <string.h>

#include <mbedtls/build_info.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>

#define IS_4X (MBEDTLS_VERSION_NUMBER >= 0x04000000)

#if IS_4X || defined(MBEDTLS_USE_PSA_CRYPTO)
#define HAS_PSA 1
#else
#define HAS_PSA 0
#endif

#if !IS_4X && defined(MBEDTLS_CCM_C)
#include <mbedtls/ccm.h>
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

static int fill(void *context, unsigned char *out, size_t size) {
    const doze_random *random = context;
    return random->fill(random->context, out, size) == 0 ? 0 : DOZE_TLS_RANDOM_FAILED;
}

/* Mbed TLS takes the context of its random callback without const; `fill` gives it back. */
static void *unconst(const doze_random *random) {
    union {
        const doze_random *in;
        void *out;
    } cast = {.in = random};
    return cast.out;
}

void doze_tls_conf_random(mbedtls_ssl_config *tls, const doze_random *random) {
    mbedtls_ssl_conf_rng(tls, fill, unconst(random));
}

int doze_tls_pk_parse(mbedtls_pk_context *pk, const unsigned char *data, size_t size, const doze_random *random) {
    return mbedtls_pk_parse_key(pk, data, size, NULL, 0, fill, unconst(random));
}

int doze_tls_pk_check_pair(const mbedtls_pk_context *public_key, const mbedtls_pk_context *private_key,
                           const doze_random *random) {
    return mbedtls_pk_check_pair(public_key, private_key, fill, unconst(random));
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

/* ---- sealing ---- */

#if IS_4X

static psa_status_t import(psa_key_type_t type, psa_algorithm_t algorithm, psa_key_usage_t usage, const uint8_t *key,
                           size_t size, psa_key_id_t *id) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, type);
    psa_set_key_algorithm(&attributes, algorithm);
    psa_set_key_usage_flags(&attributes, usage);
    return psa_import_key(&attributes, key, size, id);
}

int doze_tls_mac(const uint8_t *key, size_t key_size, const uint8_t *data, size_t size, uint8_t mac[DOZE_MAC_SIZE]) {
    psa_key_id_t id = 0;
    size_t written = 0;
    psa_status_t status =
        import(PSA_KEY_TYPE_HMAC, PSA_ALG_HMAC(PSA_ALG_SHA_256), PSA_KEY_USAGE_SIGN_MESSAGE, key, key_size, &id);
    if (status == PSA_SUCCESS) {
        status = psa_mac_compute(id, PSA_ALG_HMAC(PSA_ALG_SHA_256), data, size, mac, DOZE_MAC_SIZE, &written);
        psa_destroy_key(id);
    }
    return (int)status;
}

int doze_tls_seal(const doze_seal *seal, uint8_t *data, size_t size) {
    psa_key_id_t id = 0;
    size_t written = 0;
    psa_status_t status =
        import(PSA_KEY_TYPE_AES, PSA_ALG_CCM, PSA_KEY_USAGE_ENCRYPT, seal->key, DOZE_SEAL_KEY_SIZE, &id);
    if (status == PSA_SUCCESS) {
        status = psa_aead_encrypt(id, PSA_ALG_CCM, seal->nonce, DOZE_NONCE_SIZE, seal->about, seal->about_size, data,
                                  size, data, size + DOZE_TAG_SIZE, &written);
        psa_destroy_key(id);
    }
    return (int)status;
}

int doze_tls_unseal(const doze_seal *seal, uint8_t *data, size_t size) {
    psa_key_id_t id = 0;
    size_t written = 0;
    psa_status_t status =
        import(PSA_KEY_TYPE_AES, PSA_ALG_CCM, PSA_KEY_USAGE_DECRYPT, seal->key, DOZE_SEAL_KEY_SIZE, &id);
    if (status == PSA_SUCCESS) {
        status = psa_aead_decrypt(id, PSA_ALG_CCM, seal->nonce, DOZE_NONCE_SIZE, seal->about, seal->about_size, data,
                                  size + DOZE_TAG_SIZE, data, size, &written);
        psa_destroy_key(id);
    }
    return (int)status;
}

#else

int doze_tls_mac(const uint8_t *key, size_t key_size, const uint8_t *data, size_t size, uint8_t mac[DOZE_MAC_SIZE]) {
    return mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), key, key_size, data, size, mac);
}

#if defined(MBEDTLS_CCM_C)

typedef int (*operation)(mbedtls_ccm_context *ccm, const doze_seal *seal, uint8_t *data, size_t size);

static int encrypt(mbedtls_ccm_context *ccm, const doze_seal *seal, uint8_t *data, size_t size) {
    return mbedtls_ccm_encrypt_and_tag(ccm, size, seal->nonce, DOZE_NONCE_SIZE, seal->about, seal->about_size, data,
                                       data, data + size, DOZE_TAG_SIZE);
}

static int decrypt(mbedtls_ccm_context *ccm, const doze_seal *seal, uint8_t *data, size_t size) {
    return mbedtls_ccm_auth_decrypt(ccm, size, seal->nonce, DOZE_NONCE_SIZE, seal->about, seal->about_size, data, data,
                                    data + size, DOZE_TAG_SIZE);
}

static int with_key(const doze_seal *seal, operation run, uint8_t *data, size_t size) {
    mbedtls_ccm_context context;
    mbedtls_ccm_init(&context);
    int error = mbedtls_ccm_setkey(&context, MBEDTLS_CIPHER_ID_AES, seal->key, DOZE_SEAL_KEY_SIZE * 8);
    if (error == 0) {
        error = run(&context, seal, data, size);
    }
    mbedtls_ccm_free(&context);
    return error;
}

int doze_tls_seal(const doze_seal *seal, uint8_t *data, size_t size) {
    return with_key(seal, encrypt, data, size);
}

int doze_tls_unseal(const doze_seal *seal, uint8_t *data, size_t size) {
    return with_key(seal, decrypt, data, size);
}

#else

int doze_tls_seal(const doze_seal *seal, uint8_t *data, size_t size) {
    (void)seal;
    (void)data;
    (void)size;
    return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
}

int doze_tls_unseal(const doze_seal *seal, uint8_t *data, size_t size) {
    return doze_tls_seal(seal, data, size);
}

#endif
#endif
