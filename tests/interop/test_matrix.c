/* SPDX-License-Identifier: Apache-2.0 */
/* Each peer against each thing that sleep needs of a server, as a matrix: docs/peers.md is written from what it prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report.h"
#include "trial.h"

enum { PEERS_MAX = 16, TESTS = MATRIX_COLUMNS };

static const peer_order plain = {.client.further.cid = DOZE_CID_OFF};

static const char *rung_name(int64_t rung) {
    return rung == DOZE_RUNG_RESUMED ? "a resumption" : "a full handshake";
}

/* ---- PSK and X.509 ---- */

static void a_psk_handshake_leads_to_an_answer(void **state) {
    trial *t = *state;
    trial_start(t, plain);
    story_full_handshake(&t->story);
    trial_note(t, MATRIX_PSK, MATRIX_PASSED, "suite 0x%04x", (unsigned)client_option(&t->story.client, DOZE_OPT_SUITE));
}

static void certificates_on_both_sides_lead_to_answers_before_and_after_sleep(void **state) {
    trial *t = *state;
    peer_order order = plain;
    order.certificates = true;
    if (t->kind->cannot[MATRIX_X509] != NULL) {
        trial_not_offered(t, MATRIX_X509, t->kind->cannot[MATRIX_X509]);
    }
    trial_start(t, order);
    story_sleeps(&t->story, DOZE_SLEEP_DROP);
    trial_note(t, MATRIX_X509, MATRIX_PASSED, "suite 0x%04x",
               (unsigned)client_option(&t->story.client, DOZE_OPT_SUITE));
}

/* ---- resumption ---- */

typedef enum comeback { COMES_BACK_FULLY, COMES_BACK_BY_ID, COMES_BACK_BY_TICKET, COMES_BACK_AFTER_ALERT } comeback;

static comeback come_back(trial *t, bool certificates, doze_resumption how) {
    peer_order order = plain;
    client *c = &t->story.client;
    order.certificates = certificates;
    order.client.further.resumption = how;
    trial_start(t, order);
    story_full_handshake(&t->story);
    bool ticket = trial_saw_ticket(t);
    assert_int_equal(doze_close(c->socket), DOZE_OK);
    comeback came = COMES_BACK_FULLY;
    doze_result result = doze_connect_wait(c->socket, t->story.host, t->story.server.port, 10000);
    if (result == DOZE_ERR_ALERT) {
        came = COMES_BACK_AFTER_ALERT;
        result = doze_connect_wait(c->socket, t->story.host, t->story.server.port, 10000);
    }
    assert_int_equal(result, DOZE_OK);
    if (client_option(c, DOZE_OPT_SESSION_RESUMED) == 1) {
        assert_int_not_equal(came, COMES_BACK_AFTER_ALERT);
        came = ticket ? COMES_BACK_BY_TICKET : COMES_BACK_BY_ID;
    }
    t->story.exchange(&t->story);
    trial_stop(t);
    return came;
}

/* Adds what was found to a text; returns whether a session was resumed. */
static bool try_resumption(trial *t, bool certificates, char *text, size_t size) {
    static const char *const says[] = {
        [COMES_BACK_FULLY] = NULL,
        [COMES_BACK_BY_ID] = "ID",
        [COMES_BACK_BY_TICKET] = "ticket",
        [COMES_BACK_AFTER_ALERT] = NULL,
    };
    comeback by_id = come_back(t, certificates, DOZE_RESUME_SESSION_ID);
    comeback by_ticket = come_back(t, certificates, DOZE_RESUME_TICKET);
    const char *id = says[by_id];
    const char *ticket = by_ticket == COMES_BACK_BY_TICKET ? says[by_ticket] : NULL;
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s by %s%s%s%s", used > 0 ? "; " : "", certificates ? "X.509" : "PSK",
             id != NULL ? id : "", id != NULL && ticket != NULL ? " and " : "", ticket != NULL ? ticket : "",
             id == NULL && ticket == NULL ? "nothing" : "");
    if (by_id == COMES_BACK_AFTER_ALERT || by_ticket == COMES_BACK_AFTER_ALERT) {
        used = strlen(text);
        snprintf(text + used, size - used, " (an alert answers its %s)",
                 by_id == COMES_BACK_AFTER_ALERT ? "ID" : "ticket");
    }
    return id != NULL || ticket != NULL;
}

