// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory map against a reference that knows each page of a small machine by itself, and the
// cases at the ends of the address space and of the list.
#include "firmware/memory_map.h"
#include "testlib/testlib.h"

enum { PAGES = 96, ROUNDS = 4000, ENTRIES = 8, HOLE = -1 };

struct model {
    int kind[PAGES]; // a region_kind, or HOLE
    uint8_t node[PAGES];
};

static struct region_list list;

static bool covers(uint64_t base, uint64_t bytes, uint64_t page, bool wholly)
{
    uint64_t low = page * MEMORY_PAGE_BYTES;
    uint64_t high = low + MEMORY_PAGE_BYTES;
    if (wholly)
        return base <= low && high <= base + bytes;
    return bytes > 0 && base < high && low < base + bytes;
}

static void model_build(struct model *model, const struct memory_entry *entries, size_t count)
{
    static const int kinds[6] = {MEMORY_RESERVED,     MEMORY_RAM,      MEMORY_RESERVED,
                                 MEMORY_ACPI_RECLAIM, MEMORY_ACPI_NVS, MEMORY_RESERVED};
    for (uint64_t page = 0; page < PAGES; page++) {
        model->kind[page] = HOLE;
        model->node[page] = 0;
        for (size_t i = 0; i < count; i++) {
            int kind = kinds[entries[i].type];
            if (kind > model->kind[page] &&
                covers(entries[i].base, entries[i].bytes, page, kind == MEMORY_RAM))
                model->kind[page] = kind;
        }
    }
}

static bool agrees(const struct model *model)
{
    if (!memory_map_valid(&list) || list.lost_bytes != 0)
        return false;
    for (uint64_t page = 0; page < PAGES; page++) {
        int kind = HOLE;
        uint8_t node = 0;
        for (size_t i = 0; i < list.count; i++) {
            const struct region *region = &list.regions[i];
            if (covers(region->base, region->bytes, page, true)) {
                kind = (int)region->kind;
                node = region->node;
            }
        }
        if (kind != model->kind[page] || (kind == MEMORY_RAM && node != model->node[page]))
            return false;
    }
    return list.count == 0 ||
           list.regions[list.count - 1].base + list.regions[list.count - 1].bytes <=
               PAGES * MEMORY_PAGE_BYTES;
}

static void random_entries(struct test_random *random, struct memory_entry *entries)
{
    for (int i = 0; i < ENTRIES; i++) {
        uint64_t base = test_random_below(random, (PAGES - 32) * MEMORY_PAGE_BYTES);
        uint64_t bytes = test_random_below(random, 31 * MEMORY_PAGE_BYTES);
        if (test_random_below(random, 2) == 0)
            base &= ~(MEMORY_PAGE_BYTES - 1);
        uint32_t type = test_random_below(random, 2) ? 1 : (uint32_t)test_random_below(random, 6);
        entries[i] = (struct memory_entry){base, bytes, type};
    }
}

static void random_subtract(struct test_random *random, struct model *model)
{
    uint64_t base = test_random_below(random, PAGES * MEMORY_PAGE_BYTES);
    uint64_t bytes = test_random_below(random, 5 * MEMORY_PAGE_BYTES);
    memory_map_subtract(&list, base, bytes);
    for (uint64_t page = 0; page < PAGES; page++)
        if (model->kind[page] == MEMORY_RAM && covers(base, bytes, page, false))
            model->kind[page] = HOLE;
}

static void random_split(struct test_random *random, struct model *model)
{
    struct memory_affinity ranges[3];
    for (uint8_t i = 0; i < 3; i++)
        ranges[i] = (struct memory_affinity){test_random_below(random, PAGES) * MEMORY_PAGE_BYTES,
                                             test_random_below(random, PAGES) * MEMORY_PAGE_BYTES,
                                             (uint8_t)(i + 1)};
    memory_map_split_nodes(&list, ranges, 3);
    for (uint64_t page = 0; page < PAGES; page++) {
        for (int i = 2; i >= 0; i--)
            if (model->kind[page] == MEMORY_RAM &&
                covers(ranges[i].base, ranges[i].bytes, page, true))
                model->node[page] = ranges[i].node;
    }
}

static bool model_fits(const struct model *model, const struct carve_request *request,
                       uint64_t page, uint64_t pages)
{
    if (page + pages > PAGES || (page + pages) * MEMORY_PAGE_BYTES > request->limit ||
        page * MEMORY_PAGE_BYTES % request->align != 0)
        return false;
    for (uint64_t i = page; i < page + pages; i++) {
        bool node_fits = request->node == MEMORY_ANY_NODE || request->node == model->node[i];
        if (model->kind[i] != MEMORY_RAM || !node_fits)
            return false;
    }
    return true;
}

