/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration of Anjay Lite 3.0.0 with a pre-shared key alone. */
#ifndef ANJ_CONFIG_H
#define ANJ_CONFIG_H

#define ANJ_NET_WITH_UDP
#define ANJ_NET_WITH_DTLS
#define ANJ_WITH_SECURITY

#endif
