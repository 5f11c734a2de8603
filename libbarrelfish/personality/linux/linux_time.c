// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Time: every clock counts from the reset of the machine, as there is no calendar, but for that of
// the domain's processor time, which is what its exposed information says, and the time since then.
// Threads' times are not kept apart.
#include "linux.h"

#include "barrelfish/info.h"
#include "barrelfish/linux_threads.h"
#include "barrelfish/systime.h"
#include "linux_thread.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#define NS_PER_S 1000000000ull
#define NS_PER_TICK 10000000ull // of times(): a hundred a second

bool linux_time_valid(const struct timespec *time)
{
    return time->tv_sec >= 0 && time->tv_nsec >= 0 && (uint64_t)time->tv_nsec < NS_PER_S;
}

/// It never goes back, though what comes by LRPC is told late (kpi/info.h).
static uint64_t processor_ns(void)
{
    static uint64_t last;
    struct info_kernel info;
    if (err_is_ok(info_read_kernel(&info)) && info.sequence != 0) {
        uint64_t now = systime_to_ns(info.run_cycles + (systime_now() - info.tsc));
        dispatcher_handle_t handle = disp_disable();
        last = now > last ? now : last;
        disp_enable(handle);
    }
    return last;
}

/// The clocks that are there; *ns: what they show.
static bool clock_read(long clock, uint64_t *ns)
{
    bool processor = clock == CLOCK_PROCESS_CPUTIME_ID;
    bool known = processor || clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
                 (clock >= CLOCK_MONOTONIC_RAW && clock <= CLOCK_BOOTTIME);
    if (known)
        *ns = processor ? processor_ns() : systime_to_ns(systime_now());
    return known;
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

static struct timeval timeval_of(uint64_t ns)
{
    return (struct timeval){.tv_sec = (time_t)(ns / NS_PER_S),
                            .tv_usec = (suseconds_t)(ns % NS_PER_S / 1000)};
}

long linux_clock_gettime(const long args[6])
{
    struct timespec *time = (struct timespec *)args[1];
    uint64_t ns;
    if (!clock_read((int)args[0], &ns))
        return -EINVAL;
    if (!linux_can_write(time, sizeof(*time)))
        return -EFAULT;
    *time = timespec_of(ns);
    return 0;
}

long linux_clock_getres(const long args[6])
{
    struct timespec *time = (struct timespec *)args[1];
    uint64_t ns;
    if (!clock_read((int)args[0], &ns))
        return -EINVAL;
    if (time != NULL && !linux_can_write(time, sizeof(*time)))
        return -EFAULT;
    if (time != NULL)
        *time = timespec_of(1);
    return 0;
}

long linux_clock_settime(const long args[6])
{
    uint64_t ns;
    return clock_read((int)args[0], &ns) && args[0] == CLOCK_REALTIME ? -EPERM : -EINVAL;
}

long linux_gettimeofday(const long args[6])
{
    struct timeval *time = (struct timeval *)args[0];
    struct timezone *zone = (struct timezone *)args[1];
    if ((time != NULL && !linux_can_write(time, sizeof(*time))) ||
        (zone != NULL && !linux_can_write(zone, sizeof(*zone))))
        return -EFAULT;
    if (time != NULL)
        *time = timeval_of(systime_to_ns(systime_now()));
    if (zone != NULL)
        memset(zone, 0, sizeof(*zone));
    return 0;
}

/// What is left of a sleep that a signal has ended, for relative ones.
static long interrupted(struct timespec *left, systime_t deadline)
{
    systime_t now = systime_now();
    if (left != NULL && !linux_can_write(left, sizeof(*left)))
        return -EFAULT;
    if (left != NULL)
        *left = timespec_of(deadline > now ? systime_to_ns(deadline - now) : 0);
    return -EINTR;
}

static long sleep_until(systime_t deadline)
{
    long result = 0;
    while (result == 0 && systime_now() < deadline) {
        dispatcher_handle_t handle = disp_disable();
        result = linux_wait_disabled(NULL, deadline);
        disp_enable(handle);
    }
    return result == -EINTR ? -EINTR : 0;
}

static long sleep_for(const struct timespec *time, struct timespec *left, bool absolute)
{
    if (!linux_can_read(time, sizeof(*time)))
        return -EFAULT;
    if (!linux_time_valid(time))
        return -EINVAL;
    systime_t deadline = linux_deadline(time, absolute);
    long result = sleep_until(deadline);
    return result == -EINTR && !absolute ? interrupted(left, deadline) : result;
}

long linux_nanosleep(const long args[6])
{
    return sleep_for((const struct timespec *)args[0], (struct timespec *)args[1], false);
}

/// The domain's processor time does not pass while its only thread sleeps for it.
long linux_clock_nanosleep(const long args[6])
{
    bool absolute = (args[1] & TIMER_ABSTIME) != 0;
    uint64_t ns;
    if (!clock_read((int)args[0], &ns) || args[0] == CLOCK_MONOTONIC_RAW)
        return -EINVAL;
    if (args[0] == CLOCK_PROCESS_CPUTIME_ID)
        return -EOPNOTSUPP;
    return sleep_for((const struct timespec *)args[2], (struct timespec *)args[3], absolute);
}

long linux_times(const long args[6])
{
    struct tms *times = (struct tms *)args[0];
    if (times != NULL && !linux_can_write(times, sizeof(*times)))
        return -EFAULT;
    if (times != NULL)
        *times = (struct tms){.tms_utime = (clock_t)(processor_ns() / NS_PER_TICK)};
    return (long)(systime_to_ns(systime_now()) / NS_PER_TICK);
}

/// Of children there are none, and of threads nothing is known.
long linux_getrusage(const long args[6])
{
    // Of the C library's structure the system call knows less.
    const size_t bytes = offsetof(struct rusage, __reserved);
    struct rusage usage = {.ru_utime = {0}};
    if ((int)args[0] != RUSAGE_SELF && (int)args[0] != RUSAGE_CHILDREN)
        return -EINVAL;
    if (!linux_can_write((void *)args[1], bytes))
        return -EFAULT;
    if ((int)args[0] == RUSAGE_SELF) {
        struct info_memory memory;
        usage.ru_utime = timeval_of(processor_ns());
        usage.ru_maxrss = err_is_ok(info_read_memory(&memory)) ? (long)(memory.bytes / 1024) : 0;
    }
    memcpy((void *)args[1], &usage, bytes);
    return 0;
}