static void random_carve(struct test_random *random, struct model *model)
{
    // Of one node, because a chunk never spans two regions, which the model does not know.
    struct carve_request request = {
        .bytes = 1 + test_random_below(random, 4 * MEMORY_PAGE_BYTES),
        .align = MEMORY_PAGE_BYTES << test_random_below(random, 4),
        .limit = test_random_below(random, 4)
                     ? UINT64_MAX
                     : test_random_below(random, PAGES * MEMORY_PAGE_BYTES),
        .node = (uint8_t)test_random_below(random, 4),
        .from_top = test_random_below(random, 2),
    };
    uint64_t base = 7;
    uint64_t before = memory_map_total(&list, MEMORY_RAM, MEMORY_ANY_NODE);
    uint64_t pages = (request.bytes + MEMORY_PAGE_BYTES - 1) / MEMORY_PAGE_BYTES;
    if (!memory_map_carve(&list, &request, &base)) {
        CU_ASSERT_EQUAL(base, 7);
        CU_ASSERT_EQUAL(before, memory_map_total(&list, MEMORY_RAM, MEMORY_ANY_NODE));
        return;
    }
    CU_ASSERT(model_fits(model, &request, base / MEMORY_PAGE_BYTES, pages));
    CU_ASSERT_EQUAL(before - pages * MEMORY_PAGE_BYTES,
                    memory_map_total(&list, MEMORY_RAM, MEMORY_ANY_NODE));
    for (uint64_t i = 0; i < pages; i++)
        model->kind[base / MEMORY_PAGE_BYTES + i] = HOLE;
}

static void test_against_model(void)
{
    struct test_random random;
    test_random_init(&random, 5);
    for (int round = 0; round < ROUNDS; round++) {
        struct memory_entry entries[ENTRIES];
        struct model model;
        random_entries(&random, entries);
        memory_map_build(&list, entries, ENTRIES);
        model_build(&model, entries, ENTRIES);
        CU_ASSERT(agrees(&model));
        random_subtract(&random, &model);
        CU_ASSERT(agrees(&model));
        random_split(&random, &model);
        CU_ASSERT(agrees(&model));
        for (int i = 0; i < 4; i++) {
            random_carve(&random, &model);
            random_subtract(&random, &model);
            CU_ASSERT(agrees(&model));
        }
    }
}

static void test_ends_of_space(void)
{
    const struct memory_entry entries[] = {{UINT64_MAX - 10, 11, 1},
                                           {UINT64_MAX, UINT64_MAX, 2},
                                           {MEMORY_PHYS_LIMIT, 4096, 1},
                                           {MEMORY_PHYS_LIMIT - 8192, UINT64_MAX, 1},
                                           {0x1001, 0xffe, 1},
                                           {0x3000, 0, 1},
                                           {0, 1, 2}};
    memory_map_build(&list, entries, sizeof(entries) / sizeof(entries[0]));
    CU_ASSERT(memory_map_valid(&list));
    CU_ASSERT_EQUAL(list.count, 2);
    CU_ASSERT(list.regions[0].kind == MEMORY_RESERVED && list.regions[0].bytes == 4096);
    CU_ASSERT_EQUAL(list.regions[1].base, MEMORY_PHYS_LIMIT - 8192);
    CU_ASSERT_EQUAL(list.regions[1].bytes, 8192);
    memory_map_subtract(&list, UINT64_MAX - 1, UINT64_MAX);
    memory_map_subtract(&list, MEMORY_PHYS_LIMIT - 8192, 0);
    CU_ASSERT_EQUAL(list.regions[1].bytes, 8192);
    memory_map_subtract(&list, MEMORY_PHYS_LIMIT - 1, UINT64_MAX);
    CU_ASSERT_EQUAL(list.regions[1].bytes, 4096);
    memory_map_build(&list, NULL, 0);
    CU_ASSERT(list.count == 0 && memory_map_valid(&list));
}

static bool carve(uint64_t bytes, uint64_t align, uint64_t limit, bool from_top, uint64_t *base)
{
    struct carve_request request = {bytes, align, limit, MEMORY_ANY_NODE, from_top};
    return memory_map_carve(&list, &request, base);
}

