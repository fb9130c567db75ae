/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in: declares what the adapter and its tests need of a header of that name, and nothing else. */
#ifndef AVS_COMMONS_SOCKET_H
#define AVS_COMMONS_SOCKET_H

#include <avsystem/commons/avs_crypto_pki.h>
#include <avsystem/commons/avs_crypto_psk.h>
#include <avsystem/commons/avs_defs.h>
#include <avsystem/commons/avs_errno.h>
#include <avsystem/commons/avs_memory.h>
#include <avsystem/commons/avs_prng.h>
#include <avsystem/commons/avs_time.h>

#define AVS_NET_SOCKET_RAW_RESOLVED_ENDPOINT_MAX_SIZE 128

extern const avs_time_duration_t AVS_NET_SOCKET_DEFAULT_RECV_TIMEOUT;

typedef struct {
    uint8_t size;
    union {
        avs_max_align_t align;
        char buf[AVS_NET_SOCKET_RAW_RESOLVED_ENDPOINT_MAX_SIZE];
    } data;
} avs_net_resolved_endpoint_t;

typedef enum { AVS_NET_TCP_SOCKET, AVS_NET_UDP_SOCKET, AVS_NET_SSL_SOCKET, AVS_NET_DTLS_SOCKET } avs_net_socket_type_t;

typedef enum { AVS_NET_AF_UNSPEC, AVS_NET_AF_INET4, AVS_NET_AF_INET6 } avs_net_af_t;

struct avs_net_socket_struct;
typedef struct avs_net_socket_struct avs_net_socket_t;

typedef char avs_net_socket_interface_name_t[IF_NAMESIZE];

typedef struct {
    uint8_t dscp;
    uint8_t priority;
    uint8_t reuse_addr;
    uint8_t transparent;
    avs_net_socket_interface_name_t interface_name;
    avs_net_resolved_endpoint_t *preferred_endpoint;
    avs_net_af_t address_family;
    int forced_mtu;
    avs_net_af_t preferred_family;
} avs_net_socket_configuration_t;

/* ---- TLS ---- */

typedef int avs_ssl_additional_configuration_clb_t(void *library_ssl_context);

typedef enum {
    AVS_NET_SSL_VERSION_DEFAULT = 0,
    AVS_NET_SSL_VERSION_SSLv2_OR_3,
    AVS_NET_SSL_VERSION_SSLv2,
    AVS_NET_SSL_VERSION_SSLv3,
    AVS_NET_SSL_VERSION_TLSv1,
    AVS_NET_SSL_VERSION_TLSv1_1,
    AVS_NET_SSL_VERSION_TLSv1_2,
    AVS_NET_SSL_VERSION_TLSv1_3
} avs_net_ssl_version_t;

typedef enum {
    AVS_NET_SECURITY_DEFAULT = 0,
    AVS_NET_SECURITY_PSK,
    AVS_NET_SECURITY_CERTIFICATE = AVS_NET_SECURITY_DEFAULT
} avs_net_security_mode_t;

typedef struct {
    avs_crypto_psk_key_info_t key;
    avs_crypto_psk_identity_info_t identity;
} avs_net_psk_info_t;

typedef struct {
    bool server_cert_validation;
    bool ignore_system_trust_store;
    bool dane;
    avs_crypto_certificate_chain_info_t trusted_certs;
    avs_crypto_cert_revocation_list_info_t cert_revocation_lists;
    avs_crypto_certificate_chain_info_t client_cert;
    avs_crypto_private_key_info_t client_key;
    bool rebuild_client_cert_chain;
} avs_net_certificate_info_t;

typedef struct {
    avs_net_security_mode_t mode;
    union {
        avs_net_psk_info_t psk;
        avs_net_certificate_info_t cert;
    } data;
} avs_net_security_info_t;

typedef struct {
    avs_time_duration_t min;
    avs_time_duration_t max;
} avs_net_dtls_handshake_timeouts_t;

extern const avs_net_dtls_handshake_timeouts_t AVS_NET_SOCKET_DEFAULT_DTLS_HANDSHAKE_TIMEOUTS;

#define AVS_NET_SSL_ALERT_CATEGORY     8572
#define AVS_NET_SSL_LIB_ERROR_CATEGORY 8573

static inline avs_error_t avs_net_ssl_alert(uint8_t level, uint8_t description) {
    return (avs_error_t){AVS_NET_SSL_ALERT_CATEGORY, (uint16_t)(level << 8 | description)};
}

