/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the adapter share. Of what Wakaama's configuration changes, nothing is used here but the client's
 * part, so that the adapter fits any configuration of the library that has it. */
#ifndef DOZE_ADAPTERS_WAKAAMA_INTERNAL_H
#define DOZE_ADAPTERS_WAKAAMA_INTERNAL_H

#ifndef LWM2M_CLIENT_MODE
#define LWM2M_CLIENT_MODE
#endif

#include <liblwm2m.h>

#include "doze/wakaama.h"

/* uri.c: an LwM2M Server URI (RFC 7252 section 6). */
typedef struct doze_wakaama_uri {
    bool secure;
    uint16_t port;
    char host[DOZE_HOSTNAME_MAX + 1];
} doze_wakaama_uri;

/* DOZE_ERR_UNSUPPORTED: another scheme. DOZE_ERR_HOST, DOZE_ERR_PORT. */
doze_result doze_wakaama_parse_uri(const char *text, size_t size, doze_wakaama_uri *out);

/* security.c: the Security object. DOZE_ERR_CONFIG: there is no such instance, or its mode contradicts its URI. */
doze_result doze_wakaama_read_uri(const doze_wakaama *w, uint16_t instance, doze_wakaama_uri *out);
doze_result doze_wakaama_init_config(const doze_wakaama *w, uint16_t instance, doze_dtls_config *config);

/* connection.c: connects to where the Security object says now. */
doze_result doze_wakaama_dial(doze_wakaama *w, doze_wakaama_connection *c);

/* send.c: whether the association has ended, so that it takes another one to go on. */
bool doze_wakaama_is_over(doze_result result);
/* What was held back. */
doze_result doze_wakaama_send_held(doze_wakaama_connection *c);
void doze_wakaama_drop_held(doze_wakaama_connection *c);
/* Drops it, and ends what Wakaama does about it by a Reset, as the server, which does not know us any more, would. */
void doze_wakaama_refuse_held(doze_wakaama *w, doze_wakaama_connection *c);

#endif
