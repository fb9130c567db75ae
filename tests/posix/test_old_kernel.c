/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel that has less than the headers promise: this program has the calls that matter. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "doze/posix.h"

static struct kernel {
    bool no_getrandom;
    unsigned interruptions; /* of the next so many calls for randomness */
    bool gives_little;      /* a byte a call */
    bool no_device;         /* /dev/urandom is not there … */
    bool empty_device;      /* … or has nothing */
    bool no_boottime;
    unsigned asked;
} kernel;

static ssize_t give(unsigned char *out, size_t size) {
    kernel.asked++;
    if (kernel.interruptions > 0) {
        kernel.interruptions--;
        errno = EINTR;
        return -1;
    }
    size = kernel.gives_little ? 1 : size;
    memset(out, 0xa5, size);
    return (ssize_t)size;
}

ssize_t getrandom(void *out, size_t size, unsigned flags) {
    (void)flags;
    if (kernel.no_getrandom) {
        errno = ENOSYS;
        return -1;
    }
    return give(out, size);
}

int open(const char *path, int flags, ...) {
    if (strcmp(path, "/dev/urandom") == 0 && kernel.no_device) {
        errno = ENOENT;
        return -1;
    }
    unsigned mode = 0;
    if ((flags & O_CREAT) != 0) { /* not doze: what measures it */
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, unsigned);
        va_end(more);
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t read(int fd, void *out, size_t size) {
    if (!kernel.no_getrandom) { /* nobody has opened the device */
        return syscall(SYS_read, fd, out, size);
    }
    return kernel.empty_device ? 0 : give(out, size);
}

int clock_gettime(clockid_t which, struct timespec *out) {
    if (which == CLOCK_BOOTTIME && kernel.no_boottime) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_clock_gettime, which, out);
}

static int start(void **state) {
    (void)state;
    kernel = (struct kernel){0};
    return 0;
}

/* All of it, with nothing left out; or not at all. */
static void expect_random(bool given) {
    unsigned char out[33] = {0};
    const doze_random random = doze_posix_random();
    int result = random.fill(random.context, out, sizeof(out) - 1);
    assert_int_equal(result == 0, given);
    for (size_t i = 0; given && i < sizeof(out) - 1; i++) {
        assert_int_equal(out[i], 0xa5);
    }
    assert_int_equal(out[32], 0);
}

static void randomness_comes_from_the_kernel(void **state) {
    (void)state;
    expect_random(true);
    assert_int_equal(kernel.asked, 1);
}

static void what_is_interrupted_or_given_in_parts_is_asked_for_again(void **state) {
    (void)state;
    kernel.interruptions = 3;
    kernel.gives_little = true;
    expect_random(true);
    assert_int_equal(kernel.asked, 3 + 32);
}

static void without_the_call_it_comes_from_the_device(void **state) {
    (void)state;
    kernel.no_getrandom = true;
    kernel.interruptions = 1;
    expect_random(true);
    assert_int_equal(kernel.asked, 2);
}

static void without_either_there_is_none(void **state) {
    (void)state;
    kernel.no_getrandom = true;
    kernel.no_device = true;
    expect_random(false);
    kernel.no_device = false;
    kernel.empty_device = true;
    expect_random(false);
}

static void without_a_clock_that_counts_suspend_time_goes_on_all_the_same(void **state) {
    (void)state;
    const doze_clock clock = doze_posix_clock();
    struct timespec monotonic;
    kernel.no_boottime = true;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &monotonic), 0);
    uint64_t before = (uint64_t)monotonic.tv_sec * 1000 + (uint64_t)monotonic.tv_nsec / 1000000;
    uint64_t now = clock.now(clock.context);
    assert_in_range(now, before, before + 60000);
    assert_true(clock.now(clock.context) >= now);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(randomness_comes_from_the_kernel, start),
        cmocka_unit_test_setup(what_is_interrupted_or_given_in_parts_is_asked_for_again, start),
        cmocka_unit_test_setup(without_the_call_it_comes_from_the_device, start),
        cmocka_unit_test_setup(without_either_there_is_none, start),
        cmocka_unit_test_setup(without_a_clock_that_counts_suspend_time_goes_on_all_the_same, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
