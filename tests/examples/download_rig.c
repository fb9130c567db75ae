/* SPDX-License-Identifier: Apache-2.0 */
#include "download_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCK_SIZE = 256, TURNS_MAX = 100000 };

int rig_set_up(void **state) {
    *state = test_calloc(1, sizeof(rig));
    return 0;
}

int rig_tear_down(void **state) {
    test_free(*state);
    return 0;
}

/* ---- the server ---- */

static void on_message(void *context, peer *p, peer_association *a, const unsigned char *data, size_t size) {
    rig *r = context;
    uint8_t answer[MESSAGE_MAX];
    size_t answer_size = blocks_answer(&r->server, data, size, answer, sizeof(answer));
    if (answer_size > 0) {
        assert_int_equal(peer_say(p, a, answer, answer_size), 0);
    }
}

void rig_change_content(rig *r, size_t size) {
    uint8_t version = ++r->server.etag[0];
    for (size_t i = 0; i < sizeof(r->body); i++) {
        r->body[i] = (uint8_t)(i * 7 + i / 256 + version);
    }
    r->server.body = r->body;
    r->server.size = size;
    r->server.etag_size = 4;
}

void rig_order_fault(rig *r, blocks_fault fault, unsigned from_now, unsigned times) {
    r->server.fault = fault;
    r->server.fault_from = r->server.requests + 1 + from_now;
    r->server.fault_times = times;
}

/* ---- the client ---- */

static bool take(void *context, uint32_t offset, const uint8_t *data, size_t size) {
    rig *r = context;
    if (r->full) {
        return false;
    }
    if (r->discards) {
        return true;
    }
    r->taken_size = offset == 0 ? 0 : r->taken_size;
    assert_int_equal(offset, r->taken_size);
    assert_in_range(offset + size, 0, sizeof(r->taken));
    if (size > 0) {
        memcpy(r->taken + offset, data, size);
    }
    r->taken_size += size;
    return true;
}

static void tell(void *context, download_reason reason, download_deed deed) {
    rig *r = context;
    assert_in_range(r->told_count, 0, RIG_TOLD_MAX - 1);
    r->told[r->told_count++] = (rig_told){reason, deed};
}

void rig_connect(rig *r, const kit_order *order) {
    kit_order own = order != NULL ? *order : store_kit_with_cid;
    own.peer.on_message = on_message;
    own.peer.message_context = r;
    r->server.szx_max = BLOCK2_SZX_MAX;
    rig_change_content(r, sizeof(r->body));
    r->k = store_kit_start(&r->s, &own);
    kit_connect(r->k);
}

void rig_begin(rig *r, uint16_t block_size, const download_mark *mark) {
    const download_settings settings = {.socket = r->k->socket,
                                        .clock = world_clock(&r->k->w),
                                        .random = world_random(&r->k->w),
                                        .path = "fw/image",
                                        .block_size = block_size,
                                        .take = take,
                                        .tell = tell,
                                        .context = r};
    assert_int_equal(download_init(&r->d, &settings), DOZE_OK);
    assert_int_equal(download_start(&r->d, mark), DOZE_OK);
}

void rig_start(rig *r, const kit_order *order) {
    rig_connect(r, order);
    rig_begin(r, BLOCK_SIZE, NULL);
}

void rig_stop(rig *r) {
    kit_stop(r->k);
}

/* To the next thing that happens, whoever it is that waits for it. */
static void turn(rig *r, uint64_t end) {
    int64_t network = world_next(&r->k->w);
    int32_t client = download_next_timeout(&r->d);
    uint64_t wait = end - world_now(&r->k->w);
    wait = network >= 0 && (uint64_t)network < wait ? (uint64_t)network : wait;
    wait = client >= 0 && (uint64_t)client < wait ? (uint64_t)client : wait;
    world_advance(&r->k->w, wait);
    (void)download_step(&r->d);
}

download_state rig_run(rig *r, uint32_t until) {
    uint64_t end = world_now(&r->k->w) + RIG_PATIENCE;
    (void)download_step(&r->d);
    for (unsigned turns = 0; r->d.state == DOWNLOAD_GOING && (until == 0 || r->d.blocks < until); turns++) {
        assert_true(world_now(&r->k->w) < end && turns < TURNS_MAX);
        turn(r, end);
    }
    return r->d.state;
}

void rig_pass(rig *r, uint64_t ms) {
    uint64_t end = world_now(&r->k->w) + ms;
    while (world_now(&r->k->w) < end) {
        turn(r, end);
    }
}

void rig_suspend(rig *r) {
    uint64_t seen = r->k->tap.count[TAP_UP].datagrams;
    assert_int_equal(download_suspend(&r->d), DOZE_OK);
    assert_int_equal(r->d.state, DOWNLOAD_SUSPENDED);
    assert_int_equal(doze_get_state(r->k->socket), DOZE_STATE_SHUTDOWN);
    assert_int_equal(r->k->tap.count[TAP_UP].datagrams, seen);
    world_advance(&r->k->w, 3600000);
}

void rig_resume(rig *r) {
    assert_in_range(download_resume(&r->d), DOZE_OK, DOZE_IN_PROGRESS);
    assert_int_equal(r->d.state, DOWNLOAD_GOING);
}

void rig_reboot(rig *r, const download_mark *mark) {
    store_kit_reboot(&r->s);
    store_kit_load_and_resume(&r->s);
    rig_begin(r, BLOCK_SIZE, mark);
}

/* ---- questions ---- */

void rig_expect_content(rig *r) {
    assert_int_equal(r->d.state, DOWNLOAD_DONE);
    assert_int_equal(r->d.mark.offset, r->server.size);
    assert_int_equal(r->taken_size, r->server.size);
    assert_memory_equal(r->taken, r->body, r->taken_size);
}

unsigned rig_count_told(const rig *r, download_reason reason, download_deed deed) {
    unsigned count = 0;
    for (unsigned i = 0; i < r->told_count; i++) {
        count += r->told[i].reason == reason && r->told[i].deed == deed;
    }
    return count;
}
