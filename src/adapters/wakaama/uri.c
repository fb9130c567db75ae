/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

#define PORT_COAP      5683 /* RFC 7252 sections 6.1 and 6.2 */
#define PORT_COAPS     5684
#define PORT_TEXT_SIZE 6

typedef struct part {
    const char *text;
    size_t size;
} part;

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool skip_scheme(part *rest, const char *scheme) {
    size_t size = strlen(scheme);
    if (rest->size < size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (lower(rest->text[i]) != scheme[i]) {
            return false;
        }
    }
    rest->text += size;
    rest->size -= size;
    return true;
}

/* How much there is before the first of these characters. */
static size_t until(part rest, const char *ends) {
    size_t i = 0;
    while (i < rest.size && (rest.text[i] == '\0' || strchr(ends, rest.text[i]) == NULL)) {
        i++;
    }
    return i;
}

static doze_result take_port(part rest, doze_wakaama_uri *out) {
    char text[PORT_TEXT_SIZE] = {0};
    if (rest.size == 0 || (rest.size == 1 && rest.text[0] == ':')) {
        return DOZE_OK; /* the scheme's own */
    }
    if (rest.text[0] != ':' || rest.size - 1 >= sizeof(text)) {
        return DOZE_ERR_PORT;
    }
    memcpy(text, rest.text + 1, rest.size - 1);
    return doze_parse_port(text, &out->port);
}

static doze_result take_authority(part rest, doze_wakaama_uri *out) {
    bool literal = rest.size > 0 && rest.text[0] == '[';
    part host = {rest.text + literal, rest.size - literal};
    host.size = until(host, literal ? "]" : ":");
    size_t behind = host.size + 2 * (size_t)literal; /* both brackets */
    if (host.size == 0 || host.size >= sizeof(out->host) || behind > rest.size ||
        memchr(host.text, '@', host.size) != NULL || memchr(host.text, '\0', host.size) != NULL) {
        return DOZE_ERR_HOST;
    }
    memcpy(out->host, host.text, host.size);
    return take_port((part){rest.text + behind, rest.size - behind}, out);
}

doze_result doze_wakaama_parse_uri(const char *text, size_t size, doze_wakaama_uri *out) {
    part rest = {text, size};
    memset(out, 0, sizeof(*out));
    out->secure = skip_scheme(&rest, "coaps://");
    if (!out->secure && !skip_scheme(&rest, "coap://")) {
        return DOZE_ERR_UNSUPPORTED;
    }
    out->port = out->secure ? PORT_COAPS : PORT_COAP;
    rest.size = until(rest, "/?#"); /* a path means nothing to LwM2M */
    return take_authority(rest, out);
}
