/* SPDX-License-Identifier: Apache-2.0 */
/* The classic format: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html, in the host's byte order. */
#include "pcap.h"

#include <string.h>

enum {
    LINKTYPE_RAW = 101, /* packets begin with their IP header */
    IP_HEADER = 20,
    UDP_HEADER = 8,
    PROTOCOL_UDP = 17,
    TTL = 64,
    PACKET_MAX = 65535,
};

typedef struct file_header {
    uint32_t magic;
    uint16_t version_major;
    uint16_t version_minor;
    uint32_t reserved[2];
    uint32_t packet_max;
    uint32_t link_type;
} file_header;

typedef struct packet_header {
    uint32_t seconds;
    uint32_t microseconds;
    uint32_t stored;
    uint32_t original;
} packet_header;

bool pcap_begin(FILE *file) {
    const file_header header = {
        .magic = 0xa1b2c3d4,
        .version_major = 2,
        .version_minor = 4,
        .packet_max = PACKET_MAX,
        .link_type = LINKTYPE_RAW,
    };
    return fwrite(&header, sizeof(header), 1, file) == 1;
}

static void put16(uint8_t *at, size_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* RFC 1071 */
static uint16_t checksum(const uint8_t *bytes, size_t size) {
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i += 2) {
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

/* A UDP checksum of 0 says that there is none (RFC 768). */
static void put_headers(uint8_t *packet, const doze_endpoint *from, const doze_endpoint *to, size_t size) {
    uint8_t *udp = packet + IP_HEADER;
    memset(packet, 0, IP_HEADER + UDP_HEADER);
    packet[0] = 4 << 4 | IP_HEADER / 4;
    put16(packet + 2, IP_HEADER + UDP_HEADER + size);
    packet[8] = TTL;
    packet[9] = PROTOCOL_UDP;
    memcpy(packet + 12, from->address, 4);
    memcpy(packet + 16, to->address, 4);
    put16(packet + 10, checksum(packet, IP_HEADER));
    put16(udp, from->port);
    put16(udp + 2, to->port);
    put16(udp + 4, UDP_HEADER + size);
}

bool pcap_add(FILE *file, uint64_t time_ms, const doze_endpoint *from, const doze_endpoint *to, const void *data,
              size_t size) {
    uint8_t headers[IP_HEADER + UDP_HEADER];
    if (from->family != DOZE_FAMILY_IPV4 || to->family != DOZE_FAMILY_IPV4 || size > PACKET_MAX - sizeof(headers)) {
        return false;
    }
    put_headers(headers, from, to, size);
    const packet_header header = {
        .seconds = (uint32_t)(time_ms / 1000),
        .microseconds = (uint32_t)(time_ms % 1000 * 1000),
        .stored = (uint32_t)(sizeof(headers) + size),
        .original = (uint32_t)(sizeof(headers) + size),
    };
    return fwrite(&header, sizeof(header), 1, file) == 1 && fwrite(headers, sizeof(headers), 1, file) == 1 &&
           fwrite(data, 1, size, file) == size;
}
