/* SPDX-License-Identifier: Apache-2.0 */
/* The program lwm2m_client: its arguments, signals, files and exit codes. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "lwm2m_host.h"

#define CERT(name) DOZE_TEST_CERTS "/" name

static void fifty_sleeps_are_fifty_updates_without_a_handshake(void **state) {
    lwm2m_host *s = *state;
    static const char *const cid[] = {"--json", "--no-cid"}; /* the first one is there already */
    lwm2m_host_serve(s, false);
    for (unsigned i = 0; i < 2; i++) {
        START(s, WITH_KEY, "--sleep", "0", "--awake", "0", "--cycles", "50", cid[i]);
        assert_int_equal(lwm2m_host_finish(s), 0);
        assert_int_equal(s->server.registers, i + 1);
        assert_int_equal(s->server.updates, 50 * (i + 1));
        assert_int_equal(s->server.deregisters, i + 1);
        assert_int_equal(lwm2m_host_count(s, "\"event\":\"awake\""), 50 * (i + 1));
        assert_int_equal(lwm2m_host_count(s, "\"connection_id\":false"), 51 * i);
        assert_int_equal(lwm2m_host_count(s, "\"rung\":\"kept\",\"reason\":\"none\",\"datagrams\":0"), 50 * (i + 1));
    }
    assert_int_equal(s->secure.peer.counters.handshakes_full, 2);
    printf("figures: lwm2m_program_cycles=100 lwm2m_program_handshakes_asleep=0\n");
}

static void after_a_power_cut_asleep_the_store_makes_the_next_start_an_update(void **state) {
    lwm2m_host *s = *state;
    lwm2m_host_serve(s, false);
    START(s, WITH_KEY, "--awake", "0", "--sleep", "3600", "--lifetime", "86400", "--store", s->directory);
    lwm2m_host_wait(s, "\"event\":\"asleep\"", 1);
    lwm2m_host_lose_power(s);
    START(s, WITH_KEY, "--awake", "0", "--sleep", "3600", "--store", s->directory);
    lwm2m_host_wait(s, "\"event\":\"asleep\"", 2);
    assert_int_equal(s->server.registers, 1);
    assert_int_equal(s->server.updates, 1);
    assert_int_equal(s->secure.peer.counters.handshakes_full, 1);
    assert_int_equal(lwm2m_host_count(s, "\"rung\":\"thawed\""), 1);
    assert_int_equal(kill(s->child, SIGTERM), 0);
    assert_int_equal(lwm2m_host_finish(s), 0);
    assert_int_equal(s->server.deregisters, 1);
}

/* What is in the file, with something behind it; cut off there, if that is nothing. */
static void spoil(const char *path, const char *more) {
    FILE *file = fopen(path, more != NULL ? "a" : "r+");
    assert_non_null(file);
    if (more != NULL) {
        (void)fputs(more, file);
    } else {
        assert_int_equal(ftruncate(fileno(file), 20), 0);
    }
    assert_int_equal(fclose(file), 0);
}

static void a_registration_that_cannot_be_read_is_none(void **state) {
    static const char *const cases[] = {
        NULL,
        "nonsense\n",
        "observe /3/0 0 t07\n",     /* an instance has no text */
        "observe /9/0 11542 t07\n", /* no such object */
        "observe /3/0/9 0 t0\n",    /* half a byte */
        "observe /1/0/4 0 t07\n",   /* nothing to be read */
    };
    lwm2m_host *s = *state;
    char path[128];
    unsigned registers = 1;
    lwm2m_host_serve(s, false);
    (void)snprintf(path, sizeof(path), "%s/registration", s->directory);
    START(s, WITH_KEY, "--awake", "0", "--sleep", "0", "--cycles", "1", "--stay", "--store", s->directory);
    assert_int_equal(lwm2m_host_finish(s), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        spoil(path, cases[i]);
        START(s, WITH_KEY, "--awake", "0", "--sleep", "0", "--cycles", "1", "--stay", "--store", s->directory);
        assert_int_equal(lwm2m_host_finish(s), 0);
        assert_int_equal(s->server.registers, ++registers);
    }
    assert_int_equal(s->secure.peer.counters.handshakes_full, 1); /* the association is another matter */
}

