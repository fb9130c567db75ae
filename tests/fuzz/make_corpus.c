/* SPDX-License-Identifier: Apache-2.0 */
/* make_corpus DIRECTORY: writes inputs for the fuzzers, a folder for each target, from what the tests' own sockets,
 * stores and credentials really say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "dtls/internal.h"
#include "dtls/keep.h"
#include "fuzz/fuzz_rig.h"

enum { SEED_MAX = 65536, OVERHEARD_MAX = 16, SEED = 2 /* the targets have another */ };

/* ---- a seed is written as fuzz_input reads it ---- */

typedef struct seed {
    size_t size;
    uint8_t data[SEED_MAX];
} seed;

static const char *corpus;

static void put(seed *s, const void *data, size_t size) {
    fuzz_expect(size <= sizeof(s->data) - s->size, "a seed fits");
    if (size > 0) {
        memcpy(s->data + s->size, data, size);
        s->size += size;
    }
}

static void put_u8(seed *s, unsigned value) {
    const uint8_t byte = (uint8_t)value;
    put(s, &byte, 1);
}

static void put_field(seed *s, const void *data, size_t size) {
    put_u8(s, (unsigned)(size >> 8));
    put_u8(s, (unsigned)size);
    put(s, data, size);
}

static void put_text(seed *s, const char *text) {
    put_field(s, text, strlen(text));
}

static void write_seed(const char *target, const char *name, const seed *s) {
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/%s", corpus, target);
    (void)mkdir(path, 0777);
    (void)snprintf(path, sizeof(path), "%s/%s/%s", corpus, target, name);
    FILE *file = fopen(path, "wb");
    fuzz_expect(file != NULL && fwrite(s->data, 1, s->size, file) == s->size, "a seed can be written");
    fuzz_expect(fclose(file) == 0, "a seed can be written");
}

/* ---- datagrams: what the server says in a life of handshake, messages, sleep, resumption and goodbye ---- */

typedef struct overheard {
    size_t count;
    fuzz_datagram datagrams[OVERHEARD_MAX];
} overheard;

static bool overhear(void *context, world_datagram *datagram) {
    overheard *o = context;
    if (datagram->direction == WORLD_DOWN && o->count < OVERHEARD_MAX && datagram->size <= sizeof(fuzz_datagram)) {
        fuzz_datagram *kept = &o->datagrams[o->count++];
        kept->size = datagram->size;
        memcpy(kept->data, datagram->data, datagram->size);
    }
    return true;
}

static void live(unsigned choices, overheard *o) {
    static fuzz_rig r;
    o->count = 0;
    fuzz_rig_start(&r, choices, SEED);
    fuzz_rig_on_datagram(&r, overhear, o);
    fuzz_expect(fuzz_rig_recover(&r), "it connects");
    doze_shutdown(r.socket);
    doze_set_option(&r.udp.socket, DOZE_OPT_WAKE_PORT, 40000);
    world_resume(&r.w, r.socket, FUZZ_PATIENCE);
    fuzz_rig_converse(&r);
    if (peer_newest(&r.home.peer) != NULL) {
        peer_close(&r.home.peer, peer_newest(&r.home.peer));
    }
    fuzz_rig_stop(&r);
}

static void write_connected(unsigned choices, const overheard *o) {
    char name[32];
    for (size_t i = 0; i < o->count; i++) {
        static seed s;
        s.size = 0;
        put_u8(&s, choices);
        put_u8(&s, 3); /* the server says something, and again with what was overheard before and after it */
        put_u8(&s, 0);
        put_field(&s, o->datagrams[i].data, o->datagrams[i].size);
        put_u8(&s, 4);
        put_u8(&s, 1); /* the last one, with a byte changed */
        put_u8(&s, 1);
        put_u8(&s, 0);
        put_u8(&s, (unsigned)i);
        put_u8(&s, 0x40);
        put_u8(&s, 0);
        put_u8(&s, 5);
        (void)snprintf(name, sizeof(name), "life-%u-%zu", choices, i);
        write_seed("datagrams_connected", name, &s);
    }
}

