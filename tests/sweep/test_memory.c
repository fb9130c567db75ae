/* SPDX-License-Identifier: Apache-2.0 */
/* Memory runs out at every allocation that there is, for that one or from there on. Whatever was asked for fails with an
 * error that says so, nothing leaks, nothing kept is lost, and once there is memory again the socket recovers within two
 * wakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "doze/posix.h"
#include "kit/store_kit.h"

#ifdef SWEEP_WRAPS
#include "dtls/compat.h"
#include "sweep/allocations.h"
#include "sweep/life.h"

/* Making a child takes long where a sanitizer keeps a map of all memory. */
#if defined(__SANITIZE_ADDRESS__)
#define STRIDE_DEFAULT 17
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STRIDE_DEFAULT 17
#endif
#endif
#ifndef STRIDE_DEFAULT
#define STRIDE_DEFAULT 1
#endif

enum { RECOVERING_CHILDREN = 64, STEPS = 12, STRIDE_WITH_PSA = 17 };

typedef struct story {
    const char *name;
    const kit_order *order;
    life_step *steps[STEPS];
} story;

static struct {
    unsigned long points;
    unsigned long reached;
} figures;
static unsigned long stride; /* of the many allocations of a handshake with certificates, which ones fail; 1: all */

static int set_up(void **state) {
    *state = test_calloc(1, sizeof(rig));
    return 0;
}

static int tear_down(void **state) {
    test_free(*state);
    return 0;
}

/* Children are many, so not each shows that it recovers. */
static bool is_to_recover(void) {
    return !memory.is_child || memory.fail_at % RECOVERING_CHILDREN == 0;
}

static void expect_shortage(rig *r, doze_result result) {
    assert_true(memory.failed > 0); /* nothing else goes wrong here */
    /* With certificates, Mbed TLS takes a calculation that it has no memory for as one that went wrong. */
    bool verifying = r->k->config.x509 != NULL && (result == DOZE_ERR_VERIFY || result == DOZE_ERR_HANDSHAKE);
    /* It sends a Finished that it had no memory to calculate, and the server answers: RFC 5246 section 7.2.2. */
    bool refused = result == DOZE_ERR_ALERT && r->k->peer->counters.handshakes_failed > 0;
    /* What PSA could not do in a handshake, Mbed TLS tells without the reason; begun anew, a server may ignore it. */
    bool unsaid = doze_tls_has_psa_keys() && (result == DOZE_ERR_HANDSHAKE || result == DOZE_ERR_TIMEOUT);
    assert_true(result == DOZE_ERR_NO_MEMORY || verifying || refused || unsaid);
    life_expect_rest(r);
    if (doze_get_state(r->k->socket) == DOZE_STATE_CONNECTED) {
        r->connected = r->connected && !refused;                      /* that came when the new association was there */
        assert_int_equal(CALL(doze_shutdown(r->k->socket)), DOZE_OK); /* sleep needs no memory */
    }
}

static void live(rig *r, const story *told) {
    life_begin(r, told->order);
    allocations_spare_world(&r->k->w, r->k->host);
    for (size_t i = 0; told->steps[i] != NULL; i++) {
        doze_result result = told->steps[i](r);
        if (result != DOZE_OK) {
            expect_shortage(r, result);
            if (!is_to_recover()) {
                break;
            }
            memory.fail_at = 0;
            life_recover(r, told->steps[i]);
        }
    }
    life_end(r);
}

/* ---- the sweep ---- */

static unsigned long count_undisturbed(rig *r, const story *told) {
    allocations_reset();
    long before = memory.live;
    live(r, told);
    assert_int_equal(memory.live, before);
    return memory.made;
}

static void fail_at(rig *r, const story *told, unsigned long which, bool from_there_on) {
    allocations_reset();
    memory.fail_at = which;
    memory.from_there_on = from_there_on;
    long before = memory.live;
    live(r, told);
    assert_int_equal(memory.live, before);
    figures.points++;
    figures.reached += memory.failed > 0;
}

static void sweep(rig *r, const story *told) {
    unsigned long points = count_undisturbed(r, told);
    assert_true(points > 0);
    for (unsigned long which = 1; which <= points; which++) {
        fail_at(r, told, which, false);
        fail_at(r, told, which, true);
    }
}

static const kit_order with_tickets = {.dtls = {.resumption = DOZE_RESUME_TICKET},
                                       .peer = {.sessions = PEER_SESSION_TICKETS}};
static const kit_order ignoring = {.dtls = {.cid = DOZE_CID_OFF},
                                   .peer = {.behaviour = {.known_address = PEER_IGNORE_HELLO}}};

