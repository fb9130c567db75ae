/* SPDX-License-Identifier: Apache-2.0 */
/* The one seam: UDP and DTLS sockets have the same verbs, states and options.
 *
 * Defaults, said once: nothing blocks; nothing allocates except Mbed TLS and resolvers; times are in milliseconds
 * and sizes in bytes; strings are copied unless a line says otherwise; a NULL where a pointer is needed is
 * DOZE_ERR_ARGUMENT; a verb in a state that it does not list is DOZE_ERR_STATE and changes nothing.
 * A socket and everything below it belong to one thread at a time. */
#ifndef DOZE_SOCKET_H
#define DOZE_SOCKET_H

#include "doze/platform.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DOZE_HOSTNAME_MAX 253 /* RFC 1035 section 2.3.4, in text */

/*                connect                                    shutdown
 *   CLOSED ──────────────────▶ CONNECTING ──▶ CONNECTED ──────────────▶ SHUTDOWN
 *      │  bind          connect ▲                  ▲        resume           │
 *      └───────▶ BOUND ─────────┘                  └─────────────────────────┘
 * The README has all of it. */
typedef enum doze_state {
    DOZE_STATE_CLOSED,
    DOZE_STATE_BOUND,
    DOZE_STATE_CONNECTING,
    DOZE_STATE_CONNECTED,
    DOZE_STATE_SHUTDOWN, /* asleep */
} doze_state;

/* How the last connect or resume got its security context: the rungs of the wake ladder. */
typedef enum doze_rung {
    DOZE_RUNG_NONE = 0,
    DOZE_RUNG_KEPT = 1,         /* the association went on; no handshake */
    DOZE_RUNG_THAWED = 2,       /* the same, from a frozen image */
    DOZE_RUNG_RESUMED = 3,      /* an abbreviated handshake */
    DOZE_RUNG_HANDSHAKE = 4,    /* a full handshake */
    DOZE_RUNG_FRESH_PORT = 5,   /* a full handshake from another port, as the server did not answer at the old one */
    DOZE_RUNG_NEXT_ADDRESS = 6, /* the same with another address of the server's name */
} doze_rung;

/* Why a datagram that arrived, or the rest of one behind a record, was not handed on. */
typedef enum doze_drop {
    DOZE_DROP_EMPTY,           /* no bytes at all */
    DOZE_DROP_FOREIGN,         /* not a DTLS 1.2 record, or of another epoch or Connection ID */
    DOZE_DROP_TRUNCATED,       /* shorter than its record header says, or longer than any record */
    DOZE_DROP_REPLAYED,        /* seen before, or too old to tell (RFC 6347 section 4.1.2.6) */
    DOZE_DROP_CORRUPTED,       /* failed authentication */
    DOZE_DROP_UNAUTHENTICATED, /* epoch 0 when a security context exists: plaintext is a hint at most */
} doze_drop;
#define DOZE_DROP_CAUSES 6

