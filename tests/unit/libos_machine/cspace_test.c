// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Slots of the own capability space: how they are handed out, how the space grows and shrinks, and
// what holds when it cannot.
#include "machine.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "cspace/mm.h"
#include "cspace/slot_root.h"

#include <string.h>

#define RESERVE 64u  ///< slots that are kept back
#define KEPT 1024u   ///< free slots that stay
#define L1_FREE 249u ///< L1 slots after those that the spawner filled
#define SLOTS_MAX 70000u

static struct capref taken[SLOTS_MAX];

static capaddr_t addr_of(cslot_t root, cslot_t slot)
{
    return root * L2_CNODE_SLOTS + slot;
}

static void take(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        CU_ASSERT_EQUAL_FATAL(slot_alloc(&taken[i]), SYS_ERR_OK);
}

static void give(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        CU_ASSERT_EQUAL_FATAL(slot_free(taken[i]), SYS_ERR_OK);
}

static struct capref l1(cslot_t slot)
{
    return (struct capref){cnode_root, slot};
}

static void slots_in_order(void)
{
    CU_ASSERT_EQUAL(slot_free_count(), L2_CNODE_SLOTS);
    CU_ASSERT_PTR_NOT_NULL(get_default_slot_allocator());
    take(0, 3);
    CU_ASSERT_EQUAL(slot_free_count(), L2_CNODE_SLOTS - 3);
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(get_cap_addr(taken[i]), addr_of(ROOTCN_SLOT_ALLOC0, i));
        CU_ASSERT_EQUAL(get_cap_level(taken[i]), CNODE_LEVEL_OTHER);
        CU_ASSERT_TRUE(machine_is_empty(taken[i]));
    }
    CU_ASSERT_EQUAL(slot_free(taken[1]), SYS_ERR_OK);
    take(3, 4);
    CU_ASSERT_TRUE(capcmp(taken[3], taken[1]));
    CU_ASSERT_EQUAL(machine_calls(CAP_CMD_RETYPE), 0);
}

static void root_slots(void)
{
    struct capref slot = NULL_CAP, again;
    for (unsigned i = 0; i < L1_FREE; i++) {
        CU_ASSERT_EQUAL_FATAL(slot_alloc_root(&slot), SYS_ERR_OK);
        CU_ASSERT_TRUE(capcmp(slot, l1(ROOTCN_SLOT_ALLOC0 + 1 + i)));
        if (i + 5 == L1_FREE)
            break; // at four left the L1CNode grows
    }
    CU_ASSERT_EQUAL(machine_count(ObjType_L1CNode), 3);
    CU_ASSERT_EQUAL(slot_free(slot), SYS_ERR_OK);
    CU_ASSERT_EQUAL(slot_alloc_root(&again), SYS_ERR_OK);
    CU_ASSERT_TRUE(capcmp(slot, again));
    CU_ASSERT_EQUAL(slot_free(slot), SYS_ERR_OK);
    CU_ASSERT_EQUAL(slot_free(slot), LIB_ERR_INVALID_ARGS);
}

