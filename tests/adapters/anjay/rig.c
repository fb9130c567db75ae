/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1 /* ppoll() */
#include "rig.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILES_MAX = 16, FILE_MAX = 16384, COAP_CONFIRMABLE = 0x40, MESSAGE_MAX = 256 };

static const unsigned char key[16] = "fifteen letters";
static rig *the_rig; /* poll() has no other way to it */
static uint64_t now = 1000;

/* ---- in place of the host ---- */

static uint64_t read_clock(void *context) {
    (void)context;
    return now;
}

doze_clock doze_posix_clock(void) {
    return (doze_clock){.now = read_clock};
}

uint64_t rig_now(void) {
    return now;
}

static void echo(int fd) {
    char datagram[2048];
    struct sockaddr_in from;
    socklen_t from_size = sizeof(from);
    ssize_t size;
    while ((size = recvfrom(fd, datagram, sizeof(datagram), MSG_DONTWAIT, (struct sockaddr *)&from, &from_size)) >= 0) {
        sendto(fd, datagram, (size_t)size, 0, (struct sockaddr *)&from, from_size);
        from_size = sizeof(from);
    }
}

static void serve(void) {
    if (the_rig != NULL && the_rig->server_open) {
        peer_udp_pump(&the_rig->server);
    }
    if (the_rig != NULL && the_rig->echo >= 0) {
        echo(the_rig->echo);
    }
}

void rig_pass(uint64_t ms) {
    now += ms;
    serve();
}

/* Datagrams of the loopback are there when send() returns, so what is not there now comes only as time passes. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int poll(struct pollfd *items, nfds_t count, int timeout) {
    const struct timespec at_once = {0};
    serve();
    int ready = ppoll(items, count, &at_once, NULL);
    if (ready != 0 || timeout == 0) {
        return ready;
    }
    assert_true(timeout > 0); /* or it would wait for ever */
    uint64_t end = now + (uint64_t)timeout;
    while (ready == 0 && now < end) {
        rig_pass(end - now < 100 ? end - now : 100); /* the server has timers too */
        ready = ppoll(items, count, &at_once, NULL);
    }
    return ready;
}

/* ---- credentials ---- */

static char *contents[FILES_MAX];
static char names[FILES_MAX][512];
static size_t files;

static const char *path_of(const char *name) {
    assert_in_range(files, 0, FILES_MAX - 1);
    snprintf(names[files], sizeof(names[files]), "%s/%s", DOZE_TEST_CERTS, name);
    return names[files++];
}

avs_crypto_security_info_union_t rig_bytes(const void *data, size_t size) {
    return (avs_crypto_security_info_union_t){.source = AVS_CRYPTO_DATA_SOURCE_BUFFER,
                                              .info.buffer = {.buffer = data, .buffer_size = size}};
}

avs_crypto_security_info_union_t rig_file(const char *name) {
    return (avs_crypto_security_info_union_t){.source = AVS_CRYPTO_DATA_SOURCE_FILE,
                                              .info.file = {.filename = path_of(name)}};
}

avs_crypto_security_info_union_t rig_buffer(const char *name) {
    size_t at = files;
    FILE *file = fopen(path_of(name), "rb");
    assert_non_null(file);
    contents[at] = calloc(1, FILE_MAX);
    assert_non_null(contents[at]);
    size_t size = fread(contents[at], 1, FILE_MAX, file);
    fclose(file);
    assert_in_range(size, 1, FILE_MAX - 1);
    return rig_bytes(contents[at], size);
}

static void forget_files(void) {
    while (files > 0) {
        files--;
        free(contents[files]);
        contents[files] = NULL;
    }
}

/* ---- servers ---- */

void rig_serve(rig *r, const peer_settings *settings, const char *certificate) {
    char file[512];
    char key_file[512];
    peer_settings s = settings == NULL ? (peer_settings){.sessions = PEER_SESSION_CACHE} : *settings;
    s.clock = doze_posix_clock();
    s.random = doze_posix_random();
    if (certificate == NULL) {
        s.identity = RIG_IDENTITY;
        s.key = key;
        s.key_size = sizeof(key);
    } else {
        snprintf(file, sizeof(file), "%s/%s-chain.pem", DOZE_TEST_CERTS, certificate);
        snprintf(key_file, sizeof(key_file), "%s/%s.key.pem", DOZE_TEST_CERTS, certificate);
        s.certificate_file = file;
        s.key_file = key_file;
    }
    if (!peer_udp_open(&r->server, &s, "127.0.0.1", 0)) {
        fail_msg("no server: %s", peer_why(&r->server.peer));
    }
    r->server_open = true;
}

