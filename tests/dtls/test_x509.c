/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: who is let in, and above all who is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/md.h>

#include "kit/kit.h"

#define NAME "localhost" /* what the test certificates are for */

typedef struct scene {
    kit k;
    doze_bytes root, intermediate, other_ca, crl, server, client, client_key, expired;
} scene;

static int set_up(void **state) {
    scene *s = test_calloc(1, sizeof(*s));
    s->root = kit_file("root.pem");
    s->intermediate = kit_file("intermediate.pem");
    s->other_ca = kit_file("other-ca.pem");
    s->crl = kit_file("crl.pem");
    s->server = kit_file("server.pem");
    s->client = kit_file("client-chain.pem");
    s->client_key = kit_file("client.key.pem");
    s->expired = kit_file("server-expired.pem");
    *state = s;
    return 0;
}

static int tear_down(void **state) {
    scene *s = *state;
    const doze_bytes all[] = {s->root,   s->intermediate, s->other_ca,   s->crl,
                              s->server, s->client,       s->client_key, s->expired};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        kit_free(all[i]);
    }
    test_free(s);
    return 0;
}

/* Connects to a server that has the certificate of that name. */
static doze_result try_host(scene *s, const char *certificate, doze_x509_settings settings, const char *host) {
    kit_start(&s->k, &(kit_order){.certificate = certificate, .x509 = &settings});
    world_name(&s->k.w, NAME, KIT_SERVER, NULL);
    return world_connect(&s->k.w, s->k.socket, host, KIT_PORT, KIT_PATIENCE);
}

static void accept(scene *s, const char *certificate, doze_x509_settings settings) {
    assert_int_equal(try_host(s, certificate, settings, NAME), DOZE_OK);
    assert_int_equal(kit_option(&s->k, DOZE_OPT_VERIFY_FLAGS), 0);
    kit_exchange(&s->k, "between those who trust");
    kit_stop(&s->k);
}

/* Refused for a reason among `flags`, and nothing was said to the stranger. */
static void refuse(scene *s, const char *certificate, doze_x509_settings settings, uint32_t flags) {
    assert_int_equal(try_host(s, certificate, settings, NAME), DOZE_ERR_VERIFY);
    assert_true((kit_option(&s->k, DOZE_OPT_VERIFY_FLAGS) & flags) != 0);
    assert_int_equal(doze_get_state(s->k.socket), DOZE_STATE_CLOSED);
    assert_int_equal(s->k.tap.count[TAP_UP].application, 0);
    world_advance(&s->k.w, 1000);
    assert_int_equal(peer_count(s->k.peer), 0);
    kit_stop(&s->k);
}

#define ACCEPT(certificate, ...)        accept(s, certificate, (doze_x509_settings){__VA_ARGS__})
#define REFUSE(flags, certificate, ...) refuse(s, certificate, (doze_x509_settings){__VA_ARGS__}, flags)

/* ---- the ordinary ---- */

static void a_server_with_a_chain_to_a_trusted_root_is_accepted_and_gets_its_name(void **state) {
    scene *s = *state;
    assert_int_equal(try_host(s, "server", (doze_x509_settings){.trust = s->root}, NAME), DOZE_OK);
    assert_string_equal(peer_newest(s->k.peer)->server_name, NAME);
    assert_int_equal(kit_option(&s->k, DOZE_OPT_SUITE), MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8);
    kit_stop(&s->k);
}