typedef enum doze_option {
    DOZE_OPT_STATE,            /* read: a doze_state */
    DOZE_OPT_PATH_MTU,         /* read, CONNECTED: largest IP packet to the peer, from the platform */
    DOZE_OPT_PAYLOAD_MTU,      /* read, CONNECTED: largest `size` that doze_send() takes in one unfragmented packet */
    DOZE_OPT_RECV_TIMEOUT,     /* how long doze_recv_wait() waits; -1 (default): for ever */
    DOZE_OPT_FAMILY,           /* read: doze_family in use now, DOZE_FAMILY_ANY when there is none yet */
    DOZE_OPT_FORCED_FAMILY,    /* only answers of this doze_family are used; default: any */
    DOZE_OPT_PREFERRED_FAMILY, /* answers of this doze_family are tried first; default: the resolver's order */
    DOZE_OPT_DATAGRAMS_SENT,   /* read, like the next three: on the wire, since init, handshakes included */
    DOZE_OPT_DATAGRAMS_RECEIVED,
    DOZE_OPT_BYTES_SENT, /* UDP payload */
    DOZE_OPT_BYTES_RECEIVED,
    DOZE_OPT_REFUSALS,   /* read: ICMP errors met; a hint that nobody listens, never proof */
    DOZE_OPT_REUSE_ADDR, /* 0 (default) or 1, used when the port is bound next. With 1 on both, another process can
                            bind the same port and receive what is meant for this socket. */
    DOZE_OPT_DSCP,       /* 0 (default) to 63, RFC 2474; used when the port is bound next */
    DOZE_OPT_SLEEP,      /* a doze_sleep: what doze_shutdown() does with the kernel's socket; default: drop */
    DOZE_OPT_PENDING,    /* read: 1 when doze_recv() has more without anything arriving, which poll() cannot see */
    DOZE_OPT_PORT_KEPT,  /* read: 1 when the last resume, or connect that wanted it, has the port used before */
    DOZE_OPT_WAKE_PORT, /* CLOSED, SHUTDOWN: the local port that resume wants, 0: any; reuse_last_port then wants it too. Default: the one used
                            last. For sockets on top whose own attempt to go on from another port failed. */
    DOZE_OPT_CAN_LOOK_UP, /* read: 1 when connect to the name given before would ask for its addresses without blocking */
    DOZE_OPT_PEER_FAILED, /* 1: the address in use does not answer; the next connect to this name prefers another. Any success clears it */

    /* DTLS only. The first three speak of the last connect or resume. */
    DOZE_OPT_RUNG,              /* read: a doze_rung */
    DOZE_OPT_CONTEXT_CONTINUED, /* read: 1 when the security context is the one from before: send an Update. With 0, Register. */
    DOZE_OPT_SESSION_RESUMED, /* read: 1 when the handshake was abbreviated */
    DOZE_OPT_CONNECTION_ID, /* read: 1 when what is sent carries a Connection ID, so that the port may change (RFC 9146) */
    DOZE_OPT_ALERT, /* read: the last alert of the peer's (RFC 5246 section 7.2), authenticated or not; -1: none */
    DOZE_OPT_VERIFY_FLAGS, /* read: Mbed TLS's MBEDTLS_X509_BADCERT_ flags of the last handshake with certificates */
    DOZE_OPT_SUITE,        /* read: IANA number of the ciphersuite in use, 0 when there is none */
    DOZE_OPT_HANDSHAKE_TIMER_MIN, /* first retransmission (RFC 6347 section 4.2.4.1); default: the configuration's */
    DOZE_OPT_HANDSHAKE_TIMER_MAX, /* the last and longest; used, like the one above, from the next handshake on */
    DOZE_OPT_SILENCE_LIMIT, /* sends without any answer after which the next one looks for a better way: 0 (never) to 255;
                               default 2. A send has no answer once max(HANDSHAKE_TIMER_MIN, twice the last round trip)
                               is over and no message has come; sends within that time count as one */
    DOZE_OPT_CLIMB_TIME,    /* a wake or silence may take so long, in ms, all rungs together; default 60,000 */
    DOZE_OPT_CLIMB_DATAGRAMS, /* and send so many datagrams: 1 to 255; default 16 */
    DOZE_OPT_HANDSHAKES_FULL, /* read, like all that follow but FROZEN_SIZE: since init. The next two, RETRANSMISSIONS,
                                 HANDSHAKE_DATAGRAMS, CLIMBS, DROPPED and STORE_FAILURES stay at 65,535, IMAGES_REFUSED at 255 */
    DOZE_OPT_HANDSHAKES_RESUMED,
    DOZE_OPT_HANDSHAKES_AVOIDED,       /* wakes that went on with the association */
    DOZE_OPT_RETRANSMISSIONS,          /* of flights of handshakes */
    DOZE_OPT_HANDSHAKE_DATAGRAMS_SENT, /* like the next three of all handshakes, failed ones included: what is more in
                                          DOZE_OPT_DATAGRAMS_SENT and so on, is the application's */
    DOZE_OPT_HANDSHAKE_DATAGRAMS_RECEIVED,
    DOZE_OPT_HANDSHAKE_BYTES_SENT,
    DOZE_OPT_HANDSHAKE_BYTES_RECEIVED,
    DOZE_OPT_FROZEN_SIZE,    /* read: bytes of the image that the association is now, 0: it is none */
    DOZE_OPT_IMAGES_REFUSED, /* images, in memory or the store, that were not used but wiped */
    DOZE_OPT_STORE_WRITES,   /* times that a slot of the store was written or emptied */
    DOZE_OPT_STORE_FAILURES, /* calls of the store that failed */

    /* Wakes and silences that needed a handshake, by reason: DOZE_OPT_CLIMBS + a doze_reason. */
    DOZE_OPT_CLIMBS,
    DOZE_OPT_CLIMBS_LIMIT = DOZE_OPT_CLIMBS + 16,

    /* Datagrams dropped, by cause: DOZE_OPT_DROPPED + a doze_drop. */
    DOZE_OPT_DROPPED = DOZE_OPT_CLIMBS_LIMIT,
    DOZE_OPT_LIMIT = DOZE_OPT_DROPPED + DOZE_DROP_CAUSES
} doze_option;

