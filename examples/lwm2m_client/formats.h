/* SPDX-License-Identifier: Apache-2.0 */
/* Values on the wire: LwM2M 1.1 section 7.4. Read in all of them, written in text and TLV. */
#ifndef LWM2M_FORMATS_H
#define LWM2M_FORMATS_H

#include "objects.h"

enum { FORMAT_TEXT = 0, FORMAT_LINK = 40, FORMAT_SENML_JSON = 110, FORMAT_TLV = 11542, FORMAT_NONE = 0xffff };

/* Where something is written; what finds no room sets `full` and is left out. */
typedef struct sink {
    uint8_t *data;
    size_t capacity;
    size_t size;
    bool full;
} sink;

void sink_put(sink *s, const void *data, size_t size);
void sink_byte(sink *s, unsigned byte);
void sink_print(sink *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* All that can be read at `path`. Whether `format` can say that is told by format_can_say(). */
void format_values(uint16_t format, const lwm2m_values *values, const lwm2m_path *path, sink *s);
bool format_can_say(uint16_t format, const lwm2m_path *path);

void tlv_values(const lwm2m_values *values, const lwm2m_path *path, sink *s);
void senml_values(const lwm2m_values *values, const lwm2m_path *path, sink *s);

/* One resource's value from text; false: it is none of its type. */
bool text_parse(const resource *r, const uint8_t *data, size_t size, resource_value *out);
/* Calls `take` for each resource in a TLV written to `path`, which is an instance or a resource, until one returns
 * false. False too: malformed, or not of this path. */
typedef bool tlv_taker(void *context, const resource *r, const resource_value *v);
bool tlv_parse(const lwm2m_path *path, const uint8_t *data, size_t size, tlv_taker *take, void *context);

void links_registration(sink *s);                     /* what Register tells: section 6.2.1 */
void links_discover(const lwm2m_path *path, sink *s); /* section 6.3.2 */

#endif
