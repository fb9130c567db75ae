/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: not installed. */
#ifndef DOZE_POSIX_RESOLVER_ARES_H
#define DOZE_POSIX_RESOLVER_ARES_H

#include "doze/platform.h"

/* Asks these servers instead of the host's: "address:port,…". Used from the next lookup
 * on that begins while there is no other. */
doze_result doze_ares_set_servers(doze_resolver *resolver, const char *servers);

#endif
