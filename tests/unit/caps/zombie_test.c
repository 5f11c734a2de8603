// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Containers: all that is inside goes, however they hold each other, in bounded steps, driven or
// not; and chaos: deletions begun, left and mixed with other operations, after which no byte may be
// missing.
#include "world.h"

static struct cte *ram;

static void set_up(void)
{
    world_reset();
    ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, WORLD_BYTES);
}

static bool only_ram_left(void)
{
    return world.caps.mdb.count == 1 && world.caps.zombies == NULL && caps_valid(&world.caps);
}

/// The ordinary domain: a root that holds a CNode that holds the root and the dispatcher, whose
/// own slots hold the root again.
static struct cte *make_domain(void)
{
    struct cte *root = retype_one(&world.slots[1], ram, 0, ObjType_L1CNode, 0x4000);
    struct cte *task = retype_one(slot_in(root, 0), ram, 0x4000, ObjType_L2CNode, 0);
    struct cte *dispatcher = retype_one(&world.slots[2], ram, 0x8000, ObjType_Dispatcher, 0);
    struct cte *pml4 = retype_one(slot_in(task, 4), ram, 0xa000, ObjType_VNode_x86_64_pml4, 0);
    struct cte *frame = retype_one(slot_in(task, 3), ram, 0xc000, ObjType_Frame, 0x4000);
    copy(slot_in(task, 1), root);
    copy(slot_in(task, 2), dispatcher);
    struct dispatcher_slots *slots = caps_dispatcher_slots(&world.caps, dispatcher->cap.base);
    copy(&slots->cspace, root);
    copy(&slots->vspace, pml4);
    copy(&slots->frame, frame);
    EXPECT(caps_endpoint_create(&world.caps, dispatcher, 0x1000, 8, false, TO(slot_in(task, 6))),
           SYS_ERR_OK);
    copy(&world.slots[3], slot_in(task, 6)); // another domain holds one
    copy(&slots->death, slot_in(task, 6));
    return dispatcher;
}

static void test_domain(void)
{
    set_up();
    struct cte *dispatcher = make_domain(), *root = &world.slots[1];
    EXPECT(revoke_all(dispatcher), SYS_ERR_OK);
    CU_ASSERT(cte_empty(&world.slots[3]));
    EXPECT(delete_all(dispatcher), SYS_ERR_OK);
    CU_ASSERT(world.dispatcher_stops == 1 && world.stopped == WORLD_BASE + 0x8000);
    EXPECT(revoke_all(root), SYS_ERR_OK);
    EXPECT(delete_all(root), SYS_ERR_OK);
    CU_ASSERT(only_ram_left() && world.vspace_stops == 1);
    // The other way round.
    dispatcher = make_domain();
    EXPECT(revoke_all(root), SYS_ERR_OK);
    EXPECT(delete_all(root), SYS_ERR_OK);
    CU_ASSERT(!cte_empty(dispatcher));
    EXPECT(revoke_all(dispatcher), SYS_ERR_OK);
    EXPECT(delete_all(dispatcher), SYS_ERR_OK);
    CU_ASSERT(only_ram_left() && world.dispatcher_stops == 2);
    // By its memory; nothing else finds a CNode that its owner hid in itself.
    make_domain();
    struct cte *task = slot_in(root, 0);
    copy(slot_in(task, 9), task);
    EXPECT(revoke_all(ram), SYS_ERR_OK);
    CU_ASSERT(only_ram_left() && world.dispatcher_stops == 3);
}

/// Two CNodes that hold each other's only capability: nothing outside can begin but their memory.
static void test_cycle_of_two(void)
{
    for (unsigned slot = 0; slot < 256; slot += 85) {
        set_up();
        struct cte *a = retype_one(&world.slots[1], ram, 0, ObjType_L2CNode, 0);
        struct cte *b = retype_one(&world.slots[2], ram, 0x4000, ObjType_L2CNode, 0);
        struct cte *in_a = slot_in(a, slot), *in_b = slot_in(b, 255 - slot);
        EXPECT(caps_move(&world.caps, TO(in_a), b), SYS_ERR_OK);
        EXPECT(caps_move(&world.caps, TO(in_b), a), SYS_ERR_OK);
        EXPECT(slot % 2 == 0 ? revoke_all(ram) : delete_all(in_a), SYS_ERR_OK);
        CU_ASSERT(only_ram_left());
    }
}

