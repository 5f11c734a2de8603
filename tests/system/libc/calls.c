// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Linux's system calls, one by one: what they answer, to wrong arguments above all. A pointer that
// points nowhere is EFAULT, never a fault; a number that nobody knows is ENOSYS.
#include "tests.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/personality.h"
#include "systest/systest.h"

#define NOWHERE 0x5a5a5a000ul
#define KERNEL 0xffff800000000000ul
#define NOT_CANONICAL 0x1234567812345678ul

static long make_call(long nr, long a1, long a2, long a3, long a4, long a5)
{
    errno = 0;
    long result = syscall(nr, a1, a2, a3, a4, a5, 0);
    return result == -1 ? -errno : result;
}

/// The pointer is the argument that is `bad`, in each of three kinds.
static const struct wild {
    long nr;
    int bad;
    long args[5];
} wild[] = {
    {SYS_read, 1, {0, 0, 8}},
    {SYS_write, 1, {1, 0, 8}},
    {SYS_readv, 1, {0, 0, 1}},
    {SYS_writev, 1, {1, 0, 2}},
    {SYS_fstat, 1, {1}},
    {SYS_open, 0, {0}},
    {SYS_stat, 0, {0}},
    {SYS_openat, 1, {AT_FDCWD}},
    {SYS_newfstatat, 1, {1, 0, 0, AT_EMPTY_PATH}},
    {SYS_poll, 0, {0, 1, 0}},
    {SYS_ppoll, 2, {0, 0}},
    {SYS_select, 1, {1}},
    {SYS_select, 4, {0}},
    {SYS_nanosleep, 0, {0}},
    {SYS_clock_nanosleep, 2, {CLOCK_MONOTONIC, 0}},
    {SYS_clock_gettime, 1, {CLOCK_MONOTONIC}},
    {SYS_clock_getres, 1, {CLOCK_MONOTONIC}},
    {SYS_gettimeofday, 0, {0}},
    {SYS_times, 0, {0}},
    {SYS_getrusage, 1, {RUSAGE_SELF}},
    {SYS_uname, 0, {0}},
    {SYS_sysinfo, 0, {0}},
    {SYS_getrandom, 0, {0, 8}},
    {SYS_getrlimit, 1, {RLIMIT_NOFILE}},
    {SYS_prlimit64, 3, {0, RLIMIT_NOFILE, 0}},
    {SYS_prlimit64, 2, {0, RLIMIT_NOFILE}},
    {SYS_sched_getaffinity, 2, {0, 32}},
    {SYS_sched_getparam, 1, {0}},
    {SYS_getcpu, 0, {0}},
    {SYS_getresuid, 0, {0}},
    {SYS_futex, 0, {0, 0, 0, 0}},
    {SYS_rt_sigaction, 1, {SIGUSR1, 0, 0, 8}},
    {SYS_rt_sigprocmask, 2, {SIG_BLOCK, 0, 0, 8}},
    {SYS_rt_sigpending, 0, {0, 8}},
    {SYS_rt_sigtimedwait, 0, {0, 0, 0, 8}},
    {SYS_setitimer, 1, {ITIMER_REAL}},
    {SYS_getitimer, 1, {ITIMER_REAL}},
    {SYS_get_robust_list, 1, {0}},
};

