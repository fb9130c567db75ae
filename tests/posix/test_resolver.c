/* SPDX-License-Identifier: Apache-2.0 */
/* c-ares, asking a name server of this test's own. */
#define _GNU_SOURCE 1 /* for accept4() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doze/posix.h"
#include "doze/udp.h"
#include "posix/resolver_ares.h"

#define PATIENCE    10000 /* ms until something that has to come counts as lost */
#define MAX_ANSWERS 3
#define TYPE_A      1
#define TYPE_AAAA   28
#define NXDOMAIN    3
#define SERVFAIL    2

/* ---- a name server (RFC 1035), which knows hosts by the first label of their names ---- */

typedef struct record_set {
    const char *label;
    bool by_tcp_only;
    uint8_t code;
    const char *v4[MAX_ANSWERS];
    const char *v6[MAX_ANSWERS];
} record_set;

static const record_set zone[] = {
    {"one", false, 0, {"127.0.0.7"}, {0}},
    {"three", false, 0, {"127.0.0.3", "127.0.0.2", "127.0.0.9"}, {0}},
    {"both", false, 0, {"127.0.0.4"}, {"::1"}},
    {"twice", false, 0, {"127.0.0.5", "127.0.0.5", "127.0.0.6"}, {0}},
    {"empty", false, 0, {0}, {0}},
    {"long", true, 0, {"127.0.0.8"}, {0}},
    {"broken", false, SERVFAIL, {0}, {0}},
};
static const record_set unknown = {"", false, NXDOMAIN, {0}, {0}};

typedef struct query {
    uint8_t bytes[1500];
    size_t question_end;
    struct sockaddr_in from;
    socklen_t from_size;
} query;

static int server;
static int listener; /* for TCP, at the same port; -1: none */
static int stream;   /* from the listener; -1: none */
static int queries;

static const record_set *find(const query *asked) {
    const uint8_t *label = asked->bytes + 12;
    for (size_t i = 0; i < sizeof(zone) / sizeof(zone[0]); i++) {
        if (strlen(zone[i].label) == label[0] && memcmp(zone[i].label, label + 1, label[0]) == 0) {
            return &zone[i];
        }
    }
    return &unknown;
}

static size_t add_answer(uint8_t *out, int type, const char *text) {
    uint8_t size = type == TYPE_A ? 4 : 16;
    const uint8_t head[12] = {0xc0, 12, 0, (uint8_t)type, 0, 1, 0, 0, 0, 60, 0, size};
    memcpy(out, head, sizeof(head));
    assert_int_equal(inet_pton(type == TYPE_A ? AF_INET : AF_INET6, text, out + sizeof(head)), 1);
    return sizeof(head) + size;
}

static size_t make_reply(const query *asked, bool by_tcp, uint8_t *out) {
    size_t size = asked->question_end;
    const record_set *set = find(asked);
    int type = asked->bytes[size - 3];
    const char *const *answers = type == TYPE_AAAA ? set->v6 : set->v4;
    bool truncated = set->by_tcp_only && !by_tcp;
    uint8_t count = 0;
    memcpy(out, asked->bytes, size);
    for (int i = 0; i < MAX_ANSWERS && answers[i] != NULL && !truncated; i++) {
        size += add_answer(out + size, type, answers[i]);
        count++;
    }
    const uint8_t head[10] = {truncated ? 0x83 : 0x81, (uint8_t)(0x80 | set->code), 0, 1, 0, count, 0, 0, 0, 0};
    memcpy(out + 2, head, sizeof(head));
    return size;
}

static void reply(const query *asked) {
    uint8_t out[1500];
    size_t size = make_reply(asked, false, out);
    ssize_t sent = sendto(server, out, size, 0, (const struct sockaddr *)&asked->from, asked->from_size);
    assert_int_equal(sent, (ssize_t)size);
}

