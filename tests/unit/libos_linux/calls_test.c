// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls that need nothing but the domain: streams and files, processes, limits, times, scheduling.
// For each the answer, each error, and memory that is not there for each pointer.
#include "fake_domain.h"
#include "testlib/testlib.h"

#include "barrelfish/info.h"
#include "barrelfish/systime.h"
#include "personality/linux/linux_table.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>

#define PAGE BASE_PAGE_SIZE

static void user_memory(void)
{
    CU_ASSERT_EQUAL(linux_readable(fake_page, 3 * PAGE), 3 * PAGE);
    CU_ASSERT_EQUAL(linux_readable(fake_page, 3 * PAGE + 1), 3 * PAGE);
    CU_ASSERT_EQUAL(linux_readable(fake_page + 17, 5 * PAGE), 3 * PAGE - 17);
    CU_ASSERT_EQUAL(linux_readable(fake_page + 17, 5), 5);
    CU_ASSERT_EQUAL(linux_readable(fake_hole, 1), 0);
    CU_ASSERT_EQUAL(linux_readable(fake_hole, 0), 0);
    CU_ASSERT_EQUAL(linux_readable(fake_hole - 1, 2), 1);
    CU_ASSERT_EQUAL(linux_readable((void *)(UINTPTR_MAX - 5), 100), 0);
    CU_ASSERT_TRUE(linux_can_read(fake_hole - 1, 1) && !linux_can_read(fake_hole - 1, 2));
    CU_ASSERT_TRUE(linux_can_read(fake_hole, 0) && linux_can_write(fake_hole, 0));
    CU_ASSERT_TRUE(linux_can_write(fake_page, 3 * PAGE) &&
                   !linux_can_write(fake_page, 3 * PAGE + 1));
    CU_ASSERT_TRUE(linux_can_write(fake_page + PAGE + 5, 2 * PAGE - 5));
    CU_ASSERT_FALSE(linux_can_write(fake_page + PAGE + 5, 2 * PAGE - 4));
    CU_ASSERT_TRUE(linux_can_read(fake_readonly, PAGE) && !linux_can_write(fake_readonly, 1));
    CU_ASSERT_FALSE(linux_can_write((void *)(UINTPTR_MAX - 5), 100));
    CU_ASSERT_EQUAL(linux_path("x"), -ENOENT);
    CU_ASSERT_EQUAL(linux_path(NULL), -EFAULT);
}

static void writes(void)
{
    memset(fake_page, 'w', 3 * PAGE);
    CU_ASSERT_EQUAL(CALL(linux_write, 1, P(fake_page), 10), 10);
    CU_ASSERT_EQUAL(CALL(linux_write, 2, P(fake_hole - 3), 10), 3);
    CU_ASSERT_EQUAL(fake.written_bytes, 13);
    CU_ASSERT_EQUAL(CALL(linux_write, 1, P(fake_hole), 10), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_write, 1, P(fake_hole), 0), 0);
    CU_ASSERT_EQUAL(CALL(linux_write, 0, P(fake_page), 10), -EBADF);
    CU_ASSERT_EQUAL(CALL(linux_write, 3, P(fake_page), 10), -EBADF);
    fake.write_most = 4;
    CU_ASSERT_EQUAL(CALL(linux_write, 1, P(fake_page), 10), 4);
    CU_ASSERT_EQUAL(CALL(linux_write, 1, P(fake_page), (long)INT_MAX + 5), 4);
    fake.write_most = 0;
    CU_ASSERT_EQUAL(CALL(linux_write, 1, P(fake_page), 10), -EIO);
}

static void writes_vectors(void)
{
    struct iovec iov[3] = {{"abc", 3}, {"", 0}, {"de", 2}};
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(iov), 3), 5);
    CU_ASSERT_EQUAL(memcmp(fake.written, "abcde", 5), 0);
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(iov), 0), 0);
    CU_ASSERT_EQUAL(CALL(linux_writev, 0, P(iov), 3), -EBADF);
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(iov), -1), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(iov), 1025), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(fake_hole), 1), -EFAULT);
    struct iovec *many = (struct iovec *)(fake_hole - 2 * sizeof(*many));
    many[0] = many[1] = iov[0];
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(many), 2), 6);
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(many), 3), -EFAULT);
    struct iovec huge[2] = {{"a", 1}, {fake_page, SSIZE_MAX}};
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(huge), 2), -EINVAL);
    fake.written_bytes = 0;
    iov[1] = (struct iovec){fake_hole, 4};
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(iov), 3), 3); // the first went out
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(&iov[1]), 1), -EFAULT);
    fake.write_most = 2;
    iov[1] = iov[2];
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(iov), 3), 2);
    struct iovec most[1024];
    for (unsigned i = 0; i < 1024; i++)
        most[i] = (struct iovec){"a", 1};
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(most), 1024), 1024);
    struct iovec rest[2] = {{fake_page, 0}, {fake_page, SSIZE_MAX}};
    fake.write_most = 5;
    CU_ASSERT_EQUAL(CALL(linux_writev, 1, P(rest), 2), 5);
}

static const char *input;
static size_t input_bytes, input_calls;

static size_t read_input(char *buf, size_t bytes)
{
    size_t count = input_bytes < bytes ? input_bytes : bytes;
    input_calls++;
    memcpy(buf, input, count);
    input += count;
    input_bytes -= count;
    return count;
}

static void has_input(const char *text)
{
    input = text;
    input_bytes = strlen(text);
    input_calls = 0;
}

