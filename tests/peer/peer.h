/* SPDX-License-Identifier: Apache-2.0 */
/* A DTLS 1.2 server for the tests: Mbed TLS, any number of associations, and faults to order. It does no input or
 * output of its own: datagrams come in by peer_receive() and go out by `send`, so that it serves a simulated network
 * with a virtual clock as well as a real socket (peer_udp.h). What it does depends on datagrams, clock and random
 * source alone; only the time stamps that Mbed TLS puts into hellos and tickets come from the wall clock. */
#ifndef PEER_H
#define PEER_H

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cache.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>

#include "doze/platform.h"

#define PEER_CID_SIZE_DEFAULT 8
#define PEER_MTU_DEFAULT      1232
#define PEER_MTU_NONE         65535
#define PEER_KEY_MAX          64
#define PEER_IDENTITY_MAX     128
#define PEER_SERVER_NAME_MAX  253

typedef struct peer peer;
typedef struct peer_association peer_association;

/* What to do with a ClientHello from an address that has an association (RFC 6347 section 4.2.8). With a Connection
 * ID, "replaced" means that the old association loses its address only: its Connection ID still finds it. */
typedef enum peer_known_address {
    PEER_REPLACE_AT_COOKIE = 0, /* once the cookie is verified; without cookies, as the next one (default) */
    PEER_REPLACE_WHEN_DONE,     /* once the new handshake is done */
    PEER_IGNORE_HELLO,          /* as many servers do */
} peer_known_address;

typedef enum peer_answer {
    PEER_ECHO = 0,           /* each message is answered by itself (default) */
    PEER_EAT,                /* messages are read and not answered */
    PEER_ECHO_TWICE,         /* in two datagrams */
    PEER_ECHO_TWICE_AT_ONCE, /* two records in one datagram */
    PEER_ECHO_AND_CLOSE,     /* and, in the same datagram, the close_notify that ends the association */
} peer_answer;

/* May be changed at any time; zero is a well-behaved server. */
typedef struct peer_behaviour {
    peer_known_address known_address;
    peer_answer answer;
    bool deaf;                   /* drops whatever arrives and does not repeat flights, as a server that is down */
    bool wrong_psk;              /* from the next handshake on */
    bool refuse_cid;             /* from the next handshake on */
    bool hide_handshake_alerts;  /* a handshake that fails ends in silence */
    bool keep_silent_on_close;   /* does not answer a close_notify with its own */
    unsigned drop_final_flights; /* so many of its own flights with ChangeCipherSpec get lost */
} peer_behaviour;

enum { PEER_SESSION_CACHE = 1, PEER_SESSION_TICKETS = 2 };

typedef enum peer_cid {
    PEER_CID_BYTES = 0, /* asks for one of `cid_size` bytes in what it receives (default) */
    PEER_CID_EMPTY,     /* negotiates, and needs none itself */
    PEER_CID_REFUSE,
} peer_cid;

/* Finds the key of a PSK identity: false when it is unknown. */
typedef bool peer_find_key(void *context, const unsigned char *identity, size_t identity_size,
                           unsigned char key[PEER_KEY_MAX], size_t *key_size);

/* Zero everywhere means the default; everything but contexts is copied. */
typedef struct peer_settings {
    doze_clock clock;   /* required */
    doze_random random; /* required */

    /* Required. Must not call the peer. */
    void (*send)(void *context, const doze_endpoint *to, const void *data, size_t size);
    void *send_context;

    /* Default: `behaviour.answer`. May call any order below. */
    void (*on_message)(void *context, peer *p, peer_association *a, const unsigned char *data, size_t size);
    void *message_context;

    /* PSK: one identity with its key, or a function that knows. */
    const char *identity;
    const unsigned char *key;
    size_t key_size;
    peer_find_key *find_key;
    void *key_context;

    /* Certificates: names of PEM or DER files; `certificate_file` has the chain, the server's own first. */
    const char *certificate_file;
    const char *key_file;
    const char *ca_file; /* with it, a client certificate is required */

    const int *suites; /* IANA numbers, ended by 0. Default: AES-128-CCM-8, GCM, CCM, with ECDHE-ECDSA and with PSK */
    peer_cid cid;
    uint8_t cid_size;    /* default: PEER_CID_SIZE_DEFAULT */
    unsigned sessions;   /* PEER_SESSION_CACHE | PEER_SESSION_TICKETS; default: neither */
    bool no_cookie;      /* no HelloVerifyRequest */
    bool no_anti_replay; /* RFC 6347 section 4.1.2.6 switched off */
    bool allow_renegotiation;
    uint16_t mtu;                 /* of a datagram's payload; default: PEER_MTU_DEFAULT */
    uint32_t handshake_timer_min; /* default: 1,000 ms */
    uint32_t handshake_timer_max; /* default: 60,000 ms */
    uint32_t cookie_lifetime;     /* default: 60,000 ms */
    size_t associations_max;      /* default: 1,024; the least recently heard one gives way */

    peer_behaviour behaviour;
} peer_settings;

