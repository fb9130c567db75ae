/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for resolver_ares.c in a build without c-ares. */
#include <stddef.h>

#include "doze/posix.h"
#include "posix/resolver_ares.h"

doze_resolver *doze_ares_create(void) {
    return NULL;
}

void doze_ares_destroy(doze_resolver *resolver) {
    (void)resolver;
}

doze_result doze_ares_set_servers(doze_resolver *resolver, const char *servers) {
    (void)resolver;
    (void)servers;
    return DOZE_ERR_UNSUPPORTED;
}
