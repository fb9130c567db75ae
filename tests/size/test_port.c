/* SPDX-License-Identifier: Apache-2.0 */
/* examples/port on a board that this host plays: the whole client against a real server, and what a port can get wrong. */
#define _DEFAULT_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "board_host.h"
#include "client.h"
#include "doze/posix.h"
#include "peer/peer_udp.h"

static const unsigned char key[] = "0123456789abcdef";

typedef struct scene {
    peer_udp server;
    client device;
    board_identity identity;
} scene;
static scene now;

static void serve(void *context) {
    peer_udp_pump(context);
}

static int set_up(void **state) {
    *state = &now;
    memset(&now, 0, sizeof(now));
    const peer_settings settings = {
        .clock = doze_posix_clock(),
        .random = doze_posix_random(),
        .identity = "device",
        .key = key,
        .key_size = sizeof(key) - 1,
        .sessions = PEER_SESSION_CACHE,
    };
    board_host_new_flash();
    assert_true(peer_udp_open(&now.server, &settings, "127.0.0.1", 0));
    now.identity = (board_identity){
        .server = "127.0.0.1",
        .port = peer_udp_port(&now.server),
        .psk_identity = "device",
        .psk = key,
        .psk_size = sizeof(key) - 1,
    };
    board_host_is(&now.identity);
    board_host_meanwhile(serve, &now.server);
    return client_begin(&now.device) == DOZE_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    board_host_meanwhile(NULL, NULL);
    client_end(&now.device);
    peer_udp_close(&now.server);
    return 0;
}

static int64_t option(scene *s, doze_option which) {
    int64_t value = -1;
    assert_int_equal(doze_get_option(&s->device.dtls.socket, which, &value), DOZE_OK);
    return value;
}

static void report_is_answered(scene *s) {
    char answer[16];
    size_t size = 0;
    assert_int_equal(client_ask(&s->device, "21.5 C", 6, answer, sizeof(answer), &size), DOZE_OK);
    assert_int_equal(size, 6);
    assert_memory_equal(answer, "21.5 C", 6);
}

static void lose_power(scene *s) {
    client_end(&s->device);
    memset(&s->device, 0, sizeof(s->device));
    assert_int_equal(client_begin(&s->device), DOZE_OK);
}

/* ---- the client ---- */

