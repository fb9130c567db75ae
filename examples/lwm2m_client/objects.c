/* SPDX-License-Identifier: Apache-2.0 */
#include "objects.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void values_init(lwm2m_values *values) {
    memset(values, 0, sizeof(*values));
    values->lifetime = 86400;
    values->disable_timeout = 86400;
    values->storing = true;
    values->short_server_id = 1;
    values->battery = 100;
    strcpy(values->binding, "U");
    strcpy(values->manufacturer, "doze");
    strcpy(values->model, "lwm2m_client");
    strcpy(values->serial, "0");
    strcpy(values->firmware, "0.1.0");
}

/* ---- Server ---- */

static void read_short_id(const lwm2m_values *values, resource_value *out) {
    out->number = values->short_server_id;
}

static void read_lifetime(const lwm2m_values *values, resource_value *out) {
    out->number = values->lifetime;
}

static bool write_lifetime(lwm2m_values *values, const resource_value *in) {
    if (in->number < 1 || in->number > (int64_t)LIFETIME_MAX) {
        return false;
    }
    values->lifetime_changed = values->lifetime_changed || values->lifetime != (uint32_t)in->number;
    values->update_wanted = values->update_wanted || values->lifetime_changed;
    values->lifetime = (uint32_t)in->number;
    return true;
}

static bool write_seconds(uint32_t *seconds, const resource_value *in) {
    if (in->number < 0 || in->number > (int64_t)LIFETIME_MAX) {
        return false;
    }
    *seconds = (uint32_t)in->number;
    return true;
}

static void read_min_period(const lwm2m_values *values, resource_value *out) {
    out->number = values->min_period;
}

static bool write_min_period(lwm2m_values *values, const resource_value *in) {
    return write_seconds(&values->min_period, in);
}

static void read_max_period(const lwm2m_values *values, resource_value *out) {
    out->number = values->max_period;
}

static bool write_max_period(lwm2m_values *values, const resource_value *in) {
    return write_seconds(&values->max_period, in);
}

static bool disable(lwm2m_values *values) {
    values->disable_wanted = true;
    return true;
}

static void read_disable_timeout(const lwm2m_values *values, resource_value *out) {
    out->number = values->disable_timeout;
}

static bool write_disable_timeout(lwm2m_values *values, const resource_value *in) {
    return write_seconds(&values->disable_timeout, in);
}

static void read_storing(const lwm2m_values *values, resource_value *out) {
    out->number = values->storing;
}

/* A value that is due goes out when the server can be reached again; there is no way not to. */
static bool write_storing(lwm2m_values *values, const resource_value *in) {
    return in->number == values->storing;
}

static void read_binding(const lwm2m_values *values, resource_value *out) {
    strcpy(out->text, values->binding);
}

static bool write_binding(lwm2m_values *values, const resource_value *in) {
    return strcmp(in->text, values->binding) == 0;
}

static bool ask_for_update(lwm2m_values *values) {
    values->update_wanted = true;
    return true;
}

static bool ask_for_bootstrap(lwm2m_values *values) {
    values->bootstrap_wanted = true;
    return false;
}

/* ---- Device ---- */

static void read_manufacturer(const lwm2m_values *values, resource_value *out) {
    strcpy(out->text, values->manufacturer);
}

static void read_model(const lwm2m_values *values, resource_value *out) {
    strcpy(out->text, values->model);
}

static void read_serial(const lwm2m_values *values, resource_value *out) {
    strcpy(out->text, values->serial);
}

static void read_firmware(const lwm2m_values *values, resource_value *out) {
    strcpy(out->text, values->firmware);
}

static bool reboot(lwm2m_values *values) {
    values->reboot_wanted = true;
    return true;
}

static void read_battery(const lwm2m_values *values, resource_value *out) {
    out->number = values->battery;
}

static void read_error_code(const lwm2m_values *values, resource_value *out) {
    (void)values;
    out->number = 0; /* no error */
}

static void read_supported_binding(const lwm2m_values *values, resource_value *out) {
    (void)values;
    strcpy(out->text, "U");
}

const resource resources[] = {
    {OBJECT_SERVER, 0, VALUE_INTEGER, false, read_short_id, NULL, NULL},
    {OBJECT_SERVER, 1, VALUE_INTEGER, false, read_lifetime, write_lifetime, NULL},
    {OBJECT_SERVER, 2, VALUE_INTEGER, false, read_min_period, write_min_period, NULL},
    {OBJECT_SERVER, 3, VALUE_INTEGER, false, read_max_period, write_max_period, NULL},
    {OBJECT_SERVER, 4, VALUE_TEXT, false, NULL, NULL, disable},
    {OBJECT_SERVER, 5, VALUE_INTEGER, false, read_disable_timeout, write_disable_timeout, NULL},
    {OBJECT_SERVER, 6, VALUE_BOOLEAN, false, read_storing, write_storing, NULL},
    {OBJECT_SERVER, 7, VALUE_TEXT, false, read_binding, write_binding, NULL},
    {OBJECT_SERVER, 8, VALUE_TEXT, false, NULL, NULL, ask_for_update},
    {OBJECT_SERVER, 9, VALUE_TEXT, false, NULL, NULL, ask_for_bootstrap},
    {OBJECT_DEVICE, 0, VALUE_TEXT, false, read_manufacturer, NULL, NULL},
    {OBJECT_DEVICE, 1, VALUE_TEXT, false, read_model, NULL, NULL},
    {OBJECT_DEVICE, 2, VALUE_TEXT, false, read_serial, NULL, NULL},
    {OBJECT_DEVICE, 3, VALUE_TEXT, false, read_firmware, NULL, NULL},
    {OBJECT_DEVICE, 4, VALUE_TEXT, false, NULL, NULL, reboot},
    {OBJECT_DEVICE, DEVICE_BATTERY_LEVEL, VALUE_INTEGER, false, read_battery, NULL, NULL},
    {OBJECT_DEVICE, 11, VALUE_INTEGER, true, read_error_code, NULL, NULL},
    {OBJECT_DEVICE, 16, VALUE_TEXT, false, read_supported_binding, NULL, NULL},
};
const size_t resources_count = sizeof(resources) / sizeof(resources[0]);
