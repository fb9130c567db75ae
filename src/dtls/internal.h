/* SPDX-License-Identifier: Apache-2.0 */
/* How the files of the DTLS wrapper know each other. Arrows point down this list:
 * dtls.c (verbs), options.c > ladder.c > handshake.c, records.c, store.c > freeze.c, association.c > bio.c (datagrams), silence.c,
 * survival.c, report.c > keep.c > seal.c > compat.c, compat_keys.c (Mbed TLS); config.c, x509.c and key_log.c stand beside. */
#ifndef DOZE_DTLS_INTERNAL_H
#define DOZE_DTLS_INTERNAL_H

#include "doze/dtls.h"
#include "dtls/compat.h"

/* `socket` is the first member of a doze_dtls. */
static inline doze_dtls *doze_dtls_of(doze_socket *socket) {
    return (doze_dtls *)socket;
}
static inline const doze_dtls *doze_dtls_of_const(const doze_socket *socket) {
    return (const doze_dtls *)socket;
}

/* What exists only while Mbed TLS has something of this socket: an association awake, or a handshake. The large members
 * come last: a small offset makes a small instruction. */
typedef struct doze_association {
    /* datagrams */
    uint8_t budget;   /* datagrams that the verb at hand may still read */
    bool undelivered; /* nothing has come yet of the datagram at hand */
    bool lower_drained;
    int16_t sent; /* a doze_result: what the lower socket said to the record just written */
    uint16_t arrived_size;

    /* a handshake */
    int16_t hint;          /* a doze_result: the reason that something unauthenticated gave for a failing handshake */
    uint8_t expiries;      /* of its timer */
    uint8_t flights;       /* of ours */
    uint8_t flight_size;   /* datagrams of the last one */
    bool new_flight;       /* it is being sent, and not because the peer wants it again */
    bool restarted;        /* the timer, since it was started or ran out last, by the peer's repetition */
    uint8_t repeated;      /* datagrams that the peer wanted again, since its timer was started or ran out last */
    uint8_t datagrams;     /* sent, of the climb's bound */
    bool offered;          /* a session */
    bool spoke;            /* the last datagram was ours */
    uint8_t hint_patience; /* retransmissions to wait for something better than the hint */
    uint8_t hello_verify_requests;
    bool abbreviated;
    bool catching_up; /* what has arrived is read before a timer that ran out is looked at */
    bool began_again; /* it is the second try */
    bool chain_begun; /* see verify.c, like the next two */
    bool chain_untrusted;
    bool pin_matched;
    int hint_cause;
    uint32_t timer_delay; /* 0: the timer is off */
    uint32_t timer_min;
    uint32_t timer_max;
    uint32_t refusals_before;
    uint64_t timer_started;
    doze_endpoint tried; /* before another address was asked for */

    doze_endpoint home; /* where it was known, if a climb asks another address; family ANY: none does */

    uint64_t window[2];                 /* the anti-replay window before the datagram at hand */
    uint8_t arrived[13 + DOZE_CID_MAX]; /* the header of the datagram at hand */
    uint8_t randoms[64]; /* server's and client's: with the master secret, what keys are made from (RFC 5246 6.3) */
    mbedtls_ssl_context ssl;
} doze_association;

static inline uint64_t doze_dtls_now(const doze_dtls *dtls) {
    return dtls->config->clock.now(dtls->config->clock.context);
}
/* Milliseconds since a moment of which the lower half was kept: right for up to 49 days. */
static inline uint32_t doze_dtls_since(const doze_dtls *dtls, uint32_t moment) {
    return (uint32_t)doze_dtls_now(dtls) - moment;
}

static inline void doze_dtls_count_refused_image(doze_dtls *dtls) {
    if (dtls->images_refused < UINT8_MAX) {
        dtls->images_refused++;
    }
}

/* ---- association.c: what is kept ---- */

void doze_dtls_release(doze_association **association); /* zeroized, and NULL after that */