typedef enum doze_sleep {
    DOZE_SLEEP_DROP = 0, /* the kernel's socket is closed: the port could be taken meanwhile */
    DOZE_SLEEP_HOLD = 1, /* the socket stays bound but deaf: nobody can take the port, waking needs no bind */
} doze_sleep;

typedef enum doze_event {
    DOZE_EVENT_STATE, /* detail: doze_state now, more: doze_state before */
    DOZE_EVENT_RUNG,  /* detail: doze_rung reached, more: 1 when the port was kept */
    DOZE_EVENT_DROP,  /* detail: doze_drop, more: the datagram's size */
    DOZE_EVENT_HINT, /* something unauthenticated said: detail: doze_result (DOZE_ERR_ALERT, …), more: alert or cause */
    DOZE_EVENT_ERROR, /* detail: doze_result, more: the cause */
} doze_event;

typedef struct doze_socket doze_socket;

typedef struct doze_endpoints {
    const char *hostname; /* as given to connect; NULL: none */
    doze_endpoint remote;
    doze_endpoint local;
} doze_endpoints;

/* Told what happens, never a secret. Must not call any verb of the socket that it is told about. */
typedef struct doze_trace {
    void (*event)(void *context, const doze_socket *socket, doze_event event, int detail, int more);
    void *context;
} doze_trace;

/* ---- verbs ---- */

/* Drives handshakes, lookups and timers: call when doze_fd() is readable or doze_next_timeout() is over. Any state.
 * DOZE_OK, DOZE_IN_PROGRESS while CONNECTING, or the error that ended CONNECTING; the state is then SHUTDOWN when the
 * attempt began there or in CONNECTED (a send that met silence), otherwise CLOSED, and what was kept for this peer before (association, session, port) is kept.
 * What was kept for another peer ended when this one was reached for. */
doze_result doze_step(doze_socket *socket);

/* CLOSED. Binds a local port; 0 picks a free one. `address` is a literal (IPv4 or IPv6), NULL: any.
 * DOZE_ERR_ADDRESS, DOZE_ERR_PORT_TAKEN, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_ALREADY_BOUND. */
doze_result doze_bind(doze_socket *socket, const char *address, uint16_t port);

/* CLOSED, SHUTDOWN. Binds the local port of the last connection. DOZE_ERR_NO_LAST_PORT when there never was one,
 * DOZE_ERR_PORT_TAKEN, DOZE_ERR_ALREADY_BOUND. */
doze_result doze_reuse_last_port(doze_socket *socket);

/* CLOSED, BOUND, SHUTDOWN. Resolves `host` (a name, or a literal address), fixes the peer; DTLS continues the
 * association, resumes the session or handshakes. DOZE_IN_PROGRESS until doze_step() says otherwise.
 * DOZE_ERR_HOST: empty, or longer than the memory for names (doze_udp_settings); DOZE_ERR_PORT: 0; DOZE_ERR_HOST_UNKNOWN; DOZE_ERR_UNREACHABLE. */
doze_result doze_connect(doze_socket *socket, const char *host, uint16_t port);

/* CLOSED. Takes up what an earlier life of this device knew and the caller has kept: the peer, its name, and the family
 * and port of `local`. The state is SHUTDOWN, and doze_resume() goes on from there: same port, no lookup. Of DTLS it
 * brings nothing back: doze_dtls_load() does. DOZE_ERR_NO_PEER: no remote address or port; DOZE_ERR_HOST: the name is
 * missing or longer than the memory for names. */
