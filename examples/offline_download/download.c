/* SPDX-License-Identifier: Apache-2.0 */
#include "offline_download/download.h"

#include <string.h>

enum { CODE_REQUEST_INCOMPLETE = CODE(4, 8), CODE_TOO_MANY_REQUESTS = CODE(4, 29) }; /* RFC 7959, RFC 8516 */

static uint64_t now(const download *d) {
    return d->settings.clock.now(d->settings.clock.context);
}

static uint8_t preferred_szx(const download *d) {
    return block2_szx(d->settings.block_size);
}

doze_result download_init(download *d, const download_settings *settings) {
    memset(d, 0, sizeof(*d));
    d->settings = *settings;
    if (d->settings.block_size == 0) {
        d->settings.block_size = DOWNLOAD_BLOCK_MAX;
    }
    if (settings->socket == NULL || settings->clock.now == NULL || settings->random.fill == NULL ||
        settings->path == NULL || settings->take == NULL || d->settings.block_size > DOWNLOAD_BLOCK_MAX ||
        block2_size(preferred_szx(d)) != d->settings.block_size) {
        return DOZE_ERR_ARGUMENT;
    }
    exchange_init(&d->exchange, &(exchange_settings){
                                    .socket = settings->socket, .clock = settings->clock, .random = settings->random});
    return DOZE_OK;
}

/* ---- what is done about what happens ---- */

static void meet(download *d, download_reason reason, download_deed deed) {
    exchange_abandon(&d->exchange);
    d->reason = reason;
    d->due = now(d) + (deed == DOWNLOAD_WAITS ? d->wait : 0);
    if (deed == DOWNLOAD_STARTS_OVER) {
        d->mark = (download_mark){.szx = preferred_szx(d)};
        d->first = true;
        d->asked_again = 0;
    } else if (deed == DOWNLOAD_FAILS) {
        d->state = DOWNLOAD_FAILED;
    }
    if (d->settings.tell != NULL) {
        d->settings.tell(d->settings.context, reason, deed);
    }
}

static void start_over(download *d, download_reason reason) {
    bool useful = d->mark.offset > 0 && d->started_over < DOWNLOAD_START_OVER;
    d->started_over += useful;
    meet(d, reason, useful ? DOWNLOAD_STARTS_OVER : DOWNLOAD_FAILS);
}

static bool may_ask_again(download *d) {
    return d->asked_again++ < DOWNLOAD_ASK_AGAIN;
}

static void ask_again_or_fail(download *d, download_reason reason) {
    meet(d, reason, may_ask_again(d) ? DOWNLOAD_ASKS_AGAIN : DOWNLOAD_FAILS);
}

/* RFC 7252 section 5.4.1: such a response is rejected as if it had not come. Should it be no accident, what is here
 * already may be as wrong. */
static void ask_again_or_start_over(download *d, download_reason reason) {
    if (may_ask_again(d)) {
        meet(d, reason, DOWNLOAD_ASKS_AGAIN);
    } else {
        start_over(d, reason);
    }
}

/* ---- answers ---- */

static bool has_other_etag(const download *d, const message_option *etag) {
    size_t size = etag != NULL ? etag->size : 0;
    return size != d->mark.etag_size ||
           (size > 0 && memcmp(message_option_data(etag), d->mark.etag, d->mark.etag_size) != 0);
}

/* One of a length that it must not have is as good as none (RFC 7252 section 5.4.3). */
static const message_option *find_etag(const message *m) {
    const message_option *etag = message_find(m, OPTION_ETAG, 0);
    return etag != NULL && etag->size >= 1 && etag->size <= DOWNLOAD_ETAG_MAX ? etag : NULL;
}

/* RFC 7959 section 2.4: the server may choose smaller blocks at first, and then stays with that. */
static download_reason check_block(const download *d, const message *m, block2 *b) {
    block2_verdict verdict = block2_read(m, b);
    if (verdict == BLOCK2_NONE && d->mark.offset == 0) { /* all of it, at once */
        *b = (block2){.szx = d->mark.szx};
        return DOWNLOAD_ALL_WELL;
    }
    if (verdict != BLOCK2_READ) {
        return DOWNLOAD_BAD_OPTION;
    }
    if (b->szx > d->mark.szx || (b->szx < d->mark.szx && !d->first)) {
        return DOWNLOAD_OTHER_SIZE;
    }
    uint32_t size = block2_size(b->szx);
    if (b->number * size != d->mark.offset) {
        return DOWNLOAD_OTHER_BLOCK;
    }
    return m->payload_size > size || (b->more && m->payload_size < size) ? DOWNLOAD_PAYLOAD_SIZE : DOWNLOAD_ALL_WELL;
}

