/* SPDX-License-Identifier: Apache-2.0 */
#include "kit/kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dtls/compat.h"

const unsigned char kit_key[KIT_KEY_SIZE] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
                                             0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01};

static void on_failure(const char *message) {
    fail_msg("%s", message);
}

static void on_event(void *context, const doze_socket *socket, doze_event event, int detail, int more) {
    kit *k = context;
    (void)socket;
    if (k->events_count < KIT_EVENTS_MAX) {
        k->events[k->events_count++] = (kit_event){event, detail, more};
    }
}

static const char *path_of(char *path, size_t size, const char *directory, const char *name, const char *end) {
    int written = snprintf(path, size, "%s/%s%s", directory, name, end);
    assert_in_range(written, 1, size - 1);
    return path;
}

static void start_peer(kit *k, const kit_order *order) {
    char certificate[512];
    char key[512];
    char ca[512];
    peer_settings settings = order->peer;
    if (order->certificate != NULL) {
        settings.certificate_file =
            path_of(certificate, sizeof(certificate), DOZE_TEST_CERTS, order->certificate, "-chain.pem");
        settings.key_file = path_of(key, sizeof(key), DOZE_TEST_CERTS, order->certificate, ".key.pem");
    }
    if (order->client_ca != NULL) {
        settings.ca_file = path_of(ca, sizeof(ca), DOZE_TEST_CERTS, order->client_ca, ".pem");
    }
    if (order->certificate == NULL && settings.find_key == NULL) {
        settings.identity = KIT_IDENTITY;
        settings.key = kit_key;
        settings.key_size = sizeof(kit_key);
    }
    if (settings.sessions == 0 && !order->no_sessions) {
        settings.sessions = PEER_SESSION_CACHE;
    }
    if (!peer_world_open(&k->home, &k->w, &settings, KIT_SERVER, KIT_PORT)) {
        fail_msg("peer: %s", peer_why(&k->home.peer));
    }
    k->peer = &k->home.peer;
    k->server = k->home.server;
}

static void configure_client(kit *k, const kit_order *order) {
    doze_dtls_settings dtls = order->dtls;
    dtls.clock = world_clock(&k->w);
    if (dtls.random.fill == NULL) {
        dtls.random = world_random(&k->w);
    }
    dtls.trace = &k->trace;
    if (order->x509 != NULL) {
        doze_x509_settings x509 = *order->x509;
        x509.random = dtls.random;
        assert_int_equal(doze_x509_init(&k->x509, &x509), DOZE_OK);
        dtls.x509 = &k->x509;
    } else if (dtls.psk.identity.data == NULL) {
        dtls.psk = (doze_psk){.identity = {KIT_IDENTITY, strlen(KIT_IDENTITY)}, .key = {kit_key, sizeof(kit_key)}};
    }
    assert_int_equal(doze_dtls_config_init(&k->config, &dtls), DOZE_OK);
}

static void start_client(kit *k) {
    const doze_udp_settings udp = {.net = world_host_net(k->host), .resolver = world_resolver(&k->w)};
    assert_int_equal(doze_udp_init(&k->udp, &udp), DOZE_OK);
    tap_init(&k->tap, &k->udp.socket);
    assert_int_equal(doze_dtls_init(&k->dtls, &k->config, &k->tap.socket), DOZE_OK);
    k->socket = &k->dtls.socket;
}

int kit_set_up(void **state) {
    *state = test_malloc(sizeof(kit));
    return 0;
}

int kit_tear_down(void **state) {
    test_free(*state);
    return 0;
}

void kit_start(kit *k, const kit_order *order) {
    static const kit_order nothing_different = {0};
    order = order == NULL ? &nothing_different : order;
    memset(k, 0, sizeof(*k));
    k->trace = (doze_trace){on_event, k};
    world_init(&k->w, order->seed);
    k->w.on_failure = on_failure;
    k->started = world_now(&k->w);
    k->host = world_add_host(&k->w, KIT_HOST);
    world_name(&k->w, KIT_NAME, KIT_SERVER, NULL);
    start_peer(k, order);
    configure_client(k, order);
    start_client(k);
}

static void stop_client(kit *k) {
    tap_check(&k->tap);
    doze_deinit(k->socket);
    doze_deinit(&k->tap.socket);
    doze_deinit(&k->udp.socket);
}

void kit_reboot(kit *k) {
    stop_client(k);
    start_client(k);
}

void kit_stop(kit *k) {
    stop_client(k);
    doze_dtls_config_deinit(&k->config);
    doze_x509_deinit(&k->x509);
    peer_world_close(&k->home);
    assert_int_equal(world_leaks(&k->w), 0);
    world_deinit(&k->w);
}

