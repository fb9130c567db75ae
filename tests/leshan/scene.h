/* SPDX-License-Identifier: Apache-2.0 */
/* What each story has: a client, a NAT box, and the Leshan server that stories of the same kind share. */
#ifndef LESHAN_SCENE_H
#define LESHAN_SCENE_H

#include "leshan/device.h"
#include "leshan/leshan.h"
#include "leshan/nat.h"

#define SCENE_NAME_MAX 64

/* Credentials, and whether both sides have Connection IDs. */
typedef struct variant {
    const char *name; /* as test_leshan is told it */
    bool certificates;
    bool connection_id;
} variant;

typedef struct stage {
    const char *client;     /* the program */
    const char *class_path; /* the server's */
    const variant *variant;
    leshan server;
} stage;

typedef struct scene {
    stage *stage;
    nat nat;
    device device;
    unsigned since; /* the number of the server's first event that belongs to this story */
    char endpoint[SCENE_NAME_MAX];
    char identity[SCENE_NAME_MAX];
    const char *key;
} scene;

/* For a whole group of stories. */
bool stage_open(stage *g, const char *client, const char *class_path, const variant *v);
void stage_close(stage *g);

/* For CMocka: */
extern stage scene_stage;
int scene_setup(void **state);
int scene_teardown(void **state);

/* `how`: the times, cycles and store; the rest is filled in, where it is not given. The endpoint is admitted. */
void scene_start_client(scene *s, device_settings how);
/* The server starts anew and knows of this client's credentials alone. */
void scene_restart_server(scene *s);

/* Each waits, minutes at most, until there have been so many. */
void scene_until_server_had(scene *s, const char *event, unsigned count);
void scene_until_client_said(scene *s, const char *event, unsigned count);
bool scene_waits_until_client_said(scene *s, const char *event, unsigned count); /* the same, and fails no test */

unsigned scene_count(const scene *s, const char *event);                          /* of the server's events */
void scene_client(const scene *s, const char *name, char value[LESHAN_TEXT_MAX]); /* what the server says of it */

#endif
