/* SPDX-License-Identifier: Apache-2.0 */
/* What doze costs beside what cannot be avoided: the same association, the same Mbed TLS, the same datagrams, once through
 * doze and once by mbedtls_ssl_write() and send() alone. Functions whose names begin with measure_ are what callgrind is
 * asked about; between marks strace counts system calls; everything else is counted here. See tests/bench/run. */
#define _GNU_SOURCE 1
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/socket.h>
#include <unistd.h>

#include <mbedtls/timing.h>

#include "bench/figures.h"
#include "doze/doze.h"
#include "dtls/internal.h"
#include "peer/peer_udp.h"

#define NOINLINE __attribute__((noinline))
enum { TIMES = 1000, WAKES = 100, SMALL = 60, LARGE = 1000 };

static const unsigned char key[16] = "0123456789abcde";
static unsigned char message[LARGE];
static unsigned char buffer[2048];

/* ---- a client and its server ---- */

typedef struct bench {
    peer_udp peer;
    doze_dtls_config config;
    doze_udp udp;
    doze_dtls dtls;
    doze_socket *socket;
    uint8_t freezer[DOZE_IMAGE_MAX];
    doze_file_store files;
    doze_keeper keeper;
    bool stored;
    int raw; /* the client's descriptor, for the floor */
    mbedtls_timing_delay_context timer;
} bench;

typedef struct variant {
    bool gcm;
    bool cid;
    const char *store; /* a directory; NULL: none */
} variant;

void die(const char *what) {
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static void settle(bench *b, doze_result result) {
    while (result == DOZE_IN_PROGRESS) {
        peer_udp_pump(&b->peer);
        result = doze_step(b->socket);
    }
    if (result != DOZE_OK) {
        die(doze_strerror(result));
    }
}

static void open_store(bench *b, const char *directory) {
    const doze_keeper_settings settings = {.store = &b->files.store};
    if (doze_file_store_open(&b->files, directory) != DOZE_OK ||
        doze_dtls_set_store(&b->dtls, &b->keeper, &settings) != DOZE_OK || doze_forget(b->socket) != DOZE_OK) {
        die("no store");
    }
    b->stored = true;
}

static bench *open_bench(const variant *v) {
    static const uint16_t suites[] = {MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256};
    bench *b = calloc(1, sizeof(*b));
    const peer_settings server = {.clock = doze_posix_clock(),
                                  .random = doze_posix_random(),
                                  .identity = "bench",
                                  .key = key,
                                  .key_size = sizeof(key),
                                  .sessions = PEER_SESSION_CACHE};
    const doze_dtls_settings client = {
        .clock = doze_posix_clock(),
        .random = doze_posix_random(),
        .psk = {.identity = {"bench", 5}, .key = {key, sizeof(key)}},
        .suites = suites + v->gcm,
        .suites_count = 1,
        .cid = v->cid ? DOZE_CID_OFFER_EMPTY : DOZE_CID_OFF,
        .handshake_timer_min = 60000, /* so that a slow tool's run is no silence */
        .handshake_timer_max = 60000,
    };
    if (b == NULL || !peer_udp_open(&b->peer, &server, "127.0.0.1", 0)) {
        die("no server");
    }
    if (doze_dtls_config_init(&b->config, &client) != DOZE_OK ||
        doze_udp_init(&b->udp, &(doze_udp_settings){.net = doze_posix_net()}) != DOZE_OK ||
        doze_dtls_init(&b->dtls, &b->config, &b->udp.socket) != DOZE_OK) {
        die("no client");
    }
    b->socket = &b->dtls.socket;
    if (v->store != NULL) {
        open_store(b, v->store);
    }
    settle(b, doze_connect(b->socket, "127.0.0.1", peer_udp_port(&b->peer)));
    return b;
}

static void close_bench(bench *b) {
    doze_deinit(b->socket);
    doze_deinit(&b->udp.socket);
    doze_dtls_config_deinit(&b->config);
    if (b->stored) {
        doze_file_store_close(&b->files);
    }
    peer_udp_close(&b->peer);
    free(b);
}

/* ---- the floor ---- */

static int raw_send(void *context, const unsigned char *data, size_t size) {
    const bench *b = context;
    return (int)send(b->raw, data, size, MSG_NOSIGNAL);
}

static int raw_recv(void *context, unsigned char *data, size_t size) {
    const bench *b = context;
    ssize_t got = recv(b->raw, data, size, 0);
    return got < 0 ? MBEDTLS_ERR_SSL_WANT_READ : (int)got;
}

/* From here on the association is used without doze, by what Mbed TLS itself has for it. */
static mbedtls_ssl_context *lay_bare(bench *b) {
    b->raw = doze_fd(b->socket);
    mbedtls_ssl_set_bio(&b->dtls.live->ssl, b, raw_send, raw_recv, NULL);
    mbedtls_ssl_set_timer_cb(&b->dtls.live->ssl, &b->timer, mbedtls_timing_set_delay, mbedtls_timing_get_delay);
    return &b->dtls.live->ssl;
}

/* ---- what is measured: a function each, as its name is what the tool knows ---- */

#define MEASURED(name)                                                                                                 \
    NOINLINE static void measure_send60_##name(doze_socket *s) {                                                       \
        doze_send(s, message, SMALL);                                                                                  \
    }                                                                                                                  \
    NOINLINE static void measure_send1000_##name(doze_socket *s) {                                                     \
        doze_send(s, message, LARGE);                                                                                  \
    }                                                                                                                  \
    NOINLINE static void measure_recv60_##name(doze_socket *s) {                                                       \
        size_t size;                                                                                                   \
        doze_recv(s, buffer, sizeof(buffer), &size);                                                                   \
    }                                                                                                                  \
    NOINLINE static void measure_recv1000_##name(doze_socket *s) {                                                     \
        size_t size;                                                                                                   \
        doze_recv(s, buffer, sizeof(buffer), &size);                                                                   \
    }                                                                                                                  \
    NOINLINE static void measure_floor_send60_##name(mbedtls_ssl_context *ssl) {                                       \
        mbedtls_ssl_write(ssl, message, SMALL);                                                                        \
    }                                                                                                                  \
    NOINLINE static void measure_floor_send1000_##name(mbedtls_ssl_context *ssl) {                                     \
        mbedtls_ssl_write(ssl, message, LARGE);                                                                        \
    }                                                                                                                  \
    NOINLINE static void measure_floor_recv60_##name(mbedtls_ssl_context *ssl) {                                       \
        mbedtls_ssl_read(ssl, buffer, sizeof(buffer));                                                                 \
    }                                                                                                                  \
    NOINLINE static void measure_floor_recv1000_##name(mbedtls_ssl_context *ssl) {                                     \
        mbedtls_ssl_read(ssl, buffer, sizeof(buffer));                                                                 \
    }

