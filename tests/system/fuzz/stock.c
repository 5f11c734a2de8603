// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a fuzzed cell holds: its own root, page tables, dispatcher and frame, and in a CNode beside
// them something of every type that a domain can come by. Half of the memory is a copy of what we
// keep, half is the cell's alone, so that it goes back to the memory server when the cell loses it.
#include "fuzz.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"

#define OWN_BYTES (128 * 1024ul)
#define ENDPOINT_MESSAGES 8u
#define BADGE 5u

static struct capref slot_of(const struct cell *cell, unsigned cnode, cslot_t slot)
{
    return (struct capref){{get_cap_addr(cell->root), cnode * L2_CNODE_SLOTS, CNODE_LEVEL_OTHER},
                           slot};
}

static struct capref object(const struct cell *cell, cslot_t slot)
{
    return slot_of(cell, FUZZ_CNODE_OBJECTS, slot);
}

static bool make_cnodes(const struct cell *cell)
{
    struct capref first = {build_cnoderef(cell->root, CNODE_LEVEL_ROOT), 0};
    return EXPECT_OK(
        cap_retype(first, cell->ram, CELL_SPARE, ObjType_L2CNode, OBJSIZE_L2CNODE, FUZZ_CNODES));
}

// Frames that we have mapped ourselves are given without the right to hand them on, which is also
// that to revoke them: a revoked frame is unmapped everywhere, here too.
static bool give_life(const struct cell *cell)
{
    const struct capref caps[] = {cell->root,      cell->dispatcher, cell->dispframe,
                                  cell->dataframe, cell->slots[1],   cell->slots[2],
                                  cell->slots[3],  cell->slots[4]};
    for (unsigned i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        bool frame = capcmp(caps[i], cell->dispframe) || capcmp(caps[i], cell->dataframe);
        uint64_t rights = frame ? CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT : CAPRIGHTS_ALL;
        if (!EXPECT_OK(
                cap_mint(slot_of(cell, FUZZ_CNODE_LIFE, FUZZ_SLOT_ROOT + i), caps[i], rights, 0))) {
            return false;
        }
    }
    return true;
}

// Memory of the cell alone: our capability is deleted, nothing else covers it.
static bool give_memory(const struct cell *cell)
{
    struct capref ram;
    return EXPECT_OK(ram_alloc_bytes(&ram, OWN_BYTES, OBJSIZE_L2CNODE)) &&
           EXPECT_OK(cap_copy(object(cell, 1), ram)) && EXPECT_OK(cap_destroy(ram));
}

struct stock {
    cslot_t slot;
    enum objtype type;
    gensize_t offset, bytes;
    uint32_t count;
};

// Out of the spare part of the cell's memory, behind the CNodes.
static bool make_objects(const struct cell *cell)
{
    const gensize_t base = CELL_SPARE + FUZZ_CNODES * OBJSIZE_L2CNODE;
    static const struct stock stocks[] = {
        {2, ObjType_Frame, 0, 2 * BASE_PAGE_SIZE, 1},
        {4, ObjType_VNode_x86_64_ptable, 0x2000, OBJSIZE_VNODE, 1},
        {5, ObjType_VNode_x86_64_pdir, 0x4000, OBJSIZE_VNODE, 1},
        {6, ObjType_VNode_x86_64_pdpt, 0x6000, OBJSIZE_VNODE, 1},
        {7, ObjType_VNode_x86_64_pml4, 0x8000, OBJSIZE_VNODE, 1},
        {12, ObjType_Dispatcher, 0xa000, OBJSIZE_DISPATCHER, 1},
        {13, ObjType_Frame, 0xb000, BASE_PAGE_SIZE, 1},
        {14, ObjType_RAM, 0xc000, 4 * BASE_PAGE_SIZE, 1},
    };
    for (unsigned i = 0; i < sizeof(stocks) / sizeof(stocks[0]); i++) {
        const struct stock *stock = &stocks[i];
        if (!EXPECT_OK(cap_retype(object(cell, stock->slot), cell->ram, base + stock->offset,
                                  stock->type, stock->bytes, stock->count))) {
            return false;
        }
    }
    return EXPECT_OK(cap_retype(object(cell, FUZZ_SLOT_OTHER_ROOT), object(cell, 1), 0,
                                ObjType_L1CNode, L1_CNODE_SLOTS_MIN * OBJSIZE_CTE, 1)) &&
           EXPECT_OK(cap_retype(object(cell, 17), object(cell, 1), OBJSIZE_L2CNODE, ObjType_L2CNode,
                                OBJSIZE_L2CNODE, 1)) &&
           EXPECT_OK(cap_retype(object(cell, 21), object(cell, 1), 2 * OBJSIZE_L2CNODE,
                                ObjType_Frame, 4 * BASE_PAGE_SIZE, 1));
}

static bool make_rest(const struct cell *cell, struct capref wake)
{
    return EXPECT_OK(cap_mint(object(cell, 18), cap_kernelinfo, CAPRIGHTS_ALL, 0)) &&
           EXPECT_OK(cap_mint(object(cell, 20), object(cell, 2), CAPRIGHTS_READ, 0)) &&
           EXPECT_OK(vnode_map(object(cell, 6), object(cell, 5), 0, VREGION_FLAGS_READ, 0, 1,
                               object(cell, 19))) &&
           EXPECT_OK(vnode_map(object(cell, 4), object(cell, 2), 8, VREGION_FLAGS_READ_WRITE, 0, 2,
                               object(cell, 22))) &&
           EXPECT_OK(invoke_dispatcher_endpoint(cell->dispatcher, FUZZ_ENDPOINT_OFFSET,
                                                ENDPOINT_MESSAGES, wake)) &&
           EXPECT_OK(cap_copy(object(cell, 23), wake)) &&
           EXPECT_OK(cap_mint(object(cell, 24), wake, CAPRIGHTS_ALL, BADGE));
}

bool fuzz_stock(struct cell *cell, struct capref wake)
{
    return make_cnodes(cell) && give_life(cell) && give_memory(cell) && make_objects(cell) &&
           make_rest(cell, wake);
}