static void reads(void)
{
    char buf[16] = "";
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(buf), 4), 0); // nobody gives anything
    CU_ASSERT_PTR_NULL(linux_set_read(read_input));
    has_input("hello");
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(buf), 4), 4);
    CU_ASSERT_EQUAL(memcmp(buf, "hell", 4), 0);
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(buf), 4), 1);
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(buf), 4), 0);
    CU_ASSERT_EQUAL(CALL(linux_read, 1, P(buf), 4), -EBADF);
    has_input("hello");
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(fake_hole), 0), 0);
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(fake_readonly), 1), -EFAULT);
    CU_ASSERT_EQUAL(input_calls, 0);
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(fake_page), 100000), 5); // of a page all must be there
    has_input("hello");
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(fake_hole - PAGE), 100000), 5);
    has_input("hello");
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(fake_hole - PAGE + 1), 100000), -EFAULT);
    struct iovec iov[3] = {{NULL, 0}, {buf, 3}, {fake_hole, 3}};
    CU_ASSERT_EQUAL(CALL(linux_readv, 0, P(iov), 3), 3);
    CU_ASSERT_EQUAL(CALL(linux_readv, 0, P(iov), 1), 0);
    CU_ASSERT_EQUAL(CALL(linux_readv, 0, P(iov), -1), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_readv, 1, P(iov), 1), -EBADF);
    CU_ASSERT_EQUAL(CALL(linux_readv, 0, P(&iov[2]), 1), -EFAULT);
}

/// A domain's input that another thread reads ahead.
static void run_reader(void)
{
    struct thread *self = fake.disp->current;
    fake.disp->current = &fake.threads[1];
    uint32_t was = fake.disp->shared.disabled;
    fake.disp->shared.disabled = 0;
    LEAVES(FAKE_NO_WORK, fake.reader(NULL));
    fake.disp->shared.disabled = was;
    fake.disp->current = self;
}

static void reads_ahead(systime_t deadline)
{
    (void)deadline;
    run_reader();
}

static void input_ahead(void)
{
    bool ready = false;
    char buf[8];
    CU_ASSERT_EQUAL(linux_input_count(&ready), 0);
    CU_ASSERT_TRUE(ready); // there is none, which does not block
    linux_set_read(read_input);
    CU_ASSERT_EQUAL(linux_input_count(&ready), 0);
    CU_ASSERT_FALSE(ready);
    fake.no_reader = true;
    CU_ASSERT_EQUAL(linux_input_await(0), -ENOMEM);
    fake.no_reader = false;
    has_input("abcde");
    fake.on_block = reads_ahead;
    CU_ASSERT_EQUAL(linux_input_await(0), 0);
    CU_ASSERT_TRUE(fake.readers == 1 && fake.threads[1].service && fake.wakes == 1);
    CU_ASSERT_EQUAL(linux_input_count(&ready), 5);
    CU_ASSERT_TRUE(ready);
    CU_ASSERT_EQUAL(linux_input_await(0), 0); // it is there: nobody is asked
    CU_ASSERT_TRUE(fake.posts == 1 && fake.blocks == 1);
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(buf), 3), 3);
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(buf), 8), 2);
    CU_ASSERT_EQUAL(memcmp(buf, "de", 2), 0);
    CU_ASSERT_EQUAL(input_calls, 1);
    CU_ASSERT_EQUAL(linux_input_await(0), 0); // the end
    CU_ASSERT_EQUAL(linux_input_count(&ready), 0);
    CU_ASSERT_TRUE(ready && fake.readers == 1 && fake.posts == 2 && fake.blocks == 2);
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(buf), 8), 0);
    CU_ASSERT_EQUAL(linux_input_count(&ready), 0);
    CU_ASSERT_FALSE(ready); // an end is read once
    has_input("xyz");
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(buf), 8), 3);
    linux_set_read(NULL);
    CU_ASSERT_EQUAL(linux_input_await(0), 0);
}

/// Nothing has come yet when the time is up; a reader then waits for what is read ahead.
static void input_comes_late(void)
{
    bool ready;
    char buf[8];
    linux_set_read(read_input);
    CU_ASSERT_EQUAL(linux_input_await(5), -ETIMEDOUT);
    CU_ASSERT_TRUE(fake.deadline == 5 && fake.posts == 1);
    CU_ASSERT_EQUAL(linux_input_await(6), -ETIMEDOUT); // it is asked once
    CU_ASSERT_TRUE(fake.deadline == 6 && fake.posts == 1);
    has_input("abc");
    fake.on_block = reads_ahead;
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(buf), 8), 3);
    CU_ASSERT_EQUAL(fake.deadline, 0);
    CU_ASSERT_EQUAL(linux_input_count(&ready), 0);
    fake.on_block = NULL;
    CU_ASSERT_EQUAL(linux_input_await(5), -ETIMEDOUT);
    linux_of(&fake.threads[0])->signal_pending = 1; // a signal ends the read
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(buf), 8), -EINTR);
    CU_ASSERT_EQUAL(linux_input_await(5), -EINTR);
}

