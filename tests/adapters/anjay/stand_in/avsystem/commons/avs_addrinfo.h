/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in: declares what the adapter and its tests need of a header of that name, and nothing else. */
#ifndef AVS_COMMONS_ADDRINFO_H
#define AVS_COMMONS_ADDRINFO_H

#include <avsystem/commons/avs_socket.h>

struct avs_net_addrinfo_struct;
typedef struct avs_net_addrinfo_struct avs_net_addrinfo_t;

#define AVS_NET_ADDRINFO_END               1
#define AVS_NET_ADDRINFO_RESOLVE_F_PASSIVE (1 << 0)

avs_net_addrinfo_t *avs_net_addrinfo_resolve_ex(avs_net_socket_type_t socket_type, avs_net_af_t family,
                                                const char *host, const char *port, int flags,
                                                const avs_net_resolved_endpoint_t *preferred_endpoint);
void avs_net_addrinfo_delete(avs_net_addrinfo_t **ctx);
int avs_net_addrinfo_next(avs_net_addrinfo_t *ctx, avs_net_resolved_endpoint_t *out);
void avs_net_addrinfo_rewind(avs_net_addrinfo_t *ctx);
avs_error_t avs_net_resolved_endpoint_get_host_port(const avs_net_resolved_endpoint_t *endp, char *host, size_t hostlen,
                                                    char *serv, size_t servlen);

#endif
