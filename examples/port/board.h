/* SPDX-License-Identifier: Apache-2.0 */
/* What a board has before anybody has heard of doze: a tick counter, a random source, a modem with UDP over IPv4, flash.
 * The names are made up, the shapes are usual: put your SDK's calls in their place. board_host.c plays such a board. */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Milliseconds since power-on, deep sleep included; begins again at 0 after 49 days. */
uint32_t board_ticks(void);

/* 0, or anything else when the source failed. */
int board_random(void *out, size_t size);

/* Sleeps until a datagram has come, or `milliseconds` have passed (negative: only for a datagram). */
void board_wait(int32_t milliseconds);

/* ---- the modem: results below zero are errors ---- */

enum {
    BOARD_OK = 0,
    BOARD_NOTHING = 1, /* nothing has come; no room now; no answer yet */
    BOARD_PORT_IN_USE = -1,
    BOARD_NO_SOCKET = -2,
    BOARD_NO_NETWORK = -3,
    BOARD_TOO_LONG = -4,
    BOARD_NO_SUCH_NAME = -5,
    BOARD_FAILED = -6,
};

typedef struct board_address {
    uint8_t ip[4];
    uint16_t port;
} board_address;

int board_udp_open(uint16_t *port); /* a handle from 0 on; *port 0 picks one, and tells it */
int board_udp_send(int handle, const board_address *to, const void *data, size_t size);
/* What does not fit is lost; *size tells what it was. */
int board_udp_receive(int handle, board_address *from, void *buffer, size_t capacity, size_t *size);
void board_udp_close(int handle);
int board_own_address(uint8_t ip[4]);
/* One question at a time: call again while it says BOARD_NOTHING. */
int board_resolve(const char *name, uint8_t ip[4]);

/* ---- flash: erased bytes are 0xff, programming is in units of 8 bytes, each once after an erase or to all zero ---- */

#define BOARD_PAGES     4
#define BOARD_PAGE_SIZE 2048
#define BOARD_UNIT      8

int board_flash_erase(unsigned page);
int board_flash_program(unsigned page, size_t offset, const void *data, size_t size);
void board_flash_read(unsigned page, size_t offset, void *out, size_t size);

/* ---- what was put into the device when it was made ---- */

typedef struct board_identity {
    const char *server; /* a name or an address */
    uint16_t port;
    const char *psk_identity;
    const uint8_t *psk;
    size_t psk_size;
    /* Instead of a pre-shared key: the CA that the server's certificate is from, and ours with its key; DER. */
    const uint8_t *ca;
    size_t ca_size;
    const uint8_t *certificate;
    size_t certificate_size;
    const uint8_t *key;
    size_t key_size;
} board_identity;
const board_identity *board_identity_of_device(void);

#endif
