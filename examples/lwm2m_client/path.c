/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "objects.h"

/* Digits up to the next slash; NULL: it is no number of 16 bits. */
static const char *parse_id(const char *text, uint16_t *id) {
    unsigned number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && number <= UINT16_MAX; at++) {
        number = number * 10 + (unsigned)(*at - '0');
    }
    *id = (uint16_t)number;
    return at != text && number <= UINT16_MAX && (*at == '\0' || *at == '/') ? at : NULL;
}

bool path_parse(lwm2m_path *path, const char *text) {
    memset(path, 0, sizeof(*path));
    while (*text == '/' && path->depth < 3) {
        text = parse_id(text + 1, &path->ids[path->depth]);
        if (text == NULL) {
            return false;
        }
        path->depth++;
    }
    return *text == '\0';
}

const char *path_text(const lwm2m_path *path, char text[PATH_TEXT_SIZE]) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < path->depth; i++) {
        used += (size_t)snprintf(text + used, PATH_TEXT_SIZE - used, "/%u", path->ids[i]);
    }
    return text;
}

bool path_has(const lwm2m_path *path, const resource *r) {
    const uint16_t ids[] = {r->object, 0, r->id};
    return memcmp(path->ids, ids, path->depth * sizeof(ids[0])) == 0;
}

const resource *path_resource(const lwm2m_path *path) {
    for (size_t i = 0; i < resources_count; i++) {
        if (path->depth == 3 && path_has(path, &resources[i])) {
            return &resources[i];
        }
    }
    return NULL;
}

bool path_exists(const lwm2m_path *path) {
    for (size_t i = 0; i < resources_count; i++) {
        if (path_has(path, &resources[i])) {
            return true;
        }
    }
    return false;
}
