/* SPDX-License-Identifier: Apache-2.0 */
/* Sleep without Mbed TLS's memory: the association is an image, and goes on from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dtls/internal.h"
#include "kit/kit.h"

static const kit_order with_cid = {.dtls = {.cid = DOZE_CID_OFFER_BYTES, .cid_size = 8}};
static const kit_order without_cid = {.dtls = {.cid = DOZE_CID_OFF}};
static const kit_order *const both[] = {&with_cid, &without_cid};

typedef struct freezer {
    kit k;
    uint8_t memory[DOZE_IMAGE_MAX];
} freezer;

static int set_up(void **state) {
    *state = test_calloc(1, sizeof(freezer));
    return 0;
}
static int tear_down(void **state) {
    test_free(*state);
    return 0;
}

static kit *begin(freezer *f, const kit_order *order) {
    kit_start(&f->k, order);
    assert_int_equal(doze_dtls_set_freezer(&f->k.dtls, f->memory, sizeof(f->memory)), DOZE_OK);
    kit_connect(&f->k);
    return &f->k;
}

static void fall_asleep_frozen(kit *k) {
    kit_sleep(k);
    assert_in_range(kit_option(k, DOZE_OPT_FROZEN_SIZE), 100, DOZE_IMAGE_MAX);
    assert_null(k->dtls.live); /* nothing of Mbed TLS's is left */
    assert_null(k->dtls.aside);
    assert_null(k->dtls.session);
}

static void expect_wiped(const freezer *f) {
    static const uint8_t zero[DOZE_IMAGE_MAX];
    assert_memory_equal(f->memory, zero, sizeof(zero));
}

static void wake_thawed(freezer *f) {
    kit *k = &f->k;
    tap_clear(&k->tap);
    assert_int_equal(doze_resume(k->socket), DOZE_OK);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    assert_int_equal(kit_option(k, DOZE_OPT_CONTEXT_CONTINUED), 1);
    assert_int_equal(kit_option(k, DOZE_OPT_FROZEN_SIZE), 0);
    expect_wiped(f);
    kit_exchange(k, "as fresh as before");
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 1);
    assert_int_equal(k->tap.count[TAP_DOWN].datagrams, 1);
    assert_int_equal(kit_handshake_datagrams(k), 0);
}

static void a_hundred_frozen_sleeps_keep_the_port_and_cost_no_handshake(void **state) {
    freezer *f = *state;
    for (size_t i = 0; i < 2; i++) {
        kit *k = begin(f, both[i]);
        uint16_t port = doze_local_port(k->socket);
        for (int j = 0; j < 100; j++) {
            fall_asleep_frozen(k);
            wake_thawed(f);
            assert_int_equal(doze_local_port(k->socket), port);
        }
        assert_int_equal(k->peer->counters.handshakes_full, 1);
        assert_int_equal(k->peer->counters.replayed, 0);
        kit_stop(k);
    }
}

static void an_image_is_as_small_as_the_header_says(void **state) {
    freezer *f = *state;
    kit *k = begin(f, &with_cid);
    kit_sleep(k);
    assert_int_equal(kit_option(k, DOZE_OPT_FROZEN_SIZE), DOZE_IMAGE_TYPICAL);
    kit_stop(k);
    k = begin(f, &without_cid);
    kit_sleep(k);
    assert_int_equal(kit_option(k, DOZE_OPT_FROZEN_SIZE), DOZE_IMAGE_TYPICAL - 16);
    kit_stop(k);
}

/* Sockets, image and a hostname of 32 characters; Mbed TLS has nothing. */
static void everything_that_is_kept_of_a_frozen_association_has_640_bytes(void **state) {
    (void)state;
    assert_true(DOZE_HOSTNAME_INLINE > 32);
    assert_true(sizeof(void *) > 8 || sizeof(doze_udp) + sizeof(doze_dtls) + DOZE_IMAGE_TYPICAL <= 640);
}

