// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Mapping in one call: takes a memory object and a region out of the reserve, fills them in, maps,
// and undoes all of it if a step fails.
#include "barrelfish/vspace_common.h"

#include "cspace/mm.h"
#include "memory/memobj/memobj_ops.h"
#include "memory/vspace/vspace_reserve.h"

/// What to map and where: at an address, or (0) at a multiple of the alignment.
struct request {
    lvaddr_t addr;
    size_t alignment;
    size_t size;
    vregion_flags_t flags;
    enum { REQUEST_FRAME, REQUEST_ANON, REQUEST_LAZY, REQUEST_COW } kind;
    struct capref frame; ///< REQUEST_FRAME, REQUEST_COW
    size_t chunk_size;   ///< REQUEST_LAZY
};

static errval_t create(struct memobj *memobj, const struct request *request)
{
    size_t size = request->size;
    errval_t err;
    switch (request->kind) {
    case REQUEST_ANON:
        return memobj_create_anon(memobj, size, 0);
    case REQUEST_LAZY:
        return memobj_create_lazy(memobj, size, 0, request->chunk_size);
    case REQUEST_COW:
        return memobj_create_cow(memobj, size, 0, request->frame);
    default:
        err = memobj_create_one_frame(memobj, size, 0);
        return err_is_ok(err) ? memobj_fill(memobj, 0, request->frame, size) : err;
    }
}

static errval_t place(struct vregion *region, struct memobj *memobj, const struct request *where)
{
    struct vspace *vspace = get_current_vspace();
    return where->addr != 0 ? vregion_map_fixed(region, vspace, memobj, where->addr, 0,
                                                memobj->size, where->flags)
                            : vregion_map_aligned(region, vspace, memobj, 0, memobj->size,
                                                  where->flags, where->alignment);
}

