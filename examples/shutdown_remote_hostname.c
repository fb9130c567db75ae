/* SPDX-License-Identifier: Apache-2.0 */
/* What a socket still knows while it is shut down, and how it finds back to the same node of a server with several. */
#include <doze/doze.h>
#include <stdio.h>
#include <string.h>

enum { WENT_WELL = 0, FAILED = 1, MISUSED = 2 };
enum { CONNECT_TIME = 30000, ANSWER_TIME = 2000, TRIES = 3 }; /* times in ms */

static const char usage[] =
    "usage: shutdown_remote_hostname HOST PORT [IDENTITY KEY]\n"
    "Asks a CoAP server something (or any server that sends back what it gets), over UDP, or over DTLS\n"
    "with this pre-shared key, both of it text. HOST should be a name, as localhost is one.\n";

typedef struct client {
    doze_udp udp;
    doze_dtls_config config;
    doze_dtls dtls;
    doze_socket *socket; /* of `dtls`, or of `udp` */
    bool secure;
    const char *host;
    uint16_t port;
    char name[DOZE_HOSTNAME_MAX + 1];
} client;

/* What can be asked at any time, without a word to anybody. */
typedef struct view {
    char hostname[DOZE_HOSTNAME_MAX + 1]; /* as given to connect … */
    char host[DOZE_ADDRESS_TEXT_SIZE];    /* … and the address that it was found to have */
    uint16_t remote_port;
    uint16_t local_port;
} view;

static bool complain(const client *c, const char *what, doze_result result) {
    int64_t alert = -1;
    (void)fprintf(stderr, "shutdown_remote_hostname: %s:%u: %s: %s (cause %d)\n", c->host, c->port, what,
                  doze_strerror(result), doze_cause(c->socket));
    if (c->secure && doze_get_option(c->socket, DOZE_OPT_ALERT, &alert) == DOZE_OK && alert >= 0) {
        (void)fprintf(stderr, "shutdown_remote_hostname: its last alert was %d: do identity and key agree?\n",
                      (int)alert);
    } else if (result == DOZE_ERR_TIMEOUT) {
        (void)fputs("shutdown_remote_hostname: is it up, at this port? Some servers do not say that a key is wrong\n",
                    stderr);
    }
    return false;
}

static int64_t ask_option(const client *c, doze_option option) {
    int64_t value = 0;
    (void)doze_get_option(c->socket, option, &value);
    return value;
}

/* ---- the three stories ---- */

static bool look(const client *c, const char *when, view *v) {
    const char *hostname = doze_remote_hostname(c->socket);
    doze_result result = doze_remote_host(c->socket, v->host, sizeof(v->host));
    if (hostname == NULL || result != DOZE_OK) {
        return complain(c, "remote host", hostname == NULL ? DOZE_ERR_NO_PEER : result);
    }
    (void)snprintf(v->hostname, sizeof(v->hostname), "%s", hostname);
    v->remote_port = doze_remote_port(c->socket);
    v->local_port = doze_local_port(c->socket);
    (void)printf("%-18s %-10s %s is %s, its port %u, ours %u; descriptor %s; %d datagrams sent\n", when,
                 doze_state_name(doze_get_state(c->socket)), v->hostname, v->host, v->remote_port, v->local_port,
                 doze_fd(c->socket) < 0 ? "none" : "open", (int)ask_option(c, DOZE_OPT_DATAGRAMS_SENT));
    return true;
}

/* RFC 7252 section 3: every CoAP server answers a confirmable GET, even one without a path. */
static bool ask(const client *c) {
    static uint8_t message[] = {0x40, 0x01, 0x12, 0x00}; /* the last byte counts: servers know repetitions */
    uint8_t answer[1280];
    size_t size = 0;
    doze_result result = DOZE_ERR_TIMEOUT;
    message[3]++;
    for (int i = 0; i < TRIES && (result == DOZE_ERR_TIMEOUT || result == DOZE_ERR_REFUSED); i++) {
        result = doze_send_wait(c->socket, message, sizeof(message), ANSWER_TIME);
        if (result == DOZE_OK) {
            result = doze_recv_wait(c->socket, answer, sizeof(answer), &size);
        }
    }
    if (result == DOZE_ERR_TIMEOUT && ask_option(c, DOZE_OPT_REFUSALS) > 0) {
        result = DOZE_ERR_REFUSED;
    }
    return result == DOZE_OK || complain(c, "GET", result);
}

static bool same(const char *when, const view *a, const view *b) {
    bool ok = strcmp(a->hostname, b->hostname) == 0 && strcmp(a->host, b->host) == 0 &&
              a->remote_port == b->remote_port && a->local_port == b->local_port;
    if (!ok) {
        (void)fprintf(stderr, "shutdown_remote_hostname: %s: not the same node, or another local port\n", when);
    }
    return ok;
}

