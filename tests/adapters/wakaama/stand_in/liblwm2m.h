/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for the header of this name of Wakaama: what the adapter uses of its interface, and
 * the rest of the structures that it looks into, as a client of LwM2M 1.1 has them. */
#ifndef STAND_IN_LIBLWM2M_H
#define STAND_IN_LIBLWM2M_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* ---- numbers ---- */

#define COAP_NO_ERROR                  (uint8_t)0x00
#define COAP_205_CONTENT               (uint8_t)0x45
#define COAP_404_NOT_FOUND             (uint8_t)0x84
#define COAP_500_INTERNAL_SERVER_ERROR (uint8_t)0xA0
#define COAP_503_SERVICE_UNAVAILABLE   (uint8_t)0xA3

#define LWM2M_SECURITY_OBJECT_ID     0
#define LWM2M_SECURITY_URI_ID        0
#define LWM2M_SECURITY_SECURITY_ID   2
#define LWM2M_SECURITY_PUBLIC_KEY_ID 3
#define LWM2M_SECURITY_SECRET_KEY_ID 5

#define LWM2M_SECURITY_MODE_PRE_SHARED_KEY 0
#define LWM2M_SECURITY_MODE_RAW_PUBLIC_KEY 1
#define LWM2M_SECURITY_MODE_CERTIFICATE    2
#define LWM2M_SECURITY_MODE_NONE           3

/* ---- what the application gives to Wakaama ---- */

void *lwm2m_malloc(size_t s);
void lwm2m_free(void *p);

/* ---- data ---- */

typedef struct _lwm2m_context_ lwm2m_context_t;
typedef struct _lwm2m_data_t lwm2m_data_t;
typedef struct _lwm2m_object_t lwm2m_object_t;
typedef struct _lwm2m_observed_ lwm2m_observed_t;
typedef struct _lwm2m_block_data_ lwm2m_block_data_t;
typedef struct _lwm2m_transaction_ lwm2m_transaction_t;

typedef struct _lwm2m_list_t {
    struct _lwm2m_list_t *next;
    uint16_t id;
} lwm2m_list_t;

typedef enum {
    LWM2M_TYPE_UNDEFINED = 0,
    LWM2M_TYPE_OBJECT,
    LWM2M_TYPE_OBJECT_INSTANCE,
    LWM2M_TYPE_MULTIPLE_RESOURCE,
    LWM2M_TYPE_STRING,
    LWM2M_TYPE_OPAQUE,
    LWM2M_TYPE_INTEGER,
    LWM2M_TYPE_UNSIGNED_INTEGER,
    LWM2M_TYPE_FLOAT,
    LWM2M_TYPE_BOOLEAN,
    LWM2M_TYPE_OBJECT_LINK,
    LWM2M_TYPE_CORE_LINK
} lwm2m_data_type_t;

struct _lwm2m_data_t {
    lwm2m_data_type_t type;
    uint16_t id;
    union {
        bool asBoolean;
        int64_t asInteger;
        uint64_t asUnsigned;
        double asFloat;
        struct {
            size_t length;
            uint8_t *buffer;
        } asBuffer;
        struct {
            size_t count;
            lwm2m_data_t *array;
        } asChildren;
        struct {
            uint16_t objectId;
            uint16_t objectInstanceId;
        } asObjLink;
    } value;
};

lwm2m_data_t *lwm2m_data_new(int size);
void lwm2m_data_free(int size, lwm2m_data_t *dataP);
int lwm2m_data_decode_int(const lwm2m_data_t *dataP, int64_t *valueP);

/* ---- objects ---- */

typedef enum {
    LWM2M_WRITE_PARTIAL_UPDATE,
    LWM2M_WRITE_REPLACE_RESOURCES,
    LWM2M_WRITE_REPLACE_INSTANCE,
} lwm2m_write_type_t;

typedef uint8_t (*lwm2m_read_callback_t)(lwm2m_context_t *contextP, uint16_t instanceId, int *numDataP,
                                         lwm2m_data_t **dataArrayP, lwm2m_object_t *objectP);
