// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Copy, mint, move, identify and the mark of what other cores may know.
#include "kpi/dispatcher.h"
#include "world.h"

static struct cte *ram, *frame, *endpoint;

static void set_up(void)
{
    world_reset();
    ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, 1 << 20);
    frame = retype_one(&world.slots[1], ram, 0, ObjType_Frame, 0x4000);
    struct cte *dispatcher = retype_one(&world.slots[2], ram, 0x4000, ObjType_Dispatcher, 0);
    copy(&caps_dispatcher_slots(&world.caps, dispatcher->cap.base)->frame, frame);
    endpoint = &world.slots[3];
    EXPECT(caps_endpoint_create(&world.caps, dispatcher, 0x400, 4, false, TO(endpoint)),
           SYS_ERR_OK);
}

static void test_copy(void)
{
    set_up();
    struct cte *to = &world.slots[10];
    EXPECT(caps_copy(&world.caps, TO(to), frame), SYS_ERR_OK);
    CU_ASSERT(to->cap.base == frame->cap.base && to->cap.rights == CAPRIGHTS_ALL);
    EXPECT(caps_copy(&world.caps, TO(to), ram), SYS_ERR_SLOT_IN_USE);
    EXPECT(caps_copy(&world.caps, TO(&world.slots[11]), &world.slots[12]), SYS_ERR_CAP_NOT_FOUND);
    struct caps_dest l1 = {&world.slots[11], 1, true};
    EXPECT(caps_copy(&world.caps, &l1, frame), SYS_ERR_CNODE_TYPE);
    struct cte *l2 = retype_one(&world.slots[13], ram, 0x8000, ObjType_L2CNode, 0);
    EXPECT(caps_copy(&world.caps, &l1, l2), SYS_ERR_OK);
    CU_ASSERT(caps_valid(&world.caps));
}

