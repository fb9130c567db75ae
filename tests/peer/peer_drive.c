/* SPDX-License-Identifier: Apache-2.0 */
/* Mbed TLS driven until it has used up the datagram at hand. It says WANT_READ after each flight that it repeats and
 * before it has looked at a datagram when a timer is due, so that a single call is not enough. */
#include <string.h>

#include "peer_internal.h"

enum { CALLS_MAX = 256 }; /* no datagram has so many records that matter; nothing here may spin */

static bool wants_more(int ret) {
    return ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE;
}

static bool has_more(const peer *p, const peer_association *a) {
    return p->arrived != NULL || mbedtls_ssl_check_pending(&a->ssl) != 0 || peer_association_timer_due(a);
}

static void end(peer *p, peer_association *a, int error) {
    p->last_error = error;
    if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        a->alert_received = peer_compat_alert(&a->ssl);
    }
    if (error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
        a->close_notify_received = true;
        p->counters.close_notifies++;
        if (!p->behaviour.keep_silent_on_close) {
            (void)mbedtls_ssl_close_notify(&a->ssl);
        }
    }
    peer_association_end(a, error);
}

/* ---- handshake ---- */

static void establish(peer *p, peer_association *a) {
    unsigned char cid[MBEDTLS_SSL_CID_OUT_LEN_MAX];
    size_t cid_size;
    int enabled = MBEDTLS_SSL_CID_DISABLED;
    (void)mbedtls_ssl_get_peer_cid(&a->ssl, &enabled, cid, &cid_size);
    a->cid_in_use = enabled == MBEDTLS_SSL_CID_ENABLED;
    a->established = true;
    a->newest_record = (uint64_t)1 << 48;
    if (a->resumed) {
        p->counters.handshakes_resumed++;
    } else {
        p->counters.handshakes_full++;
    }
    peer_take_over_address(p, a);
}

int peer_handshake(peer *p, peer_association *a) {
    int ret;
    int calls = 0;
    p->current = a;
    a->losing_flight = false;
    do {
        ret = mbedtls_ssl_handshake(&a->ssl);
    } while (wants_more(ret) && has_more(p, a) && ++calls < CALLS_MAX);
    p->current = NULL;
    a->losing_flight = false;
    if (wants_more(ret)) {
        return 0;
    }
    if (ret == 0) {
        establish(p, a);
    } else if (ret != MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED) {
        p->counters.handshakes_failed++;
        end(p, a, ret);
    }
    return ret;
}

/* ---- messages ---- */

static void answer(peer *p, peer_association *a, const unsigned char *data, size_t size) {
    switch (p->behaviour.answer) {
    case PEER_EAT:
        break;
    case PEER_ECHO:
        (void)peer_say(p, a, data, size);
        break;
    case PEER_ECHO_TWICE:
        (void)peer_say(p, a, data, size);
        (void)peer_say(p, a, data, size);
        break;
    case PEER_ECHO_TWICE_AT_ONCE:
        (void)peer_say_two_at_once(p, a, data, size);
        break;
    case PEER_ECHO_AND_CLOSE:
        (void)peer_say_and_close(p, a, data, size);
        break;
    }
}

static void deliver(peer *p, peer_association *a, const unsigned char *data, size_t size) {
    a->messages_received++;
    p->counters.messages_received++;
    if (p->settings.on_message != NULL) {
        p->settings.on_message(p->settings.message_context, p, a, data, size);
    } else {
        answer(p, a, data, size);
    }
}

void peer_read(peer *p, peer_association *a) {
    unsigned char message[MBEDTLS_SSL_IN_CONTENT_LEN];
    a->losing_flight = false;
    for (int calls = 0; a->alive && calls < CALLS_MAX; calls++) {
        int ret = mbedtls_ssl_read(&a->ssl, message, sizeof(message));
        if (ret > 0) {
            deliver(p, a, message, (size_t)ret);
        } else if (ret != 0 && !wants_more(ret)) {
            end(p, a, ret);
        } else if (!has_more(p, a)) {
            break;
        }
    }
    a->losing_flight = false;
}
