// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Page tables: what may be mapped where and with which flags, the entries that come of it, and that
// they go with the table, the object and the Mapping.
#include "arch/pte.h"
#include "world.h"

#define READ VREGION_FLAGS_READ
#define WRITE VREGION_FLAGS_WRITE
#define EXECUTE VREGION_FLAGS_EXECUTE
#define LARGE VREGION_FLAGS_LARGE

static struct cte *ram, *pml4, *pdpt, *pdir, *ptable, *frame, *device;

static void set_up(void)
{
    world_reset();
    ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, WORLD_BYTES);
    pml4 = retype_one(&world.slots[1], ram, 0x0000, ObjType_VNode_x86_64_pml4, 0);
    pdpt = retype_one(&world.slots[2], ram, 0x2000, ObjType_VNode_x86_64_pdpt, 0);
    pdir = retype_one(&world.slots[3], ram, 0x4000, ObjType_VNode_x86_64_pdir, 0);
    ptable = retype_one(&world.slots[4], ram, 0x6000, ObjType_VNode_x86_64_ptable, 0);
    frame = retype_one(&world.slots[5], ram, 0x200000, ObjType_Frame, 0x400000);
    device = make(&world.slots[6], ObjType_DevFrame, 0x100000000, 0x80000000);
}

static errval_t map(struct cte *table, uint64_t first, uint64_t count, struct cte *object,
                    uint64_t offset, uint64_t flags, struct cte *slot)
{
    return caps_vnode_map(&world.caps, table, first, count, object, offset, flags, TO(slot));
}

static uint64_t entry_of(struct cte *table, uint64_t entry)
{
    uint64_t value = 0;
    EXPECT(caps_vnode_read(&world.caps, table, entry, &value), SYS_ERR_OK);
    return value;
}

static void test_entries(void)
{
    set_up();
    struct cte *slot = &world.slots[20];
    uint64_t base = frame->cap.base, user = PTE_PRESENT | PTE_USER;
    EXPECT(map(ptable, 3, 2, frame, 0x5000, READ | WRITE, slot++), SYS_ERR_OK);
    CU_ASSERT_EQUAL(entry_of(ptable, 3), (base + 0x5000) | user | PTE_WRITE | PTE_NO_EXECUTE);
    CU_ASSERT_EQUAL(entry_of(ptable, 4), (base + 0x6000) | user | PTE_WRITE | PTE_NO_EXECUTE);
    CU_ASSERT_EQUAL(entry_of(ptable, 5), 0);
    EXPECT(map(ptable, 5, 1, frame, 0, READ | EXECUTE, slot++), SYS_ERR_OK);
    CU_ASSERT_EQUAL(entry_of(ptable, 5), base | user);
    EXPECT(map(ptable, 6, 1, device, 0x3000, READ, slot++), SYS_ERR_OK);
    CU_ASSERT_EQUAL(entry_of(ptable, 6),
                    0x100003000 | user | PTE_CACHE_DISABLE | PTE_WRITE_THROUGH | PTE_NO_EXECUTE);
    EXPECT(map(ptable, 7, 1, frame, 0, READ | VREGION_FLAGS_WRITE_COMBINING, slot++), SYS_ERR_OK);
    CU_ASSERT_EQUAL(entry_of(ptable, 7), base | user | PTE_CACHE_DISABLE | PTE_NO_EXECUTE);
    EXPECT(map(pdir, 0, 1, ptable, 0, READ, slot++), SYS_ERR_OK);
    CU_ASSERT_EQUAL(entry_of(pdir, 0), ptable->cap.base | user | PTE_WRITE);
    EXPECT(map(pdir, 1, 2, frame, 0, READ | LARGE, slot++), SYS_ERR_OK);
    CU_ASSERT_EQUAL(entry_of(pdir, 2), (base + 0x200000) | user | PTE_LARGE | PTE_NO_EXECUTE);
    EXPECT(map(pdpt, 1, 2, device, 0, READ | LARGE, slot++), SYS_ERR_OK);
    CU_ASSERT_EQUAL(entry_of(pdpt, 2) & PTE_ADDRESS, 0x140000000);
    EXPECT(map(pdpt, 0, 1, pdir, 0, READ, slot++), SYS_ERR_OK);
    EXPECT(map(pml4, 254, 1, pdpt, 0, READ, slot++), SYS_ERR_OK);
    CU_ASSERT(caps_valid(&world.caps));
}

