/* SPDX-License-Identifier: Apache-2.0 */
/* Between Mbed TLS and the network: what leaves, what gets lost to order, what arrived. */
#include <stdlib.h>
#include <string.h>

#include "peer_internal.h"

enum { DATAGRAM_MAX = 65535 };

static void emit(peer *p, const doze_endpoint *to, const unsigned char *data, size_t size) {
    p->counters.datagrams_out++;
    p->counters.bytes_out += size;
    p->settings.send(p->settings.send_context, to, data, size);
}

static bool has_change_cipher_spec(const unsigned char *data, size_t size) {
    peer_record record;
    while (peer_record_parse(data, size, 0, &record) && !peer_record_is_protected(&record)) {
        if (record.type == PEER_RECORD_CCS) {
            return true;
        }
        data += record.size;
        size -= record.size;
    }
    return false;
}

/* A flight may take several datagrams: once one is lost to order, so are those that follow in the same step. */
static bool is_lost(peer *p, peer_association *a, const unsigned char *data, size_t size) {
    if (p->behaviour.drop_final_flights > 0 && has_change_cipher_spec(data, size)) {
        p->behaviour.drop_final_flights--;
        a->losing_flight = true;
    }
    bool hidden = p->behaviour.hide_handshake_alerts && !a->established && data[0] == PEER_RECORD_ALERT;
    return a->losing_flight || hidden || p->behaviour.deaf || a->address.family == DOZE_FAMILY_ANY;
}

int peer_bio_send(void *context, const unsigned char *data, size_t size) {
    peer_association *a = context;
    peer *p = a->owner;
    if (is_lost(p, a, data, size)) {
        return (int)size;
    }
    if (p->joined == NULL) {
        emit(p, &a->address, data, size);
    } else if (size <= DATAGRAM_MAX - p->joined_size) {
        memcpy(p->joined + p->joined_size, data, size);
        p->joined_size += size;
    }
    return (int)size;
}

int peer_bio_recv(void *context, unsigned char *buffer, size_t capacity) {
    const peer_association *a = context;
    peer *p = a->owner;
    const unsigned char *data = p->arrived;
    p->arrived = NULL;
    if (data == NULL || p->arrived_size > capacity) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    memcpy(buffer, data, p->arrived_size);
    return (int)p->arrived_size;
}

bool peer_join(peer *p) {
    p->joined = malloc(DATAGRAM_MAX);
    p->joined_size = 0;
    return p->joined != NULL;
}

void peer_unjoin(peer *p, const doze_endpoint *to) {
    if (p->joined_size > 0) {
        emit(p, to, p->joined, p->joined_size);
    }
    free(p->joined);
    p->joined = NULL;
    p->joined_size = 0;
}
