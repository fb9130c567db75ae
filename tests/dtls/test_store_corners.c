/* SPDX-License-Identifier: Apache-2.0 */
/* Where the store meets other things: flights that are repeated, silence, goodbyes, counters, names, ports. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dtls/internal.h"
#include "kit/store_kit.h"

enum { ASSOCIATION = STORE_KIT_ASSOCIATION, SESSION = STORE_KIT_SESSION };

static doze_reason reason_of(kit *k) {
    doze_report report;
    assert_int_equal(doze_dtls_get_report(&k->dtls, &report), DOZE_OK);
    return (doze_reason)report.reason;
}

/* As an application does it: whatever has to come first, then the message. */
static void ask(kit *k) {
    doze_result result = doze_send(k->socket, "question", 8);
    if (result == DOZE_IN_PROGRESS) {
        assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
        result = doze_send(k->socket, "question", 8);
    }
    assert_int_equal(result == DOZE_NEW_CONTEXT ? doze_send(k->socket, "question", 8) : result, DOZE_OK);
}

static bool is_answered(kit *k) {
    char buffer[64];
    size_t size = 0;
    return world_recv(&k->w, k->socket, buffer, sizeof(buffer), &size, 3000) == DOZE_OK;
}

/* ---- numbers ---- */

typedef struct air {
    bool lose_final_flight;
    bool twice;
    unsigned count;
    uint8_t seen[64][16]; /* epoch and number, Connection ID */
} air;

static size_t record_size(const uint8_t *record) {
    size_t header = record[0] == 25 ? 21 : 13;
    return header + (size_t)(record[header - 2] << 8 | record[header - 1]);
}

static bool on_air(void *context, world_datagram *d) {
    air *a = context;
    if (d->direction != WORLD_UP) {
        return true;
    }
    if (a->lose_final_flight && d->data[0] == 20) {
        a->lose_final_flight = false;
        return false;
    }
    for (size_t at = 0; at < d->size; at += record_size(d->data + at)) {
        if (d->data[at] != 25) {
            continue;
        }
        for (unsigned i = 0; i < a->count; i++) {
            a->twice = a->twice || memcmp(a->seen[i], d->data + at + 3, 16) == 0;
        }
        assert_in_range(a->count, 0, 63);
        memcpy(a->seen[a->count++], d->data + at + 3, 16);
    }
    return true;
}

static void a_repeated_final_flight_keeps_to_what_was_reserved(void **state) {
    store_kit *s = *state;
    air a = {0};
    char buffer[64];
    size_t size;
    s->settings.range = 10;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    world_on_datagram(&k->w, on_air, &a);
    kit_connect(k);
    kit_exchange(k, "to have a session");
    doze_close(k->socket);
    a.lose_final_flight = true;
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    kit_sleep(k);
    kit_resume(k);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(doze_dtls_send_one_way(&k->dtls, "news", 4), DOZE_OK);
    }
    for (int i = 0; i < 5; i++) { /* the server repeats its flight, and the client its own */
        world_advance(&k->w, 1000);
        (void)doze_recv(k->socket, buffer, sizeof(buffer), &size);
    }
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    assert_int_equal(doze_dtls_send_one_way(&k->dtls, "secret", 6), DOZE_OK);
    world_on_datagram(&k->w, NULL, NULL);
    assert_false(a.twice);
    kit_stop(k);
}

static void a_range_beyond_the_last_number_ends_at_the_limit(void **state) {
    store_kit *s = *state;
    s->settings.range = UINT32_MAX;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    s->keeper.reserved = 0; /* so that the next number is to be reserved */
    kit_resume(k);
    assert_true(s->keeper.hooks->reserve(&k->dtls, DOZE_SEQUENCE_LIMIT - 5));
    assert_true(s->keeper.reserved == DOZE_SEQUENCE_LIMIT);
    assert_false(s->keeper.hooks->reserve(&k->dtls, DOZE_SEQUENCE_LIMIT));
    kit_stop(k);
}

/* ---- silence and what is announced ---- */

static void silence_adds_up_over_reboots_so_that_a_device_that_asks_once_a_life_finds_a_restarted_server(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    unsigned answered = 0;
    kit_connect(k);
    kit_exchange(k, "before the restart");
    kit_sleep(k);
    assert_true(peer_restart(k->peer, false));
    for (int life = 0; life < 10; life++) {
        store_kit_reboot(s);
        store_kit_load_and_resume(s);
        ask(k);
        answered += is_answered(k);
        kit_sleep(k);
        world_advance(&k->w, 3600 * 1000);
    }
    assert_int_equal(answered, 8); /* all but the two that made the silence */
    kit_stop(k);
}