static void find_question_end(query *asked) {
    size_t end = 12;
    while (asked->bytes[end] != 0) {
        end += asked->bytes[end] + 1U;
    }
    asked->question_end = end + 5;
}

static bool next_query(query *asked) {
    asked->from_size = sizeof(asked->from);
    ssize_t size = recvfrom(server, asked->bytes, sizeof(asked->bytes), MSG_DONTWAIT, (struct sockaddr *)&asked->from,
                            &asked->from_size);
    if (size < 0) {
        return false;
    }
    queries++;
    find_question_end(asked);
    return true;
}

/* A query and its reply have their length in front. */
static void serve_stream(void) {
    query asked;
    uint8_t out[1502];
    uint8_t length[2];
    if (recv(stream, length, 2, MSG_PEEK | MSG_DONTWAIT) != 2) {
        return;
    }
    assert_int_equal(recv(stream, length, 2, MSG_WAITALL), 2);
    ssize_t size = length[0] << 8 | length[1];
    assert_in_range(size, 17, sizeof(asked.bytes));
    assert_int_equal(recv(stream, asked.bytes, (size_t)size, MSG_WAITALL), size);
    find_question_end(&asked);
    size_t reply_size = make_reply(&asked, true, out + 2);
    out[0] = (uint8_t)(reply_size >> 8);
    out[1] = (uint8_t)reply_size;
    assert_int_equal(send(stream, out, reply_size + 2, 0), (ssize_t)reply_size + 2);
}

static void serve(void) {
    query asked;
    while (next_query(&asked)) {
        reply(&asked);
    }
    if (stream < 0 && listener >= 0) {
        stream = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    }
    if (stream >= 0) {
        serve_stream();
    }
}

/* ---- fixture ---- */

static doze_resolver *resolver;

static int start_server(void **state) {
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    char text[32];
    queries = 0;
    listener = stream = -1;
    server = socket(AF_INET, SOCK_DGRAM, 0);
    resolver = doze_ares_create();
    if (bind(server, (const struct sockaddr *)&address, size) != 0 ||
        getsockname(server, (struct sockaddr *)&address, &size) != 0) {
        return -1;
    }
    (void)snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return resolver != NULL && doze_ares_set_servers(resolver, text) == DOZE_OK ? 0 : -1;
}

static int stop_server(void **state) {
    (void)state;
    doze_ares_destroy(resolver);
    if (stream >= 0) {
        close(stream);
    }
    if (listener >= 0) {
        close(listener);
    }
    return close(server);
}

static doze_lookup *ask(const char *host, doze_family family) {
    doze_lookup *lookup = NULL;
    assert_int_equal(resolver->ops->start(resolver, host, family, &lookup), DOZE_OK);
    return lookup;
}

static doze_result step(doze_lookup *lookup) {
    return resolver->ops->step(resolver, lookup);
}

static void finish(doze_lookup *lookup) {
    resolver->ops->finish(resolver, lookup);
}

static void wait_readable(int fd) {
    struct pollfd item = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&item, 1, PATIENCE), 1);
}

/* Waits for nothing but what the lookup says and the server's socket. */
static doze_result run(doze_lookup *lookup) {
    doze_result result = step(lookup);
    while (result == DOZE_IN_PROGRESS) {
        struct pollfd items[4] = {{.fd = resolver->ops->fd(resolver, lookup), .events = POLLIN},
                                  {.fd = server, .events = POLLIN},
                                  {.fd = listener, .events = POLLIN},
                                  {.fd = stream, .events = POLLIN}};
        int32_t timeout = resolver->ops->next_timeout(resolver, lookup);
        assert_true(timeout >= 0);
        (void)poll(items, 4, timeout < PATIENCE ? timeout : PATIENCE);
        serve();
        result = step(lookup);
    }
    return result;
}