/* To be read, of an association living or ended. An ended one can be read until associations_max later ones exist. */
struct peer_association {
    peer *owner;
    peer_association *next;
    mbedtls_ssl_context ssl;
    doze_endpoint address; /* where it was last known to be; none: replaced, and known by its Connection ID alone */
    unsigned number;       /* 1, 2, … in the order of arrival */
    bool alive;
    bool established; /* the handshake was done, whatever became of it later */
    bool resumed;
    bool cid_in_use;
    bool close_notify_received;
    int alert_received; /* the description of the fatal one, -1: none */
    int error;          /* the Mbed TLS code that ended it, 0: none */
    unsigned messages_received;
    unsigned messages_sent;
    uint64_t heard; /* when, by the clock given */
    unsigned char cid[MBEDTLS_SSL_CID_IN_LEN_MAX];
    uint8_t cid_size;
    char identity[PEER_IDENTITY_MAX + 1];
    char server_name[PEER_SERVER_NAME_MAX + 1]; /* from SNI; empty: none */

    /* Private. */
    unsigned char client_random[32];
    unsigned char offered_master[48]; /* of the session that the client offers and this server knows */
    bool offers_known_session;
    bool losing_flight;
    uint64_t newest_record; /* epoch and sequence number of the newest authenticated record */
    uint64_t timer_started;
    uint32_t timer_intermediate;
    uint32_t timer_final; /* 0: not running */
};

typedef struct peer_counters {
    unsigned handshakes_full;
    unsigned handshakes_resumed;
    unsigned handshakes_failed;
    unsigned client_hellos;
    unsigned datagrams_in;
    unsigned datagrams_out;
    uint64_t bytes_in;
    uint64_t bytes_out;
    unsigned messages_received;
    unsigned messages_sent;
    unsigned replayed;  /* records of an association that were seen before, or are of another epoch */
    unsigned forged;    /* records of an association that do not authenticate */
    unsigned unmatched; /* datagrams that belong to no association, or are no DTLS */
    unsigned address_moves;
    unsigned close_notifies;
    unsigned evicted; /* by associations_max */
} peer_counters;

/* Must not be moved or copied once initialized. `behaviour` may be written, `counters` and `last_error` read. */
struct peer {
    peer_behaviour behaviour;
    peer_counters counters;
    int last_error; /* the Mbed TLS code of the last failure: of peer_init(), or of a handshake or association */

    /* Private. */
    peer_settings settings;
    mbedtls_ssl_config config;
    mbedtls_ssl_cache_context cache;
    mbedtls_ssl_ticket_context tickets;
    mbedtls_x509_crt certificate;
    mbedtls_x509_crt ca;
    mbedtls_pk_context key;
    unsigned char cookie_secret[32];
    unsigned char psk[PEER_KEY_MAX];
    char identity[PEER_IDENTITY_MAX + 1];
    int suites[16];
    peer_association *associations; /* the newest first */
    peer_association *current;      /* whose handshake Mbed TLS is in */
    unsigned associations_made;
    const unsigned char *arrived; /* the datagram at hand, until Mbed TLS takes it */
    size_t arrived_size;
    const char *why;
    unsigned char *joined; /* not NULL: records are gathered here into one datagram */
    size_t joined_size;
};

/* False when the settings make no sense, a file cannot be read, or Mbed TLS refuses: `last_error` and, in words, the
 * result of peer_why(). After that there is nothing to deinit. */
bool peer_init(peer *p, const peer_settings *settings);
/* RFC 7627. For tests that let memory run out: without any for the one hash that it needs, Mbed TLS 3.6 goes on with what
 * lies behind its buffer on the stack (ssl_compute_master), and nobody above it can keep it from that. */
void peer_refuse_extended_master_secret(peer *p);
/* Whether Mbed TLS takes the randomness of handshakes from the source that it is given; 4.x has its own. */
bool peer_tls_asks_for_randomness(void);
void peer_deinit(peer *p);
const char *peer_why(const peer *p);

/* ---- datagrams and time ---- */

/* Handles one datagram at once, and sends what follows from it. */
void peer_receive(peer *p, const doze_endpoint *from, const void *data, size_t size);
/* Repeats the handshake flights that are due. */
void peer_tick(peer *p);
/* Milliseconds until peer_tick() wants a call, or -1. */
int32_t peer_next_timeout(const peer *p);

/* ---- associations ---- */

/* The living one that was made last and whose handshake is done, or NULL. */
peer_association *peer_newest(const peer *p);
/* The established one known at this address, or NULL. */
peer_association *peer_at(const peer *p, const doze_endpoint *address);
/* The one made last, in whatever state, or NULL. */
peer_association *peer_last(const peer *p);
size_t peer_count(const peer *p); /* living and established */

/* ---- orders ---- 0 or a Mbed TLS code; of an ended association MBEDTLS_ERR_SSL_BAD_INPUT_DATA. */

int peer_say(peer *p, peer_association *a, const void *data, size_t size);
int peer_say_two_at_once(peer *p, peer_association *a, const void *data, size_t size); /* twice, in one datagram */
int peer_say_and_close(peer *p, peer_association *a, const void *data, size_t size);   /* both in one datagram */
int peer_close(peer *p, peer_association *a);                                          /* close_notify, and ends */
int peer_alert(peer *p, peer_association *a, int description); /* a fatal alert inside the association, and ends */
/* Needs `allow_renegotiation`. */
int peer_hello_request(peer *p, peer_association *a, unsigned count);
void peer_evict(peer *p, peer_association *a); /* ends it and says nothing */
/* All associations are lost, nothing is said; so are, unless kept, the session cache and the ticket keys. */
bool peer_restart(peer *p, bool keep_sessions);
/* As peer_restart() with its sessions kept, and from then on it asks for Connection IDs of that length. False, and nothing
 * happens, where the settings have `cid` other than PEER_CID_BYTES, or Mbed TLS refuses the length. */
bool peer_restart_with_cid(peer *p, uint8_t cid_size);

#endif
