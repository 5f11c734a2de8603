// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory objects of zeros that take memory when it is touched: each chunk is a frame of its own,
// made at its first fault. Frames come cleared from the CPU driver.
#include "barrelfish/capabilities.h"
#include "memobj_chunks.h"
#include "memory/vspace/vspace_reserve.h"

static errval_t lazy_pagefault(struct memobj *memobj, struct vregion *vregion, genvaddr_t offset,
                               enum pagefault_exception_type type)
{
    (void)vregion;
    struct chunk *there = chunk_find(memobj, offset);
    struct chunk model = {.node = {.base = offset - offset % memobj->chunk_size}, .owned = true};
    size_t left = memobj->size - model.node.base;
    model.node.bytes = left < memobj->chunk_size ? left : memobj->chunk_size;
    errval_t err = vspace_reserve(model.node.bytes, 1);
    if (err_is_fail(err))
        return err;
    if (there != NULL)
        return chunk_pagefault(memobj, there, type);
    err = frame_alloc(&model.frame, model.node.bytes, NULL);
    if (err_is_fail(err))
        return err;
    err = chunk_add(memobj, &model);
    if (err_is_fail(err))
        (void)cap_destroy(model.frame);
    return err;
}

static const struct memobj_ops lazy_ops = {
    CHUNKS_OPS,
    .pagefault = lazy_pagefault,
};

errval_t memobj_create_lazy(struct memobj *memobj, size_t size, memobj_flags_t flags,
                            size_t chunk_size)
{
    return chunks_init(memobj, &lazy_ops, size, flags,
                       chunk_size == 0 ? BASE_PAGE_SIZE : chunk_size);
}