static void test_wild_pointers(void)
{
    static const long pointers[] = {NOWHERE, (long)KERNEL, NOT_CANONICAL, -16};
    for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
        for (unsigned kind = 0; kind < 4; kind++) {
            long args[5];
            memcpy(args, wild[i].args, sizeof(args));
            args[wild[i].bad] = pointers[kind];
            long result = make_call(wild[i].nr, args[0], args[1], args[2], args[3], args[4]);
            if (!EXPECT(result == -EFAULT)) {
                printf("call %ld, argument %d, %lx: %ld\n", wild[i].nr, wild[i].bad,
                       (unsigned long)pointers[kind], result);
            }
        }
    }
    struct iovec odd[2] = {{"", 0}, {(void *)NOWHERE, 5}};
    EXPECT(make_call(SYS_writev, 1, (long)odd, 2, 0, 0) == -EFAULT);
    odd[1].iov_len = SSIZE_MAX;
    odd[0].iov_len = 1;
    EXPECT(make_call(SYS_writev, 1, (long)odd, 2, 0, 0) == -EINVAL);
    EXPECT(make_call(SYS_writev, 1, (long)odd, 1025, 0, 0) == -EINVAL);
    EXPECT(make_call(SYS_writev, 1, (long)odd, -1, 0, 0) == -EINVAL);
    EXPECT(make_call(SYS_writev, 1, (long)odd, 0, 0, 0) == 0);
    EXPECT(make_call(SYS_write, 1, (long)NOWHERE, 0, 0, 0) == 0);
}

static const struct answer {
    long nr;
    long args[4];
    long result;
} answers[] = {
    {SYS_open, {(long)"/etc/passwd", O_RDONLY}, -ENOENT},
    {SYS_openat, {AT_FDCWD, (long)"a", O_CREAT | O_RDWR, 0666}, -ENOENT},
    {SYS_stat, {(long)"/"}, -ENOENT},
    {SYS_access, {(long)"/bin/sh", R_OK}, -ENOENT},
    {SYS_readlink, {(long)"/proc/self/exe"}, -ENOENT},
    {SYS_mkdir, {(long)"/tmp/a"}, -ENOENT},
    {SYS_execve, {(long)"/bin/sh"}, -ENOENT},
    {SYS_lseek, {1, 0, SEEK_CUR}, -ESPIPE},
    {SYS_lseek, {7, 0, SEEK_CUR}, -EBADF},
    {SYS_pread64, {0, 0, 1, 0}, -ESPIPE},
    {SYS_getdents64, {1}, -ENOTDIR},
    {SYS_fsync, {1}, -EINVAL},
    {SYS_ftruncate, {1, 0}, -EINVAL},
    {SYS_ioctl, {1, 0xdead}, -ENOTTY},
    {SYS_ioctl, {9, 0}, -EBADF},
    {SYS_fcntl, {1, F_GETFL}, O_WRONLY},
    {SYS_fcntl, {0, F_GETFL}, O_RDONLY},
    {SYS_fcntl, {0, F_SETFL, O_NONBLOCK}, -EINVAL},
    {SYS_fcntl, {1, 12345}, -EINVAL},
    {SYS_close, {9}, -EBADF},
    {SYS_pipe, {0}, -ENOSYS},
    {SYS_socket, {AF_INET, SOCK_STREAM, 0}, -ENOSYS},
    {SYS_fork, {0}, -ENOSYS},
    {SYS_wait4, {-1}, -ECHILD},
    {SYS_getuid, {0}, 0},
    {SYS_setuid, {0}, 0},
    {SYS_setuid, {1000}, -EPERM},
    {SYS_setsid, {0}, -EPERM},
    {SYS_kill, {987654, 0}, -ESRCH},
    {SYS_tkill, {987654, SIGTERM}, -ESRCH},
    {SYS_tkill, {0, SIGTERM}, -EINVAL},
    {SYS_kill, {0, 0}, 0},
    {SYS_kill, {0, 65}, -EINVAL},
    {SYS_kill, {0, SIGSTOP}, -ENOSYS},
    {SYS_rt_sigaction, {SIGKILL, (long)"", 0, 8}, -EINVAL},
    {SYS_rt_sigaction, {SIGUSR1, 0, 0, 4}, -EINVAL},
    {SYS_rt_sigprocmask, {99, (long)&answers, 0, 8}, -EINVAL},
    {SYS_sigaltstack, {0}, -ENOSYS},
    {SYS_clock_gettime, {1234, 0}, -EINVAL},
    {SYS_clock_gettime, {-3, 0}, -EINVAL},
    {SYS_clock_getres, {CLOCK_MONOTONIC, 0}, 0},
    {SYS_clock_settime, {CLOCK_REALTIME, 0}, -EPERM},
    {SYS_mmap, {0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS}, -EINVAL},
    {SYS_mmap, {0, 4096, PROT_READ, MAP_ANONYMOUS}, -EINVAL},
    {SYS_mmap, {0, 4096, PROT_READ, MAP_PRIVATE}, -ENODEV}, // of descriptor 0
    {SYS_munmap, {1, 4096}, -EINVAL},
    {SYS_mremap, {NOWHERE, 4096, 8192, 0}, -EFAULT},
    {SYS_mremap, {(long)NOWHERE + 1, 4096, 8192, 0}, -EINVAL},
    {SYS_mincore, {NOWHERE, 4096, 0}, -ENOMEM},
    {SYS_mlock, {NOWHERE, 4096}, -ENOMEM},
    {SYS_madvise, {NOWHERE, 4096, MADV_DONTNEED}, -ENOMEM},
    {SYS_brk, {0x10000}, 0},
    {SYS_membarrier, {0, 0}, 25},
    {SYS_membarrier, {8, 0}, 0},
    {SYS_membarrier, {2, 0}, -EINVAL},
    {SYS_set_robust_list, {0, 23}, -EINVAL},
    {SYS_futex, {2, 0, 0, 0}, -EINVAL},
    {SYS_futex, {(long)&answers, 77, 0, 0}, -ENOSYS},
    {SYS_sched_get_priority_max, {SCHED_FIFO}, -EINVAL},
    {SYS_getpriority, {PRIO_PROCESS, 0}, 20},
    {SYS_getrandom, {0, 0, 64}, -EINVAL},
    {SYS_prlimit64, {0, 99, 0, 0}, -EINVAL},
    {SYS_prlimit64, {987654, RLIMIT_NOFILE, 0, 0}, -ESRCH},
    {SYS_reboot, {0}, -EPERM},
};