static void a_new_context_that_was_not_told_before_a_reboot_is_told_after_it(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_exchange(k, "and the power goes");
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    assert_int_equal(kit_option(k, DOZE_OPT_CONTEXT_CONTINUED), 0);
    kit_sleep(k); /* nothing was sent in it */
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    assert_int_equal(doze_send(k->socket, "Update", 6), DOZE_NEW_CONTEXT);
    kit_stop(k);
}

static void what_the_store_could_not_tell_is_the_reason_and_announced(void **state) {
    store_kit *s = *state;
    for (unsigned failing = 1; failing <= 2; failing++) { /* the association alone, or the session too */
        kit *k = store_kit_start(s, &store_kit_with_cid);
        kit_connect(k);
        kit_sleep(k);
        store_kit_reboot(s);
        s->v.fail_reads = failing;
        kit_connect(k);
        assert_int_equal(reason_of(k), DOZE_REASON_STORE);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), failing == 1 ? DOZE_RUNG_RESUMED : DOZE_RUNG_HANDSHAKE);
        assert_int_equal(doze_send(k->socket, "Update", 6), DOZE_NEW_CONTEXT);
        kit_exchange(k, "register");
        kit_stop(k);
    }
}

static void an_association_that_cannot_be_read_is_not_told_as_nothing(void **state) {
    store_kit *s = *state;
    const kit_order order = {.dtls = {.resumption = DOZE_RESUME_OFF}};
    kit *k = store_kit_start(s, &order);
    kit_connect(k);
    kit_sleep(k);
    assert_true(store_kit_is_empty(s, SESSION)); /* nobody would use it */
    store_kit_reboot(s);
    s->v.fail_reads = 1;
    assert_int_equal(store_kit_load(s), DOZE_ERR_STORE);
    assert_int_equal(store_kit_load(s), DOZE_OK);
    kit_stop(k);
}

/* ---- ends ---- */

static void a_load_after_a_goodbye_takes_the_session_and_leaks_nothing(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_exchange(k, "the first");
    doze_close(k->socket);
    store_kit_load_and_resume(s);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    kit_exchange(k, "the second");
    kit_stop(k);
}

static void what_a_fatal_alert_ended_does_not_come_back_although_it_could_not_be_erased(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    kit_resume(k);
    s->v.fail_erasures = 2;
    kit_be_alerted(k, 20);
    assert_int_equal(doze_cause(k->socket), MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE); /* and not the store's */
    doze_close(k->socket);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_HANDSHAKE);
    kit_exchange(k, "a new one");
    kit_sleep(k);
    doze_close(k->socket);
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    kit_stop(k);
}

static void an_alert_that_ends_a_handshake_from_inside_erases_the_session_it_offered(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    assert_false(store_kit_is_empty(s, SESSION));
    k->dtls.handshaking = true; /* what comes next came authenticated, in a handshake that goes on from that session */
    assert_int_equal(doze_dtls_fail_with(&k->dtls, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE), DOZE_ERR_ALERT);
    assert_true(store_kit_is_empty(s, SESSION));
    kit_stop(k);
}

static void a_mistyped_name_does_not_cost_what_is_stored_for_the_right_one(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    store_kit_reboot(s);
    assert_int_equal(world_connect(&k->w, k->socket, "servre.example", KIT_PORT, KIT_PATIENCE), DOZE_ERR_HOST_UNKNOWN);
    assert_int_equal(kit_option(k, DOZE_OPT_IMAGES_REFUSED), 2);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    kit_stop(k);
}

static void a_handshake_with_another_peer_erases_what_was_stored_for_the_one_before(void **state) {
    store_kit *s = *state;
    for (int refused = 0; refused <= UINT8_MAX; refused += UINT8_MAX) { /* also when that is no longer counted */
        kit *k = store_kit_start(s, &store_kit_with_cid);
        kit_connect(k);
        kit_sleep(k);
        store_kit_reboot(s);
        k->dtls.images_refused = (uint8_t)refused;
        world_name(&k->w, "second.example", KIT_SERVER, NULL);
        assert_int_equal(world_connect(&k->w, k->socket, "second.example", KIT_PORT, KIT_PATIENCE), DOZE_OK);
        assert_true(store_kit_is_empty(s, ASSOCIATION));
        store_kit_reboot(s);
        assert_int_equal(store_kit_load(s), DOZE_ERR_NO_PEER);
        kit_stop(k);
    }
}

