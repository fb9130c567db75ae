/* SPDX-License-Identifier: Apache-2.0 */
/* A program of verbs, options, time and events on the network. The states are those of the README, every getter answers,
 * and after doze_forget() with the options as they were the server is reached.
 * Input: fuzz_choice, then steps of one byte with what they need. */
#include <string.h>

#include "fuzz/fuzz_rig.h"

enum { STEPS_MAX = 96, SAME = -1 };

typedef struct story {
    fuzz_rig r;
    fuzz_input *in;
    bool reached;     /* it was CONNECTED since the last forget */
    bool port_chosen; /* with DOZE_OPT_WAKE_PORT: there may be none */
    bool muted;
} story;

/* ---- the states of the README ---- */

typedef struct transition {
    unsigned from;   /* bits of the states */
    int done;        /* where DOZE_OK leads */
    int in_progress; /* where DOZE_IN_PROGRESS leads */
} transition;

#define IN(name) (1u << DOZE_STATE_##name)
#define ANYWHERE 31u
static const transition rules[] = {
    {IN(CLOSED), DOZE_STATE_BOUND, SAME}, /* bind */
    {IN(CLOSED) | IN(SHUTDOWN), DOZE_STATE_BOUND, SAME},
    {IN(CLOSED) | IN(BOUND) | IN(SHUTDOWN), DOZE_STATE_CONNECTED, DOZE_STATE_CONNECTING},
    {IN(CLOSED), DOZE_STATE_SHUTDOWN, SAME}, /* recall and load */
    {IN(SHUTDOWN), DOZE_STATE_CONNECTED, DOZE_STATE_CONNECTING},
    {IN(CONNECTED) | IN(CONNECTING), SAME, DOZE_STATE_CONNECTING}, /* send */
    {IN(CONNECTED), SAME, SAME},                                   /* recv */
    {ANYWHERE & ~IN(CLOSED), DOZE_STATE_SHUTDOWN, SAME},
    {ANYWHERE, DOZE_STATE_CLOSED, SAME}, /* close */
    {ANYWHERE, DOZE_STATE_CLOSED, SAME}, /* forget */
};
enum { BIND, REUSE, CONNECT, RECALL, RESUME, SEND, RECV, SHUTDOWN, CLOSE, FORGET };

static void follows(const story *s, int verb, doze_state before, doze_result result) {
    const transition *rule = &rules[verb];
    int after = (int)doze_get_state(s->r.socket);
    int expected = result == DOZE_OK ? rule->done : result == DOZE_IN_PROGRESS ? rule->in_progress : SAME;
    if ((rule->from & 1u << before) == 0) {
        fuzz_expect(result < 0, "a verb in another state is an error");
        expected = SAME;
    }
    fuzz_expect(after == (expected == SAME ? (int)before : expected), "the state is what the README says");
}

/* ---- verbs ---- */

static const char *host_of(uint8_t which) {
    static const char *const hosts[] = {FUZZ_NAME, FUZZ_SERVER, "other.example", "nobody.example", "192.0.2.99",
                                        "::1",     ""};
    return hosts[which % (sizeof(hosts) / sizeof(hosts[0]))];
}

static doze_result bind_or_recall(story *s, int verb, doze_socket *socket) {
    if (verb == BIND) {
        uint8_t how = fuzz_u8(s->in);
        return doze_bind(socket, how % 4 == 0 ? FUZZ_HOST : how % 4 == 1 ? "not an address" : NULL, how / 4);
    }
    doze_endpoints past = {.hostname = host_of(fuzz_u8(s->in)), .remote = world_endpoint(FUZZ_SERVER, FUZZ_PORT)};
    past.local = (doze_endpoint){.family = DOZE_FAMILY_IPV4, .port = fuzz_u16(s->in)};
    past.remote.port = past.local.port % 7 == 0 ? 0 : FUZZ_PORT;
    if (past.local.port % 2 == 0) {
        return doze_dtls_load(&s->r.dtls, past.hostname, past.remote.port);
    }
    return doze_recall(socket, &past);
}

static doze_result recv_one(story *s, doze_socket *socket) {
    char message[64];
    size_t size = 0;
    uint8_t capacity = fuzz_u8(s->in);
    doze_result result = doze_recv(socket, message, capacity < 8 ? capacity : sizeof(message), &size);
    if (result == DOZE_OK) {
        fuzz_rig_note_heard(&s->r, message, size);
    }
    return result;
}

static doze_result send_one(story *s, doze_socket *socket) {
    doze_result result = DOZE_WOULD_BLOCK;
    uint8_t how = fuzz_u8(s->in);
    if (how < 16) {
        static const char long_one[4096] = {1};
        return doze_send(socket, long_one, 256u * how);
    }
    fuzz_rig_say(&s->r, how < 32, &result);
    return how < 32 && result == DOZE_IN_PROGRESS ? DOZE_WOULD_BLOCK : result; /* a one-way message begins no climb */
}

