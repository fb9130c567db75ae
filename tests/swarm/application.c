/* SPDX-License-Identifier: Apache-2.0 */
/* What the device's program does: it wakes, says something until it is answered, says more that nobody answers, and
 * sleeps; an event loop that waits for nothing but what the socket asks for. */
#include <string.h>

#include "swarm/swarm_internal.h"

enum { TEXT_MAX = 1024, TEXT_MIN = 40 };

/* ---- the event loop ---- */

typedef enum wake_up { READABLE, TIMER, OVER } wake_up;

static uint64_t activity(const swarm *s) {
    return s->w.activity + s->injected;
}

static void count_call(swarm *s) {
    enum { CALLS_WITHOUT_ACTIVITY_MAX = 32 };
    if (s->activity != activity(s)) {
        s->activity = activity(s);
        s->calls = 0;
    }
    if (++s->calls > CALLS_WITHOUT_ACTIVITY_MAX) {
        swarm_violate(s, "the socket spins in %s", doze_state_name(swarm_state(s)));
    }
}

/* A step that comes too early has nothing to do: otherwise next_timeout would make its caller oversleep. */
static void step_early(swarm *s, uint64_t pause) {
    world_advance(&s->w, swarm_dice(s, (uint32_t)pause));
    int32_t left = doze_next_timeout(&s->dtls.socket);
    if (!swarm_goes_on(s) || left <= 0 || world_readable(&s->w, doze_fd(&s->dtls.socket))) {
        return;
    }
    uint64_t sent = s->sent;
    (void)swarm_step(s);
    if (s->sent != sent) {
        swarm_violate(s, "a step had something to send %d ms before the timeout", (int)left);
    }
}

static wake_up wait_until(swarm *s, uint64_t end) {
    for (;;) {
        if (!swarm_goes_on(s)) {
            return OVER;
        }
        if (world_readable(&s->w, doze_fd(&s->dtls.socket))) {
            return READABLE;
        }
        int64_t timer = doze_next_timeout(&s->dtls.socket);
        if (timer == 0) {
            return TIMER;
        }
        if (swarm_state(s) == DOZE_STATE_CONNECTING && timer < 0) {
            swarm_violate(s, "connecting, and there is no timeout");
        }
        int64_t network = world_next(&s->w);
        int64_t pause = timer < 0 || (network >= 0 && network < timer) ? network : timer;
        int64_t left = s->w.now >= end ? 0 : (int64_t)(end - s->w.now);
        if (pause < 0 || pause > left) {
            world_advance(&s->w, (uint64_t)left);
            return OVER;
        }
        if (pause > 1 && swarm_one_in(s, 64)) {
            step_early(s, (uint64_t)pause);
        } else {
            world_advance(&s->w, (uint64_t)pause);
        }
    }
}

static void run_until_connected(swarm *s, uint64_t end) {
    while (swarm_goes_on(s) && swarm_state(s) == DOZE_STATE_CONNECTING) {
        if (wait_until(s, end) == OVER) {
            return;
        }
        count_call(s);
        (void)swarm_step(s);
    }
}

/* ---- listening ---- */

static void take(swarm *s, const char *text, size_t capacity, size_t size) {
    swarm_check_delivery(s, text, size < capacity ? size : capacity, size);
    swarm_digest(s, size);
    bool again = s->order->sabotage == SWARM_MESSAGE_COMES_TWICE && s->wake == 3;
    if (again && !s->broken) {
        swarm_check_delivery(s, text, size < capacity ? size : capacity, size);
    }
}

/* One message: false when the association is over, or the socket in trouble. */
static bool receive(swarm *s) {
    char text[2048];
    size_t size = 0;
    size_t capacity = swarm_one_in(s, 50) ? TEXT_MIN : sizeof(text);
    doze_result result = swarm_recv(s, text, capacity, &size);
    if (s->order->sabotage == SWARM_MESSAGE_IS_FORGED && s->wake == 3 && result == DOZE_WOULD_BLOCK) {
        swarm_write_text(text, size = TEXT_MIN, SWARM_SERVER_SAYS, s->answers_count + 1, s->waiting_for);
        result = DOZE_OK;
    }
    if (s->off) {
        return false; /* nobody is there any more to take it */
    }
    if (result == DOZE_OK || result == DOZE_ERR_TRUNCATED) {
        take(s, text, capacity, size);
    }
    return result != DOZE_ERR_CLOSED_BY_PEER && result != DOZE_ERR_ALERT && result != DOZE_ERR_EXHAUSTED &&
           result != DOZE_ERR_HANDSHAKE;
}

static void listen(swarm *s, uint64_t end, bool for_answer) {
    while (swarm_goes_on(s) && swarm_state(s) == DOZE_STATE_CONNECTED && !(for_answer && s->answered)) {
        count_call(s);
        if (!receive(s)) {
            return;
        }
        bool more = doze_next_timeout(&s->dtls.socket) == 0 || world_readable(&s->w, doze_fd(&s->dtls.socket));
        if (!more && !(for_answer && s->answered) && wait_until(s, end) == OVER) {
            return;
        }
    }
}

