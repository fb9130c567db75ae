/* SPDX-License-Identifier: Apache-2.0 */
#include "dtls/seal.h"

#include <string.h>

#include <mbedtls/platform_util.h>

#include "dtls/internal.h"

#define SEAL_VERSION 1

int doze_seal_absorb(uint8_t chain[DOZE_MAC_SIZE], const void *data, size_t size) {
    return doze_tls_mac(chain, DOZE_MAC_SIZE, data, size, chain);
}

/* Everything that an association rests on: with any of it changed, what was stored is of no use any more. */
static int absorb_configuration(const doze_dtls_settings *s, const doze_dtls_config *config, uint8_t *chain) {
    const uint8_t choices[] = {(uint8_t)s->cid, s->cid_size, (uint8_t)(s->max_fragment_length >> 8),
                               (uint8_t)s->max_fragment_length};
    int error = doze_seal_absorb(chain, "doze store", 10);
    error = error ? error : doze_seal_absorb(chain, s->psk.identity.data, s->psk.identity.size);
    error = error ? error : doze_seal_absorb(chain, s->psk.key.data, s->psk.key.size);
    error = error ? error : doze_seal_absorb(chain, &s->psk.psa_key, sizeof(s->psk.psa_key));
    error = error ? error : doze_seal_absorb(chain, config->suites, sizeof(config->suites));
    return error ? error : doze_seal_absorb(chain, choices, sizeof(choices));
}

static int make_key(doze_dtls_config *config, const doze_dtls_settings *s, uint8_t *chain) {
    uint8_t of_x509[DOZE_MAC_SIZE] = {0};
    doze_bytes secret = s->store_key.data != NULL ? s->store_key : s->psk.key;
    int error = absorb_configuration(s, config, chain);
    if (error == 0 && s->x509 != NULL) {
        bool is_secret = doze_x509_hooks_of(s->x509)->digest(s->x509, of_x509);
        error = doze_seal_absorb(chain, of_x509, sizeof(of_x509));
        secret = secret.data == NULL && is_secret ? (doze_bytes){of_x509, sizeof(of_x509)} : secret;
    }
    config->can_seal = secret.data != NULL;
    if (error == 0 && config->can_seal) {
        error = doze_tls_mac(secret.data, secret.size, chain, DOZE_MAC_SIZE, chain);
        memcpy(config->seal_key, chain, sizeof(config->seal_key));
    }
    mbedtls_platform_zeroize(of_x509, sizeof(of_x509));
    return error;
}

int doze_seal_make_key(doze_dtls_config *config, const doze_dtls_settings *settings) {
    uint8_t chain[DOZE_MAC_SIZE] = {0};
    int error = make_key(config, settings, chain);
    mbedtls_platform_zeroize(chain, sizeof(chain));
    return error;
}

/* ---- records: version, nonce, contents, tag ---- */

typedef struct about {
    uint8_t bytes[5 + DOZE_HOSTNAME_MAX];
    size_t size;
} about;

static about about_of(const doze_seal_purpose *p) {
    about a = {.bytes = {SEAL_VERSION, p->kind, p->slot, (uint8_t)(p->port >> 8), (uint8_t)p->port}};
    size_t size = strlen(p->host);
    size = size < DOZE_HOSTNAME_MAX ? size : DOZE_HOSTNAME_MAX;
    memcpy(a.bytes + 5, p->host, size);
    a.size = 5 + size;
    return a;
}

int doze_seal_close(const doze_dtls_config *config, const doze_seal_purpose *purpose, uint8_t *record, size_t size) {
    about a = about_of(purpose);
    doze_seal seal = {.key = config->seal_key, .nonce = record + 1, .about = a.bytes, .about_size = a.size};
    record[0] = SEAL_VERSION;
    /* At random, as no store can be trusted to remember which ones were used. */
    if (config->random.fill(config->random.context, record + 1, DOZE_NONCE_SIZE) != 0) {
        return DOZE_TLS_RANDOM_FAILED;
    }
    return doze_tls_seal(&seal, record + DOZE_SEAL_AT, size - DOZE_SEAL_OVERHEAD);
}

int doze_seal_open(const doze_dtls_config *config, const doze_seal_purpose *purpose, uint8_t *record, size_t size) {
    about a = about_of(purpose);
    doze_seal seal = {.key = config->seal_key, .nonce = record + 1, .about = a.bytes, .about_size = a.size};
    return size > DOZE_SEAL_OVERHEAD && record[0] == SEAL_VERSION
               ? doze_tls_unseal(&seal, record + DOZE_SEAL_AT, size - DOZE_SEAL_OVERHEAD)
               : MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
}