static void a_registration_of_somebody_else_is_none(void **state) {
    lwm2m_host *s = *state;
    lwm2m_host_serve(s, false);
    START(s, WITH_KEY, "--awake", "0", "--sleep", "0", "--cycles", "1", "--stay", "--store", s->directory);
    assert_int_equal(lwm2m_host_finish(s), 0);
    lwm2m_host_start(s, s->url, "--endpoint", "two", WITH_KEY, "--awake", "0", "--sleep", "0", "--cycles", "1",
                     "--store", s->directory, NULL);
    assert_int_equal(lwm2m_host_finish(s), 0);
    assert_int_equal(s->server.registers, 2);
    assert_int_equal(s->server.updates, 2);
}

static void a_second_signal_ends_it_at_once(void **state) {
    lwm2m_host *s = *state;
    lwm2m_host_serve(s, false);
    START(s, WITH_KEY, "--awake", "0", "--sleep", "3600", "--lifetime", "86400");
    lwm2m_host_wait(s, "\"event\":\"asleep\"", 1);
    s->secure.peer.behaviour.deaf = true;
    assert_int_equal(kill(s->child, SIGTERM), 0);
    lwm2m_host_wait(s, "\"event\":\"awake\"", 1);
    assert_int_equal(kill(s->child, SIGTERM), 0);
    assert_int_equal(lwm2m_host_finish(s), 1);
    assert_int_equal(lwm2m_host_count(s, "\"event\":\"ended\""), 0);
}

static void observations_go_on_after_a_power_cut(void **state) {
    static const uint8_t observe[] = {0x42, CODE_GET, 0, 9, 7, 8, 0x60, 0x51, '3', 0x01, '0', 0x01, '9'};
    lwm2m_host *s = *state;
    lwm2m_host_serve(s, false);
    s->server.first = observe;
    s->server.first_size = sizeof(observe);
    START(s, WITH_KEY, "--awake", "0", "--sleep", "3600", "--lifetime", "86400", "--store", s->directory);
    lwm2m_host_wait(s, "\"event\":\"asleep\"", 1);
    assert_string_equal(s->server.content, "100");
    lwm2m_host_lose_power(s);
    START(s, WITH_KEY, "--awake", "0", "--sleep", "0", "--cycles", "1", "--store", s->directory);
    assert_int_equal(lwm2m_host_finish(s), 0);
    assert_int_equal(s->server.notifications, 1); /* the wake has cost the battery a percent */
    assert_string_equal(s->server.content, "99");
    assert_memory_equal(s->server.notified, "\x07\x08", 2);
}

static bool file_has(const lwm2m_host *s, const char *text) {
    char path[128];
    char content[600] = "";
    (void)snprintf(path, sizeof(path), "%s/registration", s->directory);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    (void)fread(content, 1, sizeof(content) - 1, file);
    assert_int_equal(fclose(file), 0);
    return strstr(content, text) != NULL;
}

static void periods_and_the_numbers_of_notifications_are_kept(void **state) {
    static const uint8_t put[] = {0x41, CODE_PUT, 0, 8, 7, 0xb1, '1', 0x01, '0', 0x01, '3', 0xff, '6', '0'};
    static const uint8_t observe[] = {0x42, CODE_GET, 0, 9, 7, 8, 0x60, 0x51, '3', 0x01, '0', 0x01, '9'};
    lwm2m_host *s = *state;
    lwm2m_host_serve(s, false);
    s->server.first = put;
    s->server.first_size = sizeof(put);
    START(s, WITH_KEY, "--awake", "0", "--sleep", "0", "--cycles", "1", "--stay", "--store", s->directory);
    assert_int_equal(lwm2m_host_finish(s), 0);
    assert_true(file_has(s, "\nperiods 0 60\nsequence 0\n"));
    s->server.first = observe;
    s->server.first_size = sizeof(observe);
    START(s, WITH_KEY, "--awake", "0", "--sleep", "0", "--cycles", "1", "--stay", "--store", s->directory);
    assert_int_equal(lwm2m_host_finish(s), 0);
    assert_true(file_has(s, "\nperiods 0 60\nsequence 65536\n"));
    START(s, WITH_KEY, "--awake", "0", "--sleep", "0", "--cycles", "1", "--stay", "--store", s->directory);
    assert_int_equal(lwm2m_host_finish(s), 0);
    assert_true(file_has(s, "\nperiods 0 60\nsequence 131072\n")); /* a wake costs the battery a percent */
    assert_true(s->server.observe > 65536);
    assert_int_equal(s->server.registers, 1);
}

