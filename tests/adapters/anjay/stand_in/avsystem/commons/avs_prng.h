/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in: declares what the adapter and its tests need of a header of that name, and nothing else. */
#ifndef AVS_COMMONS_CRYPTO_PRNG_H
#define AVS_COMMONS_CRYPTO_PRNG_H

#include <stddef.h>

typedef struct avs_crypto_prng_ctx_struct avs_crypto_prng_ctx_t;

int avs_crypto_prng_bytes(avs_crypto_prng_ctx_t *ctx, unsigned char *out_buf, size_t out_buf_size);

#endif
