/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as avs_crypto describes them, and DANE records as LwM2M uses them. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <mbedtls/md.h>
#include <mbedtls/x509_crt.h>

#include <cmocka.h>

#include "rig.h"

static avs_net_certificate_info_t *use_certificates(rig *r) {
    r->config.security = (avs_net_security_info_t){.mode = AVS_NET_SECURITY_CERTIFICATE};
    r->config.security.data.cert.server_cert_validation = true;
    return &r->config.security.data.cert;
}

static void is_trusted(rig *r) {
    rig_dtls(r);
    assert_ok(rig_connect(r));
    rig_exchange(r, "among the trusted");
    rig_drop(r);
}

static void is_not_trusted(rig *r) {
    rig_dtls(r);
    avs_error_t error = rig_connect(r);
    assert_int_equal(error.category, AVS_NET_SSL_LIB_ERROR_CATEGORY);
    assert_int_equal(error.code, -MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
    rig_drop(r);
    memset(r->session, 0, sizeof(r->session));
}

/* ---- where certificates are ---- */

static void trust_may_come_from_files_buffers_and_arrays_in_pem_and_der(void **state) {
    rig *r = *state;
    rig_serve(r, NULL, "server");
    avs_net_certificate_info_t *c = use_certificates(r);
    const avs_crypto_security_info_union_t sources[] = {rig_file("root.pem"), rig_buffer("root.pem"),
                                                        rig_file("root.der"), rig_buffer("root.der")};
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        c->trusted_certs.desc = sources[i];
        is_trusted(r);
    }
    avs_crypto_security_info_union_t several[] = {
        rig_buffer("other-ca.pem"), {.source = AVS_CRYPTO_DATA_SOURCE_EMPTY}, rig_buffer("root.der")};
    several[0].info.buffer.buffer_size++; /* as a C string has it, its end included */
    c->trusted_certs.desc =
        (avs_crypto_security_info_union_t){.source = AVS_CRYPTO_DATA_SOURCE_ARRAY, .info.array = {several, 3}};
    is_trusted(r);
    c->trusted_certs.desc = sources[1];
    c->cert_revocation_lists.desc = rig_buffer("crl.pem");
    is_trusted(r);
}

static void a_server_of_another_authority_is_refused(void **state) {
    rig *r = *state;
    rig_serve(r, NULL, "server");
    use_certificates(r)->trusted_certs.desc = rig_file("other-ca.pem");
    is_not_trusted(r);
}

static void a_revoked_server_is_refused(void **state) {
    rig *r = *state;
    rig_serve(r, NULL, "server-revoked");
    avs_net_certificate_info_t *c = use_certificates(r);
    c->trusted_certs.desc = rig_file("root.pem");
    c->cert_revocation_lists.desc = rig_file("crl.pem");
    is_not_trusted(r);
}

static void a_client_certificate_is_shown_and_sleeps_like_a_key(void **state) {
    rig *r = *state;
    char ca[512];
    snprintf(ca, sizeof(ca), "%s/root.pem", DOZE_TEST_CERTS);
    rig_serve(r, &(peer_settings){.ca_file = ca, .sessions = PEER_SESSION_CACHE}, "server");
    avs_net_certificate_info_t *c = use_certificates(r);
    c->trusted_certs.desc = rig_file("root.pem");
    c->client_cert.desc = rig_file("client-chain.pem");
    c->client_key.desc = rig_file("client.key.pem");
    rig_dtls(r);
    assert_ok(rig_connect(r));
    rig_exchange(r, "certified");
    assert_ok(rig_shutdown(r));
    assert_ok(rig_close(r));
    assert_ok(rig_connect(r));
    assert_true(rig_flag(r, AVS_NET_SOCKET_OPT_CONNECTION_ID_RESUMED));
    rig_exchange(r, "certified and awake");
    assert_ok(rig_shutdown(r));
    rig_drop(r);
    rig_dtls(r); /* the session in the buffer is sealed with the private key */
    assert_ok(rig_connect(r));
    assert_true(rig_flag(r, AVS_NET_SOCKET_OPT_SESSION_RESUMED));
}

static void the_servers_name_can_be_given(void **state) {
    rig *r = *state;
    rig_serve(r, NULL, "server");
    use_certificates(r)->trusted_certs.desc = rig_file("root.pem");
    r->config.server_name_indication = "localhost";
    rig_dtls(r);
    assert_ok(rig_connect(r));
    assert_string_equal(peer_newest(&r->server.peer)->server_name, "localhost");
    rig_drop(r);
    memset(r->session, 0, sizeof(r->session));
    r->config.server_name_indication = "elsewhere.example";
    is_not_trusted(r);
}

/* ---- DANE ---- */

static void with_record(rig *r, avs_net_socket_dane_tlsa_record_t record, avs_errno_t wanted) {
    avs_error_t error =
        rig_set(r, AVS_NET_SOCKET_OPT_DANE_TLSA_ARRAY, (avs_net_socket_opt_value_t){.dane_tlsa_array = {&record, 1}});
    rig_assert_error(error, wanted == AVS_NO_ERROR ? AVS_OK : avs_errno(wanted), "set_opt", __FILE__, __LINE__);
}

