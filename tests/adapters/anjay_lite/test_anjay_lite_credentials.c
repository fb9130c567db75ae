/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials as Anjay Lite 3.0.0 gives them: from buffers, from its crypto storage, from something that signs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lite.h"
#include "storage.h"

static anj_crypto_security_info_t in_buffer(doze_bytes bytes) {
    return (anj_crypto_security_info_t){.source = ANJ_CRYPTO_DATA_SOURCE_BUFFER,
                                        .info.buffer = {.data = bytes.data, .data_size = bytes.size}};
}

static const anj_crypto_security_info_t empty = {.source = ANJ_CRYPTO_DATA_SOURCE_EMPTY};

static int create(const anj_net_config_t *config) {
    anj_net_ctx_t *ctx = NULL;
    int result = anj_dtls_create_ctx(&ctx, config);
    assert_true((result == ANJ_NET_OK) == (ctx != NULL));
    if (ctx != NULL) {
        assert_int_equal(anj_dtls_cleanup_ctx(&ctx), ANJ_NET_OK);
    }
    return result;
}

/* ---- pre-shared keys ---- */

static anj_net_psk_info_t *psk_of(anj_net_config_t *config) {
    return &config->secure_socket_config.security.data.psk;
}

static void a_context_without_a_configuration_is_refused(void **state) {
    (void)state;
    assert_int_equal(create(NULL), DOZE_ERR_ARGUMENT);
}

static void a_key_or_identity_that_is_missing_or_too_long_is_refused(void **state) {
    (void)state;
    static const char long_one[DOZE_IDENTITY_MAX + 1];
    anj_net_config_t config = lite_psk_config();
    psk_of(&config)->identity = empty;
    assert_int_equal(create(&config), DOZE_ERR_IDENTITY);
    psk_of(&config)->identity = in_buffer((doze_bytes){long_one, sizeof(long_one)});
    assert_int_equal(create(&config), DOZE_ERR_IDENTITY);
    config = lite_psk_config();
    psk_of(&config)->key = empty;
    assert_int_equal(create(&config), DOZE_ERR_KEY);
    psk_of(&config)->key = in_buffer((doze_bytes){NULL, 5});
    assert_int_equal(create(&config), DOZE_ERR_ARGUMENT);
}

static void a_server_name_with_a_key_is_not_supported(void **state) {
    (void)state;
    anj_net_config_t config = lite_psk_config();
    psk_of(&config)->sni = "server.example";
    assert_int_equal(create(&config), ANJ_NET_ENOTSUP);
    psk_of(&config)->sni = NULL;
    assert_int_equal(create(&config), ANJ_NET_OK);
}

static void a_mode_or_a_source_that_nobody_knows_is_refused(void **state) {
    (void)state;
    anj_net_config_t config = lite_psk_config();
    config.secure_socket_config.security.mode = (anj_net_security_mode_t)9;
    assert_int_equal(create(&config), DOZE_ERR_CONFIG);
    config = lite_psk_config();
    psk_of(&config)->key.source = (anj_crypto_data_source_t)9;
    assert_int_equal(create(&config), ANJ_NET_ENOTSUP);
}

static void a_stored_key_is_fetched(void **state) {
    (void)state;
    lite l;
    storage s = {.secret = {FAR_END_KEY, strlen(FAR_END_KEY)}};
    anj_net_config_t config = lite_psk_config();
    config.secure_socket_config.crypto_ctx = &s;
    psk_of(&config)->key = storage_info("key");
    lite_start(&l, NULL, &config);
    assert_int_equal(lite_connect(&l), ANJ_NET_OK);
    lite_exchange(&l, "hello");
    lite_stop(&l);
    psk_of(&config)->key = storage_info("");
    assert_int_equal(create(&config), DOZE_ERR_KEY);
}

/* ---- certificates ---- */

typedef struct files {
    doze_bytes root;
    doze_bytes root_der;
    doze_bytes other;
    doze_bytes server;
    doze_bytes intermediate;
    doze_bytes chain;
    doze_bytes key;
    doze_bytes key_der;
} files;

static int read_files(void **state) {
    files *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->root = far_end_file("root.pem");
    f->root_der = far_end_file("root.der");
    f->other = far_end_file("other-ca.pem");
    f->server = far_end_file("server.pem");
    f->intermediate = far_end_file("intermediate.pem");
    f->chain = far_end_file("client-chain.pem");
    f->key = far_end_file("client.key.pem");
    f->key_der = far_end_file("client.key.der");
    *state = f;
    return 0;
}

