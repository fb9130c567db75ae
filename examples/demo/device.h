/* SPDX-License-Identifier: Apache-2.0 */
/* The client's device: its firmware and flash last, what is in its RAM goes with the power. */
#ifndef DEMO_DEVICE_H
#define DEMO_DEVICE_H

#include "doze/doze.h"
#include "flash.h"

typedef struct device {
    struct {
        doze_udp_settings udp;
        doze_dtls_settings dtls;
    } firmware;
    flash flash; /* where there is one, there is a store in it */
    bool on;     /* the rest means something */
    struct {
        doze_dtls_config config;
        doze_udp udp;
        doze_dtls dtls;
        doze_file_store files;
        doze_keeper keeper;
    } ram;
} device;

/* Off again when it is false, after a line on standard error. The device must not be moved while it is on. */
bool device_power_on(device *d);
/* Nothing goes on the wire, and nothing into the flash. Nothing to do when it is off. */
void device_power_off(device *d);

#endif