static void test_cycle_of_many(void)
{
    set_up();
    enum { CNODES = 50 };
    struct cte *cnode[CNODES];
    for (unsigned i = 0; i < CNODES; i++)
        cnode[i] = retype_one(&world.slots[1 + i], ram, i * 0x4000, ObjType_L2CNode, 0);
    for (unsigned i = 0; i < CNODES; i++) {
        struct cte *next = cnode[(i * 7 + 1) % CNODES]; // 7 and 50 share no factor: a permutation
        EXPECT(caps_move(&world.caps, TO(slot_in(cnode[i], i)), next), SYS_ERR_OK);
        cnode[(i * 7 + 1) % CNODES] = slot_in(cnode[i], i);
    }
    EXPECT(revoke_all(ram), SYS_ERR_OK);
    CU_ASSERT(only_ram_left());
}

static void test_holds_itself(void)
{
    set_up();
    struct cte *a = retype_one(&world.slots[1], ram, 0, ObjType_L2CNode, 0);
    struct cte *inside = slot_in(a, 17);
    EXPECT(caps_move(&world.caps, TO(inside), a), SYS_ERR_OK);
    retype_one(slot_in(inside, 200), ram, 0x100000, ObjType_Frame, 0x1000);
    EXPECT(delete_all(inside), SYS_ERR_OK);
    CU_ASSERT(only_ram_left());
}

static void test_begun_twice(void)
{
    set_up();
    struct cte *outer = retype_one(&world.slots[1], ram, 0, ObjType_L2CNode, 0);
    struct cte *big = retype_one(slot_in(outer, 3), ram, 0x40000, ObjType_L1CNode, 0x40000);
    copy(slot_in(outer, 200), ram);
    EXPECT(caps_delete(&world.caps, big), SYS_ERR_AGAIN); // and left there
    EXPECT(delete_all(outer), SYS_ERR_OK);
    CU_ASSERT(only_ram_left());
}

/// Z3: the zombie inside must be finished before the memory that its capability lies in.
static void test_holds_itself_and_a_zombie(void)
{
    set_up();
    struct cte *a = retype_one(&world.slots[1], ram, 0, ObjType_L2CNode, 0);
    struct cte *inside = slot_in(a, 17);
    struct cte *big = retype_one(slot_in(a, 100), ram, 0x40000, ObjType_L1CNode, 0x40000);
    struct cte *last = slot_in(slot_in(a, 100), 4000);
    EXPECT(caps_move(&world.caps, TO(inside), a), SYS_ERR_OK);
    retype_one(last, ram, 0x100000, ObjType_L2CNode, 0);
    EXPECT(delete_all(ram), SYS_ERR_OK); // so what is finished is returned, and overwritten
    EXPECT(caps_delete(&world.caps, big), SYS_ERR_AGAIN);
    EXPECT(delete_all(inside), SYS_ERR_OK);
    CU_ASSERT(world.caps.mdb.count == 0 && world.caps.zombies == NULL);
    CU_ASSERT(world_returned_only(WORLD_BASE, WORLD_BYTES));
}

static void test_nested_deeply(void)
{
    set_up();
    struct cte *slot = &world.slots[1];
    for (unsigned i = 0; i < 400; i++)
        slot = slot_in(retype_one(slot, ram, i * 0x4000, ObjType_L2CNode, 0), i % 256);
    unsigned steps = 0;
    uint64_t before = world.caps.mdb.count;
    while (caps_delete(&world.caps, &world.slots[1]) == SYS_ERR_AGAIN) {
        CU_ASSERT(before - world.caps.mdb.count <= CAPS_STEP_BUDGET / CAPS_COST_DELETE + 1);
        before = world.caps.mdb.count;
        CU_ASSERT_FATAL(++steps < 2000);
    }
    CU_ASSERT(only_ram_left());
}

/// The largest L1CNode has a slot more than a zombie can count.
static void test_largest(void)
{
    for (unsigned last = 0; last < 2; last++) {
        set_up();
        gensize_t bytes = L1_CNODE_SLOTS_MAX * (gensize_t)OBJSIZE_CTE;
        struct cte *root = retype_one(&world.slots[1], ram, 0, ObjType_L1CNode, bytes);
        if (last > 0)
            retype_one(slot_in(root, L1_CNODE_SLOTS_MAX - 1), ram, bytes, ObjType_L2CNode, 0);
        EXPECT(delete_all(root), SYS_ERR_OK);
        CU_ASSERT(only_ram_left());
    }
}

