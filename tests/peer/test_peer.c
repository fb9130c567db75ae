/* SPDX-License-Identifier: Apache-2.0 */
/* The test server against Mbed TLS's own client, in one process, on a clock that only the tests move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "peer.h"
#include "peer_internal.h"
#include "peer_udp.h"

enum { CLIENTS = 2, INBOX = 64, DATAGRAM = 2048, RECORDED = 64 };

static const unsigned char key[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const int client_psk_suites[] = {MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, 0};
static const int client_ecdsa_suites[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, 0};

typedef struct datagram {
    size_t size;
    unsigned char data[DATAGRAM];
} datagram;

typedef struct scene scene;

typedef struct client {
    scene *scene;
    doze_endpoint address;
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_session session;
    uint64_t timer_started;
    uint32_t timer_final;
    datagram inbox[INBOX];
    size_t inbox_first;
    size_t inbox_end;
} client;

struct scene {
    uint64_t now;
    uint64_t dice;
    peer_settings settings;
    peer peer;
    client clients[CLIENTS];
    bool holding; /* what clients send is kept back in `sent` alone */
    datagram sent[RECORDED];
    size_t sent_count;
};

/* ---- platform ---- */

static uint64_t scene_now(void *context) {
    const scene *s = context;
    return s->now;
}

static int scene_random(void *context, unsigned char *out, size_t size) {
    scene *s = context;
    for (size_t i = 0; i < size; i++) {
        s->dice = s->dice * 6364136223846793005u + 1442695040888963407u;
        out[i] = (unsigned char)(s->dice >> 56);
    }
    return 0;
}

static void to_client(void *context, const doze_endpoint *to, const void *data, size_t size) {
    scene *s = context;
    for (size_t i = 0; i < CLIENTS; i++) {
        client *c = &s->clients[i];
        if (peer_same_endpoint(&c->address, to)) {
            assert_true(c->inbox_end < INBOX && size <= DATAGRAM);
            memcpy(c->inbox[c->inbox_end].data, data, size);
            c->inbox[c->inbox_end++].size = size;
        }
    }
}

static int client_send(void *context, const unsigned char *data, size_t size) {
    client *c = context;
    scene *s = c->scene;
    assert_true(s->sent_count < RECORDED && size <= DATAGRAM);
    memcpy(s->sent[s->sent_count].data, data, size);
    s->sent[s->sent_count++].size = size;
    if (!s->holding) {
        peer_receive(&s->peer, &c->address, data, size);
    }
    return (int)size;
}

