/* SPDX-License-Identifier: Apache-2.0 */
/* test_leshan VARIANT CLIENT MAKE OUTDIR [PATTERN]: the LwM2M client of the examples against the Leshan server that
 * MAKE makes in OUTDIR; all stories, or those whose names match. What is asserted is what the server says, and what a
 * NAT box between the two sees; the client is asked only for what nobody else can know. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "interop/report.h"
#include "leshan/http.h"
#include "leshan/scene.h"

enum { CYCLES = 50, NAP = 2 /* s */, LONG = 600 };

static struct {
    unsigned updates;
    unsigned registrations;
    unsigned cycle_handshakes;
    unsigned cycle_ports;
    unsigned rebinding_handshakes;
    unsigned reboot_handshakes;
    unsigned unanswered;
} figures;

static bool one_registration(const scene *s) {
    return leshan_all_the_same(&s->stage->server, s->endpoint, s->since, "registrationId");
}

static bool one_address(const scene *s) {
    return leshan_all_the_same(&s->stage->server, s->endpoint, s->since, "address");
}

/* From here on, what passes the NAT box is counted. */
static void start_and_fall_asleep(scene *s, device_settings how) {
    scene_start_client(s, how);
    scene_until_server_had(s, "registered", 1);
    scene_until_client_said(s, "asleep", 1);
    nat_forget_counts(&s->nat);
}

/* ---- what every client does ---- */

static void the_client_registers_in_queue_mode_and_leaves_politely(void **state) {
    scene *s = *state;
    char value[LESHAN_TEXT_MAX];
    scene_start_client(s, (device_settings){.sleep = LONG});
    scene_until_server_had(s, "registered", 1);
    scene_client(s, "queuemode", value);
    assert_string_equal(value, "true");
    scene_client(s, "secure", value);
    assert_string_equal(value, "true");
    scene_client(s, "lwM2mVersion", value);
    assert_string_equal(value, "1.1");
    scene_client(s, "lifetime", value);
    assert_string_equal(value, "600");
    assert_int_equal(device_finish(&s->device, true), 0);
    scene_until_server_had(s, "deregistered", 1);
    scene_client(s, "registrationId", value);
    assert_string_equal(value, "");
}

static void fifty_queue_mode_cycles_keep_one_registration_one_port_and_need_no_handshake(void **state) {
    scene *s = *state;
    scene_start_client(s, (device_settings){.cycles = CYCLES, .stay = true});
    assert_int_equal(device_finish(&s->device, false), 0);
    nat_counts counts = nat_count(&s->nat);
    figures.updates = scene_count(s, "updated");
    figures.registrations = scene_count(s, "registered");
    figures.cycle_handshakes = counts.handshake_after_data;
    figures.cycle_ports = counts.client_ports;
    assert_int_equal(figures.registrations, 1);
    assert_int_equal(figures.updates, CYCLES);
    assert_int_equal(figures.cycle_handshakes, 0);
    assert_int_equal(figures.cycle_ports, 1);
    assert_true(one_registration(s));
    assert_true(one_address(s));
}

static void a_killed_client_goes_on_from_its_store_with_an_update(void **state) {
    scene *s = *state;
    start_and_fall_asleep(s, (device_settings){.sleep = NAP, .store = true});
    unsigned updated = scene_count(s, "updated");
    device_lose_power(&s->device);
    device_start_again(&s->device);
    scene_until_server_had(s, "updated", updated + 2);
    nat_counts counts = nat_count(&s->nat);
    assert_int_equal(scene_count(s, "registered"), 1);
    assert_true(one_registration(s));
    assert_true(one_address(s));
    assert_int_equal(counts.handshake, 0);
    assert_int_equal(counts.client_ports, 1);
    figures.reboot_handshakes = counts.handshake;
}

/* What it had sent and received since it woke is not in the store: numbers that were used must not be used again. */
static void a_client_killed_awake_registers_again_after_an_abbreviated_handshake(void **state) {
    scene *s = *state;
    char rung[LESHAN_TEXT_MAX] = "";
    scene_start_client(s, (device_settings){.sleep = LONG, .awake = LONG, .store = true});
    scene_until_server_had(s, "registered", 1);
    scene_until_client_said(s, "registered", 1);
    device_lose_power(&s->device);
    device_start_again(&s->device);
    scene_until_server_had(s, "registered", 2);
    scene_until_client_said(s, "registered", 2);
    assert_int_equal(nat_count(&s->nat).client_ports, 1);
    assert_true(device_last(&s->device, "new_context", "rung", rung, sizeof(rung)));
    assert_string_equal(rung, "resumed");
}

