/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that never leave a PSA provider. Builds without one must say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dtls/compat.h"
#include "kit/kit.h"

#include <psa/crypto.h>

#if defined(MBEDTLS_USE_PSA_CRYPTO)

static uint32_t import_psk(void) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    mbedtls_svc_key_id_t key = 0;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_DERIVE);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&attributes, PSA_ALG_TLS12_PSK_TO_MS(PSA_ALG_SHA_256));
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    assert_int_equal(psa_import_key(&attributes, kit_key, sizeof(kit_key), &key), PSA_SUCCESS);
    return key;
}

static uint32_t import_private_key(doze_bytes der) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    mbedtls_svc_key_id_t key = 0;
    mbedtls_pk_context pk;
    world dice;
    world_init(&dice, 1);
    doze_random random = world_random(&dice);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    mbedtls_pk_init(&pk);
    assert_int_equal(kit_parse_key(&pk, der, &random), 0);
    assert_int_equal(mbedtls_pk_get_psa_attributes(&pk, PSA_KEY_USAGE_SIGN_HASH, &attributes), 0);
    assert_int_equal(mbedtls_pk_import_into_psa(&pk, &attributes, &key), 0);
    mbedtls_pk_free(&pk);
    world_deinit(&dice);
    return key;
}

static void release(uint32_t key) {
    psa_destroy_key(key);
}
#else
static uint32_t import_psk(void) {
    return 1;
}
static uint32_t import_private_key(doze_bytes der) {
    (void)der;
    return 1;
}
static void release(uint32_t key) {
    (void)key;
}
#endif

static uint64_t no_time(void *context) {
    (void)context;
    return 0;
}
static int no_random(void *context, unsigned char *out, size_t size) {
    (void)context;
    memset(out, 4, size);
    return 0;
}

static void a_build_without_psa_keys_says_so(void **state) {
    (void)state;
    doze_dtls_config config;
    doze_x509 x509;
    doze_bytes root = kit_file("root.pem");
    doze_bytes client = kit_file("client.pem");
    const doze_dtls_settings psk = {
        .clock = {.now = no_time}, .random = {.fill = no_random}, .psk = {.identity = {"i", 1}, .psa_key = 1}};
    const doze_x509_settings certificate = {
        .random = {.fill = no_random}, .trust = root, .certificate = client, .psa_key = 1};
    if (!doze_tls_has_psa_keys()) {
        assert_int_equal(doze_dtls_config_init(&config, &psk), DOZE_ERR_UNSUPPORTED);
        assert_int_equal(doze_x509_init(&x509, &certificate), DOZE_ERR_UNSUPPORTED);
    } else { /* no such key */
        assert_int_equal(doze_dtls_config_init(&config, &psk), DOZE_ERR_KEY);
        assert_int_equal(doze_x509_init(&x509, &certificate), DOZE_ERR_KEY);
    }
    kit_free(root);
    kit_free(client);
}

/* In 4.x everything that is done with a key is done by PSA, which has to be started. */
static void certificates_may_be_the_first_that_a_program_asks_for(void **state) {
    (void)state;
    doze_x509 x509;
    doze_bytes root = kit_file("root.pem");
    doze_bytes client = kit_file("client.pem");
    doze_bytes key = kit_file("client.key.pem");
    const doze_x509_settings settings = {
        .random = {.fill = no_random}, .trust = root, .certificate = client, .key = key};
    mbedtls_psa_crypto_free();
    assert_int_equal(doze_x509_init(&x509, &settings), DOZE_OK);
    doze_x509_deinit(&x509);
    kit_free(root);
    kit_free(client);
    kit_free(key);
}

static void skip_without_psa(void) {
    if (!doze_tls_has_psa_keys()) {
        print_message("this Mbed TLS has no MBEDTLS_USE_PSA_CRYPTO\n");
        skip();
    }
}

static void a_psk_in_a_psa_provider_connects_sleeps_and_wakes(void **state) {
    kit *k = *state;
    skip_without_psa();
    uint32_t key = import_psk();
    kit_start(k, &(kit_order){.dtls = {.psk = {.identity = {KIT_IDENTITY, strlen(KIT_IDENTITY)}, .psa_key = key}}});
    kit_connect(k);
    kit_sleep(k);
    kit_resume(k);
    kit_exchange(k, "with a key unseen");
    doze_close(k->socket);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_SESSION_RESUMED), 1);
    kit_stop(k);
    release(key);
}

static void a_psk_that_its_provider_has_no_more_fails_the_handshake(void **state) {
    kit *k = *state;
    skip_without_psa();
    uint32_t key = import_psk();
    kit_start(k, &(kit_order){.dtls = {.psk = {.identity = {KIT_IDENTITY, strlen(KIT_IDENTITY)}, .psa_key = key}}});
    release(key);
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_ERR_HANDSHAKE);
    kit_stop(k);
}

static void a_private_key_in_a_psa_provider_signs_the_handshake(void **state) {
    kit *k = *state;
    skip_without_psa();
    doze_bytes der = kit_file("client.key.der");
    doze_bytes root = kit_file("root.pem");
    doze_bytes client = kit_file("client-chain.pem");
    uint32_t key = import_private_key(der);
    const doze_x509_settings sealed = {.trust = root, .certificate = client, .psa_key = key};
    kit_start(k, &(kit_order){.certificate = "server", .client_ca = "root", .x509 = &sealed});
    world_name(&k->w, "localhost", KIT_SERVER, NULL);
    assert_int_equal(world_connect(&k->w, k->socket, "localhost", KIT_PORT, KIT_PATIENCE), DOZE_OK);
    kit_exchange(k, "signed out of sight");
    kit_stop(k);
    release(key);
    kit_free(der);
    kit_free(root);
    kit_free(client);
}

static void a_private_key_of_another_certificate_is_a_mismatch_in_a_psa_provider_too(void **state) {
    (void)state;
    skip_without_psa();
    doze_x509 x509;
    doze_bytes der = kit_file("client.key.der");
    doze_bytes root = kit_file("root.pem");
    doze_bytes other = kit_file("server.pem");
    uint32_t key = import_private_key(der);
    const doze_x509_settings wrong = {
        .random = {.fill = no_random}, .trust = root, .certificate = other, .psa_key = key};
    assert_int_equal(doze_x509_init(&x509, &wrong), DOZE_ERR_KEY_MISMATCH);
    release(key);
    kit_free(der);
    kit_free(root);
    kit_free(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_may_be_the_first_that_a_program_asks_for),
        cmocka_unit_test(a_build_without_psa_keys_says_so),
        KIT_TEST(a_psk_in_a_psa_provider_connects_sleeps_and_wakes),
        KIT_TEST(a_psk_that_its_provider_has_no_more_fails_the_handshake),
        KIT_TEST(a_private_key_in_a_psa_provider_signs_the_handshake),
        cmocka_unit_test(a_private_key_of_another_certificate_is_a_mismatch_in_a_psa_provider_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
