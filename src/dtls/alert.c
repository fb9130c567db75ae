/* SPDX-License-Identifier: Apache-2.0 */
#include "doze/dtls.h"

/* What no repetition will mend: bad, unsupported, revoked, expired or unknown certificates and CAs, denied access,
 * and extensions or identities that the server does not have (RFC 5246 section 7.2, RFC 6066, RFC 4279). */
doze_alert_class doze_alert_classify(int alert) {
    bool certificate = alert >= 42 && alert <= 46;
    bool authority = alert == 48 || alert == 49;
    bool name_or_identity = alert >= 112 && alert <= 115;
    return certificate || authority || name_or_identity ? DOZE_ALERT_GIVE_UP : DOZE_ALERT_RETRY;
}
