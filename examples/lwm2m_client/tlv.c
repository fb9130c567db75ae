/* SPDX-License-Identifier: Apache-2.0 */
/* TLV: LwM2M 1.1 section 7.4.3. */
#include <string.h>

#include "formats.h"

typedef enum tlv_kind { TLV_OBJECT_INSTANCE, TLV_RESOURCE_INSTANCE, TLV_MULTIPLE, TLV_RESOURCE } tlv_kind;

enum { LONG_ID = 0x20, NUMBER_MAX = 8, VALUE_MAX = 256 };

/* ---- writing ---- */

static void put_entry(sink *s, tlv_kind kind, uint16_t id, const sink *content) {
    unsigned length_bytes = content->size < 8 ? 0 : content->size < 256 ? 1 : 2;
    unsigned in_type = length_bytes == 0 ? (unsigned)content->size : length_bytes << 3;
    sink_byte(s, (unsigned)kind << 6 | (id > UINT8_MAX ? LONG_ID : 0) | in_type);
    if (id > UINT8_MAX) {
        sink_byte(s, id >> 8);
    }
    sink_byte(s, id);
    if (length_bytes == 2) {
        sink_byte(s, (unsigned)(content->size >> 8));
    }
    if (length_bytes > 0) {
        sink_byte(s, (unsigned)content->size);
    }
    sink_put(s, content->data, content->size);
    s->full = s->full || content->full;
}

/* In 1, 2, 4 or 8 bytes. */
static void put_number(sink *s, int64_t number) {
    unsigned size = 1;
    while (size < NUMBER_MAX && (number < -((int64_t)1 << (8 * size - 1)) || number >= (int64_t)1 << (8 * size - 1))) {
        size *= 2;
    }
    for (unsigned i = size; i > 0; i--) {
        sink_byte(s, (unsigned)((uint64_t)number >> (8 * (i - 1)) & 0xff));
    }
}

static void put_resource(const lwm2m_values *values, const resource *r, sink *s) {
    uint8_t inner_bytes[VALUE_MAX];
    uint8_t outer_bytes[VALUE_MAX];
    sink inner = {.data = inner_bytes, .capacity = sizeof(inner_bytes)};
    sink outer = {.data = outer_bytes, .capacity = sizeof(outer_bytes)};
    resource_value v = {0};
    r->read(values, &v);
    if (r->type == VALUE_TEXT) {
        sink_put(&inner, v.text, strlen(v.text));
    } else {
        put_number(&inner, v.number);
    }
    if (r->multiple) {
        put_entry(&outer, TLV_RESOURCE_INSTANCE, 0, &inner);
    }
    put_entry(s, r->multiple ? TLV_MULTIPLE : TLV_RESOURCE, r->id, r->multiple ? &outer : &inner);
}

void tlv_values(const lwm2m_values *values, const lwm2m_path *path, sink *s) {
    uint8_t bytes[4 * VALUE_MAX];
    sink all = {.data = bytes, .capacity = sizeof(bytes)};
    for (size_t i = 0; i < resources_count; i++) {
        if (path_has(path, &resources[i]) && resources[i].read != NULL) {
            put_resource(values, &resources[i], &all);
        }
    }
    if (path->depth == 1) {
        put_entry(s, TLV_OBJECT_INSTANCE, 0, &all);
        return;
    }
    sink_put(s, all.data, all.size);
    s->full = s->full || all.full;
}

/* ---- reading ---- */

typedef struct entry {
    tlv_kind kind;
    uint16_t id;
    const uint8_t *data;
    size_t size;
} entry;

static bool read_big_endian(const uint8_t **data, size_t *left, unsigned bytes, size_t *out) {
    if (*left < bytes) {
        return false;
    }
    for (*out = 0; bytes > 0; bytes--, (*data)++, (*left)--) {
        *out = *out << 8 | **data;
    }
    return true;
}

static bool read_entry(const uint8_t **data, size_t *left, entry *e) {
    size_t type = 0;
    size_t id = 0;
    size_t size = 0;
    if (!read_big_endian(data, left, 1, &type) || !read_big_endian(data, left, type & LONG_ID ? 2 : 1, &id)) {
        return false;
    }
    unsigned length_bytes = (unsigned)(type >> 3 & 3);
    if (length_bytes == 0) {
        size = type & 7;
    } else if (!read_big_endian(data, left, length_bytes, &size)) {
        return false;
    }
    if (*left < size) {
        return false;
    }
    *e = (entry){(tlv_kind)(type >> 6), (uint16_t)id, *data, size};
    *data += size;
    *left -= size;
    return true;
}

static bool read_number(const entry *e, int64_t *out) {
    if (e->size != 1 && e->size != 2 && e->size != 4 && e->size != NUMBER_MAX) {
        return false;
    }
    uint64_t number = e->data[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < e->size; i++) {
        number = number << 8 | e->data[i];
    }
    memcpy(out, &number, sizeof(*out));
    return true;
}

static bool read_value(const resource *r, const entry *e, resource_value *v) {
    if (r->type == VALUE_TEXT) {
        return text_parse(r, e->data, e->size, v);
    }
    memset(v, 0, sizeof(*v));
    return read_number(e, &v->number) && (r->type == VALUE_INTEGER || v->number >> 1 == 0);
}

static bool take_entry(const lwm2m_path *path, const entry *e, tlv_taker *take, void *context) {
    const lwm2m_path at = {3, {path->ids[0], 0, e->id}};
    const resource *r = path_resource(&at);
    resource_value v;
    bool here = r != NULL && path_has(path, r) && e->kind == TLV_RESOURCE;
    return here && read_value(r, e, &v) && take(context, r, &v);
}

static bool take_all(const lwm2m_path *path, const uint8_t *data, size_t size, tlv_taker *take, void *context) {
    entry e;
    while (size > 0) {
        if (!read_entry(&data, &size, &e) || !take_entry(path, &e, take, context)) {
            return false;
        }
    }
    return true;
}

/* Some servers wrap what they write to an instance; only once, and as the only entry. */
bool tlv_parse(const lwm2m_path *path, const uint8_t *data, size_t size, tlv_taker *take, void *context) {
    const uint8_t *rest = data;
    size_t left = size;
    entry e;
    bool wrapped = path->depth == 2 && left > 0 && read_entry(&rest, &left, &e) && e.kind == TLV_OBJECT_INSTANCE &&
                   e.id == 0 && left == 0;
    return wrapped ? take_all(path, e.data, e.size, take, context) : take_all(path, data, size, take, context);
}
