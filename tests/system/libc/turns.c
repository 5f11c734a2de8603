// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Preemption of threads in a domain that is alone on its core: three that only count get about
// equal turns, and one that sleeps meanwhile wakes. Where the host takes real processors away a
// turn may be short, so the balance may come late, but it has to come.
#include "tests.h"

#include "barrelfish/barrelfish.h"
#include "systest/systest.h"

#define COUNTERS 3u
#define NAP_US 60000u // two turns for each
#define NAPS_MAX 40u
#define RATIO_MAX 3u

static volatile uint64_t counts[COUNTERS];
static volatile bool stop;

static int count(void *arg)
{
    volatile uint64_t *mine = &counts[(uintptr_t)arg];
    while (!stop)
        ++*mine;
    return 0;
}

static bool balanced(void)
{
    uint64_t least = UINT64_MAX, most = 0;
    for (unsigned i = 0; i < COUNTERS; i++) {
        least = counts[i] < least ? counts[i] : least;
        most = counts[i] > most ? counts[i] : most;
    }
    return least > 0 && most / least < RATIO_MAX;
}

void test_turns(void)
{
    struct thread *threads[COUNTERS];
    unsigned naps = 0;
    for (uintptr_t i = 0; i < COUNTERS; i++) {
        threads[i] = thread_create(count, (void *)i);
        EXPECT(threads[i] != NULL);
    }
    do {
        EXPECT_OK(barrelfish_usleep(NAP_US));
    } while (++naps < NAPS_MAX && !balanced());
    EXPECT(balanced());
    stop = true;
    for (unsigned i = 0; i < COUNTERS; i++)
        EXPECT_OK(thread_join(threads[i], NULL));
}
