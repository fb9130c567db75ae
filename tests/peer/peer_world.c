/* SPDX-License-Identifier: Apache-2.0 */
#include "peer_world.h"

static void receive(void *context, const doze_endpoint *from, const void *data, size_t size) {
    peer_receive(context, from, data, size);
}

static int32_t next_timeout(void *context) {
    return peer_next_timeout(context);
}

static void tick(void *context) {
    peer_tick(context);
}

bool peer_world_open(peer_world *u, world *w, const peer_settings *settings, const char *address, uint16_t port) {
    const world_service service = {receive, next_timeout, tick, &u->peer};
    peer_settings own = *settings;
    own.send = world_server_send;
    own.clock = own.clock.now != NULL ? own.clock : world_clock(w);
    own.random = own.random.fill != NULL ? own.random : world_random(w);
    u->server = world_serve(w, address, port, &service);
    own.send_context = u->server;
    if (!peer_init(&u->peer, &own)) {
        world_set_plug(u->server, WORLD_SILENT);
        return false;
    }
    return true;
}

void peer_world_close(peer_world *u) {
    world_set_plug(u->server, WORLD_SILENT);
    peer_deinit(&u->peer);
}
