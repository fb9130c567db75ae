/* SPDX-License-Identifier: Apache-2.0 */
/* How the files of the UDP layer know each other. Arrows point down: udp.c (verbs) > peer.c > kernel.c. */
#ifndef DOZE_UDP_INTERNAL_H
#define DOZE_UDP_INTERNAL_H

#include "doze/udp.h"

/* `socket` is the first member of a doze_udp. */
static inline doze_udp *doze_udp_of(doze_socket *socket) {
    return (doze_udp *)socket;
}
static inline const doze_udp *doze_udp_of_const(const doze_socket *socket) {
    return (const doze_udp *)socket;
}

/* ---- kernel.c ---- */

static inline bool doze_udp_has_kernel_socket(const doze_udp *udp) {
    return udp->kernel.fd >= 0;
}
void doze_udp_drop_kernel_socket(doze_udp *udp);
void doze_udp_replace_kernel_socket(doze_udp *udp, const doze_net_socket *opened);
/* Opens `kernel` at `request->local`; the rest of the request is filled in here. */
doze_result doze_udp_open(doze_udp *udp, doze_net_socket *kernel, doze_net_request *request);
/* Where to bind for peers of `family`: at the caller's local address if one was chosen. */
void doze_udp_choose_local(const doze_udp *udp, uint8_t family, uint16_t port, doze_endpoint *local);

/* Fixes the peer, over the socket at hand where its family fits, else over a new one, at the same port where one was
 * in use. On an error nothing has changed. */
doze_result doze_udp_attach(doze_udp *udp, const doze_endpoint *peer);

/* ---- peer.c ---- */

/* connect and its continuation: find the host's addresses, take the best one that works. */
/* The name given to connect, which is in the caller's memory or here. */
static inline char *doze_udp_hostname_memory(doze_udp *udp) {
    return udp->hostname_outside ? udp->hostname.outside.text : udp->hostname.inside;
}
static inline const char *doze_udp_hostname(const doze_udp *udp) {
    return udp->hostname_outside ? udp->hostname.outside.text : udp->hostname.inside;
}
static inline size_t doze_udp_hostname_room(const doze_udp *udp) {
    return udp->hostname_outside ? udp->hostname.outside.size : sizeof(udp->hostname.inside);
}
bool doze_udp_hostname_fits(const doze_udp *udp, const char *host);
/* It must fit; it may be the name that is there. */
void doze_udp_set_hostname(doze_udp *udp, const char *host);
doze_result doze_udp_find_peer(doze_udp *udp, const char *host, uint16_t port);
doze_result doze_udp_continue_lookup(doze_udp *udp);
void doze_udp_cancel_lookup(doze_udp *udp);

/* ---- options.c ---- */

doze_result doze_udp_get_option(doze_socket *socket, doze_option option, int64_t *value);
doze_result doze_udp_set_option(doze_socket *socket, doze_option option, int64_t value);

#endif
