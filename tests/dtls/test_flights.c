/* SPDX-License-Identifier: Apache-2.0 */
/* Flights of several datagrams, and when they are repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit.h"

#define NAME "localhost"

typedef struct both_sides {
    kit k;
    doze_bytes root;
    doze_bytes client;
    doze_bytes key;
    unsigned char chain[8192]; /* the client's, its root included: longer than most paths carry */
    size_t chain_size;
} both_sides;

static int set_up(void **state) {
    both_sides *s = test_calloc(1, sizeof(*s));
    s->root = kit_file("root.pem");
    s->client = kit_file("client-chain.pem");
    s->key = kit_file("client.key.pem");
    assert_true(s->client.size + s->root.size < sizeof(s->chain));
    memcpy(s->chain, s->client.data, s->client.size);
    memcpy(s->chain + s->client.size, s->root.data, s->root.size);
    s->chain_size = s->client.size + s->root.size;
    *state = s;
    return 0;
}

static int tear_down(void **state) {
    both_sides *s = *state;
    kit_free(s->root);
    kit_free(s->client);
    kit_free(s->key);
    test_free(s);
    return 0;
}

/* With certificates on both sides, so that the client has a flight of some size. */
static kit *begin(both_sides *s, doze_bytes certificate, kit_order order) {
    const doze_x509_settings x509 = {.trust = s->root, .certificate = certificate, .key = s->key};
    order.certificate = "server";
    order.client_ca = "root";
    order.x509 = &x509;
    kit_start(&s->k, &order);
    world_name(&s->k.w, NAME, KIT_SERVER, NULL);
    return &s->k;
}

static void a_path_that_drops_what_is_too_long_is_crossed_in_smaller_datagrams(void **state) {
    static const uint32_t told[] = {1280, 1500, 2000, 9000, 65535};
    both_sides *s = *state;
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        kit *k = begin(s, (doze_bytes){s->chain, s->chain_size}, (kit_order){.peer = {.mtu = 500}});
        k->w.link.mtu = told[i];
        k->w.link.black_hole = 600;
        assert_int_equal(world_connect(&k->w, k->socket, NAME, KIT_PORT, KIT_PATIENCE), DOZE_OK);
        assert_in_range(kit_elapsed(k), 0, 10000);
        kit_stop(k);
    }
}

/* ---- a lower socket that takes its time, as a modem does ---- */

typedef struct modem {
    doze_socket_ops ops;
    const doze_socket_ops *fast;
    world *w;
} modem;
static modem slow;

static doze_result send_slowly(doze_socket *socket, const void *data, size_t size) {
    world_advance(slow.w, 600);
    return slow.fast->send(socket, data, size);
}

static void a_flights_timer_starts_when_all_of_it_is_sent(void **state) {
    both_sides *s = *state;
    kit *k =
        begin(s, s->client, (kit_order){.dtls = {.handshake_timer_min = 1500}, .peer = {.handshake_timer_min = 20000}});
    k->w.link.mtu = 600;
    doze_socket *lower = &k->tap.socket;
    slow = (modem){.ops = *lower->ops, .fast = lower->ops, .w = &k->w};
    slow.ops.send = send_slowly;
    lower->ops = &slow.ops;
    assert_int_equal(world_connect(&k->w, k->socket, NAME, KIT_PORT, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(kit_option(k, DOZE_OPT_RETRANSMISSIONS), 0);
    lower->ops = slow.fast;
    kit_stop(k);
}

/* ---- both sides repeat ---- */

typedef struct losses {
    unsigned left; /* flights of the client's with a ChangeCipherSpec that will get lost */
} losses;

static bool lose_finals(void *context, world_datagram *d) {
    enum { CHANGE_CIPHER_SPEC = 20 };
    losses *l = context;
    bool has = false;
    for (size_t at = 0; at + 13 < d->size && !has; at += 13 + (size_t)(d->data[at + 11] << 8 | d->data[at + 12])) {
        has = d->data[at] == CHANGE_CIPHER_SPEC;
    }
    bool lost = has && d->direction == WORLD_UP && l->left > 0;
    l->left -= lost;
    return !lost;
}

/* The timers of both are the same, and so is the way: the server's repetition comes as the client's timer runs out. */
static void repetitions_that_cross_end_no_handshake(void **state) {
    static const uint32_t timers[] = {1000, 5000};
    both_sides *s = *state;
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        losses l = {.left = 1};
        kit *k = &s->k;
        const kit_order order = {.dtls = {.handshake_timer_min = timers[i], .handshake_timer_max = timers[i]},
                                 .peer = {.handshake_timer_min = timers[i]}};
        kit_start(k, &order);
        world_on_datagram(&k->w, lose_finals, &l);
        assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_OK);
        assert_in_range(kit_elapsed(k), timers[i], timers[i] + 500);
        kit_stop(k);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_path_that_drops_what_is_too_long_is_crossed_in_smaller_datagrams),
        TEST(a_flights_timer_starts_when_all_of_it_is_sent),
        TEST(repetitions_that_cross_end_no_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
