/* SPDX-License-Identifier: Apache-2.0 */
/* What every test of the download starts from: a client and a server that speak real Mbed TLS, on a simulated network
 * with a virtual clock, a store in memory, and a body to be downloaded. */
#ifndef DOWNLOAD_RIG_H
#define DOWNLOAD_RIG_H

#include "blocks.h"
#include "kit/store_kit.h"
#include "offline_download/download.h"

#define RIG_BODY_SIZE 3000 /* three blocks of 1,024, the last one not full; twelve of 256 */
#define RIG_TOLD_MAX  32
#define RIG_PATIENCE  3600000 /* ms of virtual time that nothing may outlast */

typedef struct rig_told {
    download_reason reason;
    download_deed deed;
} rig_told;

typedef struct rig {
    store_kit s; /* `s.k.socket` is what downloads */
    kit *k;      /* of `s` */
    uint8_t body[RIG_BODY_SIZE];
    blocks server; /* serves `body` */
    download d;
    uint8_t taken[2 * RIG_BODY_SIZE];
    size_t taken_size;
    bool full;     /* nothing can be kept any more */
    bool discards; /* what is taken is not kept */
    rig_told told[RIG_TOLD_MAX];
    unsigned told_count;
} rig;

int rig_set_up(void **state);
int rig_tear_down(void **state);
#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

/* Connected, and the download begun; `order` NULL: Connection IDs of 8 bytes each way. Blocks of 256 bytes. */
void rig_start(rig *r, const kit_order *order);
void rig_stop(rig *r);

/* The same in two steps, with another block size, or 0 for the default. */
void rig_connect(rig *r, const kit_order *order);
void rig_begin(rig *r, uint16_t block_size, const download_mark *mark);

/* An event loop, until the download is not going on any more, or has taken that many blocks in all (0: any number). */
download_state rig_run(rig *r, uint32_t until);
void rig_pass(rig *r, uint64_t ms); /* the same for some time */

void rig_suspend(rig *r); /* and nothing goes on the wire */
void rig_resume(rig *r);
/* The client loses its memory but for `mark` and the store, and goes on. */
void rig_reboot(rig *r, const download_mark *mark);

/* Another body, of that size, with another ETag. */
void rig_change_content(rig *r, size_t size);
void rig_order_fault(rig *r, blocks_fault fault, unsigned from_now, unsigned times);

/* It was downloaded, and nothing else. */
void rig_expect_content(rig *r);
unsigned rig_count_told(const rig *r, download_reason reason, download_deed deed);

#endif