static void test_answers(void)
{
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        const struct answer *a = &answers[i];
        long result = make_call(a->nr, a->args[0], a->args[1], a->args[2], a->args[3], 0);
        if (!EXPECT(result == a->result))
            printf("call %ld (%zu): %ld\n", a->nr, i, result);
    }
}

/// The numbers beyond those that the C library knows, and such as never were.
static void test_unknown(void)
{
    static const long others[] = {335, 1 << 20, LONG_MAX, LONG_MIN, -2, 0x53550000};
    for (long nr = 440; nr < 2000; nr++)
        if (make_call(nr, 0, 0, 0, 0, 0) != -ENOSYS)
            EXPECT(nr == 0);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        EXPECT(make_call(others[i], 0, 0, 0, 0, 0) == -ENOSYS);
}

static void test_descriptors(void)
{
    int copy = dup(1);
    EXPECT(copy == 3 && write(copy, "libc: a copy writes\n", 20) == 20 && isatty(copy));
    EXPECT(fcntl(copy, F_GETFD) == 0 && fcntl(copy, F_SETFD, FD_CLOEXEC) == 0);
    EXPECT(fcntl(copy, F_GETFD) == FD_CLOEXEC && dup2(copy, 9) == 9 && dup2(9, 9) == 9);
    EXPECT(close(copy) == 0 && close(9) == 0);
    EXPECT(write(copy, "x", 1) == -1 && errno == EBADF && close(copy) == -1);
    EXPECT(fcntl(1, F_DUPFD, sysconf(_SC_OPEN_MAX)) == -1 && errno == EINVAL);
    EXPECT(read(1, &copy, 1) == -1 && errno == EBADF);
    EXPECT(fopen("/no/such/file", "r") == NULL && errno == ENOENT);
}

