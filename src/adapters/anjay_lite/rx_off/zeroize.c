/* SPDX-License-Identifier: Apache-2.0 */
/* What Anjay Lite has of its own only when it has Mbed TLS of its own. */
#include <anj/compat/crypto/zeroize.h>

#include <mbedtls/platform_util.h>

void anj_crypto_zeroize(void *buf, size_t size) {
    mbedtls_platform_zeroize(buf, size);
}
