// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A range is cut by retyping it into the piece and what is left on either side, and deleting the
// capability of the whole: what covers the piece then is the piece alone (P2), and as the parts
// fill the whole, the deletion returns nothing. Ranges are merged in the reverse way: a capability
// of both is made (the memory server holds the Kernel capability for this), and the two inside are
// deleted, which returns nothing because the new one covers them. If it cannot be made the ranges
// stay apart. See the rule in cpudriver/caps/: memory is returned when nothing covers it.
#include "pieces.h"

#include "grow.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/invocations.h"
#include "barrelfish/slot_alloc.h"

#define FIRST_BLOCKS 64u
#define RESERVE_BLOCKS 16u

static struct free_ranges ranges;
static struct slab_allocator blocks;
static char first_blocks[SLAB_BUFFER_BYTES(FIRST_BLOCKS, sizeof(struct free_range))];

static struct capref range_cap(const struct free_range *range)
{
    return (struct capref){ROOTCN_CNODE(range->cap / L2_CNODE_SLOTS), range->cap % L2_CNODE_SLOTS};
}

void pieces_init(void)
{
    ranges = (struct free_ranges){0};
    slab_init(&blocks, sizeof(struct free_range), NULL);
    slab_grow(&blocks, first_blocks, sizeof(first_blocks));
}

gensize_t pieces_free_bytes(void)
{
    return ranges.free_bytes;
}

size_t pieces_free_ranges(void)
{
    return ranges.tree.count;
}

bool pieces_reserve(size_t count)
{
    return memory_grow_slab(&blocks, count + RESERVE_BLOCKS);
}

/// Slots and metadata for one change, taken before it begins (P3).
struct supplies {
    struct capref slots[3];
    size_t slots_left;
    struct free_range *blocks[2];
    size_t blocks_left;
};

static void give_back(struct supplies *supplies)
{
    while (supplies->blocks_left > 0)
        slab_free(&blocks, supplies->blocks[--supplies->blocks_left]);
    while (supplies->slots_left > 0)
        (void)slot_free(supplies->slots[--supplies->slots_left]);
}

static errval_t get_supplies(struct supplies *supplies, size_t slots, size_t nodes)
{
    errval_t err = SYS_ERR_OK;
    supplies->slots_left = supplies->blocks_left = 0;
    while (supplies->slots_left < slots && err_is_ok(err)) {
        err = slot_alloc(&supplies->slots[supplies->slots_left]);
        supplies->slots_left += err_is_ok(err);
    }
    while (supplies->blocks_left < nodes && err_is_ok(err)) {
        struct free_range *block = slab_alloc(&blocks);
        err = block == NULL ? LIB_ERR_MALLOC_FAIL : SYS_ERR_OK;
        supplies->blocks[supplies->blocks_left] = block;
        supplies->blocks_left += err_is_ok(err);
    }
    if (err_is_fail(err))
        give_back(supplies);
    return err;
}

/// One part of a range that is cut.
struct cut {
    genpaddr_t base;
    gensize_t bytes;
    struct capref cap;
};

/// Makes the parts that are not empty; on an error none.
static errval_t make_cuts(const struct free_range *range, struct cut *cuts, size_t count,
                          struct supplies *supplies)
{
    struct capref whole = range_cap(range);
    for (size_t i = 0; i < count; i++) {
        if (cuts[i].bytes == 0)
            continue;
        struct capref slot = supplies->slots[supplies->slots_left - 1];
        errval_t err =
            cap_retype(slot, whole, cuts[i].base - range->node.base, ObjType_RAM, cuts[i].bytes, 1);
        if (err_is_fail(err)) {
            // The whole still covers the parts: deleting them returns nothing.
            while (i-- > 0) {
                if (cuts[i].bytes != 0) {
                    (void)cap_delete(cuts[i].cap);
                    supplies->slots[supplies->slots_left++] = cuts[i].cap;
                }
            }
            return err;
        }
        cuts[i].cap = slot;
        supplies->slots_left--;
    }
    return SYS_ERR_OK;
}

static void insert_cut(const struct cut *cut, struct free_range *block)
{
    block->node.base = cut->base;
    block->node.bytes = cut->bytes;
    block->cap = get_cap_addr(cut->cap);
    (void)free_ranges_insert(&ranges, block);
}

