/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/coap.h"

#include <stdio.h>
#include <string.h>

#include <coap3/coap.h>

enum { VERSION = 1, HEADER_SIZE = 4, PAYLOAD_MARKER = 0xff };

void message_begin(message *m, message_type type, uint8_t code) {
    memset(m, 0, sizeof(*m));
    m->type = type;
    m->code = code;
}

/* Behind all of the same number, as their order means something. NULL: no room. */
static message_option *insert_option(message *m, uint16_t number, size_t size) {
    if (m->options_count == MESSAGE_OPTIONS || size > MESSAGE_MAX) {
        m->too_much = true;
        return NULL;
    }
    size_t at = m->options_count++;
    for (; at > 0 && m->options[at - 1].number > number; at--) {
        m->options[at] = m->options[at - 1];
    }
    m->options[at] = (message_option){.number = number, .size = (uint16_t)size};
    return &m->options[at];
}

void message_add(message *m, uint16_t number, const void *data, size_t size) {
    message_option *option = insert_option(m, number, size);
    if (option != NULL) {
        option->data = data;
    }
}

void message_add_text(message *m, uint16_t number, const char *text) {
    message_add(m, number, text, strlen(text));
}

void message_add_uint(message *m, uint16_t number, uint32_t value) {
    message_option *option = insert_option(m, number, 0);
    if (option != NULL) {
        option->size = (uint16_t)coap_encode_var_safe(option->own, sizeof(option->own), value);
    }
}

void message_add_path(message *m, uint16_t number, const char *path) {
    while (*path != '\0') {
        size_t size = strcspn(path, "/");
        if (size > 0) {
            message_add(m, number, path, size);
        }
        path += size + (path[size] == '/');
    }
}

const uint8_t *message_option_data(const message_option *option) {
    return option->data != NULL ? option->data : option->own;
}

static size_t encode_options(const message *m, uint8_t *out, size_t capacity, size_t used) {
    unsigned before = 0;
    for (size_t i = 0; i < m->options_count; i++) {
        const message_option *option = &m->options[i];
        size_t size = coap_opt_encode(out + used, capacity - used, (uint16_t)(option->number - before),
                                      message_option_data(option), option->size);
        if (size == 0) {
            return 0;
        }
        before = option->number;
        used += size;
    }
    return used;
}

size_t message_encode(const message *m, uint8_t *out, size_t capacity) {
    size_t used = HEADER_SIZE + (size_t)m->token_size;
    if (m->too_much || used > capacity) {
        return 0;
    }
    out[0] = (uint8_t)(VERSION << 6 | (unsigned)m->type << 4 | m->token_size);
    out[1] = m->code;
    out[2] = (uint8_t)(m->id >> 8);
    out[3] = (uint8_t)m->id;
    memcpy(out + HEADER_SIZE, m->token, m->token_size);
    used = encode_options(m, out, capacity, used);
    if (used == 0 || m->payload_size == 0) {
        return used;
    }
    if (capacity - used <= m->payload_size) {
        return 0;
    }
    out[used] = PAYLOAD_MARKER;
    memcpy(out + used + 1, m->payload, m->payload_size);
    return used + 1 + m->payload_size;
}

/* Whether they are well-formed up to the payload or the end; *size shrinks to what is left. */
static bool parse_options(message *m, const uint8_t **data, size_t *size) {
    unsigned number = 0;
    while (*size > 0 && **data != PAYLOAD_MARKER) {
        coap_option_t option;
        size_t used = coap_opt_parse(*data, *size, &option);
        if (used == 0 || number + option.delta > UINT16_MAX) {
            return false;
        }
        number += option.delta;
        message_add(m, (uint16_t)number, option.value, option.length);
        *data += used;
        *size -= used;
    }
    return !m->too_much;
}

message_verdict message_parse(message *m, const uint8_t *data, size_t size) {
    if (size < HEADER_SIZE || data[0] >> 6 != VERSION) {
        return MESSAGE_IGNORE;
    }
    message_begin(m, (message_type)(data[0] >> 4 & 3), data[1]);
    m->id = (uint16_t)(data[2] << 8 | data[3]);
    m->token_size = data[0] & 15;
    if (m->token_size > MESSAGE_TOKEN_MAX || size < HEADER_SIZE + (size_t)m->token_size ||
        (m->code == CODE_EMPTY && size > HEADER_SIZE)) {
        m->token_size = 0;
        return MESSAGE_REJECT;
    }
    memcpy(m->token, data + HEADER_SIZE, m->token_size);
    data += HEADER_SIZE + m->token_size;
    size -= HEADER_SIZE + (size_t)m->token_size;
    if (!parse_options(m, &data, &size) || size == 1) { /* a marker, and nothing behind it */
        return MESSAGE_REJECT;
    }
    if (size > 1) {
        m->payload = data + 1;
        m->payload_size = size - 1;
    }
    return MESSAGE_OK;
}

const message_option *message_find(const message *m, uint16_t number, size_t index) {
    for (size_t i = 0; i < m->options_count; i++) {
        if (m->options[i].number == number && index-- == 0) {
            return &m->options[i];
        }
    }
    return NULL;
}

bool message_get_uint(const message *m, uint16_t number, uint32_t *value) {
    const message_option *option = message_find(m, number, 0);
    if (option == NULL || option->size > sizeof(*value)) {
        return false;
    }
    *value = coap_decode_var_bytes(message_option_data(option), option->size);
    return true;
}

bool message_get_path(const message *m, uint16_t number, char *text, size_t size) {
    size_t used = 0;
    const message_option *option = NULL;
    for (size_t i = 0; (option = message_find(m, number, i)) != NULL; i++) {
        const uint8_t *data = message_option_data(option);
        if (size - used < option->size + (size_t)2 || memchr(data, '/', option->size) != NULL ||
            memchr(data, '\0', option->size) != NULL) {
            return false;
        }
        text[used] = '/';
        memcpy(text + used + 1, data, option->size);
        used += option->size + (size_t)1;
    }
    text[used] = '\0';
    return true;
}

const char *message_code_text(uint8_t code, char text[MESSAGE_CODE_TEXT_SIZE]) {
    snprintf(text, MESSAGE_CODE_TEXT_SIZE, "%u.%02u", CODE_CLASS(code), code & 31);
    return text;
}