static void write_handshake(unsigned choices, const overheard *o) {
    char name[32];
    static const unsigned scenarios[] = {0, 1, 2, 15};
    for (int n = 0; n < 4; n++) {
        static seed s;
        unsigned scenario = scenarios[n];
        s.size = 0;
        put_u8(&s, scenario);
        put_u8(&s, choices);
        for (size_t i = 0; i < o->count; i++) {
            put_u8(&s, 0); /* injected, then a while for what follows from it */
            put_field(&s, o->datagrams[i].data, o->datagrams[i].size);
            put_u8(&s, 5);
        }
        (void)snprintf(name, sizeof(name), "life-%u-%u", choices, scenario);
        write_seed("datagrams_handshake", name, &s);
    }
}

static void write_datagrams(void) {
    static const unsigned choices[] = {0, FUZZ_OWN_CID, FUZZ_NO_CID, FUZZ_CERTIFICATES};
    static overheard o;
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        live(choices[i], &o);
        write_connected(choices[i] & ~(unsigned)FUZZ_CERTIFICATES, &o);
        write_handshake(choices[i] & ~(unsigned)FUZZ_CERTIFICATES, &o);
    }
}

/* ---- records, sealed and not ---- */

static size_t unsealed(const fuzz_rig *r, doze_slot which, uint8_t *record) {
    const vault_slot *slot = &r->v.slots[which];
    const doze_seal_purpose purpose = doze_keep_purpose(&r->keeper, which, FUZZ_NAME, FUZZ_PORT);
    uint8_t copy[VAULT_SLOT_SIZE];
    memcpy(copy, slot->data, slot->size);
    fuzz_expect(doze_seal_open(&r->config, &purpose, copy, slot->size) == 0, "a record can be opened");
    memcpy(record, copy, slot->size - DOZE_SEAL_OVERHEAD);
    return slot->size - DOZE_SEAL_OVERHEAD;
}

static void write_thaw(const uint8_t *record, size_t size, unsigned choices, const char *name) {
    static seed s;
    s.size = 0;
    put_u8(&s, choices);
    put_field(&s, record + DOZE_RECORD_SIZE(0), size - DOZE_RECORD_SIZE(0));
    write_seed("thaw", name, &s);
}

static void write_stored(const fuzz_rig *r, unsigned choices, unsigned how) {
    static seed s;
    char name[32];
    s.size = 0;
    put_u8(&s, choices);
    put_u8(&s, how);
    for (int which = 0; which < 2; which++) {
        uint8_t record[VAULT_SLOT_SIZE];
        const vault_slot *slot = &r->v.slots[which];
        if (slot->size == 0 || (how & 3) == 0) {
            put_field(&s, slot->data, slot->size);
        } else {
            put_field(&s, record, unsealed(r, (doze_slot)which, record));
        }
    }
    (void)snprintf(name, sizeof(name), "stored-%u-%u", choices, how);
    write_seed("store", name, &s);
}

static void write_records(void) {
    static const unsigned ways[] = {FUZZ_OWN_CID, FUZZ_NO_CID, FUZZ_OWN_CID | FUZZ_FREEZER, FUZZ_COUNTER};
    static fuzz_rig r;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        char name[32];
        uint8_t record[VAULT_SLOT_SIZE];
        fuzz_rig_start(&r, ways[i] | FUZZ_STORE, SEED);
        fuzz_expect(fuzz_rig_recover(&r), "it connects");
        doze_shutdown(r.socket);
        for (unsigned how = 0; how <= 15; how += 3) {
            write_stored(&r, ways[i], how);
        }
        (void)snprintf(name, sizeof(name), "record-%zu", i);
        write_thaw(record, unsealed(&r, DOZE_SLOT_ASSOCIATION, record), ways[i] % 3, name);
        fuzz_rig_stop(&r);
    }
}

/* ---- credentials ---- */

static fuzz_field read_file(const char *name) {
    char path[1024];
    fuzz_field file = {.data = malloc(SEED_MAX)};
    (void)snprintf(path, sizeof(path), "%s/%s", DOZE_TEST_CERTS, name);
    FILE *in = name[0] == '\0' ? NULL : fopen(path, "rb");
    fuzz_expect(file.data != NULL && (in != NULL || name[0] == '\0'), "there are test credentials");
    if (in != NULL) {
        file.size = fread(file.data, 1, SEED_MAX, in);
        (void)fclose(in);
    }
    return file;
}

