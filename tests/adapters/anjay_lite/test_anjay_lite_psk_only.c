/* SPDX-License-Identifier: Apache-2.0 */
/* Anjay Lite 3.0.0 configured without certificates, crypto storage and signing. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <anj/compat/crypto/zeroize.h>

#include <cmocka.h>

#include "lite.h"

static void a_key_from_a_buffer_is_enough(void **state) {
    (void)state;
    lite l;
    lite_start(&l, NULL, NULL);
    assert_int_equal(lite_connect(&l), ANJ_NET_OK);
    lite_exchange(&l, "hello");
    lite_stop(&l);
}

static int create(const anj_net_config_t *config) {
    anj_net_ctx_t *ctx = NULL;
    int result = anj_dtls_create_ctx(&ctx, config);
    assert_null(ctx);
    return result;
}

static void certificates_are_not_supported(void **state) {
    (void)state;
    anj_net_config_t config = lite_psk_config();
    config.secure_socket_config.security.mode = ANJ_NET_SECURITY_CERTIFICATE;
    assert_int_equal(create(&config), ANJ_NET_ENOTSUP);
}

static void secrets_from_elsewhere_are_not_supported(void **state) {
    (void)state;
    anj_net_config_t config = lite_psk_config();
    config.secure_socket_config.security.data.psk.key.source = (anj_crypto_data_source_t)2;
    assert_int_equal(create(&config), ANJ_NET_ENOTSUP);
}

static void secrets_can_be_wiped_without_anjay_lites_own_mbed_tls(void **state) {
    (void)state;
    char secret[] = "secret";
    const char nothing[sizeof(secret)] = {0};
    anj_crypto_zeroize(secret, sizeof(secret));
    assert_memory_equal(secret, nothing, sizeof(secret));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_from_a_buffer_is_enough),
        cmocka_unit_test(certificates_are_not_supported),
        cmocka_unit_test(secrets_from_elsewhere_are_not_supported),
        cmocka_unit_test(secrets_can_be_wiped_without_anjay_lites_own_mbed_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
