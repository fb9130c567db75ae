/* SPDX-License-Identifier: Apache-2.0 */
/* What a test orders a server to do of its own accord. */
#include "peer_internal.h"

static bool can_speak(const peer_association *a) {
    return a != NULL && a->alive && a->established;
}

int peer_say(peer *p, peer_association *a, const void *data, size_t size) {
    if (!can_speak(a)) {
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    }
    int ret = mbedtls_ssl_write(&a->ssl, data, size);
    if (ret < 0) {
        p->last_error = ret;
        return ret;
    }
    a->messages_sent++;
    p->counters.messages_sent++;
    return 0;
}

int peer_say_two_at_once(peer *p, peer_association *a, const void *data, size_t size) {
    if (!can_speak(a) || !peer_join(p)) {
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    }
    int ret = peer_say(p, a, data, size);
    if (ret == 0) {
        ret = peer_say(p, a, data, size);
    }
    peer_unjoin(p, &a->address);
    return ret;
}

int peer_say_and_close(peer *p, peer_association *a, const void *data, size_t size) {
    if (!can_speak(a) || !peer_join(p)) {
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    }
    int ret = peer_say(p, a, data, size);
    if (ret == 0) {
        ret = peer_close(p, a);
    }
    peer_unjoin(p, &a->address);
    return ret;
}

int peer_close(peer *p, peer_association *a) {
    (void)p;
    if (!can_speak(a)) {
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    }
    int ret = mbedtls_ssl_close_notify(&a->ssl);
    peer_association_end(a, 0);
    return ret;
}

int peer_alert(peer *p, peer_association *a, int description) {
    (void)p;
    if (!can_speak(a)) {
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    }
    int ret = mbedtls_ssl_send_alert_message(&a->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, (unsigned char)description);
    peer_association_end(a, 0);
    return ret;
}

int peer_hello_request(peer *p, peer_association *a, unsigned count) {
    if (!can_speak(a) || !p->settings.allow_renegotiation) {
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    }
    int ret = 0;
    for (unsigned i = 0; ret == 0 && i < count; i++) {
        ret = peer_compat_hello_request(&a->ssl);
    }
    return ret;
}

void peer_evict(peer *p, peer_association *a) {
    (void)p;
    if (a != NULL) {
        peer_association_end(a, 0);
    }
}

bool peer_restart(peer *p, bool keep_sessions) {
    for (peer_association *a = p->associations; a != NULL; a = a->next) {
        peer_association_end(a, 0);
    }
    p->last_error = peer_cookie_init(p);
    if (p->last_error == 0 && !keep_sessions) {
        peer_sessions_free(p);
        p->last_error = peer_sessions_init(p);
    }
    return p->last_error == 0;
}

bool peer_restart_with_cid(peer *p, uint8_t cid_size) {
    bool possible = p->settings.cid == PEER_CID_BYTES && cid_size > 0 &&
                    mbedtls_ssl_conf_cid(&p->config, cid_size, MBEDTLS_SSL_UNEXPECTED_CID_IGNORE) == 0;
    if (possible) {
        p->settings.cid_size = cid_size;
    }
    return possible && peer_restart(p, true);
}
