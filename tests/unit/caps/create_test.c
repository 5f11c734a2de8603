// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities made by the CPU driver or sent by another core, objects given away, and endpoints.
#include "kpi/dispatcher.h"
#include "world.h"

#include <string.h>

static errval_t create(struct cte *slot, enum objtype type, uint64_t base, uint64_t bytes)
{
    struct cap cap = cap_make(type, base, bytes);
    return caps_create(&world.caps, TO(slot), &cap);
}

static void test_create(void)
{
    world_reset();
    struct cte *slot = world.slots;
    EXPECT(create(slot, ObjType_RAM, WORLD_BASE, 0x10000), SYS_ERR_OK);
    CU_ASSERT(slot->cap.owner == WORLD_CORE && slot->cap.rights == CAPRIGHTS_ALL);
    EXPECT(create(slot, ObjType_RAM, WORLD_BASE, 0x10000), SYS_ERR_SLOT_IN_USE);
    slot++;
    EXPECT(create(slot, ObjType_RAM, WORLD_BASE + 0x8000, 0x10000), SYS_ERR_RETYPE_RANGE);
    EXPECT(create(slot, ObjType_KCB, WORLD_BASE, 0x40000), SYS_ERR_RETYPE_RANGE);
    EXPECT(create(slot, ObjType_PhysAddr, WORLD_BASE, 0x1000), SYS_ERR_RETYPE_RANGE);
    EXPECT(create(slot, ObjType_RAM, WORLD_BASE + 0x800, 0x1000), SYS_ERR_ARGS);
    EXPECT(create(slot, ObjType_RAM, WORLD_BASE, 0), SYS_ERR_ARGS);
    EXPECT(create(slot, ObjType_RAM, -4096ul, 0x2000), SYS_ERR_ARGS);
    EXPECT(create(slot, ObjType_Null, 0, 0), SYS_ERR_ARGS);
    EXPECT(create(slot, ObjType_Num, 0, 1), SYS_ERR_ARGS);
    EXPECT(create(slot, ObjType_Mapping, WORLD_BASE, 0x1000), SYS_ERR_ARGS);
    EXPECT(create(slot, ObjType_EndPointLMP, WORLD_BASE, 0x1000), SYS_ERR_ARGS);
    EXPECT(create(slot, ObjType_L1CNode, WORLD_BASE, 0x6000), SYS_ERR_ARGS);
    EXPECT(create(slot, ObjType_IO, 65530, 7), SYS_ERR_ARGS);
    EXPECT(create(slot++, ObjType_IO, 0, 65536), SYS_ERR_OK);
    EXPECT(create(slot++, ObjType_IRQSrc, 0, 240), SYS_ERR_OK);
    EXPECT(create(slot++, ObjType_Notify, 5 << 8 | 0x30, 1), SYS_ERR_OK);
    EXPECT(create(slot++, ObjType_Kernel, WORLD_CORE, 1), SYS_ERR_OK);
    EXPECT(create(slot++, ObjType_ID, 1ul << 48 | 1, 1), SYS_ERR_OK);
    EXPECT(create(slot++, ObjType_KCB, WORLD_BASE + 0x40000, 0x80000), SYS_ERR_OK);
    memset(caps_ptr(&world.caps, WORLD_BASE), 0, OBJSIZE_L2CNODE);
    EXPECT(create(slot++, ObjType_L2CNode, WORLD_BASE, OBJSIZE_L2CNODE), SYS_ERR_OK);
    CU_ASSERT(caps_valid(&world.caps));
    for (struct cte *cte = world.slots; cte < slot; cte++)
        EXPECT(delete_all(cte), SYS_ERR_OK);
    CU_ASSERT_EQUAL(world.caps.mdb.count, 0);
    CU_ASSERT(world_returned_only(WORLD_BASE, 0x10000));
}

static void test_foreign(void)
{
    world_reset();
    struct cte *slot = world.slots;
    struct capability sent = {.base = WORLD_BASE,
                              .bytes = 0x8000,
                              .type = ObjType_Frame,
                              .rights = CAPRIGHTS_READ,
                              .owner = 9};
    EXPECT(caps_create_foreign(&world.caps, TO(slot), &sent), SYS_ERR_OK);
    CU_ASSERT(slot->cap.owner == 9 && slot->cap.rights == CAPRIGHTS_READ);
    CU_ASSERT_EQUAL(slot->cap.flags, CAPFLAG_REMOTE);
    sent.owner = 8; // two owners of one object
    EXPECT(caps_create_foreign(&world.caps, TO(slot + 1), &sent), SYS_ERR_ARGS);
    sent = (struct capability){.base = WORLD_BASE,
                               .bytes = 0x4000,
                               .type = ObjType_L2CNode,
                               .rights = CAPRIGHTS_READ,
                               .owner = 9};
    EXPECT(caps_create_foreign(&world.caps, TO(slot + 1), &sent), SYS_ERR_CAP_TYPE);
    sent.type = ObjType_Frame;
    sent.rights = 0x20;
    EXPECT(caps_create_foreign(&world.caps, TO(slot + 1), &sent), SYS_ERR_ARGS);
    sent.rights = CAPRIGHTS_READ;
    sent.flags = CAPFLAG_ZOMBIE;
    EXPECT(caps_create_foreign(&world.caps, TO(slot + 1), &sent), SYS_ERR_ARGS);
    // Memory of this core's kernel objects cannot be had as a frame, nor a frame around them.
    struct cte *ram = make(slot + 2, ObjType_RAM, WORLD_BASE + 0x100000, 0x100000);
    retype_one(slot + 3, ram, 0, ObjType_L2CNode, 0);
    sent = (struct capability){.base = WORLD_BASE + 0x100000,
                               .bytes = 0x1000,
                               .type = ObjType_Frame,
                               .rights = CAPRIGHTS_READ,
                               .owner = 9};
    EXPECT(caps_create_foreign(&world.caps, TO(slot + 1), &sent), SYS_ERR_RETYPE_RANGE);
    sent.bytes = 0x8000;
    EXPECT(caps_create_foreign(&world.caps, TO(slot + 1), &sent), SYS_ERR_RETYPE_RANGE);
    // Owned here: comes home unmarked, or as the local copy is marked.
    sent = (struct capability){.base = WORLD_BASE + 0x200000,
                               .bytes = 0x1000,
                               .type = ObjType_RAM,
                               .rights = CAPRIGHTS_ALL,
                               .owner = WORLD_CORE};
    EXPECT(caps_create_foreign(&world.caps, TO(slot + 1), &sent), SYS_ERR_OK);
    CU_ASSERT_EQUAL(slot[1].cap.flags, 0);
    EXPECT(caps_set_remote(&world.caps, slot + 1, true), SYS_ERR_OK);
    EXPECT(caps_create_foreign(&world.caps, TO(slot + 4), &sent), SYS_ERR_OK);
    CU_ASSERT_EQUAL(slot[4].cap.flags, CAPFLAG_REMOTE);
    CU_ASSERT(caps_valid(&world.caps));
}

