/* SPDX-License-Identifier: Apache-2.0 */
/* What a server may ask of the LwM2M client: read, write, execute, discover. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lwm2m_rig.h"

#define ACCEPT(format) (uint16_t)((format) + 1)
#define FORMAT(format) (uint16_t)((format) + 1)

static void start_registered(lwm2m_rig *r) {
    lwm2m_rig_prepare(r, NULL);
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
}

static uint8_t ask(lwm2m_rig *r, uint8_t method, const char *path, const char *payload) {
    lwm2m_rig_ask(r, &(lwm2m_order){.method = method, .path = path, .payload = payload});
    return r->server.code;
}

static void expect_bytes(const lwm2m_rig *r, const char *bytes, size_t size) {
    assert_int_equal(r->server.content_size, size);
    assert_memory_equal(r->server.content, bytes, size);
}

/* ---- read and discover ---- */

static void one_value_is_read_as_text_unless_asked_otherwise(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    assert_int_equal(ask(r, CODE_GET, "3/0/0", NULL), CODE_CONTENT);
    assert_string_equal(r->server.content, "doze");
    assert_int_equal(r->server.format, FORMAT_TEXT);
    assert_int_equal(ask(r, CODE_GET, "1/0/1", NULL), CODE_CONTENT);
    assert_string_equal(r->server.content, "3600");
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_GET, .path = "1/0/1", .accept = ACCEPT(FORMAT_TLV)});
    expect_bytes(r, "\xc2\x01\x0e\x10", 4);
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_GET, .path = "3/0/9", .accept = ACCEPT(FORMAT_SENML_JSON)});
    assert_string_equal(r->server.content, "[{\"bn\":\"/3/0/\",\"n\":\"9\",\"v\":100}]");
    assert_string_equal(lwm2m_rig_last(r, LWM2M_EVENT_REQUEST)->path, "/3/0/9");
    lwm2m_rig_stop(r);
}

static void several_values_are_read_as_tlv_unless_asked_otherwise(void **state) {
    static const char server[] = "\xc1\x00\x01\xc2\x01\x0e\x10\xc1\x02\x00\xc1\x03\x00\xc4\x05\x00\x01\x51\x80"
                                 "\xc1\x06\x01\xc1\x07U";
    lwm2m_rig *r = *state;
    start_registered(r);
    assert_int_equal(ask(r, CODE_GET, "1/0", NULL), CODE_CONTENT);
    assert_int_equal(r->server.format, FORMAT_TLV);
    expect_bytes(r, server, sizeof(server) - 1);
    assert_int_equal(ask(r, CODE_GET, "3/0/11", NULL), CODE_CONTENT); /* an array has no text */
    expect_bytes(r, "\x83\x0b\x41\x00\x00", 5);
    assert_int_equal(ask(r, CODE_GET, "3", NULL), CODE_CONTENT); /* its instance around them */
    expect_bytes(r,
                 "\x08\x00\x2a\xc4\x00"
                 "doze\xc8\x01\x0clwm2m_client\xc1\x02"
                 "0\xc5\x03"
                 "0.1.0\xc1\x09\x64\x83\x0b\x41\x00\x00\xc1\x10U",
                 45);
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_GET, .path = "1", .accept = ACCEPT(FORMAT_SENML_JSON)});
    assert_string_equal(r->server.content, "[{\"bn\":\"/1/0/\",\"n\":\"0\",\"v\":1},{\"n\":\"1\",\"v\":3600},"
                                           "{\"n\":\"2\",\"v\":0},{\"n\":\"3\",\"v\":0},{\"n\":\"5\",\"v\":86400},"
                                           "{\"n\":\"6\",\"vb\":true},{\"n\":\"7\",\"vs\":\"U\"}]");
    lwm2m_rig_stop(r);
}

static void discover_lists_what_there_is(void **state) {
    static const struct {
        const char *path, *links;
    } cases[] = {
        {"3", "</3>,</3/0>,</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>,</3/0/9>,</3/0/11>;dim=1,</3/0/16>"},
        {"3/0", "</3/0>,</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>,</3/0/9>,</3/0/11>;dim=1,</3/0/16>"},
        {"1/0/8", "</1/0/8>"},
    };
    lwm2m_rig *r = *state;
    start_registered(r);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_GET, .path = cases[i].path, .accept = ACCEPT(FORMAT_LINK)});
        assert_int_equal(r->server.code, CODE_CONTENT);
        assert_int_equal(r->server.format, FORMAT_LINK);
        assert_string_equal(r->server.content, cases[i].links);
    }
    lwm2m_rig_stop(r);
}

