/* SPDX-License-Identifier: Apache-2.0 */
/* A client in the lab, its server, and what may be expected of them. The clock is ours, so that nobody waits: it stands
 * still while something may be under way, and jumps when nothing is. */
#ifndef SCENE_H
#define SCENE_H

#include "doze/doze.h"
#include "netns/lab.h"
#include "peer/peer_udp.h"
#include "world/tap.h"

enum {
    SCENE_IDLE_MS = 50,      /* of real time without a datagram: nothing is under way */
    SCENE_ANSWER_MS = 10000, /* of real time, that an answer may take */
    SCENE_NAT_PORT = 20000,
    SCENE_OTHER_NAT_PORT = 30000,
};

typedef struct scene {
    lab l;
    bool with_cid;
    bool server_stopped;
    uint64_t now;
    peer_udp server;
    doze_udp udp;
    tap tap;
    doze_dtls_config config;
    doze_dtls dtls;
    doze_socket *socket;
    uint16_t port; /* where it connected first */
} scene;

/* The one scene; `l` is set by who opens the lab. */
extern scene s;

/* Connected behind a NAT that gives it this port (0: its own), and has been answered. */
void scene_begin_behind(unsigned nat_port, bool with_cid);
void scene_begin(bool with_cid);
void scene_end(void);

void scene_sleep(doze_sleep sleep); /* for an hour, silently */
doze_result scene_wake(void);
doze_result scene_drive(doze_result result); /* until it is not DOZE_IN_PROGRESS */
/* True when a datagram came to either side within the time. */
bool scene_traffic(int ms);
int64_t scene_option(doze_option which);

/* A wake that costs nothing. */
void scene_expect_kept(bool port_kept);
/* The first message after it, in one datagram each way. */
void scene_expect_answered(unsigned address_moves);
/* A message that is sent, and given time, in vain. */
void scene_expect_no_answer(void);
/* The session was resumed, and the first send says so. */
void scene_expect_new_context(doze_reason reason);

#endif
