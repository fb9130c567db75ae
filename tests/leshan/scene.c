/* SPDX-License-Identifier: Apache-2.0 */
#include "leshan/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    WAIT_MS = 240000, /* a handshake that nobody answers takes 127 s */
    LOOK_MS = 20,
    AWAKE_MS = 500, /* shorter than the clients of the stories that are asked something, so that none is asked asleep */
};

#define KEY              "000102030405060708090a0b0c0d0e0f"
#define CERTIFICATE_NAME "doze test client" /* the endpoint that the certificate of certs/generate is for */

stage scene_stage;

static leshan_settings server_settings(const stage *g) {
    return (leshan_settings){
        .class_path = g->class_path, .connection_id = g->variant->connection_id, .awake_ms = AWAKE_MS};
}

bool stage_open(stage *g, const char *client, const char *class_path, const variant *v) {
    *g = (stage){.client = client, .class_path = class_path, .variant = v};
    leshan_settings settings = server_settings(g);
    return leshan_start(&g->server, &settings);
}

void stage_close(stage *g) {
    leshan_stop(&g->server);
}

int scene_setup(void **state) {
    static unsigned number; /* a new name for each story: the server never saw it before */
    scene *s = calloc(1, sizeof(*s));
    *state = s;
    if (s == NULL || !nat_open(&s->nat, scene_stage.server.coaps)) {
        return -1;
    }
    number++;
    s->stage = &scene_stage;
    s->key = KEY;
    snprintf(s->identity, sizeof(s->identity), "identity-%u", number);
    snprintf(s->endpoint, sizeof(s->endpoint), "endpoint-%u", number);
    if (scene_stage.variant->certificates) {
        strcpy(s->endpoint, CERTIFICATE_NAME);
        leshan_admit_certificate(&s->stage->server, s->endpoint);
    } else {
        leshan_admit_psk(&s->stage->server, s->endpoint, s->identity, s->key);
    }
    s->since = leshan_count(&s->stage->server, s->endpoint, 0, "events");
    return 0;
}

int scene_teardown(void **state) {
    scene *s = *state;
    device_remove(&s->device);
    nat_close(&s->nat);
    free(s);
    return 0;
}

void scene_start_client(scene *s, device_settings how) {
    how.program = s->stage->client;
    how.server_port = how.server_port != 0 ? how.server_port : nat_port(&s->nat);
    how.certificates = s->stage->variant->certificates;
    how.endpoint = how.endpoint != NULL ? how.endpoint : s->endpoint;
    how.identity = how.identity != NULL ? how.identity : s->identity;
    how.key = how.key != NULL ? how.key : s->key;
    how.lifetime = how.lifetime != 0 ? how.lifetime : 600;
    device_start(&s->device, &how);
}

void scene_restart_server(scene *s) {
    leshan_settings settings = server_settings(s->stage);
    char psk[3 * SCENE_NAME_MAX];
    snprintf(psk, sizeof(psk), "%s:%s:%s", s->endpoint, s->identity, s->key);
    settings.psk = s->stage->variant->certificates ? NULL : psk;
    settings.certificate = s->stage->variant->certificates ? s->endpoint : NULL;
    assert_true(leshan_restart(&s->stage->server, &settings));
    s->since = 0;
}

unsigned scene_count(const scene *s, const char *event) {
    return leshan_count(&s->stage->server, s->endpoint, s->since, event);
}

void scene_client(const scene *s, const char *name, char value[LESHAN_TEXT_MAX]) {
    leshan_client(&s->stage->server, s->endpoint, name, value);
}

void scene_until_server_had(scene *s, const char *event, unsigned count) {
    unsigned had = 0;
    for (int waited = 0; waited < WAIT_MS && (had = scene_count(s, event)) < count; waited += LOOK_MS) {
        pause_ms(LOOK_MS);
    }
    if (had < count) {
        fail_msg("the server had \"%s\" %u times and not %u", event, had, count);
    }
}

bool scene_waits_until_client_said(scene *s, const char *event, unsigned count) {
    unsigned said = 0;
    for (int waited = 0; waited < WAIT_MS && (said = device_count(&s->device, event)) < count; waited += LOOK_MS) {
        pause_ms(LOOK_MS);
    }
    return said >= count;
}

void scene_until_client_said(scene *s, const char *event, unsigned count) {
    if (!scene_waits_until_client_said(s, event, count)) {
        fail_msg("the client said \"%s\" %u times and not %u", event, device_count(&s->device, event), count);
    }
}