static void a_registration_kept_by_an_older_client_is_none(void **state) {
    lwm2m_host *s = *state;
    char path[128];
    lwm2m_host_serve(s, false);
    START(s, WITH_KEY, "--awake", "0", "--sleep", "0", "--cycles", "1", "--stay", "--store", s->directory);
    assert_int_equal(lwm2m_host_finish(s), 0);
    (void)snprintf(path, sizeof(path), "%s/registration", s->directory);
    FILE *file = fopen(path, "r+");
    char title[128];
    assert_non_null(file);
    assert_non_null(fgets(title, sizeof(title), file));
    assert_int_equal(ftruncate(fileno(file), 0), 0);
    rewind(file);
    (void)fprintf(file, "%slocation /rd/1\nlifetime 300\nobserve /3/0/9 0 t07\n", title);
    assert_int_equal(fclose(file), 0);
    START(s, WITH_KEY, "--awake", "0", "--sleep", "0", "--cycles", "1", "--stay", "--store", s->directory);
    assert_int_equal(lwm2m_host_finish(s), 0);
    assert_int_equal(s->server.registers, 2);
}

static void what_is_wrong_here_is_said_before_anything_is_sent(void **state) {
    lwm2m_host *s = *state;
    lwm2m_host_serve(s, false);
    START(s, WITH_KEY, "--store", "no-such-directory");
    assert_int_equal(lwm2m_host_finish(s), 1);
    assert_int_equal(lwm2m_host_count(s, "lwm2m_client: no-such-directory: "), 1);
    START(s, "--cert", "no-such-file", "--private-key", CERT("client.key.pem"), "--ca", CERT("root.pem"));
    assert_int_equal(lwm2m_host_finish(s), 1);
    assert_int_equal(lwm2m_host_count(s, "lwm2m_client: no-such-file: "), 1);
    START(s, "--cert", CERT("client-chain.pem"), "--private-key", CERT("server.key.pem"), "--ca", CERT("root.pem"));
    assert_int_equal(lwm2m_host_finish(s), 1);
    assert_int_equal(lwm2m_host_count(s, "lwm2m_client: the certificates: "), 1);
    START(s, "--help");
    assert_int_equal(lwm2m_host_finish(s), 0);
    assert_int_equal(lwm2m_host_count(s, "usage: lwm2m_client"), 1);
    assert_int_equal(s->secure.peer.counters.datagrams_in, 0);
}

static void certificates_are_read_from_files(void **state) {
    lwm2m_host *s = *state;
    lwm2m_host_serve(s, true);
    START(s, "--cert", CERT("client-chain.pem"), "--private-key", CERT("client.key.pem"), "--ca", CERT("root.pem"),
          "--sleep", "0", "--awake", "0", "--cycles", "3");
    assert_int_equal(lwm2m_host_finish(s), 0);
    assert_int_equal(s->server.updates, 3);
    START(s, "--cert", CERT("client-chain.pem"), "--private-key", CERT("client.key.pem"), "--server-cert",
          CERT("server.pem"), "--sleep", "0", "--awake", "0", "--cycles", "1");
    assert_int_equal(lwm2m_host_finish(s), 0);
    assert_int_equal(s->server.updates, 4);
}

static void plain_coap_works_too(void **state) {
    lwm2m_host *s = *state;
    lwm2m_host_serve_plainly(s);
    START(s, "--sleep", "0", "--awake", "0", "--cycles", "3");
    assert_int_equal(lwm2m_host_finish(s), 0);
    assert_int_equal(s->server.updates, 3);
    assert_int_equal(s->server.deregisters, 1);
}

static void what_it_says_can_be_read_by_people(void **state) {
    lwm2m_host *s = *state;
    lwm2m_host_serve(s, false);
    lwm2m_host_start(s, s->url, "--endpoint", "one", WITH_KEY, "--sleep", "0", "--awake", "0", "--cycles", "1", NULL);
    assert_int_equal(lwm2m_host_finish(s), 0);
    assert_int_equal(lwm2m_host_count(s, "Z registered location=/rd/1 seconds=300\n"), 1);
    assert_int_equal(lwm2m_host_count(s, "Z deregistered location=/rd/1\n"), 1);
}

