/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for avs_commons. */
#ifndef AVS_COMMONS_CRYPTO_PSK_H
#define AVS_COMMONS_CRYPTO_PSK_H

#include <avsystem/commons/avs_crypto_common.h>

typedef struct {
    avs_crypto_security_info_union_t desc;
} avs_crypto_psk_identity_info_t;

typedef struct {
    avs_crypto_security_info_union_t desc;
} avs_crypto_psk_key_info_t;

#endif
