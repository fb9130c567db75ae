/* SPDX-License-Identifier: Apache-2.0 */
/* A kit whose client has a store in memory. */
#ifndef STORE_KIT_H
#define STORE_KIT_H

#include "kit/kit.h"
#include "world/vault.h"

enum { STORE_KIT_ASSOCIATION = 0, STORE_KIT_SESSION = 1 }; /* its slots */

typedef struct store_kit {
    kit k;
    vault v;
    doze_keeper keeper;
    doze_keeper_settings settings;
} store_kit;

int store_kit_set_up(void **state);
int store_kit_tear_down(void **state);
#define STORE_KIT_TEST(name) cmocka_unit_test_setup_teardown(name, store_kit_set_up, store_kit_tear_down)

extern const kit_order store_kit_with_cid; /* 8 bytes each way */
extern const kit_order store_kit_without_cid;
#define STORE_KIT_BOTH 2
extern const kit_order *const store_kit_both[STORE_KIT_BOTH];

kit *store_kit_start(store_kit *s, const kit_order *order);          /* `settings` may have been set before */
kit *store_kit_start_counting(store_kit *s, const kit_order *order); /* its store has a counter */
void store_kit_attach(store_kit *s);
void store_kit_reboot(store_kit *s); /* and the store is attached again */

doze_result store_kit_load(store_kit *s);     /* of the kit's server */
void store_kit_load_and_resume(store_kit *s); /* must succeed */
bool store_kit_is_empty(const store_kit *s, unsigned slot);

#endif
