// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Waiting for streams: output can always be written, input is read ahead to see whether there is
// any (linux_input.c). Sources: man pages poll(2), select(2).
#include "barrelfish/linux_threads.h"
#include "linux.h"
#include "linux_signal.h"

#include <errno.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

#define MS_PER_S 1000l
#define NS_PER_MS 1000000l
#define SET_WORDS (FD_SETSIZE / 64)

/// Whether a descriptor is ready for `events`; *waits: it is input that is not there yet.
static short ready_for(int fd, short events, bool *waits)
{
    bool ready;
    switch (linux_stream_of(fd)) {
    case LINUX_INPUT:
        (void)linux_input_count(&ready);
        *waits = *waits || (!ready && (events & (POLLIN | POLLRDNORM)) != 0);
        return ready ? (short)(events & (POLLIN | POLLRDNORM)) : 0;
    case LINUX_OUTPUT:
        return (short)(events & (POLLOUT | POLLWRNORM));
    default:
        return POLLNVAL;
    }
}

/// Waits, once a round of looking has found nothing; false if that is the result.
static bool wait_more(bool waits, systime_t deadline, bool at_once, long *result)
{
    if (at_once)
        return false;
    if (waits) {
        *result = linux_input_await(deadline);
    } else {
        dispatcher_handle_t handle = disp_disable();
        *result = linux_wait_disabled(NULL, deadline);
        disp_enable(handle);
    }
    bool more = *result == 0;
    *result = *result == -ETIMEDOUT ? 0 : *result;
    return more;
}

static long poll_until(struct pollfd *fds, size_t count, systime_t deadline, bool at_once)
{
    for (long result = 0;;) {
        bool waits = false;
        for (size_t i = 0; i < count; i++) {
            fds[i].revents = fds[i].fd < 0 ? 0 : ready_for(fds[i].fd, fds[i].events, &waits);
            result += fds[i].revents != 0;
        }
        if (result != 0 || !wait_more(waits, deadline, at_once, &result))
            return result;
    }
}

/// With another mask of signals, if there is one, which are handled before it is put back.
struct masked {
    uint64_t before;
    bool other;
};

static long mask_begin(struct masked *masked, const uint64_t *mask, size_t bytes)
{
    struct thread *self = thread_self();
    *masked = (struct masked){linux_of(self)->signal_mask, mask != NULL};
    if (mask == NULL)
        return 0;
    if (bytes != sizeof(*mask))
        return -EINVAL;
    if (!linux_can_read(mask, sizeof(*mask)))
        return -EFAULT;
    linux_of(self)->signal_mask = *mask;
    return 0;
}

static void mask_end(const struct masked *masked)
{
    struct thread *self = thread_self();
    if (masked->other) {
        (void)linux_signals_handle(self->syscall_frame);
        linux_of(self)->signal_mask = masked->before;
    }
}

static long check_fds(struct pollfd *fds, size_t count)
{
    if (count > LINUX_FDS)
        return -EINVAL;
    return linux_can_write(fds, count * sizeof(*fds)) ? 0 : -EFAULT;
}

long linux_poll(const long args[6])
{
    struct pollfd *fds = (struct pollfd *)args[0];
    size_t count = (uint32_t)args[1];
    long ms = (int)args[2];
    struct timespec time = {.tv_sec = ms / MS_PER_S, .tv_nsec = ms % MS_PER_S * NS_PER_MS};
    long result = check_fds(fds, count);
    if (result < 0)
        return result;
    return poll_until(fds, count, ms > 0 ? linux_deadline(&time, false) : 0, ms == 0);
}

/// A time that is relative, or NULL: for ever.
struct limit {
    systime_t deadline;
    bool at_once;
};

static long limit_of(struct limit *limit, const struct timespec *time)
{
    *limit = (struct limit){0, false};
    if (time == NULL)
        return 0;
    if (!linux_can_read(time, sizeof(*time)))
        return -EFAULT;
    if (!linux_time_valid(time))
        return -EINVAL;
    limit->at_once = time->tv_sec == 0 && time->tv_nsec == 0;
    limit->deadline = linux_deadline(time, false);
    return 0;
}

