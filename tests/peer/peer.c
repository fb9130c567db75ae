/* SPDX-License-Identifier: Apache-2.0 */
/* Which association a datagram belongs to, and the server as a whole. */
#include "peer.h"

#include <string.h>

#include "peer_internal.h"

bool peer_same_endpoint(const doze_endpoint *x, const doze_endpoint *y) {
    return x->family == y->family && x->port == y->port && x->scope == y->scope &&
           memcmp(x->address, y->address, sizeof(x->address)) == 0;
}

/* ---- finding ---- */

static peer_association *find_by_cid(const peer *p, const unsigned char *cid) {
    for (peer_association *a = p->associations; a != NULL; a = a->next) {
        if (a->alive && a->cid_size > 0 && memcmp(a->cid, cid, a->cid_size) == 0) {
            return a;
        }
    }
    return NULL;
}

static peer_association *find_at(const peer *p, const doze_endpoint *address, bool established) {
    for (peer_association *a = p->associations; a != NULL; a = a->next) {
        if (a->alive && a->established == established && peer_same_endpoint(&a->address, address)) {
            return a;
        }
    }
    return NULL;
}

peer_association *peer_at(const peer *p, const doze_endpoint *address) {
    return find_at(p, address, true);
}

peer_association *peer_newest(const peer *p) {
    for (peer_association *a = p->associations; a != NULL; a = a->next) {
        if (a->alive && a->established) {
            return a;
        }
    }
    return NULL;
}

peer_association *peer_last(const peer *p) {
    return p->associations;
}

size_t peer_count(const peer *p) {
    size_t count = 0;
    for (const peer_association *a = p->associations; a != NULL; a = a->next) {
        count += a->alive && a->established;
    }
    return count;
}

/* ---- records of an association ---- */

/* Whether the association's keys and window accept the record, judged on a copy: Mbed TLS wipes what it is shown. */
static int judge(const peer_association *a, const peer_record *record) {
    unsigned char copy[MBEDTLS_SSL_IN_CONTENT_LEN + 512];
    if (record->size > sizeof(copy)) {
        return MBEDTLS_ERR_SSL_INVALID_RECORD;
    }
    memcpy(copy, record->start, record->size);
    return mbedtls_ssl_check_record(&a->ssl, copy, record->size);
}

/* Looks at the protected records of a datagram and counts those that Mbed TLS will drop. The number of the newest
 * authentic one, or 0. */
static uint64_t examine(peer *p, const peer_association *a, const unsigned char *data, size_t size) {
    uint64_t newest = 0;
    peer_record record;
    while (peer_record_parse(data, size, p->settings.cid_size, &record)) {
        int verdict = peer_record_is_protected(&record) ? judge(a, &record) : MBEDTLS_ERR_SSL_CONTINUE_PROCESSING;
        if (verdict == 0) {
            newest = record.number > newest ? record.number : newest;
        } else if (verdict == MBEDTLS_ERR_SSL_UNEXPECTED_RECORD) {
            p->counters.replayed++;
        } else if (verdict != MBEDTLS_ERR_SSL_CONTINUE_PROCESSING) {
            p->counters.forged++;
        }
        data += record.size;
        size -= record.size;
    }
    return newest;
}

/* RFC 9146 section 6: only a newer authentic record moves the address. */
static void note_arrival(peer *p, peer_association *a, const doze_endpoint *from, uint64_t newest) {
    if (newest == 0) {
        return;
    }
    a->heard = p->settings.clock.now(p->settings.clock.context);
    if (newest <= a->newest_record) {
        return;
    }
    a->newest_record = newest;
    if (a->cid_in_use && a->cid_size > 0 && !peer_same_endpoint(&a->address, from)) {
        a->address = *from;
        p->counters.address_moves++;
        peer_take_over_address(p, a);
    }
}

static void drive(peer *p, peer_association *a, const doze_endpoint *from, const unsigned char *data, size_t size) {
    if (a->established) {
        note_arrival(p, a, from, examine(p, a, data, size));
    }
    p->arrived = data;
    p->arrived_size = size;
    if (!a->established) {
        (void)peer_handshake(p, a);
    }
    if (a->alive && a->established) {
        peer_read(p, a);
    }
    p->arrived = NULL;
}

/* ---- ClientHello ---- */

/* One address has one association; what has a Connection ID lives on without an address. */
void peer_take_over_address(peer *p, peer_association *a) {
    for (peer_association *other = p->associations; other != NULL; other = other->next) {
        if (other == a || !other->alive || !peer_same_endpoint(&other->address, &a->address)) {
            continue;
        }
        if (other->established && other->cid_in_use && other->cid_size > 0) {
            memset(&other->address, 0, sizeof(other->address));
        } else {
            peer_association_end(other, 0);
        }
    }
}

