/* SPDX-License-Identifier: Apache-2.0 */
/* doze as an application has it, on the host's real sockets, with a wire tap under its DTLS. */
#ifndef CLIENT_H
#define CLIENT_H

#include "doze/doze.h"
#include "doze/x509.h"
#include "world/tap.h"

typedef struct client {
    doze_x509 x509;
    doze_dtls_config config;
    doze_udp udp;
    tap tap;
    doze_dtls dtls;
    doze_socket *socket; /* the DTLS one; NULL: not open */
} client;

typedef enum client_key {
    CLIENT_KEY_BYTES = 0, /* what the hex digits of psk.key mean (default) */
    CLIENT_KEY_TEXT,      /* these digits themselves, for servers that are given a key as a text */
    CLIENT_KEY_WRONG,
} client_key;

/* Zero everywhere: the pre-shared key of certs/generate. */
typedef struct client_settings {
    client_key key;
    bool certificates;          /* instead of a pre-shared key: those of certs/generate */
    const char *trust;          /* with certificates: the file with the CA; NULL: root.pem */
    bool crl;                   /* knows the revocation lists */
    bool impatient;             /* gives a handshake up after 1.4 s */
    doze_dtls_settings further; /* what it says is used, apart from credentials, clock and randomness */
    doze_net *net;              /* NULL: the host's */
} client_settings;

/* Fails the test when it cannot. The structure must be zero before, and must not be moved. */
void client_open(client *c, const client_settings *settings);
/* What client_open() begins with: DOZE_ERR_UNSUPPORTED when this build has not what is asked for. */
doze_result client_configure(client *c, const client_settings *settings);
/* Nothing to do when it is not open. */
void client_close(client *c);

int64_t client_option(client *c, doze_option option);

#endif