static void terminals(void)
{
    struct winsize size;
    struct termios settings;
    int count = 9;
    CU_ASSERT_EQUAL(CALL(linux_ioctl, 1, TIOCGWINSZ, P(&size)), 0);
    CU_ASSERT_TRUE(size.ws_row == 24 && size.ws_col == 80 && size.ws_xpixel == 0);
    memset(&settings, 0xff, sizeof(settings));
    CU_ASSERT_EQUAL(CALL(linux_ioctl, 0, TCGETS, P(&settings)), 0);
    CU_ASSERT_TRUE(settings.c_lflag == (ICANON | ECHO | ECHOE | ECHOK) &&
                   settings.c_iflag == ICRNL);
    CU_ASSERT_TRUE(settings.c_oflag == (OPOST | ONLCR) &&
                   settings.c_cflag == (B38400 | CS8 | CREAD));
    CU_ASSERT_EQUAL(((unsigned char *)&settings)[35], 0);
    CU_ASSERT_EQUAL(((unsigned char *)&settings)[36], 0xff);
    CU_ASSERT_EQUAL(CALL(linux_ioctl, 1, FIONREAD, P(&count)), 0);
    CU_ASSERT_EQUAL(count, 0);
    linux_set_read(read_input);
    has_input("abc");
    fake.on_block = reads_ahead;
    CU_ASSERT_EQUAL(linux_input_await(0), 0);
    CU_ASSERT_EQUAL(CALL(linux_ioctl, 0, FIONREAD, P(&count)), 0);
    CU_ASSERT_EQUAL(count, 3);
    CU_ASSERT_EQUAL(CALL(linux_ioctl, 2, FIONREAD, P(&count)), 0);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(CALL(linux_ioctl, 1, TCSETS, P(&settings)), -ENOTTY);
    CU_ASSERT_EQUAL(CALL(linux_ioctl, 3, TIOCGWINSZ, P(&size)), -EBADF);
    CU_ASSERT_EQUAL(CALL(linux_ioctl, 1, TIOCGWINSZ, P(fake_hole)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_ioctl, 1, TIOCGWINSZ, P(fake_hole - sizeof(size))), 0);
    CU_ASSERT_EQUAL(CALL(linux_ioctl, 1, TIOCGWINSZ, P(fake_hole - sizeof(size) + 1)), -EFAULT);
}

static void files(void)
{
    struct stat stat;
    memset(&stat, 0xff, sizeof(stat));
    CU_ASSERT_EQUAL(CALL(linux_fstat, 1, P(&stat)), 0);
    CU_ASSERT_TRUE(stat.st_mode == (S_IFCHR | S_IRUSR | S_IWUSR) && stat.st_nlink == 1);
    CU_ASSERT_TRUE(stat.st_rdev == makedev(5, 1) && stat.st_blksize == 4096 && stat.st_size == 0);
    CU_ASSERT_EQUAL(CALL(linux_fstat, 3, P(&stat)), -EBADF);
    CU_ASSERT_EQUAL(CALL(linux_fstat, 1, P(fake_hole)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_newfstatat, 1, P(""), P(&stat), AT_EMPTY_PATH), 0);
    CU_ASSERT_EQUAL(CALL(linux_newfstatat, 3, P(""), P(&stat), AT_EMPTY_PATH), -EBADF);
    CU_ASSERT_EQUAL(CALL(linux_newfstatat, 1, P("x"), P(&stat), AT_EMPTY_PATH), -ENOENT);
    CU_ASSERT_EQUAL(CALL(linux_newfstatat, 1, P(""), P(&stat), 0), -ENOENT);
    CU_ASSERT_EQUAL(CALL(linux_newfstatat, 1, P(fake_hole), P(&stat), AT_EMPTY_PATH), -EFAULT);
    static const struct {
        linux_call call;
        long open;
    } plain[] = {{linux_stream, 0},
                 {linux_no_seek, -ESPIPE},
                 {linux_no_directory, -ENOTDIR},
                 {linux_no_change, -EINVAL}};
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(CALL(plain[i].call, 2), plain[i].open);
        CU_ASSERT_EQUAL(CALL(plain[i].call, 3), -EBADF);
    }
    CU_ASSERT_EQUAL(CALL(linux_path_first, P("x"), 0, 0), -ENOENT);
    CU_ASSERT_EQUAL(CALL(linux_path_first, 0, P("x"), P("x")), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_path_second, 0, P("x"), 0), -ENOENT);
    CU_ASSERT_EQUAL(CALL(linux_path_second, P("x"), 0, P("x")), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_path_third, 0, 0, P("x")), -ENOENT);
    CU_ASSERT_EQUAL(CALL(linux_path_third, P("x"), P("x"), 0), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_getcwd, 0), -ENOENT);
    CU_ASSERT_EQUAL(CALL(linux_umask, 07), 022);
    CU_ASSERT_EQUAL(CALL(linux_umask, 01777), 07);
    CU_ASSERT_EQUAL(CALL(linux_umask, 0), 0777);
}

