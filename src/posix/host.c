/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE 1
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "posix/host.h"

static int take_peer_off(int fd) {
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    return connect(fd, &nobody, sizeof(nobody));
}

#ifdef __linux__
#include <linux/filter.h>

int doze_host_deafen(int fd) {
    struct sock_filter keep_nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &keep_nothing};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

int doze_host_undeafen(int fd) {
    int ignored = 0;
    int result = setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof(ignored));
    return result != 0 && errno == ENOENT ? 0 : result;
}

int doze_host_bind_to_interface(int fd, const char *name) {
    return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1);
}

int doze_host_path_mtu(int fd, uint32_t *mtu) {
    int domain = 0;
    int value = 0;
    socklen_t size = sizeof(domain);
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) {
        return -1;
    }
    bool v6 = domain == AF_INET6;
    size = sizeof(value);
    if (getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &value, &size) != 0) {
        return -1;
    }
    /* Loopback claims one byte more than an IPv4 packet can have. */
    *mtu = !v6 && value > UINT16_MAX ? UINT16_MAX : (uint32_t)value;
    return 0;
}

/* Linux forgets the interface along with the peer. */
int doze_host_dissolve(int fd, bool on_interface) {
    char name[IF_NAMESIZE] = "";
    socklen_t size = sizeof(name);
    if (on_interface && getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size) != 0) {
        return -1;
    }
    if (take_peer_off(fd) != 0) {
        return -1;
    }
    return on_interface ? doze_host_bind_to_interface(fd, name) : 0;
}

ssize_t doze_host_recv(int fd, void *buffer, size_t capacity) {
    return recv(fd, buffer, capacity, MSG_TRUNC);
}

ssize_t doze_host_recv_from(int fd, void *buffer, size_t capacity, struct sockaddr_storage *source) {
    socklen_t size = sizeof(*source);
    return recvfrom(fd, buffer, capacity, MSG_TRUNC, (struct sockaddr *)source, &size);
}

#else

static int unsupported(void) {
    errno = ENOPROTOOPT;
    return -1;
}

int doze_host_deafen(int fd) {
    (void)fd;
    return unsupported();
}

int doze_host_undeafen(int fd) {
    (void)fd;
    return 0;
}

int doze_host_bind_to_interface(int fd, const char *name) {
    (void)fd;
    (void)name;
    return unsupported();
}

int doze_host_path_mtu(int fd, uint32_t *mtu) {
    (void)fd;
    (void)mtu;
    return unsupported();
}

/* BSD answers EAFNOSUPPORT although it has taken the peer off. */
int doze_host_dissolve(int fd, bool on_interface) {
    (void)on_interface;
    int result = take_peer_off(fd);
    return result != 0 && errno == EAFNOSUPPORT ? 0 : result;
}

ssize_t doze_host_recv_from(int fd, void *buffer, size_t capacity, struct sockaddr_storage *source) {
    struct iovec part = {.iov_base = buffer, .iov_len = capacity};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_name = source, .msg_namelen = sizeof(*source)};
    ssize_t got = recvmsg(fd, &message, 0);
    bool longer = got >= 0 && (message.msg_flags & MSG_TRUNC) != 0;
    return longer ? (ssize_t)capacity + 1 : got;
}

ssize_t doze_host_recv(int fd, void *buffer, size_t capacity) {
    struct sockaddr_storage source;
    return doze_host_recv_from(fd, buffer, capacity, &source);
}

#endif
