/* SPDX-License-Identifier: Apache-2.0 */
/* From the Security object to a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/wakaama/internal.h"
#include "doze/x509.h"
#include "kit/kit.h"
#include "rig.h"

static void a_server_uri_gives_scheme_host_and_port(void **state) {
    static const struct {
        const char *uri;
        bool secure;
        const char *host;
        uint16_t port;
    } cases[] = {
        {"coaps://server.example:5694", true, "server.example", 5694},
        {"coaps://server.example", true, "server.example", 5684},
        {"coap://server.example", false, "server.example", 5683},
        {"coap://192.0.2.1:1/", false, "192.0.2.1", 1},
        {"coaps://[2001:db8::1]", true, "2001:db8::1", 5684},
        {"coaps://[2001:db8::1]:65535/path?query", true, "2001:db8::1", 65535},
        {"COAPS://server.example:", true, "server.example", 5684},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        doze_wakaama_uri uri;
        assert_int_equal(doze_wakaama_parse_uri(cases[i].uri, strlen(cases[i].uri), &uri), DOZE_OK);
        assert_int_equal(uri.secure, cases[i].secure);
        assert_string_equal(uri.host, cases[i].host);
        assert_int_equal(uri.port, cases[i].port);
    }
}

static void a_uri_that_is_none_is_refused(void **state) {
    static const struct {
        const char *uri;
        doze_result result;
    } cases[] = {
        {"", DOZE_ERR_UNSUPPORTED},
        {"coap:", DOZE_ERR_UNSUPPORTED},
        {"coap+tcp://server.example", DOZE_ERR_UNSUPPORTED},
        {"http://server.example", DOZE_ERR_UNSUPPORTED},
        {"coaps://", DOZE_ERR_HOST},
        {"coaps:///path", DOZE_ERR_HOST},
        {"coaps://:5684", DOZE_ERR_HOST},
        {"coaps://user@server.example", DOZE_ERR_HOST},
        {"coaps://[", DOZE_ERR_HOST},
        {"coaps://[]", DOZE_ERR_HOST},
        {"coaps://[2001:db8::1", DOZE_ERR_HOST},
        {"coaps://[2001:db8::1]5684", DOZE_ERR_PORT},
        {"coaps://2001:db8::1", DOZE_ERR_PORT},
        {"coaps://server.example:0", DOZE_ERR_PORT},
        {"coaps://server.example:65536", DOZE_ERR_PORT},
        {"coaps://server.example:000005684", DOZE_ERR_PORT},
        {"coaps://server.example:56a", DOZE_ERR_PORT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        doze_wakaama_uri uri;
        assert_int_equal(doze_wakaama_parse_uri(cases[i].uri, strlen(cases[i].uri), &uri), cases[i].result);
    }
}

static void a_host_may_have_253_characters_and_no_zero(void **state) {
    char text[8 + DOZE_HOSTNAME_MAX + 1] = "coaps://";
    doze_wakaama_uri uri;
    (void)state;
    memset(text + 8, 'a', DOZE_HOSTNAME_MAX + 1);
    assert_int_equal(doze_wakaama_parse_uri(text, 8 + DOZE_HOSTNAME_MAX, &uri), DOZE_OK);
    assert_int_equal(strlen(uri.host), DOZE_HOSTNAME_MAX);
    assert_int_equal(doze_wakaama_parse_uri(text, sizeof(text), &uri), DOZE_ERR_HOST);
    text[12] = '\0';
    assert_int_equal(doze_wakaama_parse_uri(text, 20, &uri), DOZE_ERR_HOST);
}

static void a_buffer_and_a_network_are_required(void **state) {
    rig *r = *state;
    doze_wakaama w;
    assert_int_equal(doze_wakaama_init(NULL, &r->settings), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_wakaama_init(&w, NULL), DOZE_ERR_ARGUMENT);
    doze_wakaama_settings settings = r->settings;
    settings.buffer_size = 0;
    assert_int_equal(doze_wakaama_init(&w, &settings), DOZE_ERR_ARGUMENT);
    settings = r->settings;
    settings.buffer = NULL;
    assert_int_equal(doze_wakaama_init(&w, &settings), DOZE_ERR_ARGUMENT);
    settings = r->settings;
    settings.udp.net = NULL;
    assert_int_equal(doze_wakaama_init(&w, &settings), DOZE_ERR_ARGUMENT);
    rig_start(r);
}

static void refuse(rig *r, doze_result result) {
    assert_null(lwm2m_connect_server(0, &r->adapter));
    assert_int_equal(r->adapter.last_error, result);
    assert_int_equal(fake_allocations, 0);
}

static void a_security_object_that_contradicts_itself_gives_no_session(void **state) {
    rig *r = *state;
    fake_security *s = &r->wakaama.security[0];
    rig_serve(r, NULL);
    rig_start(r);
    const fake_security whole = *s;
    s->uri = NULL;
    refuse(r, DOZE_ERR_CONFIG);
    *s = whole;
    s->mode = LWM2M_SECURITY_MODE_NONE;
    refuse(r, DOZE_ERR_CONFIG);
    s->uri = "coap://127.0.0.1";
    s->mode = LWM2M_SECURITY_MODE_PRE_SHARED_KEY; /* keys, and plain text */
    refuse(r, DOZE_ERR_CONFIG);
    *s = whole;
    s->mode = LWM2M_SECURITY_MODE_RAW_PUBLIC_KEY;
    refuse(r, DOZE_ERR_UNSUPPORTED);
    s->mode = LWM2M_SECURITY_MODE_CERTIFICATE; /* and nobody to give any */
    refuse(r, DOZE_ERR_UNSUPPORTED);
    s->mode = -1;
    refuse(r, DOZE_ERR_UNSUPPORTED);
    *s = whole;
    s->no_number = true;
    refuse(r, DOZE_ERR_UNSUPPORTED);
    *s = whole;
    s->identity = NULL;
    refuse(r, DOZE_ERR_IDENTITY);
    *s = whole;
    s->key_size = DOZE_KEY_MAX + 1;
    s->key = r->buffer;
    refuse(r, DOZE_ERR_KEY);
}

