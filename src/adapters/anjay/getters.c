/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, names and ports: they answer from the first connect or bind on, asleep, shut down and closed alike. */
#define _DEFAULT_SOURCE 1 /* getifaddrs() */
#include <stdio.h>
#include <string.h>

#include <ifaddrs.h>
#include <netdb.h>

#include "internal.h"

static avs_error_t copy(char *out, size_t size, const char *text) {
    size_t needed = strlen(text) + 1;
    if (size < needed) {
        return avs_errno(AVS_ERANGE);
    }
    memcpy(out, text, needed);
    return AVS_OK;
}

static avs_error_t copy_port(char *out, size_t size, uint16_t port) {
    char text[sizeof("65535")];
    (void)snprintf(text, sizeof(text), "%u", (unsigned)port);
    return port == 0 ? avs_errno(AVS_EBADF) : copy(out, size, text);
}

avs_error_t doze_anjay_remote_host(avs_net_socket_t *socket, char *out_buffer, size_t out_buffer_size) {
    char text[DOZE_ADDRESS_TEXT_SIZE];
    doze_result result = doze_remote_host(doze_anjay_of(socket)->socket, text, sizeof(text));
    return result == DOZE_OK ? copy(out_buffer, out_buffer_size, text) : avs_errno(AVS_EBADF);
}

avs_error_t doze_anjay_remote_hostname(avs_net_socket_t *socket, char *out_buffer, size_t out_buffer_size) {
    const char *name = doze_remote_hostname(doze_anjay_of(socket)->socket);
    return name == NULL ? avs_errno(AVS_EBADF) : copy(out_buffer, out_buffer_size, name);
}

avs_error_t doze_anjay_remote_port(avs_net_socket_t *socket, char *out_buffer, size_t out_buffer_size) {
    return copy_port(out_buffer, out_buffer_size, doze_remote_port(doze_anjay_of(socket)->socket));
}

avs_error_t doze_anjay_local_host(avs_net_socket_t *socket, char *out_buffer, size_t out_buffer_size) {
    char text[DOZE_ADDRESS_TEXT_SIZE];
    doze_result result = doze_local_host(doze_anjay_of(socket)->socket, text, sizeof(text));
    return result == DOZE_OK ? copy(out_buffer, out_buffer_size, text) : avs_errno(AVS_EBADF);
}

avs_error_t doze_anjay_local_port(avs_net_socket_t *socket, char *out_buffer, size_t out_buffer_size) {
    return copy_port(out_buffer, out_buffer_size, doze_local_port(doze_anjay_of(socket)->socket));
}

const void *doze_anjay_system_socket(avs_net_socket_t *socket) {
    doze_anjay_udp *s = doze_anjay_of(socket);
    s->fd = doze_fd(s->socket); /* another one after each wake */
    return s->fd < 0 ? NULL : &s->fd;
}

/* Which of the host's interfaces has that address, NULL: none. */
static const struct ifaddrs *find_interface(const struct ifaddrs *list, const char *address) {
    for (; list != NULL; list = list->ifa_next) {
        int family = list->ifa_addr == NULL ? AF_UNSPEC : list->ifa_addr->sa_family;
        socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
        char text[NI_MAXHOST];
        bool is_ip = family == AF_INET || family == AF_INET6;
        if (is_ip && getnameinfo(list->ifa_addr, size, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0 &&
            strcmp(text, address) == 0) {
            return list;
        }
    }
    return NULL;
}

avs_error_t doze_anjay_interface_name(avs_net_socket_t *socket, avs_net_socket_interface_name_t *if_name) {
    doze_anjay_udp *s = doze_anjay_of(socket);
    const char *chosen = doze_udp_interface(&s->udp);
    char address[DOZE_ADDRESS_TEXT_SIZE];
    struct ifaddrs *all = NULL;
    if (chosen[0] != '\0') {
        return copy(*if_name, sizeof(*if_name), chosen);
    }
    if (doze_local_host(s->socket, address, sizeof(address)) != DOZE_OK || getifaddrs(&all) != 0) {
        return avs_errno(AVS_EBADF);
    }
    const struct ifaddrs *found = find_interface(all, address);
    avs_error_t error = found == NULL ? avs_errno(AVS_ENODEV) : copy(*if_name, sizeof(*if_name), found->ifa_name);
    freeifaddrs(all);
    return error;
}
