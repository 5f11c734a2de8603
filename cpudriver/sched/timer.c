// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A timer wheel (Varghese and Lauck, SOSP 1987): bucket i holds the timers due in a
// millisecond whose number is i modulo the number of buckets; those due later than one turn wait in
// the last bucket of the turn and are sorted in again. Adding and removing take constant time;
// expiring handles at most TIMER_EXPIRE_MAX timers in one event.

#include "sched/timer.h"

#include "lib/kassert.h"

void timer_init(struct timer_wheel *wheel, uint64_t tsc_per_ms, uint64_t now)
{
    wheel->tsc_per_ms = tsc_per_ms;
    wheel->now = now / tsc_per_ms;
}

/// Puts timer into the bucket of its time, or the last one that is free of confusion with
/// `current` (T2).
static void sort_in(struct timer_wheel *wheel, struct timer *timer, uint64_t current)
{
    uint64_t first = current + 1;
    uint64_t last = current + TIMER_BUCKETS - 1;
    uint64_t due = timer->at / wheel->tsc_per_ms + 1; // rounded up: never too early
    uint64_t period = due < first ? first : due > last ? last : due;
    uint32_t index = (uint32_t)(period % TIMER_BUCKETS);
    timer->bucket = index;
    timer->prev = NULL;
    timer->next = wheel->bucket[index];
    if (timer->next != NULL)
        timer->next->prev = timer;
    wheel->bucket[index] = timer;
    wheel->occupied[index / 64] |= 1ul << (index % 64);
}

/// Periods from `from` to the first occupied bucket; TIMER_BUCKETS if there is none.
static uint32_t distance_to_occupied(const struct timer_wheel *wheel, uint64_t from)
{
    for (uint32_t distance = 0; distance < TIMER_BUCKETS;) {
        uint32_t index = (uint32_t)((from + distance) % TIMER_BUCKETS);
        uint64_t word = wheel->occupied[index / 64] >> (index % 64);
        if (word != 0)
            return distance + (uint32_t)__builtin_ctzl(word);
        distance += 64 - index % 64;
    }
    return TIMER_BUCKETS;
}

void timer_add(struct timer_wheel *wheel, struct timer *timer, uint64_t at, uint64_t now)
{
    kassert(timer->at == 0); // T1
    timer->at = at == 0 ? 1 : at;
    // If nobody waits time may have passed.
    if (distance_to_occupied(wheel, 0) == TIMER_BUCKETS)
        wheel->now = now / wheel->tsc_per_ms;
    sort_in(wheel, timer, wheel->now);
}

void timer_remove(struct timer_wheel *wheel, struct timer *timer)
{
    if (timer->at == 0)
        return;
    uint32_t index = timer->bucket;
    kassert((wheel->occupied[index / 64] >> (index % 64) & 1) != 0); // T3: it is in there
    timer->at = 0;
    if (timer->prev != NULL)
        timer->prev->next = timer->next;
    else
        wheel->bucket[index] = timer->next;
    if (timer->next != NULL)
        timer->next->prev = timer->prev;
    if (wheel->bucket[index] == NULL)
        wheel->occupied[index / 64] &= ~(1ul << (index % 64));
}

void timer_expire(struct timer_wheel *wheel, uint64_t now)
{
    uint64_t target = now / wheel->tsc_per_ms;
    for (unsigned handled = 0; wheel->now < target;) {
        uint32_t distance = distance_to_occupied(wheel, wheel->now + 1);
        if (distance == TIMER_BUCKETS || wheel->now + 1 + distance > target) {
            wheel->now = target;
            return;
        }
        // The period before the one at hand: an event that is cut short comes back to it.
        wheel->now += distance;
        uint64_t period = wheel->now + 1;
        struct timer *timer;
        while ((timer = wheel->bucket[period % TIMER_BUCKETS]) != NULL) {
            if (handled++ == TIMER_EXPIRE_MAX)
                return;
            uint64_t at = timer->at;
            kassert(timer->bucket == period % TIMER_BUCKETS); // T2
            timer_remove(wheel, timer);
            if (at <= now)
                at = timer->due(timer, now);
            if (at != 0) {
                timer->at = at;
                sort_in(wheel, timer, period);
            }
        }
        wheel->now = period;
    }
}

uint64_t timer_next(const struct timer_wheel *wheel)
{
    uint32_t distance = distance_to_occupied(wheel, wheel->now + 1);
    if (distance == TIMER_BUCKETS)
        return UINT64_MAX;
    return (wheel->now + 1 + distance) * wheel->tsc_per_ms;
}
