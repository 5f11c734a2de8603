// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Mappings copied from table to table, and memory of channels (EndPointUMP), which is mapped like a
// frame but is made of RAM only and becomes nothing else.
#include "arch/pte.h"
#include "world.h"

#define READ VREGION_FLAGS_READ
#define WRITE VREGION_FLAGS_WRITE
#define EXECUTE VREGION_FLAGS_EXECUTE
#define LARGE VREGION_FLAGS_LARGE

/// Two tables of each level, and what is mapped in the first: [0], and copied to the second: [1].
static struct cte *ram, *frame, *device, *tables[4][2];
enum { PML4, PDPT, PDIR, PTABLE };

static void set_up(void)
{
    world_reset();
    ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, WORLD_BYTES);
    for (unsigned i = 0; i < 8; i++)
        tables[i / 2][i % 2] = retype_one(&world.slots[1 + i], ram, i * OBJSIZE_VNODE,
                                          (enum objtype)(ObjType_VNode_x86_64_pml4 + i / 2), 0);
    frame = retype_one(&world.slots[10], ram, 0x200000, ObjType_Frame, 0x400000);
    device = make(&world.slots[11], ObjType_DevFrame, 0x100000000, 0x80000000);
}

static errval_t map(struct cte *table, uint64_t first, uint64_t count, struct cte *object,
                    uint64_t offset, uint64_t flags, struct cte *slot)
{
    return caps_vnode_map(&world.caps, table, first, count, object, offset, flags, TO(slot));
}

static errval_t remap(struct cte *table, uint64_t first, uint64_t count, struct cte *mapping,
                      uint64_t from, uint64_t flags, struct cte *slot)
{
    return caps_vnode_copy(&world.caps, table, first, count, mapping, from, flags, TO(slot));
}

static uint64_t entry_of(const struct cte *table, uint64_t entry)
{
    uint64_t value = 0;
    EXPECT(caps_vnode_read(&world.caps, table, entry, &value), SYS_ERR_OK);
    return value;
}

/// Pages of each size, with other flags, from the middle of a Mapping; and a copy of a copy.
static void test_levels(void)
{
    static const struct {
        unsigned level;
        uint64_t large, page;
    } rows[] = {{PTABLE, 0, 0x1000}, {PDIR, LARGE, 0x200000}, {PDPT, LARGE, 0x40000000}};
    for (unsigned i = 0; i < 3; i++) {
        set_up();
        struct cte *from = tables[rows[i].level][0], *to = tables[rows[i].level][1];
        struct cte *object = rows[i].level == PDPT ? device : frame, *slot = &world.slots[20];
        uint64_t base = object->cap.base, page = rows[i].page, large = rows[i].large;
        EXPECT(map(from, 7, 2, object, 0, READ | WRITE | large, slot), SYS_ERR_OK);
        EXPECT(remap(to, 500, 1, slot, 1, READ | large, slot + 1), SYS_ERR_OK);
        EXPECT(remap(from, 9, 1, slot + 1, 0, READ | EXECUTE | large, slot + 2), SYS_ERR_OK);
        EXPECT(remap(to, 0, 2, slot, 0, READ | large, slot + 3), SYS_ERR_OK);
        CU_ASSERT_EQUAL(entry_of(to, 500) & PTE_ADDRESS, base + page);
        CU_ASSERT_EQUAL(entry_of(to, 500) & (PTE_WRITE | PTE_NO_EXECUTE), PTE_NO_EXECUTE);
        CU_ASSERT_EQUAL(entry_of(from, 9) & PTE_ADDRESS, base + page);
        CU_ASSERT_EQUAL(entry_of(from, 9) & (PTE_WRITE | PTE_NO_EXECUTE), 0);
        CU_ASSERT_EQUAL(entry_of(from, 9) & PTE_LARGE, large != 0 ? PTE_LARGE : 0);
        CU_ASSERT_EQUAL(entry_of(to, 0) & PTE_ADDRESS, base);
        CU_ASSERT_EQUAL(entry_of(to, 1) & PTE_ADDRESS, base + page);
        CU_ASSERT_EQUAL(entry_of(from, 8) & PTE_WRITE, PTE_WRITE);
        CU_ASSERT(caps_valid(&world.caps));
        // The wrong size of page for the table, and a table of another level.
        EXPECT(remap(to, 9, 1, slot, 0, READ | (large ^ LARGE), slot + 4), SYS_ERR_VNODE_LEVEL);
        for (unsigned level = PML4; level <= PTABLE; level++) {
            if (level != rows[i].level)
                EXPECT(remap(tables[level][1], 9, 1, slot, 0, READ | LARGE, slot + 4),
                       SYS_ERR_VNODE_LEVEL);
        }
    }
}

