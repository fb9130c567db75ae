/* SPDX-License-Identifier: Apache-2.0 */
#include "formats.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void sink_put(sink *s, const void *data, size_t size) {
    if (size > s->capacity - s->size) {
        s->full = true;
        return;
    }
    memcpy(s->data + s->size, data, size);
    s->size += size;
}

void sink_byte(sink *s, unsigned byte) {
    const uint8_t one = (uint8_t)byte;
    sink_put(s, &one, 1);
}

void sink_print(sink *s, const char *format, ...) {
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= sizeof(text)) {
        s->full = true;
        return;
    }
    sink_put(s, text, (size_t)size);
}

/* ---- text (section 7.4.1) ---- */

static void text_value(const lwm2m_values *values, const lwm2m_path *path, sink *s) {
    const resource *r = path_resource(path);
    resource_value v = {0};
    r->read(values, &v);
    if (r->type == VALUE_TEXT) {
        sink_put(s, v.text, strlen(v.text));
    } else {
        sink_print(s, "%" PRId64, v.number);
    }
}

static bool parse_number(const char *text, size_t size, int64_t *out) {
    int64_t number = 0;
    bool negative = size > 0 && text[0] == '-';
    size_t i = negative;
    for (; i < size && text[i] >= '0' && text[i] <= '9' && number < INT64_MAX / 100; i++) {
        number = number * 10 + (text[i] - '0');
    }
    *out = negative ? -number : number;
    return i == size && size > negative;
}

bool text_parse(const resource *r, const uint8_t *data, size_t size, resource_value *out) {
    memset(out, 0, sizeof(*out));
    if (size >= VALUE_TEXT_SIZE || (size > 0 && memchr(data, '\0', size) != NULL)) {
        return false;
    }
    if (size > 0) {
        memcpy(out->text, data, size);
    }
    if (r->type == VALUE_TEXT) {
        return true;
    }
    return parse_number(out->text, size, &out->number) && (r->type == VALUE_INTEGER || out->number >> 1 == 0);
}

/* ---- any ---- */

bool format_can_say(uint16_t format, const lwm2m_path *path) {
    const resource *r = path_resource(path);
    return format == FORMAT_TLV || format == FORMAT_SENML_JSON || (format == FORMAT_TEXT && r != NULL && !r->multiple);
}

void format_values(uint16_t format, const lwm2m_values *values, const lwm2m_path *path, sink *s) {
    switch (format) {
    case FORMAT_TEXT:
        text_value(values, path, s);
        break;
    case FORMAT_SENML_JSON:
        senml_values(values, path, s);
        break;
    default:
        tlv_values(values, path, s);
        break;
    }
}
