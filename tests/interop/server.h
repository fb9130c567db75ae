/* SPDX-License-Identifier: Apache-2.0 */
/* A DTLS server over a library that nobody here wrote, as a process of its own on the loopback interface. */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* In an argument, these stand for the port that was picked, and for the one before it: coap-server is told that one. */
#define SERVER_PORT        "@PORT@"
#define SERVER_PORT_BEFORE "@PORT-1@"

typedef struct server_command {
    const char *const *arguments; /* the program first, which is looked for in PATH, up to a NULL */
    bool echo;                    /* its output is its input: programs that connect the peer with a terminal */
    bool ipv6;                    /* listens on ::1 alone */
    bool says_port;               /* one of tests/peers: picks its port, says "ready PORT", ends when its input does */
} server_command;

typedef struct server {
    pid_t pid; /* 0: none */
    uint16_t port;
    int input;    /* of a server that says its port: the end that keeps it alive; 0: none */
    char log[64]; /* the name of the file with what it says; removed with the server */
} server;

bool server_is_installed(const char *program);
bool server_host_has_ipv6(void); /* its loopback address, that is */

/* Picks a port, starts the server and returns when it has bound that port, or said its own. False: it never did, several
 * times; what it said is on stderr. */
bool server_start(server *s, const server_command *command);
bool server_is_alive(const server *s);
/* Kills it, and waits for it to be gone. Nothing to do without a server. */
void server_stop(server *s);

#endif