/// Cuts a range into what is before the piece, the piece, and what is after it.
static errval_t cut_range(struct free_range *range, genpaddr_t base, gensize_t bytes,
                          struct supplies *supplies, struct capref *ret)
{
    genpaddr_t end = range->node.base + range->node.bytes;
    struct cut cuts[3] = {
        {.base = range->node.base, .bytes = base - range->node.base},
        {.base = base, .bytes = bytes},
        {.base = base + bytes, .bytes = end - (base + bytes)},
    };
    errval_t err = make_cuts(range, cuts, 3, supplies);
    if (err_is_fail(err))
        return err;
    err = cap_delete(range_cap(range));
    supplies->slots[supplies->slots_left++] = range_cap(range);
    free_ranges_remove(&ranges, range);
    supplies->blocks[supplies->blocks_left++] = range;
    for (size_t i = 0; i < 3; i += 2)
        if (cuts[i].bytes != 0)
            insert_cut(&cuts[i], supplies->blocks[--supplies->blocks_left]);
    *ret = cuts[1].cap;
    return err;
}

errval_t pieces_take(const struct free_request *request, struct capref *ret, genpaddr_t *base)
{
    struct supplies supplies;
    if (!free_request_valid(request))
        return LIB_ERR_RAM_ALLOC_WRONG_SIZE;
    errval_t err = get_supplies(&supplies, 3, 1);
    if (err_is_fail(err))
        return err;
    struct free_range *range = free_ranges_find(&ranges, request, base);
    if (range == NULL) {
        err = LIB_ERR_RAM_ALLOC;
    } else if (range->node.bytes == request->bytes) {
        free_ranges_remove(&ranges, range);
        *ret = range_cap(range);
        slab_free(&blocks, range);
    } else {
        err = cut_range(range, *base, request->bytes, &supplies, ret);
    }
    give_back(&supplies);
    return err;
}

/// Makes one capability of everything in [base, end) in `slot`.
static errval_t make_merged(struct capref slot, genpaddr_t base, genpaddr_t end)
{
    struct capability merged = {
        .base = base,
        .bytes = end - base,
        .type = ObjType_RAM,
        .rights = CAPRIGHTS_ALL,
        .owner = disp_get_core_id(),
    };
    return invoke_kernel_create_cap(cap_kernel, &merged, slot);
}

/// Takes a free range that has become part of another one out. Its slot and block become supplies.
static void drop_range(struct free_range *range, struct supplies *supplies)
{
    (void)cap_delete(range_cap(range));
    free_ranges_remove(&ranges, range);
    supplies->slots[supplies->slots_left++] = range_cap(range);
    supplies->blocks[supplies->blocks_left++] = range;
}

errval_t pieces_put(struct capref cap, genpaddr_t *put_base, gensize_t *put_bytes)
{
    struct capability ram;
    struct supplies supplies;
    errval_t err = cap_identify(cap, &ram);
    if (err_is_ok(err) && ram.type != ObjType_RAM)
        err = SYS_ERR_CAP_TYPE;
    if (err_is_ok(err))
        err = get_supplies(&supplies, 1, 1);
    if (err_is_fail(err))
        return err;
    struct free_range *block = supplies.blocks[--supplies.blocks_left];
    struct capref slot = supplies.slots[--supplies.slots_left];
    struct free_range *before = free_ranges_before(&ranges, ram.base);
    struct free_range *after = free_ranges_after(&ranges, ram.base + ram.bytes);
    genpaddr_t base = before != NULL ? before->node.base : ram.base;
    genpaddr_t end = ram.base + ram.bytes + (after != NULL ? after->node.bytes : 0);
    if ((before != NULL || after != NULL) && err_is_ok(make_merged(slot, base, end))) {
        if (before != NULL)
            drop_range(before, &supplies);
        if (after != NULL)
            drop_range(after, &supplies);
    } else {
        base = ram.base;
        end = ram.base + ram.bytes;
        err = cap_copy(slot, cap);
    }
    if (err_is_ok(err)) {
        err = cap_delete(cap);
        *put_base = ram.base;
        *put_bytes = ram.bytes;
        insert_cut(&(struct cut){base, end - base, slot}, block);
    } else {
        supplies.blocks[supplies.blocks_left++] = block;
        supplies.slots[supplies.slots_left++] = slot;
    }
    give_back(&supplies);
    return err;
}
