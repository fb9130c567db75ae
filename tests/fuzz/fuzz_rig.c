/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dtls/internal.h"

#define IDENTITY "device-1"

static const uint8_t psk[] = "0123456789abcdef";
enum { KEY_SIZE = sizeof(psk) - 1 };

/* ---- random, for what needs no world ---- */

static uint32_t random_state;

static int fill(void *context, unsigned char *out, size_t size) {
    (void)context;
    for (size_t i = 0; i < size; i++) {
        random_state = random_state * 1664525u + 1013904223u;
        out[i] = (unsigned char)(random_state >> 24);
    }
    return 0;
}

doze_random fuzz_random(void) {
    random_state = 1;
    return (doze_random){.fill = fill};
}

/* ---- the wire ---- */

static fuzz_key *key_of(fuzz_rig *r, const uint8_t *randoms) {
    for (unsigned i = 0; i < FUZZ_KEYS && i < r->keys_count; i++) {
        if (memcmp(r->keys[i].randoms, randoms, sizeof(r->keys[i].randoms)) == 0) {
            return &r->keys[i];
        }
    }
    fuzz_key *key = &r->keys[r->keys_count++ % FUZZ_KEYS];
    *key = (fuzz_key){0};
    memcpy(key->randoms, randoms, sizeof(key->randoms));
    return key;
}

/* Up to the first record with a Connection ID, whose size is not known here: nothing is sent behind one. */
static void check_numbers(fuzz_rig *r, const world_datagram *datagram) {
    enum { HEADER = 13, TYPE_CID = 25 };
    const uint8_t *at = datagram->data;
    for (size_t left = datagram->size; left >= HEADER && at[0] >= 20 && at[0] <= TYPE_CID;) {
        uint64_t number = 0;
        for (int i = 5; i < 11; i++) {
            number = number << 8 | at[i];
        }
        if (at[4] == 1 && !r->keys_forged) {
            fuzz_expect(r->dtls.live != NULL, "who sends is awake");
            fuzz_key *key = key_of(r, r->dtls.live->randoms);
            fuzz_expect(number >= key->next, "no number is used twice under a key");
            key->next = number + 1;
        }
        size_t size = HEADER + (size_t)(at[11] << 8 | at[12]);
        if (at[0] == TYPE_CID || size > left) {
            return;
        }
        at += size;
        left -= size;
    }
}

static bool on_datagram(void *context, world_datagram *datagram) {
    fuzz_rig *r = context;
    if (datagram->direction == WORLD_UP) {
        check_numbers(r, datagram);
    } else if (datagram->size <= sizeof(r->last.data)) {
        r->last.size = datagram->size;
        memcpy(r->last.data, datagram->data, datagram->size);
    }
    return r->hook == NULL || r->hook(r->hook_context, datagram);
}

/* ---- beginning and end ---- */

doze_dtls_settings fuzz_rig_settings(unsigned choices) {
    doze_dtls_settings settings = {.store_key = {psk, KEY_SIZE}};
    if ((choices & FUZZ_CERTIFICATES) == 0) {
        settings.psk = (doze_psk){.identity = {IDENTITY, strlen(IDENTITY)}, .key = {psk, KEY_SIZE}};
    }
    if ((choices & FUZZ_NO_CID) != 0) {
        settings.cid = DOZE_CID_OFF;
    } else if ((choices & FUZZ_OWN_CID) != 0) {
        settings.cid = DOZE_CID_OFFER_BYTES;
        settings.cid_size = 8;
    }
    return settings;
}

static void start_server(fuzz_rig *r) {
    peer_settings settings = {.sessions = PEER_SESSION_CACHE};
    if ((r->choices & FUZZ_CERTIFICATES) != 0) {
        settings.certificate_file = DOZE_TEST_CERTS "/server-chain.pem";
        settings.key_file = DOZE_TEST_CERTS "/server.key.pem";
    } else {
        settings.identity = IDENTITY;
        settings.key = psk;
        settings.key_size = KEY_SIZE;
    }
    fuzz_expect(peer_world_open(&r->home, &r->w, &settings, FUZZ_SERVER, FUZZ_PORT), "the server starts");
}

