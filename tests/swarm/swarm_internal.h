/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the swarm share. One life is a `swarm`; client.c, server.c and application.c live it, path.c, forge.c,
 * incidents.c and platform.c disturb it, check.c judges it, chance.c says what happens. */
#ifndef SWARM_INTERNAL_H
#define SWARM_INTERNAL_H

#include "doze/doze.h"
#include "doze/x509.h"
#include "peer/peer_world.h"
#include "swarm/swarm.h"
#include "world/tap.h"
#include "world/vault.h"

#define SWARM_HOST        "10.0.0.2"
#define SWARM_OTHER_HOST  "10.0.0.3"
#define SWARM_NAME        "server.example"
#define SWARM_PORT        5684
#define SWARM_SERVERS     2
#define SWARM_KEY_SIZE    16
#define SWARM_NEVER       UINT64_MAX
#define SWARM_CLIENT_SAYS "doze-says-"
#define SWARM_SERVER_SAYS "peer-says-"

typedef struct swarm swarm;

/* What the seed has chosen for a whole run. */
typedef struct swarm_plan {
    unsigned wakes;
    bool certificates;
    bool nat;
    bool freezer;
    bool store;
    bool counting;
    bool hold;
    bool two_servers;
    bool two_addresses;
    uint32_t range;
    uint32_t sleep_max;
    uint32_t latency;
    uint32_t silence_limit;
    int64_t nat_timeout;
    doze_store_mode store_mode;
    doze_dtls_settings client;
    peer_settings server;
} swarm_plan;

/* Something that will happen. */
typedef struct swarm_later {
    struct swarm_later *next;
    swarm *s;
    void (*call)(swarm *s, const struct swarm_later *later);
    uint64_t chance;
    swarm_fault what;
    doze_endpoint from;
    doze_endpoint to;
    size_t size;
    uint8_t data[];
} swarm_later;

/* States of the world that pass by themselves. */
typedef enum swarm_spell {
    SWARM_SPELL_DEAD_UP,
    SWARM_SPELL_DEAD_DOWN,
    SWARM_SPELL_BLACK_HOLE,
    SWARM_SPELL_WRONG_KEY,
    SWARM_SPELL_SILENT_WRONG_KEY,
    SWARM_SPELL_CID_REFUSED,
    SWARM_SPELL_HELLO_IGNORED,
    SWARM_SPELL_DEAF,
    SWARM_SPELL_REFUSING,
    SWARM_SPELL_EATING,
    SWARM_SPELLS
} swarm_spell;

typedef struct swarm_seen {
    doze_endpoint from;
    doze_endpoint to;
    size_t size;
    uint8_t *data;
} swarm_seen;

typedef struct swarm_net {
    doze_net net; /* first: cast back */
    doze_net_ops ops;
    doze_net *inner;
    swarm *s;
} swarm_net;

typedef struct swarm_resolver {
    doze_resolver resolver; /* first: cast back */
    swarm *s;
} swarm_resolver;

typedef struct swarm_answer {
    uint32_t question;
    uint32_t size;
    bool heard;
} swarm_answer;

struct swarm {
    const swarm_order *order;
    swarm_report *report;
    swarm_plan plan;
    bool broken; /* something that must not be was seen: the run ends */
    bool off;    /* the device has no power */
    bool asleep;
    bool in_client; /* a verb of the client is at work, and not the world that it calls */
    bool calm;
    bool alive; /* there is a client */

    /* chance.c */
    uint64_t life; /* what the application draws from, in this wake */
    uint32_t rate[SWARM_FAULTS];
    uint32_t turn[SWARM_FAULTS];
    unsigned wake;
    size_t events_capacity;
    size_t script_at; /* of this wake's events … */
    size_t script_end;

    /* server.c */
    world w;
    world_host *host;
    world_nat *nat;
    peer_world servers[SWARM_SERVERS];
    unsigned servers_count;
    unsigned address; /* of the first server: a number */
    bool host_moved;
    swarm_answer *answers; /* said by the servers, from 1 */
    uint32_t answers_count;
    uint32_t answers_capacity;
    uint8_t *asked; /* a bit for each question that a server has had */
    size_t asked_capacity;

    /* client.c */
    swarm_net net;
    swarm_resolver resolver;
    doze_udp udp;
    tap tap;
    doze_x509 x509;
    doze_dtls_config config;
    doze_dtls dtls;
    doze_keeper keeper;
    vault vault;
    vault_slot copies[VAULT_SLOTS];
    bool has_copies;
    uint64_t erasures;
    uint64_t writes;
    uint8_t freezer[DOZE_IMAGE_MAX];
    doze_udp thief;
    bool has_thief;

    /* platform.c */
    uint64_t frozen_until;
    uint64_t frozen_at;
    int64_t clock_offset;
    bool clock_odd; /* in this wake: times cannot be judged */
    unsigned failing_allocations;
    uint64_t injected; /* faults that calls met: an event loop has something to do again */

    /* application.c */
    uint32_t said;
    uint32_t waiting_for;
    bool answered;
    bool prefers_connect;
    unsigned unanswered;
    uint64_t connecting_since;
    uint64_t connecting_sent; /* then */
    bool connecting_bounded;
    unsigned calls;
    uint64_t activity;