static void limits(void)
{
    struct rlimit limit, wanted;
    static const struct {
        int resource;
        rlim_t is;
    } known[] = {
        {RLIMIT_NOFILE, 64},        {RLIMIT_STACK, 131072},     {RLIMIT_CORE, 0},
        {RLIMIT_FSIZE, 0},          {RLIMIT_MSGQUEUE, 0},       {RLIMIT_NICE, 0},
        {RLIMIT_RTPRIO, 0},         {RLIMIT_AS, RLIM_INFINITY}, {RLIMIT_DATA, RLIM_INFINITY},
        {RLIMIT_CPU, RLIM_INFINITY}};
    for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++) {
        CU_ASSERT_EQUAL(CALL(linux_getrlimit, known[i].resource, P(&limit)), 0);
        CU_ASSERT_TRUE(limit.rlim_cur == known[i].is && limit.rlim_max == known[i].is);
        CU_ASSERT_EQUAL(CALL(linux_setrlimit, known[i].resource, P(&limit)), 0);
    }
    fake.memory.limit = 5000000;
    CU_ASSERT_EQUAL(CALL(linux_prlimit64, 0, RLIMIT_AS, 0, P(&limit)), 0);
    CU_ASSERT_EQUAL(limit.rlim_max, 5000000);
    CU_ASSERT_EQUAL(CALL(linux_prlimit64, (int)FAKE_DOMAIN, RLIMIT_DATA, 0, P(&limit)), 0);
    CU_ASSERT_EQUAL(limit.rlim_max, 5000000);
    fake.info_error = LIB_ERR_NOT_IMPLEMENTED;
    CU_ASSERT_EQUAL(CALL(linux_prlimit64, 0, RLIMIT_AS, 0, P(&limit)), 0);
    CU_ASSERT_EQUAL(limit.rlim_max, RLIM_INFINITY);
    CU_ASSERT_EQUAL(CALL(linux_prlimit64, 3, RLIMIT_AS, 0, P(&limit)), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_getrlimit, -1, P(&limit)), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_getrlimit, RLIM_NLIMITS, P(&limit)), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_getrlimit, RLIM_NLIMITS - 1, P(&limit)), 0);
    CU_ASSERT_EQUAL(CALL(linux_getrlimit, 0, 0), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_setrlimit, 0, 0), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_getrlimit, 0, P(fake_readonly)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_setrlimit, 0, P(fake_hole)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_prlimit64, 0, 0, 0, 0), 0);
    wanted = (struct rlimit){64, 63};
    CU_ASSERT_EQUAL(CALL(linux_setrlimit, RLIMIT_NOFILE, P(&wanted)), -EINVAL);
    wanted = (struct rlimit){63, 64};
    CU_ASSERT_EQUAL(CALL(linux_setrlimit, RLIMIT_NOFILE, P(&wanted)), -EPERM);
    wanted = (struct rlimit){64, 65};
    limit.rlim_cur = 1;
    CU_ASSERT_EQUAL(CALL(linux_prlimit64, 0, RLIMIT_NOFILE, P(&wanted), P(&limit)), -EPERM);
    CU_ASSERT_EQUAL(limit.rlim_cur, 1);
}

static void processes(void)
{
    struct utsname name;
    int ids[3] = {1, 1, 1};
    CU_ASSERT_EQUAL(CALL(linux_getpid, 0), FAKE_DOMAIN);
    CU_ASSERT_EQUAL(CALL(linux_zero, 5), 0);
    CU_ASSERT_EQUAL(CALL(linux_not_permitted, 5), -EPERM);
    CU_ASSERT_EQUAL(CALL(linux_no_child, 5), -ECHILD);
    LEAVES(FAKE_EXIT, CALL(linux_exit_group, 7));
    CU_ASSERT_EQUAL(fake.status, 7);
    memset(&name, 'x', sizeof(name));
    CU_ASSERT_EQUAL(CALL(linux_uname, P(&name)), 0);
    CU_ASSERT_TRUE(strcmp(name.sysname, "Stave") == 0 && strcmp(name.machine, "x86_64") == 0);
    CU_ASSERT_TRUE(strcmp(name.nodename, "stave") == 0 && strcmp(name.release, "0") == 0 &&
                   strcmp(name.version, "0") == 0);
    CU_ASSERT_EQUAL(name.machine[sizeof(name.machine) - 1], 0);
    CU_ASSERT_EQUAL(CALL(linux_uname, P(fake_hole)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_set_one_id, 0, 1, 1), 0);
    CU_ASSERT_EQUAL(CALL(linux_set_one_id, 1, 0, 0), -EPERM);
    CU_ASSERT_EQUAL(CALL(linux_set_two_ids, -1, 0, 1), 0);
    CU_ASSERT_EQUAL(CALL(linux_set_two_ids, 0, 1, 0), -EPERM);
    CU_ASSERT_EQUAL(CALL(linux_set_three_ids, 0, 0, -1, 1), 0);
    CU_ASSERT_EQUAL(CALL(linux_set_three_ids, 0, 0, 2, 0), -EPERM);
    CU_ASSERT_EQUAL(CALL(linux_get_three_ids, P(&ids[0]), P(&ids[1]), P(&ids[2])), 0);
    CU_ASSERT_TRUE(ids[0] == 0 && ids[1] == 0 && ids[2] == 0);
    ids[0] = 1;
    CU_ASSERT_EQUAL(CALL(linux_get_three_ids, P(&ids[0]), P(&ids[1]), P(fake_hole)), -EFAULT);
    CU_ASSERT_EQUAL(ids[0], 1);
    CU_ASSERT_EQUAL(CALL(linux_get_group, 0), FAKE_DOMAIN);
    CU_ASSERT_EQUAL(CALL(linux_get_group, FAKE_DOMAIN), FAKE_DOMAIN);
    CU_ASSERT_EQUAL(CALL(linux_get_group, 5), -ESRCH);
}

/// Whether they are splitmix64's numbers from a state on, the first byte of each.
static bool are_numbers(const unsigned char *bytes, size_t count, uint64_t state)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t z = state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        if (bytes[i] != (z ^ (z >> 31)) >> 56)
            return false;
    }
    return true;
}

/// They begin at the time of the call, to the tick.
static void random_numbers(void)
{
    unsigned char bytes[32];
    uint64_t before = systime_now();
    CU_ASSERT_EQUAL(CALL(linux_getrandom, P(bytes), sizeof(bytes), 0), sizeof(bytes));
    uint64_t after = systime_now(), state = before;
    while (state < after && !are_numbers(bytes, sizeof(bytes), state))
        state++;
    CU_ASSERT_TRUE(state < after);
}

