/* SPDX-License-Identifier: Apache-2.0 */
/* In place of a board's own software, of which no byte is to count: as short as can be, and opaque to the compiler. */
#include "board.h"

static volatile uint32_t device_register;

uint32_t board_ticks(void) {
    return device_register;
}
int board_random(void *out, size_t size) {
    (void)out;
    (void)size;
    return (int)device_register;
}
void board_wait(int32_t milliseconds) {
    device_register = (uint32_t)milliseconds;
}
int board_udp_open(uint16_t *port) {
    *port = (uint16_t)device_register;
    return (int)device_register;
}
int board_udp_send(int handle, const board_address *to, const void *data, size_t size) {
    (void)handle;
    (void)to;
    (void)data;
    (void)size;
    return (int)device_register;
}
int board_udp_receive(int handle, board_address *from, void *buffer, size_t capacity, size_t *size) {
    (void)handle;
    (void)from;
    (void)buffer;
    (void)capacity;
    *size = device_register;
    return (int)device_register;
}
void board_udp_close(int handle) {
    (void)handle;
}
int board_own_address(uint8_t ip[4]) {
    (void)ip;
    return (int)device_register;
}
int board_resolve(const char *name, uint8_t ip[4]) {
    (void)name;
    (void)ip;
    return (int)device_register;
}
int board_flash_erase(unsigned page) {
    (void)page;
    return (int)device_register;
}
int board_flash_program(unsigned page, size_t offset, const void *data, size_t size) {
    (void)page;
    (void)offset;
    (void)data;
    (void)size;
    return (int)device_register;
}
void board_flash_read(unsigned page, size_t offset, void *out, size_t size) {
    (void)page;
    (void)offset;
    (void)out;
    (void)size;
}
const board_identity *board_identity_of_device(void) {
    static volatile board_identity device;
    return (const board_identity *)(uintptr_t)&device;
}
