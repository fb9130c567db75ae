/* SPDX-License-Identifier: Apache-2.0 */
#include "dtls/internal.h"

enum { FIRST = 30000, LONGEST = 86400000 };

uint32_t doze_dtls_back_off(const doze_dtls *dtls, unsigned attempts) {
    uint32_t chance = 0;
    uint32_t most = FIRST;
    if (dtls == NULL || attempts == 0) {
        return 0;
    }
    bool give_up = dtls->has_alert && doze_alert_classify(dtls->alert) == DOZE_ALERT_GIVE_UP;
    for (unsigned i = 1; (i < attempts || give_up) && most < LONGEST; i++) {
        most = most < LONGEST / 2 ? most * 2 : LONGEST;
    }
    const doze_random *random = &dtls->config->random;
    if (random->fill(random->context, (unsigned char *)&chance, sizeof(chance)) != 0) {
        return most;
    }
    return most / 2 + chance % (most / 2 + 1);
}
