/* SPDX-License-Identifier: Apache-2.0 */
/* Sleep through a reboot: what the store is told, and what comes back from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dtls/internal.h"
#include "kit/store_kit.h"

enum { ASSOCIATION = STORE_KIT_ASSOCIATION, SESSION = STORE_KIT_SESSION };

static void expect_one_datagram_each_way(kit *k, const char *message) {
    tap_clear(&k->tap);
    kit_exchange(k, message);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 1);
    assert_int_equal(k->tap.count[TAP_DOWN].datagrams, 1);
    assert_int_equal(kit_handshake_datagrams(k), 0);
}

/* ---- a clean sleep ---- */

static void after_a_reboot_in_sleep_one_datagram_goes_up_and_one_comes_down_from_the_same_port(void **state) {
    store_kit *s = *state;
    for (size_t i = 0; i < STORE_KIT_BOTH; i++) {
        kit *k = store_kit_start(s, store_kit_both[i]);
        kit_connect(k);
        kit_exchange(k, "the first life");
        uint16_t port = doze_local_port(k->socket);
        for (int life = 0; life < 20; life++) {
            kit_sleep(k);
            store_kit_reboot(s);
            world_advance(&k->w, 3600 * 1000);
            store_kit_load_and_resume(s);
            assert_int_equal(doze_local_port(k->socket), port);
            assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
            assert_int_equal(kit_option(k, DOZE_OPT_CONTEXT_CONTINUED), 1);
            assert_int_equal(kit_option(k, DOZE_OPT_PORT_KEPT), 1);
            expect_one_datagram_each_way(k, "another life");
        }
        assert_int_equal(k->peer->counters.handshakes_full, 1);
        assert_int_equal(k->peer->counters.handshakes_resumed, 0);
        assert_int_equal(k->peer->counters.replayed, 0);
        assert_int_equal(k->w.names.lookups, 1);
        kit_stop(k);
    }
}

static void every_getter_answers_after_a_load_as_it_did_before_the_reboot(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    char before[DOZE_ADDRESS_TEXT_SIZE];
    char after[DOZE_ADDRESS_TEXT_SIZE];
    kit_connect(k);
    kit_sleep(k);
    uint16_t port = doze_local_port(k->socket);
    assert_int_equal(doze_remote_host(k->socket, before, sizeof(before)), DOZE_OK);
    store_kit_reboot(s);
    assert_null(doze_remote_hostname(k->socket));
    assert_int_equal(store_kit_load(s), DOZE_OK);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_SHUTDOWN);
    assert_string_equal(doze_remote_hostname(k->socket), KIT_NAME);
    assert_int_equal(doze_remote_host(k->socket, after, sizeof(after)), DOZE_OK);
    assert_string_equal(before, after);
    assert_int_equal(doze_remote_port(k->socket), KIT_PORT);
    assert_int_equal(doze_local_port(k->socket), port);
    kit_stop(k);
}

static void connect_goes_on_from_the_store_by_itself(void **state) {
    store_kit *s = *state;
    for (size_t i = 0; i < STORE_KIT_BOTH; i++) {
        kit *k = store_kit_start(s, store_kit_both[i]);
        kit_connect(k);
        kit_exchange(k, "the first life");
        uint16_t port = doze_local_port(k->socket);
        kit_sleep(k);
        store_kit_reboot(s);
        tap_clear(&k->tap);
        kit_connect(k);
        assert_int_equal(kit_handshake_datagrams(k), 0);
        assert_int_equal(doze_local_port(k->socket), port);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
        expect_one_datagram_each_way(k, "the second life");
        kit_stop(k);
    }
}

static void a_connect_that_fails_leaves_what_was_loaded_for_the_next_one(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    store_kit_reboot(s);
    k->w.names.start_failures = 1;
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_ERR_RESOLVER);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CLOSED);
    tap_clear(&k->tap);
    kit_connect(k);
    assert_int_equal(kit_handshake_datagrams(k), 0);
    expect_one_datagram_each_way(k, "at the second try");
    kit_stop(k);
}