static avs_net_socket_dane_tlsa_record_t whole_server(void) {
    avs_crypto_security_info_union_t pem = rig_buffer("server.pem");
    return (avs_net_socket_dane_tlsa_record_t){.certificate_usage = AVS_NET_SOCKET_DANE_DOMAIN_ISSUED_CERTIFICATE,
                                               .association_data = pem.info.buffer.buffer,
                                               .association_data_size = pem.info.buffer.buffer_size};
}

/* As Anjay does: the socket is made with nothing to trust, and told then. */
static void a_record_alone_says_whom_to_trust(void **state) {
    rig *r = *state;
    rig_serve(r, NULL, "server");
    avs_net_socket_opt_value_t timeout = {.recv_timeout = {7, 0}};
    use_certificates(r)->dane = true;
    rig_dtls(r);
    assert_ok(rig_set(r, AVS_NET_SOCKET_OPT_RECV_TIMEOUT, timeout));
    with_record(r, whole_server(), AVS_NO_ERROR);
    assert_ok(rig_bind(r, NULL, "0"));
    assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_RECV_TIMEOUT, &timeout));
    assert_int_equal(timeout.recv_timeout.seconds, 7);
    assert_ok(rig_connect(r));
    rig_exchange(r, "known by its certificate");
    with_record(r, whole_server(), AVS_EISCONN);
}

static void without_its_record_nobody_is_trusted_any_more(void **state) {
    rig *r = *state;
    rig_serve(r, NULL, "server");
    use_certificates(r)->dane = true;
    rig_dtls(r);
    with_record(r, whole_server(), AVS_NO_ERROR);
    assert_ok(rig_set(r, AVS_NET_SOCKET_OPT_DANE_TLSA_ARRAY, (avs_net_socket_opt_value_t){.dane_tlsa_array = {0}}));
    assert_errno(rig_connect(r), AVS_EINVAL);
    with_record(r, whole_server(), AVS_NO_ERROR);
    assert_ok(rig_connect(r));
}

/* `hash` is memory for it. */
static avs_net_socket_dane_tlsa_record_t server_by_hash(mbedtls_md_type_t type, unsigned char hash[64]) {
    mbedtls_x509_crt crt;
    avs_crypto_security_info_union_t server = rig_buffer("server.pem");
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(type);
    mbedtls_x509_crt_init(&crt);
    assert_int_equal(mbedtls_x509_crt_parse(&crt, server.info.buffer.buffer, server.info.buffer.buffer_size + 1), 0);
    assert_int_equal(mbedtls_md(md, crt.raw.p, crt.raw.len, hash), 0);
    mbedtls_x509_crt_free(&crt);
    return (avs_net_socket_dane_tlsa_record_t){.certificate_usage = AVS_NET_SOCKET_DANE_DOMAIN_ISSUED_CERTIFICATE,
                                               .matching_type = type == MBEDTLS_MD_SHA512
                                                                    ? AVS_NET_SOCKET_DANE_MATCH_SHA512
                                                                    : AVS_NET_SOCKET_DANE_MATCH_SHA256,
                                               .association_data = hash,
                                               .association_data_size = mbedtls_md_get_size(md)};
}

static void a_record_by_either_hash_says_whom_to_trust(void **state) {
    static const mbedtls_md_type_t types[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA512};
    rig *r = *state;
    unsigned char hash[64];
    rig_serve(r, NULL, "server");
    use_certificates(r)->dane = true;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        rig_dtls(r);
        with_record(r, server_by_hash(types[i], hash), AVS_NO_ERROR);
        assert_ok(rig_connect(r));
        rig_exchange(r, "known by its hash");
        rig_drop(r);
    }
}

static void a_record_by_its_hash_refuses_all_others(void **state) {
    rig *r = *state;
    unsigned char hash[64];
    avs_net_socket_dane_tlsa_record_t record = server_by_hash(MBEDTLS_MD_SHA256, hash);
    rig_serve(r, NULL, "server");
    use_certificates(r)->dane = true;
    rig_dtls(r);
    with_record(r, record, AVS_NO_ERROR);
    assert_ok(rig_connect(r));
    assert_ok(rig_close(r));
    hash[0] ^= 1;
    avs_net_socket_opt_value_t timeout = {.recv_timeout = {9, 0}};
    assert_ok(rig_set(r, AVS_NET_SOCKET_OPT_RECV_TIMEOUT, timeout));
    with_record(r, record, AVS_NO_ERROR); /* in place of the first */
    assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_RECV_TIMEOUT, &timeout));
    assert_int_equal(timeout.recv_timeout.seconds, 9);
    avs_error_t error = rig_connect(r);
    assert_int_equal(error.category, AVS_NET_SSL_LIB_ERROR_CATEGORY);
}

