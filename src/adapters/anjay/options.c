/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "internal.h"

static avs_net_socket_state_t state_of(const doze_anjay_udp *s) {
    switch (doze_get_state(s->socket)) {
    case DOZE_STATE_BOUND:
        return AVS_NET_SOCKET_STATE_BOUND;
    case DOZE_STATE_CONNECTED:
        return AVS_NET_SOCKET_STATE_CONNECTED;
    case DOZE_STATE_SHUTDOWN:
        return AVS_NET_SOCKET_STATE_SHUTDOWN;
    default:
        return AVS_NET_SOCKET_STATE_CLOSED;
    }
}

static avs_net_af_t family_of(int64_t family) {
    return family == DOZE_FAMILY_IPV4   ? AVS_NET_AF_INET4
           : family == DOZE_FAMILY_IPV6 ? AVS_NET_AF_INET6
                                        : AVS_NET_AF_UNSPEC;
}

/* What only a connection has is EBADF without one, as of a host's descriptor that is gone. */
static avs_error_t read_option(doze_anjay_udp *s, doze_option option, int64_t *value) {
    doze_result result = doze_get_option(s->socket, option, value);
    bool closed = result == DOZE_ERR_OPTION && doze_get_state(s->socket) != DOZE_STATE_CONNECTED;
    return closed ? avs_errno(AVS_EBADF) : doze_anjay_error(s->socket, result);
}

static avs_error_t get_mtu(doze_anjay_udp *s, doze_option option, int *mtu) {
    int64_t value = 0;
    if (option == DOZE_OPT_PATH_MTU && s->platform.forced_mtu != 0) { /* always, as avs_net promises */
        *mtu = (int)s->platform.forced_mtu;
        return AVS_OK;
    }
    avs_error_t error = read_option(s, option, &value);
    *mtu = value < 0 ? 0 : value > INT_MAX ? INT_MAX : (int)value;
    return error;
}

/* Resumed is what the server still knows us by: the association itself, or the session in an abbreviated handshake. */
static bool session_went_on(doze_anjay_udp *s, bool without_handshake) {
    int64_t continued = 0;
    int64_t resumed = 0;
    doze_get_option(s->socket, DOZE_OPT_CONTEXT_CONTINUED, &continued);
    doze_get_option(s->socket, DOZE_OPT_SESSION_RESUMED, &resumed);
    return continued != 0 || (resumed != 0 && !without_handshake);
}

static avs_error_t get_handshake_timeouts(doze_anjay_udp *s, avs_net_dtls_handshake_timeouts_t *timeouts) {
    const doze_dtls_settings *settings = &doze_anjay_dtls_of(s)->settings;
    timeouts->min = doze_anjay_from_ms(settings->handshake_timer_min);
    timeouts->max = doze_anjay_from_ms(settings->handshake_timer_max);
    return AVS_OK;
}

static avs_error_t get_dtls_opt(doze_anjay_udp *s, avs_net_socket_opt_key_t key, avs_net_socket_opt_value_t *out) {
    if (!doze_anjay_is_dtls(s)) {
        return avs_errno(AVS_EINVAL);
    }
    switch (key) {
    case AVS_NET_SOCKET_OPT_SESSION_RESUMED:
        out->flag = session_went_on(s, false);
        return AVS_OK;
    case AVS_NET_SOCKET_OPT_CONNECTION_ID_RESUMED:
        out->flag = session_went_on(s, true);
        return AVS_OK;
    case AVS_NET_SOCKET_OPT_DTLS_HANDSHAKE_TIMEOUTS:
        return get_handshake_timeouts(s, &out->dtls_handshake_timeouts);
    default:
        return avs_errno(AVS_EINVAL);
    }
}

static avs_error_t get_family(doze_anjay_udp *s, doze_option option, avs_net_af_t *family) {
    int64_t value = DOZE_FAMILY_ANY;
    avs_error_t error = read_option(s, option, &value);
    *family = family_of(value);
    return error;
}

static avs_error_t get_bytes(doze_anjay_udp *s, doze_option option, uint64_t *bytes) {
    int64_t value = 0;
    avs_error_t error = read_option(s, option, &value);
    *bytes = (uint64_t)value;
    return error;
}

static avs_error_t get_recv_timeout(doze_anjay_udp *s, avs_time_duration_t *timeout) {
    int64_t value = -1;
    avs_error_t error = read_option(s, DOZE_OPT_RECV_TIMEOUT, &value);
    *timeout = doze_anjay_from_ms(value);
    return error;
}