static void a_frozen_sleep_is_stored_too_and_loads_as_an_image(void **state) {
    store_kit *s = *state;
    static uint8_t memory[DOZE_IMAGE_MAX];
    for (size_t i = 0; i < STORE_KIT_BOTH; i++) {
        kit *k = store_kit_start(s, store_kit_both[i]);
        assert_int_equal(doze_dtls_set_freezer(&k->dtls, memory, sizeof(memory)), DOZE_OK);
        kit_connect(k);
        kit_exchange(k, "the first life");
        kit_sleep(k);
        store_kit_reboot(s);
        memset(memory, 0, sizeof(memory));
        assert_int_equal(doze_dtls_set_freezer(&k->dtls, memory, sizeof(memory)), DOZE_OK);
        assert_int_equal(store_kit_load(s), DOZE_OK);
        assert_null(k->dtls.live);
        assert_in_range(kit_option(k, DOZE_OPT_FROZEN_SIZE), 100, DOZE_IMAGE_MAX);
        kit_resume(k);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
        expect_one_datagram_each_way(k, "the second life");
        kit_stop(k);
    }
}

static void certificates_go_through_a_reboot_as_keys_do(void **state) {
    store_kit *s = *state;
    doze_bytes root = kit_file("root.pem");
    doze_bytes certificate = kit_file("client-chain.pem");
    doze_bytes key = kit_file("client.key.pem");
    const doze_x509_settings settings = {
        .trust = root, .certificate = certificate, .key = key, .server_name = "localhost"};
    const kit_order order = {.x509 = &settings, .certificate = "server", .client_ca = "root"};
    kit *k = store_kit_start(s, &order);
    kit_connect(k);
    kit_exchange(k, "the first life");
    kit_sleep(k);
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    expect_one_datagram_each_way(k, "the second life");
    kit_exchange(k, "and now the power goes");
    store_kit_reboot(s);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    kit_exchange(k, "the third life");
    kit_stop(k);
    kit_free(root);
    kit_free(certificate);
    kit_free(key);
}

static void a_client_without_a_secret_of_its_own_needs_a_key_for_the_store(void **state) {
    store_kit *s = *state;
    doze_bytes root = kit_file("root.pem");
    const doze_x509_settings settings = {.trust = root, .server_name = "localhost"};
    kit_order order = {.x509 = &settings, .certificate = "server"};
    kit_start(&s->k, &order);
    vault_init(&s->v, false);
    s->settings.store = &s->v.store;
    assert_int_equal(doze_dtls_set_store(&s->k.dtls, &s->keeper, &s->settings), DOZE_ERR_KEY);
    kit_stop(&s->k);
    order.dtls.store_key = (doze_bytes){"a key for the store", 19};
    kit *k = store_kit_start(s, &order);
    kit_connect(k);
    kit_sleep(k);
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    expect_one_datagram_each_way(k, "the second life");
    kit_stop(k);
    kit_free(root);
}

