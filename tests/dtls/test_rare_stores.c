/* SPDX-License-Identifier: Apache-2.0 */
/* Stores, and what is stored, in circumstances that hardly ever come together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kit/store_kit.h"

#define HOST6   "2001:db8::2"
#define SERVER6 "2001:db8::1"

static void an_association_over_ipv6_goes_through_a_reboot(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    char text[DOZE_ADDRESS_TEXT_SIZE];
    world_add_address(k->host, HOST6);
    world_move_server(k->server, SERVER6, KIT_PORT);
    world_name(&k->w, KIT_NAME, SERVER6, NULL);
    kit_connect(k);
    kit_exchange(k, "over IPv6");
    uint16_t port = doze_local_port(k->socket);
    kit_sleep(k);
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    assert_int_equal(doze_local_port(k->socket), port);
    assert_int_equal(doze_remote_host(k->socket, text, sizeof(text)), DOZE_OK);
    assert_string_equal(text, SERVER6);
    kit_exchange(k, "and on it goes");
    kit_stop(k);
}

static void without_resumption_a_session_is_neither_stored_nor_offered(void **state) {
    store_kit *s = *state;
    const kit_order never = {.dtls = {.resumption = DOZE_RESUME_OFF}};
    kit *k = store_kit_start(s, &never);
    kit_connect(k);
    assert_true(store_kit_is_empty(s, STORE_KIT_SESSION));
    kit_stop(k);

    k = store_kit_start(s, &(kit_order){0});
    kit_connect(k);
    kit_stop(k);
    const vault stored = s->v; /* a session, by a configuration that differs in nothing but this */
    k = store_kit_start(s, &never);
    memcpy(s->v.slots, stored.slots, sizeof(stored.slots));
    assert_int_equal(store_kit_load(s), DOZE_OK);
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_HANDSHAKE);
    kit_stop(k);
}

static void a_counter_that_cannot_be_read_leaves_everything_as_it_is(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start_counting(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    store_kit_reboot(s);
    s->v.fail_counter = 1;
    assert_int_equal(store_kit_load(s), DOZE_OK); /* of the session, for which it does not matter */
    assert_int_equal(kit_option(k, DOZE_OPT_IMAGES_REFUSED), 0);
    assert_false(store_kit_is_empty(s, STORE_KIT_ASSOCIATION));
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    kit_exchange(k, "nothing was lost");
    kit_stop(k);
}

static void without_randomness_nothing_is_sealed_and_sleep_goes_on_in_memory(void **state) {
    store_kit *s = *state;
    kit_source random = {.true_one = world_random(&s->k.w)};
    kit *k = store_kit_start(s, &(kit_order){.dtls = {.random = {kit_draw, &random}}});
    kit_connect(k);
    random.fails = true;
    kit_sleep(k);
    random.fails = false;
    assert_true(store_kit_is_empty(s, STORE_KIT_ASSOCIATION));
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    kit_exchange(k, "from memory");
    kit_sleep(k);
    assert_false(store_kit_is_empty(s, STORE_KIT_ASSOCIATION));
    kit_stop(k);
}

static void what_forget_could_not_erase_is_erased_by_the_next_load(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    s->v.fail_erasures = 2;
    assert_int_equal(doze_forget(k->socket), DOZE_ERR_STORE);
    assert_int_equal(store_kit_load(s), DOZE_ERR_NO_PEER);
    assert_true(store_kit_is_empty(s, STORE_KIT_ASSOCIATION));
    assert_true(store_kit_is_empty(s, STORE_KIT_SESSION));
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKES_RESUMED), 0);
    kit_stop(k);
}

static void an_association_that_alone_could_not_be_erased_does_not_come_back_after_a_fatal_alert(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    kit_resume(k);
    s->v.fail_erasures = 1;
    kit_be_alerted(k, 80);
    assert_false(store_kit_is_empty(s, STORE_KIT_ASSOCIATION));
    assert_true(store_kit_is_empty(s, STORE_KIT_SESSION));
    kit_sleep(k); /* which, unlike a close right now, does not try again */
    assert_int_equal(doze_close(k->socket), DOZE_OK);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_HANDSHAKE);
    kit_exchange(k, "with new keys");
    kit_stop(k);
}

