/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for Anjay Lite 3.0.0. */
#include <anj/init.h>

#ifndef ANJ_UDP_H
#define ANJ_UDP_H

#ifdef ANJ_NET_WITH_UDP

#include <anj/compat/net/anj_net_api.h>

anj_net_create_ctx_t anj_udp_create_ctx;
anj_net_cleanup_ctx_t anj_udp_cleanup_ctx;
anj_net_connect_t anj_udp_connect;
anj_net_send_t anj_udp_send;
anj_net_recv_t anj_udp_recv;
anj_net_close_t anj_udp_close;
anj_net_get_state_t anj_udp_get_state;
anj_net_get_inner_mtu_t anj_udp_get_inner_mtu;
anj_net_queue_mode_rx_off_t anj_udp_queue_mode_rx_off;

#endif

#endif
