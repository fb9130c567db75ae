/* SPDX-License-Identifier: Apache-2.0 */
/* What avs_net calls and declares in no public header: whoever is its socket layer has to know. */
#ifndef DOZE_ADAPTERS_ANJAY_AVS_PRIVATE_H
#define DOZE_ADAPTERS_ANJAY_AVS_PRIVATE_H

#include <avsystem/commons/avs_socket.h>

avs_error_t _avs_net_initialize_global_compat_state(void);
void _avs_net_cleanup_global_compat_state(void);
avs_error_t _avs_net_initialize_global_ssl_state(void);
void _avs_net_cleanup_global_ssl_state(void);
void _avs_crypto_cleanup_global_state(void);
avs_error_t _avs_net_create_tcp_socket(avs_net_socket_t **socket, const void *socket_configuration);
avs_error_t _avs_net_create_udp_socket(avs_net_socket_t **socket, const void *socket_configuration);
avs_error_t _avs_net_create_ssl_socket(avs_net_socket_t **socket, const void *socket_configuration);
avs_error_t _avs_net_create_dtls_socket(avs_net_socket_t **socket, const void *socket_configuration);

#endif
