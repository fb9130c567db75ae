/* SPDX-License-Identifier: Apache-2.0 */
/* What the targets that need a network start from: a host and a server that speaks Mbed TLS, as in kit/kit.h, but
 * without CMocka and made for thousands of lives a second. Every message has a number, so that one that nobody has said,
 * or one that comes twice, is noticed. */
#ifndef FUZZ_RIG_H
#define FUZZ_RIG_H

#include "doze/dtls.h"
#include "doze/udp.h"
#include "doze/x509.h"
#include "fuzz/fuzz.h"
#include "peer/peer_world.h"
#include "world/tap.h"
#include "world/vault.h"
#include "world/world.h"

#define FUZZ_HOST     "10.0.0.2"
#define FUZZ_SERVER   "192.0.2.1"
#define FUZZ_NAME     "server.example"
#define FUZZ_PORT     5684
#define FUZZ_PATIENCE 300000 /* ms that no verb may outlast */
#define FUZZ_SAID_MAX 1024
#define FUZZ_KEYS     64

typedef enum fuzz_choice {
    FUZZ_OWN_CID = 1, /* 8 bytes in what we receive … */
    FUZZ_NO_CID = 2,  /* … or no Connection ID at all */
    FUZZ_FREEZER = 4,
    FUZZ_STORE = 8,
    FUZZ_COUNTER = 16,      /* of the store's own */
    FUZZ_SESSION_ONLY = 32, /* in the store */
    FUZZ_CERTIFICATES = 64, /* instead of the PSK */
} fuzz_choice;

typedef struct fuzz_datagram {
    size_t size;
    uint8_t data[2048];
} fuzz_datagram;

/* Of the keys that come from these randoms, the least sequence number that was not used. */
typedef struct fuzz_key {
    uint8_t randoms[64];
    uint64_t next;
} fuzz_key;

typedef struct fuzz_rig {
    unsigned choices;
    world w;
    world_host *host;
    peer_world home;
    doze_udp udp;
    tap tap;
    doze_x509 x509;
    doze_dtls_config config;
    doze_dtls dtls;
    doze_socket *socket; /* of `dtls` */
    vault v;
    doze_keeper keeper;
    uint8_t freezer[DOZE_IMAGE_MAX];
    fuzz_datagram last; /* that the server has sent */
    fuzz_key keys[FUZZ_KEYS];
    unsigned keys_count;
    bool keys_forged; /* writable: an input made the image, with the randoms of another key perhaps */
    world_hook hook;  /* the target's own */
    void *hook_context;
    bool
        guarded; /* writable: what is said must not be seen in plain. Not where an input can have it said, as a cookie */
    unsigned said;
    bool heard[FUZZ_SAID_MAX];
} fuzz_rig;

/* Lives of the same seed may have the same keys: what one has overheard is no forgery in another. */
void fuzz_rig_start(fuzz_rig *r, unsigned choices, uint64_t seed);
void fuzz_rig_stop(fuzz_rig *r); /* nothing may be left open, and the tap may have nothing to say */

doze_dtls_settings fuzz_rig_settings(unsigned choices); /* without clock and random source */
doze_random fuzz_random(void);                          /* for what needs no world; from its beginning */

/* ---- messages: %08u ---- */

/* By the client; false: enough has been said. */
bool fuzz_rig_say(fuzz_rig *r, bool one_way, doze_result *result);
void fuzz_rig_server_says(fuzz_rig *r);
void fuzz_rig_note_heard(fuzz_rig *r, const void *data, size_t size);
doze_result fuzz_rig_listen(fuzz_rig *r); /* to all that has arrived: what ended it */
/* Says one until it is answered: true. False: CONNECTED is over, or nobody answers. */
bool fuzz_rig_converse(fuzz_rig *r);
/* As an application does when all goes wrong: false after three wakes or connects without an answer. */
bool fuzz_rig_recover(fuzz_rig *r);

/* ---- what others do ---- */

void fuzz_rig_inject(fuzz_rig *r, const void *data, size_t size); /* as if from the server */
void fuzz_rig_inject_refusal(fuzz_rig *r);
void fuzz_rig_on_datagram(fuzz_rig *r, world_hook hook, void *context); /* as world_on_datagram() */
/* Changes a datagram as the input says: some bytes, and the length. */
void fuzz_patch(fuzz_input *in, uint8_t *data, size_t *size, size_t capacity);

#endif