static void a_session_is_resumed_after_close(void **state) {
    trial *t = *state;
    char found[MATRIX_DETAIL_MAX] = "";
    bool resumed = try_resumption(t, false, found, sizeof(found));
    if (t->kind->cannot[MATRIX_X509] == NULL) {
        resumed |= try_resumption(t, true, found, sizeof(found));
    }
    if (!resumed) {
        trial_not_offered(t, MATRIX_RESUMPTION, "it answers an offered session by a full handshake");
    }
    trial_note(t, MATRIX_RESUMPTION, MATRIX_PASSED, "%s", found);
}

/* ---- Connection ID ---- */

#define NO_CID "it leaves connection_id out of its ServerHello"

/* Ends the test where the peer gives none. */
static void require_cid(trial *t, matrix_column column) {
    if (client_option(&t->story.client, DOZE_OPT_CONNECTION_ID) == 0) {
        trial_not_offered(t, column, NO_CID);
    }
}

static void start_with_cid(trial *t, void (*start)(trial *, peer_order), doze_cid cid) {
    peer_order order = {.cid = (t->kind->offers & 1u << MATRIX_CID) != 0};
    order.client.further.cid = cid;
    order.client.further.cid_size = cid == DOZE_CID_OFFER_BYTES ? 4 : 0;
    start(t, order);
    story_full_handshake(&t->story);
}

static void a_connection_id_is_in_the_records_one_way_and_both_ways(void **state) {
    trial *t = *state;
    const tap_count *count = t->story.client.tap.count;
    start_with_cid(t, trial_start, DOZE_CID_OFFER_EMPTY);
    require_cid(t, MATRIX_CID);
    assert_true(count[TAP_UP].with_cid > 0);
    assert_int_equal(count[TAP_DOWN].with_cid, 0);
    trial_stop(t);
    start_with_cid(t, trial_start, DOZE_CID_OFFER_BYTES);
    assert_int_equal(client_option(&t->story.client, DOZE_OPT_CONNECTION_ID), 1);
    assert_true(count[TAP_UP].with_cid > 0);
    assert_true(count[TAP_DOWN].with_cid > 0);
    trial_note(t, MATRIX_CID, MATRIX_PASSED, "one way and both ways");
}

/* ---- sleep ---- */

static void expect_one_datagram_each_way(trial *t) {
    client *c = &t->story.client;
    tap_clear(&c->tap);
    t->story.exchange(&t->story);
    for (int direction = 0; direction < TAP_DIRECTIONS; direction++) {
        assert_int_equal(c->tap.count[direction].datagrams, 1);
        assert_int_equal(c->tap.count[direction].handshake, 0);
    }
    tap_check(&c->tap);
}

static void sleep_frozen(trial *t) {
    client *c = &t->story.client;
    unsigned char image[DOZE_IMAGE_MAX];
    assert_int_equal(doze_dtls_set_freezer(&c->dtls, image, sizeof(image)), DOZE_OK);
    assert_int_equal(tap_shutdown(&c->tap, c->socket), DOZE_OK);
    assert_true(client_option(c, DOZE_OPT_FROZEN_SIZE) > 0);
    assert_int_equal(doze_resume(c->socket), DOZE_OK);
    assert_int_equal(client_option(c, DOZE_OPT_RUNG), DOZE_RUNG_THAWED);
    expect_one_datagram_each_way(t);
    assert_int_equal(doze_dtls_set_freezer(&c->dtls, NULL, 0), DOZE_OK);
}

static void an_association_outlives_three_sleeps_on_its_port(void **state) {
    trial *t = *state;
    trial_start(t, plain);
    story_sleeps(&t->story, DOZE_SLEEP_DROP);
    sleep_frozen(t);
    trial_note(t, MATRIX_WAKE, MATRIX_PASSED, "0 handshake datagrams, also after a frozen sleep");
}