static void records_that_doze_cannot_use_are_refused(void **state) {
    rig *r = *state;
    use_certificates(r)->dane = true;
    rig_dtls(r);
    avs_net_socket_dane_tlsa_record_t record = whole_server();
    record.selector = AVS_NET_SOCKET_DANE_PUBLIC_KEY;
    with_record(r, record, AVS_ENOTSUP);
    record = whole_server();
    record.matching_type = (avs_net_socket_dane_matching_type_t)9;
    with_record(r, record, AVS_ENOTSUP);
    const avs_net_socket_dane_tlsa_record_t two[] = {whole_server(), whole_server()};
    assert_errno(
        rig_set(r, AVS_NET_SOCKET_OPT_DANE_TLSA_ARRAY, (avs_net_socket_opt_value_t){.dane_tlsa_array = {two, 2}}),
        AVS_ENOTSUP);
    assert_true(avs_is_err(rig_connect_to(r, "127.0.0.1", "5684"))); /* with none there is nothing to trust */
}

/* ---- what is refused ---- */

static void security_that_cannot_be_had_makes_no_socket(void **state) {
    rig *r = *state;
    avs_net_certificate_info_t good = {.server_cert_validation = true, .trusted_certs.desc = rig_file("root.pem")};
    avs_net_certificate_info_t c[8];
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        c[i] = good;
    }
    c[0].server_cert_validation = false;
    c[1].trusted_certs.desc = (avs_crypto_security_info_union_t){.source = AVS_CRYPTO_DATA_SOURCE_EMPTY};
    c[2].trusted_certs.desc = (avs_crypto_security_info_union_t){.source = AVS_CRYPTO_DATA_SOURCE_PATH};
    c[3].trusted_certs.desc = rig_file("no such file.pem");
    c[4].trusted_certs.desc = rig_bytes("rubbish", 7);
    c[5].rebuild_client_cert_chain = true;
    c[6].client_cert.desc = rig_file("client-chain.pem");
    c[6].client_key.desc = rig_file("client.key.pem");
    c[6].client_key.desc.info.file.password = "secret";
    c[7].client_cert.desc = rig_file("client-chain.pem");
    c[7].client_key.desc = rig_file("server.key.pem");
    static const avs_errno_t wanted[] = {AVS_ENOTSUP, AVS_EINVAL,  AVS_ENOTSUP, AVS_ENOENT,
                                         AVS_EINVAL,  AVS_ENOTSUP, AVS_ENOTSUP, AVS_EINVAL};
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        r->config.security = (avs_net_security_info_t){.mode = AVS_NET_SECURITY_CERTIFICATE, .data.cert = c[i]};
        assert_errno(_avs_net_create_dtls_socket(&r->socket, &r->config), wanted[i]);
        assert_null(r->socket);
    }
    r->config.security.mode = (avs_net_security_mode_t)7;
    assert_errno(_avs_net_create_dtls_socket(&r->socket, &r->config), AVS_EINVAL);
}

/* Whichever allocation fails: there is no socket, and no memory is lost, which the sanitizer sees. */
static void without_memory_there_is_no_socket(void **state) {
    rig *r = *state;
    uint32_t suite = MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8;
    avs_net_certificate_info_t *c = use_certificates(r);
    avs_crypto_security_info_union_t several[] = {rig_buffer("other-ca.pem"), rig_buffer("root.der")};
    c->trusted_certs.desc =
        (avs_crypto_security_info_union_t){.source = AVS_CRYPTO_DATA_SOURCE_ARRAY, .info.array = {several, 2}};
    c->cert_revocation_lists.desc = rig_file("crl.pem");
    c->client_cert.desc = rig_file("client-chain.pem");
    c->client_key.desc = rig_file("client.key.pem");
    r->config.ciphersuites = (avs_net_socket_tls_ciphersuites_t){&suite, 1};
    r->config.server_name_indication = "localhost";
    unsigned failures = 0;
    for (;;) {
        rig_fail_allocation(failures + 1);
        avs_error_t error = _avs_net_create_dtls_socket(&r->socket, &r->config);
        if (avs_is_ok(error)) {
            break;
        }
        assert_errno(error, AVS_ENOMEM);
        assert_null(r->socket);
        failures++;
    }
    rig_fail_allocation(0);
    assert_in_range(failures, 10, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(trust_may_come_from_files_buffers_and_arrays_in_pem_and_der),
        RIG_TEST(a_server_of_another_authority_is_refused),
        RIG_TEST(a_revoked_server_is_refused),
        RIG_TEST(a_client_certificate_is_shown_and_sleeps_like_a_key),
        RIG_TEST(the_servers_name_can_be_given),
        RIG_TEST(a_record_alone_says_whom_to_trust),
        RIG_TEST(without_its_record_nobody_is_trusted_any_more),
        RIG_TEST(a_record_by_either_hash_says_whom_to_trust),
        RIG_TEST(a_record_by_its_hash_refuses_all_others),
        RIG_TEST(records_that_doze_cannot_use_are_refused),
        RIG_TEST(security_that_cannot_be_had_makes_no_socket),
        RIG_TEST(without_memory_there_is_no_socket),
    };
    return cmocka_run_group_tests_name("anjay_certificates", tests, NULL, NULL);
}