static void two_sockets_share_a_store_and_keep_apart(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    static doze_udp udp;
    static doze_dtls second;
    doze_keeper keeper;
    const doze_udp_settings below = {.net = world_host_net(k->host), .resolver = world_resolver(&k->w)};
    doze_keeper_settings settings = s->settings;
    assert_int_equal(doze_udp_init(&udp, &below), DOZE_OK);
    assert_int_equal(doze_dtls_init(&second, &k->config, &udp.socket), DOZE_OK);
    for (settings.first_slot = 0; settings.first_slot < 2; settings.first_slot++) {
        assert_int_equal(doze_dtls_set_store(&second, &keeper, &settings), DOZE_ERR_STATE);
    }
    assert_int_equal(doze_dtls_set_store(&second, &keeper, &settings), DOZE_OK);
    kit_connect(k);
    assert_int_equal(world_connect(&k->w, &second.socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_OK);
    kit_sleep(k);
    assert_int_equal(doze_shutdown(&second.socket), DOZE_OK);
    for (unsigned slot = 0; slot < 4; slot++) {
        assert_false(store_kit_is_empty(s, slot));
    }
    vault_slot swapped = s->v.slots[0];
    s->v.slots[0] = s->v.slots[2];
    s->v.slots[2] = swapped;
    doze_deinit(&second.socket);
    doze_deinit(&udp.socket);
    store_kit_reboot(s);
    assert_int_equal(store_kit_load(s), DOZE_OK); /* its session alone */
    assert_int_equal(kit_option(k, DOZE_OPT_IMAGES_REFUSED), 1);
    assert_true(store_kit_is_empty(s, 0));
    kit_stop(k);
}

/* ---- what is written, and when ---- */

static void the_store_is_written_when_the_docs_say_and_at_no_other_time(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    uint64_t writes = s->v.writes;
#define EXPECT_WRITES(n, what)                                                                                         \
    do {                                                                                                               \
        what;                                                                                                          \
        assert_int_equal(s->v.writes - writes, n);                                                                     \
        writes = s->v.writes;                                                                                          \
    } while (0)
    EXPECT_WRITES(1, kit_connect(k)); /* the session */
    EXPECT_WRITES(0, kit_exchange(k, "any number of"));
    EXPECT_WRITES(0, kit_exchange(k, "messages"));
    EXPECT_WRITES(1, kit_sleep(k)); /* the association */
    EXPECT_WRITES(0, kit_resume(k));
    k->peer->behaviour.answer = PEER_EAT;
    EXPECT_WRITES(0, assert_int_equal(doze_dtls_send_one_way(&k->dtls, "news", 4), DOZE_OK));
    EXPECT_WRITES(0, world_advance(&k->w, 1000));
    k->peer->behaviour.answer = PEER_ECHO;
    EXPECT_WRITES(1, kit_exchange(k, "an answer, the first one")); /* the association goes */
    EXPECT_WRITES(0, kit_exchange(k, "another"));
    EXPECT_WRITES(1, kit_sleep(k));
    for (int wake = 0; wake < 10; wake++) { /* nothing is answered: what is stored stays right */
        EXPECT_WRITES(0, kit_resume(k));
        EXPECT_WRITES(0, assert_int_equal(doze_dtls_send_one_way(&k->dtls, "news", 4), DOZE_OK));
        EXPECT_WRITES(0, kit_sleep(k));
    }
    assert_int_equal(kit_option(k, DOZE_OPT_STORE_WRITES), (int64_t)s->v.writes);
    assert_int_equal(kit_option(k, DOZE_OPT_STORE_FAILURES), 0);
    kit_stop(k);
}

static void numbers_are_reserved_once_a_range(void **state) {
    store_kit *s = *state;
    s->settings.range = 10;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    k->peer->behaviour.answer = PEER_EAT;
    kit_connect(k);
    kit_sleep(k);
    kit_resume(k);
    uint64_t writes = s->v.writes;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(doze_dtls_send_one_way(&k->dtls, "news", 4), DOZE_OK);
    }
    assert_int_equal(s->v.writes - writes, 9); /* the first ten came with the sleep */
    kit_stop(k);
}

static void a_device_that_is_never_answered_goes_on_after_every_power_cut(void **state) {
    store_kit *s = *state;
    s->settings.range = 10;
    for (size_t i = 0; i < STORE_KIT_BOTH; i++) {
        kit *k = store_kit_start(s, store_kit_both[i]);
        k->peer->behaviour.answer = PEER_EAT;
        kit_connect(k);
        kit_sleep(k);
        unsigned sent = 0;
        for (int life = 0; life < 20; life++) {
            store_kit_reboot(s);
            store_kit_load_and_resume(s);
            for (int j = 0; j <= life; j++, sent++) {
                assert_int_equal(doze_dtls_send_one_way(&k->dtls, "news", 4), DOZE_OK);
            } /* and the power goes, at the radio's current */
        }
        world_advance(&k->w, 1000);
        assert_int_equal(k->peer->counters.messages_received, sent);
        assert_int_equal(k->peer->counters.replayed, 0);
        assert_int_equal(k->peer->counters.handshakes_resumed, 0);
        kit_stop(k);
    }
}

static void a_sealed_record_is_as_small_as_the_docs_say(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    assert_int_equal(s->v.slots[ASSOCIATION].size, 256);
    assert_int_equal(s->v.slots[SESSION].size, 256);
    kit_stop(k);
    const kit_order largest = {.dtls = {.cid = DOZE_CID_OFFER_BYTES, .cid_size = DOZE_CID_MAX},
                               .peer = {.cid_size = 32}};
    k = store_kit_start(s, &largest);
    kit_connect(k);
    kit_sleep(k);
    assert_int_equal(s->v.slots[ASSOCIATION].size, DOZE_STORE_SLOT_SIZE);
    kit_stop(k);
}

