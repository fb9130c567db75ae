/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOZE_POSIX_SOCKADDR_H
#define DOZE_POSIX_SOCKADDR_H

#include <sys/socket.h>

#include "doze/platform.h"

/* The size of what was written; 0: the endpoint has no family. */
socklen_t doze_to_sockaddr(const doze_endpoint *endpoint, struct sockaddr_storage *out);

/* False, with `out` untouched, when it is neither IPv4 nor IPv6. */
bool doze_from_sockaddr(const struct sockaddr *address, doze_endpoint *out);

#endif
