/* SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    HANDSHAKE_TIMER_MS = 200,
    CLIMB_MS = 20000,
    CLIMB_IN_VAIN_MS = 4500, /* three expiries at the old port, and as many at a fresh one */
};

int trial_setup(void **state) {
    const trial_row *from = *state;
    trial *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        return -1;
    }
    t->kind = from->kind;
    t->row = from->row;
    *state = t;
    return 0;
}

int trial_teardown(void **state) {
    relay_stop(&((trial *)*state)->relay);
    return story_teardown(state);
}

void trial_start(trial *t, peer_order order) {
    order.client.certificates = order.certificates;
    if (order.client.further.handshake_timer_min == 0) {
        order.client.further.handshake_timer_min = HANDSHAKE_TIMER_MS;
    }
    if (!order.certificates && t->kind->psk_suite != 0) {
        order.client.further.suites = &t->kind->psk_suite;
        order.client.further.suites_count = 1;
    }
    t->kind->start(&t->story, t->kind, &order);
    int climb = t->kind->one_client ? CLIMB_IN_VAIN_MS : CLIMB_MS;
    assert_int_equal(doze_set_option(t->story.client.socket, DOZE_OPT_CLIMB_TIME, climb), DOZE_OK);
}

void trial_start_behind_nat(trial *t, peer_order order) {
    trial_start(t, order);
    assert_true(relay_start(&t->relay, t->story.server.port));
    t->story.server.port = t->relay.port;
}

void trial_stop(trial *t) {
    client_close(&t->story.client);
    server_stop(&t->story.server);
    relay_stop(&t->relay);
}

/* ---- what is on the wire ---- */

static bool has_ticket(const tap_datagram *d) {
    enum { HEADER = 13, HANDSHAKE = 22, NEW_SESSION_TICKET = 4 };
    size_t at = 0;
    bool found = false;
    while (!found && at + HEADER < d->size && d->size <= sizeof(d->data)) {
        const uint8_t *record = d->data + at;
        bool plain = record[3] == 0 && record[4] == 0; /* epoch 0 */
        found = plain && record[0] == HANDSHAKE && record[HEADER] == NEW_SESSION_TICKET;
        at += HEADER + (size_t)(record[11] << 8 | record[12]);
    }
    return found;
}

bool trial_saw_ticket(const trial *t) {
    const tap_datagram *d;
    bool found = false;
    for (size_t back = 0; !found && (d = tap_last(&t->story.client.tap, TAP_DOWN, back)) != NULL; back++) {
        found = has_ticket(d);
    }
    return found;
}

int trial_climb(trial *t) {
    const client *c = &t->story.client;
    uint16_t port = doze_local_port(c->socket);
    int heard = -1;
    while (doze_get_state(c->socket) == DOZE_STATE_CONNECTING) {
        struct pollfd watched = {.fd = doze_fd(c->socket), .events = POLLIN};
        poll(&watched, 1, doze_next_timeout(c->socket));
        uint64_t before = c->tap.count[TAP_DOWN].handshake;
        doze_step(c->socket);
        if (heard < 0 && doze_local_port(c->socket) != port) {
            heard = (int)before;
        }
    }
    return heard;
}

/* ---- outcomes ---- */

void trial_note(trial *t, matrix_column column, matrix_outcome outcome, const char *format, ...) {
    matrix_cell *cell = &t->row->cells[column];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cell->detail, sizeof(cell->detail), format, arguments);
    va_end(arguments);
    cell->outcome = outcome;
}

void trial_not_offered(trial *t, matrix_column column, const char *evidence) {
    if ((t->kind->offers & 1u << column) != 0) {
        trial_note(t, column, MATRIX_FAILED, "%s", evidence);
        fail_msg("%s is known to offer this, but: %s", t->kind->name, evidence);
    }
    trial_note(t, column, MATRIX_NOT_OFFERED, "%s", evidence);
    skip();
    abort(); /* not reached: skip() jumps out of the test */
}
