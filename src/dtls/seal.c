/* SPDX-License-Identifier: Apache-2.0 */
#include "dtls/seal.h"

#include <stddef.h>
#include <string.h>

#include <mbedtls/platform_util.h>

#include "dtls/internal.h"

#define SEAL_VERSION 2

/* Everything that an association rests on: with any of it changed, what was stored is of no use any more. */
static int absorb_configuration(const doze_dtls_settings *s, const doze_dtls_config *config, uint8_t *chain) {
    const struct {
        char label[4];
        uint32_t psa_key;
        uint16_t max_fragment_length;
        uint8_t cid;
        uint8_t cid_size;
    } choices = {{'d', 'o', 'z', 'e'}, s->psk.psa_key, s->max_fragment_length, (uint8_t)s->cid, s->cid_size};
    int error = doze_seal_absorb(chain, &choices, sizeof(choices));
    error |= doze_seal_absorb(chain, s->psk.identity.data, s->psk.identity.size);
    error |= doze_seal_absorb(chain, s->psk.key.data, s->psk.key.size);
    return error | doze_seal_absorb(chain, config->suites, sizeof(config->suites));
}

int doze_seal_make_key(doze_dtls_config *config, const doze_dtls_settings *s) {
    uint8_t chain[DOZE_MAC_SIZE] = {0};
    uint8_t of_x509[DOZE_MAC_SIZE];
    doze_bytes secret = s->store_key.data != NULL ? s->store_key : s->psk.key;
    int error = absorb_configuration(s, config, chain);
    if (s->x509 != NULL) {
        bool is_secret = doze_x509_hooks_of(s->x509)->digest(s->x509, of_x509);
        error |= doze_seal_absorb(chain, of_x509, sizeof(of_x509));
        if (secret.data == NULL && is_secret) {
            secret = (doze_bytes){of_x509, sizeof(of_x509)};
        }
    }
    config->can_seal = secret.data != NULL;
    error |= doze_seal_absorb(chain, secret.data, secret.size); /* RFC 5869 section 2.2, salted with all of the above */
    memcpy(config->seal_key, chain, sizeof(config->seal_key));
    mbedtls_platform_zeroize(chain, sizeof(chain));
    mbedtls_platform_zeroize(of_x509, sizeof(of_x509));
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

static int seal(const doze_dtls_config *config, const doze_seal_purpose *p, bool open, uint8_t *record, size_t size) {
    about a;
    a.port = p->port;
    a.version = SEAL_VERSION;
    a.kind = p->kind;
    a.slot = p->slot;
    size_t host_size = strlen(p->host);
    host_size = host_size < sizeof(a.host) ? host_size : sizeof(a.host);
    memcpy(a.host, p->host, host_size);
    const doze_seal how = {.key = config->seal_key,
                           .nonce = record + size + DOZE_TAG_SIZE,
                           .about = (const uint8_t *)&a,
                           .about_size = offsetof(about, host) + host_size};
    return doze_tls_seal(&how, open, record, size);
}

int doze_seal_close(const doze_dtls_config *config, const doze_seal_purpose *purpose, uint8_t *record, size_t size) {
    /* At random, as no store can be trusted to remember which ones were used. */
    if (config->random.fill(config->random.context, record + size + DOZE_TAG_SIZE, DOZE_NONCE_SIZE) != 0) {
        return DOZE_TLS_RANDOM_FAILED;
    }
    return seal(config, purpose, false, record, size);
}

int doze_seal_open(const doze_dtls_config *config, const doze_seal_purpose *purpose, uint8_t *record, size_t size) {
    return size > DOZE_SEAL_OVERHEAD ? seal(config, purpose, true, record, size - DOZE_SEAL_OVERHEAD)
                                     : MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
}
