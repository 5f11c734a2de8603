// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Holds (caps/hold.c): an adversary tries between every two steps to make more of what is being
// taken away, in every way that there is; and what holds leave to others, how they end, and that
// nobody's deletion is paid for by another.
#include "kpi/vspace.h"
#include "slot.h"
#include "world.h"

#define COPIES 60u
#define STEP_DELETIONS (CAPS_STEP_BUDGET / CAPS_COST_DELETE)
#define LOOT (&world.slots[300]) ///< where the adversary puts what it gets

static struct cte *const ram = &world.slots[0], *const frame = &world.slots[1],
                         *const dispatcher = &world.slots[2], *const own = &world.slots[3],
                         *const base = &world.slots[4];
static unsigned looted;

static void set_up(void)
{
    world_reset();
    looted = 0;
    make_server(4 << 20);
}

static void steal(struct cte *cte, void *arg)
{
    struct cte **some = arg;
    bool usable = (cte->cap.flags & CAPFLAGS_BUSY) == 0 && cte < LOOT + 100;
    if (usable && (some[0] == NULL || cte->cap.base % 3 == 0))
        some[0] = cte;
    if (usable && cte->cap.type == ObjType_EndPointLMP)
        some[1] = cte;
    if (usable && cte->cap.type == ObjType_Mapping)
        some[2] = cte;
}

/// Copies some capability, some endpoint and some Mapping, whatever is there, into the loot.
static void adversary(struct cte *table)
{
    struct cte *some[3] = {NULL, NULL, NULL};
    world_visit(steal, some);
    for (unsigned i = 0; i < 2; i++)
        looted += some[i] != NULL &&
                  err_is_ok(caps_mint(&world.caps, TO(LOOT + looted), some[i], CAPRIGHTS_ALL, 0));
    looted += some[2] != NULL && table != NULL &&
              err_is_ok(caps_vnode_copy(&world.caps, table, 100 + looted, 1, some[2], 0,
                                        VREGION_FLAGS_READ, TO(LOOT + looted)));
}

/// Drives a call with the adversary after each step. Returns the number of steps.
static unsigned drive(errval_t (*call)(struct caps *, struct cte *), struct cte *cte,
                      struct cte *table, errval_t expected)
{
    unsigned steps = 1;
    errval_t err;
    while ((err = call(&world.caps, cte)) == SYS_ERR_AGAIN && steps < 1000) {
        adversary(table);
        CU_ASSERT(caps_valid(&world.caps));
        steps++;
    }
    EXPECT(err, expected);
    return steps;
}

static void test_endpoint(void)
{
    set_up();
    struct cte *seven = &world.slots[5];
    EXPECT(caps_mint(&world.caps, TO(seven), own, CAPRIGHTS_ALL, 7), SYS_ERR_OK);
    for (unsigned i = 0; i < COPIES; i++)
        copy(&world.slots[10 + i], seven);
    EXPECT(caps_revoke(&world.caps, seven), SYS_ERR_AGAIN);
    struct cte *to = &world.slots[200];
    EXPECT(caps_copy(&world.caps, TO(to), &world.slots[10 + COPIES - 1]), SYS_ERR_CAP_BUSY);
    EXPECT(caps_copy(&world.caps, TO(to), seven), SYS_ERR_CAP_BUSY);
    EXPECT(caps_mint(&world.caps, TO(to), base, CAPRIGHTS_ALL, 7), SYS_ERR_CAP_BUSY);
    EXPECT(caps_mint(&world.caps, TO(to), base, CAPRIGHTS_ALL, 8), SYS_ERR_OK);
    EXPECT(caps_copy(&world.caps, TO(&world.slots[201]), base), SYS_ERR_OK);
    EXPECT(drive(caps_revoke, seven, NULL, SYS_ERR_OK), COPIES / STEP_DELETIONS);
    EXPECT(caps_copy(&world.caps, TO(&world.slots[202]), seven), SYS_ERR_OK);
    // All of it: nothing of any badge, nor from the dispatcher.
    for (unsigned i = 0; i < COPIES; i++)
        copy(&world.slots[10 + i], i % 2 == 0 ? to : base);
    EXPECT(caps_revoke(&world.caps, own), SYS_ERR_AGAIN);
    to = &world.slots[210];
    EXPECT(caps_mint(&world.caps, TO(to), own, CAPRIGHTS_ALL, 9), SYS_ERR_CAP_BUSY);
    EXPECT(caps_endpoint_create(&world.caps, dispatcher, 0x400, 4, false, TO(to)),
           SYS_ERR_CAP_BUSY);
    EXPECT(caps_endpoint_create(&world.caps, dispatcher, 0x800, 4, false, TO(to)), SYS_ERR_OK);
    drive(caps_revoke, own, NULL, SYS_ERR_OK);
    CU_ASSERT_EQUAL(mdb_find_copy(&world.caps.mdb, &own->cap, own), NULL);
    CU_ASSERT_EQUAL(world.caps.holds, 0);
}

