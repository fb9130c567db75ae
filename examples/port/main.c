/* SPDX-License-Identifier: Apache-2.0 */
/* The device's life: wake, report, sleep. */
#include "board.h"
#include "client.h"

#define REPORT_EVERY 900000 /* ms */

int main(void) {
    static client device;
    static const char report[] = "21.5 C";
    char answer[64];
    size_t size = 0;
    unsigned failures = 0;
    client_give_memory();
    if (client_begin(&device) != DOZE_OK) {
        return 1;
    }
    for (;;) {
        doze_result result = client_wake(&device);
        if (result == DOZE_OK) {
            result = client_ask(&device, report, sizeof(report) - 1, answer, sizeof(answer), &size);
        }
        if (result == DOZE_NEW_CONTEXT) { /* an LwM2M client sends Register here */
            result = client_ask(&device, report, sizeof(report) - 1, answer, sizeof(answer), &size);
        }
        failures = result == DOZE_OK ? 0 : failures + 1;
        (void)client_sleep(&device);
        board_wait(failures == 0 ? REPORT_EVERY : (int32_t)doze_dtls_back_off(&device.dtls, failures));
    }
}
