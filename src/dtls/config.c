/* SPDX-License-Identifier: Apache-2.0 */
/* From settings to a configuration: everything that can be wrong with it is found here, before any socket. */
#include <string.h>

#include <mbedtls/platform_util.h>

#include "dtls/compat.h"
#include "dtls/internal.h"
#include "dtls/seal.h"

#define TIMER_MIN_DEFAULT 1000 /* RFC 6347 section 4.2.4.1 */
#define TIMER_MAX_DEFAULT 60000

/* AEAD suites by mode: others cannot be saved and restored, and RFC 7925 wants none. Of each mode the first ones, with
 * AES-128-CCM-8, AES-128-GCM-SHA256 and AES-128-CCM, are offered when none are chosen; 0 ends them all. */
#define DEFAULT_SUITES 3
static const uint16_t psk_aead[] = {0xc0a8, 0x00a8, 0xc0a4, 0x00a9, 0xc06a, 0xc06b, 0xc08e,
                                    0xc08f, 0xc0a5, 0xc0a9, 0xccab, 0xccac, 0};
static const uint16_t ecdsa_aead[] = {0xc0ae, 0xc02b, 0xc0ac, 0xc02c, 0xc05c, 0xc05d,
                                      0xc086, 0xc087, 0xc0ad, 0xc0af, 0xcca9, 0};

static bool suite_fits(int suite, const uint16_t *of_mode) {
    while (*of_mode != 0 && *of_mode != suite) {
        of_mode++;
    }
    return *of_mode != 0 && mbedtls_ssl_ciphersuite_from_id(suite) != NULL;
}

static doze_result choose_suites(doze_dtls_config *config, const doze_dtls_settings *s) {
    const uint16_t *of_mode = s->x509 == NULL ? psk_aead : ecdsa_aead;
    bool chosen = s->suites != NULL;
    const uint16_t *suites = chosen ? s->suites : of_mode;
    size_t count = chosen ? s->suites_count : DEFAULT_SUITES;
    size_t used = 0;
    if (count > DOZE_SUITES_MAX) {
        return DOZE_ERR_SUITE;
    }
    for (size_t i = 0; i < count; i++) {
        if (suite_fits(suites[i], of_mode)) {
            config->suites[used++] = suites[i];
        } else if (chosen) {
            return DOZE_ERR_SUITE;
        }
    }
    return used == 0 ? DOZE_ERR_SUITE : DOZE_OK;
}

static doze_result check_psk(const doze_psk *psk) {
    if (psk->identity.data == NULL || psk->identity.size == 0 || psk->identity.size > DOZE_IDENTITY_MAX) {
        return DOZE_ERR_IDENTITY;
    }
    bool bytes = psk->key.data != NULL;
    if (bytes && psk->psa_key != 0) {
        return DOZE_ERR_CONFIG;
    }
    if (bytes ? psk->key.size == 0 || psk->key.size > DOZE_KEY_MAX : psk->psa_key == 0) {
        return DOZE_ERR_KEY;
    }
    bool takes = bytes ? psk->key.size <= doze_tls_psk_max() : doze_tls_has_psa_keys();
    return takes ? DOZE_OK : DOZE_ERR_UNSUPPORTED;
}

static bool has_psk(const doze_psk *psk) {
    return psk->identity.data != NULL || psk->identity.size != 0 || psk->key.data != NULL || psk->psa_key != 0;
}

static doze_result check(const doze_dtls_config *config, const doze_dtls_settings *s) {
    if (s->clock.now == NULL || s->random.fill == NULL || has_psk(&s->psk) == (s->x509 != NULL)) {
        return DOZE_ERR_CONFIG;
    }
    if (s->x509 != NULL && doze_x509_hooks_of(s->x509) == NULL) {
        return DOZE_ERR_CONFIG; /* it was not initialized */
    }
    bool cid_fits = s->cid == DOZE_CID_OFFER_BYTES ? s->cid_size >= 1 && s->cid_size <= DOZE_CID_MAX : s->cid_size == 0;
    if (!cid_fits || (unsigned)s->cid > DOZE_CID_OFFER_BYTES || (unsigned)s->resumption > DOZE_RESUME_OFF) {
        return DOZE_ERR_CONFIG;
    }
    if (!doze_dtls_timers_fit(config->handshake_timer_min, config->handshake_timer_max) ||
        (s->suites == NULL && s->suites_count != 0)) {
        return DOZE_ERR_CONFIG;
    }
    if (s->key_log.line != NULL && !doze_key_log_supported()) {
        return DOZE_ERR_UNSUPPORTED;
    }
    if (s->store_key.data != NULL && s->store_key.size < DOZE_SEAL_KEY_SIZE) {
        return DOZE_ERR_KEY;
    }
    return s->x509 == NULL ? check_psk(&s->psk) : DOZE_OK;
}

