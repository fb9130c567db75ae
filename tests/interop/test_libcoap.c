/* SPDX-License-Identifier: Apache-2.0 */
/* coap-server of libcoap, in its two builds: the application protocol of LwM2M, over DTLS of OpenSSL and of GnuTLS. */
#include "credentials.h"
#include "report.h"
#include "story.h"

#define OPENSSL "coap-server-openssl"
#define GNUTLS  "coap-server-gnutls"

/* coap-server takes a key as a text, so the hex digits themselves are the key here. */
static void start_with_psk(story *s, const char *program, client_settings settings) {
    char key[CREDENTIALS_MAX];
    credentials_read(CREDENTIALS_FILE("psk.key"), key);
    const char *arguments[] = {program, "-A", "127.0.0.1", "-p", SERVER_PORT_BEFORE, "-k", key, NULL};
    if (settings.key == CLIENT_KEY_BYTES) {
        settings.key = CLIENT_KEY_TEXT;
    }
    s->exchange = story_coap;
    story_start(s, &(server_command){.arguments = arguments}, &settings);
}

static void start_with_certificates(story *s, const char *program, const char *chain, const char *key,
                                    client_settings settings) {
    const char *arguments[] = {
        program, "-A", "127.0.0.1", "-p", SERVER_PORT_BEFORE,           "-c",
        chain,   "-j", key,         "-C", CREDENTIALS_FILE("root.pem"), NULL,
    };
    settings.certificates = true;
    s->exchange = story_coap;
    story_start(s, &(server_command){.arguments = arguments}, &settings);
}

/* It sends the first certificate of its file and nothing else, so it has one that a CA has signed without any other
 * between them. */
static void start_openssl_with_certificates(story *s, client_settings settings) {
    settings.trust = CREDENTIALS_FILE("other-ca.pem");
    start_with_certificates(s, OPENSSL, CREDENTIALS_FILE("server-other-ca.pem"),
                            CREDENTIALS_FILE("server-other-ca.key.pem"), settings);
}

static void start_gnutls_with_certificates(story *s) {
    start_with_certificates(s, GNUTLS, CREDENTIALS_FILE("server-chain.pem"), CREDENTIALS_FILE("server.key.pem"),
                            (client_settings){0});
}

static const client_settings plain;
static const client_settings by_ticket = {.further.resumption = DOZE_RESUME_TICKET};

/* ---- sleep ---- */

static void openssl_psk_association_outlives_three_dropped_sockets(void **state) {
    start_with_psk(*state, OPENSSL, plain);
    story_sleeps(*state, DOZE_SLEEP_DROP);
}

static void openssl_psk_association_outlives_three_held_sockets(void **state) {
    start_with_psk(*state, OPENSSL, plain);
    story_sleeps(*state, DOZE_SLEEP_HOLD);
}

static void openssl_certificate_association_outlives_three_dropped_sockets(void **state) {
    start_openssl_with_certificates(*state, plain);
    story_sleeps(*state, DOZE_SLEEP_DROP);
}

static void openssl_certificate_association_outlives_three_held_sockets(void **state) {
    start_openssl_with_certificates(*state, plain);
    story_sleeps(*state, DOZE_SLEEP_HOLD);
}

static void gnutls_psk_association_outlives_three_dropped_sockets(void **state) {
    start_with_psk(*state, GNUTLS, plain);
    story_sleeps(*state, DOZE_SLEEP_DROP);
}

static void gnutls_psk_association_outlives_three_held_sockets(void **state) {
    start_with_psk(*state, GNUTLS, plain);
    story_sleeps(*state, DOZE_SLEEP_HOLD);
}

static void gnutls_certificate_association_outlives_three_dropped_sockets(void **state) {
    start_gnutls_with_certificates(*state);
    story_sleeps(*state, DOZE_SLEEP_DROP);
}

static void gnutls_certificate_association_outlives_three_held_sockets(void **state) {
    start_gnutls_with_certificates(*state);
    story_sleeps(*state, DOZE_SLEEP_HOLD);
}

/* ---- resumption ---- */

static void openssl_psk_session_resumes_after_close(void **state) {
    start_with_psk(*state, OPENSSL, plain);
    story_resumption(*state);
}

static void openssl_psk_session_resumes_by_a_ticket_after_close(void **state) {
    start_with_psk(*state, OPENSSL, by_ticket);
    story_resumption(*state);
}