static void test_errors(void)
{
    set_up();
    struct cte *from = tables[PTABLE][0], *to = tables[PTABLE][1];
    struct cte *slot = &world.slots[20], *dest = &world.slots[21];
    EXPECT(map(from, 0, 4, frame, 0x3000, READ, slot), SYS_ERR_OK);
    EXPECT(remap(to, 0, 0, slot, 0, READ, dest), SYS_ERR_VNODE_SLOT);
    EXPECT(remap(to, 0, 5, slot, 0, READ, dest), SYS_ERR_VNODE_SLOT);
    EXPECT(remap(to, 0, 2, slot, 3, READ, dest), SYS_ERR_VNODE_SLOT);
    EXPECT(remap(to, 0, 1, slot, 4, READ, dest), SYS_ERR_VNODE_SLOT);
    EXPECT(remap(to, 0, 1, slot, ~0ul, READ, dest), SYS_ERR_VNODE_SLOT);
    EXPECT(remap(to, 0, ~0ul, slot, 1, READ, dest), SYS_ERR_VNODE_SLOT);
    EXPECT(remap(to, 512, 1, slot, 0, READ, dest), SYS_ERR_VNODE_SLOT);
    EXPECT(remap(to, 510, 3, slot, 0, READ, dest), SYS_ERR_VNODE_SLOT);
    EXPECT(remap(to, 0, 1, slot, 0, 0, dest), SYS_ERR_VNODE_FLAGS);
    EXPECT(remap(to, 0, 1, slot, 0, READ | WRITE | EXECUTE, dest), SYS_ERR_VNODE_FLAGS);
    EXPECT(remap(to, 0, 1, slot, 0, READ | 0x40, dest), SYS_ERR_ARGS);
    EXPECT(remap(to, 0, 1, frame, 0, READ, dest), SYS_ERR_CAP_TYPE);
    EXPECT(remap(frame, 0, 1, slot, 0, READ, dest), SYS_ERR_CAP_TYPE);
    EXPECT(remap(to, 0, 1, slot, 0, READ, frame), SYS_ERR_SLOT_IN_USE);
    struct caps_dest l1 = {dest, 1, true};
    EXPECT(caps_vnode_copy(&world.caps, to, 0, 1, slot, 0, READ, &l1), SYS_ERR_CNODE_TYPE);
    EXPECT(remap(from, 3, 1, slot, 0, READ, dest), SYS_ERR_VNODE_IN_USE);
    to->cap.flags = CAPFLAG_CLEARING;
    EXPECT(remap(to, 0, 1, slot, 0, READ, dest), SYS_ERR_CAP_BUSY);
    to->cap.flags = 0;
    CU_ASSERT(cte_empty(dest) && entry_of(to, 0) == 0 && caps_valid(&world.caps));
}

/// The rights are those that the Mapping was made with, whatever its frame's other capabilities
/// have.
static void test_rights(void)
{
    set_up();
    struct cte *reader = &world.slots[20], *slot = &world.slots[21], *dest = &world.slots[22];
    struct cte *to = tables[PTABLE][1];
    EXPECT(caps_mint(&world.caps, TO(reader), frame, CAPRIGHTS_READ, 0), SYS_ERR_OK);
    EXPECT(map(tables[PTABLE][0], 0, 1, reader, 0, READ, slot), SYS_ERR_OK);
    EXPECT(remap(to, 0, 1, slot, 0, READ | WRITE, dest), SYS_ERR_VNODE_FLAGS);
    EXPECT(remap(to, 0, 1, slot, 0, READ | EXECUTE, dest), SYS_ERR_VNODE_FLAGS);
    EXPECT(remap(to, 0, 1, slot, 0, READ, dest), SYS_ERR_OK);
    CU_ASSERT_EQUAL(dest->cap.rights, CAPRIGHTS_READ);
    EXPECT(caps_mapping_modify(&world.caps, dest, 0, 1, READ | WRITE), SYS_ERR_VNODE_FLAGS);
    // A Mapping made writable may be copied writable though it shows its pages read-only now.
    EXPECT(map(tables[PTABLE][0], 1, 1, frame, 0, READ, slot + 2), SYS_ERR_OK);
    EXPECT(remap(to, 1, 1, slot + 2, 0, READ | WRITE, slot + 3), SYS_ERR_OK);
    CU_ASSERT(caps_valid(&world.caps));
}

/// Whatever goes, only what hangs on it goes with it.
static void test_deletion(void)
{
    for (unsigned gone = 0; gone < 5; gone++) {
        set_up();
        struct cte *slot = &world.slots[20], *second = &world.slots[21];
        struct cte *from = tables[PTABLE][0], *to = tables[PTABLE][1];
        struct cte *const victims[] = {frame, from, to, slot, second};
        EXPECT(map(from, 0, 4, frame, 0, READ, slot), SYS_ERR_OK);
        EXPECT(remap(to, 8, 2, slot, 1, READ, second), SYS_ERR_OK);
        EXPECT(delete_all(victims[gone]), SYS_ERR_OK);
        CU_ASSERT(cte_empty(victims[gone]) && caps_valid(&world.caps));
        CU_ASSERT_EQUAL(cte_empty(slot), gone == 0 || gone == 1 || gone == 3);
        CU_ASSERT_EQUAL(cte_empty(second), gone == 0 || gone == 2 || gone == 4);
        if (gone != 1)
            CU_ASSERT_EQUAL(entry_of(from, 3) == 0, cte_empty(slot));
        if (gone != 2)
            CU_ASSERT_EQUAL(entry_of(to, 9) == 0, cte_empty(second));
    }
}