static void what_is_stored_shows_nothing_of_its_secrets(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    doze_tls_state secrets = {0};
    assert_true(doze_tls_capture(&k->dtls.live->ssl, k->dtls.live->randoms, &secrets) > 0);
    kit_sleep(k);
    for (unsigned slot = 0; slot < 2; slot++) {
        const vault_slot *v = &s->v.slots[slot];
        for (size_t at = 0; at + 8 <= v->size; at++) {
            assert_true(memcmp(v->data + at, secrets.master, 8) != 0);
            assert_true(memcmp(v->data + at, secrets.cids, 8) != 0);
        }
    }
    kit_stop(k);
}

static void the_same_contents_are_never_sealed_the_same(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    vault before = s->v;
    store_kit_reboot(s);
    s->v.slots[ASSOCIATION] = before.slots[ASSOCIATION]; /* rolled back */
    store_kit_load_and_resume(s);
    assert_int_equal(doze_dtls_send_one_way(&k->dtls, "news", 4), DOZE_OK);
    assert_memory_not_equal(s->v.slots[ASSOCIATION].data + 1, before.slots[ASSOCIATION].data + 1, 12); /* the nonce */
    kit_stop(k);
}

/* ---- an unclean stop ---- */

static void a_power_cut_awake_leads_to_a_resumption_that_is_announced(void **state) {
    store_kit *s = *state;
    for (size_t i = 0; i < STORE_KIT_BOTH; i++) {
        kit *k = store_kit_start(s, store_kit_both[i]);
        kit_connect(k);
        kit_exchange(k, "the power goes after this");
        uint16_t port = doze_local_port(k->socket);
        store_kit_reboot(s);
        assert_int_equal(store_kit_load(s), DOZE_OK);
        kit_resume(k);
        assert_int_equal(doze_local_port(k->socket), port);
        doze_report report;
        assert_int_equal(doze_dtls_get_report(&k->dtls, &report), DOZE_OK);
        assert_int_equal(report.rung, DOZE_RUNG_RESUMED);
        assert_int_equal(report.reason, DOZE_REASON_STOPPED);
        assert_false(report.context_continued);
        assert_int_equal(doze_send(k->socket, "Update", 6), DOZE_NEW_CONTEXT);
        kit_exchange(k, "register");
        assert_int_equal(k->peer->counters.handshakes_full, 1);
        assert_int_equal(k->peer->counters.handshakes_resumed, 1);
        kit_stop(k);
    }
}

static void what_was_delivered_before_a_power_cut_is_not_delivered_again_after(void **state) {
    store_kit *s = *state;
    for (size_t i = 0; i < STORE_KIT_BOTH; i++) {
        kit *k = store_kit_start(s, store_kit_both[i]);
        kit_connect(k);
        kit_exchange(k, "before");
        kit_sleep(k);
        kit_resume(k);
        kit_exchange(k, "delivered");
        const tap_datagram delivered = *tap_last(&k->tap, TAP_DOWN, 0);
        store_kit_reboot(s);
        kit_connect(k);
        kit_forge(k, delivered.data, delivered.size);
        char buffer[64];
        size_t size;
        assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
        kit_exchange(k, "something new");
        kit_stop(k);
    }
}

/* ---- the other mode, and the ends ---- */

static void a_store_of_sessions_is_written_at_handshakes_alone_and_shortens_the_next_one(void **state) {
    store_kit *s = *state;
    s->settings.mode = DOZE_STORE_SESSION;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    assert_int_equal(s->v.writes, 2); /* an association of another mode's time would have to go */
    assert_int_equal(s->v.erasures, 1);
    for (int i = 0; i < 10; i++) {
        kit_exchange(k, "no write for this");
        kit_sleep(k);
        kit_resume(k);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    }
    assert_int_equal(s->v.writes, 2);
    kit_sleep(k);
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    kit_exchange(k, "the second life");
    kit_stop(k);
}

static void a_goodbye_erases_the_association_and_keeps_the_session(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    kit_resume(k);
    assert_false(store_kit_is_empty(s, ASSOCIATION));
    doze_close(k->socket);
    assert_true(store_kit_is_empty(s, ASSOCIATION));
    assert_false(store_kit_is_empty(s, SESSION));
    store_kit_reboot(s);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    kit_stop(k);
}

static void a_fatal_alert_erases_both(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    kit_resume(k);
    kit_be_alerted(k, 20);
    assert_true(store_kit_is_empty(s, ASSOCIATION));
    assert_true(store_kit_is_empty(s, SESSION));
    kit_stop(k);
}