doze_result doze_recall(doze_socket *socket, const doze_endpoints *past);

/* SHUTDOWN. Wakes: same peer address without any lookup, same local port; when that was taken meanwhile, a new one
 * (DOZE_OPT_PORT_KEPT tells). DTLS goes on with the association at once where it can, otherwise DOZE_IN_PROGRESS.
 * DOZE_ERR_NO_PEER when there never was a connection. */
doze_result doze_resume(doze_socket *socket);

/* In CONNECTED, with DTLS: DOZE_ERR_CLOSED_BY_PEER, DOZE_ERR_ALERT and DOZE_ERR_EXHAUSTED from send or recv mean that the
 * association is over, and come again with every call until doze_shutdown() and doze_resume(), or doze_close() and
 * doze_connect(), make a new one. */

/* CONNECTED; in CONNECTING it is DOZE_IN_PROGRESS. One datagram, whole or not at all. `size` 0 is DOZE_ERR_ARGUMENT; more than DOZE_OPT_PAYLOAD_MTU may be
 * DOZE_ERR_TOO_LONG. DOZE_ERR_REFUSED, DOZE_ERR_UNREACHABLE, DOZE_ERR_NO_BUFFERS, DOZE_ERR_NO_MEMORY, DOZE_ERR_BLOCKED and DOZE_WOULD_BLOCK
 * say that it was not sent and that the socket lives. With DTLS: DOZE_IN_PROGRESS when the peer has been silent for too
 * long (DOZE_OPT_SILENCE_LIMIT): nothing was sent, the state is CONNECTING, repeat it when that is over. DOZE_NEW_CONTEXT
 * once after a wake or a silence that ended in a new association: nothing was sent. */
doze_result doze_send(doze_socket *socket, const void *data, size_t size);

/* CONNECTED. DOZE_ERR_STORE, with DTLS and a store: a message came and was dropped, see docs/storing.md; the next send
 * makes a new association. One datagram. *size is its true length. DOZE_ERR_TRUNCATED: it was longer than `capacity`; the buffer has
 * its beginning, the rest is gone, the next call starts with the next datagram. DOZE_WOULD_BLOCK: there is none.
 * DOZE_ERR_NO_MEMORY: a datagram is lost to that, nothing else is. */
doze_result doze_recv(doze_socket *socket, void *buffer, size_t capacity, size_t *size);

/* BOUND, CONNECTING, CONNECTED; nothing to do in SHUTDOWN. Sleeps: nothing goes on the wire, the kernel's socket is
 * gone or deaf (DOZE_OPT_SLEEP), and every getter still answers. */
doze_result doze_shutdown(doze_socket *socket);

/* Any state. From CONNECTED: says goodbye (DTLS: close_notify, and the association ends; its session may shorten the
 * next handshake). From SHUTDOWN: sends nothing, the association is kept for the next connect to the same peer. */
doze_result doze_close(doze_socket *socket);

/* Any state. Drops association, session, peer and last port, zeroized, and what a store has of them; sends nothing; the
 * state is CLOSED. DOZE_ERR_STORE: all that, but something is left in the store, and stays unused; call again. */
doze_result doze_forget(doze_socket *socket);

/* Zeroizes and frees everything, sends nothing. */
void doze_deinit(doze_socket *socket);

/* Any state. Milliseconds until doze_step() (or doze_recv(), with DOZE_OPT_PENDING) wants a call; -1: only `fd` matters. */
int32_t doze_next_timeout(const doze_socket *socket);

/* ---- what it knows ---- */

doze_state doze_get_state(const doze_socket *socket);
/* CONNECTING: where its failure leads, SHUTDOWN for a wake or a climb and CLOSED for a first connection. Any other state:
 * that state. */
doze_state doze_get_fallback(const doze_socket *socket);
const char *doze_state_name(doze_state state);

/* The errno, or the Mbed TLS code, behind the last error. The first failure within a call wins. */
int doze_cause(const doze_socket *socket);