/* ---- saying ---- */

static doze_result try_to_say(swarm *s, const char *text, size_t size, bool one_way) {
    enum { TRIES = 4 };
    doze_result result = swarm_send(s, text, size, one_way);
    for (int i = 0; i < TRIES && swarm_goes_on(s) && (result == DOZE_IN_PROGRESS || result == DOZE_NEW_CONTEXT); i++) {
        run_until_connected(s, s->w.now + SWARM_PATIENCE);
        if (!swarm_goes_on(s) || swarm_state(s) != DOZE_STATE_CONNECTED) {
            break;
        }
        result = swarm_send(s, text, size, one_way);
    }
    return result;
}

/* Each time with a number of its own. */
static doze_result say(swarm *s, bool one_way) {
    char text[TEXT_MAX];
    size_t size = TEXT_MIN + swarm_dice(s, swarm_one_in(s, 10) ? TEXT_MAX - TEXT_MIN : 60);
    int64_t most = 0;
    if (size > 100 && doze_get_option(&s->dtls.socket, DOZE_OPT_PAYLOAD_MTU, &most) == DOZE_OK &&
        most < (int64_t)size) {
        size = most < TEXT_MIN ? TEXT_MIN : (size_t)most;
    }
    swarm_write_text(text, size, SWARM_CLIENT_SAYS, ++s->said, s->wake);
    if (one_way) {
        text[strlen(SWARM_CLIENT_SAYS) + 8] = '?';
    } else {
        s->waiting_for = s->said;
    }
    return try_to_say(s, text, size, one_way);
}

/* ---- waking ---- */

static void boot(swarm *s) {
    swarm_tell(s, "boots");
    swarm_stop_client(s);
    if (s->broken) {
        return;
    }
    s->off = false;
    s->asleep = false;
    swarm_disturb_store(s);
    swarm_start_client(s);
    bool reading_fails = s->plan.store && swarm_strikes(s, SWARM_STORE_READ, NULL);
    s->vault.fail_reads = reading_fails ? 1 : 0;
    if (s->alive && s->plan.store && !swarm_one_in(s, 4)) {
        (void)swarm_load(s);
    }
    if (reading_fails && s->vault.fail_reads == 0) {
        swarm_count(s, SWARM_STORE_READ);
    }
}

static bool get_connected(swarm *s, uint64_t end) {
    doze_state state = swarm_state(s);
    if (state == DOZE_STATE_CLOSED || (state == DOZE_STATE_SHUTDOWN && s->prefers_connect)) {
        (void)swarm_connect(s);
    } else if (state == DOZE_STATE_SHUTDOWN) {
        (void)swarm_resume(s);
    }
    run_until_connected(s, end);
    if (!swarm_goes_on(s)) {
        return false;
    }
    s->prefers_connect = swarm_state(s) == DOZE_STATE_CONNECTED ? false : !s->prefers_connect;
    return swarm_state(s) == DOZE_STATE_CONNECTED;
}

/* After an association that is over there is a new one by sleep and wake. */
static void begin_anew(swarm *s, doze_result why) {
    if (why == DOZE_ERR_CLOSED_BY_PEER || why == DOZE_ERR_ALERT || why == DOZE_ERR_EXHAUSTED ||
        why == DOZE_ERR_HANDSHAKE || why == DOZE_ERR_NO_MEMORY) {
        (void)swarm_shutdown(s);
    }
}

static void say_until_answered(swarm *s, uint64_t end) {
    uint64_t pause = 5000;
    unsigned unanswered = 0;
    s->answered = false;
    while (swarm_goes_on(s) && !s->answered && s->w.now < end) {
        uint64_t until = s->w.now + pause < end ? s->w.now + pause : end;
        if (get_connected(s, end) && s->w.now < end) {
            if (s->plan.silence_limit == 0 && unanswered >= 2) {
                swarm_give_up_on_peer(s);
                unanswered = 0;
            }
            uint64_t begun = s->w.now;
            doze_result said = say(s, false);
            if (s->w.now != begun && said == DOZE_OK) {
                pause =
                    5000; /* a climb came first: to a new association another message is said, with its own patience */
            }
            if (said == DOZE_OK) { /* else the time for an answer is over, or nearly */
                until = s->w.now + pause < end ? s->w.now + pause : end;
            }
            listen(s, until, true);
            unanswered++;
            if (swarm_goes_on(s) && !s->answered) {
                begin_anew(s, said);
                s->prefers_connect = swarm_state(s) == DOZE_STATE_SHUTDOWN; /* maybe the server has moved */
            }
        }
        pause = pause < 15000 ? 2 * pause : 30000;
        if (swarm_goes_on(s) && !s->answered && s->w.now < until) {
            world_advance(&s->w, until - s->w.now);
        }
    }
}

/* ---- and more ---- */

