/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOZE_DTLS_X509_H
#define DOZE_DTLS_X509_H

#include "doze/x509.h"

/* Mbed TLS's verification callback (verify.c); `context` is the doze_dtls whose handshake it is. */
int doze_x509_verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);

/* The hash of a certificate that `matching` asks for (an exact match is told by SHA-256); its size, 0 on failure. */
size_t doze_x509_hash(const mbedtls_x509_crt *certificate, uint8_t matching, uint8_t out[64]);

#endif