static int free_files(void **state) {
    files *f = *state;
    const doze_bytes all[] = {f->root, f->root_der, f->other, f->server, f->intermediate, f->chain, f->key, f->key_der};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        union {
            const void *kept;
            void *given;
        } memory = {all[i].data};
        free(memory.given);
    }
    free(f);
    return 0;
}

static anj_net_config_t certificate_config(const files *f, anj_net_certificate_usage_t usage, doze_bytes server) {
    anj_net_config_t config = {.secure_socket_config.security.mode = ANJ_NET_SECURITY_CERTIFICATE};
    anj_net_certificate_info_t *info = &config.secure_socket_config.security.data.cert;
    info->client_cert = in_buffer(f->chain);
    info->private_key = in_buffer(f->key);
    info->server_cert = in_buffer(server);
    info->certificate_usage = usage;
    return config;
}

static void trust(anj_net_config_t *config, const anj_crypto_security_info_t *certificates, size_t count) {
    config->secure_socket_config.security.data.cert.trust_store =
        (anj_net_trust_store_t){.ca_certs = certificates, .ca_certs_count = count};
}

static int try_connect(const anj_net_config_t *config) {
    lite l;
    const far_end_order order = {.certificate = "server", .client_certificate = true};
    lite_start(&l, &order, config);
    int result = lite_connect(&l);
    if (result == ANJ_NET_OK) {
        lite_exchange(&l, "hello");
    }
    lite_stop(&l);
    return result;
}

static void usage_0_wants_a_trusted_chain_with_this_ca(void **state) {
    const files *f = *state;
    const anj_crypto_security_info_t root = in_buffer(f->root);
    anj_net_config_t config = certificate_config(f, ANJ_NET_CERTIFICATE_CA_CONSTRAINT, f->intermediate);
    trust(&config, &root, 1);
    assert_int_equal(try_connect(&config), ANJ_NET_OK);
    config.secure_socket_config.security.data.cert.server_cert = in_buffer(f->other);
    assert_int_equal(try_connect(&config), DOZE_ERR_VERIFY);
}

static void usage_1_wants_a_trusted_chain_of_this_server(void **state) {
    const files *f = *state;
    const anj_crypto_security_info_t root = in_buffer(f->root_der);
    const anj_crypto_security_info_t other = in_buffer(f->other);
    anj_net_config_t config = certificate_config(f, ANJ_NET_CERTIFICATE_SERVICE_CERTIFICATE_CONSTRAINT, f->server);
    trust(&config, &root, 1);
    assert_int_equal(try_connect(&config), ANJ_NET_OK);
    trust(&config, &other, 1);
    assert_int_equal(try_connect(&config), DOZE_ERR_VERIFY);
}

static void usage_2_makes_this_ca_the_trust_anchor(void **state) {
    const files *f = *state;
    anj_net_config_t config = certificate_config(f, ANJ_NET_CERTIFICATE_TRUST_ANCHOR_ASSERTION, f->root);
    assert_int_equal(try_connect(&config), ANJ_NET_OK);
    config = certificate_config(f, ANJ_NET_CERTIFICATE_TRUST_ANCHOR_ASSERTION, f->other);
    assert_int_equal(try_connect(&config), DOZE_ERR_VERIFY);
}

static void usage_3_wants_this_server_and_nothing_else(void **state) {
    const files *f = *state;
    anj_net_config_t config = certificate_config(f, ANJ_NET_CERTIFICATE_DOMAIN_ISSUED_CERTIFICATE, f->server);
    assert_int_equal(try_connect(&config), ANJ_NET_OK);
    config = certificate_config(f, ANJ_NET_CERTIFICATE_DOMAIN_ISSUED_CERTIFICATE, f->other);
    assert_int_equal(try_connect(&config), DOZE_ERR_VERIFY);
}

static void several_trusted_certificates_may_be_pem_and_der(void **state) {
    const files *f = *state;
    const anj_crypto_security_info_t both[] = {in_buffer(f->other), in_buffer(f->root_der)};
    const anj_crypto_security_info_t terminated[] = {in_buffer((doze_bytes){f->other.data, f->other.size + 1}),
                                                     in_buffer(f->root)};
    anj_net_config_t config = certificate_config(f, ANJ_NET_CERTIFICATE_CA_CONSTRAINT, f->intermediate);
    trust(&config, both, 2);
    assert_int_equal(try_connect(&config), ANJ_NET_OK);
    trust(&config, terminated, 2);
    assert_int_equal(try_connect(&config), ANJ_NET_OK);
    trust(&config, both, 1);
    assert_int_equal(try_connect(&config), DOZE_ERR_VERIFY);
}

