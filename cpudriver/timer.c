// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A timer wheel (Varghese and Lauck, SOSP 1987): bucket i holds the dispatchers due in a
// millisecond whose number is i modulo the number of buckets; those due later than one turn wait in
// the last bucket of the turn and are sorted in again. Adding and removing take constant time;
// expiring handles at most EXPIRE_MAX dispatchers in one event.

#include "timer.h"

#include "dispatch.h"
#include "kcb.h"

#define EXPIRE_MAX 16u

static uint64_t period_of(uint64_t tsc)
{
    return tsc / kcb.tsc_per_ms;
}

static void bucket_insert(struct dcb *dcb, uint64_t period)
{
    uint32_t index = (uint32_t)(period % TIMER_BUCKETS);
    dcb->timer_bucket = index;
    dcb->timer_prev = NULL;
    dcb->timer_next = kcb.timers.bucket[index];
    if (dcb->timer_next != NULL)
        dcb->timer_next->timer_prev = dcb;
    kcb.timers.bucket[index] = dcb;
    kcb.timers.occupied[index / 64] |= 1ul << (index % 64);
    kcb.unsettled = true;
}

// Puts dcb into the bucket of its time, or the last one that is free of confusion with `current`.
static void sort_in(struct dcb *dcb, uint64_t current)
{
    uint64_t first = current + 1;
    uint64_t last = current + TIMER_BUCKETS - 1;
    uint64_t period = period_of(dcb->wakeup) + 1; // rounded up: never too early
    bucket_insert(dcb, period < first ? first : period > last ? last : period);
}

// Periods from `from` to the first occupied bucket; TIMER_BUCKETS if there is none.
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

void timer_add(struct dcb *dcb, uint64_t wakeup)
{
    dcb->wakeup = wakeup == 0 ? 1 : wakeup;
    // If nobody waits time may have passed.
    if (distance_to_occupied(kcb.timers.now + 1) == TIMER_BUCKETS)
        kcb.timers.now = period_of(kcb.event_start);
    sort_in(dcb, kcb.timers.now);
}

void timer_remove(struct dcb *dcb)
{
    if (dcb->wakeup == 0)
        return;
    uint32_t index = dcb->timer_bucket;
    dcb->wakeup = 0;
    kcb.unsettled = true;
    if (dcb->timer_prev != NULL)
        dcb->timer_prev->timer_next = dcb->timer_next;
    else
        kcb.timers.bucket[index] = dcb->timer_next;
    if (dcb->timer_next != NULL)
        dcb->timer_next->timer_prev = dcb->timer_prev;
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
        struct dcb *dcb;
        while ((dcb = wheel->bucket[period % TIMER_BUCKETS]) != NULL) {
            if (handled++ == EXPIRE_MAX)
                return;
            uint64_t wakeup = dcb->wakeup;
            timer_remove(dcb);
            if (wakeup <= now) {
                dispatcher_make_runnable(dcb);
            } else {
                dcb->wakeup = wakeup;
                sort_in(dcb, period);
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
