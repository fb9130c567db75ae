/* SPDX-License-Identifier: Apache-2.0 */
/* A test server on the simulated network. */
#ifndef PEER_WORLD_H
#define PEER_WORLD_H

#include "peer.h"
#include "world/world.h"

typedef struct peer_world {
    peer peer;
    world_server *server;
} peer_world;

/* As peer_init(). `send` and `send_context` of the settings are not used; clock and random source are the world's
 * unless given. The structure must not be moved or copied while open. */
bool peer_world_open(peer_world *u, world *w, const peer_settings *settings, const char *address, uint16_t port);
/* Its address goes silent. To be called before world_deinit(). */
void peer_world_close(peer_world *u);

#endif
