/* SPDX-License-Identifier: Apache-2.0 */
/* The association and the session: what outlives sleep, and how it is dropped. */
#include <stddef.h>

#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>

#include "dtls/internal.h"
#include "socket/name.h"

bool doze_dtls_same_peer(const doze_dtls *dtls, const char *host, uint16_t port) {
    doze_endpoints ends;
    doze_get_endpoints(dtls->lower, &ends);
    return ends.hostname != NULL && ends.remote.port == port && doze_same_name(ends.hostname, host);
}

uint32_t doze_dtls_hash(uint32_t sum, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++) {
        sum = (sum ^ at[i]) * 16777619u;
    }
    return sum;
}

/* Every wake pays for it, and a path taken for another one costs a handshake or two unanswered sends, no more. */
static uint32_t hash(const doze_endpoint *end, size_t size) {
    return doze_dtls_hash(2166136261u, end, size);
}

/* Address and scope come first, then the port: none of it is padding. */
static uint32_t hash_of_address(const doze_endpoint *end) {
    return hash(end, offsetof(doze_endpoint, port));
}

static uint32_t hash_of_end(const doze_endpoint *end) {
    return hash(end, offsetof(doze_endpoint, family));
}

/* Without a Connection ID in what we send, the server knows us by our address and port alone (RFC 9146 section 1). */
doze_reason doze_dtls_check_path(doze_dtls *dtls) {
    doze_endpoints ends;
    doze_get_endpoints(dtls->lower, &ends);
    bool same_port = ends.local.port == dtls->path_port;
    if (hash_of_end(&ends.remote) != dtls->path_remote) {
        return DOZE_REASON_PEER_ADDRESS;
    }
    if (same_port && hash_of_address(&ends.local) == dtls->path_local) {
        return DOZE_REASON_NONE;
    }
    if (!dtls->peer_has_cid) {
        return same_port ? DOZE_REASON_LOCAL_ADDRESS : DOZE_REASON_PORT;
    }
    doze_dtls_note_path(dtls);
    return DOZE_REASON_NONE;
}

void doze_dtls_put_lower_to_sleep(doze_dtls *dtls) {
    int64_t sleep = DOZE_SLEEP_DROP;
    if (doze_shutdown(dtls->lower) >= 0) {
        return;
    }
    doze_get_option(dtls->lower, DOZE_OPT_SLEEP, &sleep);
    doze_set_option(dtls->lower, DOZE_OPT_SLEEP, DOZE_SLEEP_DROP);
    doze_shutdown(dtls->lower);
    doze_set_option(dtls->lower, DOZE_OPT_SLEEP, sleep);
}

void doze_dtls_want_old_port(doze_dtls *dtls) {
    if (dtls->away && dtls->established && dtls->path_port != 0) {
        doze_set_option(dtls->lower, DOZE_OPT_WAKE_PORT, dtls->path_port);
    }
}

void doze_dtls_want_old_address(doze_dtls *dtls) {
    if (dtls->live == NULL || dtls->live->home.family == DOZE_FAMILY_ANY) {
        return;
    }
    doze_endpoints ends;
    doze_close(dtls->lower);
    doze_get_endpoints(dtls->lower, &ends);
    ends.remote = dtls->live->home;
    ends.local = (doze_endpoint){.family = ends.remote.family, .port = dtls->path_port};
    doze_recall(dtls->lower, &ends);
    dtls->live->home.family = DOZE_FAMILY_ANY;
}

void doze_dtls_doubt_peer(doze_dtls *dtls, bool doubt) {
    if (doubt || dtls->peer_doubted) {
        dtls->peer_doubted = doubt;
        doze_set_option(dtls->lower, DOZE_OPT_PEER_FAILED, doubt);
    }
}

void doze_dtls_note_path(doze_dtls *dtls) {
    doze_endpoints ends;
    doze_get_endpoints(dtls->lower, &ends);
    doze_dtls_set_path(dtls, &ends.remote, hash_of_address(&ends.local), ends.local.port);
    if (dtls->keeper != NULL) {
        dtls->keeper->outdated = true;
    }
}

void doze_dtls_set_path(doze_dtls *dtls, const doze_endpoint *remote, uint32_t local_address, uint16_t local_port) {
    dtls->path_remote = hash_of_end(remote);
    dtls->path_local = local_address;
    dtls->path_port = local_port;
}

void doze_dtls_drop_session(doze_dtls *dtls) {
    if (dtls->session != NULL) {
        mbedtls_ssl_session_free(dtls->session); /* zeroizes */
        mbedtls_free(dtls->session);
        dtls->session = NULL;
    }
}

void doze_dtls_keep_session(doze_dtls *dtls) {
    if (!dtls->established || dtls->live == NULL || dtls->session != NULL ||
        dtls->config->resumption == DOZE_RESUME_OFF) {
        return;
    }
    dtls->session = mbedtls_calloc(1, sizeof(*dtls->session));
    if (dtls->session == NULL) {
        return;
    }
    mbedtls_ssl_session_init(dtls->session);
    if (mbedtls_ssl_get_session(&dtls->live->ssl, dtls->session) != 0) {
        doze_dtls_drop_session(dtls);
    }
}

void doze_dtls_release(doze_association **association) {
    if (*association != NULL) {
        mbedtls_ssl_free(&(*association)->ssl);
        mbedtls_platform_zeroize(*association, sizeof(**association));
        mbedtls_free(*association);
        *association = NULL;
    }
}

void doze_dtls_drop_association(doze_dtls *dtls) {
    doze_dtls_release(&dtls->live);
    doze_dtls_wipe_image(dtls);
    dtls->established = false;
    dtls->handshaking = false;
}

void doze_dtls_put_aside(doze_dtls *dtls) {
    if (dtls->established) {
        dtls->aside = dtls->live;
        dtls->live = NULL;
        dtls->established = false;
    }
}

void doze_dtls_take_back(doze_dtls *dtls) {
    doze_dtls_drop_association(dtls);
    dtls->live = dtls->aside;
    dtls->aside = NULL;
    dtls->established = dtls->live != NULL;
}

doze_result doze_dtls_end(doze_dtls *dtls, doze_result result, int cause) {
    doze_fail(&dtls->socket, result, cause); /* before what a failing store could say */
    doze_keep_end_association(dtls);
    if (result == DOZE_ERR_CLOSED_BY_PEER) {
        mbedtls_ssl_close_notify(&dtls->live->ssl); /* RFC 5246 section 7.2.1 asks for one in return */
        doze_dtls_keep_session(dtls);
    } else {
        doze_dtls_drop_session(dtls); /* RFC 5246 section 7.2.2: not to be resumed after a fatal alert */
        doze_keep_end_session(dtls);
    }
    doze_dtls_drop_association(dtls);
    dtls->ended = (int8_t)result;
    dtls->lost_reason = DOZE_REASON_ENDED;
    doze_emit(&dtls->socket, DOZE_EVENT_ERROR, result, cause);
    return result;
}