static void write_credentials(unsigned choices, const char *const files[5], const char *name) {
    static seed s;
    s.size = 0;
    put_u8(&s, choices);
    for (int i = 0; i < 5; i++) {
        fuzz_field file = read_file(files[i]);
        put_field(&s, file.data, file.size);
        fuzz_give_back(&file);
    }
    put_text(&s, FUZZ_NAME);
    static const uint8_t defaults[9] = {0};
    put(&s, defaults, sizeof(defaults));
    put_u8(&s, 0); /* suites */
    if ((choices & 7) == 7) {
        put_text(&s, "device-1");
        put_text(&s, "0123456789abcdef");
    }
    write_seed("credentials", name, &s);
}

static void write_all_credentials(void) {
    static const char *const pem[] = {"root.pem", "crl.pem", "client-chain.pem", "client.key.pem", ""};
    static const char *const der[] = {"root.der", "", "client.der", "client.key.der", "client.der"};
    static const char *const pin[] = {"root.pem", "", "", "", "server.pem"};
    static const char *const odd[] = {"other-ca.pem", "crl.pem", "client-rsa-chain.pem", "client-rsa.key.pem", ""};
    static const char *const k1[] = {"root.pem", "", "client-k1-chain.pem", "client-k1.key.pem", ""};
    static const char *const psk[] = {"", "", "", "", ""};
    write_credentials(0, pem, "pem");
    write_credentials(128, der, "der");
    write_credentials(1, pin, "pin");
    write_credentials(3, der, "domain-issued");
    write_credentials(64, odd, "rsa");
    write_credentials(0, k1, "k1");
    write_credentials(7, psk, "psk");
}

/* ---- programs and texts ---- */

static void write_programs(void) {
    static const struct {
        const char *name;
        const char *steps;
        size_t size;
    } programs[] = {
        {"sleep-and-wake",
         "\x00\x02\x00\x00\x12\xff\x05\xff\x12\x01\x06\xff\x07\x0b\x05\x04\x12\xff\x05\xff\x12\x01\x06\xff\x08", 25},
        {"frozen-and-stored", "\x0d\x02\x00\x00\x12\xff\x05\xff\x12\x01\x06\xff\x07\x0d\x50\x04\x12\xff\x05\xff\x09",
         21},
        {"server-lost", "\x01\x02\x00\x00\x12\xff\x0e\x09\x10\x05\xff\x12\xff\x05\xff\x05\xff\x12\x01\x06\xff\x07", 22},
        {"bind-and-options",
         "\x02\x00\x20\x0a\x0e\x01\x0a\x11\xff\x00\x00\x00\x00\x00\x00\x00\x01\x02\x00\x01\x12\xff\x08", 23},
    };
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        static seed s;
        s.size = 0;
        put(&s, programs[i].steps, programs[i].size);
        write_seed("verbs", programs[i].name, &s);
    }
}

static void write_texts(void) {
    static const char *const texts[] = {
        "5684",           "65535",  "0",          "65536",     "00080",         "192.0.2.1",
        "1.2.3",          "::1",    "fe80::1%lo", "fe80::1%1", "2001:db8::5:1", "::ffff:1.2.3.4",
        "server.example", "name.1", "a%b"};
    char name[32];
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) * 8; i++) {
        static seed s;
        s.size = 0;
        put_u8(&s, (unsigned)(i % 8 / 4 * 128 + i % 4));
        put_text(&s, texts[i / 8]);
        (void)snprintf(name, sizeof(name), "text-%zu", i);
        write_seed("text", name, &s);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        (void)fprintf(stderr, "usage: make_corpus DIRECTORY\n");
        return 2;
    }
    corpus = argv[1];
    (void)mkdir(corpus, 0777);
    write_datagrams();
    write_records();
    write_all_credentials();
    write_programs();
    write_texts();
    return 0;
}
