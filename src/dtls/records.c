/* SPDX-License-Identifier: Apache-2.0 */
/* Application data: one record is one datagram is one message. */
#include <limits.h>

#include <mbedtls/platform_util.h>

#include "dtls/compat.h"
#include "dtls/internal.h"

/* Nothing was taken: the caller repeats it after the climb. */
static doze_result climb_instead(doze_dtls *dtls) {
    return doze_dtls_begin_climb(dtls, (doze_reason)dtls->wanted_climb);
}

static doze_result after_failed_send(doze_dtls *dtls) {
    doze_result sent = (doze_result)dtls->live->sent;
    if (sent == DOZE_ERR_EXHAUSTED) {
        return doze_dtls_end(dtls, sent, 0);
    }
    if (sent == DOZE_ERR_STORE) {
        dtls->wanted_climb = DOZE_REASON_STORE;
        return climb_instead(dtls);
    }
    return doze_fail(&dtls->socket, sent, dtls->lower->cause);
}

/* Whether a record of that size fits the path as it was last known: if not, nothing was encrypted. */
static bool fits(const doze_dtls *dtls, size_t size) {
    int most = mbedtls_ssl_get_max_out_record_payload(&dtls->live->ssl);
    return most >= 0 && size <= (size_t)most;
}

static doze_result after_failed_write(doze_dtls *dtls, size_t size, int written) {
    if (doze_tls_result(written) == DOZE_ERR_NO_MEMORY) { /* keys in a PSA provider need some for each record */
        return doze_fail(&dtls->socket, DOZE_ERR_NO_MEMORY, written);
    }
    return fits(dtls, size) ? doze_dtls_end(dtls, doze_tls_result(written), written)
                            : doze_fail(&dtls->socket, DOZE_ERR_TOO_LONG, written);
}

static doze_result write_record(doze_dtls *dtls, const void *data, size_t size) {
    dtls->live->sent = DOZE_OK;
    int written = mbedtls_ssl_write(&dtls->live->ssl, data, size);
    if (written < 0 && !fits(dtls, size)) {
        doze_dtls_refresh_mtu(dtls); /* how is the path now? */
        written = mbedtls_ssl_write(&dtls->live->ssl, data, size);
    }
    if (written < 0) {
        return after_failed_write(dtls, size, written);
    }
    return dtls->live->sent == DOZE_OK ? DOZE_OK : after_failed_send(dtls);
}

/* What Mbed TLS says to reading on; `size` 0 leaves a message that has come where it is. */
static int read_on(doze_dtls *dtls, void *buffer, size_t size) {
    int read = MBEDTLS_ERR_SSL_WANT_READ;
    doze_dtls_begin_reading(dtls);
    while (read == MBEDTLS_ERR_SSL_WANT_READ && !dtls->live->lower_drained) {
        read = mbedtls_ssl_read(&dtls->live->ssl, buffer, size < INT_MAX ? size : INT_MAX);
    }
    return read == 0 ? MBEDTLS_ERR_SSL_WANT_READ : read;
}

static doze_result after_failed_read(doze_dtls *dtls, int error) {
    if (error == MBEDTLS_ERR_SSL_WANT_READ) {
        return DOZE_WOULD_BLOCK;
    }
    if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        doze_dtls_note_alert(dtls, doze_tls_alert(&dtls->live->ssl));
    }
    if (doze_tls_result(error) == DOZE_ERR_NO_MEMORY) { /* the association goes on, as after a failed write */
        dtls->live->undelivered = false;
        return doze_fail(&dtls->socket, DOZE_ERR_NO_MEMORY, error);
    }
    return doze_dtls_end(dtls, doze_tls_result(error), error);
}

/* Who has not read yet what has come must not take it for silence. */
static doze_result listen_first(doze_dtls *dtls) {
    doze_result result = after_failed_read(dtls, read_on(dtls, NULL, 0));
    if (result < 0) {
        return result;
    }
    if (mbedtls_ssl_get_bytes_avail(&dtls->live->ssl) != 0) {
        doze_dtls_reset_silence(dtls);
    } else {
        dtls->wanted_climb = DOZE_REASON_SILENCE;
    }
    return DOZE_OK;
}