static void with_a_connection_id_a_nat_rebinding_costs_nothing(void **state) {
    trial *t = *state;
    client *c = &t->story.client;
    start_with_cid(t, trial_start_behind_nat, DOZE_CID_OFFER_EMPTY);
    require_cid(t, MATRIX_REBINDING_CID);
    assert_true(relay_rebind(&t->relay));
    expect_one_datagram_each_way(t);
    assert_int_equal(tap_shutdown(&c->tap, c->socket), DOZE_OK);
    assert_true(relay_rebind(&t->relay));
    assert_int_equal(doze_resume(c->socket), DOZE_OK);
    assert_int_equal(client_option(c, DOZE_OPT_RUNG), DOZE_RUNG_KEPT);
    expect_one_datagram_each_way(t);
    expect_one_datagram_each_way(t);
    assert_int_equal(client_option(c, DOZE_OPT_HANDSHAKES_FULL), 1);
    trial_note(t, MATRIX_REBINDING_CID, MATRIX_PASSED, "0 handshake datagrams, awake and asleep");
}

/* Sends into silence until that is one too many, or until an answer comes; returns how many datagrams were for nothing. */
static unsigned send_until_it_climbs(client *c) {
    enum { ANSWER_MS = 400, SENDS_MAX = 20 };
    char answer[64];
    size_t size = 0;
    unsigned lost = 0;
    doze_result answered = DOZE_ERR_TIMEOUT;
    assert_int_equal(doze_set_option(c->socket, DOZE_OPT_RECV_TIMEOUT, ANSWER_MS), DOZE_OK);
    while (answered == DOZE_ERR_TIMEOUT && lost < SENDS_MAX && doze_send(c->socket, "anybody\n", 8) == DOZE_OK) {
        answered = doze_recv_wait(c->socket, answer, sizeof(answer), &size);
        lost += answered != DOZE_OK;
    }
    assert_int_equal(doze_get_state(c->socket), answered == DOZE_OK ? DOZE_STATE_CONNECTED : DOZE_STATE_CONNECTING);
    assert_int_equal(doze_set_option(c->socket, DOZE_OPT_RECV_TIMEOUT, 10000), DOZE_OK);
    return lost;
}

static void note_climb(trial *t, unsigned lost) {
    doze_report cost = {0};
    assert_int_equal(doze_dtls_get_report(&t->story.client.dtls, &cost), DOZE_OK);
    assert_int_equal(cost.reason, DOZE_REASON_SILENCE);
    trial_note(t, MATRIX_REBINDING, MATRIX_PASSED, "%u sends lost, then %s", lost, rung_name(cost.rung));
}

static void without_one_a_nat_rebinding_ends_in_an_association_again(void **state) {
    trial *t = *state;
    client *c = &t->story.client;
    trial_start_behind_nat(t, plain);
    story_full_handshake(&t->story);
    assert_int_equal(tap_shutdown(&c->tap, c->socket), DOZE_OK);
    assert_true(relay_rebind(&t->relay));
    assert_int_equal(doze_resume(c->socket), DOZE_OK);
    unsigned lost = send_until_it_climbs(c);
    trial_climb(t);
    if (doze_get_state(c->socket) != DOZE_STATE_CONNECTED && t->kind->one_client) {
        trial_not_offered(t, MATRIX_REBINDING, "it keeps to one address, and answers no ClientHello from another");
    }
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CONNECTED);
    t->story.exchange(&t->story);
    tap_check(&c->tap);
    if (lost == 0) {
        trial_note(t, MATRIX_REBINDING, MATRIX_PASSED, "goes on: it answers where the last datagram came from");
    } else {
        note_climb(t, lost);
    }
}

/* ---- what is noted ---- */

static void a_client_hello_from_a_known_port_leads_to_an_association_again(void **state) {
    trial *t = *state;
    client *c = &t->story.client;
    trial_start(t, plain);
    story_full_handshake(&t->story);
    tap_clear(&c->tap);
    assert_int_equal(doze_dtls_no_answer(&c->dtls), DOZE_OK);
    assert_int_equal(doze_send(c->socket, "x", 1), DOZE_IN_PROGRESS);
    int heard = trial_climb(t);
    const char *does = heard < 0    ? "answers it"
                       : heard == 0 ? "ignores it"
                                    : "sends a cookie, and ignores what follows";
    if (doze_get_state(c->socket) != DOZE_STATE_CONNECTED && t->kind->one_client) {
        assert_int_equal(doze_get_state(c->socket), DOZE_STATE_SHUTDOWN);
        trial_note(t, MATRIX_KNOWN_PORT, MATRIX_NOTED, "%s, and one from a fresh port too", does);
        return;
    }
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CONNECTED);
    t->story.exchange(&t->story);
    tap_check(&c->tap);
    trial_note(t, MATRIX_KNOWN_PORT, MATRIX_NOTED, "%s; %s%s", does, heard < 0 ? "" : "at a fresh port ",
               rung_name(client_option(c, DOZE_OPT_RUNG)));
}

