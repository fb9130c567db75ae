/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates as avs_crypto describes them: buffers and files, alone, in arrays and in lists. */
#include <stdio.h>
#include <string.h>

#include <avsystem/commons/avs_memory.h>
#include <mbedtls/base64.h>
#include <mbedtls/platform_util.h>

#include "internal.h"

typedef const avs_crypto_security_info_union_t info;

static void wipe(doze_bytes *bytes) {
    union {
        const void *kept;
        void *given;
    } memory = {bytes->data}; /* what avs_malloc() gave */
    if (memory.kept != NULL) {
        mbedtls_platform_zeroize(memory.given, bytes->size);
        avs_free(memory.given);
    }
    *bytes = (doze_bytes){0};
}

static avs_error_t append(doze_bytes *to, const void *data, size_t size) {
    unsigned char *memory = avs_malloc(to->size + size + 1);
    if (memory == NULL) {
        return avs_errno(AVS_ENOMEM);
    }
    size_t before = to->size;
    if (before != 0) {
        memcpy(memory, to->data, before);
    }
    if (size != 0) {
        memcpy(memory + before, data, size);
    }
    wipe(to);
    *to = (doze_bytes){memory, before + size};
    return AVS_OK;
}

/* ---- one source ---- */

static avs_error_t read_stream(FILE *file, doze_bytes *out) {
    unsigned char part[1024];
    avs_error_t error = AVS_OK;
    while (avs_is_ok(error) && !feof(file) && !ferror(file)) {
        size_t got = fread(part, 1, sizeof(part), file);
        error = got == 0 ? AVS_OK : append(out, part, got);
    }
    mbedtls_platform_zeroize(part, sizeof(part));
    return avs_is_ok(error) && ferror(file) ? avs_errno(AVS_EIO) : error;
}

static avs_error_t read_file(const char *name, doze_bytes *out) {
    FILE *file = name == NULL ? NULL : fopen(name, "rb");
    if (file == NULL) {
        return avs_errno(AVS_ENOENT);
    }
    avs_error_t error = read_stream(file, out);
    (void)fclose(file); /* it was only read */
    return error;
}

/* What it has, whole. Encrypted keys, directories and hardware engines are not doze's business. */
static avs_error_t load(info *from, doze_bytes *out) {
    switch ((int)from->source) {
    case AVS_CRYPTO_DATA_SOURCE_EMPTY:
        return AVS_OK;
    case AVS_CRYPTO_DATA_SOURCE_BUFFER:
        return from->info.buffer.password != NULL
                   ? avs_errno(AVS_ENOTSUP)
                   : append(out, from->info.buffer.buffer, from->info.buffer.buffer_size);
    case AVS_CRYPTO_DATA_SOURCE_FILE:
        return from->info.file.password != NULL ? avs_errno(AVS_ENOTSUP) : read_file(from->info.file.filename, out);
    default:
        return avs_errno(AVS_ENOTSUP);
    }
}

/* ---- several ---- */

static bool is_pem(const doze_bytes *bytes) {
    static const char begin[] = "-----BEGIN";
    size_t length = sizeof(begin) - 1;
    for (size_t i = 0; i + length <= bytes->size; i++) {
        if (memcmp((const char *)bytes->data + i, begin, length) == 0) {
            return true;
        }
    }
    return false;
}

/* RFC 7468: DER after DER cannot be told apart, PEM after PEM can. */
static avs_error_t append_as_pem(doze_bytes *to, const doze_bytes *der, const char *label) {
    char line[64];
    size_t size = 0;
    mbedtls_base64_encode(NULL, 0, &size, der->data, der->size);
    unsigned char *text = avs_malloc(size);
    if (text == NULL) {
        return avs_errno(AVS_ENOMEM);
    }
    mbedtls_base64_encode(text, size, &size, der->data, der->size);
    (void)snprintf(line, sizeof(line), "-----BEGIN %s-----\n", label);
    avs_error_t error = append(to, line, strlen(line));
    if (avs_is_ok(error)) {
        error = append(to, text, size);
    }
    (void)snprintf(line, sizeof(line), "\n-----END %s-----\n", label);
    avs_free(text);
    return avs_is_ok(error) ? append(to, line, strlen(line)) : error;
}

static avs_error_t append_part(doze_bytes *to, const doze_bytes *part, const char *label) {
    if (part->size == 0) {
        return AVS_OK;
    }
    if (!is_pem(part)) {
        return append_as_pem(to, part, label);
    }
    const char *text = part->data;
    size_t size = part->size - (text[part->size - 1] == '\0'); /* the end of a text would be the end of all */
    bool ended = size > 0 && text[size - 1] == '\n';           /* and Mbed TLS takes no empty line between two lists */
    avs_error_t error = append(to, text, size);
    return avs_is_ok(error) && !ended ? append(to, "\n", 1) : error;
}

