/* SPDX-License-Identifier: Apache-2.0 */
/* From a host's name to the peer: the address used before if the name still has it, else the next that works. */
#include <string.h>

#include "socket/name.h"
#include "udp/internal.h"

/* Answers are tried from the lowest rank to the highest, within a rank in the resolver's order. */
typedef enum rank { RANK_STICKY, RANK_PREFERRED, RANK_OTHER, RANK_FAILED, RANK_UNUSABLE } rank;

static bool is_usable(const doze_udp *udp, uint8_t family) {
    bool fits_bind = !udp->bound_address || family == udp->local.family;
    bool fits_force = udp->forced_family == DOZE_FAMILY_ANY || family == udp->forced_family;
    return fits_bind && fits_force;
}

static rank rank_of(const doze_udp *udp, bool same_name, const doze_endpoint *answer) {
    if (!is_usable(udp, answer->family)) {
        return RANK_UNUSABLE;
    }
    if (same_name && doze_same_address(answer, &udp->remote)) {
        return udp->peer_failed ? RANK_FAILED : RANK_STICKY;
    }
    return answer->family == udp->preferred_family ? RANK_PREFERRED : RANK_OTHER;
}

bool doze_udp_hostname_fits(const doze_udp *udp, const char *host) {
    return strlen(host) < doze_udp_hostname_room(udp);
}

void doze_udp_set_hostname(doze_udp *udp, const char *host) {
    memmove(doze_udp_hostname_memory(udp), host, strlen(host) + 1);
}

static doze_result attach(doze_udp *udp, doze_endpoint *peer, const char *host) {
    peer->port = udp->wanted_port;
    doze_result result = doze_udp_attach(udp, peer);
    if (result == DOZE_OK) {
        doze_udp_set_hostname(udp, host);
        udp->peer_failed = false;
    }
    return result;
}

/* The first failure is the one that is told: it is the best address's. */
static doze_result attach_best_answer(doze_udp *udp) {
    const doze_resolver_ops *resolver = udp->resolver->ops;
    bool same_name = doze_same_name(udp->lookup->host, doze_udp_hostname(udp));
    doze_result told = DOZE_OK;
    for (rank wanted = RANK_STICKY; wanted < RANK_UNUSABLE; wanted++) {
        doze_endpoint answer;
        for (size_t i = 0; resolver->answer(udp->resolver, udp->lookup, i, &answer); i++) {
            if (rank_of(udp, same_name, &answer) != wanted) {
                continue;
            }
            doze_result result = attach(udp, &answer, udp->lookup->host);
            if (result == DOZE_OK) {
                return DOZE_OK;
            }
            told = told == DOZE_OK ? result : told;
        }
    }
    return told == DOZE_OK ? DOZE_ERR_UNREACHABLE : told;
}

void doze_udp_cancel_lookup(doze_udp *udp) {
    if (udp->lookup != NULL) {
        udp->resolver->ops->finish(udp->resolver, udp->lookup);
        udp->lookup = NULL;
    }
}

doze_result doze_udp_continue_lookup(doze_udp *udp) {
    doze_result result = udp->resolver->ops->step(udp->resolver, udp->lookup);
    if (result == DOZE_IN_PROGRESS) {
        return result;
    }
    if (result == DOZE_OK) {
        result = attach_best_answer(udp);
    }
    doze_udp_cancel_lookup(udp);
    return result;
}

static doze_result find_literal(doze_udp *udp, const char *host) {
    doze_endpoint peer = {0};
    if (!udp->net->ops->parse(udp->net, host, &peer)) {
        return DOZE_ERR_HOST;
    }
    if (!is_usable(udp, peer.family)) {
        return DOZE_ERR_UNREACHABLE;
    }
    return attach(udp, &peer, host);
}

doze_result doze_udp_find_peer(doze_udp *udp, const char *host, uint16_t port) {
    if (!doze_udp_hostname_fits(udp, host)) {
        return DOZE_ERR_HOST;
    }
    udp->wanted_port = port;
    if (doze_host_is_address(host)) {
        return find_literal(udp, host);
    }
    if (udp->resolver == NULL) {
        return DOZE_ERR_HOST_UNKNOWN;
    }
    doze_result result = udp->resolver->ops->start(udp->resolver, host, (doze_family)udp->forced_family, &udp->lookup);
    if (result < 0) {
        udp->lookup = NULL;
        return result;
    }
    return doze_udp_continue_lookup(udp);
}