/// The whole work, under the lock; reserves first, since nothing may grow further in. Anonymous
/// memory comes before what mapping it needs: an impossible size would turn all memory into CNodes
/// else.
static errval_t map_locked(const struct request *request, struct vregion **ret)
{
    errval_t err = vspace_reserve(request->kind == REQUEST_FRAME ? request->size : 0, 0);
    if (err_is_fail(err))
        return err;
    struct memobj *memobj = vspace_block_alloc(VSPACE_SLAB_MEMOBJ);
    struct vregion *region = vspace_block_alloc(VSPACE_SLAB_REGION);
    err = memobj == NULL || region == NULL ? LIB_ERR_MALLOC_FAIL : create(memobj, request);
    if (err_is_ok(err)) {
        err = request->kind == REQUEST_ANON ? vspace_reserve(request->size, 0) : SYS_ERR_OK;
        err = err_is_ok(err) ? place(region, memobj, request) : err;
        if (err_is_fail(err))
            (void)memobj_destroy(memobj);
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

static void give_results(struct vregion *region, void **retaddr, struct memobj **retmemobj,
                         struct vregion **retvregion)
{
    if (retaddr != NULL)
        *retaddr = (void *)vregion_get_base_addr(region);
    if (retmemobj != NULL)
        *retmemobj = vregion_get_memobj(region);
    if (retvregion != NULL)
        *retvregion = region;
}

static errval_t map(struct request request, void **retaddr, struct memobj **retmemobj,
                    struct vregion **retvregion)
{
    struct vregion *region;
    if (request.size == 0 || request.size >= VSPACE_END)
        return LIB_ERR_INVALID_ARGS;
    mm_enter();
    errval_t err = map_locked(&request, &region);
    mm_leave();
    if (err_is_ok(err))
        give_results(region, retaddr, retmemobj, retvregion);
    return err;
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
    if (capref_is_null(frame))
        return LIB_ERR_INVALID_ARGS;
    struct request request = {.alignment = alignment, .size = size, .flags = flags, .frame = frame};
    return map(request, retaddr, retmemobj, retvregion);
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
    if (capref_is_null(frame) || addr == 0)
        return LIB_ERR_INVALID_ARGS;
    struct request request = {.addr = addr, .size = size, .flags = flags, .frame = frame};
    return map(request, NULL, retmemobj, retvregion);
}

static errval_t map_anon(struct request request, void **retaddr, struct memobj **ret_memobj,
                         struct vregion **ret_vregion, size_t *retsize)
{
    struct vregion *region;
    request.kind = REQUEST_ANON;
    errval_t err = map(request, retaddr, ret_memobj, &region);
    if (err_is_fail(err))
        return err;
    if (ret_vregion != NULL)
        *ret_vregion = region;
    if (retsize != NULL)
        *retsize = vregion_get_size(region);
    return SYS_ERR_OK;
}

errval_t vspace_map_anon_attr(void **retaddr, struct memobj **ret_memobj,
                              struct vregion **ret_vregion, size_t size, size_t *retsize,
                              vregion_flags_t flags)
{
    return vspace_map_anon_aligned(retaddr, ret_memobj, ret_vregion, size, retsize, flags,
                                   BASE_PAGE_SIZE);
}

errval_t vspace_map_anon_aligned(void **retaddr, struct memobj **ret_memobj,
                                 struct vregion **ret_vregion, size_t size, size_t *retsize,
                                 vregion_flags_t flags, size_t alignment)
{
    struct request request = {.alignment = alignment, .size = size, .flags = flags};
    return map_anon(request, retaddr, ret_memobj, ret_vregion, retsize);
}

errval_t vspace_map_anon_fixed(lvaddr_t addr, struct memobj **ret_memobj,
                               struct vregion **ret_vregion, size_t size, size_t *retsize,
                               vregion_flags_t flags)
{
    if (addr == 0)
        return LIB_ERR_INVALID_ARGS;
    struct request request = {.addr = addr, .size = size, .flags = flags};
    return map_anon(request, NULL, ret_memobj, ret_vregion, retsize);
}

errval_t vspace_map_lazy(void **retaddr, struct memobj **ret_memobj, struct vregion **ret_vregion,
                         size_t size, size_t chunk_size, vregion_flags_t flags)
{
    struct request request = {.alignment = BASE_PAGE_SIZE,
                              .size = size,
                              .flags = flags,
                              .kind = REQUEST_LAZY,
                              .chunk_size = chunk_size};
    return map(request, retaddr, ret_memobj, ret_vregion);
}

errval_t vspace_map_cow(void **retaddr, size_t size, struct capref frame, vregion_flags_t flags,
                        struct memobj **retmemobj, struct vregion **retvregion)
{
    struct request request = {.kind = REQUEST_COW, .frame = frame, .size = size, .flags = flags};
    request.alignment = BASE_PAGE_SIZE;
    return map(request, retaddr, retmemobj, retvregion);
}

/// Only the region is the library's.
static errval_t map_memobj_locked(struct memobj *memobj, vregion_flags_t flags,
                                  struct vregion **ret)
{
    errval_t err = memobj_reserve(memobj, memobj->size);
    struct vregion *region = err_is_ok(err) ? vspace_block_alloc(VSPACE_SLAB_REGION) : NULL;
    if (region == NULL)
        return err_is_ok(err) ? LIB_ERR_MALLOC_FAIL : err;
    struct request request = {.alignment = BASE_PAGE_SIZE, .flags = flags};
    err = place(region, memobj, &request);
    if (err_is_fail(err)) {
        vspace_block_free(VSPACE_SLAB_REGION, region);
        return err;
    }
    region->from_slab = true;
    *ret = region;
    return SYS_ERR_OK;
}

errval_t vspace_map_memobj_attr(void **retaddr, struct memobj *memobj, vregion_flags_t flags,
                                struct vregion **retvregion)
{
    struct vregion *region;
    mm_enter();
    errval_t err = map_memobj_locked(memobj, flags, &region);
    mm_leave();
    if (err_is_ok(err))
        give_results(region, retaddr, NULL, retvregion);
    return err;
}

errval_t vspace_unmap(const void *buf)
{
    mm_enter();
    struct vregion *region = vspace_get_region(get_current_vspace(), buf);
    errval_t err = region == NULL ? LIB_ERR_VREGION_NOT_FOUND : vregion_destroy(region);
    mm_leave();
    return err;
}
