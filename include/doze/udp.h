/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOZE_UDP_H
#define DOZE_UDP_H

#include "doze/socket.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DOZE_HOSTNAME_INLINE     40 /* bytes a doze_udp has for the name given to connect, its end included */
#define DOZE_INTERFACE_NAME_SIZE 16

typedef struct doze_udp_settings {
    doze_net *net;           /* required; doze_posix_net() on POSIX */
    doze_resolver *resolver; /* NULL: only literal addresses can be connected to, names are DOZE_ERR_HOST_UNKNOWN */
    const doze_trace *trace; /* NULL: none; must outlive the socket */
    char *hostname_memory;   /* NULL: DOZE_HOSTNAME_INLINE bytes; else memory for longer names, kept by the caller */
    size_t hostname_memory_size;
} doze_udp_settings;

/* A UDP socket. Its memory is the caller's; members are private, except that `&udp.socket` is what the verbs take. */
typedef struct doze_udp {
    doze_socket socket;
    /* What is looked at most comes first: a small offset makes a small instruction. */
    uint16_t last_port;   /* of the last connection; 0: there never was one */
    uint16_t wanted_port; /* the peer's, as given to connect */
    uint8_t forced_family;
    uint8_t preferred_family;
    uint8_t dscp : 6;
    uint8_t sleep : 1;       /* a doze_sleep */
    uint8_t last_family : 3; /* of the last connection */
    bool reuse_addr : 1;
    bool bound_address : 1; /* the caller chose the local address: keep it across sleep */
    bool port_kept : 1;
    bool peer_failed : 1;
    bool hostname_outside : 1; /* in the caller's memory */
    doze_net *net;
    doze_resolver *resolver;
    doze_lookup *lookup; /* while CONNECTING */
    uint32_t datagrams_sent;
    uint32_t datagrams_received;
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint32_t refusals;
    doze_net_socket kernel;
    doze_endpoint remote;
    doze_endpoint local;
    char interface_name[DOZE_INTERFACE_NAME_SIZE];
    union {
        char inside[DOZE_HOSTNAME_INLINE];
        struct {
            char *text;
            size_t size;
        } outside;
    } hostname;
} doze_udp;

/* DOZE_ERR_ARGUMENT: no net, or hostname memory without a size. */
doze_result doze_udp_init(doze_udp *udp, const doze_udp_settings *settings);

/* Sends and receives through this network interface only, from the next bind on; "" or NULL: any (default).
 * DOZE_ERR_ARGUMENT: longer than an interface's name can be. A name that does not exist shows at the next bind. */
doze_result doze_udp_set_interface(doze_udp *udp, const char *name);
const char *doze_udp_interface(const doze_udp *udp); /* "" : any */

#ifdef __cplusplus
}
#endif
#endif
