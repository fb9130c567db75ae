/* SPDX-License-Identifier: Apache-2.0 */
/* What the adapter for Anjay Lite has beyond Anjay Lite's own interface. See docs/anjay_lite.md. */
#ifndef DOZE_ANJAY_LITE_H
#define DOZE_ANJAY_LITE_H

#include "doze/dtls.h"

#ifdef __cplusplus
extern "C" {
#endif

struct anj_net_ctx_struct; /* Anjay Lite's anj_net_ctx_t */

/* Errors are doze_result values, except this one: nothing was sent, as the DTLS association is a new one. Anjay Lite
 * takes it as any other error: it closes the connection, connects again, which costs no handshake, and registers. */
#define DOZE_ANJAY_LITE_NEW_CONTEXT (-103)

/* The socket below a context: for doze_fd(), doze_next_timeout(), doze_get_option() and the like. Its verbs are Anjay
 * Lite's to call. Valid until the context is cleaned up. */
doze_socket *doze_anjay_lite_socket(struct anj_net_ctx_struct *context);

/* The DTLS socket below a context: for doze_dtls_get_report() and doze_dtls_set_freezer(). NULL: a UDP context. */
doze_dtls *doze_anjay_lite_dtls(struct anj_net_ctx_struct *context);

#ifdef __cplusplus
}
#endif
#endif
