/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <avsystem/commons/avs_memory.h>

#include "internal.h"

#define PRIORITY_MAX 7

const avs_net_socket_v_table_t doze_anjay_udp_operations = {
    .connect = doze_anjay_connect,
    .send = doze_anjay_send_udp,
    .receive = doze_anjay_receive,
    .bind = doze_anjay_bind,
    .close = doze_anjay_close,
    .shutdown = doze_anjay_shutdown,
    .cleanup = doze_anjay_cleanup,
    .get_system_socket = doze_anjay_system_socket,
    .get_interface_name = doze_anjay_interface_name,
    .get_remote_host = doze_anjay_remote_host,
    .get_remote_hostname = doze_anjay_remote_hostname,
    .get_remote_port = doze_anjay_remote_port,
    .get_local_host = doze_anjay_local_host,
    .get_local_port = doze_anjay_local_port,
    .get_opt = doze_anjay_get_opt,
    .set_opt = doze_anjay_set_opt,
};

static bool is_possible(const avs_net_socket_configuration_t *c) {
    return memchr(c->interface_name, '\0', sizeof(c->interface_name)) != NULL && c->priority <= PRIORITY_MAX &&
           c->forced_mtu >= 0;
}

/* Each is checked by doze, the first that does not hold is told. */
static avs_error_t configure(doze_anjay_udp *s, const avs_net_socket_configuration_t *c) {
    const struct {
        doze_option option;
        int64_t value;
    } options[] = {
        {DOZE_OPT_DSCP, c->dscp},
        {DOZE_OPT_REUSE_ADDR, c->reuse_addr != 0},
        {DOZE_OPT_FORCED_FAMILY, doze_anjay_to_family(c->address_family)},
        {DOZE_OPT_PREFERRED_FAMILY, doze_anjay_to_family(c->preferred_family)},
        {DOZE_OPT_RECV_TIMEOUT, doze_anjay_to_ms(AVS_NET_SOCKET_DEFAULT_RECV_TIMEOUT)},
    };
    doze_result result = doze_udp_set_interface(&s->udp, c->interface_name);
    for (size_t i = 0; result == DOZE_OK && i < sizeof(options) / sizeof(options[0]); i++) {
        result = doze_set_option(s->socket, options[i].option, options[i].value);
    }
    return doze_anjay_error(s->socket, result);
}

avs_error_t doze_anjay_udp_init(doze_anjay_udp *s, const avs_net_socket_configuration_t *configuration) {
    const avs_net_socket_configuration_t none = {0};
    const avs_net_socket_configuration_t *c = configuration == NULL ? &none : configuration;
    if (!is_possible(c)) {
        return avs_errno(AVS_EINVAL);
    }
    if (c->transparent != 0) {
        return avs_errno(AVS_ENOTSUP);
    }
    doze_anjay_platform_init(&s->platform, c);
    const doze_udp_settings settings = {
        .net = &s->platform.net,
        .resolver = &s->platform.resolver,
        .hostname_memory = s->hostname,
        .hostname_memory_size = sizeof(s->hostname),
    };
    doze_udp_init(&s->udp, &settings);
    s->socket = &s->udp.socket;
    return configure(s, c);
}

avs_error_t _avs_net_create_udp_socket(avs_net_socket_t **socket, const void *socket_configuration) {
    doze_anjay_udp *s = avs_calloc(1, sizeof(*s));
    if (s == NULL) {
        return avs_errno(AVS_ENOMEM);
    }
    s->operations = &doze_anjay_udp_operations;
    avs_error_t error = doze_anjay_udp_init(s, socket_configuration);
    if (avs_is_err(error)) {
        avs_free(s);
        return error;
    }
    *socket = (avs_net_socket_t *)s;
    return AVS_OK;
}
