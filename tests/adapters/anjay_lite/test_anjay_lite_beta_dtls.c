/* SPDX-License-Identifier: Apache-2.0 */
/* Anjay Lite 1.0.0-beta.1 over DTLS: what UDP has not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "beta.h"

static void a_connection_id_is_negotiated_when_asked_for(void **state) {
    (void)state;
    for (int wanted = 0; wanted < 2; wanted++) {
        beta b;
        anj_net_config_t config = beta_psk_config();
        config.secure_socket_config.use_connection_id = wanted != 0;
        beta_start(&b, &beta_dtls, &config, NULL);
        beta_connect_well(&b);
        assert_int_equal(peer_newest(&b.far.dtls.peer)->cid_in_use, wanted);
        beta_stop(&b);
    }
}

static void a_connect_under_way_reads_bound(void **state) {
    (void)state;
    beta b;
    beta_start(&b, &beta_dtls, NULL, NULL);
    assert_int_equal(anj_dtls_connect(b.ctx, FAR_END_HOST, b.far.dtls_port), ANJ_NET_EAGAIN);
    assert_int_equal(beta_state(&b), ANJ_NET_SOCKET_STATE_BOUND);
    beta_connect_well(&b);
    beta_stop(&b);
}

static void queue_mode_is_silent_and_cleanup_is_the_goodbye(void **state) {
    (void)state;
    beta b;
    beta_start(&b, &beta_dtls, NULL, NULL);
    beta_connect_well(&b);
    unsigned before = b.far.dtls.peer.counters.datagrams_in;
    beta_begin_queue_mode(&b);
    assert_int_equal(anj_dtls_reuse_last_port(b.ctx), ANJ_NET_OK);
    assert_int_equal(beta_connect(&b), ANJ_NET_OK);
    assert_int_equal(anj_dtls_shutdown(b.ctx), ANJ_NET_OK);
    far_end_serve(&b.far);
    assert_int_equal(b.far.dtls.peer.counters.datagrams_in, before);
    assert_int_equal(anj_dtls_cleanup_ctx(&b.ctx), ANJ_NET_OK);
    far_end_serve(&b.far);
    assert_int_equal(b.far.dtls.peer.counters.close_notifies, 1);
    beta_stop(&b);
}

static void a_wake_to_a_new_context_makes_the_client_register(void **state) {
    (void)state;
    beta b;
    doze_udp thief;
    beta_start(&b, &beta_dtls, NULL, &(far_end_order){.no_cid = true});
    beta_connect_well(&b);
    beta_begin_queue_mode(&b);
    far_end_take_port(&thief, beta_port(&b));
    assert_int_equal(anj_dtls_reuse_last_port(b.ctx), ANJ_NET_ENOTSUP);
    assert_int_equal(beta_connect(&b), ANJ_NET_OK);
    assert_int_equal(beta_handshakes(&b), 2);
    assert_int_equal(beta_send(&b, "Update"), DOZE_ANJAY_LITE_NEW_CONTEXT);
    beta_begin_queue_mode(&b);
    beta_connect_well(&b);
    assert_int_equal(beta_handshakes(&b), 2);
    doze_deinit(&thief.socket);
    beta_stop(&b);
}

static void it_is_told_whether_session_or_connection_id_went_on(void **state) {
    (void)state;
    beta b;
    bool session = true;
    bool connection_id = true;
    beta_start(&b, &beta_dtls, NULL, NULL);
    beta_connect_well(&b);
    assert_int_equal(anj_dtls_get_session_resumed(b.ctx, &session), ANJ_NET_OK);
    assert_int_equal(anj_dtls_get_connection_id_resumed(b.ctx, &connection_id), ANJ_NET_OK);
    assert_false(session || connection_id);
    beta_begin_queue_mode(&b);
    beta_connect_well(&b);
    assert_int_equal(anj_dtls_get_connection_id_resumed(b.ctx, &connection_id), ANJ_NET_OK);
    assert_true(connection_id);
    assert_int_equal(peer_close(&b.far.dtls.peer, peer_newest(&b.far.dtls.peer)), 0);
    uint8_t byte;
    size_t size;
    int result = ANJ_NET_EAGAIN;
    while (result == ANJ_NET_EAGAIN) {
        result = anj_dtls_recv(b.ctx, &size, &byte, sizeof(byte));
    }
    assert_int_equal(result, DOZE_ERR_CLOSED_BY_PEER);
    beta_begin_queue_mode(&b);
    assert_int_equal(beta_connect(&b), ANJ_NET_OK);
    assert_int_equal(anj_dtls_get_session_resumed(b.ctx, &session), ANJ_NET_OK);
    assert_int_equal(anj_dtls_get_connection_id_resumed(b.ctx, &connection_id), ANJ_NET_OK);
    assert_true(session && !connection_id);
    beta_stop(&b);
}

static void timers_can_be_set_before_and_after(void **state) {
    (void)state;
    beta b;
    anj_net_dtls_handshake_timeouts_t timers = {.min = 20, .max = 40};
    anj_net_config_t config = beta_psk_config();
    config.secure_socket_config.dtls_handshake_timeouts = &timers;
    beta_start(&b, &beta_dtls, &config, NULL);
    b.far.dtls.peer.behaviour.deaf = true;
    assert_int_equal(beta_connect(&b), DOZE_ERR_TIMEOUT);
    timers = (anj_net_dtls_handshake_timeouts_t){.min = 70000, .max = 80000};
    assert_int_equal(anj_dtls_set_handshake_timeout(b.ctx, &timers), ANJ_NET_OK);
    timers = (anj_net_dtls_handshake_timeouts_t){.min = 10, .max = 10};
    assert_int_equal(anj_dtls_set_handshake_timeout(b.ctx, &timers), ANJ_NET_OK);
    assert_int_equal(beta_connect(&b), DOZE_ERR_TIMEOUT);
    timers.min = 11;
    assert_int_equal(anj_dtls_set_handshake_timeout(b.ctx, &timers), DOZE_ERR_ARGUMENT - 100);
    assert_int_equal(anj_dtls_set_dane_tls_array(b.ctx, NULL), ANJ_NET_ENOTSUP);
    beta_stop(&b);
}

static int create(const anj_net_config_t *config) {
    anj_net_ctx_t *ctx = NULL;
    int result = anj_dtls_create_ctx(&ctx, config);
    if (ctx != NULL) {
        anj_dtls_cleanup_ctx(&ctx);
    }
    return result;
}

static void what_a_configuration_cannot_have_is_refused(void **state) {
    (void)state;
    uint32_t suites[DOZE_SUITES_MAX + 1] = {0xc0a8, 0x1234};
    anj_net_config_t config = beta_psk_config();
    anj_net_ssl_configuration_t *ssl = &config.secure_socket_config;
    ssl->ciphersuites = (anj_net_socket_tls_ciphersuites_t){.ids = suites, .num_ids = 1};
    assert_int_equal(create(&config), ANJ_NET_OK);
    ssl->ciphersuites.num_ids = 2;
    assert_int_equal(create(&config), DOZE_ERR_SUITE);
    ssl->ciphersuites.num_ids = DOZE_SUITES_MAX + 1;
    assert_int_equal(create(&config), DOZE_ERR_SUITE);
    config = beta_psk_config();
    ssl->version = ANJ_NET_SSL_VERSION_TLSv1_3;
    assert_int_equal(create(&config), ANJ_NET_ENOTSUP);
    ssl->version = ANJ_NET_SSL_VERSION_TLSv1_2;
    ssl->server_name_indication = "server.example";
    assert_int_equal(create(&config), ANJ_NET_ENOTSUP);
    config = beta_psk_config();
    ssl->security.data.psk.key.desc.source = AVS_CRYPTO_DATA_SOURCE_FILE;
    assert_int_equal(create(&config), ANJ_NET_ENOTSUP);
    const anj_net_dtls_handshake_timeouts_t endless = {.min = 1000, .max = (uint64_t)UINT32_MAX + 1};
    config = beta_psk_config();
    ssl->dtls_handshake_timeouts = &endless;
    assert_int_equal(create(&config), DOZE_ERR_CONFIG);
    assert_int_equal(create(NULL), DOZE_ERR_ARGUMENT - 100);
}

static void free_file(doze_bytes file) {
    union {
        const void *kept;
        void *given;
    } memory = {file.data};
    free(memory.given);
}

static void certificates_from_buffers_are_used(void **state) {
    (void)state;
    beta b;
    doze_bytes root = far_end_file("root.pem");
    doze_bytes chain = far_end_file("client-chain.pem");
    doze_bytes key = far_end_file("client.key.pem");
    doze_bytes crl = far_end_file("crl.pem");
    anj_net_config_t config = {.secure_socket_config.security.mode = ANJ_NET_SECURITY_CERTIFICATE};
    anj_net_certificate_info_t *info = &config.secure_socket_config.security.data.cert;
    info->trusted_certs.desc = beta_in_buffer(root.data, root.size);
    info->client_cert.desc = beta_in_buffer(chain.data, chain.size);
    info->client_key.desc = beta_in_buffer(key.data, key.size);
    info->cert_revocation_lists.desc = beta_in_buffer(crl.data, crl.size);
    assert_int_equal(create(&config), ANJ_NET_ENOTSUP); /* a server that nobody verifies */
    info->server_cert_validation = true;
    beta_start(&b, &beta_dtls, &config, &(far_end_order){.certificate = "server", .client_certificate = true});
    beta_connect_well(&b);
    beta_stop(&b);
    info->client_cert.desc = info->client_key.desc = (avs_crypto_security_info_union_t){0}; /* there is none */
    config.secure_socket_config.server_name_indication = "elsewhere.example";
    beta_start(&b, &beta_dtls, &config, &(far_end_order){.certificate = "server"});
    assert_int_equal(beta_connect(&b), DOZE_ERR_VERIFY);
    beta_stop(&b);
    free_file(root);
    free_file(chain);
    free_file(key);
    free_file(crl);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_id_is_negotiated_when_asked_for),
        cmocka_unit_test(a_connect_under_way_reads_bound),
        cmocka_unit_test(queue_mode_is_silent_and_cleanup_is_the_goodbye),
        cmocka_unit_test(a_wake_to_a_new_context_makes_the_client_register),
        cmocka_unit_test(it_is_told_whether_session_or_connection_id_went_on),
        cmocka_unit_test(timers_can_be_set_before_and_after),
        cmocka_unit_test(what_a_configuration_cannot_have_is_refused),
        cmocka_unit_test(certificates_from_buffers_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
