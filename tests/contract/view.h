/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a caller can see of a socket, to compare before and after what must change nothing. */
#ifndef VIEW_H
#define VIEW_H

#include "doze/socket.h"

typedef struct view {
    doze_state state;
    int fd;
    int32_t next_timeout;
    char hostname[DOZE_HOSTNAME_MAX + 1];
    char remote_host[DOZE_ADDRESS_TEXT_SIZE];
    char local_host[DOZE_ADDRESS_TEXT_SIZE];
    uint16_t remote_port;
    uint16_t local_port;
    doze_result results[DOZE_OPT_LIMIT];
    int64_t options[DOZE_OPT_LIMIT];
} view;

void view_take(view *v, doze_socket *socket);
/* Fails the CMocka test otherwise. */
void view_is_unchanged(const view *before, doze_socket *socket);
/* The same, but for what depends on the state: only what the getters know of both ends. */
void view_has_same_ends(const view *before, doze_socket *socket);

#endif