static void note_etag(download *d, const message_option *etag) {
    d->mark.etag_size = etag != NULL ? (uint8_t)etag->size : 0;
    if (etag != NULL) {
        memcpy(d->mark.etag, message_option_data(etag), etag->size);
    }
}

static void take_block(download *d, const message *m, const block2 *b) {
    if (!d->settings.take(d->settings.context, d->mark.offset, m->payload, m->payload_size)) {
        meet(d, DOWNLOAD_NOT_TAKEN, DOWNLOAD_FAILS);
        return;
    }
    if (d->mark.offset == 0) {
        note_etag(d, find_etag(m));
    }
    d->mark.szx = b->szx;
    d->mark.offset += (uint32_t)m->payload_size;
    d->blocks++;
    d->asked_again = 0;
    d->first = false;
    exchange_abandon(&d->exchange);
    d->reason = DOWNLOAD_ALL_WELL;
    d->due = now(d);
    if (!b->more) {
        d->state = DOWNLOAD_DONE;
    } else if (d->mark.offset / block2_size(b->szx) > BLOCK2_NUMBER_MAX) {
        meet(d, DOWNLOAD_TOO_LONG, DOWNLOAD_FAILS);
    }
}

static void take_content(download *d, const message *m) {
    block2 b = {0};
    if (d->mark.offset > 0 && has_other_etag(d, find_etag(m))) {
        start_over(d, DOWNLOAD_ETAG_CHANGED);
        return;
    }
    download_reason reason = check_block(d, m, &b);
    if (reason != DOWNLOAD_ALL_WELL) {
        ask_again_or_start_over(d, reason);
        return;
    }
    take_block(d, m, &b);
}

static void wait_for_server(download *d, const message *m) {
    uint32_t seconds = 0;
    d->wait = DOWNLOAD_WAIT;
    if (message_get_uint(m, OPTION_MAX_AGE, &seconds)) { /* RFC 7252 section 5.9.3.4 */
        d->wait = seconds < DOWNLOAD_WAIT_LONGEST / 1000 ? seconds * 1000 : DOWNLOAD_WAIT_LONGEST;
    }
    meet(d, DOWNLOAD_BUSY, may_ask_again(d) ? DOWNLOAD_WAITS : DOWNLOAD_FAILS);
}

static void take_answer(download *d, const message *m) {
    d->code = m->code;
    if (m->code == CODE_CONTENT) {
        take_content(d, m);
    } else if (CODE_CLASS(m->code) == 5 || m->code == CODE_TOO_MANY_REQUESTS) {
        wait_for_server(d, m);
    } else if (d->mark.offset > 0 && (m->code == CODE_REQUEST_INCOMPLETE || m->code == CODE_BAD_REQUEST)) {
        start_over(d, DOWNLOAD_FORGOTTEN);
    } else if (CODE_CLASS(m->code) == 4) {
        meet(d, DOWNLOAD_REFUSED, DOWNLOAD_FAILS);
    } else {
        ask_again_or_fail(d, DOWNLOAD_NO_CONTENT);
    }
}

/* ---- what the socket says ---- */

static void fail_by_socket(download *d, doze_result result) {
    d->result = result;
    meet(d, DOWNLOAD_SOCKET, DOWNLOAD_FAILS);
}

/* A wake makes a new association where the old one is over. */
static void connect_again(download *d, doze_result ended) {
    if (!may_ask_again(d)) {
        fail_by_socket(d, ended);
        return;
    }
    doze_result result = doze_shutdown(d->settings.socket);
    result = result == DOZE_OK ? doze_resume(d->settings.socket) : result;
    if (result < 0) {
        fail_by_socket(d, result);
        return;
    }
    d->result = ended;
    meet(d, DOWNLOAD_ASSOCIATION_ENDED, DOWNLOAD_ASKS_AGAIN);
}

static void take_failure(download *d, doze_result result) {
    if (result == DOZE_ERR_CLOSED_BY_PEER || result == DOZE_ERR_ALERT || result == DOZE_ERR_EXHAUSTED) {
        if (doze_get_state(d->settings.socket) == DOZE_STATE_CONNECTED) {
            connect_again(d, result);
            return;
        }
    } else if (result == DOZE_ERR_STORE && may_ask_again(d)) { /* an answer was dropped: docs/storing.md */
        d->result = result;
        meet(d, DOWNLOAD_SOCKET, DOWNLOAD_ASKS_AGAIN);
        return;
    }
    fail_by_socket(d, result);
}

/* ---- driving ---- */

static void ask(download *d) {
    message m;
    message_begin(&m, MESSAGE_CON, CODE_GET);
    message_add_path(&m, OPTION_URI_PATH, d->settings.path);
    block2_add(&m, &(block2){.number = d->mark.offset / block2_size(d->mark.szx), .szx = d->mark.szx});
    d->requests++;
    doze_result result = exchange_start(&d->exchange, &m);
    if (result != DOZE_OK) {
        fail_by_socket(d, result);
    }
}

