/* SPDX-License-Identifier: Apache-2.0 */
/* What the Security object says of a server. */
#include <mbedtls/platform_util.h>

#include "internal.h"

static bool has_bytes(const lwm2m_data_t *data) {
    return data != NULL && (data->type == LWM2M_TYPE_STRING || data->type == LWM2M_TYPE_OPAQUE) &&
           data->value.asBuffer.buffer != NULL;
}

/* Keys are among what is read: nothing is left of it. */
static void give_back(int count, lwm2m_data_t *data) {
    if (has_bytes(data)) {
        mbedtls_platform_zeroize(data->value.asBuffer.buffer, data->value.asBuffer.length);
    }
    lwm2m_data_free(count, data);
}

/* To be given back; NULL: the object does not have it. One at a time, as a missing one ends the reading of all. */
static lwm2m_data_t *read_resource(const doze_wakaama *w, uint16_t instance, uint16_t id) {
    lwm2m_object_t *object = w->context == NULL ? NULL : w->context->objectList;
    while (object != NULL && object->objID != LWM2M_SECURITY_OBJECT_ID) {
        object = object->next;
    }
    lwm2m_data_t *data = object == NULL || object->readFunc == NULL ? NULL : lwm2m_data_new(1);
    if (data == NULL) {
        return NULL;
    }
    int count = 1;
    data->id = id;
    if (object->readFunc(w->context, instance, &count, &data, object) != COAP_205_CONTENT) {
        give_back(count, data);
        return NULL;
    }
    return data;
}

static int64_t read_mode(const doze_wakaama *w, uint16_t instance) {
    int64_t mode = -1;
    lwm2m_data_t *data = read_resource(w, instance, LWM2M_SECURITY_SECURITY_ID);
    if (data != NULL && lwm2m_data_decode_int(data, &mode) == 0) {
        mode = -1;
    }
    give_back(1, data);
    return mode;
}

doze_result doze_wakaama_read_uri(const doze_wakaama *w, uint16_t instance, doze_wakaama_uri *out) {
    doze_result result = DOZE_ERR_CONFIG;
    lwm2m_data_t *data = read_resource(w, instance, LWM2M_SECURITY_URI_ID);
    if (has_bytes(data)) {
        result = doze_wakaama_parse_uri((const char *)data->value.asBuffer.buffer, data->value.asBuffer.length, out);
    }
    give_back(1, data);
    if (result != DOZE_OK) {
        return result;
    }
    /* Whoever asks for keys must not get plain text, nor the other way round. */
    return out->secure == (read_mode(w, instance) != LWM2M_SECURITY_MODE_NONE) ? DOZE_OK : DOZE_ERR_CONFIG;
}

static doze_bytes bytes_of(const lwm2m_data_t *data) {
    return has_bytes(data) ? (doze_bytes){data->value.asBuffer.buffer, data->value.asBuffer.length} : (doze_bytes){0};
}

static doze_result init_with(const doze_wakaama *w, uint16_t instance, doze_dtls_settings *settings,
                             doze_dtls_config *config) {
    doze_result result = DOZE_OK;
    if (w->settings.credentials != NULL) {
        result = w->settings.credentials(w->settings.user, instance, settings);
    }
    return result == DOZE_OK ? doze_dtls_config_init(config, settings) : result;
}

static doze_result init_with_psk(const doze_wakaama *w, uint16_t instance, doze_dtls_config *config) {
    doze_dtls_settings settings = w->settings.dtls;
    lwm2m_data_t *identity = read_resource(w, instance, LWM2M_SECURITY_PUBLIC_KEY_ID);
    lwm2m_data_t *key = read_resource(w, instance, LWM2M_SECURITY_SECRET_KEY_ID);
    settings.psk = (doze_psk){.identity = bytes_of(identity), .key = bytes_of(key)};
    doze_result result = init_with(w, instance, &settings, config);
    give_back(1, identity);
    give_back(1, key);
    return result;
}

doze_result doze_wakaama_init_config(const doze_wakaama *w, uint16_t instance, doze_dtls_config *config) {
    int64_t mode = read_mode(w, instance);
    if (mode == LWM2M_SECURITY_MODE_PRE_SHARED_KEY) {
        return init_with_psk(w, instance, config);
    }
    if (mode == LWM2M_SECURITY_MODE_CERTIFICATE && w->settings.credentials != NULL) {
        doze_dtls_settings settings = w->settings.dtls;
        return init_with(w, instance, &settings, config);
    }
    return DOZE_ERR_UNSUPPORTED;
}
