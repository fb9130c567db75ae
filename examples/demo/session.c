/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <unistd.h>

#include "complain.h"

/* ms at most */
enum { HANDSHAKE_TIME = 15000, ANSWER_TIME = 5000, HASTY_ANSWER_TIME = 200, GOODBYE_TIME = 1000 };
enum { HASTY_TIMER = 100 }; /* ms */

/* ---- the event loop ---- */

static uint64_t now(void) {
    doze_clock clock = doze_posix_clock();
    return clock.now(clock.context);
}

static int sooner(int a, int b) {
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* Waits until something arrives or is due, at most until `end`, and lets relay and server do their part. False when
 * `end` had passed before. The client's part, doze_step(), is for the caller, who wants its result. */
static bool turn(session *s, short events, uint64_t end) {
    uint64_t time = now();
    if (time >= end) {
        return false;
    }
    struct pollfd items[] = {
        {.fd = doze_fd(s->socket), .events = events}, /* poll() passes over -1 */
        {.fd = s->relay.inside, .events = POLLIN},
        {.fd = s->relay.outside, .events = POLLIN},
        {.fd = server_fd(s->server), .events = POLLIN},
    };
    int timeout = sooner(doze_next_timeout(s->socket), server_next_timeout(s->server));
    (void)poll(items, sizeof(items) / sizeof(items[0]), sooner(timeout, (int)(end - time)));
    relay_pump(&s->relay);
    server_pump(s->server);
    return true;
}

/* What has been sent goes all the way. */
static void settle(session *s) {
    relay_pump(&s->relay);
    server_pump(s->server);
    relay_pump(&s->relay);
}

static bool nobody_listens(const session *s) {
    return s->relay.refused && s->relay.tally.datagrams[DOWN] == 0;
}

/* Drives what connect or resume began to its end. */
static doze_result finish(session *s, doze_result result, uint64_t end) {
    while (result == DOZE_IN_PROGRESS) {
        if (nobody_listens(s)) {
            return DOZE_ERR_REFUSED;
        }
        if (!turn(s, POLLIN, end)) {
            return DOZE_ERR_TIMEOUT;
        }
        result = doze_step(s->socket);
    }
    return result;
}

/* ---- open and close ---- */

static bool open_client(session *s, doze_cid cid, patience p, bool store) {
    device *d = &s->device;
    d->firmware.udp = (doze_udp_settings){.net = doze_posix_net(), .resolver = &s->names.resolver};
    d->firmware.dtls = (doze_dtls_settings){
        .clock = doze_posix_clock(),
        .random = doze_posix_random(),
        .psk = {.identity = {s->server->identity, strlen(s->server->identity)},
                .key = {s->server->key, s->server->key_size}},
        .cid = cid,
        .handshake_timer_min = p == HASTY ? HASTY_TIMER : 0,
    };
    s->socket = &d->ram.dtls.socket;
    return (!store || flash_make(&d->flash)) && device_power_on(d);
}

static bool open_relay(session *s) {
    if (!relay_open(&s->relay, server_address(s->server))) {
        return complain("no way to %s: %s", s->server->text, strerror(errno));
    }
    return true;
}

bool session_open(session *s, server *with, doze_cid cid, patience p, bool store) {
    *s = (session){.server = with, .intruder = -1};
    if (!open_relay(s)) {
        return false;
    }
    names_init(&s->names, s->relay.inside_host);
    if (!open_client(s, cid, p, store)) {
        session_close(s);
        return false;
    }
    return true;
}

void session_close(session *s) {
    device_power_off(&s->device);
    flash_remove(&s->device.flash);
    relay_close(&s->relay);
    if (s->intruder >= 0) {
        (void)close(s->intruder);
    }
}

/* ---- the client's verbs ---- */

int64_t session_option(session *s, doze_option option) {
    int64_t value = -1;
    (void)doze_get_option(s->socket, option, &value);
    return value;
}

static bool explain(session *s, const char *what, doze_result result) {
    const char *who = s->server->text;
    int alert = (int)session_option(s, DOZE_OPT_ALERT);
    if (alert >= 0 && (result == DOZE_ERR_ALERT || result == DOZE_ERR_TIMEOUT)) {
        return complain("%s: %s refuses the handshake with alert %d (RFC 5246 section 7.2)", what, who, alert);
    }
    if (result == DOZE_ERR_TIMEOUT) {
        return complain(
            "%s: no handshake with %s within %d s: %u datagrams went up, %u came down; when identity or key "
            "are wrong, some servers just fall silent",
            what, who, HANDSHAKE_TIME / 1000, s->relay.tally.datagrams[UP], s->relay.tally.datagrams[DOWN]);
    }
    if (result == DOZE_ERR_REFUSED) {
        return complain("%s: nothing listens at %s", what, who);
    }
    return complain("%s: no handshake with %s: %s (cause %d)", what, who, doze_strerror(result), doze_cause(s->socket));
}

bool session_connect(session *s) {
    for (;;) {
        uint64_t end = now() + HANDSHAKE_TIME;
        doze_result result = finish(s, doze_connect(s->socket, NAMES_HOST, s->relay.inside_port), end);
        if (result == DOZE_OK) {
            return true;
        }
        if (result != DOZE_ERR_REFUSED || !server_try_next_address(s->server)) {
            return explain(s, "connect", result);
        }
        relay_close(&s->relay);
        doze_forget(s->socket);
        if (!open_relay(s)) {
            return false;
        }
    }
}

/* DOZE_OK, DOZE_NEW_CONTEXT, or what came in between. */
static doze_result send_message(session *s, const void *message, size_t size) {
    uint64_t end = now() + HANDSHAKE_TIME;
    doze_result result;
    while ((result = doze_send(s->socket, message, size)) == DOZE_IN_PROGRESS || result == DOZE_WOULD_BLOCK) {
        if (result == DOZE_IN_PROGRESS) { /* it looks for a better way to a silent server */
            result = finish(s, result, end);
        } else if (!turn(s, POLLIN | POLLOUT, end)) {
            result = DOZE_ERR_TIMEOUT;
        }
        if (result < DOZE_OK) {
            return result;
        }
    }
    return result;
}

/* However slow this machine is at the moment: it is the silence that is to be heard, and doze waits for at least twice
 * the last round trip. */
static uint64_t answer_time(const session *s, patience p) {
    uint64_t slow = 3 * s->round_trip;
    return p == PATIENT ? ANSWER_TIME : slow > HASTY_ANSWER_TIME ? slow : HASTY_ANSWER_TIME;
}

static doze_result receive_message(session *s, uint64_t end) {
    doze_result result;
    bool late = false;
    while ((result = doze_recv(s->socket, s->answer, sizeof(s->answer), &s->answer_size)) == DOZE_WOULD_BLOCK) {
        if (late) {
            return DOZE_ERR_TIMEOUT;
        }
        late = !turn(s, POLLIN, end);
        if (late) {
            settle(s); /* and once more, as nobody may have looked in time */
        }
        (void)doze_step(s->socket); /* what it may have to say, doze_recv() says too */
    }
    settle(s);
    return result;
}

outcome session_ask(session *s, const char *what, const void *message, size_t size, patience p) {
    uint64_t begun = now();
    doze_result result = send_message(s, message, size);
    if (result == DOZE_NEW_CONTEXT) {
        return NEW_CONTEXT;
    }
    if (result != DOZE_OK) {
        (void)complain("%s: not sent: %s (cause %d)", what, doze_strerror(result), doze_cause(s->socket));
        return FAILED;
    }
    result = receive_message(s, now() + answer_time(s, p));
    if (result == DOZE_ERR_TIMEOUT) {
        return UNANSWERED;
    }
    if (result != DOZE_OK) {
        (void)complain("%s: no answer: %s (cause %d)", what, doze_strerror(result), doze_cause(s->socket));
        return FAILED;
    }
    s->round_trip = now() - begun;
    if (s->server->ours && (s->answer_size != size || memcmp(s->answer, message, size) != 0)) {
        (void)complain("%s: the answer is not what the test server was sent", what);
        return FAILED;
    }
    return ANSWERED;
}

bool session_sleep(session *s, const char *what) {
    doze_result result = doze_shutdown(s->socket);
    settle(s);
    return result == DOZE_OK || complain("%s: falling asleep: %s", what, doze_strerror(result));
}

bool session_wake(session *s, const char *what) {
    doze_result result = finish(s, doze_resume(s->socket), now() + HANDSHAKE_TIME);
    return result == DOZE_OK || explain(s, what, result);
}

/* To close a sleeping socket sends nothing, and keeps the association for the next connect to the same name. */
static bool come_back(session *s, const char *what, const char *local_host) {
    uint16_t port = doze_local_port(s->socket);
    doze_result result = doze_close(s->socket);
    if (result == DOZE_OK && local_host != NULL) {
        result = doze_bind(s->socket, local_host, port);
    }
    if (result != DOZE_OK) {
        return complain("%s: coming back: %s (cause %d)", what, doze_strerror(result), doze_cause(s->socket));
    }
    uint64_t end = now() + HANDSHAKE_TIME;
    result = finish(s, doze_connect(s->socket, NAMES_HOST, s->relay.inside_port), end);
    return result == DOZE_OK || explain(s, what, result);
}

bool session_wake_elsewhere(session *s, const char *what) {
    return come_back(s, what, "127.0.0.2");
}

bool session_wake_by_name(session *s, const char *what) {
    return come_back(s, what, NULL);
}

bool session_lose_power(session *s, const char *what) {
    (void)what;
    device_power_off(&s->device);
    return true;
}

bool session_power_up(session *s, const char *what) {
    if (!device_power_on(&s->device)) {
        return false;
    }
    doze_result result = doze_dtls_load(&s->device.ram.dtls, NAMES_HOST, s->relay.inside_port);
    if (result != DOZE_OK) {
        return complain("%s: going on from the store: %s (cause %d)", what, doze_strerror(result),
                        doze_cause(s->socket));
    }
    return session_wake(s, what);
}

bool session_goodbye(session *s) {
    uint64_t end = now() + GOODBYE_TIME;
    s->relay.tally = (tally){0};
    doze_result result = doze_close(s->socket);
    while (s->relay.tally.datagrams[UP] == 0) {
        if (!turn(s, POLLIN, end)) {
            return complain("saying goodbye: nothing came out of the client");
        }
    }
    settle(s);
    return result == DOZE_OK || complain("saying goodbye: %s", doze_strerror(result));
}
