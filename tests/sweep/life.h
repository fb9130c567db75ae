/* SPDX-License-Identifier: Apache-2.0 */
/* What an application does, and what happens to it, while anything may fail: each step can be tried again. */
#ifndef LIFE_H
#define LIFE_H

#include "kit/store_kit.h"

extern bool life_in_doze; /* a call of doze is running: what fails now fails it */
/* What `call` returns. */
#define CALL(call) (life_in_doze = true, life_end_call(call))
doze_result life_end_call(doze_result result);

typedef struct rig {
    store_kit s;
    kit *k;
    const char *host;
    doze_udp thief;     /* of the port: its `ops` tell whether it is there */
    peer_world second;  /* another server of the same name, … */
    bool second_open;   /* … if it is there */
    bool connected;     /* there was an association before the step at hand … */
    bool server_has_it; /* … that the server keeps, whatever a failed handshake does to it */
    bool power_lost_it; /* there was no memory to seal it for the store */
    uint8_t freezer[DOZE_IMAGE_MAX];
} rig;

void life_begin(rig *r, const kit_order *order);
void life_end(rig *r);

/* DOZE_OK, or what went wrong: the next call tries again, from whatever state. */
typedef doze_result life_step(rig *r);

/* Awake, says something until it is answered. */
life_step life_talk;
/* The same, and the association goes on, unless it was lost with the power. */
life_step life_talk_on;
/* The same by new keys. */
life_step life_climb;
life_step life_sleep_an_hour;
life_step life_close_it;
life_step life_forget_it;
life_step life_freeze_from_now_on;
life_step life_attach_store;
life_step life_load_it;
/* Of what nobody answers. */
life_step life_say_a_lot;

/* What happens to it. */
life_step life_somebody_takes_the_port;
life_step life_the_server_restarts;
life_step life_the_server_moves;
life_step life_the_device_boots;

/* After a step that failed: everything answers, and nothing goes on by itself. */
void life_expect_rest(const rig *r);
/* What made it fail is over: nothing is lost, and within two wakes the step that failed succeeds. */
void life_recover(rig *r, life_step *failed);

#endif
