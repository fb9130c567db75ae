/* SPDX-License-Identifier: Apache-2.0 */
#include "dtls/internal.h"

enum { FIRST = 30000, LONGEST = 86400000, DOUBLED = 12 /* so many attempts stay below the longest */ };

uint32_t doze_dtls_back_off(const doze_dtls *dtls, unsigned attempts) {
    uint32_t chance = 0;
    if (dtls == NULL || attempts == 0) {
        return 0;
    }
    bool give_up = dtls->has_alert && doze_alert_classify(dtls->alert) == DOZE_ALERT_GIVE_UP;
    uint32_t most = give_up || attempts > DOUBLED ? (uint32_t)LONGEST : (uint32_t)FIRST << (attempts - 1);
    const doze_random *random = &dtls->config->random;
    if (random->fill(random->context, (unsigned char *)&chance, sizeof(chance)) != 0) {
        return most;
    }
    return most - chance % (most / 2 + 1);
}
