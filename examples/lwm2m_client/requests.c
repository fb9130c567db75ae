/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

#include <string.h>

/* What is being answered. */
typedef struct asked {
    requests *r;
    const message *request;
    message *response;
    lwm2m_path path;
    uint16_t accept; /* FORMAT_NONE: not said */
    uint16_t format; /* of the payload; the same */
    uint64_t now;
} asked;

typedef uint8_t handler(asked *a);

static void set_payload(asked *a, const sink *s, uint16_t format) {
    a->response->payload = s->data;
    a->response->payload_size = s->size;
    message_add_uint(a->response, OPTION_CONTENT_FORMAT, format);
}

static sink payload_of(const asked *a) {
    return (sink){.data = a->r->payload, .capacity = sizeof(a->r->payload)};
}

static uint8_t discover(asked *a) {
    sink s = payload_of(a);
    links_discover(&a->path, &s);
    set_payload(a, &s, FORMAT_LINK);
    return s.full ? CODE_SERVER_ERROR : CODE_CONTENT;
}

static uint8_t read_as(asked *a, uint16_t format) {
    sink s = payload_of(a);
    format_values(format, a->r->values, &a->path, &s);
    set_payload(a, &s, format);
    return s.full ? CODE_SERVER_ERROR : CODE_CONTENT;
}

/* A server that does not say what it accepts gets text for one value, and TLV for several. */
static uint16_t choose_format(const asked *a) {
    if (a->accept != FORMAT_NONE) {
        return a->accept;
    }
    return format_can_say(FORMAT_TEXT, &a->path) ? FORMAT_TEXT : FORMAT_TLV;
}

static uint8_t read_or_observe(asked *a) {
    const resource *one = path_resource(&a->path);
    uint16_t format = choose_format(a);
    uint32_t observe = 0;
    bool has_observe = message_get_uint(a->request, OPTION_OBSERVE, &observe);
    if (one != NULL && one->read == NULL) {
        return CODE_NOT_ALLOWED;
    }
    if (!format_can_say(format, &a->path)) {
        return CODE_NOT_ACCEPTABLE;
    }
    if (has_observe && observe == 0) {
        observation *o = observations_add(a->r->observations, a->request, &a->path, a->now);
        a->r->operation = "observe";
        a->r->observations_changed = true;
        if (o != NULL) { /* without room it is a read: RFC 7641 section 4.1 */
            o->format = format;
            message_add_uint(a->response, OPTION_OBSERVE, observations_next_sequence(a->r->observations));
        }
    } else if (has_observe) {
        observations_cancel(a->r->observations, &a->path);
        a->r->operation = "cancel";
        a->r->observations_changed = true;
    }
    return read_as(a, format);
}

static uint8_t get(asked *a) {
    a->r->operation = a->accept == FORMAT_LINK ? "discover" : "read";
    return a->accept == FORMAT_LINK ? discover(a) : read_or_observe(a);
}

static bool write_one(void *context, const resource *r, const resource_value *v) {
    lwm2m_values *values = context;
    return r->write != NULL && r->write(values, v);
}

static uint8_t write_text(asked *a, lwm2m_values *values) {
    const resource *one = path_resource(&a->path);
    resource_value v;
    bool fits = text_parse(one, a->request->payload, a->request->payload_size, &v);
    return fits && one->write(values, &v) ? CODE_CHANGED : CODE_BAD_REQUEST;
}

static void tell_changes(asked *a) {
    for (size_t i = 0; i < resources_count; i++) {
        if (path_has(&a->path, &resources[i]) && resources[i].write != NULL) {
            observations_touch(a->r->observations, resources[i].object, resources[i].id);
        }
    }
}

/* All or nothing: it is tried on a copy. Replacing and updating an instance are the same where no resource can be
 * missing. */