static avs_error_t load_all(info *parts, size_t count, const char *label, doze_bytes *out) {
    avs_error_t error = AVS_OK;
    for (size_t i = 0; avs_is_ok(error) && i < count; i++) {
        doze_bytes part = {0};
        error = load(&parts[i], &part);
        if (avs_is_ok(error)) {
            error = append_part(out, &part, label);
        }
        wipe(&part);
    }
    return error;
}

static avs_error_t load_certificates(const avs_crypto_certificate_chain_info_t *chain, doze_bytes *out) {
    avs_crypto_certificate_chain_info_t *parts = NULL;
    size_t count = 0;
    if (chain->desc.source == AVS_CRYPTO_DATA_SOURCE_EMPTY) {
        return AVS_OK;
    }
    avs_error_t error = avs_crypto_certificate_chain_info_copy_as_array(&parts, &count, *chain);
    if (avs_is_ok(error)) {
        error = load_all(&parts->desc, count, "CERTIFICATE", out);
    }
    avs_free(parts);
    return error;
}

static avs_error_t load_crls(const avs_crypto_cert_revocation_list_info_t *lists, doze_bytes *out) {
    avs_crypto_cert_revocation_list_info_t *parts = NULL;
    size_t count = 0;
    if (lists->desc.source == AVS_CRYPTO_DATA_SOURCE_EMPTY) {
        return AVS_OK;
    }
    avs_error_t error = avs_crypto_cert_revocation_list_info_copy_as_array(&parts, &count, *lists);
    if (avs_is_ok(error)) {
        error = load_all(&parts->desc, count, "X509 CRL", out);
    }
    avs_free(parts);
    return error;
}

_Static_assert(sizeof(avs_crypto_certificate_chain_info_t) == sizeof(info) &&
                   sizeof(avs_crypto_cert_revocation_list_info_t) == sizeof(info),
               "an array of them is an array of what they wrap");

/* ---- all of a socket's ---- */

static avs_error_t load_x509(doze_anjay_credentials *c, const avs_net_certificate_info_t *certificates) {
    c->certificates = true;
    c->validate = certificates->server_cert_validation;
    c->dane = certificates->dane;
    if (certificates->rebuild_client_cert_chain) {
        return avs_errno(AVS_ENOTSUP);
    }
    avs_error_t error = c->validate ? load_certificates(&certificates->trusted_certs, &c->trust) : AVS_OK;
    if (avs_is_ok(error) && c->validate) {
        error = load_crls(&certificates->cert_revocation_lists, &c->crl);
    }
    if (avs_is_ok(error)) {
        error = load_certificates(&certificates->client_cert, &c->certificate);
    }
    return avs_is_ok(error) ? load(&certificates->client_key.desc, &c->private_key) : error;
}

avs_error_t doze_anjay_load_credentials(doze_anjay_credentials *c, const avs_net_security_info_t *security) {
    if (security->mode == AVS_NET_SECURITY_CERTIFICATE) {
        return load_x509(c, &security->data.cert);
    }
    if (security->mode != AVS_NET_SECURITY_PSK) {
        return avs_errno(AVS_EINVAL);
    }
    avs_error_t error = load(&security->data.psk.identity.desc, &c->identity);
    return avs_is_ok(error) ? load(&security->data.psk.key.desc, &c->key) : error;
}

static bool matching_of(avs_net_socket_dane_matching_type_t type, doze_matching *matching) {
    switch (type) {
    case AVS_NET_SOCKET_DANE_MATCH_FULL:
        *matching = DOZE_MATCH_EXACT;
        return true;
    case AVS_NET_SOCKET_DANE_MATCH_SHA256:
        *matching = DOZE_MATCH_SHA256;
        return true;
    case AVS_NET_SOCKET_DANE_MATCH_SHA512:
        *matching = DOZE_MATCH_SHA512;
        return true;
    default:
        return false;
    }
}

avs_error_t doze_anjay_load_tlsa(doze_anjay_credentials *c, const avs_net_socket_dane_tlsa_array_t *records) {
    const avs_net_socket_dane_tlsa_record_t *record = records->array_ptr;
    doze_matching matching;
    wipe(&c->pinned);
    if (records->array_element_count == 0) {
        return AVS_OK;
    }
    if (records->array_element_count > 1 || record->selector != AVS_NET_SOCKET_DANE_CERTIFICATE ||
        !matching_of(record->matching_type, &matching)) {
        return avs_errno(AVS_ENOTSUP);
    }
    c->usage = (doze_usage)record->certificate_usage;
    c->matching = matching;
    return append(&c->pinned, record->association_data, record->association_data_size);
}

void doze_anjay_wipe_credentials(doze_anjay_credentials *c) {
    wipe(&c->identity);
    wipe(&c->key);
    wipe(&c->trust);
    wipe(&c->crl);
    wipe(&c->certificate);
    wipe(&c->private_key);
    wipe(&c->pinned);
}
