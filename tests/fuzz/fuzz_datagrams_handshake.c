/* SPDX-License-Identifier: Apache-2.0 */
/* What arrives while CONNECTING, in each phase: what the server says is changed, lost, late, and comes with forgeries.
 * Once that is over, the server is reached within three attempts.
 * Input: the scenario, fuzz_choice, then what happens to each datagram and before each step. */
#include <string.h>

#include "fuzz/fuzz_rig.h"

enum { FIRST, RESUMED, CLIMB, CERTIFICATES = 15, SCENARIOS }; /* the slowest one is the rarest */
enum { STEPS_MAX = 48 };

typedef struct story {
    fuzz_rig r;
    fuzz_input *in;
} story;

static void forge(story *s, const world_datagram *genuine) {
    uint8_t like[2048];
    size_t size = genuine->size < sizeof(like) ? genuine->size : sizeof(like);
    memcpy(like, genuine->data, size);
    fuzz_patch(s->in, like, &size, sizeof(like));
    fuzz_rig_inject(&s->r, like, size);
}

/* False: the datagram is lost. */
static bool interfere(void *context, world_datagram *datagram) {
    story *s = context;
    if (s->in->left == 0) {
        return true;
    }
    uint8_t how = fuzz_u8(s->in) % 8;
    if (how == 1) {
        return false;
    }
    if (how == 2) {
        datagram->delay += 50u * fuzz_u8(s->in);
    } else if (how == 3) {
        fuzz_patch(s->in, datagram->data, &datagram->size, datagram->capacity);
    } else if (how == 4 && datagram->direction == WORLD_DOWN) {
        forge(s, datagram);
    }
    return true;
}

static void inject(story *s) {
    uint8_t what = fuzz_u8(s->in) % 8;
    if (what == 0) {
        fuzz_field datagram = fuzz_take(s->in);
        fuzz_rig_inject(&s->r, datagram.data, datagram.size);
        fuzz_give_back(&datagram);
    } else if (what == 1) {
        fuzz_rig_inject_refusal(&s->r);
    }
}

static void connect_in_peace(story *s) {
    fuzz_expect(world_connect(&s->r.w, s->r.socket, FUZZ_NAME, FUZZ_PORT, FUZZ_PATIENCE) == DOZE_OK, "it connects");
}

/* The next wake has another port: without a Connection ID that is a handshake with the session of before. */
static void lose_the_port(story *s) {
    connect_in_peace(s);
    doze_shutdown(s->r.socket);
    doze_set_option(&s->r.udp.socket, DOZE_OPT_WAKE_PORT, 40000);
}

static void lose_the_association(story *s) {
    connect_in_peace(s);
    fuzz_expect(peer_restart(&s->r.home.peer, true), "the server starts again");
    doze_dtls_no_answer(&s->r.dtls);
}

static void begin(story *s, uint8_t scenario, unsigned choices) {
    choices &= FUZZ_OWN_CID | FUZZ_NO_CID | FUZZ_FREEZER | FUZZ_STORE;
    choices |= scenario == RESUMED ? FUZZ_NO_CID : 0;
    choices |= scenario == CERTIFICATES ? FUZZ_CERTIFICATES : 0;
    fuzz_rig_start(&s->r, choices, 1);
    if (scenario == RESUMED) {
        lose_the_port(s);
    } else if (scenario == CLIMB) {
        lose_the_association(s);
    }
}

static void connect_in_trouble(story *s, uint8_t scenario) {
    doze_result result = DOZE_OK;
    if (scenario == RESUMED) {
        doze_resume(s->r.socket);
    } else if (scenario == CLIMB) {
        fuzz_rig_say(&s->r, false, &result);
    } else {
        doze_connect(s->r.socket, FUZZ_NAME, FUZZ_PORT);
    }
    for (int i = 0; i < STEPS_MAX && s->in->left > 0 && doze_get_state(s->r.socket) == DOZE_STATE_CONNECTING; i++) {
        inject(s);
        world_run(&s->r.w, s->r.socket, 20 * fuzz_u8(s->in));
    }
}

int fuzz_datagrams_handshake(const uint8_t *data, size_t size) {
    static story s;
    fuzz_input in = {data, size};
    s.in = &in;
    uint8_t scenario = fuzz_u8(&in) % SCENARIOS;
    scenario = scenario == CERTIFICATES ? CERTIFICATES : scenario % (CLIMB + 1);
    begin(&s, scenario, fuzz_u8(&in));
    fuzz_rig_on_datagram(&s.r, interfere, &s);
    connect_in_trouble(&s, scenario);
    fuzz_rig_on_datagram(&s.r, NULL, NULL);
    world_run(&s.r.w, s.r.socket, FUZZ_PATIENCE);
    fuzz_expect(doze_get_state(s.r.socket) != DOZE_STATE_CONNECTING, "an attempt ends");
    fuzz_expect(fuzz_rig_recover(&s.r), "the server is reached");
    fuzz_rig_stop(&s.r);
    return 0;
}
