// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Anonymous memory objects: one frame, which is the object's own.
#include "barrelfish/capabilities.h"
#include "memobj_ops.h"

errval_t memobj_create_anon(struct memobj *memobj, size_t size, memobj_flags_t flags)
{
    struct capref frame;
    size_t bytes;
    if (flags != 0)
        return LIB_ERR_INVALID_ARGS;
    errval_t err = frame_alloc(&frame, size, &bytes);
    if (err_is_ok(err)) {
        *memobj = (struct memobj){
            .ops = &memobj_one_frame_ops, .size = bytes, .frame = frame, .owns_frame = true};
    }
    return err;
}
