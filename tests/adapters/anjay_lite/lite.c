/* SPDX-License-Identifier: Apache-2.0 */
#include "lite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static anj_crypto_security_info_t buffer(const char *text) {
    return (anj_crypto_security_info_t){.source = ANJ_CRYPTO_DATA_SOURCE_BUFFER,
                                        .info.buffer = {.data = text, .data_size = strlen(text)}};
}

anj_net_config_t lite_psk_config(void) {
    return (anj_net_config_t){
        .secure_socket_config.security = {
            .mode = ANJ_NET_SECURITY_PSK,
            .data.psk = {.identity = buffer(FAR_END_IDENTITY), .key = buffer(FAR_END_KEY), .sni = ""},
        }};
}

void lite_start(lite *l, const far_end_order *order, const anj_net_config_t *config) {
    const anj_net_config_t psk = lite_psk_config();
    l->ctx = NULL;
    far_end_start(&l->far, order);
    assert_int_equal(anj_dtls_create_ctx(&l->ctx, config != NULL ? config : &psk), ANJ_NET_OK);
    assert_non_null(l->ctx);
}

void lite_stop(lite *l) {
    if (l->ctx != NULL) {
        assert_int_equal(anj_dtls_cleanup_ctx(&l->ctx), ANJ_NET_OK);
        assert_null(l->ctx);
    }
    far_end_stop(&l->far);
}

int lite_connect(lite *l) {
    int result = ANJ_NET_EINPROGRESS;
    while (result == ANJ_NET_EINPROGRESS) {
        result = anj_dtls_connect(l->ctx, FAR_END_HOST, l->far.dtls_port);
        far_end_serve(&l->far);
    }
    return result;
}

int lite_send(lite *l, const char *text) {
    int result = ANJ_NET_EINPROGRESS;
    size_t sent = 0;
    while (result == ANJ_NET_EINPROGRESS) {
        result = anj_dtls_send(l->ctx, &sent, (const uint8_t *)text, strlen(text));
        assert_int_equal(sent, result == ANJ_NET_OK ? strlen(text) : 0);
        far_end_serve(&l->far);
    }
    return result;
}

int lite_recv(lite *l, char *answer, size_t capacity, size_t *size) {
    int result = ANJ_NET_EAGAIN;
    while (result == ANJ_NET_EAGAIN || result == ANJ_NET_EINPROGRESS) {
        result = anj_dtls_recv(l->ctx, size, (uint8_t *)answer, capacity);
        far_end_serve(&l->far);
    }
    return result;
}

void lite_exchange(lite *l, const char *text) {
    char answer[256];
    size_t size = 0;
    assert_int_equal(lite_send(l, text), ANJ_NET_OK);
    assert_int_equal(lite_recv(l, answer, sizeof(answer), &size), ANJ_NET_OK);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(answer, text, size);
}

anj_net_socket_state_t lite_state(lite *l) {
    anj_net_socket_state_t state;
    assert_int_equal(anj_dtls_get_state(l->ctx, &state), ANJ_NET_OK);
    return state;
}

uint16_t lite_port(const lite *l) {
    return doze_local_port(doze_anjay_lite_socket(l->ctx));
}

int64_t lite_option(lite *l, doze_option option) {
    int64_t value = -1;
    assert_int_equal(doze_get_option(doze_anjay_lite_socket(l->ctx), option, &value), DOZE_OK);
    return value;
}

/* ---- what most tests begin with ---- */

int lite_set_up(void **state) {
    *state = calloc(1, sizeof(lite));
    return *state == NULL;
}

int lite_tear_down(void **state) {
    lite_stop(*state);
    free(*state);
    return 0;
}

lite *lite_begin(void **state, const far_end_order *order) {
    lite_start(*state, order, NULL);
    return *state;
}

lite *lite_connected(void **state, const far_end_order *order) {
    lite *l = lite_begin(state, order);
    assert_int_equal(lite_connect(l), ANJ_NET_OK);
    lite_exchange(l, "hello");
    return l;
}

void lite_fall_asleep(lite *l) {
    unsigned before = l->far.dtls.peer.counters.datagrams_in;
    assert_int_equal(anj_dtls_queue_mode_rx_off(l->ctx), ANJ_NET_OK);
    far_end_serve(&l->far);
    assert_int_equal(l->far.dtls.peer.counters.datagrams_in, before);
}

unsigned lite_handshakes(const lite *l) {
    return l->far.dtls.peer.counters.handshakes_full + l->far.dtls.peer.counters.handshakes_resumed;
}

void lite_be_impatient(lite *l) {
    doze_socket *socket = doze_anjay_lite_socket(l->ctx);
    assert_int_equal(doze_set_option(socket, DOZE_OPT_HANDSHAKE_TIMER_MIN, 20), DOZE_OK);
    assert_int_equal(doze_set_option(socket, DOZE_OPT_HANDSHAKE_TIMER_MAX, 40), DOZE_OK);
}

void lite_register_again(lite *l) {
    unsigned before = lite_handshakes(l);
    assert_int_equal(lite_state(l), ANJ_NET_SOCKET_STATE_CONNECTED);
    assert_int_equal(anj_dtls_close(l->ctx), ANJ_NET_OK);
    assert_int_equal(lite_connect(l), ANJ_NET_OK);
    lite_exchange(l, "Register");
    assert_int_equal(lite_handshakes(l), before);
}
