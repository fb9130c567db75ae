/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials as 1.0.0-beta.1 gives them: in the structures of avs_commons, of which buffers are understood. */
#include "secure/secure.h"

static doze_result look_up(const avs_crypto_security_info_union_t *info, doze_bytes *out) {
    if (info->source == AVS_CRYPTO_DATA_SOURCE_EMPTY) {
        return DOZE_OK;
    }
    if (info->source != AVS_CRYPTO_DATA_SOURCE_BUFFER || info->info.buffer.password != NULL) {
        return DOZE_ERR_UNSUPPORTED;
    }
    *out = (doze_bytes){info->info.buffer.buffer, info->info.buffer.buffer_size};
    return DOZE_OK;
}

static doze_result use_psk(const anj_net_psk_info_t *psk, doze_dtls_settings *settings) {
    doze_result result = look_up(&psk->identity.desc, &settings->psk.identity);
    return result == DOZE_OK ? look_up(&psk->key.desc, &settings->psk.key) : result;
}

/* A server that nobody verifies could be anybody's, and TLSA records come too late: both are refused. */
static doze_result use_certificates(doze_lite_secure *secure, const anj_net_ssl_configuration_t *ssl,
                                    doze_dtls_settings *settings) {
    const anj_net_certificate_info_t *info = &ssl->security.data.cert;
    doze_x509_settings x509 = {.pk = NULL};
    if (!info->server_cert_validation || info->dane || info->rebuild_client_cert_chain) {
        return DOZE_ERR_UNSUPPORTED;
    }
    doze_result result = look_up(&info->trusted_certs.desc, &x509.trust);
    if (result == DOZE_OK) {
        result = look_up(&info->cert_revocation_lists.desc, &x509.crl);
    }
    if (result == DOZE_OK) {
        result = look_up(&info->client_cert.desc, &x509.certificate);
    }
    if (result == DOZE_OK) {
        result = look_up(&info->client_key.desc, &x509.key);
    }
    if (result == DOZE_OK) {
        result = doze_lite_make_certificates(secure);
    }
    if (result == DOZE_OK) {
        result = doze_lite_trust(secure, &x509, ssl->server_name_indication);
        settings->x509 = &secure->certificates->x509;
    }
    return result;
}

/* `suites` is memory for those that are named. */
static doze_result choose_suites(const anj_net_socket_tls_ciphersuites_t *wanted, uint16_t suites[DOZE_SUITES_MAX],
                                 doze_dtls_settings *settings) {
    if (wanted->ids == NULL || wanted->num_ids == 0) {
        return DOZE_OK;
    }
    if (wanted->num_ids > DOZE_SUITES_MAX) {
        return DOZE_ERR_SUITE;
    }
    for (size_t i = 0; i < wanted->num_ids; i++) {
        suites[i] = (uint16_t)wanted->ids[i];
    }
    settings->suites = suites;
    settings->suites_count = wanted->num_ids;
    return DOZE_OK;
}

static doze_result choose_timers(const anj_net_dtls_handshake_timeouts_t *wanted, doze_dtls_settings *settings) {
    if (wanted == NULL) {
        return DOZE_OK;
    }
    if (wanted->min > UINT32_MAX || wanted->max > UINT32_MAX) {
        return DOZE_ERR_CONFIG;
    }
    settings->handshake_timer_min = (uint32_t)wanted->min;
    settings->handshake_timer_max = (uint32_t)wanted->max;
    return DOZE_OK;
}

doze_result doze_lite_configure(doze_lite_secure *secure, const anj_net_ssl_configuration_t *ssl,
                                doze_dtls_settings *settings) {
    uint16_t suites[DOZE_SUITES_MAX];
    bool other_version = ssl->version != ANJ_NET_SSL_VERSION_DEFAULT && ssl->version != ANJ_NET_SSL_VERSION_TLSv1_2;
    bool psk = ssl->security.mode == ANJ_NET_SECURITY_PSK;
    if (other_version || (psk && ssl->server_name_indication != NULL && ssl->server_name_indication[0] != '\0')) {
        return DOZE_ERR_UNSUPPORTED;
    }
    settings->cid = ssl->use_connection_id ? DOZE_CID_OFFER_EMPTY : DOZE_CID_OFF;
    doze_result result = psk ? use_psk(&ssl->security.data.psk, settings) : use_certificates(secure, ssl, settings);
    if (result == DOZE_OK) {
        result = choose_suites(&ssl->ciphersuites, suites, settings);
    }
    if (result == DOZE_OK) {
        result = choose_timers(ssl->dtls_handshake_timeouts, settings);
    }
    return result == DOZE_OK ? doze_dtls_config_init(&secure->config, settings) : result;
}