static void test_mint(void)
{
    set_up();
    struct cte *less = &world.slots[10], *none = &world.slots[11];
    EXPECT(caps_mint(&world.caps, TO(less), frame, CAPRIGHTS_READ | CAPRIGHTS_GRANT, 0),
           SYS_ERR_OK);
    CU_ASSERT_EQUAL(less->cap.rights, CAPRIGHTS_READ | CAPRIGHTS_GRANT);
    EXPECT(caps_mint(&world.caps, TO(none), less, ~0ul, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(none->cap.rights, CAPRIGHTS_READ | CAPRIGHTS_GRANT); // never gained
    EXPECT(caps_mint(&world.caps, TO(&world.slots[12]), frame, CAPRIGHTS_ALL, 1), SYS_ERR_ARGS);
    EXPECT(caps_mint(&world.caps, TO(&world.slots[12]), endpoint, CAPRIGHTS_ALL, 1ul << 32),
           SYS_ERR_ARGS);
    struct cte *badged = &world.slots[13];
    EXPECT(caps_mint(&world.caps, TO(badged), endpoint, CAPRIGHTS_WRITE, 77), SYS_ERR_OK);
    CU_ASSERT(endpoint_badge(&badged->cap) == 77 && endpoint_offset(&badged->cap) == 0x400);
    EXPECT(caps_mint(&world.caps, TO(&world.slots[14]), badged, CAPRIGHTS_ALL, 78), SYS_ERR_ARGS);
    EXPECT(caps_mint(&world.caps, TO(&world.slots[14]), badged, CAPRIGHTS_ALL, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(endpoint_badge(&world.slots[14].cap), 77);
    CU_ASSERT_PTR_NOT_NULL(mdb_find_copy(&world.caps.mdb, &endpoint->cap, endpoint));
}

static void test_move(void)
{
    set_up();
    struct cte *to = &world.slots[10];
    EXPECT(caps_move(&world.caps, TO(frame), endpoint), SYS_ERR_SLOT_IN_USE);
    EXPECT(caps_move(&world.caps, TO(to), &world.slots[11]), SYS_ERR_CAP_NOT_FOUND);
    struct caps_dest l1 = {to, 1, true};
    EXPECT(caps_move(&world.caps, &l1, endpoint), SYS_ERR_CNODE_TYPE);
    EXPECT(caps_move(&world.caps, TO(to), endpoint), SYS_ERR_OK);
    CU_ASSERT(cte_empty(endpoint) && to->cap.type == ObjType_EndPointLMP && to->cap.aux == 4);
    CU_ASSERT(caps_valid(&world.caps));
    uint32_t done;
    EXPECT(caps_retype(&world.caps, ram, 0x20000, ObjType_Frame, 0x20000, 1, TO(&world.slots[12]),
                       &done),
           SYS_ERR_AGAIN);
    EXPECT(caps_move(&world.caps, TO(&world.slots[13]), &world.slots[12]), SYS_ERR_CAP_BUSY);
    EXPECT(caps_copy(&world.caps, TO(&world.slots[13]), &world.slots[12]), SYS_ERR_CAP_BUSY);
    struct capability info;
    EXPECT(caps_identify(&world.slots[12], &info), SYS_ERR_CAP_BUSY);
}

static void test_identify(void)
{
    set_up();
    struct capability info;
    EXPECT(caps_identify(endpoint, &info), SYS_ERR_OK);
    CU_ASSERT(info.type == ObjType_EndPointLMP && info.base == WORLD_BASE + 0x4000);
    CU_ASSERT(info.extra == 0x400 && info.aux == 4 && info.owner == WORLD_CORE && info.flags == 0);
    CU_ASSERT(info.rights == CAPRIGHTS_ALL && info.bytes == OBJSIZE_DISPATCHER);
    EXPECT(caps_identify(&world.slots[20], &info), SYS_ERR_CAP_NOT_FOUND);
    caps_mint(&world.caps, TO(&world.slots[10]), frame, CAPRIGHTS_ALL & ~CAPRIGHTS_IDENTIFY, 0);
    EXPECT(allowed(CAP_CMD_IDENTIFY, &world.slots[10]), SYS_ERR_RIGHTS);
}

static void test_set_remote(void)
{
    set_up();
    for (unsigned i = 0; i < 100; i++)
        copy(&world.slots[100 + i], frame);
    unsigned steps = 0;
    errval_t err;
    while ((err = caps_set_remote(&world.caps, frame, true)) == SYS_ERR_AGAIN)
        steps++;
    EXPECT(err, SYS_ERR_OK);
    CU_ASSERT(steps == 100 / (CAPS_STEP_BUDGET / CAPS_COST_DELETE));
    for (unsigned i = 0; i < 100; i++)
        CU_ASSERT((world.slots[100 + i].cap.flags & CAPFLAG_REMOTE) != 0);
    CU_ASSERT((frame->cap.flags & CAPFLAG_REMOTE) != 0 && caps_valid(&world.caps));
    EXPECT(caps_revoke(&world.caps, frame), SYS_ERR_REMOTE);
    uint32_t done;
    EXPECT(
        caps_retype(&world.caps, frame, 0, ObjType_Frame, 0x1000, 1, TO(&world.slots[10]), &done),
        SYS_ERR_REMOTE);
    while ((err = caps_set_remote(&world.caps, &world.slots[150], false)) == SYS_ERR_AGAIN)
        continue;
    EXPECT(err, SYS_ERR_OK);
    CU_ASSERT_PTR_NULL(mdb_find_marked(&world.caps.mdb, &frame->cap, true));
    EXPECT(caps_set_remote(&world.caps, endpoint, true), SYS_ERR_CAP_TYPE);
    EXPECT(caps_set_remote(&world.caps, &world.slots[20], true), SYS_ERR_CAP_NOT_FOUND);
}

TEST_SUITE("ops") = {
    {"copy", test_copy},
    {"mint takes away", test_mint},
    {"move", test_move},
    {"identify", test_identify},
    {"mark as known to other cores", test_set_remote},
};
