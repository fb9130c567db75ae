/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a store has in its slots, the socket gets to the server.
 * Input: fuzz_choice, how, then the contents of both slots; `how` can have the target seal what it puts there, as no
 * input could. */
#include <string.h>

#include "dtls/keep.h"
#include "fuzz/fuzz_rig.h"

enum { SEAL_FIRST = 1, SEAL_SECOND = 2, LOAD = 4, RESUME_TWICE = 8, FAIL_ERASURES = 16 };

static void fill_slot(fuzz_rig *r, fuzz_input *in, doze_slot which, bool seal) {
    vault_slot *slot = &r->v.slots[which];
    fuzz_field contents = fuzz_take(in);
    size_t most = seal ? sizeof(slot->data) - DOZE_SEAL_OVERHEAD : sizeof(slot->data);
    size_t size = contents.size < most ? contents.size : most;
    if (seal && size > 0) {
        const doze_seal_purpose purpose = doze_keep_purpose(&r->keeper, which, FUZZ_NAME, FUZZ_PORT);
        memcpy(slot->data, contents.data, size);
        fuzz_expect(doze_seal_close(&r->config, &purpose, slot->data, size) == 0, "it can be sealed");
        size += DOZE_SEAL_OVERHEAD;
    } else {
        memcpy(slot->data, contents.data, size);
    }
    slot->size = size;
    fuzz_give_back(&contents);
}

/* What was taken up may lead to any address, and say anything of the association: it need not work. */
static void go_on_from_there(fuzz_rig *r, uint8_t how) {
    if (doze_dtls_load(&r->dtls, FUZZ_NAME, FUZZ_PORT) != DOZE_OK) {
        return;
    }
    fuzz_expect(doze_get_state(r->socket) == DOZE_STATE_SHUTDOWN, "what was loaded sleeps");
    fuzz_expect(doze_remote_port(r->socket) != 0, "what was loaded has a peer");
    for (int i = 0; i < ((how & RESUME_TWICE) != 0 ? 2 : 1); i++) {
        if (world_resume(&r->w, r->socket, FUZZ_PATIENCE) == DOZE_OK) {
            fuzz_rig_converse(r);
        }
        if (doze_get_state(r->socket) == DOZE_STATE_CONNECTED) {
            doze_shutdown(r->socket);
        }
    }
}

int fuzz_store(const uint8_t *data, size_t size) {
    static fuzz_rig r;
    fuzz_input in = {data, size};
    fuzz_rig_start(&r, (fuzz_u8(&in) & ~(unsigned)FUZZ_CERTIFICATES) | FUZZ_STORE, 1);
    uint8_t how = fuzz_u8(&in);
    r.keys_forged = (how & (SEAL_FIRST | SEAL_SECOND)) != 0;
    fill_slot(&r, &in, DOZE_SLOT_ASSOCIATION, (how & SEAL_FIRST) != 0);
    fill_slot(&r, &in, DOZE_SLOT_SESSION, (how & SEAL_SECOND) != 0);
    r.v.fail_erasures = (how & FAIL_ERASURES) != 0 ? 2 : 0;
    if ((how & LOAD) != 0) {
        go_on_from_there(&r, how);
    }
    fuzz_expect(fuzz_rig_recover(&r), "the server is reached");
    fuzz_rig_stop(&r);
    return 0;
}
