/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE 1
#include <string.h>

#include <netinet/in.h>

#include "posix/sockaddr.h"

/* Copied, not cast: a resolver's or a kernel's bytes need not be aligned for the structure. */
socklen_t doze_to_sockaddr(const doze_endpoint *endpoint, struct sockaddr_storage *out) {
    memset(out, 0, sizeof(*out));
    if (endpoint->family == DOZE_FAMILY_IPV4) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(endpoint->port)};
        memcpy(&v4.sin_addr, endpoint->address, sizeof(v4.sin_addr));
        memcpy(out, &v4, sizeof(v4));
        return sizeof(v4);
    }
    if (endpoint->family == DOZE_FAMILY_IPV6) {
        struct sockaddr_in6 v6 = {
            .sin6_family = AF_INET6, .sin6_port = htons(endpoint->port), .sin6_scope_id = endpoint->scope};
        memcpy(&v6.sin6_addr, endpoint->address, sizeof(v6.sin6_addr));
        memcpy(out, &v6, sizeof(v6));
        return sizeof(v6);
    }
    return 0;
}

bool doze_from_sockaddr(const struct sockaddr *address, doze_endpoint *out) {
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        *out = (doze_endpoint){.family = DOZE_FAMILY_IPV4, .port = ntohs(v4.sin_port)};
        memcpy(out->address, &v4.sin_addr, sizeof(v4.sin_addr));
        return true;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        *out = (doze_endpoint){.family = DOZE_FAMILY_IPV6, .port = ntohs(v6.sin6_port), .scope = v6.sin6_scope_id};
        memcpy(out->address, &v6.sin6_addr, sizeof(v6.sin6_addr));
        return true;
    }
    return false;
}