/* Shut down and resumed: nothing is asked of a name service, and nothing is sent to say so. */
static bool suspend_and_resume(const client *c, const view *before) {
    view now;
    int64_t sent = ask_option(c, DOZE_OPT_DATAGRAMS_SENT);
    doze_result result = doze_shutdown(c->socket);
    if (result != DOZE_OK) {
        return complain(c, "shutdown", result);
    }
    if (!look(c, "shut down:", &now) || !same("shut down", before, &now)) {
        return false;
    }
    result = doze_resume_wait(c->socket, -1); /* ends by itself: DOZE_OPT_CLIMB_TIME */
    if (result != DOZE_OK) {
        return complain(c, "resume", result);
    }
    (void)printf("%-18s %d datagrams were sent for that\n",
                 "resumed:", (int)(ask_option(c, DOZE_OPT_DATAGRAMS_SENT) - sent));
    return ask(c) && look(c, "resumed, asked:", &now) && same("resumed", before, &now);
}

/* As an SDK suspends a download: shut down, closed, and connected by the name again. A socket that was shut down before
 * closes in silence, and connect goes to the address of before for as long as the name still has it. */
static bool suspend_and_connect(const client *c, const view *before) {
    view now;
    (void)doze_shutdown(c->socket);
    (void)doze_close(c->socket);
    doze_result result = doze_reuse_last_port(c->socket);
    if (result == DOZE_OK || result == DOZE_ERR_PORT_TAKEN) {
        result = doze_connect_wait(c->socket, before->hostname, c->port, CONNECT_TIME);
    }
    if (result != DOZE_OK) {
        return complain(c, "connect", result);
    }
    return ask(c) && look(c, "closed, connected:", &now) && same("closed, connected", before, &now);
}

static bool tell(const client *c) {
    view before;
    doze_result result = doze_connect_wait(c->socket, c->host, c->port, CONNECT_TIME);
    if (result != DOZE_OK) {
        return complain(c, "connect", result);
    }
    (void)doze_set_option(c->socket, DOZE_OPT_RECV_TIMEOUT, ANSWER_TIME);
    if (c->secure) { /* a silent server is told as such here; queue_mode.c looks for a better way */
        (void)doze_set_option(c->socket, DOZE_OPT_SILENCE_LIMIT, 0);
    }
    if (!ask(c) || !look(c, "connected:", &before) || !suspend_and_resume(c, &before) ||
        !suspend_and_connect(c, &before)) {
        return false;
    }
    if (c->secure) {
        (void)printf("%-18s %d handshake, %d wakes without one\n",
                     "in all:", (int)ask_option(c, DOZE_OPT_HANDSHAKES_FULL),
                     (int)ask_option(c, DOZE_OPT_HANDSHAKES_AVOIDED));
    }
    (void)doze_close(c->socket);
    return true;
}

/* ---- the sockets ---- */

static doze_result set_up_dtls(client *c, const char *identity, const char *key) {
    const doze_dtls_settings settings = {.clock = doze_posix_clock(),
                                         .random = doze_posix_random(),
                                         .psk = {.identity = {identity, strlen(identity)}, .key = {key, strlen(key)}}};
    doze_result result = doze_dtls_config_init(&c->config, &settings);
    c->secure = result == DOZE_OK;
    if (c->secure) {
        result = doze_dtls_init(&c->dtls, &c->config, &c->udp.socket);
        c->socket = &c->dtls.socket;
    }
    return result;
}

static doze_result set_up(client *c, const char *identity, const char *key) {
    const doze_udp_settings settings = {.net = doze_posix_net(),
                                        .resolver = doze_posix_resolver(),
                                        .hostname_memory = c->name,
                                        .hostname_memory_size = sizeof(c->name)};
    doze_result result = doze_udp_init(&c->udp, &settings);
    c->socket = &c->udp.socket;
    return result != DOZE_OK || identity == NULL ? result : set_up_dtls(c, identity, key);
}

static void clear_up(client *c) {
    if (c->secure) {
        doze_deinit(&c->dtls.socket);
        doze_dtls_config_deinit(&c->config);
    }
    doze_deinit(&c->udp.socket);
}

int main(int argc, char **argv) {
    client c = {.secure = false};
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* so that it is in order with what standard error has */
    if ((argc != 3 && argc != 5) || doze_parse_port(argv[2], &c.port) != DOZE_OK) {
        (void)fputs(usage, stderr);
        return MISUSED;
    }
    c.host = argv[1];
    doze_result result = set_up(&c, argc == 5 ? argv[3] : NULL, argc == 5 ? argv[4] : NULL);
    bool ok = result == DOZE_OK ? tell(&c) : complain(&c, "setting up", result);
    clear_up(&c);
    if (result == DOZE_ERR_IDENTITY || result == DOZE_ERR_KEY) {
        return MISUSED;
    }
    return ok ? WENT_WELL : FAILED;
}
