/* SPDX-License-Identifier: Apache-2.0 */
#include "kit/store_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

const kit_order store_kit_with_cid = {.dtls = {.cid = DOZE_CID_OFFER_BYTES, .cid_size = 8}};
const kit_order store_kit_without_cid = {.dtls = {.cid = DOZE_CID_OFF}};
const kit_order *const store_kit_both[STORE_KIT_BOTH] = {&store_kit_with_cid, &store_kit_without_cid};

int store_kit_set_up(void **state) {
    *state = test_calloc(1, sizeof(store_kit));
    return 0;
}

int store_kit_tear_down(void **state) {
    test_free(*state);
    return 0;
}

void store_kit_attach(store_kit *s) {
    s->settings.store = &s->v.store;
    assert_int_equal(doze_dtls_set_store(&s->k.dtls, &s->keeper, &s->settings), DOZE_OK);
}

static kit *start(store_kit *s, const kit_order *order, bool counting) {
    vault_init(&s->v, counting);
    kit_start(&s->k, order);
    store_kit_attach(s);
    return &s->k;
}

kit *store_kit_start(store_kit *s, const kit_order *order) {
    return start(s, order, false);
}

kit *store_kit_start_counting(store_kit *s, const kit_order *order) {
    return start(s, order, true);
}

void store_kit_reboot(store_kit *s) {
    kit_reboot(&s->k);
    store_kit_attach(s);
}

doze_result store_kit_load(store_kit *s) {
    return doze_dtls_load(&s->k.dtls, KIT_NAME, KIT_PORT);
}

void store_kit_load_and_resume(store_kit *s) {
    assert_int_equal(store_kit_load(s), DOZE_OK);
    assert_int_equal(doze_get_state(s->k.socket), DOZE_STATE_SHUTDOWN);
    kit_resume(&s->k);
}

bool store_kit_is_empty(const store_kit *s, unsigned slot) {
    return s->v.slots[slot].size == 0;
}
