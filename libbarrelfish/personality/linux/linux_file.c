// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Files: only the three standard streams exist, and they are a terminal, so that the C library
// writes line by line. Output goes to terminal_write(), input comes from the domain's hook. There
// is no file system.
#include "linux.h"

#include "barrelfish/personality.h"
#include "barrelfish/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define IOV_COUNT_MAX 1024
#define TERMINAL_COLUMNS 80
#define TERMINAL_ROWS 24

static personality_read_fn read_hook;

personality_read_fn personality_set_read(personality_read_fn read)
{
    personality_read_fn before = read_hook;
    read_hook = read;
    return before;
}

static bool is_stream(long fd)
{
    return fd >= 0 && fd <= 2;
}

static long read_bytes(void *buf, size_t bytes)
{
    return bytes == 0 || read_hook == NULL ? 0 : (long)read_hook(buf, bytes);
}

long linux_read(const long args[6])
{
    return args[0] != 0 ? -EBADF : read_bytes((void *)args[1], (size_t)args[2]);
}

long linux_write(const long args[6])
{
    if (args[0] != 1 && args[0] != 2) {
        return -EBADF;
    }
    size_t bytes = (size_t)args[2];
    size_t written = terminal_write((const char *)args[1], bytes);
    return written == 0 && bytes != 0 ? -EIO : (long)written;
}

long linux_readv(const long args[6])
{
    const struct iovec *iov = (const struct iovec *)args[1];
    if (args[0] != 0) {
        return -EBADF;
    }
    // A terminal gives what it has; the first buffer with room is enough.
    for (long i = 0; i < args[2] && i < IOV_COUNT_MAX; i++) {
        if (iov[i].iov_len != 0) {
            return read_bytes(iov[i].iov_base, iov[i].iov_len);
        }
    }
    return 0;
}

long linux_writev(const long args[6])
{
    const struct iovec *iov = (const struct iovec *)args[1];
    long total = 0;
    if (args[2] < 0 || args[2] > IOV_COUNT_MAX) {
        return -EINVAL;
    }
    for (long i = 0; i < args[2]; i++) {
        const long part[6] = {args[0], (long)iov[i].iov_base, (long)iov[i].iov_len};
        long written = linux_write(part);
        if (written < 0) {
            return total != 0 ? total : written;
        }
        total += written;
        if ((size_t)written < iov[i].iov_len) {
            break;
        }
    }
    return total;
}

long linux_ioctl(const long args[6])
{
    if (!is_stream(args[0])) {
        return -EBADF;
    }
    if (args[1] != TIOCGWINSZ) {
        return -ENOTTY;
    }
    *(struct winsize *)args[2] =
        (struct winsize){.ws_row = TERMINAL_ROWS, .ws_col = TERMINAL_COLUMNS};
    return 0;
}

long linux_fcntl(const long args[6])
{
    if (!is_stream(args[0])) {
        return -EBADF;
    }
    switch (args[1]) {
    case F_GETFL:
        return O_RDWR;
    case F_GETFD:
    case F_SETFD:
    case F_SETFL:
        return 0;
    default:
        return -EINVAL;
    }
}

static long stat_stream(long fd, struct stat *out)
{
    if (!is_stream(fd)) {
        return -EBADF;
    }
    memset(out, 0, sizeof(*out));
    out->st_mode = S_IFCHR | S_IRUSR | S_IWUSR;
    out->st_nlink = 1;
    out->st_blksize = (blksize_t)BASE_PAGE_SIZE;
    return 0;
}

long linux_fstat(const long args[6])
{
    return stat_stream(args[0], (struct stat *)args[1]);
}

long linux_newfstatat(const long args[6])
{
    const char *path = (const char *)args[1];
    bool of_fd = (args[3] & AT_EMPTY_PATH) != 0 && path[0] == '\0';
    return of_fd ? stat_stream(args[0], (struct stat *)args[2]) : -ENOENT;
}

long linux_lseek(const long args[6])
{
    return is_stream(args[0]) ? -ESPIPE : -EBADF;
}

long linux_close(const long args[6])
{
    return is_stream(args[0]) ? 0 : -EBADF;
}

long linux_no_file(const long args[6])
{
    (void)args;
    return -ENOENT;
}
