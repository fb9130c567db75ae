/* SPDX-License-Identifier: Apache-2.0 */
/* A server for the examples, on a port of the loopback interface that it picks and prints. It sends back what it gets,
 * over UDP or over DTLS, and ends when its standard input does. With "forget=N" it loses all associations once it has
 * answered N messages. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doze/posix.h"
#include "peer/peer_udp.h"

#define IDENTITY "doze"
#define KEY      "0123456789abcdef"

static const char usage[] = "usage: doze_example_server udp | dtls [no-cid] [forget=N]\n";

static bool announce(uint16_t port) {
    return printf("port %u\n", port) > 0 && fflush(stdout) == 0;
}

static bool input_ended(void) {
    char text[64];
    return read(STDIN_FILENO, text, sizeof(text)) <= 0;
}

/* ---- UDP ---- */

static int open_udp(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0 || !announce(ntohs(address.sin_port))) {
        perror("doze_example_server");
        return -1;
    }
    return fd;
}

static void echo_udp(int fd) {
    char datagram[2048];
    struct sockaddr_storage from;
    socklen_t from_size = sizeof(from);
    ssize_t size = recvfrom(fd, datagram, sizeof(datagram), 0, (struct sockaddr *)&from, &from_size);
    if (size >= 0) {
        (void)sendto(fd, datagram, (size_t)size, 0, (const struct sockaddr *)&from, from_size);
    }
}

static int serve_udp(void) {
    struct pollfd items[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = open_udp(), .events = POLLIN}};
    while (items[1].fd >= 0 && poll(items, 2, -1) >= 0) {
        if (items[0].revents != 0 && input_ended()) {
            (void)close(items[1].fd);
            return 0;
        }
        if (items[1].revents != 0) {
            echo_udp(items[1].fd);
        }
    }
    return 1;
}

/* ---- DTLS ---- */

static bool open_dtls(peer_udp *server, bool with_cid) {
    const peer_settings settings = {
        .clock = doze_posix_clock(),
        .random = doze_posix_random(),
        .identity = IDENTITY,
        .key = (const unsigned char *)KEY,
        .key_size = strlen(KEY),
        .sessions = PEER_SESSION_CACHE,
        .cid = with_cid ? PEER_CID_BYTES : PEER_CID_REFUSE,
    };
    if (!peer_udp_open(server, &settings, "127.0.0.1", 0)) {
        (void)fprintf(stderr, "doze_example_server: %s\n",
                      server->cause != 0 ? strerror(server->cause) : peer_why(&server->peer));
        return false;
    }
    return announce(peer_udp_port(server));
}

static int serve_dtls(bool with_cid, unsigned forget) {
    static peer_udp server;
    bool goes_on = true;
    if (!open_dtls(&server, with_cid)) {
        return 1;
    }
    while (goes_on) {
        struct pollfd items[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                 {.fd = peer_udp_fd(&server), .events = POLLIN}};
        (void)poll(items, 2, peer_next_timeout(&server.peer));
        peer_udp_pump(&server);
        if (forget > 0 && server.peer.counters.messages_received >= forget) {
            forget = 0;
            goes_on = peer_restart(&server.peer, false);
        }
        goes_on = goes_on && (items[0].revents == 0 || !input_ended());
    }
    peer_udp_close(&server);
    return 0;
}

int main(int argc, char **argv) {
    bool with_cid = true;
    unsigned forget = 0;
    bool ok = argc >= 2;
    for (int i = 2; i < argc && ok; i++) {
        bool is_cid = strcmp(argv[i], "no-cid") == 0;
        with_cid = with_cid && !is_cid;
        ok = is_cid || sscanf(argv[i], "forget=%u", &forget) == 1;
    }
    if (ok && argc == 2 && strcmp(argv[1], "udp") == 0) {
        return serve_udp();
    }
    if (ok && strcmp(argv[1], "dtls") == 0) {
        return serve_dtls(with_cid, forget);
    }
    (void)fputs(usage, stderr);
    return 2;
}