/// What is made of a dispatcher: its endpoints, while it is revoked, and while it is deleted.
static void test_dispatcher(void)
{
    for (unsigned revoke = 0; revoke < 2; revoke++) {
        set_up();
        for (unsigned i = 0; i < COPIES; i++)
            copy(&world.slots[10 + i], base);
        unsigned steps = drive(revoke ? caps_revoke : caps_delete, dispatcher, NULL, SYS_ERR_OK);
        CU_ASSERT(steps <= (COPIES + 2) / STEP_DELETIONS + 2);
        for (unsigned i = 0; i < looted; i++)
            CU_ASSERT_NOT_EQUAL(LOOT[i].cap.type, ObjType_EndPointLMP);
        CU_ASSERT(cte_empty(base) && cte_empty(dispatcher) == (revoke == 0));
    }
}

/// A tree of memory: copies, pieces, tables, and what another core sends.
static void test_memory(void)
{
    set_up();
    struct cte *part = retype_one(&world.slots[5], ram, 0x100000, ObjType_RAM, 0x100000);
    struct cte *inner = retype_one(&world.slots[6], part, 0, ObjType_RAM, 0x80000);
    struct cte *table = retype_one(&world.slots[7], inner, 0, ObjType_VNode_x86_64_ptable, 0);
    struct cte *big = retype_one(&world.slots[8], inner, 0x10000, ObjType_Frame, 0x10000);
    for (unsigned i = 0; i < COPIES; i++)
        copy(&world.slots[10 + i], i % 2 == 0 ? inner : part);
    uint64_t before = world.caps.mdb.count;
    EXPECT(caps_revoke(&world.caps, part), SYS_ERR_AGAIN);
    struct cte *to = &world.slots[200];
    uint32_t done;
    EXPECT(caps_copy(&world.caps, TO(to), inner), SYS_ERR_CAP_BUSY);
    EXPECT(caps_retype(&world.caps, inner, 0x40000, ObjType_Frame, 0x1000, 1, TO(to), &done),
           SYS_ERR_CAP_BUSY);
    EXPECT(caps_retype(&world.caps, part, 0x80000, ObjType_Frame, 0x1000, 1, TO(to), &done),
           SYS_ERR_CAP_BUSY);
    EXPECT(caps_vnode_map(&world.caps, table, 0, 1, big, 0, VREGION_FLAGS_READ, TO(to)),
           SYS_ERR_CAP_BUSY);
    struct capability sent = {.base = WORLD_BASE + 0x140000,
                              .bytes = 0x1000,
                              .type = ObjType_Frame,
                              .rights = CAPRIGHTS_ALL,
                              .owner = WORLD_CORE};
    EXPECT(caps_create_foreign(&world.caps, TO(to), &sent), SYS_ERR_CAP_BUSY);
    // What is not part of it is as ever.
    EXPECT(caps_copy(&world.caps, TO(to), ram), SYS_ERR_OK);
    EXPECT(caps_vnode_map(&world.caps, table, 0, 1, frame, 0, VREGION_FLAGS_READ,
                          TO(&world.slots[201])),
           SYS_ERR_OK);
    unsigned steps = drive(caps_revoke, part, NULL, SYS_ERR_OK);
    CU_ASSERT(steps <= before / STEP_DELETIONS + 2);
    CU_ASSERT_EQUAL(mdb_find_descendant(&world.caps.mdb, &part->cap), NULL);
    CU_ASSERT(world.caps.holds == 0 && caps_valid(&world.caps));
}

/// The last copy of what is mapped in many places, while its Mappings are copied.
static void test_mappings(void)
{
    for (unsigned lower = 0; lower < 2; lower++) {
        set_up();
        enum objtype upper = lower ? ObjType_VNode_x86_64_pdir : ObjType_VNode_x86_64_ptable;
        struct cte *table = retype_one(&world.slots[5], ram, 0x10000, upper, 0);
        struct cte *mapped =
            lower ? retype_one(&world.slots[6], ram, 0x14000, ObjType_VNode_x86_64_ptable, 0)
                  : retype_one(&world.slots[6], ram, 0x14000, ObjType_Frame, 0x1000);
        for (unsigned i = 0; i < COPIES; i++)
            EXPECT(caps_vnode_map(&world.caps, table, i, 1, mapped, 0, VREGION_FLAGS_READ,
                                  TO(&world.slots[10 + i])),
                   SYS_ERR_OK);
        unsigned steps = drive(caps_delete, mapped, table, SYS_ERR_OK);
        CU_ASSERT(steps <= COPIES / (STEP_DELETIONS / 2) + 3);
        CU_ASSERT_EQUAL(((struct vnode *)caps_ptr(&world.caps, table->cap.base))->entry[100], 0);
        CU_ASSERT_EQUAL(world.caps.holds, 0);
    }
}