static void say_more(swarm *s) {
    unsigned count = swarm_one_in(s, 4) ? 1 + swarm_dice(s, 6) : 0;
    bool one_way = swarm_one_in(s, 2);
    for (unsigned i = 0; i < count && swarm_goes_on(s) && swarm_state(s) == DOZE_STATE_CONNECTED; i++) {
        (void)say(s, one_way);
    }
    if (swarm_goes_on(s) && (count > 0 || swarm_one_in(s, 8))) {
        listen(s, s->w.now + swarm_dice(s, 8000), false);
    }
}

static void fall_asleep(swarm *s) {
    if (swarm_state(s) == DOZE_STATE_CLOSED || !swarm_goes_on(s)) {
        return;
    }
    doze_result result = swarm_shutdown(s);
    if (result != DOZE_OK && swarm_goes_on(s)) { /* it could not be held */
        doze_set_option(&s->udp.socket, DOZE_OPT_SLEEP, DOZE_SLEEP_DROP);
        result = swarm_shutdown(s);
        doze_set_option(&s->udp.socket, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    }
    if (result != DOZE_OK && swarm_goes_on(s)) {
        swarm_violate(s, "cannot sleep: %s", doze_strerror(result));
    }
    bool at_rest = doze_fd(&s->dtls.socket) == -1 && doze_next_timeout(&s->dtls.socket) == -1;
    if (!at_rest && swarm_goes_on(s)) {
        swarm_violate(s, "asleep, and there is something to wait for");
    }
    s->asleep = true;
}

static void stay_asleep(swarm *s) {
    uint64_t ms = 1000 + swarm_dice(s, s->plan.sleep_max);
    unsigned mappings = s->nat != NULL ? world_nat_mappings(s->nat) : 0;
    swarm_maybe_disturb_sleep(s, ms);
    if (mappings > 0 && !s->calm && s->plan.nat_timeout > 0 && ms > (uint64_t)s->plan.nat_timeout) {
        swarm_count(s, SWARM_NAT_EXPIRY);
    }
    if (s->order->sabotage == SWARM_SENT_IN_SLEEP && s->wake == 3) {
        (void)doze_resume(&s->tap.socket);
        (void)doze_send(&s->tap.socket, "\x17\xfe\xfd\0\0\0\0\0\0\0\0\0\0", 13);
        (void)doze_shutdown(&s->tap.socket);
    }
    world_advance(&s->w, ms);
}

/* ---- a life ---- */

static void choose_how_to_wake(swarm *s) {
    uint32_t how = swarm_dice(s, 100);
    bool asleep = swarm_state(s) == DOZE_STATE_SHUTDOWN;
    if (swarm_strikes(s, SWARM_RESTART, NULL)) {
        swarm_count(s, SWARM_RESTART);
        boot(s);
    } else if (how < 8) {
        s->prefers_connect = asleep;
    } else if (how < 12 && asleep) {
        (void)swarm_close(s); /* silent: the association is kept */
    } else if (how == 12) {
        (void)swarm_forget(s);
    }
}

static void live_through_wake(swarm *s) {
    s->clock_odd = s->w.now < s->frozen_until;
    s->prefers_connect = false;
    s->sent_before_wake = s->sent;
    choose_how_to_wake(s);
    uint64_t end = s->w.now + SWARM_PATIENCE;
    say_until_answered(s, end);
    s->report->wakes++;
    s->report->answered += s->answered;
    bool answered = s->answered && s->order->sabotage != SWARM_NEVER_RECOVERS;
    swarm_tell(s, answered ? "answered" : "not answered");
    say_more(s);
    if (s->off) {
        world_advance(&s->w, 1000 + swarm_dice(s, 60000));
        boot(s);
    } else if (swarm_goes_on(s) && swarm_one_in(s, 40)) {
        (void)swarm_close(s); /* with a goodbye */
    }
    if (s->calm && answered && s->recovered_at == 0) {
        s->recovered_at = s->wake;
    }
    unsigned deadline = s->plan.wakes - SWARM_CALM_WAKES + SWARM_GRACE;
    if (!s->broken && s->calm && !answered && (s->wake >= deadline || s->recovered_at != 0)) {
        swarm_violate(s, "all is well for %u wakes, and nobody answers", s->wake - (s->plan.wakes - SWARM_CALM_WAKES));
    }
}

void swarm_live(swarm *s) {
    for (unsigned wake = 1; wake <= s->plan.wakes && !s->broken; wake++) {
        swarm_begin_wake(s, wake);
        if (!s->calm && s->order->loss == 0 && wake > s->plan.wakes - SWARM_CALM_WAKES) {
            swarm_calm_down(s);
        }
        if (s->order->skipped != NULL && s->order->skipped[wake]) {
            continue;
        }
        live_through_wake(s);
        if (!s->broken) {
            fall_asleep(s);
        }
        if (swarm_goes_on(s)) {
            stay_asleep(s);
        } else if (s->off && !s->broken) {
            boot(s);
        }
    }
}
