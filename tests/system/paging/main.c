// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory objects and page faults in user space: each kind shows what it should and takes what it
// should, every fault goes to whom it should, and all memory comes back.
#include "systest/systest.h"

#include "tests.h"

#define ROUNDS 4u

int main(int argc, char **argv)
{
    if (argc > 1) {
        die_of(argv[1]);
        return test_failures() == 0 ? 0 : 1;
    }
    EXPECT_SERVICES(0); // the domain's own tables grow in this round
    test_kinds();
    test_faults();
    (void)test_memory_settled();
    test_taken();
    uint64_t before = test_memory_settled();
    for (unsigned i = 0; i < ROUNDS; i++) {
        test_kinds();
        test_faults();
    }
    EXPECT_MEMORY(before);
    test_deaths();
    EXPECT_MEMORY(before);
    return test_summary("paging");
}
