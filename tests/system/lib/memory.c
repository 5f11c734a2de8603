// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory free before equals memory free after. Memory comes back in steps: the CPU driver goes on
// with deletions when a core is idle, and the memory server takes what was returned when it next
// runs. So a value counts once it has stayed the same for a while.
#include "systest/systest.h"

#include <inttypes.h>
#include <stdio.h>

#include "barrelfish/deferred.h"
#include "barrelfish/ram_alloc.h"

#define STEP_US 2000u
#define STEPS_SAME 10u
#define STEPS_MAX 2000u

static uint64_t free_bytes(void)
{
    genpaddr_t available = 0, total = 0;
    EXPECT_OK(ram_available(&available, &total));
    return available;
}

uint64_t test_memory_settled(void)
{
    uint64_t last = free_bytes();
    unsigned same = 0;
    for (unsigned step = 0; step < STEPS_MAX && same < STEPS_SAME; step++) {
        barrelfish_usleep(STEP_US);
        uint64_t now = free_bytes();
        same = now == last ? same + 1 : 0;
        last = now;
    }
    return last;
}

void test_memory_expect(uint64_t before, const char *file, int line)
{
    uint64_t after = test_memory_settled();
    char text[128];
    if (after > before)
        snprintf(text, sizeof(text), "%" PRIu64 " bytes more are free than before", after - before);
    else
        snprintf(text, sizeof(text), "%" PRIu64 " bytes were lost", before - after);
    (void)test_expect(before == after, file, line, text);
}