static void test_surrender(void)
{
    world_reset();
    struct cte *ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, 0x10000);
    struct cte *part = retype_one(&world.slots[1], ram, 0, ObjType_RAM, 0x4000);
    EXPECT(caps_surrender_check(&world.caps, part), SYS_ERR_HAS_COPIES); // the ancestor
    EXPECT(caps_surrender_check(&world.caps, ram), SYS_ERR_REVOKE_FIRST);
    EXPECT(caps_surrender_check(&world.caps, &world.slots[9]), SYS_ERR_CAP_NOT_FOUND);
    EXPECT(delete_all(ram), SYS_ERR_OK);
    copy(&world.slots[2], part);
    EXPECT(caps_surrender_check(&world.caps, part), SYS_ERR_HAS_COPIES);
    EXPECT(delete_all(&world.slots[2]), SYS_ERR_OK);
    EXPECT(caps_set_remote(&world.caps, part, true), SYS_ERR_OK);
    EXPECT(caps_surrender_check(&world.caps, part), SYS_ERR_REMOTE);
    EXPECT(caps_set_remote(&world.caps, part, false), SYS_ERR_OK);
    EXPECT(caps_surrender_check(&world.caps, part), SYS_ERR_OK);
    caps_surrender(&world.caps, part);
    CU_ASSERT(cte_empty(part) && world.caps.mdb.count == 0);
    CU_ASSERT(world_returned_only(WORLD_BASE + 0x4000, 0xc000));
    struct cte *kernel = make(&world.slots[3], ObjType_Kernel, WORLD_CORE, 1);
    EXPECT(caps_surrender_check(&world.caps, kernel), SYS_ERR_CAP_TYPE);
}

static void test_endpoint(void)
{
    world_reset();
    struct cte *ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, 0x10000);
    struct cte *dispatcher = retype_one(&world.slots[1], ram, 0, ObjType_Dispatcher, 0);
    struct cte *slot = &world.slots[2];
    struct caps *caps = &world.caps;
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 4, TO(slot)), SYS_ERR_DISP_NOT_READY);
    struct cte *frame = retype_one(&world.slots[3], ram, 0x1000, ObjType_Frame, 0x1000);
    copy(&caps_dispatcher_slots(caps, WORLD_BASE)->frame, frame);
    EXPECT(caps_endpoint_create(caps, ram, 0x400, 4, TO(slot)), SYS_ERR_CAP_TYPE);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x420, 4, TO(slot)), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x40, 4, TO(slot)), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 3, TO(slot)), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 0, TO(slot)), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 128, TO(slot)), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, -64ul, 1, TO(slot)), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0xfc0, 1, TO(slot)), SYS_ERR_DISP_FRAME);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 64, TO(slot)), SYS_ERR_DISP_FRAME);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 4, TO(ram)), SYS_ERR_SLOT_IN_USE);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 4, TO(slot)), SYS_ERR_OK);
    CU_ASSERT(slot->cap.extra == 0x400 && slot->cap.aux == 4 && slot->cap.base == WORLD_BASE);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 8, TO(&world.slots[4])), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x800, 8, TO(&world.slots[4])), SYS_ERR_OK);
    caps_mint(caps, TO(&world.slots[5]), dispatcher, CAPRIGHTS_READ, 0);
    EXPECT(allowed(DISPATCHER_CMD_ENDPOINT, &world.slots[5]), SYS_ERR_RIGHTS);
    // One endpoint goes without the other; both go with the dispatcher.
    EXPECT(delete_all(slot), SYS_ERR_OK);
    CU_ASSERT_EQUAL(world.slots[4].cap.type, ObjType_EndPointLMP);
    EXPECT(revoke_all(dispatcher), SYS_ERR_OK);
    CU_ASSERT(cte_empty(&world.slots[4]) && cte_empty(&world.slots[5]));
    CU_ASSERT(caps_valid(caps));
}

CU_TestInfo create_tests[] = {
    {"made by the CPU driver", test_create},
    {"sent by another core", test_foreign},
    {"given to another core", test_surrender},
    {"endpoints", test_endpoint},
    CU_TEST_INFO_NULL,
};
