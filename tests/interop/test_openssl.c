/* SPDX-License-Identifier: Apache-2.0 */
/* openssl s_server. It serves one peer at a time, so each test has its own. */
#include <stdio.h>

#include "credentials.h"
#include "report.h"
#include "story.h"

enum { PSK_CCM_8 = 0xc0a8, PSK_GCM = 0x00a8, ECDSA_CCM_8 = 0xc0ae };

typedef struct variant {
    const char *cipher;      /* default: AES-128-CCM-8 */
    const char *certificate; /* a name that certs/generate gives; NULL: "server" */
    bool no_tickets;
    bool ipv6;
    client_settings client;
} variant;

#define START "openssl", "s_server", "-quiet", "-dtls1_2"

static void start_with_psk(story *s, const variant *v) {
    char key[CREDENTIALS_MAX];
    credentials_read(CREDENTIALS_FILE("psk.key"), key);
    const char *arguments[] = {
        START,
        "-accept",
        v->ipv6 ? "[::1]:" SERVER_PORT : "127.0.0.1:" SERVER_PORT,
        "-nocert",
        "-psk",
        key,
        "-cipher",
        v->cipher != NULL ? v->cipher : "PSK-AES128-CCM8:@SECLEVEL=0", /* its tag of 64 bits is too short for level 2 */
        v->no_tickets ? "-no_ticket" : NULL,
        NULL,
    };
    story_start(s, &(server_command){.arguments = arguments, .echo = true, .ipv6 = v->ipv6}, &v->client);
}

/* What s_server fragments to without -mtu would fit, too; with it, flights are as long as in the field. */
static void start_with_certificates(story *s, const variant *v) {
    char chain[sizeof(DOZE_TEST_CERTS) + 64];
    char key[sizeof(DOZE_TEST_CERTS) + 64];
    const char *name = v->certificate != NULL ? v->certificate : "server";
    snprintf(chain, sizeof(chain), DOZE_TEST_CERTS "/%s-chain.pem", name);
    snprintf(key, sizeof(key), DOZE_TEST_CERTS "/%s.key.pem", name);
    const char *arguments[] = {
        START,
        "-accept",
        v->ipv6 ? "[::1]:" SERVER_PORT : "127.0.0.1:" SERVER_PORT,
        "-cert",
        chain,
        "-cert_chain",
        chain,
        "-key",
        key,
        "-CAfile",
        CREDENTIALS_FILE("root.pem"),
        "-Verify",
        "2",
        "-verify_return_error",
        "-mtu",
        "1400",
        "-cipher",
        v->cipher != NULL ? v->cipher : "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0",
        v->no_tickets ? "-no_ticket" : NULL,
        NULL,
    };
    client_settings settings = v->client;
    settings.certificates = true;
    story_start(s, &(server_command){.arguments = arguments, .echo = true, .ipv6 = v->ipv6}, &settings);
}

/* ---- handshakes ---- */

static void a_psk_handshake_leads_to_an_echo(void **state) {
    story *s = *state;
    start_with_psk(s, &(variant){0});
    story_full_handshake(s);
    assert_int_equal(client_option(&s->client, DOZE_OPT_SUITE), PSK_CCM_8);
}

static void a_psk_handshake_with_gcm_leads_to_an_echo(void **state) {
    story *s = *state;
    start_with_psk(s, &(variant){.cipher = "PSK-AES128-GCM-SHA256"});
    story_full_handshake(s);
    assert_int_equal(client_option(&s->client, DOZE_OPT_SUITE), PSK_GCM);
}

static void a_handshake_with_certificates_on_both_sides_leads_to_an_echo(void **state) {
    story *s = *state;
    start_with_certificates(s, &(variant){.client.crl = true});
    story_full_handshake(s);
    assert_int_equal(client_option(&s->client, DOZE_OPT_SUITE), ECDSA_CCM_8);
}

static void a_server_certificate_is_accepted_for_a_name_too(void **state) {
    story *s = *state;
    s->host = "localhost";
    start_with_certificates(s, &(variant){0});
    assert_int_equal(doze_set_option(s->client.socket, DOZE_OPT_FORCED_FAMILY, DOZE_FAMILY_IPV4), DOZE_OK);
    story_full_handshake(s);
    assert_string_equal(doze_remote_hostname(s->client.socket), "localhost");
}

static void a_small_maximum_fragment_length_still_lets_certificates_through(void **state) {
    story *s = *state;
    start_with_certificates(s, &(variant){.client.further.max_fragment_length = 512});
    story_full_handshake(s);
}

static void a_session_over_ipv6_sleeps_and_wakes(void **state) {
    start_with_psk(*state, &(variant){.ipv6 = true});
    story_sleeps(*state, DOZE_SLEEP_DROP);
}

static void certificates_over_ipv6_are_checked_against_the_address(void **state) {
    start_with_certificates(*state, &(variant){.ipv6 = true});
    story_sleeps(*state, DOZE_SLEEP_HOLD);
}

/* ---- sleep ---- */

static void a_psk_association_outlives_three_dropped_sockets(void **state) {
    start_with_psk(*state, &(variant){0});
    story_sleeps(*state, DOZE_SLEEP_DROP);
}

static void a_psk_association_outlives_three_held_sockets(void **state) {
    start_with_psk(*state, &(variant){0});
    story_sleeps(*state, DOZE_SLEEP_HOLD);
}

static void a_certificate_association_outlives_three_dropped_sockets(void **state) {
    start_with_certificates(*state, &(variant){0});
    story_sleeps(*state, DOZE_SLEEP_DROP);
}

static void a_certificate_association_outlives_three_held_sockets(void **state) {
    start_with_certificates(*state, &(variant){0});
    story_sleeps(*state, DOZE_SLEEP_HOLD);
}

