/* SPDX-License-Identifier: Apache-2.0 */
/* An LwM2M 1.1 client over a doze_socket: registers, sleeps in queue mode, wakes with an Update, or with a Register
 * when the wake ladder's report or the server demands it. Nothing blocks; nothing here knows of files or of the host.
 *
 *   IDLE ─▶ CONNECTING ─▶ REGISTERING ─▶ AWAKE ◀─▶ UPDATING, NOTIFYING
 *              ▲  ▲                        │ └─▶ DEREGISTERING ─▶ ENDED
 *      ASLEEP ─┘  └─ WAITING (any failure) └─▶ ASLEEP */
#ifndef LWM2M_CLIENT_H
#define LWM2M_CLIENT_H

#include "coap/exchange.h"
#include "doze/dtls.h"
#include "events.h"
#include "requests.h"

#define LWM2M_LOCATION_MAX  128
#define LWM2M_UNTIL_UPDATE  UINT32_MAX /* as `sleep` */
#define LWM2M_REFUSALS      5          /* Communication Retry Count: section 6.2.1.2 */
#define LWM2M_AWAKE_TIME    EXCHANGE_MAX_TRANSMIT_WAIT
#define LWM2M_UPDATE_MARGIN EXCHANGE_MAX_TRANSMIT_WAIT

/* What must outlive a reboot for a registration to do so; all zero: there is none. */
typedef struct lwm2m_registration {
    char location[LWM2M_LOCATION_MAX]; /* as "/rd/5a3f"; empty: not registered */
    uint32_t lifetime;                 /* s */
    uint32_t min_period;               /* s, for all observations, like the next one */
    uint32_t max_period;
    observations observations;
} lwm2m_registration;

typedef struct lwm2m_settings {
    doze_socket *socket; /* required, CLOSED, BOUND, or SHUTDOWN from a store */
    doze_dtls *dtls;     /* what `socket` belongs to; NULL: it is a plain one */
    doze_clock clock;    /* required, like the next four */
    doze_random random;
    const char *host;
    uint16_t port;
    const char *endpoint;           /* the Endpoint Client Name */
    uint32_t lifetime;              /* s, of a registration that is new; default: 86,400 */
    uint32_t sleep;                 /* ms of a sleep; never past the next Update, which LWM2M_UNTIL_UPDATE waits for */
    uint32_t awake;                 /* ms without traffic after which it sleeps; LWM2M_AWAKE_TIME is what LwM2M says.
                                     * 0 with `sleep` 0: no pause between Updates */
    unsigned cycles;                /* ends after so many sleeps and wakes; 0: never */
    bool stay;                      /* ends registered and asleep, instead of de-registering */
    bool expect_cid;                /* says so when the server has no Connection ID */
    unsigned refusals;              /* Registers refused in a row before Bootstrap is needed; default: LWM2M_REFUSALS */
    const lwm2m_registration *past; /* of an earlier life; NULL: none */
    void (*save)(void *context, const lwm2m_registration *registration); /* NULL: nothing outlives a reboot */
    void (*on_event)(void *context, const lwm2m_event *event);           /* NULL: nobody listens */
    void *context;
} lwm2m_settings;

typedef enum lwm2m_state {
    LWM2M_IDLE,
    LWM2M_CONNECTING, /* or waking */
    LWM2M_REGISTERING,
    LWM2M_AWAKE, /* registered, and nothing of ours under way */
    LWM2M_UPDATING,
    LWM2M_NOTIFYING,
    LWM2M_DEREGISTERING,
    LWM2M_ASLEEP,
    LWM2M_WAITING, /* before the next attempt */
    LWM2M_ENDED,
    LWM2M_STATES
} lwm2m_state;
const char *lwm2m_state_name(lwm2m_state state);

typedef enum lwm2m_ending {
    LWM2M_LEFT,             /* its cycles are done, or it was stopped */
    LWM2M_BOOTSTRAP_NEEDED, /* which this client does not have */
    LWM2M_REBOOT,           /* the server wants it started again: still registered */
    LWM2M_BROKEN,           /* it cannot even try: no randomness, or settings that make no message */
} lwm2m_ending;

/* Members are for reading, but for what the functions below are for. */
typedef struct lwm2m_client {
    lwm2m_settings settings;
    lwm2m_state state;
    lwm2m_ending ending; /* with LWM2M_ENDED */
    lwm2m_registration registration;
    lwm2m_values values;
    requests requests;
    exchange exchange;
    unsigned cycles_done;
    unsigned attempts; /* that failed, in a row */
    unsigned refusals; /* Registers, the same */
    /* Private. */
    lwm2m_ending leaving_for;
    bool leaving;
    bool has_slept;         /* since the last answer: that makes a cycle */
    bool is_waking;         /* CONNECTING is a wake: no first connection */
    bool only_to_notify;    /* it woke before its time */
    uint64_t at;            /* when ASLEEP (but for notifications) or WAITING ends, or AWAKE began */
    uint32_t told_lifetime; /* s: the one that the server has, once it has answered what is under way */
    uint64_t update_due;
    uint64_t expires;
    unsigned malformed_told;
    observation *notified;   /* by the exchange under way, … */
    bool ending_observation; /* … which tells that it will not be any more */
} lwm2m_client;

/* DOZE_ERR_ARGUMENT: something that is required is missing, or a name is too long. Must not be moved from here on. */
doze_result lwm2m_client_init(lwm2m_client *c, const lwm2m_settings *settings);
/* IDLE. */
void lwm2m_client_start(lwm2m_client *c);
/* Whenever doze_fd() of the socket is readable or lwm2m_client_next_timeout() is over; more often does no harm. */
void lwm2m_client_step(lwm2m_client *c);
int32_t lwm2m_client_next_timeout(const lwm2m_client *c); /* ms; -1: only the descriptor matters */
/* De-registers, unless it is to stay, and ends; without a way to the server it just ends. */
void lwm2m_client_stop(lwm2m_client *c);
/* What the Device object tells; who observes it is told, asleep or not. */
void lwm2m_client_set_battery(lwm2m_client *c, uint8_t percent);

#endif