static void the_end_of_an_association_is_no_reason_for_the_next_peer(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_be_alerted(k, 20);
    doze_close(k->socket);
    const doze_endpoints past = {.hostname = "other.example",
                                 .remote = world_endpoint(KIT_SERVER, KIT_PORT),
                                 .local = world_endpoint(KIT_HOST, 40001)};
    assert_int_equal(doze_recall(k->socket, &past), DOZE_OK);
    kit_resume(k);
    assert_int_equal(reason_of(k), DOZE_REASON_FIRST);
    kit_stop(k);
}

static void a_port_that_is_bound_first_does_not_keep_connect_from_the_store(void **state) {
    store_kit *s = *state;
    for (size_t i = 0; i < STORE_KIT_BOTH; i++) {
        kit *k = store_kit_start(s, store_kit_both[i]);
        assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
        kit_connect(k);
        kit_exchange(k, "the first life");
        kit_sleep(k);
        store_kit_reboot(s);
        assert_int_equal(doze_bind(k->socket, NULL, 40000), DOZE_OK);
        tap_clear(&k->tap);
        kit_connect(k);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
        kit_exchange(k, "the second life");
        assert_int_equal(kit_handshake_datagrams(k), 0);
        kit_stop(k);
    }
}

static void a_store_of_sessions_empties_the_other_slot_at_a_handshake(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    s->settings.mode = DOZE_STORE_SESSION;
    store_kit_reboot(s);
    kit_connect(k);
    assert_true(store_kit_is_empty(s, ASSOCIATION));
    kit_stop(k);
}

/* ---- stores that fail in parts ---- */

static void a_store_that_writes_and_cannot_erase_costs_one_handshake_and_one_answer(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    unsigned answered = 0;
    s->v.fail_erasures = UINT_MAX;
    kit_connect(k);
    for (int i = 0; i < 10; i++) {
        kit_sleep(k);
        kit_resume(k);
        ask(k);
        answered += is_answered(k);
    }
    assert_in_range(answered, 9, 10);
    assert_in_range(k->peer->counters.handshakes_resumed + k->peer->counters.handshakes_full, 1, 2);
    kit_stop(k);
}

static void a_device_that_only_sends_one_way_is_not_mute_when_the_store_fails(void **state) {
    store_kit *s = *state;
    unsigned sent = 0;
    s->settings.range = 2;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    s->v.fail_writes = s->v.fail_erasures = UINT_MAX;
    for (int i = 0; i < 20; i++) {
        kit_resume(k);
        doze_result result = doze_dtls_send_one_way(&k->dtls, "news", 4);
        if (result == DOZE_IN_PROGRESS) {
            assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
            assert_int_equal(reason_of(k), DOZE_REASON_STORE);
        }
        sent += result == DOZE_OK;
        kit_sleep(k);
    }
    assert_int_equal(sent, 18); /* but for the one that met the store, and the one that was told of new keys */
    kit_stop(k);
}

static int no_random(void *context, unsigned char *out, size_t size) {
    (void)context;
    (void)out;
    (void)size;
    return -1;
}

static void a_random_source_that_fails_seals_nothing_and_is_counted(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    k->config.random = (doze_random){.fill = no_random};
    kit_sleep(k);
    assert_true(store_kit_is_empty(s, ASSOCIATION));
    assert_int_equal(kit_option(k, DOZE_OPT_STORE_FAILURES), 1);
    kit_resume(k);
    kit_exchange(k, "and all the rest goes on");
    kit_stop(k);
}

static void every_byte_of_a_nonce_is_chance(void **state) {
    store_kit *s = *state;
    uint8_t or [12] = {0};
    uint8_t and[12];
    memset(and, 0xff, sizeof(and));
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    for (int i = 0; i < 40; i++) {
        kit_sleep(k);
        for (int j = 0; j < 12; j++) {
            or [j] |= s->v.slots[ASSOCIATION].data[1 + j];
            and[j] &= s->v.slots[ASSOCIATION].data[1 + j];
        }
        kit_resume(k);
        kit_exchange(k, "so that it is written again");
    }
    for (int j = 0; j < 12; j++) {
        assert_int_equal(or [j], 0xff);
        assert_int_equal(and[j], 0);
    }
    kit_stop(k);
}

/* ---- counters ---- */

