// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The system calls of signals, upon linux_signal.c, and the timer of alarm() and setitimer().
// Sources: man pages sigaction(2), sigprocmask(2), sigsuspend(2), sigtimedwait(2), kill(2),
// setitimer(2).
#include "barrelfish/deferred.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/domain.h"
#include "barrelfish/linux_threads.h"
#include "linux.h"
#include "linux_signal.h"
#include "linux_signal_state.h"

#include <errno.h>
#include <sys/time.h>
#include <time.h>

#define SET_BYTES sizeof(uint64_t)
#define US_PER_S 1000000ull
#define UNMASKABLE (1ul << (SIGKILL - 1) | 1ul << (SIGSTOP - 1))

static bool signal_valid(long signal)
{
    return signal >= 1 && signal < LINUX_SIGNALS;
}

static void set_action(int signal, struct linux_action action)
{
    dispatcher_handle_t handle = disp_disable();
    linux_actions[signal] = action;
    linux_actions[signal].mask &= ~UNMASKABLE;
    if (linux_disposition(signal) == LINUX_IGNORE) {
        uint64_t bit = linux_signal_bit(signal);
        linux_signals_pending &= ~bit;
        for (struct thread *t = disp_self()->all; t != NULL; t = t->all_next)
            linux_of(t)->signal_pending &= ~bit;
    }
    disp_enable(handle);
}

long linux_rt_sigaction(const long args[6])
{
    int signal = (int)args[0];
    const struct linux_action *action = (const struct linux_action *)args[1];
    struct linux_action *old = (struct linux_action *)args[2];
    if (!signal_valid(args[0]) || args[3] != SET_BYTES ||
        (action != NULL && (signal == SIGKILL || signal == SIGSTOP)))
        return -EINVAL;
    if ((action != NULL && !linux_can_read(action, sizeof(*action))) ||
        (old != NULL && !linux_can_write(old, sizeof(*old))))
        return -EFAULT;
    struct linux_action before = linux_actions[signal];
    if (action != NULL)
        set_action(signal, *action);
    if (old != NULL)
        *old = before;
    return 0;
}

long linux_rt_sigprocmask(const long args[6])
{
    const uint64_t *set = (const uint64_t *)args[1];
    uint64_t *old = (uint64_t *)args[2];
    struct thread *self = thread_self();
    uint64_t before = linux_of(self)->signal_mask, after = before;
    if (args[3] != SET_BYTES)
        return -EINVAL;
    if ((set != NULL && !linux_can_read(set, SET_BYTES)) ||
        (old != NULL && !linux_can_write(old, SET_BYTES)))
        return -EFAULT;
    if (set != NULL) {
        switch (args[0]) {
        case SIG_BLOCK:
            after |= *set;
            break;
        case SIG_UNBLOCK:
            after &= ~*set;
            break;
        case SIG_SETMASK:
            after = *set;
            break;
        default:
            return -EINVAL;
        }
    }
    linux_of(self)->signal_mask = after & ~UNMASKABLE;
    if (old != NULL)
        *old = before;
    return 0;
}

long linux_rt_sigpending(const long args[6])
{
    uint64_t *set = (uint64_t *)args[0];
    const struct thread *self = thread_self();
    if (args[1] != SET_BYTES)
        return -EINVAL;
    if (!linux_can_write(set, SET_BYTES))
        return -EFAULT;
    *set = (linux_of(self)->signal_pending | linux_signals_pending) & linux_of(self)->signal_mask;
    return 0;
}

/// Waits until a signal may be handled, and handles it, with another mask.
static long suspend(uint64_t mask)
{
    struct thread *self = thread_self();
    uint64_t before = linux_of(self)->signal_mask;
    linux_of(self)->signal_mask = mask & ~UNMASKABLE;
    while (((linux_of(self)->signal_pending | linux_signals_pending) &
            ~linux_of(self)->signal_mask) == 0) {
        dispatcher_handle_t handle = disp_disable();
        (void)linux_wait_disabled(NULL, 0);
        disp_enable(handle);
    }
    (void)linux_signals_handle(self->syscall_frame);
    linux_of(self)->signal_mask = before;
    return -EINTR;
}

long linux_rt_sigsuspend(const long args[6])
{
    const uint64_t *mask = (const uint64_t *)args[0];
    if (args[1] != SET_BYTES)
        return -EINVAL;
    return linux_can_read(mask, SET_BYTES) ? suspend(*mask) : -EFAULT;
}

long linux_pause(const long args[6])
{
    (void)args;
    return suspend(linux_of(thread_self())->signal_mask);
}

static long await_signal(uint64_t set, systime_t deadline)
{
    struct thread *self = thread_self();
    long result = 0;
    for (;;) {
        int signal = linux_signal_take(set);
        if (signal != 0 || result != 0)
            return signal != 0 ? signal : result == -ETIMEDOUT ? -EAGAIN : result;
        dispatcher_handle_t handle = disp_disable();
        linux_of(self)->signal_wanted = set;
        if (((linux_of(self)->signal_pending | linux_signals_pending) & set) == 0)
            result = linux_wait_disabled(NULL, deadline);
        linux_of(self)->signal_wanted = 0;
        disp_enable(handle);
    }
}

