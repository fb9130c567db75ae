/* SPDX-License-Identifier: Apache-2.0 */
/* The objects that the client has (LwM2M 1.1 appendix E), each with one instance, 0: Security (0), which no server may
 * touch, Server (1) and Device (3). One table says what there is; nothing here knows of CoAP. */
#ifndef LWM2M_OBJECTS_H
#define LWM2M_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OBJECT_SECURITY = 0, OBJECT_SERVER = 1, OBJECT_DEVICE = 3 };
enum { DEVICE_BATTERY_LEVEL = 9 };

#define VALUE_TEXT_SIZE 64
#define LIFETIME_MAX    (UINT32_MAX / 1000) /* s; in ms it is counted in 32 bits */

/* What the resources stand for, and what a server has asked for and the client has not done yet. */
typedef struct lwm2m_values {
    uint32_t lifetime;        /* s, 1 to LIFETIME_MAX */
    uint32_t min_period;      /* s between notifications of one observation */
    uint32_t max_period;      /* s, 0: none */
    uint32_t disable_timeout; /* s */
    bool storing;             /* notifications are kept for later while the server cannot be reached: they are */
    char binding[VALUE_TEXT_SIZE];
    uint16_t short_server_id;
    uint8_t battery; /* percent */
    char manufacturer[VALUE_TEXT_SIZE];
    char model[VALUE_TEXT_SIZE];
    char serial[VALUE_TEXT_SIZE];
    char firmware[VALUE_TEXT_SIZE];

    bool update_wanted : 1;    /* executed, or what the registration says has changed */
    bool lifetime_changed : 1; /* the next Update tells it */
    bool disable_wanted : 1;
    bool reboot_wanted : 1;
    bool bootstrap_wanted : 1;
} lwm2m_values;

void values_init(lwm2m_values *values); /* with the defaults of LwM2M */

typedef enum value_type { VALUE_TEXT, VALUE_INTEGER, VALUE_BOOLEAN } value_type;
typedef struct resource_value {
    int64_t number; /* of what is no text */
    char text[VALUE_TEXT_SIZE];
} resource_value;

typedef struct resource {
    uint16_t object;
    uint16_t id;
    value_type type;
    bool multiple; /* has one instance, 0 */
    /* What cannot be done with it is NULL. */
    void (*read)(const lwm2m_values *values, resource_value *out);
    bool (*write)(lwm2m_values *values, const resource_value *in); /* false: not a value that it can have */
    bool (*execute)(lwm2m_values *values);                         /* false: this client cannot */
} resource;

extern const resource resources[]; /* by object and id */
extern const size_t resources_count;

/* /object, /object/0 or /object/0/resource; depth 0 is all. */
typedef struct lwm2m_path {
    uint8_t depth;
    uint16_t ids[3];
} lwm2m_path;
#define PATH_TEXT_SIZE 24

bool path_parse(lwm2m_path *path, const char *text); /* as "/3/0/9"; false: no such form */
const char *path_text(const lwm2m_path *path, char text[PATH_TEXT_SIZE]);
bool path_has(const lwm2m_path *path, const resource *r);
const resource *path_resource(const lwm2m_path *path); /* NULL: no resource's path, or unknown */
bool path_exists(const lwm2m_path *path);

#endif
