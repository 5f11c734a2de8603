// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory objects: a frame and who owns it. Objects of several frames, and of frames that come on
// demand, are not here.
#include "barrelfish/memobj.h"

#include "barrelfish/capabilities.h"

errval_t memobj_create_one_frame(struct memobj *memobj, size_t size, memobj_flags_t flags)
{
    if (size == 0 || flags != 0) {
        return LIB_ERR_INVALID_ARGS;
    }
    *memobj = (struct memobj){.size = size};
    return SYS_ERR_OK;
}

errval_t memobj_create_anon(struct memobj *memobj, size_t size, memobj_flags_t flags)
{
    struct capref frame;
    size_t bytes;
    if (flags != 0) {
        return LIB_ERR_INVALID_ARGS;
    }
    errval_t err = frame_alloc(&frame, size, &bytes);
    if (err_is_ok(err)) {
        *memobj = (struct memobj){.size = bytes, .frame = frame, .owns_frame = true};
    }
    return err;
}

errval_t memobj_fill(struct memobj *memobj, genvaddr_t offset, struct capref frame, size_t size)
{
    if (!capref_is_null(memobj->frame) || offset != 0 || size != memobj->size ||
        capref_is_null(frame)) {
        return LIB_ERR_INVALID_ARGS;
    }
    memobj->frame = frame;
    return SYS_ERR_OK;
}

errval_t memobj_destroy(struct memobj *memobj)
{
    errval_t err = memobj->owns_frame ? cap_destroy(memobj->frame) : SYS_ERR_OK;
    memobj->frame = NULL_CAP;
    memobj->owns_frame = false;
    return err;
}
