/* SPDX-License-Identifier: Apache-2.0 */
/* A DTLS socket between others: one of an application above it, one of a modem below it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit.h"

/* What the tap does, but for what a test has changed. */
static const doze_socket_ops *as_before;
static doze_socket_ops changed;
static kit *here;
static bool recalled_in_another_family;

static doze_socket_ops *change(kit *k) {
    here = k;
    as_before = k->tap.socket.ops;
    changed = *as_before;
    k->tap.socket.ops = &changed;
    return &changed;
}

static void change_back(kit *k) {
    k->tap.socket.ops = as_before;
}

static void a_socket_above_follows_a_send_that_begins_to_connect(void **state) {
    kit *k = *state;
    tap above;
    kit_start(k, NULL);
    tap_init(&above, k->socket);
    assert_int_equal(world_connect(&k->w, &above.socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(&above.socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(doze_get_state(&above.socket), DOZE_STATE_CONNECTING);
    assert_int_equal(world_run(&k->w, &above.socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(doze_get_state(&above.socket), DOZE_STATE_CONNECTED);
    kit_stop(k);
}

static doze_result dial_first(doze_socket *socket, const void *data, size_t size) {
    (void)socket;
    (void)data;
    (void)size;
    return DOZE_IN_PROGRESS;
}

static void a_socket_below_that_dials_first_takes_the_association_with_it(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    change(k)->send = dial_first;
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    change_back(k);
    assert_int_equal(doze_get_state(&k->tap.socket), DOZE_STATE_CONNECTING);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CONNECTING);
    kit_stop(k);
}

static doze_result send_slowly(doze_socket *socket, const void *data, size_t size) {
    doze_result result = as_before->send(socket, data, size);
    world_advance(&here->w, 1500);
    return result;
}

static void what_is_sent_slowly_is_one_burst_all_the_same(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    kit_exchange(k, "answered");
    world_set_plug(k->server, WORLD_SILENT);
    change(k)->send = send_slowly;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(doze_send(k->socket, "one of two bursts", 17), DOZE_OK);
    }
    assert_int_equal(doze_send(k->socket, "a third", 7), DOZE_IN_PROGRESS);
    change_back(k);
    kit_stop(k);
}

static doze_result note_family(doze_socket *socket, const doze_endpoints *past) {
    recalled_in_another_family = past->local.family != past->remote.family;
    return as_before->recall(socket, past);
}

static void the_way_back_from_another_address_is_asked_for_in_its_own_family(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    world_add_address(k->host, "2001:db8::2");
    world_name(&k->w, KIT_NAME, KIT_SERVER, "2001:db8::77", NULL);
    kit_connect(k);
    world_set_plug(k->server, WORLD_SILENT);
    recalled_in_another_family = true;
    change(k)->recall = note_family;
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_false(recalled_in_another_family);
    change_back(k);
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_socket_above_follows_a_send_that_begins_to_connect),
        KIT_TEST(a_socket_below_that_dials_first_takes_the_association_with_it),
        KIT_TEST(what_is_sent_slowly_is_one_burst_all_the_same),
        KIT_TEST(the_way_back_from_another_address_is_asked_for_in_its_own_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
