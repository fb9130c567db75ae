/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets below the client, on this host, as the arguments want them. */
#ifndef LWM2M_TRANSPORT_H
#define LWM2M_TRANSPORT_H

#include "arguments.h"
#include "doze/doze.h"
#include "doze/x509.h"

typedef struct transport {
    doze_socket *socket; /* what the client gets */
    doze_dtls *secure;   /* NULL: plain */
    /* Private. */
    doze_resolver *ares;
    char name[DOZE_HOSTNAME_MAX + 1];
    doze_udp udp;
    doze_dtls dtls;
    doze_dtls_config config;
    doze_x509 x509;
    doze_file_store files;
    doze_keeper keeper;
    bool has_config;
    bool has_x509;
    bool has_files;
} transport;

/* False: what is wrong was said on standard error, and there is nothing to close. */
bool transport_open(transport *t, const arguments *a);
void transport_close(transport *t); /* sends nothing */

#endif
