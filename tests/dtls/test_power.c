/* SPDX-License-Identifier: Apache-2.0 */
/* The power goes, or the store fails, at every instant that there is: at each write of the store, within it and after it,
 * and at each datagram; then once more in the life that follows. Whatever comes of it, no number is used twice, nothing is
 * delivered twice although an eavesdropper repeats all that was ever said, and the next wake is answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/store_kit.h"

enum { SENT_MAX = 2048, SAID_MAX = 512, OVERHEARD_MAX = 256, CID_SIZE = 8, SENDS_UNTIL_ANSWERED = 8 };

static unsigned power_cuts; /* lives in which the power went, by all sweeps */

typedef struct number {
    uint8_t cid[CID_SIZE];
    uint8_t epoch_and_sequence[8];
} number;

typedef struct tale {
    store_kit s;
    kit *k;
    vault_damage damage;
    vault_damage erase_damage;
    unsigned instants; /* of this life, so far: datagrams and calls of the store */
    unsigned cut_at;   /* the instant when the power goes; 0: never */
    unsigned calls;    /* of the store alone */
    unsigned fail_at;  /* the one that fails; 0: none … */
    bool fail_on;      /* … and all that follow */
    bool off;
    unsigned cuts;
    unsigned said;
    bool heard[SAID_MAX];
    number numbers[SENT_MAX];
    unsigned numbers_count;
    unsigned overheard_count;
    tap_datagram overheard[OVERHEARD_MAX];
} tale;

static int set_up(void **state) {
    *state = test_calloc(1, sizeof(tale));
    return 0;
}
static int tear_down(void **state) {
    test_free(*state);
    return 0;
}

/* ---- instants ---- */

static bool power_of_store(void *context) {
    tale *t = context;
    if (t->off) {
        t->s.v.damage = t->s.v.erase_damage = VAULT_OLD;
        return false;
    }
    t->s.v.damage = t->damage;
    t->s.v.erase_damage = t->erase_damage;
    t->off = ++t->instants == t->cut_at;
    t->cuts += t->off;
    t->calls++;
    bool fails = t->calls == t->fail_at || (t->fail_on && t->fail_at != 0 && t->calls > t->fail_at);
    return !t->off && !fails;
}

static void note_number(tale *t, const uint8_t *record, size_t size) {
    number n;
    if (size < 11 + CID_SIZE || record[0] != 25) {
        return;
    }
    memcpy(n.epoch_and_sequence, record + 3, sizeof(n.epoch_and_sequence));
    memcpy(n.cid, record + 11, sizeof(n.cid));
    for (unsigned i = 0; i < t->numbers_count; i++) {
        if (memcmp(&t->numbers[i], &n, sizeof(n)) == 0) {
            fail_msg("a number was used twice");
        }
    }
    assert_in_range(t->numbers_count, 0, SENT_MAX - 1);
    t->numbers[t->numbers_count++] = n;
}

static bool on_datagram(void *context, world_datagram *datagram) {
    tale *t = context;
    bool up = datagram->direction == WORLD_UP;
    if (t->off) {
        return !up;
    }
    bool goes = ++t->instants == t->cut_at;
    t->off = goes;
    t->cuts += goes;
    if (up) {
        note_number(t, datagram->data, datagram->size); /* whether it gets far or not: the air has it */
        return !goes || t->damage != VAULT_OLD;
    }
    if (t->overheard_count < OVERHEARD_MAX) {
        tap_datagram *o = &t->overheard[t->overheard_count++];
        o->size = datagram->size;
        memcpy(o->data, datagram->data, datagram->size);
    }
    return true;
}

/* ---- one life ---- */

static void hear(tale *t, const char *text, size_t size) {
    unsigned long which = strtoul(text, NULL, 10);
    assert_int_equal(size, 8);
    assert_in_range(which, 1, t->said);
    assert_false(t->heard[which]);
    t->heard[which] = true;
}

/* True when the answer came to what was said last. */
static bool listen(tale *t, int64_t limit) {
    char answer[64] = "";
    size_t size = 0;
    while (!t->off && !t->heard[t->said]) {
        doze_result result = world_recv(&t->k->w, t->k->socket, answer, sizeof(answer) - 1, &size, limit);
        if (result != DOZE_OK || t->off) {
            return false;
        }
        hear(t, answer, size);
    }
    return !t->off;
}

