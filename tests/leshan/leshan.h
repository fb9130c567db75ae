/* SPDX-License-Identifier: Apache-2.0 */
/* The Leshan server of src/main/java, and what it says of its clients. */
#ifndef LESHAN_LESHAN_H
#define LESHAN_LESHAN_H

#include "leshan/process.h"

#include <stdint.h>

#define LESHAN_TEXT_MAX 128

typedef struct leshan_settings {
    const char *class_path; /* from tests/leshan/make-server */
    bool connection_id;
    uint16_t coaps;          /* 0: any port that is free */
    int awake_ms;            /* how long it believes that a client stays awake */
    const char *psk;         /* admitted from the beginning, as ENDPOINT:IDENTITY:HEX; NULL: nobody */
    const char *certificate; /* admitted from the beginning, by this endpoint; NULL: nobody */
} leshan_settings;

typedef struct leshan {
    process process;
    uint16_t coaps;
    uint16_t rest;
} leshan;

/* False: it does not run; why is on stderr. */
bool leshan_start(leshan *l, const leshan_settings *settings);
/* It forgets everything, and comes back at the same port; `settings` says the rest. */
bool leshan_restart(leshan *l, const leshan_settings *settings);
void leshan_stop(leshan *l);

/* Each fails the test when the server does not do it. */
void leshan_admit_psk(const leshan *l, const char *endpoint, const char *identity, const char *key);
void leshan_admit_certificate(const leshan *l, const char *endpoint);
/* Forgets what it was told of the endpoint. */
void leshan_dismiss(const leshan *l, const char *endpoint);
/* How many events of this kind it had of the client since the one with the number `since`; "events": of all clients. */
unsigned leshan_count(const leshan *l, const char *endpoint, unsigned since, const char *event);
/* What it says of a client, by the name that its REST interface has for it; "" when the client is not registered. */
void leshan_client(const leshan *l, const char *endpoint, const char *name, char value[LESHAN_TEXT_MAX]);
/* There were registrations and updates of a client since the event with the number `since`, and all have the same value
 * of this name. */
bool leshan_all_the_same(const leshan *l, const char *endpoint, unsigned since, const char *name);

/* Asks a client, and waits for it to wake up: GET is Read or, where the path ends in "/discover", Discover; PUT is
 * Write, POST is Execute or, where it ends in "/observe", Observe. False: it failed. `answer` may be NULL. */
bool leshan_ask(const leshan *l, const char *endpoint, const char *method, const char *path, const char *body,
                char *answer, size_t capacity);

#endif