/* ---- resumption ---- */

static void a_psk_session_resumes_by_its_id_after_close(void **state) {
    start_with_psk(*state, &(variant){.no_tickets = true});
    story_resumption(*state);
}

static void a_psk_session_resumes_by_a_ticket_after_close(void **state) {
    start_with_psk(*state, &(variant){.client.further.resumption = DOZE_RESUME_TICKET});
    story_resumption(*state);
}

static void a_certificate_session_resumes_by_its_id_after_close(void **state) {
    start_with_certificates(*state, &(variant){.no_tickets = true});
    story_resumption(*state);
}

static void a_certificate_session_resumes_by_a_ticket_after_close(void **state) {
    start_with_certificates(*state, &(variant){.client.further.resumption = DOZE_RESUME_TICKET});
    story_resumption(*state);
}

static void with_resumption_off_the_next_handshake_is_a_full_one(void **state) {
    story *s = *state;
    start_with_psk(s, &(variant){.client.further.resumption = DOZE_RESUME_OFF});
    story_full_handshake(s);
    assert_int_equal(doze_close(s->client.socket), DOZE_OK);
    story_full_handshake(s);
}

/* ---- refusals ---- */

/* OpenSSL drops the Finished that it cannot decrypt and says nothing, as RFC 6347 section 4.1.2.7 allows. */
static void a_wrong_key_ends_in_a_timeout_since_the_server_keeps_silent(void **state) {
    story *s = *state;
    start_with_psk(s, &(variant){.client = {.key = CLIENT_KEY_WRONG, .impatient = true}});
    assert_int_equal(story_connect_in_vain(s), DOZE_ERR_TIMEOUT);
    assert_int_equal(client_option(&s->client, DOZE_OPT_ALERT), -1);
}

static void refuse(story *s, const char *certificate, uint32_t flag) {
    start_with_certificates(s, &(variant){.certificate = certificate, .client.crl = true});
    assert_int_equal(story_connect_in_vain(s), DOZE_ERR_VERIFY);
    assert_int_equal(client_option(&s->client, DOZE_OPT_VERIFY_FLAGS) & flag, flag);
}

static void a_certificate_of_another_ca_is_refused(void **state) {
    refuse(*state, "server-other-ca", MBEDTLS_X509_BADCERT_NOT_TRUSTED);
}

static void a_certificate_for_another_name_is_refused(void **state) {
    refuse(*state, "server-wrong-name", MBEDTLS_X509_BADCERT_CN_MISMATCH);
}

static void an_expired_certificate_is_refused(void **state) {
    refuse(*state, "server-expired", MBEDTLS_X509_BADCERT_EXPIRED);
}

static void a_certificate_not_valid_yet_is_refused(void **state) {
    refuse(*state, "server-not-yet-valid", MBEDTLS_X509_BADCERT_FUTURE);
}

static void a_revoked_certificate_is_refused(void **state) {
    refuse(*state, "server-revoked", MBEDTLS_X509_BADCERT_REVOKED);
}

static void a_certificate_for_another_usage_is_refused(void **state) {
    refuse(*state, "server-wrong-usage", MBEDTLS_X509_BADCERT_EXT_KEY_USAGE);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, story_setup, story_teardown)

static const struct CMUnitTest handshakes[] = {
    STORY(a_psk_handshake_leads_to_an_echo),
    STORY(a_psk_handshake_with_gcm_leads_to_an_echo),
    STORY(a_handshake_with_certificates_on_both_sides_leads_to_an_echo),
    STORY(a_server_certificate_is_accepted_for_a_name_too),
    STORY(a_small_maximum_fragment_length_still_lets_certificates_through),
    STORY(a_psk_association_outlives_three_dropped_sockets),
    STORY(a_psk_association_outlives_three_held_sockets),
    STORY(a_certificate_association_outlives_three_dropped_sockets),
    STORY(a_certificate_association_outlives_three_held_sockets),
    STORY(a_psk_session_resumes_by_its_id_after_close),
    STORY(a_psk_session_resumes_by_a_ticket_after_close),
    STORY(a_certificate_session_resumes_by_its_id_after_close),
    STORY(a_certificate_session_resumes_by_a_ticket_after_close),
    STORY(with_resumption_off_the_next_handshake_is_a_full_one),
};

static const struct CMUnitTest refusals[] = {
    STORY(a_wrong_key_ends_in_a_timeout_since_the_server_keeps_silent),
    STORY(a_certificate_of_another_ca_is_refused),
    STORY(a_certificate_for_another_name_is_refused),
    STORY(an_expired_certificate_is_refused),
    STORY(a_certificate_not_valid_yet_is_refused),
    STORY(a_revoked_certificate_is_refused),
    STORY(a_certificate_for_another_usage_is_refused),
};

static const struct CMUnitTest over_ipv6[] = {
    STORY(a_session_over_ipv6_sleeps_and_wakes),
    STORY(certificates_over_ipv6_are_checked_against_the_address),
};

int main(void) {
    report r = {0};
    const char *missing = server_is_installed("openssl") ? NULL : "the openssl command is not installed";
    const char *no_ipv6 = server_host_has_ipv6() ? missing : "this host has no ::1";
    report_run(&r, "openssl s_server", missing, handshakes, sizeof(handshakes) / sizeof(handshakes[0]));
    report_run(&r, "openssl s_server, refused", missing, refusals, sizeof(refusals) / sizeof(refusals[0]));
    report_run(&r, "openssl s_server over IPv6", no_ipv6, over_ipv6, sizeof(over_ipv6) / sizeof(over_ipv6[0]));
    return report_finish(&r);
}
