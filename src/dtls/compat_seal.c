/* SPDX-License-Identifier: Apache-2.0 */
/* What the store's records are sealed with. */
#include "dtls/compat.h"

#include <mbedtls/build_info.h>
#include <mbedtls/md.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>

#define IS_4X (MBEDTLS_VERSION_NUMBER >= 0x04000000)

#if !IS_4X && defined(MBEDTLS_CCM_C)
#include <mbedtls/ccm.h>
#endif

#if IS_4X

static psa_status_t import(psa_key_type_t type, psa_algorithm_t algorithm, psa_key_usage_t usage, const uint8_t *key,
                           size_t size, psa_key_id_t *id) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, type);
    psa_set_key_algorithm(&attributes, algorithm);
    psa_set_key_usage_flags(&attributes, usage);
    return psa_import_key(&attributes, key, size, id);
}

int doze_tls_mac(uint8_t mac[DOZE_MAC_SIZE], const void *data, size_t size) {
    const psa_algorithm_t algorithm = PSA_ALG_HMAC(PSA_ALG_SHA_256);
    psa_key_id_t id = 0;
    size_t written = 0;
    psa_status_t status = import(PSA_KEY_TYPE_HMAC, algorithm, PSA_KEY_USAGE_SIGN_MESSAGE, mac, DOZE_MAC_SIZE, &id);
    if (status == PSA_SUCCESS) {
        status = psa_mac_compute(id, algorithm, data, size, mac, DOZE_MAC_SIZE, &written);
        psa_destroy_key(id);
    }
    return (int)status;
}

int doze_tls_seal(const doze_seal *s, bool open, uint8_t *data, size_t size) {
    psa_key_id_t id = 0;
    size_t written = 0;
    psa_key_usage_t usage = open ? PSA_KEY_USAGE_DECRYPT : PSA_KEY_USAGE_ENCRYPT;
    psa_status_t status = import(PSA_KEY_TYPE_AES, PSA_ALG_CCM, usage, s->key, DOZE_SEAL_KEY_SIZE, &id);
    if (status != PSA_SUCCESS) {
        return (int)status;
    }
    if (open) {
        status = psa_aead_decrypt(id, PSA_ALG_CCM, s->nonce, DOZE_NONCE_SIZE, s->about, s->about_size, data,
                                  size + DOZE_TAG_SIZE, data, size, &written);
    } else {
        status = psa_aead_encrypt(id, PSA_ALG_CCM, s->nonce, DOZE_NONCE_SIZE, s->about, s->about_size, data, size, data,
                                  size + DOZE_TAG_SIZE, &written);
    }
    psa_destroy_key(id);
    return (int)status;
}

#else

int doze_tls_mac(uint8_t mac[DOZE_MAC_SIZE], const void *data, size_t size) {
    return mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), mac, DOZE_MAC_SIZE, data, size, mac);
}

#if defined(MBEDTLS_CCM_C)

int doze_tls_seal(const doze_seal *s, bool open, uint8_t *data, size_t size) {
    mbedtls_ccm_context ccm;
    mbedtls_ccm_init(&ccm);
    int error = mbedtls_ccm_setkey(&ccm, MBEDTLS_CIPHER_ID_AES, s->key, DOZE_SEAL_KEY_SIZE * 8);
    if (error == 0 && open) {
        error = mbedtls_ccm_auth_decrypt(&ccm, size, s->nonce, DOZE_NONCE_SIZE, s->about, s->about_size, data, data,
                                         data + size, DOZE_TAG_SIZE);
    } else if (error == 0) {
        error = mbedtls_ccm_encrypt_and_tag(&ccm, size, s->nonce, DOZE_NONCE_SIZE, s->about, s->about_size, data, data,
                                            data + size, DOZE_TAG_SIZE);
    }
    mbedtls_ccm_free(&ccm);
    return error;
}

#else

int doze_tls_seal(const doze_seal *s, bool open, uint8_t *data, size_t size) {
    (void)s;
    (void)open;
    (void)data;
    (void)size;
    return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
}

#endif
#endif
