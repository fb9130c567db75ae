/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/exchange.h"

#include <string.h>

enum { TOKEN_SIZE = 4 };

static uint64_t now(const exchange *e) {
    return e->settings.clock.now(e->settings.clock.context);
}

static bool draw(const exchange *e, void *out, size_t size) {
    return e->settings.random.fill(e->settings.random.context, out, size) == 0;
}

void exchange_init(exchange *e, const exchange_settings *settings) {
    memset(e, 0, sizeof(*e));
    e->settings = *settings;
    e->heard = now(e);
}

bool exchange_is_under_way(const exchange *e) {
    return e->state == EXCHANGE_WAITING || e->state == EXCHANGE_ACKNOWLEDGED;
}

const message *exchange_answer(const exchange *e) {
    return &e->answer;
}

void exchange_abandon(exchange *e) {
    e->state = EXCHANGE_IDLE;
    e->result = DOZE_OK;
    e->due_at_once = false;
}

static void fail(exchange *e, doze_result result) {
    e->state = EXCHANGE_FAILED;
    e->result = result;
}

static void forget_requests(exchange *e) {
    for (size_t i = 0; i < EXCHANGE_REMEMBERED; i++) {
        e->memory[i].used = false;
    }
    e->separate = false;
}

/* True when it is on its way, or lost as any datagram may be: repetition mends that. */
static bool transmit(exchange *e, const uint8_t *data, size_t size) {
    doze_result result = doze_send(e->settings.socket, data, size);
    e->sent += result == DOZE_OK;
    switch (result) {
    case DOZE_OK:
    case DOZE_WOULD_BLOCK:
    case DOZE_ERR_REFUSED:
    case DOZE_ERR_UNREACHABLE:
    case DOZE_ERR_NO_BUFFERS:
    case DOZE_ERR_NO_MEMORY:
    case DOZE_ERR_BLOCKED:
        return true;
    case DOZE_IN_PROGRESS:
        return false;
    case DOZE_NEW_CONTEXT: /* message IDs of before mean nothing in it */
        forget_requests(e);
        e->state = EXCHANGE_NEW_CONTEXT;
        return false;
    default:
        fail(e, result);
        return false;
    }
}

static void transmit_request(exchange *e) {
    unsigned before = e->sent;
    e->due_at_once = !transmit(e, e->bytes, e->size);
    e->tries += e->sent - before;
    e->due = now(e) + e->timeout;
}

/* A new token and, the first time, a message ID that nobody can guess (RFC 7252 section 4.4). */
static bool name_it(exchange *e, message *m) {
    uint16_t spread = 0;
    if ((!e->started && !draw(e, &e->next_id, sizeof(e->next_id))) || !draw(e, &spread, sizeof(spread))) {
        return false;
    }
    e->started = true;
    e->is_notification = CODE_IS_RESPONSE(m->code);
    if (!e->is_notification) {
        m->token_size = TOKEN_SIZE;
        if (!draw(e, m->token, TOKEN_SIZE)) {
            return false;
        }
    }
    m->type = MESSAGE_CON;
    m->id = e->next_id++;
    e->timeout = EXCHANGE_ACK_TIMEOUT + spread % (EXCHANGE_ACK_TIMEOUT / 2 + 1); /* ACK_RANDOM_FACTOR 1.5 */
    return true;
}

doze_result exchange_start(exchange *e, message *m) {
    exchange_abandon(e);
    if (!name_it(e, m)) {
        return DOZE_ERR_RANDOM;
    }
    e->size = message_encode(m, e->bytes, sizeof(e->bytes));
    if (e->size == 0) {
        return DOZE_ERR_TOO_LONG;
    }
    e->id = m->id;
    e->token_size = m->token_size;
    memcpy(e->token, m->token, sizeof(e->token));
    e->repetitions = 0;
    e->tries = 0;
    e->state = EXCHANGE_WAITING;
    transmit_request(e);
    return DOZE_OK;
}

/* ---- what comes ---- */

