/* SPDX-License-Identifier: Apache-2.0 */
#include "beta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

const beta_functions beta_udp = {anj_udp_get_system_socket,
                                 anj_udp_cleanup_ctx,
                                 anj_udp_connect,
                                 anj_udp_send,
                                 anj_udp_recv,
                                 anj_udp_shutdown,
                                 anj_udp_close,
                                 anj_udp_reuse_last_port,
                                 anj_udp_get_bytes_received,
                                 anj_udp_get_bytes_sent,
                                 anj_udp_get_inner_mtu,
                                 anj_udp_get_state,
                                 false};
const beta_functions beta_dtls = {anj_dtls_get_system_socket,
                                  anj_dtls_cleanup_ctx,
                                  anj_dtls_connect,
                                  anj_dtls_send,
                                  anj_dtls_recv,
                                  anj_dtls_shutdown,
                                  anj_dtls_close,
                                  anj_dtls_reuse_last_port,
                                  anj_dtls_get_bytes_received,
                                  anj_dtls_bytes_sent,
                                  anj_dtls_get_inner_mtu,
                                  anj_dtls_get_state,
                                  true};

avs_crypto_security_info_union_t beta_in_buffer(const void *data, size_t size) {
    return (avs_crypto_security_info_union_t){.source = AVS_CRYPTO_DATA_SOURCE_BUFFER,
                                              .info.buffer = {.buffer = data, .buffer_size = size}};
}

anj_net_config_t beta_psk_config(void) {
    anj_net_config_t config = {.secure_socket_config.security.mode = ANJ_NET_SECURITY_PSK};
    anj_net_psk_info_t *psk = &config.secure_socket_config.security.data.psk;
    psk->identity.desc = beta_in_buffer(FAR_END_IDENTITY, strlen(FAR_END_IDENTITY));
    psk->key.desc = beta_in_buffer(FAR_END_KEY, strlen(FAR_END_KEY));
    config.secure_socket_config.use_connection_id = true;
    return config;
}

void beta_start(beta *b, const beta_functions *f, const anj_net_config_t *config, const far_end_order *order) {
    const anj_net_config_t psk = beta_psk_config();
    *b = (beta){.f = f};
    far_end_start(&b->far, order);
    assert_int_equal(f->secure ? anj_dtls_create_ctx(&b->ctx, config != NULL ? config : &psk)
                               : anj_udp_create_ctx(&b->ctx, NULL),
                     ANJ_NET_OK);
}

void beta_stop(beta *b) {
    if (b->ctx != NULL) {
        assert_int_equal(b->f->cleanup(&b->ctx), ANJ_NET_OK);
        assert_null(b->ctx);
    }
    far_end_stop(&b->far);
}

anj_net_socket_state_t beta_state(const beta *b) {
    anj_net_socket_state_t state;
    assert_int_equal(b->f->state(b->ctx, &state), ANJ_NET_OK);
    return state;
}

int beta_connect(beta *b) {
    int result = ANJ_NET_EAGAIN;
    while (result == ANJ_NET_EAGAIN) {
        result = b->f->connect(b->ctx, FAR_END_HOST, b->f->secure ? b->far.dtls_port : b->far.udp_port);
        far_end_serve(&b->far);
    }
    return result;
}

int beta_send(beta *b, const char *text) {
    size_t sent = 0;
    int result = ANJ_NET_EAGAIN;
    while (result == ANJ_NET_EAGAIN) {
        result = b->f->send(b->ctx, &sent, (const uint8_t *)text, strlen(text));
        far_end_serve(&b->far);
    }
    return result;
}

void beta_exchange(beta *b, const char *text) {
    uint8_t answer[64];
    size_t size = 0;
    int result = ANJ_NET_EAGAIN;
    assert_int_equal(beta_send(b, text), ANJ_NET_OK);
    if (!b->f->secure) {
        far_end_echo(&b->far);
    }
    while (result == ANJ_NET_EAGAIN) {
        result = b->f->recv(b->ctx, &size, answer, sizeof(answer));
        far_end_serve(&b->far);
    }
    assert_int_equal(result, ANJ_NET_OK);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(answer, text, size);
}

void beta_connect_well(beta *b) {
    assert_int_equal(beta_connect(b), ANJ_NET_OK);
    assert_int_equal(beta_state(b), ANJ_NET_SOCKET_STATE_CONNECTED);
    beta_exchange(b, "hello");
}

void beta_begin_queue_mode(beta *b) {
    assert_int_equal(b->f->shutdown(b->ctx), ANJ_NET_OK);
    assert_int_equal(beta_state(b), ANJ_NET_SOCKET_STATE_SHUTDOWN);
    assert_int_equal(b->f->close(b->ctx), ANJ_NET_OK);
    assert_int_equal(beta_state(b), ANJ_NET_SOCKET_STATE_CLOSED);
}

uint16_t beta_port(const beta *b) {
    return doze_local_port(doze_anjay_lite_socket(b->ctx));
}

unsigned beta_handshakes(const beta *b) {
    return b->far.dtls.peer.counters.handshakes_full + b->far.dtls.peer.counters.handshakes_resumed;
}
