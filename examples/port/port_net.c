/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams of a modem that has no connected sockets: who the peer is, is kept here. */
#include <string.h>

#include "board.h"
#include "port.h"

#define PATH_MTU 1280 /* the modem does not tell; what every IPv6 path carries is a good guess for cellular IPv4 */

/* What the modem's codes mean to doze. The code itself is the cause. */
static doze_result result_of(doze_net_socket *sock, int code) {
    static const struct {
        int8_t code;
        int8_t result;
    } table[] = {
        {BOARD_OK, DOZE_OK},
        {BOARD_NOTHING, DOZE_WOULD_BLOCK},
        {BOARD_PORT_IN_USE, DOZE_ERR_PORT_TAKEN},
        {BOARD_NO_SOCKET, DOZE_ERR_NO_DESCRIPTORS},
        {BOARD_NO_NETWORK, DOZE_ERR_UNREACHABLE},
        {BOARD_TOO_LONG, DOZE_ERR_TOO_LONG},
    };
    sock->cause = code;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].code == code) {
            return (doze_result)table[i].result;
        }
    }
    return DOZE_ERR_IO;
}

static doze_result net_open(doze_net *net, doze_net_socket *sock, doze_net_request *request) {
    (void)net;
    *sock = (doze_net_socket){.fd = -1};
    if (request->local.family != DOZE_FAMILY_IPV4) {
        return DOZE_ERR_ADDRESS_GONE;
    }
    int handle = board_udp_open(&request->local.port);
    if (handle < 0) {
        return result_of(sock, handle);
    }
    sock->fd = handle;
    return DOZE_OK;
}

static doze_result net_connect(doze_net *net, doze_net_socket *sock, const doze_endpoint *peer, doze_endpoint *local) {
    (void)net;
    int code = board_own_address(local->address);
    if (code == BOARD_OK) {
        local->family = DOZE_FAMILY_IPV4;
        sock->peer = *peer;
    }
    return result_of(sock, code);
}

static doze_result net_send(doze_net *net, doze_net_socket *sock, const void *data, size_t size) {
    (void)net;
    board_address to = {.port = sock->peer.port};
    memcpy(to.ip, sock->peer.address, sizeof(to.ip));
    return result_of(sock, board_udp_send(sock->fd, &to, data, size));
}

static bool is_from_peer(const doze_net_socket *sock, const board_address *from) {
    return from->port == sock->peer.port && memcmp(from->ip, sock->peer.address, sizeof(from->ip)) == 0;
}

static doze_result net_recv(doze_net *net, doze_net_socket *sock, void *buffer, size_t capacity, size_t *size) {
    (void)net;
    board_address from;
    int code = BOARD_OK;
    do {
        code = board_udp_receive(sock->fd, &from, buffer, capacity, size);
    } while (code == BOARD_OK && !is_from_peer(sock, &from)); /* a stranger's datagram is nobody's business here */
    if (code == BOARD_OK && *size > capacity) {
        return DOZE_ERR_TRUNCATED;
    }
    return result_of(sock, code);
}

/* A socket cannot be kept deaf: sleep closes it, and nobody asks for these. */
static doze_result net_deafen(doze_net *net, doze_net_socket *sock) {
    (void)net;
    (void)sock;
    return DOZE_ERR_UNSUPPORTED;
}

/* Called after a connect on a socket that is open already, which never was deaf. */
static doze_result net_undeafen(doze_net *net, doze_net_socket *sock) {
    (void)net;
    (void)sock;
    return DOZE_OK;
}

static doze_result net_path_mtu(doze_net *net, doze_net_socket *sock, uint32_t *mtu) {
    (void)net;
    (void)sock;
    *mtu = PATH_MTU;
    return DOZE_OK;
}

static void net_close(doze_net *net, doze_net_socket *sock) {
    (void)net;
    board_udp_close(sock->fd);
    sock->fd = -1;
}

/* A number from 0 to 255, without zeros in front; the text behind it, or NULL. */
static const char *parse_byte(const char *text, uint8_t *byte) {
    unsigned value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && at - text < 3; at++) {
        value = value * 10 + (unsigned)(*at - '0');
    }
    bool padded = text[0] == '0' && at - text > 1;
    *byte = (uint8_t)value;
    return at == text || padded || value > UINT8_MAX ? NULL : at;
}

static bool net_parse(doze_net *net, const char *text, doze_endpoint *out) {
    uint8_t ip[4];
    (void)net;
    for (size_t i = 0; i < sizeof(ip); i++) {
        text = parse_byte(text, &ip[i]);
        if (text == NULL || *text != (i < 3 ? '.' : '\0')) {
            return false;
        }
        text++;
    }
    out->family = DOZE_FAMILY_IPV4;
    out->scope = 0;
    memset(out->address, 0, sizeof(out->address));
    memcpy(out->address, ip, sizeof(ip));
    return true;
}

static bool net_format(doze_net *net, const doze_endpoint *endpoint, char *text, size_t size) {
    (void)net;
    if (size < sizeof("255.255.255.255") || endpoint->family != DOZE_FAMILY_IPV4) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        unsigned byte = endpoint->address[i];
        for (unsigned unit = 100; unit > 0; unit /= 10) {
            if (byte >= unit || unit == 1) {
                *text++ = (char)('0' + byte / unit % 10);
            }
        }
        *text++ = i < 3 ? '.' : '\0';
    }
    return true;
}

doze_net *port_net(void) {
    static const doze_net_ops ops = {
        .open = net_open,
        .connect = net_connect,
        .send = net_send,
        .recv = net_recv,
        .deafen = net_deafen,
        .undeafen = net_undeafen,
        .path_mtu = net_path_mtu,
        .close = net_close,
        .parse = net_parse,
        .format = net_format,
    };
    static doze_net net = {.ops = &ops};
    return &net;
}
