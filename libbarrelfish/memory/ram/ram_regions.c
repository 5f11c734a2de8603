// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// RAM for domains that come before any memory server: cut off the low end of the RAM capabilities
// that they were given, one after the other. A region's capability stays here while it serves, so
// that what is deleted meanwhile comes back only when the region ends (ram_alloc_end_regions).
// RG1 What is used of a region lies in it.
#include "ram_server.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "cspace/mm.h"
#include "kpi/bootinfo.h"

#include <assert.h>

struct region {
    struct capref cap;
    genpaddr_t base;
    gensize_t bytes;
    gensize_t used;
    bool own_slot; ///< the slot is the slot allocator's
};

static struct region regions[BOOTINFO_REGIONS_MAX];
static size_t regions_count;

static errval_t add(struct capref cap, const struct capability *identity, bool own_slot)
{
    if (identity->type != ObjType_RAM || regions_count == BOOTINFO_REGIONS_MAX)
        return LIB_ERR_INVALID_ARGS;
    regions[regions_count++] = (struct region){cap, identity->base, identity->bytes, 0, own_slot};
    return SYS_ERR_OK;
}

errval_t ram_regions_init(void)
{
    for (cslot_t slot = 0; slot < BOOTINFO_REGIONS_MAX; slot++) {
        struct capref cap = {cnode_super, slot};
        struct capability identity;
        errval_t err = cap_identify(cap, &identity);
        if (err_is_ok(err) && identity.type == ObjType_RAM) {
            err = add(cap, &identity, false);
            if (err_is_fail(err))
                return err;
        }
    }
    return SYS_ERR_OK;
}

errval_t ram_alloc_from_region(struct capref ram)
{
    struct capability identity;
    errval_t err = cap_identify(ram, &identity);
    if (err_is_fail(err))
        return err;
    mm_enter();
    err = add(ram, &identity, ram.cnode.cnode > ROOTCN_SLOT_SUPERCN * L2_CNODE_SLOTS);
    mm_leave();
    return err;
}

/// The offset at which a region can serve, or UINT64_MAX.
static gensize_t place(const struct region *region, const struct ram_request *request)
{
    genpaddr_t start = region->base + region->used;
    genpaddr_t end = region->base + region->bytes;
    start = start > request->minbase ? start : request->minbase;
    if (start > UINT64_MAX - (request->alignment - 1))
        return UINT64_MAX;
    start = (start + request->alignment - 1) & ~(genpaddr_t)(request->alignment - 1);
    end = request->maxlimit != 0 && request->maxlimit < end ? request->maxlimit : end;
    return start < end && end - start >= request->bytes ? start - region->base : UINT64_MAX;
}

errval_t ram_regions_alloc(struct capref *ret, const struct ram_request *request)
{
    for (size_t i = 0; i < regions_count; i++) {
        gensize_t offset = place(&regions[i], request);
        if (offset == UINT64_MAX)
            continue;
        struct capref slot;
        errval_t err = slot_alloc(&slot);
        if (err_is_fail(err))
            return err;
        // All of it would be no descendant, but a copy.
        err = request->bytes == regions[i].bytes
                  ? cap_copy(slot, regions[i].cap)
                  : cap_retype(slot, regions[i].cap, offset, ObjType_RAM, request->bytes, 1);
        if (err_is_ok(err))
            regions[i].used = offset + request->bytes;
        assert(regions[i].used <= regions[i].bytes); // RG1
        return slot_settle(slot, err, ret);
    }
    return LIB_ERR_RAM_ALLOC;
}

/// Ends the last region of the table.
static errval_t end_region(struct region *region, struct ram_rest *rest, size_t *count)
{
    struct capref slot = region->cap;
    assert(region->used <= region->bytes); // RG1
    gensize_t left = region->bytes - region->used;
    if (region->used != 0 && left != 0) {
        errval_t err = slot_alloc(&slot);
        if (err_is_fail(err))
            return err;
        err = cap_retype(slot, region->cap, region->used, ObjType_RAM, left, 1);
        err = slot_settle(slot, err, &slot);
        if (err_is_fail(err))
            return err;
    }
    if (left != 0)
        rest[(*count)++] = (struct ram_rest){slot, region->base + region->used, left};
    return region->used == 0  ? SYS_ERR_OK
           : region->own_slot ? cap_destroy(region->cap)
                              : cap_delete(region->cap);
}

errval_t ram_alloc_end_regions(struct ram_rest *rest, size_t max, size_t *count)
{
    if (max < BOOTINFO_REGIONS_MAX)
        return LIB_ERR_INVALID_ARGS;
    errval_t err = slot_reserve(regions_count);
    mm_enter();
    mm_grow_begin(); // nothing may be taken from a region while it is being ended
    size_t ended = 0;
    while (err_is_ok(err) && regions_count > 0) {
        err = end_region(&regions[regions_count - 1], rest, &ended);
        regions_count -= err_is_ok(err);
    }
    *count = ended;
    mm_grow_end();
    mm_leave();
    return err;
}