void rig_serve_plain(rig *r) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    r->echo = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(r->echo, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(r->echo, (struct sockaddr *)&address, &size), 0);
    r->echo_port = ntohs(address.sin_port);
}

const char *rig_port(const rig *r) {
    static char text[8];
    snprintf(text, sizeof(text), "%u", r->server_open ? peer_udp_port(&r->server) : r->echo_port);
    return text;
}

/* ---- a test's beginning and end ---- */

int rig_set_up(void **state) {
    rig *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return -1;
    }
    r->echo = -1;
    r->config = (avs_net_ssl_configuration_t){
        .security = {.mode = AVS_NET_SECURITY_PSK,
                     .data.psk = {.key.desc = rig_bytes(key, sizeof(key)),
                                  .identity.desc = rig_bytes(RIG_IDENTITY, strlen(RIG_IDENTITY))}},
        .session_resumption_buffer = r->session,
        .session_resumption_buffer_size = sizeof(r->session),
        .backend_configuration = {.preferred_endpoint = &r->endpoint},
        .use_connection_id = true,
        .prng_ctx = rig_prng(false),
    };
    the_rig = r;
    *state = r;
    return 0;
}

int rig_tear_down(void **state) {
    rig *r = *state;
    rig_drop(r);
    if (r->server_open) {
        peer_udp_close(&r->server);
    }
    if (r->echo >= 0) {
        close(r->echo);
    }
    forget_files();
    the_rig = NULL;
    free(r);
    return 0;
}

/* ---- avs_net ---- */

void rig_dtls(rig *r) {
    assert_ok(_avs_net_create_dtls_socket(&r->socket, &r->config));
}

void rig_udp(rig *r, const avs_net_socket_configuration_t *configuration) {
    assert_ok(_avs_net_create_udp_socket(&r->socket, configuration));
}

const avs_net_socket_v_table_t *rig_table(const rig *r) {
    return *(const avs_net_socket_v_table_t *const *)r->socket;
}

void rig_drop(rig *r) {
    if (r->socket != NULL) {
        assert_ok(rig_table(r)->cleanup(&r->socket));
        assert_null(r->socket);
    }
}

avs_error_t rig_connect_to(rig *r, const char *host, const char *port) {
    return rig_table(r)->connect(r->socket, host, port);
}

avs_error_t rig_connect(rig *r) {
    return rig_connect_to(r, "127.0.0.1", rig_port(r));
}

avs_error_t rig_bind(rig *r, const char *address, const char *port) {
    return rig_table(r)->bind(r->socket, address, port);
}

avs_error_t rig_send(rig *r, const void *data, size_t size) {
    return rig_table(r)->send(r->socket, data, size);
}

avs_error_t rig_receive(rig *r, void *buffer, size_t capacity, size_t *size) {
    return rig_table(r)->receive(r->socket, size, buffer, capacity);
}

avs_error_t rig_shutdown(rig *r) {
    return rig_table(r)->shutdown(r->socket);
}

avs_error_t rig_close(rig *r) {
    return rig_table(r)->close(r->socket);
}

avs_error_t rig_get(rig *r, avs_net_socket_opt_key_t option, avs_net_socket_opt_value_t *value) {
    return rig_table(r)->get_opt(r->socket, option, value);
}

avs_error_t rig_set(rig *r, avs_net_socket_opt_key_t option, avs_net_socket_opt_value_t value) {
    return rig_table(r)->set_opt(r->socket, option, value);
}

avs_net_socket_state_t rig_state(rig *r) {
    avs_net_socket_opt_value_t value;
    assert_ok(rig_get(r, AVS_NET_SOCKET_OPT_STATE, &value));
    return value.state;
}

bool rig_flag(rig *r, avs_net_socket_opt_key_t option) {
    avs_net_socket_opt_value_t value;
    assert_ok(rig_get(r, option, &value));
    return value.flag;
}

void rig_exchange(rig *r, const char *message) {
    char sent[MESSAGE_MAX];
    char got[MESSAGE_MAX];
    size_t size = (size_t)snprintf(sent, sizeof(sent), "%c%s", COAP_CONFIRMABLE, message);
    size_t got_size = 0;
    assert_ok(rig_send(r, sent, size));
    assert_ok(rig_receive(r, got, sizeof(got), &got_size));
    assert_int_equal(got_size, size);
    assert_memory_equal(got, sent, size);
}

void rig_assert_error(avs_error_t is, avs_error_t wanted, const char *what, const char *file, int line) {
    if (is.code != wanted.code || (is.code != 0 && is.category != wanted.category)) {
        print_error("%s: category %u code %u, wanted category %u code %u\n", what, is.category, is.code,
                    wanted.category, wanted.code);
        _fail(file, line);
    }
}
