/* SPDX-License-Identifier: Apache-2.0 */
#include "story.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "complain.h"
#include "message.h"
#include "session.h"

typedef struct scenario {
    const char *name;
    doze_cid cid;
    unsigned wakes;
    bool rebind; /* the NAT box forgets the client while it sleeps */
} scenario;

static const scenario queue_mode_with_cid = {"queue-mode", DOZE_CID_OFFER_EMPTY, 5, false};
static const scenario queue_mode_without_cid = {"queue-mode", DOZE_CID_OFF, 5, false};
static const scenario nat_rebind = {"nat-rebind", DOZE_CID_OFFER_EMPTY, 1, true};

typedef struct story {
    session session;
    const arguments *arguments;
    report *report;
    unsigned messages;
} story;

/* ---- one wake ---- */

static bool say(story *t, message_kind kind, const char *what) {
    unsigned char message[MESSAGE_SIZE];
    message_write(kind, ++t->messages, message);
    if (t->arguments->message_size > 0) {
        return session_exchange(&t->session, what, t->arguments->message, t->arguments->message_size);
    }
    return session_exchange(&t->session, what, message, sizeof(message));
}

static bool sleep_behind_nat(story *t, const scenario *sc, const char *what) {
    relay *r = &t->session.relay;
    if (!session_sleep(&t->session, what)) {
        return false;
    }
    if (!sc->rebind) {
        return true;
    }
    t->report->rebound_from = r->outside_port;
    if (!relay_rebind(r)) {
        return complain("%s: the relay has no new port: %s", what, strerror(errno));
    }
    t->report->rebound_to = r->outside_port;
    return true;
}

static const char *via(session *s) {
    switch (session_option(s, DOZE_OPT_RUNG)) {
    case DOZE_RUNG_KEPT:
        return "kept";
    case DOZE_RUNG_RESUMED:
        return "resumed";
    default:
        return "handshake";
    }
}

/* The test server knows. On the wire, an alert inside the association can only be one; with a Connection ID, which
 * hides what a record is, anything that left the client as it fell asleep counts. */
static bool said_goodbye(const peer_association *server_side, const wake *w, unsigned sent_asleep) {
    return (server_side != NULL && server_side->close_notify_received) || w->wire.alerts_up > 0 ||
           (w->connection_id && sent_asleep > 0);
}

/* What doze says must be what the wire says; and between it and the test server nothing can come. */
static bool verify(const wake *w, bool ours) {
    const tally *t = &w->wire;
    if ((strcmp(w->via, "kept") == 0) != (t->handshake == 0)) {
        return complain("%s, wake %u: came back as \"%s\", but the wire had %u handshake datagrams", w->scenario,
                        w->number, w->via, t->handshake);
    }
    if (w->close_notify_seen) {
        return complain("%s, wake %u: the client said goodbye before it slept", w->scenario, w->number);
    }
    if (!ours) {
        return true;
    }
    if (t->handshake > 0 || t->datagrams[UP] != 1 || t->datagrams[DOWN] != 1) {
        return complain("%s, wake %u: took more than one datagram each way", w->scenario, w->number);
    }
    return w->port_before == w->port_after || complain("%s, wake %u: another port", w->scenario, w->number);
}

static bool sleep_and_wake(story *t, const scenario *sc, unsigned number) {
    session *s = &t->session;
    char what[32];
    const peer_association *server_side = server_association(s->server);
    wake w = {.scenario = sc->name, .number = number, .port_before = s->relay.client_port};
    (void)snprintf(what, sizeof(what), "%s, wake %u", sc->name, number);
    s->relay.tally = (tally){0};
    if (!sleep_behind_nat(t, sc, what)) {
        return false;
    }
    unsigned sent_asleep = s->relay.tally.datagrams[UP];
    if (!session_wake(s, what) || !say(t, MESSAGE_UPDATE, what)) {
        return false;
    }
    w.connection_id = session_option(s, DOZE_OPT_CONNECTION_ID) == 1;
    w.via = via(s);
    w.wire = s->relay.tally;
    w.port_after = s->relay.client_port;
    w.close_notify_seen = said_goodbye(server_side, &w, sent_asleep);
    report_wake(t->report, &w);
    return verify(&w, s->server->ours);
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
    if (say(t, MESSAGE_REGISTER, "first message")) {
        return true;
    }
    return s->server->ours || t->arguments->message_size > 0
               ? false
               : complain("--message HEX sends what a server understands that is no echo and knows no CoAP");
}

static bool live(story *t, const scenario *sc, bool *has_cid) {
    if (!register_client(t)) {
        return false;
    }
    *has_cid = session_option(&t->session, DOZE_OPT_CONNECTION_ID) == 1;
    if (sc->cid != DOZE_CID_OFF && !*has_cid) {
        if (t->session.server->ours) {
            return complain("the test server took no Connection ID");
        }
        report_note(t->report,
                    "The server takes no Connection ID: these are wakes without, and there is no rebinding.");
    }
    for (unsigned i = 1; i <= sc->wakes; i++) {
        if (!sleep_and_wake(t, sc, i)) {
            return false;
        }
    }
    return session_goodbye(&t->session);
}

static bool play(story *t, server *s, const scenario *sc, bool *has_cid) {
    if (!session_open(&t->session, s, sc->cid)) {
        return false;
    }
    bool ok = live(t, sc, has_cid);
    session_close(&t->session);
    return ok;
}

bool story_tell(server *s, const arguments *a, report *r) {
    story t = {.arguments = a, .report = r};
    bool has_cid = false;
    if (!play(&t, s, &queue_mode_with_cid, &has_cid)) {
        return false;
    }
    if (!has_cid) { /* these were the wakes without */
        return report_end(r);
    }
    return play(&t, s, &queue_mode_without_cid, &has_cid) && play(&t, s, &nat_rebind, &has_cid) && report_end(r);
}
