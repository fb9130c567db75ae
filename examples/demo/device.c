/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <string.h>

#include "complain.h"

enum { RUBBISH = 0xa5 };

static bool make_sockets(device *d) {
    doze_result result = doze_dtls_config_init(&d->ram.config, &d->firmware.dtls);
    if (result != DOZE_OK) {
        return complain("the client's configuration: %s", doze_strerror(result));
    }
    result = doze_udp_init(&d->ram.udp, &d->firmware.udp);
    if (result == DOZE_OK) {
        result = doze_dtls_init(&d->ram.dtls, &d->ram.config, &d->ram.udp.socket);
    }
    if (result != DOZE_OK) {
        doze_dtls_config_deinit(&d->ram.config);
        return complain("the client does not start: %s", doze_strerror(result));
    }
    d->on = true;
    return true;
}

static bool has_store(const device *d) {
    return d->flash.path[0] != '\0';
}

static bool open_store(device *d) {
    const doze_keeper_settings settings = {.store = &d->ram.files.store};
    doze_result result = doze_file_store_open(&d->ram.files, d->flash.path);
    if (result == DOZE_OK) {
        result = doze_dtls_set_store(&d->ram.dtls, &d->ram.keeper, &settings);
    }
    return result == DOZE_OK || complain("the client's store in %s: %s (cause %d)", d->flash.path,
                                         doze_strerror(result), d->ram.files.store.cause);
}

bool device_power_on(device *d) {
    if (!make_sockets(d)) {
        return false;
    }
    if (has_store(d) && !open_store(d)) {
        device_power_off(d);
        return false;
    }
    return true;
}

void device_power_off(device *d) {
    if (!d->on) {
        return;
    }
    doze_deinit(&d->ram.dtls.socket);
    doze_deinit(&d->ram.udp.socket);
    doze_dtls_config_deinit(&d->ram.config);
    if (has_store(d)) {
        doze_file_store_close(&d->ram.files);
    }
    memset(&d->ram, RUBBISH, sizeof(d->ram)); /* so that nobody goes on with what was in it */
    d->on = false;
}