typedef uint8_t (*lwm2m_discover_callback_t)(lwm2m_context_t *contextP, uint16_t instanceId, int *numDataP,
                                             lwm2m_data_t **dataArrayP, lwm2m_object_t *objectP);
typedef uint8_t (*lwm2m_write_callback_t)(lwm2m_context_t *contextP, uint16_t instanceId, int numData,
                                          lwm2m_data_t *dataArray, lwm2m_object_t *objectP,
                                          lwm2m_write_type_t writeType);
typedef uint8_t (*lwm2m_execute_callback_t)(lwm2m_context_t *contextP, uint16_t instanceId, uint16_t resourceId,
                                            uint8_t *buffer, int length, lwm2m_object_t *objectP);
typedef uint8_t (*lwm2m_create_callback_t)(lwm2m_context_t *contextP, uint16_t instanceId, int numData,
                                           lwm2m_data_t *dataArray, lwm2m_object_t *objectP);
typedef uint8_t (*lwm2m_delete_callback_t)(lwm2m_context_t *contextP, uint16_t instanceId, lwm2m_object_t *objectP);

struct _lwm2m_object_t {
    struct _lwm2m_object_t *next;
    uint16_t objID;
    uint8_t versionMajor;
    uint8_t versionMinor;
    lwm2m_list_t *instanceList;
    lwm2m_read_callback_t readFunc;
    lwm2m_write_callback_t writeFunc;
    lwm2m_execute_callback_t executeFunc;
    lwm2m_create_callback_t createFunc;
    lwm2m_delete_callback_t deleteFunc;
    lwm2m_discover_callback_t discoverFunc;
    void *userData;
};

/* ---- servers ---- */

typedef enum {
    STATE_DEREGISTERED = 0,
    STATE_REG_HOLD_OFF,
    STATE_REG_PENDING,
    STATE_REGISTERED,
    STATE_REG_FAILED,
    STATE_REG_UPDATE_PENDING,
    STATE_REG_UPDATE_NEEDED,
    STATE_REG_FULL_UPDATE_NEEDED,
    STATE_DEREG_PENDING,
    STATE_BS_HOLD_OFF,
    STATE_BS_INITIATED,
    STATE_BS_PENDING,
    STATE_BS_FINISHING,
    STATE_BS_FINISHED,
    STATE_BS_FAILING,
    STATE_BS_FAILED,
} lwm2m_status_t;

typedef uint8_t lwm2m_binding_t;

typedef struct _lwm2m_server_ {
    struct _lwm2m_server_ *next;
    uint16_t secObjInstID;
    uint16_t shortID;
    time_t lifetime;
    time_t registration;
    lwm2m_binding_t binding;
    void *sessionH;
    lwm2m_status_t status;
    char *location;
    bool dirty;
    lwm2m_block_data_t *blockData;
    uint16_t servObjInstID;
    uint8_t attempt;
    uint8_t sequence;
} lwm2m_server_t;

/* ---- the context ---- */

typedef enum {
    STATE_INITIAL = 0,
    STATE_BOOTSTRAP_REQUIRED,
    STATE_BOOTSTRAPPING,
    STATE_REGISTER_REQUIRED,
    STATE_REGISTERING,
    STATE_READY
} lwm2m_client_state_t;

struct _lwm2m_context_ {
    lwm2m_client_state_t state;
    char *endpointName;
    char *msisdn;
    char *altPath;
    lwm2m_server_t *bootstrapServerList;
    lwm2m_server_t *serverList;
    lwm2m_object_t *objectList;
    lwm2m_observed_t *observedList;
    uint16_t nextMID;
    lwm2m_transaction_t *transactionList;
    void *userData;
};

void lwm2m_handle_packet(lwm2m_context_t *contextP, uint8_t *buffer, size_t length, void *fromSessionH);

/* ---- what the adapter gives to Wakaama ---- */

void *lwm2m_connect_server(uint16_t instance, void *user);
void lwm2m_close_connection(void *sessionH, void *userData);
uint8_t lwm2m_buffer_send(void *session, uint8_t *data, size_t size, void *user);
bool lwm2m_session_is_equal(void *session1, void *session2, void *userData);

#endif