static void trust_the_root(fuzz_rig *r) {
    static uint8_t root[8192]; /* the same for all lives */
    static size_t size;
    if (size == 0) {
        FILE *file = fopen(DOZE_TEST_CERTS "/root.pem", "rb");
        fuzz_expect(file != NULL, "there are test credentials");
        size = fread(root, 1, sizeof(root), file);
        (void)fclose(file);
    }
    const doze_x509_settings settings = {
        .random = world_random(&r->w), .trust = {root, size}, .server_name = "localhost"};
    fuzz_expect(doze_x509_init(&r->x509, &settings) == DOZE_OK, "the root certificate is good");
}

static void start_client(fuzz_rig *r) {
    const doze_udp_settings udp = {.net = world_host_net(r->host), .resolver = world_resolver(&r->w)};
    doze_dtls_settings settings = fuzz_rig_settings(r->choices);
    settings.clock = world_clock(&r->w);
    settings.random = world_random(&r->w);
    if ((r->choices & FUZZ_CERTIFICATES) != 0) {
        trust_the_root(r);
        settings.x509 = &r->x509;
    }
    fuzz_expect(doze_udp_init(&r->udp, &udp) == DOZE_OK, "UDP starts");
    tap_init(&r->tap, &r->udp.socket);
    fuzz_expect(doze_dtls_config_init(&r->config, &settings) == DOZE_OK, "the configuration is good");
    fuzz_expect(doze_dtls_init(&r->dtls, &r->config, &r->tap.socket) == DOZE_OK, "DTLS starts");
    r->socket = &r->dtls.socket;
    if ((r->choices & FUZZ_FREEZER) != 0) {
        doze_dtls_set_freezer(&r->dtls, r->freezer, sizeof(r->freezer));
    }
    if ((r->choices & FUZZ_STORE) != 0) {
        const doze_keeper_settings keeper = {
            .store = &r->v.store,
            .mode = (r->choices & FUZZ_SESSION_ONLY) != 0 ? DOZE_STORE_SESSION : DOZE_STORE_ASSOCIATION,
            .range = 4,
        };
        fuzz_expect(doze_dtls_set_store(&r->dtls, &r->keeper, &keeper) == DOZE_OK, "the store is taken");
    }
}

void fuzz_rig_start(fuzz_rig *r, unsigned choices, uint64_t seed) {
    memset(r, 0, sizeof(*r));
    r->choices = choices;
    world_init(&r->w, seed);
    r->host = world_add_host(&r->w, FUZZ_HOST);
    world_name(&r->w, FUZZ_NAME, FUZZ_SERVER, NULL);
    vault_init(&r->v, (choices & FUZZ_COUNTER) != 0);
    start_server(r);
    start_client(r);
    world_on_datagram(&r->w, on_datagram, r);
}

/* The tap guesses from hellos and answers which key is in use, and forgeries mislead it: check_numbers() knows. */
static void ask_the_tap(fuzz_rig *r) {
    const char *verdict = tap_verdict(&r->tap);
    bool guessed = strstr(verdict, "sequence number") != NULL;
    fuzz_expect(guessed || verdict[0] == '\0', verdict);
}

void fuzz_rig_stop(fuzz_rig *r) {
    ask_the_tap(r);
    doze_deinit(r->socket);
    doze_deinit(&r->tap.socket);
    doze_deinit(&r->udp.socket);
    doze_dtls_config_deinit(&r->config);
    doze_x509_deinit(&r->x509);
    peer_world_close(&r->home);
    world_deinit(&r->w); /* aborts when something is open */
}

/* ---- messages ---- */

static bool next_message(fuzz_rig *r, char text[9]) {
    if (r->said + 1 >= FUZZ_SAID_MAX) {
        return false;
    }
    (void)snprintf(text, 9, "%08u", ++r->said);
    if (r->guarded) {
        tap_forbid(&r->tap, text, 8);
    }
    return true;
}

bool fuzz_rig_say(fuzz_rig *r, bool one_way, doze_result *result) {
    char text[9];
    if (!next_message(r, text)) {
        return false;
    }
    do {
        *result = one_way ? doze_dtls_send_one_way(&r->dtls, text, 8) : doze_send(r->socket, text, 8);
    } while (*result == DOZE_NEW_CONTEXT); /* told once */
    return true;
}

void fuzz_rig_server_says(fuzz_rig *r) {
    peer *p = &r->home.peer;
    char text[9];
    if (peer_newest(p) != NULL && next_message(r, text)) {
        peer_say(p, peer_newest(p), text, 8);
        world_advance(&r->w, 100);
    }
}