/// There is no memory for a larger L1CNode: each L1 slot is handed out, then none.
static void root_slots_run_out(void)
{
    struct capref slot, first = NULL_CAP;
    machine_leave_ram(OBJSIZE_L2CNODE); // for an L2CNode there is
    for (unsigned i = 0; i < L1_FREE; i++) {
        CU_ASSERT_EQUAL_FATAL(slot_alloc_root(&slot), SYS_ERR_OK);
        first = i == 0 ? slot : first;
    }
    struct capref none = NULL_CAP;
    CU_ASSERT_EQUAL(slot_alloc_root(&none), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_TRUE(capref_is_null(none));
    CU_ASSERT_EQUAL(slot_reserve(300), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(slot_free(first), SYS_ERR_OK);
    CU_ASSERT_EQUAL(slot_alloc_root(&slot), SYS_ERR_OK);
    CU_ASSERT_TRUE(capcmp(slot, first));
    CU_ASSERT_EQUAL(slot_free(first), SYS_ERR_OK);
    CU_ASSERT_EQUAL(slot_reserve(300), SYS_ERR_OK);
    CU_ASSERT_FALSE(machine_is_empty(first));
}

/// The L1CNode grows until it is as large as one can be; then no L2CNode finds a place either.
static void all_root_slots(void)
{
    struct capref slot;
    errval_t err;
    while (err_is_ok(err = slot_alloc_root(&slot)))
        continue;
    CU_ASSERT_EQUAL(err, LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_EQUAL(slot.slot, L1_CNODE_SLOTS_MAX - 1); // the last one before
    CU_ASSERT_EQUAL(slot_reserve(20000), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    struct capability root;
    CU_ASSERT_TRUE(machine_cap(cap_root, &root));
    CU_ASSERT_EQUAL(root.bytes, L1_CNODE_SLOTS_MAX * OBJSIZE_CTE);
    CU_ASSERT_EQUAL(slot_free(slot), SYS_ERR_OK);
    size_t there = slot_free_count();
    CU_ASSERT_EQUAL(slot_reserve(there + 1 - RESERVE / 2), SYS_ERR_OK); // in the one that is free
    CU_ASSERT_EQUAL(slot_free_count(), there + L2_CNODE_SLOTS);
}

static void wrong_slots(void)
{
    struct capref foreign = {{256, 0, CNODE_LEVEL_OTHER}, 0};
    CU_ASSERT_EQUAL(slot_free(NULL_CAP), LIB_ERR_INVALID_ARGS);
    take(0, 1);
    foreign.cnode = taken[0].cnode;
    foreign.cnode.croot = 256;
    CU_ASSERT_EQUAL(slot_free(foreign), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(slot_free((struct capref){ROOTCN_CNODE(ROOTCN_SLOT_ALLOC0), 1}),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(slot_free(cap_root), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(slot_free(l1(ROOTCN_SLOT_ALLOC0)), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(slot_free(l1(ROOTCN_SLOT_ALLOC0 + 1)), LIB_ERR_INVALID_ARGS);
    give(0, 1);
    CU_ASSERT_EQUAL(slot_free(taken[0]), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(slot_free_count(), L2_CNODE_SLOTS);
}

/// The reserve is filled up by one L2CNode when it is touched, not before.
static void grows_at_reserve(void)
{
    size_t ram = machine_ram_used();
    take(0, L2_CNODE_SLOTS - RESERVE);
    CU_ASSERT_EQUAL(slot_free_count(), RESERVE);
    CU_ASSERT_EQUAL(machine_ram_used(), ram);
    take(L2_CNODE_SLOTS - RESERVE, L2_CNODE_SLOTS - RESERVE + 1);
    // One slot is kept for the next capability that comes.
    CU_ASSERT_EQUAL(slot_free_count(), RESERVE - 1 + L2_CNODE_SLOTS);
    CU_ASSERT_EQUAL(machine_ram_used(), ram + OBJSIZE_L2CNODE);
    struct capability cnode;
    CU_ASSERT_TRUE(machine_cap(l1(ROOTCN_SLOT_ALLOC0 + 1), &cnode));
    CU_ASSERT_EQUAL(cnode.type, ObjType_L2CNode);
    CU_ASSERT_TRUE(machine_is_empty(l1(ROOTCN_SLOT_ALLOC0 + 2)));
    take(200, 460);
    CU_ASSERT_EQUAL(get_cap_addr(taken[459]) / L2_CNODE_SLOTS, ROOTCN_SLOT_ALLOC0 + 1);
}

/// Without memory every slot that is there is handed out, then none; each that comes back can be had
/// again. With memory the allocator grows again, even out of nothing.
static void runs_out(void)
{
    machine_leave_ram(0);
    unsigned n = 0;
    for (; n < SLOTS_MAX && err_is_ok(slot_alloc(&taken[n])); n++)
        for (unsigned i = 0; n < 8 && i < n; i++)
            CU_ASSERT_FALSE(capcmp(taken[i], taken[n]));
    CU_ASSERT_EQUAL(n, L2_CNODE_SLOTS - 1); // one is kept for what comes
    CU_ASSERT_EQUAL(slot_free_count(), 0);
    struct capref none = NULL_CAP;
    CU_ASSERT_EQUAL(slot_alloc(&none), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_TRUE(capref_is_null(none));
    for (unsigned i = 0; i < n; i++) {
        give(i, i + 1);
        CU_ASSERT_EQUAL(slot_free_count(), 1);
        take(n, n + 1);
        CU_ASSERT_TRUE(capcmp(taken[i], taken[n]));
    }
    CU_ASSERT_EQUAL(slot_free(l1(ROOTCN_SLOT_ALLOC0 + 1)), LIB_ERR_INVALID_ARGS);
}

/// Growing fails at each step, and nothing is left of it.
static void growth_fails(void)
{
    mm_enter();
    mm_enter(); // so that nothing else grows
    take(0, L2_CNODE_SLOTS - RESERVE + 1);
    struct machine_state state = machine_state();
    unsigned steps = 0;
    for (bool more = true; more; steps++) {
        machine_fail(MACHINE_MAKES, steps + 1, SYS_ERR_CAP_BUSY);
        slot_refill();
        more = machine_has_failed();
        CU_ASSERT_TRUE(!more || machine_state_is(state));
    }
    CU_ASSERT_EQUAL(steps, 3);
    CU_ASSERT_EQUAL(machine_slots_free(), RESERVE - 1 + L2_CNODE_SLOTS);
    CU_ASSERT_FALSE(machine_is_empty(l1(ROOTCN_SLOT_ALLOC0 + 1)));
    mm_leave();
    mm_leave();
}

static void shrinks(void)
{
    size_t ram = machine_ram_used();
    take(0, 3000);
    unsigned cnodes = machine_count(ObjType_L2CNode);
    CU_ASSERT_EQUAL(machine_ram_used(), ram + (cnodes - ROOTCN_SLOT_ALLOC0 - 1) * OBJSIZE_L2CNODE);
    for (unsigned i = 3000; i-- > 0;) {
        size_t before = slot_free_count();
        give(i, i + 1);
        // Down to those kept, one L2CNode at a time, as soon as one is empty and enough are free.
        if (slot_free_count() < before)
            CU_ASSERT_TRUE(slot_free_count() >= KEPT);
        CU_ASSERT_TRUE(slot_free_count() <= KEPT + 2 * L2_CNODE_SLOTS);
    }
    CU_ASSERT_TRUE(slot_free_count() >= KEPT);
    CU_ASSERT_TRUE(machine_count(ObjType_L2CNode) <= ROOTCN_SLOT_ALLOC0 + 1 + 5);
    CU_ASSERT_FALSE(machine_is_empty(l1(ROOTCN_SLOT_ALLOC0)));
    struct capref again;
    CU_ASSERT_EQUAL(slot_alloc_root(&again), SYS_ERR_OK);
    CU_ASSERT_TRUE(again.slot <= ROOTCN_SLOT_ALLOC0 + 6); // L1 slots come back as well
}

/// The L2CNode that the spawner made stays when it is the empty one.
static void first_cnode_stays(void)
{
    take(0, 2000);
    give(0, L2_CNODE_SLOTS);
    give(1000, 2000);
    CU_ASSERT_FALSE(machine_is_empty(l1(ROOTCN_SLOT_ALLOC0)));
    CU_ASSERT_TRUE(slot_free_count() >= KEPT);
    // Those with one slot in use stay, too.
    for (unsigned i = L2_CNODE_SLOTS; i < 1000; i++) {
        struct capref cnode = l1(get_cap_addr(taken[i]) / L2_CNODE_SLOTS);
        CU_ASSERT_FALSE_FATAL(machine_is_empty(cnode));
    }
}

/// It cannot be deleted: its slots are not handed out again, nor is its place.
static void cnode_is_not_deleted(void)
{
    take(0, 2000);
    machine_fail(CAP_CMD_DELETE, 1, SYS_ERR_RIGHTS);
    unsigned i = 2000;
    for (; i > 0 && !machine_has_failed(); i--)
        give(i - 1, i);
    CU_ASSERT_TRUE_FATAL(machine_has_failed());
    cslot_t root = get_cap_addr(taken[i]) / L2_CNODE_SLOTS;
    CU_ASSERT_FALSE(machine_is_empty(l1(root)));
    CU_ASSERT_EQUAL(slot_free(taken[i]), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(slot_free(l1(root)), SYS_ERR_OK); // it is in use still
}

static void keeps(void)
{
    slot_keep(2000);
    slot_keep(10);                                          // less: no change
    slot_keep((size_t)L1_CNODE_SLOTS_MAX * L2_CNODE_SLOTS); // more than there can be: no change
    take(0, 3000);
    give(0, 3000);
    CU_ASSERT_TRUE(slot_free_count() >= 2000 + RESERVE);
    CU_ASSERT_TRUE(slot_free_count() < 2000 + RESERVE + L2_CNODE_SLOTS);
    slot_keep(2000 - RESERVE); // with the reserve no more than before
    take(0, 3000);
    give(0, 3000);
    CU_ASSERT_TRUE(slot_free_count() >= 2000 + RESERVE);
    slot_keep((size_t)L1_CNODE_SLOTS_MAX * L2_CNODE_SLOTS - 1);
    take(0, 4000);
    size_t most = slot_free_count() + 4000;
    give(0, 4000);
    CU_ASSERT_EQUAL(slot_free_count(), most);
}

static void reserves(void)
{
    CU_ASSERT_EQUAL(slot_reserve(1000), SYS_ERR_OK);
    size_t there = slot_free_count();
    CU_ASSERT_TRUE(there >= 1000 + RESERVE / 2 && there < 1000 + RESERVE / 2 + L2_CNODE_SLOTS);
    unsigned made = machine_calls(CAP_CMD_RETYPE);
    CU_ASSERT_EQUAL(slot_reserve(there - RESERVE / 2), SYS_ERR_OK); // just there
    CU_ASSERT_EQUAL(machine_calls(CAP_CMD_RETYPE), made);
    CU_ASSERT_EQUAL(slot_reserve(there - RESERVE / 2 + 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(machine_calls(CAP_CMD_RETYPE), made + 1);
    machine_leave_ram(0);
    take(0, 1000);
}

/// Inside of an operation nothing grows: what is there, the reserve included, must do.
static void reserves_inside(void)
{
    mm_enter();
    mm_enter();
    CU_ASSERT_EQUAL(slot_reserve(L2_CNODE_SLOTS), SYS_ERR_OK);
    CU_ASSERT_EQUAL(slot_reserve(L2_CNODE_SLOTS + 1), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_EQUAL(machine_calls(CAP_CMD_RETYPE), 0);
    mm_leave();
    mm_leave();
    CU_ASSERT_EQUAL(slot_free_count(), L2_CNODE_SLOTS);
}

/// What was made for nothing is given back, or a domain that asked for too much would have it all.
static void reserve_fails(void)
{
    take(0, 100);
    machine_leave_ram(8 << 20);
    size_t ram = machine_ram_used();
    CU_ASSERT_EQUAL(err_no(slot_reserve(1000000)), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_TRUE(slot_free_count() >= L2_CNODE_SLOTS - 101);
    CU_ASSERT_TRUE(slot_free_count() < 3 * L2_CNODE_SLOTS);
    // The L1CNode may be a larger one, with its map; all L2CNodes but one have gone.
    CU_ASSERT_TRUE(machine_count(ObjType_L2CNode) <= 2 * (ROOTCN_SLOT_ALLOC0 + 1) + 2);
    CU_ASSERT_TRUE(machine_ram_used() < ram + (1 << 20));
    unsigned made = machine_calls(MACHINE_RAM);
    size_t all = (size_t)L1_CNODE_SLOTS_MAX * L2_CNODE_SLOTS;
    CU_ASSERT_EQUAL(slot_reserve(all), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_EQUAL(machine_calls(MACHINE_RAM), made);
    CU_ASSERT_EQUAL(err_no(slot_reserve(all - 1)), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_TRUE(machine_calls(MACHINE_RAM) > made);
    take(100, 300);
}

static unsigned again; ///< deletions that take a step more

static void refuse_again(uint64_t command)
{
    if (command == CAP_CMD_DELETE && again > 0) {
        again--;
        machine_fail(CAP_CMD_DELETE, 1, SYS_ERR_AGAIN);
    }
}

/// Drops a capability and tells how many deletions were tried.
static unsigned drop(unsigned i)
{
    unsigned before = machine_calls(CAP_CMD_DELETE);
    cap_drop(taken[i]);
    return machine_calls(CAP_CMD_DELETE) - before;
}

/// Of those that cannot go at once the ones with large addresses are lost.
static void drops_far_away(void)
{
    for (unsigned i = 0; i < SLOTS_MAX; i++) {
        capaddr_t addr = get_cap_addr(taken[i]);
        if (addr != UINT16_MAX && addr != UINT16_MAX + 1)
            continue;
        CU_ASSERT_EQUAL(cap_copy(taken[i], cap_dispframe), SYS_ERR_OK);
        machine_fail(CAP_CMD_DELETE, 1, SYS_ERR_AGAIN);
        CU_ASSERT_EQUAL(drop(i), 1);
        CU_ASSERT_EQUAL(drop(0), addr == UINT16_MAX ? 2 : 1);
        take(0, 1);
        CU_ASSERT_EQUAL(machine_is_empty(taken[i]), addr == UINT16_MAX);
        if (addr == UINT16_MAX)
            take(i, i + 1);
        else
            machine_delete(taken[i]);
    }
}

/// More slots than the first L1CNode has room for; all addresses keep their meaning.
static void l1_grows(void)
{
    struct capability before, after, root;
    size_t ram = machine_ram_used();
    take(0, 2);
    CU_ASSERT_EQUAL(cap_copy(taken[0], cap_dispframe), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_cap(taken[0], &before) && machine_cap(cap_root, &root));
    CU_ASSERT_EQUAL(root.bytes, L1_CNODE_SLOTS_MIN * OBJSIZE_CTE);
    take(2, SLOTS_MAX);
    CU_ASSERT_TRUE(get_cap_addr(taken[SLOTS_MAX - 1]) >= addr_of(L1_CNODE_SLOTS_MIN, 0));
    CU_ASSERT_EQUAL(cap_copy(taken[SLOTS_MAX - 1], taken[0]), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_cap(taken[0], &after));
    CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof(after)), 0);
    CU_ASSERT_TRUE(machine_cap(cap_root, &root));
    CU_ASSERT_EQUAL(root.bytes, 2 * L1_CNODE_SLOTS_MIN * OBJSIZE_CTE);
    CU_ASSERT_EQUAL(root.rights, CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT);
    CU_ASSERT_EQUAL(machine_count(ObjType_L1CNode), 3); // the spawner's former one, two of the new
    CU_ASSERT_EQUAL(machine.disables, 1);
    CU_ASSERT_FALSE(machine.disabled);
    CU_ASSERT_EQUAL(cap_delete(taken[0]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cap_delete(taken[SLOTS_MAX - 1]), SYS_ERR_OK);
    drops_far_away();
    give(0, SLOTS_MAX);
    CU_ASSERT_TRUE(slot_free_count() < KEPT + 2 * L2_CNODE_SLOTS);
    CU_ASSERT_TRUE(machine_count(ObjType_L2CNode) < 30); // none is held by the former L1CNode
    CU_ASSERT_TRUE(machine_ram_used() < ram + (1 << 20));
}

static errval_t replace(void)
{
    return slot_root_replace(L1_CNODE_SLOTS_MIN, 2 * L1_CNODE_SLOTS_MIN);
}

static void l1_is_replaced(void)
{
    struct capability root;
    take(0, 300);
    machine.disabled = true; // as it was: it stays so
    size_t slots = slot_free_count();
    CU_ASSERT_EQUAL(replace(), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine.disabled && machine.disables == 0);
    CU_ASSERT_EQUAL(slot_free_count(), slots);
    CU_ASSERT_TRUE(machine_cap(cap_root, &root));
    CU_ASSERT_EQUAL(root.bytes, 2 * L1_CNODE_SLOTS_MIN * OBJSIZE_CTE);
    CU_ASSERT_FALSE(machine_is_empty(l1(ROOTCN_SLOT_ALLOC0 + 1)));
    CU_ASSERT_EQUAL(machine_count(ObjType_L1CNode), 3);
    // The former one has the spawner's L2CNodes, the new one all.
    CU_ASSERT_EQUAL(machine_count(ObjType_L2CNode), 2 * (ROOTCN_SLOT_ALLOC0 + 1) + 1);
}

static void l1_is_not_replaced(void)
{
    take(0, 300);
    struct machine_state state = machine_state();
    struct capability root;
    // The copy of the former one, the L1CNode, its memory, each L2CNode, the change itself.
    unsigned n = 0;
    for (bool more = true; more; n++) {
        machine_fail(MACHINE_MAKES, n + 1, SYS_ERR_CAP_BUSY);
        errval_t err = replace();
        more = machine_has_failed() && err_is_fail(err);
        CU_ASSERT_TRUE(!more || machine_cap(cap_root, &root));
        CU_ASSERT_TRUE(!more || err == SYS_ERR_CAP_BUSY);
        CU_ASSERT_TRUE(!more || machine_state_is(state));
        CU_ASSERT_FALSE(machine.disabled);
    }
    CU_ASSERT_TRUE(n > L1_CNODE_SLOTS_MIN);
    // The last: the change was made, and cap_root alone is empty.
    CU_ASSERT_TRUE(machine_has_failed());
    CU_ASSERT_TRUE(machine_is_empty(cap_root));
    CU_ASSERT_EQUAL(slot_free_count(), state.slots);
    CU_ASSERT_EQUAL(machine_count(ObjType_L1CNode), 2);
}

static void l1_finds_no_slots(void)
{
    mm_enter();
    mm_enter(); // so that nothing grows
    take(0, L2_CNODE_SLOTS);
    CU_ASSERT_EQUAL(replace(), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    give(0, 1);
    CU_ASSERT_EQUAL(replace(), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_EQUAL(slot_free_count(), 1);
    give(1, 2);
    CU_ASSERT_EQUAL(replace(), LIB_ERR_SLOT_ALLOC_NO_SPACE); // none to receive memory in
    CU_ASSERT_EQUAL(slot_free_count(), 2);
    give(2, 3);
    CU_ASSERT_EQUAL(replace(), SYS_ERR_OK);
    mm_leave();
    mm_leave();
}

static unsigned there(unsigned from, unsigned to)
{
    unsigned count = 0;
    for (unsigned i = from; i < to; i++)
        count += !machine_is_empty(taken[i]);
    return count;
}

/// One step for each that is dropped and two for those before it, in turn, until all have gone.
static void drops(void)
{
    enum { DROPS = 24, APART = 30 };
    take(0, DROPS * APART);
    for (unsigned i = 0; i < DROPS; i++) { // not all in one word of bits
        taken[i] = taken[i * APART];
        CU_ASSERT_EQUAL(cap_copy(taken[i], cap_dispframe), SYS_ERR_OK);
    }
    size_t slots = slot_free_count();
    machine.before = refuse_again;
    CU_ASSERT_TRUE(drop(0) == 1 && machine_is_empty(taken[0]));
    CU_ASSERT_EQUAL(slot_free_count(), slots + 1);
    again = UINT32_MAX;
    CU_ASSERT_TRUE(drop(20) == 1 && drop(1) == 3); // twice for the first
    for (unsigned i = 2; i < 10; i++)
        CU_ASSERT_EQUAL(drop(i), 3);
    CU_ASSERT_TRUE(there(1, 10) == 9 && there(20, 21) == 1 && slot_free_count() == slots + 1);
    again = 0;
    for (unsigned i = 10; i < 15; i++) {
        CU_ASSERT_EQUAL(drop(i), 3);
        CU_ASSERT_EQUAL(there(1, 10) + there(20, 21), 10 - 2 * (i - 9));
        CU_ASSERT_EQUAL(slot_free_count(), slots + 1 + 3 * (i - 9));
    }
    machine_fail(CAP_CMD_DELETE, 1, SYS_ERR_RIGHTS); // nobody can delete it: nobody tries again
    CU_ASSERT_TRUE(drop(15) == 1 && drop(16) == 1);
    CU_ASSERT_TRUE(there(15, 17) == 1 && slot_free_count() == slots + 17);
    CU_ASSERT_TRUE(drop(0) == 1 && slot_free_count() == slots + 17); // it is free
}

/// In turn: the one that was not looked at for the longest time.
static void drops_in_turn(void)
{
    take(0, 6);
    for (unsigned i = 0; i < 6; i++)
        CU_ASSERT_EQUAL(cap_copy(taken[i], cap_dispframe), SYS_ERR_OK);
    machine.before = refuse_again;
    again = 1 + 3 + 3 + 3;
    for (unsigned i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(drop(i), i == 0 ? 1 : 3); // the last looks at 1 and 2
    CU_ASSERT_TRUE(drop(4) == 3 && there(0, 4) == 2);
    CU_ASSERT_TRUE(machine_is_empty(taken[3]) && machine_is_empty(taken[0]));
}

static unsigned blocked;

static void others_leave(void)
{
    blocked++;
    CU_ASSERT_TRUE(mm_is_inside());
    mm_leave();
    CU_ASSERT_TRUE(mm_is_inside()); // it nests
    mm_leave();
}

/// Others wait until the outermost operation of the owner has ended; only that one may grow, once.
static void lock(void)
{
    struct thread *self = machine.self;
    CU_ASSERT_FALSE(mm_is_inside() || mm_may_grow());
    mm_enter();
    CU_ASSERT_TRUE(mm_is_inside() && mm_may_grow());
    mm_grow_begin();
    CU_ASSERT_FALSE(mm_may_grow());
    mm_grow_end();
    CU_ASSERT_TRUE(mm_may_grow());
    mm_enter();
    CU_ASSERT_FALSE(mm_may_grow());
    machine.self = (struct thread *)0x2000;
    CU_ASSERT_FALSE(mm_is_inside());
    machine.on_block = others_leave;
    mm_enter();
    CU_ASSERT_TRUE(blocked == 1 && mm_is_inside() && mm_may_grow());
    machine.self = self;
    CU_ASSERT_FALSE(mm_is_inside());
    machine.self = (struct thread *)0x2000;
    mm_leave();
    machine.self = NULL; // before there are threads
    CU_ASSERT_FALSE(mm_is_inside());
    machine.self = self;
    mm_enter();
    CU_ASSERT_EQUAL(blocked, 1);
    mm_leave();
}

MACHINE_TEST(lock)
MACHINE_TEST(drops)
MACHINE_TEST(drops_in_turn)
MACHINE_TEST(slots_in_order)
MACHINE_TEST(root_slots)
MACHINE_TEST(root_slots_run_out)
MACHINE_TEST(all_root_slots)
MACHINE_TEST(wrong_slots)
MACHINE_TEST(grows_at_reserve)
MACHINE_TEST(runs_out)
MACHINE_TEST(growth_fails)
MACHINE_TEST(shrinks)
MACHINE_TEST(first_cnode_stays)
MACHINE_TEST(cnode_is_not_deleted)
MACHINE_TEST(keeps)
MACHINE_TEST(reserves)
MACHINE_TEST(reserves_inside)
MACHINE_TEST(reserve_fails)
MACHINE_TEST(l1_grows)
MACHINE_TEST(l1_is_replaced)
MACHINE_TEST(l1_is_not_replaced)
MACHINE_TEST(l1_finds_no_slots)

TEST_SUITE("capability space") = {
    {"the lock", test_lock},
    {"capabilities are dropped", test_drops},
    {"in turn", test_drops_in_turn},
    {"slots in order", test_slots_in_order},
    {"L1 slots", test_root_slots},
    {"L1 slots run out", test_root_slots_run_out},
    {"all L1 slots", test_all_root_slots},
    {"wrong slots are refused", test_wrong_slots},
    {"the reserve is filled up", test_grows_at_reserve},
    {"slots run out", test_runs_out},
    {"growth fails", test_growth_fails},
    {"empty L2CNodes go", test_shrinks},
    {"the first L2CNode stays", test_first_cnode_stays},
    {"an L2CNode is not deleted", test_cnode_is_not_deleted},
    {"slots are kept", test_keeps},
    {"slots are reserved", test_reserves},
    {"inside of an operation", test_reserves_inside},
    {"a reservation fails", test_reserve_fails},
    {"the L1CNode grows", test_l1_grows},
    {"the L1CNode is replaced", test_l1_is_replaced},
    {"the L1CNode is not replaced", test_l1_is_not_replaced},
    {"the L1CNode finds no slots", test_l1_finds_no_slots},
};
