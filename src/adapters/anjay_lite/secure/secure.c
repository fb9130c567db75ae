/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts with DTLS: how they begin and end. */
#include "secure/secure.h"

#include <stdlib.h>
#include <string.h>

/* ---- certificates ---- */

doze_result doze_lite_make_certificates(doze_lite_secure *secure) {
    secure->certificates = calloc(1, sizeof(*secure->certificates));
    if (secure->certificates == NULL) {
        return DOZE_ERR_NO_MEMORY;
    }
    mbedtls_pk_init(&secure->certificates->key);
    return DOZE_OK;
}

doze_result doze_lite_trust(doze_lite_secure *secure, doze_x509_settings *settings, const char *name) {
    doze_lite_certificates *certificates = secure->certificates;
    size_t size = name == NULL ? 0 : strlen(name);
    if (size >= sizeof(certificates->server_name)) {
        return DOZE_ERR_NAME;
    }
    settings->random = doze_posix_random();
    if (size > 0) { /* whoever gave it may change it, and doze_x509 copies no name */
        memcpy(certificates->server_name, name, size + 1);
        settings->server_name = certificates->server_name;
    }
    return doze_x509_init(&certificates->x509, settings);
}

static void free_certificates(doze_lite_secure *secure) {
    if (secure->certificates != NULL) {
        doze_x509_deinit(&secure->certificates->x509);
        mbedtls_pk_free(&secure->certificates->key);
        free(secure->certificates);
    }
}

/* ---- contexts ---- */

static doze_result set_up(doze_lite_secure *secure, const anj_net_config_t *config) {
    doze_dtls_settings settings = {.clock = doze_posix_clock(), .random = doze_posix_random()};
    doze_result result = doze_lite_open(&secure->base, config);
    if (result == DOZE_OK) {
        result = doze_lite_configure(secure, &config->secure_socket_config, &settings);
    }
    if (result == DOZE_OK) {
        result = doze_dtls_init(&secure->dtls, &secure->config, &secure->base.udp.socket);
        secure->base.socket = &secure->dtls.socket;
        secure->base.dtls = &secure->dtls;
    }
    return result;
}

static void tear_down(doze_lite_secure *secure) {
    doze_deinit(&secure->dtls.socket); /* nothing to do where it was not initialized, as with the next one */
    doze_dtls_config_deinit(&secure->config);
    free_certificates(secure);
    doze_lite_close_down(&secure->base);
    free(secure);
}

anj_net_ctx_t *doze_lite_create_dtls(const anj_net_config_t *config, doze_result *result) {
    *result = DOZE_ERR_ARGUMENT;
    if (config == NULL) {
        return NULL;
    }
    doze_lite_secure *secure = calloc(1, sizeof(*secure));
    if (secure == NULL) {
        *result = DOZE_ERR_NO_MEMORY;
        return NULL;
    }
    *result = set_up(secure, config);
    if (*result != DOZE_OK) {
        tear_down(secure);
        return NULL;
    }
    return &secure->base;
}

/* Who sleeps wakes up for it, if that takes no handshake. */
static void say_goodbye(doze_socket *socket) {
    if (doze_get_state(socket) == DOZE_STATE_SHUTDOWN) {
        (void)doze_resume(socket);
    }
    doze_close(socket);
}

int doze_lite_cleanup_dtls(anj_net_ctx_t **ctx) {
    if (ctx == NULL || *ctx == NULL) {
        return doze_lite_code(DOZE_ERR_ARGUMENT);
    }
    say_goodbye((*ctx)->socket);
    tear_down((doze_lite_secure *)*ctx);
    *ctx = NULL;
    return ANJ_NET_OK;
}