/* Begins a handshake. Without a valid cookie nothing is left of it (RFC 6347 section 4.2.1). */
static void begin(peer *p, const doze_endpoint *from, const unsigned char *random, const unsigned char *data,
                  size_t size) {
    peer_association *before = find_at(p, from, false);
    peer_association *a = peer_association_create(p, from, random);
    if (a == NULL) {
        return;
    }
    p->arrived = data;
    p->arrived_size = size;
    int ret = peer_handshake(p, a);
    p->arrived = NULL;
    if (ret == MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED) {
        peer_association_forget(p, a);
        return;
    }
    a->number = ++p->associations_made;
    if (!a->alive) {
        return;
    }
    if (before != NULL) {
        peer_association_end(before, 0);
    }
    if (!p->settings.no_cookie && p->behaviour.known_address == PEER_REPLACE_AT_COOKIE) {
        peer_take_over_address(p, a);
    }
}

static void receive_hello(peer *p, const doze_endpoint *from, const unsigned char *random, const unsigned char *data,
                          size_t size) {
    peer_association *handshaking = find_at(p, from, false);
    peer_association *established = find_at(p, from, true);
    p->counters.client_hellos++;
    if (handshaking != NULL && memcmp(handshaking->client_random, random, 32) == 0) {
        drive(p, handshaking, from, data, size);
    } else if (established != NULL && memcmp(established->client_random, random, 32) == 0) {
        p->counters.replayed++;
    } else if (p->behaviour.known_address != PEER_IGNORE_HELLO || (handshaking == NULL && established == NULL)) {
        begin(p, from, random, data, size);
    }
}

/* ---- datagrams and time ---- */

/* While a new handshake goes on beside an association of the same address, its keys tell whose record this is. */
static peer_association *find_by_address(const peer *p, const doze_endpoint *from, const peer_record *record) {
    peer_association *handshaking = find_at(p, from, false);
    peer_association *established = find_at(p, from, true);
    if (handshaking == NULL || established == NULL) {
        return handshaking != NULL ? handshaking : established;
    }
    bool is_of_old = peer_record_is_protected(record) && judge(established, record) == 0;
    return is_of_old ? established : handshaking;
}

void peer_receive(peer *p, const doze_endpoint *from, const void *data, size_t size) {
    peer_record record;
    p->counters.datagrams_in++;
    p->counters.bytes_in += size;
    if (p->behaviour.deaf) {
        return;
    }
    const unsigned char *random = peer_client_hello_random(data, size);
    if (random != NULL) {
        receive_hello(p, from, random, data, size);
        return;
    }
    peer_association *a = NULL;
    if (peer_record_parse(data, size, p->settings.cid_size, &record)) {
        a = record.type == PEER_RECORD_CID ? find_by_cid(p, record.cid) : find_by_address(p, from, &record);
    }
    if (a == NULL) {
        p->counters.unmatched++;
        return;
    }
    drive(p, a, from, data, size);
}

void peer_tick(peer *p) {
    for (peer_association *a = p->associations; a != NULL; a = a->next) {
        if (!peer_association_timer_due(a)) {
            continue;
        }
        if (a->established) {
            peer_read(p, a);
        } else {
            (void)peer_handshake(p, a);
        }
    }
}

int32_t peer_next_timeout(const peer *p) {
    int32_t next = -1;
    for (const peer_association *a = p->associations; a != NULL; a = a->next) {
        int32_t left = peer_association_timer_left(a);
        if (left >= 0 && (next < 0 || left < next)) {
            next = left;
        }
    }
    return next;
}

/* ---- the server ---- */

const char *peer_why(const peer *p) {
    return p->why != NULL ? p->why : "";
}

static int set_up(peer *p) {
    int ret = peer_compat_start();
    if (ret == 0) {
        ret = peer_config_init(p);
    }
    if (ret == 0) {
        ret = peer_sessions_init(p);
    }
    return ret == 0 ? peer_cookie_init(p) : ret;
}

bool peer_init(peer *p, const peer_settings *settings) {
    memset(p, 0, sizeof(*p));
    p->settings = *settings;
    p->behaviour = settings->behaviour;
    if (settings->send == NULL || settings->clock.now == NULL || settings->random.fill == NULL) {
        p->last_error = MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
        p->why = "send, clock and random are required";
        return false;
    }
    p->last_error = set_up(p);
    if (p->last_error != 0) {
        peer_deinit(p);
        return false;
    }
    return true;
}

void peer_deinit(peer *p) {
    peer_associations_free(p);
    peer_sessions_free(p);
    peer_config_free(p);
}