static void what_cannot_be_had_is_refused_by_its_reason(void **state) {
    static const struct {
        uint8_t method;
        const char *path, *payload;
        uint8_t code;
    } cases[] = {
        {CODE_GET, "0/0", NULL, CODE_UNAUTHORIZED}, /* no server may see the Security object */
        {CODE_GET, "0/0/5", NULL, CODE_UNAUTHORIZED},  {CODE_PUT, "0/0/0", "coap://x", CODE_UNAUTHORIZED},
        {CODE_GET, "4", NULL, CODE_NOT_FOUND},         {CODE_GET, "3/1", NULL, CODE_NOT_FOUND},
        {CODE_GET, "3/0/99", NULL, CODE_NOT_FOUND},    {CODE_GET, "3/0/11/0", NULL, CODE_NOT_FOUND},
        {CODE_GET, "rd", NULL, CODE_NOT_FOUND},        {CODE_GET, "99999/0", NULL, CODE_NOT_FOUND},
        {CODE_GET, "3/0/4", NULL, CODE_NOT_ALLOWED},   {CODE_GET, "", NULL, CODE_NOT_ALLOWED},
        {CODE_PUT, "3/0/0", "mine", CODE_NOT_ALLOWED}, {CODE_PUT, "3", "mine", CODE_NOT_ALLOWED},
        {CODE_POST, "3", NULL, CODE_NOT_ALLOWED},      {CODE_POST, "3/0/0", NULL, CODE_NOT_ALLOWED},
        {CODE_DELETE, "3/0", NULL, CODE_NOT_ALLOWED},  {CODE(0, 5), "3/0", NULL, CODE_NOT_ALLOWED}, /* FETCH */
        {CODE_PUT, "1/0/1", "0", CODE_BAD_REQUEST},    {CODE_PUT, "1/0/1", "99999999999", CODE_BAD_REQUEST},
        {CODE_PUT, "1/0/1", "-5", CODE_BAD_REQUEST},   {CODE_PUT, "1/0/1", "12x", CODE_BAD_REQUEST},
        {CODE_PUT, "1/0/1", NULL, CODE_BAD_REQUEST},   {CODE_PUT, "1/0/6", "2", CODE_BAD_REQUEST},
        {CODE_PUT, "1/0/7", "UQSX", CODE_BAD_REQUEST}, {CODE_PUT, "1/0", "1=5", CODE_UNSUPPORTED_FORMAT},
    };
    lwm2m_rig *r = *state;
    start_registered(r);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(ask(r, cases[i].method, cases[i].path, cases[i].payload), cases[i].code);
    }
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_GET, .path = "3/0", .accept = ACCEPT(FORMAT_TEXT)});
    assert_int_equal(r->server.code, CODE_NOT_ACCEPTABLE);
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_GET, .path = "3/0", .accept = ACCEPT(60)});
    assert_int_equal(r->server.code, CODE_NOT_ACCEPTABLE);
    lwm2m_rig_ask(
        r, &(lwm2m_order){.method = CODE_PUT, .path = "1/0/1", .payload = "[]", .format = FORMAT(FORMAT_SENML_JSON)});
    assert_int_equal(r->server.code, CODE_UNSUPPORTED_FORMAT);
    lwm2m_rig_ask(r, &(lwm2m_order){.method = CODE_PUT, .path = "3/0/9", .query = "pmin=5"});
    assert_int_equal(r->server.code, CODE_NOT_ALLOWED); /* Write-Attributes */
    assert_int_equal(r->client.values.lifetime, 3600);
    lwm2m_rig_stop(r);
}

