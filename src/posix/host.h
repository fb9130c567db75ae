/* SPDX-License-Identifier: Apache-2.0 */
/* What POSIX leaves open about sockets: host.c has it for Linux, and says "unsupported" elsewhere. */
#ifndef DOZE_POSIX_HOST_H
#define DOZE_POSIX_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

/* Like system calls, these return 0, or -1 with errno set; ENOPROTOOPT where the host has no such thing. */
int doze_host_deafen(int fd);
int doze_host_undeafen(int fd); /* nothing to do for a socket that hears */
int doze_host_bind_to_interface(int fd, const char *name);
int doze_host_path_mtu(int fd, uint32_t *mtu);

/* Takes the peer off a connected socket. What was bound explicitly stays, the interface included. */
int doze_host_dissolve(int fd, bool on_interface);

/* One datagram: its true length, or where the host only says that it was longer, `capacity` + 1. Or -1. */
ssize_t doze_host_recv(int fd, void *buffer, size_t capacity);
ssize_t doze_host_recv_from(int fd, void *buffer, size_t capacity, struct sockaddr_storage *source);

/* HOLDS: a socket can be made deaf. FORGETS_PICKED_PORTS: dissolving loses a port that bind() picked, unless it is
 * bound again by its number. */
#ifdef __linux__
#define DOZE_HOST_HOLDS                true
#define DOZE_HOST_FORGETS_PICKED_PORTS true
#else
#define DOZE_HOST_HOLDS                false
#define DOZE_HOST_FORGETS_PICKED_PORTS false
#endif

#endif
