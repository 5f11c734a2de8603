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
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 4, false, TO(slot)),
           SYS_ERR_DISP_NOT_READY);
    struct cte *frame = retype_one(&world.slots[3], ram, 0x1000, ObjType_Frame, 0x1000);
    copy(&caps_dispatcher_slots(caps, WORLD_BASE)->frame, frame);
    EXPECT(caps_endpoint_create(caps, ram, 0x400, 4, false, TO(slot)), SYS_ERR_CAP_TYPE);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x420, 4, false, TO(slot)), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x40, 4, false, TO(slot)), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 3, false, TO(slot)), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 0, false, TO(slot)), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 128, false, TO(slot)), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, -64ul, 1, false, TO(slot)), SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0xfc0, 1, false, TO(slot)), SYS_ERR_DISP_FRAME);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 64, false, TO(slot)), SYS_ERR_DISP_FRAME);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 4, false, TO(ram)), SYS_ERR_SLOT_IN_USE);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 4, false, TO(slot)), SYS_ERR_OK);
    CU_ASSERT(slot->cap.extra == 0x400 && slot->cap.aux == 4 && slot->cap.base == WORLD_BASE);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x400, 8, false, TO(&world.slots[4])),
           SYS_ERR_ARGS);
    EXPECT(caps_endpoint_create(caps, dispatcher, 0x800, 8, false, TO(&world.slots[4])),
           SYS_ERR_OK);
    caps_mint(caps, TO(&world.slots[5]), dispatcher, CAPRIGHTS_READ, 0);
    EXPECT(allowed(DISPATCHER_CMD_ENDPOINT, &world.slots[5]), SYS_ERR_RIGHTS);
    // One endpoint goes without the other; both go with the dispatcher.
    EXPECT(delete_all(slot), SYS_ERR_OK);
    CU_ASSERT_EQUAL(world.slots[4].cap.type, ObjType_EndPointLMP);
    EXPECT(revoke_all(dispatcher), SYS_ERR_OK);
    CU_ASSERT(cte_empty(&world.slots[4]) && cte_empty(&world.slots[5]));
    CU_ASSERT(caps_valid(caps));
}

/// A dispatcher with a frame in a fresh world, and an endpoint that it made itself in slot 3.
static struct cte *own_endpoint(void)
{
    world_reset();
    struct cte *ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, 0x10000);
    struct cte *dispatcher = retype_one(&world.slots[1], ram, 0, ObjType_Dispatcher, 0);
    struct cte *frame = retype_one(&world.slots[2], ram, 0x1000, ObjType_Frame, 0x1000);
    copy(&caps_dispatcher_slots(&world.caps, WORLD_BASE)->frame, frame);
    EXPECT(caps_endpoint_create(&world.caps, dispatcher, 0x400, 4, true, TO(&world.slots[3])),
           SYS_ERR_OK);
    return &world.slots[3];
}

#define EXPECT_CLOSED(endpoint, now, times)                                                        \
    CU_ASSERT(*world_closed(&(endpoint)->cap) == (now) && world.closings == (times))

static void test_closing(void)
{
    struct cte *own = own_endpoint(), *slot = &world.slots[4];
    CU_ASSERT_EQUAL(own->cap.flags, CAPFLAG_OWN);
    EXPECT_CLOSED(own, false, 0); // nobody had one yet
    copy(&slot[0], own);
    EXPECT(caps_mint(&world.caps, TO(&slot[1]), &slot[0], CAPRIGHTS_WRITE, 7), SYS_ERR_OK);
    CU_ASSERT(slot[0].cap.flags == 0 && slot[1].cap.flags == 0);
    EXPECT(delete_all(&slot[0]), SYS_ERR_OK);
    EXPECT_CLOSED(own, false, 0); // the third has one
    EXPECT(caps_move(&world.caps, TO(&slot[0]), &slot[1]), SYS_ERR_OK);
    EXPECT_CLOSED(own, false, 0);
    EXPECT(delete_all(&slot[0]), SYS_ERR_OK);
    EXPECT_CLOSED(own, true, 1);
    copy(&slot[0], own);
    copy(&slot[1], &slot[0]);
    EXPECT_CLOSED(own, false, 1);
    EXPECT(revoke_all(own), SYS_ERR_OK);
    EXPECT_CLOSED(own, true, 2);
    copy(&slot[0], own);
    EXPECT(delete_all(&slot[2]), SYS_ERR_CAP_NOT_FOUND);
    // Another endpoint of the dispatcher is another matter.
    EXPECT(caps_endpoint_create(&world.caps, &world.slots[1], 0x800, 4, true, TO(&slot[2])),
           SYS_ERR_OK);
    EXPECT(delete_all(&slot[2]), SYS_ERR_OK);
    EXPECT_CLOSED(own, false, 2);
    CU_ASSERT(caps_valid(&world.caps));
}

