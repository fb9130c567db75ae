/* SPDX-License-Identifier: Apache-2.0 */
/* The store in files, in a directory of its own for each test. Every teardown sees to it that no descriptor is left. */
#define _DEFAULT_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doze/posix.h"

#define UNTOUCHED  12345 /* no errno: a cause that nobody set */
#define FILLER     0xa5
#define MANY_FDS   256
#define ROOM       (DOZE_STORE_SLOT_SIZE + 16)
#define OLD        "old contents"
#define NEW        "new contents, and longer"
#define CHILD_DIED 255

static char path[sizeof(P_tmpdir) + 32]; /* the directory of the test that runs */
static int inside;                       /* its descriptor, which is ours and not the store's */
static int descriptors;
static doze_file_store files;
static doze_file_store second;
static doze_store *store = &files.store;

/* ---- the directory of a test ---- */

static int count_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < MANY_FDS; fd++) {
        count += fcntl(fd, F_GETFD) != -1;
    }
    return count;
}

static void remove_entry(const char *name) {
    if (unlinkat(inside, name, 0) != 0) {
        (void)unlinkat(inside, name, AT_REMOVEDIR);
    }
}

static void remove_entries(void) {
    DIR *entries = opendir(path);
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        remove_entry(entry->d_name);
    }
    if (entries != NULL) {
        closedir(entries);
    }
}

static int no_store(void **state) {
    (void)state;
    files = second = (doze_file_store){0};
    (void)snprintf(path, sizeof(path), "%s/doze-store-XXXXXX", P_tmpdir);
    if (mkdtemp(path) == NULL) {
        return -1;
    }
    inside = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    descriptors = count_descriptors();
    return inside < 0 ? -1 : 0;
}

static int empty_store(void **state) {
    if (no_store(state) != 0 || doze_file_store_open(&files, path) != DOZE_OK) {
        return -1;
    }
    store->cause = UNTOUCHED;
    return 0;
}

static int clean_up(void **state) {
    (void)state;
    doze_file_store_close(&files);
    doze_file_store_close(&second);
    int left = count_descriptors() - descriptors;
    remove_entries();
    (void)close(inside);
    (void)rmdir(path);
    if (left != 0) {
        print_error("descriptors left open: %d\n", left);
    }
    return left == 0 ? 0 : -1;
}

