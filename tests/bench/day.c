/* SPDX-License-Identifier: Apache-2.0 */
/* A day in the life of a meter: 96 wakes, each to report 60 bytes until they are answered, behind a NAT, over a lossy
 * and slow radio; the server restarts at noon. What doze does, and what its peers do, in the same simulated world: each
 * line is one figure of one strategy, a mean over some days with dice of their own. Bytes are those of IP packets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/figures.h"
#include "doze/dtls.h"
#include "doze/udp.h"
#include "peer/peer_world.h"
#include "world/world.h"

enum {
    DAYS = 12,
    WAKES = 96,
    NOON = WAKES / 2,
    PAUSE = 15 * 60 * 1000,
    LATENCY = 1000, /* one way; NB-IoT has round trips of 1 to 10 s */
    REPORT = 60,
    IP_AND_UDP = 28,
    ACK_TIMEOUT = 5000, /* RFC 7252 section 4.2, for such a radio; four times more, each time doubled */
    TRANSMISSIONS = 5,
    PATIENCE = 93000,
};

typedef struct strategy {
    const char *name;
    doze_cid cid;
    uint32_t association_lifetime; /* 1: every wake begins with a resumption */
    int silence_limit;             /* 0: no fallback */
    bool forgets;                  /* every wake begins with a full handshake */
} strategy;

static const strategy strategies[] = {
    {"ladder_cid", DOZE_CID_OFFER_EMPTY, 0, 2, false},
    {"ladder", DOZE_CID_OFF, 0, 2, false},
    {"resume", DOZE_CID_OFF, 1, 2, false},
    {"full", DOZE_CID_OFF, 0, 2, true},
    {"cid_alone", DOZE_CID_OFFER_EMPTY, 0, 0, false},
};

typedef struct sky {
    const char *name;
    int64_t timeout; /* of the NAT, in ms; -1: never */
} sky;
static const sky skies[] = {{"nat12", 12000}, {"nat60", 60000}, {"nat300", 300000}, {"never", -1}};
static const unsigned losses[] = {0, 5, 10, 20}; /* percent, each way */

typedef struct day {
    world w;
    world_host *host;
    peer_world server;
    doze_dtls_config config;
    doze_udp udp;
    doze_dtls dtls;
    doze_socket *socket;
    const strategy *how;
    uint64_t bytes;
    uint64_t datagrams;
    uint64_t awake; /* ms */
    unsigned answered;
} day;

static bool count(void *context, world_datagram *datagram) {
    day *d = context;
    d->datagrams++;
    d->bytes += datagram->size + IP_AND_UDP;
    return true;
}

static void begin(day *d, const strategy *how, const sky *above, unsigned loss, uint64_t seed) {
    static const unsigned char key[16] = "0123456789abcde";
    memset(d, 0, sizeof(*d));
    d->how = how;
    world_init(&d->w, seed);
    d->w.link.latency = LATENCY;
    d->host = world_add_host(&d->w, "10.0.0.2");
    world_nat_set_timeout(world_add_nat(&d->w, d->host, "198.51.100.1"), above->timeout);
    const peer_settings server = {
        .identity = "meter", .key = key, .key_size = sizeof(key), .sessions = PEER_SESSION_CACHE};
    const doze_dtls_settings client = {.clock = world_clock(&d->w),
                                       .random = world_random(&d->w),
                                       .psk = {.identity = {"meter", 5}, .key = {key, sizeof(key)}},
                                       .cid = how->cid,
                                       .association_lifetime = how->association_lifetime,
                                       .handshake_timer_min = 9000}; /* RFC 7925 section 11 */
    const doze_udp_settings below = {.net = world_host_net(d->host), .resolver = world_resolver(&d->w)};
    bool ready = peer_world_open(&d->server, &d->w, &server, "192.0.2.1", 5684) &&
                 doze_dtls_config_init(&d->config, &client) == DOZE_OK && doze_udp_init(&d->udp, &below) == DOZE_OK &&
                 doze_dtls_init(&d->dtls, &d->config, &d->udp.socket) == DOZE_OK;
    d->socket = &d->dtls.socket;
    if (!ready || doze_set_option(d->socket, DOZE_OPT_SILENCE_LIMIT, how->silence_limit) != DOZE_OK ||
        world_connect(&d->w, d->socket, "192.0.2.1", 5684, PATIENCE) != DOZE_OK ||
        doze_shutdown(d->socket) != DOZE_OK) {
        die("a day could not begin");
    }
    for (int direction = 0; direction < WORLD_DIRECTIONS; direction++) {
        d->w.link.rate[direction][WORLD_LOSS] = loss * (WORLD_ALWAYS / 100);
    }
    world_on_datagram(&d->w, count, d);
}