static void test_undriven(void)
{
    set_up();
    struct cte *big = retype_one(&world.slots[1], ram, 0x40000, ObjType_L1CNode, 0x40000);
    EXPECT(caps_delete(&world.caps, big), SYS_ERR_AGAIN);
    unsigned steps = 0;
    while (caps_step(&world.caps))
        steps++;
    CU_ASSERT(only_ram_left() && cte_empty(big) && steps >= 4096 / CAPS_STEP_BUDGET - 2);
}

/// A CNode that cannot go because the monitor has no room does not keep others from going.
static void test_blocked(void)
{
    set_up();
    struct cte *a = retype_one(&world.slots[1], ram, 0, ObjType_L2CNode, 0);
    struct cte *b = retype_one(&world.slots[2], ram, 0x40000, ObjType_L1CNode, 0x40000);
    struct cte *known = retype_one(slot_in(a, 5), ram, 0x4000, ObjType_Frame, 0x1000);
    EXPECT(caps_set_remote(&world.caps, known, true), SYS_ERR_OK);
    world.remote_refused = true;
    EXPECT(caps_delete(&world.caps, b), SYS_ERR_AGAIN);
    EXPECT(caps_delete(&world.caps, a), SYS_ERR_AGAIN); // now the first zombie
    for (unsigned i = 0; i < 100 && !cte_empty(b); i++)
        CU_ASSERT(caps_delete(&world.caps, b) <= SYS_ERR_AGAIN);
    CU_ASSERT(cte_empty(b));
    CU_ASSERT(!cte_empty(a) && caps_valid(&world.caps));
    CU_ASSERT_FALSE(caps_step(&world.caps)); // not worth trying again at once
    world.remote_refused = false;
    world.remote_slot = &world.slots[9];
    step_all();
    CU_ASSERT(cte_empty(a) && world.slots[9].cap.type == ObjType_Frame);
}

/// Z7: the outer CNode follows what is inside of it, which is blocked and passed over. Then the
/// outer one is the first, and no longer follows: what is begun next is put before it.
static void test_blocked_inside(void)
{
    set_up();
    struct cte *outer = retype_one(&world.slots[1], ram, 0, ObjType_L2CNode, 0);
    struct cte *big = retype_one(slot_in(outer, 3), ram, 0x40000, ObjType_L1CNode, 0x40000);
    struct cte *inner = retype_one(slot_in(big, 5), ram, 0x4000, ObjType_L2CNode, 0);
    struct cte *known = retype_one(slot_in(inner, 7), ram, 0x80000, ObjType_Frame, 0x1000);
    struct cte *other = retype_one(&world.slots[2], ram, 0x100000, ObjType_L1CNode, 0x40000);
    EXPECT(caps_set_remote(&world.caps, known, true), SYS_ERR_OK);
    world.remote_refused = true;
    for (unsigned i = 0; i < 100; i++)
        CU_ASSERT(caps_delete(&world.caps, &world.slots[1]) == SYS_ERR_AGAIN);
    for (unsigned i = 0; i < 10; i++) {
        caps_step(&world.caps);
        CU_ASSERT_TRUE(caps_valid(&world.caps));
    }
    EXPECT(delete_all(other), SYS_ERR_OK);
    CU_ASSERT_TRUE(caps_valid(&world.caps));
    world.remote_refused = false;
    world.remote_slot = &world.slots[9];
    step_all();
    CU_ASSERT(cte_empty(&world.slots[1]) && world.slots[9].cap.type == ObjType_Frame);
    CU_ASSERT(world.caps.zombies == NULL && caps_valid(&world.caps));
}

#define CHAOS_SLOTS 200u

static struct test_random rng;

static struct cte *chaos_slot(void)
{
    struct cte *slot = &world.slots[test_random_below(&rng, CHAOS_SLOTS)];
    uint64_t depth = test_random_below(&rng, 3);
    while (depth-- > 0 && (cte_is(slot, ObjType_L2CNode) || cte_is(slot, ObjType_L1CNode)))
        slot = slot_in(slot, (uint32_t)test_random_below(&rng, 16));
    return slot;
}

