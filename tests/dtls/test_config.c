/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that can be wrong with a configuration gets an error of its own, before there is any socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit.h"

static uint64_t no_time(void *context) {
    (void)context;
    return 0;
}

static int weak_random(void *context, unsigned char *out, size_t size) {
    unsigned char *next = context;
    for (size_t i = 0; i < size; i++) {
        out[i] = (*next)++;
    }
    return 0;
}

static unsigned char dice;
static char long_text[DOZE_IDENTITY_MAX + 1];

static doze_dtls_settings good(void) {
    return (doze_dtls_settings){
        .clock = {.now = no_time},
        .random = {weak_random, &dice},
        .psk = {.identity = {"identity", 8}, .key = {"0123456789abcdef", 16}},
    };
}

static void expect(doze_dtls_settings settings, doze_result result) {
    doze_dtls_config config;
    assert_int_equal(doze_dtls_config_init(&config, &settings), result);
    if (result == DOZE_OK) {
        doze_dtls_config_deinit(&config);
    }
}

#define EXPECT(result, change)                                                                                         \
    do {                                                                                                               \
        doze_dtls_settings s = good();                                                                                 \
        change;                                                                                                        \
        expect(s, result);                                                                                             \
    } while (0)

static void good_settings_are_accepted(void **state) {
    (void)state;
    EXPECT(DOZE_OK, (void)s);
    EXPECT(DOZE_OK, s.psk.identity.size = 1);
    EXPECT(DOZE_OK, s.psk.identity = ((doze_bytes){long_text, DOZE_IDENTITY_MAX}));
    EXPECT(DOZE_OK, s.psk.key.size = 1);
    EXPECT(DOZE_OK, s.max_fragment_length = 1024);
    EXPECT(DOZE_OK, (s.cid = DOZE_CID_OFFER_BYTES, s.cid_size = DOZE_CID_MAX));
    EXPECT(DOZE_OK, (s.handshake_timer_min = 9000, s.handshake_timer_max = 9000));
    EXPECT(DOZE_OK, s.resumption = DOZE_RESUME_OFF);
}

static void what_is_required_is_required(void **state) {
    (void)state;
    doze_dtls_settings settings = good();
    doze_dtls_config config;
    assert_int_equal(doze_dtls_config_init(NULL, &settings), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_config_init(&config, NULL), DOZE_ERR_ARGUMENT);
    EXPECT(DOZE_ERR_CONFIG, s.clock.now = NULL);
    EXPECT(DOZE_ERR_CONFIG, s.random.fill = NULL);
    EXPECT(DOZE_ERR_CONFIG, s.psk = (doze_psk){.psa_key = 0});
}

static void identities_and_keys_are_bounded(void **state) {
    (void)state;
    EXPECT(DOZE_ERR_IDENTITY, s.psk.identity.data = NULL);
    EXPECT(DOZE_ERR_IDENTITY, s.psk.identity.size = 0);
    EXPECT(DOZE_ERR_IDENTITY, s.psk.identity = ((doze_bytes){long_text, DOZE_IDENTITY_MAX + 1}));
    EXPECT(DOZE_ERR_KEY, s.psk.key.data = NULL);
    EXPECT(DOZE_ERR_KEY, s.psk.key.size = 0);
    EXPECT(DOZE_ERR_KEY, s.psk.key = ((doze_bytes){long_text, DOZE_KEY_MAX + 1}));
    EXPECT(MBEDTLS_PSK_MAX_LEN < DOZE_KEY_MAX ? DOZE_ERR_UNSUPPORTED : DOZE_OK,
           s.psk.key = ((doze_bytes){long_text, DOZE_KEY_MAX}));
    EXPECT(DOZE_ERR_CONFIG, s.psk.psa_key = 1); /* bytes and an identifier */
}