static void a_session_that_alone_could_not_be_erased_is_told_by_forget_as_well(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    s->settings.mode = DOZE_STORE_SESSION;
    store_kit_reboot(s);
    kit_connect(k);
    s->v.fail_erasures = 1;
    assert_int_equal(doze_forget(k->socket), DOZE_ERR_STORE);
    assert_int_equal(doze_forget(k->socket), DOZE_OK);
    assert_true(store_kit_is_empty(s, STORE_KIT_SESSION));
    kit_stop(k);
}

static void what_is_in_memory_is_not_loaded_again(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    char long_name[DOZE_HOSTNAME_MAX + 2];
    memset(long_name, 'a', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '\0';
    assert_int_equal(doze_dtls_load(&k->dtls, long_name, KIT_PORT), DOZE_ERR_HOST);
    kit_connect(k);
    assert_int_equal(store_kit_load(s), DOZE_ERR_STATE);
    kit_sleep(k);
    assert_int_equal(store_kit_load(s), DOZE_ERR_STATE);
    assert_int_equal(doze_close(k->socket), DOZE_OK);
    assert_int_equal(store_kit_load(s), DOZE_ERR_STATE); /* closed, and the association is kept */
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    assert_int_equal(doze_close(k->socket), DOZE_OK); /* goodbye: the session alone is kept, in memory as well */
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    kit_stop(k);
}

static void a_store_comes_before_the_first_connection(void **state) {
    store_kit *s = *state;
    kit *k = &s->k;
    vault_init(&s->v, false);
    kit_start(k, NULL);
    s->settings.store = &s->v.store;
    kit_connect(k);
    assert_int_equal(doze_dtls_set_store(&k->dtls, &s->keeper, &s->settings), DOZE_ERR_STATE);
    assert_int_equal(doze_close(k->socket), DOZE_OK);
    assert_non_null(k->dtls.session);
    assert_int_equal(doze_dtls_set_store(&k->dtls, &s->keeper, &s->settings), DOZE_ERR_STATE);
    assert_int_equal(doze_forget(k->socket), DOZE_OK);
    assert_int_equal(doze_dtls_set_store(&k->dtls, &s->keeper, &s->settings), DOZE_OK);
    kit_stop(k);
}

static void a_loaded_association_knows_what_its_path_carries(void **state) {
    store_kit *s = *state;
    static const char message[900];
    kit *k = store_kit_start(s, NULL);
    k->w.link.mtu = 600;
    kit_connect(k);
    kit_exchange(k, "a short one");
    kit_sleep(k);
    store_kit_reboot(s);
    store_kit_load_and_resume(s);
    assert_int_equal(doze_send(k->socket, message, sizeof(message)), DOZE_ERR_TOO_LONG);
    kit_exchange(k, "another short one");
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_KIT_TEST(an_association_over_ipv6_goes_through_a_reboot),
        STORE_KIT_TEST(without_resumption_a_session_is_neither_stored_nor_offered),
        STORE_KIT_TEST(a_counter_that_cannot_be_read_leaves_everything_as_it_is),
        STORE_KIT_TEST(without_randomness_nothing_is_sealed_and_sleep_goes_on_in_memory),
        STORE_KIT_TEST(what_forget_could_not_erase_is_erased_by_the_next_load),
        STORE_KIT_TEST(an_association_that_alone_could_not_be_erased_does_not_come_back_after_a_fatal_alert),
        STORE_KIT_TEST(a_session_that_alone_could_not_be_erased_is_told_by_forget_as_well),
        STORE_KIT_TEST(what_is_in_memory_is_not_loaded_again),
        STORE_KIT_TEST(a_store_comes_before_the_first_connection),
        STORE_KIT_TEST(a_loaded_association_knows_what_its_path_carries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