static void random_and_system(void)
{
    unsigned char bytes[256] = {0}, other[256];
    unsigned seen = 0;
    CU_ASSERT_EQUAL(CALL(linux_getrandom, P(bytes), 255, 0), 255);
    CU_ASSERT_EQUAL(bytes[255], 0);
    CU_ASSERT_EQUAL(CALL(linux_getrandom, P(other), 255, GRND_NONBLOCK | GRND_RANDOM | 4), 255);
    for (unsigned i = 0; i < 255; i++)
        seen |= bytes[i] ^ other[i];
    CU_ASSERT_EQUAL(seen, 0xff);
    unsigned ones = 0;
    for (unsigned i = 0; i < 255; i++)
        ones += (unsigned)__builtin_popcount(bytes[i]);
    CU_ASSERT_TRUE(ones > 900 && ones < 1140);
    CU_ASSERT_EQUAL(CALL(linux_getrandom, P(bytes), 4, 8), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_getrandom, P(fake_hole), 4, 0), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_getrandom, P(fake_hole), 0, 0), 0);
    struct sysinfo info;
    fake.kernel.runnable = 3;
    fake.memory.total_bytes = 1000;
    fake.memory.free_bytes = 400;
    memset(&info, 0xff, sizeof(info));
    CU_ASSERT_EQUAL(CALL(linux_sysinfo, P(&info)), 0);
    CU_ASSERT_TRUE(info.totalram == 1000 && info.freeram == 400 && info.mem_unit == 1 &&
                   info.procs == 1 && info.sharedram == 0 && info.totalhigh == 0);
    CU_ASSERT_TRUE(info.loads[0] == 3 << 16 && info.loads[1] == 3 << 16 &&
                   info.loads[2] == 3 << 16);
    long now = (long)(systime_now() / FAKE_TSC_PER_MS / 1000);
    CU_ASSERT_TRUE(info.uptime <= now && info.uptime + 5000 > now);
    CU_ASSERT_EQUAL(CALL(linux_sysinfo, P(fake_hole - 112)), 0);
    CU_ASSERT_EQUAL(CALL(linux_sysinfo, P(fake_hole - 111)), -EFAULT);
    fake.info_error = LIB_ERR_NOT_IMPLEMENTED;
    CU_ASSERT_EQUAL(CALL(linux_sysinfo, P(&info)), 0);
    CU_ASSERT_TRUE(info.totalram == 0 && info.loads[0] == 0);
}

static uint64_t now_ns(void)
{
    return systime_to_ns(systime_now());
}

static bool is_now(uint64_t ns)
{
    uint64_t now = now_ns();
    return ns <= now && now - ns < 10000000000ul;
}