bool doze_dtls_same_peer(const doze_dtls *dtls, const char *host, uint16_t port);
/* FNV-1a, begun with `sum`: against accidents. No change of a single byte escapes it. */
uint32_t doze_dtls_hash(uint32_t sum, const void *bytes, size_t size);
/* A host that cannot hold the port just now must not keep it awake: then it is dropped. */
void doze_dtls_put_lower_to_sleep(doze_dtls *dtls);
/* Tells the lower socket, asleep, that the association is known at the port from before. */
void doze_dtls_want_old_port(doze_dtls *dtls);
/* The lower socket, at rest, goes back to the address where the association is known. */
void doze_dtls_want_old_address(doze_dtls *dtls);
/* What the peer's silence or answer says of its address. */
void doze_dtls_doubt_peer(doze_dtls *dtls, bool doubt);
/* Why the association does not work over the path that there is now; NONE: it does, and is known to be there. */
doze_reason doze_dtls_check_path(doze_dtls *dtls);
void doze_dtls_note_path(doze_dtls *dtls);
void doze_dtls_set_path(doze_dtls *dtls, const doze_endpoint *remote, uint32_t local_address, uint16_t local_port);
/* Takes the session out of the association, to offer it later; without memory there is none to offer. */
void doze_dtls_keep_session(doze_dtls *dtls);
void doze_dtls_drop_session(doze_dtls *dtls);
void doze_dtls_drop_association(doze_dtls *dtls);
void doze_dtls_put_aside(doze_dtls *dtls);
void doze_dtls_take_back(doze_dtls *dtls);
/* The association is over, for the reason `result`, which every send and recv will tell. */
doze_result doze_dtls_end(doze_dtls *dtls, doze_result result, int cause);

/* ---- freeze.c ---- */

/* Turns the association into an image, where there is a freezer; without one, or when it fails, it stays as it is. */
void doze_dtls_freeze(doze_dtls *dtls);
/* DOZE_ERR_NO_MEMORY leaves all as it was. Otherwise the image is wiped, and if it was no good, the association with it. */
doze_result doze_dtls_thaw(doze_dtls *dtls);
void doze_dtls_wipe_image(doze_dtls *dtls);
/* What the store had becomes the association: an image where there is a freezer, else live. */
doze_result doze_dtls_adopt(doze_dtls *dtls, const doze_tls_state *state, size_t size);

/* ---- store.c, keep.c: reached through these, so that a client without a store links none of it ---- */

struct doze_keep_hooks {
    doze_result (*take_up)(doze_dtls *dtls, const char *host, uint16_t port, bool erase);
    doze_result (*erase)(doze_dtls *dtls);
    void (*leave)(doze_dtls *dtls);
    void (*for_sleep)(doze_dtls *dtls);
    void (*new_association)(doze_dtls *dtls);
    bool (*withdraw)(doze_dtls *dtls);
    void (*end_association)(doze_dtls *dtls);
    void (*end_session)(doze_dtls *dtls);
    bool (*reserve)(doze_dtls *dtls, uint64_t sequence);
};

/* Takes up what is stored for this peer; the lower socket, if CLOSED, then sleeps. What is not for it is refused, and
 * erased if that is wanted. Without any, `lost_reason` tells if that is the store's or an image's fault. */
static inline doze_result doze_dtls_take_up(doze_dtls *dtls, const char *host, uint16_t port, bool erase) {
    return dtls->keeper->hooks->take_up(dtls, host, port, erase);
}
/* Everything. DOZE_ERR_STORE: what could not be erased will not be used by this socket. */
static inline doze_result doze_dtls_erase_store(doze_dtls *dtls) {
    return dtls->keeper == NULL ? DOZE_OK : dtls->keeper->hooks->erase(dtls);
}
static inline void doze_dtls_leave_store(doze_dtls *dtls) {
    if (dtls->keeper != NULL) {
        dtls->keeper->hooks->leave(dtls);
    }
}

