/* SPDX-License-Identifier: Apache-2.0 */
#include "story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    CONNECT_MS = 30000, /* far more than any of the servers needs */
    SLEEPS = 3,
    MESSAGE_MAX = 1024,
};

int story_setup(void **state) {
    *state = calloc(1, sizeof(story));
    return *state == NULL ? -1 : 0;
}

int story_teardown(void **state) {
    story *s = *state;
    client_close(&s->client);
    server_stop(&s->server);
    free(s);
    return 0;
}

void story_start(story *s, const server_command *command, const client_settings *settings) {
    if (!server_start(&s->server, command)) {
        fail_msg("%s does not start", command->arguments[0]);
    }
    if (s->host == NULL) {
        s->host = command->ipv6 ? "::1" : "127.0.0.1";
    }
    if (s->exchange == NULL) {
        s->exchange = story_echo;
    }
    client_open(&s->client, settings);
}

/* ---- messages ---- */

static size_t ask(story *s, const void *question, size_t size, char answer[MESSAGE_MAX]) {
    size_t answer_size = 0;
    doze_result sent = doze_send(s->client.socket, question, size);
    sent = sent == DOZE_NEW_CONTEXT ? doze_send(s->client.socket, question, size) : sent;
    assert_int_equal(sent, DOZE_OK);
    assert_int_equal(doze_recv_wait(s->client.socket, answer, MESSAGE_MAX, &answer_size), DOZE_OK);
    return answer_size;
}

/* A line: terminals want one. */
void story_echo(story *s) {
    char question[64];
    char answer[MESSAGE_MAX];
    int size = snprintf(question, sizeof(question), "doze's message number %u, to be echoed\n", ++s->exchanges);
    tap_forbid(&s->client.tap, question, (size_t)size);
    assert_int_equal(ask(s, question, (size_t)size, answer), size);
    assert_memory_equal(answer, question, (size_t)size);
}

void story_coap(story *s) {
    enum { HEADER = 4, TOKEN = 4, CON = 0x40, ACK = 0x60, GET = 0x01, CONTENT = 0x45 };
    unsigned char number = (unsigned char)++s->exchanges;
    unsigned char question[HEADER + TOKEN] = {CON | TOKEN, GET, 0xd0, number, 't', 'o', 'k', number};
    unsigned char answer[MESSAGE_MAX];
    tap_forbid(&s->client.tap, question, sizeof(question));
    assert_in_range(ask(s, question, sizeof(question), (char *)answer), sizeof(question), MESSAGE_MAX);
    assert_int_equal(answer[0], ACK | TOKEN);
    assert_int_equal(answer[1], CONTENT);
    assert_memory_equal(answer + 2, question + 2, 2 + TOKEN);
}

/* ---- connections ---- */

void story_connect(story *s, doze_rung expected) {
    client *c = &s->client;
    doze_result result = doze_connect_wait(c->socket, s->host, s->server.port, CONNECT_MS);
    if (result != DOZE_OK) {
        fail_msg("%s (-0x%04x)", doze_strerror(result), (unsigned)-doze_cause(c->socket));
    }
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CONNECTED);
    assert_int_equal(client_option(c, DOZE_OPT_RUNG), expected);
    assert_int_equal(client_option(c, DOZE_OPT_SESSION_RESUMED), expected == DOZE_RUNG_RESUMED);
    assert_int_equal(client_option(c, DOZE_OPT_CONTEXT_CONTINUED), expected == DOZE_RUNG_KEPT);
    assert_int_not_equal(client_option(c, DOZE_OPT_SUITE), 0);
}

doze_result story_connect_in_vain(story *s) {
    client *c = &s->client;
    doze_result result = doze_connect_wait(c->socket, s->host, s->server.port, CONNECT_MS);
    assert_int_not_equal(result, DOZE_OK);
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CLOSED);
    assert_int_equal(c->tap.count[TAP_UP].application, 0);
    assert_int_equal(doze_send(c->socket, "x", 1), DOZE_ERR_STATE);
    tap_check(&c->tap);
    return result;
}

void story_full_handshake(story *s) {
    story_connect(s, DOZE_RUNG_HANDSHAKE);
    assert_true(s->client.tap.count[TAP_UP].handshake > 0);
    s->exchange(s);
    tap_check(&s->client.tap);
}

/* ---- sleep ---- */

static void sleep_and_wake(story *s) {
    client *c = &s->client;
    uint16_t port = doze_local_port(c->socket);
    tap_clear(&c->tap);
    assert_int_equal(tap_shutdown(&c->tap, c->socket), DOZE_OK);
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_SHUTDOWN);
    assert_int_equal(doze_fd(c->socket), -1);
    assert_int_equal(doze_resume(c->socket), DOZE_OK);
    assert_int_equal(client_option(c, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    assert_int_equal(client_option(c, DOZE_OPT_CONTEXT_CONTINUED), 1);
    assert_int_equal(client_option(c, DOZE_OPT_PORT_KEPT), 1);
    assert_int_equal(doze_local_port(c->socket), port);
    s->exchange(s);
    for (int direction = 0; direction < TAP_DIRECTIONS; direction++) {
        assert_int_equal(c->tap.count[direction].datagrams, 1);
        assert_int_equal(c->tap.count[direction].handshake, 0);
        assert_int_equal(c->tap.count[direction].alerts, 0);
    }
    tap_check(&c->tap);
}

static void sleep_and_wake_often(story *s) {
    for (int i = 0; i < SLEEPS; i++) {
        sleep_and_wake(s);
    }
}

void story_sleeps(story *s, doze_sleep how) {
    assert_int_equal(doze_set_option(s->client.socket, DOZE_OPT_SLEEP, how), DOZE_OK);
    story_full_handshake(s);
    sleep_and_wake_often(s);
}

void story_resumption(story *s) {
    client *c = &s->client;
    story_full_handshake(s);
    tap_clear(&c->tap);
    assert_int_equal(doze_close(c->socket), DOZE_OK);
    assert_int_equal(c->tap.count[TAP_UP].alerts, 1); /* close_notify */
    story_connect(s, DOZE_RUNG_RESUMED);
    s->exchange(s);
    sleep_and_wake_often(s);
}
