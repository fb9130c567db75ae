/* SPDX-License-Identifier: Apache-2.0 */
#include "story.h"

#include <stdio.h>
#include <string.h>

#include "complain.h"
#include "event.h"
#include "message.h"

enum { QUIET_WAKES = 5, EVENT_WAKES = 1, ATTEMPTS = 5 };

typedef struct story {
    session session;
    const arguments *arguments;
    report *report;
    const event *event;
    patience patience;
    unsigned messages;
} story;

/* ---- one wake ---- */

/* The message of the number at hand, so that it can be repeated. */
static outcome say(story *t, message_kind kind, const char *what) {
    unsigned char message[MESSAGE_SIZE];
    message_write(kind, t->messages, message);
    if (t->arguments->message_size > 0) {
        return session_ask(&t->session, what, t->arguments->message, t->arguments->message_size, t->patience);
    }
    return session_ask(&t->session, what, message, sizeof(message), t->patience);
}

static bool was_answered(const story *t, outcome o, const char *what) {
    if (o == UNANSWERED) {
        return complain("%s: %s answers nothing", what, t->session.server->text);
    }
    return o == ANSWERED;
}

static bool send_register(story *t, const char *what) {
    t->messages++;
    return was_answered(t, say(t, MESSAGE_REGISTER, what), what);
}

/* An Update, repeated as CoAP repeats it (RFC 7252 section 4.2), or a Register where nothing is known of the client. */
static bool check_in(story *t, const char *what) {
    unsigned attempts = t->patience == HASTY ? ATTEMPTS : 1;
    t->messages++;
    outcome o = say(t, MESSAGE_UPDATE, what);
    while (o == UNANSWERED && --attempts > 0) {
        report_waiting(what);
        o = say(t, MESSAGE_UPDATE, what);
    }
    return o == NEW_CONTEXT ? send_register(t, what) : was_answered(t, o, what);
}

static bool sleep_through(story *t, const char *what) {
    const event *e = t->event;
    return (e->awake || session_sleep(&t->session, what)) && (e->happen == NULL || e->happen(&t->session, what));
}

/* A wake as any other, from which the device does not go back to sleep. */
static bool stay_awake(story *t, const char *what) {
    return session_sleep(&t->session, what) && session_wake(&t->session, what) && check_in(t, what);
}

static doze_rung rung_of(const session *s) {
    doze_report last = {.rung = DOZE_RUNG_NONE};
    (void)doze_dtls_get_report(&s->device.ram.dtls, &last);
    return last.rung;
}

static const char *name_of(doze_rung rung) {
    static const char *const texts[] = {
        [DOZE_RUNG_NONE] = "none",       [DOZE_RUNG_KEPT] = "kept",           [DOZE_RUNG_THAWED] = "thawed",
        [DOZE_RUNG_RESUMED] = "resumed", [DOZE_RUNG_HANDSHAKE] = "handshake", [DOZE_RUNG_FRESH_PORT] = "fresh-port"};
    return texts[rung];
}

/* The test server knows. On the wire, an alert inside the association can only be one; with a Connection ID, which
 * hides what a record is, anything that left the client as it fell asleep counts. */
static bool said_goodbye(const peer_association *server_side, const wake *w, unsigned sent_asleep) {
    return (server_side != NULL && server_side->close_notify_received) || w->wire.alerts_up > 0 ||
           (w->connection_id && sent_asleep > 0);
}

static bool sleep_and_wake(story *t, const char *what, wake *w) {
    session *s = &t->session;
    if (t->event->awake && !stay_awake(t, what)) {
        return false;
    }
    const peer_association *server_side = server_association(s->server);
    w->port_before = s->relay.client_port;
    s->relay.tally = (tally){0};
    if (!sleep_through(t, what)) {
        return false;
    }
    unsigned sent_asleep = s->relay.tally.datagrams[UP];
    if (!t->event->wake(s, what) || !check_in(t, what)) {
        return false;
    }
    w->connection_id = session_option(s, DOZE_OPT_CONNECTION_ID) == 1;
    w->via = name_of(rung_of(s));
    w->wire = s->relay.tally;
    w->port_after = s->relay.client_port;
    w->close_notify_seen = said_goodbye(server_side, w, sent_asleep);
    return true;
}

/* ---- what must come of it ---- */

static bool wrong(const wake *w, const char *what) {
    return complain("%s, wake %u: %s", w->scenario, w->number, what);
}

