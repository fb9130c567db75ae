/* SPDX-License-Identifier: Apache-2.0 */
/* An echo server over tinydtls, as a peer for the interop tests. It repeats no flights: nothing gets lost here. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <tinydtls.h>

#include <dtls.h>
#include <dtls_debug.h>

#include "common/listener.h"

typedef struct server {
    listener listener;
    credentials secrets;
    dtls_context_t *context;
} server;

static int give(dtls_context_t *context, session_t *to, uint8_t *data, size_t size) {
    server *s = dtls_get_app_data(context);
    listener_send(&s->listener, &to->addr.sin, data, size);
    return (int)size;
}

static int echo(dtls_context_t *context, session_t *from, uint8_t *data, size_t size) {
    return dtls_write(context, from, data, size);
}

static int find_key(dtls_context_t *context, const session_t *from, dtls_credentials_type_t what,
                    const unsigned char *identity, size_t identity_size, unsigned char *out, size_t capacity) {
    const server *s = dtls_get_app_data(context);
    const credentials *c = &s->secrets;
    (void)from;
    if (what == DTLS_PSK_HINT) {
        return 0;
    }
    if (what != DTLS_PSK_KEY || identity_size != strlen(c->identity) ||
        memcmp(identity, c->identity, identity_size) != 0 || c->key_size > capacity) {
        return dtls_alert_fatal_create(DTLS_ALERT_DECRYPT_ERROR);
    }
    memcpy(out, c->key, c->key_size);
    return (int)c->key_size;
}

static void receive(void *context, const listener_address *from, const unsigned char *data, size_t size) {
    server *s = context;
    uint8_t copy[LISTENER_DATAGRAM_MAX]; /* tinydtls decrypts in place */
    session_t session;
    dtls_session_init(&session);
    session.addr.sin = *from;
    session.size = sizeof(session.addr.sin);
    memcpy(copy, data, size);
    dtls_handle_message(s->context, &session, copy, (int)size);
}

static bool open_server(server *s, const char *certs) {
    static dtls_handler_t handler = {.write = give, .read = echo, .get_psk_info = find_key};
    dtls_init();
    dtls_set_log_level(DTLS_LOG_EMERG);
    s->context = dtls_new_context(s);
    if (s->context == NULL || !credentials_read(&s->secrets, certs)) {
        return false;
    }
    dtls_set_handler(s->context, &handler);
    return listener_open(&s->listener, receive, s);
}

int main(int count, char **arguments) {
    static server s;
    if (count == 2 && strcmp(arguments[1], "version") == 0) {
        puts(dtls_package_version());
        return 0;
    }
    if (count != 4 || strcmp(arguments[1], "psk") != 0 || strcmp(arguments[2], "plain") != 0) {
        fprintf(stderr, "usage: tinydtls psk plain CERTS_DIR; tinydtls version\n");
        return 2;
    }
    if (!open_server(&s, arguments[3])) {
        fprintf(stderr, "tinydtls: does not start\n");
        return 1;
    }
    listener_run(&s.listener);
    dtls_free_context(s.context);
    return 0;
}
