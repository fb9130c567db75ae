/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

/* RFC 6347 section 4.3.1, RFC 5246 section 6.2.1, RFC 9146 section 4 */
enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, TLS12_CID = 25 };
enum { HEADER_SIZE = 13, EPOCH_AT = 3, LENGTH_AT = 11 };

static unsigned two_bytes(const unsigned char *at) {
    return (unsigned)at[0] << 8 | at[1];
}

/* The size of the record at `data`, 0 when there is none. The header does not tell how long a Connection ID is, so
 * that such a record is taken to fill its datagram, as a client's does. */
static size_t record_size(const unsigned char *data, size_t size) {
    if (size < HEADER_SIZE || data[0] < CHANGE_CIPHER_SPEC || data[0] > TLS12_CID || data[1] != 0xfe) {
        return 0;
    }
    size_t whole = HEADER_SIZE + two_bytes(data + LENGTH_AT);
    return data[0] == TLS12_CID ? size : whole <= size ? whole : 0;
}

void tally_count(tally *t, direction way, const unsigned char *data, size_t size) {
    bool handshake = false;
    t->datagrams[way]++;
    t->bytes[way] += size;
    t->round_trips += way == DOWN && t->asked;
    t->asked = way == UP;
    for (size_t record; (record = record_size(data, size)) > 0; data += record, size -= record) {
        bool protected = two_bytes(data + EPOCH_AT) > 0;
        handshake = handshake || !protected || data[0] <= HANDSHAKE;
        t->alerts_up += way == UP && protected && data[0] == ALERT;
    }
    t->handshake += handshake;
}
