/* SPDX-License-Identifier: Apache-2.0 */
/* What is not what doze wrote, and stores that fail. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dtls/internal.h"
#include "kit/store_kit.h"

enum { ASSOCIATION = STORE_KIT_ASSOCIATION, SESSION = STORE_KIT_SESSION };

static kit *begin_asleep(store_kit *s, const kit_order *order) {
    kit *k = store_kit_start(s, order);
    kit_connect(k);
    kit_exchange(k, "the first life");
    kit_sleep(k);
    store_kit_reboot(s);
    return k;
}

static void expect_refused(store_kit *s, int64_t images) {
    assert_int_equal(store_kit_load(s), DOZE_ERR_NO_PEER);
    assert_int_equal(doze_get_state(s->k.socket), DOZE_STATE_CLOSED);
    assert_int_equal(kit_option(&s->k, DOZE_OPT_IMAGES_REFUSED), images);
    assert_true(store_kit_is_empty(s, ASSOCIATION));
    assert_true(store_kit_is_empty(s, SESSION));
}

/* ---- bad records ---- */

static void a_record_with_any_bit_flipped_is_refused_erased_and_counted_and_the_session_resumes(void **state) {
    store_kit *s = *state;
    kit *k = begin_asleep(s, &store_kit_with_cid);
    const vault_slot good = s->v.slots[ASSOCIATION];
    const vault_slot session = s->v.slots[SESSION];
    for (size_t bit = 0; bit < good.size * 8; bit++) {
        store_kit_reboot(s);
        s->v.slots[ASSOCIATION] = good;
        s->v.slots[ASSOCIATION].data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(store_kit_load(s), DOZE_OK);
        assert_true(store_kit_is_empty(s, ASSOCIATION));
        assert_int_equal(kit_option(k, DOZE_OPT_IMAGES_REFUSED), 1);
        assert_false(k->dtls.established);
        assert_non_null(k->dtls.session);
        store_kit_reboot(s);
        s->v.slots[ASSOCIATION].size = 0;
        s->v.slots[SESSION] = session;
        s->v.slots[SESSION].data[(bit / 8) % session.size] ^= (uint8_t)(1 << bit % 8);
        expect_refused(s, 1);
        s->v.slots[SESSION] = session;
    }
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    kit_stop(k);
}

static void a_record_of_any_other_length_is_refused(void **state) {
    store_kit *s = *state;
    kit *k = begin_asleep(s, &store_kit_with_cid);
    const vault_slot good = s->v.slots[ASSOCIATION];
    s->v.slots[SESSION].size = 0;
    for (size_t size = 1; size <= VAULT_SLOT_SIZE; size++) {
        if (size != good.size) {
            store_kit_reboot(s);
            s->v.slots[ASSOCIATION] = good;
            s->v.slots[ASSOCIATION].size = size;
            expect_refused(s, 1);
        }
    }
    kit_connect(k);
    doze_report report;
    assert_int_equal(doze_dtls_get_report(&k->dtls, &report), DOZE_OK);
    assert_int_equal(report.rung, DOZE_RUNG_HANDSHAKE);
    assert_int_equal(report.reason, DOZE_REASON_FIRST); /* there is nothing that could have gone on */
    kit_exchange(k, "from the start");
    kit_stop(k);
}

static void a_record_is_good_for_its_own_slot_and_peer_alone(void **state) {
    store_kit *s = *state;
    kit *k = begin_asleep(s, &store_kit_with_cid);
    const vault good = s->v;
    s->v.slots[ASSOCIATION] = good.slots[SESSION]; /* a session must not pass for an association */
    s->v.slots[SESSION] = good.slots[ASSOCIATION];
    expect_refused(s, 2);
    static const struct {
        const char *host;
        uint16_t port;
    } others[] = {{"server.exampl", KIT_PORT}, {"server.example.", KIT_PORT}, {KIT_NAME, KIT_PORT + 1}};
    for (size_t i = 0; i < 3; i++) {
        store_kit_reboot(s);
        s->v.slots[ASSOCIATION] = good.slots[ASSOCIATION];
        s->v.slots[SESSION] = good.slots[SESSION];
        assert_int_equal(doze_dtls_load(&k->dtls, others[i].host, others[i].port), DOZE_ERR_NO_PEER);
        assert_int_equal(kit_option(k, DOZE_OPT_IMAGES_REFUSED), 2);
        assert_true(store_kit_is_empty(s, ASSOCIATION));
    }
    kit_stop(k);
}

/* What is stored under one configuration, and tried under another. */
static void expect_strange(store_kit *s, const kit_order *before, const kit_order *after, bool strange) {
    kit_stop(begin_asleep(s, before));
    const vault stored = s->v;
    kit *k = store_kit_start(s, after);
    memcpy(s->v.slots, stored.slots, sizeof(stored.slots));
    if (strange) {
        expect_refused(s, 2);
    } else {
        assert_int_equal(store_kit_load(s), DOZE_OK);
    }
    kit_stop(k);
}

