/* SPDX-License-Identifier: Apache-2.0 */
/* Those functions of avs_commons that the adapter calls, as a test has them. */
#include <string.h>

#include "rig.h"

const avs_time_duration_t AVS_TIME_DURATION_INVALID = {0, -1};
const avs_time_duration_t AVS_NET_SOCKET_DEFAULT_RECV_TIMEOUT = {30, 0};

static unsigned until_failure; /* 0: never */

void rig_fail_allocation(unsigned number) {
    until_failure = number;
}

static bool fails(void) {
    return until_failure != 0 && --until_failure == 0;
}

void *avs_malloc(size_t size) {
    return fails() ? NULL : malloc(size);
}

void *avs_calloc(size_t nmemb, size_t size) {
    return fails() ? NULL : calloc(nmemb, size);
}

void *avs_realloc(void *ptr, size_t size) {
    return fails() ? NULL : realloc(ptr, size);
}

void avs_free(void *ptr) {
    free(ptr);
}

/* As the SDK's own where TLS is not: the same bytes, as good as none. */
struct avs_crypto_prng_ctx_struct {
    bool fails;
    unsigned draws;
};

static avs_crypto_prng_ctx_t prng;

avs_crypto_prng_ctx_t *rig_prng(bool fails) {
    prng = (avs_crypto_prng_ctx_t){.fails = fails};
    return &prng;
}

unsigned rig_prng_draws(void) {
    return prng.draws;
}

int avs_crypto_prng_bytes(avs_crypto_prng_ctx_t *ctx, unsigned char *out_buf, size_t out_buf_size) {
    ctx->draws++;
    memset(out_buf, 0x5a, out_buf_size);
    return ctx->fails ? -1 : 0;
}

static size_t count_parts(const avs_crypto_security_info_union_t *from) {
    if (from->source != AVS_CRYPTO_DATA_SOURCE_ARRAY) {
        return 1;
    }
    size_t count = 0;
    for (size_t i = 0; i < from->info.array.element_count; i++) {
        count += count_parts(&from->info.array.array_ptr[i]);
    }
    return count;
}

static avs_crypto_security_info_union_t *copy_parts(avs_crypto_security_info_union_t *to,
                                                    const avs_crypto_security_info_union_t *from) {
    if (from->source != AVS_CRYPTO_DATA_SOURCE_ARRAY) {
        *to = *from;
        return to + 1;
    }
    for (size_t i = 0; i < from->info.array.element_count; i++) {
        to = copy_parts(to, &from->info.array.array_ptr[i]);
    }
    return to;
}

static avs_error_t flatten(void **out, size_t *count, const avs_crypto_security_info_union_t *from) {
    *count = count_parts(from);
    *out = *count == 0 ? NULL : avs_calloc(*count, sizeof(*from));
    if (*out == NULL) {
        return *count == 0 ? AVS_OK : avs_errno(AVS_ENOMEM);
    }
    copy_parts(*out, from);
    return AVS_OK;
}

avs_error_t
avs_crypto_certificate_chain_info_copy_as_array(avs_crypto_certificate_chain_info_t **out_array,
                                                size_t *out_element_count,
                                                avs_crypto_certificate_chain_info_t certificate_chain_info) {
    void *out = NULL;
    avs_error_t error = flatten(&out, out_element_count, &certificate_chain_info.desc);
    *out_array = out;
    return error;
}

avs_error_t avs_crypto_cert_revocation_list_info_copy_as_array(avs_crypto_cert_revocation_list_info_t **out_array,
                                                               size_t *out_element_count,
                                                               avs_crypto_cert_revocation_list_info_t crl_info) {
    void *out = NULL;
    avs_error_t error = flatten(&out, out_element_count, &crl_info.desc);
    *out_array = out;
    return error;
}
