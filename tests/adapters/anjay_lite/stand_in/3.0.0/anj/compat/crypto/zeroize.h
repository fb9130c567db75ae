/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for Anjay Lite 3.0.0. */
#include <anj/init.h>

#ifndef ANJ_CRYPTO_ZEROIZE_H
#define ANJ_CRYPTO_ZEROIZE_H

#include <stddef.h>

#ifdef ANJ_WITH_SECURITY
void anj_crypto_zeroize(void *buf, size_t size);
#endif

#endif
