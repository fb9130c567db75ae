/* SPDX-License-Identifier: Apache-2.0 */
/* What there is, in CoRE link format (RFC 6690). */
#include "formats.h"

void links_registration(sink *s) {
    sink_print(s, "</>;rt=\"oma.lwm2m\";ct=\"%d %d\",</%d/0>,</%d/0>", FORMAT_SENML_JSON, FORMAT_TLV, OBJECT_SERVER,
               OBJECT_DEVICE);
}

void links_discover(const lwm2m_path *path, sink *s) {
    if (path->depth == 1) {
        sink_print(s, "</%u>,", path->ids[0]);
    }
    if (path->depth < 3) {
        sink_print(s, "</%u/0>", path->ids[0]);
    }
    for (size_t i = 0; i < resources_count; i++) {
        if (path_has(path, &resources[i])) {
            sink_print(s, "%s</%u/0/%u>%s", s->size == 0 ? "" : ",", resources[i].object, resources[i].id,
                       resources[i].multiple ? ";dim=1" : "");
        }
    }
}
