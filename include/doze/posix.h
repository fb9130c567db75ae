/* SPDX-License-Identifier: Apache-2.0 */
/* What doze has for POSIX hosts: clock, randomness, UDP, resolvers, and helpers that block. */
#ifndef DOZE_POSIX_H
#define DOZE_POSIX_H

#include "doze/socket.h"
#include "doze/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* CLOCK_BOOTTIME where there is one (it counts suspend), else CLOCK_MONOTONIC. */
doze_clock doze_posix_clock(void);

/* getrandom() where there is one, else /dev/urandom. */
doze_random doze_posix_random(void);

/* UDP sockets of the host, IPv4 and IPv6. Has no state and may be shared by any number of threads. */
doze_net *doze_posix_net(void);

/* getaddrinfo: it BLOCKS doze_connect() for as long as the host's resolver takes. No state, may be shared. */
doze_resolver *doze_posix_resolver(void);

/* c-ares: never blocks; belongs to one thread. NULL without memory or when built without c-ares (DOZE_ARES=OFF).
 * Destroy it after the sockets that use it. */
doze_resolver *doze_ares_create(void);
void doze_ares_destroy(doze_resolver *resolver);

/* A store in files of a directory: one a slot, readable by their owner alone, replaced as a whole (written aside, synced,
 * renamed, the directory synced), so that a power cut leaves the old contents or the new ones. It has no counter: who
 * can restore an older copy of the directory can repeat what was in it. */
typedef struct doze_file_store {
    doze_store store; /* what doze_dtls_set_store() takes; the rest is private */
    int directory;
    int lock;
} doze_file_store;

/* `directory` must exist. One process has it at a time. DOZE_ERR_ARGUMENT; DOZE_ERR_STORE: see `store.cause`; there is
 * nothing to close then. EWOULDBLOCK: another process, or another doze_file_store, has it. */
doze_result doze_file_store_open(doze_file_store *store, const char *directory);
/* After the sockets that use it. What is stored stays. */
void doze_file_store_close(doze_file_store *store);

/* ---- helpers that block, for simple programs ----
 * Each drives doze_step() with poll() for at most `timeout` ms as a whole (-1: for ever) and returns what the verb
 * ends with, or DOZE_ERR_TIMEOUT. After a time-out the state is what it was, CONNECTING included: wait again
 * with doze_connected_wait(), or close. */
doze_result doze_connect_wait(doze_socket *socket, const char *host, uint16_t port, int32_t timeout);
doze_result doze_resume_wait(doze_socket *socket, int32_t timeout);
doze_result doze_connected_wait(doze_socket *socket, int32_t timeout);
/* Repeats while the host has no room (DOZE_WOULD_BLOCK, DOZE_ERR_NO_BUFFERS). */
doze_result doze_send_wait(doze_socket *socket, const void *data, size_t size, int32_t timeout);
/* Waits for as long as DOZE_OPT_RECV_TIMEOUT says. */
doze_result doze_recv_wait(doze_socket *socket, void *buffer, size_t capacity, size_t *size);

#ifdef __cplusplus
}
#endif
#endif
