/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP messages (RFC 7252 section 3) as plain structures. Nothing is copied or allocated: options and payload point to
 * the caller's memory, or into the datagram that was parsed. */
#ifndef EXAMPLE_COAP_H
#define EXAMPLE_COAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MAX       1152 /* bytes of a message: RFC 7252 section 4.6 */
#define MESSAGE_TOKEN_MAX 8
#define MESSAGE_OPTIONS   32

typedef enum message_type { MESSAGE_CON, MESSAGE_NON, MESSAGE_ACK, MESSAGE_RST } message_type;

#define CODE(class, detail) ((uint8_t)((class) << 5 | (detail)))
enum {
    CODE_EMPTY = 0,
    CODE_GET = 1,
    CODE_POST = 2,
    CODE_PUT = 3,
    CODE_DELETE = 4,
    CODE_CREATED = CODE(2, 1),
    CODE_DELETED = CODE(2, 2),
    CODE_VALID = CODE(2, 3),
    CODE_CHANGED = CODE(2, 4),
    CODE_CONTENT = CODE(2, 5),
    CODE_BAD_REQUEST = CODE(4, 0),
    CODE_UNAUTHORIZED = CODE(4, 1),
    CODE_BAD_OPTION = CODE(4, 2),
    CODE_FORBIDDEN = CODE(4, 3),
    CODE_NOT_FOUND = CODE(4, 4),
    CODE_NOT_ALLOWED = CODE(4, 5),
    CODE_NOT_ACCEPTABLE = CODE(4, 6),
    CODE_PRECONDITION_FAILED = CODE(4, 12),
    CODE_UNSUPPORTED_FORMAT = CODE(4, 15),
    CODE_SERVER_ERROR = CODE(5, 0),
};
#define CODE_CLASS(code)       ((code) >> 5)
#define CODE_IS_REQUEST(code)  ((code) != CODE_EMPTY && CODE_CLASS(code) == 0)
#define CODE_IS_RESPONSE(code) (CODE_CLASS(code) >= 2 && CODE_CLASS(code) <= 5)

enum {
    OPTION_IF_MATCH = 1,
    OPTION_URI_HOST = 3,
    OPTION_ETAG = 4,
    OPTION_OBSERVE = 6,
    OPTION_URI_PORT = 7,
    OPTION_LOCATION_PATH = 8,
    OPTION_URI_PATH = 11,
    OPTION_CONTENT_FORMAT = 12,
    OPTION_MAX_AGE = 14,
    OPTION_URI_QUERY = 15,
    OPTION_ACCEPT = 17,
    OPTION_BLOCK2 = 23,
    OPTION_BLOCK1 = 27,
    OPTION_SIZE2 = 28,
};

typedef struct message_option {
    uint16_t number;
    uint16_t size;
    const uint8_t *data; /* NULL: the bytes are in `own`; message_option_data() knows */
    uint8_t own[4];
} message_option;

typedef struct message {
    message_type type;
    uint8_t code;
    uint16_t id;
    uint8_t token[MESSAGE_TOKEN_MAX];
    uint8_t token_size;
    bool too_much; /* an option found no room: it will not be encoded */
    size_t options_count;
    message_option options[MESSAGE_OPTIONS]; /* by number */
    const uint8_t *payload;
    size_t payload_size;
} message;

/* ---- building: options in any order; what is given must stay until message_encode() ---- */

void message_begin(message *m, message_type type, uint8_t code);
void message_add(message *m, uint16_t number, const void *data, size_t size);
void message_add_text(message *m, uint16_t number, const char *text);
void message_add_uint(message *m, uint16_t number, uint32_t value);   /* in as few bytes as it takes */
void message_add_path(message *m, uint16_t number, const char *path); /* one option a segment of "rd/5a3f" */
/* The size, 0: it does not fit, or an option did not. */
size_t message_encode(const message *m, uint8_t *out, size_t capacity);

/* ---- reading ---- */

typedef enum message_verdict {
    MESSAGE_OK,
    MESSAGE_REJECT, /* malformed, but `type` and `id` are known: a confirmable one is answered by a Reset */
    MESSAGE_IGNORE, /* not CoAP at all */
} message_verdict;
message_verdict message_parse(message *m, const uint8_t *data, size_t size);

const message_option *message_find(const message *m, uint16_t number, size_t index); /* index from 0; NULL: no more */
const uint8_t *message_option_data(const message_option *option);
/* False: there is none, or it is longer than 4 bytes. */
bool message_get_uint(const message *m, uint16_t number, uint32_t *value);
/* The path's segments, a '/' before each; "" for none. False: too long for `size`, or a segment has a '/' or a zero. */
bool message_get_path(const message *m, uint16_t number, char *text, size_t size);

#define MESSAGE_CODE_TEXT_SIZE 8
const char *message_code_text(uint8_t code, char text[MESSAGE_CODE_TEXT_SIZE]); /* "4.04" */

#endif
