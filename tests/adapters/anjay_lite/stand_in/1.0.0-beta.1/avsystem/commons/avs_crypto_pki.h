/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for avs_commons. */
#ifndef AVS_COMMONS_CRYPTO_PKI_H
#define AVS_COMMONS_CRYPTO_PKI_H

#include <avsystem/commons/avs_crypto_common.h>

typedef struct avs_crypto_certificate_chain_info_struct {
    avs_crypto_security_info_union_t desc;
} avs_crypto_certificate_chain_info_t;

typedef struct {
    avs_crypto_security_info_union_t desc;
} avs_crypto_cert_revocation_list_info_t;

typedef struct {
    avs_crypto_security_info_union_t desc;
} avs_crypto_private_key_info_t;

#endif
