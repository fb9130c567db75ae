/* SPDX-License-Identifier: Apache-2.0 */
/* The client of examples/lwm2m_client as a program of its own, and what it says. */
#ifndef LESHAN_DEVICE_H
#define LESHAN_DEVICE_H

#include "leshan/process.h"

#include <stdint.h>

typedef struct device_settings {
    const char *program;
    uint16_t server_port;
    const char *endpoint;
    bool certificates;    /* those of certs/generate; else the key below */
    const char *identity; /* … */
    const char *key;      /* hex */
    bool no_connection_id;
    int lifetime;  /* s */
    int sleep;     /* s */
    int awake;     /* s */
    int timer_max; /* s; the longest wait of a handshake; 0: as it is by default */
    int cycles;    /* 0: as many as it is left for */
    bool stay;     /* after these it just falls asleep */
    bool store;    /* what sleep needs is in a directory, and survives the process */
} device_settings;

/* All zero: none. */
typedef struct device {
    process process;
    device_settings settings;
    char directory[64]; /* of its own: its store, and the file `said` */
} device;

/* Fails the test when it cannot be started. */
void device_start(device *d, const device_settings *settings);
/* The power goes, now; what it has in its directory is what the next start finds. */
void device_lose_power(device *d);
/* The same device again, after it lost its power. */
void device_start_again(device *d);
/* Asks it to end, or waits until it does by itself; returns its exit code. */
int device_finish(device *d, bool ask);
/* How often it has said this event since it was made; lives count together. */
unsigned device_count(const device *d, const char *event);
/* The value of this name in the last event of this kind; false: there is none. */
bool device_last(const device *d, const char *event, const char *name, char *value, size_t capacity);
/* Ends it, shows what it said last on stderr, and removes its directory. Nothing to do without one. */
void device_remove(device *d);

#endif
