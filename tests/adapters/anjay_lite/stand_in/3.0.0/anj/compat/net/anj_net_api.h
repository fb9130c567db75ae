/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for Anjay Lite 3.0.0: the network interface. */
#include <anj/init.h>

#ifndef ANJ_NET_API_H
#define ANJ_NET_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef ANJ_WITH_SECURITY
#include <anj/crypto.h>
#endif

#define ANJ_NET_OK          (0)
#define ANJ_NET_EAGAIN      (1)
#define ANJ_NET_EMSGSIZE    (2)
#define ANJ_NET_ENOTSUP     (3)
#define ANJ_NET_EINPROGRESS (4)

typedef enum {
    ANJ_NET_CERTIFICATE_CA_CONSTRAINT = 0,
    ANJ_NET_CERTIFICATE_SERVICE_CERTIFICATE_CONSTRAINT = 1,
    ANJ_NET_CERTIFICATE_TRUST_ANCHOR_ASSERTION = 2,
    ANJ_NET_CERTIFICATE_DOMAIN_ISSUED_CERTIFICATE = 3,
} anj_net_certificate_usage_t;

typedef enum { ANJ_NET_SOCKET_STATE_CLOSED, ANJ_NET_SOCKET_STATE_CONNECTED } anj_net_socket_state_t;

typedef enum {
    ANJ_NET_AF_SETTING_UNSPEC,
    ANJ_NET_AF_SETTING_FORCE_INET4,
    ANJ_NET_AF_SETTING_FORCE_INET6,
    ANJ_NET_AF_SETTING_PREFERRED_INET4,
    ANJ_NET_AF_SETTING_PREFERRED_INET6
} anj_net_address_family_setting_t;

typedef struct {
    anj_net_address_family_setting_t af_setting;
} anj_net_socket_configuration_t;

#ifdef ANJ_WITH_SECURITY

typedef enum {
    ANJ_NET_SECURITY_PSK,
    ANJ_NET_SECURITY_CERTIFICATE,
} anj_net_security_mode_t;

typedef struct {
    anj_crypto_security_info_t key;
    anj_crypto_security_info_t identity;
    const char *sni;
} anj_net_psk_info_t;

#ifdef ANJ_WITH_CERTIFICATES
typedef struct {
    const anj_crypto_security_info_t *ca_certs;
    size_t ca_certs_count;
} anj_net_trust_store_t;

typedef struct {
    anj_crypto_security_info_t client_cert;
    anj_crypto_security_info_t private_key;
    anj_crypto_security_info_t server_cert;
    anj_net_certificate_usage_t certificate_usage;
    const char *sni;
    anj_net_trust_store_t trust_store;
} anj_net_certificate_info_t;
#endif

typedef struct {
    anj_net_security_mode_t mode;
    union {
        anj_net_psk_info_t psk;
#ifdef ANJ_WITH_CERTIFICATES
        anj_net_certificate_info_t cert;
#endif
    } data;
} anj_net_security_info_t;

typedef struct {
    anj_net_security_info_t security;
#ifdef ANJ_WITH_EXTERNAL_CRYPTO_STORAGE
    void *crypto_ctx;
#endif
} anj_net_ssl_configuration_t;

#endif

typedef struct {
    anj_net_socket_configuration_t raw_socket_config;
#ifdef ANJ_WITH_SECURITY
    anj_net_ssl_configuration_t secure_socket_config;
#endif
} anj_net_config_t;

struct anj_net_ctx_struct;
typedef struct anj_net_ctx_struct anj_net_ctx_t;

typedef int anj_net_create_ctx_t(anj_net_ctx_t **ctx, const anj_net_config_t *config);
typedef int anj_net_cleanup_ctx_t(anj_net_ctx_t **ctx);
typedef int anj_net_connect_t(anj_net_ctx_t *ctx, const char *hostname, const char *port);
typedef int anj_net_send_t(anj_net_ctx_t *ctx, size_t *bytes_sent, const uint8_t *buf, size_t length);
typedef int anj_net_recv_t(anj_net_ctx_t *ctx, size_t *bytes_received, uint8_t *buf, size_t length);
typedef int anj_net_close_t(anj_net_ctx_t *ctx);
typedef int anj_net_get_state_t(anj_net_ctx_t *ctx, anj_net_socket_state_t *out_value);
typedef int anj_net_get_inner_mtu_t(anj_net_ctx_t *ctx, int32_t *out_value);
typedef int anj_net_queue_mode_rx_off_t(anj_net_ctx_t *ctx);

#endif
