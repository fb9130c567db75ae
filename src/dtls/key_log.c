/* SPDX-License-Identifier: Apache-2.0 */
/* The NSS key log format, which Wireshark reads: CLIENT_RANDOM, the client's random, the master secret. */
#include <string.h>

#include <mbedtls/platform_util.h>

#include "dtls/compat.h"
#include "dtls/internal.h"

bool doze_key_log_supported(void) {
    return true;
}

static char *hex(char *out, const unsigned char *bytes, size_t size) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    return out;
}

void doze_key_log_write(const doze_key_log *log, const unsigned char client_random[32], const unsigned char *master) {
    static const char label[] = "CLIENT_RANDOM ";
    char line[sizeof(label) + 2 * 32 + 1 + 2 * DOZE_MASTER_SECRET_SIZE];
    memcpy(line, label, sizeof(label));
    char *end = hex(line + sizeof(label) - 1, client_random, 32);
    *end++ = ' ';
    end = hex(end, master, DOZE_MASTER_SECRET_SIZE);
    *end = '\0';
    log->line(log->context, line);
    mbedtls_platform_zeroize(line, sizeof(line));
}
