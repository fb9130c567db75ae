/* SPDX-License-Identifier: Apache-2.0 */
/* A store in files whose reads and writes are interrupted, come in parts, or do nothing: this program has these calls. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "doze/posix.h"

static struct medium {
    bool watched;           /* what follows is for the store alone */
    unsigned interruptions; /* of the next so many calls */
    bool gives_little;      /* a byte a call */
    int error;              /* of every call; 0: none */
    bool ends_early;        /* reads find less than the file has */
    bool takes_nothing;     /* writes say 0 */
} medium;

static doze_file_store store;
static char directory[64];
static const char contents[] = "what must not be lost";

/* Whether this call fails, with its errno. */
static bool disturbed(void) {
    if (medium.interruptions > 0) {
        medium.interruptions--;
        errno = EINTR;
        return true;
    }
    errno = medium.error;
    return medium.error != 0;
}

ssize_t read(int fd, void *out, size_t size) {
    if (!medium.watched) {
        return syscall(SYS_read, fd, out, size);
    }
    if (disturbed()) {
        return -1;
    }
    return medium.ends_early ? 0 : syscall(SYS_read, fd, out, medium.gives_little ? 1 : size);
}

ssize_t write(int fd, const void *data, size_t size) {
    if (!medium.watched) {
        return syscall(SYS_write, fd, data, size);
    }
    if (disturbed()) {
        return -1;
    }
    return medium.takes_nothing ? 0 : syscall(SYS_write, fd, data, medium.gives_little ? 1 : size);
}

static int open_store(void **state) {
    (void)state;
    medium = (struct medium){0};
    (void)snprintf(directory, sizeof(directory), "/tmp/doze-interrupted-XXXXXX");
    assert_non_null(mkdtemp(directory));
    assert_int_equal(doze_file_store_open(&store, directory), DOZE_OK);
    return 0;
}

static int close_store(void **state) {
    char command[128];
    (void)state;
    doze_file_store_close(&store);
    (void)snprintf(command, sizeof(command), "rm -r '%s'", directory);
    return system(command);
}

static doze_result put(void) {
    medium.watched = true;
    doze_result result = store.store.ops->write(&store.store, 0, contents, sizeof(contents));
    medium.watched = false;
    return result;
}

static doze_result get(char out[64], size_t *size) {
    medium.watched = true;
    doze_result result = store.store.ops->read(&store.store, 0, out, 64, size);
    medium.watched = false;
    return result;
}

static void expect_contents(void) {
    char out[64] = "";
    size_t size = 0;
    assert_int_equal(get(out, &size), DOZE_OK);
    assert_int_equal(size, sizeof(contents));
    assert_string_equal(out, contents);
}

static void what_is_interrupted_or_done_in_parts_is_done_in_the_end(void **state) {
    (void)state;
    medium.interruptions = 3;
    medium.gives_little = true;
    assert_int_equal(put(), DOZE_OK);
    medium.interruptions = 3;
    expect_contents();
}

static void a_write_that_fails_or_writes_nothing_is_told_and_leaves_the_old_contents(void **state) {
    (void)state;
    assert_int_equal(put(), DOZE_OK);
    medium.error = EIO;
    assert_int_equal(put(), DOZE_ERR_STORE);
    assert_int_equal(store.store.cause, EIO);
    medium.error = 0;
    medium.takes_nothing = true;
    assert_int_equal(put(), DOZE_ERR_STORE);
    assert_int_equal(store.store.cause, EIO);
    expect_contents();
}

static void a_read_that_fails_is_told(void **state) {
    char out[64];
    size_t size = 0;
    (void)state;
    assert_int_equal(put(), DOZE_OK);
    medium.error = EIO;
    assert_int_equal(get(out, &size), DOZE_ERR_STORE);
    assert_int_equal(store.store.cause, EIO);
    medium.error = 0;
    expect_contents();
}

static void a_file_that_ends_before_its_size_has_what_could_be_read(void **state) {
    char out[64];
    size_t size = 1;
    (void)state;
    assert_int_equal(put(), DOZE_OK);
    medium.ends_early = true;
    assert_int_equal(get(out, &size), DOZE_OK);
    assert_int_equal(size, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_interrupted_or_done_in_parts_is_done_in_the_end, open_store,
                                        close_store),
        cmocka_unit_test_setup_teardown(a_write_that_fails_or_writes_nothing_is_told_and_leaves_the_old_contents,
                                        open_store, close_store),
        cmocka_unit_test_setup_teardown(a_read_that_fails_is_told, open_store, close_store),
        cmocka_unit_test_setup_teardown(a_file_that_ends_before_its_size_has_what_could_be_read, open_store,
                                        close_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