/// Every operation may fail or be left half done. The hooks check that nothing is returned twice or
/// too early.
static void chaos_operation(void)
{
    static const uint8_t types[] = {ObjType_RAM,     ObjType_Frame,      ObjType_L2CNode,
                                    ObjType_L2CNode, ObjType_Dispatcher, ObjType_L1CNode};
    struct cte *src = chaos_slot();
    struct caps_dest dest = {chaos_slot(), 1, false};
    uint8_t type = types[test_random_below(&rng, sizeof types)];
    gensize_t size = cap_type(type)->min << (type <= ObjType_L1CNode || type == ObjType_Frame
                                                 ? test_random_below(&rng, 6)
                                                 : 0);
    uint32_t done;
    errval_t err = SYS_ERR_OK;
    switch (test_random_below(&rng, 9)) {
    case 0:
        err = caps_copy(&world.caps, &dest, src);
        break;
    case 1:
        err = caps_move(&world.caps, &dest, src);
        break;
    case 2:
        err = caps_delete(&world.caps, src);
        break;
    case 3:
        err = test_random_below(&rng, 8) == 0 ? caps_revoke(&world.caps, src) : err;
        break;
    case 4:
        caps_step(&world.caps);
        world.ram_refused = test_random_below(&rng, 2) == 0;
        break;
    default:
        if (cte_empty(src) || src->cap.bytes < size)
            break;
        uint64_t pages = (src->cap.bytes - size) / BASE_PAGE_SIZE + 1;
        err = caps_retype(&world.caps, src, test_random_below(&rng, pages) * BASE_PAGE_SIZE, type,
                          size, 1, &dest, &done);
        break;
    }
    CU_ASSERT(err < ERR_CODES_COUNT);
}

static void check_covered(struct cte *cte, void *arg)
{
    bool *covered = arg;
    genpaddr_t end = cap_end(&cte->cap);
    for (genpaddr_t page = cte->cap.base; page < end; page += BASE_PAGE_SIZE)
        covered[(page - WORLD_BASE) / BASE_PAGE_SIZE] = true;
}

static void check_every_page(void)
{
    static bool covered[WORLD_PAGES];
    for (unsigned i = 0; i < WORLD_PAGES; i++)
        covered[i] = false;
    world_visit(check_covered, covered);
    for (unsigned i = 0; i < WORLD_PAGES; i++)
        CU_ASSERT_FATAL(covered[i] != world.returned[i]);
    CU_ASSERT_FATAL(caps_valid(&world.caps));
}

static void test_chaos(void)
{
    test_random_init(&rng, 11);
    for (unsigned episode = 0; episode < 60; episode++) {
        set_up();
        copy(&world.slots[1], ram);
        for (unsigned i = 0; i < 1500; i++) {
            chaos_operation();
            if (i % 50 == 0)
                check_every_page();
        }
        for (unsigned i = 0; i < CHAOS_SLOTS; i++)
            if (!cte_empty(&world.slots[i]))
                delete_all(&world.slots[i]);
        check_every_page();
    }
}

/// After as much chaos, but without a return, one reclaim finds everything.
static void test_chaos_reclaimed(void)
{
    test_random_init(&rng, 12);
    for (unsigned episode = 0; episode < 20; episode++) {
        set_up();
        struct cte *kept = copy(&world.slots[CHAOS_SLOTS], ram);
        for (unsigned i = 0; i < 1500; i++)
            chaos_operation();
        struct cte *cover = &world.slots[CHAOS_SLOTS + 1];
        genpaddr_t from = 0;
        errval_t err;
        do {
            err = caps_reclaim(&world.caps, TO(cover), WORLD_BASE, WORLD_BYTES, &from);
        } while (err == SYS_ERR_AGAIN);
        EXPECT(err, SYS_ERR_OK);
        CU_ASSERT(only_ram_left() && cte_empty(kept) && world.returns == 0);
    }
}

TEST_SUITE("zombie") = {
    {"a domain", test_domain},
    {"two that hold each other", test_cycle_of_two},
    {"fifty that hold each other", test_cycle_of_many},
    {"one that holds itself", test_holds_itself},
    {"begun twice", test_begun_twice},
    {"one that holds itself and a zombie", test_holds_itself_and_a_zombie},
    {"nested deeply", test_nested_deeply},
    {"the largest", test_largest},
    {"nobody drives", test_undriven},
    {"blocked by the monitor", test_blocked},
    {"blocked, and what it lies in", test_blocked_inside},
    {"chaos", test_chaos},
    {"chaos, reclaimed", test_chaos_reclaimed},
};