/* To be polled for reading; -1 while there is nothing to poll (CLOSED, SHUTDOWN). Changes with every wake. */
int doze_fd(const doze_socket *socket);

/* These answer from the first connect (or bind, for the local ones) until doze_forget(), asleep or not. */
const char *
doze_remote_hostname(const doze_socket *socket); /* as given to connect; NULL: none. Valid until the next connect */
doze_result doze_remote_host(const doze_socket *socket, char *text, size_t size); /* the address; DOZE_ERR_NO_PEER */
uint16_t doze_remote_port(const doze_socket *socket);                             /* 0: none */
doze_result doze_local_host(const doze_socket *socket, char *text,
                            size_t size);            /* DOZE_ERR_NO_LAST_PORT: never bound */
uint16_t doze_local_port(const doze_socket *socket); /* 0: none */
#define DOZE_ADDRESS_TEXT_SIZE 64                    /* enough for any address and its end */

/* DOZE_ERR_OPTION: unknown to this socket, read-only, out of range, or not readable in this state. */
doze_result doze_get_option(doze_socket *socket, doze_option option, int64_t *value);
doze_result doze_set_option(doze_socket *socket, doze_option option, int64_t value);

/* Reads a port number in decimal, 1 to 65535, and nothing else: DOZE_ERR_PORT. */
doze_result doze_parse_port(const char *text, uint16_t *port);

/* Whether `host` is written as an address (RFC 3986 section 3.2.2) and so never looked up nor sent as a name. */
bool doze_host_is_address(const char *host);

/* What the getters above tell, at once: what doze_recall() takes, in a later life. Valid until the next verb. */
void doze_get_endpoints(const doze_socket *socket, doze_endpoints *out);

/* ---- for implementers of further sockets ---- */

/* One function a verb. Arguments and state are checked before; the state is changed after, by the table in
 * src/socket/state.c. On an error, everything must be as it was. */
typedef struct doze_socket_ops {
    doze_result (*step)(doze_socket *socket);
    doze_result (*bind)(doze_socket *socket, const char *address, uint16_t port);
    doze_result (*reuse_last_port)(doze_socket *socket);
    doze_result (*connect)(doze_socket *socket, const char *host, uint16_t port);
    doze_result (*recall)(doze_socket *socket, const doze_endpoints *past); /* NULL: DOZE_ERR_UNSUPPORTED */
    doze_result (*resume)(doze_socket *socket);
    doze_result (*send)(doze_socket *socket, const void *data, size_t size);
    doze_result (*recv)(doze_socket *socket, void *buffer, size_t capacity, size_t *size);
    doze_result (*shutdown)(doze_socket *socket);
    doze_result (*close)(doze_socket *socket);
    doze_result (*forget)(doze_socket *socket);
    void (*deinit)(doze_socket *socket);
    int32_t (*next_timeout)(const doze_socket *socket);
    int (*fd)(const doze_socket *socket);
    void (*endpoints)(const doze_socket *socket, doze_endpoints *out);
    bool (*format)(const doze_socket *socket, const doze_endpoint *endpoint, char *text, size_t size);
    doze_result (*get_option)(doze_socket *socket, doze_option option, int64_t *value);
    doze_result (*set_option)(doze_socket *socket, doze_option option, int64_t value);
} doze_socket_ops;

/* Its members are for implementers alone. */
struct doze_socket {
    const doze_socket_ops *ops;
    const doze_trace *trace;
    int cause;
    int32_t recv_timeout;
    uint8_t state;    /* written by src/socket/state.c only */
    uint8_t fallback; /* the state that a failing CONNECTING falls back to */
};

void doze_socket_init(doze_socket *socket, const doze_socket_ops *ops, const doze_trace *trace);
void doze_emit(const doze_socket *socket, doze_event event, int detail, int more);
/* What doze_connect() says of a host and a port before it does anything: DOZE_OK, DOZE_ERR_HOST, DOZE_ERR_PORT. */
doze_result doze_check_peer(const char *host, uint16_t port);
/* Notes the cause, unless one is noted already, and returns `result`. */
doze_result doze_fail(doze_socket *socket, doze_result result, int cause);

#ifdef __cplusplus
}
#endif
#endif