static int client_recv(void *context, unsigned char *buffer, size_t capacity) {
    client *c = context;
    if (c->inbox_first == c->inbox_end) {
        c->inbox_first = c->inbox_end = 0;
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    const datagram *d = &c->inbox[c->inbox_first++];
    assert_true(d->size <= capacity);
    memcpy(buffer, d->data, d->size);
    return (int)d->size;
}

static void client_set_timer(void *context, uint32_t intermediate, uint32_t final) {
    client *c = context;
    (void)intermediate;
    c->timer_started = c->scene->now;
    c->timer_final = final;
}

static int client_get_timer(void *context) {
    const client *c = context;
    if (c->timer_final == 0) {
        return -1;
    }
    return c->scene->now - c->timer_started >= c->timer_final ? 2 : 0;
}

/* ---- clients ---- */

static void client_init(scene *s, client *c, uint16_t port) {
    c->scene = s;
    c->address.family = DOZE_FAMILY_IPV4;
    c->address.address[0] = 10;
    c->address.port = port;
    mbedtls_ssl_config_init(&c->config);
    mbedtls_ssl_init(&c->ssl);
    mbedtls_ssl_session_init(&c->session);
    assert_int_equal(mbedtls_ssl_config_defaults(&c->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT),
                     0);
    mbedtls_ssl_conf_max_tls_version(&c->config, MBEDTLS_SSL_VERSION_TLS1_2);
    peer_compat_conf_random(&c->config, scene_random, s);
    mbedtls_ssl_conf_ciphersuites(&c->config, client_psk_suites);
    mbedtls_ssl_conf_session_tickets(&c->config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    mbedtls_ssl_conf_cid(&c->config, 0, MBEDTLS_SSL_UNEXPECTED_CID_IGNORE);
    assert_int_equal(mbedtls_ssl_conf_psk(&c->config, key, sizeof(key), (const unsigned char *)"me", 2), 0);
}

static void client_free(client *c) {
    mbedtls_ssl_free(&c->ssl);
    mbedtls_ssl_session_free(&c->session);
    mbedtls_ssl_config_free(&c->config);
}

/* A new context, as after a loss of all state; nothing is said to the server. */
static void client_reset(client *c, bool with_cid) {
    unsigned char none[1] = {0};
    mbedtls_ssl_free(&c->ssl);
    mbedtls_ssl_init(&c->ssl);
    c->inbox_first = c->inbox_end = 0;
    c->timer_final = 0;
    assert_int_equal(mbedtls_ssl_setup(&c->ssl, &c->config), 0);
    mbedtls_ssl_set_bio(&c->ssl, c, client_send, client_recv, NULL);
    mbedtls_ssl_set_timer_cb(&c->ssl, c, client_set_timer, client_get_timer);
    if (with_cid) {
        assert_int_equal(mbedtls_ssl_set_cid(&c->ssl, MBEDTLS_SSL_CID_ENABLED, none, 0), 0);
    }
}

static int client_handshake(client *c) {
    int ret;
    do {
        ret = mbedtls_ssl_handshake(&c->ssl);
    } while (ret == MBEDTLS_ERR_SSL_WANT_READ && c->inbox_first < c->inbox_end);
    return ret;
}

static void client_connect(client *c, bool with_cid) {
    client_reset(c, with_cid);
    assert_int_equal(client_handshake(c), 0);
}

static void client_say(client *c, const char *text) {
    assert_int_equal(mbedtls_ssl_write(&c->ssl, (const unsigned char *)text, strlen(text)), strlen(text));
}

static int client_hear(client *c, char text[DATAGRAM]) {
    int ret = mbedtls_ssl_read(&c->ssl, (unsigned char *)text, DATAGRAM - 1);
    text[ret > 0 ? ret : 0] = '\0';
    return ret;
}

static void expect_echo(client *c, const char *text) {
    char heard[DATAGRAM];
    client_say(c, text);
    assert_int_equal(client_hear(c, heard), strlen(text));
    assert_string_equal(heard, text);
}

static void expect_silence(client *c, const char *text) {
    char heard[DATAGRAM];
    client_say(c, text);
    assert_int_equal(client_hear(c, heard), MBEDTLS_ERR_SSL_WANT_READ);
}

static void keep_session(client *c) {
    mbedtls_ssl_session_free(&c->session);
    mbedtls_ssl_session_init(&c->session);
    assert_int_equal(mbedtls_ssl_get_session(&c->ssl, &c->session), 0);
}

static void client_resume(client *c) {
    client_reset(c, false);
    assert_int_equal(mbedtls_ssl_set_session(&c->ssl, &c->session), 0);
    assert_int_equal(client_handshake(c), 0);
}

/* ---- scenes ---- */

static int set_up(void **state) {
    scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->dice = 42;
    s->settings.clock = (doze_clock){scene_now, s};
    s->settings.random = (doze_random){scene_random, s};
    s->settings.send = to_client;
    s->settings.send_context = s;
    s->settings.identity = "me";
    s->settings.key = key;
    s->settings.key_size = sizeof(key);
    for (size_t i = 0; i < CLIENTS; i++) {
        client_init(s, &s->clients[i], (uint16_t)(1000 + i));
    }
    *state = s;
    return 0;
}

static int tear_down(void **state) {
    scene *s = *state;
    for (size_t i = 0; i < CLIENTS; i++) {
        client_free(&s->clients[i]);
    }
    peer_deinit(&s->peer);
    free(s);
    return 0;
}

static void start(scene *s) {
    if (!peer_init(&s->peer, &s->settings)) {
        fail_msg("%s (-0x%04x)", peer_why(&s->peer), (unsigned)-s->peer.last_error);
    }
}

/* ---- handshakes ---- */

static void a_client_with_the_key_is_served_and_echoed(void **state) {
    scene *s = *state;
    start(s);
    client_connect(&s->clients[0], false);
    expect_echo(&s->clients[0], "hello");
    expect_echo(&s->clients[0], "again");
    peer_association *a = peer_newest(&s->peer);
    assert_string_equal(a->identity, "me");
    assert_false(a->resumed);
    assert_false(a->cid_in_use);
    assert_true(peer_same_endpoint(&a->address, &s->clients[0].address));
    assert_int_equal(a->messages_received, 2);
    assert_int_equal(s->peer.counters.handshakes_full, 1);
    assert_int_equal(peer_count(&s->peer), 1);
    assert_int_equal(peer_next_timeout(&s->peer), -1);
}

static void a_cookie_is_asked_for_unless_switched_off(void **state) {
    scene *s = *state;
    start(s);
    client_connect(&s->clients[0], false);
    assert_int_equal(s->peer.counters.client_hellos, 2);
    peer_deinit(&s->peer);
    s->settings.no_cookie = true;
    start(s);
    client_connect(&s->clients[0], false);
    assert_int_equal(s->peer.counters.client_hellos, 1);
    expect_echo(&s->clients[0], "hello");
}

static void a_client_hello_without_cookie_leaves_nothing_behind(void **state) {
    scene *s = *state;
    start(s);
    s->holding = true;
    client_reset(&s->clients[0], false);
    assert_int_equal(client_handshake(&s->clients[0]), MBEDTLS_ERR_SSL_WANT_READ);
    peer_receive(&s->peer, &s->clients[0].address, s->sent[0].data, s->sent[0].size);
    assert_null(peer_last(&s->peer));
    assert_int_equal(s->clients[0].inbox_end, 1);
    assert_int_equal(peer_next_timeout(&s->peer), -1);
}

static void a_cookie_outlived_is_asked_for_again(void **state) {
    scene *s = *state;
    start(s);
    s->holding = true;
    client_reset(&s->clients[0], false);
    (void)client_handshake(&s->clients[0]);
    peer_receive(&s->peer, &s->clients[0].address, s->sent[0].data, s->sent[0].size);
    (void)client_handshake(&s->clients[0]);
    s->now += 62000;
    peer_receive(&s->peer, &s->clients[0].address, s->sent[1].data, s->sent[1].size);
    assert_null(peer_last(&s->peer));
}

static void a_wrong_key_ends_in_an_alert_or_in_silence(void **state) {
    scene *s = *state;
    s->settings.behaviour.wrong_psk = true;
    start(s);
    client_reset(&s->clients[0], false);
    assert_int_equal(client_handshake(&s->clients[0]), MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    s->peer.behaviour.hide_handshake_alerts = true;
    client_reset(&s->clients[1], false);
    assert_int_equal(client_handshake(&s->clients[1]), MBEDTLS_ERR_SSL_WANT_READ);
    assert_int_equal(s->peer.counters.handshakes_failed, 2);
    assert_null(peer_newest(&s->peer));
}

static void a_lost_final_flight_is_sent_again(void **state) {
    scene *s = *state;
    s->settings.behaviour.drop_final_flights = 1;
    start(s);
    client_reset(&s->clients[0], false);
    assert_int_equal(client_handshake(&s->clients[0]), MBEDTLS_ERR_SSL_WANT_READ);
    assert_int_equal(peer_count(&s->peer), 1);
    s->now += 1000;
    assert_int_equal(client_handshake(&s->clients[0]), 0);
    expect_echo(&s->clients[0], "hello");
}

static void an_unanswered_flight_is_repeated_until_the_handshake_fails(void **state) {
    scene *s = *state;
    s->settings.no_cookie = true;
    start(s);
    s->holding = true;
    client_reset(&s->clients[0], false);
    (void)client_handshake(&s->clients[0]);
    peer_receive(&s->peer, &s->clients[0].address, s->sent[0].data, s->sent[0].size);
    for (int32_t wait = 1000; wait <= 32000; wait *= 2) {
        unsigned before = s->peer.counters.datagrams_out;
        assert_int_equal(peer_next_timeout(&s->peer), wait);
        s->now += (uint64_t)wait - 1;
        peer_tick(&s->peer);
        assert_int_equal(s->peer.counters.datagrams_out, before);
        s->now += 1;
        peer_tick(&s->peer);
        assert_true(s->peer.counters.datagrams_out > before);
    }
    s->now += 60000;
    peer_tick(&s->peer);
    assert_int_equal(s->peer.counters.handshakes_failed, 1);
    assert_int_equal(peer_next_timeout(&s->peer), -1);
}

static void certificates_are_exchanged(void **state) {
    scene *s = *state;
    client *c = &s->clients[0];
    mbedtls_x509_crt root;
    mbedtls_x509_crt own;
    mbedtls_pk_context own_key;
    mbedtls_x509_crt_init(&root);
    mbedtls_x509_crt_init(&own);
    mbedtls_pk_init(&own_key);
    assert_int_equal(mbedtls_x509_crt_parse_file(&root, DOZE_TEST_CERTS "/root.pem"), 0);
    assert_int_equal(mbedtls_x509_crt_parse_file(&own, DOZE_TEST_CERTS "/client-chain.pem"), 0);
    assert_int_equal(peer_compat_parse_key_file(&own_key, DOZE_TEST_CERTS "/client.key.pem", scene_random, s), 0);
    s->settings.identity = NULL;
    s->settings.certificate_file = DOZE_TEST_CERTS "/server-chain.pem";
    s->settings.key_file = DOZE_TEST_CERTS "/server.key.pem";
    s->settings.ca_file = DOZE_TEST_CERTS "/root.pem";
    start(s);
    mbedtls_ssl_conf_ciphersuites(&c->config, client_ecdsa_suites);
    mbedtls_ssl_conf_ca_chain(&c->config, &root, NULL);
    assert_int_equal(mbedtls_ssl_conf_own_cert(&c->config, &own, &own_key), 0);
    client_reset(c, false);
    assert_int_equal(mbedtls_ssl_set_hostname(&c->ssl, "localhost"), 0);
    assert_int_equal(client_handshake(c), 0);
    expect_echo(c, "hello");
    assert_string_equal(peer_newest(&s->peer)->server_name, "localhost");
    mbedtls_x509_crt_free(&root);
    mbedtls_x509_crt_free(&own);
    mbedtls_pk_free(&own_key);
}

static void settings_that_make_no_sense_are_refused(void **state) {
    scene *s = *state;
    peer_settings bad = s->settings;
    bad.send = NULL;
    assert_false(peer_init(&s->peer, &bad));
    bad = s->settings;
    bad.identity = NULL;
    assert_false(peer_init(&s->peer, &bad));
    bad = s->settings;
    bad.certificate_file = "no such file";
    assert_false(peer_init(&s->peer, &bad));
    assert_string_equal(peer_why(&s->peer), "certificate_file cannot be used");
    start(s);
}

/* ---- resumption ---- */

static void resumes(scene *s) {
    client_connect(&s->clients[0], false);
    keep_session(&s->clients[0]);
    client_resume(&s->clients[0]);
    expect_echo(&s->clients[0], "hello");
    assert_true(peer_newest(&s->peer)->resumed);
    assert_int_equal(s->peer.counters.handshakes_full, 1);
    assert_int_equal(s->peer.counters.handshakes_resumed, 1);
}

static void a_session_is_resumed_by_its_id(void **state) {
    scene *s = *state;
    s->settings.sessions = PEER_SESSION_CACHE;
    start(s);
    resumes(s);
}

static void a_session_is_resumed_by_ticket(void **state) {
    scene *s = *state;
    s->settings.sessions = PEER_SESSION_TICKETS;
    mbedtls_ssl_conf_session_tickets(&s->clients[0].config, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    start(s);
    resumes(s);
}

static void without_cache_and_tickets_a_session_is_refused(void **state) {
    scene *s = *state;
    start(s);
    client_connect(&s->clients[0], false);
    keep_session(&s->clients[0]);
    client_resume(&s->clients[0]);
    assert_false(peer_newest(&s->peer)->resumed);
    assert_int_equal(s->peer.counters.handshakes_full, 2);
}

static void restart_with(scene *s, bool tickets, bool keep_sessions) {
    s->settings.sessions = tickets ? PEER_SESSION_TICKETS : PEER_SESSION_CACHE;
    if (tickets) {
        mbedtls_ssl_conf_session_tickets(&s->clients[0].config, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    }
    start(s);
    client_connect(&s->clients[0], false);
    keep_session(&s->clients[0]);
    assert_true(peer_restart(&s->peer, keep_sessions));
    assert_int_equal(peer_count(&s->peer), 0);
    expect_silence(&s->clients[0], "lost");
    client_resume(&s->clients[0]);
    assert_int_equal(peer_newest(&s->peer)->resumed, keep_sessions);
    expect_echo(&s->clients[0], "hello");
}

static void a_restart_forgets_associations_and_cached_sessions(void **state) {
    restart_with(*state, false, false);
}

static void a_restart_forgets_ticket_keys(void **state) {
    restart_with(*state, true, false);
}

static void a_restart_may_keep_cached_sessions(void **state) {
    restart_with(*state, false, true);
}

static void a_restart_may_keep_ticket_keys(void **state) {
    restart_with(*state, true, true);
}

/* ---- Connection ID and addresses ---- */

static void connection_id_follows_the_client_to_a_new_address(void **state) {
    scene *s = *state;
    client *c = &s->clients[0];
    start(s);
    client_connect(c, true);
    expect_echo(c, "before");
    c->address.port = 5000;
    expect_echo(c, "after");
    peer_association *a = peer_newest(&s->peer);
    assert_true(a->cid_in_use);
    assert_int_equal(a->address.port, 5000);
    assert_int_equal(s->peer.counters.address_moves, 1);
    assert_memory_equal(s->sent[s->sent_count - 1].data + 11, a->cid, PEER_CID_SIZE_DEFAULT);
}

static void connection_id_may_be_of_any_length_even_none(void **state) {
    scene *s = *state;
    for (uint8_t size = 1; size <= 20; size = (uint8_t)(size + 19)) {
        s->settings.cid_size = size;
        start(s);
        client_connect(&s->clients[0], true);
        client_connect(&s->clients[1], true);
        expect_echo(&s->clients[0], "one");
        expect_echo(&s->clients[1], "two");
        assert_int_equal(peer_newest(&s->peer)->cid_size, size);
        peer_deinit(&s->peer);
    }
    s->settings.cid = PEER_CID_EMPTY;
    start(s);
    client_connect(&s->clients[0], true);
    expect_echo(&s->clients[0], "one");
    assert_int_equal(s->sent[s->sent_count - 1].data[0], MBEDTLS_SSL_MSG_APPLICATION_DATA);
}

static void connection_id_is_refused_to_order(void **state) {
    scene *s = *state;
    start(s);
    s->peer.behaviour.refuse_cid = true;
    client_connect(&s->clients[0], true);
    expect_echo(&s->clients[0], "hello");
    assert_false(peer_newest(&s->peer)->cid_in_use);
}

static void an_old_record_does_not_move_the_address(void **state) {
    scene *s = *state;
    client *c = &s->clients[0];
    start(s);
    client_connect(c, true);
    s->holding = true;
    client_say(c, "late");
    const datagram *late = &s->sent[s->sent_count - 1];
    s->holding = false;
    expect_echo(c, "newer");
    doze_endpoint elsewhere = c->address;
    elsewhere.port = 6666;
    peer_receive(&s->peer, &elsewhere, late->data, late->size);
    peer_receive(&s->peer, &elsewhere, late->data, late->size);
    assert_int_equal(peer_newest(&s->peer)->messages_received, 2);
    assert_int_equal(peer_newest(&s->peer)->address.port, c->address.port);
    assert_int_equal(s->peer.counters.address_moves, 0);
    assert_int_equal(s->peer.counters.replayed, 1);
}

static void a_forged_record_does_not_move_the_address(void **state) {
    scene *s = *state;
    client *c = &s->clients[0];
    start(s);
    client_connect(c, true);
    s->holding = true;
    client_say(c, "hello");
    datagram *last = &s->sent[s->sent_count - 1];
    last->data[last->size - 1] ^= 1;
    doze_endpoint elsewhere = c->address;
    elsewhere.port = 6666;
    peer_receive(&s->peer, &elsewhere, last->data, last->size);
    assert_int_equal(s->peer.counters.forged, 1);
    assert_int_equal(s->peer.counters.messages_received, 0);
    assert_int_equal(peer_newest(&s->peer)->address.port, c->address.port);
}

static void without_connection_id_a_new_address_is_a_stranger(void **state) {
    scene *s = *state;
    start(s);
    client_connect(&s->clients[0], false);
    s->clients[0].address.port = 5000;
    expect_silence(&s->clients[0], "hello");
    assert_int_equal(s->peer.counters.unmatched, 1);
}

static void two_associations_do_not_mix(void **state) {
    scene *s = *state;
    for (int with_cid = 0; with_cid < 2; with_cid++) {
        start(s);
        client_connect(&s->clients[0], with_cid != 0);
        client_connect(&s->clients[1], with_cid != 0);
        for (int i = 0; i < 3; i++) {
            expect_echo(&s->clients[0], "the first");
            expect_echo(&s->clients[1], "the second");
        }
        assert_int_equal(peer_count(&s->peer), 2);
        assert_int_equal(peer_at(&s->peer, &s->clients[0].address)->messages_received, 3);
        assert_int_equal(peer_at(&s->peer, &s->clients[1].address)->messages_received, 3);
        assert_int_equal(s->peer.counters.forged + s->peer.counters.replayed, 0);
        s->sent_count = 0;
        if (with_cid == 0) {
            peer_deinit(&s->peer);
        }
    }
}

static void a_client_hello_from_a_known_address_replaces_the_association(void **state) {
    scene *s = *state;
    start(s);
    client_connect(&s->clients[0], false);
    client_connect(&s->clients[0], false);
    expect_echo(&s->clients[0], "hello");
    assert_int_equal(peer_count(&s->peer), 1);
    assert_int_equal(peer_newest(&s->peer)->number, 2);
}

/* Everything but the last flight of the client arrives. */
static void begin_again(client *c, size_t flights) {
    scene *s = c->scene;
    client_reset(c, false);
    s->holding = true;
    for (size_t i = 0; i < flights; i++) {
        (void)client_handshake(c);
        const datagram *last = &s->sent[s->sent_count - 1];
        peer_receive(&s->peer, &c->address, last->data, last->size);
    }
    s->holding = false;
}

static void a_client_hello_without_cookie_does_not_hurt_the_association(void **state) {
    scene *s = *state;
    start(s);
    client_connect(&s->clients[0], false);
    s->clients[1].address = s->clients[0].address;
    begin_again(&s->clients[1], 1);
    s->clients[1].address.port++;
    s->clients[0].inbox_first = s->clients[0].inbox_end = 0;
    expect_echo(&s->clients[0], "still here");
}

static void a_cookie_ends_the_association_of_before_or_only_a_whole_handshake_does(void **state) {
    scene *s = *state;
    for (int when_done = 0; when_done < 2; when_done++) {
        s->settings.behaviour.known_address = when_done ? PEER_REPLACE_WHEN_DONE : PEER_REPLACE_AT_COOKIE;
        start(s);
        client_connect(&s->clients[0], false);
        s->clients[1].address = s->clients[0].address;
        begin_again(&s->clients[1], 2);
        s->clients[1].address.port++;
        s->clients[0].inbox_first = s->clients[0].inbox_end = 0;
        if (when_done == 0) {
            expect_silence(&s->clients[0], "lost");
            peer_deinit(&s->peer);
        } else {
            expect_echo(&s->clients[0], "still here");
        }
        s->sent_count = 0;
    }
}

static void a_client_hello_from_a_known_address_is_ignored_to_order(void **state) {
    scene *s = *state;
    s->settings.behaviour.known_address = PEER_IGNORE_HELLO;
    start(s);
    client_connect(&s->clients[0], false);
    client_reset(&s->clients[0], false);
    assert_int_equal(client_handshake(&s->clients[0]), MBEDTLS_ERR_SSL_WANT_READ);
    s->clients[0].address.port = 5000;
    client_connect(&s->clients[0], false);
    expect_echo(&s->clients[0], "from a fresh port");
}

static void a_client_hello_that_arrives_twice_changes_nothing(void **state) {
    scene *s = *state;
    start(s);
    client_connect(&s->clients[0], false);
    size_t count = s->sent_count;
    for (size_t i = 0; i < count; i++) {
        peer_receive(&s->peer, &s->clients[0].address, s->sent[i].data, s->sent[i].size);
    }
    s->clients[0].inbox_first = s->clients[0].inbox_end = 0;
    expect_echo(&s->clients[0], "hello");
    assert_int_equal(s->peer.counters.handshakes_full, 1);
}

static void a_replaced_association_lives_on_by_its_connection_id(void **state) {
    scene *s = *state;
    start(s);
    client_connect(&s->clients[0], true);
    doze_endpoint address = s->clients[0].address;
    s->clients[0].address.port = 5000;
    s->clients[1].address = address;
    client_connect(&s->clients[1], true);
    assert_int_equal(peer_count(&s->peer), 2);
    expect_echo(&s->clients[0], "back from another port");
    expect_echo(&s->clients[1], "undisturbed");
}

static void the_most_silent_association_gives_way(void **state) {
    scene *s = *state;
    s->settings.associations_max = 2;
    start(s);
    client_connect(&s->clients[0], false);
    s->now += 1000;
    client_connect(&s->clients[1], false);
    s->now += 1000;
    expect_echo(&s->clients[0], "not silent");
    s->now += 1000;
    doze_endpoint address = s->clients[1].address;
    s->clients[1].address.port = 5000;
    client_connect(&s->clients[1], false);
    assert_null(peer_at(&s->peer, &address));
    expect_echo(&s->clients[0], "hello");
    expect_echo(&s->clients[1], "hello");
    assert_int_equal(s->peer.counters.evicted, 1);
}

/* ---- records ---- */

static void a_replayed_record_is_dropped_and_counted(void **state) {
    scene *s = *state;
    start(s);
    client_connect(&s->clients[0], false);
    expect_echo(&s->clients[0], "once");
    const datagram *last = &s->sent[s->sent_count - 1];
    peer_receive(&s->peer, &s->clients[0].address, last->data, last->size);
    assert_int_equal(s->peer.counters.replayed, 1);
    assert_int_equal(s->peer.counters.messages_received, 1);
}

static void garbage_is_dropped_and_counted(void **state) {
    scene *s = *state;
    unsigned char garbage[40];
    start(s);
    client_connect(&s->clients[0], false);
    memset(garbage, 0xff, sizeof(garbage));
    peer_receive(&s->peer, &s->clients[0].address, garbage, 0);
    peer_receive(&s->peer, &s->clients[0].address, garbage, 5);
    peer_receive(&s->peer, &s->clients[0].address, garbage, sizeof(garbage));
    assert_int_equal(s->peer.counters.unmatched, 3);
    expect_echo(&s->clients[0], "hello");
}

/* ---- orders ---- */

static void the_close_notify_of_a_client_is_seen_and_answered(void **state) {
    scene *s = *state;
    char heard[DATAGRAM];
    start(s);
    client_connect(&s->clients[0], false);
    peer_association *a = peer_newest(&s->peer);
    assert_int_equal(mbedtls_ssl_close_notify(&s->clients[0].ssl), 0);
    assert_true(a->close_notify_received);
    assert_false(a->alive);
    assert_int_equal(s->peer.counters.close_notifies, 1);
    assert_int_equal(client_hear(&s->clients[0], heard), MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
}

static void a_fatal_alert_of_a_client_is_seen(void **state) {
    scene *s = *state;
    start(s);
    client_connect(&s->clients[0], false);
    peer_association *a = peer_newest(&s->peer);
    assert_int_equal(mbedtls_ssl_send_alert_message(&s->clients[0].ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, 80), 0);
    assert_int_equal(a->alert_received, 80);
    assert_false(a->alive);
}

static void the_server_says_something_of_its_own_accord(void **state) {
    scene *s = *state;
    char heard[DATAGRAM];
    start(s);
    client_connect(&s->clients[0], true);
    assert_int_equal(peer_say(&s->peer, peer_newest(&s->peer), "news", 4), 0);
    assert_int_equal(client_hear(&s->clients[0], heard), 4);
    assert_string_equal(heard, "news");
}

static void the_server_closes_alerts_and_evicts(void **state) {
    scene *s = *state;
    char heard[DATAGRAM];
    start(s);
    client_connect(&s->clients[0], false);
    assert_int_equal(peer_close(&s->peer, peer_newest(&s->peer)), 0);
    assert_int_equal(client_hear(&s->clients[0], heard), MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
    client_connect(&s->clients[0], false);
    assert_int_equal(peer_alert(&s->peer, peer_newest(&s->peer), 80), 0);
    assert_int_equal(client_hear(&s->clients[0], heard), MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    client_connect(&s->clients[0], false);
    peer_evict(&s->peer, peer_newest(&s->peer));
    expect_silence(&s->clients[0], "hello");
    assert_int_equal(peer_say(&s->peer, peer_last(&s->peer), "x", 1), MBEDTLS_ERR_SSL_BAD_INPUT_DATA);
}

static void answers_come_to_order(void **state) {
    scene *s = *state;
    client *c = &s->clients[0];
    char heard[DATAGRAM];
    start(s);
    client_connect(c, false);
    s->peer.behaviour.answer = PEER_EAT;
    expect_silence(c, "eaten");
    s->peer.behaviour.answer = PEER_ECHO_TWICE;
    expect_echo(c, "twice");
    assert_int_equal(client_hear(c, heard), 5);
    s->peer.behaviour.answer = PEER_ECHO_TWICE_AT_ONCE;
    unsigned before = s->peer.counters.datagrams_out;
    expect_echo(c, "at once");
    assert_int_equal(client_hear(c, heard), 7);
    assert_int_equal(s->peer.counters.datagrams_out, before + 1);
    s->peer.behaviour.deaf = true;
    expect_silence(c, "nobody there");
    s->peer.behaviour.deaf = false;
    s->peer.behaviour.answer = PEER_ECHO_AND_CLOSE;
    expect_echo(c, "goodbye");
    assert_int_equal(client_hear(c, heard), MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
    assert_int_equal(peer_count(&s->peer), 0);
}

static void answer_in_capitals(void *context, peer *p, peer_association *a, const unsigned char *data, size_t size) {
    assert_ptr_equal(context, p);
    assert_int_equal(size, 5);
    assert_memory_equal(data, "hello", 5);
    assert_int_equal(peer_say(p, a, "HELLO", 5), 0);
}

static void a_program_answers_itself_when_it_wants(void **state) {
    scene *s = *state;
    char heard[DATAGRAM];
    s->settings.on_message = answer_in_capitals;
    s->settings.message_context = &s->peer;
    start(s);
    client_connect(&s->clients[0], false);
    client_say(&s->clients[0], "hello");
    assert_int_equal(client_hear(&s->clients[0], heard), 5);
    assert_string_equal(heard, "HELLO");
}

static void hello_requests_are_sent_to_order_and_may_be_declined(void **state) {
    scene *s = *state;
    client *c = &s->clients[0];
    s->settings.allow_renegotiation = true;
    start(s);
    client_connect(c, false);
    unsigned before = s->peer.counters.datagrams_out;
    if (peer_hello_request(&s->peer, peer_newest(&s->peer), 3) == MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE) {
        skip();
    }
    assert_int_equal(s->peer.counters.datagrams_out, before + 3);
    char heard[DATAGRAM];
    assert_int_equal(client_hear(c, heard), MBEDTLS_ERR_SSL_WANT_READ);
    expect_echo(c, "hello");
}

/* ---- a real socket ---- */

static void a_server_opens_a_port_of_its_own_on_both_loopbacks(void **state) {
    scene *s = *state;
    static const char *const addresses[] = {"127.0.0.1", "::1"};
    start(s);
    for (size_t i = 0; i < 2; i++) {
        peer_udp server;
        if (!peer_udp_open(&server, &s->settings, addresses[i], 0)) {
            assert_int_equal(i, 1); /* a host may be without IPv6 */
            skip();
        }
        assert_true(peer_udp_fd(&server) >= 0);
        assert_int_not_equal(peer_udp_port(&server), 0);
        peer_udp_pump(&server);
        peer_udp second;
        assert_false(peer_udp_open(&second, &s->settings, addresses[i], peer_udp_port(&server)));
        assert_int_not_equal(second.cause, 0);
        peer_udp_close(&server);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_client_with_the_key_is_served_and_echoed),
        TEST(a_cookie_is_asked_for_unless_switched_off),
        TEST(a_client_hello_without_cookie_leaves_nothing_behind),
        TEST(a_cookie_outlived_is_asked_for_again),
        TEST(a_wrong_key_ends_in_an_alert_or_in_silence),
        TEST(a_lost_final_flight_is_sent_again),
        TEST(an_unanswered_flight_is_repeated_until_the_handshake_fails),
        TEST(certificates_are_exchanged),
        TEST(settings_that_make_no_sense_are_refused),
        TEST(a_session_is_resumed_by_its_id),
        TEST(a_session_is_resumed_by_ticket),
        TEST(without_cache_and_tickets_a_session_is_refused),
        TEST(a_restart_forgets_associations_and_cached_sessions),
        TEST(a_restart_forgets_ticket_keys),
        TEST(a_restart_may_keep_cached_sessions),
        TEST(a_restart_may_keep_ticket_keys),
        TEST(connection_id_follows_the_client_to_a_new_address),
        TEST(connection_id_may_be_of_any_length_even_none),
        TEST(connection_id_is_refused_to_order),
        TEST(an_old_record_does_not_move_the_address),
        TEST(a_forged_record_does_not_move_the_address),
        TEST(without_connection_id_a_new_address_is_a_stranger),
        TEST(two_associations_do_not_mix),
        TEST(a_client_hello_from_a_known_address_replaces_the_association),
        TEST(a_client_hello_without_cookie_does_not_hurt_the_association),
        TEST(a_cookie_ends_the_association_of_before_or_only_a_whole_handshake_does),
        TEST(a_client_hello_from_a_known_address_is_ignored_to_order),
        TEST(a_client_hello_that_arrives_twice_changes_nothing),
        TEST(a_replaced_association_lives_on_by_its_connection_id),
        TEST(the_most_silent_association_gives_way),
        TEST(a_replayed_record_is_dropped_and_counted),
        TEST(garbage_is_dropped_and_counted),
        TEST(the_close_notify_of_a_client_is_seen_and_answered),
        TEST(a_fatal_alert_of_a_client_is_seen),
        TEST(the_server_says_something_of_its_own_accord),
        TEST(the_server_closes_alerts_and_evicts),
        TEST(answers_come_to_order),
        TEST(a_program_answers_itself_when_it_wants),
        TEST(hello_requests_are_sent_to_order_and_may_be_declined),
        TEST(a_server_opens_a_port_of_its_own_on_both_loopbacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
