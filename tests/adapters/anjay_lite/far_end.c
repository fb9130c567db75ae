/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "far_end.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_MS = 10000, DATAGRAM_MAX = 2048 };

static void open_udp(far_end *f) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    f->udp_fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(f->udp_fd >= 0);
    assert_int_equal(bind(f->udp_fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(f->udp_fd, (struct sockaddr *)&address, &size), 0);
    snprintf(f->udp_port, sizeof(f->udp_port), "%u", (unsigned)ntohs(address.sin_port));
}

void far_end_start(far_end *f, const far_end_order *order) {
    const far_end_order nothing = {0};
    char certificate[256];
    char key[256];
    peer_settings settings = {.clock = doze_posix_clock(), .random = doze_posix_random()};
    order = order != NULL ? order : &nothing;
    settings.cid = order->no_cid ? PEER_CID_REFUSE : PEER_CID_BYTES;
    settings.sessions = PEER_SESSION_CACHE;
    if (order->certificate != NULL) {
        snprintf(certificate, sizeof(certificate), "%s/%s-chain.pem", DOZE_TEST_CERTS, order->certificate);
        snprintf(key, sizeof(key), "%s/%s.key.pem", DOZE_TEST_CERTS, order->certificate);
        settings.certificate_file = certificate;
        settings.key_file = key;
        settings.ca_file = order->client_certificate ? DOZE_TEST_CERTS "/root.pem" : NULL;
    } else {
        settings.identity = FAR_END_IDENTITY;
        settings.key = (const unsigned char *)FAR_END_KEY;
        settings.key_size = strlen(FAR_END_KEY);
    }
    memset(f, 0, sizeof(*f));
    assert_true(peer_udp_open(&f->dtls, &settings, FAR_END_HOST, 0));
    snprintf(f->dtls_port, sizeof(f->dtls_port), "%u", (unsigned)peer_udp_port(&f->dtls));
    open_udp(f);
}

void far_end_stop(far_end *f) {
    peer_udp_close(&f->dtls);
    close(f->udp_fd);
}

void far_end_serve(far_end *f) {
    peer_udp_pump(&f->dtls);
}

uint16_t far_end_echo(far_end *f) {
    unsigned char datagram[DATAGRAM_MAX];
    struct sockaddr_in from;
    socklen_t from_size = sizeof(from);
    struct pollfd wanted = {.fd = f->udp_fd, .events = POLLIN};
    assert_int_equal(poll(&wanted, 1, WAIT_MS), 1);
    ssize_t size = recvfrom(f->udp_fd, datagram, sizeof(datagram), 0, (struct sockaddr *)&from, &from_size);
    assert_true(size >= 0);
    assert_int_equal(sendto(f->udp_fd, datagram, (size_t)size, 0, (struct sockaddr *)&from, from_size), size);
    return ntohs(from.sin_port);
}

void far_end_say(far_end *f, uint16_t port, const char *text) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ssize_t sent = sendto(f->udp_fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof(to));
    assert_int_equal(sent, strlen(text));
}

void far_end_take_port(doze_udp *thief, uint16_t port) {
    assert_int_equal(doze_udp_init(thief, &(doze_udp_settings){.net = doze_posix_net()}), DOZE_OK);
    assert_int_equal(doze_bind(&thief->socket, NULL, port), DOZE_OK);
}

doze_bytes far_end_file(const char *name) {
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", DOZE_TEST_CERTS, name);
    FILE *file = fopen(path, "rb");
    char *data = calloc(1, 8192);
    if (file == NULL || data == NULL) {
        fail_msg("cannot read %s", path);
        return (doze_bytes){0};
    }
    size_t size = fread(data, 1, 8191, file);
    fclose(file);
    return (doze_bytes){data, size};
}
