/* SPDX-License-Identifier: Apache-2.0 */
/* The Mbed TLS server of tests/peer as a process of its own, as a peer for the interop tests. */
#define _POSIX_C_SOURCE 200809L

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <mbedtls/version.h>

#include "common/listener.h"
#include "doze/posix.h"
#include "peer/peer_udp.h"

typedef struct files {
    char chain[LISTENER_NAME_MAX];
    char key[LISTENER_NAME_MAX];
    char root[LISTENER_NAME_MAX];
} files;

static bool open_server(peer_udp *u, const char *mode, const char *cid, const char *certs) {
    credentials secrets;
    files names;
    peer_settings settings = {
        .clock = doze_posix_clock(),
        .random = doze_posix_random(),
        .cid = strcmp(cid, "cid") == 0 ? PEER_CID_BYTES : PEER_CID_REFUSE,
        .sessions = PEER_SESSION_CACHE | PEER_SESSION_TICKETS,
    };
    if (!credentials_read(&secrets, certs) || !credentials_name(names.chain, certs, "server-chain.pem") ||
        !credentials_name(names.key, certs, "server.key.pem") || !credentials_name(names.root, certs, "root.pem")) {
        return false;
    }
    if (strcmp(mode, "psk") == 0) {
        settings.identity = secrets.identity;
        settings.key = secrets.key;
        settings.key_size = secrets.key_size;
    } else {
        settings.certificate_file = names.chain;
        settings.key_file = names.key;
        settings.ca_file = names.root;
    }
    return peer_udp_open(u, &settings, "127.0.0.1", 0);
}

static bool input_has_ended(void) {
    char ignored[64];
    return read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0;
}

static void run(peer_udp *u) {
    struct pollfd watched[] = {{.fd = peer_udp_fd(u), .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    printf("ready %u\n", (unsigned)peer_udp_port(u));
    fflush(stdout);
    while (poll(watched, 2, peer_next_timeout(&u->peer)) >= 0 && (watched[1].revents == 0 || !input_has_ended())) {
        peer_udp_pump(u);
    }
}

int main(int count, char **arguments) {
    static peer_udp u;
    if (count == 2 && strcmp(arguments[1], "version") == 0) {
        puts(MBEDTLS_VERSION_STRING);
        return 0;
    }
    if (count != 4) {
        fprintf(stderr, "usage: mbedtls psk|x509 plain|cid CERTS_DIR; mbedtls version\n");
        return 2;
    }
    if (!open_server(&u, arguments[1], arguments[2], arguments[3])) {
        fprintf(stderr, "mbedtls: does not start: %s\n", u.cause != 0 ? strerror(u.cause) : peer_why(&u.peer));
        return 1;
    }
    run(&u);
    peer_udp_close(&u);
    return 0;
}