static const story stories[] = {
    {"kept",
     NULL,
     {life_talk, life_sleep_an_hour, life_talk_on, life_sleep_an_hour, life_talk_on, life_close_it, life_talk,
      life_forget_it, life_talk}},
    {"with tickets",
     &with_tickets,
     {life_talk, life_close_it, life_talk, life_climb, life_sleep_an_hour, life_talk_on}},
    {"thawed",
     &store_kit_with_cid,
     {life_freeze_from_now_on, life_talk, life_sleep_an_hour, life_talk_on, life_sleep_an_hour, life_talk_on,
      life_climb}},
    {"frozen when closed",
     NULL,
     {life_talk, life_close_it, life_talk, life_sleep_an_hour, life_freeze_from_now_on, life_close_it, life_talk_on}},
    {"port taken",
     &store_kit_without_cid,
     {life_talk, life_sleep_an_hour, life_somebody_takes_the_port, life_talk, life_sleep_an_hour, life_talk}},
    {"silence",
     &store_kit_with_cid,
     {life_talk, life_climb, life_sleep_an_hour, life_talk_on, life_the_server_restarts, life_talk,
      life_sleep_an_hour}},
    {"fresh port", &ignoring, {life_talk, life_climb, life_sleep_an_hour, life_talk_on}},
    {"next address",
     &store_kit_with_cid,
     {life_talk, life_sleep_an_hour, life_the_server_moves, life_climb, life_sleep_an_hour, life_talk_on}},
    {"stored",
     &store_kit_with_cid,
     {life_attach_store, life_talk, life_say_a_lot, life_sleep_an_hour, life_talk_on, life_say_a_lot, life_forget_it}},
    {"loaded",
     &store_kit_with_cid,
     {life_attach_store, life_talk, life_sleep_an_hour, life_the_device_boots, life_load_it, life_talk_on,
      life_the_device_boots, life_load_it, life_talk}},
    {"loaded and frozen",
     &store_kit_without_cid,
     {life_attach_store, life_freeze_from_now_on, life_talk, life_sleep_an_hour, life_the_device_boots,
      life_freeze_from_now_on, life_load_it, life_talk_on}},
    {"connected from the store",
     &store_kit_without_cid,
     {life_attach_store, life_talk, life_sleep_an_hour, life_the_device_boots, life_talk_on}},
};

static void whatever_it_is_doing_a_socket_outlives_a_lack_of_memory(void **state) {
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        sweep(*state, &stories[i]);
    }
}

/* ---- certificates: thousands of allocations in a handshake, so each failure is tried by children that branch off ---- */

typedef struct papers {
    doze_bytes root, crl, certificate, key, pinned;
} papers;

static void read_papers(papers *p) {
    *p = (papers){kit_file("root.pem"), kit_file("crl.pem"), kit_file("client-chain.pem"), kit_file("client.key.pem"),
                  kit_file("server.pem")};
}

static doze_x509_settings present(const papers *p) {
    return (doze_x509_settings){.trust = p->root,
                                .crl = p->crl,
                                .certificate = p->certificate,
                                .key = p->key,
                                .pinned = p->pinned,
                                .usage = DOZE_USAGE_SERVICE_CONSTRAINT};
}

static void put_away(const papers *p) {
    const doze_bytes all[] = {p->root, p->crl, p->certificate, p->key, p->pinned};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        kit_free(all[i]);
    }
}

static void a_handshake_with_certificates_outlives_a_lack_of_memory(void **state) {
    papers p;
    if (doze_tls_has_psa_keys() && peer_tls_asks_for_randomness()) {
        puts("SKIPPED: PSA of Mbed TLS 3.6 seeds itself anew in each child; where mbedtls_entropy_func() has no memory "
             "for its hash, it goes on without one, at NULL");
        skip();
    }
    allocations_reset();
    const long before = memory.live;
    read_papers(&p);
    const doze_x509_settings settings = present(&p);
    const kit_order order = {.x509 = &settings, .certificate = "server", .client_ca = "root"};
    const story told = {"certificates", &order, {life_talk, life_climb, life_sleep_an_hour, life_talk_on}};
    memory.stride = stride;
    live(*state, &told);
    put_away(&p);
    assert_int_equal(memory.live, before);
    if (memory.is_child) {
        assert_true(memory.failed > 0);
        _exit(0);
    }
    figures.points += 2 * (memory.made / stride);
    figures.reached += memory.children - memory.unhappy;
    assert_int_equal(memory.unhappy, 0);
}

/* ---- before there is a socket ---- */

typedef struct scene {
    papers p;
    world w;
    world_host *host;
    uint32_t chance; /* the same for each try, as what is calculated with it takes more memory or less */
    doze_random random;
} scene;

typedef doze_result init(scene *s);

static int fill(void *context, unsigned char *out, size_t size) {
    scene *s = context;
    for (size_t i = 0; i < size; i++) {
        s->chance = s->chance * 1664525u + 1013904223u;
        out[i] = (unsigned char)(s->chance >> 24);
    }
    return 0;
}

static doze_result try_to(init *make, scene *s) {
    s->chance = 1;
    return make(s);
}

static doze_result init_x509(scene *s) {
    doze_x509 x509;
    doze_x509_settings settings = present(&s->p);
    settings.random = s->random;
    doze_result result = CALL(doze_x509_init(&x509, &settings));
    if (result == DOZE_OK) {
        doze_x509_deinit(&x509);
    }
    return result;
}