static void answers_are(const doze_lookup *lookup, const char *const *expected, size_t count) {
    doze_endpoint endpoint;
    for (size_t i = 0; i < count; i++) {
        char text[DOZE_ADDRESS_TEXT_SIZE];
        assert_true(resolver->ops->answer(resolver, lookup, i, &endpoint));
        assert_true(doze_posix_net()->ops->format(doze_posix_net(), &endpoint, text, sizeof(text)));
        assert_string_equal(text, expected[i]);
        assert_int_equal(endpoint.port, 0);
    }
    assert_false(resolver->ops->answer(resolver, lookup, count, &endpoint));
}

static void ends_with(const char *host, doze_family family, doze_result expected) {
    doze_lookup *lookup = ask(host, family);
    assert_int_equal(run(lookup), expected);
    finish(lookup);
}

/* ---- answers ---- */

static void answers_keep_their_order(void **state) {
    (void)state;
    static const char *const expected[] = {"127.0.0.3", "127.0.0.2", "127.0.0.9"};
    doze_lookup *lookup = ask("three.doze.test", DOZE_FAMILY_ANY);
    assert_int_equal(run(lookup), DOZE_OK);
    answers_are(lookup, expected, 3);
    finish(lookup);
}

static void an_address_is_answered_once(void **state) {
    (void)state;
    static const char *const expected[] = {"127.0.0.5", "127.0.0.6"};
    doze_lookup *lookup = ask("twice.doze.test", DOZE_FAMILY_IPV4);
    assert_int_equal(run(lookup), DOZE_OK);
    answers_are(lookup, expected, 2);
    finish(lookup);
}

static void any_family_asks_for_both(void **state) {
    (void)state;
    doze_endpoint endpoint;
    bool v4 = false;
    bool v6 = false;
    doze_lookup *lookup = ask("both.doze.test", DOZE_FAMILY_ANY);
    assert_int_equal(run(lookup), DOZE_OK);
    for (size_t i = 0; resolver->ops->answer(resolver, lookup, i, &endpoint); i++) {
        v4 = v4 || endpoint.family == DOZE_FAMILY_IPV4;
        v6 = v6 || endpoint.family == DOZE_FAMILY_IPV6;
    }
    assert_true(v4 && v6);
    finish(lookup);
}

static void one_family_asks_for_that_alone(void **state) {
    (void)state;
    static const char *const v4[] = {"127.0.0.4"};
    static const char *const v6[] = {"::1"};
    doze_lookup *lookup = ask("both.doze.test", DOZE_FAMILY_IPV4);
    assert_int_equal(run(lookup), DOZE_OK);
    answers_are(lookup, v4, 1);
    finish(lookup);
    lookup = ask("both.doze.test", DOZE_FAMILY_IPV6);
    assert_int_equal(run(lookup), DOZE_OK);
    answers_are(lookup, v6, 1);
    finish(lookup);
    assert_int_equal(queries, 2);
}

static void the_hosts_file_is_asked_first(void **state) {
    (void)state;
    doze_endpoint endpoint;
    if (access("/etc/hosts", R_OK) != 0) {
        print_message("this host has no /etc/hosts\n");
        skip();
    }
    doze_lookup *lookup = ask("localhost", DOZE_FAMILY_IPV4);
    assert_int_equal(run(lookup), DOZE_OK);
    assert_true(resolver->ops->answer(resolver, lookup, 0, &endpoint));
    assert_int_equal(endpoint.address[0], 127);
    assert_int_equal(queries, 0);
    finish(lookup);
}

static void the_name_is_kept_as_asked(void **state) {
    (void)state;
    char host[] = "One.Doze.TEST";
    doze_lookup *lookup = ask(host, DOZE_FAMILY_IPV4);
    host[0] = 'X';
    assert_string_equal(lookup->host, "One.Doze.TEST");
    finish(lookup);
}

static void a_name_that_does_not_exist_is_unknown(void **state) {
    (void)state;
    ends_with("nobody.doze.test", DOZE_FAMILY_ANY, DOZE_ERR_HOST_UNKNOWN);
}

