/* SPDX-License-Identifier: Apache-2.0 */
/* A cookie is the second it was made in, and a MAC over that and the client's address. */
#include <string.h>

#include <mbedtls/constant_time.h>

#include "peer_internal.h"

enum { TIME_SIZE = 4, MAC_SIZE = 28, COOKIE_SIZE = TIME_SIZE + MAC_SIZE, CLIENT_MAX = sizeof(doze_endpoint) };

int peer_cookie_init(peer *p) {
    return p->settings.random.fill(p->settings.random.context, p->cookie_secret, sizeof(p->cookie_secret));
}

static uint64_t seconds_now(const peer *p) {
    return p->settings.clock.now(p->settings.clock.context) / 1000;
}

static int make_cookie(const peer *p, uint32_t second, const unsigned char *client, size_t client_size,
                       unsigned char cookie[COOKIE_SIZE]) {
    unsigned char input[TIME_SIZE + CLIENT_MAX];
    unsigned char mac[32];
    if (client_size > CLIENT_MAX) {
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    }
    for (size_t i = 0; i < TIME_SIZE; i++) {
        input[i] = (unsigned char)(second >> (24 - 8 * i));
    }
    memcpy(input + TIME_SIZE, client, client_size);
    int ret = peer_compat_mac(p->cookie_secret, input, TIME_SIZE + client_size, mac);
    memcpy(cookie, input, TIME_SIZE);
    memcpy(cookie + TIME_SIZE, mac, MAC_SIZE);
    return ret;
}

/* Mbed TLS fixes the type. NOLINTNEXTLINE(readability-non-const-parameter) */
int peer_cookie_write(void *context, unsigned char **at, unsigned char *end, const unsigned char *client,
                      size_t client_size) {
    const peer *p = context;
    if (end - *at < COOKIE_SIZE) {
        return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
    }
    int ret = make_cookie(p, (uint32_t)seconds_now(p), client, client_size, *at);
    if (ret == 0) {
        *at += COOKIE_SIZE;
    }
    return ret;
}

int peer_cookie_check(void *context, const unsigned char *cookie, size_t size, const unsigned char *client,
                      size_t client_size) {
    const peer *p = context;
    unsigned char expected[COOKIE_SIZE];
    if (size != COOKIE_SIZE) {
        return -1;
    }
    uint32_t second = 0;
    for (size_t i = 0; i < TIME_SIZE; i++) {
        second = second << 8 | cookie[i];
    }
    if (make_cookie(p, second, client, client_size, expected) != 0 ||
        mbedtls_ct_memcmp(expected, cookie, COOKIE_SIZE) != 0) {
        return -1;
    }
    uint32_t age = (uint32_t)seconds_now(p) - second;
    return age > p->settings.cookie_lifetime / 1000 ? -1 : 0;
}