static avs_error_t get_pending(doze_anjay_udp *s, bool *pending) {
    int64_t value = 0;
    avs_error_t error = read_option(s, DOZE_OPT_PENDING, &value);
    *pending = value != 0;
    return error;
}

avs_error_t doze_anjay_get_opt(avs_net_socket_t *socket, avs_net_socket_opt_key_t option_key,
                               avs_net_socket_opt_value_t *out_option_value) {
    doze_anjay_udp *s = doze_anjay_of(socket);
    avs_net_socket_opt_value_t *out = out_option_value;
    switch (option_key) {
    case AVS_NET_SOCKET_OPT_RECV_TIMEOUT:
        return get_recv_timeout(s, &out->recv_timeout);
    case AVS_NET_SOCKET_OPT_STATE:
        out->state = state_of(s);
        return AVS_OK;
    case AVS_NET_SOCKET_OPT_MTU:
        return get_mtu(s, DOZE_OPT_PATH_MTU, &out->mtu);
    case AVS_NET_SOCKET_OPT_INNER_MTU:
        return get_mtu(s, DOZE_OPT_PAYLOAD_MTU, &out->mtu);
    case AVS_NET_SOCKET_OPT_ADDR_FAMILY:
        return get_family(s, DOZE_OPT_FAMILY, &out->addr_family);
    case AVS_NET_SOCKET_OPT_PREFERRED_ADDR_FAMILY:
        return get_family(s, DOZE_OPT_PREFERRED_FAMILY, &out->addr_family);
    case AVS_NET_SOCKET_OPT_FORCED_ADDR_FAMILY:
        return get_family(s, DOZE_OPT_FORCED_FAMILY, &out->addr_family);
    case AVS_NET_SOCKET_OPT_BYTES_SENT:
        return get_bytes(s, DOZE_OPT_BYTES_SENT, &out->bytes_sent);
    case AVS_NET_SOCKET_OPT_BYTES_RECEIVED:
        return get_bytes(s, DOZE_OPT_BYTES_RECEIVED, &out->bytes_received);
    case AVS_NET_SOCKET_HAS_BUFFERED_DATA:
        return get_pending(s, &out->flag);
    default:
        return get_dtls_opt(s, option_key, out);
    }
}

static avs_error_t set_family(doze_anjay_udp *s, doze_option option, avs_net_af_t family) {
    bool known = family == AVS_NET_AF_UNSPEC || family == AVS_NET_AF_INET4 || family == AVS_NET_AF_INET6;
    if (!known) {
        return avs_errno(AVS_EINVAL);
    }
    return doze_anjay_error(s->socket, doze_set_option(s->socket, option, doze_anjay_to_family(family)));
}

avs_error_t doze_anjay_set_opt(avs_net_socket_t *socket, avs_net_socket_opt_key_t option_key,
                               avs_net_socket_opt_value_t option_value) {
    doze_anjay_udp *s = doze_anjay_of(socket);
    bool is_dtls = doze_anjay_is_dtls(s);
    int32_t timeout;
    switch (option_key) {
    case AVS_NET_SOCKET_OPT_RECV_TIMEOUT:
        timeout = doze_anjay_to_ms(option_value.recv_timeout);
        return doze_anjay_error(s->socket, doze_set_option(s->socket, DOZE_OPT_RECV_TIMEOUT, timeout));
    case AVS_NET_SOCKET_OPT_PREFERRED_ADDR_FAMILY:
        return set_family(s, DOZE_OPT_PREFERRED_FAMILY, option_value.addr_family);
    case AVS_NET_SOCKET_OPT_FORCED_ADDR_FAMILY:
        return set_family(s, DOZE_OPT_FORCED_FAMILY, option_value.addr_family);
    case AVS_NET_SOCKET_OPT_DTLS_HANDSHAKE_TIMEOUTS:
        return is_dtls ? doze_anjay_set_handshake_timeouts(doze_anjay_dtls_of(s), &option_value.dtls_handshake_timeouts)
                       : avs_errno(AVS_EINVAL);
    case AVS_NET_SOCKET_OPT_DANE_TLSA_ARRAY:
        return is_dtls ? doze_anjay_set_tlsa(doze_anjay_dtls_of(s), &option_value.dane_tlsa_array)
                       : avs_errno(AVS_EINVAL);
    default:
        return avs_errno(AVS_EINVAL);
    }
}
