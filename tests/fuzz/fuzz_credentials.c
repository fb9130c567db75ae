/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, keys, revocation lists, pins and PSKs as somebody provides them: good or refused, and nothing leaks.
 * Input: the choices of the settings, then the fields, each with its length. */
#include <string.h>

#include "fuzz/fuzz_rig.h"

static uint64_t no_time(void *context) {
    (void)context;
    return 0;
}

static bool is_bad_configuration(doze_result result) {
    switch ((int)result) {
    case DOZE_ERR_CONFIG:
    case DOZE_ERR_IDENTITY:
    case DOZE_ERR_KEY:
    case DOZE_ERR_KEY_MISMATCH:
    case DOZE_ERR_CERTIFICATE:
    case DOZE_ERR_CRL:
    case DOZE_ERR_SUITE:
    case DOZE_ERR_NAME:
    case DOZE_ERR_UNSUPPORTED:
        return true;
    default:
        return false;
    }
}

static doze_bytes bytes_of(const fuzz_field *field) {
    return field->size == 0 ? (doze_bytes){0} : (doze_bytes){field->data, field->size};
}

static void take_suites(fuzz_input *in, uint16_t *suites, size_t most, doze_dtls_settings *settings) {
    settings->suites_count = fuzz_u8(in) % (most + 1);
    for (size_t i = 0; i < settings->suites_count; i++) {
        suites[i] = fuzz_u16(in);
    }
    settings->suites = settings->suites_count == 0 ? NULL : suites;
}

static void configure(fuzz_input *in, const doze_x509 *x509) {
    uint16_t suites[DOZE_SUITES_MAX + 2] = {0};
    static doze_dtls_config config;
    doze_dtls_settings settings = {.clock = {.now = no_time}, .random = fuzz_random(), .x509 = x509};
    settings.cid = (doze_cid)(fuzz_u8(in) % 4);
    settings.cid_size = fuzz_u8(in);
    settings.resumption = (doze_resumption)(fuzz_u8(in) % 4);
    settings.max_fragment_length = fuzz_u16(in);
    settings.handshake_timer_min = fuzz_u16(in);
    settings.handshake_timer_max = fuzz_u16(in);
    take_suites(in, suites, sizeof(suites) / sizeof(suites[0]), &settings);
    fuzz_field identity = fuzz_take(in);
    fuzz_field key = fuzz_take(in);
    fuzz_field store_key = fuzz_take(in);
    settings.psk = (doze_psk){.identity = bytes_of(&identity), .key = bytes_of(&key)};
    settings.store_key = bytes_of(&store_key);
    doze_result result = doze_dtls_config_init(&config, &settings);
    fuzz_expect(result == DOZE_OK || is_bad_configuration(result), "a configuration is good or told why not");
    if (result == DOZE_OK) {
        doze_dtls_config_deinit(&config);
    }
    fuzz_give_back(&identity);
    fuzz_give_back(&key);
    fuzz_give_back(&store_key);
}

int fuzz_credentials(const uint8_t *data, size_t size) {
    static doze_x509 x509;
    fuzz_input in = {data, size};
    doze_x509_settings settings = {.random = fuzz_random()};
    uint8_t choices = fuzz_u8(&in);
    settings.usage = (doze_usage)(choices & 7);
    settings.matching = (doze_matching)(choices >> 3 & 7);
    settings.any_server_name = (choices & 64) != 0;
    fuzz_field trust = fuzz_take(&in);
    fuzz_field crl = fuzz_take(&in);
    fuzz_field certificate = fuzz_take(&in);
    fuzz_field key = fuzz_take(&in);
    fuzz_field pinned = fuzz_take(&in);
    fuzz_field name = fuzz_take_text(&in);
    settings.trust = bytes_of(&trust);
    settings.crl = bytes_of(&crl);
    settings.certificate = bytes_of(&certificate);
    settings.key = bytes_of(&key);
    settings.pinned = bytes_of(&pinned);
    settings.server_name = (choices & 128) != 0 ? (const char *)name.data : NULL;
    doze_result result = (choices & 7) == 7 ? DOZE_ERR_CONFIG : doze_x509_init(&x509, &settings);
    fuzz_expect(result == DOZE_OK || is_bad_configuration(result), "credentials are good or told why not");
    configure(&in, result == DOZE_OK ? &x509 : NULL);
    if (result == DOZE_OK) {
        doze_x509_deinit(&x509);
    }
    fuzz_give_back(&trust);
    fuzz_give_back(&crl);
    fuzz_give_back(&certificate);
    fuzz_give_back(&key);
    fuzz_give_back(&pinned);
    fuzz_give_back(&name);
    return 0;
}
