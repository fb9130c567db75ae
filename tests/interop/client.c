/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "credentials.h"

enum {
    ANSWER_MS = 10000, /* far more than any of the servers needs */
    IMPATIENT_MIN_MS = 200,
    IMPATIENT_MAX_MS = 800,
};

static doze_result add_certificates(client *c, const client_settings *settings, doze_dtls_settings *dtls) {
    char trust[CREDENTIALS_MAX];
    char crl[CREDENTIALS_MAX];
    const char *trusted = settings->trust != NULL ? settings->trust : CREDENTIALS_FILE("root.pem");
    char certificate[CREDENTIALS_MAX];
    char key[CREDENTIALS_MAX];
    doze_x509_settings x509 = {
        .random = dtls->random,
        .trust = credentials_read(trusted, trust),
        .certificate = credentials_read(CREDENTIALS_FILE("client-chain.pem"), certificate),
        .key = credentials_read(CREDENTIALS_FILE("client.key.pem"), key),
    };
    if (settings->crl) {
        x509.crl = credentials_read(CREDENTIALS_FILE("crl.pem"), crl);
    }
    dtls->x509 = &c->x509;
    return doze_x509_init(&c->x509, &x509);
}

static doze_result configure_psk(client *c, const client_settings *settings, doze_dtls_settings *dtls) {
    char identity[CREDENTIALS_MAX];
    char text[CREDENTIALS_MAX];
    unsigned char key[DOZE_KEY_MAX];
    dtls->psk.identity = credentials_read(CREDENTIALS_FILE("psk.identity"), identity);
    dtls->psk.key = credentials_read(CREDENTIALS_FILE("psk.key"), text);
    if (settings->key != CLIENT_KEY_TEXT) {
        dtls->psk.key = (doze_bytes){key, credentials_from_hex(dtls->psk.key, key, sizeof(key))};
    }
    if (settings->key == CLIENT_KEY_WRONG) {
        key[0] ^= 1;
    }
    return doze_dtls_config_init(&c->config, dtls);
}

doze_result client_configure(client *c, const client_settings *settings) {
    doze_dtls_settings dtls = settings->further;
    dtls.clock = doze_posix_clock();
    dtls.random = doze_posix_random();
    if (settings->impatient) {
        dtls.handshake_timer_min = IMPATIENT_MIN_MS;
        dtls.handshake_timer_max = IMPATIENT_MAX_MS;
    }
    if (!settings->certificates) {
        return configure_psk(c, settings, &dtls);
    }
    doze_result result = add_certificates(c, settings, &dtls);
    if (result != DOZE_OK) {
        return result;
    }
    result = doze_dtls_config_init(&c->config, &dtls);
    if (result != DOZE_OK) {
        doze_x509_deinit(&c->x509);
    }
    return result;
}

void client_open(client *c, const client_settings *settings) {
    doze_udp_settings udp = {
        .net = settings->net != NULL ? settings->net : doze_posix_net(),
        .resolver = doze_posix_resolver(),
    };
    assert_int_equal(client_configure(c, settings), DOZE_OK);
    assert_int_equal(doze_udp_init(&c->udp, &udp), DOZE_OK);
    tap_init(&c->tap, &c->udp.socket);
    assert_int_equal(doze_dtls_init(&c->dtls, &c->config, &c->tap.socket), DOZE_OK);
    c->socket = &c->dtls.socket;
    assert_int_equal(doze_set_option(c->socket, DOZE_OPT_RECV_TIMEOUT, ANSWER_MS), DOZE_OK);
}

void client_close(client *c) {
    if (c->socket == NULL) {
        return;
    }
    doze_deinit(&c->dtls.socket);
    doze_deinit(&c->udp.socket);
    doze_dtls_config_deinit(&c->config);
    if (c->x509.self != NULL) {
        doze_x509_deinit(&c->x509);
    }
    memset(c, 0, sizeof(*c));
}

int64_t client_option(client *c, doze_option option) {
    int64_t value = 0;
    assert_int_equal(doze_get_option(c->socket, option, &value), DOZE_OK);
    return value;
}