static void credentials_or_a_configuration_that_changed_make_what_is_stored_void(void **state) {
    store_kit *s = *state;
    static const uint16_t gcm[] = {MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256};
    const kit_order before = {.dtls = {.psk = {.identity = {KIT_IDENTITY, 8}, .key = {kit_key, 16}}}};
    kit_order after = before;
    expect_strange(s, &before, &after, false);
    after.dtls.psk.key.size = 15;
    expect_strange(s, &before, &after, true);
    after = before;
    after.dtls.psk.identity.size = 7;
    expect_strange(s, &before, &after, true);
    after = before;
    after.dtls.suites = gcm;
    after.dtls.suites_count = 1;
    expect_strange(s, &before, &after, true);
    after = before;
    after.dtls.cid = DOZE_CID_OFF;
    expect_strange(s, &before, &after, true);
    after.dtls.cid = DOZE_CID_OFFER_BYTES;
    after.dtls.cid_size = 4;
    expect_strange(s, &before, &after, true);
    after = before;
    after.dtls.max_fragment_length = 1024;
    expect_strange(s, &before, &after, true);
    after = before;
    after.dtls.store_key = (doze_bytes){"sixteen bytes, or more", 22};
    expect_strange(s, &before, &after, true);
    kit_order keyed = after;
    keyed.dtls.psk.key.size = 15; /* also under a key of the caller's */
    expect_strange(s, &after, &keyed, true);
}

static void another_trust_makes_what_is_stored_void(void **state) {
    store_kit *s = *state;
    doze_bytes root = kit_file("root.pem");
    doze_bytes other = kit_file("other-ca.pem");
    const doze_bytes key = {"a key for the store", 19};
    const doze_x509_settings trust = {.trust = root, .server_name = "localhost"};
    doze_x509_settings another = trust;
    const kit_order before = {.x509 = &trust, .certificate = "server", .dtls = {.store_key = key}};
    const kit_order after = {.x509 = &another, .certificate = "server", .dtls = {.store_key = key}};
    expect_strange(s, &before, &after, false);
    another.trust = other;
    expect_strange(s, &before, &after, true);
    another = trust;
    another.server_name = "localhost.";
    expect_strange(s, &before, &after, true);
    another = (doze_x509_settings){.trust = root, .any_server_name = true};
    expect_strange(s, &before, &after, true);
    kit_free(root);
    kit_free(other);
}

static void a_copy_loaded_a_second_time_is_refused_where_there_is_a_counter(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start_counting(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    const vault_slot copy = s->v.slots[ASSOCIATION];
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    kit_exchange(k, "its one life");
    store_kit_reboot(s);
    s->v.slots[ASSOCIATION] = copy;
    assert_int_equal(store_kit_load(s), DOZE_OK); /* the session */
    assert_int_equal(kit_option(k, DOZE_OPT_IMAGES_REFUSED), 1);
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    kit_exchange(k, "under new keys");
    kit_sleep(k);
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    kit_exchange(k, "the right one is not refused");
    assert_int_equal(k->peer->counters.replayed, 0);
    kit_stop(k);
}

static void every_older_record_is_refused_where_there_is_a_counter(void **state) {
    store_kit *s = *state;
    enum { LIVES = 8 };
    vault_slot copies[LIVES];
    s->settings.range = 3;
    kit *k = store_kit_start_counting(s, &store_kit_with_cid);
    kit_connect(k);
    for (int i = 0; i < LIVES; i++) {
        kit_sleep(k);
        copies[i] = s->v.slots[ASSOCIATION];
        kit_resume(k);
        for (int j = 0; j < 4; j++) { /* one more than was reserved */
            assert_int_equal(doze_dtls_send_one_way(&k->dtls, "news", 4), DOZE_OK);
        }
    }
    for (int i = 0; i < LIVES; i++) {
        store_kit_reboot(s);
        s->v.slots[ASSOCIATION] = copies[i];
        s->v.slots[SESSION].size = 0;
        expect_refused(s, 1);
    }
    kit_stop(k);
}

/* ---- stores that fail ---- */

static void a_store_that_cannot_be_read_costs_a_handshake_and_no_more(void **state) {
    store_kit *s = *state;
    kit *k = begin_asleep(s, &store_kit_with_cid);
    s->v.fail_reads = UINT_MAX;
    assert_int_equal(store_kit_load(s), DOZE_ERR_STORE);
    assert_int_not_equal(doze_cause(k->socket), 0);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CLOSED);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_HANDSHAKE);
    assert_in_range(kit_option(k, DOZE_OPT_STORE_FAILURES), 1, 100);
    kit_exchange(k, "as if there were no store");
    s->v.fail_reads = 0;
    kit_sleep(k);
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    kit_exchange(k, "and now there is one again");
    kit_stop(k);
}