/* What is to be told instead of sending, or DOZE_OK: then a climb may be wanted. */
static doze_result before_send(doze_dtls *dtls, size_t size, bool overdue) {
    if (dtls->ended != 0) {
        return (doze_result)dtls->ended;
    }
    if (size > UINT16_MAX) {
        return DOZE_ERR_TOO_LONG;
    }
    if (dtls->announce) {
        dtls->announce = false;
        return DOZE_NEW_CONTEXT;
    }
    bool silent = dtls->wanted_climb == DOZE_REASON_NONE && !dtls->one_way && doze_dtls_is_silent(dtls, overdue);
    return silent ? listen_first(dtls) : DOZE_OK;
}

doze_result doze_dtls_send(doze_socket *socket, const void *data, size_t size) {
    doze_dtls *dtls = doze_dtls_of(socket);
    bool overdue = !dtls->one_way && doze_dtls_answer_is_overdue(dtls);
    doze_result result = before_send(dtls, size, overdue);
    if (result != DOZE_OK) {
        return result;
    }
    if (dtls->wanted_climb != DOZE_REASON_NONE) {
        return climb_instead(dtls);
    }
    doze_dtls_tell_radio(dtls, dtls->one_way ? DOZE_RADIO_LAST_DATAGRAM : DOZE_RADIO_ANSWER_EXPECTED);
    result = write_record(dtls, data, size);
    if (result == DOZE_OK && !dtls->one_way) {
        doze_dtls_note_sent(dtls, overdue);
    }
    return result;
}

doze_result doze_dtls_send_one_way(doze_dtls *dtls, const void *data, size_t size) {
    if (dtls == NULL) {
        return DOZE_ERR_ARGUMENT;
    }
    dtls->one_way = true;
    doze_result result = doze_send(&dtls->socket, data, size);
    dtls->one_way = false;
    return result;
}

/* The rest of a record that was longer than the caller's buffer must not be taken for the next message. */
static void discard_rest(doze_dtls *dtls) {
    unsigned char rest[64];
    while (mbedtls_ssl_get_bytes_avail(&dtls->live->ssl) != 0 &&
           mbedtls_ssl_read(&dtls->live->ssl, rest, sizeof(rest)) > 0) {
        mbedtls_platform_zeroize(rest, sizeof(rest));
    }
}

/* What could come again after a reboot must not be delivered: it is dropped, and the next send makes new keys. */
static doze_result withhold(doze_dtls *dtls, void *buffer, size_t read) {
    mbedtls_platform_zeroize(buffer, read);
    discard_rest(dtls);
    dtls->wanted_climb = DOZE_REASON_STORE;
    return DOZE_ERR_STORE;
}

static doze_result deliver(doze_dtls *dtls, void *buffer, size_t capacity, size_t read, size_t *size) {
    size_t rest = read < capacity ? 0 : mbedtls_ssl_get_bytes_avail(&dtls->live->ssl);
    dtls->live->undelivered = false;
    doze_dtls_doubt_peer(dtls, false);
    doze_dtls_note_heard(dtls);
    if (!doze_keep_drop_association(dtls)) {
        return withhold(dtls, buffer, read);
    }
    *size = read + rest;
    if (rest == 0) {
        return DOZE_OK;
    }
    discard_rest(dtls);
    return DOZE_ERR_TRUNCATED;
}

/* What comes to an association that is over is nothing to anybody, but would keep the descriptor readable. */
static doze_result discard_arrivals(doze_dtls *dtls) {
    doze_result result = DOZE_OK;
    for (int i = 0; i < DOZE_DATAGRAMS_A_VERB && result != DOZE_WOULD_BLOCK; i++) {
        uint8_t byte = 0;
        size_t size = 0;
        result = doze_recv(dtls->lower, &byte, sizeof(byte), &size);
    }
    return (doze_result)dtls->ended;
}

doze_result doze_dtls_recv(doze_socket *socket, void *buffer, size_t capacity, size_t *size) {
    doze_dtls *dtls = doze_dtls_of(socket);
    if (dtls->ended != 0) {
        return discard_arrivals(dtls);
    }
    int read = read_on(dtls, buffer, capacity);
    return read > 0 ? deliver(dtls, buffer, capacity, (size_t)read, size) : after_failed_read(dtls, read);
}

void doze_dtls_say_goodbye(doze_dtls *dtls) {
    if (dtls->established) {
        doze_dtls_tell_radio(dtls, DOZE_RADIO_LAST_DATAGRAM);
        mbedtls_ssl_close_notify(&dtls->live->ssl); /* lost or not: nobody waits for it */
    }
}