static void a_device_wakes_from_its_image_on_the_same_port_without_a_handshake(void **state) {
    scene *s = *state;
    assert_int_equal(client_wake(&s->device), DOZE_OK);
    uint16_t port = doze_local_port(&s->device.dtls.socket);
    for (int i = 0; i < 3; i++) {
        report_is_answered(s);
        assert_int_equal(client_sleep(&s->device), DOZE_OK);
        assert_in_range(option(s, DOZE_OPT_FROZEN_SIZE), 1, DOZE_IMAGE_MAX);
        assert_int_equal(client_wake(&s->device), DOZE_OK);
        assert_int_equal(option(s, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
        assert_int_equal(doze_local_port(&s->device.dtls.socket), port);
    }
    assert_int_equal(s->server.peer.counters.handshakes_full, 1);
    assert_int_equal(s->server.peer.counters.handshakes_resumed, 0);
}

static void a_device_that_lost_its_power_asleep_goes_on_from_flash(void **state) {
    scene *s = *state;
    assert_int_equal(client_wake(&s->device), DOZE_OK);
    report_is_answered(s);
    uint16_t port = doze_local_port(&s->device.dtls.socket);
    for (int i = 0; i < 20; i++) { /* the pages are erased and written anew meanwhile */
        assert_int_equal(client_sleep(&s->device), DOZE_OK);
        lose_power(s);
        assert_int_equal(client_wake(&s->device), DOZE_OK);
        assert_int_equal(option(s, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
        assert_int_equal(doze_local_port(&s->device.dtls.socket), port);
        report_is_answered(s);
    }
    assert_int_equal(s->server.peer.counters.handshakes_full, 1);
    assert_int_equal(board_host_flash_state()->misuses, 0);
    assert_in_range(board_host_flash_state()->erases, 2, 8);
}

static void a_device_that_lost_its_power_awake_resumes_its_session(void **state) {
    scene *s = *state;
    char answer[16];
    size_t size = 0;
    assert_int_equal(client_wake(&s->device), DOZE_OK);
    report_is_answered(s);
    lose_power(s);
    assert_int_equal(client_wake(&s->device), DOZE_OK);
    assert_int_equal(option(s, DOZE_OPT_RUNG), DOZE_RUNG_RESUMED);
    assert_int_equal(client_ask(&s->device, "21.5 C", 6, answer, sizeof(answer), &size), DOZE_NEW_CONTEXT);
    report_is_answered(s);
}

static void a_server_is_found_by_its_name(void **state) {
    scene *s = *state;
    s->identity.server = "server.example";
    board_host_is(&s->identity);
    assert_int_equal(client_wake(&s->device), DOZE_OK);
    report_is_answered(s);
    assert_string_equal(doze_remote_hostname(&s->device.dtls.socket), "server.example");
}

static void a_name_that_does_not_exist_is_told(void **state) {
    scene *s = *state;
    s->identity.server = "nobody.example";
    board_host_is(&s->identity);
    assert_int_equal(client_wake(&s->device), DOZE_ERR_HOST_UNKNOWN);
    s->identity.server = "server.example"; /* and the only lookup there is was given back */
    board_host_is(&s->identity);
    assert_int_equal(client_wake(&s->device), DOZE_OK);
}

/* ---- datagrams ---- */

typedef struct far_end {
    int fd;
    struct sockaddr_in address;
} far_end;

static far_end open_far_end(void) {
    far_end f = {.fd = socket(AF_INET, SOCK_DGRAM, 0), .address = {.sin_family = AF_INET}};
    socklen_t size = sizeof(f.address);
    f.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(f.fd >= 0);
    assert_int_equal(bind(f.fd, (const struct sockaddr *)&f.address, sizeof(f.address)), 0);
    assert_int_equal(getsockname(f.fd, (struct sockaddr *)&f.address, &size), 0);
    return f;
}

static void tell(const far_end *f, uint16_t port, const char *text) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(sendto(f->fd, text, strlen(text), 0, (const struct sockaddr *)&to, sizeof(to)), strlen(text));
}

static void datagrams_of_strangers_are_not_delivered_and_long_ones_are_told(void **state) {
    doze_udp udp;
    char buffer[8];
    size_t size = 0;
    (void)state;
    far_end known = open_far_end();
    far_end stranger = open_far_end();
    assert_int_equal(doze_udp_init(&udp, &(doze_udp_settings){.net = port_net()}), DOZE_OK);
    assert_int_equal(doze_connect(&udp.socket, "127.0.0.1", ntohs(known.address.sin_port)), DOZE_OK);
    uint16_t port = doze_local_port(&udp.socket);
    assert_int_equal(doze_recv(&udp.socket, buffer, sizeof(buffer), &size), DOZE_WOULD_BLOCK);
    tell(&stranger, port, "stranger");
    tell(&known, port, "known");
    tell(&known, port, "too long for it");
    assert_int_equal(doze_recv(&udp.socket, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_int_equal(size, 5);
    assert_memory_equal(buffer, "known", 5);
    assert_int_equal(doze_recv(&udp.socket, buffer, sizeof(buffer), &size), DOZE_ERR_TRUNCATED);
    assert_int_equal(size, 15);
    doze_deinit(&udp.socket);
    (void)close(known.fd);
    (void)close(stranger.fd);
}

static void a_port_that_is_taken_is_told(void **state) {
    doze_udp udp;
    (void)state;
    far_end other = open_far_end();
    assert_int_equal(doze_udp_init(&udp, &(doze_udp_settings){.net = port_net()}), DOZE_OK);
    assert_int_equal(doze_bind(&udp.socket, NULL, ntohs(other.address.sin_port)), DOZE_ERR_PORT_TAKEN);
    assert_int_equal(doze_cause(&udp.socket), BOARD_PORT_IN_USE);
    doze_deinit(&udp.socket);
    (void)close(other.fd);
}

static void addresses_are_read_and_written(void **state) {
    static const char *const good[] = {"0.0.0.0", "1.22.203.4", "255.255.255.255", "10.0.100.9"};
    static const char *const bad[] = {"",         "1.2.3",    "1.2.3.", "1.2.3.4.", "256.1.1.1",
                                      "01.2.3.4", "1.2.3.4x", "1..2.3", "a"};
    doze_net *net = port_net();
    doze_endpoint end = {0};
    char text[16];
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(net->ops->parse(net, good[i], &end));
        assert_true(net->ops->format(net, &end, text, sizeof(text)));
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(net->ops->parse(net, bad[i], &end));
    }
    assert_false(net->ops->format(net, &end, text, sizeof(text) - 1));
}

/* ---- time ---- */

static void the_clock_goes_on_where_the_ticks_begin_again(void **state) {
    enum { STEP = 0x60000000, SLACK = 60000 };
    doze_clock clock = port_clock();
    (void)state;
    for (int i = 0; i < 6; i++) {
        uint64_t before = clock.now(clock.context);
        board_host_pass_time(STEP);
        uint64_t after = clock.now(clock.context);
        assert_in_range(after - before, STEP, STEP + SLACK);
    }
}

/* ---- flash ---- */

enum { RECORDS = 15, RECORD_SIZE = 240, CELL_SIZE = DOZE_STORE_SLOT_SIZE + BOARD_UNIT };

static void fill_record(uint8_t record[RECORD_SIZE], unsigned number) {
    memset(record, (int)number, RECORD_SIZE);
}

/* The number of the record that the slot has; 0: it is empty, or has none that is whole. */
static unsigned number_of(doze_store *store, unsigned slot) {
    uint8_t found[DOZE_STORE_SLOT_SIZE];
    uint8_t whole[RECORD_SIZE];
    size_t size = 0;
    doze_result result = store->ops->read(store, slot, found, sizeof(found), &size);
    if (result != DOZE_OK || size == 0) {
        assert_true(result == DOZE_OK || result == DOZE_ERR_TOO_LONG);
        return 0;
    }
    fill_record(whole, found[0]);
    return size == RECORD_SIZE && memcmp(found, whole, RECORD_SIZE) == 0 ? found[0] : 0;
}

/* Writes records 1, 2, …, and empties the slot after every seventh, until the power goes; the last one that was told to be
 * written, and the one that was being written. */
static void write_until_the_power_goes(doze_store *store, unsigned *done, unsigned *begun) {
    uint8_t record[RECORD_SIZE];
    *done = 0;
    for (unsigned i = 1; i <= RECORDS; i++) {
        *begun = i % 7 == 0 ? 0 : i;
        fill_record(record, i);
        if (store->ops->write(store, 1, record, i % 7 == 0 ? 0 : sizeof(record)) != DOZE_OK) {
            return;
        }
        *done = *begun;
    }
}

/* One older than the one before must never come back: with it, numbers would be used twice. */
static void a_power_cut_leaves_the_record_of_before_the_new_one_or_none(void **state) {
    doze_store *store = port_store();
    (void)state;
    board_host_new_flash();
    unsigned done = 0;
    unsigned begun = 0;
    write_until_the_power_goes(store, &done, &begun);
    unsigned operations = board_host_flash_state()->operations;
    assert_int_equal(number_of(store, 1), RECORDS);
    assert_in_range(board_host_flash_state()->erases, 1, RECORDS / 4);
    for (size_t torn = 0; torn <= BOARD_UNIT; torn++) {
        for (unsigned at = 1; at <= operations; at++) {
            board_host_new_flash();
            board_host_flash_state()->cut_at = at;
            board_host_flash_state()->torn_bytes = torn;
            board_host_flash_state()->erased_from = torn * CELL_SIZE % BOARD_PAGE_SIZE;
            write_until_the_power_goes(store, &done, &begun);
            board_host_flash_state()->cut_at = 0; /* the power is back */
            unsigned found = number_of(store, 1);
            assert_true(found == 0 || found == done || found == begun);
            uint8_t record[RECORD_SIZE];
            fill_record(record, 99);
            assert_int_equal(store->ops->write(store, 1, record, sizeof(record)), DOZE_OK);
            assert_int_equal(number_of(store, 1), 99);
            assert_int_equal(board_host_flash_state()->misuses, 0);
        }
    }
}

static void slots_are_apart_and_bounded(void **state) {
    doze_store *store = port_store();
    uint8_t record[RECORD_SIZE];
    uint8_t small[RECORD_SIZE - 1];
    size_t size = 0;
    (void)state;
    board_host_new_flash();
    for (unsigned slot = 0; slot < BOARD_PAGES; slot++) {
        assert_int_equal(number_of(store, slot), 0);
        fill_record(record, slot + 1);
        assert_int_equal(store->ops->write(store, slot, record, sizeof(record)), DOZE_OK);
    }
    for (unsigned slot = 0; slot < BOARD_PAGES; slot++) {
        assert_int_equal(number_of(store, slot), slot + 1);
    }
    assert_int_equal(store->ops->read(store, 0, small, sizeof(small), &size), DOZE_ERR_TOO_LONG);
    assert_int_equal(store->ops->read(store, BOARD_PAGES, record, sizeof(record), &size), DOZE_ERR_STORE);
    assert_int_equal(store->ops->write(store, BOARD_PAGES, record, sizeof(record)), DOZE_ERR_STORE);
    assert_int_equal(store->ops->write(store, 0, record, DOZE_STORE_SLOT_SIZE + 1), DOZE_ERR_STORE);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        STORY(a_device_wakes_from_its_image_on_the_same_port_without_a_handshake),
        STORY(a_device_that_lost_its_power_asleep_goes_on_from_flash),
        STORY(a_device_that_lost_its_power_awake_resumes_its_session),
        STORY(a_server_is_found_by_its_name),
        STORY(a_name_that_does_not_exist_is_told),
        cmocka_unit_test(datagrams_of_strangers_are_not_delivered_and_long_ones_are_told),
        cmocka_unit_test(a_port_that_is_taken_is_told),
        cmocka_unit_test(addresses_are_read_and_written),
        cmocka_unit_test(the_clock_goes_on_where_the_ticks_begin_again),
        cmocka_unit_test(a_power_cut_leaves_the_record_of_before_the_new_one_or_none),
        cmocka_unit_test(slots_are_apart_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