static void end(day *d) {
    doze_deinit(d->socket);
    doze_deinit(&d->udp.socket);
    doze_dtls_config_deinit(&d->config);
    peer_world_close(&d->server);
    world_deinit(&d->w);
}

static doze_result connect_again(day *d, int64_t patience) {
    if (d->how->forgets) {
        doze_forget(d->socket);
    }
    return doze_get_state(d->socket) == DOZE_STATE_SHUTDOWN
               ? world_resume(&d->w, d->socket, patience)
               : world_connect(&d->w, d->socket, "192.0.2.1", 5684, patience);
}

/* The report, until it is out or a climb has taken what was left of the patience. */
static doze_result say(day *d, int64_t patience) {
    static const char report[REPORT] = "report";
    doze_result result = doze_send(d->socket, report, sizeof(report));
    for (int i = 0; i < 3 && (result == DOZE_IN_PROGRESS || result == DOZE_NEW_CONTEXT); i++) {
        if (result == DOZE_IN_PROGRESS && world_run(&d->w, d->socket, patience) != DOZE_OK) {
            return DOZE_ERR_TIMEOUT;
        }
        result = doze_send(d->socket, report, sizeof(report));
    }
    return result;
}

static void wake(day *d) {
    const uint64_t began = world_now(&d->w);
    char answer[2 * REPORT];
    size_t size = 0;
    bool answered = false;
    bool connected = connect_again(d, PATIENCE) == DOZE_OK;
    int64_t wait = ACK_TIMEOUT;
    for (int i = 0; i < TRANSMISSIONS && connected && !answered; i++, wait *= 2) {
        int64_t left = PATIENCE - (int64_t)(world_now(&d->w) - began);
        if (left <= 0 || say(d, left) != DOZE_OK) {
            break;
        }
        answered = world_recv(&d->w, d->socket, answer, sizeof(answer), &size, wait < left ? wait : left) == DOZE_OK;
    }
    d->answered += answered;
    d->awake += world_now(&d->w) - began;
    if (doze_get_state(d->socket) != DOZE_STATE_CLOSED) {
        doze_shutdown(d->socket);
    }
}

static void live(day *d) {
    for (int i = 0; i < WAKES; i++) {
        world_advance(&d->w, PAUSE);
        if (i == NOON && !peer_restart(&d->server.peer, false)) {
            die("a server did not restart");
        }
        wake(d);
    }
}

static void report(const strategy *how, const sky *above, unsigned loss) {
    double bytes = 0, datagrams = 0, handshakes = 0, awake = 0, answered = 0;
    for (uint64_t seed = 1; seed <= DAYS; seed++) {
        static day d;
        begin(&d, how, above, loss, seed);
        live(&d);
        bytes += (double)d.bytes;
        datagrams += (double)d.datagrams;
        handshakes += d.server.peer.counters.handshakes_full + d.server.peer.counters.handshakes_resumed - 1;
        awake += (double)d.awake / 1000;
        answered += d.answered;
        end(&d);
    }
    const struct {
        const char *name;
        double sum;
    } figures[] = {{"bytes", bytes},
                   {"datagrams", datagrams},
                   {"handshakes", handshakes},
                   {"seconds_awake", awake},
                   {"reports", answered}};
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        printf("day_%s_%s_loss%u_%s %.1f\n", how->name, above->name, loss, figures[i].name, figures[i].sum / DAYS);
    }
}

void report_day(void) {
    for (size_t h = 0; h < sizeof(strategies) / sizeof(strategies[0]); h++) {
        for (size_t n = 0; n < sizeof(skies) / sizeof(skies[0]); n++) {
            for (size_t l = 0; l < sizeof(losses) / sizeof(losses[0]); l++) {
                report(&strategies[h], &skies[n], losses[l]);
            }
        }
    }
}
