/* SPDX-License-Identifier: Apache-2.0 */
/* What comes after checksum and seal: any bytes as an association. They make one, which is the same when it is captured
 * again, or are refused.
 * Input: how Connection IDs are treated, then the bytes. */
#include <string.h>

#include "dtls/compat.h"
#include "fuzz/fuzz_rig.h"

enum { MESSAGE_MAX = 1200 };

static uint64_t no_time(void *context) {
    (void)context;
    return 0;
}

/* The same for all lives, one for each way to treat Connection IDs. */
static const doze_dtls_config *configuration(unsigned choices) {
    static doze_dtls_config configs[3];
    doze_dtls_config *config = &configs[choices % 3];
    if (config->clock.now == NULL) {
        doze_dtls_settings settings = fuzz_rig_settings(choices % 3);
        settings.clock = (doze_clock){.now = no_time};
        settings.random = fuzz_random();
        fuzz_expect(doze_dtls_config_init(config, &settings) == DOZE_OK, "the configuration is good");
    }
    return config;
}

static int send_nowhere(void *context, const unsigned char *data, size_t size) {
    size_t *sent = context;
    *sent += data != NULL ? size : 0;
    return (int)size;
}

static int recv_nothing(void *context, unsigned char *buffer, size_t capacity) {
    (void)context;
    (void)buffer;
    (void)capacity;
    return MBEDTLS_ERR_SSL_WANT_READ;
}

static void use(mbedtls_ssl_context *ssl) {
    static const uint8_t message[MESSAGE_MAX];
    uint8_t answer[64];
    size_t sent = 0;
    int most = mbedtls_ssl_get_max_out_record_payload(ssl);
    mbedtls_ssl_set_bio(ssl, &sent, send_nowhere, recv_nothing, NULL);
    if (mbedtls_ssl_write(ssl, message, 16) > 0) {
        fuzz_expect(sent > 16, "what is sent has a header and a tag");
    }
    if (most > 0) {
        mbedtls_ssl_write(ssl, message, (size_t)most < sizeof(message) ? (size_t)most : sizeof(message));
    }
    mbedtls_ssl_read(ssl, answer, sizeof(answer));
}

static void restore(const doze_tls_state *state, size_t size, unsigned choices) {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_init(&ssl);
    fuzz_expect(mbedtls_ssl_setup(&ssl, &configuration(choices)->tls) == 0, "there is memory");
    if (doze_tls_restore(&ssl, state, size) == 0) {
        doze_tls_state again;
        fuzz_expect(doze_tls_capture(&ssl, state->randoms, &again) == size, "what was restored can be captured");
        fuzz_expect(memcmp(&again, state, size) == 0, "it is the same again");
        use(&ssl);
    }
    mbedtls_ssl_free(&ssl);
}

int fuzz_thaw(const uint8_t *data, size_t size) {
    fuzz_input in = {data, size};
    doze_tls_state state = {0};
    (void)fuzz_random(); /* begins again */
    uint8_t choices = fuzz_u8(&in);
    fuzz_field bytes = fuzz_take(&in);
    if (bytes.size > 0 && bytes.size <= sizeof(state)) {
        memcpy(&state, bytes.data, bytes.size);
        state.next_sequence &= (UINT64_C(1) << 48) - 1; /* the rest is the epoch's */
        if (doze_tls_state_is_sound(&state, bytes.size)) {
            restore(&state, bytes.size, choices);
        }
    }
    fuzz_give_back(&bytes);
    return 0;
}
