/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS sockets: from avs_net's configuration to doze's, and back to nothing. The rest of what a DTLS socket does is
 * what any socket does. */
#include <stdlib.h>
#include <string.h>

#include <avsystem/commons/avs_memory.h>
#include <avsystem/commons/avs_prng.h>
#include <mbedtls/platform_util.h>

#include "internal.h"

#define TIMER_MIN 1000 /* ms; RFC 6347 section 4.2.4.1 */
#define TIMER_MAX 60000

const avs_net_dtls_handshake_timeouts_t AVS_NET_SOCKET_DEFAULT_DTLS_HANDSHAKE_TIMEOUTS = {
    .min = {.seconds = TIMER_MIN / 1000},
    .max = {.seconds = TIMER_MAX / 1000},
};

const avs_net_socket_v_table_t doze_anjay_dtls_operations = {
    .connect = doze_anjay_connect,
    .send = doze_anjay_send_dtls,
    .receive = doze_anjay_receive,
    .bind = doze_anjay_bind,
    .close = doze_anjay_close,
    .shutdown = doze_anjay_shutdown,
    .cleanup = doze_anjay_cleanup,
    .get_system_socket = doze_anjay_system_socket,
    .get_interface_name = doze_anjay_interface_name,
    .get_remote_host = doze_anjay_remote_host,
    .get_remote_hostname = doze_anjay_remote_hostname,
    .get_remote_port = doze_anjay_remote_port,
    .get_local_host = doze_anjay_local_host,
    .get_local_port = doze_anjay_local_port,
    .get_opt = doze_anjay_get_opt,
    .set_opt = doze_anjay_set_opt,
};

bool doze_anjay_is_dtls(const doze_anjay_udp *s) {
    return s->operations == &doze_anjay_dtls_operations;
}

doze_socket *doze_anjay_socket(avs_net_socket_t *socket) {
    doze_anjay_udp *s = doze_anjay_of(socket);
    bool ours = s != NULL && (s->operations == &doze_anjay_udp_operations || doze_anjay_is_dtls(s));
    return ours && avs_is_ok(doze_anjay_make_ready(s)) ? s->socket : NULL;
}

/* ---- randomness ---- */

/* The context that was given is used, and not relied on: where TLS is not its own, avs_commons draws all of it from 32
 * bits that begin as the time of day. */
static int draw(void *context, unsigned char *out, size_t size) {
    unsigned char more[64];
    doze_random host = doze_posix_random();
    int error = host.fill(host.context, out, size);
    while (error == 0 && size > 0) {
        size_t part = size < sizeof(more) ? size : sizeof(more);
        error = avs_crypto_prng_bytes(context, more, part);
        for (size_t i = 0; error == 0 && i < part; i++) {
            out[i] = (unsigned char)(out[i] ^ more[i]);
        }
        out += part;
        size -= part;
    }
    mbedtls_platform_zeroize(more, sizeof(more));
    return error;
}

/* ---- making the DTLS socket ---- */

static doze_result make_x509(doze_anjay_dtls *s) {
    const doze_anjay_credentials *c = &s->credentials;
    const doze_x509_settings settings = {
        .random = s->settings.random,
        .trust = c->trust,
        .crl = c->crl,
        .certificate = c->certificate,
        .key = c->private_key,
        .pinned = c->pinned,
        .usage = c->usage,
        .matching = c->matching,
        .server_name = s->server_name,
    };
    if (!c->validate && c->pinned.size == 0) {
        return DOZE_ERR_UNSUPPORTED; /* whoever does not check the server talks to anybody */
    }
    return doze_x509_init(&s->x509, &settings);
}

/* Those suites that doze takes, one by one: avs_net wants what a backend does not know to be passed over. */
static doze_result choose_suites(doze_anjay_dtls *s, doze_dtls_settings *settings) {
    size_t count = 0;
    if (s->wanted_suites_count == 0) {
        return DOZE_OK;
    }
    settings->suites_count = 1;
    for (size_t i = 0; i < s->wanted_suites_count && count < DOZE_SUITES_MAX; i++) {
        settings->suites = &s->wanted_suites[i];
        doze_result result = doze_dtls_config_init(&s->config, settings);
        if (result == DOZE_OK) {
            doze_dtls_config_deinit(&s->config);
            s->suites[count++] = s->wanted_suites[i];
        } else if (result != DOZE_ERR_SUITE) {
            return result;
        }
    }
    settings->suites = s->suites;
    settings->suites_count = count;
    return count == 0 ? DOZE_ERR_SUITE : DOZE_OK;
}