static void a_counter_that_fails_or_is_not_the_records_keeps_it_from_being_used(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start_counting(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    const vault good = s->v;
    store_kit_reboot(s);
    s->v.fail_counter = 1;
    assert_int_equal(store_kit_load(s), DOZE_OK); /* the session */
    assert_false(k->dtls.established);
    assert_false(store_kit_is_empty(s, ASSOCIATION)); /* it may be good */
    for (int off = -1; off <= 1; off += 2) {
        store_kit_reboot(s);
        memcpy(s->v.slots, good.slots, sizeof(good.slots));
        s->v.counter = good.counter + (uint64_t)off;
        assert_int_equal(store_kit_load(s), DOZE_OK); /* the session */
        assert_int_equal(kit_option(k, DOZE_OPT_IMAGES_REFUSED), 1);
        assert_false(k->dtls.established);
    }
    store_kit_reboot(s);
    memcpy(s->v.slots, good.slots, sizeof(good.slots));
    s->v.counter = good.counter;
    store_kit_load_and_resume(s);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    kit_stop(k);
}

static void
with_a_counter_that_cannot_rise_nothing_is_stored_and_nothing_delivered_that_could_come_again(void **state) {
    store_kit *s = *state;
    char buffer[64];
    size_t size;
    kit *k = store_kit_start_counting(s, &store_kit_with_cid);
    kit_connect(k);
    s->v.fail_counter = UINT_MAX;
    kit_sleep(k);
    assert_true(store_kit_is_empty(s, ASSOCIATION));
    kit_resume(k);
    kit_exchange(k, "from its memory");
    s->v.fail_counter = 0;
    kit_sleep(k);
    kit_resume(k);
    s->v.fail_counter = UINT_MAX; /* the slot can be emptied, a copy of it can not */
    assert_int_equal(doze_send(k->socket, "question", 8), DOZE_OK);
    assert_int_equal(world_recv(&k->w, k->socket, buffer, sizeof(buffer), &size, KIT_PATIENCE), DOZE_ERR_STORE);
    kit_stop(k);
}

static void a_slot_that_cannot_be_emptied_is_void_by_the_counter_alone(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start_counting(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    kit_resume(k);
    s->v.fail_erasures = UINT_MAX;
    kit_exchange(k, "delivered, as no load would take the record");
    store_kit_reboot(s);
    assert_int_equal(store_kit_load(s), DOZE_OK);
    assert_false(k->dtls.established);
    kit_stop(k);
    k = store_kit_start_counting(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    s->v.fail_erasures = 1;
    assert_int_equal(doze_forget(k->socket), DOZE_ERR_STORE); /* void, and still there */
    assert_int_equal(doze_forget(k->socket), DOZE_OK);
    kit_stop(k);
}

static void a_store_with_a_counter_serves_one_socket(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start_counting(s, &store_kit_with_cid);
    static doze_udp udp;
    static doze_dtls second;
    doze_keeper keeper;
    const doze_udp_settings below = {.net = world_host_net(k->host)};
    doze_keeper_settings settings = s->settings;
    settings.first_slot = 2;
    assert_int_equal(doze_udp_init(&udp, &below), DOZE_OK);
    assert_int_equal(doze_dtls_init(&second, &k->config, &udp.socket), DOZE_OK);
    assert_int_equal(doze_dtls_set_store(&second, &keeper, &settings), DOZE_ERR_STATE);
    doze_deinit(&second.socket);
    doze_deinit(&udp.socket);
    kit_stop(k);
}

/* ---- what a record is bound to ---- */

static void long_names_and_ports_are_bound_to_their_end(void **state) {
    store_kit *s = *state;
    char memory[DOZE_HOSTNAME_MAX + 1];
    char name[DOZE_HOSTNAME_MAX + 1];
    memset(name, 'n', DOZE_HOSTNAME_MAX);
    name[DOZE_HOSTNAME_MAX] = '\0';
    kit *k = store_kit_start(s, &store_kit_with_cid);
    doze_deinit(k->socket);
    doze_deinit(&k->tap.socket);
    doze_deinit(&k->udp.socket);
    const doze_udp_settings below = {.net = world_host_net(k->host),
                                     .resolver = world_resolver(&k->w),
                                     .hostname_memory = memory,
                                     .hostname_memory_size = sizeof(memory)};
    assert_int_equal(doze_udp_init(&k->udp, &below), DOZE_OK);
    tap_init(&k->tap, &k->udp.socket);
    assert_int_equal(doze_dtls_init(&k->dtls, &k->config, &k->tap.socket), DOZE_OK);
    store_kit_attach(s);
    world_name(&k->w, name, KIT_SERVER, NULL);
    assert_int_equal(world_connect(&k->w, k->socket, name, KIT_PORT, KIT_PATIENCE), DOZE_OK);
    kit_sleep(k);
    const vault good = s->v;
    doze_forget(k->socket);
    memcpy(s->v.slots, good.slots, sizeof(good.slots));
    assert_int_equal(doze_dtls_load(&k->dtls, name, KIT_PORT ^ 0x100), DOZE_ERR_NO_PEER);
    memcpy(s->v.slots, good.slots, sizeof(good.slots));
    name[DOZE_HOSTNAME_MAX - 1] = 'm';
    assert_int_equal(doze_dtls_load(&k->dtls, name, KIT_PORT), DOZE_ERR_NO_PEER);
    memcpy(s->v.slots, good.slots, sizeof(good.slots));
    name[DOZE_HOSTNAME_MAX - 1] = 'n';
    assert_int_equal(doze_dtls_load(&k->dtls, name, KIT_PORT), DOZE_OK);
    kit_stop(k);
}

static void incomplete_stores_are_refused(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start_counting(s, NULL);
    const doze_store_ops whole = *s->v.store.ops;
    static doze_udp udp;
    static doze_dtls second;
    doze_keeper keeper;
    const doze_udp_settings below = {.net = world_host_net(k->host)};
    assert_int_equal(doze_udp_init(&udp, &below), DOZE_OK);
    assert_int_equal(doze_dtls_init(&second, &k->config, &udp.socket), DOZE_OK);
    for (int missing = 0; missing < 4; missing++) {
        doze_store_ops ops = whole;
        doze_store store = {.ops = &ops};
        ops.read = missing == 0 ? NULL : ops.read;
        ops.write = missing == 1 ? NULL : ops.write;
        ops.count = missing == 2 ? NULL : ops.count;
        ops.advance = missing == 3 ? NULL : ops.advance;
        const doze_keeper_settings settings = {.store = &store};
        assert_int_equal(doze_dtls_set_store(&second, &keeper, &settings), DOZE_ERR_ARGUMENT);
    }
    doze_deinit(&second.socket);
    doze_deinit(&udp.socket);
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_KIT_TEST(a_repeated_final_flight_keeps_to_what_was_reserved),
        STORE_KIT_TEST(a_range_beyond_the_last_number_ends_at_the_limit),
        STORE_KIT_TEST(silence_adds_up_over_reboots_so_that_a_device_that_asks_once_a_life_finds_a_restarted_server),
        STORE_KIT_TEST(a_new_context_that_was_not_told_before_a_reboot_is_told_after_it),
        STORE_KIT_TEST(what_the_store_could_not_tell_is_the_reason_and_announced),
        STORE_KIT_TEST(an_association_that_cannot_be_read_is_not_told_as_nothing),
        STORE_KIT_TEST(a_load_after_a_goodbye_takes_the_session_and_leaks_nothing),
        STORE_KIT_TEST(what_a_fatal_alert_ended_does_not_come_back_although_it_could_not_be_erased),
        STORE_KIT_TEST(an_alert_that_ends_a_handshake_from_inside_erases_the_session_it_offered),
        STORE_KIT_TEST(a_mistyped_name_does_not_cost_what_is_stored_for_the_right_one),
        STORE_KIT_TEST(a_handshake_with_another_peer_erases_what_was_stored_for_the_one_before),
        STORE_KIT_TEST(the_end_of_an_association_is_no_reason_for_the_next_peer),
        STORE_KIT_TEST(a_port_that_is_bound_first_does_not_keep_connect_from_the_store),
        STORE_KIT_TEST(a_store_of_sessions_empties_the_other_slot_at_a_handshake),
        STORE_KIT_TEST(a_store_that_writes_and_cannot_erase_costs_one_handshake_and_one_answer),
        STORE_KIT_TEST(a_device_that_only_sends_one_way_is_not_mute_when_the_store_fails),
        STORE_KIT_TEST(a_random_source_that_fails_seals_nothing_and_is_counted),
        STORE_KIT_TEST(every_byte_of_a_nonce_is_chance),
        STORE_KIT_TEST(a_counter_that_fails_or_is_not_the_records_keeps_it_from_being_used),
        STORE_KIT_TEST(with_a_counter_that_cannot_rise_nothing_is_stored_and_nothing_delivered_that_could_come_again),
        STORE_KIT_TEST(a_slot_that_cannot_be_emptied_is_void_by_the_counter_alone),
        STORE_KIT_TEST(a_store_with_a_counter_serves_one_socket),
        STORE_KIT_TEST(long_names_and_ports_are_bound_to_their_end),
        STORE_KIT_TEST(incomplete_stores_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
