/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials as 3.0.0 gives them. What a build of it lacks is in files that end in _none.c; CMakeLists.txt chooses. */
#ifndef DOZE_ANJAY_LITE_CREDENTIALS_H
#define DOZE_ANJAY_LITE_CREDENTIALS_H

#include "secure/secure.h"

/* A copy of a secret, to be unloaded; none: NULL. */
doze_result doze_lite_load(const anj_net_ssl_configuration_t *ssl, const anj_crypto_security_info_t *info,
                           doze_bytes *out);
void doze_lite_unload(doze_bytes *secret);

/* stored.c: from Anjay Lite's crypto storage; *size is at first the room that there is. */
doze_result doze_lite_resolve(const anj_net_ssl_configuration_t *ssl, const anj_crypto_security_info_t *info,
                              char *buffer, size_t *size);

/* signing.c: a private key that does not leave where it is. *found: `key` is it. */
doze_result doze_lite_find_signer(const anj_net_ssl_configuration_t *ssl, const anj_crypto_security_info_t *info,
                                  mbedtls_pk_context *key, bool *found);

/* certificates.c: makes what `settings` needs of certificates. */
doze_result doze_lite_use_certificates(doze_lite_secure *secure, const anj_net_ssl_configuration_t *ssl);

#endif
