/* SPDX-License-Identifier: Apache-2.0 */
/* The servers of the matrix: how each is started, and what it is known to offer. */
#ifndef PEERS_H
#define PEERS_H

#include "matrix.h"
#include "story.h"

typedef struct peer_kind peer_kind;

typedef struct peer_order {
    bool certificates; /* instead of a pre-shared key */
    bool cid;          /* where there is a choice: the server is to ask for one */
    client_settings client;
} peer_order;

struct peer_kind {
    const char *name;
    const char *program;                /* looked for in PATH; NULL: tests/peers has it, … */
    const char *ours;                   /* … by this name */
    const char *package;                /* of Debian, which has `program` */
    const char *version;                /* a command for the shell; NULL: ask `ours` */
    unsigned offers;                    /* bits, 1 << column: what must pass. Elsewhere an absence is no failure. */
    uint16_t psk_suite;                 /* that the client offers; 0: doze's own */
    bool one_client;                    /* at a time: others are not answered */
    const char *cannot[MATRIX_COLUMNS]; /* why something is not even tried */
    void (*start)(story *s, const peer_kind *kind, const peer_order *order);
};

extern const peer_kind peer_kinds[];
extern const size_t peer_kinds_count;

/* `directory`: where tests/peers was built. NULL, or why this machine has no such peer. */
const char *peers_missing(const peer_kind *kind, const char *directory, char reason[MATRIX_DETAIL_MAX]);
void peers_ask_version(const peer_kind *kind, char version[MATRIX_DETAIL_MAX]);

#endif
