/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/platform_util.h>

#include "peer_internal.h"

static const int default_suites[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
    MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8,
    MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_PSK_WITH_AES_128_CCM,
    0,
};

static int fail(peer *p, int error, const char *why) {
    p->why = why;
    return error;
}

/* ---- credentials ---- */

/* A file's content and, as Mbed TLS wants it after PEM, a zero; NULL when it cannot be read. */
static unsigned char *read_file(const char *name, size_t *size) {
    enum { FILE_MAX = 65536 };
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        return NULL;
    }
    unsigned char *content = calloc(1, FILE_MAX + 1);
    *size = content == NULL ? 0 : fread(content, 1, FILE_MAX, file);
    (void)fclose(file);
    if (*size == 0) {
        free(content);
        return NULL;
    }
    if (strstr((const char *)content, "-----BEGIN") != NULL) {
        *size += 1;
    }
    return content;
}

static void free_file(unsigned char *content, size_t size) {
    mbedtls_platform_zeroize(content, size);
    free(content);
}

static int read_certificate(mbedtls_x509_crt *certificate, const char *name) {
    size_t size;
    unsigned char *content = read_file(name, &size);
    if (content == NULL) {
        return MBEDTLS_ERR_X509_FILE_IO_ERROR;
    }
    int ret = mbedtls_x509_crt_parse(certificate, content, size);
    free_file(content, size);
    return ret;
}

static int read_key(peer *p, const char *name) {
    size_t size;
    unsigned char *content = read_file(name, &size);
    if (content == NULL) {
        return MBEDTLS_ERR_PK_FILE_IO_ERROR;
    }
    int ret = peer_compat_parse_key(&p->key, content, size, p->settings.random.fill, p->settings.random.context);
    free_file(content, size);
    return ret;
}

