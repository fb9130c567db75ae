/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOZE_RESULT_H
#define DOZE_RESULT_H

#ifdef __cplusplus
extern "C" {
#endif

/* What every verb returns. Zero and above is no error: DOZE_OK says done, the others say "not yet".
 * Below zero nothing was done, unless the verb's own text says otherwise; doze_cause() then tells the
 * errno or Mbed TLS code behind it. */
typedef enum doze_result {
    DOZE_OK = 0,
    DOZE_IN_PROGRESS = 1, /* begun; call doze_step() when fd is readable or doze_next_timeout() is over */
    DOZE_WOULD_BLOCK = 2, /* nothing to read, or no room to send: wait for fd, then repeat the call */
    DOZE_NEW_CONTEXT = 3, /* nothing was sent: the association is a new one, which the server knows nothing about yet.
                             Register anew; the next send goes out */

    /* What the caller got wrong. The state is as it was, nothing was sent. */
    DOZE_ERR_ARGUMENT = -1,
    DOZE_ERR_STATE = -2,
    DOZE_ERR_OPTION = -3,
    DOZE_ERR_UNSUPPORTED = -4,
    DOZE_ERR_HOST = -5,
    DOZE_ERR_PORT = -6,
    DOZE_ERR_ADDRESS = -7,
    DOZE_ERR_ALREADY_BOUND = -8,
    DOZE_ERR_NO_LAST_PORT = -9,
    DOZE_ERR_NO_PEER = -10,
    DOZE_ERR_TOO_LONG = -11,

    /* What the name service said. */
    DOZE_ERR_HOST_UNKNOWN = -20,
    DOZE_ERR_RESOLVER = -21,

    /* What the host or the network said. The socket lives; docs/errors.md has the errno behind each. */
    DOZE_ERR_PORT_TAKEN = -30,
    DOZE_ERR_ADDRESS_GONE = -31,
    DOZE_ERR_UNREACHABLE = -32,
    DOZE_ERR_REFUSED = -33,
    DOZE_ERR_NO_BUFFERS = -34,
    DOZE_ERR_BLOCKED = -35,
    DOZE_ERR_NOT_PERMITTED = -36,
    DOZE_ERR_NO_DESCRIPTORS = -37,
    DOZE_ERR_NO_MEMORY = -38,
    DOZE_ERR_IO = -39,
    DOZE_ERR_TIMEOUT = -40,
    DOZE_ERR_TRUNCATED = -41,

    /* What a DTLS configuration got wrong. */
    DOZE_ERR_CONFIG = -50,
    DOZE_ERR_IDENTITY = -51,
    DOZE_ERR_KEY = -52,
    DOZE_ERR_KEY_MISMATCH = -53,
    DOZE_ERR_CERTIFICATE = -54,
    DOZE_ERR_CRL = -55,
    DOZE_ERR_SUITE = -56,
    DOZE_ERR_NAME = -57,

    /* How a DTLS association failed or ended. */
    DOZE_ERR_RANDOM = -70,
    DOZE_ERR_HANDSHAKE = -71,
    DOZE_ERR_VERIFY = -72,
    DOZE_ERR_ALERT = -73,
    DOZE_ERR_CLOSED_BY_PEER = -74,
    DOZE_ERR_EXHAUSTED = -75,

    /* What the store said, or could not say (doze/store.h). */
    DOZE_ERR_STORE = -80,
} doze_result;

/* What happened and what to do about it, in one English sentence. Never NULL. */
const char *doze_strerror(doze_result result);

#ifdef __cplusplus
}
#endif
#endif