static void test_errors(void)
{
    set_up();
    struct cte *slot = &world.slots[20];
    EXPECT(map(frame, 0, 1, frame, 0, READ, slot), SYS_ERR_CAP_TYPE);
    EXPECT(map(ptable, 0, 1, ram, 0, READ, slot), SYS_ERR_CAP_TYPE);
    EXPECT(map(ptable, 512, 1, frame, 0, READ, slot), SYS_ERR_VNODE_SLOT);
    EXPECT(map(ptable, 511, 2, frame, 0, READ, slot), SYS_ERR_VNODE_SLOT);
    EXPECT(map(ptable, 0, 0, frame, 0, READ, slot), SYS_ERR_VNODE_SLOT);
    EXPECT(map(ptable, 1, ~0ul, frame, 0, READ, slot), SYS_ERR_VNODE_SLOT);
    EXPECT(map(pml4, 255, 1, pdpt, 0, READ, slot), SYS_ERR_VNODE_SLOT);
    EXPECT(map(pml4, 511, 1, pdpt, 0, READ, slot), SYS_ERR_VNODE_SLOT);
    EXPECT(map(pml4, 0, 1, pdir, 0, READ, slot), SYS_ERR_VNODE_LEVEL);
    EXPECT(map(pml4, 0, 1, pml4, 0, READ, slot), SYS_ERR_VNODE_LEVEL);
    EXPECT(map(pdpt, 0, 1, ptable, 0, READ, slot), SYS_ERR_VNODE_LEVEL);
    EXPECT(map(pdpt, 0, 1, pdir, 0, READ | LARGE, slot), SYS_ERR_VNODE_LEVEL);
    EXPECT(map(pml4, 0, 1, frame, 0, READ | LARGE, slot), SYS_ERR_VNODE_LEVEL);
    EXPECT(map(pdir, 0, 1, frame, 0, READ, slot), SYS_ERR_VNODE_LEVEL);
    EXPECT(map(ptable, 0, 1, frame, 0, READ | LARGE, slot), SYS_ERR_VNODE_LEVEL);
    EXPECT(map(pdir, 0, 2, ptable, 0, READ, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(map(ptable, 0, 1, frame, 0x800, READ, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(map(ptable, 0, 1, frame, 0x400000, READ, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(map(ptable, 0, 2, frame, 0x3ff000, READ, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(map(ptable, 0, 1, frame, -4096ul, READ, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(map(pdir, 0, 1, frame, 0x1000, READ | LARGE, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(map(pdir, 0, 3, frame, 0, READ | LARGE, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(map(ptable, 0, 1, frame, 0, WRITE, slot), SYS_ERR_VNODE_FLAGS);
    EXPECT(map(ptable, 0, 1, frame, 0, READ | WRITE | EXECUTE, slot), SYS_ERR_VNODE_FLAGS);
    EXPECT(map(ptable, 0, 1, frame, 0, READ | 0x100, slot), SYS_ERR_ARGS);
    EXPECT(map(ptable, 0, 1, frame, 0, READ, ram), SYS_ERR_SLOT_IN_USE);
    EXPECT(map(ptable, 0, 4, frame, 0, READ, slot), SYS_ERR_OK);
    EXPECT(map(ptable, 3, 1, frame, 0, READ, &world.slots[21]), SYS_ERR_VNODE_IN_USE);
    CU_ASSERT_EQUAL(entry_of(ptable, 4), 0);
    uint64_t value;
    EXPECT(caps_vnode_read(&world.caps, pml4, 256, &value), SYS_ERR_VNODE_SLOT);
    EXPECT(caps_vnode_read(&world.caps, frame, 0, &value), SYS_ERR_CAP_TYPE);
    EXPECT(caps_copy(&world.caps, TO(&world.slots[22]), slot), SYS_ERR_NO_COPY);
}

static void test_rights(void)
{
    set_up();
    struct cte *read = &world.slots[20], *table = &world.slots[22], *slot = &world.slots[23];
    caps_mint(&world.caps, TO(read), frame, CAPRIGHTS_READ, 0);
    caps_mint(&world.caps, TO(table), ptable, CAPRIGHTS_READ, 0);
    EXPECT(map(ptable, 0, 1, read, 0, READ | WRITE, slot), SYS_ERR_VNODE_FLAGS);
    EXPECT(map(ptable, 0, 1, read, 0, READ | EXECUTE, slot), SYS_ERR_VNODE_FLAGS);
    EXPECT(allowed(VNODE_CMD_MAP, table), SYS_ERR_RIGHTS);
    EXPECT(map(ptable, 0, 1, read, 0, READ, slot), SYS_ERR_OK);
    EXPECT(caps_mapping_modify(&world.caps, slot, 0, 1, READ | WRITE), SYS_ERR_VNODE_FLAGS);
    EXPECT(allowed(VNODE_CMD_UNMAP, table), SYS_ERR_RIGHTS);
    caps_mint(&world.caps, TO(&world.slots[24]), ptable, CAPRIGHTS_WRITE, 0);
    EXPECT(allowed(VNODE_CMD_READ, &world.slots[24]), SYS_ERR_RIGHTS);
}

static void test_modify(void)
{
    set_up();
    struct cte *slot = &world.slots[20];
    EXPECT(map(ptable, 10, 4, frame, 0, READ | WRITE, slot), SYS_ERR_OK);
    uint64_t before = entry_of(ptable, 10);
    unsigned flushes = world.flushes;
    EXPECT(caps_mapping_modify(&world.caps, slot, 1, 2, READ), SYS_ERR_OK);
    CU_ASSERT(world.flushes > flushes);
    CU_ASSERT_EQUAL(entry_of(ptable, 10), before);
    CU_ASSERT_EQUAL(entry_of(ptable, 11), (before & ~PTE_WRITE) + 0x1000);
    CU_ASSERT_EQUAL(entry_of(ptable, 13), before + 0x3000);
    EXPECT(caps_mapping_modify(&world.caps, slot, 1, 4, READ), SYS_ERR_VNODE_SLOT);
    EXPECT(caps_mapping_modify(&world.caps, slot, 0, 0, READ), SYS_ERR_VNODE_SLOT);
    EXPECT(caps_mapping_modify(&world.caps, slot, 4, 1, READ), SYS_ERR_VNODE_SLOT);
    EXPECT(caps_mapping_modify(&world.caps, slot, 0, 1, 0), SYS_ERR_VNODE_FLAGS);
    EXPECT(caps_mapping_modify(&world.caps, slot, 0, 1, READ | 0x80), SYS_ERR_ARGS);
    EXPECT(caps_mapping_modify(&world.caps, frame, 0, 1, READ), SYS_ERR_CAP_TYPE);
    struct cte *large = &world.slots[21], *lower = &world.slots[22], *dev = &world.slots[23];
    EXPECT(map(pdir, 1, 1, frame, 0, READ | LARGE, large), SYS_ERR_OK);
    EXPECT(caps_mapping_modify(&world.caps, large, 0, 1, READ | WRITE), SYS_ERR_OK);
    CU_ASSERT((entry_of(pdir, 1) & (PTE_LARGE | PTE_WRITE)) == (PTE_LARGE | PTE_WRITE));
    EXPECT(map(pdir, 0, 1, ptable, 0, READ, lower), SYS_ERR_OK);
    EXPECT(caps_mapping_modify(&world.caps, lower, 0, 1, READ), SYS_ERR_CAP_TYPE);
    EXPECT(map(ptable, 0, 1, device, 0, READ, dev), SYS_ERR_OK);
    EXPECT(caps_mapping_modify(&world.caps, dev, 0, 1, READ | WRITE), SYS_ERR_OK);
    CU_ASSERT((entry_of(ptable, 0) & PTE_CACHE_DISABLE) != 0);
}

static void test_unmap_and_move(void)
{
    set_up();
    struct cte *slot = &world.slots[20], *to = &world.slots[21];
    EXPECT(map(ptable, 10, 4, frame, 0, READ, slot), SYS_ERR_OK);
    EXPECT(caps_vnode_unmap(&world.caps, pdir, slot), SYS_ERR_ARGS);
    EXPECT(caps_vnode_unmap(&world.caps, ptable, frame), SYS_ERR_CAP_TYPE);
    EXPECT(caps_move(&world.caps, TO(to), slot), SYS_ERR_OK);
    CU_ASSERT(caps_valid(&world.caps));
    EXPECT(caps_vnode_unmap(&world.caps, ptable, to), SYS_ERR_OK);
    CU_ASSERT(cte_empty(to) && entry_of(ptable, 10) == 0 && entry_of(ptable, 13) == 0);
    CU_ASSERT(world.flushes == 1);
    EXPECT(map(ptable, 0, 512, frame, 0, READ, slot), SYS_ERR_OK);
    EXPECT(caps_delete(&world.caps, slot), SYS_ERR_OK);
    CU_ASSERT_EQUAL(entry_of(ptable, 511), 0);
}

static void test_object_goes(void)
{
    set_up();
    EXPECT(map(ptable, 0, 4, frame, 0, READ, &world.slots[20]), SYS_ERR_OK);
    EXPECT(map(ptable, 8, 4, frame, 0, READ, &world.slots[21]), SYS_ERR_OK);
    struct cte *part = retype_one(&world.slots[22], frame, 0, ObjType_Frame, 0x1000);
    EXPECT(map(ptable, 20, 1, part, 0, READ, &world.slots[23]), SYS_ERR_OK);
    struct cte *second = copy(&world.slots[24], frame);
    EXPECT(delete_all(frame), SYS_ERR_OK);
    CU_ASSERT(entry_of(ptable, 0) != 0); // a copy is left
    EXPECT(delete_all(second), SYS_ERR_OK);
    CU_ASSERT(entry_of(ptable, 0) == 0 && entry_of(ptable, 11) == 0);
    CU_ASSERT(cte_empty(&world.slots[20]) && cte_empty(&world.slots[21]));
    CU_ASSERT(entry_of(ptable, 20) != 0); // another object
    EXPECT(revoke_all(part), SYS_ERR_OK);
    CU_ASSERT_EQUAL(entry_of(ptable, 20), 0);
    CU_ASSERT(caps_valid(&world.caps));
}

static void test_table_goes(void)
{
    set_up();
    struct cte *page = &world.slots[20], *lower = &world.slots[21];
    EXPECT(map(ptable, 5, 1, frame, 0, READ, page), SYS_ERR_OK);
    EXPECT(map(pdir, 7, 1, ptable, 0, READ, lower), SYS_ERR_OK);
    EXPECT(delete_all(ptable), SYS_ERR_OK);
    CU_ASSERT(cte_empty(page) && cte_empty(lower) && cte_empty(ptable));
    CU_ASSERT_EQUAL(entry_of(pdir, 7), 0);
    CU_ASSERT_EQUAL(world.vspace_stops, 0);
    EXPECT(delete_all(pml4), SYS_ERR_OK);
    CU_ASSERT(world.vspace_stops == 1 && world.stopped == WORLD_BASE);
    CU_ASSERT(caps_valid(&world.caps));
}

/// How many mappings go in a step with what they show, by the number of their entries.
static void test_cost(void)
{
    static const struct {
        unsigned entries, each_step;
    } cases[] = {{1, 2}, {254, 2}, {255, 1}};
    for (unsigned k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        set_up();
        struct cte *other = retype_one(&world.slots[7], ram, 0x8000, ptable->cap.type, 0);
        for (unsigned i = 0; i < 4; i++)
            EXPECT(map(i < 2 ? ptable : other, i % 2 * 256, cases[k].entries, frame, 0, READ,
                       &world.slots[20 + i]),
                   SYS_ERR_OK);
        for (unsigned left = 4; left > 0; left -= cases[k].each_step) {
            uint64_t before = world.caps.mdb.count;
            EXPECT(caps_delete(&world.caps, frame), SYS_ERR_AGAIN);
            CU_ASSERT_EQUAL(before - world.caps.mdb.count, cases[k].each_step);
        }
        EXPECT(delete_all(frame), SYS_ERR_OK);
    }
}

TEST_SUITE("mapping") = {
    {"entries", test_entries},
    {"errors", test_errors},
    {"rights", test_rights},
    {"modify", test_modify},
    {"unmap and move", test_unmap_and_move},
    {"mappings go with the object", test_object_goes},
    {"mappings go with the table", test_table_goes},
    {"mappings in a step", test_cost},
};
