/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be avoided: examples/port's client by Mbed TLS alone, on the same board. It connects, reports, and sleeps
 * on an image; what goes wrong ends in a new handshake, and nothing survives a loss of power. */
#include <string.h>

#include <mbedtls/memory_buffer_alloc.h>
#include <mbedtls/ssl.h>

#include "board.h"

#define ARENA_SIZE    12288
#define REPORT_EVERY  900000
#define ANSWER_WITHIN 10000
#define IMAGE_SIZE    224

typedef struct device {
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    int handle;
    uint16_t port;
    board_address peer;
    uint32_t timer_started;
    uint32_t timer_intermediate;
    uint32_t timer_final;
    size_t image_size; /* 0: there is none */
    unsigned char image[IMAGE_SIZE];
} device;

static int bio_send(void *context, const unsigned char *data, size_t size) {
    const device *d = context;
    (void)board_udp_send(d->handle, &d->peer, data, size); /* lost, as any datagram may be */
    return (int)size;
}

static int bio_recv(void *context, unsigned char *buffer, size_t capacity) {
    const device *d = context;
    board_address from;
    size_t size = 0;
    while (board_udp_receive(d->handle, &from, buffer, capacity, &size) == BOARD_OK) {
        if (size != 0 && size <= capacity && memcmp(&from, &d->peer, sizeof(from)) == 0) {
            return (int)size;
        }
    }
    return MBEDTLS_ERR_SSL_WANT_READ;
}

static void set_timer(void *context, uint32_t intermediate, uint32_t final) {
    device *d = context;
    d->timer_started = board_ticks();
    d->timer_intermediate = intermediate;
    d->timer_final = final;
}

static int get_timer(void *context) {
    const device *d = context;
    uint32_t passed = board_ticks() - d->timer_started;
    return d->timer_final == 0 ? -1 : (passed >= d->timer_final) + (passed >= d->timer_intermediate);
}

static int random_bytes(void *context, unsigned char *out, size_t size) {
    (void)context;
    return board_random(out, size);
}

static int configure(device *d, const board_identity *is) {
    mbedtls_ssl_config *c = &d->config;
    mbedtls_ssl_config_init(c);
    int error = mbedtls_ssl_config_defaults(c, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                            MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(c, random_bytes, NULL);
    error = error ? error : mbedtls_ssl_conf_cid(c, 0, MBEDTLS_SSL_UNEXPECTED_CID_IGNORE);
    return error ? error
                 : mbedtls_ssl_conf_psk(c, is->psk, is->psk_size, (const unsigned char *)is->psk_identity,
                                        strlen(is->psk_identity));
}

static int set_up(device *d) {
    mbedtls_ssl_init(&d->ssl);
    int error = mbedtls_ssl_setup(&d->ssl, &d->config);
    mbedtls_ssl_set_bio(&d->ssl, d, bio_send, bio_recv, NULL);
    mbedtls_ssl_set_timer_cb(&d->ssl, d, set_timer, get_timer);
    return error;
}

static int handshake(device *d) {
    static const unsigned char none[1];
    int error = mbedtls_ssl_set_cid(&d->ssl, MBEDTLS_SSL_CID_ENABLED, none, 0);
    while (error == 0 || error == MBEDTLS_ERR_SSL_WANT_READ) {
        error = mbedtls_ssl_handshake(&d->ssl);
        if (error == 0) {
            return 0;
        }
        if (error == MBEDTLS_ERR_SSL_WANT_READ) {
            board_wait((int32_t)(d->timer_final - (board_ticks() - d->timer_started)));
        }
    }
    return error;
}

static int find_server(device *d, const board_identity *is) {
    int code = BOARD_NOTHING;
    while (code == BOARD_NOTHING) {
        code = board_resolve(is->server, d->peer.ip);
        board_wait(code == BOARD_NOTHING ? 100 : 0);
    }
    d->peer.port = is->port;
    return code;
}

static int wake(device *d, const board_identity *is) {
    d->handle = board_udp_open(&d->port);
    int error = d->handle < 0 || (d->image_size == 0 && find_server(d, is) != BOARD_OK) ? -1 : set_up(d);
    if (error != 0) {
        return error;
    }
    error = d->image_size != 0 ? mbedtls_ssl_context_load(&d->ssl, d->image, d->image_size) : handshake(d);
    memset(d->image, 0, sizeof(d->image));
    d->image_size = 0;
    return error;
}

static int ask(device *d, const char *question, size_t size) {
    unsigned char answer[64];
    uint32_t began = board_ticks();
    int result = mbedtls_ssl_write(&d->ssl, (const unsigned char *)question, size);
    while (result > 0 || result == MBEDTLS_ERR_SSL_WANT_READ) {
        uint32_t passed = board_ticks() - began;
        result = mbedtls_ssl_read(&d->ssl, answer, sizeof(answer));
        if (result != MBEDTLS_ERR_SSL_WANT_READ || passed >= ANSWER_WITHIN) {
            return result;
        }
        board_wait((int32_t)(ANSWER_WITHIN - passed));
    }
    return result;
}

static void rest(device *d) {
    if (mbedtls_ssl_context_save(&d->ssl, d->image, sizeof(d->image), &d->image_size) != 0) {
        d->image_size = 0;
    }
    mbedtls_ssl_free(&d->ssl);
    board_udp_close(d->handle);
}

int main(void) {
    static unsigned char arena[ARENA_SIZE];
    static device d;
    const board_identity *is = board_identity_of_device();
    mbedtls_memory_buffer_alloc_init(arena, sizeof(arena));
    if (configure(&d, is) != 0) {
        return 1;
    }
    for (;;) {
        if (wake(&d, is) == 0 && ask(&d, "21.5 C", 6) > 0) {
            rest(&d);
        } else {
            mbedtls_ssl_free(&d.ssl);
            board_udp_close(d.handle);
        }
        board_wait(REPORT_EVERY);
    }
}
