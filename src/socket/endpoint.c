/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and ports, without asking any platform. */
#include <stddef.h>
#include <string.h>

#include "doze/socket.h"

/* Address and scope, port, family: there is no padding between them. */
bool doze_same_address(const doze_endpoint *a, const doze_endpoint *b) {
    return a->family == b->family && memcmp(a, b, offsetof(doze_endpoint, port)) == 0;
}

bool doze_endpoint_equal(const doze_endpoint *a, const doze_endpoint *b) {
    return memcmp(a, b, offsetof(doze_endpoint, family) + sizeof(a->family)) == 0;
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
    char before = '.';
    for (const char *at = host; at != NULL && *at != '\0'; at++) {
        if (*at == ':') {
            return true;
        }
        digits = *at >= '0' && *at <= '9' && (digits || before == '.');
        before = *at;
    }
    return digits;
}
