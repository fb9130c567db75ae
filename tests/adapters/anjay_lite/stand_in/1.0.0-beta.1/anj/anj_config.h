/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration of Anjay Lite 1.0.0-beta.1 with UDP and DTLS. */
#ifndef ANJ_CONFIG_H
#define ANJ_CONFIG_H

#define ANJ_NET_WITH_UDP
#define ANJ_WITH_DTLS_BINDING
#define ANJ_WITH_SECURE_BINDINGS

#endif
