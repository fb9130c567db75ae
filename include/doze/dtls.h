/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS 1.2 client (RFC 6347, 7925) over any doze_socket. */
#ifndef DOZE_DTLS_H
#define DOZE_DTLS_H

#include <mbedtls/ssl.h>

#include "doze/socket.h"
#include "doze/store.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DOZE_IDENTITY_MAX  128 /* PSK identity, bytes (RFC 7925 section 4.2) */
#define DOZE_KEY_MAX       64  /* PSK, bytes */
#define DOZE_SUITES_MAX    8
#define DOZE_CID_MAX       16 /* bytes of a Connection ID of ours */
#define DOZE_SEAL_KEY_SIZE 16

typedef struct doze_bytes {
    const void *data;
    size_t size;
} doze_bytes;

/* A pre-shared key (RFC 4279): bytes, or the identifier of a key that a PSA provider holds. */
typedef struct doze_psk {
    doze_bytes identity; /* 1 to DOZE_IDENTITY_MAX bytes */
    doze_bytes key;      /* 1 to DOZE_KEY_MAX bytes */
    uint32_t psa_key;    /* a psa_key_id_t instead of `key`; needs a Mbed TLS with MBEDTLS_USE_PSA_CRYPTO, or 4.x */
} doze_psk;

/* What to do about a Connection ID (RFC 9146). */
typedef enum doze_cid {
    DOZE_CID_OFFER_EMPTY = 0, /* take the server's, need none ourselves: what a client wants (default) */
    DOZE_CID_OFF,             /* do not negotiate any */
    DOZE_CID_OFFER_BYTES,     /* as the default, and ask for one of `cid_size` bytes in what we receive */
} doze_cid;

typedef enum doze_resumption {
    DOZE_RESUME_SESSION_ID = 0, /* RFC 5246 section 7.3 (default) */
    DOZE_RESUME_TICKET, /* RFC 5077 too: costs the ticket's size in every ClientHello; no image or store has it */
    DOZE_RESUME_OFF,    /* every handshake is a full one */
} doze_resumption;

/* Told the secret of each handshake, as a line of the NSS key log format without its newline, so that a capture
 * can be decrypted. Whoever has the line reads the traffic. A build with DOZE_KEYLOG=OFF refuses a configuration
 * that has one, with DOZE_ERR_UNSUPPORTED. */
typedef struct doze_key_log {
    void (*line)(void *context, const char *line);
    void *context;
} doze_key_log;

struct doze_x509;

/* Zero everywhere means the default; what has none is marked. Everything is copied or parsed by
 * doze_dtls_config_init(), except `x509`, `trace` and what contexts point to: these must outlive the configuration. */
typedef struct doze_dtls_settings {
    doze_clock clock;   /* required */
    doze_random random; /* required */

    /* Exactly one of these two. */
    doze_psk psk;
    const struct doze_x509 *x509; /* from doze_x509_init(), doze/x509.h */

    /* IANA numbers in the order of preference; AEAD suites of the mode configured. Default, with PSK: AES-128-CCM-8,
     * AES-128-GCM-SHA256, AES-128-CCM; with certificates: ECDHE-ECDSA with AES-128-CCM-8, AES-128-GCM-SHA256, AES-128-CCM. */
    const uint16_t *suites;
    size_t suites_count;

    doze_cid cid;
    uint8_t cid_size; /* 1 to DOZE_CID_MAX, with DOZE_CID_OFFER_BYTES only */
    doze_resumption resumption;
    uint16_t max_fragment_length; /* 512, 1024, 2048 or 4096 (RFC 6066 section 4); default: not negotiated */
    uint32_t
        handshake_timer_min; /* first retransmission; default 1,000 ms; 9,000 on slow links (RFC 7925 section 11) */
    uint32_t handshake_timer_max; /* doubling ends there and the handshake fails after it; default 60,000 ms */

    doze_bytes
        store_key; /* seals what a store gets, at least 16 bytes that are secret and this device's own. Default: made
                             from the PSK, or from the private key, if these are given as bytes; else there is none */

    uint32_t
        association_lifetime; /* ms that the server is known to keep an association that nobody uses: a longer sleep in RAM
                                      starts with a resumption; up to 49 days, default 0: for ever */

    doze_radio radio;        /* told what to expect of each datagram; default: none */
    doze_key_log key_log;    /* default: none */
    const doze_trace *trace; /* default: none */
} doze_dtls_settings;