static void test_carve(void)
{
    const struct memory_entry entries[] = {{0x1000, 0xf000, 1}, {0x100000, 0x100000, 1}};
    uint64_t base = 0;
    memory_map_build(&list, entries, 2);
    CU_ASSERT_FALSE(carve(0, 0, UINT64_MAX, false, &base));
    CU_ASSERT_FALSE(carve(4096, 0x3000, UINT64_MAX, false, &base));
    CU_ASSERT_FALSE(carve(UINT64_MAX, 0, UINT64_MAX, true, &base));
    CU_ASSERT_FALSE(carve(4096, 1ull << 63, UINT64_MAX, true, &base));
    CU_ASSERT_FALSE(carve(0x100001, 0, UINT64_MAX, false, &base));
    CU_ASSERT_FALSE(carve(0x2000, 0, 0x2fff, false, &base));
    CU_ASSERT_EQUAL(base, 0);
    CU_ASSERT(carve(1, 0, UINT64_MAX, false, &base) && base == 0x1000);
    CU_ASSERT(carve(1, 0x4000, UINT64_MAX, false, &base) && base == 0x4000);
    CU_ASSERT(carve(0x1001, 0, UINT64_MAX, true, &base) && base == 0x1fe000);
    CU_ASSERT(carve(0x1000, 0x80000, UINT64_MAX, true, &base) && base == 0x180000);
    CU_ASSERT(carve(0x1000, 0, 0x100000, true, &base) && base == 0xf000);
    CU_ASSERT(carve(0x10000, 0, UINT64_MAX, false, &base) && base == 0x100000);
    CU_ASSERT(memory_map_valid(&list));
    CU_ASSERT_EQUAL(memory_map_total(&list, MEMORY_RAM, 0), 0x10f000 - 0x16000);
}

static void test_full_list(void)
{
    static struct memory_entry entries[REGION_LIST_MAX + 44];
    size_t count = sizeof(entries) / sizeof(entries[0]);
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct memory_entry){i * 0x10000, 0x8000, 1};
    memory_map_build(&list, entries, count);
    CU_ASSERT_EQUAL(list.count, REGION_LIST_MAX);
    CU_ASSERT_EQUAL(list.lost_bytes, 44 * 0x8000);
    list.lost_bytes = 0;
    memory_map_subtract(&list, 0x22000, 0x1000);
    CU_ASSERT(memory_map_valid(&list) && list.count == REGION_LIST_MAX);
    CU_ASSERT_EQUAL(list.lost_bytes, 0x2000);
    CU_ASSERT(list.regions[2].base == 0x23000 && list.regions[2].bytes == 0x5000);
    memory_map_split_nodes(&list, &(struct memory_affinity){0x32000, 0x1000, 5}, 1);
    CU_ASSERT(memory_map_valid(&list));
    CU_ASSERT_EQUAL(list.lost_bytes, 0x2000 + 0x6000);
    CU_ASSERT(list.regions[3].bytes == 0x2000 && list.regions[3].node == 0);
    list.regions[3].bytes = 0x20000;
    CU_ASSERT_FALSE(memory_map_valid(&list));
}

/// What the window does not reach goes, and of many pieces the smallest.
static void test_left_out(void)
{
    static struct memory_entry entries[20];
    const uint64_t end = 1ull << 39;
    for (size_t i = 0; i < 20; i++)
        entries[i] = (struct memory_entry){i << 32, 0x1000 * (1 + (i * 7) % 20), 1};
    entries[5].type = 2;
    entries[19] = (struct memory_entry){end - 0x4000, 1ull << 40, 1};
    memory_map_build(&list, entries, 20);
    memory_map_subtract(&list, end, MEMORY_PHYS_LIMIT - end);
    CU_ASSERT_EQUAL(list.count, 20);
    CU_ASSERT_EQUAL(list.regions[19].bytes, 0x4000);
    uint64_t before = memory_map_total(&list, MEMORY_RAM, MEMORY_ANY_NODE);
    CU_ASSERT_EQUAL(memory_map_keep_largest(&list, 19), 0);
    uint64_t dropped = memory_map_keep_largest(&list, 16);
    CU_ASSERT(memory_map_valid(&list));
    CU_ASSERT_EQUAL(list.count, 17); // with the reserved one
    CU_ASSERT_EQUAL(dropped, 0x1000 + 0x2000 + 0x3000);
    CU_ASSERT_EQUAL(before - dropped, memory_map_total(&list, MEMORY_RAM, MEMORY_ANY_NODE));
    CU_ASSERT_EQUAL(memory_map_total(&list, MEMORY_RESERVED, MEMORY_ANY_NODE), 0x1000 * 16);
    memory_map_keep_largest(&list, 0);
    CU_ASSERT_EQUAL(list.count, 1);
}

TEST_SUITE("memory_map") = {
    {"against a model of single pages", test_against_model},
    {"the ends of the address space", test_ends_of_space},
    {"carving", test_carve},
    {"a full list", test_full_list},
    {"what is left out", test_left_out},
};