static inline void doze_keep_for_sleep(doze_dtls *dtls) {
    if (dtls->keeper != NULL) {
        dtls->keeper->hooks->for_sleep(dtls);
    }
}
/* A handshake was done: what is stored of the association of before goes, the session comes. */
static inline void doze_keep_new_association(doze_dtls *dtls) {
    if (dtls->keeper != NULL) {
        dtls->keeper->hooks->new_association(dtls);
    }
}
/* No load will find the association any more; false: it may. Needed before a message is delivered. */
static inline bool doze_keep_drop_association(doze_dtls *dtls) {
    return dtls->keeper == NULL || dtls->keeper->reserved == DOZE_STORE_NOTHING || dtls->keeper->hooks->withdraw(dtls);
}
/* It is over; what cannot be erased will not be used by this socket. */
static inline void doze_keep_end_association(doze_dtls *dtls) {
    if (dtls->keeper != NULL) {
        dtls->keeper->hooks->end_association(dtls);
    }
}
static inline void doze_keep_end_session(doze_dtls *dtls) {
    if (dtls->keeper != NULL) {
        dtls->keeper->hooks->end_session(dtls);
    }
}
/* Has numbers from this one on reserved: false when that failed. */
static inline bool doze_keep_may_send(doze_dtls *dtls, uint64_t sequence) {
    return dtls->keeper == NULL || sequence < dtls->keeper->reserved || dtls->keeper->hooks->reserve(dtls, sequence);
}

/* ---- report.c ---- */

/* Counters of 16 bits stay at their most. */
void doze_count(uint16_t *counter, uint32_t more);
uint32_t doze_dtls_ask_lower(const doze_dtls *dtls, doze_option option); /* 0: it does not know either */
void doze_dtls_begin_report(doze_dtls *dtls);
void doze_dtls_end_report(doze_dtls *dtls, doze_rung rung);

/* ---- silence.c: an association that the server lost is never answered, and nothing else says so ---- */

/* To be asked before a send, as that may take long. */
static inline bool doze_dtls_answer_is_overdue(const doze_dtls *dtls) {
    if (dtls->silence_limit == 0 || !dtls->awaiting) {
        return false;
    }
    uint32_t waited = doze_dtls_since(dtls, dtls->since);
    return waited >= dtls->handshake_timer_min && waited >= 2 * (uint32_t)dtls->round_trip;
}
/* Whether what is to be sent now should look for a better way instead. */
static inline bool doze_dtls_is_silent(const doze_dtls *dtls, bool overdue) {
    return dtls->silence_limit != 0 && dtls->unanswered + overdue >= dtls->silence_limit;
}
void doze_dtls_begin_waiting(doze_dtls *dtls, bool overdue);
static inline void doze_dtls_note_sent(doze_dtls *dtls, bool overdue) {
    if (!dtls->awaiting || overdue) { /* else it is of the same burst */
        doze_dtls_begin_waiting(dtls, overdue);
    }
}
void doze_dtls_note_heard(doze_dtls *dtls);
void doze_dtls_forgive_silence(doze_dtls *dtls); /* sleep begins */
/* Whether the server may be known to have dropped the association meanwhile. */
bool doze_dtls_slept_too_long(const doze_dtls *dtls);
/* ---- survival.c: which sleeps an association without Connection ID survives ---- */

/* It is to go on after a sleep. True: after such a one it is known to be lost, so better make another at once. */
bool doze_dtls_would_wake_in_vain(doze_dtls *dtls);
void doze_dtls_note_survived(doze_dtls *dtls);
void doze_dtls_note_lost(doze_dtls *dtls); /* the handshake that a climb wanted was done */
void doze_dtls_unlearn_sleeps(doze_dtls *dtls);

void doze_dtls_reset_silence(doze_dtls *dtls); /* nothing is known against the server any more */
#define DOZE_SILENCE_LIMIT_DEFAULT   2
#define DOZE_CLIMB_TIME_DEFAULT      60000
#define DOZE_CLIMB_DATAGRAMS_DEFAULT 16

/* ---- handshake.c: one attempt; ladder.c: which one follows ---- */

/* Makes what lives while the socket is awake. 0 or a Mbed TLS error; then there may be something to release. */
int doze_dtls_make_live(doze_dtls *dtls);

/* A handshake is needed: DOZE_IN_PROGRESS. One that goes on from something is a climb: bounded, and its new context is
 * announced. */
doze_result doze_dtls_begin_climb(doze_dtls *dtls, doze_reason reason);
doze_result doze_dtls_continue_handshake(doze_dtls *dtls);
int32_t doze_dtls_handshake_left(const doze_dtls *dtls); /* until it wants a step */