static void an_association_freezes_right_after_an_abbreviated_handshake(void **state) {
    freezer *f = *state;
    for (size_t i = 0; i < 2; i++) {
        kit *k = begin(f, both[i]);
        doze_close(k->socket);
        kit_connect(k);
        assert_int_equal(kit_option(k, DOZE_OPT_SESSION_RESUMED), 1);
        fall_asleep_frozen(k);
        world_advance(&k->w, 1000);
        wake_thawed(f);
        kit_stop(k);
    }
}

static void certificates_freeze_as_keys_do(void **state) {
    freezer *f = *state;
    doze_bytes root = kit_file("root.pem");
    const doze_x509_settings settings = {.trust = root, .server_name = "localhost"};
    kit *k = begin(f, &(kit_order){.certificate = "server", .x509 = &settings});
    for (int i = 0; i < 3; i++) {
        fall_asleep_frozen(k);
        wake_thawed(f);
    }
    doze_close(k->socket);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_SESSION_RESUMED), 1);
    kit_stop(k);
    kit_free(root);
}

static void a_nat_rebinding_and_a_new_address_are_survived_frozen(void **state) {
    freezer *f = *state;
    kit *k = begin(f, &with_cid);
    world_nat *nat = world_add_nat(&k->w, k->host, "198.51.100.7");
    fall_asleep_frozen(k);
    world_nat_rebind(nat);
    world_add_address(k->host, "10.0.0.77");
    world_remove_address(k->host, KIT_HOST);
    wake_thawed(f);
    kit_stop(k);
}

/* ---- what must not be possible ---- */

static bool keep_last_down(void *context, world_datagram *datagram) {
    world_datagram *kept = context;
    if (datagram->direction == WORLD_DOWN) {
        kept->from = datagram->from;
        kept->to = datagram->to;
        kept->size = datagram->size;
        memcpy(kept->data, datagram->data, datagram->size);
    }
    return true;
}

