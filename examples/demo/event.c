/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "event.h"

#include <errno.h>
#include <string.h>

#include "complain.h"

static bool forget_in_nat(session *s, const char *what) {
    return relay_rebind(&s->relay) || complain("%s: the relay has no new port: %s", what, strerror(errno));
}

static bool restart_server(session *s, const char *what) {
    return server_restart(s->server) || complain("%s: the test server does not restart", what);
}

static bool take_port(session *s, const char *what) {
    uint16_t port = doze_local_port(s->socket);
    s->intruder = relay_open_socket(INADDR_LOOPBACK, port);
    return s->intruder >= 0 || complain("%s: port %u cannot be taken: %s", what, port, strerror(errno));
}

static bool move_server(session *s, const char *what) {
    if (!relay_move(&s->relay)) {
        return complain("%s: the relay has no other address: %s", what, strerror(errno));
    }
    names_change(&s->names, s->relay.inside_host);
    return true;
}

const event events[] = {
    {
        .name = "nat-rebind",
        .text = "the NAT box forgets it, and gives it another port",
        .any_server = true,
        .cid_helps = true,
        .happen = forget_in_nat,
        .wake = session_wake,
    },
    {
        .name = "server-restart",
        .text = "the server loses associations, sessions and ticket keys",
        .happen = restart_server,
        .wake = session_wake,
    },
    {
        .name = "port-taken",
        .text = "another socket of its host takes its port",
        .cid_helps = true,
        .takes_port = true,
        .happen = take_port,
        .wake = session_wake,
    },
    {
        .name = "local-address-change",
        .text = "its own address changes",
        .cid_helps = true,
        .wake = session_wake_elsewhere,
    },
    {
        .name = "address-change",
        .text = "the server moves, and its name leads to another address",
        .happen = move_server,
        .wake = session_wake_by_name,
    },
};
const size_t events_count = sizeof(events) / sizeof(events[0]);
