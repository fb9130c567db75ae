/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP messages on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "coap/coap.h"

/* A Register as a client would send it, written by hand from RFC 7252 section 3. */
static const uint8_t bytes[] = {0x42, 0x02, 0x12, 0x34, 0xca, 0xfe, /* CON POST, two bytes of token */
                                0xb2, 'r',  'd',  0x11, 40,         /* path, format */
                                0x39, 'l',  'w',  'm',  '2',  'm',  '=', '1', '.', '1', /* a query */
                                0x01, 'Q',                                              /* another one */
                                0xff, '<',  '/',  '>'};

static void begin_register(message *m) {
    message_begin(m, MESSAGE_CON, CODE_POST);
    m->id = 0x1234;
    m->token_size = 2;
    memcpy(m->token, "\xca\xfe", 2);
    message_add_text(m, OPTION_URI_QUERY, "lwm2m=1.1"); /* in any order */
    message_add_uint(m, OPTION_CONTENT_FORMAT, 40);
    message_add_path(m, OPTION_URI_PATH, "/rd");
    message_add_text(m, OPTION_URI_QUERY, "Q");
    m->payload = (const uint8_t *)"</>";
    m->payload_size = 3;
}

static void a_message_is_encoded_by_rfc_7252(void **state) {
    uint8_t out[64];
    message m;
    (void)state;
    begin_register(&m);
    assert_int_equal(message_encode(&m, out, sizeof(out)), sizeof(bytes));
    assert_memory_equal(out, bytes, sizeof(bytes));
}

static void a_message_that_does_not_fit_is_not_encoded(void **state) {
    uint8_t *out = malloc(sizeof(bytes));
    message m;
    (void)state;
    assert_non_null(out);
    begin_register(&m);
    for (size_t capacity = 0; capacity < sizeof(bytes); capacity++) {
        uint8_t *exact = malloc(capacity + 1); /* so that a sanitizer sees a byte too much */
        assert_non_null(exact);
        assert_int_equal(message_encode(&m, exact + 1, capacity), 0);
        free(exact);
    }
    assert_int_equal(message_encode(&m, out, sizeof(bytes)), sizeof(bytes));
    free(out);
}

static void what_was_encoded_is_parsed_back(void **state) {
    char path[16];
    uint32_t format = 0;
    message m;
    (void)state;
    assert_int_equal(message_parse(&m, bytes, sizeof(bytes)), MESSAGE_OK);
    assert_int_equal(m.type, MESSAGE_CON);
    assert_int_equal(m.code, CODE_POST);
    assert_int_equal(m.id, 0x1234);
    assert_int_equal(m.token_size, 2);
    assert_true(message_get_path(&m, OPTION_URI_PATH, path, sizeof(path)));
    assert_string_equal(path, "/rd");
    assert_true(message_get_uint(&m, OPTION_CONTENT_FORMAT, &format));
    assert_int_equal(format, 40);
    assert_memory_equal(message_option_data(message_find(&m, OPTION_URI_QUERY, 1)), "Q", 1);
    assert_null(message_find(&m, OPTION_URI_QUERY, 2));
    assert_false(message_get_uint(&m, OPTION_ACCEPT, &format));
    assert_int_equal(m.payload_size, 3);
    assert_memory_equal(m.payload, "</>", 3);
}

static void options_may_be_far_apart_and_long(void **state) {
    static const uint16_t numbers[] = {1, 14, 269, 300, 2049, 65535};
    static const size_t sizes[] = {0, 12, 13, 268, 269, 270};
    static uint8_t value[300];
    uint8_t out[MESSAGE_MAX];
    message m;
    message back;
    (void)state;
    for (size_t i = 0; i < sizeof(value); i++) {
        value[i] = (uint8_t)i;
    }
    message_begin(&m, MESSAGE_NON, CODE_GET);
    for (size_t i = 0; i < 6; i++) {
        message_add(&m, numbers[i], value, sizes[i]);
    }
    size_t size = message_encode(&m, out, sizeof(out));
    assert_int_not_equal(size, 0);
    assert_int_equal(message_parse(&back, out, size), MESSAGE_OK);
    assert_int_equal(back.options_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(back.options[i].number, numbers[i]);
        assert_int_equal(back.options[i].size, sizes[i]);
        assert_memory_equal(message_option_data(&back.options[i]), value, sizes[i]);
    }
}

static void numbers_take_as_few_bytes_as_they_need(void **state) {
    static const struct {
        uint32_t value;
        size_t size;
    } cases[] = {{0, 0}, {1, 1}, {255, 1}, {256, 2}, {65535, 2}, {65536, 3}, {UINT32_MAX, 4}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t back = 7;
        message m;
        message_begin(&m, MESSAGE_CON, CODE_GET);
        message_add_uint(&m, OPTION_OBSERVE, cases[i].value);
        assert_int_equal(m.options[0].size, cases[i].size);
        assert_true(message_get_uint(&m, OPTION_OBSERVE, &back));
        assert_int_equal(back, cases[i].value);
    }
}