/* The server forgot the association, which no client can know: it asks twice, and then it is silent no longer. */
static void a_restarted_server_has_the_client_back_after_two_unanswered_datagrams(void **state) {
    scene *s = *state;
    start_and_fall_asleep(s, (device_settings){.sleep = NAP});
    scene_restart_server(s);
    scene_until_server_had(s, "registered", 1);
    nat_counts counts = nat_count(&s->nat);
    assert_true(counts.handshake > 0);
    assert_true(counts.asked <= 2);
    assert_int_equal(counts.client_ports, 1);
    figures.unanswered = counts.asked;
    scene_until_server_had(s, "updated", 2);
    assert_int_equal(scene_count(s, "registered"), 1);
}

static void a_registration_that_expired_in_sleep_is_made_again_without_a_handshake(void **state) {
    scene *s = *state;
    start_and_fall_asleep(s, (device_settings){.sleep = NAP, .lifetime = 2 * NAP});
    process_signal(&s->device.process, SIGSTOP);
    scene_until_server_had(s, "expired", 1);
    process_signal(&s->device.process, SIGCONT);
    scene_until_server_had(s, "registered", 2);
    nat_counts counts = nat_count(&s->nat);
    assert_int_equal(counts.handshake, 0);
    assert_int_equal(counts.client_ports, 1);
}

/* ---- what the server asks ---- */

static void a_sleeping_client_is_read_and_written_when_it_wakes(void **state) {
    scene *s = *state;
    const leshan *l = &s->stage->server;
    char answer[2048];
    char value[LESHAN_TEXT_MAX];
    start_and_fall_asleep(s, (device_settings){.sleep = NAP, .awake = NAP});
    assert_true(leshan_ask(l, s->endpoint, "GET", "/3/0/0", NULL, answer, sizeof(answer)));
    assert_true(json_get(answer, "value", value, sizeof(value)));
    assert_true(strlen(value) > 0);
    assert_true(leshan_ask(l, s->endpoint, "GET", "/3/0", NULL, answer, sizeof(answer)));
    assert_non_null(strstr(answer, "resources"));
    assert_true(leshan_ask(l, s->endpoint, "GET", "/3", NULL, answer, sizeof(answer)));
    assert_non_null(strstr(answer, "instances"));
    assert_true(leshan_ask(l, s->endpoint, "GET", "/3/0/discover", NULL, answer, sizeof(answer)));
    assert_false(leshan_ask(l, s->endpoint, "GET", "/3/0/30000", NULL, answer, sizeof(answer)));
    assert_non_null(strstr(answer, "NOT_FOUND"));
    assert_true(leshan_ask(l, s->endpoint, "PUT", "/1/0/1", "{\"type\":\"integer\",\"value\":\"1234\"}", NULL, 0));
    assert_true(leshan_ask(l, s->endpoint, "GET", "/1/0/1", NULL, answer, sizeof(answer)));
    assert_true(json_get(answer, "value", value, sizeof(value)));
    assert_string_equal(value, "1234");
    assert_true(leshan_ask(l, s->endpoint, "POST", "/1/0/8", NULL, NULL, 0));
    assert_int_equal(nat_count(&s->nat).handshake, 0);
    assert_true(one_registration(s));
}

static void an_observed_client_notifies_across_sleep(void **state) {
    scene *s = *state;
    start_and_fall_asleep(s, (device_settings){.sleep = NAP, .awake = NAP});
    assert_true(leshan_ask(&s->stage->server, s->endpoint, "POST", "/3/0/9/observe", NULL, NULL, 0));
    scene_until_client_said(s, "asleep", device_count(&s->device, "asleep") + 1);
    unsigned notified = scene_count(s, "notified");
    scene_until_server_had(s, "notified", notified + 2);
    assert_int_equal(nat_count(&s->nat).handshake, 0);
    assert_true(one_registration(s));
}

/* ---- who is refused ---- */

static void a_certificate_for_an_endpoint_that_is_not_known_is_refused_and_the_client_says_so(void **state) {
    scene *s = *state;
    leshan_dismiss(&s->stage->server, s->endpoint);
    scene_start_client(s, (device_settings){.sleep = LONG});
    scene_until_client_said(s, "error", 1);
    assert_int_equal(scene_count(s, "registered"), 0);
}

static void a_client_with_the_name_of_another_is_refused_and_says_so(void **state) {
    scene *s = *state;
    char code[LESHAN_TEXT_MAX] = "";
    scene_start_client(s, (device_settings){.sleep = LONG, .endpoint = "somebody else"});
    scene_until_client_said(s, "error", 1);
    assert_true(device_last(&s->device, "error", "code", code, sizeof(code)));
    assert_string_equal(code, "4.03");
    assert_int_equal(leshan_count(&s->stage->server, "somebody else", 0, "registered"), 0);
}