static uint8_t write(asked *a) {
    const resource *one = path_resource(&a->path);
    lwm2m_values values = *a->r->values;
    uint8_t code = CODE_CHANGED;
    a->r->operation = "write";
    if (a->path.depth < 2 || (one != NULL && one->write == NULL)) {
        return CODE_NOT_ALLOWED;
    }
    if (one != NULL && (a->format == FORMAT_TEXT || a->format == FORMAT_NONE)) {
        code = write_text(a, &values);
    } else if (a->format == FORMAT_TLV) {
        bool good = tlv_parse(&a->path, a->request->payload, a->request->payload_size, write_one, &values);
        code = good ? CODE_CHANGED : CODE_BAD_REQUEST;
    } else {
        return CODE_UNSUPPORTED_FORMAT;
    }
    if (code == CODE_CHANGED) {
        *a->r->values = values;
        tell_changes(a);
    }
    return code;
}

/* Attributes of notifications would come this way: this client has the Server object's periods alone. */
static uint8_t put(asked *a) {
    if (message_find(a->request, OPTION_URI_QUERY, 0) != NULL) {
        a->r->operation = "write-attributes";
        return CODE_NOT_ALLOWED;
    }
    return write(a);
}

static uint8_t post(asked *a) {
    const resource *one = path_resource(&a->path);
    if (one == NULL || one->execute == NULL) {
        return a->path.depth == 2 || one != NULL ? write(a) : CODE_NOT_ALLOWED;
    }
    a->r->operation = "execute";
    return one->execute(a->r->values) ? CODE_CHANGED : CODE_NOT_ALLOWED;
}

/* A critical option that is not known must be refused (RFC 7252 section 5.4.1); blocks are none of this client's. */
static bool has_unknown_option(const message *m) {
    for (size_t i = 0; i < m->options_count; i++) {
        uint32_t number = 0;
        switch (m->options[i].number) {
        case OPTION_URI_HOST:
        case OPTION_URI_PORT:
        case OPTION_URI_PATH:
        case OPTION_URI_QUERY:
        case OPTION_ACCEPT:
            break;
        case OPTION_BLOCK2: /* the server's wish for the size; what there is fits into one */
            if (!message_get_uint(m, OPTION_BLOCK2, &number) || number >> 4 != 0) {
                return true;
            }
            break;
        default:
            if (m->options[i].number % 2 == 1) {
                return true;
            }
            break;
        }
    }
    return false;
}

static uint16_t format_option(const message *m, uint16_t option) {
    uint32_t format = FORMAT_NONE;
    return message_get_uint(m, option, &format) && format < FORMAT_NONE ? (uint16_t)format : FORMAT_NONE;
}

static uint8_t dispatch(asked *a) {
    static handler *const handlers[] = {[CODE_GET] = get, [CODE_POST] = post, [CODE_PUT] = put, [CODE_DELETE] = NULL};
    char path[PATH_TEXT_SIZE];
    if (has_unknown_option(a->request)) {
        return CODE_BAD_OPTION;
    }
    if (!message_get_path(a->request, OPTION_URI_PATH, path, sizeof(path)) || !path_parse(&a->path, path)) {
        return CODE_NOT_FOUND;
    }
    (void)path_text(&a->path, a->r->path);
    if (a->path.depth > 0 && a->path.ids[0] == OBJECT_SECURITY) {
        return CODE_UNAUTHORIZED;
    }
    if (!path_exists(&a->path)) {
        return CODE_NOT_FOUND;
    }
    uint8_t method = a->request->code;
    bool known = method < sizeof(handlers) / sizeof(handlers[0]) && handlers[method] != NULL && a->path.depth > 0;
    return known ? handlers[method](a) : CODE_NOT_ALLOWED;
}

void requests_answer(requests *r, const message *request, message *response, uint64_t now) {
    asked a = {.r = r, .request = request, .response = response, .now = now};
    r->operation = "request";
    r->path[0] = '\0';
    a.accept = format_option(request, OPTION_ACCEPT);
    a.format = format_option(request, OPTION_CONTENT_FORMAT);
    r->code = dispatch(&a);
    if (CODE_CLASS(r->code) != 2) {
        message_begin(response, response->type, r->code);
    }
    response->code = r->code;
}