/// A lower table's Mapping can be copied too, at every level, and goes with that table.
static void test_lower_tables(void)
{
    for (unsigned level = PML4; level < PTABLE; level++) {
        set_up();
        struct cte *slot = &world.slots[20], *lower = tables[level + 1][0];
        struct cte *from = tables[level][0], *to = tables[level][1];
        EXPECT(map(from, 3, 1, lower, 0, READ, slot), SYS_ERR_OK);
        EXPECT(remap(to, 4, 1, slot, 0, READ | LARGE, slot + 1), SYS_ERR_VNODE_LEVEL);
        EXPECT(remap(to, 4, 1, slot, 0, READ | 0x40, slot + 1), SYS_ERR_ARGS);
        EXPECT(remap(to, 4, 1, slot, 0, READ, slot + 1), SYS_ERR_OK);
        CU_ASSERT_EQUAL(entry_of(to, 4), pte_table(lower->cap.base));
        EXPECT(remap(tables[PML4][1], 255, 1, slot, 0, READ, slot + 2),
               level == PML4 ? SYS_ERR_VNODE_SLOT : SYS_ERR_VNODE_LEVEL);
        CU_ASSERT(caps_valid(&world.caps));
        EXPECT(delete_all(lower), SYS_ERR_OK);
        CU_ASSERT(cte_empty(slot) && cte_empty(slot + 1) && entry_of(to, 4) == 0);
        CU_ASSERT(caps_valid(&world.caps));
    }
}

static void test_channel_memory(void)
{
    set_up();
    struct cte *channel = &world.slots[20], *slot = &world.slots[21];
    uint32_t done;
    retype_one(channel, ram, 0x600000, ObjType_EndPointUMP, 0x200000);
    CU_ASSERT_EQUAL(*(uint8_t *)caps_ptr(&world.caps, channel->cap.base + 0x1fffff), 0); // cleared
    EXPECT(map(tables[PTABLE][0], 0, 2, channel, 0x1000, READ | WRITE, slot), SYS_ERR_OK);
    EXPECT(remap(tables[PTABLE][1], 0, 1, slot, 1, READ, slot + 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(entry_of(tables[PTABLE][1], 0) & PTE_ADDRESS, channel->cap.base + 0x2000);
    CU_ASSERT_EQUAL(entry_of(tables[PTABLE][0], 0) & PTE_CACHE_DISABLE, 0);
    EXPECT(map(tables[PDIR][0], 0, 1, channel, 0, READ | LARGE, slot + 2), SYS_ERR_OK);
    for (uint32_t type = 0; type < ObjType_Num; type++)
        EXPECT(caps_retype(&world.caps, channel, 0, type, 0x1000, 1, TO(slot + 3), &done),
               SYS_ERR_INVALID_RETYPE);
    EXPECT(caps_retype(&world.caps, frame, 0, ObjType_EndPointUMP, 0x1000, 1, TO(slot + 3), &done),
           SYS_ERR_INVALID_RETYPE);
    EXPECT(caps_retype(&world.caps, ram, 0x601000, ObjType_Frame, 0x1000, 1, TO(slot + 3), &done),
           SYS_ERR_REVOKE_FIRST);
    CU_ASSERT(caps_valid(&world.caps));
    // The database finds it between its RAM and its Mappings.
    CU_ASSERT_PTR_EQUAL(mdb_find_ancestor(&world.caps.mdb, &channel->cap), ram);
    CU_ASSERT_PTR_EQUAL(mdb_find_ancestor(&world.caps.mdb, &slot->cap), channel);
    CU_ASSERT_EQUAL(mdb_find_descendant(&world.caps.mdb, &channel->cap)->cap.type, ObjType_Mapping);
    struct cte *second = copy(slot + 3, channel);
    EXPECT(revoke_all(second), SYS_ERR_OK);
    CU_ASSERT(cte_empty(channel) && cte_empty(slot) && cte_empty(slot + 1) && cte_empty(slot + 2));
    EXPECT(delete_all(ram), SYS_ERR_OK);
    CU_ASSERT_FALSE(world.returned[0x600]);
    EXPECT(delete_all(second), SYS_ERR_OK);
    CU_ASSERT(world.returned[0x600] && world.returned[0x7ff] && caps_valid(&world.caps));
}

TEST_SUITE("mapping copies") = {
    {"pages of each size", test_levels},
    {"errors", test_errors},
    {"rights", test_rights},
    {"deletion", test_deletion},
    {"lower tables", test_lower_tables},
    {"memory of channels", test_channel_memory},
};
