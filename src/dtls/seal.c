/* SPDX-License-Identifier: Apache-2.0 */
#include "dtls/seal.h"

#include <stddef.h>
#include <string.h>

#include <mbedtls/platform_util.h>

#include "dtls/internal.h"

#define SEAL_VERSION 2

int doze_seal_absorb(uint8_t chain[DOZE_MAC_SIZE], const void *data, size_t size) {
    return doze_tls_mac(chain, DOZE_MAC_SIZE, data, size, chain);
}

/* Everything that an association rests on: with any of it changed, what was stored is of no use any more. */
static int absorb_configuration(const doze_dtls_settings *s, const doze_dtls_config *config, uint8_t *chain) {
    const uint32_t choices[] = {s->psk.psa_key, (uint32_t)s->cid, s->cid_size, s->max_fragment_length};
    int error = doze_seal_absorb(chain, "doze store", 10);
    error |= doze_seal_absorb(chain, s->psk.identity.data, s->psk.identity.size);
    error |= doze_seal_absorb(chain, s->psk.key.data, s->psk.key.size);
    error |= doze_seal_absorb(chain, config->suites, sizeof(config->suites));
    return error | doze_seal_absorb(chain, choices, sizeof(choices));
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

/* ---- records: contents, tag, nonce ---- */

typedef struct about {
    uint16_t port;
    uint8_t version;
    uint8_t kind;
    uint8_t slot;
    char host[DOZE_HOSTNAME_MAX];
} about;

typedef int (*operation)(const doze_seal *seal, uint8_t *data, size_t size);

static int with_purpose(const doze_dtls_config *config, const doze_seal_purpose *p, operation run, uint8_t *record,
                        size_t size) {
    about a = {.port = p->port, .version = SEAL_VERSION, .kind = p->kind, .slot = p->slot};
    size_t host_size = strlen(p->host);
    host_size = host_size < sizeof(a.host) ? host_size : sizeof(a.host);
    memcpy(a.host, p->host, host_size);
    const doze_seal seal = {.key = config->seal_key,
                            .nonce = record + size + DOZE_TAG_SIZE,
                            .about = (const uint8_t *)&a,
                            .about_size = offsetof(about, host) + host_size};
    return run(&seal, record, size);
}

int doze_seal_close(const doze_dtls_config *config, const doze_seal_purpose *purpose, uint8_t *record, size_t size) {
    /* At random, as no store can be trusted to remember which ones were used. */
    if (config->random.fill(config->random.context, record + size + DOZE_TAG_SIZE, DOZE_NONCE_SIZE) != 0) {
        return DOZE_TLS_RANDOM_FAILED;
    }
    return with_purpose(config, purpose, doze_tls_seal, record, size);
}

int doze_seal_open(const doze_dtls_config *config, const doze_seal_purpose *purpose, uint8_t *record, size_t size) {
    return size > DOZE_SEAL_OVERHEAD ? with_purpose(config, purpose, doze_tls_unseal, record, size - DOZE_SEAL_OVERHEAD)
                                     : MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
}