static void a_store_that_cannot_be_written_costs_nothing_while_the_device_has_its_memory(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    s->v.fail_writes = s->v.fail_erasures = UINT_MAX;
    kit_connect(k);
    for (int i = 0; i < 5; i++) {
        kit_exchange(k, "without a store");
        kit_sleep(k);
        kit_resume(k);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    }
    assert_int_equal(k->peer->counters.handshakes_full, 1);
    assert_in_range(kit_option(k, DOZE_OPT_STORE_FAILURES), 1, 100);
    kit_stop(k);
}

static void a_message_that_could_come_again_after_a_reboot_is_withheld_and_new_keys_are_made(void **state) {
    store_kit *s = *state;
    char buffer[64];
    size_t size = 0;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    kit_resume(k);
    s->v.fail_writes = s->v.fail_erasures = UINT_MAX;
    assert_int_equal(doze_send(k->socket, "question", 8), DOZE_OK);
    memset(buffer, 0, sizeof(buffer));
    assert_int_equal(world_recv(&k->w, k->socket, buffer, sizeof(buffer), &size, KIT_PATIENCE), DOZE_ERR_STORE);
    assert_int_equal(buffer[0], 0);
    assert_int_equal(doze_send(k->socket, "question", 8), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    doze_report report;
    assert_int_equal(doze_dtls_get_report(&k->dtls, &report), DOZE_OK);
    assert_int_equal(report.reason, DOZE_REASON_STORE);
    for (int i = 0; i < 5; i++) { /* and that was all: the store is left alone */
        kit_exchange(k, "the same question");
        kit_sleep(k);
        kit_resume(k);
    }
    assert_int_equal(k->peer->counters.handshakes_resumed, 1);
    assert_int_equal(k->peer->counters.handshakes_full, 1);
    kit_stop(k);
}

static void sending_never_runs_past_what_was_reserved(void **state) {
    store_kit *s = *state;
    s->settings.range = 5;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    kit_resume(k);
    s->v.fail_writes = s->v.fail_erasures = UINT_MAX;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(doze_dtls_send_one_way(&k->dtls, "news", 4), DOZE_OK);
    }
    tap_clear(&k->tap);
    assert_int_equal(doze_dtls_send_one_way(&k->dtls, "news", 4), DOZE_IN_PROGRESS);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 0);
    assert_int_equal(doze_send(k->socket, "a question", 10), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    kit_exchange(k, "under new keys");
    assert_int_equal(k->peer->counters.replayed, 0);
    kit_stop(k);
}

static void a_full_store_that_can_still_erase_goes_on_unstored(void **state) {
    store_kit *s = *state;
    s->settings.range = 5;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    kit_resume(k);
    s->v.fail_writes = UINT_MAX;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(doze_dtls_send_one_way(&k->dtls, "news", 4), DOZE_OK);
    }
    assert_true(store_kit_is_empty(s, ASSOCIATION));
    store_kit_reboot(s);
    s->v.fail_writes = 0;
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    kit_exchange(k, "recovered");
    assert_int_equal(k->peer->counters.replayed, 0);
    kit_stop(k);
}

static bool take_five_seconds(void *context) {
    world_advance(context, 5000);
    return true;
}

static void a_slow_store_is_not_taken_for_a_silent_server(void **state) {
    store_kit *s = *state;
    char answer[64];
    size_t size = 0;
    s->settings.range = 1;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    s->v.power = take_five_seconds;
    s->v.power_context = &k->w;
    kit_connect(k);
    for (int i = 0; i < 10; i++) {
        kit_sleep(k);
        kit_resume(k);
        for (int j = 0; j < 5; j++) {
            assert_int_equal(doze_send(k->socket, "asked in a burst", 16), DOZE_OK);
        }
        for (int j = 0; j < 5; j++) {
            assert_int_equal(world_recv(&k->w, k->socket, answer, sizeof(answer), &size, KIT_PATIENCE), DOZE_OK);
        }
    }
    assert_int_equal(k->peer->counters.handshakes_full, 1);
    assert_int_equal(k->peer->counters.handshakes_resumed, 0);
    kit_stop(k);
}

