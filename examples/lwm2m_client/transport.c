/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "transport.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 16384 };

static bool complain(const char *what, const char *why, int cause) {
    (void)fprintf(stderr, "lwm2m_client: %s: %s", what, why);
    (void)fprintf(stderr, cause == 0 ? "\n" : " (%d)\n", cause);
    return false;
}

static bool check(doze_result result, const char *what, int cause) {
    return result >= 0 || complain(what, doze_strerror(result), cause);
}

/* ---- certificates ---- */

typedef struct file {
    uint8_t data[FILE_MAX];
    size_t size;
} file;

static bool read_file(file *f, const char *name, doze_bytes *out) {
    if (name == NULL) {
        return true;
    }
    FILE *stream = fopen(name, "rb");
    if (stream == NULL) {
        return complain(name, strerror(errno), 0);
    }
    f->size = fread(f->data, 1, sizeof(f->data), stream);
    bool good = ferror(stream) == 0 && f->size > 0 && f->size < sizeof(f->data);
    (void)fclose(stream);
    *out = (doze_bytes){f->data, f->size};
    return good || complain(name, "cannot be read, is empty, or is no certificate or key by its size", 0);
}

/* All is parsed or copied at once, so that the files need not stay. */
static bool open_x509(transport *t, const arguments *a) {
    static file ca;
    static file certificate;
    static file key;
    static file pinned;
    doze_x509_settings settings = {.random = doze_posix_random()};
    if (!read_file(&ca, a->ca, &settings.trust) || !read_file(&certificate, a->certificate, &settings.certificate) ||
        !read_file(&key, a->private_key, &settings.key) ||
        !read_file(&pinned, a->server_certificate, &settings.pinned)) {
        return false;
    }
    settings.usage = a->server_certificate != NULL ? DOZE_USAGE_DOMAIN_ISSUED : DOZE_USAGE_CA_CONSTRAINT;
    t->has_x509 = check(doze_x509_init(&t->x509, &settings), "the certificates", 0);
    memset(&key, 0, sizeof(key));
    return t->has_x509;
}

/* ---- sockets ---- */

static bool open_config(transport *t, const arguments *a) {
    doze_dtls_settings settings = {.clock = doze_posix_clock(), .random = doze_posix_random()};
    settings.handshake_timer_max = a->handshake_timer_max;
    settings.cid = a->no_cid ? DOZE_CID_OFF : DOZE_CID_OFFER_EMPTY;
    if (a->identity != NULL) {
        settings.psk.identity = (doze_bytes){a->identity, strlen(a->identity)};
        settings.psk.key = (doze_bytes){a->key, a->key_size};
    } else if (open_x509(t, a)) {
        settings.x509 = &t->x509;
    } else {
        return false;
    }
    t->has_config = check(doze_dtls_config_init(&t->config, &settings), "the credentials", 0);
    return t->has_config;
}

static bool open_store(transport *t, const arguments *a) {
    const doze_keeper_settings settings = {.store = &t->files.store};
    if (a->store == NULL) {
        return true;
    }
    if (!check(doze_file_store_open(&t->files, a->store), a->store, t->files.store.cause)) {
        return false;
    }
    t->has_files = true;
    return check(doze_dtls_set_store(&t->dtls, &t->keeper, &settings), a->store, t->files.store.cause);
}

static bool open_dtls(transport *t, const arguments *a) {
    if (!open_config(t, a) || !check(doze_dtls_init(&t->dtls, &t->config, &t->udp.socket), "DTLS", 0)) {
        return false;
    }
    t->secure = &t->dtls;
    t->socket = &t->dtls.socket;
    return open_store(t, a);
}

/* What a store has of this server goes on, from its port: the one that was asked for is for when there is nothing. */
static bool begin(transport *t, const arguments *a) {
    if (t->has_files && doze_dtls_load(&t->dtls, a->host, a->port) == DOZE_OK) {
        return true;
    }
    return a->bind_port == 0 || check(doze_bind(t->socket, NULL, a->bind_port), "--bind", doze_cause(t->socket));
}

bool transport_open(transport *t, const arguments *a) {
    memset(t, 0, sizeof(*t));
    t->ares = doze_ares_create();
    const doze_udp_settings udp = {.net = doze_posix_net(),
                                   .resolver = t->ares != NULL ? t->ares : doze_posix_resolver(),
                                   .hostname_memory = t->name,
                                   .hostname_memory_size = sizeof(t->name)};
    bool good = check(doze_udp_init(&t->udp, &udp), "UDP", 0);
    t->socket = good ? &t->udp.socket : NULL;
    good = good && (!a->secure || open_dtls(t, a)) && begin(t, a);
    if (!good) {
        transport_close(t);
    }
    return good;
}

void transport_close(transport *t) {
    if (t->secure != NULL) {
        doze_deinit(&t->dtls.socket);
    }
    if (t->socket != NULL) {
        doze_deinit(&t->udp.socket);
    }
    if (t->has_config) {
        doze_dtls_config_deinit(&t->config);
    }
    if (t->has_x509) {
        doze_x509_deinit(&t->x509);
    }
    if (t->has_files) {
        doze_file_store_close(&t->files);
    }
    doze_ares_destroy(t->ares);
}
