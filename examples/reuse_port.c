/* SPDX-License-Identifier: Apache-2.0 */
/* A UDP client that keeps its port: servers and NAT boxes that know a device by it still do so after a pause. */
#include <doze/doze.h>
#include <stdio.h>

enum { WENT_WELL = 0, FAILED = 1, MISUSED = 2 };
enum { ANSWER_TIME = 2000, TRIES = 3 }; /* ms, for each of them */

static const char usage[] = "usage: reuse_port HOST PORT\n"
                            "Asks a CoAP server something (or any server that sends back what it gets) over UDP, from "
                            "the same local port each time.\n";

typedef struct client {
    doze_udp udp;
    doze_socket *socket; /* of `udp` */
    const char *host;
    uint16_t port;
} client;

static bool complain(const client *c, const char *what, doze_result result) {
    (void)fprintf(stderr, "reuse_port: %s:%u: %s: %s (cause %d)\n", c->host, c->port, what, doze_strerror(result),
                  doze_cause(c->socket));
    return false;
}

static bool complain_of_silence(const client *c) {
    int64_t refusals = 0;
    (void)doze_get_option(c->socket, DOZE_OPT_REFUSALS, &refusals);
    (void)fprintf(stderr, "reuse_port: %s:%u: %d requests and no answer: %s\n", c->host, c->port, TRIES,
                  refusals > 0 ? "its host says that nobody listens there; is the server running, on this port?"
                               : "is the server up, and does a firewall let it through?");
    return false;
}

/* RFC 7252 section 3: a confirmable GET, without a path or anything else, which every CoAP server answers somehow.
 * Datagrams get lost, so it asks again. */
static bool ask(const client *c) {
    static uint8_t message[] = {0x40, 0x01, 0x12, 0x00}; /* the last byte counts: servers know repetitions */
    uint8_t answer[1280];
    size_t size = 0;
    message[3]++;
    for (int i = 0; i < TRIES; i++) {
        doze_result result = doze_send_wait(c->socket, message, sizeof(message), ANSWER_TIME);
        if (result == DOZE_OK) {
            result = doze_recv_wait(c->socket, answer, sizeof(answer), &size);
        }
        if (result == DOZE_OK) {
            return true;
        }
        if (result != DOZE_ERR_TIMEOUT && result != DOZE_ERR_REFUSED) {
            return complain(c, "GET", result);
        }
    }
    return complain_of_silence(c);
}

static bool connect_and_ask(const client *c, const char *when) {
    doze_result result = doze_connect_wait(c->socket, c->host, c->port, ANSWER_TIME);
    if (result != DOZE_OK) {
        return complain(c, "connect", result);
    }
    if (!ask(c)) {
        return false;
    }
    (void)printf("%-24s answered, from local port %u\n", when, doze_local_port(c->socket));
    return true;
}

/* What must fail does, and the socket is as it was. */
static bool is_refused(const client *c, const char *when, doze_result expected) {
    doze_state before = doze_get_state(c->socket);
    doze_result result = doze_reuse_last_port(c->socket);
    if (result != expected || doze_get_state(c->socket) != before) {
        return complain(c, when, result);
    }
    (void)printf("%-24s refused: %s\n", when, doze_strerror(result));
    return true;
}

static bool reuse_and_ask(const client *c, const char *when) {
    uint16_t before = doze_local_port(c->socket);
    doze_result result = doze_reuse_last_port(c->socket);
    if (result != DOZE_OK) {
        return complain(c, "reuse_last_port", result);
    }
    (void)printf("%-24s state %s, local port %u\n", when, doze_state_name(doze_get_state(c->socket)),
                 doze_local_port(c->socket));
    if (!connect_and_ask(c, "connected again:")) {
        return false;
    }
    return doze_local_port(c->socket) == before || complain(c, "another port", DOZE_ERR_PORT_TAKEN);
}

/* With the port taken there is no way to have it: go on from another one, and tell the server who you are. */
static bool meet_a_thief(const client *c) {
    doze_udp thief;
    (void)doze_close(c->socket);
    doze_result result = doze_udp_init(&thief, &(doze_udp_settings){.net = doze_posix_net()});
    if (result == DOZE_OK) {
        result = doze_bind(&thief.socket, NULL, doze_local_port(c->socket));
    }
    bool ok = result == DOZE_OK || complain(c, "taking the port", result);
    ok = ok && is_refused(c, "the port is taken:", DOZE_ERR_PORT_TAKEN) && connect_and_ask(c, "from any port:");
    doze_deinit(&thief.socket);
    return ok;
}

static bool tell(const client *c) {
    if (!is_refused(c, "never connected yet:", DOZE_ERR_NO_LAST_PORT) || !connect_and_ask(c, "connected:")) {
        return false;
    }
    (void)doze_close(c->socket);
    if (!reuse_and_ask(c, "closed, port reused:")) {
        return false;
    }
    (void)doze_shutdown(
        c->socket); /* unlike close, it keeps the peer too: doze_resume() would do all of this at once */
    return reuse_and_ask(c, "shut down, port reused:") && meet_a_thief(c);
}

int main(int argc, char **argv) {
    client c;
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* so that it is in order with what standard error has */
    if (argc != 3 || doze_parse_port(argv[2], &c.port) != DOZE_OK) {
        (void)fputs(usage, stderr);
        return MISUSED;
    }
    char name[DOZE_HOSTNAME_MAX + 1];
    const doze_udp_settings settings = {.net = doze_posix_net(),
                                        .resolver = doze_posix_resolver(),
                                        .hostname_memory = name,
                                        .hostname_memory_size = sizeof(name)};
    doze_result result = doze_udp_init(&c.udp, &settings);
    if (result != DOZE_OK) {
        (void)fprintf(stderr, "reuse_port: %s\n", doze_strerror(result));
        return FAILED;
    }
    c.socket = &c.udp.socket;
    c.host = argv[1];
    (void)doze_set_option(c.socket, DOZE_OPT_RECV_TIMEOUT, ANSWER_TIME);
    bool ok = tell(&c);
    doze_deinit(c.socket);
    return ok ? WENT_WELL : FAILED;
}