static void a_wrong_key_never_connects(void **state) {
    trial *t = *state;
    client *c = &t->story.client;
    peer_order order = plain;
    order.client.key = CLIENT_KEY_WRONG;
    order.client.further.handshake_timer_max = 800;
    trial_start(t, order);
    doze_result result = doze_connect_wait(c->socket, t->story.host, t->story.server.port, 15000);
    assert_int_not_equal(result, DOZE_OK);
    assert_int_equal(doze_get_state(c->socket), DOZE_STATE_CLOSED);
    assert_int_equal(c->tap.count[TAP_UP].application, 0);
    tap_check(&c->tap);
    if (result == DOZE_ERR_ALERT) {
        trial_note(t, MATRIX_WRONG_KEY, MATRIX_NOTED, "alert %d", (int)client_option(c, DOZE_OPT_ALERT));
    } else {
        assert_int_equal(result, DOZE_ERR_TIMEOUT);
        assert_int_equal(client_option(c, DOZE_OPT_ALERT), -1);
        trial_note(t, MATRIX_WRONG_KEY, MATRIX_NOTED, "silence");
    }
}

/* ---- all of them ---- */

#define TRIAL(test) cmocka_unit_test_setup_teardown(test, trial_setup, trial_teardown)

static const struct CMUnitTest tests[TESTS] = {
    [MATRIX_PSK] = TRIAL(a_psk_handshake_leads_to_an_answer),
    [MATRIX_X509] = TRIAL(certificates_on_both_sides_lead_to_answers_before_and_after_sleep),
    [MATRIX_RESUMPTION] = TRIAL(a_session_is_resumed_after_close),
    [MATRIX_CID] = TRIAL(a_connection_id_is_in_the_records_one_way_and_both_ways),
    [MATRIX_WAKE] = TRIAL(an_association_outlives_three_sleeps_on_its_port),
    [MATRIX_REBINDING_CID] = TRIAL(with_a_connection_id_a_nat_rebinding_costs_nothing),
    [MATRIX_REBINDING] = TRIAL(without_one_a_nat_rebinding_ends_in_an_association_again),
    [MATRIX_KNOWN_PORT] = TRIAL(a_client_hello_from_a_known_port_leads_to_an_association_again),
    [MATRIX_WRONG_KEY] = TRIAL(a_wrong_key_never_connects),
};

static void run_peer(report *r, const peer_kind *kind, matrix_row *row) {
    char reason[MATRIX_DETAIL_MAX] = "";
    trial_row initial = {kind, row};
    struct CMUnitTest of_this_peer[TESTS];
    memcpy(of_this_peer, tests, sizeof(tests));
    for (size_t i = 0; i < TESTS; i++) {
        of_this_peer[i].initial_state = &initial;
    }
    row->peer = kind->name;
    const char *missing = peers_missing(kind, DOZE_PEERS, reason);
    if (missing != NULL) {
        matrix_skip(row, missing);
    } else {
        peers_ask_version(kind, row->version);
    }
    report_run(r, kind->name, missing, of_this_peer, TESTS);
    r->passed -= (unsigned)matrix_count(row, 1, MATRIX_NOT_OFFERED, MATRIX_COLUMNS); /* run, but not passed */
}

/* Arguments: the beginnings of the names of the peers to try; none: all. */
static bool is_wanted(const peer_kind *kind, int count, char **names) {
    bool wanted = count < 2;
    for (int i = 1; i < count; i++) {
        wanted |= strncmp(kind->name, names[i], strlen(names[i])) == 0;
    }
    return wanted;
}

int main(int count, char **arguments) {
    static matrix_row rows[PEERS_MAX];
    size_t tried = 0;
    report r = {0};
    if (system("'" DOZE_PEERS_BUILD "' '" DOZE_PEERS "'") != 0) {
        return 1;
    }
    for (size_t i = 0; i < peer_kinds_count && tried < PEERS_MAX; i++) {
        if (is_wanted(&peer_kinds[i], count, arguments)) {
            run_peer(&r, &peer_kinds[i], &rows[tried]);
            matrix_print(&rows[tried++]);
        }
    }
    matrix_print_figures(rows, tried);
    return report_finish(&r);
}