/* Not to be moved or copied once initialized: it points into itself, as do doze_dtls and doze_x509.
 *
 * Credentials, suites, timers and bounds, shared by any number of sockets, which it must outlive. Read-only once a socket
 * uses it. Sockets of several threads may share it with a Mbed TLS that has MBEDTLS_THREADING_C. Members are private. */
typedef struct doze_dtls_config {
    uint8_t cid;
    uint8_t cid_size;
    uint8_t resumption;
    bool can_seal;
    const struct doze_x509 *x509;
    const doze_trace *trace;
    doze_clock clock;
    doze_random random;
    doze_radio radio;
    doze_key_log key_log;
    uint32_t handshake_timer_min;
    uint32_t handshake_timer_max;
    uint32_t association_lifetime;
    int suites[DOZE_SUITES_MAX + 1];
    uint8_t seal_key[DOZE_SEAL_KEY_SIZE]; /* bound to credentials and configuration */
    mbedtls_ssl_config tls;
} doze_dtls_config;

/* DOZE_ERR_CONFIG: no mode or both, no clock or randomness, contradictory values. DOZE_ERR_IDENTITY, DOZE_ERR_KEY: missing
 * or too long. DOZE_ERR_SUITE: unknown to this Mbed TLS, of the other mode, not AEAD, or too many. DOZE_ERR_UNSUPPORTED:
 * this build cannot. After an error there is nothing to deinit. */
doze_result doze_dtls_config_init(doze_dtls_config *config, const doze_dtls_settings *settings);
void doze_dtls_config_deinit(doze_dtls_config *config);

/* Why a handshake was needed. */
typedef enum doze_reason {
    DOZE_REASON_NONE = 0,      /* it was not: the association went on */
    DOZE_REASON_FIRST,         /* there was no association */
    DOZE_REASON_ENDED,         /* it had ended: the peer's alert or goodbye, or no sequence numbers left */
    DOZE_REASON_IMAGE,         /* its image, in memory or in the store, was not what doze had made for this peer */
    DOZE_REASON_STOPPED,       /* the device stopped awake: the store has the session and no association */
    DOZE_REASON_STORE,         /* the store failed when it was needed to go on */
    DOZE_REASON_PORT,          /* the local port is another one, and there is no Connection ID */
    DOZE_REASON_LOCAL_ADDRESS, /* the same of the local address */
    DOZE_REASON_PEER_ADDRESS,  /* the name now leads to another address */
    DOZE_REASON_ASLEEP,        /* the sleep was longer than the server, or a NAT on the way, is known to remember */
    DOZE_REASON_SILENCE,       /* nothing was answered any more */
    DOZE_REASON_CALLER,        /* doze_dtls_no_answer() */
} doze_reason;
#define DOZE_REASONS 12

/* What the last connect, wake or silence came to, and what it cost; all costs are 0 where the association went on. */
typedef struct doze_report {
    uint8_t rung;   /* a doze_rung */
    uint8_t reason; /* a doze_reason */
    bool context_continued;
    bool port_kept;
    uint16_t datagrams_sent;
    uint16_t datagrams_received;
    uint32_t bytes_sent; /* UDP payload */
    uint32_t bytes_received;
    uint32_t milliseconds;
    uint16_t round_trips;
} doze_report;

/* What the store is to know. */
typedef enum doze_store_mode {
    DOZE_STORE_ASSOCIATION = 0, /* after a sleep the association goes on, whatever the device went through meanwhile */
    DOZE_STORE_SESSION,         /* after a reboot there is the session to resume: written at a handshake alone */
} doze_store_mode;

typedef struct doze_keeper_settings {
    doze_store *store;   /* required */
    unsigned first_slot; /* this one and the next one are the socket's own */
    doze_store_mode mode;
    uint32_t
        range; /* sequence numbers reserved ahead: so many messages until the store is written again; default 1,024 */
} doze_keeper_settings;

#define DOZE_STORE_NOTHING UINT64_MAX
/* The caller's memory for what is known of the store; members are private. */
typedef struct doze_keeper {
    doze_store *store;
    const struct doze_keep_hooks *hooks;
    uint64_t reserved; /* numbers below may be used; DOZE_STORE_NOTHING: the store has nothing of this association */
    uint32_t range;
    uint32_t writes;
    uint16_t failures;
    uint8_t first_slot;
    uint8_t mode;
    uint8_t unanswered;      /* as it is stored */
    bool broken : 1;         /* something could not be erased: no association is written any more */
    bool session_stored : 1; /* the one of this association */
    bool outdated : 1;       /* what is stored still holds, but is not what would be written now */
    bool locked : 1;         /* what could not be erased must not be used */
} doze_keeper;