static void handle(download *d, exchange_state state) {
    switch (state) {
    case EXCHANGE_ANSWERED:
        take_answer(d, exchange_answer(&d->exchange));
        break;
    case EXCHANGE_RESET:
        ask_again_or_fail(d, DOWNLOAD_RESET);
        break;
    case EXCHANGE_TIMED_OUT:
        meet(d, DOWNLOAD_NO_ANSWER, DOWNLOAD_FAILS);
        break;
    case EXCHANGE_NEW_CONTEXT: /* GET needs no registration; whether it is the same content, the ETag tells */
        if (d->mark.offset > 0 && d->mark.etag_size == 0) {
            start_over(d, DOWNLOAD_NO_ETAG);
        } else {
            ask_again_or_fail(d, DOWNLOAD_NEW_ASSOCIATION);
        }
        break;
    case EXCHANGE_FAILED:
        take_failure(d, d->exchange.result);
        break;
    default: /* idle, or under way */
        break;
    }
}

download_state download_step(download *d) {
    if (d->state != DOWNLOAD_GOING) {
        return d->state;
    }
    exchange_state state = exchange_step(&d->exchange);
    handle(d, state);
    /* After an answer the caller has a turn, as it may want to suspend with nothing under way. */
    if (state == EXCHANGE_IDLE && doze_get_state(d->settings.socket) == DOZE_STATE_CONNECTED && now(d) >= d->due) {
        ask(d);
    }
    return d->state;
}

int32_t download_next_timeout(const download *d) {
    if (d->state != DOWNLOAD_GOING) {
        return -1;
    }
    if (d->exchange.state != EXCHANGE_IDLE && !exchange_is_under_way(&d->exchange)) {
        return 0;
    }
    int32_t next = exchange_next_timeout(&d->exchange);
    if (d->exchange.state != EXCHANGE_IDLE || doze_get_state(d->settings.socket) != DOZE_STATE_CONNECTED) {
        return next;
    }
    int32_t ours = d->due > now(d) ? (int32_t)(d->due - now(d)) : 0;
    return next < 0 || ours < next ? ours : next;
}

/* ---- verbs ---- */

static bool is_usable(const download_mark *mark) {
    return mark->szx <= BLOCK2_SZX_MAX && mark->etag_size <= DOWNLOAD_ETAG_MAX &&
           mark->offset % block2_size(mark->szx) == 0 && mark->offset / block2_size(mark->szx) <= BLOCK2_NUMBER_MAX;
}

static bool is_awake(const download *d) {
    doze_state state = doze_get_state(d->settings.socket);
    return state == DOZE_STATE_CONNECTED || state == DOZE_STATE_CONNECTING;
}

static void go_on(download *d) {
    exchange_abandon(&d->exchange);
    d->state = DOWNLOAD_GOING;
    d->reason = DOWNLOAD_ALL_WELL;
    d->asked_again = 0;
    d->started_over = 0;
    d->first = true;
    d->due = now(d);
    if (d->mark.offset == 0 || d->mark.szx > preferred_szx(d)) {
        d->mark.szx = preferred_szx(d);
    }
    if (d->mark.offset > 0 && d->mark.etag_size == 0) {
        meet(d, DOWNLOAD_NO_ETAG, DOWNLOAD_STARTS_OVER);
    }
}

doze_result download_start(download *d, const download_mark *mark) {
    if (mark != NULL && !is_usable(mark)) {
        return DOZE_ERR_ARGUMENT;
    }
    if (!is_awake(d)) {
        return DOZE_ERR_STATE;
    }
    d->mark = mark != NULL ? *mark : (download_mark){0};
    go_on(d);
    return DOZE_OK;
}

doze_result download_suspend(download *d) {
    if (d->state != DOWNLOAD_GOING && d->state != DOWNLOAD_FAILED) {
        return DOZE_ERR_STATE;
    }
    doze_result result = doze_shutdown(d->settings.socket);
    if (result == DOZE_OK) {
        d->state = DOWNLOAD_SUSPENDED;
    }
    return result;
}

doze_result download_resume(download *d) {
    if (d->state != DOWNLOAD_SUSPENDED && d->state != DOWNLOAD_FAILED) {
        return DOZE_ERR_STATE;
    }
    doze_result result = DOZE_OK;
    if (doze_get_state(d->settings.socket) == DOZE_STATE_SHUTDOWN) {
        result = doze_resume(d->settings.socket);
    } else if (!is_awake(d)) {
        result = DOZE_ERR_STATE;
    }
    if (result >= 0) {
        go_on(d);
    }
    return result;
}
