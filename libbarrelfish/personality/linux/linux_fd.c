// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// File descriptors: numbers for the two things that there are, the domain's input and its output.
// A number of any thread's is the domain's; they are changed while disabled.
#include "linux.h"

#include "barrelfish/dispatch.h"

#include <errno.h>
#include <fcntl.h>

static struct descriptor {
    uint8_t stream; ///< enum linux_stream
    uint8_t flags;  ///< FD_CLOEXEC
} descriptors[LINUX_FDS] = {{LINUX_INPUT, 0}, {LINUX_OUTPUT, 0}, {LINUX_OUTPUT, 0}};

enum linux_stream linux_stream_of(long fd)
{
    return fd >= 0 && fd < LINUX_FDS ? (enum linux_stream)descriptors[fd].stream : LINUX_CLOSED;
}

long linux_close(const long args[6])
{
    long fd = (int)args[0];
    if (linux_stream_of(fd) == LINUX_CLOSED)
        return -EBADF;
    descriptors[fd] = (struct descriptor){LINUX_CLOSED, 0};
    return 0;
}

/// The lowest free number from `least` on.
static long dup_from(long fd, long least, uint8_t flags)
{
    long result = -EMFILE;
    if (linux_stream_of(fd) == LINUX_CLOSED)
        return -EBADF;
    if (least < 0 || least >= LINUX_FDS)
        return -EINVAL;
    dispatcher_handle_t handle = disp_disable();
    for (long i = least; i < LINUX_FDS && result < 0; i++) {
        if (descriptors[i].stream == LINUX_CLOSED) {
            descriptors[i] = (struct descriptor){descriptors[fd].stream, flags};
            result = i;
        }
    }
    disp_enable(handle);
    return result;
}

static long dup_to(long fd, long to, uint8_t flags)
{
    if (linux_stream_of(fd) == LINUX_CLOSED || to < 0 || to >= LINUX_FDS)
        return -EBADF;
    descriptors[to] = (struct descriptor){descriptors[fd].stream, flags};
    return to;
}

long linux_dup(const long args[6])
{
    return dup_from((int)args[0], 0, 0);
}

long linux_dup2(const long args[6])
{
    long fd = (int)args[0], to = (int)args[1];
    return fd == to ? (linux_stream_of(fd) != LINUX_CLOSED ? to : -EBADF) : dup_to(fd, to, 0);
}

long linux_dup3(const long args[6])
{
    if (args[0] == args[1] || (args[2] & ~O_CLOEXEC) != 0)
        return -EINVAL;
    return dup_to((int)args[0], (int)args[1], args[2] != 0 ? FD_CLOEXEC : 0);
}

/// The flags of a stream cannot be changed: reading blocks, and writing goes to the end.
long linux_fcntl(const long args[6])
{
    long fd = (int)args[0];
    enum linux_stream stream = linux_stream_of(fd);
    if (stream == LINUX_CLOSED)
        return -EBADF;
    switch (args[1]) {
    case F_DUPFD:
        return dup_from(fd, (int)args[2], 0);
    case F_DUPFD_CLOEXEC:
        return dup_from(fd, (int)args[2], FD_CLOEXEC);
    case F_GETFL:
        return stream == LINUX_INPUT ? O_RDONLY : O_WRONLY;
    case F_SETFL:
        return (args[2] & (O_NONBLOCK | O_ASYNC | O_DIRECT)) != 0 ? -EINVAL : 0;
    case F_GETFD:
        return descriptors[fd].flags;
    case F_SETFD:
        descriptors[fd].flags = (uint8_t)(args[2] & FD_CLOEXEC);
        return 0;
    default:
        return -EINVAL;
    }
}