static void a_name_without_addresses_is_unknown(void **state) {
    (void)state;
    ends_with("empty.doze.test", DOZE_FAMILY_ANY, DOZE_ERR_HOST_UNKNOWN);
    ends_with("one.doze.test", DOZE_FAMILY_IPV6, DOZE_ERR_HOST_UNKNOWN);
}

static void a_failing_server_is_worth_another_try(void **state) {
    (void)state;
    ends_with("broken.doze.test", DOZE_FAMILY_IPV4, DOZE_ERR_RESOLVER);
}

static void a_server_that_is_not_there_is_worth_another_try(void **state) {
    (void)state;
    assert_int_equal(close(server), 0);
    ends_with("one.doze.test", DOZE_FAMILY_IPV4, DOZE_ERR_RESOLVER);
    server = socket(AF_INET, SOCK_DGRAM, 0); /* for the teardown */
}

/* ---- not blocking, not crashing ---- */

static void a_lookup_never_waits_for_a_silent_server(void **state) {
    (void)state;
    doze_lookup *lookup = ask("one.doze.test", DOZE_FAMILY_IPV4);
    assert_int_equal(step(lookup), DOZE_IN_PROGRESS);
    assert_int_equal(step(lookup), DOZE_IN_PROGRESS);
    assert_true(resolver->ops->next_timeout(resolver, lookup) > 0);
    finish(lookup);
}

static void an_answer_makes_the_descriptor_readable(void **state) {
    (void)state;
    doze_lookup *lookup = ask("one.doze.test", DOZE_FAMILY_IPV4);
    wait_readable(server);
    serve();
    wait_readable(resolver->ops->fd(resolver, lookup));
    assert_int_equal(step(lookup), DOZE_OK);
    finish(lookup);
}

static void an_answer_that_needs_tcp_comes_as_well(void **state) {
    (void)state;
    static const char *const expected[] = {"127.0.0.8"};
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    assert_int_equal(getsockname(server, (struct sockaddr *)&address, &size), 0);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (const struct sockaddr *)&address, size) != 0) {
        print_message("[  tcp   ] another program has this port for TCP: skipped\n");
        skip();
    }
    assert_int_equal(listen(listener, 4), 0);
    doze_lookup *lookup = ask("long.doze.test", DOZE_FAMILY_IPV4);
    assert_int_equal(run(lookup), DOZE_OK);
    assert_true(stream >= 0);
    answers_are(lookup, expected, 1);
    finish(lookup);
}

static void a_lookup_answered_by_the_step_of_another_says_so(void **state) {
    (void)state;
    doze_lookup *first = ask("one.doze.test", DOZE_FAMILY_IPV4);
    doze_lookup *second = ask("three.doze.test", DOZE_FAMILY_IPV4);
    assert_int_not_equal(resolver->ops->fd(resolver, first), resolver->ops->fd(resolver, second));
    assert_int_equal(run(first), DOZE_OK);
    if (resolver->ops->next_timeout(resolver, second) != 0) {
        assert_int_equal(run(second), DOZE_OK);
    }
    assert_int_equal(resolver->ops->next_timeout(resolver, second), 0);
    assert_int_equal(step(second), DOZE_OK);
    finish(first);
    finish(second);
}

static void a_lookup_can_be_ended_while_in_progress(void **state) {
    (void)state;
    doze_lookup *lookup = ask("both.doze.test", DOZE_FAMILY_ANY);
    finish(lookup);
    serve();
    ends_with("one.doze.test", DOZE_FAMILY_IPV4, DOZE_OK);
}

static void ending_one_lookup_leaves_the_others_alone(void **state) {
    (void)state;
    static const char *const expected[] = {"127.0.0.7"};
    doze_lookup *ended = ask("three.doze.test", DOZE_FAMILY_ANY);
    doze_lookup *kept = ask("one.doze.test", DOZE_FAMILY_IPV4);
    wait_readable(server);
    finish(ended);
    assert_int_equal(run(kept), DOZE_OK);
    answers_are(kept, expected, 1);
    finish(kept);
}

