/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

int fake_allocations;
int fake_fail_after = -1;
size_t fake_unwiped;

void *lwm2m_malloc(size_t s) {
    if (fake_fail_after >= 0 && fake_fail_after-- == 0) {
        return NULL;
    }
    void *memory = malloc(s);
    fake_allocations += memory != NULL;
    return memory;
}

void lwm2m_free(void *p) {
    fake_allocations -= p != NULL;
    free(p);
}

lwm2m_data_t *lwm2m_data_new(int size) {
    lwm2m_data_t *data = lwm2m_malloc((size_t)size * sizeof(*data));
    if (data != NULL) {
        memset(data, 0, (size_t)size * sizeof(*data));
    }
    return data;
}

static bool owns_buffer(const lwm2m_data_t *data) {
    return data->type == LWM2M_TYPE_STRING || data->type == LWM2M_TYPE_OPAQUE;
}

static void count_unwiped(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        fake_unwiped += bytes[i] != 0;
    }
}

void lwm2m_data_free(int size, lwm2m_data_t *dataP) {
    for (int i = 0; dataP != NULL && i < size; i++) {
        if (owns_buffer(&dataP[i])) {
            count_unwiped(dataP[i].value.asBuffer.buffer, dataP[i].value.asBuffer.length);
            lwm2m_free(dataP[i].value.asBuffer.buffer);
        }
    }
    lwm2m_free(dataP);
}

int lwm2m_data_decode_int(const lwm2m_data_t *dataP, int64_t *valueP) {
    if (dataP->type != LWM2M_TYPE_INTEGER) {
        return 0;
    }
    *valueP = dataP->value.asInteger;
    return 1;
}

/* As Wakaama's encoders do, an allocation that fails leaves the value undefined. */
static uint8_t put_bytes(lwm2m_data_t *data, lwm2m_data_type_t type, const void *bytes, size_t size) {
    if (bytes == NULL) {
        return COAP_404_NOT_FOUND;
    }
    uint8_t *copy = lwm2m_malloc(size);
    if (copy != NULL) {
        memcpy(copy, bytes, size);
        data->type = type;
        data->value.asBuffer.buffer = copy;
        data->value.asBuffer.length = size;
    }
    return COAP_205_CONTENT;
}

static uint8_t put_mode(lwm2m_data_t *data, const fake_security *s) {
    if (s->mode < 0) {
        return COAP_404_NOT_FOUND;
    }
    data->type = s->no_number ? LWM2M_TYPE_UNDEFINED : LWM2M_TYPE_INTEGER;
    data->value.asInteger = s->mode;
    return COAP_205_CONTENT;
}

static uint8_t read_security(lwm2m_context_t *contextP, uint16_t instanceId, int *numDataP, lwm2m_data_t **dataArrayP,
                             lwm2m_object_t *objectP) {
    const fake *f = (const fake *)contextP;
    lwm2m_data_t *data = *dataArrayP;
    (void)objectP;
    if (*numDataP != 1 || instanceId >= FAKE_SERVERS || f->security[instanceId].uri == NULL) {
        return COAP_404_NOT_FOUND;
    }
    const fake_security *s = &f->security[instanceId];
    switch (data->id) {
    case LWM2M_SECURITY_URI_ID:
        return put_bytes(data, LWM2M_TYPE_STRING, s->uri, strlen(s->uri));
    case LWM2M_SECURITY_SECURITY_ID:
        return put_mode(data, s);
    case LWM2M_SECURITY_PUBLIC_KEY_ID:
        return put_bytes(data, LWM2M_TYPE_OPAQUE, s->identity, s->identity == NULL ? 0 : strlen(s->identity));
    case LWM2M_SECURITY_SECRET_KEY_ID:
        return put_bytes(data, LWM2M_TYPE_OPAQUE, s->key, s->key_size);
    default:
        return COAP_404_NOT_FOUND;
    }
}

void lwm2m_handle_packet(lwm2m_context_t *contextP, uint8_t *buffer, size_t length, void *fromSessionH) {
    fake *f = (fake *)contextP;
    f->session = fromSessionH;
    f->packet_size = length;
    memcpy(f->packet, buffer, length < sizeof(f->packet) ? length : sizeof(f->packet));
    f->packets++;
    if (f->on_packet != NULL) {
        f->on_packet(f->on_packet_context);
    }
}

void fake_init(fake *f) {
    memset(f, 0, sizeof(*f));
    f->others = (lwm2m_object_t){.next = &f->object, .objID = LWM2M_SECURITY_OBJECT_ID + 1};
    f->object = (lwm2m_object_t){.objID = LWM2M_SECURITY_OBJECT_ID, .readFunc = read_security};
    f->context.objectList = &f->others;
    f->context.state = STATE_READY;
    fake_fail_after = -1;
    fake_unwiped = 0;
}
