/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in: declares what the adapter and its tests need of a header of that name, and nothing else. */
#ifndef AVS_COMMONS_NET_H
#define AVS_COMMONS_NET_H

#include <avsystem/commons/avs_addrinfo.h>
#include <avsystem/commons/avs_socket.h>

#endif
