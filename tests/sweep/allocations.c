/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep/allocations.h"

#ifdef SWEEP_WRAPS /* part of one program, not of what tests share */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <psa/crypto.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sweep/life.h"

allocations memory;

void allocations_reset(void) {
    memory = (allocations){.live = memory.live};
}

void allocations_settle(void) {
    enum { KEYS = 64 };
    mbedtls_svc_key_id_t keys[KEYS];
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_RAW_DATA);
    psa_status_t status = psa_crypto_init();
    for (size_t i = 0; i < KEYS && status == PSA_SUCCESS; i++) {
        status = psa_import_key(&attributes, (const uint8_t *)"key", 3, &keys[i]);
    }
    for (size_t i = 0; i < KEYS && status == PSA_SUCCESS; i++) {
        status = psa_destroy_key(keys[i]);
    }
    if (status != PSA_SUCCESS) {
        fprintf(stderr, "PSA cannot hold %d keys: error %d\n", KEYS, (int)status);
        abort();
    }
}

/* ---- which one fails ---- */

/* True in the child, which goes on without what was asked for. */
static bool branch(bool from_there_on) {
    int status = 0;
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        memory.stride = 0;
        memory.is_child = true;
        memory.fail_at = memory.made;
        memory.from_there_on = from_there_on;
        return true;
    }
    memory.children++;
    bool happy = child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    memory.unhappy += !happy;
    return false;
}

static bool fails(void) {
    if (!life_in_doze) {
        return false;
    }
    memory.made++;
    if (memory.stride != 0 && memory.made % memory.stride == 0 && !branch(false)) {
        (void)branch(true);
    }
    bool late = memory.from_there_on && memory.made > memory.fail_at;
    bool failing = memory.fail_at != 0 && (memory.made == memory.fail_at || late);
    memory.failed += failing;
    return failing;
}

/* ---- what the linker puts in place of the C library's ---- */

void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static void *note(void *block) {
    memory.live += block != NULL;
    return block;
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : note(__real_calloc(count, size));
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : note(__real_malloc(size));
}

void *__wrap_realloc(void *block, size_t size) {
    if (fails()) {
        return NULL;
    }
    memory.live -= block != NULL;
    return note(__real_realloc(block, size));
}

void __wrap_free(void *block) {
    memory.live -= block != NULL;
    __real_free(block);
}

/* ---- what is not doze's ---- */

static const doze_net_ops *net_below;
static const doze_resolver_ops *resolver_below;
static doze_net_ops net_spared;
static doze_resolver_ops resolver_spared;

static bool pause_counting(void) {
    bool before = life_in_doze;
    life_in_doze = false;
    return before;
}

static doze_result spare_open(doze_net *net, doze_net_socket *socket, doze_net_request *request) {
    bool before = pause_counting();
    doze_result result = net_below->open(net, socket, request);
    life_in_doze = before;
    return result;
}

static doze_result spare_send(doze_net *net, doze_net_socket *socket, const void *data, size_t size) {
    bool before = pause_counting();
    doze_result result = net_below->send(net, socket, data, size);
    life_in_doze = before;
    return result;
}

static doze_result spare_start(doze_resolver *resolver, const char *host, doze_family family, doze_lookup **lookup) {
    bool before = pause_counting();
    doze_result result = resolver_below->start(resolver, host, family, lookup);
    life_in_doze = before;
    return result;
}

void allocations_spare_world(world *w, world_host *host) {
    net_below = world_host_net(host)->ops;
    net_spared = *net_below;
    net_spared.open = spare_open;
    net_spared.send = spare_send;
    world_host_net(host)->ops = &net_spared;
    resolver_below = world_resolver(w)->ops;
    resolver_spared = *resolver_below;
    resolver_spared.start = spare_start;
    world_resolver(w)->ops = &resolver_spared;
}

#endif
