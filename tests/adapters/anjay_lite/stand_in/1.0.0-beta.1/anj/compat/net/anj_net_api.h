/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for Anjay Lite 1.0.0-beta.1: the network interface. */
#ifndef ANJ_NET_API_H
#define ANJ_NET_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <anj/anj_config.h>

#ifdef ANJ_WITH_SECURE_BINDINGS
#include <avsystem/commons/avs_crypto_pki.h>
#include <avsystem/commons/avs_crypto_psk.h>
#include <avsystem/commons/avs_prng.h>
#endif

#define ANJ_NET_OK       (0)
#define ANJ_NET_EAGAIN   (1)
#define ANJ_NET_EMSGSIZE (-1)
#define ANJ_NET_ENOTSUP  (-2)

typedef enum {
    ANJ_NET_SOCKET_STATE_CLOSED,
    ANJ_NET_SOCKET_STATE_SHUTDOWN,
    ANJ_NET_SOCKET_STATE_BOUND,
    ANJ_NET_SOCKET_STATE_CONNECTED
} anj_net_socket_state_t;

typedef enum {
    ANJ_NET_AF_SETTING_UNSPEC,
    ANJ_NET_AF_SETTING_FORCE_INET4,
    ANJ_NET_AF_SETTING_FORCE_INET6,
    ANJ_NET_AF_SETTING_PREFERRED_INET4,
    ANJ_NET_AF_SETTING_PREFERRED_INET6,
} anj_net_address_family_setting_t;

typedef struct {
    anj_net_address_family_setting_t af_setting;
} anj_net_socket_configuration_t;

#ifdef ANJ_WITH_SECURE_BINDINGS

typedef struct {
    uint64_t min;
    uint64_t max;
} anj_net_dtls_handshake_timeouts_t;

typedef enum {
    ANJ_NET_SOCKET_DANE_CA_CONSTRAINT = 0,
    ANJ_NET_SOCKET_DANE_SERVICE_CERTIFICATE_CONSTRAINT = 1,
    ANJ_NET_SOCKET_DANE_TRUST_ANCHOR_ASSERTION = 2,
    ANJ_NET_SOCKET_DANE_DOMAIN_ISSUED_CERTIFICATE = 3
} anj_net_socket_dane_certificate_usage_t;

typedef enum { ANJ_NET_SOCKET_DANE_CERTIFICATE = 0, ANJ_NET_SOCKET_DANE_PUBLIC_KEY = 1 } anj_net_socket_dane_selector_t;

typedef enum {
    ANJ_NET_SOCKET_DANE_MATCH_FULL = 0,
    ANJ_NET_SOCKET_DANE_MATCH_SHA256 = 1,
    ANJ_NET_SOCKET_DANE_MATCH_SHA512 = 2
} anj_net_socket_dane_matching_type_t;

typedef struct {
    anj_net_socket_dane_certificate_usage_t certificate_usage;
    anj_net_socket_dane_selector_t selector;
    anj_net_socket_dane_matching_type_t matching_type;
    const void *association_data;
    size_t association_data_size;
} anj_net_socket_dane_tlsa_record_t;

typedef struct {
    const anj_net_socket_dane_tlsa_record_t *array_ptr;
    size_t array_element_count;
} anj_net_socket_dane_tlsa_array_t;

typedef enum {
    ANJ_NET_SSL_VERSION_DEFAULT = 0,
    ANJ_NET_SSL_VERSION_TLSv1,
    ANJ_NET_SSL_VERSION_TLSv1_1,
    ANJ_NET_SSL_VERSION_TLSv1_2,
    ANJ_NET_SSL_VERSION_TLSv1_3
} anj_net_ssl_version_t;

typedef enum {
    ANJ_NET_SECURITY_DEFAULT = 0,
    ANJ_NET_SECURITY_PSK,
    ANJ_NET_SECURITY_CERTIFICATE = ANJ_NET_SECURITY_DEFAULT
} anj_net_security_mode_t;

typedef struct {
    avs_crypto_psk_key_info_t key;
    avs_crypto_psk_identity_info_t identity;
} anj_net_psk_info_t;

typedef struct {
    bool server_cert_validation;
    bool ignore_system_trust_store;
    bool dane;
    avs_crypto_certificate_chain_info_t trusted_certs;
    avs_crypto_cert_revocation_list_info_t cert_revocation_lists;
    avs_crypto_certificate_chain_info_t client_cert;
    avs_crypto_private_key_info_t client_key;
    bool rebuild_client_cert_chain;
} anj_net_certificate_info_t;

typedef struct {
    anj_net_security_mode_t mode;
    union {
        anj_net_psk_info_t psk;
        anj_net_certificate_info_t cert;
    } data;
} anj_net_security_info_t;

typedef struct {
    uint32_t *ids;
    size_t num_ids;
} anj_net_socket_tls_ciphersuites_t;

typedef struct {
    anj_net_ssl_version_t version;
    anj_net_security_info_t security;
    const anj_net_dtls_handshake_timeouts_t *dtls_handshake_timeouts;
    void *session_resumption_buffer;
    size_t session_resumption_buffer_size;
    anj_net_socket_tls_ciphersuites_t ciphersuites;
    const char *server_name_indication;
    bool use_connection_id;
    avs_crypto_prng_ctx_t *prng_ctx;
} anj_net_ssl_configuration_t;

#endif

typedef struct {
    anj_net_socket_configuration_t raw_socket_config;
#ifdef ANJ_WITH_SECURE_BINDINGS
    anj_net_ssl_configuration_t secure_socket_config;
#endif
} anj_net_config_t;

struct anj_net_ctx_struct;
typedef struct anj_net_ctx_struct anj_net_ctx_t;

typedef const void *anj_net_get_system_socket_t(anj_net_ctx_t *ctx);
typedef int anj_net_create_ctx_t(anj_net_ctx_t **ctx, const anj_net_config_t *config);
typedef int anj_net_cleanup_ctx_t(anj_net_ctx_t **ctx);
typedef int anj_net_connect_t(anj_net_ctx_t *ctx, const char *hostname, const char *port);
typedef int anj_net_send_t(anj_net_ctx_t *ctx, size_t *bytes_sent, const uint8_t *buf, size_t length);
typedef int anj_net_recv_t(anj_net_ctx_t *ctx, size_t *bytes_received, uint8_t *buf, size_t length);
typedef int anj_net_reuse_last_port_t(anj_net_ctx_t *ctx);
typedef int anj_net_shutdown_t(anj_net_ctx_t *ctx);
typedef int anj_net_close_t(anj_net_ctx_t *ctx);
typedef int anj_net_get_state_t(anj_net_ctx_t *ctx, anj_net_socket_state_t *out_value);
typedef int anj_net_get_inner_mtu_t(anj_net_ctx_t *ctx, int32_t *out_value);
typedef int anj_net_get_bytes_sent_t(anj_net_ctx_t *ctx, uint64_t *out_value);
typedef int anj_net_get_bytes_received_t(anj_net_ctx_t *ctx, uint64_t *out_value);

#ifdef ANJ_WITH_SECURE_BINDINGS
typedef int anj_net_get_session_resumed_t(anj_net_ctx_t *ctx, bool *out_value);
typedef int anj_net_get_connection_id_resumed_t(anj_net_ctx_t *ctx, bool *out_value);
typedef int anj_net_set_dane_tlsa_array_t(anj_net_ctx_t *ctx, anj_net_socket_dane_tlsa_array_t *value);
typedef int anj_net_set_dtls_handshake_timeouts_t(anj_net_ctx_t *ctx, anj_net_dtls_handshake_timeouts_t *value);
#endif

#endif