typedef struct measured {
    void (*send[2])(doze_socket *);
    void (*recv[2])(doze_socket *);
    void (*floor_send[2])(mbedtls_ssl_context *);
    void (*floor_recv[2])(mbedtls_ssl_context *);
} measured;

#define TABLE(name)                                                                                                    \
    {                                                                                                                  \
        .send = {measure_send60_##name, measure_send1000_##name},                                                      \
        .recv = {measure_recv60_##name, measure_recv1000_##name},                                                      \
        .floor_send = {measure_floor_send60_##name, measure_floor_send1000_##name},                                    \
        .floor_recv = {measure_floor_recv60_##name, measure_floor_recv1000_##name},                                    \
    }

MEASURED(ccm8)
MEASURED(ccm8_cid)
MEASURED(gcm)
MEASURED(gcm_cid)
MEASURED(store)
MEASURED(store_cid)

static const measured tables[] = {TABLE(ccm8),    TABLE(ccm8_cid), TABLE(gcm),
                                  TABLE(gcm_cid), TABLE(store),    TABLE(store_cid)};

static void mark(const char *what) {
    (void)!write(-1, what, strlen(what)); /* for strace */
}

/* With a store, numbers are reserved while this goes on, once in 1,024. */
static void measure_sends(bench *b, const measured *m, int size) {
    b->peer.peer.behaviour.answer = PEER_EAT;
    for (int i = 0; i < TIMES; i++) {
        m->send[size](b->socket);
    }
    peer_udp_pump(&b->peer);
    b->peer.peer.behaviour.answer = PEER_ECHO;
}

static void measure_receipts(bench *b, const measured *m, int size) {
    for (int i = 0; i < TIMES; i++) {
        doze_send(b->socket, message, size == 0 ? SMALL : LARGE);
        peer_udp_pump(&b->peer);
        m->recv[size](b->socket);
    }
}

static void measure_floor(bench *b, const measured *m) {
    mbedtls_ssl_context *ssl = lay_bare(b);
    for (int size = 0; size < 2; size++) {
        for (int i = 0; i < TIMES; i++) {
            m->floor_send[size](ssl);
            peer_udp_pump(&b->peer);
            m->floor_recv[size](ssl);
        }
    }
}

static void measure_datagrams(const variant *v, const measured *m) {
    bench *b = open_bench(v);
    for (int size = 0; size < 2; size++) {
        if (v->store != NULL) { /* so that there is something to reserve */
            doze_shutdown(b->socket);
            settle(b, doze_resume(b->socket));
        }
        measure_sends(b, m, size);
        measure_receipts(b, m, size);
    }
    measure_floor(b, m);
    close_bench(b);
}

/* ---- waking ---- */

#define WAKE(name)                                                                                                     \
    NOINLINE static doze_result measure_wake_##name##_up(doze_socket *s) {                                             \
        doze_result result = doze_resume(s);                                                                           \
        return result == DOZE_OK ? doze_send(s, message, SMALL) : result;                                              \
    }                                                                                                                  \
    NOINLINE static doze_result measure_wake_##name##_down(doze_socket *s) {                                           \
        size_t size;                                                                                                   \
        return doze_recv(s, buffer, sizeof(buffer), &size);                                                            \
    }
WAKE(kept)
WAKE(kept_cid)
WAKE(thawed)
WAKE(thawed_cid)

static void measure_wakes(bench *b, doze_result (*up)(doze_socket *), doze_result (*down)(doze_socket *)) {
    for (int i = 0; i < WAKES; i++) {
        doze_shutdown(b->socket);
        if (up(b->socket) != DOZE_OK) {
            die("a wake failed");
        }
        peer_udp_pump(&b->peer);
        if (down(b->socket) != DOZE_OK) {
            die("a wake was not answered");
        }
    }
}

NOINLINE static int measure_load_up(mbedtls_ssl_context *ssl, bench *b, const unsigned char *image, size_t size) {
    mbedtls_ssl_init(ssl);
    int error = mbedtls_ssl_setup(ssl, &b->config.tls);
    error = error ? error : mbedtls_ssl_context_load(ssl, image, size);
    mbedtls_ssl_set_bio(ssl, b, raw_send, raw_recv, NULL);
    return error ? error : mbedtls_ssl_write(ssl, message, SMALL);
}

NOINLINE static int measure_load_down(mbedtls_ssl_context *ssl) {
    return mbedtls_ssl_read(ssl, buffer, sizeof(buffer));
}

/* The floor of a thawed wake: what Mbed TLS itself needs to go on from its own image. */
static void measure_loads(bench *b) {
    mbedtls_ssl_context *ssl = lay_bare(b);
    unsigned char image[512];
    size_t size = 0;
    for (int i = 0; i < WAKES; i++) {
        if (mbedtls_ssl_context_save(ssl, image, sizeof(image), &size) != 0) {
            die("no image");
        }
        mbedtls_ssl_free(ssl);
        if (measure_load_up(ssl, b, image, size) < 0) {
            die("no load");
        }
        peer_udp_pump(&b->peer);
        if (measure_load_down(ssl) < 0) {
            die("no answer after a load");
        }
    }
}

static void measure_all_wakes(void) {
    static const variant plain = {0};
    static const variant cid = {.cid = true};
    bench *b = open_bench(&plain);
    measure_wakes(b, measure_wake_kept_up, measure_wake_kept_down);
    doze_dtls_set_freezer(&b->dtls, b->freezer, sizeof(b->freezer));
    measure_wakes(b, measure_wake_thawed_up, measure_wake_thawed_down);
    measure_loads(b);
    close_bench(b);
    b = open_bench(&cid);
    measure_wakes(b, measure_wake_kept_cid_up, measure_wake_kept_cid_down);
    doze_dtls_set_freezer(&b->dtls, b->freezer, sizeof(b->freezer));
    measure_wakes(b, measure_wake_thawed_cid_up, measure_wake_thawed_cid_down);
    close_bench(b);
}

/* ---- handshakes ---- */

NOINLINE static doze_result measure_handshake_full(doze_socket *s) {
    return doze_step(s);
}
NOINLINE static doze_result measure_handshake_resumed(doze_socket *s) {
    return doze_step(s);
}

static void measure_handshake(bench *b, doze_result (*step)(doze_socket *)) {
    doze_result result = doze_connect(b->socket, "127.0.0.1", peer_udp_port(&b->peer));
    while (result == DOZE_IN_PROGRESS) {
        peer_udp_pump(&b->peer);
        result = step(b->socket);
    }
    if (result != DOZE_OK) {
        die(doze_strerror(result));
    }
}

static void report_handshake(const bench *b, const char *name) {
    doze_report r;
    doze_dtls_get_report(&b->dtls, &r);
    printf("%s_datagrams %u\n%s_bytes %lu\n", name, r.datagrams_sent + r.datagrams_received, name,
           (unsigned long)(r.bytes_sent + r.bytes_received));
}

static void measure_handshakes(void) {
    bench *b = open_bench(&(variant){0});
    for (int i = 0; i < WAKES / 10; i++) {
        doze_forget(b->socket);
        measure_handshake(b, measure_handshake_full);
    }
    report_handshake(b, "wake_full");
    for (int i = 0; i < WAKES / 10; i++) {
        doze_close(b->socket);
        peer_udp_pump(&b->peer);
        measure_handshake(b, measure_handshake_resumed);
    }
    report_handshake(b, "wake_resumed");
    close_bench(b);
}

/* ---- system calls: between marks, a wake and a message each way ---- */

static void one_wake(bench *b) {
    mark("begin wake_kept");
    doze_result up = measure_wake_kept_up(b->socket);
    mark("pause");
    peer_udp_pump(&b->peer);
    mark("continue");
    doze_result down = measure_wake_kept_down(b->socket);
    mark("end");
    if (up != DOZE_OK || down != DOZE_OK) {
        die("a wake failed");
    }
}

static void count_system_calls(void) {
    size_t size;
    bench *b = open_bench(&(variant){0});
    doze_shutdown(b->socket);
    one_wake(b);
    doze_set_option(b->socket, DOZE_OPT_SLEEP, DOZE_SLEEP_HOLD);
    mark("begin send");
    doze_send(b->socket, message, SMALL);
    mark("end");
    peer_udp_pump(&b->peer);
    mark("begin recv");
    doze_recv(b->socket, buffer, sizeof(buffer), &size);
    mark("end");
    close_bench(b);
}

/* ---- memory ---- */

static size_t heap(void) {
    return mallinfo2().uordblks;
}

/* What an association takes of the heap, of which the structure that Mbed TLS asks its user for is the floor's, too. */
static void report_memory(void) {
    bench *b = open_bench(&(variant){.cid = true});
    size_t connected = heap();
    doze_shutdown(b->socket);
    size_t kept = heap();
    doze_dtls_set_freezer(&b->dtls, b->freezer, sizeof(b->freezer)); /* freezes at once */
    size_t frozen = heap();
    int64_t image = 0;
    doze_get_option(b->socket, DOZE_OPT_FROZEN_SIZE, &image);
    doze_forget(b->socket);
    size_t forgotten = heap();
    mbedtls_ssl_context *ssl = calloc(1, sizeof(*ssl));
    mbedtls_ssl_init(ssl);
    size_t before = heap();
    if (mbedtls_ssl_setup(ssl, &b->config.tls) != 0) {
        die("no memory");
    }
    printf("frozen_bytes %ld\n", (long)image);
    printf("frozen_heap_bytes %zu\n", frozen - forgotten);
    printf("connected_heap_bytes %zu\nasleep_kept_heap_bytes %zu\n", connected - frozen, kept - frozen);
    printf("setup_heap_bytes %zu\n", heap() - before);
    printf("connected_heap_over_raw_bytes %zu\n", sizeof(doze_association) - sizeof(mbedtls_ssl_context));
    printf("socket_bytes %zu\n", sizeof(doze_udp) + sizeof(doze_dtls));
    mbedtls_ssl_free(ssl);
    free(ssl);
    close_bench(b);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    const char *directory = argc > 2 ? argv[2] : ".";
    const variant variants[] = {{0},
                                {.cid = true},
                                {.gcm = true},
                                {.gcm = true, .cid = true},
                                {.store = directory},
                                {.cid = true, .store = directory}};
    if (strcmp(what, "instructions") == 0) {
        for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
            measure_datagrams(&variants[i], &tables[i]);
        }
        measure_all_wakes();
        measure_handshakes();
    } else if (strcmp(what, "calls") == 0) {
        count_system_calls();
    } else if (strcmp(what, "memory") == 0) {
        report_memory();
    } else if (strcmp(what, "day") == 0) {
        report_day();
    } else if (strcmp(what, "scale") == 0) {
        report_scale();
    } else {
        fputs("usage: bench instructions|calls|memory|day|scale [DIRECTORY]\n", stderr);
        return 2;
    }
    return 0;
}
