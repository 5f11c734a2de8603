// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Machine sizes: parsing, defaults, and the split over NUMA nodes.
#include "machine.h"

#include <testlib/testlib.h>

static uint64_t size_of(const char *text)
{
    struct report report = {0};
    uint64_t mib = 0;
    CU_ASSERT(machine_parse_memory(text, "m", &mib, &report));
    return mib;
}

static void refuse_size(const char *text)
{
    struct report report = {0};
    uint64_t mib = 77;
    CU_ASSERT_FALSE(machine_parse_memory(text, "m", &mib, &report));
    CU_ASSERT_EQUAL(mib, 77);
    CU_ASSERT_NOT_EQUAL(report.text[0], '\0');
}

static void test_memory(void)
{
    CU_ASSERT_EQUAL(size_of("16M"), 16);
    CU_ASSERT_EQUAL(size_of("1048576M"), 1048576);
    CU_ASSERT_EQUAL(size_of("1G"), 1024);
    CU_ASSERT_EQUAL(size_of("1024G"), 1048576);
    static const char *const bad[] = {"",
                                      "M",
                                      "15M",
                                      "0M",
                                      "0G",
                                      "1025G",
                                      "1048577M",
                                      "-1G",
                                      "1g",
                                      "1GB",
                                      "1K",
                                      "1 G",
                                      "1.5G",
                                      "99999999999999999999G",
                                      "18014398509481985G"};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refuse_size(bad[i]);
}

static void test_resolve(void)
{
    struct report report = {0};
    struct machine defaults = {.cores = 16, .nodes = 4, .memory_mib = 1024};
    struct machine machine;
    CU_ASSERT(machine_resolve(&(struct machine){0}, &defaults, &machine, &report));
    CU_ASSERT_EQUAL(machine.cores, 16);
    CU_ASSERT_EQUAL(machine.nodes, 4);
    CU_ASSERT_EQUAL(machine.memory_mib, 1024);
    CU_ASSERT(machine_resolve(&(struct machine){.cores = 255}, &defaults, &machine, &report));
    CU_ASSERT_EQUAL(machine.memory_mib, 128 + 255 * 24);
    CU_ASSERT(machine_resolve(&(struct machine){.cores = 255, .memory_mib = 64}, &defaults,
                              &machine, &report));
    CU_ASSERT_EQUAL(machine.memory_mib, 64);
    CU_ASSERT(machine_resolve(&(struct machine){.cores = 2}, &defaults, &machine, &report));
    CU_ASSERT_EQUAL(machine.nodes, 2);
    CU_ASSERT_FALSE(
        machine_resolve(&(struct machine){.cores = 2, .nodes = 3}, &defaults, &machine, &report));
    CU_ASSERT_STRING_EQUAL(report.text, "3 NUMA nodes need at least as many cores, not 2");
}

static void test_split_seven_by_three(void)
{
    static const uint64_t first[] = {0, 3, 5};
    static const uint64_t count[] = {3, 2, 2};
    for (unsigned i = 0; i < 3; i++) {
        struct machine_share share = machine_split(7, 3, i);
        CU_ASSERT_EQUAL(share.first, first[i]);
        CU_ASSERT_EQUAL(share.count, count[i]);
    }
}

static void test_split_always_covers(void)
{
    for (uint64_t total = 1; total <= MACHINE_CORES_MAX; total++) {
        for (unsigned nodes = 1; nodes <= MACHINE_NODES_MAX && nodes <= total; nodes++) {
            uint64_t next = 0;
            for (unsigned i = 0; i < nodes; i++) {
                struct machine_share share = machine_split(total, nodes, i);
                CU_ASSERT_EQUAL(share.first, next);
                CU_ASSERT(share.count == total / nodes || share.count == total / nodes + 1);
                next += share.count;
            }
            CU_ASSERT_EQUAL(next, total);
        }
    }
}

TEST_SUITE("machine") = {
    {"memory sizes", test_memory},
    {"defaults and limits", test_resolve},
    {"split of 7 by 3", test_split_seven_by_three},
    {"split covers everything", test_split_always_covers},
};