static inline avs_error_t avs_net_ssl_lib_error(uint16_t error) {
    return (avs_error_t){AVS_NET_SSL_LIB_ERROR_CATEGORY, error};
}

typedef struct {
    uint32_t *ids;
    size_t num_ids;
} avs_net_socket_tls_ciphersuites_t;

typedef struct {
    avs_net_ssl_version_t version;
    avs_net_security_info_t security;
    const avs_net_dtls_handshake_timeouts_t *dtls_handshake_timeouts;
    void *session_resumption_buffer;
    size_t session_resumption_buffer_size;
    avs_net_socket_tls_ciphersuites_t ciphersuites;
    avs_ssl_additional_configuration_clb_t *additional_configuration_clb;
    avs_net_socket_configuration_t backend_configuration;
    const char *server_name_indication;
    bool use_connection_id;
    avs_crypto_prng_ctx_t *prng_ctx;
} avs_net_ssl_configuration_t;

/* ---- options ---- */

typedef enum {
    AVS_NET_SOCKET_OPT_RECV_TIMEOUT,
    AVS_NET_SOCKET_OPT_STATE,
    AVS_NET_SOCKET_OPT_ADDR_FAMILY,
    AVS_NET_SOCKET_OPT_MTU,
    AVS_NET_SOCKET_OPT_INNER_MTU,
    AVS_NET_SOCKET_OPT_SESSION_RESUMED,
    AVS_NET_SOCKET_OPT_BYTES_SENT,
    AVS_NET_SOCKET_OPT_BYTES_RECEIVED,
    AVS_NET_SOCKET_OPT_DANE_TLSA_ARRAY,
    AVS_NET_SOCKET_HAS_BUFFERED_DATA,
    AVS_NET_SOCKET_OPT_DTLS_HANDSHAKE_TIMEOUTS,
    AVS_NET_SOCKET_OPT_CONNECTION_ID_RESUMED,
    AVS_NET_SOCKET_OPT_PREFERRED_ADDR_FAMILY,
    AVS_NET_SOCKET_OPT_FORCED_ADDR_FAMILY,
} avs_net_socket_opt_key_t;

typedef enum {
    AVS_NET_SOCKET_STATE_CLOSED,
    AVS_NET_SOCKET_STATE_SHUTDOWN,
    AVS_NET_SOCKET_STATE_BOUND,
    AVS_NET_SOCKET_STATE_ACCEPTED,
    AVS_NET_SOCKET_STATE_CONNECTED
} avs_net_socket_state_t;

typedef enum {
    AVS_NET_SOCKET_DANE_CA_CONSTRAINT = 0,
    AVS_NET_SOCKET_DANE_SERVICE_CERTIFICATE_CONSTRAINT = 1,
    AVS_NET_SOCKET_DANE_TRUST_ANCHOR_ASSERTION = 2,
    AVS_NET_SOCKET_DANE_DOMAIN_ISSUED_CERTIFICATE = 3
} avs_net_socket_dane_certificate_usage_t;

typedef enum { AVS_NET_SOCKET_DANE_CERTIFICATE = 0, AVS_NET_SOCKET_DANE_PUBLIC_KEY = 1 } avs_net_socket_dane_selector_t;

typedef enum {
    AVS_NET_SOCKET_DANE_MATCH_FULL = 0,
    AVS_NET_SOCKET_DANE_MATCH_SHA256 = 1,
    AVS_NET_SOCKET_DANE_MATCH_SHA512 = 2
} avs_net_socket_dane_matching_type_t;

typedef struct {
    avs_net_socket_dane_certificate_usage_t certificate_usage;
    avs_net_socket_dane_selector_t selector;
    avs_net_socket_dane_matching_type_t matching_type;
    const void *association_data;
    size_t association_data_size;
} avs_net_socket_dane_tlsa_record_t;

typedef struct {
    const avs_net_socket_dane_tlsa_record_t *array_ptr;
    size_t array_element_count;
} avs_net_socket_dane_tlsa_array_t;

typedef union {
    avs_time_duration_t recv_timeout;
    avs_net_socket_state_t state;
    avs_net_af_t addr_family;
    int mtu;
    bool flag;
    uint64_t bytes_sent;
    uint64_t bytes_received;
    avs_net_socket_dane_tlsa_array_t dane_tlsa_array;
    avs_net_dtls_handshake_timeouts_t dtls_handshake_timeouts;
} avs_net_socket_opt_value_t;

#endif
