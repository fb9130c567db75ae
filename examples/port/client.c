/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include "board.h"

#define ANSWER_WITHIN 10000 /* ms; a CoAP client has its own idea of this */

doze_result client_begin(client *c) {
    const doze_udp_settings below = {.net = port_net(), .resolver = port_resolver()};
    doze_dtls_settings settings = {.clock = port_clock(), .random = port_random()};
    doze_result result = doze_udp_init(&c->udp, &below);
    if (result == DOZE_OK) {
        result = client_set_credentials(&settings);
    }
    if (result == DOZE_OK) {
        result = doze_dtls_config_init(&c->config, &settings);
    }
    if (result == DOZE_OK) {
        result = doze_dtls_init(&c->dtls, &c->config, &c->udp.socket);
    }
    if (result == DOZE_OK) {
        result = doze_dtls_set_freezer(&c->dtls, c->freezer, sizeof(c->freezer));
    }
    return result == DOZE_OK ? client_keep(&c->dtls) : result;
}

/* Whatever was begun goes on until it is done; the processor sleeps meanwhile. */
static doze_result settle(doze_socket *s, doze_result result) {
    while (result == DOZE_IN_PROGRESS) {
        board_wait(doze_next_timeout(s));
        result = doze_step(s);
    }
    return result;
}

doze_result client_wake(client *c) {
    const board_identity *device = board_identity_of_device();
    doze_socket *s = &c->dtls.socket;
    if (doze_get_state(s) == DOZE_STATE_CLOSED) {
        (void)client_load(&c->dtls, device->server, device->port); /* then it is asleep; else connect makes all anew */
    }
    bool asleep = doze_get_state(s) == DOZE_STATE_SHUTDOWN;
    return settle(s, asleep ? doze_resume(s) : doze_connect(s, device->server, device->port));
}

doze_result client_ask(client *c, const void *question, size_t size, void *answer, size_t capacity, size_t *got) {
    doze_socket *s = &c->dtls.socket;
    uint32_t began = board_ticks();
    doze_result result = doze_send(s, question, size);
    if (result == DOZE_IN_PROGRESS) { /* the server was silent for too long: this looked for a better way */
        result = settle(s, result);
        result = result == DOZE_OK ? doze_send(s, question, size) : result;
    }
    if (result != DOZE_OK) {
        return result;
    }
    while ((result = doze_recv(s, answer, capacity, got)) == DOZE_WOULD_BLOCK) {
        uint32_t passed = board_ticks() - began;
        if (passed >= ANSWER_WITHIN) {
            return DOZE_ERR_TIMEOUT;
        }
        board_wait((int32_t)(ANSWER_WITHIN - passed));
    }
    return result;
}

doze_result client_sleep(client *c) {
    return doze_shutdown(&c->dtls.socket);
}

void client_end(client *c) {
    doze_deinit(&c->dtls.socket);
    doze_deinit(&c->udp.socket);
    doze_dtls_config_deinit(&c->config);
}