static void listen_to_the_eavesdropper(tale *t) {
    char answer[64] = "";
    size_t size = 0;
    for (unsigned i = 0; i < t->overheard_count && !t->off; i++) {
        const doze_endpoint server = world_server_endpoint(t->k->server);
        const doze_endpoint client = world_endpoint(KIT_HOST, doze_local_port(t->k->socket));
        world_inject(&t->k->w, &server, &client, t->overheard[i].data, t->overheard[i].size);
        if (doze_get_state(t->k->socket) == DOZE_STATE_CONNECTED &&
            doze_recv(t->k->socket, answer, sizeof(answer) - 1, &size) == DOZE_OK && !t->off) {
            hear(t, answer, size);
        }
    }
}

static doze_result send_text(tale *t, const char *text) {
    doze_result result = doze_send(t->k->socket, text, strlen(text));
    if (result == DOZE_IN_PROGRESS) {
        result = world_run(&t->k->w, t->k->socket, KIT_PATIENCE);
        result = result == DOZE_OK && !t->off ? doze_send(t->k->socket, text, strlen(text)) : result;
    }
    return result == DOZE_NEW_CONTEXT ? doze_send(t->k->socket, text, strlen(text)) : result;
}

/* As an application does: says it again until it is answered. */
static void converse(tale *t) {
    char text[16];
    for (int i = 0; i < SENDS_UNTIL_ANSWERED && !t->off; i++) {
        assert_in_range(++t->said, 1, SAID_MAX - 1);
        (void)snprintf(text, sizeof(text), "%08u", t->said);
        (void)send_text(t, text);
        if (listen(t, 3000)) {
            return;
        }
    }
    assert_true(t->off); /* else the wake did not recover */
}

static void say_one_way(tale *t) {
    for (int i = 0; i < 5 && !t->off; i++) {
        doze_result result = doze_dtls_send_one_way(&t->k->dtls, "?news", 5);
        if (result == DOZE_IN_PROGRESS) {
            result = world_run(&t->k->w, t->k->socket, KIT_PATIENCE);
        }
        assert_true(result == DOZE_OK || result == DOZE_NEW_CONTEXT || t->off);
    }
}

static void wake(tale *t) {
    if (t->off) {
        return;
    }
    assert_int_equal(world_resume(&t->k->w, t->k->socket, KIT_PATIENCE), DOZE_OK);
    listen_to_the_eavesdropper(t);
}

static void fall_asleep(tale *t) {
    if (!t->off) {
        assert_int_equal(doze_shutdown(t->k->socket), DOZE_OK);
        world_advance(&t->k->w, 3600 * 1000);
    }
}

static void boot(tale *t, unsigned cut_at, unsigned fail_at) {
    t->off = false;
    t->instants = t->calls = 0;
    t->cut_at = cut_at;
    t->fail_at = fail_at;
    store_kit_reboot(&t->s);
    world_advance(&t->k->w, 5000);
}

static void live(tale *t, unsigned cut_at, unsigned fail_at) {
    boot(t, cut_at, fail_at);
    if (world_connect(&t->k->w, t->k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE) != DOZE_OK) {
        assert_true(t->off);
        return;
    }
    listen_to_the_eavesdropper(t);
    converse(t);
    fall_asleep(t);
    wake(t);
    say_one_way(t);
    fall_asleep(t);
    wake(t);
    say_one_way(t);
    converse(t);
    fall_asleep(t);
}

/* What one-way messages say is not echoed: it would be no 8 digits. */
static void answer_numbers(void *context, peer *p, peer_association *a, const unsigned char *data, size_t size) {
    (void)context;
    if (size > 0 && data[0] != '?') {
        peer_say(p, a, data, size);
    }
}

static void begin(tale *t, const kit_order *order, bool counting, vault_damage damage, vault_damage erase_damage) {
    kit_order answering = *order;
    memset(t, 0, sizeof(*t));
    answering.peer.on_message = answer_numbers;
    t->s.settings.range = 4;
    t->k = counting ? store_kit_start_counting(&t->s, &answering) : store_kit_start(&t->s, &answering);
    t->damage = damage;
    t->erase_damage = erase_damage;
    t->s.v.power = power_of_store;
    t->s.v.power_context = t;
    world_on_datagram(&t->k->w, on_datagram, t);
}