static doze_result make_config(doze_anjay_dtls *s) {
    doze_dtls_settings settings = s->settings;
    if (s->credentials.certificates) {
        settings.x509 = &s->x509;
    } else {
        settings.psk = (doze_psk){.identity = s->credentials.identity, .key = s->credentials.key};
    }
    doze_result result = choose_suites(s, &settings);
    return result == DOZE_OK ? doze_dtls_config_init(&s->config, &settings) : result;
}

/* Without a key to seal with, or room for a session, none is kept. */
static void attach_session(doze_anjay_dtls *s) {
    const doze_keeper_settings settings = {.store = &s->session.store, .mode = DOZE_STORE_SESSION};
    if (s->session.buffer != NULL && doze_dtls_set_store(&s->dtls, &s->keeper, &settings) != DOZE_OK) {
        s->session.buffer = NULL;
    }
}

static void move_recv_timeout(doze_socket *from, doze_socket *to) {
    int64_t timeout = -1;
    doze_get_option(from, DOZE_OPT_RECV_TIMEOUT, &timeout);
    doze_set_option(to, DOZE_OPT_RECV_TIMEOUT, timeout);
}

avs_error_t doze_anjay_make_ready(doze_anjay_udp *base) {
    doze_anjay_dtls *s = doze_anjay_dtls_of(base);
    if (!doze_anjay_is_dtls(base) || s->ready) {
        return AVS_OK;
    }
    doze_result result = s->credentials.certificates ? make_x509(s) : DOZE_OK;
    if (result != DOZE_OK) {
        return doze_anjay_error(base->socket, result);
    }
    result = make_config(s);
    if (result != DOZE_OK) {
        doze_x509_deinit(s->credentials.certificates ? &s->x509 : NULL);
        return doze_anjay_error(base->socket, result);
    }
    doze_dtls_init(&s->dtls, &s->config, &base->udp.socket);
    attach_session(s);
    base->socket = &s->dtls.socket;
    move_recv_timeout(&base->udp.socket, base->socket);
    s->ready = true;
    return AVS_OK;
}

static void unmake(doze_anjay_dtls *s) {
    if (!s->ready) {
        return;
    }
    move_recv_timeout(s->base.socket, &s->base.udp.socket);
    s->base.socket = &s->base.udp.socket;
    doze_deinit(&s->dtls.socket);
    doze_dtls_config_deinit(&s->config);
    if (s->credentials.certificates) {
        doze_x509_deinit(&s->x509);
    }
    s->ready = false;
}

/* ---- what can be set later ---- */

avs_error_t doze_anjay_set_tlsa(doze_anjay_dtls *s, const avs_net_socket_dane_tlsa_array_t *records) {
    if (!s->credentials.certificates || !s->credentials.dane) {
        return avs_errno(AVS_EINVAL);
    }
    if (doze_get_state(s->base.socket) != DOZE_STATE_CLOSED) {
        return avs_errno(AVS_EISCONN);
    }
    unmake(s);
    return doze_anjay_load_tlsa(&s->credentials, records);
}

static bool read_timeouts(const avs_net_dtls_handshake_timeouts_t *timeouts, doze_dtls_settings *settings) {
    int32_t least = doze_anjay_to_ms(timeouts->min);
    int32_t most = doze_anjay_to_ms(timeouts->max);
    bool fit = least >= 1 && most >= least;
    if (fit) {
        settings->handshake_timer_min = (uint32_t)least;
        settings->handshake_timer_max = (uint32_t)most;
    }
    return fit;
}

avs_error_t doze_anjay_set_handshake_timeouts(doze_anjay_dtls *s, const avs_net_dtls_handshake_timeouts_t *timeouts) {
    if (!read_timeouts(timeouts, &s->settings)) {
        return avs_errno(AVS_EINVAL);
    }
    if (s->ready) { /* each must fit the other at any time */
        doze_set_option(&s->dtls.socket, DOZE_OPT_HANDSHAKE_TIMER_MIN, 1);
        doze_set_option(&s->dtls.socket, DOZE_OPT_HANDSHAKE_TIMER_MAX, s->settings.handshake_timer_max);
        doze_set_option(&s->dtls.socket, DOZE_OPT_HANDSHAKE_TIMER_MIN, s->settings.handshake_timer_min);
    }
    return AVS_OK;
}

/* ---- creating ---- */