static void an_option_that_is_critical_and_unknown_is_refused(void **state) {
    static const struct {
        uint16_t option;
        uint8_t value, code;
    } cases[] = {
        {OPTION_BLOCK2, 0x06, CODE_CONTENT},    /* the first block of 1,024 bytes: there is no more than that */
        {OPTION_BLOCK2, 0x16, CODE_BAD_OPTION}, /* the second one */
        {OPTION_BLOCK1, 0x06, CODE_BAD_OPTION},
        {OPTION_IF_MATCH, 1, CODE_BAD_OPTION},
        {9999, 1, CODE_BAD_OPTION},
        {9998, 1, CODE_CONTENT}, /* not critical */
        {OPTION_URI_PORT, 5, CODE_CONTENT},
    };
    lwm2m_rig *r = *state;
    start_registered(r);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        lwm2m_rig_ask(
            r, &(lwm2m_order){.method = CODE_GET, .path = "3/0/0", .option = cases[i].option, .value = cases[i].value});
        assert_int_equal(r->server.code, cases[i].code);
    }
    lwm2m_rig_stop(r);
}

/* ---- write and execute ---- */

static void a_lifetime_that_is_written_is_told_by_an_update_at_once(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    assert_int_equal(ask(r, CODE_PUT, "1/0/6", "1"), CODE_CHANGED); /* what it is already */
    assert_int_equal(ask(r, CODE_PUT, "1/0/7", "U"), CODE_CHANGED);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.updates, 0);
    assert_int_equal(ask(r, CODE_PUT, "1/0/1", "7200"), CODE_CHANGED);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.updates, 1);
    assert_string_equal(r->server.queries, "&lt=7200");
    lwm2m_rig_run_until_updates(r, 2);
    assert_string_equal(r->server.queries, "");
    assert_in_range(kit_elapsed(r->k), 7200 * SECOND - 110 * SECOND, 7200 * SECOND);
    lwm2m_rig_stop(r);
}

static void an_instance_is_written_by_tlv_all_or_nothing(void **state) {
    static const struct {
        const char *bytes;
        size_t size;
        uint8_t code;
    } cases[] = {
        {"\xc2\x01\x1c\x20\xc1\x02\x05\xc1\x03\x3c", 10, CODE_CHANGED},
        {"\x08\x00\x04\xc2\x01\x1c\x20", 7, CODE_CHANGED},         /* in the entry of its instance */
        {"\xc1\x02\x09\xc1\x00\x02", 6, CODE_BAD_REQUEST},         /* 1/0/0 cannot be written */
        {"\xc1\x02\x09\xc1\x63\x02", 6, CODE_BAD_REQUEST},         /* 1/0/99 is not there */
        {"\xc1\x02\x09\xc3\x01\x00\x0e\x10", 8, CODE_BAD_REQUEST}, /* a number of three bytes */
        {"\xc1\x02\x09\xc0\x01", 5, CODE_BAD_REQUEST},             /* a number of none */
        {"\xc1\x02\x09\x81\x01\x41", 6, CODE_BAD_REQUEST},         /* an array */
        {"\xc1\x02\x09\xc1\x01\xff", 6, CODE_BAD_REQUEST},         /* -1 */
        {"\xc1\x02\x09\xc1", 4, CODE_BAD_REQUEST},                 /* it ends too early, in four ways */
        {"\xc1\x02\x09\xc2\x01\x1c", 6, CODE_BAD_REQUEST},
        {"\xc1\x02\x09\xc8\x01", 5, CODE_BAD_REQUEST},
        {"\xc1\x02\x09\xe1\x01", 5, CODE_BAD_REQUEST},
    };
    lwm2m_rig *r = *state;
    start_registered(r);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        lwm2m_rig_ask(r, &(lwm2m_order){.method = i % 2 == 0 ? CODE_PUT : CODE_POST,
                                        .path = "1/0",
                                        .payload = cases[i].bytes,
                                        .payload_size = cases[i].size,
                                        .format = FORMAT(FORMAT_TLV)});
        assert_int_equal(r->server.code, cases[i].code);
        assert_int_equal(r->client.values.lifetime, 7200);
        assert_int_equal(r->client.values.min_period, 5);
        assert_int_equal(r->client.values.max_period, 60);
        lwm2m_rig_run(r, SECOND);
    }
    lwm2m_rig_stop(r);
}

static void an_update_trigger_is_followed(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    assert_int_equal(ask(r, CODE_POST, "1/0/8", NULL), CODE_CHANGED);
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(r->server.updates, 1);
    assert_string_equal(r->server.queries, "");
    lwm2m_rig_stop(r);
}

