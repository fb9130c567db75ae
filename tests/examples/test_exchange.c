/* SPDX-License-Identifier: Apache-2.0 */
/* Confirmable exchanges over a plain socket: what RFC 7252 section 4 asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "coap/exchange.h"
#include "doze/udp.h"
#include "kit/kit.h"

enum { KEPT = 16 };

/* A client, and a server that keeps what it gets and says what it is told to. */
typedef struct scene {
    world w;
    world_host *host;
    world_server *server;
    doze_udp udp;
    kit_source source;
    exchange e;
    doze_endpoint client; /* as the server knows it */
    unsigned got;
    uint64_t when[KEPT];
    message messages[KEPT];
    uint8_t bytes[KEPT][MESSAGE_MAX];
    unsigned requests; /* of the server's, that were handed on */
    uint8_t code;      /* to answer them by */
    size_t payload_size;
} scene;

static void receive(void *context, const doze_endpoint *from, const void *data, size_t size) {
    scene *s = context;
    assert_in_range(s->got, 0, KEPT - 1);
    memcpy(s->bytes[s->got], data, size);
    assert_int_equal(message_parse(&s->messages[s->got], s->bytes[s->got], size), MESSAGE_OK);
    s->when[s->got++] = world_now(&s->w);
    s->client = *from;
}

static void on_request(void *context, const message *request, message *response) {
    static const uint8_t payload[2 * MESSAGE_MAX];
    scene *s = context;
    (void)request;
    s->requests++;
    response->code = s->code;
    response->payload = payload;
    response->payload_size = s->payload_size;
}

static int set_up(void **state) {
    scene *s = test_calloc(1, sizeof(*s));
    const world_service service = {.receive = receive, .context = s};
    world_init(&s->w, 1);
    s->host = world_add_host(&s->w, KIT_HOST);
    s->server = world_serve(&s->w, KIT_SERVER, 5683, &service);
    s->source = (kit_source){world_random(&s->w), false};
    s->code = CODE_CONTENT;
    assert_int_equal(doze_udp_init(&s->udp, &(doze_udp_settings){.net = world_host_net(s->host)}), DOZE_OK);
    assert_int_equal(doze_connect(&s->udp.socket, KIT_SERVER, 5683), DOZE_OK);
    const exchange_settings settings = {&s->udp.socket, world_clock(&s->w), {kit_draw, &s->source}, on_request, s};
    exchange_init(&s->e, &settings);
    *state = s;
    return 0;
}

static int tear_down(void **state) {
    scene *s = *state;
    doze_deinit(&s->udp.socket);
    world_set_plug(s->server, WORLD_SILENT);
    world_deinit(&s->w);
    test_free(s);
    return 0;
}

static exchange_state run(scene *s, uint64_t ms) {
    uint64_t end = world_now(&s->w) + ms;
    while (exchange_step(&s->e), world_now(&s->w) < end) {
        uint64_t pass = end - world_now(&s->w);
        int64_t network = world_next(&s->w);
        int32_t timeout = exchange_next_timeout(&s->e);
        pass = network >= 0 && (uint64_t)network < pass ? (uint64_t)network : pass;
        pass = timeout >= 0 && (uint64_t)timeout < pass ? (uint64_t)timeout : pass;
        world_advance(&s->w, pass);
    }
    return s->e.state;
}

static void start(scene *s, uint8_t code) {
    message m;
    message_begin(&m, MESSAGE_CON, code);
    message_add_text(&m, OPTION_URI_PATH, "x");
    assert_int_equal(exchange_start(&s->e, &m), DOZE_OK);
    (void)run(s, 100);
    assert_int_equal(s->got, 1);
}

/* From the server: with the token of what it got first, and its ID where `id` is 0. */
static void say(scene *s, message_type type, uint8_t code, uint16_t id) {
    uint8_t out[64];
    message m;
    message_begin(&m, type, code);
    m.id = id != 0 ? id : s->messages[0].id;
    if (code != CODE_EMPTY) {
        m.token_size = s->messages[0].token_size;
        memcpy(m.token, s->messages[0].token, sizeof(m.token));
    }
    world_server_send(s->server, &s->client, out, message_encode(&m, out, sizeof(out)));
    (void)run(s, 100);
}