/* Leshan says nothing at all to these two, so that their handshakes fail when their time is over: both at once, then.
 * Not through the NAT box, which is for one client. */
static void wrong_keys_and_unknown_identities_lead_to_no_registration_and_the_client_says_so(void **state) {
    scene *s = *state;
    uint16_t port = s->stage->server.coaps;
    device other = {0};
    scene_start_client(
        s,
        (device_settings){.server_port = port, .sleep = LONG, .timer_max = 2, .key = "ffffffffffffffffffffffffffff"});
    other = s->device;
    scene_start_client(s, (device_settings){.server_port = port, .sleep = LONG, .timer_max = 2, .identity = "nobody"});
    bool both = scene_waits_until_client_said(s, "error", 1);
    device_remove(&s->device);
    s->device = other;
    both = scene_waits_until_client_said(s, "error", 1) && both;
    assert_true(both);
    assert_int_equal(scene_count(s, "registered"), 0);
}

/* ---- NAT ---- */

static void a_new_nat_binding_costs_nothing_with_a_connection_id(void **state) {
    scene *s = *state;
    start_and_fall_asleep(s, (device_settings){.sleep = NAP});
    unsigned updated = scene_count(s, "updated");
    assert_true(nat_rebind(&s->nat));
    scene_until_server_had(s, "updated", updated + 2);
    nat_counts counts = nat_count(&s->nat);
    assert_int_equal(scene_count(s, "registered"), 1);
    assert_true(one_registration(s));
    assert_false(one_address(s)); /* the server does see another */
    assert_int_equal(counts.handshake, 0);
    assert_int_equal(counts.client_ports, 1);
    figures.rebinding_handshakes = counts.handshake;
}

static void one_registration_outlives_fifty_cycles_a_new_nat_binding_and_a_reboot(void **state) {
    scene *s = *state;
    scene_start_client(s, (device_settings){.cycles = CYCLES / 2, .stay = true, .store = true});
    assert_int_equal(device_finish(&s->device, false), 0);
    assert_int_equal(scene_count(s, "updated"), CYCLES / 2);
    nat_forget_counts(&s->nat);
    assert_true(nat_rebind(&s->nat));
    device_start_again(&s->device);
    assert_int_equal(device_finish(&s->device, false), 0);
    nat_counts counts = nat_count(&s->nat);
    assert_int_equal(scene_count(s, "registered"), 1);
    assert_true(scene_count(s, "updated") >= CYCLES);
    assert_true(one_registration(s));
    assert_false(one_address(s));
    assert_int_equal(counts.handshake, 0);
    assert_int_equal(counts.client_ports, 1);
}

static void a_new_nat_binding_costs_an_abbreviated_handshake_without_a_connection_id(void **state) {
    scene *s = *state;
    char rung[LESHAN_TEXT_MAX] = "";
    start_and_fall_asleep(s, (device_settings){.sleep = NAP});
    assert_true(nat_rebind(&s->nat));
    scene_until_server_had(s, "registered", 2);
    nat_counts counts = nat_count(&s->nat);
    assert_true(counts.handshake > 0);
    assert_true(counts.asked <= 2);
    assert_int_equal(counts.client_ports, 1);
    figures.rebinding_handshakes = counts.handshake;
    assert_true(device_last(&s->device, "new_context", "rung", rung, sizeof(rung)));
    assert_string_equal(rung, "resumed");
}

/* A server without Connection IDs is the other half of this: the clients of those groups offer one. */
static void a_client_without_connection_ids_is_served_by_a_server_with_them(void **state) {
    scene *s = *state;
    scene_start_client(s, (device_settings){.cycles = 2, .stay = true, .no_connection_id = true});
    assert_int_equal(device_finish(&s->device, false), 0);
    assert_int_equal(scene_count(s, "updated"), 2);
    assert_true(one_registration(s));
    assert_int_equal(nat_count(&s->nat).handshake_after_data, 0);
}

/* ---- all of them ---- */

#define STORY(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

#define COMMON                                                                                                         \
    STORY(the_client_registers_in_queue_mode_and_leaves_politely),                                                     \
        STORY(fifty_queue_mode_cycles_keep_one_registration_one_port_and_need_no_handshake),                           \
        STORY(a_killed_client_goes_on_from_its_store_with_an_update),                                                  \
        STORY(a_client_killed_awake_registers_again_after_an_abbreviated_handshake),                                   \
        STORY(a_restarted_server_has_the_client_back_after_two_unanswered_datagrams),                                  \
        STORY(a_registration_that_expired_in_sleep_is_made_again_without_a_handshake),                                 \
        STORY(a_sleeping_client_is_read_and_written_when_it_wakes), STORY(an_observed_client_notifies_across_sleep),   \
        STORY(a_client_with_the_name_of_another_is_refused_and_says_so)