static void transmit_empty(exchange *e, message_type type, uint16_t id) {
    uint8_t bytes[4];
    message m;
    message_begin(&m, type, CODE_EMPTY);
    m.id = id;
    (void)transmit(e, bytes, message_encode(&m, bytes, sizeof(bytes)));
}

static exchange_memory *recollect(exchange *e, uint16_t id) {
    for (size_t i = 0; i < EXCHANGE_REMEMBERED; i++) {
        exchange_memory *memory = &e->memory[i];
        if (memory->used && memory->id == id && now(e) - memory->when < EXCHANGE_LIFETIME) {
            return memory;
        }
    }
    return NULL;
}

static exchange_memory *memorize(exchange *e, uint16_t id) {
    exchange_memory *memory = &e->memory[e->next_memory];
    e->next_memory = (e->next_memory + 1) % EXCHANGE_REMEMBERED;
    memory->when = now(e);
    memory->id = id;
    memory->used = true;
    memory->size = 0;
    return memory;
}

static size_t make_response(exchange *e, const message *request, uint8_t *out, size_t capacity) {
    message response;
    message_begin(&response, MESSAGE_NON, CODE_NOT_FOUND);
    if (e->settings.on_request != NULL) {
        e->settings.on_request(e->settings.context, request, &response);
    }
    bool confirmable = request->type == MESSAGE_CON;
    if (response.code == CODE_EMPTY && !confirmable) {
        return 0;
    }
    response.type = confirmable ? MESSAGE_ACK : MESSAGE_NON;
    response.id = confirmable ? request->id : e->next_id++;
    if (response.code != CODE_EMPTY) {
        response.token_size = request->token_size;
        memcpy(response.token, request->token, sizeof(response.token));
    }
    size_t size = message_encode(&response, out, capacity);
    if (size == 0) { /* it does not fit */
        message_begin(&response, response.type, CODE_SERVER_ERROR);
        response.id = confirmable ? request->id : e->next_id++;
        response.token_size = request->token_size;
        memcpy(response.token, request->token, sizeof(response.token));
        size = message_encode(&response, out, capacity);
    }
    return size;
}

/* A response that the path cannot carry is one that does not fit. */
static size_t room_for_response(const exchange *e) {
    int64_t most = 0;
    bool known = doze_get_option(e->settings.socket, DOZE_OPT_PAYLOAD_MTU, &most) == DOZE_OK;
    return known && most < MESSAGE_MAX ? (size_t)most : MESSAGE_MAX;
}

static void take_request(exchange *e, const message *m) {
    exchange_memory *memory = recollect(e, m->id);
    if (memory == NULL) {
        memory = memorize(e, m->id);
        memory->size = make_response(e, m, memory->response, room_for_response(e));
    } else if (m->type == MESSAGE_NON) {
        return; /* section 4.5: silently ignored */
    }
    if (memory->size > 0) {
        (void)transmit(e, memory->response, memory->size);
    }
}

static bool has_our_token(const exchange *e, const message *m) {
    return exchange_is_under_way(e) && !e->is_notification && m->token_size == e->token_size &&
           memcmp(m->token, e->token, m->token_size) == 0;
}

static void take_answer(exchange *e, const uint8_t *data, size_t size) {
    memcpy(e->answer_bytes, data, size);
    (void)message_parse(&e->answer, e->answer_bytes, size);
    e->state = EXCHANGE_ANSWERED;
}

static void take_response(exchange *e, const message *m, const uint8_t *data, size_t size) {
    bool ours = has_our_token(e, m) && (m->type != MESSAGE_ACK || m->id == e->id);
    if (m->type == MESSAGE_CON) {
        bool again = e->separate && m->id == e->separate_id;
        transmit_empty(e, ours || again ? MESSAGE_ACK : MESSAGE_RST, m->id);
        e->separate = e->separate || ours;
        e->separate_id = ours ? m->id : e->separate_id;
    }
    if (ours && exchange_is_under_way(e)) {
        take_answer(e, data, size);
    }
}