    /* path.c */
    uint64_t spell[SWARM_SPELLS]; /* until when */
    unsigned burst[WORLD_DIRECTIONS];
    swarm_seen *seen;
    size_t seen_count;
    doze_endpoint client_end; /* as the open network sees it */
    doze_endpoint server_end;
    uint64_t sent; /* datagrams of the client's */
    uint64_t sent_before_wake;
    uint64_t arrivals;
    swarm_later *later;
    unsigned later_count;

    /* check.c */
    uint64_t *numbers; /* fingerprints of what was used */
    size_t numbers_count;
    size_t numbers_capacity;
    unsigned recovered_at;
};

/* ---- chance.c ---- */

uint64_t swarm_mix(uint64_t a, uint64_t b);
void swarm_begin_wake(swarm *s, unsigned wake);
uint32_t swarm_dice(swarm *s, uint32_t sides); /* the application's: 0 to sides - 1 */
bool swarm_one_in(swarm *s, uint32_t sides);
void swarm_choose_rates(swarm *s);
/* Whether the fault is to happen now; `chance`, if not NULL, is a number to choose its kind by. */
bool swarm_strikes(swarm *s, swarm_fault fault, uint64_t *chance);
void swarm_count(swarm *s, swarm_fault fault); /* it has happened */

/* ---- plan.c ---- */

void swarm_make_plan(swarm *s);
const char *swarm_credentials(void);

/* ---- server.c ---- */

bool swarm_start_servers(swarm *s);
void swarm_stop_servers(swarm *s);
/* What the servers do now, as the spells say. */
void swarm_settle(swarm *s);
const char *swarm_address(unsigned number, char text[32]);

/* ---- client.c: every verb is checked ---- */

void swarm_configure_client(swarm *s);
void swarm_start_client(swarm *s);
void swarm_stop_client(swarm *s);
void swarm_free_client(swarm *s);
doze_state swarm_state(const swarm *s);
doze_result swarm_step(swarm *s);
doze_result swarm_resume(swarm *s);
doze_result swarm_connect(swarm *s);
doze_result swarm_load(swarm *s);
doze_result swarm_send(swarm *s, const void *data, size_t size, bool one_way);
doze_result swarm_recv(swarm *s, void *buffer, size_t capacity, size_t *size);
doze_result swarm_shutdown(swarm *s);
doze_result swarm_close(swarm *s);
doze_result swarm_forget(swarm *s);
void swarm_give_up_on_peer(swarm *s);

/* ---- platform.c ---- */

doze_clock swarm_clock(swarm *s);
doze_random swarm_random(swarm *s);
void swarm_wrap_net(swarm *s);
void swarm_wrap_store(swarm *s);
void swarm_freeze_clock(swarm *s, uint64_t chance);
void swarm_jump_clock(swarm *s, uint64_t chance);

/* ---- path.c ---- */

bool swarm_on_datagram(void *context, world_datagram *datagram);
void swarm_cast(swarm *s, swarm_spell spell, uint64_t ms);
bool swarm_under(const swarm *s, swarm_spell spell);
void swarm_lift_spells(swarm *s);
void swarm_free_path(swarm *s);
/* `datagram` may be NULL. The result is NULL when too much is to happen already. */
swarm_later *swarm_do_later(swarm *s, uint64_t ms, void (*call)(swarm *s, const swarm_later *later), uint64_t chance,
                            const swarm_seen *datagram);

/* ---- forge.c ---- */

void swarm_maybe_forge(swarm *s);

/* ---- incidents.c ---- */

void swarm_maybe_disturb(swarm *s);                    /* a datagram passes */
void swarm_maybe_disturb_sleep(swarm *s, uint64_t ms); /* a sleep of so long begins */
void swarm_disturb_store(swarm *s);                    /* between two lives */
void swarm_calm_down(swarm *s);

/* ---- application.c ---- */

void swarm_live(swarm *s);

/* ---- check.c ---- */

void swarm_violate(swarm *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void swarm_tell(const swarm *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline bool swarm_goes_on(const swarm *s) {
    return !s->broken && !s->off;
}
void swarm_digest(swarm *s, uint64_t value);
void swarm_check_sent(swarm *s, const world_datagram *datagram);
void swarm_check_plaintext(swarm *s, const uint8_t *data, size_t size);
void swarm_check_delivery(swarm *s, const char *data, size_t size, size_t whole);
void swarm_check_asked(swarm *s, const char *data, size_t size);
void swarm_note_finished(swarm *s);
void swarm_check_connected(swarm *s);
void swarm_check_phase(swarm *s);
void swarm_free_checks(swarm *s);
/* What answer number `serial` says: `size` bytes. */
void swarm_write_text(char *out, size_t size, const char *who, uint32_t number, uint32_t about);

/* ---- heap.c ---- */

/* Allocations of the client may fail, and all are counted, in a program that was linked for it. */
void swarm_heap_watch(swarm *s);
size_t swarm_heap_of_clients(void);         /* bytes */
void swarm_heap_set_time(uint64_t seconds); /* what time() says from now on */

#endif
