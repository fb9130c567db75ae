/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in: declares what the adapter and its tests need of a header of that name, and nothing else. */
#ifndef AVSYSTEM_COAP_CTX_H
#define AVSYSTEM_COAP_CTX_H

#include <avsystem/commons/avs_socket.h>

#define AVS_COAP_ERR_CATEGORY 22627

/* Unnamed, as it has only the one that the adapter needs. */
enum { AVS_COAP_ERR_TIMEOUT = 0x1008 };

#endif
