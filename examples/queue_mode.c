/* SPDX-License-Identifier: Apache-2.0 */
/* A device in queue mode: it registers over DTLS, sleeps without a word, and wakes to say that it is still there. */
#define _POSIX_C_SOURCE 200809L
#include <doze/doze.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WENT_WELL = 0, FAILED = 1, MISUSED = 2 };
enum { CONNECT_TIME = 30000, ANSWER_TIME = 2000, TRIES = 5, WAKES_MAX = 1000, SECONDS_MAX = 86400 }; /* times in ms */

static const char usage[] =
    "usage: queue_mode HOST PORT [IDENTITY KEY [WAKES [SECONDS]]]\n"
    "Registers with a DTLS server that answers each message, then sleeps WAKES times (3) for SECONDS each (2).\n"
    "IDENTITY and KEY of the pre-shared key are text; without them: doze 0123456789abcdef.\n";
static const char *const rungs[] = {"none", "kept", "thawed", "resumed", "handshake", "fresh port", "next address"};

typedef struct device {
    doze_udp udp;
    doze_dtls_config config;
    doze_dtls dtls;
    doze_socket *socket; /* of `dtls` */
    const char *host;
    uint16_t port;
    char name[DOZE_HOSTNAME_MAX + 1];
} device;

static bool complain(const device *d, const char *what, doze_result result) {
    int64_t alert = -1;
    (void)fprintf(stderr, "queue_mode: %s:%u: %s: %s (cause %d)\n", d->host, d->port, what, doze_strerror(result),
                  doze_cause(d->socket));
    (void)doze_get_option(d->socket, DOZE_OPT_ALERT, &alert);
    if (alert >= 0) {
        (void)fprintf(stderr, "queue_mode: its last alert was %d: do identity and key agree?\n", (int)alert);
    } else if (result == DOZE_ERR_TIMEOUT) {
        (void)fputs("queue_mode: is it up? Some servers are silent when identity or key are wrong, too\n", stderr);
    }
    return false;
}

static doze_result set_up(device *d, const char *identity, const char *key) {
    const doze_udp_settings below = {.net = doze_posix_net(),
                                     .resolver = doze_posix_resolver(),
                                     .hostname_memory = d->name,
                                     .hostname_memory_size = sizeof(d->name)};
    /* A Connection ID is offered unless the settings say otherwise: then a NAT box may forget us while we sleep. */
    const doze_dtls_settings settings = {.clock = doze_posix_clock(),
                                         .random = doze_posix_random(),
                                         .psk = {.identity = {identity, strlen(identity)}, .key = {key, strlen(key)}}};
    doze_result result = doze_udp_init(&d->udp, &below);
    result = result != DOZE_OK ? result : doze_dtls_config_init(&d->config, &settings);
    result = result != DOZE_OK ? result : doze_dtls_init(&d->dtls, &d->config, &d->udp.socket);
    d->socket = &d->dtls.socket;
    return result;
}

static void clear_up(device *d) {
    doze_deinit(d->socket);
    doze_deinit(&d->udp.socket);
    doze_dtls_config_deinit(&d->config);
}

/* Sends a message and waits for the answer. Datagrams get lost, so it asks again; the third time doze_send() itself
 * looks for a better way first, as a server that forgot us never says so. (Any answer will do here; CoAP knows whose it
 * is.) */
static doze_result ask(device *d, const char *message) {
    char answer[256];
    size_t size = 0;
    doze_result result = DOZE_ERR_TIMEOUT;
    for (int i = 0; i < TRIES && result == DOZE_ERR_TIMEOUT; i++) {
        while ((result = doze_send_wait(d->socket, message, strlen(message), ANSWER_TIME)) == DOZE_IN_PROGRESS) {
            result = doze_connected_wait(d->socket, -1); /* DOZE_OPT_CLIMB_TIME ends it */
            if (result != DOZE_OK) {
                return result;
            }
        }
        if (result == DOZE_OK) {
            result = doze_recv_wait(d->socket, answer, sizeof(answer), &size);
        }
    }
    return result;
}