static void take_empty(exchange *e, const message *m, const uint8_t *data, size_t size) {
    if (m->type == MESSAGE_CON) { /* a ping: section 4.3 */
        transmit_empty(e, MESSAGE_RST, m->id);
    } else if (!exchange_is_under_way(e) || m->id != e->id) {
        return;
    } else if (m->type == MESSAGE_RST) {
        e->state = EXCHANGE_RESET;
    } else if (m->type == MESSAGE_ACK && e->is_notification) {
        take_answer(e, data, size);
    } else if (m->type == MESSAGE_ACK && e->state == EXCHANGE_WAITING) {
        e->state = EXCHANGE_ACKNOWLEDGED;
        e->due = now(e) + EXCHANGE_MAX_TRANSMIT_WAIT;
        e->due_at_once = false;
    }
}

static void take(exchange *e, const uint8_t *data, size_t size) {
    message m;
    message_verdict verdict = message_parse(&m, data, size);
    *(verdict == MESSAGE_OK ? &e->received : &e->malformed) += 1;
    if (verdict == MESSAGE_IGNORE) {
        return;
    }
    e->heard = now(e);
    if (verdict == MESSAGE_REJECT) {
        if (m.type == MESSAGE_CON) {
            transmit_empty(e, MESSAGE_RST, m.id);
        }
    } else if (m.code == CODE_EMPTY) {
        take_empty(e, &m, data, size);
    } else if (CODE_IS_RESPONSE(m.code) && m.type != MESSAGE_RST) {
        take_response(e, &m, data, size);
    } else if (CODE_IS_REQUEST(m.code) && m.type <= MESSAGE_NON) {
        take_request(e, &m);
    } else if (m.type == MESSAGE_CON) { /* a reserved class */
        transmit_empty(e, MESSAGE_RST, m.id);
    }
}

/* ---- driving ---- */

/* Whether the socket is still one to go on with. */
static bool read_all(exchange *e) {
    while (doze_get_state(e->settings.socket) == DOZE_STATE_CONNECTED) {
        size_t size = 0;
        doze_result result = doze_recv(e->settings.socket, e->received_bytes, sizeof(e->received_bytes), &size);
        if (result == DOZE_WOULD_BLOCK) {
            return true;
        }
        if (result == DOZE_OK) {
            take(e, e->received_bytes, size);
        } else if (result == DOZE_ERR_TRUNCATED) {
            e->malformed++;                      /* longer than any message that we take: lost */
        } else if (result != DOZE_ERR_REFUSED) { /* a hint: repetition knows better */
            fail(e, result);
            return false;
        }
        if (e->state == EXCHANGE_FAILED || e->state == EXCHANGE_NEW_CONTEXT) {
            return false;
        }
    }
    return true;
}

static void repeat(exchange *e) {
    if (e->due_at_once) {
        transmit_request(e);
    } else if (e->state == EXCHANGE_ACKNOWLEDGED || e->repetitions == EXCHANGE_MAX_RETRANSMIT) {
        e->state = EXCHANGE_TIMED_OUT;
    } else {
        e->repetitions++;
        e->timeout *= 2;
        transmit_request(e);
    }
}

exchange_state exchange_step(exchange *e) {
    doze_socket *s = e->settings.socket;
    if (doze_get_state(s) == DOZE_STATE_CONNECTING) {
        doze_result result = doze_step(s);
        if (result < 0) {
            fail(e, result);
        }
    }
    if (doze_get_state(s) != DOZE_STATE_CONNECTED || !read_all(e)) {
        return e->state;
    }
    if (exchange_is_under_way(e) && (e->due_at_once || now(e) >= e->due)) {
        repeat(e);
    }
    return e->state;
}

int32_t exchange_next_timeout(const exchange *e) {
    int32_t next = doze_next_timeout(e->settings.socket);
    if (!exchange_is_under_way(e) || doze_get_state(e->settings.socket) != DOZE_STATE_CONNECTED) {
        return next;
    }
    uint64_t at = now(e);
    int32_t ours = e->due_at_once || e->due <= at ? 0 : (int32_t)(e->due - at);
    return next < 0 || ours < next ? ours : next;
}