/* The server does not know the session: the handshake that offers it becomes a full one by itself. */
static void comes_back_by_a_full_handshake(story *s) {
    story_full_handshake(s);
    assert_int_equal(doze_close(s->client.socket), DOZE_OK);
    story_full_handshake(s);
}

static void openssl_certificate_session_is_not_resumed_by_its_id_but_made_anew(void **state) {
    start_openssl_with_certificates(*state, plain);
    comes_back_by_a_full_handshake(*state);
}

/* It gives tickets that it does not take back: "session id context uninitialized". The alert is not authenticated, so
 * it counts once it has come for a repeated flight too; then the session is given up. */
static void openssl_certificate_ticket_is_refused_by_an_alert_and_the_next_handshake_is_full(void **state) {
    enum { INTERNAL_ERROR = 80, HANDSHAKE_TIMER_MS = 200 };
    client_settings settings = by_ticket;
    story *s = *state;
    settings.further.handshake_timer_min = HANDSHAKE_TIMER_MS;
    start_openssl_with_certificates(s, settings);
    story_full_handshake(s);
    assert_int_equal(doze_close(s->client.socket), DOZE_OK);
    tap_clear(&s->client.tap);
    assert_int_equal(story_connect_in_vain(s), DOZE_ERR_ALERT);
    assert_int_equal(client_option(&s->client, DOZE_OPT_ALERT), INTERNAL_ERROR);
    story_full_handshake(s);
}

static void gnutls_psk_session_is_not_resumed_but_made_anew(void **state) {
    start_with_psk(*state, GNUTLS, plain);
    comes_back_by_a_full_handshake(*state);
}

static void gnutls_certificate_session_is_not_resumed_but_made_anew(void **state) {
    start_gnutls_with_certificates(*state);
    comes_back_by_a_full_handshake(*state);
}

/* ---- refusals ---- */

static void openssl_wrong_key_ends_in_a_timeout_since_the_server_keeps_silent(void **state) {
    story *s = *state;
    start_with_psk(s, OPENSSL, (client_settings){.key = CLIENT_KEY_WRONG, .impatient = true});
    assert_int_equal(story_connect_in_vain(s), DOZE_ERR_TIMEOUT);
}

static void gnutls_wrong_key_ends_in_a_timeout_since_the_server_keeps_silent(void **state) {
    story *s = *state;
    start_with_psk(s, GNUTLS, (client_settings){.key = CLIENT_KEY_WRONG, .impatient = true});
    assert_int_equal(story_connect_in_vain(s), DOZE_ERR_TIMEOUT);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, story_setup, story_teardown)

static const struct CMUnitTest with_openssl[] = {
    STORY(openssl_psk_association_outlives_three_dropped_sockets),
    STORY(openssl_psk_association_outlives_three_held_sockets),
    STORY(openssl_certificate_association_outlives_three_dropped_sockets),
    STORY(openssl_certificate_association_outlives_three_held_sockets),
    STORY(openssl_psk_session_resumes_after_close),
    STORY(openssl_psk_session_resumes_by_a_ticket_after_close),
    STORY(openssl_certificate_session_is_not_resumed_by_its_id_but_made_anew),
    STORY(openssl_certificate_ticket_is_refused_by_an_alert_and_the_next_handshake_is_full),
    STORY(openssl_wrong_key_ends_in_a_timeout_since_the_server_keeps_silent),
};

static const struct CMUnitTest with_gnutls[] = {
    STORY(gnutls_psk_association_outlives_three_dropped_sockets),
    STORY(gnutls_psk_association_outlives_three_held_sockets),
    STORY(gnutls_certificate_association_outlives_three_dropped_sockets),
    STORY(gnutls_certificate_association_outlives_three_held_sockets),
    STORY(gnutls_psk_session_is_not_resumed_but_made_anew),
    STORY(gnutls_certificate_session_is_not_resumed_but_made_anew),
    STORY(gnutls_wrong_key_ends_in_a_timeout_since_the_server_keeps_silent),
};

int main(void) {
    report r = {0};
    const char *no_openssl = server_is_installed(OPENSSL) ? NULL : OPENSSL " is not installed (libcoap3-bin)";
    const char *no_gnutls = server_is_installed(GNUTLS) ? NULL : GNUTLS " is not installed (libcoap3-bin)";
    report_run(&r, OPENSSL, no_openssl, with_openssl, sizeof(with_openssl) / sizeof(with_openssl[0]));
    report_run(&r, GNUTLS, no_gnutls, with_gnutls, sizeof(with_gnutls) / sizeof(with_gnutls[0]));
    return report_finish(&r);
}