static void a_path_has_no_slash_or_zero_within_a_segment(void **state) {
    char path[8];
    message m;
    (void)state;
    message_begin(&m, MESSAGE_CON, CODE_GET);
    message_add_path(&m, OPTION_URI_PATH, "/a//bc/");
    assert_int_equal(m.options_count, 2);
    assert_true(message_get_path(&m, OPTION_URI_PATH, path, 6));
    assert_string_equal(path, "/a/bc");
    assert_false(message_get_path(&m, OPTION_URI_PATH, path, 5));
    message_add(&m, OPTION_URI_PATH, "d/e", 3);
    assert_false(message_get_path(&m, OPTION_URI_PATH, path, sizeof(path)));
    message_begin(&m, MESSAGE_CON, CODE_GET);
    message_add(&m, OPTION_URI_PATH, "a\0b", 3);
    assert_false(message_get_path(&m, OPTION_URI_PATH, path, sizeof(path)));
}

static void too_many_options_are_no_message(void **state) {
    uint8_t out[MESSAGE_MAX];
    message m;
    (void)state;
    message_begin(&m, MESSAGE_CON, CODE_GET);
    for (int i = 0; i < MESSAGE_OPTIONS; i++) {
        message_add_text(&m, OPTION_URI_PATH, "x");
    }
    size_t size = message_encode(&m, out, sizeof(out) - 2);
    assert_int_not_equal(size, 0);
    out[size] = 0x01; /* one more in what comes */
    out[size + 1] = 'x';
    message back;
    assert_int_equal(message_parse(&back, out, size), MESSAGE_OK);
    assert_int_equal(message_parse(&back, out, size + 2), MESSAGE_REJECT);
    message_add_text(&m, OPTION_URI_PATH, "x");
    assert_int_equal(message_encode(&m, out, sizeof(out)), 0);
}

/* Every beginning of a message, and each of its bytes changed in all ways: well-formed or refused, never more is read
 * than there is. What is well-formed can be encoded, and is the same again when that is parsed. */
static void no_damage_leads_astray(void **state) {
    (void)state;
    unsigned refused = 0;
    for (size_t size = 0; size <= sizeof(bytes); size++) {
        for (size_t at = 0; at < size || at == 0; at++) {
            for (unsigned change = 0; change < 256; change++) {
                uint8_t *copy = malloc(size + 1);
                uint8_t out[64];
                message m;
                assert_non_null(copy);
                memcpy(copy + 1, bytes, size); /* ends where the memory does */
                if (at < size) {
                    copy[1 + at] ^= (uint8_t)change;
                }
                if (message_parse(&m, copy + 1, size) == MESSAGE_OK) {
                    message again;
                    size_t encoded = message_encode(&m, out, sizeof(out));
                    assert_in_range(encoded, 4, size); /* a length may have been written longer than need be */
                    assert_int_equal(message_parse(&again, out, encoded), MESSAGE_OK);
                    assert_int_equal(again.options_count, m.options_count);
                    assert_int_equal(again.payload_size, m.payload_size);
                } else {
                    refused++;
                }
                free(copy);
            }
        }
    }
    assert_int_not_equal(refused, 0);
}

static void option_numbers_do_not_wrap(void **state) {
    static const uint8_t wrapping[] = {0x40, 0x01, 0, 1, 0xe0, 0xfe, 0xf2, 0xe0, 0x00, 0x00};
    message m;
    (void)state;
    assert_int_equal(message_parse(&m, wrapping, 7), MESSAGE_OK);
    assert_int_equal(m.options[0].number, 65535);
    assert_int_equal(message_parse(&m, wrapping, sizeof(wrapping)), MESSAGE_REJECT);
}

static void a_code_is_said_as_in_the_rfc(void **state) {
    char text[MESSAGE_CODE_TEXT_SIZE];
    (void)state;
    assert_string_equal(message_code_text(CODE_NOT_FOUND, text), "4.04");
    assert_string_equal(message_code_text(CODE_CONTENT, text), "2.05");
    assert_string_equal(message_code_text(255, text), "7.31");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_encoded_by_rfc_7252),
        cmocka_unit_test(a_message_that_does_not_fit_is_not_encoded),
        cmocka_unit_test(what_was_encoded_is_parsed_back),
        cmocka_unit_test(options_may_be_far_apart_and_long),
        cmocka_unit_test(numbers_take_as_few_bytes_as_they_need),
        cmocka_unit_test(a_path_has_no_slash_or_zero_within_a_segment),
        cmocka_unit_test(too_many_options_are_no_message),
        cmocka_unit_test(no_damage_leads_astray),
        cmocka_unit_test(option_numbers_do_not_wrap),
        cmocka_unit_test(a_code_is_said_as_in_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
