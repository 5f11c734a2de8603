// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Dividing the machine's memory: each byte goes to exactly one side, on any machine; and the share
// of core 0 is what a reader of the rule would expect on simple ones.
#include <string.h>
#include <testlib/testlib.h>

#include "memory_division.h"

enum { ROUNDS = 3000 };

static struct bootinfo_region regions[BOOTINFO_REGIONS_MAX];
static struct bootinfo_core cores[BOOTINFO_CORES_MAX];
static uint8_t distance[BOOTINFO_NODES_MAX][BOOTINFO_NODES_MAX];
static struct memory_division division;

static gensize_t own_bytes(unsigned node)
{
    gensize_t sum = 0;
    for (size_t i = 0; i < division.count; i++)
        if (division.parts[i].own && division.parts[i].node == node)
            sum += division.parts[i].bytes;
    return sum;
}

/// Parts of one region follow one another from its start to its end.
static void check_complete(size_t regions_count)
{
    size_t part = 0;
    for (size_t i = 0; i < regions_count; i++) {
        genpaddr_t at = regions[i].base;
        for (; part < division.count && division.parts[part].region == i; part++) {
            const struct memory_part *p = &division.parts[part];
            CU_ASSERT(p->base == at && p->bytes != 0 && p->bytes % BASE_PAGE_SIZE == 0);
            CU_ASSERT_EQUAL(p->node, regions[i].node);
            at += p->bytes;
        }
        CU_ASSERT_EQUAL(at, regions[i].base + regions[i].bytes);
    }
    CU_ASSERT_EQUAL(part, division.count);
}

static void random_machine(struct test_random *random, size_t *regions_count, size_t *cores_count)
{
    unsigned nodes = 1 + (unsigned)test_random_below(random, BOOTINFO_NODES_MAX);
    genpaddr_t base = 0x1000;
    *regions_count = test_random_below(random, BOOTINFO_REGIONS_MAX + 1);
    *cores_count = 1 + test_random_below(random, BOOTINFO_CORES_MAX);
    for (size_t i = 0; i < *regions_count; i++) {
        base += test_random_below(random, 100) * BASE_PAGE_SIZE;
        gensize_t bytes = (1 + (test_random_next(random) >> (46 + i % 16))) * BASE_PAGE_SIZE;
        regions[i] = (struct bootinfo_region){.base = base,
                                              .bytes = bytes,
                                              .kind = REGION_RAM,
                                              .node = (uint16_t)test_random_below(random, nodes)};
        base += bytes;
    }
    for (size_t i = 0; i < *cores_count; i++)
        cores[i] = (struct bootinfo_core){.node = (uint16_t)test_random_below(random, nodes)};
    for (unsigned i = 0; i < BOOTINFO_NODES_MAX * BOOTINFO_NODES_MAX; i++) {
        distance[i / BOOTINFO_NODES_MAX][i % BOOTINFO_NODES_MAX] =
            (uint8_t)test_random_below(random, 256);
    }
}

static void test_random_machines(void)
{
    struct test_random random;
    test_random_init(&random, 21);
    for (int round = 0; round < ROUNDS; round++) {
        size_t regions_count, cores_count;
        random_machine(&random, &regions_count, &cores_count);
        memory_divide(&division, regions, regions_count, cores, cores_count, distance);
        check_complete(regions_count);
        size_t cut = 0;
        for (size_t i = 1; i < division.count; i++)
            cut += division.parts[i].region == division.parts[i - 1].region;
        CU_ASSERT(cut <= 1);
        CU_ASSERT(division.count == 0 || cores_count > 1 || cut == 0);
    }
}

static void simple_machine(size_t cores_count, unsigned nodes, gensize_t node_bytes)
{
    memset(distance, 20, sizeof(distance));
    for (unsigned i = 0; i < nodes; i++) {
        distance[i][i] = 10;
        regions[i] = (struct bootinfo_region){.base = 0x1000000 + i * node_bytes,
                                              .bytes = node_bytes,
                                              .kind = REGION_RAM,
                                              .node = (uint16_t)i};
    }
    for (size_t i = 0; i < cores_count; i++)
        cores[i] = (struct bootinfo_core){.node = (uint16_t)(i * nodes / cores_count)};
}

static void test_simple_machines(void)
{
    simple_machine(1, 2, 1ul << 30);
    memory_divide(&division, regions, 2, cores, 1, distance);
    CU_ASSERT_EQUAL(own_bytes(0) + own_bytes(1), 2ul << 30);

    simple_machine(8, 2, 1ul << 30);
    memory_divide(&division, regions, 2, cores, 8, distance);
    CU_ASSERT_EQUAL(own_bytes(0), 1ul << 28);
    CU_ASSERT_EQUAL(own_bytes(1), 0);

    // Never less than the least, while the node has it.
    simple_machine(16, 1, 64ul << 20);
    memory_divide(&division, regions, 1, cores, 16, distance);
    CU_ASSERT_EQUAL(own_bytes(0), DIVISION_OWN_MIN);
    simple_machine(16, 1, 4ul << 20);
    memory_divide(&division, regions, 1, cores, 16, distance);
    CU_ASSERT_EQUAL(own_bytes(0), 4ul << 20);
}

static void test_node_without_memory(void)
{
    // Core 0 is in node 2, which has none; node 1 is nearer than node 0.
    simple_machine(4, 2, 1ul << 30);
    cores[0].node = 2;
    distance[2][0] = 40;
    distance[2][1] = 15;
    memory_divide(&division, regions, 2, cores, 4, distance);
    CU_ASSERT_EQUAL(own_bytes(1), 1ul << 29);
    CU_ASSERT_EQUAL(own_bytes(0), 0);
    memory_divide(&division, regions, 0, cores, 4, distance);
    CU_ASSERT_EQUAL(division.count, 0);
}

TEST_SUITE("memory division") = {
    {"random machines", test_random_machines},
    {"simple machines", test_simple_machines},
    {"node without memory", test_node_without_memory},
};