doze_result doze_dtls_begin_handshake(doze_dtls *dtls);
void doze_dtls_abandon_handshake(doze_dtls *dtls);
doze_result doze_dtls_fail_handshake(doze_dtls *dtls, doze_result result, int cause);
int32_t doze_dtls_timer_left(const doze_dtls *dtls);         /* of the flight's timer; -1: it is off */
doze_result doze_dtls_fail_with(doze_dtls *dtls, int error); /* of Mbed TLS */
doze_result
doze_dtls_start_over(doze_dtls *dtls); /* another try within the same attempt: hands are to be shaken anew */
/* DOZE_OK: there is an association. DOZE_IN_PROGRESS: the peer has to answer first. Catching up, no flight is sent again
 * because its timer ran out. */
doze_result doze_dtls_shake_hands(doze_dtls *dtls, bool catching_up);
bool doze_dtls_timers_fit(uint32_t timer_min, uint32_t timer_max);
void doze_dtls_refresh_mtu(doze_dtls *dtls);
/* Mbed TLS counts its timer in units of the first retransmission, as doubled by it; doze makes time of it. */
#define DOZE_TIMER_UNITS_MAX 0x40000000u

/* ---- records.c ---- */

doze_result doze_dtls_send(doze_socket *socket, const void *data, size_t size);
doze_result doze_dtls_recv(doze_socket *socket, void *buffer, size_t capacity, size_t *size);
void doze_dtls_say_goodbye(doze_dtls *dtls);

/* ---- bio.c: what Mbed TLS sends and receives through; `context` is the doze_dtls ---- */

int doze_dtls_bio_send(void *context, const unsigned char *data, size_t size);
int doze_dtls_bio_recv(void *context, unsigned char *buffer, size_t capacity);
#define DOZE_DATAGRAMS_A_VERB 64
/* To be called before anything that reads: reading ends when there is no more, or at the budget of one verb. */
static inline void doze_dtls_begin_reading(doze_dtls *dtls) {
    dtls->live->budget = DOZE_DATAGRAMS_A_VERB;
    dtls->live->lower_drained = false;
}
void doze_dtls_stop_reading(doze_dtls *dtls);
/* Whether reading would go on although the lower socket says nothing new. */
bool doze_dtls_has_pending(const doze_dtls *dtls);
void doze_dtls_note_hint(doze_dtls *dtls, doze_result hint, int detail);

/* What the peer's alert says, to be asked for by the caller. */
static inline void doze_dtls_note_alert(doze_dtls *dtls, int alert) {
    dtls->alert = (uint8_t)alert;
    dtls->has_alert = true;
}

/* No record is sent with a sequence number from here on (RFC 6347 section 4.1 forbids to wrap). */
#define DOZE_SEQUENCE_LIMIT ((UINT64_C(1) << 48) - (UINT64_C(1) << 16))

static inline void doze_dtls_tell_radio(const doze_dtls *dtls, doze_radio_hint hint) {
    if (dtls->config->radio.hint != NULL) {
        dtls->config->radio.hint(dtls->config->radio.context, hint);
    }
}

/* ---- options.c ---- */

doze_result doze_dtls_get_option(doze_socket *socket, doze_option option, int64_t *value);
doze_result doze_dtls_set_option(doze_socket *socket, doze_option option, int64_t value);

/* ---- key_log.c or key_log_off.c ---- */

bool doze_key_log_supported(void);
void doze_key_log_write(const doze_key_log *log, const unsigned char client_random[32], const unsigned char *master);

/* ---- x509.c: reached through these, so that a client without certificates links none of it ---- */

struct doze_x509_hooks {
    int (*configure)(const struct doze_x509 *x509, mbedtls_ssl_config *tls);
    /* Sets what is to be checked of a handshake with `host`. */
    int (*prepare)(const struct doze_x509 *x509, doze_dtls *dtls, const char *host);
    /* All that was given to it, as 32 bytes; true: they are secret, as the private key is in them. */
    bool (*digest)(const struct doze_x509 *x509, uint8_t out[32]);
};
/* The hooks are the first member, and the rest of the structure needs a Mbed TLS with X.509. */
static inline const struct doze_x509_hooks *doze_x509_hooks_of(const struct doze_x509 *x509) {
    return *(const struct doze_x509_hooks *const *)(const void *)x509;
}

#endif