static void without_a_context_or_an_object_there_is_no_session(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    r->wakaama.object.readFunc = NULL;
    refuse(r, DOZE_ERR_CONFIG);
    r->wakaama.others.next = NULL;
    refuse(r, DOZE_ERR_CONFIG);
    r->adapter.context = NULL;
    refuse(r, DOZE_ERR_CONFIG);
}

static void memory_that_is_short_gives_no_session_and_leaks_nothing(void **state) {
    rig *r = *state;
    doze_wakaama_connection *c = NULL;
    rig_serve(r, NULL);
    rig_start(r);
    int failures = 0;
    for (; c == NULL; failures++) {
        assert_in_range(failures, 0, 100);
        fake_fail_after = failures;
        c = lwm2m_connect_server(0, &r->adapter);
        bool reached = fake_fail_after < 0;
        fake_fail_after = -1;
        if (c != NULL && reached) { /* the session is there: it connects with the first message */
            lwm2m_close_connection(c, &r->adapter);
            c = NULL;
        }
        if (c == NULL) {
            assert_int_equal(fake_allocations, 0);
        }
    }
    assert_in_range(failures, 5, 100);
    assert_int_equal(rig_settle(r), DOZE_OK);
}

static void the_key_of_the_security_object_opens_a_dtls_connection_with_connection_id(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    assert_non_null(c->dtls);
    assert_int_equal(c->security_instance, 0);
    assert_int_equal(rig_option(c, DOZE_OPT_CONNECTION_ID), 1);
    assert_string_equal(peer_newest(&r->server.peer)->identity, RIG_IDENTITY);
    rig_exchange(r, c);
}

static void nothing_is_left_of_a_key_that_was_read(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    rig_connected(r, 0);
    assert_int_equal(fake_unwiped, 0);
}

