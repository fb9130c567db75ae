/* SPDX-License-Identifier: Apache-2.0 */
/* What arrives while CONNECTED: anything at all, among what the server really says. Unless the server itself has ended
 * it, the association goes on, and nothing but what was said is delivered, once.
 * Input: fuzz_choice, then acts of one byte with what they need. */
#include <string.h>

#include "fuzz/fuzz_rig.h"

enum { ACTS_MAX = 64 };

typedef struct story {
    fuzz_rig r;
    bool over; /* the server has ended it */
} story;

static void inject_anything(story *s, fuzz_input *in) {
    fuzz_field datagram = fuzz_take(in);
    fuzz_rig_inject(&s->r, datagram.data, datagram.size);
    fuzz_give_back(&datagram);
}

static void inject_something_like_the_last_one(story *s, fuzz_input *in) {
    fuzz_datagram like = s->r.last;
    fuzz_patch(in, like.data, &like.size, sizeof(like.data));
    fuzz_rig_inject(&s->r, like.data, like.size);
}

static void let_the_server_end_it(story *s, fuzz_input *in) {
    peer *p = &s->r.home.peer;
    uint8_t how = fuzz_u8(in);
    s->over = true;
    if (peer_newest(p) == NULL) {
        return;
    }
    if (how == 0) {
        peer_close(p, peer_newest(p));
    } else {
        peer_alert(p, peer_newest(p), how);
    }
}

static void act(story *s, fuzz_input *in) {
    doze_result result = DOZE_OK;
    switch (fuzz_u8(in) % 8) {
    case 0:
        inject_anything(s, in);
        break;
    case 1:
    case 2:
        inject_something_like_the_last_one(s, in);
        break;
    case 3:
        fuzz_rig_server_says(&s->r);
        break;
    case 4:
        fuzz_rig_say(&s->r, false, &result);
        break;
    case 5:
        fuzz_rig_listen(&s->r);
        break;
    case 6:
        world_advance(&s->r.w, 50u * fuzz_u8(in));
        break;
    default:
        if (fuzz_u8(in) % 8 == 7) {
            let_the_server_end_it(s, in);
        } else {
            fuzz_rig_inject_refusal(&s->r);
        }
    }
}

static int64_t handshakes(const story *s) {
    int64_t full = 0;
    int64_t resumed = 0;
    doze_get_option(s->r.socket, DOZE_OPT_HANDSHAKES_FULL, &full);
    doze_get_option(s->r.socket, DOZE_OPT_HANDSHAKES_RESUMED, &resumed);
    return full + resumed;
}

int fuzz_datagrams_connected(const uint8_t *data, size_t size) {
    static story s;
    fuzz_input in = {data, size};
    fuzz_rig_start(&s.r, fuzz_u8(&in) & (FUZZ_OWN_CID | FUZZ_NO_CID | FUZZ_FREEZER | FUZZ_STORE), 1);
    s.over = false;
    fuzz_expect(world_connect(&s.r.w, s.r.socket, FUZZ_NAME, FUZZ_PORT, FUZZ_PATIENCE) == DOZE_OK, "it connects");
    for (int i = 0; i < ACTS_MAX && in.left > 0 && !s.over; i++) {
        act(&s, &in);
    }
    world_advance(&s.r.w, 100);
    if (!s.over) {
        fuzz_expect(fuzz_rig_listen(&s.r) == DOZE_WOULD_BLOCK, "what arrives does not end an association");
        fuzz_expect(fuzz_rig_converse(&s.r), "an exchange works");
        fuzz_expect(handshakes(&s) == 1, "the association is the one from before");
    }
    fuzz_expect(fuzz_rig_recover(&s.r), "the server is reached");
    fuzz_rig_stop(&s.r);
    return 0;
}
