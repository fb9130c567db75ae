/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for avs_commons. */
#ifndef AVS_COMMONS_PRNG_H
#define AVS_COMMONS_PRNG_H

typedef struct avs_crypto_prng_ctx_struct avs_crypto_prng_ctx_t;

#endif
