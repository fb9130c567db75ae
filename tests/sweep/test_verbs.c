/* SPDX-License-Identifier: Apache-2.0 */
/* Every verb in every state with every kind of bad argument: each is refused with the error that its text names, and
 * nothing has changed and nothing was sent. The cases are made from a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kit/store_kit.h"

/* ---- the states ---- */

typedef enum place { CLOSED, BOUND, LOOKING_UP, SHAKING_HANDS, CONNECTED, ASLEEP, FROZEN, PLACES } place;

#define IN(place) (1u << (place))
#define ANYWHERE  (IN(PLACES) - 1)
#define OPENING   (IN(LOOKING_UP) | IN(SHAKING_HANDS))
#define SLEEPING  (IN(ASLEEP) | IN(FROZEN))

typedef struct stage {
    store_kit s;
    kit *k;
    doze_socket *socket; /* the DTLS socket, or the UDP socket below it, alone */
    doze_udp *udp;
    bool dtls;
    doze_udp plain;
    uint8_t freezer[DOZE_IMAGE_MAX];
} stage;

static unsigned long cases;

static int set_up(void **state) {
    *state = test_calloc(1, sizeof(stage));
    return 0;
}

static int tear_down(void **state) {
    test_free(*state);
    return 0;
}

static void get_connected(stage *g) {
    assert_int_equal(world_connect(&g->k->w, g->socket, KIT_NAME, KIT_PORT, KIT_PATIENCE), DOZE_OK);
}

