/* SPDX-License-Identifier: Apache-2.0 */
/* After a loss of power the association goes on, or the session is resumed: docs/storing.md. */
#include "client.h"

doze_result client_keep(doze_dtls *dtls) {
    static doze_keeper keeper;
    return doze_dtls_set_store(dtls, &keeper, &(doze_keeper_settings){.store = port_store()});
}

doze_result client_load(doze_dtls *dtls, const char *host, uint16_t port) {
    return doze_dtls_load(dtls, host, port);
}