static void test_set_remote(void)
{
    set_up();
    for (unsigned i = 0; i < COPIES; i++)
        copy(&world.slots[10 + i], frame);
    unsigned steps = 1;
    errval_t err;
    while ((err = caps_set_remote(&world.caps, frame, true)) == SYS_ERR_AGAIN) {
        for (unsigned i = 0; i < COPIES; i++)
            EXPECT(caps_copy(&world.caps, TO(&world.slots[200]), &world.slots[10 + i]),
                   SYS_ERR_CAP_BUSY);
        steps++;
    }
    EXPECT(err, SYS_ERR_OK);
    CU_ASSERT(steps <= COPIES / STEP_DELETIONS + 2 && world.caps.holds == 0);
    EXPECT(caps_copy(&world.caps, TO(&world.slots[200]), &world.slots[10]), SYS_ERR_OK);
}

/// A revocation that is never repeated: what it leaves to others, and each way in which it ends.
static void test_abandoned(void)
{
    for (unsigned way = 0; way < 5; way++) {
        set_up();
        struct cte *other = &world.slots[250], *to = &world.slots[200];
        for (unsigned i = 0; i < COPIES; i++)
            copy(&world.slots[10 + i], frame);
        copy(other, frame);
        EXPECT(caps_revoke(&world.caps, frame), SYS_ERR_AGAIN);
        struct capability info;
        EXPECT(caps_identify(&world.slots[10 + COPIES - 1], &info), SYS_ERR_OK);
        EXPECT(caps_move(&world.caps, TO(to), &world.slots[10 + COPIES - 1]), SYS_ERR_OK);
        EXPECT(caps_copy(&world.caps, TO(&world.slots[201]), to), SYS_ERR_CAP_BUSY);
        EXPECT(caps_delete(&world.caps, to), SYS_ERR_OK);
        switch (way) {
        case 0: // its slot is emptied
            EXPECT(caps_delete(&world.caps, frame), SYS_ERR_OK);
            break;
        case 1: // it is moved
            EXPECT(caps_move(&world.caps, TO(&world.slots[202]), frame), SYS_ERR_OK);
            break;
        case 2: // another revocation of the same object is faster
            EXPECT(drive(caps_revoke, other, NULL, SYS_ERR_OK), COPIES / STEP_DELETIONS);
            CU_ASSERT(cte_empty(frame));
            break;
        case 3: // one of an ancestor
            drive(caps_revoke, ram, NULL, SYS_ERR_OK);
            CU_ASSERT(cte_empty(frame) && cte_empty(other));
            break;
        case 4: // it is found that other cores may know the object
            while (caps_set_remote(&world.caps, other, true) == SYS_ERR_AGAIN)
                continue;
            EXPECT(caps_revoke(&world.caps, frame), SYS_ERR_REMOTE);
            break;
        }
        CU_ASSERT(world.caps.holds == 0 && caps_valid(&world.caps));
        if (!cte_empty(other))
            EXPECT(caps_copy(&world.caps, TO(&world.slots[203]), other), SYS_ERR_OK);
    }
}

