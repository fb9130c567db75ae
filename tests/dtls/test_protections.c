/* SPDX-License-Identifier: Apache-2.0 */
/* Protections behind other protections: with one of these gone the story still ends well, but not for long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kit/store_kit.h"

static void a_session_is_no_association_where_the_slots_were_moved_by_one(void **state) {
    store_kit *s = *state;
    kit *k = store_kit_start(s, &store_kit_with_cid);
    kit_connect(k);
    kit_sleep(k);
    s->settings.first_slot = STORE_KIT_SESSION; /* where its session lies, its association would be looked for */
    store_kit_reboot(s);
    assert_int_equal(store_kit_load(s), DOZE_ERR_NO_PEER);
    assert_int_equal(kit_option(k, DOZE_OPT_IMAGES_REFUSED), 1);
    assert_true(store_kit_is_empty(s, STORE_KIT_SESSION));
    kit_stop(k);
}

static void forget_after_a_goodbye_leaves_no_session(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(doze_close(k->socket), DOZE_OK);
    assert_non_null(k->dtls.session);
    assert_int_equal(doze_forget(k->socket), DOZE_OK);
    assert_null(k->dtls.session); /* nobody could use it any more, but it is a secret */
    kit_connect(k);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKES_FULL), 2);
    assert_int_equal(kit_option(k, DOZE_OPT_HANDSHAKES_RESUMED), 0);
    kit_exchange(k, "nothing of what was before");
    kit_stop(k);
}

/* The one try that a handshake may begin anew is for forgeries that cannot be told before. */
static void a_malformed_hello_verify_request_is_not_even_looked_at(void **state) {
    kit *k = *state;
    uint8_t request[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0,    0,    17, 3, 0,
                         0,  5,    0,    0, 0, 0, 0, 0, 0, 5, 0xfe, 0xfd, 3,  1, 2};
    kit_start(k, NULL); /* the cookie is a byte longer than the message */
    assert_int_equal(doze_connect(k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
    for (uint8_t i = 0; i < 5; i++) {
        request[10] = i;
        kit_forge(k, request, sizeof(request));
        assert_int_equal(doze_step(k->socket), DOZE_IN_PROGRESS);
    }
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 1);
    assert_int_equal(kit_dropped(k, DOZE_DROP_UNAUTHENTICATED), 5);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(k->tap.count[TAP_UP].handshake, 3); /* hello, hello with cookie, the last flight */
    kit_stop(k);
}

static void a_climb_goes_no_datagram_beyond_its_bound_where_the_server_asks_for_more(void **state) {
    kit *k = *state;
    kit_start(k, NULL);
    kit_connect(k);
    assert_int_equal(doze_set_option(k->socket, DOZE_OPT_CLIMB_DATAGRAMS, 1), DOZE_OK);
    tap_clear(&k->tap);
    assert_int_equal(doze_dtls_no_answer(&k->dtls), DOZE_OK);
    assert_int_equal(doze_send(k->socket, "x", 1), DOZE_IN_PROGRESS);
    assert_int_equal(world_run(&k->w, k->socket, KIT_PATIENCE), DOZE_ERR_TIMEOUT);
    assert_int_equal(k->tap.count[TAP_UP].datagrams, 1); /* no answer to the HelloVerifyRequest */
    kit_resume(k);
    kit_exchange(k, "the association of before");
    kit_stop(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_KIT_TEST(a_session_is_no_association_where_the_slots_were_moved_by_one),
        KIT_TEST(forget_after_a_goodbye_leaves_no_session),
        KIT_TEST(a_malformed_hello_verify_request_is_not_even_looked_at),
        KIT_TEST(a_climb_goes_no_datagram_beyond_its_bound_where_the_server_asks_for_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
