// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Retype: the whole graph, every error, steps and their bounds.
#include "world.h"

static struct cte *ram;

static void set_up(void)
{
    world_reset();
    ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, WORLD_BYTES);
}

static errval_t retype(struct cte *src, uint64_t offset, uint32_t type, uint64_t size,
                       uint32_t count, struct cte *slot)
{
    struct caps_dest dest = {slot, (uint32_t)(&world.slots[WORLD_SLOTS] - slot), false};
    uint32_t done;
    return caps_retype(&world.caps, src, offset, type, size, count, &dest, &done);
}

/// Every pair of types: exactly what the table allows is done.
static void test_graph(void)
{
    for (unsigned from = 1; from < ObjType_Num; from++) {
        if (from == ObjType_Mapping || from == ObjType_EndPointLMP)
            continue;
        for (unsigned to = 0; to < ObjType_Num + 2; to++) {
            world_reset();
            const struct cap_type *row = cap_type((uint8_t)from);
            bool memory = row->class == MDB_MEMORY;
            uint64_t base = memory && from != ObjType_ID ? WORLD_BASE : 0, bytes = row->min;
            if (row->max > row->min)
                bytes = memory ? 0x100000 : 64;
            struct cte *src = make(&world.slots[1], from, base, bytes);
            bool allowed = to < ObjType_Num && (row->retype_into >> to & 1) != 0;
            uint64_t size = to < ObjType_Num ? cap_type((uint8_t)to)->min : 1;
            errval_t err = retype(src, 0, to, size, 1, &world.slots[2]);
            EXPECT(err, allowed ? SYS_ERR_OK : SYS_ERR_INVALID_RETYPE);
            CU_ASSERT(caps_valid(&world.caps));
        }
    }
    // The graph is what the design says, so spelled out again.
    CU_ASSERT(cap_type_reaches(ObjType_RAM, ObjType_Dispatcher));
    CU_ASSERT_FALSE(cap_type_reaches(ObjType_Frame, ObjType_L2CNode));
    CU_ASSERT_FALSE(cap_type_reaches(ObjType_PhysAddr, ObjType_RAM));
    CU_ASSERT_FALSE(cap_type_reaches(ObjType_Frame, ObjType_RAM));
    CU_ASSERT_FALSE(cap_type_reaches(ObjType_DevFrame, ObjType_Frame));
    CU_ASSERT(cap_type_reaches(ObjType_PhysAddr, ObjType_DevFrame));
}

