// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What all kinds of memory objects share: the lock and the reserve around an operation. The kinds
// are memobj_one_frame.c, memobj_fixed.c, memobj_lazy.c, memobj_cow.c and memobj_pager.c; what those
// of chunks share is memobj_chunks.c.
#include "barrelfish/memobj.h"

#include "cspace/mm.h"
#include "memobj_chunks.h"
#include "memory/vspace/vspace_reserve.h"

errval_t memobj_fill(struct memobj *memobj, genvaddr_t offset, struct capref frame, size_t size)
{
    return memobj_fill_foff(memobj, offset, frame, size, 0);
}

errval_t memobj_fill_foff(struct memobj *memobj, genvaddr_t offset, struct capref frame,
                          size_t size, gensize_t frame_offset)
{
    if (memobj->ops->fill == NULL || capref_is_null(frame) || frame_offset % BASE_PAGE_SIZE != 0)
        return LIB_ERR_INVALID_ARGS;
    mm_enter();
    errval_t err = memobj->chunk_size == 0 ? SYS_ERR_OK : vspace_reserve(size, 1);
    if (err_is_ok(err))
        err = memobj->ops->fill(memobj, offset, frame, size, frame_offset);
    mm_leave();
    return err;
}

errval_t memobj_unfill(struct memobj *memobj, genvaddr_t offset, struct memobj_page *ret)
{
    if (memobj->ops->unfill == NULL)
        return LIB_ERR_INVALID_ARGS;
    mm_enter();
    errval_t err = memobj->ops->unfill(memobj, offset, ret);
    mm_leave();
    return err;
}

errval_t memobj_page_get(struct memobj *memobj, genvaddr_t offset, bool clear,
                         struct memobj_page *ret)
{
    mm_enter();
    struct chunk *chunk = chunk_find(memobj, offset);
    errval_t err = chunk == NULL ? LIB_ERR_INVALID_ARGS : chunk_get(memobj, chunk, clear, ret);
    mm_leave();
    return err;
}

errval_t memobj_reserve(const struct memobj *memobj, size_t bytes)
{
    bool empty = memobj->chunk_size != 0 && memobj->chunks.count == 0;
    return vspace_reserve(empty ? 0 : bytes, memobj->chunks.count);
}

errval_t memobj_destroy(struct memobj *memobj)
{
    mm_enter();
    errval_t err = memobj->ops->destroy(memobj);
    mm_leave();
    return err;
}