#define WITH_IDS                                                                                                       \
    STORY(one_registration_outlives_fifty_cycles_a_new_nat_binding_and_a_reboot),                                      \
        STORY(a_new_nat_binding_costs_nothing_with_a_connection_id),                                                   \
        STORY(a_client_without_connection_ids_is_served_by_a_server_with_them)
#define WITHOUT_IDS STORY(a_new_nat_binding_costs_an_abbreviated_handshake_without_a_connection_id)

static const struct CMUnitTest psk_cid[] = {
    COMMON, WITH_IDS, STORY(wrong_keys_and_unknown_identities_lead_to_no_registration_and_the_client_says_so)};
static const struct CMUnitTest psk[] = {COMMON, WITHOUT_IDS};
static const struct CMUnitTest x509_cid[] = {
    COMMON, WITH_IDS, STORY(a_certificate_for_an_endpoint_that_is_not_known_is_refused_and_the_client_says_so)};
static const struct CMUnitTest x509[] = {COMMON, WITHOUT_IDS};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

typedef struct group {
    variant variant;
    const struct CMUnitTest *tests;
    size_t count;
} group;

/* The clients always offer a Connection ID: without it means a server that has none. */
static const group groups[] = {
    {{"psk_cid", false, true}, psk_cid, COUNT(psk_cid)},
    {{"psk", false, false}, psk, COUNT(psk)},
    {{"x509_cid", true, true}, x509_cid, COUNT(x509_cid)},
    {{"x509", true, false}, x509, COUNT(x509)},
};

static const group *find_group(const char *name) {
    for (size_t i = 0; i < COUNT(groups); i++) {
        if (strcmp(groups[i].variant.name, name) == 0) {
            return &groups[i];
        }
    }
    return NULL;
}

static void print_figures(const variant *v) {
    printf("figures: leshan_certificates=%d leshan_connection_id=%d leshan_cycles=%u leshan_registrations=%u "
           "leshan_handshake_datagrams=%u leshan_ports=%u leshan_reboot_handshake_datagrams=%u "
           "leshan_nat_handshake_datagrams=%u leshan_restart_unanswered=%u\n",
           v->certificates, v->connection_id, figures.updates, figures.registrations, figures.cycle_handshakes,
           figures.cycle_ports, figures.reboot_handshakes, figures.rebinding_handshakes, figures.unanswered);
}

/* What tests/leshan/make-server says; its exit code, or -1. */
static int make_server(const char *script, const char *directory, char *class_path, size_t capacity) {
    const char *arguments[] = {script, directory, NULL};
    process p;
    if (!process_start(&p, arguments, NULL)) {
        return -1;
    }
    (void)process_read_line(&p, class_path, capacity, 600000);
    return process_wait(&p, 10000);
}

/* Why these stories cannot be told; NULL: they can. */
static const char *prepare(char **arguments, char *class_path, size_t capacity) {
    if (access(arguments[2], X_OK) != 0) {
        return "there is no lwm2m_client: the examples were not built";
    }
    int built = make_server(arguments[3], arguments[4], class_path, capacity);
    if (built != 0 && built != REPORT_SKIPPED) {
        fprintf(stderr, "%s fails with %d\n", arguments[3], built);
        exit(1);
    }
    return built == 0 ? NULL : "this machine cannot have Leshan, see above";
}

int main(int count, char **arguments) {
    static char class_path[4096];
    report r = {0};
    const group *g = count == 5 || count == 6 ? find_group(arguments[1]) : NULL;
    if (g == NULL) {
        fprintf(stderr, "usage: test_leshan psk_cid|psk|x509_cid|x509 CLIENT MAKE OUTDIR [PATTERN]\n");
        return 2;
    }
    cmocka_set_test_filter(count == 6 ? arguments[5] : NULL);
    const char *missing = prepare(arguments, class_path, sizeof(class_path));
    if (missing != NULL) {
        printf("SKIPPED: %s\n", missing);
    } else if (!stage_open(&scene_stage, arguments[2], class_path, &g->variant)) {
        return 1;
    }
    report_run(&r, g->variant.name, missing, g->tests, g->count);
    stage_close(&scene_stage);
    if (missing == NULL && count == 5) {
        fflush(stdout);
        print_figures(&g->variant);
    }
    return report_finish(&r);
}
