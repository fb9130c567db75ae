/* SPDX-License-Identifier: Apache-2.0 */
#include "peer_internal.h"

enum {
    TYPE_AT = 0,
    VERSION_AT = 1,
    NUMBER_AT = 3,
    CID_AT = 11,
    HEADER_SIZE = 13, /* without a Connection ID */
    MESSAGE_TYPE_AT = 13,
    CLIENT_RANDOM_AT = 27, /* after the message's header and the client's version */
    CLIENT_HELLO = 1,
};

static uint64_t number_at(const unsigned char *data) {
    uint64_t number = 0;
    for (size_t i = 0; i < 8; i++) {
        number = number << 8 | data[i];
    }
    return number;
}

bool peer_record_parse(const unsigned char *data, size_t size, size_t cid_size, peer_record *record) {
    if (size < HEADER_SIZE || data[VERSION_AT] != 0xfe) {
        return false;
    }
    size_t cid_here = data[TYPE_AT] == PEER_RECORD_CID ? cid_size : 0;
    size_t header_size = HEADER_SIZE + cid_here;
    if (size < header_size) {
        return false;
    }
    size_t content_size = (size_t)data[header_size - 2] << 8 | data[header_size - 1];
    if (size - header_size < content_size) {
        return false;
    }
    record->type = data[TYPE_AT];
    record->number = number_at(data + NUMBER_AT);
    record->cid = data + CID_AT;
    record->start = data;
    record->size = header_size + content_size;
    return true;
}

bool peer_record_is_protected(const peer_record *record) {
    return record->number >> 48 != 0;
}

const unsigned char *peer_client_hello_random(const unsigned char *data, size_t size) {
    peer_record record;
    if (!peer_record_parse(data, size, 0, &record) || peer_record_is_protected(&record)) {
        return NULL;
    }
    if (record.type != PEER_RECORD_HANDSHAKE || record.size < CLIENT_RANDOM_AT + 32 ||
        data[MESSAGE_TYPE_AT] != CLIENT_HELLO) {
        return NULL;
    }
    return data + CLIENT_RANDOM_AT;
}