static void only_aead_suites_of_the_mode_are_taken(void **state) {
    (void)state;
    static const struct {
        uint16_t suite;
        doze_result result;
    } suites[] = {
        {MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, DOZE_OK},
        {MBEDTLS_TLS_PSK_WITH_AES_256_CCM, DOZE_OK},
        {MBEDTLS_TLS_PSK_WITH_CHACHA20_POLY1305_SHA256, DOZE_OK},
        {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, DOZE_ERR_SUITE},
        {0x00ac, DOZE_ERR_SUITE}, /* RSA_PSK with AES-128-GCM */
        {MBEDTLS_TLS_PSK_WITH_AES_128_CBC_SHA256, DOZE_ERR_SUITE},
        {MBEDTLS_TLS_PSK_WITH_NULL_SHA256, DOZE_ERR_SUITE},
        {0x1301, DOZE_ERR_SUITE}, /* TLS 1.3 */
        {0x0000, DOZE_ERR_SUITE},
        {0xeeee, DOZE_ERR_SUITE},
    };
    static uint16_t many[DOZE_SUITES_MAX + 1];
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        EXPECT(suites[i].result, (s.suites = &suites[i].suite, s.suites_count = 1));
    }
    for (size_t i = 0; i <= DOZE_SUITES_MAX; i++) {
        many[i] = MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8;
    }
    EXPECT(DOZE_OK, (s.suites = many, s.suites_count = DOZE_SUITES_MAX));
    EXPECT(DOZE_ERR_SUITE, (s.suites = many, s.suites_count = DOZE_SUITES_MAX + 1));
    EXPECT(DOZE_ERR_SUITE, (s.suites = many, s.suites_count = 0));
    EXPECT(DOZE_ERR_CONFIG, s.suites_count = 1);
}

static void contradictions_are_refused(void **state) {
    (void)state;
    EXPECT(DOZE_ERR_CONFIG, s.cid_size = 8);
    EXPECT(DOZE_ERR_CONFIG, s.cid = DOZE_CID_OFFER_BYTES);
    EXPECT(DOZE_ERR_CONFIG, (s.cid = DOZE_CID_OFFER_BYTES, s.cid_size = DOZE_CID_MAX + 1));
    EXPECT(DOZE_ERR_CONFIG, s.cid = (doze_cid)7);
    EXPECT(DOZE_ERR_CONFIG, s.resumption = (doze_resumption)7);
    EXPECT(DOZE_ERR_CONFIG, s.max_fragment_length = 1000);
    EXPECT(DOZE_ERR_CONFIG, s.handshake_timer_min = 60001);
    EXPECT(DOZE_ERR_CONFIG, s.handshake_timer_max = 999);
    EXPECT(DOZE_ERR_CONFIG, s.handshake_timer_max = UINT32_MAX);
}

static void a_psk_and_certificates_together_are_refused(void **state) {
    (void)state;
    doze_bytes root = kit_file("root.pem");
    doze_x509 x509;
    assert_int_equal(doze_x509_init(&x509, &(doze_x509_settings){.random = {weak_random, &dice}, .trust = root}),
                     DOZE_OK);
    EXPECT(DOZE_ERR_CONFIG, s.x509 = &x509);
    EXPECT(DOZE_OK, (s.x509 = &x509, s.psk = (doze_psk){.psa_key = 0}));
    static const uint16_t psk_suite = MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8;
    EXPECT(DOZE_ERR_SUITE,
           (s.x509 = &x509, s.psk = (doze_psk){.psa_key = 0}, s.suites = &psk_suite, s.suites_count = 1));
    doze_x509_deinit(&x509);
    kit_free(root);
}

/* ---- sockets ---- */