static void clocks(void)
{
    struct timespec time;
    static const int there[] = {CLOCK_REALTIME,        CLOCK_MONOTONIC,        CLOCK_MONOTONIC_RAW,
                                CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME};
    for (unsigned i = 0; i < sizeof(there) / sizeof(*there); i++) {
        CU_ASSERT_EQUAL(CALL(linux_clock_gettime, there[i], P(&time)), 0);
        CU_ASSERT_TRUE(is_now((uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec));
        CU_ASSERT_TRUE(time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
        CU_ASSERT_EQUAL(CALL(linux_clock_getres, there[i], P(&time)), 0);
        CU_ASSERT_TRUE(time.tv_sec == 0 && time.tv_nsec == 1);
    }
    static const int absent[] = {-1, CLOCK_THREAD_CPUTIME_ID, CLOCK_BOOTTIME + 1, 99};
    for (unsigned i = 0; i < sizeof(absent) / sizeof(*absent); i++) {
        CU_ASSERT_EQUAL(CALL(linux_clock_gettime, absent[i], P(&time)), -EINVAL);
        CU_ASSERT_EQUAL(CALL(linux_clock_getres, absent[i], P(&time)), -EINVAL);
        CU_ASSERT_EQUAL(CALL(linux_clock_settime, absent[i], P(&time)), -EINVAL);
        CU_ASSERT_EQUAL(CALL(linux_clock_nanosleep, absent[i], 0, P(&time), 0), -EINVAL);
    }
    CU_ASSERT_EQUAL(CALL(linux_clock_gettime, CLOCK_MONOTONIC, P(fake_hole)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_clock_getres, CLOCK_MONOTONIC, P(fake_hole)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_clock_getres, CLOCK_MONOTONIC, 0), 0);
    CU_ASSERT_EQUAL(CALL(linux_clock_settime, CLOCK_REALTIME, P(&time)), -EPERM);
    CU_ASSERT_EQUAL(CALL(linux_clock_settime, CLOCK_MONOTONIC, P(&time)), -EINVAL);
    struct timeval day;
    struct timezone zone = {5, 5};
    CU_ASSERT_EQUAL(CALL(linux_gettimeofday, P(&day), P(&zone)), 0);
    CU_ASSERT_TRUE(is_now((uint64_t)day.tv_sec * 1000000000 + (uint64_t)day.tv_usec * 1000));
    CU_ASSERT_TRUE(day.tv_usec < 1000000 && zone.tz_minuteswest == 0 && zone.tz_dsttime == 0);
    CU_ASSERT_EQUAL(CALL(linux_gettimeofday, 0, 0), 0);
    CU_ASSERT_EQUAL(CALL(linux_gettimeofday, P(fake_hole), 0), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_gettimeofday, 0, P(fake_hole)), -EFAULT);
    CU_ASSERT_TRUE(linux_time_valid(&(struct timespec){0, 0}) &&
                   linux_time_valid(&(struct timespec){0, 999999999}));
    CU_ASSERT_FALSE(linux_time_valid(&(struct timespec){0, 1000000000}) ||
                    linux_time_valid(&(struct timespec){-1, 0}) ||
                    linux_time_valid(&(struct timespec){0, -1}));
}

static void processor_time(void)
{
    struct timespec time;
    struct tms times;
    struct rusage usage;
    CU_ASSERT_EQUAL(CALL(linux_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, P(&time)), 0);
    CU_ASSERT_TRUE(time.tv_sec == 0 && time.tv_nsec == 0); // nothing has been told yet
    fake.kernel = (struct info_kernel){
        .sequence = 2, .tsc = systime_now(), .run_cycles = 5000ul * FAKE_TSC_PER_MS * 1000000};
    CU_ASSERT_EQUAL(CALL(linux_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, P(&time)), 0);
    CU_ASSERT_TRUE(time.tv_sec >= 5000000 && time.tv_sec < 5000000 + 100000);
    long before = time.tv_sec;
    fake.kernel.run_cycles /= 2;
    CU_ASSERT_EQUAL(CALL(linux_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, P(&time)), 0);
    CU_ASSERT_TRUE(time.tv_sec >= before && time.tv_sec < before + 100000); // it never goes back
    long ticks = CALL(linux_times, P(&times));
    CU_ASSERT_TRUE(is_now((uint64_t)ticks * 10000000));
    CU_ASSERT_TRUE(times.tms_utime >= 500000000 && times.tms_utime < 510000000 &&
                   times.tms_stime == 0 && times.tms_cutime == 0);
    CU_ASSERT_TRUE(CALL(linux_times, 0) > 0);
    CU_ASSERT_EQUAL(CALL(linux_times, P(fake_hole)), -EFAULT);
    fake.memory.bytes = 1024 * 777;
    memset(&usage, 0xff, sizeof(usage));
    CU_ASSERT_EQUAL(CALL(linux_getrusage, RUSAGE_SELF, P(&usage)), 0);
    CU_ASSERT_TRUE(usage.ru_utime.tv_sec >= 5000000 && usage.ru_maxrss == 777 &&
                   usage.ru_nswap == 0);
    CU_ASSERT_EQUAL(CALL(linux_getrusage, RUSAGE_CHILDREN, P(&usage)), 0);
    CU_ASSERT_TRUE(usage.ru_utime.tv_sec == 0 && usage.ru_maxrss == 0);
    CU_ASSERT_EQUAL(CALL(linux_getrusage, 1, P(&usage)), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_getrusage, RUSAGE_SELF, P(fake_hole)), -EFAULT);
    // It stands still now: all calls say the same, each in its unit.
    fake.kernel.run_cycles = 6000000999 * FAKE_TSC_PER_MS;
    CU_ASSERT_EQUAL(CALL(linux_getrusage, RUSAGE_SELF, P(&usage)), 0);
    fake.kernel.run_cycles = 0;
    CU_ASSERT_EQUAL(CALL(linux_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, P(&time)), 0);
    CU_ASSERT_EQUAL(CALL(linux_getrusage, RUSAGE_SELF, P(&usage)), 0);
    CU_ASSERT_TRUE(usage.ru_utime.tv_sec == time.tv_sec &&
                   usage.ru_utime.tv_usec == time.tv_nsec / 1000);
    CU_ASSERT_TRUE(CALL(linux_times, P(&times)) > 0);
    CU_ASSERT_EQUAL(times.tms_utime, time.tv_sec * 100 + time.tv_nsec / 10000000);
    fake.info_error = LIB_ERR_NOT_IMPLEMENTED;
    CU_ASSERT_EQUAL(CALL(linux_getrusage, RUSAGE_SELF, P(&usage)), 0);
    CU_ASSERT_EQUAL(usage.ru_maxrss, 0);
}

static void interrupt(systime_t deadline)
{
    (void)deadline;
    (void)!linux_signal_thread_disabled(fake.disp, &fake.threads[0], SIGUSR1);
}

static void handler(int signal)
{
    (void)signal;
}

static void interrupt_late(systime_t deadline)
{
    while (systime_now() < deadline)
        continue;
    interrupt(deadline);
}

static void wake(systime_t deadline)
{
    (void)deadline;
    if (fake.blocks == 1)
        (void)linux_futex_wake_disabled(NULL, 1);
}