long linux_ppoll(const long args[6])
{
    struct pollfd *fds = (struct pollfd *)args[0];
    size_t count = (uint32_t)args[1];
    struct limit limit;
    struct masked masked = {0, false};
    long result = check_fds(fds, count);
    result = result == 0 ? limit_of(&limit, (const struct timespec *)args[2]) : result;
    result = result == 0 ? mask_begin(&masked, (const uint64_t *)args[3], (size_t)args[4]) : result;
    if (result < 0)
        return result;
    result = poll_until(fds, count, limit.deadline, limit.at_once);
    mask_end(&masked);
    return result;
}

/// Sets of descriptors, of which the words for `count` of them are there.
struct sets {
    uint64_t *asked[3]; ///< read, write, exceptional; NULL: empty
    uint64_t found[3][SET_WORDS];
    int count;
};

static bool in_set(const uint64_t *set, int fd)
{
    return set != NULL && (set[fd / 64] >> (fd % 64) & 1) != 0;
}

static long look(struct sets *sets, bool *waits)
{
    static const short events[] = {POLLIN, POLLOUT, 0};
    long ready = 0;
    for (int fd = 0; fd < sets->count; fd++) {
        for (int which = 0; which < 3; which++) {
            short found = in_set(sets->asked[which], fd) ? ready_for(fd, events[which], waits) : 0;
            if ((found & POLLNVAL) != 0)
                return -EBADF;
            sets->found[which][fd / 64] |= (uint64_t)(found != 0) << (fd % 64);
            ready += found != 0;
        }
    }
    return ready;
}

static long select_until(struct sets *sets, const struct limit *limit)
{
    long result;
    for (bool more = true; more;) {
        bool waits = false;
        result = look(sets, &waits);
        more = result == 0 && wait_more(waits, limit->deadline, limit->at_once, &result);
    }
    for (int which = 0; which < 3 && result >= 0; which++)
        for (int i = 0; i * 64 < sets->count && sets->asked[which] != NULL; i++)
            sets->asked[which][i] = sets->found[which][i];
    return result;
}

static long sets_of(struct sets *sets, const long args[6])
{
    *sets = (struct sets){.count = (int)args[0]};
    if (sets->count < 0 || sets->count > FD_SETSIZE)
        return -EINVAL;
    for (int which = 0; which < 3; which++) {
        sets->asked[which] = (uint64_t *)args[1 + which];
        size_t bytes = ((size_t)sets->count + 63) / 64 * sizeof(uint64_t);
        if (sets->asked[which] != NULL && !linux_can_write(sets->asked[which], bytes))
            return -EFAULT;
    }
    return 0;
}

long linux_select(const long args[6])
{
    struct sets sets;
    struct limit limit = {0, false};
    const struct timeval *timeout = (const struct timeval *)args[4];
    long result = sets_of(&sets, args);
    if (result == 0 && timeout != NULL && !linux_can_read(timeout, sizeof(*timeout)))
        result = -EFAULT;
    if (result == 0 && timeout != NULL) {
        // More than a second of microseconds is allowed here.
        struct timespec time = {.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000,
                                .tv_nsec = timeout->tv_usec % 1000000 * 1000};
        result = limit_of(&limit, &time);
    }
    return result == 0 ? select_until(&sets, &limit) : result;
}

long linux_pselect6(const long args[6])
{
    struct sets sets;
    struct limit limit;
    struct masked masked = {0, false};
    const long *mask = (const long *)args[5]; // address and size of a set of signals
    long result = sets_of(&sets, args);
    result = result == 0 ? limit_of(&limit, (const struct timespec *)args[4]) : result;
    if (result == 0 && mask != NULL && !linux_can_read(mask, 2 * sizeof(*mask)))
        result = -EFAULT;
    if (result == 0) {
        result = mask_begin(&masked, mask != NULL ? (const uint64_t *)mask[0] : NULL,
                            mask != NULL ? (size_t)mask[1] : 0);
    }
    if (result < 0)
        return result;
    result = select_until(&sets, &limit);
    mask_end(&masked);
    return result;
}
