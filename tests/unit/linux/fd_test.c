// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// File descriptors: the three that there are at first, copies, the lowest free number, each error.
#include "linux.h"

#include <errno.h>
#include <fcntl.h>
#include <testlib/testlib.h>

#include "barrelfish/dispatch.h"

static bool disabled;
static unsigned disables;

dispatcher_handle_t disp_disable(void)
{
    CU_ASSERT_FALSE(disabled);
    disabled = true;
    disables++;
    return 5;
}

void disp_enable(dispatcher_handle_t handle)
{
    CU_ASSERT_TRUE(disabled && handle == 5);
    disabled = false;
}

static long call(linux_call function, long a, long b, long c)
{
    const long args[6] = {a, b, c, 0, 0, 0};
    long result = function(args);
    CU_ASSERT_FALSE(disabled);
    return result;
}

static void test_first(void)
{
    CU_ASSERT_EQUAL(linux_stream_of(0), LINUX_INPUT);
    CU_ASSERT_EQUAL(linux_stream_of(1), LINUX_OUTPUT);
    CU_ASSERT_EQUAL(linux_stream_of(2), LINUX_OUTPUT);
    CU_ASSERT_EQUAL(linux_stream_of(3), LINUX_CLOSED);
    CU_ASSERT_EQUAL(linux_stream_of(-1), LINUX_CLOSED);
    CU_ASSERT_EQUAL(linux_stream_of(LINUX_FDS), LINUX_CLOSED);
}

static void test_copies(void)
{
    CU_ASSERT_EQUAL(call(linux_dup, 0, 0, 0), 3);
    CU_ASSERT_EQUAL(disables, 1); // no other thread takes the same
    CU_ASSERT_EQUAL(linux_stream_of(3), LINUX_INPUT);
    CU_ASSERT_EQUAL(call(linux_close, 1, 0, 0), 0);
    CU_ASSERT_EQUAL(call(linux_close, 1, 0, 0), -EBADF);
    CU_ASSERT_EQUAL(call(linux_close, 0x100000001, 0, 0), -EBADF); // an int
    CU_ASSERT_EQUAL(call(linux_dup, 2, 0, 0), 1);
    CU_ASSERT_EQUAL(call(linux_dup2, 2, 9, 0), 9);
    CU_ASSERT_EQUAL(call(linux_dup2, 9, 9, 0), 9);
    CU_ASSERT_EQUAL(call(linux_dup2, 8, 8, 0), -EBADF);
    CU_ASSERT_EQUAL(call(linux_dup2, 1, LINUX_FDS, 0), -EBADF);
    CU_ASSERT_EQUAL(call(linux_dup2, 1, -1, 0), -EBADF);
    CU_ASSERT_EQUAL(call(linux_dup2, 1, LINUX_FDS - 1, 0), LINUX_FDS - 1);
    CU_ASSERT_EQUAL(call(linux_close, LINUX_FDS - 1, 0, 0), 0);
    CU_ASSERT_EQUAL(call(linux_dup2, 3, 0, 0), 0);
    CU_ASSERT_EQUAL(call(linux_fcntl, 9, F_SETFD, 8 | FD_CLOEXEC), 0);
    CU_ASSERT_EQUAL(call(linux_fcntl, 9, F_GETFD, 0), FD_CLOEXEC);
    CU_ASSERT_EQUAL(call(linux_fcntl, 9, F_SETFD, 8), 0);
    CU_ASSERT_EQUAL(call(linux_fcntl, 9, F_GETFD, 0), 0);
    CU_ASSERT_EQUAL(call(linux_dup3, 1, 1, 0), -EINVAL);
    CU_ASSERT_EQUAL(call(linux_dup3, 1, 9, O_APPEND), -EINVAL);
    CU_ASSERT_EQUAL(call(linux_dup3, 1, 10, O_CLOEXEC), 10);
    CU_ASSERT_EQUAL(call(linux_fcntl, 10, F_GETFD, 0), FD_CLOEXEC);
    CU_ASSERT_EQUAL(call(linux_fcntl, 10, F_DUPFD, 20), 20);
    CU_ASSERT_EQUAL(call(linux_fcntl, 20, F_GETFD, 0), 0);
    CU_ASSERT_EQUAL(call(linux_fcntl, 10, F_DUPFD, LINUX_FDS), -EINVAL);
    CU_ASSERT_EQUAL(call(linux_fcntl, 40, F_GETFD, 0), -EBADF);
    CU_ASSERT_EQUAL(call(linux_dup, 40, 0, 0), -EBADF);
    CU_ASSERT_EQUAL(call(linux_dup2, 40, 41, 0), -EBADF);
    CU_ASSERT_EQUAL(call(linux_dup3, 40, 41, 0), -EBADF);
    CU_ASSERT_EQUAL(linux_stream_of(41), LINUX_CLOSED);
    CU_ASSERT_EQUAL(call(linux_dup3, 1, 10, 0), 10); // what it was is closed, its flags too
    CU_ASSERT_EQUAL(call(linux_fcntl, 10, F_GETFD, 0), 0);
    CU_ASSERT_EQUAL(call(linux_fcntl, 10, F_DUPFD, -1), -EINVAL);
    CU_ASSERT_EQUAL(call(linux_fcntl, 10, F_DUPFD, LINUX_FDS - 1), LINUX_FDS - 1);
    CU_ASSERT_EQUAL(call(linux_fcntl, 10, F_DUPFD_CLOEXEC, 20), 21);
    CU_ASSERT_EQUAL(call(linux_fcntl, 21, F_GETFD, 0), FD_CLOEXEC);
    CU_ASSERT_EQUAL(linux_stream_of(21), LINUX_OUTPUT);
    CU_ASSERT_EQUAL(call(linux_close, 21, 0, 0), 0);
    CU_ASSERT_EQUAL(call(linux_fcntl, 10, F_DUPFD, 21), 21);
    CU_ASSERT_EQUAL(call(linux_fcntl, 21, F_GETFD, 0), 0);
}

static void test_full(void)
{
    while (call(linux_dup, 2, 0, 0) >= 0) {
    }
    CU_ASSERT_EQUAL(call(linux_dup, 2, 0, 0), -EMFILE);
    CU_ASSERT_EQUAL(call(linux_close, 31, 0, 0), 0);
    CU_ASSERT_EQUAL(call(linux_dup, 2, 0, 0), 31);
}

static void test_flags(void)
{
    CU_ASSERT_EQUAL(call(linux_fcntl, 0, F_GETFL, 0), O_RDONLY);
    CU_ASSERT_EQUAL(call(linux_fcntl, 2, F_GETFL, 0), O_WRONLY);
    CU_ASSERT_EQUAL(call(linux_fcntl, 2, F_SETFL, O_APPEND), 0);
    static const int refused[] = {O_NONBLOCK, O_ASYNC, O_DIRECT};
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(call(linux_fcntl, 2, F_SETFL, O_APPEND | refused[i]), -EINVAL);
    CU_ASSERT_EQUAL(call(linux_fcntl, 2, F_SETLK, 0), -EINVAL);
}

TEST_SUITE("file descriptors") = {
    {"the first", test_first},
    {"copies", test_copies},
    {"full", test_full},
    {"flags", test_flags},
};