static void a_disabled_client_de_registers_and_comes_back_later(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    assert_int_equal(ask(r, CODE_PUT, "1/0/5", "1800"), CODE_CHANGED);
    assert_int_equal(ask(r, CODE_POST, "1/0/4", NULL), CODE_CHANGED);
    lwm2m_rig_run_until(r, LWM2M_WAITING);
    assert_int_equal(r->server.deregisters, 1);
    assert_string_equal(r->kept.location, "");
    uint64_t since = world_now(&r->k->w);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    assert_in_range(world_now(&r->k->w) - since, 1800 * SECOND, 1801 * SECOND);
    assert_int_equal(r->server.registers, 2);
    lwm2m_rig_stop(r);
}

static void a_reboot_that_the_server_orders_ends_it_registered(void **state) {
    lwm2m_rig *r = *state;
    start_registered(r);
    assert_int_equal(ask(r, CODE_POST, "3/0/4", NULL), CODE_CHANGED);
    lwm2m_rig_run_until(r, LWM2M_ENDED);
    assert_int_equal(r->client.ending, LWM2M_REBOOT);
    assert_int_equal(r->server.deregisters, 0);
    lwm2m_rig_reboot(r);
    lwm2m_rig_run_until_updates(r, 1);
    assert_int_equal(r->server.registers, 1);
    lwm2m_rig_stop(r);
}

static void a_request_that_is_repeated_is_answered_the_same_and_done_once(void **state) {
    static const uint8_t execute[] = {0x41, CODE_POST, 0x77, 0x77, 0x05, 0xb1, '1', 0x01, '0', 0x01, '8'};
    lwm2m_rig *r = *state;
    start_registered(r);
    for (int i = 0; i < 3; i++) {
        r->server.code = CODE_EMPTY;
        lwm2m_server_say(&r->server, execute, sizeof(execute));
        lwm2m_rig_run(r, SECOND);
        assert_int_equal(r->server.code, CODE_CHANGED);
    }
    assert_int_equal(r->server.updates, 1);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_REQUEST), 1);
    lwm2m_rig_stop(r);
}

static void a_server_that_restarted_may_use_its_message_ids_again(void **state) {
    static const uint8_t execute[] = {0x41, CODE_POST, 0x77, 0x77, 0x05, 0xb1, '1', 0x01, '0', 0x01, '8'};
    lwm2m_rig *r = *state;
    lwm2m_rig_prepare(r, NULL);
    r->settings.sleep = 20 * SECOND;
    lwm2m_rig_start(r);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    lwm2m_server_say(&r->server, execute, sizeof(execute));
    lwm2m_rig_run_until(r, LWM2M_ASLEEP);
    assert_true(peer_restart(r->k->peer, false));
    lwm2m_server_forget(&r->server);
    lwm2m_rig_run_until(r, LWM2M_AWAKE);
    assert_int_equal(r->server.registers, 2);
    lwm2m_server_say(&r->server, execute, sizeof(execute));
    lwm2m_rig_run(r, SECOND);
    assert_int_equal(lwm2m_rig_count(r, LWM2M_EVENT_REQUEST), 2);
    assert_int_equal(r->server.updates, 2);
    lwm2m_rig_stop(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LWM2M_TEST(one_value_is_read_as_text_unless_asked_otherwise),
        LWM2M_TEST(several_values_are_read_as_tlv_unless_asked_otherwise),
        LWM2M_TEST(discover_lists_what_there_is),
        LWM2M_TEST(what_cannot_be_had_is_refused_by_its_reason),
        LWM2M_TEST(an_option_that_is_critical_and_unknown_is_refused),
        LWM2M_TEST(a_lifetime_that_is_written_is_told_by_an_update_at_once),
        LWM2M_TEST(an_instance_is_written_by_tlv_all_or_nothing),
        LWM2M_TEST(an_update_trigger_is_followed),
        LWM2M_TEST(a_disabled_client_de_registers_and_comes_back_later),
        LWM2M_TEST(a_reboot_that_the_server_orders_ends_it_registered),
        LWM2M_TEST(a_request_that_is_repeated_is_answered_the_same_and_done_once),
        LWM2M_TEST(a_server_that_restarted_may_use_its_message_ids_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
