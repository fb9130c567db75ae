/* SPDX-License-Identifier: Apache-2.0 */
/* SenML JSON: RFC 8428, LwM2M 1.1 section 7.4.4. */
#include <inttypes.h>

#include "formats.h"

static void put_text(sink *s, const char *text) {
    for (; *text != '\0'; text++) {
        bool escaped = *text == '"' || *text == '\\';
        if ((unsigned char)*text < ' ') {
            sink_print(s, "\\u%04x", (unsigned)*text);
        } else {
            sink_print(s, escaped ? "\\%c" : "%c", *text);
        }
    }
}

static void put_value(sink *s, const resource *r, const resource_value *v) {
    if (r->type == VALUE_TEXT) {
        sink_print(s, "\"vs\":\"");
        put_text(s, v->text);
        sink_print(s, "\"");
    } else if (r->type == VALUE_BOOLEAN) {
        sink_print(s, "\"vb\":%s", v->number != 0 ? "true" : "false");
    } else {
        sink_print(s, "\"v\":%" PRId64, v->number);
    }
}

void senml_values(const lwm2m_values *values, const lwm2m_path *path, sink *s) {
    bool first = true;
    sink_print(s, "[");
    for (size_t i = 0; i < resources_count; i++) {
        const resource *r = &resources[i];
        resource_value v = {0};
        if (!path_has(path, r) || r->read == NULL) {
            continue;
        }
        r->read(values, &v);
        if (first) {
            sink_print(s, "{\"bn\":\"/%u/0/\",", r->object);
        } else {
            sink_print(s, ",{");
        }
        sink_print(s, "\"n\":\"%u%s\",", r->id, r->multiple ? "/0" : "");
        put_value(s, r, &v);
        sink_print(s, "}");
        first = false;
    }
    sink_print(s, "]");
}
