// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Time: every clock counts from the reset of the machine, as there is no calendar.
#include "linux.h"

#include "barrelfish/deferred.h"
#include "barrelfish/systime.h"

#include <errno.h>
#include <sys/time.h>
#include <time.h>

#define NS_PER_S 1000000000ull
#define SLEEP_MAX_S 1000000000ll ///< longer sleeps wake early, which no caller will see

static uint64_t now_ns(void)
{
    return systime_to_ns(systime_now());
}

static bool clock_known(long clock)
{
    return clock >= CLOCK_REALTIME && clock <= CLOCK_BOOTTIME;
}

long linux_clock_gettime(const long args[6])
{
    if (!clock_known(args[0])) {
        return -EINVAL;
    }
    uint64_t ns = now_ns();
    *(struct timespec *)args[1] =
        (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
    return 0;
}

long linux_clock_getres(const long args[6])
{
    if (!clock_known(args[0])) {
        return -EINVAL;
    }
    if (args[1] != 0) {
        *(struct timespec *)args[1] = (struct timespec){.tv_sec = 0, .tv_nsec = 1};
    }
    return 0;
}

long linux_gettimeofday(const long args[6])
{
    uint64_t us = now_ns() / 1000;
    if (args[0] != 0) {
        *(struct timeval *)args[0] =
            (struct timeval){.tv_sec = (time_t)(us / 1000000), .tv_usec = (long)(us % 1000000)};
    }
    return 0;
}

static long sleep_for(const struct timespec *time, bool absolute)
{
    if (time->tv_nsec < 0 || (uint64_t)time->tv_nsec >= NS_PER_S || time->tv_sec < 0) {
        return -EINVAL;
    }
    uint64_t seconds = (uint64_t)(time->tv_sec < SLEEP_MAX_S ? time->tv_sec : SLEEP_MAX_S);
    uint64_t ns = seconds * NS_PER_S + (uint64_t)time->tv_nsec;
    uint64_t now = absolute ? now_ns() : 0;
    uint64_t us = ns > now ? (ns - now + 999) / 1000 : 0;
    return us == 0 || err_is_ok(barrelfish_usleep(us)) ? 0 : -EINTR;
}

long linux_nanosleep(const long args[6])
{
    return sleep_for((const struct timespec *)args[0], false);
}

long linux_clock_nanosleep(const long args[6])
{
    bool absolute = (args[1] & TIMER_ABSTIME) != 0;
    return clock_known(args[0]) ? sleep_for((const struct timespec *)args[2], absolute) : -EINVAL;
}
