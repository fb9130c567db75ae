/* SPDX-License-Identifier: Apache-2.0 */
#include "udp/udp_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ---- servers ---- */

typedef struct echo {
    udp_kit *k;
    world_server *server;
} echo;

static echo echoes[5];

static void receive(void *context, const doze_endpoint *from, const void *data, size_t size) {
    const echo *e = context;
    e->k->arrived++;
    world_server_send(e->server, from, data, size);
}

static void start_server(udp_kit *k, echo *e, const char *address, uint16_t port) {
    const world_service service = {.receive = receive, .context = e};
    e->k = k;
    e->server = world_serve(&k->w, address, port, &service);
}

/* ---- the fixture ---- */

static void on_failure(const char *message) {
    fail_msg("%s", message);
}

static void on_event(void *context, const doze_socket *socket, doze_event event, int detail, int more) {
    udp_kit *k = context;
    if (socket == k->socket && k->events_count < UDP_KIT_EVENTS) {
        k->events[k->events_count++] = (udp_kit_event){event, detail, more};
    }
}

int udp_kit_set_up(void **state) {
    udp_kit *k = test_calloc(1, sizeof(*k));
    *state = k;
    world_init(&k->w, 0);
    k->w.on_failure = on_failure;
    k->host = world_add_host(&k->w, UDP_KIT_HOST);
    world_add_address(k->host, UDP_KIT_HOST6);
    start_server(k, &echoes[0], UDP_KIT_SERVER, UDP_KIT_PORT);
    start_server(k, &echoes[1], UDP_KIT_SERVER, UDP_KIT_OTHER_PORT);
    start_server(k, &echoes[2], UDP_KIT_SECOND, UDP_KIT_PORT);
    start_server(k, &echoes[3], UDP_KIT_SERVER6, UDP_KIT_PORT);
    start_server(k, &echoes[4], UDP_KIT_SERVER6, UDP_KIT_OTHER_PORT);
    k->server = echoes[0].server;
    world_name(&k->w, UDP_KIT_NAME, UDP_KIT_SERVER, NULL);
    world_name(&k->w, UDP_KIT_BOTH, UDP_KIT_SERVER, UDP_KIT_SECOND, UDP_KIT_SERVER6, NULL);
    k->trace = (doze_trace){on_event, k};
    udp_kit_another(k, &k->udp);
    k->socket = &k->udp.socket;
    return 0;
}

int udp_kit_tear_down(void **state) {
    udp_kit *k = *state;
    doze_deinit(k->socket);
    unsigned leaks = world_leaks(&k->w);
    k->w.on_failure = NULL;
    if (leaks == 0) {
        world_deinit(&k->w);
        test_free(k);
    }
    assert_int_equal(leaks, 0);
    return 0;
}

void udp_kit_another(udp_kit *k, doze_udp *udp) {
    const doze_udp_settings settings = {
        .net = world_host_net(k->host),
        .resolver = world_resolver(&k->w),
        .trace = &k->trace,
    };
    assert_int_equal(doze_udp_init(udp, &settings), DOZE_OK);
}

void udp_kit_take_port(udp_kit *k, doze_udp *thief, doze_family family, uint16_t port) {
    udp_kit_another(k, thief);
    assert_int_equal(doze_set_option(&thief->socket, DOZE_OPT_FORCED_FAMILY, family), DOZE_OK);
    assert_int_equal(doze_bind(&thief->socket, NULL, port), DOZE_OK);
}

/* ---- verbs ---- */

void udp_kit_connect(udp_kit *k) {
    assert_int_equal(world_connect(&k->w, k->socket, UDP_KIT_NAME, UDP_KIT_PORT, UDP_KIT_PATIENCE), DOZE_OK);
    udp_kit_state_is(k, DOZE_STATE_CONNECTED);
}

void udp_kit_sleep(udp_kit *k) {
    assert_int_equal(doze_shutdown(k->socket), DOZE_OK);
    udp_kit_state_is(k, DOZE_STATE_SHUTDOWN);
}

void udp_kit_resume(udp_kit *k) {
    assert_int_equal(doze_resume(k->socket), DOZE_OK);
    udp_kit_state_is(k, DOZE_STATE_CONNECTED);
}

void udp_kit_exchange(udp_kit *k) {
    static const char message[] = "what is asked is answered";
    char answer[64];
    size_t size = 0;
    assert_int_equal(doze_send(k->socket, message, sizeof(message)), DOZE_OK);
    assert_int_equal(world_recv(&k->w, k->socket, answer, sizeof(answer), &size, UDP_KIT_PATIENCE), DOZE_OK);
    assert_int_equal(size, sizeof(message));
    assert_memory_equal(answer, message, size);
}

/* ---- questions ---- */

int64_t udp_kit_option(udp_kit *k, doze_option option) {
    int64_t value = -1;
    assert_int_equal(doze_get_option(k->socket, option, &value), DOZE_OK);
    return value;
}

void udp_kit_set(udp_kit *k, doze_option option, int64_t value) {
    assert_int_equal(doze_set_option(k->socket, option, value), DOZE_OK);
    assert_int_equal(udp_kit_option(k, option), value);
}

unsigned udp_kit_count_events(const udp_kit *k, doze_event event, int detail, int more) {
    unsigned count = 0;
    for (unsigned i = 0; i < k->events_count; i++) {
        count += k->events[i].event == event && k->events[i].detail == detail && k->events[i].more == more;
    }
    return count;
}

void udp_kit_remote_is(const udp_kit *k, const char *hostname, const char *address, uint16_t port) {
    char text[DOZE_ADDRESS_TEXT_SIZE] = "";
    if (hostname == NULL) {
        assert_null(doze_remote_hostname(k->socket));
        assert_int_equal(doze_remote_host(k->socket, text, sizeof(text)), DOZE_ERR_NO_PEER);
    } else {
        assert_string_equal(doze_remote_hostname(k->socket), hostname);
        assert_int_equal(doze_remote_host(k->socket, text, sizeof(text)), DOZE_OK);
        assert_string_equal(text, address);
    }
    assert_int_equal(doze_remote_port(k->socket), port);
}

void udp_kit_local_is(const udp_kit *k, const char *address, uint16_t port) {
    char text[DOZE_ADDRESS_TEXT_SIZE] = "";
    if (address == NULL) {
        assert_int_equal(doze_local_host(k->socket, text, sizeof(text)), DOZE_ERR_NO_LAST_PORT);
    } else {
        assert_int_equal(doze_local_host(k->socket, text, sizeof(text)), DOZE_OK);
        assert_string_equal(text, address);
    }
    assert_int_equal(doze_local_port(k->socket), port);
}

void udp_kit_state_is(const udp_kit *k, doze_state state) {
    assert_string_equal(doze_state_name(doze_get_state(k->socket)), doze_state_name(state));
}