void fuzz_rig_note_heard(fuzz_rig *r, const void *data, size_t size) {
    char text[9] = "";
    fuzz_expect(size == 8, "only whole messages are delivered");
    memcpy(text, data, 8);
    unsigned long which = strtoul(text, NULL, 10);
    fuzz_expect(which >= 1 && which <= r->said, "only what was said is delivered");
    fuzz_expect(!r->heard[which], "nothing is delivered twice");
    r->heard[which] = true;
}

doze_result fuzz_rig_listen(fuzz_rig *r) {
    char message[64];
    size_t size = 0;
    doze_result result = DOZE_OK;
    while (result == DOZE_OK || result == DOZE_ERR_REFUSED) {
        result = doze_recv(r->socket, message, sizeof(message), &size);
        if (result == DOZE_OK) {
            fuzz_rig_note_heard(r, message, size);
        }
    }
    return result;
}

static void await(fuzz_rig *r, unsigned which) {
    char message[64];
    size_t size = 0;
    doze_result result = DOZE_OK;
    while (!r->heard[which] && (result == DOZE_OK || result == DOZE_ERR_REFUSED)) {
        result = world_recv(&r->w, r->socket, message, sizeof(message), &size, 5000);
        if (result == DOZE_OK) {
            fuzz_rig_note_heard(r, message, size);
        }
    }
}

bool fuzz_rig_converse(fuzz_rig *r) {
    enum { TRIES = 6 };
    for (int i = 0; i < TRIES; i++) {
        doze_result result = DOZE_OK;
        if (!fuzz_rig_say(r, false, &result)) {
            return true;
        }
        if (result == DOZE_IN_PROGRESS) {
            result = world_run(&r->w, r->socket, FUZZ_PATIENCE);
            continue;
        }
        if (doze_get_state(r->socket) != DOZE_STATE_CONNECTED) {
            return false;
        }
        await(r, r->said);
        if (r->heard[r->said]) {
            return true;
        }
    }
    return false;
}

bool fuzz_rig_recover(fuzz_rig *r) {
    enum { WAKES = 3 };
    for (int i = 0; i < WAKES; i++) {
        doze_result result = doze_get_state(r->socket) == DOZE_STATE_CONNECTED ? DOZE_OK : DOZE_ERR_STATE;
        if (result != DOZE_OK) {
            doze_close(r->socket);
            result = world_connect(&r->w, r->socket, FUZZ_NAME, FUZZ_PORT, FUZZ_PATIENCE);
        }
        if (result == DOZE_OK && fuzz_rig_converse(r)) {
            return true;
        }
        doze_close(r->socket);
    }
    return false;
}

/* ---- what others do ---- */

static doze_endpoint client_end(const fuzz_rig *r) {
    return world_endpoint(FUZZ_HOST, doze_local_port(r->socket));
}

void fuzz_rig_inject(fuzz_rig *r, const void *data, size_t size) {
    const doze_endpoint server = world_server_endpoint(r->home.server);
    const doze_endpoint client = client_end(r);
    world_inject(&r->w, &server, &client, data, size);
}

void fuzz_rig_inject_refusal(fuzz_rig *r) {
    const doze_endpoint server = world_server_endpoint(r->home.server);
    const doze_endpoint client = client_end(r);
    world_inject_refusal(&r->w, &server, &client);
}

void fuzz_rig_on_datagram(fuzz_rig *r, world_hook hook, void *context) {
    r->hook = hook;
    r->hook_context = context;
}

void fuzz_patch(fuzz_input *in, uint8_t *data, size_t *size, size_t capacity) {
    for (unsigned patches = fuzz_u8(in) % 8; patches > 0 && *size > 0; patches--) {
        size_t at = fuzz_u16(in) % *size;
        data[at] = (uint8_t)(data[at] ^ fuzz_u8(in));
    }
    uint8_t length = fuzz_u8(in);
    if (length >= 128) { /* the sizes around the genuine one, and those around none, are the interesting ones */
        *size = *size > 255u - length ? *size - (255u - length) : 0;
    } else if (length > 0 && *size + length <= capacity) {
        memset(data + *size, length, length);
        *size += length;
    }
}