static void sleeps(void)
{
    struct timespec time = {0, 1}, left = {7, 7};
    CU_ASSERT_EQUAL(CALL(linux_nanosleep, P(&time), P(&left)), 0);
    CU_ASSERT_EQUAL(left.tv_sec, 7);
    time = (struct timespec){1000000, 0};
    systime_t now = systime_now();
    CU_ASSERT_EQUAL(CALL(linux_nanosleep, P(&time), 0), 0);
    CU_ASSERT_TRUE(fake.deadline >= now + 1000000000ul * FAKE_TSC_PER_MS &&
                   fake.deadline <= systime_now() + 1000000000ul * FAKE_TSC_PER_MS);
    fake.blocks = 0;
    fake.on_block = wake; // somebody's mistake: it sleeps on
    CU_ASSERT_EQUAL(CALL(linux_nanosleep, P(&time), 0), 0);
    CU_ASSERT_EQUAL(fake.blocks, 2);
    CU_ASSERT_EQUAL(CALL(linux_nanosleep, P(fake_hole), 0), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_nanosleep, P(&(struct timespec){0, -1}), 0), -EINVAL);
    linux_actions[SIGUSR1].handler = (uintptr_t)handler;
    fake.on_block = interrupt;
    CU_ASSERT_EQUAL(CALL(linux_nanosleep, P(&time), P(&left)), -EINTR);
    CU_ASSERT_TRUE(left.tv_sec <= 1000000 && left.tv_sec > 900000);
    linux_of(&fake.threads[0])->signal_pending = 0;
    CU_ASSERT_EQUAL(CALL(linux_nanosleep, P(&time), 0), -EINTR);
    linux_of(&fake.threads[0])->signal_pending = 0;
    CU_ASSERT_EQUAL(CALL(linux_nanosleep, P(&time), P(fake_hole)), -EFAULT);
    linux_of(&fake.threads[0])->signal_pending = 0;
    fake.on_block = interrupt_late;
    time = (struct timespec){0, 5000000};
    while (CALL(linux_nanosleep, P(&time), P(&left)) != -EINTR) // it was over before it began
        continue;
    CU_ASSERT_TRUE(left.tv_sec == 0 && left.tv_nsec == 0);
    linux_of(&fake.threads[0])->signal_pending = 0;
    fake.on_block = interrupt;
    time = (struct timespec){1000000, 0};
    struct timespec at = {1ul << 40, 0};
    left.tv_sec = 3;
    CU_ASSERT_EQUAL(CALL(linux_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, P(&at), P(&left)),
                    -EINTR);
    CU_ASSERT_EQUAL(left.tv_sec, 3);
    linux_of(&fake.threads[0])->signal_pending = 0;
    fake.blocks = 0;
    CU_ASSERT_EQUAL(
        CALL(linux_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, P(&(struct timespec){1, 0}), 0),
        0);
    CU_ASSERT_EQUAL(fake.blocks, 0); // it has passed
    CU_ASSERT_EQUAL(CALL(linux_clock_nanosleep, CLOCK_MONOTONIC, 0, P(&time), P(&left)), -EINTR);
    CU_ASSERT_TRUE(left.tv_sec > 900000);
    CU_ASSERT_EQUAL(CALL(linux_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, P(&time), 0), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, P(&time), 0),
                    -EOPNOTSUPP);
}

static void scheduling(void)
{
    uint8_t mask[64];
    int priority = 9;
    struct timespec slice;
    memset(mask, 0xff, sizeof(mask));
    CU_ASSERT_EQUAL(CALL(linux_sched_getaffinity, 0, 64, P(mask)), 32);
    CU_ASSERT_TRUE(mask[1] == 0 && mask[2] == 2 && mask[3] == 0 && mask[31] == 0);
    CU_ASSERT_EQUAL(mask[32], 0xff);
    CU_ASSERT_EQUAL(CALL(linux_sched_getaffinity, 3, 8, P(mask)), 8);
    CU_ASSERT_EQUAL(CALL(linux_sched_getaffinity, FAKE_DOMAIN, 16, P(mask)), 16);
    CU_ASSERT_EQUAL(CALL(linux_sched_getaffinity, 4, 8, P(mask)), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_sched_getaffinity, 0, 9, P(mask)), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_sched_getaffinity, 0, 0, P(mask)), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_sched_getaffinity, 0, 8, P(fake_hole)), -EFAULT);
    fake.disp->shared.core_id = 64;
    CU_ASSERT_EQUAL(CALL(linux_sched_getaffinity, 0, 8, P(mask)), -EINVAL);
    fake.disp->shared.core_id = FAKE_CORE;
    CU_ASSERT_EQUAL(CALL(linux_sched_setaffinity, 0, 3, P(mask)), 0);
    CU_ASSERT_EQUAL(CALL(linux_sched_setaffinity, 0, 2, P(mask)), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_sched_setaffinity, 9, 2, P(mask)), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_sched_setaffinity, 0, 3, P(fake_hole - 2)), -EFAULT);
    mask[2] = 0xfd;
    CU_ASSERT_EQUAL(CALL(linux_sched_setaffinity, 0, 3, P(mask)), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_sched_getparam, 2, P(&priority)), 0);
    CU_ASSERT_EQUAL(priority, 0);
    CU_ASSERT_EQUAL(CALL(linux_sched_getparam, 9, P(&priority)), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_sched_getparam, 2, P(fake_hole)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_sched_setparam, 2, P(&priority)), 0);
    CU_ASSERT_EQUAL(CALL(linux_sched_setparam, 9, P(&priority)), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_sched_setscheduler, 2, SCHED_OTHER, P(&priority)), 0);
    CU_ASSERT_EQUAL(CALL(linux_sched_setscheduler, 2, SCHED_FIFO, P(&priority)), -EPERM);
    CU_ASSERT_EQUAL(CALL(linux_sched_setscheduler, 2, SCHED_OTHER, P(fake_hole)), -EFAULT);
    priority = 1;
    CU_ASSERT_EQUAL(CALL(linux_sched_setparam, 2, P(&priority)), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_sched_priority, SCHED_OTHER), 0);
    CU_ASSERT_EQUAL(CALL(linux_sched_priority, SCHED_RR), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_sched_rr_get_interval, 1, P(&slice)), 0);
    CU_ASSERT_TRUE(slice.tv_sec == 0 && slice.tv_nsec == 10000000);
    CU_ASSERT_EQUAL(CALL(linux_sched_rr_get_interval, 9, P(&slice)), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_sched_rr_get_interval, 1, P(fake_hole)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_getpriority, PRIO_PROCESS, 0), 20);
    CU_ASSERT_EQUAL(CALL(linux_getpriority, PRIO_USER, 0), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_getpriority, PRIO_PROCESS, 9), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_setpriority, PRIO_PROCESS, 1, 0), 0);
    CU_ASSERT_EQUAL(CALL(linux_setpriority, PRIO_PROCESS, 1, 1), -EPERM);
    CU_ASSERT_EQUAL(CALL(linux_setpriority, PRIO_PROCESS, 9, 0), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_setpriority, PRIO_USER, 0, 0), -ESRCH);
}

