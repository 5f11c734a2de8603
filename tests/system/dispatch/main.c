// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Dispatchers and the frame that they share with the CPU driver: what it promises, and what it must
// bear. `test_dispatch [SEED [ROUNDS]]`: the seed of the garbage, and how much of it.
#include "barrelfish/domain.h"
#include "systest/systest.h"
#include "tests.h"

#define ROUNDS 1500u
#define WARM_ROUNDS 50u

static void run_all(uint64_t seed, unsigned rounds)
{
    struct cell cell, other;
    if (cell_make(&cell)) {
        test_upcalls(&cell);
        test_entries(&cell);
        if (cell_make(&other))
            test_fpu(&cell, &other);
        cell_destroy(&other);
        test_garbage(&cell, seed, rounds);
    }
    cell_destroy(&cell);
}

int main(int argc, char **argv)
{
    uint64_t seed = test_argument(argc, argv, 1, 1);
    unsigned rounds = (unsigned)test_argument(argc, argv, 2, ROUNDS);
    run_all(seed + 1, WARM_ROUNDS);
    uint64_t before = test_memory_settled();
    run_all(seed, rounds);
    EXPECT_MEMORY(before);
    EXPECT_SERVICES(disp_get_core_id());
    return test_summary("dispatch");
}
