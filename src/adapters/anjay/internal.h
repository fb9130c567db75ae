/* SPDX-License-Identifier: Apache-2.0 */
/* doze as the socket layer of avs_commons: what the files of this adapter share. */
#ifndef DOZE_ADAPTERS_ANJAY_INTERNAL_H
#define DOZE_ADAPTERS_ANJAY_INTERNAL_H

#include <avsystem/commons/avs_net.h>
#include <avsystem/commons/avs_socket_v_table.h>

#include "avs_private.h"
#include "doze/anjay.h"
#include "doze/doze.h"
#include "doze/x509.h"

/* ---- the platform below, as a socket's configuration wants it ---- */

typedef struct doze_anjay_platform {
    doze_net net;
    doze_net_ops net_ops; /* the host's, but for `open` and `path_mtu` */
    uint32_t forced_mtu;  /* 0: what the host says */
    int priority;         /* 0: the host's default */
    doze_resolver resolver;
    avs_net_resolved_endpoint_t *preferred; /* the caller's; NULL: none */
} doze_anjay_platform;

void doze_anjay_platform_init(doze_anjay_platform *platform, const avs_net_socket_configuration_t *configuration);

/* How an address is kept in what avs_net treats as opaque. */
void doze_anjay_pack(const doze_endpoint *from, avs_net_resolved_endpoint_t *to);
bool doze_anjay_unpack(const avs_net_resolved_endpoint_t *from, doze_endpoint *to);

/* ---- sockets ---- */

typedef struct doze_anjay_udp {
    const avs_net_socket_v_table_t *operations; /* first: avs_net finds it there */
    doze_socket *socket;                        /* what the verbs take: UDP, or DTLS when there is one */
    int fd;                                     /* as last told */
    doze_udp udp;
    doze_anjay_platform platform;
    char hostname[DOZE_HOSTNAME_MAX + 1];
} doze_anjay_udp;

/* All that a DTLS configuration was given, copied: avs_net promises it for the time of the call alone. */
typedef struct doze_anjay_credentials {
    doze_bytes identity; /* of the PSK, as is the next */
    doze_bytes key;
    doze_bytes trust;
    doze_bytes crl;
    doze_bytes certificate;
    doze_bytes private_key;
    doze_bytes pinned;
    doze_usage usage;
    doze_matching matching;
    bool certificates; /* rather than a PSK */
    bool validate;
    bool dane;
} doze_anjay_credentials;

/* The caller's session resumption buffer as a store: it holds a sealed session, which no server must accept, and never
 * an association, which must not be taken up twice. */
typedef struct doze_anjay_session {
    doze_store store;
    unsigned char *buffer;
    size_t size;
} doze_anjay_session;

typedef struct doze_anjay_dtls {
    doze_anjay_udp base; /* first */
    bool ready;          /* the three below are initialized */
    doze_dtls dtls;
    doze_dtls_config config;
    doze_x509 x509;
    doze_dtls_settings settings;
    doze_anjay_credentials credentials;
    avs_crypto_prng_ctx_t *prng;
    uint16_t *wanted_suites; /* NULL: doze's own choice */
    size_t wanted_suites_count;
    uint16_t suites[DOZE_SUITES_MAX];
    char *server_name; /* NULL: the host's */
    doze_keeper keeper;
    doze_anjay_session session;
} doze_anjay_dtls;

static inline doze_anjay_udp *doze_anjay_of(avs_net_socket_t *socket) {
    return (doze_anjay_udp *)socket;
}
bool doze_anjay_is_dtls(const doze_anjay_udp *s);
static inline doze_anjay_dtls *doze_anjay_dtls_of(doze_anjay_udp *s) {
    return (doze_anjay_dtls *)s;
}

avs_error_t doze_anjay_udp_init(doze_anjay_udp *s, const avs_net_socket_configuration_t *configuration);

/* Makes the DTLS socket, unless there is one; a UDP socket always is. */
avs_error_t doze_anjay_make_ready(doze_anjay_udp *base);
/* A DANE record, for the sockets made from now on. */
avs_error_t doze_anjay_set_tlsa(doze_anjay_dtls *s, const avs_net_socket_dane_tlsa_array_t *records);
avs_error_t doze_anjay_set_handshake_timeouts(doze_anjay_dtls *s, const avs_net_dtls_handshake_timeouts_t *timeouts);

avs_error_t doze_anjay_load_credentials(doze_anjay_credentials *c, const avs_net_security_info_t *security);
/* Copies the one DANE record that doze can use; none: takes it away. */
avs_error_t doze_anjay_load_tlsa(doze_anjay_credentials *c, const avs_net_socket_dane_tlsa_array_t *records);
void doze_anjay_wipe_credentials(doze_anjay_credentials *c);

bool doze_anjay_session_init(doze_anjay_session *session, void *buffer, size_t size);
bool doze_anjay_session_is_empty(const doze_anjay_session *session);

/* ---- the operations ---- */

avs_error_t doze_anjay_connect(avs_net_socket_t *socket, const char *host, const char *port);
avs_error_t doze_anjay_send_udp(avs_net_socket_t *socket, const void *buffer, size_t buffer_length);
avs_error_t doze_anjay_send_dtls(avs_net_socket_t *socket, const void *buffer, size_t buffer_length);
avs_error_t doze_anjay_receive(avs_net_socket_t *socket, size_t *out_bytes_received, void *buffer,
                               size_t buffer_length);
avs_error_t doze_anjay_bind(avs_net_socket_t *socket, const char *address, const char *port);
avs_error_t doze_anjay_close(avs_net_socket_t *socket);
avs_error_t doze_anjay_shutdown(avs_net_socket_t *socket);
avs_error_t doze_anjay_cleanup(avs_net_socket_t **socket);
const void *doze_anjay_system_socket(avs_net_socket_t *socket);
avs_error_t doze_anjay_interface_name(avs_net_socket_t *socket, avs_net_socket_interface_name_t *if_name);
avs_error_t doze_anjay_remote_host(avs_net_socket_t *socket, char *out_buffer, size_t out_buffer_size);
avs_error_t doze_anjay_remote_hostname(avs_net_socket_t *socket, char *out_buffer, size_t out_buffer_size);
avs_error_t doze_anjay_remote_port(avs_net_socket_t *socket, char *out_buffer, size_t out_buffer_size);
avs_error_t doze_anjay_local_host(avs_net_socket_t *socket, char *out_buffer, size_t out_buffer_size);
avs_error_t doze_anjay_local_port(avs_net_socket_t *socket, char *out_buffer, size_t out_buffer_size);
avs_error_t doze_anjay_get_opt(avs_net_socket_t *socket, avs_net_socket_opt_key_t option_key,
                               avs_net_socket_opt_value_t *out_option_value);
avs_error_t doze_anjay_set_opt(avs_net_socket_t *socket, avs_net_socket_opt_key_t option_key,
                               avs_net_socket_opt_value_t option_value);

extern const avs_net_socket_v_table_t doze_anjay_udp_operations;
extern const avs_net_socket_v_table_t doze_anjay_dtls_operations;

/* ---- translations ---- */

/* What a result of doze's is in avs_net; what comes below a verb in `s` tells of alerts and of Mbed TLS's codes. */
avs_error_t doze_anjay_error(doze_socket *socket, doze_result result);
/* Whole milliseconds, rounded up; -1: for ever, which is what avs_net means by an invalid duration. */
int32_t doze_anjay_to_ms(avs_time_duration_t duration);
avs_time_duration_t doze_anjay_from_ms(int64_t ms);
doze_family doze_anjay_to_family(avs_net_af_t family);

#endif