static bool exists(const char *name) {
    struct stat info;
    return fstatat(inside, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

static unsigned permissions_of(const char *name) {
    struct stat info;
    assert_int_equal(fstatat(inside, name, &info, AT_SYMLINK_NOFOLLOW), 0);
    return info.st_mode & 07777U;
}

static void put_file(const char *name, mode_t mode, const char *contents) {
    int fd = openat(inside, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(write(fd, contents, strlen(contents)), strlen(contents));
    assert_int_equal(close(fd), 0);
}

static bool file_holds(const char *name, const char *expected) {
    char contents[ROOM];
    int fd = openat(inside, name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t size = read(fd, contents, sizeof(contents));
    assert_int_equal(close(fd), 0);
    return size == (ssize_t)strlen(expected) && memcmp(contents, expected, strlen(expected)) == 0;
}

/* ---- the store ---- */

static void open_again(void) {
    doze_file_store_close(&files);
    assert_int_equal(doze_file_store_open(&files, path), DOZE_OK);
    store->cause = UNTOUCHED;
}

static void put(unsigned slot, const char *text) {
    assert_int_equal(store->ops->write(store, slot, text, strlen(text)), DOZE_OK);
}

static void holds(unsigned slot, const char *text) {
    unsigned char buffer[ROOM];
    size_t size = ROOM;
    assert_int_equal(store->ops->read(store, slot, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(buffer, text, size);
}

static void reading_fails(unsigned slot, int cause) {
    unsigned char buffer[ROOM];
    size_t size = 0;
    store->cause = UNTOUCHED;
    assert_int_equal(store->ops->read(store, slot, buffer, sizeof(buffer), &size), DOZE_ERR_STORE);
    assert_int_equal(store->cause, cause);
}

static void writing_fails(unsigned slot, size_t size, int cause) {
    assert_true(size <= sizeof(NEW));
    store->cause = UNTOUCHED;
    assert_int_equal(store->ops->write(store, slot, NEW, size), DOZE_ERR_STORE);
    assert_int_equal(store->cause, cause);
}

static void opening_fails(doze_file_store *which, const char *directory, int cause) {
    assert_int_equal(doze_file_store_open(which, directory), DOZE_ERR_STORE);
    assert_int_equal(which->store.cause, cause);
}

/* ---- reading and writing ---- */

static void what_is_written_is_there_after_close_and_open(void **state) {
    (void)state;
    put(3, OLD);
    holds(3, OLD);
    open_again();
    holds(3, OLD);
}

static void a_slot_never_written_is_empty(void **state) {
    (void)state;
    for (unsigned slot = 0; slot < DOZE_STORE_SLOTS; slot++) {
        holds(slot, "");
    }
}

static void slots_are_apart(void **state) {
    (void)state;
    char text[32];
    for (unsigned slot = 0; slot < DOZE_STORE_SLOTS; slot++) {
        (void)snprintf(text, sizeof(text), "this is slot %u", slot);
        put(slot, text);
    }
    put(1, "");
    for (unsigned slot = 0; slot < DOZE_STORE_SLOTS; slot++) {
        (void)snprintf(text, sizeof(text), "this is slot %u", slot);
        holds(slot, slot == 1 ? "" : text);
    }
}

static void bytes_of_every_value_are_kept(void **state) {
    (void)state;
    unsigned char data[DOZE_STORE_SLOT_SIZE];
    unsigned char buffer[DOZE_STORE_SLOT_SIZE] = {0};
    size_t size = 0;
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (unsigned char)i;
    }
    assert_int_equal(store->ops->write(store, 0, data, sizeof(data)), DOZE_OK);
    assert_int_equal(store->ops->read(store, 0, buffer, sizeof(buffer), &size), DOZE_OK);
    assert_int_equal(size, sizeof(data));
    assert_memory_equal(buffer, data, sizeof(data));
}

static void shorter_contents_leave_nothing_of_longer_ones(void **state) {
    (void)state;
    put(0, NEW);
    put(0, OLD);
    holds(0, OLD);
}

static void size_0_empties_a_slot_for_good(void **state) {
    (void)state;
    put(5, OLD);
    assert_int_equal(store->ops->write(store, 5, NULL, 0), DOZE_OK);
    assert_false(exists("slot-5"));
    holds(5, "");
    open_again();
    holds(5, "");
}

static void an_empty_slot_can_be_emptied(void **state) {
    (void)state;
    assert_int_equal(store->ops->write(store, 5, NULL, 0), DOZE_OK);
    assert_int_equal(store->ops->write(store, 5, NULL, 0), DOZE_OK);
    holds(5, "");
}

static void contents_longer_than_the_buffer_are_too_long_and_those_that_fit_exactly_are_not(void **state) {
    (void)state;
    unsigned char buffer[sizeof(OLD)];
    const size_t length = sizeof(OLD) - 1;
    size_t size = UNTOUCHED;
    put(2, OLD);
    memset(buffer, FILLER, sizeof(buffer));
    for (size_t capacity = 1; capacity < length; capacity++) {
        assert_int_equal(store->ops->read(store, 2, buffer, capacity, &size), DOZE_ERR_TOO_LONG);
    }
    assert_int_equal(store->ops->read(store, 2, NULL, 0, &size), DOZE_ERR_TOO_LONG);
    assert_int_equal(size, UNTOUCHED);
    assert_int_equal(buffer[0], FILLER);
    assert_int_equal(store->ops->read(store, 2, buffer, length, &size), DOZE_OK);
    assert_int_equal(size, length);
    assert_memory_equal(buffer, OLD, length);
    assert_int_equal(buffer[length], FILLER);
}

static void files_are_for_their_owner_alone(void **state) {
    (void)state;
    mode_t before = umask(0);
    open_again();
    put(0, OLD);
    put(0, NEW);
    (void)umask(before);
    assert_int_equal(permissions_of("slot-0"), 0600);
}

static void the_lock_is_for_its_owner_alone(void **state) {
    (void)state;
    mode_t before = umask(0);
    doze_result result = doze_file_store_open(&files, path);
    (void)umask(before);
    assert_int_equal(result, DOZE_OK);
    assert_int_equal(permissions_of("lock"), 0600);
}

static void a_write_leaves_the_slot_and_the_lock_alone_in_the_directory(void **state) {
    (void)state;
    put(63, OLD);
    assert_true(exists("slot-63"));
    assert_false(exists("slot-63.new"));
    assert_int_equal(unlinkat(inside, "slot-63", 0), 0);
    assert_int_equal(unlinkat(inside, "lock", 0), 0);
    assert_int_equal(rmdir(path), 0); /* only if nothing else is there */
}

static void success_sets_no_cause(void **state) {
    (void)state;
    errno = EIO;
    holds(0, "");
    put(0, OLD);
    holds(0, OLD);
    put(0, "");
    put(0, "");
    assert_int_equal(store->cause, UNTOUCHED);
}

static void there_is_no_counter(void **state) {
    (void)state;
    assert_null(store->ops->count);
    assert_null(store->ops->advance);
}

/* ---- one store a directory ---- */

/* What opening says in a child: 0, or the cause of DOZE_ERR_STORE. */
static int open_in_a_child(void) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static doze_file_store theirs;
        doze_result result = doze_file_store_open(&theirs, path);
        _exit(result == DOZE_OK ? 0 : result == DOZE_ERR_STORE ? theirs.store.cause : CHILD_DIED);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : CHILD_DIED;
}

static void a_second_store_of_the_process_is_refused(void **state) {
    (void)state;
    opening_fails(&second, path, EWOULDBLOCK);
    put(0, OLD);
    holds(0, OLD);
}

static void a_store_of_another_process_is_refused(void **state) {
    (void)state;
    assert_int_equal(open_in_a_child(), EWOULDBLOCK);
}

static void who_was_refused_does_not_end_the_lock(void **state) {
    (void)state;
    opening_fails(&second, path, EWOULDBLOCK);
    doze_file_store_close(&second);
    opening_fails(&second, path, EWOULDBLOCK);
    assert_int_equal(open_in_a_child(), EWOULDBLOCK);
    assert_int_equal(open_in_a_child(), EWOULDBLOCK);
}

static void after_close_another_may_have_the_directory(void **state) {
    (void)state;
    put(0, OLD);
    doze_file_store_close(&files);
    assert_int_equal(open_in_a_child(), 0);
    assert_int_equal(doze_file_store_open(&second, path), DOZE_OK);
    store = &second.store;
    holds(0, OLD);
    store = &files.store;
    opening_fails(&files, path, EWOULDBLOCK);
}

static void two_directories_are_two_stores(void **state) {
    (void)state;
    char other[sizeof(path) + 8];
    (void)snprintf(other, sizeof(other), "%s/other", path);
    assert_int_equal(mkdir(other, 0700), 0);
    put(0, OLD);
    assert_int_equal(doze_file_store_open(&second, other), DOZE_OK);
    store = &second.store;
    holds(0, "");
    put(0, NEW);
    store = &files.store;
    holds(0, OLD);
    remove_entry("other/slot-0");
    remove_entry("other/lock");
}

static void its_descriptors_are_not_inherited(void **state) {
    (void)state;
    assert_true(fcntl(files.directory, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(files.lock, F_GETFD) & FD_CLOEXEC);
}

/* ---- opening what cannot be opened ---- */

/* So many more can be had until the limit that this returns is set again. */
static struct rlimit leave_descriptors(unsigned spare) {
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int next = fcntl(inside, F_DUPFD_CLOEXEC, 0);
    assert_int_equal(close(next), 0);
    struct rlimit few = {.rlim_cur = (rlim_t)next + spare, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    return before;
}

static void a_directory_that_is_missing_is_told(void **state) {
    (void)state;
    char missing[sizeof(path) + 8];
    (void)snprintf(missing, sizeof(missing), "%s/none", path);
    opening_fails(&files, missing, ENOENT);
    opening_fails(&files, "", ENOENT);
    assert_false(exists("none"));
}

static void a_file_instead_of_a_directory_is_told(void **state) {
    (void)state;
    char file[sizeof(path) + 8];
    put_file("file", 0600, OLD);
    (void)snprintf(file, sizeof(file), "%s/file", path);
    opening_fails(&files, file, ENOTDIR);
    remove_entry("file");
    assert_int_equal(mkfifoat(inside, "file", 0600), 0);
    opening_fails(&files, file, ENOTDIR); /* and does not wait for who writes to it */
}

static void a_lock_that_is_a_directory_or_a_symlink_is_told(void **state) {
    (void)state;
    assert_int_equal(mkdirat(inside, "lock", 0700), 0);
    opening_fails(&files, path, EISDIR);
    remove_entry("lock");
    assert_int_equal(symlinkat("elsewhere", inside, "lock"), 0);
    opening_fails(&files, path, ELOOP);
    assert_false(exists("elsewhere"));
}

static void opening_without_free_descriptors_is_told(void **state) {
    (void)state;
    for (unsigned spare = 0; spare < 2; spare++) { /* none for the directory, then none for its lock */
        struct rlimit before = leave_descriptors(spare);
        doze_result result = doze_file_store_open(&files, path);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(result, DOZE_ERR_STORE);
        assert_int_equal(store->cause, EMFILE);
    }
}

static void closing_what_is_not_open_closes_nothing(void **state) {
    (void)state;
    doze_file_store_close(NULL);
    doze_file_store_close(&files); /* all zero: never opened */
    assert_int_equal(count_descriptors(), descriptors);
    opening_fails(&files, "", ENOENT);
    doze_file_store_close(&files);
    assert_int_equal(doze_file_store_open(&files, path), DOZE_OK);
    doze_file_store_close(&files);
    int others[2] = {fcntl(inside, F_DUPFD_CLOEXEC, 0), fcntl(inside, F_DUPFD_CLOEXEC, 0)}; /* have its numbers now */
    doze_file_store_close(&files);
    assert_int_equal(close(others[0]), 0);
    assert_int_equal(close(others[1]), 0);
}

static void a_store_that_is_closed_is_not_read_or_written(void **state) {
    (void)state;
    put(0, OLD);
    doze_file_store_close(&files);
    reading_fails(0, EBADF);
    writing_fails(0, sizeof(NEW), EBADF);
    writing_fails(0, 0, EBADF);
    assert_true(file_holds("slot-0", OLD));
}

/* ---- what a power cut left ---- */

static void what_a_cut_write_left_is_not_read(void **state) {
    (void)state;
    put_file("slot-0.new", 0600, "half of wh");
    put_file("slot-1.new", 0600, "half of wh");
    put(1, OLD);
    put_file("slot-1.new", 0600, "half of wh");
    open_again();
    holds(0, "");
    holds(1, OLD);
}

static void what_a_cut_write_left_is_no_part_of_the_next(void **state) {
    (void)state;
    put_file("slot-0.new", 0644, "half of what was to be written, longer than what comes next");
    put(0, NEW);
    holds(0, NEW);
    assert_int_equal(permissions_of("slot-0"), 0600);
    assert_false(exists("slot-0.new"));
}

static void emptying_a_slot_empties_it_of_what_a_cut_write_left(void **state) {
    (void)state;
    put(0, OLD);
    put_file("slot-0.new", 0600, "half of wh");
    put_file("slot-1.new", 0600, "half of wh");
    put(0, "");
    put(1, "");
    assert_false(exists("slot-0"));
    assert_false(exists("slot-0.new"));
    assert_false(exists("slot-1.new"));
}

static void writing_follows_no_link_and_waits_for_no_fifo(void **state) {
    (void)state;
    put_file("bystander", 0600, OLD);
    assert_int_equal(symlinkat("bystander", inside, "slot-0.new"), 0);
    assert_int_equal(linkat(inside, "bystander", inside, "slot-1.new", 0), 0);
    assert_int_equal(mkfifoat(inside, "slot-2.new", 0600), 0);
    assert_int_equal(symlinkat("bystander", inside, "slot-3"), 0);
    for (unsigned slot = 0; slot < 4; slot++) {
        put(slot, NEW);
        holds(slot, NEW);
    }
    assert_true(file_holds("bystander", OLD));
}

/* ---- writes that fail ---- */

/* Files may grow to `size` bytes; what would make them longer fails, and the signal for it is ignored. */
static doze_result write_with_a_full_disk(unsigned slot, rlim_t size) {
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit little = {.rlim_cur = size, .rlim_max = before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    doze_result result = store->ops->write(store, slot, NEW, strlen(NEW));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(signal(SIGXFSZ, handler) == SIG_IGN);
    return result;
}

static void a_write_without_room_leaves_the_old_contents_and_no_other_file(void **state) {
    (void)state;
    put(0, OLD);
    for (rlim_t room = 0; room < strlen(NEW); room++) { /* a part of it fits */
        store->cause = UNTOUCHED;
        assert_int_equal(write_with_a_full_disk(0, room), DOZE_ERR_STORE);
        assert_int_equal(store->cause, EFBIG);
        assert_false(exists("slot-0.new"));
        holds(0, OLD);
    }
    assert_int_equal(write_with_a_full_disk(0, strlen(NEW)), DOZE_OK);
    holds(0, NEW);
}

static void a_write_without_room_leaves_an_empty_slot_empty(void **state) {
    (void)state;
    assert_int_equal(write_with_a_full_disk(7, 1), DOZE_ERR_STORE);
    assert_false(exists("slot-7.new"));
    holds(7, "");
}

static void a_write_in_the_way_of_a_directory_fails_and_leaves_no_other_file(void **state) {
    (void)state;
    assert_int_equal(mkdirat(inside, "slot-0", 0700), 0);
    assert_int_equal(mkdirat(inside, "slot-1.new", 0700), 0);
    writing_fails(0, sizeof(NEW), EISDIR);
    assert_false(exists("slot-0.new"));
    writing_fails(1, sizeof(NEW), EISDIR);
    assert_false(exists("slot-1"));
}

static void an_emptying_that_fails_is_told(void **state) {
    (void)state;
    assert_int_equal(mkdirat(inside, "slot-0", 0700), 0);
    writing_fails(0, 0, EISDIR);
    assert_true(exists("slot-0"));
}

static void without_free_descriptors_nothing_is_read_or_written(void **state) {
    (void)state;
    unsigned char buffer[ROOM];
    size_t size = 0;
    put(0, OLD);
    struct rlimit before = leave_descriptors(0);
    doze_result written = store->ops->write(store, 0, NEW, sizeof(NEW));
    int cause = store->cause;
    doze_result done = store->ops->read(store, 0, buffer, sizeof(buffer), &size);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(written, DOZE_ERR_STORE);
    assert_int_equal(cause, EMFILE);
    assert_int_equal(done, DOZE_ERR_STORE);
    assert_int_equal(store->cause, EMFILE);
    holds(0, OLD);
}

static void a_write_into_a_directory_that_was_removed_fails(void **state) {
    (void)state;
    assert_int_equal(unlinkat(inside, "lock", 0), 0);
    assert_int_equal(rmdir(path), 0);
    writing_fails(0, sizeof(NEW), ENOENT);
}

static void the_store_stays_in_its_directory_when_that_is_renamed(void **state) {
    (void)state;
    char elsewhere[sizeof(path) + 8];
    (void)snprintf(elsewhere, sizeof(elsewhere), "%s.moved", path);
    put(0, OLD);
    assert_int_equal(rename(path, elsewhere), 0);
    holds(0, OLD);
    put(1, NEW);
    assert_int_equal(rename(elsewhere, path), 0);
    open_again();
    holds(1, NEW);
}

/* ---- slots that are none ---- */

static void a_symlink_in_place_of_a_slot_is_not_read(void **state) {
    (void)state;
    put_file("bystander", 0600, OLD);
    assert_int_equal(symlinkat("bystander", inside, "slot-0"), 0);
    assert_int_equal(symlinkat("nowhere", inside, "slot-1"), 0);
    reading_fails(0, ELOOP);
    reading_fails(1, ELOOP);
}

static void a_directory_in_place_of_a_slot_is_not_read(void **state) {
    (void)state;
    assert_int_equal(mkdirat(inside, "slot-0", 0700), 0);
    reading_fails(0, EISDIR);
}

static void a_fifo_in_place_of_a_slot_is_not_waited_for(void **state) {
    (void)state;
    assert_int_equal(mkfifoat(inside, "slot-0", 0600), 0);
    reading_fails(0, EINVAL);
}

static void a_slot_that_does_not_exist_is_refused(void **state) {
    (void)state;
    static const unsigned bad[] = {DOZE_STORE_SLOTS, DOZE_STORE_SLOTS + 1, 4294967295U};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        reading_fails(bad[i], EINVAL);
        writing_fails(bad[i], sizeof(NEW), EINVAL);
        writing_fails(bad[i], 0, EINVAL);
    }
    assert_false(exists("slot-64"));
}

static void what_must_not_be_null_is_an_error_of_the_caller(void **state) {
    (void)state;
    unsigned char buffer[ROOM];
    size_t size = UNTOUCHED;
    put(0, OLD);
    assert_int_equal(store->ops->read(NULL, 0, buffer, sizeof(buffer), &size), DOZE_ERR_ARGUMENT);
    assert_int_equal(store->ops->read(store, 0, NULL, sizeof(buffer), &size), DOZE_ERR_ARGUMENT);
    assert_int_equal(store->ops->read(store, 0, buffer, sizeof(buffer), NULL), DOZE_ERR_ARGUMENT);
    assert_int_equal(store->ops->write(NULL, 0, NEW, sizeof(NEW)), DOZE_ERR_ARGUMENT);
    assert_int_equal(store->ops->write(store, 0, NULL, 1), DOZE_ERR_ARGUMENT);
    assert_int_equal(store->cause, UNTOUCHED);
    holds(0, OLD);
    assert_int_equal(doze_file_store_open(NULL, path), DOZE_ERR_ARGUMENT);
    assert_int_equal(doze_file_store_open(&second, NULL), DOZE_ERR_ARGUMENT);
    doze_file_store_close(&second);
}

/* ---- descriptors ---- */

static void no_failure_leaves_a_descriptor_open(void **state) {
    (void)state;
    put_file("bystander", 0600, OLD);
    assert_int_equal(symlinkat("bystander", inside, "slot-0"), 0);
    assert_int_equal(mkdirat(inside, "slot-1", 0700), 0);
    put(2, OLD);
    int before = count_descriptors();
    for (int i = 0; i < 10; i++) {
        unsigned char little[1];
        size_t size = 0;
        reading_fails(0, ELOOP);
        reading_fails(1, EISDIR);
        assert_int_equal(store->ops->read(store, 2, little, sizeof(little), &size), DOZE_ERR_TOO_LONG);
        writing_fails(1, sizeof(NEW), EISDIR);
        writing_fails(1, 0, EISDIR);
        assert_int_equal(write_with_a_full_disk(2, 1), DOZE_ERR_STORE);
        opening_fails(&second, path, EWOULDBLOCK);
        opening_fails(&second, "", ENOENT);
        assert_int_equal(count_descriptors(), before);
    }
}

#define test(name)          cmocka_unit_test_setup_teardown(name, empty_store, clean_up)
#define test_unopened(name) cmocka_unit_test_setup_teardown(name, no_store, clean_up)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(what_is_written_is_there_after_close_and_open),
        test(a_slot_never_written_is_empty),
        test(slots_are_apart),
        test(bytes_of_every_value_are_kept),
        test(shorter_contents_leave_nothing_of_longer_ones),
        test(size_0_empties_a_slot_for_good),
        test(an_empty_slot_can_be_emptied),
        test(contents_longer_than_the_buffer_are_too_long_and_those_that_fit_exactly_are_not),
        test(files_are_for_their_owner_alone),
        test_unopened(the_lock_is_for_its_owner_alone),
        test(a_write_leaves_the_slot_and_the_lock_alone_in_the_directory),
        test(success_sets_no_cause),
        test(there_is_no_counter),
        test(a_second_store_of_the_process_is_refused),
        test(a_store_of_another_process_is_refused),
        test(who_was_refused_does_not_end_the_lock),
        test(after_close_another_may_have_the_directory),
        test(two_directories_are_two_stores),
        test(its_descriptors_are_not_inherited),
        test_unopened(a_directory_that_is_missing_is_told),
        test_unopened(a_file_instead_of_a_directory_is_told),
        test_unopened(a_lock_that_is_a_directory_or_a_symlink_is_told),
        test_unopened(opening_without_free_descriptors_is_told),
        test_unopened(closing_what_is_not_open_closes_nothing),
        test(a_store_that_is_closed_is_not_read_or_written),
        test(what_a_cut_write_left_is_not_read),
        test(what_a_cut_write_left_is_no_part_of_the_next),
        test(emptying_a_slot_empties_it_of_what_a_cut_write_left),
        test(writing_follows_no_link_and_waits_for_no_fifo),
        test(a_write_without_room_leaves_the_old_contents_and_no_other_file),
        test(a_write_without_room_leaves_an_empty_slot_empty),
        test(a_write_in_the_way_of_a_directory_fails_and_leaves_no_other_file),
        test(an_emptying_that_fails_is_told),
        test(without_free_descriptors_nothing_is_read_or_written),
        test(a_write_into_a_directory_that_was_removed_fails),
        test(the_store_stays_in_its_directory_when_that_is_renamed),
        test(a_symlink_in_place_of_a_slot_is_not_read),
        test(a_directory_in_place_of_a_slot_is_not_read),
        test(a_fifo_in_place_of_a_slot_is_not_waited_for),
        test(a_slot_that_does_not_exist_is_refused),
        test(what_must_not_be_null_is_an_error_of_the_caller),
        test(no_failure_leaves_a_descriptor_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
