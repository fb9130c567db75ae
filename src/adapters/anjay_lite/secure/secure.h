/* SPDX-License-Identifier: Apache-2.0 */
/* A context with DTLS. Credentials differ between the contracts: credentials.c in the folder of each. */
#ifndef DOZE_ANJAY_LITE_SECURE_H
#define DOZE_ANJAY_LITE_SECURE_H

#include "context.h"
#include "doze/x509.h"

/* What certificates need beside the configuration. */
typedef struct doze_lite_certificates {
    doze_x509 x509;
    mbedtls_pk_context key; /* one that signs elsewhere */
    char server_name[DOZE_HOSTNAME_MAX + 1];
} doze_lite_certificates;

typedef struct doze_lite_secure {
    anj_net_ctx_t base; /* first: a pointer to it is one to the whole */
    doze_dtls dtls;
    doze_dtls_config config;
    doze_lite_certificates *certificates; /* NULL: a pre-shared key */
} doze_lite_secure;

/* credentials.c: `settings` has clock and randomness and gets the credentials, with which it makes `config`. */
doze_result doze_lite_configure(doze_lite_secure *secure, const anj_net_ssl_configuration_t *ssl,
                                doze_dtls_settings *settings);

doze_result doze_lite_make_certificates(doze_lite_secure *secure);
/* Parses `settings`, whose randomness it adds; `name` is expected instead of the host's, unless NULL or empty. */
doze_result doze_lite_trust(doze_lite_secure *secure, doze_x509_settings *settings, const char *name);

anj_net_ctx_t *doze_lite_create_dtls(const anj_net_config_t *config, doze_result *result);
int doze_lite_cleanup_dtls(anj_net_ctx_t **ctx);

#endif