static void lookups_ended_in_progress_do_not_outlive_the_resolver(void **state) {
    (void)state;
    doze_lookup *done = ask("one.doze.test", DOZE_FAMILY_IPV4);
    assert_int_equal(run(done), DOZE_OK);
    doze_lookup *ended = ask("three.doze.test", DOZE_FAMILY_ANY);
    doze_lookup *last = ask("both.doze.test", DOZE_FAMILY_ANY);
    finish(ended);
    finish(last);
    finish(done);
}

static void a_resolver_that_was_not_made_can_be_destroyed(void **state) {
    (void)state;
    doze_ares_destroy(NULL);
}

/* ---- under a socket ---- */

static void connecting_to_a_name_does_not_block(void **state) {
    (void)state;
    doze_udp udp;
    doze_udp_settings settings = {.net = doze_posix_net(), .resolver = resolver};
    char text[DOZE_ADDRESS_TEXT_SIZE];
    assert_int_equal(doze_udp_init(&udp, &settings), DOZE_OK);
    assert_int_equal(doze_connect(&udp.socket, "one.doze.test", 5684), DOZE_IN_PROGRESS);
    assert_int_equal(doze_get_state(&udp.socket), DOZE_STATE_CONNECTING);
    wait_readable(server);
    assert_int_equal(doze_step(&udp.socket), DOZE_IN_PROGRESS);
    doze_result result = DOZE_IN_PROGRESS;
    while (result == DOZE_IN_PROGRESS) {
        serve();
        wait_readable(doze_fd(&udp.socket));
        result = doze_step(&udp.socket);
    }
    assert_int_equal(result, DOZE_OK);
    assert_int_equal(doze_remote_host(&udp.socket, text, sizeof(text)), DOZE_OK);
    assert_string_equal(text, "127.0.0.7");
    doze_deinit(&udp.socket);
}

static void a_socket_can_be_closed_while_its_name_is_looked_up(void **state) {
    (void)state;
    doze_udp udp;
    doze_udp_settings settings = {.net = doze_posix_net(), .resolver = resolver};
    assert_int_equal(doze_udp_init(&udp, &settings), DOZE_OK);
    assert_int_equal(doze_connect(&udp.socket, "both.doze.test", 5684), DOZE_IN_PROGRESS);
    assert_int_equal(doze_close(&udp.socket), DOZE_OK);
    serve();
    doze_deinit(&udp.socket);
}

#define test(name) cmocka_unit_test_setup_teardown(name, start_server, stop_server)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(answers_keep_their_order),
        test(an_address_is_answered_once),
        test(any_family_asks_for_both),
        test(one_family_asks_for_that_alone),
        test(the_hosts_file_is_asked_first),
        test(the_name_is_kept_as_asked),
        test(a_name_that_does_not_exist_is_unknown),
        test(a_name_without_addresses_is_unknown),
        test(a_failing_server_is_worth_another_try),
        test(a_server_that_is_not_there_is_worth_another_try),
        test(a_lookup_never_waits_for_a_silent_server),
        test(an_answer_makes_the_descriptor_readable),
        test(an_answer_that_needs_tcp_comes_as_well),
        test(a_lookup_answered_by_the_step_of_another_says_so),
        test(a_lookup_can_be_ended_while_in_progress),
        test(ending_one_lookup_leaves_the_others_alone),
        test(lookups_ended_in_progress_do_not_outlive_the_resolver),
        test(a_resolver_that_was_not_made_can_be_destroyed),
        test(connecting_to_a_name_does_not_block),
        test(a_socket_can_be_closed_while_its_name_is_looked_up),
    };
    doze_resolver *probe = doze_ares_create();
    doze_ares_destroy(probe);
    if (probe == NULL) {
        print_message("[ c-ares ] doze was built without c-ares: skipped\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