static bool register_first(device *d) {
    int64_t has_cid = 0;
    doze_result result = doze_connect_wait(d->socket, d->host, d->port, CONNECT_TIME);
    if (result != DOZE_OK) {
        return complain(d, "connect", result);
    }
    (void)doze_get_option(d->socket, DOZE_OPT_CONNECTION_ID, &has_cid);
    (void)doze_set_option(d->socket, DOZE_OPT_RECV_TIMEOUT, ANSWER_TIME);
    result = ask(d, "register");
    if (result != DOZE_OK) {
        return complain(d, "register", result);
    }
    printf("registered from port %u, %s Connection ID\n", doze_local_port(d->socket), has_cid ? "with" : "without");
    return true;
}

static int64_t count(const device *d, doze_option option) {
    int64_t value = 0;
    (void)doze_get_option(d->socket, option, &value);
    return value;
}

static bool wake_and_update(device *d, int number) {
    doze_report report = {0};
    int64_t up = count(d, DOZE_OPT_DATAGRAMS_SENT);
    int64_t down = count(d, DOZE_OPT_DATAGRAMS_RECEIVED);
    doze_result result = doze_resume_wait(d->socket, -1);
    result = result != DOZE_OK ? result : ask(d, "update");
    if (result == DOZE_NEW_CONTEXT) {
        printf("wake %d: new keys, so the server does not know us: registering anew\n", number);
        result = ask(d, "register");
    }
    if (result != DOZE_OK) { /* a device would sleep on now, and try again */
        (void)complain(d, "wake", result);
        printf("wake %d failed: the next one would be in %u s\n", number,
               (unsigned)(doze_dtls_back_off(&d->dtls, 1) / 1000));
        return false;
    }
    (void)doze_dtls_get_report(&d->dtls, &report);
    printf("wake %d: %s, port %u%s, %u handshake datagrams; in all %d up, %d down\n", number, rungs[report.rung],
           doze_local_port(d->socket), report.port_kept ? "" : " (a new one)",
           report.datagrams_sent + report.datagrams_received, (int)(count(d, DOZE_OPT_DATAGRAMS_SENT) - up),
           (int)(count(d, DOZE_OPT_DATAGRAMS_RECEIVED) - down));
    return true;
}

static bool live(device *d, int wakes, int seconds) {
    bool ok = register_first(d);
    for (int i = 1; i <= wakes && ok; i++) {
        doze_result result = doze_shutdown(d->socket); /* nothing goes on the wire, the kernel's socket is gone */
        (void)nanosleep(&(struct timespec){.tv_sec = seconds}, NULL);
        ok = result == DOZE_OK ? wake_and_update(d, i) : complain(d, "sleep", result);
    }
    (void)doze_close(d->socket); /* goodbye: only a device that is to be forgotten says so */
    return ok;
}

/* A whole number from 0 to `most`; without a text, `otherwise`; else -1. */
static int number(const char *text, int otherwise, int most) {
    char *end = NULL;
    long value = text == NULL ? otherwise : strtol(text, &end, 10);
    return value < 0 || value > most || (end != NULL && (end == text || *end != '\0')) ? -1 : (int)value;
}

int main(int argc, char **argv) {
    device d;
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* so that it is in order with what standard error has */
    int wakes = number(argc > 5 ? argv[5] : NULL, 3, WAKES_MAX);
    int seconds = number(argc > 6 ? argv[6] : NULL, 2, SECONDS_MAX);
    if (argc < 3 || argc == 4 || argc > 7 || doze_parse_port(argv[2], &d.port) != DOZE_OK || wakes < 0 || seconds < 0) {
        (void)fputs(usage, stderr);
        return MISUSED;
    }
    d.host = argv[1];
    doze_result result = set_up(&d, argc > 4 ? argv[3] : "doze", argc > 4 ? argv[4] : "0123456789abcdef");
    if (result != DOZE_OK) {
        (void)fprintf(stderr, "queue_mode: %s\n", doze_strerror(result));
        return result == DOZE_ERR_IDENTITY || result == DOZE_ERR_KEY ? MISUSED : FAILED;
    }
    bool ok = live(&d, wakes, seconds);
    clear_up(&d);
    return ok ? WENT_WELL : FAILED;
}