static doze_result call(story *s, int verb, doze_socket *socket) {
    uint16_t port = FUZZ_PORT;
    switch (verb) {
    case BIND:
    case RECALL:
        return bind_or_recall(s, verb, socket);
    case REUSE:
        return doze_reuse_last_port(socket);
    case CONNECT:
        port = fuzz_u8(s->in) < 250 ? FUZZ_PORT : fuzz_u16(s->in);
        return doze_connect(socket, host_of(fuzz_u8(s->in)), port);
    case RESUME:
        return doze_resume(socket);
    case SEND:
        return send_one(s, socket);
    case RECV:
        return recv_one(s, socket);
    case SHUTDOWN:
        return tap_shutdown(&s->r.tap, socket);
    case CLOSE:
        return doze_close(socket);
    default:
        s->reached = s->port_chosen = false;
        return doze_forget(socket);
    }
}

static void call_by_the_rules(story *s, int verb) {
    doze_state before = doze_get_state(s->r.socket);
    doze_result result = call(s, verb, s->r.socket);
    if (verb == SEND && result == DOZE_WOULD_BLOCK) {
        return; /* it did not get as far as doze_send() */
    }
    if (verb == FORGET) {
        result = DOZE_OK; /* whatever the store said */
    }
    if (verb == SHUTDOWN && before == DOZE_STATE_SHUTDOWN) {
        fuzz_expect(result == DOZE_OK, "who sleeps may fall asleep");
    }
    follows(s, verb, before, result);
}

static void step(story *s) {
    doze_state before = doze_get_state(s->r.socket);
    doze_result result = doze_step(s->r.socket);
    doze_state after = doze_get_state(s->r.socket);
    if (before != DOZE_STATE_CONNECTING) {
        fuzz_expect(after == before, "a step changes no other state");
    } else if (result == DOZE_OK) {
        fuzz_expect(after == DOZE_STATE_CONNECTED, "a step ends in a connection");
    } else if (result == DOZE_IN_PROGRESS) {
        fuzz_expect(after == before, "a step leads on");
    } else {
        fuzz_expect(after == DOZE_STATE_CLOSED || after == DOZE_STATE_SHUTDOWN, "a failed attempt is over");
    }
}

/* ---- getters ---- */

static void ask_everything(const story *s) {
    const doze_socket *socket = s->r.socket;
    char text[DOZE_ADDRESS_TEXT_SIZE];
    doze_report report;
    int64_t value = 0;
    doze_state state = doze_get_state(socket);
    for (int option = -1; option <= DOZE_OPT_LIMIT + 1; option++) {
        doze_result result = doze_get_option(s->r.socket, (doze_option)option, &value);
        fuzz_expect(result == DOZE_OK || result < 0, "an option is told or not");
        fuzz_expect(option != DOZE_OPT_STATE || value == (int64_t)state, "the option is the state");
    }
    bool awake = state != DOZE_STATE_CLOSED && state != DOZE_STATE_SHUTDOWN;
    fuzz_expect(awake || doze_fd(socket) == -1, "who rests has nothing to poll");
    fuzz_expect(doze_next_timeout(socket) >= -1, "a timeout is a time or none");
    fuzz_expect(doze_strerror((doze_result)doze_cause(socket)) != NULL, "anything has a text");
    fuzz_expect(doze_dtls_get_report(&s->r.dtls, &report) == DOZE_OK, "there is always a report");
    fuzz_expect(doze_dtls_back_off(&s->r.dtls, report.rung) <= 86400000u, "no wait is longer than a day");
    if (s->reached) {
        fuzz_expect(doze_remote_hostname(socket) != NULL, "the peer has its name");
        fuzz_expect(doze_remote_port(socket) != 0, "the peer has its port");
        fuzz_expect(doze_remote_host(socket, text, sizeof(text)) == DOZE_OK, "the peer has its address");
        fuzz_expect(s->port_chosen || doze_local_port(socket) != 0, "the local port is known");
    }
}

/* ---- options, time, network ---- */

static void set_option(story *s) {
    doze_option option = (doze_option)fuzz_u8(s->in);
    uint8_t how = fuzz_u8(s->in);
    int64_t value = (how & 128) != 0 ? (int64_t)fuzz_u64(s->in) : how;
    doze_result result = doze_set_option(s->r.socket, option, value);
    fuzz_expect(result <= 0, "an option is set or not");
    s->port_chosen |= option == DOZE_OPT_WAKE_PORT && result == DOZE_OK;
}

static void pass_time(story *s) {
    static const uint32_t pauses[] = {0, 1, 20, 100, 1000, 10000, 60000, 3600000};
    world_advance(&s->r.w, pauses[fuzz_u8(s->in) % 8]);
}

