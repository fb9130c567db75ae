/* SPDX-License-Identifier: Apache-2.0 */
/* Session cache and tickets. Whether a handshake was abbreviated shows in its master secret: it is that of the session
 * which the client offered. */
#include <string.h>

#include <mbedtls/platform_util.h>

#include "peer_internal.h"

enum { TICKET_LIFETIME = 86400 };

static void note_offer(peer *p, const mbedtls_ssl_session *session) {
    if (p->current != NULL) {
        memcpy(p->current->offered_master, peer_compat_session_master(session), sizeof(p->current->offered_master));
        p->current->offers_known_session = true;
    }
}

static int cache_get(void *context, const unsigned char *id, size_t id_size, mbedtls_ssl_session *session) {
    peer *p = context;
    int ret = mbedtls_ssl_cache_get(&p->cache, id, id_size, session);
    if (ret == 0) {
        note_offer(p, session);
    }
    return ret;
}

static int cache_set(void *context, const unsigned char *id, size_t id_size, const mbedtls_ssl_session *session) {
    peer *p = context;
    return mbedtls_ssl_cache_set(&p->cache, id, id_size, session);
}

static int ticket_write(void *context, const mbedtls_ssl_session *session, unsigned char *start,
                        const unsigned char *end, size_t *size, uint32_t *lifetime) {
    peer *p = context;
    return mbedtls_ssl_ticket_write(&p->tickets, session, start, end, size, lifetime);
}

static int ticket_parse(void *context, mbedtls_ssl_session *session, unsigned char *ticket, size_t size) {
    peer *p = context;
    int ret = mbedtls_ssl_ticket_parse(&p->tickets, session, ticket, size);
    if (ret == 0) {
        note_offer(p, session);
    }
    return ret;
}

static void note_master(void *context, mbedtls_ssl_key_export_type type, const unsigned char *secret, size_t size,
                        const unsigned char client_random[32], const unsigned char server_random[32],
                        mbedtls_tls_prf_types prf) {
    peer_association *a = context;
    (void)type;
    (void)client_random;
    (void)server_random;
    (void)prf;
    a->resumed = a->offers_known_session && size == sizeof(a->offered_master) &&
                 memcmp(secret, a->offered_master, sizeof(a->offered_master)) == 0;
    mbedtls_platform_zeroize(a->offered_master, sizeof(a->offered_master));
}

void peer_sessions_watch(peer_association *a) {
    mbedtls_ssl_set_export_keys_cb(&a->ssl, note_master, a);
}

int peer_sessions_init(peer *p) {
    mbedtls_ssl_cache_init(&p->cache);
    mbedtls_ssl_ticket_init(&p->tickets);
    if ((p->settings.sessions & PEER_SESSION_CACHE) != 0) {
        mbedtls_ssl_cache_set_max_entries(&p->cache, (int)p->settings.associations_max);
        mbedtls_ssl_conf_session_cache(&p->config, p, cache_get, cache_set);
    }
    if ((p->settings.sessions & PEER_SESSION_TICKETS) == 0) {
        return 0;
    }
    mbedtls_ssl_conf_session_tickets_cb(&p->config, ticket_write, ticket_parse, p);
    return peer_compat_set_up_tickets(p, TICKET_LIFETIME);
}

void peer_sessions_free(peer *p) {
    mbedtls_ssl_cache_free(&p->cache);
    mbedtls_ssl_ticket_free(&p->tickets);
}
