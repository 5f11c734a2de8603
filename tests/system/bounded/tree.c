// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Trees of capabilities. Memory is taken from the RAM in the order in which the parts are made.
#include "bounded.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "kpi/vspace.h"

gensize_t tree_take(struct tree *tree, gensize_t bytes)
{
    gensize_t at = tree->used;
    tree->used += bytes;
    EXPECT(tree->used <= tree->bytes);
    return at;
}

static bool make(struct tree *tree, struct capref dest, enum objtype type, gensize_t bytes,
                 unsigned count)
{
    tree->descendants += count;
    return EXPECT_OK(
        cap_retype(dest, tree->ram, tree_take(tree, bytes * count), type, bytes, count));
}

static bool make_roots(struct tree *tree, unsigned cnodes)
{
    bool ok = true;
    while (ok && cnodes > 0) {
        unsigned here = cnodes < L1_CNODE_SLOTS_MIN ? cnodes : L1_CNODE_SLOTS_MIN;
        struct capref *root = &tree->roots[tree->roots_count++];
        ok = EXPECT_OK(slot_alloc(root)) &&
             make(tree, *root, ObjType_L1CNode, L1_CNODE_SLOTS_MIN * OBJSIZE_CTE, 1) &&
             make(tree, (struct capref){build_cnoderef(*root, CNODE_LEVEL_ROOT), 0},
                  ObjType_L2CNode, OBJSIZE_L2CNODE, here);
        cnodes -= here;
    }
    return ok;
}

/// Maps the frame in the next free entry of the tree's tables.
static bool map(struct tree *tree, struct capref mapping, struct capref frame)
{
    uint64_t entry = tree->mappings++ % VNODE_ENTRIES;
    if (entry == 0) {
        struct capref *table = &tree->tables[tree->tables_count++];
        if (!EXPECT_OK(slot_alloc(table)) ||
            !make(tree, *table, ObjType_VNode_x86_64_ptable, OBJSIZE_VNODE, 1))
            return false;
    }
    tree->descendants++;
    return EXPECT_OK(vnode_map(tree->tables[tree->tables_count - 1], frame, entry,
                               VREGION_FLAGS_READ, 0, 1, mapping));
}

static bool fill(struct tree *tree, struct cnoderef cnode, const struct tree_shape *shape)
{
    struct capref slot = {cnode, 0};
    cslot_t copies = shape->frames + shape->copies, end = copies + shape->mappings;
    if (shape->frames > 0 && !make(tree, slot, ObjType_Frame, BASE_PAGE_SIZE, shape->frames))
        return false;
    bool ok = true;
    for (slot.slot = shape->frames; slot.slot < copies && ok; slot.slot++) {
        ok = EXPECT_OK(cap_copy(slot, (struct capref){cnode, slot.slot % shape->frames}));
        tree->descendants++;
    }
    for (; slot.slot < end && ok; slot.slot++)
        ok = map(tree, slot, (struct capref){cnode, slot.slot % shape->frames});
    return ok;
}

bool tree_make(struct tree *tree, const struct tree_shape *shape)
{
    gensize_t tables = (gensize_t)shape->cnodes * shape->mappings / VNODE_ENTRIES + 1;
    gensize_t spare = 4 * OBJSIZE_L2CNODE;
    *tree = (struct tree){
        .bytes = TREE_ROOTS_MAX * L1_CNODE_SLOTS_MIN * OBJSIZE_CTE + tables * OBJSIZE_VNODE +
                 spare + shape->cnodes * (OBJSIZE_L2CNODE + shape->frames * BASE_PAGE_SIZE),
    };
    bool ok = EXPECT_OK(ram_alloc_bytes(&tree->ram, tree->bytes, BASE_PAGE_SIZE)) &&
              make_roots(tree, shape->cnodes);
    for (unsigned i = 0; i < shape->cnodes && ok; i++) {
        struct capref root = tree->roots[i / L1_CNODE_SLOTS_MIN];
        struct capref l2 = {build_cnoderef(root, CNODE_LEVEL_ROOT), i % L1_CNODE_SLOTS_MIN};
        ok = fill(tree, build_cnoderef(l2, CNODE_LEVEL_OTHER), shape);
    }
    return ok;
}

static void remove_cap(struct capref cap)
{
    errval_t err = cap_delete(cap);
    EXPECT(err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND);
    EXPECT_OK(slot_free(cap));
}

void tree_uncover(struct tree *tree)
{
    for (unsigned i = 0; i < tree->tables_count; i++)
        remove_cap(tree->tables[i]);
    tree->tables_count = 0;
    remove_cap(tree->ram);
    tree->ram = NULL_CAP;
}

void tree_destroy(struct tree *tree)
{
    if (!capref_is_null(tree->ram)) {
        EXPECT_OK(cap_revoke(tree->ram));
        tree_uncover(tree);
    }
    for (unsigned i = 0; i < tree->roots_count; i++)
        remove_cap(tree->roots[i]);
    tree->roots_count = 0;
}