static void expect(const scene *s, unsigned number, message_type type, uint8_t code, uint16_t id) {
    assert_in_range(number, 0, s->got - 1);
    assert_int_equal(s->messages[number].type, type);
    assert_int_equal(s->messages[number].code, code);
    assert_int_equal(s->messages[number].id, id);
}

/* ---- repetition ---- */

static void a_request_without_answer_is_repeated_four_times_and_given_up(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    assert_int_equal(run(s, 100000), EXCHANGE_TIMED_OUT);
    assert_int_equal(s->got, 1 + EXCHANGE_MAX_RETRANSMIT);
    uint64_t first = s->when[1] - s->when[0];
    assert_in_range(first, EXCHANGE_ACK_TIMEOUT, EXCHANGE_ACK_TIMEOUT * 3 / 2);
    for (unsigned i = 1; i <= EXCHANGE_MAX_RETRANSMIT; i++) {
        assert_int_equal(s->when[i] - s->when[i - 1], first << (i - 1));
        assert_memory_equal(s->bytes[i], s->bytes[0], 8);
    }
    assert_int_equal(s->e.tries, 5);
    assert_int_equal(exchange_next_timeout(&s->e), -1);
}

static void what_the_host_does_not_send_is_repeated_like_what_is_lost(void **state) {
    scene *s = *state;
    message m;
    world_fail_next(s->host, WORLD_OP_SEND, DOZE_ERR_NO_BUFFERS, 105, 2);
    message_begin(&m, MESSAGE_CON, CODE_GET);
    assert_int_equal(exchange_start(&s->e, &m), DOZE_OK);
    assert_int_equal(run(s, 10000), EXCHANGE_WAITING);
    assert_int_equal(s->got, 1);
    say(s, MESSAGE_ACK, CODE_CONTENT, 0);
    assert_int_equal(s->e.state, EXCHANGE_ANSWERED);
}

static void an_icmp_error_is_a_hint_and_no_more(void **state) {
    scene *s = *state;
    world_set_plug(s->server, WORLD_REFUSING);
    message m;
    message_begin(&m, MESSAGE_CON, CODE_GET);
    assert_int_equal(exchange_start(&s->e, &m), DOZE_OK);
    assert_int_equal(run(s, 4000), EXCHANGE_WAITING);
    world_set_plug(s->server, WORLD_SERVING);
    assert_int_equal(run(s, 10000), EXCHANGE_WAITING);
    assert_int_not_equal(s->got, 0);
}

/* ---- answers ---- */

static void an_answer_may_come_with_the_acknowledgement(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    say(s, MESSAGE_ACK, CODE_CONTENT, 0);
    assert_int_equal(s->e.state, EXCHANGE_ANSWERED);
    assert_int_equal(exchange_answer(&s->e)->code, CODE_CONTENT);
    assert_int_equal(run(s, 100000), EXCHANGE_ANSWERED);
    assert_int_equal(s->got, 1);
}

static void an_answer_may_come_separately_and_again(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    say(s, MESSAGE_ACK, CODE_EMPTY, 0);
    assert_int_equal(s->e.state, EXCHANGE_ACKNOWLEDGED);
    assert_int_equal(run(s, 60000), EXCHANGE_ACKNOWLEDGED);
    assert_int_equal(s->got, 1); /* what is acknowledged is not repeated */
    say(s, MESSAGE_CON, CODE_CONTENT, 900);
    assert_int_equal(s->e.state, EXCHANGE_ANSWERED);
    expect(s, 1, MESSAGE_ACK, CODE_EMPTY, 900);
    say(s, MESSAGE_CON, CODE_CONTENT, 900); /* our acknowledgement was lost */
    expect(s, 2, MESSAGE_ACK, CODE_EMPTY, 900);
    say(s, MESSAGE_CON, CODE_CONTENT, 901); /* nobody asked for this one */
    expect(s, 3, MESSAGE_RST, CODE_EMPTY, 901);
}

