// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Dispatcher frames filled with garbage, before the cell starts and while it runs: the save areas,
// entry points, critical section, counters, and the buffers of an endpoint to which we send. The
// cell may die or do nothing; nothing else may change.
#include <string.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/slot_alloc.h"
#include "systest/systest.h"
#include "tests.h"

#define ENDPOINT_OFFSET 4096u
#define ENDPOINT_MESSAGES 8u
#define TURNS_MAX 4u

static const uint64_t edges[] = {
    0,
    1,
    2,
    63,
    64,
    0xffff,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    0x100000000,
    CELL_CODE,
    CELL_DATA,
    CELL_DISP,
    CELL_DISP + CELL_DISP_BYTES - 8,
    0x7fffffffefff,
    0x7ffffffff000,
    0x800000000000,
    0x8000000000000000,
    0xffff800000000000,
    0xffffffff80200000,
    0xffffffffffffffff,
};

static uint64_t garbage(struct test_random *random)
{
    size_t count = sizeof(edges) / sizeof(edges[0]);
    switch (test_random_below(random, 4)) {
    case 0:
        return test_random_next(random);
    case 1:
        return test_random_next(random) >> test_random_below(random, 64);
    case 2:
        return CELL_CODE + test_random_below(random, 512);
    default:
        return edges[test_random_below(random, count)];
    }
}

/// Overwrites words [from, to) of the frame, each with a chance of one in `spare`.
static void spoil(struct cell *cell, struct test_random *random, size_t from, size_t to,
                  uint64_t spare)
{
    volatile uint64_t *words = (volatile uint64_t *)cell->shared;
    for (size_t i = from; i < to; i++)
        if (test_random_one_in(random, spare))
            words[i] = garbage(random);
}

static void spoil_part(struct cell *cell, struct test_random *random)
{
    size_t saves = offsetof(struct dispatcher_shared, enabled_save) / 8;
    size_t shared_end = sizeof(struct dispatcher_shared) / 8;
    switch (test_random_below(random, 4)) {
    case 0: // what the domain writes: entry points and the like
        spoil(cell, random, 0, 8, 3);
        break;
    case 1: // what the CPU driver writes
        spoil(cell, random, 8, saves, 2);
        break;
    case 2: // save areas
        spoil(cell, random, saves, shared_end, 4);
        break;
    default: // everything
        spoil(cell, random, 0, CELL_DISP_BYTES / 8, 2);
        break;
    }
}

/// Sends messages, with and without a capability, into the buffer that the cell may have spoiled.
static void send_some(struct capref endpoint, struct test_random *random)
{
    uint64_t words[LMP_MSG_LENGTH] = {1, 2, 3, 4, 5, 6, 7, 8};
    for (unsigned i = 0; i < 1 + ENDPOINT_MESSAGES; i++) {
        struct capref send = test_random_one_in(random, 2) ? cap_kernelinfo : NULL_CAP;
        // Whatever it says: the cell may be dead, and the counters are garbage.
        (void)lmp_send(endpoint, 0, send, i % (LMP_MSG_LENGTH + 1), words);
    }
}

static void one_round(struct cell *cell, struct capref endpoint, struct test_random *random)
{
    static const char *const programs[] = {cell_code_yield, cell_code_trap, cell_code_load,
                                           cell_code_syscall, cell_code_on_run};
    const char *program = programs[test_random_below(random, 5)];
    if (!cell_prepare(cell, program) ||
        !EXPECT_OK(invoke_dispatcher_endpoint(cell->dispatcher, ENDPOINT_OFFSET, ENDPOINT_MESSAGES,
                                              endpoint)))
        return;
    cell->shared->disabled = (uint32_t)test_random_below(random, 2);
    if (test_random_one_in(random, 2)) {
        spoil_part(cell, random);
        if (!test_random_one_in(random, 4)) // else its first registers are garbage, too
            cell->shared->disabled_save.rip = cell_address(program);
    }
    cell_start(cell);
    for (unsigned turn = 0; turn < TURNS_MAX; turn++) {
        if (cell_run(cell, 1) != DISPATCHER_RUNNABLE)
            break;
        spoil_part(cell, random);
        send_some(endpoint, random);
    }
    errval_t err = cap_delete(endpoint);
    EXPECT(err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND);
}

void test_garbage(struct cell *cell, uint64_t seed, unsigned rounds)
{
    struct test_random random = {seed};
    struct capref endpoint;
    if (!EXPECT_OK(slot_alloc(&endpoint)))
        return;
    for (unsigned i = 0; i < rounds && test_failures() == 0; i++)
        one_round(cell, endpoint, &random);
    EXPECT_OK(slot_free(endpoint));
}
