/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in: declares what the adapter and its tests need of a header of that name, and nothing else. */
#ifndef AVS_COMMONS_CRYPTO_PKI_H
#define AVS_COMMONS_CRYPTO_PKI_H

#include <avsystem/commons/avs_crypto_common.h>
#include <avsystem/commons/avs_errno.h>

typedef struct avs_crypto_certificate_chain_info_struct {
    avs_crypto_security_info_union_t desc;
} avs_crypto_certificate_chain_info_t;

typedef struct {
    avs_crypto_security_info_union_t desc;
} avs_crypto_cert_revocation_list_info_t;

typedef struct {
    avs_crypto_security_info_union_t desc;
} avs_crypto_private_key_info_t;

avs_error_t avs_crypto_certificate_chain_info_copy_as_array(avs_crypto_certificate_chain_info_t **out_array,
                                                            size_t *out_element_count,
                                                            avs_crypto_certificate_chain_info_t certificate_chain_info);
avs_error_t avs_crypto_cert_revocation_list_info_copy_as_array(avs_crypto_cert_revocation_list_info_t **out_array,
                                                               size_t *out_element_count,
                                                               avs_crypto_cert_revocation_list_info_t crl_info);

#endif