static int configure_certificates(peer *p) {
    const peer_settings *s = &p->settings;
    mbedtls_ssl_conf_authmode(&p->config, MBEDTLS_SSL_VERIFY_NONE);
    if (s->certificate_file != NULL) {
        int ret = read_certificate(&p->certificate, s->certificate_file);
        if (ret != 0) {
            return fail(p, ret, "certificate_file cannot be used");
        }
        ret = s->key_file == NULL ? MBEDTLS_ERR_PK_FILE_IO_ERROR : read_key(p, s->key_file);
        if (ret != 0) {
            return fail(p, ret, "key_file cannot be used");
        }
        ret = mbedtls_ssl_conf_own_cert(&p->config, &p->certificate, &p->key);
        if (ret != 0) {
            return fail(p, ret, "no memory");
        }
    }
    if (s->ca_file != NULL) {
        int ret = read_certificate(&p->ca, s->ca_file);
        if (ret != 0) {
            return fail(p, ret, "ca_file cannot be used");
        }
        mbedtls_ssl_conf_ca_chain(&p->config, &p->ca, NULL);
        mbedtls_ssl_conf_authmode(&p->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    }
    return 0;
}

static bool look_up_key(peer *p, const unsigned char *identity, size_t size, unsigned char key[PEER_KEY_MAX],
                        size_t *key_size) {
    const peer_settings *s = &p->settings;
    if (s->find_key != NULL) {
        return s->find_key(s->key_context, identity, size, key, key_size);
    }
    if (size != strlen(p->identity) || memcmp(identity, p->identity, size) != 0) {
        return false;
    }
    memcpy(key, p->psk, s->key_size);
    *key_size = s->key_size;
    return true;
}

static int find_psk(void *context, mbedtls_ssl_context *ssl, const unsigned char *identity, size_t size) {
    peer *p = context;
    unsigned char key[PEER_KEY_MAX];
    size_t key_size = 0;
    if (p->current != NULL && size <= PEER_IDENTITY_MAX) {
        memcpy(p->current->identity, identity, size);
        p->current->identity[size] = '\0';
    }
    if (!look_up_key(p, identity, size, key, &key_size)) {
        return -1;
    }
    if (p->behaviour.wrong_psk) {
        key[0] ^= 0xff;
    }
    int ret = mbedtls_ssl_set_hs_psk(ssl, key, key_size);
    mbedtls_platform_zeroize(key, sizeof(key));
    return ret;
}

static int configure_psk(peer *p) {
    const peer_settings *s = &p->settings;
    if (s->identity != NULL) {
        if (s->key == NULL || s->key_size == 0 || s->key_size > PEER_KEY_MAX ||
            strlen(s->identity) > PEER_IDENTITY_MAX) {
            return fail(p, MBEDTLS_ERR_SSL_BAD_INPUT_DATA, "identity without a key, or too long");
        }
        memcpy(p->psk, s->key, s->key_size);
        memcpy(p->identity, s->identity, strlen(s->identity) + 1);
    }
    if (s->identity != NULL || s->find_key != NULL) {
        mbedtls_ssl_conf_psk_cb(&p->config, find_psk, p);
    } else if (s->certificate_file == NULL) {
        return fail(p, MBEDTLS_ERR_SSL_BAD_INPUT_DATA, "neither a pre-shared key nor a certificate");
    }
    return 0;
}

/* ---- the rest ---- */

static int configure_suites(peer *p) {
    const size_t max = sizeof(p->suites) / sizeof(p->suites[0]);
    const int *from = p->settings.suites != NULL ? p->settings.suites : default_suites;
    size_t count = 0;
    for (; from[count] != 0; count++) {
        if (count == max - 1) {
            return fail(p, MBEDTLS_ERR_SSL_BAD_INPUT_DATA, "too many suites");
        }
        p->suites[count] = from[count];
    }
    mbedtls_ssl_conf_ciphersuites(&p->config, p->suites);
    return 0;
}

static int configure_cid(peer *p) {
    peer_settings *s = &p->settings;
    if (s->cid_size == 0) {
        s->cid_size = PEER_CID_SIZE_DEFAULT;
    }
    if (s->cid != PEER_CID_BYTES) {
        s->cid_size = 0;
    }
    int ret = mbedtls_ssl_conf_cid(&p->config, s->cid_size, MBEDTLS_SSL_UNEXPECTED_CID_IGNORE);
    return ret == 0 ? 0 : fail(p, ret, "cid_size is too large");
}

static void configure_protocol(peer *p) {
    const peer_settings *s = &p->settings;
    mbedtls_ssl_conf_min_tls_version(&p->config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(&p->config, MBEDTLS_SSL_VERSION_TLS1_2);
    peer_compat_conf_random(&p->config, s->random.fill, s->random.context);
    mbedtls_ssl_conf_handshake_timeout(&p->config, s->handshake_timer_min, s->handshake_timer_max);
    mbedtls_ssl_conf_dtls_anti_replay(&p->config, s->no_anti_replay ? MBEDTLS_SSL_ANTI_REPLAY_DISABLED
                                                                    : MBEDTLS_SSL_ANTI_REPLAY_ENABLED);
    if (s->no_cookie) {
        mbedtls_ssl_conf_dtls_cookies(&p->config, NULL, NULL, NULL);
    } else {
        mbedtls_ssl_conf_dtls_cookies(&p->config, peer_cookie_write, peer_cookie_check, p);
    }
    peer_compat_configure(p);
}

static void fill_in_defaults(peer_settings *s) {
    s->mtu = s->mtu == 0 ? PEER_MTU_DEFAULT : s->mtu;
    s->handshake_timer_min = s->handshake_timer_min == 0 ? 1000 : s->handshake_timer_min;
    s->handshake_timer_max = s->handshake_timer_max == 0 ? 60000 : s->handshake_timer_max;
    s->cookie_lifetime = s->cookie_lifetime == 0 ? 60000 : s->cookie_lifetime;
    s->associations_max = s->associations_max == 0 ? 1024 : s->associations_max;
}

int peer_config_init(peer *p) {
    mbedtls_ssl_config_init(&p->config);
    mbedtls_x509_crt_init(&p->certificate);
    mbedtls_x509_crt_init(&p->ca);
    mbedtls_pk_init(&p->key);
    fill_in_defaults(&p->settings);
    int ret = mbedtls_ssl_config_defaults(&p->config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                          MBEDTLS_SSL_PRESET_DEFAULT);
    if (ret != 0) {
        return fail(p, ret, "Mbed TLS refuses its own defaults");
    }
    configure_protocol(p);
    int (*const steps[])(peer *) = {configure_suites, configure_cid, configure_certificates, configure_psk};
    for (size_t i = 0; ret == 0 && i < sizeof(steps) / sizeof(steps[0]); i++) {
        ret = steps[i](p);
    }
    return ret;
}

void peer_config_free(peer *p) {
    mbedtls_ssl_config_free(&p->config);
    mbedtls_x509_crt_free(&p->certificate);
    mbedtls_x509_crt_free(&p->ca);
    mbedtls_pk_free(&p->key);
    mbedtls_platform_zeroize(p->psk, sizeof(p->psk));
    mbedtls_platform_zeroize(p->cookie_secret, sizeof(p->cookie_secret));
}
