// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Files: only the three standard streams exist, and they are a terminal, so that the C library
// writes line by line. Output goes to terminal_write(), input comes from linux_input.c. There is no
// file system: no path names anything.
#include "linux.h"

#include "barrelfish/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <termios.h>

#define IOV_COUNT_MAX 1024
#define TERMINAL_COLUMNS 80
#define TERMINAL_ROWS 24
#define TERMINAL_NUMBER makedev(5, 1) // of a console in Linux's list of devices
#define KERNEL_TERMIOS_BYTES 36u      // the system call's struct is shorter than the C library's

/// A terminal gives less than it was asked for; so no more of the buffer has to be there.
static long read_some(void *to, size_t bytes)
{
    bytes = bytes < BASE_PAGE_SIZE ? bytes : BASE_PAGE_SIZE;
    if (bytes == 0)
        return 0;
    return linux_can_write(to, bytes) ? linux_input_read(to, bytes) : -EFAULT;
}

long linux_read(const long args[6])
{
    if (linux_stream_of((int)args[0]) != LINUX_INPUT)
        return -EBADF;
    return read_some((void *)args[1], (size_t)args[2]);
}

static long write_some(const void *from, size_t bytes)
{
    size_t there = linux_readable(from, bytes);
    if (bytes == 0)
        return 0;
    if (there == 0)
        return -EFAULT;
    size_t written = terminal_write(from, there);
    return written == 0 ? -EIO : (long)written;
}

long linux_write(const long args[6])
{
    if (linux_stream_of((int)args[0]) != LINUX_OUTPUT)
        return -EBADF;
    size_t bytes = (size_t)args[2];
    return write_some((const void *)args[1], bytes < INT_MAX ? bytes : INT_MAX);
}

/// Checks a vector as a whole, before any of it is used.
static long check_vector(const struct iovec *iov, long count)
{
    size_t total = 0;
    if (count < 0 || count > IOV_COUNT_MAX)
        return -EINVAL;
    if (!linux_can_read(iov, (size_t)count * sizeof(*iov)))
        return -EFAULT;
    for (long i = 0; i < count; i++) {
        if (iov[i].iov_len > (size_t)SSIZE_MAX - total)
            return -EINVAL;
        total += iov[i].iov_len;
    }
    return 0;
}

long linux_readv(const long args[6])
{
    const struct iovec *iov = (const struct iovec *)args[1];
    if (linux_stream_of((int)args[0]) != LINUX_INPUT)
        return -EBADF;
    long count = (int)args[2];
    long result = check_vector(iov, count);
    // A terminal gives what it has; the first buffer with room is enough.
    for (long i = 0; i < count && result == 0; i++)
        if (iov[i].iov_len != 0)
            return read_some(iov[i].iov_base, iov[i].iov_len);
    return result;
}

long linux_writev(const long args[6])
{
    const struct iovec *iov = (const struct iovec *)args[1];
    if (linux_stream_of((int)args[0]) != LINUX_OUTPUT)
        return -EBADF;
    long count = (int)args[2], total = 0;
    long result = check_vector(iov, count);
    for (long i = 0; i < count && result == 0; i++) {
        long written = write_some(iov[i].iov_base, iov[i].iov_len);
        if (written < 0)
            return total != 0 ? total : written;
        total += written;
        if ((size_t)written < iov[i].iov_len)
            break;
    }
    return result != 0 ? result : total;
}

/// A terminal that edits lines; it cannot be set to anything else.
static const struct termios terminal = {
    .c_iflag = ICRNL,
    .c_oflag = OPOST | ONLCR,
    .c_cflag = B38400 | CS8 | CREAD,
    .c_lflag = ICANON | ECHO | ECHOE | ECHOK,
};

long linux_ioctl(const long args[6])
{
    const struct winsize size = {.ws_row = TERMINAL_ROWS, .ws_col = TERMINAL_COLUMNS};
    const void *from = NULL;
    size_t bytes = 0;
    bool ready;
    enum linux_stream stream = linux_stream_of((int)args[0]);
    if (stream == LINUX_CLOSED)
        return -EBADF;
    int count = stream == LINUX_INPUT ? (int)linux_input_count(&ready) : 0;
    switch (args[1]) {
    case TIOCGWINSZ:
        from = &size;
        bytes = sizeof(size);
        break;
    case TCGETS:
        from = &terminal;
        bytes = KERNEL_TERMIOS_BYTES;
        break;
    case FIONREAD:
        from = &count;
        bytes = sizeof(count);
        break;
    default:
        return -ENOTTY;
    }
    if (!linux_can_write((void *)args[2], bytes))
        return -EFAULT;
    memcpy((void *)args[2], from, bytes);
    return 0;
}

static long stat_stream(long fd, struct stat *out)
{
    if (linux_stream_of(fd) == LINUX_CLOSED)
        return -EBADF;
    if (!linux_can_write(out, sizeof(*out)))
        return -EFAULT;
    memset(out, 0, sizeof(*out));
    out->st_mode = S_IFCHR | S_IRUSR | S_IWUSR;
    out->st_nlink = 1;
    out->st_rdev = TERMINAL_NUMBER;
    out->st_blksize = (blksize_t)BASE_PAGE_SIZE;
    return 0;
}

long linux_fstat(const long args[6])
{
    return stat_stream((int)args[0], (struct stat *)args[1]);
}

long linux_newfstatat(const long args[6])
{
    const char *path = (const char *)args[1];
    long result = linux_path(path);
    bool of_fd = result == -ENOENT && (args[3] & AT_EMPTY_PATH) != 0 && path[0] == '\0';
    return of_fd ? stat_stream((int)args[0], (struct stat *)args[2]) : result;
}

/// What is asked of an open stream and needs nothing to be done.
long linux_stream(const long args[6])
{
    return linux_stream_of((int)args[0]) != LINUX_CLOSED ? 0 : -EBADF;
}

long linux_no_seek(const long args[6])
{
    return linux_stream_of((int)args[0]) != LINUX_CLOSED ? -ESPIPE : -EBADF;
}

long linux_no_directory(const long args[6])
{
    return linux_stream_of((int)args[0]) != LINUX_CLOSED ? -ENOTDIR : -EBADF;
}

/// What would change the terminal's own file, or needs a file of another kind.
long linux_no_change(const long args[6])
{
    return linux_stream_of((int)args[0]) != LINUX_CLOSED ? -EINVAL : -EBADF;
}

long linux_path_first(const long args[6])
{
    return linux_path((const void *)args[0]);
}

long linux_path_second(const long args[6])
{
    return linux_path((const void *)args[1]);
}

long linux_path_third(const long args[6])
{
    return linux_path((const void *)args[2]);
}

long linux_getcwd(const long args[6])
{
    (void)args;
    return -ENOENT;
}

long linux_umask(const long args[6])
{
    static long mask = S_IWGRP | S_IWOTH;
    long before = mask;
    mask = args[0] & (S_IRWXU | S_IRWXG | S_IRWXO);
    return before;
}