static void test_own_goes(void)
{
    struct cte *own = own_endpoint(), *slot = &world.slots[4];
    struct cap endpoint = own->cap;
    copy(&slot[0], own);
    EXPECT(caps_endpoint_create(&world.caps, &world.slots[1], 0x400, 4, true, TO(&slot[1])),
           SYS_ERR_OK);
    EXPECT(delete_all(own), SYS_ERR_OK);
    CU_ASSERT_FALSE(*world_closed(&endpoint)); // it has another
    EXPECT(revoke_all(&slot[0]), SYS_ERR_OK);  // takes it away from its dispatcher
    CU_ASSERT(*world_closed(&endpoint) && cte_empty(&slot[1]));
    copy(&slot[2], &slot[0]); // by a stranger: the memory may be used for something else by now
    CU_ASSERT(*world_closed(&endpoint));
    EXPECT(caps_endpoint_create(&world.caps, &world.slots[1], 0x400, 4, true, TO(own)), SYS_ERR_OK);
    EXPECT_CLOSED(own, false, 1);
    // Given away, it is like any other, and nobody is told of its end.
    EXPECT(caps_move(&world.caps, TO(&slot[3]), own), SYS_ERR_OK);
    CU_ASSERT(slot[3].cap.flags == 0 && caps_valid(&world.caps));
    for (unsigned i = 0; i < 4; i++)
        (void)delete_all(&slot[i]);
    CU_ASSERT(!*world_closed(&endpoint) && world.closings == 1);
    // Nothing is told of what was never handed out.
    own = own_endpoint();
    EXPECT(delete_all(own), SYS_ERR_OK);
    CU_ASSERT_EQUAL(world.closings, 0);
}

/// The copy is in a CNode of a domain that is taken apart.
static void test_holder_dies(void)
{
    struct cte *own = own_endpoint(), *cnode = &world.slots[5];
    retype_one(cnode, &world.slots[0], 0x4000, ObjType_L2CNode, 0);
    copy(slot_in(cnode, 200), own);
    EXPECT(delete_all(cnode), SYS_ERR_OK);
    EXPECT_CLOSED(own, true, 1);
    retype_one(cnode, &world.slots[0], 0x4000, ObjType_L2CNode, 0);
    EXPECT(caps_move(&world.caps, TO(slot_in(cnode, 7)), own), SYS_ERR_OK);
    EXPECT(caps_endpoint_create(&world.caps, &world.slots[1], 0x400, 4, true, TO(own)), SYS_ERR_OK);
    EXPECT_CLOSED(own, false, 1);
    genpaddr_t from = 0;
    EXPECT(caps_reclaim(&world.caps, TO(&world.slots[6]), WORLD_BASE + 0x4000, 0x4000, &from),
           SYS_ERR_RETYPE_RANGE); // the first RAM covers it
    EXPECT(delete_all(&world.slots[0]), SYS_ERR_OK);
    while (caps_reclaim(&world.caps, TO(&world.slots[6]), WORLD_BASE + 0x4000, 0x4000, &from) ==
           SYS_ERR_AGAIN)
        continue;
    CU_ASSERT(cte_empty(cnode) && caps_valid(&world.caps));
    EXPECT_CLOSED(own, true, 2);
}

TEST_SUITE("create") = {
    {"made by the CPU driver", test_create},
    {"sent by another core", test_foreign},
    {"given to another core", test_surrender},
    {"endpoints", test_endpoint},
    {"the last who could send goes", test_closing},
    {"the dispatcher's own capability goes", test_own_goes},
    {"a domain that could send goes", test_holder_dies},
};