long linux_rt_sigtimedwait(const long args[6])
{
    const uint64_t *set = (const uint64_t *)args[0];
    siginfo_t *info = (siginfo_t *)args[1];
    const struct timespec *timeout = (const struct timespec *)args[2];
    if (args[3] != SET_BYTES)
        return -EINVAL;
    if (!linux_can_read(set, SET_BYTES) ||
        (info != NULL && !linux_can_write(info, sizeof(*info))) ||
        (timeout != NULL && !linux_can_read(timeout, sizeof(*timeout))))
        return -EFAULT;
    if (timeout != NULL && !linux_time_valid(timeout))
        return -EINVAL;
    long signal =
        await_signal(*set & ~UNMASKABLE, timeout != NULL ? linux_deadline(timeout, false) : 0);
    if (signal > 0 && info != NULL) {
        *info = (siginfo_t){.si_signo = (int)signal, .si_code = SI_USER};
        info->si_pid = (pid_t)disp_get_domain_id();
    }
    return signal;
}

static long send(long tid, long signal)
{
    long result = -ESRCH;
    if (signal < 0 || signal >= LINUX_SIGNALS)
        return -EINVAL;
    if (signal > LINUX_SIGNALS_KNOWN && signal != LINUX_SIGCANCEL)
        return -ENOSYS;
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    struct thread *thread = disp->all;
    while (thread != NULL && (long)thread->id != tid)
        thread = thread->all_next;
    if (tid == 0)
        result = signal == 0 ? 0 : linux_signal_domain_disabled(disp, (int)signal);
    else if (thread != NULL)
        result = signal == 0 ? 0 : linux_signal_thread_disabled(disp, thread, (int)signal);
    disp_enable((dispatcher_handle_t)disp);
    return result;
}

/// 0 and the number less than 0 name process groups, which have this domain alone.
long linux_kill(const long args[6])
{
    long self = (long)disp_get_domain_id();
    int pid = (int)args[0];
    return pid == 0 || pid == self || pid == -self ? send(0, (int)args[1]) : -ESRCH;
}

long linux_tkill(const long args[6])
{
    return (int)args[0] > 0 ? send((int)args[0], (int)args[1]) : -EINVAL;
}

long linux_tgkill(const long args[6])
{
    if ((int)args[0] <= 0 || (int)args[1] <= 0)
        return -EINVAL;
    return (int)args[0] == (int)disp_get_domain_id() ? send((int)args[1], (int)args[2]) : -ESRCH;
}

static struct {
    struct deferred_event event;
    uint64_t interval_us;
} itimer;

static void itimer_start_disabled(systime_t at)
{
    itimer.event.time = at;
    deferred_insert_disabled(disp_self(), &itimer.event);
    disp_self()->looked_for++;
    dispatch_want_tick(disp_self());
}

static void itimer_stop_disabled(void)
{
    deferred_remove_disabled(disp_self(), &itimer.event);
    disp_self()->looked_for--;
}

static void itimer_expired(struct deferred_event *event)
{
    disp_self()->looked_for--;
    if (itimer.interval_us != 0) {
        systime_t interval = us_to_systime(itimer.interval_us), now = systime_now();
        itimer_start_disabled((event->time + interval > now ? event->time : now) + interval);
    }
    linux_signal_raise_disabled(SIGALRM);
}

static struct timeval timeval_of(uint64_t us)
{
    return (struct timeval){.tv_sec = (time_t)(us / US_PER_S),
                            .tv_usec = (suseconds_t)(us % US_PER_S)};
}

static struct itimerval itimer_get_disabled(void)
{
    systime_t now = systime_now();
    uint64_t left = list_is_in(&itimer.event.place) && itimer.event.time > now
                        ? systime_to_us(itimer.event.time - now) + 1
                        : list_is_in(&itimer.event.place);
    return (struct itimerval){timeval_of(itimer.interval_us), timeval_of(left)};
}

static bool us_of(const struct timeval *time, uint64_t *us)
{
    *us = (uint64_t)time->tv_sec * US_PER_S + (uint64_t)time->tv_usec;
    return time->tv_sec >= 0 && time->tv_sec < (1l << 40) && time->tv_usec >= 0 &&
           (uint64_t)time->tv_usec < US_PER_S;
}

/// ITIMER_REAL only: nobody counts the others' time.
long linux_setitimer(const long args[6])
{
    const struct itimerval *value = (const struct itimerval *)args[1];
    struct itimerval *old = (struct itimerval *)args[2];
    uint64_t us = 0, interval = 0;
    if (args[0] != ITIMER_REAL)
        return -EINVAL;
    if ((value != NULL && !linux_can_read(value, sizeof(*value))) ||
        (old != NULL && !linux_can_write(old, sizeof(*old))))
        return -EFAULT;
    if (value != NULL && (!us_of(&value->it_value, &us) || !us_of(&value->it_interval, &interval)))
        return -EINVAL;
    systime_t at = systime_now() + us_to_systime(us);
    dispatcher_handle_t handle = disp_disable();
    struct itimerval before = itimer_get_disabled();
    if (list_is_in(&itimer.event.place))
        itimer_stop_disabled();
    itimer.interval_us = interval;
    if (us != 0) {
        itimer.event.expired = itimer_expired;
        itimer_start_disabled(at);
    }
    disp_enable(handle);
    if (old != NULL)
        *old = before;
    return 0;
}

long linux_getitimer(const long args[6])
{
    struct itimerval *value = (struct itimerval *)args[1];
    if (args[0] != ITIMER_REAL)
        return -EINVAL;
    if (!linux_can_write(value, sizeof(*value)))
        return -EFAULT;
    dispatcher_handle_t handle = disp_disable();
    struct itimerval now = itimer_get_disabled();
    disp_enable(handle);
    *value = now;
    return 0;
}