/// The revocation of a descendant goes on while one of its ancestor has been begun.
static void test_two_at_once(void)
{
    set_up();
    struct cte *part = retype_one(&world.slots[5], ram, 0x100000, ObjType_RAM, 0x100000);
    for (unsigned i = 0; i < COPIES; i++)
        retype_one(&world.slots[10 + i], part, i * 0x1000, ObjType_Frame, 0x1000);
    EXPECT(caps_revoke(&world.caps, ram), SYS_ERR_AGAIN);
    EXPECT(caps_revoke(&world.caps, part), SYS_ERR_AGAIN);
    CU_ASSERT_EQUAL(world.caps.holds, 2);
    drive(caps_revoke, ram, NULL, SYS_ERR_OK);
    EXPECT(caps_revoke(&world.caps, part), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_EQUAL(world.caps.holds, 0);
    set_up();
    part = retype_one(&world.slots[5], ram, 0x100000, ObjType_RAM, 0x100000);
    for (unsigned i = 0; i < COPIES; i++)
        copy(&world.slots[10 + i], own);
    EXPECT(caps_revoke(&world.caps, dispatcher), SYS_ERR_AGAIN);
    EXPECT(caps_revoke(&world.caps, own), SYS_ERR_AGAIN);
    CU_ASSERT_EQUAL(world.caps.holds, 2);
    drive(caps_revoke, own, NULL, SYS_ERR_OK);
    EXPECT(caps_copy(&world.caps, TO(&world.slots[200]), own), SYS_ERR_CAP_BUSY);
    drive(caps_revoke, dispatcher, NULL, SYS_ERR_OK);
    CU_ASSERT(cte_empty(own) && world.caps.holds == 0);
}

/// Deletions that others have begun and left cost one's own nothing, and it leaves none behind.
static void test_others_do_not_pay(void)
{
    set_up();
    unsigned steps[2];
    for (unsigned others = 0; others < 2; others++) {
        for (unsigned i = 0; others > 0 && i < 20; i++) {
            struct cte *left =
                retype_one(&world.slots[10 + i], ram, 0x200000 + i * 0x4000, ObjType_L2CNode, 0);
            for (unsigned j = 0; j < L2_CNODE_SLOTS; j++)
                copy(slot_in(left, j), frame);
            EXPECT(caps_delete(&world.caps, left), SYS_ERR_AGAIN);
        }
        // Each is in the one before, and holds more behind it.
        struct cte *slot = &world.slots[5];
        for (unsigned i = 0; i < 30; i++) {
            slot = retype_one(slot, ram, 0x100000 + i * 0x4000, ObjType_L2CNode, 0);
            copy(slot_in(slot, 200), frame);
            slot = slot_in(slot, i);
        }
        uint64_t left = world.caps.mdb.count - 60;
        steps[others] = drive(caps_delete, &world.slots[5], NULL, SYS_ERR_OK);
        CU_ASSERT(cte_empty(&world.slots[5]) && world.caps.mdb.count == left + looted);
        looted = 0;
        for (unsigned i = 0; i < 200; i++)
            (void)!caps_delete(&world.caps, LOOT + i);
    }
    CU_ASSERT_EQUAL(steps[0], steps[1]);
    CU_ASSERT(caps_valid(&world.caps) && world.caps.zombies != NULL);
    step_all();
    CU_ASSERT_EQUAL(world.caps.zombies, NULL);
}

/// Deeper than the search goes, nothing is made while anything is held.
static void test_deep(void)
{
    set_up();
    struct cte *deep = &world.slots[100];
    retype_one(deep, ram, 0x100000, ObjType_RAM, 0x20000);
    for (unsigned i = 1; i < 18; i++)
        deep = retype_one(deep + 1, deep, 0, ObjType_RAM, 0x20000 - i * 0x1000);
    EXPECT(caps_copy(&world.caps, TO(&world.slots[200]), deep), SYS_ERR_OK);
    for (unsigned i = 0; i < COPIES; i++)
        copy(&world.slots[10 + i], base);
    EXPECT(caps_revoke(&world.caps, base), SYS_ERR_AGAIN);
    EXPECT(caps_copy(&world.caps, TO(&world.slots[201]), deep), SYS_ERR_CAP_BUSY);
    EXPECT(caps_copy(&world.caps, TO(&world.slots[201]), deep - 5), SYS_ERR_OK);
    drive(caps_revoke, base, NULL, SYS_ERR_OK);
    EXPECT(caps_copy(&world.caps, TO(&world.slots[202]), deep), SYS_ERR_OK);
}

static void test_checker(void)
{
    set_up();
    world.caps.holds++;
    CU_ASSERT_FALSE(caps_valid(&world.caps)); // H6
    world.caps.holds--;
    slot_set_flag(&world.caps, frame, CAPFLAG_HELD, true);
    CU_ASSERT(caps_valid(&world.caps) && world.caps.holds == 1);
    frame->cap.flags = 0;
    CU_ASSERT_FALSE(caps_valid(&world.caps));
    frame->cap.flags = CAPFLAG_HELD;
}

TEST_SUITE("holds") = {
    {"an endpoint, by badge and wholly", test_endpoint},
    {"a dispatcher's endpoints", test_dispatcher},
    {"a tree of memory", test_memory},
    {"the mappings of a last copy", test_mappings},
    {"marking for other cores", test_set_remote},
    {"a revocation that is left", test_abandoned},
    {"two at once", test_two_at_once},
    {"nobody pays for others' deletions", test_others_do_not_pay},
    {"deeper than the search", test_deep},
    {"the checker counts", test_checker},
};
