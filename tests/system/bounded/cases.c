// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What may take long, each with few and with many of what it depends on.
#include "bounded.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vspace_common.h"
#include "kpi/dispatcher.h"
#include "kpi/spawn.h"

#define SMALL_FRAME_BYTES (64ul * 1024)
#define LARGE_FRAME_BYTES (16ul * 1024 * 1024)
#define MAPPINGS_MAX 1000u
#define ENDPOINTS_MAX 1000u
#define CAPS_AT_ONCE 256u
#define DOOMED_MAX 500u
#define ENDPOINT_OFFSET 4096u

static struct tree tree;
static struct capref slots[ENDPOINTS_MAX + 8], ram, dispatcher;
static unsigned slots_count;
static struct capref death_cap;
static struct lmp_endpoint *death;
static gensize_t frame_bytes;
static struct cnoderef cnode;

static void take_slots(unsigned count)
{
    for (slots_count = 0; slots_count < count; slots_count++)
        EXPECT_OK(slot_alloc(&slots[slots_count]));
}

static void free_slots(void)
{
    while (slots_count > 0) {
        (void)cap_delete(slots[--slots_count]); // most are empty
        EXPECT_OK(slot_free(slots[slots_count]));
    }
}

/// A RAM capability with 10 and with more than 100,000 descendants.
static void prepare_revoke(bool many)
{
    static const struct tree_shape few_shape = {1, 3, 3, 1}, many_shape = {391, 32, 192, 32};
    EXPECT(tree_make(&tree, many ? &many_shape : &few_shape));
    EXPECT(many ? tree.descendants > 100000 : tree.descendants < 11);
}

static void act_revoke(void)
{
    EXPECT_OK(cap_revoke(tree.ram));
}

static void finish_tree(void)
{
    tree_destroy(&tree);
}

/// An L1CNode with one L2CNode, nearly empty, and one full of full ones; nothing else covers them.
static void prepare_cnode(bool many)
{
    static const struct tree_shape few_shape = {1, 1, 3, 1}, many_shape = {256, 16, 224, 16};
    EXPECT(tree_make(&tree, many ? &many_shape : &few_shape));
    tree_uncover(&tree);
}

static void act_cnode(void)
{
    EXPECT_OK(cap_delete(tree.roots[0]));
}

static void add_endpoints(unsigned count)
{
    EXPECT_OK(invoke_dispatcher_endpoint(dispatcher, ENDPOINT_OFFSET, 8, slots[3]));
    for (unsigned i = 0; i < count; i++)
        EXPECT_OK(cap_mint(slots[4 + i], slots[3], CAPRIGHTS_ALL, i + 1));
}

/// A dispatcher that holds the last capability of its space; endpoints of it are elsewhere.
static void prepare_dispatcher(bool many)
{
    static const struct tree_shape few_shape = {1, 1, 3, 1}, many_shape = {256, 16, 224, 16};
    EXPECT(tree_make(&tree, many ? &many_shape : &few_shape));
    take_slots(4 + ENDPOINTS_MAX);
    dispatcher = slots[0];
    const gensize_t bytes[] = {OBJSIZE_DISPATCHER, OBJSIZE_VNODE, DISPATCHER_FRAME_BYTES};
    const enum objtype types[] = {ObjType_Dispatcher, ObjType_VNode_x86_64_pml4, ObjType_Frame};
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_OK(
            cap_retype(slots[i], tree.ram, tree_take(&tree, bytes[i]), types[i], bytes[i], 1));
    }
    EXPECT_OK(invoke_dispatcher_setup(dispatcher, tree.roots[0], slots[1], slots[2], NULL_CAP, 0,
                                      DISPATCHER_VADDR));
    add_endpoints(many ? ENDPOINTS_MAX : 1);
    tree_uncover(&tree);
    EXPECT_OK(cap_delete(tree.roots[0]));
    EXPECT_OK(cap_delete(slots[1]));
    EXPECT_OK(cap_delete(slots[2]));
}

static void act_dispatcher(void)
{
    EXPECT_OK(cap_delete(dispatcher));
}

static void finish_dispatcher(void)
{
    struct capability info;
    EXPECT_ERR(cap_identify(slots[4], &info), SYS_ERR_CAP_NOT_FOUND);
    free_slots();
    tree_destroy(&tree);
}

/// Memory that is cleared.
static void prepare_clear(bool many)
{
    frame_bytes = many ? LARGE_FRAME_BYTES : SMALL_FRAME_BYTES;
    take_slots(1);
    EXPECT_OK(ram_alloc_bytes(&ram, frame_bytes, BASE_PAGE_SIZE));
}

static void act_clear(void)
{
    EXPECT_OK(cap_retype(slots[0], ram, 0, ObjType_Frame, frame_bytes, 1));
}

static void finish_clear(void)
{
    EXPECT_OK(cap_delete(slots[0]));
    EXPECT_OK(cap_destroy(ram));
    free_slots();
}

/// A frame that is mapped often, each time by itself.
static void prepare_mapped(bool many)
{
    unsigned count = many ? MAPPINGS_MAX : 10;
    unsigned tables = (count - 1) / VNODE_ENTRIES + 1;
    take_slots(count + 3);
    EXPECT_OK(frame_create(slots[0], BASE_PAGE_SIZE, NULL));
    for (unsigned i = 0; i < tables; i++)
        EXPECT_OK(vnode_create(slots[1 + i], ObjType_VNode_x86_64_ptable));
    for (unsigned i = 0; i < count; i++) {
        EXPECT_OK(vnode_map(slots[1 + i / VNODE_ENTRIES], slots[0], i % VNODE_ENTRIES,
                            VREGION_FLAGS_READ, 0, 1, slots[3 + i]));
    }
}

