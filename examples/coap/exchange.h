/* SPDX-License-Identifier: Apache-2.0 */
/* Confirmable exchanges over a doze_socket (RFC 7252 section 4), one of ours at a time, and the requests of the other
 * side. Nothing blocks. A confirmable response is an exchange too: a notification, which its acknowledgement ends. */
#ifndef EXAMPLE_EXCHANGE_H
#define EXAMPLE_EXCHANGE_H

#include "coap/coap.h"
#include "doze/socket.h"

/* RFC 7252 section 4.8, in ms */
#define EXCHANGE_ACK_TIMEOUT       2000
#define EXCHANGE_MAX_RETRANSMIT    4
#define EXCHANGE_MAX_TRANSMIT_WAIT 93000
#define EXCHANGE_LIFETIME          247000

#define EXCHANGE_REMEMBERED 4 /* requests of the other side whose repetition is answered as before */

typedef enum exchange_state {
    EXCHANGE_IDLE,         /* none was started, or it was abandoned */
    EXCHANGE_WAITING,      /* for an acknowledgement or a response */
    EXCHANGE_ACKNOWLEDGED, /* the response comes separately */
    /* How it ended; stays until the next start or abandon. */
    EXCHANGE_ANSWERED,    /* exchange_answer() has the response, empty for a notification */
    EXCHANGE_RESET,       /* the other side knows nothing of it */
    EXCHANGE_TIMED_OUT,   /* no answer to anything that was sent */
    EXCHANGE_NEW_CONTEXT, /* DOZE_NEW_CONTEXT was met, with or without an exchange: register anew */
    EXCHANGE_FAILED,      /* the socket's doing, with or without an exchange: `result` says why */
} exchange_state;

typedef struct exchange_settings {
    doze_socket
        *socket; /* required, like the next two; anyone may connect, shut down and resume it between the calls */
    doze_clock clock;
    doze_random random;
    /* A request came. `response` is begun as 4.04; what it points to is encoded as soon as this returns. A response
     * with CODE_EMPTY is none: a confirmable request gets its acknowledgement alone. NULL: all get 4.04.
     * Must not call the exchange. */
    void (*on_request)(void *context, const message *request, message *response);
    void *context;
} exchange_settings;

typedef struct exchange_memory {
    uint64_t when;
    size_t size; /* of the response, 0: there was none */
    uint16_t id;
    bool used;
    uint8_t response[MESSAGE_MAX];
} exchange_memory;

typedef struct exchange {
    exchange_settings settings;
    exchange_state state;
    doze_result result; /* with EXCHANGE_FAILED */
    uint64_t heard;     /* when the other side was last heard of, by the clock given */
    unsigned sent;      /* messages of ours since init, repetitions included */
    unsigned received;
    unsigned tries; /* times that the message of this exchange went out */
    unsigned malformed;
    /* Private. */
    uint64_t due; /* when the message is repeated or given up */
    uint32_t timeout;
    unsigned repetitions;
    bool due_at_once; /* the socket took nothing: it is making a new association */
    bool started;     /* `next_id` is random */
    bool separate;    /* `separate_id` is the confirmable response that was last taken */
    uint16_t next_id;
    uint16_t id;
    uint16_t separate_id;
    uint8_t token[MESSAGE_TOKEN_MAX];
    uint8_t token_size;
    bool is_notification;
    size_t size;
    uint8_t bytes[MESSAGE_MAX];          /* what was sent, to be repeated */
    uint8_t received_bytes[MESSAGE_MAX]; /* what came last; the answer points into it, so an answer moves … */
    uint8_t answer_bytes[MESSAGE_MAX];   /* … here */
    message answer;
    exchange_memory memory[EXCHANGE_REMEMBERED];
    size_t next_memory;
} exchange;

/* Must not be copied or moved from here on. */
void exchange_init(exchange *e, const exchange_settings *settings);

/* CONNECTED or CONNECTING. Takes a request, or a response that is a notification; fills in type, id, and, of a request,
 * the token. An exchange under way is abandoned. DOZE_ERR_TOO_LONG: it does not fit into MESSAGE_MAX. DOZE_ERR_RANDOM.
 * All else that may happen is told by the state. */
doze_result exchange_start(exchange *e, message *m);

/* Drives the socket, reads all that came, and repeats what is due. */
exchange_state exchange_step(exchange *e);

/* ms until exchange_step() wants a call, -1: only doze_fd() matters. The socket's own timeout is considered. */
int32_t exchange_next_timeout(const exchange *e);

/* Whatever ended or was under way: IDLE. What was answered before is remembered. */
void exchange_abandon(exchange *e);

bool exchange_is_under_way(const exchange *e);
/* With EXCHANGE_ANSWERED; valid until the next start. */
const message *exchange_answer(const exchange *e);

#endif
