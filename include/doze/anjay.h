/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter for Anjay: what avs_net has no word for. docs/anjay.md says how it is built into the SDK. */
#ifndef DOZE_ANJAY_H
#define DOZE_ANJAY_H

#include "doze/socket.h"

#ifdef __cplusplus
extern "C" {
#endif

struct avs_net_socket_struct; /* avs_net_socket_t */

/* The socket of doze's behind one of avs_net's, for its options and counters (DOZE_OPT_SLEEP, DOZE_OPT_RUNG and so on),
 * never for its verbs. Valid until the DANE records are set or the socket is cleaned up. NULL: none of ours. */
doze_socket *doze_anjay_socket(struct avs_net_socket_struct *socket);

#ifdef __cplusplus
}
#endif
#endif
