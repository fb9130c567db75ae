/* SPDX-License-Identifier: Apache-2.0 */
/* Many associations in one process, as a gateway or a test of a fleet has them: what each costs asleep, frozen and awake,
 * and whether that grows. The server is in the same process behind a net that hands datagrams over by a call, so that
 * there are no descriptors to run out of, and it forgets each client as soon as that sleeps. */
#define _DEFAULT_SOURCE 1
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

#include "bench/figures.h"
#include "doze/doze.h"
#include "peer/peer.h"

enum { DATAGRAM = 2048 };

static const unsigned char key[16] = "0123456789abcde";

/* ---- a net without a host: one client speaks at a time ---- */

typedef struct wire {
    doze_net net;
    peer server;
    bool serving;
    uint32_t clients;
    doze_endpoint speaker;
    size_t waiting; /* datagrams for the speaker */
    size_t sizes[8];
    uint8_t datagrams[8][DATAGRAM];
} wire;

static wire *wire_of(doze_net *net) {
    return (wire *)(void *)net;
}

static doze_result wire_open(doze_net *net, doze_net_socket *sock, doze_net_request *request) {
    *sock = (doze_net_socket){.fd = 0};
    if (request->local.port == 0) {
        request->local.port = (uint16_t)(1024 + ++wire_of(net)->clients % 60000);
    }
    return DOZE_OK;
}

static doze_result wire_connect(doze_net *net, doze_net_socket *sock, const doze_endpoint *to, doze_endpoint *local) {
    (void)net;
    sock->peer = *to;
    local->family = to->family;
    memcpy(local->address, (const uint8_t[]){10, 0, 0, 1}, 4);
    return DOZE_OK;
}

static doze_result wire_send(doze_net *net, doze_net_socket *sock, const void *data, size_t size) {
    (void)sock;
    wire *w = wire_of(net);
    w->waiting = 0;
    if (w->serving) {
        peer_receive(&w->server, &w->speaker, data, size);
    }
    return DOZE_OK;
}

static doze_result wire_recv(doze_net *net, doze_net_socket *sock, void *buffer, size_t capacity, size_t *size) {
    (void)sock;
    wire *w = wire_of(net);
    if (w->waiting == 0) {
        return DOZE_WOULD_BLOCK;
    }
    *size = w->sizes[0];
    if (*size > capacity) {
        die("a datagram does not fit");
    }
    memcpy(buffer, w->datagrams[0], *size);
    w->waiting--;
    memmove(w->sizes, w->sizes + 1, sizeof(w->sizes) - sizeof(w->sizes[0]));
    memmove(w->datagrams, w->datagrams + 1, sizeof(w->datagrams) - sizeof(w->datagrams[0]));
    return DOZE_OK;
}

static void wire_close(doze_net *net, doze_net_socket *sock) {
    (void)net;
    sock->fd = -1;
}

static bool wire_parse(doze_net *net, const char *text, doze_endpoint *out) {
    return doze_posix_net()->ops->parse(net, text, out);
}

static doze_result wire_mtu(doze_net *net, doze_net_socket *sock, uint32_t *mtu) {
    (void)net;
    (void)sock;
    *mtu = 1500;
    return DOZE_OK;
}

static void from_server(void *context, const doze_endpoint *to, const void *data, size_t size) {
    wire *w = context;
    (void)to;
    if (w->waiting == sizeof(w->sizes) / sizeof(w->sizes[0]) || size > DATAGRAM) {
        die("the server says too much at once");
    }
    memcpy(w->datagrams[w->waiting], data, size);
    w->sizes[w->waiting++] = size;
}

static void open_wire(wire *w) {
    static const doze_net_ops ops = {.open = wire_open,
                                     .connect = wire_connect,
                                     .send = wire_send,
                                     .recv = wire_recv,
                                     .close = wire_close,
                                     .parse = wire_parse,
                                     .path_mtu = wire_mtu};
    const peer_settings server = {.clock = doze_posix_clock(),
                                  .random = doze_posix_random(),
                                  .send = from_server,
                                  .send_context = w,
                                  .identity = "device",
                                  .key = key,
                                  .key_size = sizeof(key),
                                  .associations_max = 2};
    w->net.ops = &ops;
    if (!peer_init(&w->server, &server)) {
        die("no server");
    }
    w->serving = true;
}

static void close_wire(wire *w) {
    w->serving = false;
    peer_deinit(&w->server);
}

/* ---- the fleet ---- */

