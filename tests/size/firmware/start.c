/* SPDX-License-Identifier: Apache-2.0 */
/* From reset to main(), as short as can be: what a board's own start-up code does better. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern uint8_t firmware_data_stored[], firmware_data[], firmware_data_end[], firmware_bss[], firmware_bss_end[];
extern uint32_t firmware_stack_end[];

int main(void);
void firmware_start(void);

void firmware_start(void) {
    memcpy(firmware_data, firmware_data_stored, (size_t)(firmware_data_end - firmware_data));
    memset(firmware_bss, 0, (size_t)(firmware_bss_end - firmware_bss));
    exit(main());
}

/* In place of the C library's, which brings what nobody runs here. Mbed TLS's arena calls it when it was overwritten: a
 * board resets. */
void exit(int status) {
    (void)status;
    for (;;) {
    }
}

/* Initial stack and reset; a board's interrupts follow. */
extern const uintptr_t firmware_vectors[2];
__attribute__((section(".vectors"), used))
const uintptr_t firmware_vectors[2] = {(uintptr_t)firmware_stack_end, (uintptr_t)firmware_start};