static void change_memory(story *s) {
    uint8_t how = fuzz_u8(s->in);
    if (how < 64) {
        doze_dtls_set_freezer(&s->r.dtls, how < 32 ? s->r.freezer : NULL, how < 32 ? sizeof(s->r.freezer) : 0);
    } else if (how < 128) {
        s->r.freezer[how % DOZE_IMAGE_MAX] ^= 1;
    } else if (how < 192) {
        vault_slot *slot = &s->r.v.slots[how % 2];
        slot->data[how] ^= 1;
    } else {
        unsigned *failures[] = {&s->r.v.fail_reads, &s->r.v.fail_writes, &s->r.v.fail_erasures, &s->r.v.fail_counter};
        *failures[how % 4] = how % 16 / 4;
    }
}

static void change_network(story *s) {
    fuzz_rig *r = &s->r;
    uint8_t how = fuzz_u8(s->in);
    switch (how % 8) {
    case 0:
        s->muted = !s->muted;
        world_set_plug(r->home.server, s->muted ? WORLD_SILENT : WORLD_SERVING);
        break;
    case 1:
        fuzz_expect(peer_restart(&r->home.peer, (how & 8) != 0), "the server starts again");
        break;
    case 2:
        fuzz_rig_inject(r, r->last.data, r->last.size);
        break;
    case 3:
        fuzz_rig_inject_refusal(r);
        break;
    case 4:
        fuzz_rig_server_says(r);
        break;
    case 5:
        if (peer_newest(&r->home.peer) != NULL) {
            peer_close(&r->home.peer, peer_newest(&r->home.peer));
        }
        break;
    case 6:
        world_fail_next(r->host, (world_op)(how / 8 % WORLD_OPS), (doze_result)(-30 - how % 3), 1, 1);
        break;
    default:
        r->w.names.delay = how >= 128 ? 50 : 0;
        r->w.names.step_failures = how / 8 % 2;
    }
}

static void act(story *s) {
    uint8_t what = fuzz_u8(s->in) % 20;
    if (what <= FORGET) {
        call_by_the_rules(s, what);
        return;
    }
    switch (what) {
    case 10:
        set_option(s);
        break;
    case 11:
    case 12:
        pass_time(s);
        break;
    case 13:
        change_memory(s);
        break;
    case 14:
    case 15:
        change_network(s);
        break;
    case 16:
        doze_dtls_no_answer(&s->r.dtls);
        break;
    case 17:
        step(s);
        break;
    default:
        world_run(&s->r.w, s->r.socket, 200 * fuzz_u8(s->in));
    }
}

/* ---- the end ---- */

static void set_back(story *s) {
    static const struct {
        doze_option option;
        int64_t value;
    } defaults[] = {
        {DOZE_OPT_FORCED_FAMILY, DOZE_FAMILY_ANY},
        {DOZE_OPT_HANDSHAKE_TIMER_MIN, 1},
        {DOZE_OPT_HANDSHAKE_TIMER_MAX, 60000},
        {DOZE_OPT_HANDSHAKE_TIMER_MIN, 1000},
        {DOZE_OPT_CLIMB_TIME, 60000},
        {DOZE_OPT_CLIMB_DATAGRAMS, 16},
        {DOZE_OPT_SILENCE_LIMIT, 2},
        {DOZE_OPT_WAKE_PORT, 0},
    };
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
        fuzz_expect(doze_set_option(s->r.socket, defaults[i].option, defaults[i].value) == DOZE_OK,
                    "a default is good");
    }
    for (int op = 0; op < WORLD_OPS; op++) {
        world_fail_next(s->r.host, (world_op)op, DOZE_OK, 0, 0);
    }
    s->r.v.fail_reads = s->r.v.fail_writes = s->r.v.fail_erasures = s->r.v.fail_counter = 0;
    s->r.w.names.step_failures = 0;
    world_set_plug(s->r.home.server, WORLD_SERVING);
}

int fuzz_verbs(const uint8_t *data, size_t size) {
    static story s;
    fuzz_input in = {data, size};
    s = (story){.in = &in};
    fuzz_rig_start(&s.r, fuzz_u8(&in) & ~(unsigned)FUZZ_CERTIFICATES, 1);
    s.r.guarded = true;
    world_name(&s.r.w, "other.example", FUZZ_SERVER, NULL);
    for (int i = 0; i < STEPS_MAX && in.left > 0; i++) {
        act(&s);
        s.reached |= doze_get_state(s.r.socket) == DOZE_STATE_CONNECTED;
        ask_everything(&s);
    }
    doze_forget(s.r.socket);
    set_back(&s);
    doze_forget(s.r.socket);
    fuzz_expect(fuzz_rig_recover(&s.r), "the server is reached");
    fuzz_rig_stop(&s.r);
    return 0;
}