static void an_answer_may_overtake_its_acknowledgement(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    say(s, MESSAGE_NON, CODE_NOT_FOUND, 901);
    assert_int_equal(s->e.state, EXCHANGE_ANSWERED);
    say(s, MESSAGE_ACK, CODE_EMPTY, 0);
    assert_int_equal(s->e.state, EXCHANGE_ANSWERED);
    assert_int_equal(s->got, 1);
}

static void an_acknowledgement_without_an_answer_times_out(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    say(s, MESSAGE_ACK, CODE_EMPTY, 0);
    assert_int_equal(run(s, EXCHANGE_MAX_TRANSMIT_WAIT - 1000), EXCHANGE_ACKNOWLEDGED);
    assert_int_equal(run(s, 2000), EXCHANGE_TIMED_OUT);
}

static void a_reset_ends_it(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    say(s, MESSAGE_RST, CODE_EMPTY, 0);
    assert_int_equal(s->e.state, EXCHANGE_RESET);
}

static void what_belongs_to_another_exchange_is_ignored(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    uint16_t other = (uint16_t)(s->messages[0].id + 1);
    say(s, MESSAGE_ACK, CODE_CONTENT, other);
    say(s, MESSAGE_ACK, CODE_EMPTY, other);
    say(s, MESSAGE_RST, CODE_EMPTY, other);
    assert_int_equal(s->e.state, EXCHANGE_WAITING);
    s->messages[0].token[0] ^= 1;
    say(s, MESSAGE_ACK, CODE_CONTENT, 0);
    assert_int_equal(s->e.state, EXCHANGE_WAITING);
    assert_int_equal(s->got, 1);
    s->messages[0].token[0] ^= 1;
    say(s, MESSAGE_ACK, CODE_CONTENT, 0);
    assert_int_equal(s->e.state, EXCHANGE_ANSWERED);
}

static void a_notification_ends_with_its_acknowledgement(void **state) {
    scene *s = *state;
    start(s, CODE_CONTENT);
    assert_int_equal(s->messages[0].type, MESSAGE_CON);
    say(s, MESSAGE_ACK, CODE_EMPTY, 0);
    assert_int_equal(s->e.state, EXCHANGE_ANSWERED);
    assert_int_equal(run(s, 100000), EXCHANGE_ANSWERED);
    assert_int_equal(s->got, 1);
}

static void tokens_and_ids_are_new_each_time(void **state) {
    scene *s = *state;
    message m;
    for (int i = 0; i < 2; i++) {
        message_begin(&m, MESSAGE_CON, CODE_GET);
        assert_int_equal(exchange_start(&s->e, &m), DOZE_OK);
        (void)run(s, 100);
    }
    assert_int_equal(s->got, 2);
    assert_int_not_equal(s->messages[0].id, s->messages[1].id);
    assert_int_equal(s->messages[0].token_size, 4);
    assert_memory_not_equal(s->messages[0].token, s->messages[1].token, 4);
}

/* ---- requests of the other side ---- */

static void a_request_is_answered_once_for_all_its_copies(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    for (int i = 0; i < 3; i++) {
        say(s, MESSAGE_CON, CODE_PUT, 700);
    }
    assert_int_equal(s->requests, 1);
    assert_int_equal(s->got, 4);
    expect(s, 3, MESSAGE_ACK, CODE_CONTENT, 700);
    (void)run(s, EXCHANGE_LIFETIME);
    unsigned before = s->got;
    say(s, MESSAGE_CON, CODE_PUT, 700); /* by now it is another one */
    assert_int_equal(s->requests, 2);
    assert_int_equal(s->got, before + 1);
}

