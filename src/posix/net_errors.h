/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOZE_POSIX_NET_ERRORS_H
#define DOZE_POSIX_NET_ERRORS_H

#include "doze/result.h"

/* What was being done when an errno came: the same number can mean different things. */
typedef enum doze_net_call {
    DOZE_NET_SETTING,   /* making a socket, setting an option, binding */
    DOZE_NET_SENDING,   /* connecting, sending */
    DOZE_NET_RECEIVING, /* receiving */
} doze_net_call;

/* The one place that knows errno values. docs/errors.md is its description. */
doze_result doze_net_result(doze_net_call call, int error);

#endif
