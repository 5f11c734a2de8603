// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Slabs: blocks do not overlap, are aligned, come back, and refilling happens once and not inside
// of itself.
#include <testlib/testlib.h>

#include <barrelfish/slab.h>
#include <string.h>

static char buffer[SLAB_BUFFER_BYTES(4, 40)];
static char more[SLAB_BUFFER_BYTES(4, 40)];
static unsigned refills;

static void test_blocks(void)
{
    struct slab_allocator slabs;
    void *blocks[4];
    slab_init(&slabs, 40, NULL);
    CU_ASSERT_PTR_NULL(slab_alloc(&slabs));
    slab_init(&slabs, 40, NULL);
    slab_grow(&slabs, buffer, sizeof(buffer));
    CU_ASSERT_EQUAL(slab_freecount(&slabs), 4);
    for (int i = 0; i < 4; i++) {
        blocks[i] = slab_alloc(&slabs);
        CU_ASSERT_PTR_NOT_NULL_FATAL(blocks[i]);
        CU_ASSERT_EQUAL((uintptr_t)blocks[i] % SLAB_ALIGNMENT, 0);
        memset(blocks[i], i, 40);
    }
    CU_ASSERT_PTR_NULL(slab_alloc(&slabs));
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(*(char *)blocks[i], i);
        CU_ASSERT_EQUAL(((char *)blocks[i])[39], i);
        slab_free(&slabs, blocks[i]);
    }
    slab_free(&slabs, NULL);
    CU_ASSERT_EQUAL(slab_freecount(&slabs), 4);
    CU_ASSERT_EQUAL(slabs.total_count, 4);
}

/// As many as the buffer has room for, wherever it begins and ends, in the order of addresses.
static void test_buffers(void)
{
    for (size_t from = 0; from <= sizeof(buffer); from++) {
        for (size_t to = from; to <= sizeof(buffer); to++) {
            struct slab_allocator slabs;
            char *next = buffer + from, *end = buffer + to;
            size_t count = 0;
            slab_init(&slabs, 40, NULL);
            slab_grow(&slabs, next, to - from);
            next += -(uintptr_t)next % SLAB_ALIGNMENT;
            for (; end - next >= (ptrdiff_t)slabs.blocksize; next += slabs.blocksize, count++)
                CU_ASSERT_PTR_EQUAL(slab_alloc(&slabs), next);
            CU_ASSERT_PTR_NULL(slab_alloc(&slabs));
            CU_ASSERT_EQUAL(slabs.total_count, count);
            CU_ASSERT_EQUAL(slab_freecount(&slabs), 0);
        }
    }
}

static errval_t refill(struct slab_allocator *slabs)
{
    refills++;
    CU_ASSERT_PTR_NULL(slab_alloc(slabs)); // must not refill again
    if (refills > 1)
        return LIB_ERR_RAM_ALLOC;
    slab_grow(slabs, more, sizeof(more));
    return SYS_ERR_OK;
}

static void test_refill(void)
{
    struct slab_allocator slabs;
    refills = 0;
    slab_init(&slabs, 40, refill);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_PTR_NOT_NULL(slab_alloc(&slabs));
    CU_ASSERT_EQUAL(refills, 1);
    CU_ASSERT_PTR_NULL(slab_alloc(&slabs));
    CU_ASSERT_EQUAL(refills, 2);
}

static void test_tiny(void)
{
    struct slab_allocator slabs;
    char tiny[7];
    slab_init(&slabs, 0, NULL);
    CU_ASSERT_EQUAL(slabs.blocksize, SLAB_ALIGNMENT);
    for (size_t size = 1; size < 3 * SLAB_ALIGNMENT; size++) {
        slab_init(&slabs, size, NULL);
        CU_ASSERT_TRUE(slabs.blocksize >= size && slabs.blocksize < size + SLAB_ALIGNMENT);
        CU_ASSERT_EQUAL(slabs.blocksize % SLAB_ALIGNMENT, 0);
    }
    slab_init(&slabs, 0, NULL);
    slab_grow(&slabs, tiny, sizeof(tiny));
    CU_ASSERT_EQUAL(slab_freecount(&slabs), 0);
}

TEST_SUITE("slab") = {
    {"blocks", test_blocks},
    {"buffers", test_buffers},
    {"refill", test_refill},
    {"tiny buffers", test_tiny},
};