static void a_non_confirmable_request_gets_one_answer(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    say(s, MESSAGE_NON, CODE_PUT, 700);
    say(s, MESSAGE_NON, CODE_PUT, 700);
    assert_int_equal(s->got, 2);
    assert_int_equal(s->messages[1].type, MESSAGE_NON);
    assert_int_equal(s->messages[1].code, CODE_CONTENT);
}

static void an_answer_that_does_not_fit_is_a_server_error(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    s->payload_size = MESSAGE_MAX;
    say(s, MESSAGE_CON, CODE_GET, 700);
    expect(s, 1, MESSAGE_ACK, CODE_SERVER_ERROR, 700);
}

static void a_request_may_be_acknowledged_and_not_answered(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    s->code = CODE_EMPTY;
    say(s, MESSAGE_CON, CODE_GET, 700);
    expect(s, 1, MESSAGE_ACK, CODE_EMPTY, 700);
    assert_int_equal(s->messages[1].token_size, 0);
    say(s, MESSAGE_NON, CODE_GET, 701);
    assert_int_equal(s->got, 2);
}

static void without_a_handler_nothing_is_found(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    s->e.settings.on_request = NULL;
    say(s, MESSAGE_CON, CODE_GET, 700);
    expect(s, 1, MESSAGE_ACK, CODE_NOT_FOUND, 700);
}

static void a_ping_is_answered_by_a_reset(void **state) {
    scene *s = *state;
    start(s, CODE_GET);
    say(s, MESSAGE_CON, CODE_EMPTY, 700);
    expect(s, 1, MESSAGE_RST, CODE_EMPTY, 700);
}

/* ---- limits ---- */

static void what_cannot_be_sent_is_not_started(void **state) {
    static const uint8_t much[MESSAGE_MAX];
    scene *s = *state;
    message m;
    message_begin(&m, MESSAGE_CON, CODE_POST);
    m.payload = much;
    m.payload_size = sizeof(much);
    assert_int_equal(exchange_start(&s->e, &m), DOZE_ERR_TOO_LONG);
    assert_int_equal(s->e.state, EXCHANGE_IDLE);
    s->source.fails = true;
    m.payload_size = 0;
    assert_int_equal(exchange_start(&s->e, &m), DOZE_ERR_RANDOM);
    assert_int_equal(s->e.state, EXCHANGE_IDLE);
    (void)run(s, 100);
    assert_int_equal(s->got, 0);
}

static void what_is_longer_than_any_message_is_dropped(void **state) {
    static const uint8_t much[MESSAGE_MAX + 1] = {0x40, 0x01, 0, 1, 0xff};
    scene *s = *state;
    start(s, CODE_GET);
    world_server_send(s->server, &s->client, much, sizeof(much));
    (void)run(s, 100);
    assert_int_equal(s->e.malformed, 1);
    assert_int_equal(s->requests, 0);
    world_server_send(s->server, &s->client, much, MESSAGE_MAX);
    (void)run(s, 100);
    assert_int_equal(s->requests, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_request_without_answer_is_repeated_four_times_and_given_up),
        TEST(what_the_host_does_not_send_is_repeated_like_what_is_lost),
        TEST(an_icmp_error_is_a_hint_and_no_more),
        TEST(an_answer_may_come_with_the_acknowledgement),
        TEST(an_answer_may_come_separately_and_again),
        TEST(an_answer_may_overtake_its_acknowledgement),
        TEST(an_acknowledgement_without_an_answer_times_out),
        TEST(a_reset_ends_it),
        TEST(what_belongs_to_another_exchange_is_ignored),
        TEST(a_notification_ends_with_its_acknowledgement),
        TEST(tokens_and_ids_are_new_each_time),
        TEST(a_request_is_answered_once_for_all_its_copies),
        TEST(a_non_confirmable_request_gets_one_answer),
        TEST(an_answer_that_does_not_fit_is_a_server_error),
        TEST(a_request_may_be_acknowledged_and_not_answered),
        TEST(without_a_handler_nothing_is_found),
        TEST(a_ping_is_answered_by_a_reset),
        TEST(what_cannot_be_sent_is_not_started),
        TEST(what_is_longer_than_any_message_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
