/* SPDX-License-Identifier: Apache-2.0 */
/* The download without an ETag, and without a first connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "download_rig.h"

/* Without an ETag nobody knows whether what the restarted server has is the same. */
static void without_an_etag_a_new_association_starts_over(void **state) {
    rig *r = *state;
    rig_connect(r, NULL);
    r->server.etag_size = 0;
    rig_begin(r, 256, NULL);
    (void)rig_run(r, 5);
    assert_true(peer_restart(r->k->peer, false));
    rig_change_content(r, RIG_BODY_SIZE);
    r->server.etag_size = 0;
    assert_int_equal(rig_run(r, 0), DOWNLOAD_DONE);
    assert_int_equal(rig_count_told(r, DOWNLOAD_NO_ETAG, DOWNLOAD_STARTS_OVER), 1);
    rig_expect_content(r);
    rig_stop(r);
}

static void a_download_that_was_never_connected_is_tried_again_after_another_connect(void **state) {
    rig *r = *state;
    rig_connect(r, NULL);
    assert_int_equal(doze_close(r->k->socket), DOZE_OK);
    assert_int_equal(doze_forget(r->k->socket), DOZE_OK);
    world_set_plug(r->k->server, WORLD_SILENT);
    assert_int_equal(doze_connect(r->k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    rig_begin(r, 256, NULL);
    assert_int_equal(rig_run(r, 0), DOWNLOAD_FAILED);
    world_set_plug(r->k->server, WORLD_SERVING);
    assert_int_equal(doze_get_state(r->k->socket), DOZE_STATE_CLOSED);
    assert_int_equal(download_resume(&r->d), DOZE_ERR_STATE);
    assert_int_equal(doze_connect(r->k->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
    rig_resume(r);
    assert_int_equal(rig_run(r, 0), DOWNLOAD_DONE);
    rig_expect_content(r);
    rig_stop(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(without_an_etag_a_new_association_starts_over),
        RIG_TEST(a_download_that_was_never_connected_is_tried_again_after_another_connect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