static void a_name_longer_than_a_socket_has_room_for_is_looked_up(void **state) {
    rig *r = *state;
    r->settings.udp.resolver = NULL; /* knows no name, but is asked only for names that there is room for */
    rig_start(r);
    r->wakaama.security[0] =
        (fake_security){.uri = "coap://a-name-that-is-longer-than-what-a-socket-has-room-for.invalid",
                        .mode = LWM2M_SECURITY_MODE_NONE};
    doze_wakaama_connection *c = lwm2m_connect_server(0, &r->adapter);
    assert_non_null(c);
    assert_int_equal(r->adapter.last_error, DOZE_ERR_HOST_UNKNOWN);
    lwm2m_close_connection(c, &r->adapter);
}

/* ---- what the application adds ---- */

typedef struct extra {
    doze_x509 x509;
    doze_bytes root;
    uint8_t freezer[DOZE_IMAGE_MAX];
    doze_result result;
    unsigned calls;
} extra;

static doze_result give_certificates(void *user, uint16_t instance, doze_dtls_settings *settings) {
    extra *e = user;
    assert_int_equal(instance, 0);
    assert_null(settings->psk.identity.data);
    e->calls++;
    settings->x509 = &e->x509;
    return e->result;
}

static doze_result give_freezer(void *user, doze_wakaama_connection *c) {
    extra *e = user;
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CLOSED);
    e->calls++;
    doze_result result = doze_dtls_set_freezer(c->dtls, e->freezer, sizeof(e->freezer));
    return result == DOZE_OK ? e->result : result;
}

static void certificates_are_the_applications_to_give(void **state) {
    rig *r = *state;
    extra e = {.root = kit_file("root.pem")};
    const doze_x509_settings settings = {.random = doze_posix_random(), .trust = e.root};
    assert_int_equal(doze_x509_init(&e.x509, &settings), DOZE_OK);
    rig_serve(r, &(peer_settings){.certificate_file = DOZE_TEST_CERTS "/server-chain.pem",
                                  .key_file = DOZE_TEST_CERTS "/server.key.pem"});
    r->wakaama.security[0].mode = LWM2M_SECURITY_MODE_CERTIFICATE;
    r->settings.credentials = give_certificates;
    r->settings.user = &e;
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    rig_exchange(r, c);
    assert_int_equal(e.calls, 1);
    rig_close(r, c);
    e.result = DOZE_ERR_CERTIFICATE;
    refuse(r, DOZE_ERR_CERTIFICATE);
    doze_x509_deinit(&e.x509);
    kit_free(e.root);
}

static void a_connection_can_be_prepared_before_it_connects(void **state) {
    rig *r = *state;
    extra e = {0};
    r->settings.prepare = give_freezer;
    r->settings.user = &e;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    assert_int_equal(e.calls, 1);
    assert_int_equal(doze_wakaama_sleep(&r->adapter), DOZE_OK);
    assert_in_range(rig_option(c, DOZE_OPT_FROZEN_SIZE), 1, DOZE_IMAGE_MAX);
    assert_int_equal(doze_wakaama_wake(&r->adapter), DOZE_OK);
    assert_int_equal(rig_option(c, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    rig_exchange(r, c);
    rig_close(r, c);
    e.result = DOZE_ERR_STORE;
    refuse(r, DOZE_ERR_STORE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_uri_gives_scheme_host_and_port),
        cmocka_unit_test(a_uri_that_is_none_is_refused),
        cmocka_unit_test(a_host_may_have_253_characters_and_no_zero),
        RIG_TEST(a_buffer_and_a_network_are_required),
        RIG_TEST(a_security_object_that_contradicts_itself_gives_no_session),
        RIG_TEST(without_a_context_or_an_object_there_is_no_session),
        RIG_TEST(memory_that_is_short_gives_no_session_and_leaks_nothing),
        RIG_TEST(the_key_of_the_security_object_opens_a_dtls_connection_with_connection_id),
        RIG_TEST(nothing_is_left_of_a_key_that_was_read),
        RIG_TEST(a_name_longer_than_a_socket_has_room_for_is_looked_up),
        RIG_TEST(certificates_are_the_applications_to_give),
        RIG_TEST(a_connection_can_be_prepared_before_it_connects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
