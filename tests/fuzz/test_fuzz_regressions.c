/* SPDX-License-Identifier: Apache-2.0 */
/* Every fuzz target with the inputs that are kept in regressions/, and with mutations of them, without libFuzzer.
 * test_fuzz_regressions TARGET FILE... runs the target with these alone. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz/fuzz.h"

enum { INPUT_MAX = 65536, FILES_MAX = 64, MUTATIONS = 500, CHANGES_MAX = 8 };

typedef struct target {
    const char *name;
    fuzz_function *run;
} target;

static const target targets[] = {
    {"datagrams_connected", fuzz_datagrams_connected},
    {"datagrams_handshake", fuzz_datagrams_handshake},
    {"store", fuzz_store},
    {"thaw", fuzz_thaw},
    {"credentials", fuzz_credentials},
    {"verbs", fuzz_verbs},
    {"text", fuzz_text},
};
enum { TARGETS = sizeof(targets) / sizeof(targets[0]) };

typedef struct input {
    size_t size;
    uint8_t data[INPUT_MAX];
} input;

static input inputs[FILES_MAX];

/* ---- the inputs of a target ---- */

static void read_input(const char *path, input *in) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    in->size = fread(in->data, 1, sizeof(in->data), file);
    assert_int_equal(fgetc(file), EOF);
    (void)fclose(file);
}

static size_t read_inputs(const char *name) {
    char path[1024];
    size_t count = 0;
    (void)snprintf(path, sizeof(path), "%s/%s", DOZE_FUZZ_REGRESSIONS, name);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] != '.') {
            assert_in_range(count, 0, FILES_MAX - 1);
            (void)snprintf(path, sizeof(path), "%s/%s/%s", DOZE_FUZZ_REGRESSIONS, name, entry->d_name);
            read_input(path, &inputs[count++]);
        }
    }
    closedir(directory);
    return count;
}

/* ---- mutations ---- */

static uint32_t dice(uint32_t *state, uint32_t sides) {
    *state = *state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(*state >> 8) * sides >> 24);
}

static void insert(input *in, size_t at, uint8_t value) {
    if (in->size < INPUT_MAX) {
        memmove(in->data + at + 1, in->data + at, in->size - at);
        in->data[at] = value;
        in->size++;
    }
}

static void change(input *in, uint32_t *state) {
    size_t at = dice(state, (uint32_t)in->size);
    uint8_t value = (uint8_t)dice(state, 256);
    switch (dice(state, 5)) {
    case 0:
        in->data[at] = (uint8_t)(in->data[at] ^ 1u << value % 8);
        break;
    case 1:
        in->data[at] = value;
        break;
    case 2:
        insert(in, at, value);
        break;
    case 3:
        memmove(in->data + at, in->data + at + 1, in->size - at - 1);
        in->size--;
        break;
    default:
        in->size = value % 4 == 0 ? at : in->size; /* a cut ends an input: not too often */
    }
}

static void mutate(input *in, const input *other, uint32_t *state) {
    if (dice(state, 4) == 0 && in->size > 0 && other->size > 0) { /* the rest of another one */
        size_t at = dice(state, (uint32_t)in->size);
        size_t from = dice(state, (uint32_t)other->size);
        size_t size = other->size - from < INPUT_MAX - at ? other->size - from : INPUT_MAX - at;
        memcpy(in->data + at, other->data + from, size);
        in->size = at + size;
    }
    for (uint32_t changes = 1 + dice(state, CHANGES_MAX); changes > 0 && in->size > 0; changes--) {
        change(in, state);
    }
}

/* ---- running them ---- */

/* What a target that aborts was given: found there by whoever looks for the reason. */
static void keep(const char *name, const input *in) {
    char path[128];
    (void)snprintf(path, sizeof(path), "fuzz-%s.input", name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(in->data, 1, in->size, file), in->size);
    assert_int_equal(fclose(file), 0);
}

static void run(const target *t, const input *in) {
    keep(t->name, in);
    assert_int_equal(t->run(in->data, in->size), 0);
}

static void takes_its_regression_inputs_and_mutations_of_them(void **state) {
    const target *t = *state;
    uint32_t seed = 1;
    input mutant = {0};
    size_t count = read_inputs(t->name);
    assert_in_range(count, 1, FILES_MAX);
    run(t, &mutant);
    for (size_t i = 0; i < count; i++) {
        run(t, &inputs[i]);
    }
    for (size_t i = 0; i < MUTATIONS; i++) {
        mutant = inputs[i % count];
        mutate(&mutant, &inputs[dice(&seed, (uint32_t)count)], &seed);
        run(t, &mutant);
    }
}

static int run_files(int argc, char **argv) {
    for (int i = 0; i < TARGETS; i++) {
        if (strcmp(targets[i].name, argv[1]) == 0) {
            for (int file = 2; file < argc; file++) {
                read_input(argv[file], &inputs[0]);
                targets[i].run(inputs[0].data, inputs[0].size);
            }
            return 0;
        }
    }
    (void)fprintf(stderr, "there is no target %s\n", argv[1]);
    return 2;
}

int main(int argc, char **argv) {
    struct CMUnitTest tests[TARGETS];
    target copies[TARGETS];
    if (argc > 1) {
        return run_files(argc, argv);
    }
    for (int i = 0; i < TARGETS; i++) {
        copies[i] = targets[i];
        tests[i] =
            (struct CMUnitTest)cmocka_unit_test_prestate(takes_its_regression_inputs_and_mutations_of_them, &copies[i]);
        tests[i].name = targets[i].name;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
