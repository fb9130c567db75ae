/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an association: made, ended, kept a while to be read, forgotten. */
#include <stdlib.h>
#include <string.h>

#include <mbedtls/platform_util.h>

#include "peer_internal.h"

static uint64_t now(const peer *p) {
    return p->settings.clock.now(p->settings.clock.context);
}

/* ---- timer, for Mbed TLS ---- */

static void set_timer(void *context, uint32_t intermediate, uint32_t final) {
    peer_association *a = context;
    a->timer_started = now(a->owner);
    a->timer_intermediate = intermediate;
    a->timer_final = final;
}

static int get_timer(void *context) {
    const peer_association *a = context;
    if (a->timer_final == 0) {
        return -1;
    }
    uint64_t elapsed = now(a->owner) - a->timer_started;
    if (elapsed >= a->timer_final) {
        return 2;
    }
    return elapsed >= a->timer_intermediate ? 1 : 0;
}

bool peer_association_timer_due(const peer_association *a) {
    return peer_association_timer_left(a) == 0;
}

int32_t peer_association_timer_left(const peer_association *a) {
    if (!a->alive || a->timer_final == 0) {
        return -1;
    }
    uint64_t elapsed = now(a->owner) - a->timer_started;
    return elapsed >= a->timer_final ? 0 : (int32_t)(a->timer_final - elapsed);
}

/* ---- making ---- */

static bool cid_is_taken(const peer *p, const peer_association *except) {
    for (const peer_association *a = p->associations; a != NULL; a = a->next) {
        if (a != except && a->alive && memcmp(a->cid, except->cid, except->cid_size) == 0) {
            return true;
        }
    }
    return false;
}

static int choose_cid(peer *p, peer_association *a) {
    const peer_settings *s = &p->settings;
    if (s->cid == PEER_CID_REFUSE || p->behaviour.refuse_cid) {
        return mbedtls_ssl_set_cid(&a->ssl, MBEDTLS_SSL_CID_DISABLED, a->cid, 0);
    }
    a->cid_size = s->cid_size;
    for (int tries = 0; a->cid_size > 0 && (tries == 0 || cid_is_taken(p, a)); tries++) {
        int ret =
            tries == 1000 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : s->random.fill(s->random.context, a->cid, a->cid_size);
        if (ret != 0) {
            return ret;
        }
    }
    return mbedtls_ssl_set_cid(&a->ssl, MBEDTLS_SSL_CID_ENABLED, a->cid, a->cid_size);
}

static int set_up(peer *p, peer_association *a) {
    int ret = mbedtls_ssl_setup(&a->ssl, &p->config);
    if (ret == 0) {
        ret = choose_cid(p, a);
    }
    if (ret == 0) {
        ret = mbedtls_ssl_set_client_transport_id(&a->ssl, (const unsigned char *)&a->address, sizeof(a->address));
    }
    if (ret == 0) {
        mbedtls_ssl_set_bio(&a->ssl, a, peer_bio_send, peer_bio_recv, NULL);
        mbedtls_ssl_set_timer_cb(&a->ssl, a, set_timer, get_timer);
        mbedtls_ssl_set_mtu(&a->ssl, p->settings.mtu == PEER_MTU_NONE ? 0 : p->settings.mtu);
        peer_sessions_watch(a);
    }
    return ret;
}

/* The address alone, without whatever is between a structure's members. */
static void copy_address(doze_endpoint *to, const doze_endpoint *from) {
    memset(to, 0, sizeof(*to));
    memcpy(to->address, from->address, sizeof(to->address));
    to->scope = from->scope;
    to->port = from->port;
    to->family = from->family;
}

/* Ended ones give way first, then the one that was silent for longest. */
static void make_room(peer *p) {
    peer_association *ended = NULL;
    peer_association *silent = NULL;
    size_t ended_count = 0;
    size_t alive_count = 0;
    for (peer_association *a = p->associations; a != NULL; a = a->next) {
        if (!a->alive) {
            ended = a;
            ended_count++;
        } else {
            alive_count++;
            silent = silent == NULL || a->heard <= silent->heard ? a : silent;
        }
    }
    if (ended != NULL && ended_count >= p->settings.associations_max) {
        peer_association_forget(p, ended);
    }
    if (silent != NULL && alive_count >= p->settings.associations_max) {
        p->counters.evicted++;
        peer_association_end(silent, 0);
    }
}

peer_association *peer_association_create(peer *p, const doze_endpoint *address, const unsigned char random[32]) {
    make_room(p);
    peer_association *a = calloc(1, sizeof(*a));
    if (a == NULL) {
        return NULL;
    }
    a->owner = p;
    a->alive = true;
    a->alert_received = -1;
    a->heard = now(p);
    copy_address(&a->address, address);
    memcpy(a->client_random, random, sizeof(a->client_random));
    mbedtls_ssl_init(&a->ssl);
    a->next = p->associations;
    p->associations = a;
    p->last_error = set_up(p, a);
    if (p->last_error != 0) {
        peer_association_forget(p, a);
        return NULL;
    }
    return a;
}

/* ---- ending ---- */

void peer_association_end(peer_association *a, int error) {
    if (a->alive) {
        a->alive = false;
        a->error = error;
        a->timer_final = 0;
        mbedtls_ssl_free(&a->ssl);
        mbedtls_platform_zeroize(a->offered_master, sizeof(a->offered_master));
    }
}

void peer_association_forget(peer *p, peer_association *a) {
    for (peer_association **link = &p->associations; *link != NULL; link = &(*link)->next) {
        if (*link == a) {
            *link = a->next;
            break;
        }
    }
    peer_association_end(a, 0);
    free(a);
}

void peer_associations_free(peer *p) {
    while (p->associations != NULL) {
        peer_association_forget(p, p->associations);
    }
}