static void what_was_received_before_is_not_received_again_after(void **state) {
    freezer *f = *state;
    uint8_t data[2048];
    char buffer[64];
    size_t size;
    for (size_t i = 0; i < 2; i++) {
        world_datagram kept = {.data = data};
        kit *k = begin(f, both[i]);
        world_on_datagram(&k->w, keep_last_down, &kept);
        kit_exchange(k, "once and not again");
        world_on_datagram(&k->w, NULL, NULL);
        fall_asleep_frozen(k);
        assert_int_equal(doze_resume(k->socket), DOZE_OK);
        assert_true(world_inject(&k->w, &kept.from, &kept.to, kept.data, kept.size));
        assert_int_equal(doze_recv(k->socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
        assert_int_equal(kit_dropped(k, DOZE_DROP_REPLAYED), 1);
        kit_exchange(k, "new things are heard");
        kit_stop(k);
    }
}

static void an_image_with_any_bit_flipped_is_refused_and_a_handshake_follows(void **state) {
    freezer *f = *state;
    for (size_t i = 0; i < 2; i++) {
        kit *k = begin(f, both[i]);
        kit_sleep(k);
        size_t bits = (size_t)kit_option(k, DOZE_OPT_FROZEN_SIZE) * 8;
        for (size_t bit = 0; bit < bits; bit++) {
            f->memory[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(doze_resume(k->socket), DOZE_IN_PROGRESS);
            expect_wiped(f);
            assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
            assert_int_equal(kit_option(k, DOZE_OPT_CONTEXT_CONTINUED), 0);
            assert_int_equal(kit_option(k, DOZE_OPT_IMAGES_REFUSED), bit < 255 ? bit + 1 : 255);
            world_advance(&k->w, 1000);
            kit_sleep(k);
        }
        kit_stop(k);
    }
}

static void an_image_of_another_socket_is_refused(void **state) {
    freezer *f = *state;
    uint8_t first[DOZE_IMAGE_MAX];
    kit *k = begin(f, &with_cid);
    fall_asleep_frozen(k);
    memcpy(first, f->memory, sizeof(first));
    doze_forget(k->socket);
    kit_connect(k); /* from another port */
    fall_asleep_frozen(k);
    memcpy(f->memory, first, sizeof(first));
    assert_int_equal(doze_resume(k->socket), DOZE_IN_PROGRESS);
    assert_int_equal(kit_option(k, DOZE_OPT_IMAGES_REFUSED), 1);
    expect_wiped(f);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    kit_stop(k);
}

static void forget_deinit_and_another_peer_wipe_the_image(void **state) {
    freezer *f = *state;
    kit *k = begin(f, &with_cid);
    fall_asleep_frozen(k);
    assert_int_equal(doze_forget(k->socket), DOZE_OK);
    expect_wiped(f);
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_HANDSHAKE);
    fall_asleep_frozen(k);
    world_name(&k->w, "other.example", KIT_SERVER, NULL);
    assert_int_equal(doze_connect(k->socket, "other.example", KIT_PORT), DOZE_IN_PROGRESS);
    expect_wiped(f);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(k->peer->counters.handshakes_resumed, 0);
    fall_asleep_frozen(k);
    kit_stop(k);
    expect_wiped(f);
}

/* ---- failing wakes ---- */

static void a_port_lost_in_frozen_sleep_costs_a_resumption_without_connection_id(void **state) {
    freezer *f = *state;
    doze_udp thief;
    kit *k = begin(f, &without_cid);
    uint16_t port = doze_local_port(k->socket);
    fall_asleep_frozen(k);
    kit_take_port(k, &thief, port);
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    kit_exchange(k, "under new keys");
    fall_asleep_frozen(k);
    wake_thawed(f);
    doze_deinit(&thief.socket);
    kit_stop(k);
}

static void an_outage_during_the_handshake_of_a_wake_costs_no_frozen_association(void **state) {
    freezer *f = *state;
    doze_udp thief;
    kit *k = begin(f, &without_cid);
    uint16_t port = doze_local_port(k->socket);
    fall_asleep_frozen(k);
    kit_take_port(k, &thief, port);
    k->w.link.dead[WORLD_UP] = true;
    assert_int_equal(world_resume(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_int_not_equal(kit_option(k, DOZE_OPT_FROZEN_SIZE), 0);
    k->w.link.dead[WORLD_UP] = false;
    doze_deinit(&thief.socket);
    wake_thawed(f);
    assert_int_equal(doze_local_port(k->socket), port);
    kit_stop(k);
}

static void close_from_frozen_sleep_keeps_the_image_for_the_next_connect(void **state) {
    freezer *f = *state;
    kit *k = begin(f, &without_cid);
    fall_asleep_frozen(k);
    assert_int_equal(doze_close(k->socket), DOZE_OK);
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_OK);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    kit_exchange(k, "straight from the freezer");
    kit_stop(k);
}

static void a_wake_that_cannot_begin_leaves_the_image_alone(void **state) {
    freezer *f = *state;
    kit *k = begin(f, &with_cid);
    fall_asleep_frozen(k);
    world_fail_next(k->host, WORLD_OP_CONNECT, DOZE_ERR_UNREACHABLE, 101, 1);
    assert_int_equal(doze_resume(k->socket), DOZE_ERR_UNREACHABLE);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_SHUTDOWN);
    wake_thawed(f);
    kit_stop(k);
}

/* ---- the freezer ---- */

static void a_freezer_given_to_a_sleeper_freezes_at_once(void **state) {
    freezer *f = *state;
    kit *k = &f->k;
    kit_start(k, &with_cid);
    kit_connect(k);
    kit_sleep(k);
    assert_non_null(k->dtls.live);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, f->memory, sizeof(f->memory)), DOZE_OK);
    assert_null(k->dtls.live);
    wake_thawed(f);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, NULL, 0), DOZE_OK);
    kit_sleep(k);
    assert_non_null(k->dtls.live);
    kit_resume(k);
    assert_int_equal(kit_option(k, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    kit_stop(k);
}

/* Memory for Connection IDs of 8 bytes is enough for those, and what does not fit is kept otherwise. */
static void an_association_that_does_not_fit_its_freezer_sleeps_unfrozen(void **state) {
    freezer *f = *state;
    for (uint8_t size = 8; size <= 9; size++) {
        const kit_order order = {.dtls = {.cid = DOZE_CID_OFFER_BYTES, .cid_size = 8}, .peer = {.cid_size = size}};
        uint8_t memory[DOZE_IMAGE_MAX];
        uint8_t left[DOZE_IMAGE_TYPICAL]; /* wiped, or not touched at all */
        memset(memory, 0xaa, sizeof(memory));
        memset(left, size == 8 ? 0 : 0xaa, sizeof(left));
        kit *k = &f->k;
        kit_start(k, &order);
        assert_int_equal(doze_dtls_set_freezer(&k->dtls, memory, DOZE_IMAGE_TYPICAL), DOZE_OK);
        kit_connect(k);
        kit_sleep(k);
        assert_int_equal(kit_option(k, DOZE_OPT_FROZEN_SIZE), size == 8 ? DOZE_IMAGE_TYPICAL : 0);
        kit_resume(k);
        assert_int_equal(kit_option(k, DOZE_OPT_RUNG), size == 8 ? DOZE_RUNG_THAWED : DOZE_RUNG_KEPT);
        kit_exchange(k, "awake");
        assert_memory_equal(memory, left, sizeof(left));
        assert_int_equal(memory[DOZE_IMAGE_TYPICAL], 0xaa);
        kit_stop(k);
    }
}

static void bad_freezers_are_refused(void **state) {
    freezer *f = *state;
    uint8_t other[DOZE_IMAGE_MAX];
    kit *k = begin(f, &with_cid);
    assert_int_equal(doze_dtls_set_freezer(NULL, f->memory, sizeof(f->memory)), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, NULL, 1), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, other, 0), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, other, DOZE_IMAGE_TYPICAL - 1), DOZE_ERR_TOO_LONG);
    fall_asleep_frozen(k);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, other, sizeof(other)), DOZE_ERR_STATE);
    assert_int_equal(doze_dtls_set_freezer(&k->dtls, NULL, 0), DOZE_ERR_STATE);
    wake_thawed(f);
    kit_stop(k);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_hundred_frozen_sleeps_keep_the_port_and_cost_no_handshake),
        TEST(an_image_is_as_small_as_the_header_says),
        TEST(everything_that_is_kept_of_a_frozen_association_has_640_bytes),
        TEST(an_association_freezes_right_after_an_abbreviated_handshake),
        TEST(certificates_freeze_as_keys_do),
        TEST(a_nat_rebinding_and_a_new_address_are_survived_frozen),
        TEST(what_was_received_before_is_not_received_again_after),
        TEST(an_image_with_any_bit_flipped_is_refused_and_a_handshake_follows),
        TEST(an_image_of_another_socket_is_refused),
        TEST(forget_deinit_and_another_peer_wipe_the_image),
        TEST(a_port_lost_in_frozen_sleep_costs_a_resumption_without_connection_id),
        TEST(an_outage_during_the_handshake_of_a_wake_costs_no_frozen_association),
        TEST(close_from_frozen_sleep_keeps_the_image_for_the_next_connect),
        TEST(a_wake_that_cannot_begin_leaves_the_image_alone),
        TEST(a_freezer_given_to_a_sleeper_freezes_at_once),
        TEST(an_association_that_does_not_fit_its_freezer_sleeps_unfrozen),
        TEST(bad_freezers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