static void test_poll(void)
{
    struct pollfd fds[] = {{1, POLLOUT | POLLIN, 0}, {0, POLLOUT, 0}, {40, POLLIN, 0}, {-1, 0, 7}};
    EXPECT(poll(fds, 4, 0) == 2 && fds[0].revents == POLLOUT && fds[1].revents == 0);
    EXPECT(fds[2].revents == POLLNVAL && fds[3].revents == 0);
    struct timespec before, after, limit = {0, 30000000};
    clock_gettime(CLOCK_MONOTONIC, &before);
    EXPECT(poll(NULL, 0, 30) == 0 && ppoll(NULL, 0, &limit, NULL) == 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    EXPECT((after.tv_sec - before.tv_sec) * 1000000000l + after.tv_nsec - before.tv_nsec >=
           60000000l);
    fd_set writes;
    FD_ZERO(&writes);
    FD_SET(2, &writes);
    struct timeval soon = {0, 1000};
    EXPECT(select(3, NULL, &writes, NULL, NULL) == 1 && FD_ISSET(2, &writes));
    EXPECT(select(0, NULL, NULL, NULL, &soon) == 0);
    FD_SET(50, &writes);
    EXPECT(select(51, NULL, &writes, NULL, &soon) == -1 && errno == EBADF);
}

/// Input that comes when the test wants it, and then ends.
static struct thread_sem input = THREAD_SEM_INITIALIZER;
static unsigned inputs;

static size_t give_input(char *buf, size_t bytes)
{
    thread_sem_wait(&input);
    size_t count = ++inputs == 1 && bytes >= 4 ? 4 : 0;
    memcpy(buf, "abc\n", count);
    return count;
}

/// Whether there is input is seen by reading ahead; nothing of it is lost.
static void test_poll_input(void)
{
    struct pollfd in = {0, POLLIN, 0};
    char text[8];
    int count = -1;
    personality_read_fn before = personality_set_read(give_input);
    EXPECT(poll(&in, 1, 20) == 0 && ioctl(0, FIONREAD, &count) == 0 && count == 0);
    thread_sem_post(&input);
    EXPECT(poll(&in, 1, -1) == 1 && in.revents == POLLIN);
    EXPECT(ioctl(0, FIONREAD, &count) == 0 && count == 4);
    EXPECT(read(0, text, 2) == 2 && poll(&in, 1, 0) == 1);
    EXPECT(read(0, text + 2, sizeof(text)) == 2 && memcmp(text, "abc\n", 4) == 0);
    EXPECT(poll(&in, 1, 0) == 0);
    thread_sem_post(&input);
    EXPECT(poll(&in, 1, -1) == 1 && read(0, text, 1) == 0); // the end
    (void)personality_set_read(before);
}

static void test_memory(void)
{
    char *memory =
        mmap(NULL, 3 * BASE_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char vec[3];
    EXPECT(memory != MAP_FAILED);
    memset(memory, 7, 3 * BASE_PAGE_SIZE);
    EXPECT(munmap(memory, BASE_PAGE_SIZE) == -1 && errno == ENOMEM && memory[0] == 7);
    EXPECT(mincore(memory, 3 * BASE_PAGE_SIZE, vec) == 0 && vec[2] == 1);
    EXPECT(madvise(memory, BASE_PAGE_SIZE, MADV_DONTNEED) == 0 && memory[0] == 0);
    EXPECT(memory[BASE_PAGE_SIZE] == 7 && mlock(memory + 5, 10) == 0);
    EXPECT(mremap(memory, BASE_PAGE_SIZE, 1 << 20, 0) == MAP_FAILED && errno == ENOMEM);
    EXPECT(mmap(memory, 3 * BASE_PAGE_SIZE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED &&
           errno == EEXIST);
    EXPECT(mmap(memory, 3 * BASE_PAGE_SIZE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory &&
           memory[BASE_PAGE_SIZE] == 0);
    EXPECT(munmap(memory, 3 * BASE_PAGE_SIZE) == 0);
    EXPECT(munmap(memory, 3 * BASE_PAGE_SIZE) == 0); // nothing is there, which is no error
    EXPECT(mincore(memory, BASE_PAGE_SIZE, vec) == -1 && errno == ENOMEM);
}

/// What was what lay on the stack before.
static void test_system(void)
{
    struct sysinfo info;
    struct rlimit limit;
    cpu_set_t cpus;
    double loads[3] = {-1, -1, -1};
    struct utsname name;
    memset(&info, 0x5a, sizeof(info));
    EXPECT(sysinfo(&info) == 0 && info.mem_unit == 1 && info.procs == 1);
    EXPECT(info.totalram >= info.freeram && info.totalram >= 16ul << 20 &&
           info.totalram < 1ul << 40 && info.totalswap == 0);
    EXPECT(sysconf(_SC_PHYS_PAGES) == (long)(info.totalram / BASE_PAGE_SIZE));
    EXPECT(getloadavg(loads, 3) == 3 && loads[0] >= 1 && loads[0] < 1000);
    EXPECT(sysconf(_SC_OPEN_MAX) == 64 && sysconf(_SC_NPROCESSORS_ONLN) == 1);
    EXPECT(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= 65536);
    EXPECT(setrlimit(RLIMIT_STACK, &limit) == 0);
    limit.rlim_cur--;
    EXPECT(setrlimit(RLIMIT_STACK, &limit) == -1 && errno == EPERM);
    EXPECT(sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_ISSET(disp_get_core_id(), &cpus) &&
           CPU_COUNT(&cpus) == 1);
    EXPECT(sched_getcpu() == disp_get_core_id() && sched_setaffinity(0, sizeof(cpus), &cpus) == 0);
    EXPECT(uname(&name) == 0 && strcmp(name.machine, "x86_64") == 0);
    EXPECT(umask(077) == 022 && umask(022) == 077 && getcwd(name.nodename, 64) == NULL);
}

/// The domain's own time: it stands still while the domain sleeps.
static void test_clock(void)
{
    struct timespec nap = {0, 100000000}, until;
    struct rusage usage;
    clock_t before = clock();
    EXPECT(nanosleep(&nap, NULL) == 0);
    clock_t slept = clock() - before;
    EXPECT(slept >= 0 && slept < 50000);
    while (clock() - before < slept + 20000) {
    }
    EXPECT(getrusage(RUSAGE_SELF, &usage) == 0 &&
           usage.ru_utime.tv_sec * 1000000l + usage.ru_utime.tv_usec >= 20000);
    EXPECT(times(NULL) > 0 && clock_getres(CLOCK_PROCESS_CPUTIME_ID, &until) == 0);
    for (clockid_t id = CLOCK_REALTIME; id <= CLOCK_MONOTONIC; id++) {
        EXPECT(clock_gettime(id, &until) == 0);
        EXPECT(clock_nanosleep(id, TIMER_ABSTIME, &until, NULL) == 0); // it has come
        until.tv_nsec += until.tv_nsec < 900000000 ? 10000000 : 0;
        EXPECT(clock_nanosleep(id, TIMER_ABSTIME, &until, NULL) == 0);
    }
    nap.tv_nsec = 1000000000;
    EXPECT(nanosleep(&nap, NULL) == -1 && errno == EINVAL);
}

static void test_main_stack(void)
{
    pthread_attr_t attr;
    void *base;
    size_t bytes;
    EXPECT(pthread_getattr_np(pthread_self(), &attr) == 0);
    EXPECT(pthread_attr_getstack(&attr, &base, &bytes) == 0 && bytes >= 65536);
    EXPECT((char *)&attr >= (char *)base && (char *)&attr < (char *)base + bytes);
}

void test_calls(void)
{
    test_unknown();
    test_answers();
    test_wild_pointers();
    test_descriptors();
    test_poll();
    test_poll_input();
    test_memory();
    test_system();
    test_clock();
    test_main_stack();
}
