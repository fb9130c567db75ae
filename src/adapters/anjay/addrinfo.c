/* SPDX-License-Identifier: Apache-2.0 */
/* Names and addresses without a socket: what avs_net takes from its own socket layer, and Anjay asks about the node of
 * last time. An address is in avs_net's opaque bytes as doze has it. */
#include <stdio.h>
#include <string.h>

#include <avsystem/commons/avs_addrinfo.h>
#include <avsystem/commons/avs_memory.h>

#include "internal.h"

struct avs_net_addrinfo_struct {
    size_t count;
    size_t next;
    doze_endpoint answers[];
};

static avs_net_addrinfo_t *grow(avs_net_addrinfo_t *info, const doze_endpoint *answer) {
    size_t count = info == NULL ? 0 : info->count;
    avs_net_addrinfo_t *grown = avs_realloc(info, sizeof(*grown) + (count + 1) * sizeof(*answer));
    if (grown == NULL) {
        avs_free(info);
        return NULL;
    }
    grown->next = 0;
    grown->count = count + 1;
    grown->answers[count] = *answer;
    return grown;
}

static bool fits(const doze_endpoint *answer, doze_family family) {
    return family == DOZE_FAMILY_ANY || answer->family == family;
}

/* NULL: nobody has that name, it could not be asked, or there is no memory. */
static avs_net_addrinfo_t *look_up(const char *host, doze_family family) {
    doze_resolver *resolver = doze_posix_resolver();
    avs_net_addrinfo_t *info = NULL;
    doze_lookup *lookup = NULL;
    doze_endpoint answer;
    if (resolver->ops->start(resolver, host, family, &lookup) != DOZE_OK) {
        return NULL;
    }
    bool found = resolver->ops->step(resolver, lookup) == DOZE_OK;
    for (size_t i = 0; found && resolver->ops->answer(resolver, lookup, i, &answer); i++) {
        info = fits(&answer, family) ? grow(info, &answer) : info;
        found = info != NULL || !fits(&answer, family);
    }
    resolver->ops->finish(resolver, lookup);
    return info;
}

/* No host at all is any address of this one. */
static avs_net_addrinfo_t *wildcards(doze_family family) {
    static const doze_endpoint any[] = {{.family = DOZE_FAMILY_IPV6}, {.family = DOZE_FAMILY_IPV4}};
    avs_net_addrinfo_t *info = NULL;
    for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
        info = fits(&any[i], family) ? grow(info, &any[i]) : info;
    }
    return info;
}

static avs_net_addrinfo_t *resolve(const char *host, doze_family family, bool passive) {
    doze_endpoint literal = {0};
    if (host == NULL || host[0] == '\0') {
        return passive ? wildcards(family) : NULL;
    }
    if (!doze_host_is_address(host)) {
        return look_up(host, family);
    }
    doze_net *net = doze_posix_net();
    return net->ops->parse(net, host, &literal) && fits(&literal, family) ? grow(NULL, &literal) : NULL;
}

static void put_first(avs_net_addrinfo_t *info, const doze_endpoint *preferred) {
    for (size_t i = 0; i < info->count; i++) {
        if (doze_same_address(&info->answers[i], preferred)) {
            doze_endpoint chosen = info->answers[i];
            memmove(&info->answers[1], &info->answers[0], i * sizeof(chosen));
            info->answers[0] = chosen;
            return;
        }
    }
}

avs_net_addrinfo_t *avs_net_addrinfo_resolve_ex(avs_net_socket_type_t socket_type, avs_net_af_t family,
                                                const char *host, const char *port, int flags,
                                                const avs_net_resolved_endpoint_t *preferred_endpoint) {
    (void)socket_type;
    uint16_t number = 0;
    doze_endpoint preferred;
    bool no_port = port == NULL || port[0] == '\0' || strcmp(port, "0") == 0;
    if (!no_port && doze_parse_port(port, &number) != DOZE_OK) {
        return NULL;
    }
    bool passive = (flags & AVS_NET_ADDRINFO_RESOLVE_F_PASSIVE) != 0;
    avs_net_addrinfo_t *info = resolve(host, doze_anjay_to_family(family), passive);
    for (size_t i = 0; info != NULL && i < info->count; i++) {
        info->answers[i].port = number;
    }
    if (info != NULL && preferred_endpoint != NULL && doze_anjay_unpack(preferred_endpoint, &preferred)) {
        put_first(info, &preferred);
    }
    return info;
}

void avs_net_addrinfo_delete(avs_net_addrinfo_t **ctx) {
    avs_free(*ctx);
    *ctx = NULL;
}

int avs_net_addrinfo_next(avs_net_addrinfo_t *ctx, avs_net_resolved_endpoint_t *out) {
    if (ctx->next == ctx->count) {
        return AVS_NET_ADDRINFO_END;
    }
    doze_anjay_pack(&ctx->answers[ctx->next++], out);
    return 0;
}

void avs_net_addrinfo_rewind(avs_net_addrinfo_t *ctx) {
    ctx->next = 0;
}

static avs_error_t write_text(char *out, size_t size, const char *text) {
    if (out == NULL) {
        return AVS_OK;
    }
    size_t needed = strlen(text) + 1;
    if (size < needed) {
        return avs_errno(AVS_ERANGE);
    }
    memcpy(out, text, needed);
    return AVS_OK;
}

avs_error_t avs_net_resolved_endpoint_get_host_port(const avs_net_resolved_endpoint_t *endp, char *host, size_t hostlen,
                                                    char *serv, size_t servlen) {
    doze_net *net = doze_posix_net();
    doze_endpoint end;
    char address[DOZE_ADDRESS_TEXT_SIZE];
    char port[sizeof("65535")];
    if (!doze_anjay_unpack(endp, &end) || !net->ops->format(net, &end, address, sizeof(address))) {
        return avs_errno(AVS_EINVAL);
    }
    (void)snprintf(port, sizeof(port), "%u", (unsigned)end.port);
    avs_error_t error = write_text(host, hostlen, address);
    return avs_is_ok(error) ? write_text(serv, servlen, port) : error;
}
