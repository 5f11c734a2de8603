// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory objects whose page faults the program answers: chunks filled as in memobj_fixed.c, and a
// function that is asked when one is missing. It runs without the lock of memory management, so
// that it may block; the object counts such faults, and its region stays while there are any.
#include "cspace/mm.h"
#include "memobj_chunks.h"
#include "memory/vspace/vspace_reserve.h"

#include <assert.h>
#include <errno.h>

static errval_t pager_pagefault(struct memobj *memobj, struct vregion *vregion, genvaddr_t offset,
                                enum pagefault_exception_type type)
{
    (void)vregion;
    struct chunk *chunk = chunk_find(memobj, offset);
    if (chunk != NULL) {
        errval_t err = vspace_reserve(memobj->chunk_size, 1);
        return err_is_ok(err) ? chunk_pagefault(memobj, chunk, type) : err;
    }
    memobj->faults++;
    mm_leave();
    int saved = errno; // the interrupted code may be about to look at it
    errval_t err = memobj->pager(memobj->pager_arg, memobj, offset, type);
    errno = saved;
    mm_enter();
    assert(memobj->faults > 0); // CH3
    memobj->faults--;
    return err;
}

static const struct memobj_ops pager_ops = {
    CHUNKS_OPS,
    .fill = fixed_fill,
    .unfill = fixed_unfill,
    .pagefault = pager_pagefault,
};

errval_t memobj_create_pager(struct memobj *memobj, size_t size, memobj_flags_t flags,
                             size_t chunk_size, memobj_pager_func_t func, void *arg)
{
    if (func == NULL || chunk_size == 0 || size % chunk_size != 0)
        return LIB_ERR_INVALID_ARGS;
    errval_t err = chunks_init(memobj, &pager_ops, size, flags, chunk_size);
    if (err_is_ok(err)) {
        memobj->pager = func;
        memobj->pager_arg = arg;
    }
    return err;
}
