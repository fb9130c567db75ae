/* SPDX-License-Identifier: Apache-2.0 */
/* What the adapter costs beside doze alone: the same association, the same messages. Functions whose names begin with
 * measure_ are what callgrind is asked about; see tests/adapters/count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "rig.h"

#define NOINLINE __attribute__((noinline))
enum { TIMES = 1000, SIZE = 60 };

static uint8_t message[SIZE] = {RIG_CON | 0x40};

NOINLINE static void measure_send_doze(doze_wakaama_connection *c) {
    doze_send(c->socket, message, SIZE);
}

NOINLINE static void measure_send_wakaama(doze_wakaama_connection *c, doze_wakaama *w) {
    lwm2m_buffer_send(c, message, SIZE, w);
}

NOINLINE static void measure_recv_doze(rig *r, doze_wakaama_connection *c) {
    size_t size;
    doze_recv(c->socket, r->buffer, sizeof(r->buffer), &size);
    lwm2m_handle_packet(&r->wakaama.context, r->buffer, size, c);
}

NOINLINE static void measure_recv_wakaama(doze_wakaama *w) {
    doze_wakaama_step(w);
}

static void a_datagram_each_way_a_thousand_times(void **state) {
    rig *r = *state;
    rig_serve(r, NULL);
    rig_start(r);
    doze_wakaama_connection *c = rig_connected(r, 0);
    for (int i = 0; i < TIMES; i++) {
        measure_send_doze(c);
        peer_udp_pump(&r->server);
        measure_recv_doze(r, c);
        measure_send_wakaama(c, &r->adapter);
        peer_udp_pump(&r->server);
        measure_recv_wakaama(&r->adapter);
    }
    assert_int_equal(r->wakaama.packets, 2 * TIMES); /* or something else was measured */
    printf("figures: wakaama_connection_bytes=%zu\n", sizeof(doze_wakaama_connection));
}

int main(void) {
    const struct CMUnitTest tests[] = {RIG_TEST(a_datagram_each_way_a_thousand_times)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