static void an_end_is_told_by_its_exit_code(void **state) {
    static const uint8_t reboot[] = {0x41, CODE_POST, 0, 9, 9, 0xb1, '3', 0x01, '0', 0x01, '4'};
    lwm2m_host *s = *state;
    lwm2m_host_serve(s, false);
    s->server.register_code = CODE_FORBIDDEN;
    START(s, WITH_KEY, "--refusals", "1");
    assert_int_equal(lwm2m_host_finish(s), 3);
    assert_int_equal(lwm2m_host_count(s, "\"event\":\"bootstrap_needed\",\"code\":\"4.03\""), 1);
    s->server.register_code = 0;
    START(s, WITH_KEY);
    lwm2m_host_wait(s, "\"event\":\"registered\"", 1);
    lwm2m_server_say(&s->server, reboot, sizeof(reboot));
    assert_int_equal(lwm2m_host_finish(s), 4);
}

static void arguments_that_make_no_sense_are_said(void **state) {
    static const char *const cases[][8] = {
        {"http://x", "--endpoint", "e"},
        {"coaps://", "--endpoint", "e", "--identity", "i", "--key", "00"},
        {"coaps://h:99999", "--endpoint", "e", "--identity", "i", "--key", "00"},
        {"coaps://h:1x", "--endpoint", "e", "--identity", "i", "--key", "00"},
        {"coaps://h/path", "--endpoint", "e", "--identity", "i", "--key", "00"},
        {"coaps://h", "--endpoint", "e"},
        {"coaps://h", "--endpoint", "e", "--identity", "i"},
        {"coaps://h", "--endpoint", "e", "--identity", "i", "--key", "0g"},
        {"coaps://h", "--endpoint", "e", "--identity", "i", "--key", "000"},
        {"coaps://h", "--endpoint", "e", "--cert", "c"},
        {"coap://h", "--endpoint", "e", "--key", "00"},
        {"coap://h"},
        {"coap://h", "--endpoint"},
        {"coap://h", "--endpoint", "e", "--endpoint", ""}, /* the last one counts */
        {"coap://h", "http://x", "--endpoint", "e"},
        {"coap://h", "--endpoint", "e", "--lifetime", "0"},
        {"coap://h", "--endpoint", "e", "--cycles", "-1"},
        {"coap://h", "--endpoint", "e", "--sleep", "-1"},
        {"coap://h", "--endpoint", "e", "--awake", "x"},
        {"coap://h", "--endpoint", "e", "--bind", "0"},
        {"coap://h", "--endpoint", "e", "--handshake-timer-max", "x"},
        {"coap://h", "--endpoint", "e", "--nonsense"},
    };
    lwm2m_host *s = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const *c = cases[i];
        s->said_size = 0;
        memset(s->said, 0, sizeof(s->said));
        lwm2m_host_start(s, c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], NULL);
        assert_int_equal(lwm2m_host_finish(s), 2);
        assert_int_equal(strncmp(s->said, "lwm2m_client: ", 14), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LWM2M_HOST_TEST(fifty_sleeps_are_fifty_updates_without_a_handshake),
        LWM2M_HOST_TEST(after_a_power_cut_asleep_the_store_makes_the_next_start_an_update),
        LWM2M_HOST_TEST(a_registration_that_cannot_be_read_is_none),
        LWM2M_HOST_TEST(a_registration_of_somebody_else_is_none),
        LWM2M_HOST_TEST(a_second_signal_ends_it_at_once),
        LWM2M_HOST_TEST(observations_go_on_after_a_power_cut),
        LWM2M_HOST_TEST(periods_and_the_numbers_of_notifications_are_kept),
        LWM2M_HOST_TEST(a_registration_kept_by_an_older_client_is_none),
        LWM2M_HOST_TEST(what_is_wrong_here_is_said_before_anything_is_sent),
        LWM2M_HOST_TEST(certificates_are_read_from_files),
        LWM2M_HOST_TEST(plain_coap_works_too),
        LWM2M_HOST_TEST(what_it_says_can_be_read_by_people),
        LWM2M_HOST_TEST(an_end_is_told_by_its_exit_code),
        LWM2M_HOST_TEST(arguments_that_make_no_sense_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