/* A DTLS socket. Its memory is the caller's; members are private, except that `&dtls.socket` is what the verbs take. */
typedef struct doze_dtls {
    doze_socket socket;

    /* What is looked at most comes first: a small offset makes a small instruction. */
    uint8_t lost_reason : 4;  /* a doze_reason: why there is no association any more, until there is one again */
    uint8_t wanted_climb : 4; /* a doze_reason for the next send to climb; NONE: there is none */
    bool has_alert : 1;
    bool peer_has_cid : 1; /* there is a Connection ID in what we send */
    bool awaiting : 1;     /* an answer to what was sent last */
    bool climbing : 1;     /* what connects now goes on from something: it is bounded, and a new context is announced */
    bool announce : 1;     /* the new context has not been told yet */
    bool fresh_port : 1;   /* the climb has left the old port */
    bool next_address : 1; /* the climb has asked for another address of the name */
    bool away : 1;         /* the lower socket may not be where the association is known */
    bool established : 1;  /* there is an association, live or frozen */
    bool handshaking : 1;  /* `live` is in a handshake */
    bool same_peer : 1;    /* what connects now is the peer of before */
    bool session_doubted : 1; /* an alert that may be forged followed its last offer */
    bool peer_doubted : 1;    /* the lower socket was told that the peer does not answer */
    bool one_way : 1;         /* nobody answers what is being sent */
    bool loaded : 1;          /* the association is from the store, and has not been awake since */
    bool small_freezer : 1;   /* of DOZE_IMAGE_TYPICAL bytes */
    int8_t ended;             /* a doze_result: why the association ended; 0 while it lives */
    uint8_t frozen_size;      /* of the image in the freezer; 0: none */
    uint8_t unanswered;       /* sends, or bursts of them, without an answer */
    uint8_t silence_limit;
    uint8_t climb_datagrams;
    uint8_t alert; /* the peer's last one, if any */
    uint8_t images_refused;
    uint8_t lost_sleeps;  /* in a row, as long as `lost_sleep`; and the handshakes that this has spared the silence */
    uint8_t shorter_lost; /* shorter ones in a row */
    uint16_t path_port;   /* the local one */
    uint16_t round_trip;  /* the last one that was measured, in ms; up to 65,535 */
    doze_socket *lower;
    const doze_dtls_config *config;
    struct doze_association *live;  /* Mbed TLS's part of the association, or of a handshake; NULL: none, or frozen */
    struct doze_association *aside; /* the association of before, while a handshake tries to replace it */
    mbedtls_ssl_session *session;   /* to offer in the next handshake */
    uint8_t *freezer;               /* the caller's memory for a frozen association */
    doze_keeper *keeper;            /* NULL: no store */
    doze_report report;
    uint32_t path_local;  /* hashes of the addresses where the association is known to work … */
    uint32_t path_remote; /* … this one with its port */
    uint32_t since;       /* of the clock, its lower half: when the handshake, or the oldest unanswered send, began */
    uint32_t climb_time;  /* the bounds of a climb */
    uint32_t handshake_timer_min;
    uint32_t handshake_timer_max;
    uint32_t handshakes_avoided;
    uint32_t verify_flags;
    uint32_t handshake_bytes[2];     /* sent, received: by all handshakes */
    uint16_t handshake_datagrams[2]; /* all counters of 16 bits stay at their most */
    uint16_t handshakes_full;
    uint16_t handshakes_resumed;
    uint16_t retransmissions;
    uint16_t dropped[DOZE_DROP_CAUSES];
    uint16_t climbs[DOZE_REASONS - DOZE_REASON_ENDED]; /* from DOZE_REASON_ENDED on */
    uint16_t slept;      /* s, the longest sleep until something is heard; 0: nothing to learn from, see survival.c */
    uint16_t lost_sleep; /* s: as long as this, sleeps lose the association */
} doze_dtls;

/* `lower` must be CLOSED, is driven by `dtls` alone from now on, and must outlive it; it is not deinited with it.
 * DOZE_ERR_CONFIG: `config` was not initialized. DOZE_ERR_STATE: `lower` is in use. */