static void act_delete_first(void)
{
    EXPECT_OK(cap_delete(slots[0]));
}

static void finish_mapped(void)
{
    struct capability info;
    EXPECT_ERR(cap_identify(slots[3], &info), SYS_ERR_CAP_NOT_FOUND);
    free_slots();
}

static void act_unmap(void)
{
    for (unsigned i = 3; i < slots_count; i++)
        EXPECT_OK(vnode_unmap(slots[1 + (i - 3) / VNODE_ENTRIES], slots[i]));
}

/// Many objects by one retype, into a database that holds few or many capabilities.
static void prepare_retype(bool many)
{
    static const struct tree_shape few_shape = {1, 1, 3, 1}, many_shape = {391, 32, 192, 32};
    EXPECT(tree_make(&tree, many ? &many_shape : &few_shape));
    EXPECT_OK(ram_alloc_bytes(&ram, CAPS_AT_ONCE * BASE_PAGE_SIZE, BASE_PAGE_SIZE));
    EXPECT_OK(cnode_create_l2(&slots[0], &cnode));
}

static void act_retype(void)
{
    struct capref first = {cnode, 0};
    EXPECT_OK(cap_retype(first, ram, 0, ObjType_RAM, BASE_PAGE_SIZE, CAPS_AT_ONCE));
}

static void finish_retype(void)
{
    EXPECT_OK(cap_destroy(slots[0]));
    EXPECT_OK(cap_destroy(ram));
    tree_destroy(&tree);
}

/// An address in the kernel's half to go on at.
static void spoil(struct capref dispframe)
{
    struct dispatcher_shared *shared;
    if (EXPECT_OK(vspace_map_one_frame((void **)&shared, DISPATCHER_FRAME_BYTES, dispframe, NULL,
                                       NULL))) {
        shared->disabled = 1;
        shared->disabled_save.rip = UINT64_MAX;
        EXPECT_OK(vspace_unmap(shared));
    }
}

/// Dispatchers that cannot run: the CPU driver ends each when it is its turn, one after the other,
/// and has to tell their maker more often than that has room for.
static void prepare_doomed(bool many)
{
    unsigned count = many ? DOOMED_MAX : 10;
    const gensize_t root_bytes = L1_CNODE_SLOTS_MIN * OBJSIZE_CTE;
    const gensize_t frame_at = root_bytes + OBJSIZE_VNODE;
    const gensize_t first = frame_at + DISPATCHER_FRAME_BYTES;
    take_slots(3 + count);
    EXPECT_OK(endpoint_create(8, &death_cap, &death));
    EXPECT_OK(ram_alloc_bytes(&ram, first + count * OBJSIZE_DISPATCHER, BASE_PAGE_SIZE));
    EXPECT_OK(cap_retype(slots[0], ram, 0, ObjType_L1CNode, root_bytes, 1));
    EXPECT_OK(cap_retype(slots[1], ram, root_bytes, ObjType_VNode_x86_64_pml4, 0, 1));
    EXPECT_OK(cap_retype(slots[2], ram, frame_at, ObjType_Frame, DISPATCHER_FRAME_BYTES, 1));
    spoil(slots[2]);
    for (unsigned i = 3; i < slots_count; i++) {
        gensize_t at = first + (i - 3) * OBJSIZE_DISPATCHER;
        EXPECT_OK(cap_retype(slots[i], ram, at, ObjType_Dispatcher, OBJSIZE_DISPATCHER, 1));
        EXPECT_OK(invoke_dispatcher_setup(slots[i], slots[0], slots[1], slots[2], death_cap, i,
                                          DISPATCHER_VADDR));
    }
}

static void act_doomed(void)
{
    for (unsigned i = 3; i < slots_count; i++)
        EXPECT_OK(invoke_dispatcher_run(slots[i]));
    for (unsigned i = slots_count; i-- > 3;) {
        uint64_t state = DISPATCHER_NEW, scheduled;
        while (EXPECT_OK(invoke_dispatcher_state(slots[i], &state, &scheduled)) &&
               state == DISPATCHER_RUNNABLE)
            (void)sys_yield(0);
        EXPECT(state == DISPATCHER_KILLED);
        EXPECT_OK(cap_delete(slots[i]));
    }
}

static void finish_doomed(void)
{
    free_slots();
    EXPECT_OK(cap_destroy(ram));
    EXPECT_OK(cap_destroy(death_cap));
    lmp_endpoint_free(death);
}

const struct bounded_case bounded_cases[] = {
    {"revoke", prepare_revoke, act_revoke, finish_tree},
    {"delete CNode", prepare_cnode, act_cnode, finish_tree},
    {"delete dispatcher", prepare_dispatcher, act_dispatcher, finish_dispatcher},
    {"clear", prepare_clear, act_clear, finish_clear},
    {"delete mapped frame", prepare_mapped, act_delete_first, finish_mapped},
    {"unmap frame", prepare_mapped, act_unmap, finish_mapped},
    {"end dispatchers", prepare_doomed, act_doomed, finish_doomed},
    {"retype", prepare_retype, act_retype, finish_retype},
};
const unsigned bounded_cases_count = sizeof(bounded_cases) / sizeof(bounded_cases[0]);
