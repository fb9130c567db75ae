/* SPDX-License-Identifier: Apache-2.0 */
/* From doze's words to those of avs_commons. */
#include "internal.h"

#define ALERT_FATAL  2 /* RFC 5246 section 7.2 */
#define MS_A_SECOND  1000
#define NS_A_MS      1000000
#define NS_A_SECOND  1000000000
#define SECONDS_MOST (INT32_MAX / MS_A_SECOND)

static const struct {
    doze_result result;
    avs_errno_t error;
} errors[] = {
    {DOZE_ERR_ARGUMENT, AVS_EINVAL},
    {DOZE_ERR_STATE, AVS_EBADF},
    {DOZE_ERR_OPTION, AVS_EINVAL},
    {DOZE_ERR_UNSUPPORTED, AVS_ENOTSUP},
    {DOZE_ERR_HOST, AVS_EADDRNOTAVAIL},
    {DOZE_ERR_PORT, AVS_EINVAL},
    {DOZE_ERR_ADDRESS, AVS_EINVAL},
    {DOZE_ERR_ALREADY_BOUND, AVS_EISCONN},
    {DOZE_ERR_NO_PEER, AVS_ENOTCONN},
    {DOZE_ERR_TOO_LONG, AVS_EMSGSIZE},
    {DOZE_ERR_HOST_UNKNOWN, AVS_EADDRNOTAVAIL},
    {DOZE_ERR_RESOLVER, AVS_EADDRNOTAVAIL},
    {DOZE_ERR_PORT_TAKEN, AVS_EADDRINUSE},
    {DOZE_ERR_ADDRESS_GONE, AVS_EADDRNOTAVAIL},
    {DOZE_ERR_UNREACHABLE, AVS_ENETUNREACH},
    {DOZE_ERR_REFUSED, AVS_ECONNREFUSED},
    {DOZE_ERR_NO_BUFFERS, AVS_ENOBUFS},
    {DOZE_ERR_BLOCKED, AVS_EPERM},
    {DOZE_ERR_NOT_PERMITTED, AVS_EACCES},
    {DOZE_ERR_NO_DESCRIPTORS, AVS_EMFILE},
    {DOZE_ERR_NO_MEMORY, AVS_ENOMEM},
    {DOZE_ERR_IO, AVS_EIO},
    {DOZE_ERR_TIMEOUT, AVS_ETIMEDOUT},
    {DOZE_ERR_TRUNCATED, AVS_EMSGSIZE},
    {DOZE_ERR_CONFIG, AVS_EINVAL},
    {DOZE_ERR_IDENTITY, AVS_EINVAL},
    {DOZE_ERR_KEY, AVS_EINVAL},
    {DOZE_ERR_KEY_MISMATCH, AVS_EINVAL},
    {DOZE_ERR_CERTIFICATE, AVS_EINVAL},
    {DOZE_ERR_CRL, AVS_EINVAL},
    {DOZE_ERR_SUITE, AVS_ENOTSUP},
    {DOZE_ERR_NAME, AVS_EINVAL},
    {DOZE_ERR_RANDOM, AVS_EIO},
    {DOZE_ERR_CLOSED_BY_PEER, AVS_ECONNRESET},
    {DOZE_ERR_EXHAUSTED, AVS_ECONNRESET},
    {DOZE_ERR_STORE, AVS_EIO},
};

static avs_error_t plain_error(doze_result result) {
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].result == result) {
            return avs_errno(errors[i].error);
        }
    }
    return avs_errno(AVS_EPROTO);
}

avs_error_t doze_anjay_error(doze_socket *socket, doze_result result) {
    int64_t alert = -1;
    if (result == DOZE_OK) {
        return AVS_OK;
    }
    if (result == DOZE_ERR_ALERT && doze_get_option(socket, DOZE_OPT_ALERT, &alert) == DOZE_OK && alert >= 0) {
        return avs_net_ssl_alert(ALERT_FATAL, (uint8_t)alert);
    }
    int cause = doze_cause(socket);
    bool of_tls = result == DOZE_ERR_HANDSHAKE || result == DOZE_ERR_VERIFY;
    return of_tls && cause < 0 ? avs_net_ssl_lib_error((uint16_t)-cause) : plain_error(result);
}

int32_t doze_anjay_to_ms(avs_time_duration_t duration) {
    bool valid = duration.nanoseconds >= 0 && duration.nanoseconds < NS_A_SECOND;
    if (!valid || duration.seconds >= SECONDS_MOST) {
        return -1;
    }
    if (duration.seconds < 0) {
        return 0;
    }
    return (int32_t)(duration.seconds * MS_A_SECOND + (duration.nanoseconds + NS_A_MS - 1) / NS_A_MS);
}

avs_time_duration_t doze_anjay_from_ms(int64_t ms) {
    if (ms < 0) {
        return (avs_time_duration_t){.seconds = 0, .nanoseconds = -1};
    }
    return (avs_time_duration_t){.seconds = ms / MS_A_SECOND, .nanoseconds = (int32_t)(ms % MS_A_SECOND) * NS_A_MS};
}

doze_family doze_anjay_to_family(avs_net_af_t family) {
    return family == AVS_NET_AF_INET4   ? DOZE_FAMILY_IPV4
           : family == AVS_NET_AF_INET6 ? DOZE_FAMILY_IPV6
                                        : DOZE_FAMILY_ANY;
}