static avs_error_t copy_suites(doze_anjay_dtls *s, const avs_net_socket_tls_ciphersuites_t *suites) {
    if (suites->ids == NULL || suites->num_ids == 0) {
        return AVS_OK;
    }
    s->wanted_suites = avs_calloc(suites->num_ids, sizeof(*s->wanted_suites));
    if (s->wanted_suites == NULL) {
        return avs_errno(AVS_ENOMEM);
    }
    for (size_t i = 0; i < suites->num_ids; i++) {
        bool is_iana = suites->ids[i] <= UINT16_MAX;
        s->wanted_suites[s->wanted_suites_count] = (uint16_t)suites->ids[i];
        s->wanted_suites_count += is_iana;
    }
    return s->wanted_suites_count != 0 ? AVS_OK : avs_errno(AVS_ENOTSUP);
}

static avs_error_t copy_server_name(doze_anjay_dtls *s, const char *name) {
    if (name == NULL || name[0] == '\0') {
        return AVS_OK;
    }
    size_t size = strlen(name) + 1;
    if (size > DOZE_HOSTNAME_MAX + 1) {
        return avs_errno(AVS_ERANGE);
    }
    s->server_name = avs_malloc(size);
    if (s->server_name == NULL) {
        return avs_errno(AVS_ENOMEM);
    }
    memcpy(s->server_name, name, size);
    return AVS_OK;
}

static avs_error_t check(const avs_net_ssl_configuration_t *c) {
    if (c == NULL || c->prng_ctx == NULL || (c->session_resumption_buffer_size != 0 && !c->session_resumption_buffer)) {
        return avs_errno(AVS_EINVAL);
    }
    bool alien = c->version == AVS_NET_SSL_VERSION_TLSv1_3 || c->additional_configuration_clb != NULL;
    return alien ? avs_errno(AVS_ENOTSUP) : AVS_OK;
}

static avs_error_t set_up(doze_anjay_dtls *s, const avs_net_ssl_configuration_t *c) {
    bool resumes =
        doze_anjay_session_init(&s->session, c->session_resumption_buffer, c->session_resumption_buffer_size);
    s->prng = c->prng_ctx;
    s->settings = (doze_dtls_settings){
        .clock = doze_posix_clock(),
        .random = {.fill = draw, .context = c->prng_ctx},
        .cid = c->use_connection_id ? DOZE_CID_OFFER_EMPTY : DOZE_CID_OFF,
        .resumption = resumes ? DOZE_RESUME_SESSION_ID : DOZE_RESUME_OFF,
        .handshake_timer_min = TIMER_MIN,
        .handshake_timer_max = TIMER_MAX,
    };
    if (c->dtls_handshake_timeouts != NULL && !read_timeouts(c->dtls_handshake_timeouts, &s->settings)) {
        return avs_errno(AVS_EINVAL);
    }
    avs_error_t error = copy_suites(s, &c->ciphersuites);
    if (avs_is_ok(error)) {
        error = copy_server_name(s, c->server_name_indication);
    }
    if (avs_is_ok(error)) {
        error = doze_anjay_load_credentials(&s->credentials, &c->security);
    }
    /* with DANE, the record that says whom to trust is still to come */
    return avs_is_ok(error) && !s->credentials.dane ? doze_anjay_make_ready(&s->base) : error;
}

avs_error_t _avs_net_create_dtls_socket(avs_net_socket_t **socket, const void *socket_configuration) {
    const avs_net_ssl_configuration_t *c = socket_configuration;
    avs_error_t error = check(c);
    if (avs_is_err(error)) {
        return error;
    }
    doze_anjay_dtls *s = avs_calloc(1, sizeof(*s));
    if (s == NULL) {
        return avs_errno(AVS_ENOMEM);
    }
    s->base.operations = &doze_anjay_dtls_operations;
    error = doze_anjay_udp_init(&s->base, &c->backend_configuration);
    if (avs_is_err(error)) {
        avs_free(s);
        return error;
    }
    *socket = (avs_net_socket_t *)s;
    error = set_up(s, c);
    if (avs_is_err(error)) {
        doze_anjay_cleanup(socket);
    }
    return error;
}

/* Nobody can go on with the association of a socket that is gone, so a server that is there is told; one that was left
 * asleep is not disturbed. */
avs_error_t doze_anjay_cleanup(avs_net_socket_t **socket) {
    doze_anjay_udp *s = doze_anjay_of(*socket);
    doze_close(s->socket);
    if (doze_anjay_is_dtls(s)) {
        doze_anjay_dtls *dtls = doze_anjay_dtls_of(s);
        unmake(dtls);
        doze_anjay_wipe_credentials(&dtls->credentials);
        avs_free(dtls->wanted_suites);
        avs_free(dtls->server_name);
    }
    doze_deinit(&s->udp.socket);
    avs_free(s);
    *socket = NULL;
    return AVS_OK;
}