/* Between doze and the test server nothing can come, so that all is known beforehand. */
static bool verify_with_test_server(const story *t, const wake *w, doze_rung rung) {
    const event *e = t->event;
    bool goes_on = e->association == GOES_ON || (e->association == NEEDS_CID && w->connection_id);
    bool moves = e->takes_port || rung == DOZE_RUNG_FRESH_PORT;
    if (goes_on && (w->wire.handshake > 0 || w->wire.datagrams[UP] != 1 || w->wire.datagrams[DOWN] != 1)) {
        return wrong(w, "took more than one datagram each way");
    }
    if (!goes_on && w->wire.handshake == 0) {
        return wrong(w, "the server answered without a handshake");
    }
    const peer_association *server_side = server_association(t->session.server);
    if (!goes_on && (server_side == NULL || server_side->resumed != (rung == DOZE_RUNG_RESUMED))) {
        return wrong(w, "client and server do not agree on whether the session was resumed");
    }
    return (w->port_before != w->port_after) == moves || wrong(w, moves ? "the same port" : "another port");
}

/* What doze says must be what the wire says. */
static bool verify(const story *t, const wake *w) {
    doze_rung rung = rung_of(&t->session);
    bool kept = rung == DOZE_RUNG_KEPT || rung == DOZE_RUNG_THAWED;
    if (kept != (w->wire.handshake == 0)) {
        return complain("%s, wake %u: came back as \"%s\", but the wire had %u handshake datagrams", w->scenario,
                        w->number, w->via, w->wire.handshake);
    }
    if (w->close_notify_seen) {
        return wrong(w, "the client said goodbye before it slept");
    }
    return !t->session.server->ours || verify_with_test_server(t, w, rung);
}

/* ---- one client ---- */

static bool register_client(story *t) {
    session *s = &t->session;
    s->relay.tally = (tally){0};
    if (!session_connect(s)) {
        return false;
    }
    if (t->report->handshake.datagrams[UP] == 0) {
        t->report->handshake = s->relay.tally;
        report_begin(t->report, s->server->text, s->server->ours);
    }
    if (send_register(t, "first message")) {
        return true;
    }
    return s->server->ours || t->arguments->message_size > 0
               ? false
               : complain("--message HEX sends what a server understands that is no echo and knows no CoAP");
}

static bool doze_and_report(story *t, unsigned number) {
    char what[40];
    wake w = {
        .scenario = t->event->name,
        .number = number,
        .event = t->event != &no_event,
    };
    (void)snprintf(what, sizeof(what), "%s, wake %u", w.scenario, number);
    if (!sleep_and_wake(t, what, &w)) {
        return false;
    }
    report_wake(t->report, &w);
    return verify(t, &w);
}

static bool live(story *t, doze_cid cid, bool *has_cid) {
    if (!register_client(t)) {
        return false;
    }
    *has_cid = session_option(&t->session, DOZE_OPT_CONNECTION_ID) == 1;
    if (cid != DOZE_CID_OFF && !*has_cid) {
        if (t->session.server->ours) {
            return complain("the test server took no Connection ID");
        }
        report_note(t->report, "The server takes no Connection ID: these wakes are without, and all there are.");
    }
    unsigned wakes = t->event == &no_event ? QUIET_WAKES : EVENT_WAKES;
    for (unsigned i = 1; i <= wakes; i++) {
        if (!doze_and_report(t, i)) {
            return false;
        }
    }
    return session_goodbye(&t->session);
}

/* A test server that may fall silent is given little time; a server of the user's has as much as it needs. */
static bool play(story *t, server *s, doze_cid cid, bool *has_cid) {
    t->patience = t->event != &no_event && s->ours ? HASTY : PATIENT;
    if (!session_open(&t->session, s, cid, t->patience, t->event->needs_store)) {
        return false;
    }
    bool ok = live(t, cid, has_cid);
    session_close(&t->session);
    return ok;
}

static bool play_events(story *t, server *s) {
    bool has_cid = false;
    for (size_t i = 0; i < events_count; i++) {
        t->event = &events[i];
        if (!s->ours && !t->event->any_server) {
            continue;
        }
        report_event(t->report, t->event->text);
        if (!play(t, s, DOZE_CID_OFFER_EMPTY, &has_cid) || (s->ours && !play(t, s, DOZE_CID_OFF, &has_cid))) {
            return false;
        }
    }
    return true;
}

bool story_tell(server *s, const arguments *a, report *r) {
    story t = {.arguments = a, .report = r, .event = &no_event};
    bool has_cid = false;
    if (!play(&t, s, DOZE_CID_OFFER_EMPTY, &has_cid)) {
        return false;
    }
    if (!has_cid) { /* these were the wakes without */
        return report_end(r);
    }
    return play(&t, s, DOZE_CID_OFF, &has_cid) && play_events(&t, s) && report_end(r);
}
