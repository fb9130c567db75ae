/* SPDX-License-Identifier: Apache-2.0 */
/* An echo server over wolfSSL, as a peer for the interop tests. It repeats no flights: nothing gets lost here. */
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/listener.h"

enum { PEERS_MAX = 16, COOKIE_ADDRESS = sizeof(listener_address) };

/* wolfSSL reads and writes through it. */
typedef struct peer {
    WOLFSSL *ssl; /* NULL: free */
    listener *from;
    listener_address address;
    const unsigned char *arrived; /* the datagram at hand, until wolfSSL takes it */
    size_t arrived_size;
    bool established;
} peer;

typedef struct server {
    listener listener;
    WOLFSSL_CTX *context;
    peer peers[PEERS_MAX];
    size_t next; /* whose place the next newcomer takes, when all are taken */
} server;

static credentials secrets; /* wolfSSL's callback for keys has no better place for them */

/* ---- what wolfSSL asks for ---- */

static int take(WOLFSSL *ssl, char *buffer, int capacity, void *context) {
    peer *p = context;
    (void)ssl;
    if (p->arrived_size == 0) {
        return WOLFSSL_CBIO_ERR_WANT_READ;
    }
    int size = (int)p->arrived_size < capacity ? (int)p->arrived_size : capacity;
    memcpy(buffer, p->arrived, (size_t)size);
    p->arrived_size = 0;
    return size;
}

static int give(WOLFSSL *ssl, char *buffer, int size, void *context) {
    peer *p = context;
    (void)ssl;
    listener_send(p->from, &p->address, buffer, (size_t)size);
    return size;
}

/* One that knows no secret protects nobody: enough on loopback. */
static int make_cookie(WOLFSSL *ssl, unsigned char *buffer, int capacity, void *context) {
    const peer *p = context;
    int size = capacity < COOKIE_ADDRESS ? capacity : COOKIE_ADDRESS;
    (void)ssl;
    memset(buffer, 0, (size_t)capacity);
    memcpy(buffer, &p->address, (size_t)size);
    return capacity;
}

static unsigned int find_key(WOLFSSL *ssl, const char *identity, unsigned char *key, unsigned int capacity) {
    (void)ssl;
    if (strcmp(identity, secrets.identity) != 0 || secrets.key_size > capacity) {
        return 0;
    }
    memcpy(key, secrets.key, secrets.key_size);
    return (unsigned int)secrets.key_size;
}

/* ---- peers ---- */

static void release(peer *p) {
    wolfSSL_free(p->ssl);
    memset(p, 0, sizeof(*p));
}

static peer *find(server *s, const listener_address *address) {
    for (size_t i = 0; i < PEERS_MAX; i++) {
        if (s->peers[i].ssl != NULL && memcmp(&s->peers[i].address, address, sizeof(*address)) == 0) {
            return &s->peers[i];
        }
    }
    return NULL;
}

static peer *welcome(server *s, const listener_address *address) {
    peer *p = &s->peers[s->next];
    s->next = (s->next + 1) % PEERS_MAX;
    if (p->ssl != NULL) {
        release(p);
    }
    p->ssl = wolfSSL_new(s->context);
    if (p->ssl == NULL) {
        return NULL;
    }
    p->from = &s->listener;
    p->address = *address;
    wolfSSL_SetIOReadCtx(p->ssl, p);
    wolfSSL_SetIOWriteCtx(p->ssl, p);
    wolfSSL_SetCookieCtx(p->ssl, p);
    wolfSSL_dtls_set_using_nonblock(p->ssl, 1);
    return p;
}

static void echo(peer *p) {
    char message[LISTENER_DATAGRAM_MAX];
    int size = 0;
    while ((size = wolfSSL_read(p->ssl, message, sizeof(message))) > 0) {
        wolfSSL_write(p->ssl, message, size);
    }
}

static void handle(peer *p, const unsigned char *data, size_t size) {
    p->arrived = data;
    p->arrived_size = size;
    if (!p->established) {
        p->established = wolfSSL_accept(p->ssl) == WOLFSSL_SUCCESS;
    }
    if (p->established) {
        echo(p);
    }
    int error = wolfSSL_get_error(p->ssl, 0);
    if (error != WOLFSSL_ERROR_WANT_READ && error != WOLFSSL_ERROR_NONE) {
        fprintf(stderr, "wolfssl: %d\n", error);
        release(p);
    }
}

static void receive(void *context, const listener_address *from, const unsigned char *data, size_t size) {
    enum { HANDSHAKE = 22 };
    server *s = context;
    peer *p = find(s, from);
    if (p == NULL && data[0] == HANDSHAKE) {
        p = welcome(s, from);
    }
    if (p != NULL) {
        handle(p, data, size);
    }
}

/* ---- start ---- */

static bool set_credentials(WOLFSSL_CTX *c, const char *mode, const char *certs) {
    char chain[LISTENER_NAME_MAX];
    char key[LISTENER_NAME_MAX];
    char root[LISTENER_NAME_MAX];
    if (strcmp(mode, "psk") == 0) {
        wolfSSL_CTX_set_psk_server_callback(c, find_key);
        return credentials_read(&secrets, certs) &&
               wolfSSL_CTX_set_cipher_list(c, "PSK-CHACHA20-POLY1305") == WOLFSSL_SUCCESS;
    }
    wolfSSL_CTX_set_verify(c, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return credentials_name(chain, certs, "server-chain.pem") && credentials_name(key, certs, "server.key.pem") &&
           credentials_name(root, certs, "root.pem") &&
           wolfSSL_CTX_set_cipher_list(c, "ECDHE-ECDSA-AES128-CCM-8") == WOLFSSL_SUCCESS &&
           wolfSSL_CTX_use_certificate_chain_file(c, chain) == WOLFSSL_SUCCESS &&
           wolfSSL_CTX_use_PrivateKey_file(c, key, WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS &&
           wolfSSL_CTX_load_verify_locations(c, root, NULL) == WOLFSSL_SUCCESS;
}

static bool open_server(server *s, const char *mode, const char *certs) {
    if (wolfSSL_Init() != WOLFSSL_SUCCESS) {
        return false;
    }
    s->context = wolfSSL_CTX_new(wolfDTLSv1_2_server_method());
    if (s->context == NULL || !set_credentials(s->context, mode, certs)) {
        return false;
    }
    wolfSSL_CTX_SetIORecv(s->context, take);
    wolfSSL_CTX_SetIOSend(s->context, give);
    wolfSSL_CTX_SetGenCookie(s->context, make_cookie);
    return listener_open(&s->listener, receive, s);
}

int main(int count, char **arguments) {
    static server s;
    if (count == 2 && strcmp(arguments[1], "version") == 0) {
        puts(wolfSSL_lib_version());
        return 0;
    }
    if (count != 4 || strcmp(arguments[2], "plain") != 0) {
        fprintf(stderr, "usage: wolfssl psk|x509 plain CERTS_DIR; wolfssl version\n");
        return 2;
    }
    if (!open_server(&s, arguments[1], arguments[3])) {
        fprintf(stderr, "wolfssl: does not start\n");
        return 1;
    }
    listener_run(&s.listener);
    return 0;
}