static void test_errors(void)
{
    set_up();
    struct cte *slot = &world.slots[2];
    EXPECT(retype(&world.slots[9], 0, ObjType_Frame, 0x1000, 1, slot), SYS_ERR_CAP_NOT_FOUND);
    EXPECT(retype(ram, 0, ObjType_Frame, 0x1000, 0, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, 0, ObjType_Frame, 0, 1, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, 0, ObjType_Frame, 0x1800, 1, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, 0x800, ObjType_Frame, 0x1000, 1, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, WORLD_BYTES, ObjType_Frame, 0x1000, 1, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, -4096ul, ObjType_Frame, 0x1000, 1, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, 0, ObjType_Frame, -4096ul, 1, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, 0, ObjType_Frame, WORLD_BYTES / 2, 3, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, 0, ObjType_Frame, 0x1000, 257, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, 0, ObjType_Frame, 0x1000, ~0u, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, 0, ObjType_RAM, WORLD_BYTES, 1, slot), SYS_ERR_RETYPE_RANGE); // a copy
    EXPECT(retype(ram, 0, ObjType_L1CNode, 0x6000, 1, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, 0, ObjType_L1CNode, 0x2000, 1, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, 0, ObjType_L1CNode, 0x800000, 1, slot), SYS_ERR_RETYPE_RANGE);
    EXPECT(retype(ram, 0, ObjType_Dispatcher, 0x2000, 1, slot), SYS_ERR_RETYPE_RANGE);
    struct caps_dest last = {slot, 1, false}, l1 = {slot, 4, true};
    uint32_t done;
    EXPECT(caps_retype(&world.caps, ram, 0, ObjType_RAM, 0x1000, 2, &last, &done),
           SYS_ERR_SLOT_INVALID);
    EXPECT(caps_retype(&world.caps, ram, 0, ObjType_RAM, 0x1000, 2, &l1, &done),
           SYS_ERR_CNODE_TYPE);
    EXPECT(caps_retype(&world.caps, ram, 0, ObjType_L2CNode, 0, 2, &l1, &done), SYS_ERR_OK);
    EXPECT(retype(ram, 0x10000, ObjType_Frame, 0x1000, 1, slot), SYS_ERR_SLOT_IN_USE);
    EXPECT(retype(ram, 0x10000, ObjType_Frame, 0x1000, 3, slot - 1), SYS_ERR_SLOT_IN_USE);
    EXPECT(retype(ram, 0, ObjType_L2CNode, 0, 2, slot), SYS_ERR_SLOT_IN_USE); // the same again
    slot = &world.slots[10];
    EXPECT(retype(ram, 0x4000, ObjType_Frame, 0x1000, 1, slot), SYS_ERR_REVOKE_FIRST);
    EXPECT(retype(ram, 0x7000, ObjType_Frame, 0x2000, 1, slot), SYS_ERR_REVOKE_FIRST);
    EXPECT(retype(ram, 0x8000, ObjType_Frame, 0x2000, 1, slot), SYS_ERR_OK);
    caps_mint(&world.caps, TO(&world.slots[20]), ram, CAPRIGHTS_READ, 0);
    EXPECT(allowed(CAP_CMD_RETYPE, &world.slots[20]), SYS_ERR_RIGHTS);
    caps_mint(&world.caps, TO(&world.slots[21]), slot, CAPRIGHTS_READ, 0);
    EXPECT(allowed(CAP_CMD_RETYPE, &world.slots[21]), SYS_ERR_OK);
    EXPECT(retype(&world.slots[21], 0, ObjType_Frame, 0x1000, 1, &world.slots[22]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(world.slots[22].cap.rights, CAPRIGHTS_READ);
    CU_ASSERT(caps_valid(&world.caps));
}

/// A large frame is cleared 64 KiB at a time and not usable before; another may go on with it.
static void test_clearing(void)
{
    set_up();
    struct cte *slot = &world.slots[2];
    const uint64_t size = 5 * CAPS_RETYPE_STEP_BYTES + 0x1000;
    const uint8_t *bytes = caps_ptr(&world.caps, WORLD_BASE);
    for (unsigned i = 1; i <= 5; i++) {
        EXPECT(retype(ram, 0, ObjType_Frame, size, 1, slot), SYS_ERR_AGAIN);
        CU_ASSERT((slot->cap.flags & CAPFLAG_CLEARING) != 0);
        CU_ASSERT(bytes[i * CAPS_RETYPE_STEP_BYTES - 1] == 0);
        CU_ASSERT(bytes[i * CAPS_RETYPE_STEP_BYTES] == 0xa5);
        EXPECT(retype(slot, 0, ObjType_Frame, 0x1000, 1, &world.slots[3]), SYS_ERR_CAP_BUSY);
        EXPECT(retype(ram, 0x1000, ObjType_Frame, 0x1000, 1, &world.slots[3]),
               SYS_ERR_REVOKE_FIRST);
    }
    EXPECT(retype(ram, 0, ObjType_Frame, size, 1, slot), SYS_ERR_OK);
    CU_ASSERT(slot->cap.flags == 0 && slot->cap.extra == 0 && bytes[size - 1] == 0);
    CU_ASSERT_EQUAL(bytes[size], 0xa5);
    // Half cleared, it can be deleted; the contents are not taken for slots.
    slot = &world.slots[4];
    EXPECT(retype(ram, 0x200000, ObjType_L1CNode, 0x20000, 1, slot), SYS_ERR_AGAIN);
    EXPECT(caps_delete(&world.caps, slot), SYS_ERR_OK);
    CU_ASSERT(cte_empty(slot) && caps_valid(&world.caps));
}

static void test_many(void)
{
    set_up();
    struct caps_dest dest = {&world.slots[100], 256, false};
    uint32_t done = 0, before = 0, steps = 0;
    errval_t err;
    while ((err = caps_retype(&world.caps, ram, 0, ObjType_RAM, 0x1000, 256, &dest, &done)) ==
           SYS_ERR_AGAIN) {
        CU_ASSERT(done == before + CAPS_RETYPE_STEP_OBJECTS);
        before = done;
        steps++;
    }
    EXPECT(err, SYS_ERR_OK);
    CU_ASSERT(done == 256 && steps == 256 / CAPS_RETYPE_STEP_OBJECTS - 1);
    CU_ASSERT_EQUAL(world.slots[355].cap.base, WORLD_BASE + 255 * 0x1000);
    dest.slot = &world.slots[10];
    dest.room = 60;
    err = caps_retype(&world.caps, ram, 0x200000, ObjType_Frame, 0x1000, 40, &dest, &done);
    CU_ASSERT(err == SYS_ERR_AGAIN && done == CAPS_RETYPE_STEP_OBJECTS);
    // A foreign object in the way of what remains is an error, and so is one in the slots.
    struct cte *thief = copy(&world.slots[10 + 20], ram);
    EXPECT(caps_retype(&world.caps, ram, 0x200000, ObjType_Frame, 0x1000, 40, &dest, &done),
           SYS_ERR_SLOT_IN_USE);
    EXPECT(delete_all(thief), SYS_ERR_OK);
    EXPECT(retype(ram, 0x220000, ObjType_Frame, 0x1000, 1, &world.slots[80]), SYS_ERR_OK);
    EXPECT(caps_retype(&world.caps, ram, 0x200000, ObjType_Frame, 0x1000, 40, &dest, &done),
           SYS_ERR_REVOKE_FIRST);
    EXPECT(delete_all(&world.slots[80]), SYS_ERR_OK);
    while ((err = caps_retype(&world.caps, ram, 0x200000, ObjType_Frame, 0x1000, 40, &dest,
                              &done)) == SYS_ERR_AGAIN)
        continue;
    CU_ASSERT(err == SYS_ERR_OK && done == 40 && caps_valid(&world.caps));
}

static void test_ranges_of_numbers(void)
{
    world_reset();
    struct cte *io = make(&world.slots[0], ObjType_IO, 0, 65536);
    EXPECT(retype(io, 0x3f8, ObjType_IO, 8, 1, &world.slots[1]), SYS_ERR_OK);
    CU_ASSERT(world.slots[1].cap.base == 0x3f8 && world.slots[1].cap.bytes == 8);
    EXPECT(retype(io, 0x3ff, ObjType_IO, 2, 1, &world.slots[2]), SYS_ERR_REVOKE_FIRST);
    EXPECT(retype(&world.slots[1], 7, ObjType_IO, 2, 1, &world.slots[2]), SYS_ERR_RETYPE_RANGE);
    struct cte *kcb = make(&world.slots[3], ObjType_KCB, 0x10000000, 4 * OBJSIZE_KCB);
    EXPECT(retype(kcb, OBJSIZE_KCB, ObjType_KCB, OBJSIZE_KCB, 3, &world.slots[4]), SYS_ERR_OK);
    EXPECT(retype(kcb, 0x1000, ObjType_KCB, OBJSIZE_KCB, 1, &world.slots[9]), SYS_ERR_RETYPE_RANGE);
    CU_ASSERT(caps_valid(&world.caps));
}

TEST_SUITE("retype") = {
    {"the graph", test_graph},
    {"errors", test_errors},
    {"clearing in steps", test_clearing},
    {"many objects in steps", test_many},
    {"ports and private pages", test_ranges_of_numbers},
};
