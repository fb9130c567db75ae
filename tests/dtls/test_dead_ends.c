/* SPDX-License-Identifier: Apache-2.0 */
/* What no climb can mend ends in an error that says so, within the bounds of one wake, and in no other climb. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit.h"

static const kit_order with_cid = {0};
static const kit_order without_cid = {.dtls = {.cid = DOZE_CID_OFF}};
static const kit_order *const both[] = {&with_cid, &without_cid};

/* Asleep, while the server restarts with other ideas; then awake, and asked in vain until doze climbs. */
static void wake_to_a_changed_server(kit *k) {
    kit_sleep(k);
    assert_true(peer_restart(k->peer, false));
    kit_resume(k);
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
}

static void expect_dead_end(kit *k, doze_result result) {
    uint64_t begun = world_now(&k->w);
    uint64_t sent = k->tap.count[TAP_UP].datagrams;
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), result);
    assert_in_range(world_now(&k->w) - begun, 0, 60000);
    assert_in_range(k->tap.count[TAP_UP].datagrams - sent, 0, 16);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_SHUTDOWN);
    assert_int_equal(doze_next_timeout(k->socket), -1); /* nothing goes on by itself */
}

static void a_key_that_the_server_no_longer_takes_ends_in_its_alert(void **state) {
    kit *k = *state;
    for (size_t i = 0; i < 2; i++) {
        kit_start(k, both[i]);
        kit_connect(k);
        k->peer->behaviour.wrong_psk = true;
        wake_to_a_changed_server(k);
        expect_dead_end(k, DOZE_ERR_ALERT);
        assert_in_range(kit_option(k, DOZE_OPT_ALERT), 20, 115);
        kit_stop(k);
    }
}

static void a_key_that_the_server_silently_ignores_ends_in_a_timeout(void **state) {
    kit *k = *state;
    for (size_t i = 0; i < 2; i++) {
        kit_start(k, both[i]);
        kit_connect(k);
        k->peer->behaviour.wrong_psk = true;
        k->peer->behaviour.hide_handshake_alerts = true;
        wake_to_a_changed_server(k);
        expect_dead_end(k, DOZE_ERR_TIMEOUT);
        kit_stop(k);
    }
}

static void the_next_wake_asks_the_old_association_again_and_ends_the_same_way(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    k->peer->behaviour.wrong_psk = true;
    wake_to_a_changed_server(k);
    expect_dead_end(k, DOZE_ERR_ALERT);
    for (int wake = 0; wake < 3; wake++) {
        kit_resume(k);
        assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
        assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
        expect_dead_end(k, DOZE_ERR_ALERT);
    }
    assert_int_equal(kit_option(k, (doze_option)((int)DOZE_OPT_CLIMBS + DOZE_REASON_CALLER)), 4);
    k->peer->behaviour.wrong_psk = false;
    kit_resume(k);
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    kit_exchange(k, "the key is right again");
    kit_stop(k);
}

/* The server comes back with another certificate. */
static void expect_refused_certificate(kit *k, const char *certificate, uint32_t flag) {
    doze_bytes root = kit_file("root.pem");
    const doze_x509_settings settings = {.trust = root, .server_name = "localhost"};
    const kit_order order = {.x509 = &settings, .certificate = "server"};
    kit_start(k, &order);
    kit_connect(k);
    kit_sleep(k);
    peer_world_close(&k->home);
    char file[512];
    char key[512];
    (void)snprintf(file, sizeof(file), "%s/%s-chain.pem", DOZE_TEST_CERTS, certificate);
    (void)snprintf(key, sizeof(key), "%s/%s.key.pem", DOZE_TEST_CERTS, certificate);
    const peer_settings changed = {.certificate_file = file, .key_file = key};
    assert_true(peer_world_open(&k->home, &k->w, &changed, KIT_SERVER, KIT_PORT));
    kit_resume(k);
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    expect_dead_end(k, DOZE_ERR_VERIFY);
    assert_true((kit_option(k, DOZE_OPT_VERIFY_FLAGS) & flag) != 0);
    kit_stop(k);
    kit_free(root);
}

static void an_expired_or_foreign_certificate_ends_in_an_error_that_says_so(void **state) {
    expect_refused_certificate(*state, "server-expired", MBEDTLS_X509_BADCERT_EXPIRED);
    expect_refused_certificate(*state, "server-other-ca", MBEDTLS_X509_BADCERT_NOT_TRUSTED);
    expect_refused_certificate(*state, "server-wrong-name", MBEDTLS_X509_BADCERT_CN_MISMATCH);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_key_that_the_server_no_longer_takes_ends_in_its_alert),
        KIT_TEST(a_key_that_the_server_silently_ignores_ends_in_a_timeout),
        KIT_TEST(the_next_wake_asks_the_old_association_again_and_ends_the_same_way),
        KIT_TEST(an_expired_or_foreign_certificate_ends_in_an_error_that_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
