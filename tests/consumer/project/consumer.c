/* SPDX-License-Identifier: Apache-2.0 */
/* Needs something of every part of the library, so that a part that is not linked shows. */
#include <stdio.h>
#include <string.h>

#include <doze/doze.h>
#include <doze/x509.h>

static const char key[] = "0123456789abcdef";

static int failed(const char *what, doze_result result) {
    fprintf(stderr, "%s: %s\n", what, doze_strerror(result));
    return 1;
}

static int sends_before_connecting_are_refused(doze_socket *socket, const char *what) {
    doze_result result = doze_send(socket, "x", 1);
    return result == DOZE_ERR_STATE ? 0 : failed(what, result);
}

static int use_sockets(const doze_dtls_config *config) {
    doze_udp udp;
    doze_udp lower;
    doze_dtls dtls;
    doze_udp_settings settings = {.net = doze_posix_net(), .resolver = doze_posix_resolver()};

    doze_result result = doze_udp_init(&udp, &settings);
    if (result != DOZE_OK) {
        return failed("doze_udp_init", result);
    }
    result = doze_udp_init(&lower, &settings);
    if (result != DOZE_OK) {
        return failed("doze_udp_init", result);
    }
    result = doze_dtls_init(&dtls, config, &lower.socket);
    if (result != DOZE_OK) {
        return failed("doze_dtls_init", result);
    }
    int failures = sends_before_connecting_are_refused(&udp.socket, "UDP") +
                   sends_before_connecting_are_refused(&dtls.socket, "DTLS");
    doze_deinit(&dtls.socket);
    doze_deinit(&lower.socket);
    doze_deinit(&udp.socket);
    return failures;
}

int main(void) {
    doze_dtls_config config;
    doze_dtls_settings settings = {.clock = doze_posix_clock(), .random = doze_posix_random()};
    settings.psk.identity = (doze_bytes){"device", 6};
    settings.psk.key = (doze_bytes){key, strlen(key)};

    /* Not destroyed unless made: without c-ares there is none. */
    doze_resolver *ares = doze_ares_create();
    if (ares != NULL) {
        doze_ares_destroy(ares);
    }

    doze_x509 x509;
    doze_x509_settings nothing_to_trust = {.random = doze_posix_random()};
    doze_result result = doze_x509_init(&x509, &nothing_to_trust);
    if (result != DOZE_ERR_CONFIG) {
        return failed("doze_x509_init", result);
    }

    result = doze_dtls_config_init(&config, &settings);
    if (result != DOZE_OK) {
        return failed("doze_dtls_config_init", result);
    }
    int failures = use_sockets(&config);
    doze_dtls_config_deinit(&config);
    return failures;
}
