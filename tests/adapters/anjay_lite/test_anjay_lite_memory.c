/* SPDX-License-Identifier: Apache-2.0 */
/* Anjay Lite 3.0.0 on a host without memory: each allocation of a context fails in turn. The linker puts the functions
 * below in the place of malloc() and calloc(), for doze and Mbed TLS alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <anj/compat/net/anj_dtls.h>
#include <anj/compat/net/anj_udp.h>

#include <cmocka.h>

#include "far_end.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

static long granted = -1; /* so many allocations succeed, then one fails; -1: all succeed */

static bool is_granted(void) {
    return granted < 0 || granted-- > 0;
}

void *__wrap_malloc(size_t size) {
    return is_granted() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size) {
    return is_granted() ? __real_calloc(count, size) : NULL;
}

/* Without memory for c-ares, a context has the host's resolver, so not every failure is one of the context. Of a
 * chain in PEM, Mbed TLS says how many certificates it could not read, and not why. */
static void fail_in_turn(anj_net_create_ctx_t *create, anj_net_cleanup_ctx_t *cleanup, const anj_net_config_t *config) {
    unsigned failures = 0;
    bool all_granted = false;
    for (long allowed = 0; !all_granted; allowed++) {
        anj_net_ctx_t *ctx = NULL;
        granted = allowed;
        int result = create(&ctx, config);
        all_granted = granted >= 0;
        granted = -1;
        failures += result != ANJ_NET_OK;
        assert_true(result == ANJ_NET_OK || result == DOZE_ERR_NO_MEMORY || result == DOZE_ERR_CERTIFICATE);
        assert_true((result == ANJ_NET_OK) == (ctx != NULL));
        if (ctx != NULL) {
            assert_int_equal(cleanup(&ctx), ANJ_NET_OK);
        }
    }
    assert_true(failures > 0);
}

static anj_crypto_security_info_t in_buffer(doze_bytes bytes) {
    return (anj_crypto_security_info_t){.source = ANJ_CRYPTO_DATA_SOURCE_BUFFER,
                                        .info.buffer = {.data = bytes.data, .data_size = bytes.size}};
}

static void a_udp_context_is_made_or_refused(void **state) {
    (void)state;
    fail_in_turn(anj_udp_create_ctx, anj_udp_cleanup_ctx, NULL);
}

static void a_context_with_a_key_is_made_or_refused(void **state) {
    (void)state;
    anj_net_config_t config = {.secure_socket_config.security.mode = ANJ_NET_SECURITY_PSK};
    config.secure_socket_config.security.data.psk =
        (anj_net_psk_info_t){.identity = in_buffer((doze_bytes){FAR_END_IDENTITY, strlen(FAR_END_IDENTITY)}),
                             .key = in_buffer((doze_bytes){FAR_END_KEY, strlen(FAR_END_KEY)})};
    fail_in_turn(anj_dtls_create_ctx, anj_dtls_cleanup_ctx, &config);
}

static void free_file(doze_bytes file) {
    union {
        const void *kept;
        void *given;
    } memory = {file.data};
    free(memory.given);
}

static void a_context_with_certificates_is_made_or_refused(void **state) {
    (void)state;
    doze_bytes root = far_end_file("root.der");
    doze_bytes other = far_end_file("other-ca.pem");
    doze_bytes server = far_end_file("server.pem");
    const anj_crypto_security_info_t trusted[] = {in_buffer(other), in_buffer(root)};
    anj_net_config_t config = {.secure_socket_config.security.mode = ANJ_NET_SECURITY_CERTIFICATE};
    config.secure_socket_config.security.data.cert = (anj_net_certificate_info_t){
        .server_cert = in_buffer(server),
        .certificate_usage = ANJ_NET_CERTIFICATE_SERVICE_CERTIFICATE_CONSTRAINT,
        .trust_store = {.ca_certs = trusted, .ca_certs_count = 2},
    };
    fail_in_turn(anj_dtls_create_ctx, anj_dtls_cleanup_ctx, &config);
    free_file(root);
    free_file(other);
    free_file(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_udp_context_is_made_or_refused),
        cmocka_unit_test(a_context_with_a_key_is_made_or_refused),
        cmocka_unit_test(a_context_with_certificates_is_made_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
