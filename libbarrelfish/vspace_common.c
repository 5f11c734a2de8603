// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Mapping in one call: takes a memory object and a region out of the reserve, fills them in, maps,
// and undoes all of it if a step fails.
#include "barrelfish/vspace_common.h"

#include "barrelfish/vregion.h"
#include "mm.h"
#include "vspace_reserve.h"

/// Where: at an address, or (0) at a multiple of the alignment.
struct where {
    lvaddr_t addr;
    size_t alignment;
};

// `frame`: NULL_CAP for anonymous memory.
static errval_t fill(struct memobj *memobj, size_t size, struct capref frame)
{
    if (capref_is_null(frame)) {
        return memobj_create_anon(memobj, size, 0);
    }
    errval_t err = memobj_create_one_frame(memobj, size, 0);
    return err_is_ok(err) ? memobj_fill(memobj, 0, frame, size) : err;
}

static errval_t place(struct vregion *region, struct memobj *memobj, const struct where *where,
                      vregion_flags_t flags)
{
    struct vspace *vspace = get_current_vspace();
    return where->addr != 0
               ? vregion_map_fixed(region, vspace, memobj, where->addr, 0, memobj->size, flags)
               : vregion_map_aligned(region, vspace, memobj, 0, memobj->size, flags,
                                     where->alignment);
}

// The whole work, under the lock; reserves first, since nothing may grow further in.
static errval_t map_locked(const struct where *where, size_t size, struct capref frame,
                           vregion_flags_t flags, struct vregion **ret)
{
    errval_t err = vspace_reserve(size);
    if (err_is_fail(err)) {
        return err;
    }
    struct memobj *memobj = vspace_block_alloc(VSPACE_SLAB_MEMOBJ);
    struct vregion *region = vspace_block_alloc(VSPACE_SLAB_REGION);
    err = memobj == NULL || region == NULL ? LIB_ERR_MALLOC_FAIL : fill(memobj, size, frame);
    if (err_is_ok(err)) {
        err = place(region, memobj, where, flags);
        if (err_is_fail(err)) {
            (void)memobj_destroy(memobj);
        }
    }
    if (err_is_fail(err)) {
        vspace_block_free(VSPACE_SLAB_REGION, region);
        vspace_block_free(VSPACE_SLAB_MEMOBJ, memobj);
        return err;
    }
    memobj->from_slab = region->from_slab = true;
    *ret = region;
    return SYS_ERR_OK;
}

static errval_t map(struct where where, size_t size, struct capref frame, vregion_flags_t flags,
                    void **retaddr, struct memobj **retmemobj, struct vregion **retvregion)
{
    struct vregion *region;
    if (size == 0 || size >= VSPACE_END) {
        return LIB_ERR_INVALID_ARGS;
    }
    mm_enter();
    errval_t err = map_locked(&where, size, frame, flags, &region);
    mm_leave();
    if (err_is_fail(err)) {
        return err;
    }
    if (retaddr != NULL) {
        *retaddr = (void *)vregion_get_base_addr(region);
    }
    if (retmemobj != NULL) {
        *retmemobj = vregion_get_memobj(region);
    }
    if (retvregion != NULL) {
        *retvregion = region;
    }
    return SYS_ERR_OK;
}

errval_t vspace_map_one_frame(void **retaddr, size_t size, struct capref frame,
                              struct memobj **retmemobj, struct vregion **retvregion)
{
    return vspace_map_one_frame_attr(retaddr, size, frame, VREGION_FLAGS_READ_WRITE, retmemobj,
                                     retvregion);
}

errval_t vspace_map_one_frame_attr(void **retaddr, size_t size, struct capref frame,
                                   vregion_flags_t flags, struct memobj **retmemobj,
                                   struct vregion **retvregion)
{
    return vspace_map_one_frame_attr_aligned(retaddr, size, frame, flags, BASE_PAGE_SIZE, retmemobj,
                                             retvregion);
}

errval_t vspace_map_one_frame_attr_aligned(void **retaddr, size_t size, struct capref frame,
                                           vregion_flags_t flags, size_t alignment,
                                           struct memobj **retmemobj, struct vregion **retvregion)
{
    if (capref_is_null(frame)) {
        return LIB_ERR_INVALID_ARGS;
    }
    return map((struct where){0, alignment}, size, frame, flags, retaddr, retmemobj, retvregion);
}

errval_t vspace_map_one_frame_fixed(lvaddr_t addr, size_t size, struct capref frame,
                                    struct memobj **retmemobj, struct vregion **retvregion)
{
    return vspace_map_one_frame_fixed_attr(addr, size, frame, VREGION_FLAGS_READ_WRITE, retmemobj,
                                           retvregion);
}

errval_t vspace_map_one_frame_fixed_attr(lvaddr_t addr, size_t size, struct capref frame,
                                         vregion_flags_t flags, struct memobj **retmemobj,
                                         struct vregion **retvregion)
{
    if (capref_is_null(frame) || addr == 0) {
        return LIB_ERR_INVALID_ARGS;
    }
    return map((struct where){addr, 0}, size, frame, flags, NULL, retmemobj, retvregion);
}

static errval_t map_anon(struct where where, void **retaddr, struct memobj **ret_memobj,
                         struct vregion **ret_vregion, size_t size, size_t *retsize,
                         vregion_flags_t flags)
{
    struct vregion *region;
    errval_t err = map(where, size, NULL_CAP, flags, retaddr, ret_memobj, &region);
    if (err_is_fail(err)) {
        return err;
    }
    if (ret_vregion != NULL) {
        *ret_vregion = region;
    }
    if (retsize != NULL) {
        *retsize = vregion_get_size(region);
    }
    return SYS_ERR_OK;
}

errval_t vspace_map_anon_attr(void **retaddr, struct memobj **ret_memobj,
                              struct vregion **ret_vregion, size_t size, size_t *retsize,
                              vregion_flags_t flags)
{
    return map_anon((struct where){0, BASE_PAGE_SIZE}, retaddr, ret_memobj, ret_vregion, size,
                    retsize, flags);
}

errval_t vspace_map_anon_aligned(void **retaddr, struct memobj **ret_memobj,
                                 struct vregion **ret_vregion, size_t size, size_t *retsize,
                                 vregion_flags_t flags, size_t alignment)
{
    return map_anon((struct where){0, alignment}, retaddr, ret_memobj, ret_vregion, size, retsize,
                    flags);
}

errval_t vspace_map_anon_fixed(lvaddr_t addr, struct memobj **ret_memobj,
                               struct vregion **ret_vregion, size_t size, size_t *retsize,
                               vregion_flags_t flags)
{
    if (addr == 0) {
        return LIB_ERR_INVALID_ARGS;
    }
    return map_anon((struct where){addr, 0}, NULL, ret_memobj, ret_vregion, size, retsize, flags);
}

errval_t vspace_unmap(const void *buf)
{
    mm_enter();
    struct vregion *region = vspace_get_region(get_current_vspace(), buf);
    errval_t err = region == NULL ? LIB_ERR_VREGION_NOT_FOUND : vregion_destroy(region);
    mm_leave();
    return err;
}
