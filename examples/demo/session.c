/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "complain.h"

enum { HANDSHAKE_TIME = 15000, ANSWER_TIME = 5000, GOODBYE_TIME = 1000 }; /* ms at most */

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

static bool open_client(session *s, doze_cid cid) {
    const doze_dtls_settings dtls = {
        .clock = doze_posix_clock(),
        .random = doze_posix_random(),
        .psk = {.identity = {s->server->identity, strlen(s->server->identity)},
                .key = {s->server->key, s->server->key_size}},
        .cid = cid,
    };
    const doze_udp_settings udp = {.net = doze_posix_net()};
    doze_result result = doze_dtls_config_init(&s->config, &dtls);
    if (result != DOZE_OK) {
        return complain("the client's configuration: %s", doze_strerror(result));
    }
    result = doze_udp_init(&s->udp, &udp);
    if (result == DOZE_OK) {
        result = doze_dtls_init(&s->dtls, &s->config, &s->udp.socket);
    }
    if (result != DOZE_OK) {
        doze_dtls_config_deinit(&s->config);
        return complain("the client does not start: %s", doze_strerror(result));
    }
    s->socket = &s->dtls.socket;
    return true;
}

static bool open_relay(session *s) {
    if (!relay_open(&s->relay, server_address(s->server))) {
        return complain("no way to %s: %s", s->server->text, strerror(errno));
    }
    return true;
}

bool session_open(session *s, server *with, doze_cid cid) {
    *s = (session){.server = with};
    if (!open_relay(s)) {
        return false;
    }
    if (!open_client(s, cid)) {
        relay_close(&s->relay);
        return false;
    }
    return true;
}

void session_close(session *s) {
    doze_deinit(s->socket);
    doze_deinit(&s->udp.socket);
    doze_dtls_config_deinit(&s->config);
    relay_close(&s->relay);
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
        doze_result result = finish(s, doze_connect(s->socket, "127.0.0.1", s->relay.inside_port), end);
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

static bool send_message(session *s, const char *what, const void *message, size_t size, uint64_t end) {
    doze_result result;
    while ((result = doze_send(s->socket, message, size)) > DOZE_OK) {
        bool told = result == DOZE_NEW_CONTEXT; /* and the next try sends */
        if (!told && !turn(s, POLLIN | POLLOUT, end)) {
            break;
        }
    }
    if (result == DOZE_OK) {
        return true;
    }
    return complain("%s: not sent: %s", what, doze_strerror(result));
}

bool session_exchange(session *s, const char *what, const void *message, size_t size) {
    uint64_t end = now() + ANSWER_TIME;
    if (!send_message(s, what, message, size, end)) {
        return false;
    }
    doze_result result;
    while ((result = doze_recv(s->socket, s->answer, sizeof(s->answer), &s->answer_size)) == DOZE_WOULD_BLOCK) {
        if (!turn(s, POLLIN, end)) {
            return complain("%s: %s answers nothing within %d s", what, s->server->text, ANSWER_TIME / 1000);
        }
        (void)doze_step(s->socket); /* what it may have to say, doze_recv() says too */
    }
    settle(s);
    if (result != DOZE_OK) {
        return complain("%s: no answer: %s (cause %d)", what, doze_strerror(result), doze_cause(s->socket));
    }
    if (s->server->ours && (s->answer_size != size || memcmp(s->answer, message, size) != 0)) {
        return complain("%s: the answer is not what the test server was sent", what);
    }
    return true;
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
