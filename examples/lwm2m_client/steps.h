/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the client know of each other. */
#ifndef LWM2M_STEPS_H
#define LWM2M_STEPS_H

#include "client.h"

/* client.c */
uint64_t client_now(const lwm2m_client *c);
void client_enter(lwm2m_client *c, lwm2m_state state); /* the one writer of the state */
void client_say(lwm2m_client *c, lwm2m_event event);
void client_save(lwm2m_client *c);
void client_end(lwm2m_client *c, lwm2m_ending ending, const char *why);
void client_leave(lwm2m_client *c, lwm2m_ending ending); /* by way of a De-register */
#define EVENT(...) ((lwm2m_event){__VA_ARGS__})

/* session.c: between the registration and the socket */
void session_open(lwm2m_client *c); /* connects, or wakes */
void session_step(lwm2m_client *c); /* CONNECTING */
void session_sleep(lwm2m_client *c);
void session_rest(lwm2m_client *c); /* ASLEEP, WAITING */
/* What could not be done for now is tried again later. */
void session_fail(lwm2m_client *c, doze_result result, const char *why);
void session_refused(lwm2m_client *c, uint8_t code, const char *what);
void session_wait(lwm2m_client *c, uint64_t ms);
void session_new_context(lwm2m_client *c);
bool session_leaves_registered(const lwm2m_client *c); /* it is to leave, and to stay registered */
void session_end_registered(lwm2m_client *c, lwm2m_ending ending);

/* registration.c: LwM2M 1.1 section 6.2 */
void registration_register(lwm2m_client *c, const char *why); /* NULL: for the first time */
void registration_update(lwm2m_client *c);
void registration_deregister(lwm2m_client *c);
void registration_on_registered(lwm2m_client *c, const message *answer);
void registration_on_updated(lwm2m_client *c, const message *answer);
void registration_on_deregistered(lwm2m_client *c, const message *answer);

/* awake.c: registered, with the receiver on */
void awake_enter(lwm2m_client *c);  /* something was answered */
void awake_resume(lwm2m_client *c); /* nothing was asked yet */
void awake_step(lwm2m_client *c);
int32_t awake_next_timeout(const lwm2m_client *c);
void awake_on_notified(lwm2m_client *c, const message *answer);
void awake_on_reset(lwm2m_client *c);    /* NOTIFYING: nobody wants it any more */
void awake_on_too_long(lwm2m_client *c); /* NOTIFYING: nothing can carry it */

#endif