static void processors(void)
{
    unsigned cpu = 99, node = 99;
    CU_ASSERT_EQUAL(CALL(linux_getcpu, P(&cpu), P(&node)), 0);
    CU_ASSERT_TRUE(cpu == FAKE_CORE && node == 6);
    fake.monitor_error = MON_ERR_NO_CORE;
    CU_ASSERT_EQUAL(CALL(linux_getcpu, 0, P(&node)), 0);
    CU_ASSERT_EQUAL(node, 0);
    CU_ASSERT_EQUAL(CALL(linux_getcpu, P(&cpu), 0), 0);
    CU_ASSERT_EQUAL(CALL(linux_getcpu, P(fake_hole), P(&node)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_getcpu, P(&cpu), P(fake_hole)), -EFAULT);
    static const long known[] = {1, 8, 16};
    CU_ASSERT_EQUAL(CALL(linux_membarrier, 0, 0), 25);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(CALL(linux_membarrier, known[i], 0), 0);
    CU_ASSERT_EQUAL(CALL(linux_membarrier, 2, 0), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_membarrier, 9, 0), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_membarrier, 8, 1), -EINVAL);
    void *head = NULL;
    size_t bytes = 0;
    CU_ASSERT_EQUAL(CALL(linux_set_robust_list, P(&cpu), 23), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_set_robust_list, P(&cpu), 24), 0);
    CU_ASSERT_EQUAL(CALL(linux_get_robust_list, 0, P(&head), P(&bytes)), 0);
    CU_ASSERT_TRUE(head == &cpu && bytes == 24);
    CU_ASSERT_EQUAL(CALL(linux_get_robust_list, 1, P(&head), P(&bytes)), 0);
    CU_ASSERT_EQUAL(CALL(linux_get_robust_list, 2, P(&head), P(&bytes)), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_get_robust_list, 0, P(fake_hole), P(&bytes)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_get_robust_list, 0, P(&head), P(fake_hole)), -EFAULT);
}

/// What the table says of some calls, by what they answer.
static void table(void)
{
    CU_ASSERT_EQUAL(CALL(linux_call_of(SYS_getpid), 0), FAKE_DOMAIN);
    CU_ASSERT_EQUAL(CALL(linux_call_of(SYS_gettid), 0), 1);
    CU_ASSERT_EQUAL(CALL(linux_call_of(SYS_sched_yield), 0), 0);
    CU_ASSERT_EQUAL(fake.yields, 1);
    int tid = 3;
    CU_ASSERT_EQUAL(CALL(linux_call_of(SYS_set_tid_address), P(&tid)), 1);
    CU_ASSERT_PTR_EQUAL(linux_of(&fake.threads[0])->clear_tid, &tid);
    CU_ASSERT_EQUAL(CALL(linux_call_of(SYS_arch_prctl), 0x1002, 0x1234), 0);
    CU_ASSERT_PTR_EQUAL(fake.tls, (void *)0x1234);
    uint32_t word = 5;
    CU_ASSERT_EQUAL(CALL(linux_call_of(SYS_futex), P(&word), 0, 6, 0, 0, 0), -EAGAIN);
    CU_ASSERT_EQUAL(CALL(linux_call_of(SYS_futex), P(&word), 10, 6, 0, 0, 2), -ENOSYS);
    CU_ASSERT_EQUAL(CALL(linux_call_of(SYS_clone), 0, 0, 0, 0, 0), -ENOSYS);
    LEAVES(FAKE_SCHEDULE, CALL(linux_call_of(SYS_exit), 3));
    CU_ASSERT_EQUAL(CALL(linux_call_of(SYS_socket), 0), -ENOSYS);
    CU_ASSERT_EQUAL(CALL(linux_call_of(-1), 0), -ENOSYS);
    CU_ASSERT_EQUAL(CALL(linux_call_of(100000), 0), -ENOSYS);
    CU_ASSERT_EQUAL(CALL(linux_call_of(SYS_statx), 0), -ENOSYS);
    CU_ASSERT_EQUAL(CALL(linux_call_of(SYS_mmap), 0), FAKE_MEMORY);
}

LINUX_TEST(user_memory)
LINUX_TEST(writes)
LINUX_TEST(writes_vectors)
LINUX_TEST(reads)
LINUX_TEST(input_ahead)
LINUX_TEST(input_comes_late)
LINUX_TEST(terminals)
LINUX_TEST(files)
LINUX_TEST(limits)
LINUX_TEST(processes)
LINUX_TEST(random_numbers)
LINUX_TEST(random_and_system)
LINUX_TEST(clocks)
LINUX_TEST(processor_time)
LINUX_TEST(sleeps)
LINUX_TEST(scheduling)
LINUX_TEST(processors)
LINUX_TEST(table)

TEST_SUITE("calls") = {
    {"memory of the caller's", test_user_memory},
    {"write", test_writes},
    {"write vectors", test_writes_vectors},
    {"read", test_reads},
    {"input that is read ahead", test_input_ahead},
    {"input that comes late", test_input_comes_late},
    {"terminals", test_terminals},
    {"files", test_files},
    {"limits", test_limits},
    {"processes", test_processes},
    {"random numbers", test_random_numbers},
    {"random numbers and the system", test_random_and_system},
    {"clocks", test_clocks},
    {"processor time", test_processor_time},
    {"sleep", test_sleeps},
    {"scheduling", test_scheduling},
    {"processors", test_processors},
    {"the table", test_table},
};