doze_result doze_dtls_init(doze_dtls *dtls, const doze_dtls_config *config, doze_socket *lower);

/* The largest image of an association: 64 bytes of randoms, 48 of secret, a session ID, two Connection IDs of up to 32
 * bytes, counters, checksum. With two of 8 bytes it is DOZE_IMAGE_TYPICAL. */
#define DOZE_IMAGE_MAX     224
#define DOZE_IMAGE_TYPICAL 192

/* From now on sleep freezes: the association becomes an image in `memory`, and all memory that Mbed TLS had for it is
 * freed; waking thaws it, wipes the image, and costs no datagram. Asleep already, it freezes at once. `memory` has
 * `size` bytes, stays the caller's and must stay as it is until the next call, forget or deinit; an image that was
 * altered is noticed (against accidents: it has a checksum and no seal), wiped and counted (DOZE_OPT_IMAGES_REFUSED),
 * and a handshake follows. An image works once: doze cannot know of copies, and two uses of one give the traffic away.
 * With DOZE_IMAGE_MAX bytes every association freezes; with less, at least DOZE_IMAGE_TYPICAL, one with longer Connection
 * IDs stays as it is (DOZE_OPT_FROZEN_SIZE is 0).
 * NULL: sleep no longer freezes. Any state but CONNECTING. DOZE_ERR_TOO_LONG: `size` below DOZE_IMAGE_TYPICAL.
 * DOZE_ERR_STATE: an image lies in the memory given before; wake up first. */
doze_result doze_dtls_set_freezer(doze_dtls *dtls, void *memory, size_t size);

/* CLOSED, once, before any connection. From now on what sleep needs is in the store too: sealed with AES-128-CCM for this
 * peer, these credentials and this configuration, so that a power cut at any instant leads back to the association or to a
 * handshake, never to a number used twice or a message delivered twice; docs/storing.md says what is written and when.
 * `keeper` must stay until deinit.
 * doze_connect() goes on from what is stored for its host and port; doze_dtls_load() and doze_resume() do without lookup.
 * Sockets that share a store belong to one thread at a time. DOZE_ERR_STATE: not CLOSED, connected before, another socket
 * has these slots, or any of a store with a counter, which one socket alone can use. DOZE_ERR_KEY: there is no key to seal
 * with (doze_dtls_settings.store_key). */
doze_result doze_dtls_set_store(doze_dtls *dtls, doze_keeper *keeper, const doze_keeper_settings *settings);

/* CLOSED, with a store, with no association in RAM. What was stored for this peer is taken up as after a sleep: the state
 * is SHUTDOWN, every getter answers, and doze_resume() wakes by the ladder. What is not for this peer, these credentials
 * and this configuration, or was altered, is erased and counted (DOZE_OPT_IMAGES_REFUSED); doze_connect() leaves it until
 * its handshake has succeeded.
 * DOZE_ERR_NO_PEER: there is nothing for it. DOZE_ERR_STORE: could not be read, or what must not be used not be erased. */
doze_result doze_dtls_load(doze_dtls *dtls, const char *host, uint16_t port);

/* The last connect, wake or silence that got as far as the peer's address, also when it failed; one under way: so far. */
doze_result doze_dtls_get_report(const doze_dtls *dtls, doze_report *report);

/* As doze_send(), for a message that nobody answers: its silence says nothing, and silence before it is no reason to climb. */
doze_result doze_dtls_send_one_way(doze_dtls *dtls, const void *data, size_t size);

/* CONNECTED. The caller knows that an answer did not come: the next send looks for a better way. */
doze_result doze_dtls_no_answer(doze_dtls *dtls);

/* How long to wait, in ms, before the next wake, after `attempts` in a row that failed or needed a full handshake: 30 s,
 * doubled each time, up to 24 h; half of it at random, so that the devices of a server that restarted do not come all at
 * once. 0 for no attempt; always the longest after an alert that asks to give up. Any state. */
uint32_t doze_dtls_back_off(const doze_dtls *dtls, unsigned attempts);

/* What an alert's description asks for (RFC 5246 section 7.2.2): give up for now, with the longest back-off, or retry. */
typedef enum doze_alert_class { DOZE_ALERT_RETRY, DOZE_ALERT_GIVE_UP } doze_alert_class;
doze_alert_class doze_alert_classify(int alert);

#ifdef __cplusplus
}
#endif
#endif
