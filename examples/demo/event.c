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

const event no_event = {.name = "queue-mode", .association = GOES_ON, .wake = session_wake};

const event events[] = {
    {
        .name = "nat-rebind",
        .text = "While it sleeps, the NAT box forgets it, and gives it another port",
        .association = NEEDS_CID,
        .any_server = true,
        .happen = forget_in_nat,
        .wake = session_wake,
    },
    {
        .name = "server-restart",
        .text = "While it sleeps, the server loses associations, sessions and ticket keys",
        .happen = restart_server,
        .wake = session_wake,
    },
    {
        .name = "port-taken",
        .text = "While it sleeps, another socket of its host takes its port",
        .association = NEEDS_CID,
        .takes_port = true,
        .happen = take_port,
        .wake = session_wake,
    },
    {
        .name = "local-address-change",
        .text = "While it sleeps, its own address changes",
        .association = NEEDS_CID,
        .wake = session_wake_elsewhere,
    },
    {
        .name = "address-change",
        .text = "While it sleeps, the server moves, and its name leads to another address",
        .happen = move_server,
        .wake = session_wake_by_name,
    },
    {
        .name = "reboot",
        .text = "While it sleeps, it loses all its memory but the store",
        .association = GOES_ON,
        .any_server = true,
        .needs_store = true,
        .happen = session_lose_power,
        .wake = session_power_up,
    },
    {
        .name = "power-cut",
        .text = "While it is awake, its power goes",
        .needs_store = true,
        .awake = true,
        .happen = session_lose_power,
        .wake = session_power_up,
    },
};
const size_t events_count = sizeof(events) / sizeof(events[0]);