static void a_server_name_is_expected_instead_of_the_hosts(void **state) {
    const files *f = *state;
    anj_net_config_t config = certificate_config(f, ANJ_NET_CERTIFICATE_TRUST_ANCHOR_ASSERTION, f->root);
    config.secure_socket_config.security.data.cert.sni = "localhost";
    assert_int_equal(try_connect(&config), ANJ_NET_OK);
    config.secure_socket_config.security.data.cert.sni = "elsewhere.example";
    assert_int_equal(try_connect(&config), DOZE_ERR_VERIFY);
}

static void a_server_name_that_is_too_long_is_refused(void **state) {
    const files *f = *state;
    char name[DOZE_HOSTNAME_MAX + 2];
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    anj_net_config_t config = certificate_config(f, ANJ_NET_CERTIFICATE_TRUST_ANCHOR_ASSERTION, f->root);
    config.secure_socket_config.security.data.cert.sni = name;
    assert_int_equal(create(&config), DOZE_ERR_NAME);
}

static void a_stored_key_may_sign_where_it_is(void **state) {
    const files *f = *state;
    storage s = {.secret = f->key_der};
    anj_net_config_t config = certificate_config(f, ANJ_NET_CERTIFICATE_TRUST_ANCHOR_ASSERTION, f->root);
    config.secure_socket_config.crypto_ctx = &s;
    config.secure_socket_config.security.data.cert.private_key = storage_info("key");
    assert_int_equal(try_connect(&config), ANJ_NET_OK);
    config.secure_socket_config.security.data.cert.private_key = storage_info("");
    assert_int_equal(create(&config), DOZE_ERR_KEY);
}

static void what_is_missing_or_malformed_is_refused(void **state) {
    const files *f = *state;
    const anj_crypto_security_info_t nonsense = in_buffer((doze_bytes){"nonsense", 8});
    anj_net_config_t config = certificate_config(f, ANJ_NET_CERTIFICATE_TRUST_ANCHOR_ASSERTION, f->root);
    anj_net_certificate_info_t *info = &config.secure_socket_config.security.data.cert;
    info->server_cert = empty;
    assert_int_equal(create(&config), DOZE_ERR_CERTIFICATE);
    info->server_cert = nonsense;
    assert_int_equal(create(&config), DOZE_ERR_CERTIFICATE);
    info->server_cert = in_buffer(f->root);
    info->client_cert = nonsense;
    assert_int_equal(create(&config), DOZE_ERR_CERTIFICATE);
    info->client_cert = in_buffer(f->chain);
    info->private_key = nonsense;
    assert_int_equal(create(&config), DOZE_ERR_KEY);
    info->private_key = in_buffer(f->key);
    info->certificate_usage = ANJ_NET_CERTIFICATE_CA_CONSTRAINT;
    assert_int_equal(create(&config), DOZE_ERR_CONFIG);
    trust(&config, &nonsense, 1);
    assert_int_equal(create(&config), DOZE_ERR_CERTIFICATE);
    trust(&config, NULL, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, read_files, free_files)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_context_without_a_configuration_is_refused),
        cmocka_unit_test(a_key_or_identity_that_is_missing_or_too_long_is_refused),
        cmocka_unit_test(a_server_name_with_a_key_is_not_supported),
        cmocka_unit_test(a_mode_or_a_source_that_nobody_knows_is_refused),
        cmocka_unit_test(a_stored_key_is_fetched),
        TEST(usage_0_wants_a_trusted_chain_with_this_ca),
        TEST(usage_1_wants_a_trusted_chain_of_this_server),
        TEST(usage_2_makes_this_ca_the_trust_anchor),
        TEST(usage_3_wants_this_server_and_nothing_else),
        TEST(several_trusted_certificates_may_be_pem_and_der),
        TEST(a_server_name_is_expected_instead_of_the_hosts),
        TEST(a_server_name_that_is_too_long_is_refused),
        TEST(a_stored_key_may_sign_where_it_is),
        TEST(what_is_missing_or_malformed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
