/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and ports, without asking any platform. */
#include <string.h>

#include "doze/socket.h"

bool doze_same_address(const doze_endpoint *a, const doze_endpoint *b) {
    return a->family == b->family && a->scope == b->scope && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

bool doze_endpoint_equal(const doze_endpoint *a, const doze_endpoint *b) {
    return a->port == b->port && doze_same_address(a, b);
}

doze_result doze_parse_port(const char *text, uint16_t *port) {
    if (text == NULL || port == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    uint32_t number = 0;
    size_t digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 6; digits++) {
        number = number * 10 + (uint32_t)(text[digits] - '0');
    }
    if (digits == 0 || text[digits] != '\0' || number == 0 || number > UINT16_MAX) {
        return DOZE_ERR_PORT;
    }
    *port = (uint16_t)number;
    return DOZE_OK;
}

/* A colon is in no name; and no top-level domain is all digits, so a last label of digits means IPv4. */
bool doze_host_is_address(const char *host) {
    bool digits = false;
    for (const char *at = host; at != NULL && *at != '\0'; at++) {
        if (*at == ':') {
            return true;
        }
        bool begins = at == host || at[-1] == '.';
        bool digit = *at >= '0' && *at <= '9';
        digits = digit && (begins || digits);
    }
    return digits;
}
