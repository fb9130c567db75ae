/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which a store in files makes its contents durable: this program has the calls that matter. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "doze/posix.h"

static char calls[64]; /* f: a file was synced, d: a directory, r: renamed, u: unlinked */
static char failing;   /* the kind of call that fails */
static doze_file_store store;
static char directory[64];

static int note(char kind) {
    size_t length = strlen(calls);
    assert_in_range(length, 0, sizeof(calls) - 2);
    calls[length] = kind;
    calls[length + 1] = '\0';
    if (kind == failing) {
        errno = EIO;
        return -1;
    }
    return 0;
}

int fsync(int fd) {
    struct stat what;
    assert_int_equal(fstat(fd, &what), 0);
    return note(S_ISDIR(what.st_mode) ? 'd' : 'f');
}

int renameat(int from, const char *old, int to, const char *new) {
    return note('r') != 0 ? -1 : (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

int unlinkat(int at, const char *name, int flags) {
    int result = (int)syscall(SYS_unlinkat, at, name, flags);
    return result == 0 ? note('u') : result;
}

static int open_store(void **state) {
    (void)state;
    failing = '\0';
    (void)snprintf(directory, sizeof(directory), "/tmp/doze-sync-XXXXXX");
    assert_non_null(mkdtemp(directory));
    assert_int_equal(doze_file_store_open(&store, directory), DOZE_OK);
    calls[0] = '\0';
    return 0;
}

static int close_store(void **state) {
    (void)state;
    failing = '\0';
    store.store.ops->write(&store.store, 0, NULL, 0);
    assert_int_equal(unlinkat(store.directory, "lock", 0), 0);
    doze_file_store_close(&store);
    return rmdir(directory);
}

static doze_result write_text(const char *text) {
    return store.store.ops->write(&store.store, 0, text, strlen(text));
}

static void expect_contents(const char *text) {
    char buffer[16] = "";
    size_t size = 0;
    assert_int_equal(store.store.ops->read(&store.store, 0, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(buffer, text, size);
}

static void contents_are_on_the_disk_before_they_have_the_name_and_the_name_before_the_call_returns(void **state) {
    (void)state;
    assert_int_equal(write_text("first"), DOZE_OK);
    assert_string_equal(calls, "frd");
    calls[0] = '\0';
    assert_int_equal(write_text("second"), DOZE_OK);
    assert_string_equal(calls, "frd");
    expect_contents("second");
}

static void an_emptied_slot_is_gone_before_the_call_returns(void **state) {
    (void)state;
    assert_int_equal(write_text("first"), DOZE_OK);
    calls[0] = '\0';
    assert_int_equal(write_text(""), DOZE_OK);
    assert_string_equal(calls, "ud");
    expect_contents("");
}

static void a_sync_that_fails_before_the_name_leaves_the_old_contents(void **state) {
    (void)state;
    assert_int_equal(write_text("first"), DOZE_OK);
    failing = 'f';
    assert_int_equal(write_text("second"), DOZE_ERR_STORE);
    assert_int_equal(store.store.cause, EIO);
    expect_contents("first");
    failing = 'r';
    assert_int_equal(write_text("second"), DOZE_ERR_STORE);
    assert_int_equal(store.store.cause, EIO);
    expect_contents("first");
}

static void a_directory_that_cannot_be_synced_is_a_failure_whatever_can_be_read(void **state) {
    (void)state;
    failing = 'd';
    assert_int_equal(write_text("first"), DOZE_ERR_STORE);
    assert_int_equal(store.store.cause, EIO);
    assert_int_equal(write_text(""), DOZE_ERR_STORE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            contents_are_on_the_disk_before_they_have_the_name_and_the_name_before_the_call_returns, open_store,
            close_store),
        cmocka_unit_test_setup_teardown(an_emptied_slot_is_gone_before_the_call_returns, open_store, close_store),
        cmocka_unit_test_setup_teardown(a_sync_that_fails_before_the_name_leaves_the_old_contents, open_store,
                                        close_store),
        cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_synced_is_a_failure_whatever_can_be_read, open_store,
                                        close_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