typedef struct device {
    doze_udp udp;
    doze_dtls dtls;
    uint8_t freezer[DOZE_IMAGE_TYPICAL];
} device;

typedef struct fleet {
    wire w;
    doze_dtls_config config;
    device *devices;
} fleet;

static void speak_as(fleet *f, size_t i) {
    f->w.speaker = (doze_endpoint){
        .family = DOZE_FAMILY_IPV4, .address = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, .port = 5684};
    f->w.waiting = 0;
}

static void start(fleet *f, size_t i) {
    device *d = &f->devices[i];
    speak_as(f, i);
    if (doze_udp_init(&d->udp, &(doze_udp_settings){.net = &f->w.net}) != DOZE_OK ||
        doze_dtls_init(&d->dtls, &f->config, &d->udp.socket) != DOZE_OK) {
        die("no device");
    }
    doze_result result = doze_connect(&d->dtls.socket, "192.0.2.1", 5684);
    for (int step = 0; result == DOZE_IN_PROGRESS && step < 8; step++) {
        result = doze_step(&d->dtls.socket);
    }
    if (result != DOZE_OK || doze_dtls_set_freezer(&d->dtls, d->freezer, sizeof(d->freezer)) != DOZE_OK ||
        doze_shutdown(&d->dtls.socket) != DOZE_OK) {
        die("a device did not connect");
    }
}

/* Of this process, in its own code alone: giving it memory is the kernel's work, and most of the time with default buffers
 * of Mbed TLS. */
static double seconds(bool with_kernel) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double own = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
    double kernel = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
    return with_kernel ? own + kernel : own;
}

static void wake_up(fleet *f, size_t i) {
    static const char hello[60] = "hello";
    speak_as(f, i);
    doze_socket *s = &f->devices[i].dtls.socket;
    if (doze_resume(s) != DOZE_OK || doze_send(s, hello, sizeof(hello)) != DOZE_OK) {
        die("a device did not wake");
    }
}

typedef struct cost {
    double frozen; /* bytes of an association, everything of the process's heap counted */
    double awake;
    double wake; /* microseconds */
    double wake_with_kernel;
} cost;

static size_t heap(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static cost measure(fleet *f, size_t count) {
    size_t before = heap();
    device *memory = calloc(count, sizeof(*memory));
    f->devices = memory;
    if (memory == NULL) {
        die("no memory");
    }
    open_wire(&f->w);
    for (size_t i = 0; i < count; i++) {
        start(f, i);
    }
    close_wire(&f->w); /* the server is no part of this */
    size_t frozen = heap() - before;
    double began = seconds(false);
    double began_all = seconds(true);
    for (size_t i = 0; i < count; i++) {
        wake_up(f, i);
    }
    double took = seconds(false) - began;
    double took_all = seconds(true) - began_all;
    size_t awake = heap() - before;
    for (size_t i = 0; i < count; i++) {
        doze_deinit(&memory[i].dtls.socket);
        doze_deinit(&memory[i].udp.socket);
    }
    free(memory);
    const double n = (double)count;
    return (cost){(double)frozen / n, (double)awake / n, took * 1e6 / n, took_all * 1e6 / n};
}

void report_scale(void) {
    static fleet f;
    const doze_dtls_settings client = {.clock = doze_posix_clock(),
                                       .random = doze_posix_random(),
                                       .psk = {.identity = {"device", 6}, .key = {key, sizeof(key)}},
                                       .handshake_timer_min = 60000,
                                       .handshake_timer_max = 60000};
    if (doze_dtls_config_init(&f.config, &client) != DOZE_OK) {
        die("no configuration");
    }
    measure(&f, 1); /* what there is once must be there */
    cost costs[3];
    for (size_t i = 0; i < 3; i++) {
        static const size_t counts[3] = {1, 1000, 100000};
        cost c = costs[i] = measure(&f, counts[i]);
        printf("scale_%zu_frozen_bytes %.1f\n", counts[i], c.frozen);
        printf("scale_%zu_awake_bytes %.1f\n", counts[i], c.awake);
        printf("scale_%zu_wake_microseconds %.1f\n", counts[i], c.wake);
        printf("scale_%zu_wake_with_kernel_microseconds %.1f\n", counts[i], c.wake_with_kernel);
    }
    printf("scale_100000_frozen_mib %.2f\n", costs[2].frozen * 100000 / (1 << 20));
    printf("scale_frozen_growth %.4f\nscale_awake_growth %.4f\n", costs[2].frozen / costs[1].frozen,
           costs[2].awake / costs[1].awake);
    doze_dtls_config_deinit(&f.config);
}