static void end(tale *t) {
    power_cuts += t->cuts;
    live(t, 0, 0); /* whatever happened, an undisturbed life is as it should be */
    assert_int_equal(t->k->peer->counters.replayed, 0);
    kit_stop(t->k);
}

/* ---- the sweeps ---- */

typedef struct extent {
    unsigned instants;
    unsigned calls;
} extent;

static extent extent_of_a_life(tale *t, const kit_order *order, bool counting) {
    begin(t, order, counting, VAULT_OLD, VAULT_OLD);
    live(t, 0, 0);
    extent e = {t->instants, t->calls};
    end(t);
    assert_in_range(e.instants, 20, 100);
    assert_in_range(e.calls, 5, 50);
    return e;
}

static void the_power_goes_once_at_every_instant(void **state) {
    tale *t = *state;
    unsigned lives = 0;
    for (int i = 0; i < STORE_KIT_BOTH * 2; i++) {
        extent e = extent_of_a_life(t, store_kit_both[i / 2], i % 2);
        for (unsigned at = 1; at <= e.instants; at++) {
            for (int damage = 0; damage < VAULT_DAMAGES; damage++, lives++) {
                begin(t, store_kit_both[i / 2], i % 2, (vault_damage)damage, (vault_damage)damage);
                live(t, at, 0);
                assert_true(t->off);
                end(t);
            }
        }
    }
    printf("figures: power_cuts_single=%u\n", lives);
}

static unsigned cut_twice(tale *t, const kit_order *order, unsigned first, unsigned second) {
    unsigned lives = 0;
    for (int before = 0; before < VAULT_DAMAGES; before++) {
        for (int after = 0; after < VAULT_DAMAGES; after++, lives++) {
            begin(t, order, false, (vault_damage)before, (vault_damage)before);
            live(t, first, 0);
            t->damage = t->erase_damage = (vault_damage)after;
            live(t, second, 0);
            end(t);
        }
    }
    return lives;
}

static void and_again_at_every_instant_of_the_next_life(void **state) {
    tale *t = *state;
    unsigned lives = 0;
    for (int i = 0; i < STORE_KIT_BOTH; i++) {
        extent e = extent_of_a_life(t, store_kit_both[i], false);
        for (unsigned first = 1; first <= e.instants; first++) {
            for (unsigned second = 1; second <= e.instants; second++) {
                lives += cut_twice(t, store_kit_both[i], first, second);
            }
        }
    }
    printf("figures: power_cuts_double=%u\n", lives);
}

/* With any damage, to contents and to erasures. */
static unsigned fail_store(tale *t, const kit_order *order, bool counting, bool on, unsigned cut_at, unsigned fail_at) {
    unsigned lives = 0;
    for (int damage = 0; damage < VAULT_DAMAGES; damage++) {
        for (int erase_damage = VAULT_OLD; erase_damage <= VAULT_NEW; erase_damage++, lives++) {
            begin(t, order, counting, (vault_damage)damage, (vault_damage)erase_damage);
            t->fail_on = on;
            live(t, cut_at, fail_at);
            end(t);
        }
    }
    return lives;
}

static void a_store_that_fails_at_any_call_costs_no_wake_whenever_the_power_goes_after_it(void **state) {
    tale *t = *state;
    unsigned lives = 0;
    for (int i = 0; i < STORE_KIT_BOTH * 4; i++) {
        const kit_order *order = store_kit_both[i / 4];
        bool counting = i % 4 >= 2;
        extent e = extent_of_a_life(t, order, counting);
        for (unsigned fail_at = 1; fail_at <= e.calls; fail_at++) {
            for (unsigned cut_at = 0; cut_at <= e.instants; cut_at++) {
                lives += fail_store(t, order, counting, i % 2, cut_at, fail_at);
            }
        }
    }
    printf("figures: store_failures=%u\n", lives);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_power_goes_once_at_every_instant, set_up, tear_down),
        cmocka_unit_test_setup_teardown(and_again_at_every_instant_of_the_next_life, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_store_that_fails_at_any_call_costs_no_wake_whenever_the_power_goes_after_it,
                                        set_up, tear_down),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("figures: power_cuts=%u\n", power_cuts);
    return failed;
}
