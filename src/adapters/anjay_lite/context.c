/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts: the memory and the sockets that every connection of Anjay Lite has. */
#include <stdlib.h>

#include "context.h"

static doze_result choose_family(doze_socket *socket, anj_net_address_family_setting_t setting) {
    switch (setting) {
    case ANJ_NET_AF_SETTING_UNSPEC:
        return DOZE_OK;
    case ANJ_NET_AF_SETTING_FORCE_INET4:
        return doze_set_option(socket, DOZE_OPT_FORCED_FAMILY, DOZE_FAMILY_IPV4);
    case ANJ_NET_AF_SETTING_FORCE_INET6:
        return doze_set_option(socket, DOZE_OPT_FORCED_FAMILY, DOZE_FAMILY_IPV6);
    case ANJ_NET_AF_SETTING_PREFERRED_INET4:
        return doze_set_option(socket, DOZE_OPT_PREFERRED_FAMILY, DOZE_FAMILY_IPV4);
    case ANJ_NET_AF_SETTING_PREFERRED_INET6:
        return doze_set_option(socket, DOZE_OPT_PREFERRED_FAMILY, DOZE_FAMILY_IPV6);
    default:
        return DOZE_ERR_CONFIG;
    }
}

doze_result doze_lite_open(anj_net_ctx_t *ctx, const anj_net_config_t *config) {
    ctx->resolver = doze_ares_create();
    const doze_udp_settings settings = {
        .net = doze_posix_net(),
        .resolver = ctx->resolver != NULL ? ctx->resolver : doze_posix_resolver(),
        .hostname_memory = ctx->hostname,
        .hostname_memory_size = sizeof(ctx->hostname),
    };
    doze_result result = doze_udp_init(&ctx->udp, &settings);
    ctx->socket = &ctx->udp.socket;
    if (result == DOZE_OK && config != NULL) {
        result = choose_family(ctx->socket, config->raw_socket_config.af_setting);
    }
    return result;
}

void doze_lite_close_down(anj_net_ctx_t *ctx) {
    doze_deinit(&ctx->udp.socket);
    doze_ares_destroy(ctx->resolver);
}

anj_net_ctx_t *doze_lite_create_udp(const anj_net_config_t *config, doze_result *result) {
    anj_net_ctx_t *ctx = calloc(1, sizeof(*ctx));
    *result = ctx == NULL ? DOZE_ERR_NO_MEMORY : doze_lite_open(ctx, config);
    if (*result != DOZE_OK && ctx != NULL) {
        doze_lite_close_down(ctx);
        free(ctx);
        ctx = NULL;
    }
    return ctx;
}

int doze_lite_cleanup_udp(anj_net_ctx_t **ctx) {
    if (ctx == NULL || *ctx == NULL) {
        return doze_lite_code(DOZE_ERR_ARGUMENT);
    }
    doze_lite_close_down(*ctx);
    free(*ctx);
    *ctx = NULL;
    return ANJ_NET_OK;
}

doze_socket *doze_anjay_lite_socket(struct anj_net_ctx_struct *context) {
    return context == NULL ? NULL : context->socket;
}

doze_dtls *doze_anjay_lite_dtls(struct anj_net_ctx_struct *context) {
    return context == NULL ? NULL : context->dtls;
}