static doze_result init_config(scene *s, doze_dtls_settings settings) {
    doze_dtls_config config;
    settings.clock = world_clock(&s->w);
    settings.random = s->random;
    doze_result result = CALL(doze_dtls_config_init(&config, &settings));
    if (result == DOZE_OK) {
        doze_dtls_config_deinit(&config);
    }
    return result;
}

static doze_result init_config_with_psk(scene *s) {
    const doze_psk psk = {.identity = {KIT_IDENTITY, strlen(KIT_IDENTITY)}, .key = {kit_key, sizeof(kit_key)}};
    return init_config(s, (doze_dtls_settings){.psk = psk});
}

static doze_result init_config_with_x509(scene *s) {
    doze_x509 x509;
    doze_x509_settings settings = present(&s->p);
    settings.random = s->random;
    assert_int_equal(doze_x509_init(&x509, &settings), DOZE_OK);
    doze_result result = init_config(s, (doze_dtls_settings){.x509 = &x509});
    doze_x509_deinit(&x509);
    return result;
}

/* A name that every host knows by itself, at a server that nobody needs to serve. */
static doze_result connect_to_name(scene *s, doze_resolver *resolver) {
    doze_udp udp;
    const doze_udp_settings settings = {.net = world_host_net(s->host), .resolver = resolver};
    assert_int_equal(doze_udp_init(&udp, &settings), DOZE_OK);
    doze_result result = CALL(doze_connect(&udp.socket, "localhost", KIT_PORT));
    for (int i = 0; i < 100 && result == DOZE_IN_PROGRESS; i++) {
        result = CALL(doze_step(&udp.socket));
    }
    assert_int_equal(doze_get_state(&udp.socket), result == DOZE_OK ? DOZE_STATE_CONNECTED : DOZE_STATE_CLOSED);
    doze_deinit(&udp.socket);
    return result;
}

static doze_result ask_getaddrinfo(scene *s) {
    return connect_to_name(s, doze_posix_resolver());
}

static doze_result ask_ares(scene *s) {
    life_in_doze = true;
    doze_resolver *resolver = doze_ares_create();
    life_in_doze = false;
    if (resolver == NULL) {
        return DOZE_ERR_NO_MEMORY;
    }
    doze_result result = connect_to_name(s, resolver);
    doze_ares_destroy(resolver);
    return result;
}

/* What Mbed TLS cannot calculate for want of memory, it takes for malformed. */
static bool says_so(init *make, doze_result result) {
    bool malformed = result == DOZE_ERR_CERTIFICATE || result == DOZE_ERR_KEY || result == DOZE_ERR_CRL ||
                     result == DOZE_ERR_KEY_MISMATCH;
    return result == DOZE_ERR_NO_MEMORY || (malformed && make == init_x509);
}

static void sweep_init(init *make, scene *s) {
    allocations_reset();
    if (try_to(make, s) != DOZE_OK) { /* a build without c-ares, or a host without a name of its own */
        assert_true(make == ask_ares || make == ask_getaddrinfo);
        puts("skipped: names");
        return;
    }
    const unsigned long points = memory.made;
    const long before = memory.live;
    assert_true(points > 0);
    for (unsigned long i = 0; i < 2 * points; i++) {
        allocations_reset();
        memory.fail_at = 1 + i / 2;
        memory.from_there_on = i % 2;
        doze_result result = try_to(make, s);
        bool spared = memory.made < memory.fail_at; /* PSA has chance of its own, and may ask for less than before */
        assert_true(spared ? result == DOZE_OK : says_so(make, result));
        assert_int_equal(memory.live, before); /* nothing is left to deinit */
        figures.points++;
        figures.reached += memory.failed > 0;
    }
    allocations_reset();
    assert_int_equal(try_to(make, s), DOZE_OK);
}

static void what_cannot_be_made_for_lack_of_memory_says_so_and_leaves_nothing(void **state) {
    scene s = {0};
    init *const all[] = {init_config_with_psk, init_config_with_x509, init_x509, ask_getaddrinfo, ask_ares};
    (void)state;
    world_init(&s.w, 0);
    s.random = (doze_random){fill, &s};
    s.host = world_add_host(&s.w, KIT_HOST);
    world_add_address(s.host, "2001:db8::2");
    allocations_spare_world(&s.w, s.host);
    read_papers(&s.p);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        sweep_init(all[i], &s);
    }
    put_away(&s.p);
    world_deinit(&s.w);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_made_for_lack_of_memory_says_so_and_leaves_nothing),
        cmocka_unit_test_setup_teardown(whatever_it_is_doing_a_socket_outlives_a_lack_of_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_handshake_with_certificates_outlives_a_lack_of_memory, set_up, tear_down),
    };
    stride = doze_tls_has_psa_keys() ? STRIDE_WITH_PSA : STRIDE_DEFAULT;
    stride = argc > 1 ? strtoul(argv[1], NULL, 10) : stride;
    allocations_settle();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("figures: oom_points=%lu oom_reached=%lu\n", figures.points, figures.reached);
    return failed;
}

#else
int main(void) {
    puts("SKIPPED: needs doze and Mbed TLS as static libraries");
    return 77;
}
#endif
