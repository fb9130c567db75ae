/* SPDX-License-Identifier: Apache-2.0 */
/* The client: its memory, and its verbs, each of which is judged when it is done. */
#include <stdlib.h>
#include <string.h>

#include "swarm/swarm_internal.h"

/* ---- configuration: outlives reboots ---- */

static doze_bytes read_credential(const char *name, char memory[4096]) {
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", swarm_credentials(), name);
    FILE *file = fopen(path, "rb");
    size_t size = file == NULL ? 0 : fread(memory, 1, 4096, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    return (doze_bytes){memory, size};
}

void swarm_configure_client(swarm *s) {
    char root[4096];
    doze_dtls_settings *settings = &s->plan.client;
    settings->clock = swarm_clock(s);
    settings->random = swarm_random(s);
    if (s->plan.certificates) {
        const doze_x509_settings x509 = {
            .random = settings->random, .trust = read_credential("root.pem", root), .server_name = "localhost"};
        static const char store_key[] = "a key of 16 bytes";
        settings->x509 = &s->x509;
        settings->store_key = (doze_bytes){store_key, 16};
        if (doze_x509_init(&s->x509, &x509) != DOZE_OK) {
            swarm_violate(s, "no certificates");
            return;
        }
    }
    doze_result result = doze_dtls_config_init(&s->config, settings);
    if (result != DOZE_OK) {
        swarm_violate(s, "no configuration: %s", doze_strerror(result));
    }
}

/* ---- one life of the device ---- */

static void attach_memory(swarm *s) {
    const doze_keeper_settings store = {.store = &s->vault.store, .mode = s->plan.store_mode, .range = s->plan.range};
    if (s->plan.freezer) {
        memset(s->freezer, 0xa5, sizeof(s->freezer)); /* what RAM has after a reboot */
        (void)doze_dtls_set_freezer(&s->dtls, s->freezer, sizeof(s->freezer));
    }
    if (s->plan.store && doze_dtls_set_store(&s->dtls, &s->keeper, &store) != DOZE_OK) {
        swarm_violate(s, "the store cannot be attached");
    }
}

void swarm_start_client(swarm *s) {
    const doze_udp_settings udp = {.net = &s->net.net, .resolver = &s->resolver.resolver};
    s->in_client = true;
    bool made = doze_udp_init(&s->udp, &udp) == DOZE_OK;
    tap_init(&s->tap, &s->udp.socket);
    tap_forbid(&s->tap, SWARM_CLIENT_SAYS, strlen(SWARM_CLIENT_SAYS));
    made = made && doze_dtls_init(&s->dtls, &s->config, &s->tap.socket) == DOZE_OK;
    s->in_client = false;
    s->alive = made;
    if (!made) {
        swarm_violate(s, "the client cannot be made");
        return;
    }
    doze_set_option(&s->dtls.socket, DOZE_OPT_SILENCE_LIMIT, s->plan.silence_limit);
    doze_set_option(&s->udp.socket, DOZE_OPT_SLEEP, s->plan.hold ? DOZE_SLEEP_HOLD : DOZE_SLEEP_DROP);
    attach_memory(s);
}

void swarm_stop_client(swarm *s) {
    if (!s->alive) {
        return;
    }
    uint64_t sent = s->sent;
    s->in_client = true;
    doze_deinit(&s->dtls.socket);
    doze_deinit(&s->tap.socket);
    doze_deinit(&s->udp.socket);
    s->in_client = false;
    s->alive = false;
    if (s->sent != sent) {
        swarm_violate(s, "deinit sent something");
    }
}

void swarm_free_client(swarm *s) {
    swarm_stop_client(s);
    doze_dtls_config_deinit(&s->config);
    if (s->plan.certificates) {
        doze_x509_deinit(&s->x509);
    }
}

/* ---- verbs ---- */

doze_state swarm_state(const swarm *s) {
    return doze_get_state(&s->dtls.socket);
}

static uint64_t enter(swarm *s) {
    s->in_client = true;
    return s->sent;
}

/* A verb while connected sends its record, and what reading asks for; a step of a handshake sends a flight. */
static doze_result leave(swarm *s, uint64_t sent, const char *verb, doze_result result) {
    enum { DATAGRAMS_A_VERB = 64 + 16 };
    s->in_client = false;
    if (s->sent - sent > DATAGRAMS_A_VERB) {
        swarm_violate(s, "%s sent %u datagrams", verb, (unsigned)(s->sent - sent));
    }
    if (result != DOZE_OK && result != DOZE_WOULD_BLOCK && result != DOZE_IN_PROGRESS) {
        swarm_tell(s, "%s: %s", verb, doze_strerror(result));
    }
    swarm_digest(s, (uint64_t)(result + 1000));
    return result;
}

/* Verbs that may lead to CONNECTED, or begin to connect. */
static doze_result leave_connecting(swarm *s, uint64_t sent, const char *verb, doze_state before, doze_result result) {
    result = leave(s, sent, verb, result);
    doze_state now = swarm_state(s);
    if (before != now) {
        swarm_tell(s, "%s: %s", verb, doze_state_name(now));
    }
    if (now == DOZE_STATE_CONNECTED && before != DOZE_STATE_CONNECTED) {
        swarm_check_connected(s);
    }
    if (now == DOZE_STATE_CONNECTING && before != DOZE_STATE_CONNECTING) {
        s->connecting_since = s->w.now;
        s->connecting_sent = sent;
        s->connecting_bounded = s->plan.wakes != 0 && !s->clock_odd;
    }
    if (now != DOZE_STATE_CONNECTING && before == DOZE_STATE_CONNECTING) {
        swarm_check_phase(s);
    }
    return result;
}

doze_result swarm_step(swarm *s) {
    doze_state before = swarm_state(s);
    uint64_t sent = enter(s);
    return leave_connecting(s, sent, "step", before, doze_step(&s->dtls.socket));
}

doze_result swarm_resume(swarm *s) {
    doze_state before = swarm_state(s);
    uint64_t sent = enter(s);
    s->asleep = false;
    return leave_connecting(s, sent, "resume", before, doze_resume(&s->dtls.socket));
}

doze_result swarm_connect(swarm *s) {
    doze_state before = swarm_state(s);
    uint64_t sent = enter(s);
    s->asleep = false;
    return leave_connecting(s, sent, "connect", before, doze_connect(&s->dtls.socket, SWARM_NAME, SWARM_PORT));
}

doze_result swarm_load(swarm *s) {
    uint64_t sent = enter(s);
    return leave(s, sent, "load", doze_dtls_load(&s->dtls, SWARM_NAME, SWARM_PORT));
}

doze_result swarm_send(swarm *s, const void *data, size_t size, bool one_way) {
    doze_state before = swarm_state(s);
    uint64_t sent = enter(s);
    doze_result result =
        one_way ? doze_dtls_send_one_way(&s->dtls, data, size) : doze_send(&s->dtls.socket, data, size);
    return leave_connecting(s, sent, "send", before, result);
}

doze_result swarm_recv(swarm *s, void *buffer, size_t capacity, size_t *size) {
    uint64_t sent = enter(s);
    return leave(s, sent, "recv", doze_recv(&s->dtls.socket, buffer, capacity, size));
}

/* The world checks from here on that nothing is sent. */
doze_result swarm_shutdown(swarm *s) {
    uint64_t sent = enter(s);
    doze_result result = leave(s, sent, "shutdown", tap_shutdown(&s->tap, &s->dtls.socket));
    if (s->sent != sent) {
        swarm_violate(s, "shutdown sent something");
    }
    return result;
}

doze_result swarm_close(swarm *s) {
    uint64_t sent = enter(s);
    return leave(s, sent, "close", doze_close(&s->dtls.socket));
}

doze_result swarm_forget(swarm *s) {
    uint64_t sent = enter(s);
    doze_result result = leave(s, sent, "forget", doze_forget(&s->dtls.socket));
    if (s->sent != sent) {
        swarm_violate(s, "forget sent something");
    }
    return result;
}

void swarm_give_up_on_peer(swarm *s) {
    (void)doze_dtls_no_answer(&s->dtls);
}
