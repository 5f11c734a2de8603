// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A timer wheel (Varghese and Lauck, SOSP 1987): bucket i holds the timers due in a
// millisecond whose number is i modulo the number of buckets; those due later than one turn wait in
// the last bucket of the turn and are sorted in again. Adding and removing take constant time;
// expiring handles at most EXPIRE_MAX timers in one event.

#include "sched/timer.h"

#include "dispatch/dispatch.h"
#include "kcb/kcb.h"

#define EXPIRE_MAX 16u

static uint64_t period_of(uint64_t tsc)
{
    return tsc / kcb.tsc_per_ms;
}

static void bucket_insert(struct timer *timer, uint64_t period)
{
    uint32_t index = (uint32_t)(period % TIMER_BUCKETS);
    timer->bucket = index;
    timer->prev = NULL;
    timer->next = kcb.timers.bucket[index];
    if (timer->next != NULL)
        timer->next->prev = timer;
    kcb.timers.bucket[index] = timer;
    kcb.timers.occupied[index / 64] |= 1ul << (index % 64);
    kcb.unsettled = true;
}

/// Puts timer into the bucket of its time, or the last one that is free of confusion with
/// `current`.
static void sort_in(struct timer *timer, uint64_t current)
{
    uint64_t first = current + 1;
    uint64_t last = current + TIMER_BUCKETS - 1;
    uint64_t period = period_of(timer->at) + 1; // rounded up: never too early
    bucket_insert(timer, period < first ? first : period > last ? last : period);
}

/// Periods from `from` to the first occupied bucket; TIMER_BUCKETS if there is none.
static uint32_t distance_to_occupied(uint64_t from)
{
    const uint64_t *occupied = kcb.timers.occupied;
    for (uint32_t distance = 0; distance < TIMER_BUCKETS;) {
        uint32_t index = (uint32_t)((from + distance) % TIMER_BUCKETS);
        uint64_t word = occupied[index / 64] >> (index % 64);
        if (word != 0)
            return distance + (uint32_t)__builtin_ctzl(word);
        distance += 64 - index % 64;
    }
    return TIMER_BUCKETS;
}

void timer_add(struct timer *timer, uint64_t at)
{
    timer->at = at == 0 ? 1 : at;
    // If nobody waits time may have passed.
    if (distance_to_occupied(kcb.timers.now + 1) == TIMER_BUCKETS)
        kcb.timers.now = period_of(kcb.event_start);
    sort_in(timer, kcb.timers.now);
}

void timer_remove(struct timer *timer)
{
    if (timer->at == 0)
        return;
    uint32_t index = timer->bucket;
    timer->at = 0;
    kcb.unsettled = true;
    if (timer->prev != NULL)
        timer->prev->next = timer->next;
    else
        kcb.timers.bucket[index] = timer->next;
    if (timer->next != NULL)
        timer->next->prev = timer->prev;
    if (kcb.timers.bucket[index] == NULL)
        kcb.timers.occupied[index / 64] &= ~(1ul << (index % 64));
}

void timer_expire(uint64_t now)
{
    struct timer_wheel *wheel = &kcb.timers;
    uint64_t target = period_of(now);
    for (unsigned handled = 0; wheel->now < target;) {
        uint32_t distance = distance_to_occupied(wheel->now + 1);
        if (distance == TIMER_BUCKETS || wheel->now + 1 + distance > target) {
            wheel->now = target;
            return;
        }
        // The period before the one at hand: an event that is cut short comes back to it.
        wheel->now += distance;
        uint64_t period = wheel->now + 1;
        struct timer *timer;
        while ((timer = wheel->bucket[period % TIMER_BUCKETS]) != NULL) {
            if (handled++ == EXPIRE_MAX)
                return;
            uint64_t at = timer->at;
            timer_remove(timer);
            if (at <= now)
                at = dispatcher_time(timer, now);
            if (at != 0) {
                timer->at = at;
                sort_in(timer, period);
            }
        }
        wheel->now = period;
    }
}

uint64_t timer_next(void)
{
    uint32_t distance = distance_to_occupied(kcb.timers.now + 1);
    if (distance == TIMER_BUCKETS)
        return UINT64_MAX;
    return (kcb.timers.now + 1 + distance) * kcb.tsc_per_ms;
}