void kit_connect(kit *k) {
    assert_int_equal(world_connect(&k->w, k->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CONNECTED);
}

void kit_sleep(kit *k) {
    assert_int_equal(tap_shutdown(&k->tap, k->socket), DOZE_OK);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_SHUTDOWN);
}

void kit_resume(kit *k) {
    assert_int_equal(world_resume(&k->w, k->socket, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(doze_get_state(k->socket), DOZE_STATE_CONNECTED);
}

void kit_exchange(kit *k, const char *message) {
    char answer[2048];
    size_t size = 0;
    if (strlen(message) >= TAP_PLAINTEXT_MIN) {
        tap_forbid(&k->tap, message, strlen(message));
    }
    doze_result sent = doze_send(k->socket, message, strlen(message));
    if (sent == DOZE_NEW_CONTEXT) { /* an LwM2M client would register now */
        assert_int_equal(kit_option(k, DOZE_OPT_CONTEXT_CONTINUED), 0);
        sent = doze_send(k->socket, message, strlen(message));
    }
    assert_int_equal(sent, DOZE_OK);
    assert_int_equal(world_recv(&k->w, k->socket, answer, sizeof(answer), &size, KIT_PATIENCE), DOZE_OK);
    assert_int_equal(size, strlen(message));
    assert_memory_equal(answer, message, size);
}

void kit_take_port(kit *k, doze_udp *thief, uint16_t port) {
    assert_int_equal(doze_udp_init(thief, &(doze_udp_settings){.net = world_host_net(k->host)}), DOZE_OK);
    assert_int_equal(doze_bind(&thief->socket, NULL, port), DOZE_OK);
}

static doze_endpoint client_end(const kit *k) {
    return world_endpoint(KIT_HOST, doze_local_port(k->socket));
}

void kit_forge(kit *k, const void *data, size_t size) {
    const doze_endpoint server = world_server_endpoint(k->server);
    const doze_endpoint client = client_end(k);
    assert_true(world_inject(&k->w, &server, &client, data, size));
}

void kit_forge_refusal(kit *k) {
    const doze_endpoint server = world_server_endpoint(k->server);
    const doze_endpoint client = client_end(k);
    assert_true(world_inject_refusal(&k->w, &server, &client));
}

void kit_be_alerted(kit *k, int description) {
    char buffer[64];
    size_t size = 0;
    assert_int_equal(peer_alert(k->peer, peer_newest(k->peer), description), 0);
    assert_int_equal(world_recv(&k->w, k->socket, buffer, sizeof(buffer), &size, KIT_PATIENCE), DOZE_ERR_ALERT);
}

int kit_draw(void *context, unsigned char *out, size_t size) {
    kit_source *s = context;
    return s->fails ? -1 : s->true_one.fill(s->true_one.context, out, size);
}

int64_t kit_option(kit *k, doze_option option) {
    int64_t value = -1;
    assert_int_equal(doze_get_option(k->socket, option, &value), DOZE_OK);
    return value;
}

int64_t kit_dropped(kit *k, doze_drop cause) {
    return kit_option(k, (doze_option)((int)DOZE_OPT_DROPPED + (int)cause));
}

uint64_t kit_elapsed(const kit *k) {
    return world_now(&k->w) - k->started;
}

uint64_t kit_handshake_datagrams(const kit *k) {
    return k->tap.count[TAP_UP].handshake + k->tap.count[TAP_DOWN].handshake;
}

unsigned kit_count_events(const kit *k, doze_event event, int detail) {
    unsigned count = 0;
    for (unsigned i = 0; i < k->events_count; i++) {
        count += k->events[i].event == event && k->events[i].detail == detail;
    }
    return count;
}

doze_bytes kit_file(const char *name) {
    char path[512];
    FILE *file = fopen(path_of(path, sizeof(path), DOZE_TEST_CERTS, name, ""), "rb");
    assert_non_null(file);
    unsigned char *data = malloc(65536);
    assert_non_null(data);
    size_t size = fread(data, 1, 65536, file);
    fclose(file);
    assert_in_range(size, 1, 65535);
    return (doze_bytes){data, size};
}

void kit_free(doze_bytes file) {
    union {
        const void *in;
        void *out;
    } cast = {.in = file.data};
    free(cast.out);
}

int kit_parse_key(mbedtls_pk_context *pk, doze_bytes der, const doze_random *random) {
    return doze_tls_pk_parse(pk, der.data, der.size, random);
}