static void a_socket_wants_a_configuration_that_was_initialized_and_a_lower_socket_at_rest(void **state) {
    (void)state;
    static const doze_dtls_config never_initialized;
    world w;
    doze_udp udp;
    doze_dtls dtls;
    doze_dtls_config config;
    doze_dtls_settings settings = good();
    world_init(&w, 1);
    doze_udp_init(&udp, &(doze_udp_settings){.net = world_host_net(world_add_host(&w, KIT_HOST))});
    assert_int_equal(doze_dtls_config_init(&config, &settings), DOZE_OK);
    assert_int_equal(doze_dtls_init(NULL, &config, &udp.socket), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_init(&dtls, NULL, &udp.socket), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_init(&dtls, &config, NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_init(&dtls, &never_initialized, &udp.socket), DOZE_ERR_CONFIG);
    doze_bind(&udp.socket, NULL, 0);
    assert_int_equal(doze_dtls_init(&dtls, &config, &udp.socket), DOZE_ERR_STATE);
    doze_close(&udp.socket);
    assert_int_equal(doze_dtls_init(&dtls, &config, &udp.socket), DOZE_OK);
    doze_deinit(&dtls.socket);
    doze_deinit(&udp.socket);
    doze_dtls_config_deinit(&config);
    doze_dtls_config_deinit(NULL);
    world_deinit(&w);
}

static void a_configuration_is_zeroized_when_it_ends(void **state) {
    (void)state;
    static const doze_dtls_config zero;
    doze_dtls_config config;
    doze_dtls_settings settings = good();
    assert_int_equal(doze_dtls_config_init(&config, &settings), DOZE_OK);
    doze_dtls_config_deinit(&config);
    assert_memory_equal(&config, &zero, sizeof(zero));
}

/* ---- certificates ---- */

typedef struct files {
    doze_bytes root, root_der, client, client_chain, client_der, key, key_der, other_key, rsa, rsa_key, crl, k1, k1_key;
} files;

static int load(void **state) {
    files *f = calloc(1, sizeof(*f));
    *f = (files){
        .root = kit_file("root.pem"),
        .root_der = kit_file("root.der"),
        .client = kit_file("client.pem"),
        .client_chain = kit_file("client-chain.pem"),
        .client_der = kit_file("client.der"),
        .key = kit_file("client.key.pem"),
        .key_der = kit_file("client.key.der"),
        .other_key = kit_file("server.key.pem"),
        .rsa = kit_file("client-rsa.pem"),
        .rsa_key = kit_file("client-rsa.key.pem"),
        .crl = kit_file("crl.pem"),
        .k1 = kit_file("client-k1.pem"),
        .k1_key = kit_file("client-k1.key.pem"),
    };
    *state = f;
    return 0;
}

static int unload(void **state) {
    doze_bytes *each = *state;
    for (size_t i = 0; i < sizeof(files) / sizeof(doze_bytes); i++) {
        kit_free(each[i]);
    }
    free(*state);
    return 0;
}

static void expect_x509(doze_x509_settings settings, doze_result result) {
    doze_x509 x509;
    if (settings.random.fill == NULL) {
        settings.random = (doze_random){weak_random, &dice};
    }
    assert_int_equal(doze_x509_init(&x509, &settings), result);
    if (result == DOZE_OK) {
        doze_x509_deinit(&x509);
    }
}
#define X509(result, ...) expect_x509((doze_x509_settings){__VA_ARGS__}, result)

static void credentials_are_taken_as_pem_and_as_der(void **state) {
    const files *f = *state;
    X509(DOZE_OK, .trust = f->root);
    X509(DOZE_OK, .trust = f->root_der);
    X509(DOZE_OK, .trust = f->root, .certificate = f->client, .key = f->key);
    X509(DOZE_OK, .trust = f->root, .certificate = f->client_chain, .key = f->key_der);
    X509(DOZE_OK, .trust = f->root_der, .certificate = f->client_der, .key = f->key_der, .crl = f->crl);
}

static void pem_may_end_in_a_zero(void **state) {
    const files *f = *state;
    char *text = calloc(1, f->root.size + 1);
    memcpy(text, f->root.data, f->root.size);
    X509(DOZE_OK, .trust = {text, f->root.size + 1});
    free(text);
}

static void malformed_credentials_are_told_by_their_kind(void **state) {
    const files *f = *state;
    static const char garbage[] = "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
    const doze_bytes bad = {garbage, sizeof(garbage) - 1};
    const doze_bytes empty = {garbage, 0};
    X509(DOZE_ERR_CERTIFICATE, .trust = bad);
    X509(DOZE_ERR_CERTIFICATE, .trust = empty);
    X509(DOZE_ERR_CRL, .trust = f->root, .crl = bad);
    X509(DOZE_ERR_CRL, .trust = f->root, .crl = empty);
    X509(DOZE_ERR_CERTIFICATE, .trust = f->root, .certificate = bad, .key = f->key);
    X509(DOZE_ERR_KEY, .trust = f->root, .certificate = f->client, .key = bad);
    X509(DOZE_ERR_KEY, .trust = f->root, .certificate = f->client, .key = f->client);
    X509(DOZE_ERR_CERTIFICATE, .pinned = bad, .usage = DOZE_USAGE_DOMAIN_ISSUED);
}

static void credentials_cut_anywhere_are_malformed_and_leak_nothing(void **state) {
    const files *f = *state;
    for (size_t size = 0; size < f->root_der.size; size += 7) {
        X509(DOZE_ERR_CERTIFICATE, .trust = {f->root_der.data, size});
    }
    for (size_t size = 0; size < f->key_der.size; size += 7) {
        X509(DOZE_ERR_KEY, .trust = f->root, .certificate = f->client, .key = {f->key_der.data, size});
    }
    for (size_t size = 0; size + 40 < f->client.size; size += 29) {
        X509(DOZE_ERR_CERTIFICATE, .trust = f->root, .certificate = {f->client.data, size}, .key = f->key);
    }
}

static void a_key_must_belong_to_its_certificate(void **state) {
    const files *f = *state;
    X509(DOZE_ERR_KEY_MISMATCH, .trust = f->root, .certificate = f->client, .key = f->other_key);
}

static void only_p_256_keys_are_taken(void **state) {
    const files *f = *state;
    X509(DOZE_ERR_CERTIFICATE, .trust = f->root, .certificate = f->rsa, .key = f->rsa_key);
    X509(DOZE_ERR_KEY, .trust = f->root, .certificate = f->client, .key = f->rsa_key);
    X509(DOZE_ERR_CERTIFICATE, .trust = f->root, .certificate = f->k1, .key = f->k1_key);
    X509(DOZE_ERR_KEY, .trust = f->root, .certificate = f->client, .key = f->k1_key);
}

static void a_key_may_be_the_callers_own_context(void **state) {
    const files *f = *state;
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    X509(DOZE_ERR_KEY, .trust = f->root, .certificate = f->client, .pk = &pk); /* an empty one */
    mbedtls_pk_free(&pk);
}

static void a_certificate_without_its_key_and_a_key_without_its_certificate_are_refused(void **state) {
    const files *f = *state;
    mbedtls_pk_context pk;
    X509(DOZE_ERR_CONFIG, .trust = f->root, .certificate = f->client);
    X509(DOZE_ERR_CONFIG, .trust = f->root, .key = f->key);
    X509(DOZE_ERR_CONFIG, .trust = f->root, .certificate = f->client, .key = f->key, .psa_key = 1);
    X509(DOZE_ERR_CONFIG, .trust = f->root, .certificate = f->client, .key = f->key, .pk = &pk);
}

static void without_anything_to_trust_a_configuration_is_refused(void **state) {
    const files *f = *state;
    static const uint8_t hash[32];
    X509(DOZE_ERR_CONFIG, .certificate = f->client, .key = f->key);
    X509(DOZE_ERR_CONFIG, .pinned = {hash, 32}, .usage = DOZE_USAGE_CA_CONSTRAINT, .matching = DOZE_MATCH_SHA256);
    X509(DOZE_ERR_CONFIG, .pinned = {hash, 32}, .usage = DOZE_USAGE_SERVICE_CONSTRAINT, .matching = DOZE_MATCH_SHA256);
    X509(DOZE_OK, .pinned = {hash, 32}, .usage = DOZE_USAGE_TRUST_ANCHOR, .matching = DOZE_MATCH_SHA256);
    X509(DOZE_OK, .pinned = {hash, 32}, .usage = DOZE_USAGE_DOMAIN_ISSUED, .matching = DOZE_MATCH_SHA256);
}

static void pinned_hashes_must_have_their_size(void **state) {
    (void)state;
    static const uint8_t hash[64];
    static const size_t sizes[] = {0, 32, 48, 64};
    for (int m = DOZE_MATCH_SHA256; m <= DOZE_MATCH_SHA512; m++) {
        const doze_matching matching = (doze_matching)m;
        X509(DOZE_OK, .pinned = {hash, sizes[m]}, .usage = DOZE_USAGE_DOMAIN_ISSUED, .matching = matching);
        X509(DOZE_ERR_CONFIG, .pinned = {hash, sizes[m] - 1}, .usage = DOZE_USAGE_DOMAIN_ISSUED, .matching = matching);
    }
    X509(DOZE_ERR_CONFIG, .pinned = {hash, 32}, .usage = (doze_usage)4, .matching = DOZE_MATCH_SHA256);
    X509(DOZE_ERR_CONFIG, .pinned = {hash, 32}, .usage = DOZE_USAGE_DOMAIN_ISSUED, .matching = (doze_matching)4);
}

static void a_usage_whose_pin_got_lost_is_refused(void **state) {
    const files *f = *state;
    X509(DOZE_ERR_CONFIG, .trust = f->root, .usage = DOZE_USAGE_SERVICE_CONSTRAINT);
    X509(DOZE_ERR_CONFIG, .trust = f->root, .usage = DOZE_USAGE_DOMAIN_ISSUED);
    X509(DOZE_ERR_CONFIG, .trust = f->root, .matching = DOZE_MATCH_SHA256);
}

static void certificates_that_failed_to_initialize_are_refused_by_a_configuration(void **state) {
    const files *f = *state;
    doze_x509 x509;
    const doze_x509_settings bad = {.random = {weak_random, &dice}, .trust = f->key};
    assert_int_equal(doze_x509_init(&x509, &bad), DOZE_ERR_CERTIFICATE);
    EXPECT(DOZE_ERR_CONFIG, (s.x509 = &x509, s.psk = (doze_psk){.psa_key = 0}));
}

static void a_name_to_check_must_be_a_name(void **state) {
    const files *f = *state;
    X509(DOZE_OK, .trust = f->root, .server_name = "server.example");
    X509(DOZE_OK, .trust = f->root, .any_server_name = true);
    X509(DOZE_ERR_NAME, .trust = f->root, .server_name = "");
    X509(DOZE_ERR_NAME, .trust = f->root, .server_name = "192.0.2.1");
    X509(DOZE_ERR_CONFIG, .trust = f->root, .server_name = "server.example", .any_server_name = true);
}

static void null_is_refused(void **state) {
    const files *f = *state;
    doze_x509 x509;
    const doze_x509_settings no_random = {.trust = f->root};
    assert_int_equal(doze_x509_init(NULL, &no_random), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_x509_init(&x509, NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_x509_init(&x509, &no_random), DOZE_ERR_CONFIG);
    doze_x509_deinit(&x509);
    doze_x509_deinit(NULL);
}

#define WITH_FILES(name) cmocka_unit_test_setup_teardown(name, load, unload)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_settings_are_accepted),
        cmocka_unit_test(what_is_required_is_required),
        cmocka_unit_test(identities_and_keys_are_bounded),
        cmocka_unit_test(only_aead_suites_of_the_mode_are_taken),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(a_psk_and_certificates_together_are_refused),
        cmocka_unit_test(a_socket_wants_a_configuration_that_was_initialized_and_a_lower_socket_at_rest),
        cmocka_unit_test(a_configuration_is_zeroized_when_it_ends),
        WITH_FILES(credentials_are_taken_as_pem_and_as_der),
        WITH_FILES(pem_may_end_in_a_zero),
        WITH_FILES(malformed_credentials_are_told_by_their_kind),
        WITH_FILES(credentials_cut_anywhere_are_malformed_and_leak_nothing),
        WITH_FILES(a_key_must_belong_to_its_certificate),
        WITH_FILES(only_p_256_keys_are_taken),
        WITH_FILES(a_key_may_be_the_callers_own_context),
        WITH_FILES(a_certificate_without_its_key_and_a_key_without_its_certificate_are_refused),
        WITH_FILES(without_anything_to_trust_a_configuration_is_refused),
        WITH_FILES(pinned_hashes_must_have_their_size),
        WITH_FILES(a_usage_whose_pin_got_lost_is_refused),
        WITH_FILES(certificates_that_failed_to_initialize_are_refused_by_a_configuration),
        WITH_FILES(a_name_to_check_must_be_a_name),
        WITH_FILES(null_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
