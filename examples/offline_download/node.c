/* SPDX-License-Identifier: Apache-2.0 */
#include "offline_download/node.h"

#include <stdio.h>
#include <string.h>

void node_complain(node *n, const char *what, doze_result result) {
    int64_t alert = -1;
    (void)fprintf(stderr, "offline_download: %s:%u: %s: %s (cause %d)\n", n->a->host, n->a->port, what,
                  doze_strerror(result), doze_cause(n->socket));
    if (n->secure && doze_get_option(n->socket, DOZE_OPT_ALERT, &alert) == DOZE_OK && alert >= 0) {
        (void)fprintf(stderr, "offline_download: its last alert was %d: do identity and key agree?\n", (int)alert);
    } else if (n->secure && result == DOZE_ERR_TIMEOUT) {
        (void)fputs("offline_download: some servers are silent when identity or key are wrong, too\n", stderr);
    }
}

static bool open_dtls(node *n) {
    const doze_dtls_settings settings = {
        .clock = doze_posix_clock(),
        .random = doze_posix_random(),
        .psk = {.identity = {n->a->identity, strlen(n->a->identity)}, .key = {n->a->key, strlen(n->a->key)}}};
    doze_result result = doze_dtls_config_init(&n->config, &settings);
    if (result != DOZE_OK) {
        node_complain(n, "-i, -k", result);
        return false;
    }
    n->secure = true;
    result = doze_dtls_init(&n->dtls, &n->config, &n->udp.socket);
    n->socket = &n->dtls.socket;
    return result == DOZE_OK;
}

/* The association is kept in the same directory as the mark. */
static bool open_store(node *n) {
    doze_result result = doze_file_store_open(&n->store, n->a->directory);
    if (result != DOZE_OK) {
        (void)fprintf(stderr, "offline_download: %s: %s (cause %d: %s)\n", n->a->directory, doze_strerror(result),
                      n->store.store.cause, strerror(n->store.store.cause));
        return false;
    }
    n->has_store = true;
    result = doze_dtls_set_store(&n->dtls, &n->keeper, &(doze_keeper_settings){.store = &n->store.store});
    return result == DOZE_OK;
}

bool node_open(node *n, const arguments *a) {
    memset(n, 0, sizeof(*n));
    n->a = a;
    n->socket = &n->udp.socket;
    const doze_udp_settings settings = {.net = doze_posix_net(),
                                        .resolver = doze_posix_resolver(),
                                        .hostname_memory = n->name,
                                        .hostname_memory_size = sizeof(n->name)};
    bool ok = doze_udp_init(&n->udp, &settings) == DOZE_OK;
    ok = ok && (a->identity == NULL || (open_dtls(n) && (a->directory == NULL || open_store(n))));
    if (!ok) {
        node_close(n);
    }
    return ok;
}

void node_close(node *n) {
    (void)(n->has_store ? doze_shutdown(n->socket) : doze_close(n->socket));
    if (n->secure) {
        doze_deinit(&n->dtls.socket);
        doze_dtls_config_deinit(&n->config);
    }
    if (n->has_store) {
        doze_file_store_close(&n->store);
    }
    doze_deinit(&n->udp.socket);
}

bool node_connect(node *n) {
    doze_result result = DOZE_ERR_NO_PEER;
    if (n->has_store && doze_dtls_load(&n->dtls, n->a->host, n->a->port) == DOZE_OK) {
        result = doze_resume(n->socket);
    } else {
        result = doze_connect(n->socket, n->a->host, n->a->port);
    }
    if (result < 0) {
        node_complain(n, "connect", result);
    }
    return result >= 0;
}

void node_tell(node *n) {
    static const char *const rungs[] = {"none", "kept", "thawed", "resumed", "handshake", "fresh port", "next address"};
    doze_report report = {0};
    char address[DOZE_ADDRESS_TEXT_SIZE] = "?";
    (void)doze_remote_host(n->socket, address, sizeof(address));
    (void)printf("connected: %s port %u, from port %u", address, doze_remote_port(n->socket),
                 doze_local_port(n->socket));
    if (n->secure && doze_dtls_get_report(&n->dtls, &report) == DOZE_OK) {
        (void)printf(", association: %s, by %u datagrams", rungs[report.rung],
                     (unsigned)(report.datagrams_sent + report.datagrams_received));
    }
    (void)puts("");
}