static void certificates_on_both_sides_sleep_wake_and_resume_as_keys_do(void **state) {
    scene *s = *state;
    kit *k = &s->k;
    const doze_x509_settings both = {.trust = s->root, .certificate = s->client, .key = s->client_key};
    kit_start(k, &(kit_order){.certificate = "server", .client_ca = "root", .x509 = &both});
    world_name(&k->w, NAME, KIT_SERVER, NULL);
    assert_int_equal(world_connect(&k->w, k->socket, NAME, KIT_PORT, KIT_PATIENCE), DOZE_OK);
    uint16_t port = doze_local_port(k->socket);
    for (int i = 0; i < 10; i++) {
        kit_sleep(k);
        tap_clear(&k->tap);
        assert_int_equal(doze_resume(k->socket), DOZE_OK);
        kit_exchange(k, "certified and awake");
        assert_int_equal(kit_handshake_datagrams(k), 0);
        assert_int_equal(doze_local_port(k->socket), port);
    }
    doze_close(k->socket);
    assert_int_equal(world_connect(&k->w, k->socket, NAME, KIT_PORT, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(kit_option(k, DOZE_OPT_SESSION_RESUMED), 1);
    kit_exchange(k, "certified and resumed");
    kit_stop(k);
}

static void a_server_that_wants_a_certificate_lets_in_no_client_without(void **state) {
    scene *s = *state;
    kit *k = &s->k;
    const doze_x509_settings none = {.trust = s->root};
    kit_start(k, &(kit_order){.certificate = "server", .client_ca = "root", .x509 = &none});
    world_name(&k->w, NAME, KIT_SERVER, NULL);
    /* Mbed TLS's server says nothing when it misses one */
    assert_int_equal(world_connect(&k->w, k->socket, NAME, KIT_PORT, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_int_equal(peer_count(k->peer), 0);
    kit_stop(k);
}

static void a_key_may_stay_in_a_context_of_the_callers(void **state) {
    scene *s = *state;
    kit *k = &s->k;
    doze_bytes der = kit_file("client.key.der");
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    world dice;
    world_init(&dice, 3);
    doze_random random = world_random(&dice);
    assert_int_equal(kit_parse_key(&pk, der, &random), 0);
    const doze_x509_settings mine = {.trust = s->root, .certificate = s->client, .pk = &pk};
    kit_start(k, &(kit_order){.certificate = "server", .client_ca = "root", .x509 = &mine});
    world_name(&k->w, NAME, KIT_SERVER, NULL);
    assert_int_equal(world_connect(&k->w, k->socket, NAME, KIT_PORT, KIT_PATIENCE), DOZE_OK);
    kit_stop(k);
    mbedtls_pk_free(&pk);
    world_deinit(&dice);
    kit_free(der);
}

/* ---- who is refused ---- */

static void each_bad_certificate_is_refused_for_its_own_reason(void **state) {
    scene *s = *state;
    REFUSE(MBEDTLS_X509_BADCERT_EXPIRED, "server-expired", .trust = s->root);
    REFUSE(MBEDTLS_X509_BADCERT_FUTURE, "server-not-yet-valid", .trust = s->root);
    REFUSE(MBEDTLS_X509_BADCERT_CN_MISMATCH, "server-wrong-name", .trust = s->root);
    REFUSE(MBEDTLS_X509_BADCERT_NOT_TRUSTED, "server-other-ca", .trust = s->root);
    REFUSE(MBEDTLS_X509_BADCERT_NOT_TRUSTED, "server-impostor", .trust = s->root);
    REFUSE(MBEDTLS_X509_BADCERT_REVOKED, "server-revoked", .trust = s->root, .crl = s->crl);
    /* server-wrong-usage: Mbed TLS's server does not send it; tests/interop has OpenSSL do so */
}

static void without_the_list_a_revoked_certificate_is_not_known_to_be_one(void **state) {
    scene *s = *state;
    ACCEPT("server-revoked", .trust = s->root);
    ACCEPT("server", .trust = s->root, .crl = s->crl);
}

/* ---- names ---- */

static void the_name_to_check_may_be_given_apart_from_the_host(void **state) {
    scene *s = *state;
    kit *k = &s->k;
    const doze_x509_settings named = {.trust = s->root, .server_name = NAME};
    assert_int_equal(try_host(s, "server", named, KIT_NAME), DOZE_OK);
    assert_string_equal(peer_newest(k->peer)->server_name, NAME);
    kit_stop(k);
    assert_int_equal(try_host(s, "server", (doze_x509_settings){.trust = s->root}, KIT_NAME), DOZE_ERR_VERIFY);
    kit_stop(k);
}

static void the_dot_that_ends_a_full_name_is_no_part_of_it(void **state) {
    scene *s = *state;
    kit *k = &s->k;
    const doze_x509_settings settings = {.trust = s->root};
    kit_start(k, &(kit_order){.certificate = "server", .x509 = &settings});
    world_name(&k->w, NAME ".", KIT_SERVER, NULL);
    assert_int_equal(world_connect(&k->w, k->socket, NAME ".", KIT_PORT, KIT_PATIENCE), DOZE_OK);
    assert_string_equal(peer_newest(k->peer)->server_name, NAME);
    kit_stop(k);
}

static void (*tell_endpoints)(const doze_socket *socket, doze_endpoints *out);

static void tell_no_name(const doze_socket *socket, doze_endpoints *out) {
    tell_endpoints(socket, out);
    out->hostname = NULL;
}

static void without_a_name_to_check_there_is_no_connection(void **state) {
    scene *s = *state;
    kit *k = &s->k;
    static const bool any[] = {false, true};
    for (size_t i = 0; i < 2; i++) {
        const doze_x509_settings settings = {.trust = s->root, .any_server_name = any[i]};
        kit_start(k, &(kit_order){.certificate = "server-wrong-name", .x509 = &settings});
        const doze_socket_ops *ops = k->tap.socket.ops;
        doze_socket_ops nameless = *ops; /* a lower socket that knows peers by address alone */
        tell_endpoints = ops->endpoints;
        nameless.endpoints = tell_no_name;
        k->tap.socket.ops = &nameless;
        doze_result result = world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE);
        assert_int_equal(result, any[i] ? DOZE_OK : DOZE_ERR_NAME);
        assert_true(any[i] || k->tap.count[TAP_UP].datagrams == 0);
        k->tap.socket.ops = ops;
        kit_stop(k);
    }
}

static void any_name_is_accepted_only_when_said_in_so_many_words(void **state) {
    scene *s = *state;
    ACCEPT("server-wrong-name", .trust = s->root, .any_server_name = true);
    REFUSE(MBEDTLS_X509_BADCERT_NOT_TRUSTED, "server-other-ca", .trust = s->root, .any_server_name = true);
    REFUSE(MBEDTLS_X509_BADCERT_EXPIRED, "server-expired", .trust = s->root, .any_server_name = true);
}

static void an_address_is_checked_and_never_sent_as_a_name(void **state) {
    scene *s = *state;
    kit *k = &s->k;
    static const char *const addresses[] = {"127.0.0.1", "::1"}; /* which the certificate has */
    const doze_x509_settings settings = {.trust = s->root};
    for (size_t i = 0; i < 2; i++) {
        kit_start(k, &(kit_order){.certificate = "server", .x509 = &settings});
        world_add_address(k->host, "fd00::2");
        world_move_server(k->server, addresses[i], KIT_PORT);
        assert_int_equal(world_connect(&k->w, k->socket, addresses[i], KIT_PORT, KIT_PATIENCE), DOZE_OK);
        assert_string_equal(peer_newest(k->peer)->server_name, "");
        kit_exchange(k, "known by its address");
        kit_stop(k);
    }
    assert_int_equal(try_host(s, "server", settings, KIT_SERVER), DOZE_ERR_VERIFY);
    assert_true((kit_option(k, DOZE_OPT_VERIFY_FLAGS) & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0);
    kit_stop(k);
}

/* ---- LwM2M certificate usages ---- */

typedef struct digest {
    uint8_t bytes[64];
    doze_bytes pin;
} digest;

static digest digest_of(doze_bytes pem, doze_matching matching) {
    static const mbedtls_md_type_t types[] = {MBEDTLS_MD_NONE, MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512};
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(types[matching]);
    mbedtls_x509_crt certificate;
    digest d = {{0}, {NULL, mbedtls_md_get_size(md)}};
    char *text = test_calloc(1, pem.size + 1);
    memcpy(text, pem.data, pem.size);
    mbedtls_x509_crt_init(&certificate);
    assert_int_equal(mbedtls_x509_crt_parse(&certificate, (const unsigned char *)text, pem.size + 1), 0);
    assert_int_equal(mbedtls_md(md, certificate.raw.p, certificate.raw.len, d.bytes), 0);
    mbedtls_x509_crt_free(&certificate);
    test_free(text);
    return d;
}

/* A pin of `pem` for each way of matching. */
#define EACH_PIN(pem, pinned_, matching_)                                                                              \
    for (int pin_i = 0; pin_i <= DOZE_MATCH_SHA512; pin_i++)                                                           \
        for (doze_matching matching_ = (doze_matching)pin_i, *pin_once = &matching_; pin_once != NULL;                 \
             pin_once = NULL)                                                                                          \
            for (digest pin_d = pin_i == 0 ? (digest){{0}, pem} : digest_of(pem, matching_), *pin_twice = &pin_d;      \
                 pin_twice != NULL; pin_twice = NULL)                                                                  \
                for (doze_bytes pinned_ = {pin_i == 0 ? (pem).data : pin_d.bytes, pin_d.pin.size},                     \
                                *pin_last = &pinned_;                                                                  \
                     pin_last != NULL; pin_last = NULL)

static void usage_0_wants_the_chain_to_have_the_ca(void **state) {
    scene *s = *state;
    EACH_PIN(s->intermediate, pin, how) {
        ACCEPT("server", .trust = s->root, .pinned = pin, .usage = DOZE_USAGE_CA_CONSTRAINT, .matching = how);
    }
    EACH_PIN(s->root, pin, how) {
        ACCEPT("server", .trust = s->root, .pinned = pin, .usage = DOZE_USAGE_CA_CONSTRAINT, .matching = how);
        REFUSE(MBEDTLS_X509_BADCERT_EXPIRED, "server-expired", .trust = s->root, .pinned = pin,
               .usage = DOZE_USAGE_CA_CONSTRAINT, .matching = how);
    }
    EACH_PIN(s->other_ca, pin, how) {
        REFUSE(MBEDTLS_X509_BADCERT_OTHER, "server", .trust = s->root, .pinned = pin, .usage = DOZE_USAGE_CA_CONSTRAINT,
               .matching = how);
        REFUSE(MBEDTLS_X509_BADCERT_NOT_TRUSTED, "server-other-ca", .trust = s->root, .pinned = pin,
               .usage = DOZE_USAGE_CA_CONSTRAINT, .matching = how);
    }
    EACH_PIN(s->server, pin, how) { /* no CA */
        REFUSE(MBEDTLS_X509_BADCERT_OTHER, "server", .trust = s->root, .pinned = pin, .usage = DOZE_USAGE_CA_CONSTRAINT,
               .matching = how);
    }
}

static void usage_1_wants_this_very_certificate_and_a_valid_chain(void **state) {
    scene *s = *state;
    EACH_PIN(s->server, pin, how) {
        ACCEPT("server", .trust = s->root, .pinned = pin, .usage = DOZE_USAGE_SERVICE_CONSTRAINT, .matching = how);
        REFUSE(MBEDTLS_X509_BADCERT_NOT_TRUSTED, "server", .trust = s->other_ca, .pinned = pin,
               .usage = DOZE_USAGE_SERVICE_CONSTRAINT, .matching = how);
        REFUSE(MBEDTLS_X509_BADCERT_OTHER, "server-revoked", .trust = s->root, .pinned = pin,
               .usage = DOZE_USAGE_SERVICE_CONSTRAINT, .matching = how);
    }
    EACH_PIN(s->expired, pin, how) {
        REFUSE(MBEDTLS_X509_BADCERT_EXPIRED, "server-expired", .trust = s->root, .pinned = pin,
               .usage = DOZE_USAGE_SERVICE_CONSTRAINT, .matching = how);
    }
    EACH_PIN(s->intermediate, pin, how) {
        REFUSE(MBEDTLS_X509_BADCERT_OTHER, "server", .trust = s->root, .pinned = pin,
               .usage = DOZE_USAGE_SERVICE_CONSTRAINT, .matching = how);
    }
}

static void usage_2_trusts_this_ca_and_no_other(void **state) {
    scene *s = *state;
    EACH_PIN(s->intermediate, pin, how) { /* the server sends it */
        ACCEPT("server", .pinned = pin, .usage = DOZE_USAGE_TRUST_ANCHOR, .matching = how);
        ACCEPT("server", .trust = s->other_ca, .pinned = pin, .usage = DOZE_USAGE_TRUST_ANCHOR, .matching = how);
        REFUSE(MBEDTLS_X509_BADCERT_NOT_TRUSTED, "server-impostor", .pinned = pin, .usage = DOZE_USAGE_TRUST_ANCHOR,
               .matching = how);
        REFUSE(MBEDTLS_X509_BADCERT_NOT_TRUSTED, "server-other-ca", .trust = s->other_ca, .pinned = pin,
               .usage = DOZE_USAGE_TRUST_ANCHOR, .matching = how);
        REFUSE(MBEDTLS_X509_BADCERT_CN_MISMATCH, "server-wrong-name", .pinned = pin, .usage = DOZE_USAGE_TRUST_ANCHOR,
               .matching = how);
        REFUSE(MBEDTLS_X509_BADCERT_EXPIRED, "server-expired", .pinned = pin, .usage = DOZE_USAGE_TRUST_ANCHOR,
               .matching = how);
    }
    EACH_PIN(s->server, pin, how) { /* no CA */
        if (how != DOZE_MATCH_EXACT) {
            REFUSE(MBEDTLS_X509_BADCERT_NOT_TRUSTED, "server", .pinned = pin, .usage = DOZE_USAGE_TRUST_ANCHOR,
                   .matching = how);
        }
    }
}

static void usage_2_finds_a_root_by_its_hash_only_where_the_server_sends_it(void **state) {
    scene *s = *state;
    digest d = digest_of(s->root, DOZE_MATCH_SHA256);
    d.pin.data = d.bytes;
    ACCEPT("server", .pinned = s->root, .usage = DOZE_USAGE_TRUST_ANCHOR, .matching = DOZE_MATCH_EXACT);
    REFUSE(MBEDTLS_X509_BADCERT_NOT_TRUSTED, "server", .pinned = d.pin, .usage = DOZE_USAGE_TRUST_ANCHOR,
           .matching = DOZE_MATCH_SHA256);
}

static void usage_3_wants_this_very_certificate_and_nothing_else(void **state) {
    scene *s = *state;
    EACH_PIN(s->server, pin, how) {
        ACCEPT("server", .pinned = pin, .usage = DOZE_USAGE_DOMAIN_ISSUED, .matching = how);
        REFUSE(MBEDTLS_X509_BADCERT_OTHER, "server-revoked", .pinned = pin, .usage = DOZE_USAGE_DOMAIN_ISSUED,
               .matching = how);
        REFUSE(MBEDTLS_X509_BADCERT_OTHER, "server-revoked", .trust = s->root, .pinned = pin,
               .usage = DOZE_USAGE_DOMAIN_ISSUED, .matching = how);
    }
    EACH_PIN(s->expired, pin, how) {
        ACCEPT("server-expired", .pinned = pin, .usage = DOZE_USAGE_DOMAIN_ISSUED, .matching = how);
    }
    EACH_PIN(s->intermediate, pin, how) { /* in the chain, but not the server's own */
        REFUSE(MBEDTLS_X509_BADCERT_OTHER, "server", .pinned = pin, .usage = DOZE_USAGE_DOMAIN_ISSUED, .matching = how);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_server_with_a_chain_to_a_trusted_root_is_accepted_and_gets_its_name),
        TEST(certificates_on_both_sides_sleep_wake_and_resume_as_keys_do),
        TEST(a_server_that_wants_a_certificate_lets_in_no_client_without),
        TEST(a_key_may_stay_in_a_context_of_the_callers),
        TEST(each_bad_certificate_is_refused_for_its_own_reason),
        TEST(without_the_list_a_revoked_certificate_is_not_known_to_be_one),
        TEST(the_name_to_check_may_be_given_apart_from_the_host),
        TEST(the_dot_that_ends_a_full_name_is_no_part_of_it),
        TEST(without_a_name_to_check_there_is_no_connection),
        TEST(any_name_is_accepted_only_when_said_in_so_many_words),
        TEST(an_address_is_checked_and_never_sent_as_a_name),
        TEST(usage_0_wants_the_chain_to_have_the_ca),
        TEST(usage_1_wants_this_very_certificate_and_a_valid_chain),
        TEST(usage_2_trusts_this_ca_and_no_other),
        TEST(usage_2_finds_a_root_by_its_hash_only_where_the_server_sends_it),
        TEST(usage_3_wants_this_very_certificate_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
