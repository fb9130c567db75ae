/* SPDX-License-Identifier: Apache-2.0 */
/* Anjay Lite 1.0.0-beta.1: shutdown, close, reuse_last_port, connect, over UDP and over DTLS alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "beta.h"

static void without_a_connection_there_is_no_port_to_reuse(const beta_functions *f) {
    beta b;
    beta_start(&b, f, NULL, NULL);
    assert_int_equal(f->reuse_last_port(b.ctx), DOZE_ERR_NO_LAST_PORT);
    assert_int_equal(beta_state(&b), ANJ_NET_SOCKET_STATE_CLOSED);
    assert_null(f->system_socket(b.ctx));
    beta_connect_well(&b);
    beta_stop(&b);
}

static void the_last_port_is_bound_after_close_and_before_connect(const beta_functions *f) {
    beta b;
    beta_start(&b, f, NULL, &(far_end_order){.no_cid = true});
    beta_connect_well(&b);
    uint16_t port = beta_port(&b);
    for (int i = 0; i < 50; i++) {
        beta_begin_queue_mode(&b);
        assert_null(f->system_socket(b.ctx));
        assert_int_equal(f->reuse_last_port(b.ctx), ANJ_NET_OK);
        assert_int_equal(beta_state(&b), ANJ_NET_SOCKET_STATE_BOUND);
        assert_int_equal(beta_port(&b), port);
        assert_int_equal(beta_connect(&b), ANJ_NET_OK);
        beta_exchange(&b, "Update");
        assert_int_equal(beta_port(&b), port);
    }
    assert_int_equal(beta_handshakes(&b), f->secure ? 1 : 0);
    beta_stop(&b);
}

static void what_is_bound_or_connected_is_not_bound_again(const beta_functions *f) {
    beta b;
    beta_start(&b, f, NULL, NULL);
    beta_connect_well(&b);
    assert_int_equal(f->reuse_last_port(b.ctx), DOZE_ERR_ALREADY_BOUND);
    beta_begin_queue_mode(&b);
    assert_int_equal(f->reuse_last_port(b.ctx), ANJ_NET_OK);
    assert_int_equal(f->reuse_last_port(b.ctx), DOZE_ERR_ALREADY_BOUND);
    assert_int_equal(beta_state(&b), ANJ_NET_SOCKET_STATE_BOUND);
    assert_int_equal(beta_connect(&b), ANJ_NET_OK);
    beta_stop(&b);
}

static void a_port_that_somebody_has_is_no_reason_to_give_up(const beta_functions *f) {
    beta b;
    doze_udp thief;
    beta_start(&b, f, NULL, NULL);
    beta_connect_well(&b);
    beta_begin_queue_mode(&b);
    far_end_take_port(&thief, beta_port(&b));
    assert_int_equal(f->reuse_last_port(b.ctx), ANJ_NET_ENOTSUP);
    assert_int_equal(beta_state(&b), ANJ_NET_SOCKET_STATE_CLOSED);
    beta_connect_well(&b);
    doze_deinit(&thief.socket);
    beta_stop(&b);
}

static void shutdown_ends_all_traffic(const beta_functions *f) {
    beta b;
    uint8_t byte = 0;
    size_t size = 1;
    beta_start(&b, f, NULL, NULL);
    assert_int_equal(f->shutdown(b.ctx), DOZE_ERR_STATE - 100);
    beta_connect_well(&b);
    assert_int_equal(f->shutdown(b.ctx), ANJ_NET_OK);
    assert_int_equal(f->shutdown(b.ctx), ANJ_NET_OK);
    assert_int_equal(beta_send(&b, "too late"), DOZE_ERR_STATE - 100);
    assert_int_equal(f->recv(b.ctx, &size, &byte, sizeof(byte)), DOZE_ERR_STATE - 100);
    assert_int_equal(f->reuse_last_port(b.ctx), ANJ_NET_OK);
    assert_int_equal(f->shutdown(b.ctx), ANJ_NET_OK);
    assert_int_equal(beta_state(&b), ANJ_NET_SOCKET_STATE_SHUTDOWN);
    beta_stop(&b);
}

static void bytes_are_counted_and_the_socket_can_be_polled(const beta_functions *f) {
    beta b;
    uint64_t sent[2];
    uint64_t received[2];
    int32_t mtu = 0;
    beta_start(&b, f, NULL, NULL);
    beta_connect_well(&b);
    const int *fd = f->system_socket(b.ctx);
    assert_non_null(fd);
    assert_int_equal(*fd, doze_fd(doze_anjay_lite_socket(b.ctx)));
    assert_int_equal(f->bytes_sent(b.ctx, &sent[0]), ANJ_NET_OK);
    assert_int_equal(f->bytes_received(b.ctx, &received[0]), ANJ_NET_OK);
    beta_exchange(&b, "12345");
    assert_int_equal(f->bytes_sent(b.ctx, &sent[1]), ANJ_NET_OK);
    assert_int_equal(f->bytes_received(b.ctx, &received[1]), ANJ_NET_OK);
    assert_true(f->secure ? sent[1] > sent[0] + 5 : sent[1] == sent[0] + 5);
    assert_true(f->secure ? received[1] > received[0] + 5 : received[1] == received[0] + 5);
    assert_int_equal(f->mtu(b.ctx, &mtu), ANJ_NET_OK);
    assert_true(mtu > 548);
    beta_stop(&b);
}

static void what_is_too_long_or_not_there_has_its_code(const beta_functions *f) {
    static uint8_t large[70000];
    beta b;
    size_t size = 1;
    beta_start(&b, f, NULL, NULL);
    assert_int_equal(f->connect(b.ctx, NULL, "5683"), DOZE_ERR_ARGUMENT - 100);
    assert_int_equal(f->connect(b.ctx, FAR_END_HOST, "x"), DOZE_ERR_PORT);
    beta_connect_well(&b);
    assert_int_equal(f->recv(b.ctx, &size, large, sizeof(large)), ANJ_NET_EAGAIN);
    assert_int_equal(f->send(b.ctx, &size, large, sizeof(large)), ANJ_NET_EMSGSIZE);
    assert_int_equal(beta_send(&b, "longer"), ANJ_NET_OK);
    if (!f->secure) {
        far_end_echo(&b.far);
    }
    int result = ANJ_NET_EAGAIN;
    while (result == ANJ_NET_EAGAIN) {
        result = f->recv(b.ctx, &size, large, 3);
    }
    assert_int_equal(result, ANJ_NET_EMSGSIZE);
    assert_int_equal(f->close(b.ctx), ANJ_NET_OK);
    assert_int_equal(f->close(b.ctx), ANJ_NET_OK);
    beta_stop(&b);
    assert_int_equal(f->cleanup(&b.ctx), DOZE_ERR_ARGUMENT - 100);
}

#define ALIKE(name)                                                                                                    \
    static void name##_udp(void **state) {                                                                             \
        (void)state;                                                                                                   \
        name(&beta_udp);                                                                                               \
    }                                                                                                                  \
    static void name##_dtls(void **state) {                                                                            \
        (void)state;                                                                                                   \
        name(&beta_dtls);                                                                                              \
    }
ALIKE(without_a_connection_there_is_no_port_to_reuse)
ALIKE(the_last_port_is_bound_after_close_and_before_connect)
ALIKE(what_is_bound_or_connected_is_not_bound_again)
ALIKE(a_port_that_somebody_has_is_no_reason_to_give_up)
ALIKE(shutdown_ends_all_traffic)
ALIKE(bytes_are_counted_and_the_socket_can_be_polled)
ALIKE(what_is_too_long_or_not_there_has_its_code)

#define BOTH(name) cmocka_unit_test(name##_udp), cmocka_unit_test(name##_dtls)

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(without_a_connection_there_is_no_port_to_reuse),
        BOTH(the_last_port_is_bound_after_close_and_before_connect),
        BOTH(what_is_bound_or_connected_is_not_bound_again),
        BOTH(a_port_that_somebody_has_is_no_reason_to_give_up),
        BOTH(shutdown_ends_all_traffic),
        BOTH(bytes_are_counted_and_the_socket_can_be_polled),
        BOTH(what_is_too_long_or_not_there_has_its_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
