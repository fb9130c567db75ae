/* SPDX-License-Identifier: Apache-2.0 */
/* gnutls-serv. It serves one client at a time, so each test has its own. */
#include "report.h"
#include "story.h"

#define PRIORITY_PSK "NONE:+VERS-DTLS1.2:+PSK:+AES-128-CCM-8:+AEAD:+SIGN-ALL:+COMP-NULL:+GROUP-ALL"
#define PRIORITY_X509                                                                                                  \
    "NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+AES-128-CCM-8:+AEAD:+SIGN-ECDSA-SHA256:+COMP-NULL:+GROUP-SECP256R1:+CTYPE-X509"

#define START "gnutls-serv", "--udp", "--echo", "-p", SERVER_PORT

static const char *const with_psk[] = {
    START,
    "--pskpasswd=" DOZE_TEST_CERTS "/psk.txt",
    "--priority=" PRIORITY_PSK,
    NULL,
};

static const char *const with_psk_without_tickets[] = {
    START, "--pskpasswd=" DOZE_TEST_CERTS "/psk.txt", "--priority=" PRIORITY_PSK, "--noticket", NULL,
};

#define CERTIFICATES                                                                                                   \
    "--require-client-cert", "--verify-client-cert", "--x509cafile=" DOZE_TEST_CERTS "/root.pem",                      \
        "--x509certfile=" DOZE_TEST_CERTS "/server-chain.pem", "--x509keyfile=" DOZE_TEST_CERTS "/server.key.pem",     \
        "--priority=" PRIORITY_X509

static const char *const with_certificates[] = {START, CERTIFICATES, NULL};
static const char *const with_certificates_without_tickets[] = {START, CERTIFICATES, "--noticket", NULL};

static void start(story *s, const char *const *arguments, client_settings settings) {
    settings.certificates = arguments == with_certificates || arguments == with_certificates_without_tickets;
    story_start(s, &(server_command){.arguments = arguments}, &settings);
}

static const client_settings plain;
static const client_settings by_ticket = {.further.resumption = DOZE_RESUME_TICKET};

/* ---- sleep ---- */

static void a_psk_association_outlives_three_dropped_sockets(void **state) {
    start(*state, with_psk, plain);
    story_sleeps(*state, DOZE_SLEEP_DROP);
}

static void a_psk_association_outlives_three_held_sockets(void **state) {
    start(*state, with_psk, plain);
    story_sleeps(*state, DOZE_SLEEP_HOLD);
}

static void a_certificate_association_outlives_three_dropped_sockets(void **state) {
    start(*state, with_certificates, plain);
    story_sleeps(*state, DOZE_SLEEP_DROP);
}

static void a_certificate_association_outlives_three_held_sockets(void **state) {
    start(*state, with_certificates, plain);
    story_sleeps(*state, DOZE_SLEEP_HOLD);
}

/* ---- resumption ---- */

static void a_psk_session_resumes_by_its_id_after_close(void **state) {
    start(*state, with_psk_without_tickets, plain);
    story_resumption(*state);
}

static void a_psk_session_resumes_by_a_ticket_after_close(void **state) {
    start(*state, with_psk, by_ticket);
    story_resumption(*state);
}

static void a_certificate_session_resumes_by_its_id_after_close(void **state) {
    start(*state, with_certificates_without_tickets, plain);
    story_resumption(*state);
}

static void a_certificate_session_resumes_by_a_ticket_after_close(void **state) {
    start(*state, with_certificates, by_ticket);
    story_resumption(*state);
}

/* ---- refusals ---- */

/* GnuTLS drops the Finished that it cannot decrypt and says nothing, as RFC 6347 section 4.1.2.7 allows. */
static void a_wrong_key_ends_in_a_timeout_since_the_server_keeps_silent(void **state) {
    story *s = *state;
    start(s, with_psk, (client_settings){.key = CLIENT_KEY_WRONG, .impatient = true});
    assert_int_equal(story_connect_in_vain(s), DOZE_ERR_TIMEOUT);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, story_setup, story_teardown)

static const struct CMUnitTest tests[] = {
    STORY(a_psk_association_outlives_three_dropped_sockets),
    STORY(a_psk_association_outlives_three_held_sockets),
    STORY(a_certificate_association_outlives_three_dropped_sockets),
    STORY(a_certificate_association_outlives_three_held_sockets),
    STORY(a_psk_session_resumes_by_its_id_after_close),
    STORY(a_psk_session_resumes_by_a_ticket_after_close),
    STORY(a_certificate_session_resumes_by_its_id_after_close),
    STORY(a_certificate_session_resumes_by_a_ticket_after_close),
    STORY(a_wrong_key_ends_in_a_timeout_since_the_server_keeps_silent),
};

int main(void) {
    report r = {0};
    const char *missing = server_is_installed("gnutls-serv") ? NULL : "gnutls-serv is not installed (gnutls-bin)";
    report_run(&r, "gnutls-serv", missing, tests, sizeof(tests) / sizeof(tests[0]));
    return report_finish(&r);
}