static doze_result conf_fragment_length(mbedtls_ssl_config *tls, uint16_t length) {
    static const uint16_t lengths[] = {0, 512, 1024, 2048, 4096}; /* RFC 6066 section 4: by code */
    for (size_t code = 0; code < sizeof(lengths) / sizeof(lengths[0]); code++) {
        if (lengths[code] == length) {
            return doze_tls_conf_fragment_length(tls, (unsigned char)code) == 0 ? DOZE_OK : DOZE_ERR_UNSUPPORTED;
        }
    }
    return DOZE_ERR_CONFIG;
}

static int conf_credentials(mbedtls_ssl_config *tls, const doze_dtls_settings *s) {
    return s->x509 == NULL ? doze_tls_conf_psk(tls, &s->psk) : doze_x509_hooks_of(s->x509)->configure(s->x509, tls);
}

static doze_result conf_tls(doze_dtls_config *config, const doze_dtls_settings *s) {
    mbedtls_ssl_config *tls = &config->tls;
    int error = mbedtls_ssl_config_defaults(tls, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                            MBEDTLS_SSL_PRESET_DEFAULT);
    error = error ? error : mbedtls_ssl_conf_cid(tls, s->cid_size, MBEDTLS_SSL_UNEXPECTED_CID_IGNORE);
    error = error ? error : conf_credentials(tls, s);
    if (error != 0) {
        return doze_tls_result(error) == DOZE_ERR_NO_MEMORY ? DOZE_ERR_NO_MEMORY : DOZE_ERR_KEY;
    }
    mbedtls_ssl_conf_min_tls_version(tls, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(tls, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_ciphersuites(tls, config->suites);
    mbedtls_ssl_conf_handshake_timeout(tls, 1, DOZE_TIMER_UNITS_MAX); /* see doze_dtls_set_timer() */
    doze_tls_conf_random(tls, &config->random);
    doze_tls_conf_tickets(tls, s->resumption == DOZE_RESUME_TICKET);
    return conf_fragment_length(tls, s->max_fragment_length);
}

static void copy(doze_dtls_config *config, const doze_dtls_settings *s) {
    config->x509 = s->x509;
    config->trace = s->trace;
    config->clock = s->clock;
    config->random = s->random;
    config->radio = s->radio;
    config->key_log = s->key_log;
    config->cid = (uint8_t)s->cid;
    config->cid_size = s->cid_size;
    config->resumption = (uint8_t)s->resumption;
    config->association_lifetime = s->association_lifetime;
    config->handshake_timer_min = s->handshake_timer_min == 0 ? TIMER_MIN_DEFAULT : s->handshake_timer_min;
    config->handshake_timer_max = s->handshake_timer_max == 0 ? TIMER_MAX_DEFAULT : s->handshake_timer_max;
}

static doze_result make(doze_dtls_config *config, const doze_dtls_settings *s) {
    doze_result result = check(config, s);
    result = result ? result : choose_suites(config, s);
    result = result ? result : doze_tls_begin() == 0 ? conf_tls(config, s) : DOZE_ERR_RANDOM;
    if (result == DOZE_OK && doze_seal_make_key(config, s) != 0) {
        result = DOZE_ERR_NO_MEMORY;
    }
    return result;
}

doze_result doze_dtls_config_init(doze_dtls_config *config, const doze_dtls_settings *settings) {
    if (config == NULL || settings == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    memset(config, 0, sizeof(*config));
    mbedtls_ssl_config_init(&config->tls);
    copy(config, settings);
    doze_result result = make(config, settings);
    if (result != DOZE_OK) {
        doze_dtls_config_deinit(config);
    }
    return result;
}

void doze_dtls_config_deinit(doze_dtls_config *config) {
    if (config != NULL) {
        mbedtls_ssl_config_free(&config->tls);
        mbedtls_platform_zeroize(config, sizeof(*config));
    }
}