static void forget_erases_everything_before_it_returns(void **state) {
    store_kit *s = *state;
    static const doze_state states[] = {DOZE_STATE_CONNECTED, DOZE_STATE_SHUTDOWN, DOZE_STATE_CLOSED};
    for (size_t i = 0; i < 3; i++) {
        kit *k = store_kit_start(s, &store_kit_with_cid);
        kit_connect(k);
        kit_sleep(k);
        if (states[i] == DOZE_STATE_CONNECTED) {
            kit_resume(k);
        } else if (states[i] == DOZE_STATE_CLOSED) {
            store_kit_reboot(s);
        }
        assert_int_equal(doze_get_state(k->socket), states[i]);
        assert_int_equal(doze_forget(k->socket), DOZE_OK);
        assert_true(store_kit_is_empty(s, ASSOCIATION));
        assert_true(store_kit_is_empty(s, SESSION));
        assert_int_equal(store_kit_load(s), DOZE_ERR_NO_PEER);
        kit_stop(k);
    }
}

static void a_new_handshake_replaces_what_was_stored(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_without_cid);
    doze_udp thief;
    kit_connect(k);
    kit_sleep(k);
    kit_take_port(k, &thief, doze_local_port(k->socket));
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    assert_true(store_kit_is_empty(s, ASSOCIATION));
    uint16_t port = doze_local_port(k->socket);
    kit_exchange(k, "at another port");
    kit_sleep(k);
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    assert_int_equal(doze_local_port(k->socket), port);
    expect_one_datagram_each_way(k, "at that port again");
    doze_deinit(&thief.socket);
    kit_stop(k);
}

static void a_wake_from_another_port_is_what_the_next_sleep_stores(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    doze_udp thief;
    kit_connect(k);
    kit_sleep(k);
    kit_take_port(k, &thief, doze_local_port(k->socket));
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    uint16_t port = doze_local_port(k->socket);
    kit_sleep(k);
    store_kit_reboot(s);
    assert_int_equal(store_kit_load(s), DOZE_OK);
    assert_int_equal(doze_local_port(k->socket), port);
    doze_deinit(&thief.socket);
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_KIT_TEST(after_a_reboot_in_sleep_one_datagram_goes_up_and_one_comes_down_from_the_same_port),
        STORE_KIT_TEST(every_getter_answers_after_a_load_as_it_did_before_the_reboot),
        STORE_KIT_TEST(connect_goes_on_from_the_store_by_itself),
        STORE_KIT_TEST(a_connect_that_fails_leaves_what_was_loaded_for_the_next_one),
        STORE_KIT_TEST(a_frozen_sleep_is_stored_too_and_loads_as_an_image),
        STORE_KIT_TEST(certificates_go_through_a_reboot_as_keys_do),
        STORE_KIT_TEST(a_client_without_a_secret_of_its_own_needs_a_key_for_the_store),
        STORE_KIT_TEST(two_sockets_share_a_store_and_keep_apart),
        STORE_KIT_TEST(the_store_is_written_when_the_docs_say_and_at_no_other_time),
        STORE_KIT_TEST(numbers_are_reserved_once_a_range),
        STORE_KIT_TEST(a_device_that_is_never_answered_goes_on_after_every_power_cut),
        STORE_KIT_TEST(a_sealed_record_is_as_small_as_the_docs_say),
        STORE_KIT_TEST(what_is_stored_shows_nothing_of_its_secrets),
        STORE_KIT_TEST(the_same_contents_are_never_sealed_the_same),
        STORE_KIT_TEST(a_power_cut_awake_leads_to_a_resumption_that_is_announced),
        STORE_KIT_TEST(what_was_delivered_before_a_power_cut_is_not_delivered_again_after),
        STORE_KIT_TEST(a_store_of_sessions_is_written_at_handshakes_alone_and_shortens_the_next_one),
        STORE_KIT_TEST(a_goodbye_erases_the_association_and_keeps_the_session),
        STORE_KIT_TEST(a_fatal_alert_erases_both),
        STORE_KIT_TEST(forget_erases_everything_before_it_returns),
        STORE_KIT_TEST(a_new_handshake_replaces_what_was_stored),
        STORE_KIT_TEST(a_wake_from_another_port_is_what_the_next_sleep_stores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