static void a_forget_that_cannot_erase_says_so_and_nothing_of_it_is_used(void **state) {
    store_kit *s = *state;
    for (int slot = 0; slot < 2; slot++) {
        kit *k = begin_asleep(s, &store_kit_with_cid);
        s->v.slots[1 - slot].size = 0;
        s->v.fail_erasures = UINT_MAX;
        assert_int_equal(doze_forget(k->socket), DOZE_ERR_STORE);
        assert_int_not_equal(doze_cause(k->socket), 0);
        assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CLOSED);
        assert_false(store_kit_is_empty(s, (unsigned)slot));
        assert_int_equal(store_kit_load(s), DOZE_ERR_STORE);
        kit_connect(k);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_HANDSHAKE);
        s->v.fail_erasures = 0;
        assert_int_equal(doze_forget(k->socket), DOZE_OK);
        assert_true(store_kit_is_empty(s, ASSOCIATION));
        assert_true(store_kit_is_empty(s, SESSION));
        kit_stop(k);
    }
}

/* ---- bad arguments ---- */

static void bad_stores_are_refused(void **state) {
    store_kit *s = *state;
    kit_start(&s->k, NULL);
    vault_init(&s->v, false);
    doze_dtls *dtls = &s->k.dtls;
    doze_store without_ops = {0};
    const doze_keeper_settings good = {.store = &s->v.store};
    doze_keeper_settings bad = good;
    assert_int_equal(doze_dtls_set_store(NULL, &s->keeper, &good), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_set_store(dtls, NULL, &good), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_set_store(dtls, &s->keeper, NULL), DOZE_ERR_ARGUMENT);
    bad.store = NULL;
    assert_int_equal(doze_dtls_set_store(dtls, &s->keeper, &bad), DOZE_ERR_ARGUMENT);
    bad.store = &without_ops;
    assert_int_equal(doze_dtls_set_store(dtls, &s->keeper, &bad), DOZE_ERR_ARGUMENT);
    bad = good;
    bad.first_slot = DOZE_STORE_SLOTS - 1;
    assert_int_equal(doze_dtls_set_store(dtls, &s->keeper, &bad), DOZE_ERR_ARGUMENT);
    bad = good;
    bad.mode = (doze_store_mode)2;
    assert_int_equal(doze_dtls_set_store(dtls, &s->keeper, &bad), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_load(dtls, KIT_NAME, KIT_PORT), DOZE_ERR_STATE); /* no store */
    kit_connect(&s->k);
    assert_int_equal(doze_dtls_set_store(dtls, &s->keeper, &good), DOZE_ERR_STATE);
    doze_close(s->k.socket);
    assert_int_equal(doze_dtls_set_store(dtls, &s->keeper, &good), DOZE_ERR_STATE); /* connected before */
    doze_forget(s->k.socket);
    assert_int_equal(doze_dtls_set_store(dtls, &s->keeper, &good), DOZE_OK);
    assert_int_equal(doze_dtls_set_store(dtls, &s->keeper, &good), DOZE_ERR_STATE); /* it has one */
    assert_int_equal(doze_dtls_load(NULL, KIT_NAME, KIT_PORT), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_load(dtls, NULL, KIT_PORT), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_load(dtls, "", KIT_PORT), DOZE_ERR_HOST);
    assert_int_equal(doze_dtls_load(dtls, KIT_NAME, 0), DOZE_ERR_PORT);
    kit_connect(&s->k);
    assert_int_equal(doze_dtls_load(dtls, KIT_NAME, KIT_PORT), DOZE_ERR_STATE);
    kit_stop(&s->k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_KIT_TEST(a_record_with_any_bit_flipped_is_refused_erased_and_counted_and_the_session_resumes),
        STORE_KIT_TEST(a_record_of_any_other_length_is_refused),
        STORE_KIT_TEST(a_record_is_good_for_its_own_slot_and_peer_alone),
        STORE_KIT_TEST(credentials_or_a_configuration_that_changed_make_what_is_stored_void),
        STORE_KIT_TEST(another_trust_makes_what_is_stored_void),
        STORE_KIT_TEST(a_copy_loaded_a_second_time_is_refused_where_there_is_a_counter),
        STORE_KIT_TEST(every_older_record_is_refused_where_there_is_a_counter),
        STORE_KIT_TEST(a_store_that_cannot_be_read_costs_a_handshake_and_no_more),
        STORE_KIT_TEST(a_store_that_cannot_be_written_costs_nothing_while_the_device_has_its_memory),
        STORE_KIT_TEST(a_message_that_could_come_again_after_a_reboot_is_withheld_and_new_keys_are_made),
        STORE_KIT_TEST(sending_never_runs_past_what_was_reserved),
        STORE_KIT_TEST(a_full_store_that_can_still_erase_goes_on_unstored),
        STORE_KIT_TEST(a_slow_store_is_not_taken_for_a_silent_server),
        STORE_KIT_TEST(a_forget_that_cannot_erase_says_so_and_nothing_of_it_is_used),
        STORE_KIT_TEST(bad_stores_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