static void go_to(stage *g, place where) {
    switch (where) {
    case BOUND:
        assert_int_equal(doze_bind(g->socket, NULL, 0), DOZE_OK);
        break;
    case LOOKING_UP:
        g->k->w.names.delay = 1000;
        assert_int_equal(doze_connect(g->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
        break;
    case SHAKING_HANDS:
        assert_int_equal(doze_connect(g->socket, KIT_NAME, KIT_PORT), DOZE_IN_PROGRESS);
        assert_int_equal(doze_step(g->socket), DOZE_IN_PROGRESS);
        break;
    case CONNECTED:
        get_connected(g);
        break;
    case FROZEN:
        assert_int_equal(doze_dtls_set_freezer(&g->k->dtls, g->freezer, sizeof(g->freezer)), DOZE_OK);
        get_connected(g);
        assert_int_equal(doze_shutdown(g->socket), DOZE_OK);
        break;
    case ASLEEP:
        get_connected(g);
        assert_int_equal(doze_shutdown(g->socket), DOZE_OK);
        break;
    default:
        break;
    }
}

static void begin(stage *g, bool dtls, place where) {
    memset(g, 0, sizeof(*g));
    vault_init(&g->s.v, false);
    g->k = &g->s.k;
    kit_start(g->k, &store_kit_with_cid);
    g->dtls = dtls;
    if (dtls) {
        store_kit_attach(&g->s);
    } else {
        const doze_udp_settings settings = {.net = world_host_net(g->k->host), .resolver = world_resolver(&g->k->w)};
        assert_int_equal(doze_udp_init(&g->plain, &settings), DOZE_OK);
    }
    g->socket = dtls ? g->k->socket : &g->plain.socket;
    g->udp = dtls ? &g->k->udp : &g->plain;
    go_to(g, where);
}

/* It works as if nothing had been asked. */
static void finish(stage *g) {
    g->k->w.names.delay = 0;
    world_advance(&g->k->w, 1000);
    doze_state state = doze_get_state(g->socket);
    if (state == DOZE_STATE_SHUTDOWN) {
        assert_int_equal(world_resume(&g->k->w, g->socket, KIT_PATIENCE), DOZE_OK);
    } else if (state == DOZE_STATE_CONNECTING) {
        assert_int_equal(world_run(&g->k->w, g->socket, KIT_PATIENCE), DOZE_OK);
    } else if (state != DOZE_STATE_CONNECTED) {
        get_connected(g);
    }
    if (g->dtls) {
        kit_exchange(g->k, "it works");
    } else {
        assert_int_equal(doze_send(g->socket, "it works", 8), DOZE_OK);
        doze_deinit(g->socket);
    }
    kit_stop(g->k);
}

/* ---- all that can be seen of a socket ---- */

typedef struct sight {
    uint8_t state;
    int fd;
    int32_t next_timeout;
    char hostname[64];
    doze_endpoint remote;
    doze_endpoint local;
    doze_result results[DOZE_OPT_LIMIT];
    int64_t values[DOZE_OPT_LIMIT];
    doze_report report;
    uint64_t sent;
    vault_slot slots[VAULT_SLOTS];
    uint32_t lookups;
    unsigned open_sockets;
    uint8_t freezer[DOZE_IMAGE_MAX];
    char interface_name[DOZE_INTERFACE_NAME_SIZE];
} sight;

static void look(stage *g, sight *s) {
    doze_endpoints ends;
    memset(s, 0, sizeof(*s));
    s->state = (uint8_t)doze_get_state(g->socket);
    s->fd = doze_fd(g->socket);
    s->next_timeout = doze_next_timeout(g->socket);
    doze_get_endpoints(g->socket, &ends);
    (void)snprintf(s->hostname, sizeof(s->hostname), "%s", ends.hostname == NULL ? "none" : ends.hostname);
    s->remote = ends.remote;
    s->local = ends.local;
    for (int option = 0; option < DOZE_OPT_LIMIT; option++) {
        s->results[option] = doze_get_option(g->socket, (doze_option)option, &s->values[option]);
    }
    if (g->dtls) {
        assert_int_equal(doze_dtls_get_report(&g->k->dtls, &s->report), DOZE_OK);
    }
    s->sent = g->k->tap.count[TAP_UP].datagrams + g->udp->datagrams_sent;
    memcpy(s->slots, g->s.v.slots, sizeof(s->slots));
    s->lookups = g->k->w.names.lookups;
    s->open_sockets = world_open_sockets(g->k->host);
    memcpy(s->freezer, g->freezer, sizeof(s->freezer));
    memcpy(s->interface_name, doze_udp_interface(g->udp), strlen(doze_udp_interface(g->udp)));
}

/* ---- what the calls are made with ---- */

static char too_long[DOZE_HOSTNAME_MAX + 2]; /* for a name */
static uint8_t data[70000];
static const doze_endpoint somewhere = {.address = {192, 0, 2, 9}, .port = 5684, .family = DOZE_FAMILY_IPV4};
static const doze_endpoint no_port = {.address = {192, 0, 2, 9}, .family = DOZE_FAMILY_IPV4};
static const doze_endpoints no_name = {.remote = {.port = 5684, .family = DOZE_FAMILY_IPV4}};

static doze_endpoints past(const char *hostname, doze_endpoint remote) {
    return (doze_endpoints){.hostname = hostname, .remote = remote};
}
#define PAST(hostname, remote) (&(doze_endpoints[]){past(hostname, remote)}[0])

static doze_result set_store(stage *g, bool has_store, bool has_ops, unsigned first_slot, int mode) {
    static doze_store without_ops;
    doze_keeper keeper;
    doze_store *store = has_ops ? &g->s.v.store : &without_ops;
    return doze_dtls_set_store(&g->k->dtls, &keeper,
                               &(doze_keeper_settings){.store = has_store ? store : NULL,
                                                       .first_slot = first_slot,
                                                       .mode = (doze_store_mode)mode});
}

static doze_result init_udp(bool has_net, char *memory) {
    doze_udp udp;
    static doze_net net;
    return doze_udp_init(&udp, &(doze_udp_settings){.net = has_net ? &net : NULL, .hostname_memory = memory});
}

static doze_result init_dtls(const stage *g, bool has_config, doze_socket *lower) {
    static const doze_dtls_config empty;
    doze_dtls dtls;
    return doze_dtls_init(&dtls, has_config ? &g->k->config : &empty, lower);
}

static char text[DOZE_ADDRESS_TEXT_SIZE];
static size_t size;
static int64_t value;

#include "sweep/verb_cases.h"

/* ---- the cases ---- */

typedef doze_result question(stage *g, size_t number);

#define BRANCH(expected, places, dtls_only, call)                                                                      \
    if (number-- == 0) {                                                                                               \
        return call;                                                                                                   \
    }
static doze_result ask_case(stage *g, size_t number) {
    doze_socket *s = g->socket;
    doze_dtls *d = &g->k->dtls;
    CASES(BRANCH)
    return DOZE_OK;
}

#define ROW(expected, places, dtls_only, call) {expected, places, dtls_only, #call},
static const struct {
    doze_result expected;
    unsigned places;
    bool dtls_only;
    const char *call;
} rows[] = {CASES(ROW)};

static doze_result ask_option(stage *g, size_t number) {
    return doze_set_option(g->socket, refused[number].option, refused[number].value);
}

typedef struct asking {
    question *ask;
    size_t number;
    doze_result expected;
    const char *call;
} asking;

static void expect_refusal(stage *g, bool dtls, place where, asking a) {
    static sight before;
    static sight after;
    begin(g, dtls, where);
    look(g, &before);
    doze_result result = a.ask(g, a.number);
    look(g, &after);
    if (result != a.expected || memcmp(&before, &after, sizeof(before)) != 0) {
        fail_msg("%s (%zu), %s, in place %d: %d instead of %d%s", a.call, a.number, dtls ? "DTLS" : "UDP", (int)where,
                 result, a.expected, result == a.expected ? ", and something changed" : "");
    }
    finish(g);
    cases++;
}

static bool exists(bool dtls, place where) {
    return where < PLACES && (dtls || (where != SHAKING_HANDS && where != FROZEN));
}

static void a_verb_that_does_not_fit_its_state_or_arguments_changes_nothing(void **state) {
    memset(too_long, 'a', sizeof(too_long) - 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned at = 0; at < 2 * PLACES; at++) {
            place where = (place)(at / 2);
            bool dtls = at % 2 == 0;
            if ((rows[i].places & IN(where)) != 0 && exists(dtls, where) && (dtls || !rows[i].dtls_only)) {
                expect_refusal(*state, dtls, where, (asking){ask_case, i, rows[i].expected, rows[i].call});
            }
        }
    }
}

static void an_option_takes_no_value_that_is_out_of_range(void **state) {
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        bool of_udp = i + 1 == sizeof(refused) / sizeof(refused[0]);
        for (unsigned at = 0; at < 2 * PLACES; at++) {
            place where = (place)(at / 2);
            bool dtls = at % 2 == 0;
            if (exists(dtls, where) && !(of_udp && dtls)) {
                expect_refusal(*state, dtls, where, (asking){ask_option, i, DOZE_ERR_OPTION, "doze_set_option"});
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_verb_that_does_not_fit_its_state_or_arguments_changes_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_option_takes_no_value_that_is_out_of_range, set_up, tear_down),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("figures: verb_cases=%lu\n", cases);
    return failed;
}
